//! The data: every table with every key. To add a key, add its line here and read it in `resolve/`.

use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use crate::broker::Profile;
use crate::scenario::ids;
use Absent::{Default, Means, Required};

const NAME: KeySpec =
    key("name", Kind::Name, Required, "What the other tables and the reports call it.", "\"orders\"");
const ARGUMENTS: KeySpec = key(
    "arguments",
    Kind::Arguments,
    Means("none"),
    "AMQP's arguments, passed to the broker untouched.",
    "{ x-max-length = 1000 }",
);
const DURABLE: KeySpec =
    key("durable", Kind::Boolean, Default("true"), "Whether it survives a restart of the broker.", "true");
const AUTO_DELETE: KeySpec = key(
    "auto-delete",
    Kind::Boolean,
    Default("false"),
    "Whether it goes with its last consumer (a queue) or binding (an exchange).",
    "false",
);
const EXCLUSIVE: KeySpec = key(
    "exclusive",
    Kind::Boolean,
    Default("false"),
    "Whether it belongs to the connection that declares it, and goes with it.",
    "false",
);
const PASSIVE: KeySpec = key(
    "passive",
    Kind::Boolean,
    Default("false"),
    "Whether the client only asks if it exists, and creates nothing.",
    "false",
);
const INTERNAL: KeySpec = key(
    "internal",
    Kind::Boolean,
    Default("false"),
    "Whether clients must not publish to it, so that only bindings feed it.",
    "false",
);
const EXCHANGE_TYPE: KeySpec = key(
    "type",
    Kind::Choice(&ChoiceSpec {
        noun: "exchange type",
        id: ids::UNKNOWN_EXCHANGE_TYPE,
        words: || vec!["direct", "fanout", "topic", "headers"],
    }),
    Default("\"direct\""),
    "How it routes.",
    "\"topic\"",
);
const BINDING_KEY: KeySpec = key(
    "routing-key",
    Kind::ShortText,
    Default("\"\""),
    "What the routing key of a message is compared with.",
    "\"orders.*\"",
);
const CONNECTION: KeySpec = key(
    "connection",
    Kind::Name,
    Means("a connection named after the client"),
    "The connection it uses, shared by all that name the same one.",
    "\"app\"",
);
const CHANNEL: KeySpec = key(
    "channel",
    Kind::Name,
    Means("a channel named after the client"),
    "The channel it uses, shared by all that name the same one.",
    "\"app-1\"",
);
const DECLARE: KeySpec = key(
    "declare",
    Kind::Declarations,
    Means("nothing"),
    "What the client declares itself, in this order, once its channel is open.",
    "[{ queue = \"orders\" }]",
);
const FAULT_NAME: KeySpec =
    key("name", Kind::Name, Means("the kind of the fault"), "What settings and reports call it.", "\"cut\"");
const FAULT_AT: KeySpec = key("at", Kind::Duration, Required, "When it begins.", "\"41s\"");
const START: KeySpec =
    key("start", Kind::Duration, Default("\"0s\""), "When it publishes first, or subscribes.", "\"5s\"");
const LATENCY_ABOUT: &str = "How long a frame takes from one end to the other, each way.";
const RECONNECT_ABOUT: &str = "How long a client waits after a loss before it connects again.";

