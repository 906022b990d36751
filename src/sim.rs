//! [`Sim`]: a scenario to drive by hand, for authors of tests. Declare, publish, run until, crash, look, and fork: a clone
//! goes on independently. Knows no files.

use std::fmt;
use std::sync::Arc;

use crate::amqp::{
    BasicConsume, BindArguments, ChannelRef, DeliveryTag, ExchangeDeclare, FieldTable, MessageId, Method,
    QueueDeclare, ServerMethod,
};
use crate::engine::{EventList, Limits, RunEnd, Stop, is_drained, run, step};
use crate::measure::{Ledger, Outcome};
use crate::model::{CrashBy, HandMessage, Recording, System, SystemEvent, channel};
use crate::observe::{Observation, What};
use crate::scenario::Scenario;
use crate::storage::Crash;
use crate::units::{SimDuration, SimTime};

/// A run of a scenario that a test drives. Besides the scenario's own clients, the test has a client of its own, without a
/// network: its methods reach the broker at once, and answers are there when the call returns.
///
/// # Examples
///
/// A worker dies with two messages; both are delivered to the other one, marked as redelivered:
///
/// ```
/// use amqpsim::{scenario::ScenarioBuilder, sim::{Message, Sim}, units::SimDuration};
///
/// let worker = |builder: ScenarioBuilder, name: &str| {
///     builder.consumer(name).with("queue", "tasks").with("prefetch-count", 2).with("service-time", "1s")
/// };
/// let builder = ScenarioBuilder::new("crash").queue("tasks");
/// let mut sim = Sim::new(&worker(worker(builder, "one"), "two").build()?, 1);
/// sim.run_for(SimDuration::from_millis(10));
/// for _ in 0..4 {
///     sim.publish("", "tasks", Message::default())?;
/// }
/// sim.run_for(SimDuration::from_millis(10));
/// assert_eq!(sim.received("one").len(), 2);
///
/// sim.crash("one");
/// sim.run_to_end();
/// let redelivered = sim.received("two").iter().filter(|delivery| delivery.redelivered).count();
/// assert_eq!(redelivered, 2);
/// assert_eq!(sim.ledger().processed, 4);
/// assert_eq!(sim.ledger().lost_total(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sim {
    system: System<Recording>,
    events: EventList<SystemEvent>,
    handled: u64,
    channel: ChannelRef,
    observations: Vec<Observation>,
    deliveries: Vec<Delivery>,
    returned: Vec<MessageId>,
}

/// What the test's own client publishes: 256 transient bytes unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Length of the body in bytes.
    pub size: u32,
    /// Delivery mode 2: survives a restart in a durable queue.
    pub persistent: bool,
    /// Ask for the message back if no queue gets it.
    pub mandatory: bool,
}

impl Default for Message {
    fn default() -> Self {
        Message { size: 256, persistent: false, mandatory: false }
    }
}

/// A message that reached a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: SimTime,
    /// Which.
    pub message: MessageId,
    /// Its number on the channel.
    pub delivery_tag: DeliveryTag,
    /// It was handed out before.
    pub redelivered: bool,
}

/// What the broker answered to a method that it refused. The channel is open again afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The reply code, for example 406.
    pub code: u16,
    /// The reply text.
    pub text: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

impl std::error::Error for Refused {}

/// Flags of a queue that the test declares; all false is a transient queue that anybody may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueOptions {
    /// Survives a restart of the broker.
    pub durable: bool,
    /// For the test's own client alone.
    pub exclusive: bool,
    /// Goes with its last consumer.
    pub auto_delete: bool,
    /// `x-…` arguments.
    pub arguments: FieldTable,
}

impl Sim {
    /// The scenario at virtual time zero.
    pub fn new(scenario: &Scenario, seed: u64) -> Sim {
        let (mut system, mut events) =
            System::new(&Arc::new(scenario.system.clone()), seed, Recording::default());
        let connection = system.open_by_hand(&mut events);
        let channel = channel(connection, 1);
        system.method_by_hand(channel, Method::ChannelOpen, &mut events);
        system.take_answers();
        Sim {
            system,
            events,
            handled: 0,
            channel,
            observations: Vec::new(),
            deliveries: Vec::new(),
            returned: Vec::new(),
        }
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.events.now()
    }

    /// Runs until `until`: everything that is due by then has happened afterwards.
    pub fn run_until(&mut self, until: SimTime) -> RunEnd {
        let limits = Limits { time: until, events: self.events_left() };
        let end = run(&mut self.system, &mut self.events, limits);
        self.handled += end.events;
        self.look();
        end
    }

