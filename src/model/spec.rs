//! What a scenario says about the simulated system: plain data, every reference resolved to an index.
//! Knows no file format; the scenario room fills these structs from one.

use std::sync::Arc;

use crate::amqp::{ChannelNo, FieldTable, FieldValue, Properties, in_vhost};
use crate::broker::{Profile, Settings};
use crate::random::arrivals::ArrivalSpec;
use crate::random::{Choice, Distribution, Probability};
use crate::storage::StorageSpec;
use crate::units::{SimDuration, SimTime};

use super::backoff::BackoffSpec;
use super::conclusion::RefuseBy;
use super::downstream::{CallSpec, DownstreamSpec};
use super::fault::FaultSpec;
use super::operator::OperatorSpec;
use super::script::ClientSpec;
use crate::observe::Conclusion;

/// A whole simulated system.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemSpec {
    /// When the run stops, drained or not.
    pub duration: SimTime,
    /// Of a steady state: measures begin at this instant, what happened before is warm-up, and from it on one looks how many
    /// messages queues hold. `None`: the run is measured as a whole. The books cover the whole run.
    pub measured_from: Option<SimTime>,
    /// Of a run that is not measured as a whole: after this nothing comes any more, so that queues may be empty because of that;
    /// `None`: messages come until it stops.
    pub arrivals_end: Option<SimTime>,
    /// Look at every observation, for measures that take it. It makes a run slower.
    pub details: bool,
    /// After how many events the run stops, whatever the virtual time: an endless scenario is an answer, not a hang.
    pub events_max: u64,
    /// Which RabbitMQ the broker behaves as.
    pub profile: Profile,
    /// How the broker is set up.
    pub settings: Settings,
    /// How queues keep messages; `None`: whatever must survive is safe at once, and nothing takes time.
    pub storage: Option<StorageSpec>,
    /// Virtual hosts, users and policies.
    pub operator: OperatorSpec,
    /// Kinds of messages with work of their own. Index 0 is `default`: any message that no other class takes.
    pub classes: Vec<ClassSpec>,
    /// Exchanges, queues and bindings that exist at the start, in order of declaration.
    pub topology: Vec<TopologySpec>,
    /// Clients' connections.
    pub connections: Vec<ConnectionSpec>,
    /// Channels; each lies on one of the connections.
    pub channels: Vec<ChannelSpec>,
    /// What consumers call.
    pub downstreams: Vec<DownstreamSpec>,
    /// In order of declaration.
    pub producers: Vec<ProducerSpec>,
    /// In order of declaration.
    pub consumers: Vec<ConsumerSpec>,
    /// In order of declaration.
    pub clients: Vec<ClientSpec>,
    /// In order of declaration.
    pub faults: Vec<FaultSpec>,
}

impl SystemSpec {
    /// The names of all that publish, as messages number them: producers, then the clients that publish.
    pub fn publishers(&self) -> impl Iterator<Item = &String> {
        let clients = self.clients.iter().filter(|client| client.publishes()).map(|client| &client.name);
        self.producers.iter().map(|producer| &producer.name).chain(clients)
    }

    /// The channel of each consumer, in their order: the index of its connection, and its number there.
    pub fn consumer_channels(&self) -> impl Iterator<Item = (u32, ChannelNo)> {
        let channels = self.consumers.iter().map(|consumer| &self.channels[consumer.channel]);
        channels.map(|channel| (channel.connection as u32, ChannelNo(channel.number)))
    }

    /// Which kinds of queues there are that keep anything on a disk.
    pub fn kept_queues(&self) -> KeptQueues {
        let (quorum, classic): (Vec<&QueueSpec>, Vec<&QueueSpec>) =
            self.declared_queues().filter(|queue| queue.durable).partition(|queue| queue.is_quorum());
        KeptQueues {
            classic: !classic.is_empty(),
            // It may be 1.
            version_2: classic.iter().any(|queue| queue.arguments.get("x-queue-version").is_some()),
            quorum: !quorum.is_empty(),
        }
    }

    /// What is declared of queues, at the start and by clients.
    pub fn declared_queues(&self) -> impl Iterator<Item = &QueueSpec> {
        let start = self.topology.iter().map(|one| &one.declaration);
        let producers = self.producers.iter().flat_map(|one| &one.declares);
        let consumers = self.consumers.iter().flat_map(|one| &one.declares);
        let clients = self.clients.iter().flat_map(ClientSpec::declares);
        start.chain(producers).chain(consumers).chain(clients).filter_map(|declared| match declared {
            Declaration::Queue(queue) => Some(queue),
            _ => None,
        })
    }

    /// The name of the queue that a consumer reads from, as outcomes have it.
    pub fn queue_read_by(&self, consumer: &ConsumerSpec) -> String {
        in_vhost(self.vhost_of(consumer.channel), &consumer.queue)
    }

    /// The virtual host of a channel.
    pub fn vhost_of(&self, channel: usize) -> &str {
        &self.connections[self.channels[channel].connection].vhost
    }
}

/// Which kinds of queues there are that keep anything on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptQueues {
    /// Durable classic queues.
    pub classic: bool,
    /// Of them, some that may have `x-queue-version` 2.
    pub version_2: bool,
    /// Quorum queues.
    pub quorum: bool,
}