/// Every table of the file format, in the order of the documentation.
pub const TABLES: &[TableSpec] = &[
    table(
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
    ),
    table(
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
                Default("1"),
                "How many replications there are, each with a seed of its own.",
                "30",
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
                Default("1_000_000_000"),
                "The number of events at which a replication ends, whatever the virtual time.",
                "1_000_000",
            ),
        ],
    ),
    table(
        "broker",
        Form::Single,
        "a broker",
        "Which RabbitMQ is simulated.",
        &[key(
            "profile",
            Kind::Choice(&ChoiceSpec {
                noun: "profile",
                id: ids::UNKNOWN_PROFILE,
                words: || Profile::ALL.map(|profile| profile.name).to_vec(),
            }),
            Means("the newest"),
            "The version whose rules hold.",
            "\"rabbitmq-4.0\"",
        )],
    ),
    table(
        "link",
        Form::Single,
        "a link",
        "The defaults of all connections.",
        &[
            key("latency", Kind::Distribution, Default("\"500us\""), LATENCY_ABOUT, "\"2ms\""),
            key("reconnect-delay", Kind::Duration, Default("\"1s\""), RECONNECT_ABOUT, "\"5s\""),
        ],
    ),
    table(
        "exchange",
        Form::List,
        "an exchange",
        "An exchange that exists at the start.",
        &[NAME, EXCHANGE_TYPE, DURABLE, AUTO_DELETE, INTERNAL, ARGUMENTS],
    ),
    table(
        "queue",
        Form::List,
        "a queue",
        "A queue that exists at the start.",
        &[NAME, DURABLE, EXCLUSIVE, AUTO_DELETE, ARGUMENTS],
    ),
    table(
        "binding",
        Form::List,
        "a binding",
        "A binding that exists at the start, to a queue or to an exchange.",
        &[
            key("exchange", Kind::ShortText, Required, "Where messages come from.", "\"logs\""),
            key("queue", Kind::ShortText, Means("see `to-exchange`"), "The queue they go to.", "\"orders\""),
            key(
                "to-exchange",
                Kind::ShortText,
                Means("see `queue`"),
                "The exchange they go to, instead of a queue.",
                "\"archive\"",
            ),
            BINDING_KEY,
            ARGUMENTS,
        ],
    ),
    table(
        "connection",
        Form::List,
        "a connection",
        "A client's connection that differs from the defaults.",
        &[
            NAME,
            key("vhost", Kind::Name, Default("\"/\""), "The virtual host it opens.", "\"/\""),
            key("latency", Kind::Distribution, Means("that of `[link]`"), LATENCY_ABOUT, "\"20ms\""),
            key("reconnect-delay", Kind::Duration, Means("that of `[link]`"), RECONNECT_ABOUT, "\"5s\""),
        ],
    ),
    table(
        "channel",
        Form::List,
        "a channel",
        "A channel, where its place in the order of channels matters.",
        &[NAME, key("connection", Kind::Name, Required, "The connection it lies on.", "\"app\"")],
    ),
    table(
        "class",
        Form::List,
        "a class",
        "A kind of messages with service times of its own; the first class that takes a message has it.",
        &[
            NAME,
            key(
                "every",
                Kind::Integer(1, i64::MAX as u64),
                Required,
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
            key(
                "routing-key",
                Kind::ShortText,
                Means("any"),
                "Only messages with this routing key.",
                "\"big\"",
            ),
            key("producer", Kind::Name, Means("any"), "Only messages of this producer.", "\"shop\""),
        ],
    ),
    table(
        "producer",
        Form::List,
        "a producer",
        "A client that publishes messages.",
        &[
            NAME,
            CONNECTION,
            CHANNEL,
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
                Kind::ShortTexts,
                Means("see `routing-key`"),
                "Routing keys used in turn, instead of a single one.",
                "[\"a\", \"b\"]",
            ),
            key(
                "count",
                Kind::Integer(1, i64::MAX as u64),
                Means("no limit"),
                "How many messages it publishes.",
                "1000",
            ),
            START,
            key("stop", Kind::Duration, Means("the end"), "From when on it publishes nothing.", "\"50s\""),
            key(
                "interarrival",
                Kind::Distribution,
                Required,
                "Time from one publish to the next.",
                "{ exponential = \"20ms\" }",
            ),
            key(
                "message-size",
                Kind::Size,
                Default("\"256B\""),
                "Length of a message's body, up to 4 GiB.",
                "\"4KiB\"",
            ),
            key(
                "persistent",
                Kind::Boolean,
                Default("false"),
                "Whether its messages survive a restart of the broker in a durable queue.",
                "true",
            ),
            key("priority", Kind::Integer(0, 255), Default("0"), "The priority of its messages.", "5"),
            key(
                "mandatory",
                Kind::Boolean,
                Default("false"),
                "Whether it gets a message back that no queue takes.",
                "true",
            ),
            DECLARE,
        ],
    ),
    table(
        "consumer",
        Form::List,
        "a consumer",
        "A client that takes messages from a queue and works on them one at a time.",
        &[
            NAME,
            CONNECTION,
            CHANNEL,
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
            key("speed", Kind::Factor, Default("1"), "How fast it works; 0.5 takes twice as long.", "0.5"),
            DECLARE,
        ],
    ),
    table(
        "declare queue",
        Form::Inline,
        "a declared queue",
        "`queue.declare` by a client.",
        &[
            key("queue", Kind::Name, Required, "The queue's name.", "\"orders\""),
            DURABLE,
            EXCLUSIVE,
            AUTO_DELETE,
            PASSIVE,
            ARGUMENTS,
        ],
    ),
    table(
        "declare exchange",
        Form::Inline,
        "a declared exchange",
        "`exchange.declare` by a client.",
        &[
            key("exchange", Kind::Name, Required, "The exchange's name.", "\"logs\""),
            EXCHANGE_TYPE,
            DURABLE,
            AUTO_DELETE,
            INTERNAL,
            ARGUMENTS,
        ],
    ),
    table(
        "declare binding",
        Form::Inline,
        "a declared binding",
        "`queue.bind` by a client.",
        &[
            key("bind", Kind::Name, Required, "The queue that messages go to.", "\"orders\""),
            key("exchange", Kind::ShortText, Required, "Where messages come from.", "\"logs\""),
            BINDING_KEY,
            ARGUMENTS,
        ],
    ),
    table(
        "fault.consumer-crash",
        Form::List,
        "a crash",
        "A consumer dies with the deliveries that it holds.",
        &[
            FAULT_NAME,
            key("consumer", Kind::Name, Required, "The consumer that dies.", "\"billing\""),
            FAULT_AT,
            key(
                "by",
                Kind::Choice(&ChoiceSpec {
                    noun: "way to crash",
                    id: ids::UNKNOWN_CHOICE,
                    words: || vec!["tcp-cut", "channel-close", "connection-close"],
                }),
                Default("\"tcp-cut\""),
                "How the broker learns of it.",
                "\"channel-close\"",
            ),
            key(
                "restart-after",
                Kind::Duration,
                Means("it stays away"),
                "How long until it is back.",
                "\"5s\"",
            ),
        ],
    ),
    table(
        "fault.connection-loss",
        Form::List,
        "a connection loss",
        "A connection is cut, and what is on its way is lost.",
        &[
            FAULT_NAME,
            key("connection", Kind::Name, Required, "The connection that is cut.", "\"app\""),
            FAULT_AT,
            key("lasts", Kind::Duration, Required, "How long no new connection succeeds.", "\"2s\""),
        ],
    ),
    table(
        "fault.broker-restart",
        Form::List,
        "a broker restart",
        "The broker is stopped cleanly and started again.",
        &[
            FAULT_NAME,
            FAULT_AT,
            key("lasts", Kind::Duration, Required, "How long until it accepts connections again.", "\"2s\""),
        ],
    ),
    table(
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
                    words: || {
                        vec![
                            "nothing-lost",
                            "nothing-processed-twice",
                            "prefetch-bound",
                            "fifo-per-queue",
                            "everything-processed",
                        ]
                    },
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
            key("queue", Kind::Name, Means("none"), "Whose number, for a measure of a queue.", "\"orders\""),
            key(
                "consumer",
                Kind::Name,
                Means("none"),
                "Whose number, for a measure of a consumer.",
                "\"billing\"",
            ),
            key(
                "producer",
                Kind::Name,
                Means("none"),
                "Whose number, for a measure of a producer.",
                "\"shop\"",
            ),
            key("at-least", Kind::Bound, Means("no bound"), "The smallest value allowed.", "10"),
            key("at-most", Kind::Bound, Means("no bound"), "The largest value allowed.", "\"200ms\""),
        ],
    ),
    table(
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
    ),
];

const fn table(
    name: &'static str,
    form: Form,
    noun: &'static str,
    about: &'static str,
    keys: &'static [KeySpec],
) -> TableSpec {
    TableSpec { name, form, noun, about, keys }
}

const fn key(
    name: &'static str,
    kind: Kind,
    absent: Absent,
    about: &'static str,
    example: &'static str,
) -> KeySpec {
    KeySpec { name, kind, absent, about, example }
}
