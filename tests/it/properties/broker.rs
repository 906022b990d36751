//! The broker by itself: a function of its commands, whatever clients send it.

use std::collections::{BTreeMap, BTreeSet};

use amqpsim::amqp::{
    BasicConsume, BasicPublish, BindArguments, ChannelNo, ChannelRef, ConnectionId, ConsumerId, DeliveryMode,
    DeliveryTag, ExchangeDeclare, Message, MessageId, Method, Name, ProducerId, QueueDeclare, QueueId,
    ReplyCode, ServerMethod,
};
use amqpsim::broker::{Broker, Command, Out, Profile, Timer};
use amqpsim::observe::Fact;
use amqpsim::rules::RuleRef;
use amqpsim::units::SimTime;
use proptest::prelude::*;
use proptest::{collection::vec, prop_assert, prop_assert_eq};

use super::copies::Copies;
use super::swarm::{Checked, Met, for_all};

/// What the broker asked for or stated.
#[derive(Clone, Debug, PartialEq)]
enum Effect {
    Send(ChannelRef, ServerMethod),
    HangUp(ConnectionId),
    Timer(Timer, SimTime),
    Level(QueueId, u32),
    Fact(Fact),
}

#[derive(Default)]
struct Effects(Vec<Effect>);

impl Out for Effects {
    fn send(&mut self, to: ChannelRef, method: ServerMethod) {
        self.0.push(Effect::Send(to, method));
    }
    fn hang_up(&mut self, connection: ConnectionId) {
        self.0.push(Effect::HangUp(connection));
    }
    fn timer(&mut self, timer: Timer, at: SimTime) {
        self.0.push(Effect::Timer(timer, at));
    }
    fn level(&mut self, queue: QueueId, ready: u32) {
        self.0.push(Effect::Level(queue, ready));
    }
    fn fact(&mut self, fact: Fact, _: RuleRef) {
        self.0.push(Effect::Fact(fact));
    }
}

fn apply(broker: &mut Broker, now: u64, command: Command) -> Vec<Effect> {
    let mut effects = Effects::default();
    broker.apply(SimTime::from_nanos(now), command, &mut effects);
    effects.0
}

/// What a client does next: on one of three connections with two channels each, with one of three queues.
#[derive(Clone, Copy, Debug)]
struct Deed {
    connection: usize,
    channel: u16,
    kind: u8,
    queue: usize,
    number: u16,
    flag: bool,
    other_flag: bool,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    // Publishing, consuming and settling are most of what clients do.
    let kind = prop_oneof![4 => 0u8..4, 4 => 4u8..8, 1 => 8u8..18];
    let deed = (0usize..3, 1u16..3, kind, 0usize..3, 0u16..8, any::<bool>(), any::<bool>());
    let deed = deed.prop_map(|(connection, channel, kind, queue, number, flag, other_flag)| Deed {
        connection,
        channel,
        kind,
        queue,
        number,
        flag,
        other_flag,
    });
    vec(deed, 1..120)
}

const QUEUES: [&str; 3] = ["q0", "q1", "q2"];

/// Names that clients use, interned before anything else, so that a fresh broker knows them by the same numbers.
struct Names {
    queues: [Name; 3],
    tags: [Name; 3],
    exchange: Name,
    kind: Name,
    vhost: Name,
    guest: Name,
}

fn new_broker() -> (Broker, Names) {
    let mut broker = Broker::new(Profile::find("rabbitmq-3.13").expect("the profile is known"));
    let names = broker.names_mut();
    let names = Names {
        queues: QUEUES.map(|queue| names.intern(queue)),
        tags: ["c0", "c1", "c2"].map(|tag| names.intern(tag)),
        exchange: names.intern("x"),
        kind: names.intern("fanout"),
        vhost: names.intern("/"),
        guest: names.intern("guest"),
    };
    (broker, names)
}

/// The clients: which connections are theirs, and what they may expect.
struct Clients {
    names: Names,
    connections: [ConnectionId; 3],
    opened: u32,
    published: u32,
    view: View,
}

/// What clients and facts tell of channels and consumers.
#[derive(Default)]
struct View {
    /// Open channels: their bounds and the tags that may be settled, with the consumers they went to.
    channels: BTreeMap<ChannelRef, ChannelView>,
    consumers: BTreeMap<ConsumerId, ConsumerView>,
    /// Channels that the broker has closed and that wait for their client to agree.
    closing: BTreeSet<ChannelRef>,
}

