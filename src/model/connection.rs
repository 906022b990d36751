//! The client's side of a connection: it opens, sets up its channels one method at a time, and comes back after a loss.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use super::confirming::Confirming;
use super::event::SystemEvent;
use super::frame::Frame;
use super::link::Link;
use super::spec::{BindingSpec, ConsumerSpec, Declaration, ExchangeSpec, QueueSpec, SystemSpec};
use crate::amqp::{
    BasicConsume, BindArguments, ChannelNo, ConnectionId, ExchangeDeclare, Method, Names, QueueDeclare,
    ServerMethod,
};
use crate::engine::{EventList, Seq};
use crate::random::RandomStream;
use crate::storage::Crash;
use crate::units::SimTime;

use super::spec::Acknowledge;

/// How far a connection is, as its client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not connected.
    Down,
    /// `connection.open` is sent.
    Opening,
    /// Open.
    Open,
}

/// How far a channel is, as its client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelPhase {
    Closed,
    /// Its set-up is planned or under way.
    Opening,
    Open,
    /// The broker closed it with an error; the client gives up on it.
    Failed,
}

/// One step of a client that sets up a channel.
#[derive(Clone, Debug)]
pub(super) enum Todo {
    /// Send this and wait for the answer.
    Call(ChannelNo, Box<Method>),
    /// The producer may publish.
    ProducerReady(u32),
    /// The script may go on.
    ScriptReady(u32),
    /// Send the present step of this script.
    Step(u32),
}

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calling {
    /// On this channel.
    pub(super) channel: ChannelNo,
    pub(super) by: Caller,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The set-up of the channel.
    SetUp,
    /// The present step of this script.
    Script(u32),
}

/// Who waits for a `tx.commit-ok`. A producer commits beside the calls of its connection, so that only their order on the
/// channel tells whose commit is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Committer {
    /// The call of the connection.
    Calling,
    Producer(u32),
}

/// A channel of a connection.
#[derive(Clone, Debug)]
pub(super) struct ClientChannel {
    pub(super) number: ChannelNo,
    pub(super) phase: ChannelPhase,
    pub(super) producers: Vec<u32>,
    pub(super) consumers: Vec<u32>,
    /// In confirm mode: its publishes that wait for an answer.
    pub(super) confirming: Option<Box<Confirming>>,
    pub(super) scripts: Vec<u32>,
    /// Commits without an answer so far, oldest first.
    pub(super) commits: VecDeque<Committer>,
    /// The attempt to open it again that counts.
    pub(super) reopen: Seq,
}

/// A client's connection: what every frame needs, in one cache line, and the state of its client behind it.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Connection {
    /// The id under which the client opened it last.
    pub(super) id: ConnectionId,
    /// The id that frames reaching the broker belong to.
    pub(super) id_at_broker: ConnectionId,
    pub(super) phase: Phase,
    /// The broker reads nothing from it until it is opened again.
    pub(super) broken: bool,
    pub(super) up: Link<Method>,
    pub(super) down: Link<ServerMethod>,
    state: Box<ClientState>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Connection>() <= 64, "a line of the processor's cache");

/// What a client knows of its connection.
#[derive(Clone, Debug)]
pub(super) struct ClientState {
    /// The node that it is made to.
    pub(super) node: usize,
    /// In order of number.
    pub(super) channels: Vec<ClientChannel>,
    pub(super) todo: VecDeque<Todo>,
    /// A call waits for its answer.
    pub(super) calling: Option<Calling>,
    /// The last attempt was refused: the broker has never heard of its id.
    pub(super) refused: bool,
    /// The attempt to connect that counts.
    pub(super) connect: Seq,
    /// No attempt succeeds before this instant.
    pub(super) cut_until: SimTime,
    /// Its process is down until somebody restarts it: it makes no attempt of its own.
    pub(super) stays_away: bool,
    /// The broker closed it with an error, and the client does not try again.
    pub(super) given_up: bool,
    /// Attempts in a row that failed.
    pub(super) failed: u32,
    /// So many attempts failed that the client makes no other one.
    pub(super) exhausted: bool,
    /// The draws of its waits before it connects.
    pub(super) waits: RandomStream,
}

impl Deref for Connection {
    type Target = ClientState;

    fn deref(&self) -> &ClientState {
        &self.state
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ClientState {
        &mut self.state
    }
}

impl Connection {
    /// The connections of a scenario, in its order.
    pub(super) fn all(spec: &SystemSpec, seed: u64, events: &mut EventList<SystemEvent>) -> Vec<Self> {
        let mut connections: Vec<Connection> =
            (0..spec.connections.len()).map(|index| Connection::new(spec, index, seed, events)).collect();
        let at =
            |channel: usize| (spec.channels[channel].connection, ChannelNo(spec.channels[channel].number));
        for channel in &spec.channels {
            connections[channel.connection].channels.push(ClientChannel {
                number: ChannelNo(channel.number),
                phase: ChannelPhase::Closed,
                producers: Vec::new(),
                consumers: Vec::new(),
                confirming: None,
                scripts: Vec::new(),
                commits: VecDeque::new(),
                reopen: Seq::NONE,
            });
        }
        for connection in &mut connections {
            connection.channels.sort_by_key(|channel| channel.number);
        }
        for (index, producer) in spec.producers.iter().enumerate() {
            let (connection, number) = at(producer.channel);
            if let Some(channel) = connections[connection].channel_mut(number) {
                channel.producers.push(index as u32);
            }
        }
        for (index, consumer) in spec.consumers.iter().enumerate() {
            let (connection, number) = at(consumer.channel);
            if let Some(channel) = connections[connection].channel_mut(number) {
                channel.consumers.push(index as u32);
            }
        }
        for (index, client) in spec.clients.iter().enumerate() {
            let (connection, number) = at(client.channel);
            if let Some(channel) = connections[connection].channel_mut(number) {
                channel.scripts.push(index as u32);
            }
        }
        connections
    }

