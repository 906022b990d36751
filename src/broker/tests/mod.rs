//! Conversations that no recorded script can have: alarms, permissions, policies, timeouts; and the books of copies.

mod facts;
mod policies;
mod quorum;
mod settings;
mod versions;

use std::collections::BTreeMap;

use super::*;
use crate::amqp::{
    BasicConsume, BasicPublish, BindArguments, ChannelNo, DeliveryMode, ExchangeDeclare, FieldTable,
    FieldValue, Message, MessageId, ProducerId,
};
use crate::amqp::{QueueDeclare, ServerMethod};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::RuleRef;
use crate::storage::Crash;
use crate::units::SimDuration;

/// Hears everything and keeps the books: copies that came into being and that are gone.
#[derive(Default)]
struct Desk {
    heard: Vec<String>,
    timers: BTreeMap<u32, SimTime>,
    came: i64,
    gone: i64,
    /// What the broker stated, and by which rules.
    stated: Vec<(Fact, RuleRef)>,
    /// Why publishes were not taken.
    refused: Vec<(LossCause, RuleRef)>,
}

impl Out for Desk {
    fn send(&mut self, to: ChannelRef, method: ServerMethod) {
        let text = match method {
            ServerMethod::ChannelClose { text, .. } | ServerMethod::ConnectionClose { text, .. } => {
                text.to_string()
            }
            ServerMethod::ConnectionBlocked { reason } => format!("blocked: {reason}"),
            ServerMethod::BasicDeliver(delivery) => format!("deliver #{}", delivery.message.id.number),
            ServerMethod::QueueDeclareOk { message_count, .. } => format!("declared: {message_count}"),
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        };
        self.heard.push(format!("{}: {text}", to.channel.0));
    }
    fn hang_up(&mut self, _: ConnectionId) {}
    fn timer(&mut self, timer: Timer, at: SimTime) {
        self.timers.insert(timer.slot, at);
    }
    fn level(&mut self, _: QueueId, _: u32) {}
    fn fact(&mut self, fact: Fact, rule: RuleRef) {
        match &fact {
            Fact::PublishRefused { cause, .. } => self.refused.push((*cause, rule)),
            Fact::Routed { queues, .. } => self.came += i64::from(*queues),
            Fact::DeadLettered { queues, .. } => {
                self.came += i64::from(*queues);
                self.gone += 1;
            }
            Fact::Settled { how: Settlement::DeadLettered, .. } => {}
            Fact::Settled { .. }
            | Fact::Lost { .. }
            | Fact::Delivered { automatic: true, .. }
            | Fact::Got { automatic: true, .. } => self.gone += 1,
            _ => {}
        }
        self.stated.push((fact, rule));
    }
}

struct Talk {
    broker: Broker,
    desk: Desk,
    now: SimTime,
    published: u32,
}

const AT: ChannelRef = ChannelRef { connection: ConnectionId(0), channel: ChannelNo(1) };

impl Talk {
    fn new(settings: Settings) -> Talk {
        Talk::of(&Profile::RABBITMQ_3_10, settings)
    }

    fn of(profile: &Profile, settings: Settings) -> Talk {
        let broker = Broker::with_settings(profile, settings);
        let mut talk = Talk { broker, desk: Desk::default(), now: SimTime::ZERO, published: 0 };
        talk.open("guest");
        talk
    }

    fn plain() -> Talk {
        Talk::new(Settings::of(&Profile::RABBITMQ_3_10))
    }

    fn name(&mut self, text: &str) -> Name {
        self.broker.names_mut().intern(text)
    }

    fn open(&mut self, user: &str) {
        let (vhost, user) = (self.name("/"), self.name(user));
        self.tell(Command::Open { connection: AT.connection, vhost, user });
        self.method(Method::ChannelOpen);
        self.heard();
    }

    fn tell(&mut self, command: Command) {
        self.broker.apply(self.now, command, &mut self.desk);
        let (ready, unacked) = self.broker.counts();
        assert_eq!(self.desk.came - self.desk.gone, (ready + unacked) as i64, "the books balance");
    }

    fn method(&mut self, method: Method) {
        self.tell(Command::Method(AT, method));
    }