    /// Runs for `length` from now on.
    pub fn run_for(&mut self, length: SimDuration) -> RunEnd {
        self.run_until(self.now() + length)
    }

    /// Runs until nothing is left to happen, or one of the scenario's limits is reached.
    pub fn run_to_end(&mut self) -> RunEnd {
        self.run_until(self.system.duration())
    }

    /// Handles the next event; false if there is none.
    pub fn step(&mut self) -> bool {
        let stepped = self.events_left() > 0 && step(&mut self.system, &mut self.events, SimTime::END);
        self.handled += u64::from(stepped);
        self.look();
        stepped
    }

    fn events_left(&self) -> u64 {
        self.system.spec().events_max.saturating_sub(self.handled)
    }

    /// Declares an exchange of type `kind`.
    ///
    /// # Errors
    /// What the broker answers, for example 406 `PRECONDITION_FAILED` if it exists with another type.
    pub fn declare_exchange(&mut self, name: &str, kind: &str) -> Result<(), Refused> {
        let declare = ExchangeDeclare {
            exchange: self.name(name),
            kind: self.name(kind),
            durable: true,
            ..ExchangeDeclare::default()
        };
        self.call(Method::ExchangeDeclare(Box::new(declare))).map(|_| ())
    }

    /// Declares a queue. Returns its ready messages and consumers.
    ///
    /// # Errors
    /// What the broker answers, for example 406 `PRECONDITION_FAILED` if it exists with other properties.
    pub fn declare_queue(&mut self, name: &str, options: &QueueOptions) -> Result<(u32, u32), Refused> {
        let declare = QueueDeclare {
            queue: self.name(name),
            durable: options.durable,
            exclusive: options.exclusive,
            auto_delete: options.auto_delete,
            arguments: options.arguments.clone(),
            ..QueueDeclare::default()
        };
        let answers = self.call(Method::QueueDeclare(Box::new(declare)))?;
        let counts = answers.iter().find_map(|answer| match answer {
            ServerMethod::QueueDeclareOk { message_count, consumer_count, .. } => {
                Some((*message_count, *consumer_count))
            }
            _ => None,
        });
        Ok(counts.unwrap_or_default())
    }

    /// Binds a queue to an exchange.
    ///
    /// # Errors
    /// What the broker answers, for example 404 `NOT_FOUND`.
    pub fn bind(&mut self, queue: &str, exchange: &str, routing_key: &str) -> Result<(), Refused> {
        let bind = BindArguments {
            source: self.name(exchange),
            destination: self.name(queue),
            routing_key: self.name(routing_key),
            arguments: FieldTable::new(),
        };
        self.call(Method::QueueBind(Box::new(bind))).map(|_| ())
    }

    /// Publishes a message; returns which one it is.
    ///
    /// # Errors
    /// What the broker answers, for example 404 `NOT_FOUND` if the exchange does not exist.
    pub fn publish(
        &mut self,
        exchange: &str,
        routing_key: &str,
        message: Message,
    ) -> Result<MessageId, Refused> {
        let message =
            HandMessage { size: message.size, persistent: message.persistent, mandatory: message.mandatory };
        let id = self.system.publish_by_hand(self.channel, exchange, routing_key, message, &mut self.events);
        self.answers().map(|_| id)
    }

    /// Subscribes the test's own client to a queue, with manual acknowledgement; see [`Sim::deliveries`].
    ///
    /// # Errors
    /// What the broker answers, for example 404 `NOT_FOUND`.
    pub fn consume(&mut self, queue: &str, consumer_tag: &str, prefetch_count: u16) -> Result<(), Refused> {
        self.call(Method::BasicQos { prefetch_size: 0, prefetch_count, global: false })?;
        let consume = BasicConsume {
            queue: self.name(queue),
            consumer_tag: self.name(consumer_tag),
            ..BasicConsume::default()
        };
        self.call(Method::BasicConsume(Box::new(consume))).map(|_| ())
    }

    /// Acknowledges a delivery of the test's own client.
    ///
    /// # Errors
    /// 406 `PRECONDITION_FAILED` if the tag is unknown.
    pub fn ack(&mut self, delivery_tag: DeliveryTag) -> Result<(), Refused> {
        self.call(Method::BasicAck { delivery_tag, multiple: false }).map(|_| ())
    }

