//! A run put together by hand, for the tests of stories. Not part of the program.

use expect_test::Expect;

use super::super::*;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, ConsumerId, Delivery, Message, Method, Name, Names,
    ProducerId, QueueDeclare, QueueId, ServerMethod,
};
use crate::observe::{Fact, Observation, Settlement, What};
use crate::report::Directory;
use crate::rules::{self, RuleRef};
use crate::units::SimDuration;

pub(super) const QUEUE: QueueId = QueueId(0);

/// A run put together by hand: a producer `shop`, consumers `fast` and `slow`, a queue `tasks`. Times are microseconds.
pub(super) struct Run {
    pub(super) names: Names,
    pub(super) seen: Vec<Observation>,
}

pub(super) fn id(number: u32) -> MessageId {
    MessageId { producer: ProducerId(0), number }
}

pub(super) fn channel(connection: u32) -> ChannelRef {
    ChannelRef { connection: ConnectionId(10 + connection), channel: ChannelNo(1) }
}

impl Run {
    pub(super) fn new() -> Self {
        Run { names: Names::default(), seen: Vec::new() }
    }

    pub(super) fn name(&mut self, text: &str) -> Name {
        self.names.intern(text)
    }

    pub(super) fn at(&mut self, micros: u64, what: What) {
        self.seen.push(Observation { at: SimTime::from_nanos(micros * 1_000), what });
    }

    pub(super) fn fact(&mut self, micros: u64, fact: Fact, rule: RuleRef) {
        self.at(micros, What::Broker(fact, rule));
    }

    pub(super) fn send(&mut self, micros: u64, connection: u32, method: &Method) {
        let channel = channel(connection);
        self.at(micros, What::ClientSent { connection, channel, method: method.clone() });
    }

    pub(super) fn reach(&mut self, micros: u64, connection: u32, method: Method) {
        self.at(micros, What::ReachedBroker { connection, channel: channel(connection), method });
    }

    /// `fast` and `slow` subscribe to the queue.
    pub(super) fn begin(&mut self) {
        let (tasks, vhost) = (self.name("tasks"), self.name("/"));
        let declare = QueueDeclare { queue: tasks, durable: true, ..QueueDeclare::default() };
        self.reach(0, 0, Method::QueueDeclare(Box::new(declare)));
        self.fact(0, Fact::QueueDeclared { queue: QUEUE, vhost, name: tasks, durable: true }, rules::Q_1);
        let answer = ServerMethod::QueueDeclareOk { queue: tasks, message_count: 0, consumer_count: 0 };
        self.at(0, What::BrokerSent { connection: 0, channel: channel(0), method: answer });
        for (index, tag) in [(0, "fast"), (1, "slow")] {
            let tag = self.name(tag);
            let added = Fact::ConsumerAdded {
                queue: QUEUE,
                consumer: ConsumerId(index),
                channel: channel(1 + index),
                tag,
            };
            self.fact(100, added, rules::DSP_4);
        }
    }

    /// `shop` publishes message `number`; it reaches the broker half a millisecond later.
    pub(super) fn publish(&mut self, micros: u64, number: u32) {
        let tasks = self.name("tasks");
        let message = Message { id: id(number), size: 100, ..Message::default() };
        let publish =
            Method::BasicPublish(BasicPublish { routing_key: tasks, message, ..BasicPublish::default() });
        self.at(micros, What::Published { producer: 0, message: id(number), class: 0, again: None });
        self.send(micros, 0, &publish);
        let micros = micros + 500;
        self.reach(micros, 0, publish);
        let routed =
            Fact::Routed { message: id(number), exchange: Name::EMPTY, routing_key: tasks, queues: 1 };
        self.fact(micros, routed, rules::EX_14);
        let enqueued =
            Fact::Enqueued { queue: QUEUE, message: id(number), dead: false, ready: 1, unacked: 0 };
        self.fact(micros, enqueued, rules::Q_19);
    }

