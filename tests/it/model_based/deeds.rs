//! What clients do, and the words they use. Three clients with two channels each share three queues and three exchanges.

use std::fmt;

use amqpsim::amqp::{
    BasicConsume, BasicPublish, BindArguments, ChannelNo, ChannelRef, ConnectionId, DeliveryMode,
    ExchangeDeclare, FieldTable, FieldValue, Message, MessageId, Method, Name, Names, ProducerId,
    QueueDeclare,
};
use amqpsim::broker::{Broker, Command, Profile};
use proptest::prelude::*;
use proptest::sample::select;

use super::reference::{Channel, Reference};

/// What some client must have heard, for the test to be of any worth.
pub(super) const EXERCISED: [&str; 37] = [
    "BasicAck",
    "BasicCancel",
    "BasicCancelOk",
    "BasicConsumeOk",
    "BasicDeliver",
    "BasicDeliverDeadLetter",
    "BasicDeliverRedelivered",
    "BasicGetEmpty",
    "BasicGetOk",
    "BasicNack",
    "BasicQosOk",
    "BasicRecoverOk",
    "BasicReturn",
    "ChannelCloseOk",
    "ChannelFlowOk",
    "ChannelOpenOk",
    "ConfirmSelectOk",
    "ConnectionCloseCHANNEL_ERROR",
    "ConnectionCloseCOMMAND_INVALID",
    "ConnectionCloseNOT_ALLOWED",
    "ConnectionCloseNOT_IMPLEMENTED",
    "ConnectionCloseOk",
    "ConnectionOpenOk",
    "ExchangeBindOk",
    "ExchangeDeclareOk",
    "ExchangeDeleteOk",
    "ExchangeUnbindOk",
    "QueueBindOk",
    "QueueDeclareOk",
    "QueueDeleteOk",
    "QueuePurgeOk",
    "QueueUnbindOk",
    "TxCommitOk",
    "TxRollbackOk",
    "TxSelectOk",
    "ChannelCloseRESOURCE_LOCKED",
    "ChannelCloseNOT_FOUND",
];

/// One thing that a client does, or that happens to it.
#[derive(Clone)]
pub(super) enum Deed {
    Open(ConnectionId),
    Lose(ConnectionId),
    Call(ChannelRef, Method),
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Open(connection) => write!(f, "{connection:?} opens"),
            Deed::Lose(connection) => write!(f, "{connection:?} is lost"),
            Deed::Call(at, method) => write!(f, "{at}: {method:?}"),
        }
    }
}

impl Deed {
    /// The same for the broker.
    pub(super) fn command(&self, words: &Words) -> Command {
        match self {
            Deed::Open(connection) => {
                Command::Open { connection: *connection, vhost: words.vhost, user: words.guest }
            }
            Deed::Lose(connection) => Command::ConnectionLost(*connection),
            Deed::Call(at, method) => Command::Method(*at, method.clone()),
        }
    }
}

/// How a queue of one name is declared in a case, mostly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Design {
    exclusive: bool,
    auto_delete: bool,
    pub(super) length_max: Option<u8>,
    pub(super) overflow: &'static str,
    /// To which exchange.
    pub(super) dead_letters: Option<usize>,
    /// With the name of which queue as their key.
    pub(super) dead_letter_key: Option<usize>,
    pub(super) priority_max: Option<u8>,
    pub(super) single_active: bool,
}

/// One design for each queue.
pub(super) fn designs() -> impl Strategy<Value = Vec<Design>> {
    use proptest::option::weighted;
    let overflow = select(vec!["drop-head", "reject-publish", "reject-publish-dlx"]);
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    let rules = (weighted(0.3, 0u8..4), overflow, weighted(0.4, 0usize..2), weighted(0.7, 0usize..3));
    let design = (flags, rules, weighted(0.2, 0u8..4)).prop_map(|(flags, rules, priority_max)| {
        let (exclusive, auto_delete, single_active) = flags;
        let (length_max, overflow, dead_letters, dead_letter_key) = rules;
        Design {
            exclusive,
            auto_delete,
            length_max,
            overflow,
            dead_letters,
            dead_letter_key,
            priority_max,
            single_active,
        }
    });
    prop::collection::vec(design, 3)
}

/// The names that clients use, known to every new broker by the same numbers.
#[derive(Clone, Debug)]
pub(super) struct Words {
    vhost: Name,
    guest: Name,
    pub(super) queues: [Name; 3],
    pub(super) exchanges: [Name; 4],
    system_exchange: Name,
    missing: Name,
    kinds: [Name; 3],
    keys: Vec<Name>,
    tags: [Name; 3],
}