    fn operate(&mut self, operation: Operation) {
        self.tell(Command::Operate(Box::new(operation)));
    }

    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.desk.heard)
    }

    /// The facts of one kind, and by which rules they were stated.
    fn stated<T>(&self, kind: impl Fn(&Fact) -> Option<T>) -> Vec<(T, RuleRef)> {
        self.desk.stated.iter().filter_map(|(fact, rule)| Some((kind(fact)?, *rule))).collect()
    }

    fn declare(&mut self, queue: &str, arguments: &[(&str, FieldValue)]) {
        let arguments: FieldTable = arguments.iter().map(|(k, v)| (*k, v.clone())).collect();
        let queue = self.name(queue);
        let durable = arguments.get("x-queue-type").is_some();
        let declare = QueueDeclare { queue, durable, arguments, ..QueueDeclare::default() };
        self.method(Method::QueueDeclare(Box::new(declare)));
    }

    fn publish(&mut self, key: &str, size: u32) {
        self.publish_as(key, size, DeliveryMode::Transient);
    }

    fn publish_as(&mut self, key: &str, size: u32, delivery_mode: DeliveryMode) {
        self.published += 1;
        let id = MessageId { producer: ProducerId(0), number: self.published };
        let message = Message { id, size, delivery_mode, ..Message::default() };
        let routing_key = self.name(key);
        self.method(Method::BasicPublish(BasicPublish { routing_key, message, ..BasicPublish::default() }));
    }

    /// The broker ends so, and starts again at once.
    fn crash(mut self, crash: Crash) -> Self {
        self.desk.timers.clear();
        self.broker = self.broker.crash(self.now, crash, &mut self.desk).start(self.now, &mut self.desk);
        self
    }

    fn consume(&mut self, queue: &str) {
        let queue = self.name(queue);
        self.method(Method::BasicConsume(Box::new(BasicConsume { queue, ..BasicConsume::default() })));
    }

    /// Ready messages of each queue, in order of declaration.
    fn levels(&self) -> Vec<(&str, u32)> {
        self.broker.queue_levels().map(|((_, queue), ready, _)| (queue, ready)).collect()
    }

    /// Lets time pass; timers fire when they are due.
    fn pass(&mut self, time: SimDuration) {
        let end = self.now + time;
        while let Some((&slot, &at)) =
            self.desk.timers.iter().min_by_key(|(_, at)| **at).filter(|t| *t.1 <= end)
        {
            self.desk.timers.remove(&slot);
            self.now = at;
            self.tell(Command::Timer(Timer { slot }));
        }
        self.now = end;
    }
}

/// A quorum queue knows nothing of a channel's bound, which is why a channel may have to take off more than it counted.
/// Source: rules QOS-7 and QOS-12.
#[test]
fn what_was_not_counted_against_a_channels_bound_takes_nothing_off_nothing() {
    let mut talk = Talk::plain();
    talk.declare("quorum", &[("x-queue-type", "quorum".into())]);
    talk.declare("classic", &[]);
    talk.consume("quorum");
    talk.method(Method::BasicQos { prefetch_size: 0, prefetch_count: 1, global: true });
    talk.publish("quorum", 1);
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    let (queue, consumer_tag) = (talk.name("classic"), talk.name("second"));
    let consume = BasicConsume { queue, consumer_tag, ..BasicConsume::default() };
    talk.method(Method::BasicConsume(Box::new(consume)));
    (0..2).for_each(|_| talk.publish("classic", 1));
    assert_eq!(talk.levels(), [("quorum", 0), ("classic", 1)], "one delivery is the bound");
}

/// Source: rules FLW-2 and FLW-3.
#[test]
fn an_alarm_blocks_a_connection_with_its_first_publish() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.operate(Operation::SetAlarms { memory: true, disk: false });
    talk.declare("q", &[]);
    assert_eq!(talk.heard(), ["1: declared: 0", "1: declared: 0"], "who does not publish is not blocked");
    talk.publish("q", 10);
    talk.declare("q", &[]);
    assert_eq!(talk.heard(), ["0: blocked: low on memory"]);
    talk.operate(Operation::SetAlarms { memory: false, disk: false });
    assert_eq!(talk.heard(), ["0: ConnectionUnblocked", "1: declared: 1"]);
    talk.operate(Operation::SetAlarms { memory: true, disk: true });
    (0..2).for_each(|_| talk.publish("q", 0));
    assert_eq!(talk.heard(), ["0: blocked: low on memory & disk"]);
    assert_eq!(
        (talk.broker.counts(), talk.broker.publishes_held()),
        ((2, 0), 1),
        "one without a body is read"
    );
}

