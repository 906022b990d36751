//! The single tables: `[replication]`, `[broker]` and `[link]`.

use crate::broker::{DispatchPolicy, Profile, Settings};
use crate::random::Distribution;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::keys::{TableSpec, table};
use crate::scenario::node::{Node, Table, Value};
use crate::scenario::quantities::{duration, duration_or_off, size};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::{boolean, choice, integer};
use crate::units::SimDuration;

use super::backoff::Backoff;
use super::study;
use crate::scenario::study::{REPLICATIONS, Study};

/// What `[replication]` says.
#[derive(Debug, Default)]
pub(super) struct Replication {
    pub(super) seed: u64,
    pub(super) replications: u32,
    pub(super) study: Study,
    pub(super) duration: Placed<SimDuration>,
    pub(super) events_max: u64,
}

/// What `[link]` says.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) latency: Distribution,
    pub(super) reconnect: Backoff,
    pub(super) heartbeat: SimDuration,
}

pub(super) fn replication(tree: &Table, problems: &mut Problems) -> Replication {
    single(tree, "replication", problems, |reader| {
        // The end of time keeps a mistake from making every fault come after the end.
        let duration =
            reader.read("duration", duration).unwrap_or(Placed { value: SimDuration::MAX, place: None });
        Replication {
            seed: reader.read("seed", integer).unwrap_or_default().value,
            replications: reader.read("replications", integer).map_or(REPLICATIONS, |n| n.value as u32),
            study: Study {
                details: reader.read("details", boolean).map(|details| details.value),
                ..study::read(reader, &duration)
            },
            duration,
            events_max: reader.read("events-max", integer).unwrap_or_default().value,
        }
    })
}

/// The profile, with its place for rules that it breaks, and the other settings.
pub(super) fn broker(tree: &Table, problems: &mut Problems) -> (Placed<Profile>, Settings) {
    let dispatch = single(tree, "experiment", problems, |reader| {
        let policy = reader.read("dispatch", choice).map(|at| DispatchPolicy::EXPERIMENTS[at.value]);
        policy.unwrap_or_default()
    });
    single(tree, "broker", problems, |reader| {
        let profile = match reader.read("profile", choice) {
            Some(at) => Placed { value: Profile::ALL[at.value].clone(), place: at.place },
            None => Placed { value: Profile::default(), place: None },
        };
        let mut settings = Settings::of(&profile.value);
        settings.dispatch = dispatch;
        if let Some(timeout) = reader.read("acknowledgement-timeout", duration_or_off) {
            settings.acknowledgement_timeout = timeout.value;
        }
        settings.channel_max = reader.read("channel-max", integer).unwrap_or_default().value as u16;
        settings.consumers_per_channel_max =
            reader.read("consumers-per-channel-max", integer).unwrap_or_default().value as u32;
        settings.relaxed_quorum_checks =
            reader.read("relaxed-quorum-checks", boolean).is_some_and(|relaxed| relaxed.value);
        if let Some(bytes) = reader.read("message-size-max", size) {
            settings.message_size_max = bytes.value;
        }
        (profile, settings)
    })
}

pub(super) fn link(tree: &Table, problems: &mut Problems) -> Link {
    single(tree, "link", problems, |reader| Link {
        latency: reader
            .read("latency", distribution)
            .map_or(Distribution::Constant(SimDuration::ZERO), |latency| latency.value),
        reconnect: Backoff::read(reader, "reconnect", &Backoff::default()),
        heartbeat: heartbeat(reader).unwrap_or_default(),
    })
}

/// As `connection.tune` has it: whole seconds in 16 bits. Source: rule CON-12.
pub(super) fn heartbeat(reader: &mut Reader<'_>) -> Option<SimDuration> {
    const SECOND: u64 = SimDuration::from_secs(1).as_nanos();
    const SECONDS_MAX: u64 = u16::MAX as u64;
    let heartbeat = reader.read("heartbeat", duration)?;
    let nanos = heartbeat.value.as_nanos();
    let (id, must) = if nanos % SECOND != 0 {
        (ids::QUANTITY_TOO_PRECISE, "be whole seconds".to_owned())
    } else if nanos / SECOND > SECONDS_MAX {
        (ids::QUANTITY_TOO_LARGE, format!("be at most {SECONDS_MAX}s"))
    } else {
        return Some(heartbeat.value);
    };
    let message = format!("`heartbeat` of {} must {must}, got {}", reader.owner(), heartbeat.value);
    let nearest = nanos.div_ceil(SECOND).min(SECONDS_MAX);
    reader.problems.push(
        Diagnostic::error(id, message)
            .at(heartbeat.place.as_ref())
            .help(format!("for example `heartbeat = \"{nearest}s\"`"))
            .note("AMQP agrees on heartbeats in whole seconds, up to 65535; 0 is none"),
    );
    Some(heartbeat.value)
}

/// Reads a single table, or an empty one in its place.
pub(super) fn single<T>(
    tree: &Table,
    name: &str,
    problems: &mut Problems,
    read: impl Fn(&mut Reader<'_>) -> T,
) -> T {
    let spec: &TableSpec = table(name).expect("the table is in the list of tables");
    let empty = Node::new(Value::Table(Table::default()));
    if let Some(mut reader) = Reader::new(spec, tree.get(name).unwrap_or(&empty), problems) {
        return read(&mut reader);
    }
    let mut nowhere = Problems::default();
    let mut reader = Reader::new(spec, &empty, &mut nowhere).expect("an empty table is a table");
    read(&mut reader)
}