/// A kind of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSpec {
    /// Its name.
    pub name: String,
    /// Every how many messages of a producer there is one; 0 for the default class.
    pub every: u64,
    /// The number of the first one, from 1 on.
    pub first: u64,
    /// Only messages with this routing key.
    pub routing_key: Option<String>,
    /// Only messages of this producer.
    pub producer: Option<String>,
    /// Only messages that have these headers.
    pub headers: FieldTable,
    /// Of those, each with this probability.
    pub probability: Probability,
}

/// Something that exists at the start.
#[derive(Clone, Debug, PartialEq)]
pub struct TopologySpec {
    /// The virtual host that it lies in.
    pub vhost: String,
    /// What it is.
    pub declaration: Declaration,
}

/// Something declared at the start, or by a client of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Declaration {
    /// `exchange.declare`
    Exchange(ExchangeSpec),
    /// `queue.declare`
    Queue(QueueSpec),
    /// `queue.bind` or `exchange.bind`
    Binding(BindingSpec),
}

/// An exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeSpec {
    /// Its name.
    pub name: String,
    /// `direct`, `fanout`, `topic`, …
    pub kind: String,
    /// Survives a broker restart.
    pub durable: bool,
    /// Goes with its last binding.
    pub auto_delete: bool,
    /// Clients must not publish to it.
    pub internal: bool,
    /// Only ask whether it exists.
    pub passive: bool,
    /// `alternate-exchange` and others, passed to the broker untouched.
    pub arguments: FieldTable,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Its name.
    pub name: String,
    /// Survives a broker restart.
    pub durable: bool,
    /// For the declaring connection alone.
    pub exclusive: bool,
    /// Goes with its last consumer.
    pub auto_delete: bool,
    /// Only ask whether it exists.
    pub passive: bool,
    /// `x-…` arguments, passed to the broker untouched.
    pub arguments: FieldTable,
}

impl ProducerSpec {
    /// Whether it publishes as long as the run lasts: no count, instant or file ends it, and it follows nobody.
    pub fn is_endless(&self) -> bool {
        let ends = match &self.pace {
            Pace::Interarrival(_) | Pace::Closed(_) => false,
            Pace::Arrivals(arrivals, _) => arrivals.is_finite(),
            Pace::After { .. } => true,
        };
        self.count.is_none() && self.stop.is_none() && !ends
    }
}

impl QueueSpec {
    /// Whether it is declared as a quorum queue.
    pub fn is_quorum(&self) -> bool {
        self.arguments.get("x-queue-type").and_then(FieldValue::as_str) == Some("quorum")
    }
}

/// A binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingSpec {
    /// The exchange that messages come from.
    pub source: String,
    /// The queue or exchange that they go to.
    pub destination: String,
    /// Whether the destination is an exchange.
    pub to_exchange: bool,
    /// The binding key.
    pub routing_key: String,
    /// For example what a headers exchange matches on.
    pub arguments: FieldTable,
}

/// A client's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSpec {
    /// Its name.
    pub name: String,
    /// The virtual host it opens.
    pub vhost: String,
    /// As whom.
    pub user: String,
    /// The node that it is made to while that runs, from 0 on; then any other.
    pub node: u32,
    /// One-way latency, each way. Frames of a connection never overtake each other, whatever is drawn.
    pub latency: Distribution,
    /// How long the client waits after a loss, or a failed attempt, before it connects again, and when it gives up.
    pub reconnect: BackoffSpec,
    /// The heartbeat that both sides agree on; 0: none.
    pub heartbeat: SimDuration,
    /// How long the client waits before it opens a channel again that the broker closed; `None`: it gives up on it.
    pub channel_reopen_delay: Option<SimDuration>,
}

/// A channel on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelSpec {
    /// Its name.
    pub name: String,
    /// Index of its connection.
    pub connection: usize,
    /// Its number there, from 1 on.
    pub number: u16,
}

/// What a producer's message is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSpec {
    /// The routing key; not used where replies go to the address in their request.
    pub routing_key: String,
    /// Length of the body in bytes, for which nanoseconds stand.
    pub message_size: Distribution,
    /// Delivery mode 2.
    pub persistent: bool,
    /// 0 to 255.
    pub priority: u8,
    /// All other properties, `CC` and `BCC` among the headers; `None` where none is set.
    pub properties: Option<Box<Properties>>,
    /// Whether its correlation id is its number, `7` for the producer's seventh message. `properties` is set then.
    pub numbered: bool,
}

/// What makes a producer publish.
#[derive(Clone, Debug, PartialEq)]
pub enum Pace {
    /// Time: so long after a message comes the next; the first comes at the start.
    Interarrival(Distribution),
    /// Time, with gaps that are not all alike; the sizes of the messages where they were recorded too, in order of number.
    Arrivals(ArrivalSpec, Option<Arc<[u32]>>),
    /// Answers: as many messages are under way as its window allows, and so long after the answer to one comes the next.
    Closed(Distribution),
    /// Work: one message for each that a consumer has processed.
    After {
        /// Index of the consumer.
        consumer: usize,
        /// Whether the message is a reply: it goes where `reply-to` of the processed one says, with its correlation id.
        replies: bool,
    },
}