/// Source: rule ERR-10.
#[test]
fn a_user_does_what_the_patterns_allow() {
    let mut talk = Talk::plain();
    let (user, vhost) = (talk.name("app"), talk.name("/"));
    talk.operate(Operation::AddUser { user, impersonator: false });
    let patterns = |configure: &str, write: &str| Operation::SetPermissions {
        user,
        vhost,
        configure: configure.into(),
        write: write.into(),
        read: ".*".into(),
    };
    talk.operate(patterns("^app-", ""));
    talk.tell(Command::ConnectionLost(AT.connection));
    talk.open("app");
    talk.declare("app-q", &[]);
    talk.publish("app-q", 1);
    let refused = "1: ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'app'";
    assert_eq!(talk.heard(), ["1: declared: 0", refused]);
    talk.method(Method::ChannelCloseOk);
    talk.method(Method::ChannelOpen);
    talk.operate(patterns("^app-", "^amq\\.default$"));
    talk.publish("app-q", 1);
    talk.declare("other", &[]);
    let refused = "1: ACCESS_REFUSED - access to queue 'other' in vhost '/' refused for user 'app'";
    assert_eq!(talk.heard(), ["1: ChannelOpenOk", refused]);
}

/// Source: rules POL-1, POL-2 and POL-5.
#[test]
fn a_policy_applies_to_queues_that_are_there() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    (0..4).for_each(|_| talk.publish("q", 1));
    let (name, vhost) = (talk.name("p"), talk.name("/"));
    let definition: FieldTable = [("max-length", 2.into())].into_iter().collect();
    let pattern = "^q$".into();
    let policy =
        Policy { name, vhost, pattern, apply_to: ApplyTo::Queues, priority: 0, definition, operator: false };
    talk.operate(Operation::SetPolicy(policy));
    talk.heard();
    talk.declare("q", &[]);
    talk.operate(Operation::ClearPolicy { vhost, name, operator: false });
    talk.publish("q", 1);
    talk.declare("q", &[]);
    assert_eq!(talk.heard(), ["1: declared: 2", "1: declared: 3"]);
}

/// Source: rule ACK-11.
#[test]
fn a_delivery_that_nobody_acknowledges_closes_its_channel() {
    let profile = &Profile::RABBITMQ_3_10;
    let mut talk = Talk::new(Settings::of(profile));
    talk.declare("q", &[]);
    talk.consume("q");
    talk.publish("q", 1);
    talk.heard();
    talk.pass(SimDuration::from_secs(1800));
    assert_eq!(talk.heard(), [""; 0]);
    talk.pass(SimDuration::from_secs(60));
    let heard = talk.heard();
    assert!(
        heard[0].contains("delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms")
    );
    assert_eq!(talk.broker.counts(), (1, 0));
}

/// Whatever is delivered and settled meanwhile, one timer waits, for the oldest delivery that was left when it fired. What
/// a rollback brings back is watched again. Source: rules ACK-11 and TX-6.
#[test]
fn a_channel_waits_with_one_timer_for_its_oldest_delivery() {
    let minutes = |n: u64| SimDuration::from_secs(60 * n);
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.consume("q");
    talk.publish("q", 1);
    talk.pass(SimDuration::from_secs(90));
    talk.publish("q", 1);
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    talk.heard();
    assert_eq!(talk.desk.timers.values().collect::<Vec<_>>(), [&(SimTime::ZERO + minutes(31))]);
    talk.pass(minutes(30));
    assert_eq!(talk.desk.timers.values().collect::<Vec<_>>(), [&(SimTime::ZERO + minutes(32))]);
    talk.method(Method::TxSelect);
    talk.method(Method::BasicAck { delivery_tag: 2, multiple: false });
    talk.pass(minutes(2));
    assert_eq!((talk.heard(), talk.desk.timers.len()), (vec!["1: TxSelectOk".to_owned()], 0));
    talk.method(Method::TxRollback);
    talk.pass(minutes(1));
    assert!(talk.heard()[1].contains("timed out"));
}