    fn new(spec: &SystemSpec, index: usize, seed: u64, events: &mut EventList<SystemEvent>) -> Self {
        let connection = &spec.connections[index];
        let stream = |purpose| RandomStream::new(seed, &connection.name, purpose);
        let (up, down) = (SystemEvent::ReachBroker(index as u32), SystemEvent::ReachClient(index as u32));
        Connection {
            up: Link::new(&connection.latency, stream("latency to the broker"), up, events),
            down: Link::new(&connection.latency, stream("latency to the client"), down, events),
            phase: Phase::Down,
            id: ConnectionId(0),
            id_at_broker: ConnectionId(0),
            broken: true,
            state: Box::new(ClientState {
                node: connection.node as usize,
                channels: Vec::new(),
                todo: VecDeque::new(),
                calling: None,
                refused: false,
                connect: Seq::NONE,
                cut_until: SimTime::ZERO,
                stays_away: false,
                given_up: false,
                failed: 0,
                exhausted: false,
                waits: stream("reconnect"),
            }),
        }
    }

    /// The client's process begins anew: it knows of no failed attempt.
    pub(super) fn begin_anew(&mut self) {
        self.stays_away = false;
        self.failed = 0;
        self.exhausted = false;
    }

    /// The broker's end of the connection with this id is gone. Unless its machine stopped cleanly, what is on the way from it
    /// is lost with the socket's buffers. An attempt to connect fails.
    pub(super) fn find_dead(&mut self, id: ConnectionId, crash: Crash, events: &mut EventList<SystemEvent>) {
        if crash != Crash::CleanStop {
            self.down.cut(events);
        }
        self.down.send(Frame::Refused(self.id), events);
        self.down.send(Frame::Gone(id), events);
    }

    pub(super) fn channel_mut(&mut self, number: ChannelNo) -> Option<&mut ClientChannel> {
        self.channels.iter_mut().find(|channel| channel.number == number)
    }

    /// The client is connected under this id, or about to be.
    #[inline]
    pub(super) fn is_client_of(&self, id: ConnectionId) -> bool {
        self.phase != Phase::Down && self.id == id
    }

    /// The set-up of this channel waits for its turn: the broker knows nothing of it.
    pub(super) fn is_open_unsent(&self, number: ChannelNo) -> bool {
        self.todo.iter().any(
            |todo| matches!(todo, Todo::Call(at, method) if *at == number && **method == Method::ChannelOpen),
        )
    }

    /// How many publishes wait for an answer on its channels.
    pub(super) fn unconfirmed(&self) -> u64 {
        self.channels.iter().filter_map(|channel| channel.confirming.as_ref()).map(|one| one.open()).sum()
    }

    pub(super) fn channel(&self, number: ChannelNo) -> Option<&ClientChannel> {
        self.channels.iter().find(|channel| channel.number == number)
    }
}

/// The methods that declare something.
pub(super) fn declaration(names: &mut Names, declared: &Declaration) -> Method {
    match declared {
        Declaration::Exchange(exchange) => exchange_declare(names, exchange),
        Declaration::Queue(queue) => queue_declare(names, queue),
        Declaration::Binding(binding) => bind(names, binding),
    }
}

fn exchange_declare(names: &mut Names, exchange: &ExchangeSpec) -> Method {
    Method::ExchangeDeclare(Box::new(ExchangeDeclare {
        exchange: names.intern(&exchange.name),
        kind: names.intern(&exchange.kind),
        passive: exchange.passive,
        durable: exchange.durable,
        auto_delete: exchange.auto_delete,
        internal: exchange.internal,
        no_wait: false,
        arguments: exchange.arguments.clone(),
    }))
}

fn queue_declare(names: &mut Names, queue: &QueueSpec) -> Method {
    Method::QueueDeclare(Box::new(QueueDeclare {
        queue: names.intern(&queue.name),
        passive: queue.passive,
        durable: queue.durable,
        exclusive: queue.exclusive,
        auto_delete: queue.auto_delete,
        no_wait: false,
        arguments: queue.arguments.clone(),
    }))
}

fn bind(names: &mut Names, binding: &BindingSpec) -> Method {
    let arguments = Box::new(BindArguments {
        source: names.intern(&binding.source),
        destination: names.intern(&binding.destination),
        routing_key: names.intern(&binding.routing_key),
        arguments: binding.arguments.clone(),
    });
    if binding.to_exchange { Method::ExchangeBind(arguments) } else { Method::QueueBind(arguments) }
}

/// What a consumer sends to subscribe: `basic.qos`, then `basic.consume`.
pub(super) fn subscription(names: &mut Names, consumer: &ConsumerSpec) -> [Method; 2] {
    let qos = Method::BasicQos {
        prefetch_size: 0,
        prefetch_count: consumer.prefetch_count,
        global: consumer.prefetch_global,
    };
    let consume = Method::BasicConsume(Box::new(BasicConsume {
        queue: names.intern(&consumer.queue),
        consumer_tag: names.intern(&consumer.name),
        no_ack: consumer.acknowledge == Acknowledge::Automatic,
        exclusive: consumer.exclusive,
        arguments: consumer.arguments.clone(),
    }));
    [qos, consume]
}
