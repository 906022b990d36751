//! Clients and how they are connected.

use crate::model::{BackoffKind, Conclusion};
use crate::scenario::ids;

use super::tables::{ARGUMENTS, COUNT, NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

pub(super) const CONNECTION_KEY: KeySpec = key(
    "connection",
    Kind::Name,
    Means("a connection named after the client"),
    "The connection it uses, shared by all that name the same one.",
    "\"app\"",
);
pub(super) const CHANNEL_KEY: KeySpec = key(
    "channel",
    Kind::Name,
    Means("a channel named after the client"),
    "The channel it uses, shared by all that name the same one.",
    "\"app-1\"",
);
pub(super) const DECLARE: KeySpec = key(
    "declare",
    Kind::Declarations,
    Means("nothing"),
    "What the client declares itself, in this order: a producer once its channel is open, a consumer before it subscribes.",
    "[{ queue = \"orders\" }]",
);
pub(super) const START: KeySpec =
    key("start", Kind::Duration, Default("\"0s\""), "When it publishes first, or subscribes.", "\"5s\"");
pub(super) const ATTEMPTS: Kind = Kind::Integer(0, u32::MAX as u64);
const OUTCOMES: ChoiceSpec = ChoiceSpec {
    noun: "outcome of work",
    id: ids::UNKNOWN_CHOICE,
    words: || Conclusion::ALL.map(Conclusion::name).to_vec(),
};
const FAILURES: ChoiceSpec = ChoiceSpec {
    noun: "failure",
    id: ids::UNKNOWN_CHOICE,
    words: || Conclusion::ALL[1..].iter().map(|one| one.name()).collect(),
};
const LATENCY_ABOUT: &str = "How long a frame takes from one end to the other, each way.";
const RECONNECT_ABOUT: &str =
    "How long a client waits after a loss before it connects again; after a refused attempt, at least 1 ms.";
pub(super) const BACKOFF: Kind = Kind::Choice(&ChoiceSpec {
    noun: "backoff",
    id: ids::UNKNOWN_CHOICE,
    words: || BackoffKind::ALL.map(BackoffKind::name).to_vec(),
});
pub(super) const USUAL_DELAY_MAX: Absent = Means("30 s, or the delay where that is longer");
const RECONNECT_BACKOFF_ABOUT: &str = "How the wait goes on: always the same, doubled by each failed attempt, or anything from 0 to the doubled one.";
const RECONNECT_DELAY_MAX_ABOUT: &str = "The longest that a wait which grows may become.";
const RECONNECT_ATTEMPTS_ABOUT: &str =
    "After how many failed attempts in a row the client gives up; 0: it never does.";
const HEARTBEAT_ABOUT: &str =
    "After two to three times as long the broker gives up on a client that fell silent; 0: it never does.";

pub(super) const LINK: TableSpec = spec(
    "link",
    Form::Single,
    "a link",
    "The defaults of all connections.",
    &[
        key("latency", Kind::Distribution, Default("\"500us\""), LATENCY_ABOUT, "\"2ms\""),
        key("reconnect-delay", Kind::Duration, Default("\"1s\""), RECONNECT_ABOUT, "\"5s\""),
        key("reconnect-backoff", BACKOFF, Default("\"fixed\""), RECONNECT_BACKOFF_ABOUT, "\"full-jitter\""),
        key("reconnect-delay-max", Kind::Duration, USUAL_DELAY_MAX, RECONNECT_DELAY_MAX_ABOUT, "\"1min\""),
        key("reconnect-attempts-max", ATTEMPTS, Default("0"), RECONNECT_ATTEMPTS_ABOUT, "10"),
        key("heartbeat", Kind::Duration, Default("\"0s\""), HEARTBEAT_ABOUT, "\"60s\""),
    ],
);

pub(super) const CONNECTION: TableSpec = spec(
    "connection",
    Form::List,
    "a connection",
    "A client's connection that differs from the defaults.",
    &[
        NAME,
        COUNT,
        key("vhost", Kind::Name, Default("\"/\""), "The virtual host it opens.", "\"/\""),
        key("user", Kind::Name, Default("\"guest\""), "As whom it connects.", "\"app\""),
        key(
            "node",
            Kind::Integer(1, 7),
            Default("1"),
            "The node of the cluster that it is made to, and while that is down to another.",
            "2",
        ),
        key("latency", Kind::Distribution, Means("that of `[link]`"), LATENCY_ABOUT, "\"20ms\""),
        key("reconnect-delay", Kind::Duration, Means("that of `[link]`"), RECONNECT_ABOUT, "\"5s\""),
        key(
            "reconnect-backoff",
            BACKOFF,
            Means("that of `[link]`"),
            RECONNECT_BACKOFF_ABOUT,
            "\"full-jitter\"",
        ),
        key(
            "reconnect-delay-max",
            Kind::Duration,
            Means("that of `[link]`"),
            RECONNECT_DELAY_MAX_ABOUT,
            "\"1min\"",
        ),
        key("reconnect-attempts-max", ATTEMPTS, Means("that of `[link]`"), RECONNECT_ATTEMPTS_ABOUT, "10"),
        key("heartbeat", Kind::Duration, Means("that of `[link]`"), HEARTBEAT_ABOUT, "\"60s\""),
        key(
            "channel-reopen-delay",
            Kind::Duration,
            Means("it gives up on the channel"),
            "How long a client waits before it opens a channel again that the broker closed, at least 1 ms.",
            "\"1s\"",
        ),
    ],
);

pub(super) const CHANNEL: TableSpec = spec(
    "channel",
    Form::List,
    "a channel",
    "A channel, where its place in the order of channels matters.",
    &[NAME, COUNT, key("connection", Kind::Name, Required, "The connection it lies on.", "\"app\"")],
);

pub(super) const CLASS: TableSpec = spec(
    "class",
    Form::List,
    "a class",
    "A kind of messages with service times of its own; the first class that takes a message has it.",
    &[
        NAME,
        key(
            "every",
            Kind::Integer(1, i64::MAX as u64),
            Default("1"),
            "Every how many messages of a producer there is one.",
            "10",
        ),
        key(
            "first",
            Kind::Integer(1, i64::MAX as u64),
            Means("the value of `every`"),
            "The number of the first one.",
            "1",
        ),
        key("routing-key", Kind::ShortText, Means("any"), "Only messages with this routing key.", "\"big\""),
        key("producer", Kind::Name, Means("any"), "Only messages of this producer.", "\"shop\""),
        key(
            "headers",
            Kind::Arguments,
            Means("any"),
            "Only messages that have these headers.",
            "{ format = \"pdf\" }",
        ),
        key(
            "probability",
            Kind::Probability,
            Default("1"),
            "Of those, each with this probability, drawn for each message.",
            "0.1",
        ),
    ],
);

pub(super) const DOWNSTREAM: TableSpec = spec(
    "downstream",
    Form::List,
    "a downstream",
    "A database or an API that the work of consumers depends on, shared by all that name it.",
    &[
        NAME,
        key(
            "concurrency",
            Kind::Integer(1, 1_000_000),
            Means("any number"),
            "How many calls it takes at once; others wait in line.",
            "10",
        ),
        key(
            "rate",
            Kind::Rate,
            Means("no limit"),
            "How often a call may begin; others wait in the same line.",
            "\"100/s\"",
        ),
        key(
            "burst",
            Kind::Integer(1, 1_000_000_000),
            Default("1"),
            "How many calls may begin at once after a rest, where there is a `rate`.",
            "20",
        ),
        key(
            "latency",
            Kind::Distribution,
            Default("\"0s\""),
            "How long a call takes.",
            "{ lognormal = { mean = \"5ms\", cv = 1 } }",
        ),
        key(
            "failure-probability",
            Kind::Probability,
            Default("0"),
            "With which probability a call fails, drawn for each call.",
            "0.01",
        ),
        key(
            "outages",
            Kind::Schedule,
            Means("none"),
            "When it is out of order, so that every call fails that lies there, even in part.",
            "[{ from = \"10s\", until = \"20s\" }]",
        ),
    ],
);

pub(super) const CONSUMER: TableSpec = spec(
    "consumer",
    Form::List,
    "a consumer",
    "A client that takes messages from a queue and works on them, one at a time unless it says more.",
    &[
        NAME,
        COUNT,
        CONNECTION_KEY,
        CHANNEL_KEY,
        key("queue", Kind::ShortText, Required, "The queue it consumes from.", "\"orders\""),
        key(
            "prefetch-count",
            Kind::Integer(0, 65_535),
            Default("0"),
            "How many deliveries it may have unacknowledged; 0 is no bound.",
            "10",
        ),
        key(
            "prefetch-global",
            Kind::Boolean,
            Default("false"),
            "Whether the bound is for the whole channel.",
            "false",
        ),
        key(
            "acknowledge",
            Kind::Choice(&ChoiceSpec {
                noun: "moment to acknowledge",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["after-processing", "before-processing", "automatic"],
            }),
            Default("\"after-processing\""),
            "When it acknowledges a delivery.",
            "\"automatic\"",
        ),
        key(
            "exclusive",
            Kind::Boolean,
            Default("false"),
            "Whether it refuses other consumers of the queue.",
            "false",
        ),
        ARGUMENTS,
        START,
        key(
            "service-time",
            Kind::Distribution,
            Required,
            "How long it works on a message at speed 1.",
            "{ exponential = \"15ms\" }",
        ),
        key(
            "service-time-by-class",
            Kind::DistributionByClass,
            Means("`service-time` for all"),
            "How long it works on a message of a class.",
            "{ heavy = \"1s\" }",
        ),
        key(
            "bandwidth",
            Kind::Size,
            Default("\"0B\""),
            "How much of the bodies it works through in a second, in addition; 0 is any amount.",
            "\"10MB\"",
        ),
        key("speed", Kind::Factor, Default("1"), "How fast it works; 0.5 takes twice as long.", "0.5"),
        key(
            "concurrency",
            Kind::Integer(1, 65_535),
            Default("1"),
            "How many messages it works on at once.",
            "4",
        ),
        key(
            "warm-up",
            Kind::Duration,
            Means("it is as fast at once"),
            "For how long after it has subscribed it is slower.",
            "\"30s\"",
        ),
        key(
            "warm-up-speed",
            Kind::Factor,
            Default("0.5"),
            "How much of its speed it has until then.",
            "0.25",
        ),
        key(
            "schedule",
            Kind::Schedule,
            Means("from `start` to `stop`"),
            "When it is subscribed: it joins at each `from` and leaves at its `until`.",
            "[{ from = \"0s\", until = \"10s\" }, { from = \"20s\", until = \"30s\" }]",
        ),
        key(
            "ack-batch",
            Kind::Integer(2, 65_535),
            Means("each alone"),
            "How many deliveries it acknowledges at once, by `multiple`.",
            "10",
        ),
        key(
            "ack-batch-delay",
            Kind::Duration,
            Means("it waits for all"),
            "How long after the first delivery of a batch it acknowledges what there is.",
            "\"100ms\"",
        ),
        key(
            "failure-probability",
            Kind::Probability,
            Means("it never fails"),
            "With which probability its work on a message that it was to acknowledge fails, drawn for each delivery.",
            "0.01",
        ),
        key(
            "failure",
            Kind::Choice(&FAILURES),
            Default("\"requeue\""),
            "What it does then, and where a call has failed: reject the delivery for good, give it back, nothing ever, or die of it.",
            "\"reject\"",
        ),
        key(
            "downstream",
            Kind::Name,
            Means("its work depends on nothing"),
            "What it calls for each message at the end of its own work, before it is done.",
            "\"database\"",
        ),
        key(
            "retry-delay",
            Kind::Duration,
            Means("one failed call is enough"),
            "How long after a failed call it calls again, at least 1 ms; it keeps the message meanwhile.",
            "\"1s\"",
        ),
        key(
            "retry-backoff",
            BACKOFF,
            Default("\"fixed\""),
            "How that wait goes on: always the same, doubled by each failed call, or anything from 0 to the doubled one.",
            "\"full-jitter\"",
        ),
        key(
            "retry-delay-max",
            Kind::Duration,
            USUAL_DELAY_MAX,
            "The longest that a wait which grows may become.",
            "\"10s\"",
        ),
        key(
            "retry-attempts-max",
            ATTEMPTS,
            Default("0"),
            "How often it calls again for a delivery at most, before its work has failed; 0: no bound.",
            "5",
        ),
        key(
            "outcome",
            Kind::Choice(&OUTCOMES),
            Default("\"ack\""),
            "What it does when its work on a message is done: acknowledge it, reject it for good, give it back, nothing ever, or die of it.",
            "\"reject\"",
        ),
        key(
            "outcome-by-class",
            Kind::ChoiceByClass(&OUTCOMES),
            Means("`outcome` for all"),
            "What it does when its work on a message of a class is done.",
            "{ poison = \"requeue\" }",
        ),
        key(
            "nack",
            Kind::Boolean,
            Default("false"),
            "Whether it rejects and gives back by `basic.nack` instead of `basic.reject`.",
            "true",
        ),
        key(
            "restart-after",
            Kind::Duration,
            Means("it stays away"),
            "How long after it died of a message it is back.",
            "\"1s\"",
        ),
        key(
            "stop",
            Kind::Duration,
            Means("the end"),
            "When it cancels its subscription for good; it finishes what it holds.",
            "\"50s\"",
        ),
        key(
            "resubscribe-delay",
            Kind::Duration,
            Means("it does not"),
            "How long after the broker cancelled it it subscribes again.",
            "\"1s\"",
        ),
        key(
            "idempotent",
            Kind::Boolean,
            Default("false"),
            "Whether it remembers what it has processed, even after a crash, and only acknowledges what it knows.",
            "true",
        ),
        DECLARE,
    ],
);