/// A producer.
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerSpec {
    /// Its name; it selects the random streams.
    pub name: String,
    /// Index of its channel.
    pub channel: usize,
    /// What it declares itself, after its channel is open.
    pub declares: Vec<Declaration>,
    /// Where it publishes; empty is the default exchange.
    pub exchange: String,
    /// What its messages are like, in turn; at least one.
    pub messages: Vec<MessageSpec>,
    /// Which of `messages` each one is like; `None`: they are used in turn.
    pub choice: Option<Choice>,
    /// Lengths of the bodies of class i, instead of those of the message. One entry for each class.
    pub message_sizes: Vec<Option<Distribution>>,
    /// How many messages it publishes; `None`: until `stop` or the end of the run.
    pub count: Option<u64>,
    /// It connects at the start of the run and publishes from this instant on.
    pub start: SimTime,
    /// It publishes nothing at or after this instant.
    pub stop: Option<SimTime>,
    /// When it publishes.
    pub pace: Pace,
    /// Ask for the message back if no queue gets it.
    pub mandatory: bool,
    /// Put its channel into confirm mode.
    pub confirms: bool,
    /// How many of its publishes may be unanswered, from 1 on; the next ones wait at the client. `None`: no bound.
    pub max_in_flight: Option<u32>,
    /// Put its channel into transaction mode and commit after so many publishes, from 1 on, and after the last.
    pub transaction_size: Option<u32>,
    /// It publishes messages again, as often and after such waits; `None`: it does not. The attempts are those after the first,
    /// for each message.
    pub republish: Option<BackoffSpec>,
    /// What it publishes again then: what was not confirmed when its channel ended, at once, and what was nacked, after a wait.
    pub republish_unconfirmed: bool,
    /// What came back as unroutable, after a wait.
    pub republish_returned: bool,
}

/// When a consumer acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// `basic.ack` once the work is done.
    AfterProcessing,
    /// `basic.ack` on receipt, before the work.
    BeforeProcessing,
    /// `no-ack`: the broker settles a delivery as it sends it.
    Automatic,
}

/// Acknowledgements of several deliveries at once, by `multiple`. The consumer is alone on its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckBatchSpec {
    /// How many deliveries.
    pub size: u32,
    /// How long after the first of them it acknowledges what there is; `None`: it waits for all.
    pub delay: Option<SimDuration>,
}

/// A consumer: takes deliveries into a buffer and works on them in order, `concurrency` at a time. Deviation: DEV-12.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerSpec {
    /// Its name, which is its consumer tag too.
    pub name: String,
    /// Index of its channel.
    pub channel: usize,
    /// What it declares itself, before it subscribes.
    pub declares: Vec<Declaration>,
    /// The queue it consumes from.
    pub queue: String,
    /// `basic.qos` before `basic.consume`; 0: no bound.
    pub prefetch_count: u16,
    /// Whether the bound is for the whole channel.
    pub prefetch_global: bool,
    /// When it acknowledges.
    pub acknowledge: Acknowledge,
    /// `basic.consume` exclusive.
    pub exclusive: bool,
    /// For example `x-priority`.
    pub arguments: FieldTable,
    /// It subscribes at this instant.
    pub start: SimTime,
    /// Time that a message of class i takes at speed 1; entry 0 for the default class. One entry for each class.
    pub service_times: Vec<Distribution>,
    /// How many bytes of bodies it works through in a second, in addition; 0: any number.
    pub bandwidth: u64,
    /// How fast it works, in thousandths: 250 takes four times as long.
    pub speed_permille: u32,
    /// How many messages it works on at once, from 1 on.
    pub concurrency: u32,
    /// For so long after it has subscribed it is slower: at this many thousandths of its speed.
    pub warm_up: Option<(SimDuration, u32)>,
    /// With this probability its work on a message that it was to acknowledge fails, and it does this instead; it does the same
    /// where a call has failed.
    pub failure: Option<(Probability, Conclusion)>,
    /// What its work on a message ends with; a call that fails for good is a failure of the work.
    pub call: Option<CallSpec>,
    /// It acknowledges several deliveries at once.
    pub ack_batch: Option<AckBatchSpec>,
    /// When it is subscribed: from each first instant to the second; empty: from `start` to `stop`.
    pub schedule: Vec<(SimTime, SimTime)>,
    /// What it does when its work on a message of class i is done. One entry for each class.
    pub conclusions: Vec<Conclusion>,
    /// How it refuses a delivery.
    pub refuse_by: RefuseBy,
    /// How long after it died of a message it is back; `None`: it stays away.
    pub restart_after: Option<SimDuration>,
    /// It cancels its subscription at this instant, for good.
    pub stop: Option<SimTime>,
    /// How long after the broker cancelled it it subscribes again; `None`: it does not.
    pub resubscribe_delay: Option<SimDuration>,
    /// It remembers what it has processed, and acknowledges that without doing the work if it comes again.
    pub idempotent: bool,
}
