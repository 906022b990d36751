//! The trace: rows and their text forms.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes its texts with them")]

use expect_test::{Expect, expect};

use super::*;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, Message, MessageId, Method, ProducerId, QueueId,
};
use crate::observe::{Fact, What};
use crate::rules;
use crate::units::SimTime;

fn check(format: Format, expected: &Expect) {
    let mut names = Names::default();
    let (tasks, vhost) = (names.intern("tasks"), names.intern("/"));
    let directory = Directory {
        connections: vec!["shop".into()],
        producers: vec!["shop".into()],
        classes: vec!["default".into()],
        ..Directory::default()
    };
    let channel = ChannelRef { connection: ConnectionId(7), channel: ChannelNo(1) };
    let id = MessageId { producer: ProducerId(0), number: 1 };
    let publish = Method::BasicPublish(BasicPublish {
        routing_key: tasks,
        message: Message { id, size: 100, ..Message::default() },
        ..BasicPublish::default()
    });
    let seen = [
        (
            0,
            What::Broker(
                Fact::QueueDeclared { queue: QueueId(0), vhost, name: tasks, durable: true },
                rules::Q_1,
            ),
        ),
        (5, What::Published { producer: 0, message: id, class: 0, again: None }),
        (5, What::ClientSent { connection: 0, channel, method: publish.clone() }),
        (1_000_500_000, What::ReachedBroker { connection: 0, channel, method: publish }),
        (
            1_000_500_000,
            What::Broker(
                Fact::Enqueued { queue: QueueId(0), message: id, dead: false, ready: 1, unacked: 0 },
                rules::RT_1,
            ),
        ),
    ];
    let mut trace = Trace::new(format, directory);
    let mut out = String::new();
    let head = Head { scenario: "hello.toml".into(), variant: Some("slow".into()), seed: 1, replication: 0 };
    trace.begin(&head, &mut out).unwrap();
    for (nanos, what) in seen {
        let seen = Observation { at: SimTime::from_nanos(nanos), what };
        trace.observe(&names, &seen, &mut out).unwrap();
    }
    expected.assert_eq(&out);
}

#[test]
fn a_trace_has_fixed_columns_and_exact_times() {
    let expected = expect![[r##"
        # amqpsim-trace 1  scenario=hello.toml  variant=slow  seed=1  replication=0
            0.000000000  broker       declared           tasks              type=queue durable=true rule=Q-1
            0.000000005  shop         published          #1                 class=default
            0.000000005  shop         sent               basic.publish      channel=1 message=#1 exchange="" routing-key=tasks body-size=100
            1.000500000  broker       received           basic.publish      connection=shop channel=1 message=#1 exchange="" routing-key=tasks body-size=100
            1.000500000  broker       enqueued           #1                 queue=tasks ready=1 unacked=0 rule=RT-1
    "##]];
    check(Format::Text, &expected);
}

#[test]
fn a_trace_in_json_has_one_object_a_line() {
    let expected = expect![[r##"
        {"amqpsim_trace":1,"scenario":"hello.toml","variant":"slow","seed":1,"replication":0}
        {"at_ns":0,"entity":"broker","verb":"declared","object":"tasks","details":{"type":"queue","durable":true,"rule":"Q-1"}}
        {"at_ns":5,"entity":"shop","verb":"published","object":"#1","details":{"class":"default"}}
        {"at_ns":5,"entity":"shop","verb":"sent","object":"basic.publish","details":{"channel":1,"message":"#1","exchange":"","routing-key":"tasks","body-size":100}}
        {"at_ns":1000500000,"entity":"broker","verb":"received","object":"basic.publish","details":{"connection":"shop","channel":1,"message":"#1","exchange":"","routing-key":"tasks","body-size":100}}
        {"at_ns":1000500000,"entity":"broker","verb":"enqueued","object":"#1","details":{"queue":"tasks","ready":1,"unacked":0,"rule":"RT-1"}}
    "##]];
    check(Format::Jsonl, &expected);
}
