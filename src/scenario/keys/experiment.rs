//! What is run and what is demanded: the head of the file, `[replication]`, `[broker]`, `[[check]]`, `[[variant]]`.

use crate::broker::{DispatchPolicy, Profile};
use crate::check::Property;
use crate::scenario::ids;

use super::tables::{NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, Kind, TableSpec};
use Absent::{Default, Means};

pub(super) const SCENARIO: TableSpec = spec(
    "scenario",
    Form::Top,
    "a scenario",
    "The keys at the head of the file, before the first table.",
    &[key(
        "question",
        Kind::Text,
        Means("none"),
        "What the run should answer, shown by every report.",
        "\"Who gets the work?\"",
    )],
);

pub(super) const REPLICATION: TableSpec = spec(
    "replication",
    Form::Single,
    "a replication",
    "How often and how long the system is simulated.",
    &[
        key(
            "seed",
            Kind::Integer(0, i64::MAX as u64),
            Default("1"),
            "The seed of the first replication.",
            "7",
        ),
        key(
            "replications",
            Kind::Integer(1, 1_000_000),
            Means("10, or by `precision`"),
            "How many replications there are, each with a seed of its own; where nothing is random, one is run.",
            "30",
        ),
        key(
            "study",
            Kind::Choice(&ChoiceSpec {
                noun: "study",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["terminating", "steady-state"],
            }),
            Default("\"terminating\""),
            "Whether a replication is measured from start to end, or as a part of the long run, without its warm-up.",
            "\"steady-state\"",
        ),
        key(
            "warm-up",
            Kind::DurationOrAuto,
            Means("`auto`"),
            "With a steady state: how long what is measured depends on the start; `auto` finds it by pilot runs (MSER-5).",
            "\"10s\"",
        ),
        key(
            "precision",
            Kind::Probability,
            Means("as many runs as `replications` says"),
            "Replications are added until the 95 % interval's half-width is this part of the mean.",
            "0.02",
        ),
        key(
            "precision-of",
            Kind::Measure,
            Default("\"sojourn-mean\""),
            "With `precision`: of which measure, for every queue, producer or consumer that has it, or for the run.",
            "\"makespan\"",
        ),
        key(
            "replications-max",
            Kind::Integer(2, 1_000_000),
            Default("1000"),
            "With `precision`: the number of replications at which it is given up.",
            "200",
        ),
        key(
            "details",
            Kind::Boolean,
            Means(
                "`run` and `compare` do it where at most 100 000 messages are to come, `sweep` where it shows what needs it",
            ),
            "Whether latencies are taken apart and reordering and repeated work are measured, which takes about twice the time.",
            "true",
        ),
        key(
            "duration",
            Kind::Duration,
            Default("\"1h\""),
            "The virtual time at which a replication ends, if it has not drained before.",
            "\"60s\"",
        ),
        key(
            "events-max",
            Kind::Integer(1, 1 << 36),
            Default("50_000_000"),
            "The number of events at which a replication ends, whatever the virtual time.",
            "1_000_000",
        ),
    ],
);

pub(super) const EXPERIMENT: TableSpec = spec(
    "experiment",
    Form::Single,
    "an experiment",
    "What RabbitMQ does not do, to be compared with what it does; every report names it.",
    &[key(
        "dispatch",
        Kind::Choice(&ChoiceSpec {
            noun: "dispatch policy",
            id: ids::UNKNOWN_CHOICE,
            words: || DispatchPolicy::EXPERIMENTS.map(DispatchPolicy::name).to_vec(),
        }),
        Means("in turn, as RabbitMQ does"),
        "Who gets the next message of a queue: the consumer with the fewest unacknowledged deliveries, the better of two \
         that are drawn, or the one that is expected to be through with it first.",
        "\"least-unacked\"",
    )],
);

pub(super) const BROKER: TableSpec = spec(
    "broker",
    Form::Single,
    "a broker",
    "Which RabbitMQ is simulated, and how it is set up.",
    &[
        key(
            "profile",
            Kind::Choice(&ChoiceSpec {
                noun: "profile",
                id: ids::UNKNOWN_PROFILE,
                words: || Profile::ALL.map(|profile| profile.name).to_vec(),
            }),
            Means("the newest"),
            "The version whose rules hold.",
            "\"rabbitmq-4.0\"",
        ),
        key(
            "acknowledgement-timeout",
            Kind::DurationOrOff,
            Means("the profile's: 30 min"),
            "How long a delivery may stay unacknowledged; `off`: for ever.",
            "\"1min\"",
        ),
        key(
            "channel-max",
            Kind::Integer(0, u16::MAX as u64),
            Default("2047"),
            "How many channels a connection may have open at once; 0 is any number.",
            "10",
        ),
        key(
            "consumers-per-channel-max",
            Kind::Integer(0, u32::MAX as u64),
            Default("0"),
            "How many consumers a channel may have at once; 0 is any number.",
            "100",
        ),
        key(
            "relaxed-quorum-checks",
            Kind::Boolean,
            Default("false"),
            "Whether a quorum queue may be declared again as a classic one, if a few arguments agree.",
            "true",
        ),
        key(
            "message-size-max",
            Kind::Size,
            Means("the profile's"),
            "The largest message that the broker takes.",
            "\"1MiB\"",
        ),
    ],
);

pub(super) const CHECK: TableSpec = spec(
    "check",
    Form::List,
    "a check",
    "What must hold: a property, or a bound on a measure.",
    &[
        key(
            "property",
            Kind::Choice(&ChoiceSpec {
                noun: "property",
                id: ids::UNKNOWN_PROPERTY,
                words: || Property::ALL.map(Property::name).to_vec(),
            }),
            Means("see `measure`"),
            "What must hold in every replication.",
            "\"nothing-lost\"",
        ),
        key(
            "measure",
            Kind::Measure,
            Means("see `property`"),
            "The number that must lie inside the bounds.",
            "\"processed\"",
        ),
        key(
            "variant",
            Kind::Name,
            Means("every variant"),
            "The only variant that it is about.",
            "\"prefetch 1\"",
        ),
        key("queue", Kind::Name, Means("none"), "Whose number, for a measure of a queue.", "\"orders\""),
        key(
            "consumer",
            Kind::Name,
            Means("none"),
            "Whose number, for a measure of a consumer.",
            "\"billing\"",
        ),
        key("producer", Kind::Name, Means("none"), "Whose number, for a measure of a producer.", "\"shop\""),
        key(
            "downstream",
            Kind::Name,
            Means("none"),
            "Whose number, for a measure of a downstream.",
            "\"database\"",
        ),
        key("at-least", Kind::Bound, Means("no bound"), "The smallest value allowed.", "10"),
        key("at-most", Kind::Bound, Means("no bound"), "The largest value allowed.", "\"200ms\""),
    ],
);

pub(super) const VARIANT: TableSpec = spec(
    "variant",
    Form::List,
    "a variant",
    "One parameter set to compare: the scenario with other settings.",
    &[
        NAME,
        key(
            "set",
            Kind::Settings,
            Means("nothing"),
            "Addresses with their values.",
            "{ \"consumer.slow.prefetch-count\" = 1 }",
        ),
    ],
);