#[derive(Default)]
struct ChannelView {
    prefetch: u16,
    limit: u16,
    /// At most this many deliveries of `basic.get` count against the limit.
    gets: usize,
    tags: BTreeMap<DeliveryTag, Option<ConsumerId>>,
}

struct ConsumerView {
    queue: QueueId,
    channel: ChannelRef,
    prefetch: u16,
    no_ack: bool,
}

impl Clients {
    fn command(&mut self, deed: Deed) -> Command {
        let connection = self.connections[deed.connection];
        let at = ChannelRef { connection, channel: ChannelNo(deed.channel) };
        if self.view.closing.contains(&at) {
            return Command::Method(at, Method::ChannelCloseOk);
        }
        let known = self.view.channels.contains_key(&at);
        match deed.kind {
            // Rarely, and only there, a client forgets to open its channel first.
            kind if !known && kind != 16 => return Command::Method(at, Method::ChannelOpen),
            17 if deed.flag => return Command::ConnectionLost(connection),
            17 => return Command::Method(at, Method::ConnectionClose),
            _ => {}
        }
        Command::Method(at, self.method(deed))
    }

    fn method(&mut self, deed: Deed) -> Method {
        let queue = self.names.queues[deed.queue];
        let tag = DeliveryTag::from(deed.number);
        match deed.kind {
            0 | 1 => self.publish(deed),
            2 => Method::BasicConsume(Box::new(BasicConsume {
                queue,
                consumer_tag: self.names.tags[usize::from(deed.number) % 3],
                no_ack: deed.flag && deed.other_flag,
                exclusive: deed.number == 7,
                ..BasicConsume::default()
            })),
            3 => Method::BasicGet { queue, no_ack: deed.flag },
            4 | 5 => Method::BasicAck { delivery_tag: tag, multiple: deed.flag },
            6 => Method::BasicNack { delivery_tag: tag, multiple: deed.flag, requeue: deed.other_flag },
            7 => Method::BasicReject { delivery_tag: tag, requeue: deed.flag },
            8 => Method::BasicQos { prefetch_size: 0, prefetch_count: deed.number % 4, global: deed.flag },
            9 => Method::BasicCancel { consumer_tag: self.names.tags[usize::from(deed.number) % 3] },
            10 => Method::QueueDeclare(Box::new(QueueDeclare {
                queue,
                durable: true,
                auto_delete: deed.queue == 2,
                exclusive: deed.queue == 1 && deed.number == 0,
                ..QueueDeclare::default()
            })),
            11 => Method::QueueBind(Box::new(BindArguments {
                source: self.names.exchange,
                destination: queue,
                ..BindArguments::default()
            })),
            12 => Method::ExchangeDeclare(Box::new(ExchangeDeclare {
                exchange: self.names.exchange,
                kind: self.names.kind,
                durable: true,
                ..ExchangeDeclare::default()
            })),
            13 => Method::QueuePurge { queue },
            14 => Method::QueueDelete { queue, if_unused: deed.flag, if_empty: deed.other_flag },
            15 => Method::BasicRecover { requeue: true },
            _ => Method::ChannelClose,
        }
    }

    fn publish(&mut self, deed: Deed) -> Method {
        self.published += 1;
        Method::BasicPublish(BasicPublish {
            exchange: if deed.flag { self.names.exchange } else { Name::EMPTY },
            routing_key: self.names.queues[deed.queue],
            mandatory: deed.other_flag,
            immediate: false,
            message: Message {
                id: MessageId { producer: ProducerId(0), number: self.published },
                delivery_mode: DeliveryMode::Persistent,
                size: 1,
                ..Message::default()
            },
        })
    }

    fn open(&mut self, place: usize) -> Command {
        self.connections[place] = ConnectionId(self.opened);
        self.opened += 1;
        Command::Open { connection: self.connections[place], vhost: self.names.vhost, user: self.names.guest }
    }
}

impl View {
    /// Whether the broker must answer this method with 406, because its tag is unknown.
    fn is_unknown_tag(&self, command: &Command) -> bool {
        let Command::Method(at, method) = command else { return false };
        let (tag, multiple) = match *method {
            Method::BasicAck { delivery_tag, multiple }
            | Method::BasicNack { delivery_tag, multiple, .. } => (delivery_tag, multiple),
            Method::BasicReject { delivery_tag, .. } => (delivery_tag, false),
            _ => return false,
        };
        let Some(channel) = self.channels.get(at) else { return false };
        !(channel.tags.contains_key(&tag) || (tag == 0 && multiple))
    }