    /// Rejects a delivery of the test's own client, so that it goes back into its queue.
    ///
    /// # Errors
    /// 406 `PRECONDITION_FAILED` if the tag is unknown.
    pub fn requeue(&mut self, delivery_tag: DeliveryTag) -> Result<(), Refused> {
        self.call(Method::BasicReject { delivery_tag, requeue: true }).map(|_| ())
    }

    /// Sends any method on the test's own channel; the broker's answers to it, deliveries apart.
    ///
    /// # Errors
    /// The error with which the broker closes the channel or the connection.
    pub fn call(&mut self, method: Method) -> Result<Vec<ServerMethod>, Refused> {
        self.system.method_by_hand(self.channel, method, &mut self.events);
        self.answers()
    }

    /// A name, for methods given to [`Sim::call`].
    pub fn name(&mut self, text: &str) -> crate::amqp::Name {
        self.system.intern(text)
    }

    /// What the test's own client was delivered so far, in order.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Messages that came back to the test's own client as unroutable, in order.
    pub fn returned(&self) -> &[MessageId] {
        &self.returned
    }

    /// What reached a consumer of the scenario so far, in order.
    ///
    /// # Panics
    /// If the scenario has no consumer of this name: a test must not pass because of a typing error.
    pub fn received(&self, consumer: &str) -> Vec<Delivery> {
        let index = self.consumer(consumer);
        let received = self.observations.iter().filter_map(|observation| match observation.what {
            What::Received { consumer, message, delivery_tag, redelivered, .. }
                if consumer as usize == index =>
            {
                Some(Delivery { at: observation.at, message, delivery_tag, redelivered })
            }
            _ => None,
        });
        received.collect()
    }

    /// A consumer of the scenario dies and its connection is cut.
    ///
    /// # Panics
    /// If the scenario has no consumer of this name.
    pub fn crash(&mut self, consumer: &str) {
        let index = self.consumer(consumer);
        self.system.crash(index, CrashBy::TcpCut, &mut self.events);
        self.look();
    }

    /// A consumer that crashed is back.
    ///
    /// # Panics
    /// If the scenario has no consumer of this name.
    pub fn restart(&mut self, consumer: &str) {
        let index = self.consumer(consumer);
        self.system.restart(index, &mut self.events);
        self.look();
    }

    /// The broker stops cleanly and starts again. The test's own client is connected again at once.
    pub fn restart_broker(&mut self) {
        self.crash_broker(Crash::CleanStop);
    }

