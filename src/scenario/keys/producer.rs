//! Producers and what their messages are like.

use crate::scenario::ids;

use super::clients::{ATTEMPTS, BACKOFF, CHANNEL_KEY, CONNECTION_KEY, DECLARE, START, USUAL_DELAY_MAX};
use super::tables::{COUNT, NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means};

const THAT_OF_THE_PRODUCER: Absent = Means("the producer's");

pub(super) const PRODUCER: TableSpec = spec(
    "producer",
    Form::List,
    "a producer",
    "A client that publishes messages.",
    &[
        NAME,
        KeySpec { name: "instances", ..COUNT },
        CONNECTION_KEY,
        CHANNEL_KEY,
        key(
            "exchange",
            Kind::ShortText,
            Default("\"\""),
            "Where it publishes; empty is the default exchange.",
            "\"logs\"",
        ),
        key(
            "routing-key",
            Kind::ShortText,
            Means("empty"),
            "The routing key of all its messages.",
            "\"orders\"",
        ),
        key(
            "routing-keys",
            Kind::RoutingKeys,
            Means("see `routing-key`"),
            "Routing keys used in turn, instead of a single one; or a pattern with `{key}` for the numbers from 1 to `count`.",
            "{ pattern = \"user-{key}\", count = 1000 }",
        ),
        key(
            "messages",
            Kind::Messages,
            Means("see `routing-keys`"),
            "What its messages are like, used in turn, instead of routing keys alone.",
            "[{ routing-key = \"a\", priority = 5 }, { routing-key = \"b\" }]",
        ),
        key(
            "zipf",
            Kind::Exponent,
            Means("they are used in turn"),
            "Draws from `routing-keys` or `messages`: the n-th has a weight of 1 / n to this power, and with 0 all have the same.",
            "1.1",
        ),
        key(
            "count",
            Kind::Integer(1, u32::MAX as u64),
            Means("no limit"),
            "How many messages it publishes.",
            "1000",
        ),
        START,
        key("stop", Kind::Duration, Means("the end"), "From when on it publishes nothing.", "\"50s\""),
        key(
            "interarrival",
            Kind::Distribution,
            Means("another key says when"),
            "Time from one publish to the next.",
            "{ exponential = \"20ms\" }",
        ),
        key(
            "rate",
            Kind::Rates,
            Means("see `interarrival`"),
            "How often it publishes: always so, or from instants on.",
            "[{ at = \"0s\", rate = \"10/s\" }, { at = \"1min\", rate = \"50/s\" }]",
        ),
        key(
            "spacing",
            Kind::Choice(&ChoiceSpec {
                noun: "spacing",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["random", "even"],
            }),
            Default("\"random\""),
            "How publishes at a rate are spaced: independently of each other (Poisson), or evenly.",
            "\"even\"",
        ),
        key(
            "rate-shape",
            Kind::Choice(&ChoiceSpec {
                noun: "shape of a rate",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["steps", "ramps"],
            }),
            Default("\"steps\""),
            "What the rate is between its points: that of the earlier one, or on a line from one to the next.",
            "\"ramps\"",
        ),
        key(
            "rate-period",
            Kind::Duration,
            Means("the last rate stays"),
            "After how long the points begin anew; a ramp leads back to the first one.",
            "\"24h\"",
        ),
        key(
            "bursts",
            Kind::Bursts,
            Means("without pauses"),
            "It publishes only in bursts: how long they last, and how long the pauses are.",
            "{ on = \"1s\", off = { exponential = \"9s\" } }",
        ),
        key(
            "think-time",
            Kind::Distribution,
            Means("see `interarrival`"),
            "A closed loop: `max-in-flight` users, each of whom publishes, waits for the answer, and thinks for so long.",
            "{ exponential = \"1s\" }",
        ),
        key(
            "replay",
            Kind::Recorded,
            Means("see `interarrival`"),
            "When it publishes, and how large the bodies are, as it was recorded.",
            "{ file = \"trace.csv\", at = \"time\", unit = \"ms\" }",
        ),
        key(
            "after-consumer",
            Kind::Name,
            Means("see `interarrival`"),
            "The consumer whose work makes it publish: one message for each that was processed, before it is acknowledged.",
            "\"server\"",
        ),
        key(
            "routing-key-from",
            Kind::Choice(&ChoiceSpec {
                noun: "source of routing keys",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["reply-to"],
            }),
            Means("see `routing-key`"),
            "Where the processed message says to reply, with its correlation id; one that says nothing gets no reply.",
            "\"reply-to\"",
        ),
        MESSAGE_SIZE,
        key(
            "message-size-by-class",
            Kind::SizeDistributionByClass,
            Means("`message-size` for all"),
            "Length of the body of a message of a class.",
            "{ heavy = \"1MiB\" }",
        ),
        PERSISTENT,
        PRIORITY,
        HEADERS,
        CC,
        BCC,
        EXPIRATION,
        CORRELATION_ID,
        REPLY_TO,
        MESSAGE_TYPE,
        key(
            "user-id",
            Kind::ShortText,
            Means("not set"),
            "The user who publishes, which the broker checks.",
            "\"guest\"",
        ),
        APP_ID,
        key(
            "mandatory",
            Kind::Boolean,
            Default("false"),
            "Whether it gets a message back that no queue takes.",
            "true",
        ),
        key(
            "confirms",
            Kind::Boolean,
            Default("false"),
            "Whether it puts its channel into confirm mode and counts the answers.",
            "true",
        ),
        key(
            "max-in-flight",
            Kind::Integer(1, u32::MAX as u64),
            Means("no bound"),
            "How many publishes may be unanswered while the next ones wait; needs `confirms`.",
            "100",
        ),
        key(
            "transaction-size",
            Kind::Integer(1, u32::MAX as u64),
            Means("no transactions"),
            "After how many publishes it commits; it commits after the last too, and where it follows a consumer, whenever that has nothing to do.",
            "10",
        ),
        key(
            "republish",
            Kind::Choice(&ChoiceSpec {
                noun: "republish mode",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["never", "unconfirmed", "returned", "unconfirmed-or-returned"],
            }),
            Default("\"never\""),
            "What it publishes again: what had no confirm when its channel ended, once the next one is open, and what was nacked, which needs `confirms`; what came back as unroutable, which needs `mandatory`; or both.",
            "\"unconfirmed\"",
        ),
        key(
            "republish-delay",
            Kind::Duration,
            Default("\"1s\""),
            "How long it waits after a nack or a return before it publishes the message again, at least 1 ms.",
            "\"100ms\"",
        ),
        key(
            "republish-backoff",
            BACKOFF,
            Default("\"fixed\""),
            "How that wait goes on: always the same, doubled each time that the message was published again, or anything from 0 to the doubled one.",
            "\"exponential\"",
        ),
        key(
            "republish-delay-max",
            Kind::Duration,
            USUAL_DELAY_MAX,
            "The longest that a wait which grows may become.",
            "\"10s\"",
        ),
        key(
            "republish-attempts-max",
            ATTEMPTS,
            Default("0"),
            "How often it publishes a message again at most, before it gives up on it; 0: no bound.",
            "5",
        ),
        DECLARE,
    ],
);