    fn learn(&mut self, command: &Command, effects: &[Effect]) {
        let failed = effects.iter().any(|effect| matches!(effect, Effect::Fact(Fact::Error { .. })));
        if let Command::Method(at, method) = command
            && !failed
        {
            self.learn_method(*at, method);
        }
        for effect in effects {
            self.learn_effect(effect, command);
        }
    }

    fn learn_method(&mut self, at: ChannelRef, method: &Method) {
        if *method == Method::ChannelCloseOk {
            self.closing.remove(&at);
        }
        if *method == Method::ChannelOpen {
            self.channels.insert(at, ChannelView::default());
        }
        let Some(channel) = self.channels.get_mut(&at) else { return };
        match *method {
            Method::BasicQos { prefetch_count, global: true, .. } => {
                if channel.limit == 0 {
                    channel.gets = channel.tags.values().filter(|consumer| consumer.is_none()).count();
                }
                channel.limit = prefetch_count;
            }
            Method::BasicQos { prefetch_count, .. } => {
                channel.prefetch = prefetch_count;
                channel.limit = 0;
            }
            Method::BasicAck { delivery_tag: 0, multiple: true }
            | Method::BasicNack { delivery_tag: 0, multiple: true, .. }
            | Method::BasicRecover { .. } => channel.tags.clear(),
            Method::BasicAck { delivery_tag, multiple: true }
            | Method::BasicNack { delivery_tag, multiple: true, .. } => {
                channel.tags = channel.tags.split_off(&(delivery_tag + 1));
            }
            Method::BasicAck { delivery_tag, .. }
            | Method::BasicNack { delivery_tag, .. }
            | Method::BasicReject { delivery_tag, .. } => {
                channel.tags.remove(&delivery_tag);
            }
            _ => {}
        }
    }

    fn learn_effect(&mut self, effect: &Effect, command: &Command) {
        match effect {
            Effect::Send(at, ServerMethod::ChannelClose { .. }) => {
                self.closing.insert(*at);
            }
            Effect::Fact(Fact::ChannelClosed { channel }) => {
                self.channels.remove(channel);
            }
            Effect::Fact(Fact::ConnectionClosed { connection }) => {
                self.closing.retain(|channel| channel.connection != *connection);
            }
            Effect::Fact(Fact::ConsumerAdded { queue, consumer, channel, .. }) => {
                let no_ack =
                    matches!(command, Command::Method(_, Method::BasicConsume(consume)) if consume.no_ack);
                let prefetch = self.channels[channel].prefetch;
                let view = ConsumerView { queue: *queue, channel: *channel, prefetch, no_ack };
                self.consumers.insert(*consumer, view);
            }
            Effect::Fact(Fact::ConsumerRemoved { consumer, .. }) => {
                self.consumers.remove(consumer);
            }
            Effect::Fact(Fact::Delivered { channel, delivery_tag, consumer, automatic: false, .. }) => {
                let channel = self.channels.get_mut(channel).expect("deliveries go to open channels");
                channel.tags.insert(*delivery_tag, Some(*consumer));
            }
            Effect::Fact(Fact::Got { channel, delivery_tag, automatic: false, .. }) => {
                let channel = self.channels.get_mut(channel).expect("deliveries go to open channels");
                channel.tags.insert(*delivery_tag, None);
            }
            _ => {}
        }
    }

    /// Whether both bounds leave room for one more delivery to this consumer.
    fn may_take(&self, id: ConsumerId) -> bool {
        let consumer = &self.consumers[&id];
        let channel = &self.channels[&consumer.channel];
        let own = channel.tags.values().filter(|&&other| other == Some(id)).count();
        let shared = channel.tags.values().filter(|other| other.is_some()).count() + channel.gets;
        let credit = consumer.no_ack || consumer.prefetch == 0 || own < usize::from(consumer.prefetch);
        credit && (channel.limit == 0 || shared < usize::from(channel.limit))
    }

    /// Nobody is kept waiting who may take what is ready.
    fn nobody_waits_in_vain(&self, copies: &Copies) -> Checked {
        for (&id, consumer) in &self.consumers {
            let ready = &copies.queues[&consumer.queue].ready;
            prop_assert!(ready.is_empty() || !self.may_take(id), "{id:?} may take one of {ready:?}");
        }
        Ok(())
    }
}

