//! What a crash of `amqpsim crash-points` hits: a node, a queue, a client, or the whole broker.

use std::num::NonZeroU32;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Failure;
use crate::scenario::{Client, CrashKind, Hits, NODE_ENDS, PlannedCrash, Variant, classic_queues, nodes};
use crate::units::SimDuration;

/// Options that some kinds of crash have.
#[derive(Debug, Args)]
pub(super) struct Target {
    /// With `node-crash`: which node, from 1 on; without it, whichever leads the quorum queues at that instant
    #[arg(long, value_name = "N")]
    node: Option<NonZeroU32>,
    /// With `node-crash`: how the node ends; without it, its process crashes
    #[arg(long, value_name = "END", value_parser = ends())]
    by: Option<&'static str>,
    /// With `queue-crash`: which classic queue; without it, the only one
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// With `consumer-crash`, `producer-crash` and `connection-loss`: which one; without it, the only one
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
}

fn ends() -> impl TypedValueParser<Value = &'static str> {
    let word = |given: String| NODE_ENDS.iter().find(|(word, _)| *word == given).map_or("", |(word, _)| word);
    PossibleValuesParser::new(NODE_ENDS.map(|(word, _)| word)).map(word)
}

/// The crash that the options are about, if these variants have what it is to hit.
pub(super) fn chosen(
    kind: CrashKind,
    target: &Target,
    lasts: SimDuration,
    variants: &[Variant],
) -> Result<PlannedCrash, Failure> {
    let (node, queue_is_meant) = (kind.hits == Hits::Node, kind.hits == Hits::Queue);
    let fits = [
        ("--node", target.node.is_some(), node, "node-crash"),
        ("--by", target.by.is_some(), node, "node-crash"),
        ("--queue", target.queue.is_some(), queue_is_meant, "queue-crash"),
        ("--client", target.client.is_some(), matches!(kind.hits, Hits::Client(_)), "consumer-crash"),
    ];
    if let Some((option, _, _, other)) = fits.iter().find(|(_, given, fits, _)| *given && !fits) {
        let message = format!("`{option}` says nothing to `--kind {}`", kind.name);
        return Err(Failure::input("crash-target", &message, Some(&format!("write `--kind {other}`"))));
    }
    let mut crash = PlannedCrash::new(kind, lasts);
    crash.node = target.node.map(|node| node.get() - 1);
    crash.by = target.by.unwrap_or(crash.by);
    match kind.hits {
        Hits::Broker(_) => {}
        Hits::Node => check_node(&crash, variants)?,
        Hits::Queue => crash.queue = queue(target.queue.as_deref(), variants)?,
        Hits::Client(client) => crash.client = name_of(client, target.client.as_deref(), variants)?,
    }
    Ok(crash)
}

/// Every variant has the node.
fn check_node(crash: &PlannedCrash, variants: &[Variant]) -> Result<(), Failure> {
    let fewest = variants.iter().map(|variant| nodes(&variant.scenario.system)).min().unwrap_or(1);
    match crash.node {
        Some(node) if node >= fewest => {
            let message = match fewest {
                1 => format!("there is no node {}, because the broker has one node", node + 1),
                n => format!("there is no node {}, because the broker has {n} nodes", node + 1),
            };
            let help =
                "leave `--node` out for the leader's, or give the file a `[cluster]` with more `nodes`";
            Err(Failure::input("crash-target", &message, Some(help)))
        }
        _ => Ok(()),
    }
}

/// The name of a client that every variant has.
fn name_of(client: Client, wanted: Option<&str>, variants: &[Variant]) -> Result<String, Failure> {
    let of = |variant: &Variant| -> Vec<String> {
        client.names(&variant.scenario.system).into_iter().map(str::to_owned).collect()
    };
    let mut common: Vec<String> = variants.first().map(of).unwrap_or_default();
    for variant in variants {
        let here = of(variant);
        common.retain(|name| here.contains(name));
    }
    let what = client.key();
    let names = common.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (message, help) = match (wanted, common.as_slice()) {
        (None, [only]) => return Ok(only.clone()),
        (Some(wanted), all) if all.iter().any(|name| name == wanted) => return Ok(wanted.to_owned()),
        (_, []) => (format!("there is no {what} to end"), format!("give the file a `[[{what}]]`")),
        (Some(wanted), _) => (format!("there is no {what} `{wanted}`"), format!("those there are: {names}")),
        (None, all) => {
            (format!("there are {} {what}s", all.len()), format!("name one with `--client`: {names}"))
        }
    };
    Err(Failure::input("crash-target", &message, Some(&help)))
}

/// The virtual host and the name of the queue; every variant has it.
fn queue(wanted: Option<&str>, variants: &[Variant]) -> Result<(String, String), Failure> {
    let mut common: Vec<(&str, &str)> =
        variants.first().map(|variant| classic_queues(&variant.scenario)).unwrap_or_default();
    for variant in variants {
        let here = classic_queues(&variant.scenario);
        common.retain(|queue| here.contains(queue));
    }
    let found: Vec<(&str, &str)> =
        common.iter().copied().filter(|(_, name)| wanted.is_none_or(|wanted| wanted == *name)).collect();
    let names: Vec<String> = common.iter().map(|(_, name)| format!("`{name}`")).collect();
    let refused = |message: &str, help: &str| Err(Failure::input("crash-target", message, Some(help)));
    match (found.as_slice(), wanted) {
        ([(vhost, name)], _) => Ok(((*vhost).to_owned(), (*name).to_owned())),
        _ if common.is_empty() => refused(
            "there is no classic queue to crash",
            "quorum queues lose nothing with their process; `--kind node-crash` ends a node",
        ),
        ([], Some(wanted)) => refused(
            &format!("there is no classic queue `{wanted}`"),
            &format!("classic queues are {}", names.join(", ")),
        ),
        (_, None) => refused(
            &format!("there are {} classic queues", common.len()),
            &format!("name one with `--queue`: {}", names.join(", ")),
        ),
        (_, Some(wanted)) => refused(
            &format!("there are several queues `{wanted}`, in different virtual hosts"),
            "give them different names",
        ),
    }
}