pub(super) fn new_broker() -> (Broker, Words) {
    let mut broker = Broker::new(Profile::find("rabbitmq-3.10").expect("the profile is known"));
    let words = Words::new(broker.names_mut());
    (broker, words)
}

impl Words {
    fn new(names: &mut Names) -> Words {
        let mut name = |text| names.intern(text);
        Words {
            vhost: name("/"),
            guest: name("guest"),
            queues: ["q0", "q1", "q2"].map(&mut name),
            exchanges: ["", "x1", "x2", "x3"].map(&mut name),
            system_exchange: name("amq.fanout"),
            missing: name("missing"),
            kinds: ["topic", "fanout", "direct"].map(&mut name),
            keys: ["q0", "q1", "a", "a.b", "b", "a.*", "#", "#.b", ""].map(&mut name).to_vec(),
            tags: ["t0", "t1", "t2"].map(&mut name),
        }
    }
}

impl Reference {
    /// The words, with what is there in place of what is not.
    fn existing(&self) -> Words {
        let mut words = (*self.words).clone();
        let queues = words.queues.into_iter().filter(|&queue| self.queue_named(queue).is_some());
        let queues: Vec<Name> = queues.collect();
        let exchanges = words.exchanges.into_iter().filter(|&name| self.find_exchange(name).is_some());
        let exchanges: Vec<Name> = exchanges.collect();
        for (place, there) in (0..3).zip(queues.iter().cycle()) {
            words.queues[place] = *there;
        }
        for (place, there) in (0..4).zip(exchanges.iter().cycle()) {
            words.exchanges[place] = *there;
        }
        words
    }

    /// A connection opens once, and only what is open is lost.
    pub(super) fn is_possible(&self, deed: &Deed) -> bool {
        match deed {
            Deed::Open(connection) => connection.0 >= self.opened,
            Deed::Lose(connection) => self.connections.contains(connection),
            Deed::Call(..) => true,
        }
    }
}

/// What may happen next. Mostly something that makes sense.
pub(super) fn next(state: &Reference) -> BoxedStrategy<Deed> {
    let opened = Deed::Open(ConnectionId(state.opened));
    if state.connections.is_empty() {
        return Just(opened).boxed();
    }
    let all = state
        .connections
        .iter()
        .flat_map(|&connection| [1, 2].map(|channel| ChannelRef { connection, channel: ChannelNo(channel) }));
    // Mostly a channel that is open.
    let open = state.channels.iter().flat_map(|channel| [channel.at; 5]);
    let channels: Vec<ChannelRef> = all.chain(open).collect();
    let known = state.clone();
    let call = select(channels).prop_flat_map(move |at| {
        let method = match known.find_channel(at) {
            None => prop_oneof![40 => Just(Method::ChannelOpen), 1 => any_method(&known, None)].boxed(),
            Some(channel) if channel.closing => {
                let ok = Just(Method::ChannelCloseOk);
                prop_oneof![8 => ok, 1 => Just(Method::ChannelClose), 3 => any_method(&known, Some(channel))]
                    .boxed()
            }
            Some(channel) => any_method(&known, Some(channel)),
        };
        method.prop_map(move |method| Deed::Call(at, method))
    });
    let lost = select(state.connections.clone()).prop_map(Deed::Lose);
    if state.connections.len() < 3 {
        return prop_oneof![60 => call, 1 => lost, 3 => Just(opened)].boxed();
    }
    prop_oneof![60 => call, 1 => lost].boxed()
}

/// Any method of a client, for this channel if it is open.
fn any_method(state: &Reference, channel: Option<&Channel>) -> BoxedStrategy<Method> {
    prop_oneof![
        40 => traffic(state, channel),
        9 => topology(state),
        3 => modes(channel.is_some_and(|channel| channel.transaction.is_some())),
    ]
    .boxed()
}

/// Names and flags from which a method is made.
type Draw = (usize, usize, bool, bool, bool, u8);

fn draw() -> impl Strategy<Value = Draw> {
    (0usize..3, 0usize..5040, any::<bool>(), any::<bool>(), any::<bool>(), 0u8..60)
}