/// Plays the deeds, opens what got lost, and checks each step. Returns the commands and what came of each.
fn play(deeds: &[Deed], met: &mut Met) -> Result<Vec<(Command, Vec<Effect>)>, TestCaseError> {
    let (mut broker, names) = new_broker();
    let connections = [ConnectionId(0); 3];
    let mut clients = Clients { names, connections, opened: 0, published: 0, view: View::default() };
    let mut copies = Copies::default();
    let mut played = Vec::new();
    let mut pending: Vec<Command> = (0..3).map(|place| clients.open(place)).collect();
    let at = ChannelRef { connection: ConnectionId(0), channel: ChannelNo(1) };
    pending.push(Command::Method(at, Method::ChannelOpen));
    let deed = |kind, queue| Deed {
        connection: 0,
        channel: 1,
        kind,
        queue,
        number: 1,
        flag: false,
        other_flag: false,
    };
    for first in [deed(12, 0), deed(10, 0), deed(10, 1), deed(10, 2), deed(11, 0), deed(11, 1)] {
        pending.push(Command::Method(at, clients.method(first)));
    }
    for step in 0..=deeds.len() {
        for command in std::mem::take(&mut pending) {
            let unknown = clients.view.is_unknown_tag(&command);
            let now = played.len() as u64 / 3;
            let effects = apply(&mut broker, now, command.clone());
            clients.view.learn(&command, &effects);
            for effect in &effects {
                if let Effect::Fact(fact) = effect {
                    copies.learn(fact);
                    copies.agree(fact)?;
                }
            }
            let answered = effects.iter().any(|effect| {
                matches!(
                    effect,
                    Effect::Send(_, ServerMethod::ChannelClose { code: ReplyCode::PreconditionFailed, text })
                        if text.contains("unknown delivery tag")
                )
            });
            prop_assert_eq!(unknown, answered, "{:?}", command);
            clients.view.nobody_waits_in_vain(&copies)?;
            prop_assert_eq!(broker.counts(), (copies.ready(), copies.unacked()));
            note(&command, &effects, met);
            let closed = effects.iter().any(|e| matches!(e, Effect::Fact(Fact::ConnectionClosed { .. })));
            if closed
                && let Command::Method(ChannelRef { connection, .. }, _) | Command::ConnectionLost(connection) =
                    command
            {
                let place = clients.connections.iter().position(|&c| c == connection);
                pending.extend(place.map(|place| clients.open(place)));
            }
            played.push((command, effects));
        }
        if let Some(&deed) = deeds.get(step) {
            pending.push(clients.command(deed));
        }
    }
    Ok(played)
}

fn note(command: &Command, effects: &[Effect], met: &mut Met) {
    let lost = matches!(command, Command::ConnectionLost(_));
    for effect in effects {
        match effect {
            Effect::Fact(Fact::Requeued { .. }) => {
                met.note(if lost { "connection lost" } else { "requeued" }, 1);
            }
            Effect::Fact(Fact::ConsumerUnblocked { .. }) => met.note("unblocked", 1),
            Effect::Fact(Fact::Settled { .. }) => met.note("settled", 1),
            Effect::Fact(Fact::Got { .. }) => met.note("got", 1),
            Effect::Fact(Fact::QueueDeleted { messages: 1.., .. }) => met.note("deleted with messages", 1),
            Effect::Send(_, ServerMethod::ChannelClose { code: ReplyCode::PreconditionFailed, .. }) => {
                met.note("406", 1);
            }
            _ => {}
        }
    }
}

#[test]
fn the_broker_is_a_function_of_its_commands_and_a_clone_goes_on_as_the_original() {
    let exercised =
        ["connection lost", "requeued", "unblocked", "settled", "got", "deleted with messages", "406"];
    let strategy = (deeds(), any::<prop::sample::Index>());
    for_all(&strategy, 1200, &exercised, |(deeds, fork_at), met| {
        let played = play(deeds, met)?;
        let fork_at = fork_at.index(played.len());
        let (mut fresh, _) = new_broker();
        let mut fork = None;
        for (step, (command, effects)) in played.iter().enumerate() {
            if step == fork_at {
                fork = Some(fresh.clone());
            }
            prop_assert_eq!(&apply(&mut fresh, step as u64 / 3, command.clone()), effects);
        }
        let mut fork = fork.expect("every place is met");
        for (step, (command, effects)) in played.iter().enumerate().skip(fork_at) {
            prop_assert_eq!(&apply(&mut fork, step as u64 / 3, command.clone()), effects);
        }
        Ok(())
    });
}