    /// The broker ends so and starts again at once, with what is left on its disk. The test's own client is connected again at
    /// once.
    ///
    /// # Examples
    ///
    /// ```
    /// use amqpsim::{scenario::ScenarioBuilder, sim::Sim, storage::Crash, units::SimDuration};
    ///
    /// let scenario = ScenarioBuilder::new("power")
    ///     .queue("tasks")
    ///     .producer("shop").with("routing-key", "tasks").with("persistent", true).with("confirms", true)
    ///     .with("count", 10).with("interarrival", "10ms")
    ///     .build()?;
    /// let mut sim = Sim::new(&scenario, 1);
    /// sim.run_for(SimDuration::from_secs(1));
    /// sim.crash_broker(Crash::PowerLoss);
    /// assert_eq!(sim.finish().producers[0].lost_though_confirmed, 10, "RabbitMQ 4 does not sync before it confirms");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn crash_broker(&mut self, crash: Crash) {
        self.system.restart_broker(crash, &mut self.events);
        self.system.take_answers();
        self.reopen();
        self.look();
    }

    /// Ready and unacknowledged messages of a queue; `None` if there is none of this name.
    pub fn queue(&self, name: &str) -> Option<(u64, u64)> {
        self.system.queue_level(name)
    }

    /// The books as they are: every message has a fate, "queued" and "in flight" among them.
    pub fn ledger(&self) -> Ledger {
        self.system.ledger(&self.events)
    }

    /// Everything observed so far, in order.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// Closes the books at the present instant.
    pub fn finish(self) -> Outcome {
        let drained = is_drained(&self.system, &self.events);
        let why = if drained { Stop::Drained } else { Stop::TimeLimit };
        let end = RunEnd { at: self.now(), events: self.handled, why };
        self.system.close(end, &self.events)
    }

    fn consumer(&self, name: &str) -> usize {
        let found = self.system.spec().consumers.iter().position(|consumer| consumer.name == name);
        found.unwrap_or_else(|| panic!("the scenario has no consumer `{name}`"))
    }

    fn reopen(&mut self) {
        self.channel = channel(self.system.open_by_hand(&mut self.events), 1);
        self.system.method_by_hand(self.channel, Method::ChannelOpen, &mut self.events);
        self.system.take_answers();
    }

    /// Takes new observations, and what came for the test's own client meanwhile.
    fn look(&mut self) -> Vec<ServerMethod> {
        self.observations.extend(self.system.recorder_mut().take());
        let at = self.events.now();
        let mut answers = Vec::new();
        for (to, method) in self.system.take_answers() {
            match method {
                _ if to.connection != self.channel.connection => {}
                ServerMethod::BasicDeliver(delivery) => self.deliveries.push(Delivery {
                    at,
                    message: delivery.message.id,
                    delivery_tag: delivery.delivery_tag,
                    redelivered: delivery.redelivered,
                }),
                ServerMethod::BasicReturn(returned) => self.returned.push(returned.message.id),
                other => answers.push(other),
            }
        }
        answers
    }

    /// What the broker answered to the call just made.
    fn answers(&mut self) -> Result<Vec<ServerMethod>, Refused> {
        let answers = self.look();
        for answer in &answers {
            if let ServerMethod::ChannelClose { code, text } = answer {
                self.system.method_by_hand(self.channel, Method::ChannelCloseOk, &mut self.events);
                self.system.method_by_hand(self.channel, Method::ChannelOpen, &mut self.events);
                self.look();
                return Err(Refused { code: code.number(), text: text.to_string() });
            }
            if let ServerMethod::ConnectionClose { code, text } = answer {
                self.reopen();
                return Err(Refused { code: code.number(), text: text.to_string() });
            }
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ScenarioBuilder;

    fn sim() -> Sim {
        let builder = ScenarioBuilder::new("test").broker().with("profile", "rabbitmq-3.10").queue("tasks");
        let builder = builder.consumer("worker").with("queue", "tasks").with("service-time", "1s");
        Sim::new(&builder.with("prefetch-count", 1).build().unwrap(), 1)
    }

    #[test]
    fn a_refusal_names_its_code_and_leaves_the_channel_usable() {
        let mut sim = sim();
        let refused = sim.declare_queue("tasks", &QueueOptions::default()).unwrap_err();
        assert_eq!(refused.code, 406);
        assert!(refused.text.contains("inequivalent arg 'durable' for queue 'tasks'"), "{refused}");
        assert_eq!(
            sim.declare_queue("tasks", &QueueOptions { durable: true, ..QueueOptions::default() }),
            Ok((0, 0))
        );
    }

    #[test]
    fn the_tests_own_client_shares_the_queue_with_the_scenarios_consumers() {
        let mut sim = sim();
        sim.run_for(SimDuration::from_millis(10));
        sim.consume("tasks", "mine", 10).unwrap();
        for _ in 0..4 {
            sim.publish("", "tasks", Message::default()).unwrap();
        }
        sim.run_for(SimDuration::from_millis(10));
        assert_eq!((sim.received("worker").len(), sim.deliveries().len()), (1, 3));
        assert_eq!(sim.queue("tasks"), Some((0, 4)));
        sim.requeue(sim.deliveries()[0].delivery_tag).unwrap();
        assert!(sim.deliveries()[3].redelivered, "it comes straight back: the worker's prefetch is full");
    }

    #[test]
    fn a_fork_goes_on_by_itself() {
        let mut sim = sim();
        sim.run_for(SimDuration::from_millis(10));
        for _ in 0..2 {
            sim.publish("", "tasks", Message::default()).unwrap();
        }
        let mut fork = sim.clone();
        fork.restart_broker();
        fork.run_to_end();
        sim.run_to_end();
        assert_eq!((sim.ledger().processed, sim.ledger().lost_total()), (2, 0));
        // The worker finishes what it had; the transient message in the queue is gone.
        assert_eq!((fork.ledger().processed, fork.ledger().lost_total()), (1, 1));
        assert_eq!(fork.finish().balanced, Ok(()));
    }

    #[test]
    fn an_unroutable_mandatory_message_comes_back() {
        let mut sim = sim();
        let id = sim.publish("", "nowhere", Message { mandatory: true, ..Message::default() }).unwrap();
        assert_eq!(sim.returned(), [id]);
        assert_eq!(sim.publish("missing", "", Message::default()).unwrap_err().code, 404);
        assert_eq!((sim.ledger().returned, sim.ledger().balance()), (1, Ok(())));
    }
}