const MESSAGE_SIZE: KeySpec = key(
    "message-size",
    Kind::SizeDistribution,
    Default("\"256B\""),
    "Length of a message's body, up to 4 GiB.",
    "\"4KiB\"",
);
const PERSISTENT: KeySpec = key(
    "persistent",
    Kind::Boolean,
    Default("false"),
    "Whether its messages survive a restart of the broker in a durable queue.",
    "true",
);
const PRIORITY: KeySpec =
    key("priority", Kind::Integer(0, 255), Default("0"), "The priority of its messages.", "5");
pub(super) const HEADERS: KeySpec = key(
    "headers",
    Kind::Arguments,
    Means("none"),
    "Headers, for headers exchanges and consumers.",
    "{ format = \"pdf\" }",
);
pub(super) const CC: KeySpec =
    key("cc", Kind::ShortTexts, Means("none"), "More routing keys, which receivers see.", "[\"audit\"]");
pub(super) const BCC: KeySpec = key(
    "bcc",
    Kind::ShortTexts,
    Means("none"),
    "More routing keys, which receivers do not see.",
    "[\"audit\"]",
);
pub(super) const EXPIRATION: KeySpec = key(
    "expiration",
    Kind::Duration,
    Means("not set"),
    "Time to live of a message in a queue, in whole milliseconds.",
    "\"5s\"",
);
const CORRELATION_ID: KeySpec = key(
    "correlation-id",
    Kind::ShortText,
    Means("not set"),
    "What a reply says to be told from others; `per-message` is each message's number.",
    "\"per-message\"",
);
const REPLY_TO: KeySpec =
    key("reply-to", Kind::ShortText, Means("not set"), "The queue for replies.", "\"replies\"");
pub(super) const MESSAGE_TYPE: KeySpec = key(
    "message-type",
    Kind::ShortText,
    Means("not set"),
    "The application's type of the message.",
    "\"order\"",
);

pub(super) const APP_ID: KeySpec =
    key("app-id", Kind::ShortText, Means("not set"), "The name of the application.", "\"shop\"");

/// The same key of a single message: where it is absent, the producer's holds.
const fn own(key: &KeySpec) -> KeySpec {
    let KeySpec { name, kind, absent: _, about, example } = *key;
    KeySpec { name, kind, absent: THAT_OF_THE_PRODUCER, about, example }
}

pub(super) const MESSAGE: TableSpec = spec(
    "message",
    Form::Inline,
    "a message",
    "An entry of `messages`: what every n-th message of a producer is like.",
    &[
        key(
            "routing-key",
            Kind::ShortText,
            THAT_OF_THE_PRODUCER,
            "The routing key of this message.",
            "\"orders\"",
        ),
        own(&MESSAGE_SIZE),
        own(&PERSISTENT),
        own(&PRIORITY),
        own(&HEADERS),
        own(&CC),
        own(&BCC),
        own(&EXPIRATION),
        own(&CORRELATION_ID),
        own(&REPLY_TO),
        own(&MESSAGE_TYPE),
    ],
);