fn traffic(state: &Reference, channel: Option<&Channel>) -> BoxedStrategy<Method> {
    // Queues and exchanges that are there, where there are any.
    let words = state.existing();
    let number = state.published + 1;
    let known = words.clone();
    let publish = draw().prop_map(move |draw| publish(&known, number, draw));
    let known = words.clone();
    let consume = draw().prop_map(move |draw| consume(&known, draw));
    let known = words.clone();
    let cancel = (0usize..3).prop_map(move |tag| Method::BasicCancel { consumer_tag: known.tags[tag] });
    let get = draw().prop_map(move |(queue, _, no_ack, _, _, rare)| {
        let queue = [words.queues[queue], Name::EMPTY, words.missing][rare_of(rare)];
        Method::BasicGet { queue, no_ack }
    });
    let qos = (0u16..4, any::<bool>(), 0u8..40).prop_map(|(prefetch_count, global, rare)| Method::BasicQos {
        prefetch_size: u32::from(rare == 0),
        prefetch_count,
        global,
    });
    let mut tags: Vec<u64> =
        channel.map(|c| c.unacked.iter().map(|unacked| unacked.tag).collect()).unwrap_or_default();
    let recover = prop::bool::weighted(0.97).prop_map(|requeue| Method::BasicRecover { requeue });
    if tags.is_empty() {
        tags.push(0);
        return prop_oneof![
            48 => publish, 20 => consume, 4 => cancel, 8 => get, 8 => qos, 2 => recover, 1 => settle(tags)
        ]
        .boxed();
    }
    // An unknown tag now and then.
    tags = tags.repeat(8);
    tags.extend([0, tags[0] + 1]);
    prop_oneof![20 => publish, 6 => consume, 3 => cancel, 4 => get, 6 => qos, 2 => recover, 28 => settle(tags)]
        .boxed()
}

/// 0 mostly, 1 and 2 now and then.
fn rare_of(rare: u8) -> usize {
    match rare {
        0 => 2,
        1..=3 => 1,
        _ => 0,
    }
}

fn publish(words: &Words, number: u32, draw: Draw) -> Method {
    let (queue, index, mandatory, to_exchange, persistent, rare) = draw;
    let exchange = if to_exchange { words.exchanges[queue + 1] } else { Name::EMPTY };
    let system = [exchange, words.system_exchange, words.missing][rare_of(rare)];
    Method::BasicPublish(BasicPublish {
        exchange: if index % 3 == 0 { system } else { exchange },
        routing_key: if to_exchange { words.keys[index % words.keys.len()] } else { words.queues[queue] },
        mandatory,
        immediate: rare == 19 && index % 8 == 0,
        message: Message {
            id: MessageId { producer: ProducerId(0), number },
            size: 1,
            delivery_mode: if persistent { DeliveryMode::Persistent } else { DeliveryMode::Transient },
            priority: rare % 5,
            ..Message::default()
        },
    })
}

fn consume(words: &Words, draw: Draw) -> Method {
    let (queue, index, no_ack, other, exclusive, rare) = draw;
    let mut arguments = FieldTable::new();
    if other {
        arguments.set("x-priority", (index % 3) as i64 - 1);
    }
    Method::BasicConsume(Box::new(BasicConsume {
        queue: [words.queues[queue], Name::EMPTY, words.missing][rare_of(rare)],
        consumer_tag: words.tags[index % 3],
        no_ack: no_ack && other,
        exclusive: exclusive && rare > 50,
        arguments,
    }))
}

fn settle(tags: Vec<u64>) -> impl Strategy<Value = Method> {
    (select(tags), prop::bool::weighted(0.3), any::<bool>(), 0u8..4).prop_map(
        |(delivery_tag, multiple, requeue, kind)| match kind {
            0 => Method::BasicNack { delivery_tag, multiple, requeue },
            1 => Method::BasicReject { delivery_tag, requeue },
            _ => Method::BasicAck { delivery_tag, multiple },
        },
    )
}

fn topology(state: &Reference) -> BoxedStrategy<Method> {
    let (words, designs) = (state.words.clone(), state.designs.clone());
    let declare_queue = draw().prop_map(move |draw| declare_queue(&words, &designs, draw));
    let words = state.words.clone();
    let declare_exchange = draw().prop_map(move |draw| declare_exchange(&words, draw));
    let words = state.words.clone();
    let bind = (draw(), 0usize..3).prop_map(move |(draw, other)| bind(&words, draw, other));
    let words = state.words.clone();
    let remove = draw().prop_map(move |(place, index, if_unused, if_empty, _, rare)| {
        let queue = [words.queues[place], Name::EMPTY, words.missing][rare_of(rare)];
        let exchange = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
        match index % 4 {
            0 => Method::ExchangeDelete { exchange, if_unused },
            1 => Method::QueueDelete { queue, if_unused, if_empty },
            _ => Method::QueuePurge { queue },
        }
    });
    prop_oneof![5 => declare_queue, 3 => declare_exchange, 6 => bind, 2 => remove].boxed()
}