/// Silent from the start it is over after three intervals, without a word; blocked by an alarm only as long after the alarm.
/// Source: rules CON-12, CON-13 and FLW-5.
#[test]
fn a_silent_connection_ends_by_missed_heartbeats_unless_an_alarm_blocks_it() {
    let (heartbeat, minute) = (SimDuration::from_secs(60), SimDuration::from_secs(60));
    let silence = Command::Silence { connection: AT.connection, heartbeat };
    for alarm in [false, true] {
        let mut talk = Talk::plain();
        talk.declare("q", &[]);
        talk.consume("q");
        talk.publish("q", 1);
        talk.operate(Operation::SetAlarms { memory: alarm, disk: false });
        talk.publish("q", 0);
        talk.tell(silence.clone());
        if alarm {
            (0..10).for_each(|_| talk.pass(minute));
            talk.operate(Operation::SetAlarms { memory: false, disk: false });
        }
        talk.pass(minute);
        talk.pass(minute);
        assert_eq!(talk.broker.counts(), (0, 2));
        talk.heard();
        talk.pass(minute);
        assert_eq!(
            (talk.broker.counts(), talk.heard()),
            ((2, 0), vec![]),
            "the socket is closed without a word"
        );
    }
}

/// Source: rule ERR-12.
#[test]
fn a_body_that_is_too_large_is_refused() {
    let mut talk = Talk::new(Settings { message_size_max: 10, ..Settings::of(&Profile::RABBITMQ_3_10) });
    talk.declare("q", &[]);
    talk.publish("q", 10);
    talk.publish("q", 11);
    let refused = "1: PRECONDITION_FAILED - message size 11 is larger than configured max size 10";
    assert_eq!(talk.heard(), ["1: declared: 0", refused]);
}

/// Source: rule DLX-9: a full target that refuses loses the dead letter silently. The books must know.
#[test]
fn the_books_balance_when_dead_letters_are_refused_and_expire() {
    let mut talk = Talk::plain();
    let to = |key: &'static str| {
        [("x-dead-letter-exchange", "".into()), ("x-dead-letter-routing-key", key.into())]
    };
    let mut source = to("full").to_vec();
    source.push(("x-max-length", 1.into()));
    source.push(("x-message-ttl", 5.into()));
    talk.declare("source", &source);
    talk.declare("full", &[("x-max-length", 1.into()), ("x-overflow", "reject-publish".into())]);
    let mut quorum = to("nowhere").to_vec();
    quorum.push(("x-queue-type", "quorum".into()));
    quorum.push(("x-max-length", 2.into()));
    talk.declare("quorum", &quorum);
    for _ in 0..4 {
        talk.publish("source", 1);
        talk.publish("quorum", 1);
    }
    talk.consume("quorum");
    talk.method(Method::BasicNack { delivery_tag: 0, multiple: true, requeue: false });
    talk.pass(SimDuration::from_millis(5));
    assert_eq!(talk.broker.counts(), (1, 0));
    assert_eq!((talk.desk.came, talk.desk.gone), (12, 11));
}

/// Source: rules LEN-6 and LEN-7: the queue notices one message late, also by a route that the channel remembers.
#[test]
fn a_quorum_queue_keeps_its_limit() {
    for (overflow, kept) in [("reject-publish", 3), ("drop-head", 2)] {
        let mut talk = Talk::plain();
        let quorum =
            [("x-queue-type", "quorum".into()), ("x-max-length", 2.into()), ("x-overflow", overflow.into())];
        talk.declare("quorum", &quorum);
        for _ in 0..6 {
            talk.publish("quorum", 1);
            talk.pass(SimDuration::from_millis(1));
        }
        assert_eq!(talk.broker.counts(), (kept, 0), "{overflow}");
    }
}

/// Source: rule DLX-10: what finds no target is kept, and is a copy that is left.
#[test]
fn kept_dead_letters_are_in_the_books() {
    let mut talk = Talk::plain();
    talk.declare(
        "q",
        &[
            ("x-queue-type", "quorum".into()),
            ("x-message-ttl", 1000.into()),
            ("x-dead-letter-exchange", "nowhere".into()),
            ("x-dead-letter-strategy", "at-least-once".into()),
            ("x-overflow", "reject-publish".into()),
        ],
    );
    (0..10).for_each(|_| talk.publish("q", 1));
    talk.pass(SimDuration::from_secs(2));
    assert_eq!(talk.broker.queue_levels().next(), Some((("/", "q"), 0, 0)));
    assert_eq!(talk.broker.counts(), (10, 0));
    let survivors = talk.broker.stop(talk.now, &mut talk.desk);
    assert_eq!(survivors.ready(), 10);
    assert_eq!(survivors.queue_levels().collect::<Vec<_>>(), [(("/", "q"), 0, 0)]);
    talk.broker = survivors.start(talk.now, &mut talk.desk);
    assert_eq!(talk.broker.counts(), (10, 0));
    talk.pass(SimDuration::from_secs(200));
    assert_eq!(talk.broker.counts(), (10, 0), "it tries again, in vain");
}