    /// The queue delivers message `number` to consumer 0 or 1, with `next` after it.
    pub(super) fn deliver(&mut self, micros: u64, number: u32, consumer: u32, next: u32, automatic: bool) {
        let redelivered = self.seen.iter().any(|seen| {
            matches!(seen.what, What::Broker(Fact::Requeued { message, .. }, _) if message == id(number))
        });
        let delivered = Fact::Delivered {
            queue: QUEUE,
            consumer: ConsumerId(consumer),
            channel: channel(1 + consumer),
            delivery_tag: 1,
            message: id(number),
            arrival: number,
            arrived: SimTime::ZERO,
            redelivered,
            automatic,
            ready: 0,
            unacked: u32::from(!automatic),
            consumer_unacked: u32::from(!automatic),
            prefetch: 1,
            next: Some(ConsumerId(next)),
        };
        self.fact(micros, delivered, rules::DSP_2);
        let consumer_tag = self.name(["fast", "slow"][consumer as usize]);
        let deliver = ServerMethod::BasicDeliver(Delivery {
            consumer_tag,
            delivery_tag: 1,
            redelivered,
            exchange: Name::EMPTY,
            routing_key: Name::EMPTY,
            message: Message { id: id(number), ..Message::default() },
        });
        let (connection, channel) = (1 + consumer, channel(1 + consumer));
        self.at(micros, What::BrokerSent { connection, channel, method: deliver.clone() });
        let micros = micros + 500;
        self.at(micros, What::ReachedClient { connection, channel, method: deliver });
        self.at(
            micros,
            What::Received { consumer, message: id(number), delivery_tag: 1, redelivered, buffered: 1 },
        );
        self.at(
            micros,
            What::ServiceBegan { consumer, message: id(number), takes: SimDuration::from_millis(700) },
        );
    }

    /// A consumer finishes message `number`, acknowledges it, and the queue settles it.
    pub(super) fn finish(&mut self, micros: u64, number: u32, consumer: u32) {
        let sojourn = SimDuration::from_micros(micros - 1_000);
        self.at(micros, What::Processed { consumer, message: id(number), sojourn, again: false });
        let ack = Method::BasicAck { delivery_tag: 1, multiple: false };
        self.send(micros, 1 + consumer, &ack);
        self.reach(micros + 500, 1 + consumer, ack);
        let settled = Fact::Settled {
            queue: QUEUE,
            channel: channel(1 + consumer),
            consumer: Some(ConsumerId(consumer)),
            delivery_tag: 1,
            message: id(number),
            how: Settlement::Acked,
            ready: 0,
            unacked: 0,
        };
        self.fact(micros + 500, settled, rules::ACK_2);
    }

    /// `fast` crashes with message `number`, which goes back and to `slow`.
    pub(super) fn crash(&mut self, micros: u64, number: u32) {
        self.at(micros, What::FaultBegan { fault: 0 });
        self.at(micros, What::ConsumerCrashed { consumer: 0, held: 1 });
        self.reach(micros + 500, 1, Method::ChannelClose);
        self.fact(micros + 500, Fact::ChannelClosed { channel: channel(1) }, rules::CON_6);
        let requeued = Fact::Requeued {
            queue: QUEUE,
            channel: channel(1),
            consumer_tag: Some(self.name("fast")),
            delivery_tag: 1,
            message: id(number),
            ready: 1,
            unacked: 0,
        };
        self.fact(micros + 500, requeued, rules::RDL_1);
        self.deliver(micros + 500, number, 1, 1, false);
    }

    pub(super) fn check(&self, filter: Filter, expected: &Expect) {
        // A first line without blanks, because the macro takes away what all lines are indented by.
        expected.assert_eq(&format!("told:\n{}", self.told(filter)));
    }

    pub(super) fn told(&self, filter: Filter) -> String {
        let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let directory = Directory {
            deeds: Vec::new(),
            writeback: None,
            connections: list(&["shop", "fast", "slow"]),
            producers: list(&["shop"]),
            consumers: list(&["fast", "slow"]),
            consumer_channels: vec![(1, ChannelNo(1)), (2, ChannelNo(1))],
            clients: Vec::new(),
            downstreams: Vec::new(),
            faults: list(&["kill-fast"]),
            conditions: vec![None],
            classes: list(&["default"]),
        };
        let mut narrator = Narrator::new(directory, filter);
        for seen in &self.seen {
            narrator.observe(&self.names, seen);
        }
        let text = narrator.finish(&self.names);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        text
    }
}

pub(super) fn work() -> Run {
    let mut run = Run::new();
    run.begin();
    run.publish(1_000, 1);
    run.deliver(1_500, 1, 0, 1, false);
    run.publish(3_000, 2);
    run.deliver(3_500, 2, 1, 0, false);
    run.finish(702_000, 1, 0);
    run.finish(704_000, 2, 1);
    run
}

pub(super) fn crash() -> Run {
    let mut run = Run::new();
    run.begin();
    run.publish(1_000, 1);
    run.deliver(1_500, 1, 0, 1, false);
    run.crash(500_000, 1);
    run.finish(1_201_000, 1, 1);
    run
}