fn declare_queue(words: &Words, designs: &[Design], draw: Draw) -> Method {
    let (queue, index, _, _, no_wait, rare) = draw;
    let design = &designs[queue];
    let passive = index % 5 == 0;
    let last = if passive { Name::EMPTY } else { words.queues[queue] };
    let name = [words.queues[queue], last, if passive { words.missing } else { words.system_exchange }];
    Method::QueueDeclare(Box::new(QueueDeclare {
        queue: name[rare_of(rare)],
        passive,
        durable: rare != 19,
        exclusive: design.exclusive != (rare == 18),
        auto_delete: design.auto_delete != (rare == 17),
        no_wait: no_wait && rare > 40,
        arguments: arguments(design),
    }))
}

fn arguments(design: &Design) -> FieldTable {
    let text = |exchange: usize| ["", "x1"][exchange].into();
    let queue = |queue: usize| ["q0", "q1", "q2"][queue].into();
    let entries: [(&str, Option<FieldValue>); 6] = [
        ("x-max-length", design.length_max.map(|max| i64::from(max).into())),
        ("x-overflow", Some(design.overflow.into())),
        ("x-dead-letter-exchange", design.dead_letters.map(text)),
        ("x-dead-letter-routing-key", design.dead_letters.and(design.dead_letter_key).map(queue)),
        ("x-max-priority", design.priority_max.map(|max| i64::from(max).into())),
        ("x-single-active-consumer", design.single_active.then_some(true.into())),
    ];
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Connections, channels, exchanges, queues and bindings, of which a case begins with the first few or all.
pub(super) fn set_up(words: &Words, designs: &[Design]) -> Vec<Deed> {
    let at = |connection, channel| ChannelRef {
        connection: ConnectionId(connection),
        channel: ChannelNo(channel),
    };
    let mut deeds: Vec<Deed> = (0..3).map(|connection| Deed::Open(ConnectionId(connection))).collect();
    deeds.extend((0..3).map(|connection| Deed::Call(at(connection, 1), Method::ChannelOpen)));
    for place in 0..3 {
        let draw = (place, 6 - 2 * place, true, true, false, 10);
        deeds.push(Deed::Call(at(0, 1), declare_queue(words, designs, draw)));
        deeds.push(Deed::Call(at(0, 1), declare_exchange(words, draw)));
        deeds.push(Deed::Call(at(0, 1), bind(words, draw, place)));
    }
    deeds.push(Deed::Call(at(1, 2), Method::ChannelOpen));
    deeds
}

fn declare_exchange(words: &Words, draw: Draw) -> Method {
    let (place, index, _, _, no_wait, rare) = draw;
    let exchange = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
    let mut arguments = FieldTable::new();
    if place == 0 {
        arguments.set("alternate-exchange", "x2");
    }
    let unknown = rare == 4 && index % 3 == 0;
    Method::ExchangeDeclare(Box::new(ExchangeDeclare {
        exchange,
        kind: if unknown { words.missing } else { words.kinds[if rare == 5 { 0 } else { place }] },
        passive: index % 7 == 0,
        durable: rare != 19,
        auto_delete: place == 1,
        internal: rare == 18,
        no_wait: no_wait && rare > 40,
        arguments,
    }))
}

fn bind(words: &Words, draw: Draw, other: usize) -> Method {
    let (place, index, to_queue, adds, more, rare) = draw;
    let adds = adds || more;
    let source = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
    let destination = if to_queue {
        [words.queues[other], words.missing, Name::EMPTY][rare_of(59 - rare)]
    } else {
        [words.exchanges[other + 1], words.missing, Name::EMPTY][rare_of(59 - rare)]
    };
    let routing_key = words.keys[index % words.keys.len()];
    let arguments =
        Box::new(BindArguments { source, destination, routing_key, arguments: FieldTable::new() });
    match (to_queue, adds) {
        (true, true) => Method::QueueBind(arguments),
        (true, false) => Method::QueueUnbind(arguments),
        (false, true) => Method::ExchangeBind(arguments),
        (false, false) => Method::ExchangeUnbind(arguments),
    }
}

/// Methods that change or end the mode of a channel.
fn modes(transactional: bool) -> BoxedStrategy<Method> {
    let ends = if transactional { 24 } else { 1 };
    prop_oneof![
        6 => Just(Method::ConfirmSelect),
        6 => Just(Method::TxSelect),
        ends => Just(Method::TxCommit),
        ends / 3 + 1 => Just(Method::TxRollback),
        1 => Just(Method::ChannelFlow { active: true }),
        1 => Just(Method::ChannelFlow { active: false }),
        3 => Just(Method::ChannelClose),
        1 => Just(Method::ChannelOpen),
        1 => Just(Method::ConnectionClose),
    ]
    .boxed()
}
