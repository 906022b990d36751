//! Quorum queues in time: kept dead letters and the acknowledgement timeout.

use super::*;

fn quorum<'a>(more: &[(&'a str, FieldValue)]) -> Vec<(&'a str, FieldValue)> {
    [&[("x-queue-type", "quorum".into())], more].concat()
}

/// Source: rules LEN-6 and DLX-10.
#[test]
fn kept_dead_letters_count_against_the_limits_in_number_and_bytes() {
    for limit in [("x-max-length", 2.into()), ("x-max-length-bytes", 25.into())] {
        let mut talk = Talk::plain();
        let arguments = quorum(&[
            ("x-message-ttl", 1000.into()),
            ("x-dead-letter-exchange", "nowhere".into()),
            ("x-dead-letter-strategy", "at-least-once".into()),
            ("x-overflow", "reject-publish".into()),
            limit.clone(),
        ]);
        talk.declare("q", &arguments);
        (0..3).for_each(|_| talk.publish("q", 10));
        talk.pass(SimDuration::from_secs(2));
        assert_eq!(talk.broker.counts(), (3, 0), "{limit:?}");
        for _ in 0..4 {
            talk.publish("q", 10);
            talk.pass(SimDuration::from_millis(1));
        }
        assert_eq!(talk.broker.counts(), (4, 0), "{limit:?}: it notices one message late");
    }
}

/// Source: rule ACK-12.
#[test]
fn a_consumer_that_is_late_gives_back_what_is_overdue_and_keeps_the_rest() {
    let profile = &Profile::RABBITMQ_4_3;
    let mut talk = Talk::of(profile, Settings::of(profile));
    talk.declare("q", &quorum(&[]));
    talk.consume("q");
    talk.publish("q", 1);
    talk.pass(SimDuration::from_secs(600));
    talk.publish("q", 1);
    talk.heard();
    talk.pass(SimDuration::from_secs(1260));
    assert_eq!(talk.heard(), ["1: BasicCancel"]);
    assert_eq!(talk.broker.counts(), (1, 1));
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    assert_eq!(talk.broker.counts(), (1, 1), "settling it now does nothing");
    talk.pass(SimDuration::from_secs(600));
    assert_eq!(talk.broker.counts(), (2, 0));
}

/// Source: rules EXP-1 and Q-4.
#[test]
fn a_queue_that_nobody_uses_goes_unless_a_fetched_message_is_out() {
    for (fetched, left) in [(false, 0), (true, 1)] {
        let mut talk = Talk::plain();
        talk.declare("q", &quorum(&[("x-expires", 1000.into())]));
        talk.publish("q", 1);
        talk.pass(SimDuration::from_millis(500));
        if fetched {
            let queue = talk.name("q");
            talk.method(Method::BasicGet { queue, no_ack: false });
        }
        talk.pass(SimDuration::from_millis(2000));
        assert_eq!(talk.broker.queue_levels().count(), left);
    }
}

/// Source: rules RDL-2 and RDL-3.
#[test]
fn a_message_comes_back_in_front_only_where_failures_are_counted() {
    for (limit, order, rule) in [(None, ["#2", "#1"], rules::RDL_3), (Some(9), ["#1", "#2"], rules::RDL_2)] {
        let mut talk = Talk::plain();
        let limit: Vec<_> = limit.into_iter().map(|limit: i64| ("x-delivery-limit", limit.into())).collect();
        talk.declare("q", &quorum(&limit));
        talk.method(Method::BasicQos { prefetch_size: 0, prefetch_count: 1, global: false });
        (0..2).for_each(|_| talk.publish("q", 1));
        talk.consume("q");
        talk.heard();
        talk.method(Method::BasicNack { delivery_tag: 1, multiple: false, requeue: true });
        talk.method(Method::BasicAck { delivery_tag: 2, multiple: false });
        assert_eq!(talk.heard(), order.map(|message| format!("1: deliver {message}")));
        assert_eq!(talk.stated(|fact| matches!(fact, Fact::Requeued { .. }).then_some(())), [((), rule)]);
    }
}

/// Source: rules QOS-10 and DSP-7.
#[test]
fn automatic_acknowledgement_gives_all_its_credit_back() {
    let mut talk = Talk::plain();
    talk.declare("q", &quorum(&[]));
    talk.method(Method::BasicQos { prefetch_size: 0, prefetch_count: 2, global: false });
    let queue = talk.name("q");
    talk.method(Method::BasicConsume(Box::new(BasicConsume {
        queue,
        no_ack: true,
        ..BasicConsume::default()
    })));
    talk.heard();
    (0..5).for_each(|_| talk.publish("q", 1));
    assert_eq!(talk.heard(), [1, 2, 3, 4, 5].map(|number| format!("1: deliver #{number}")));
}

/// What one command hands out is acknowledged consumer by consumer, so each gets as much credit back as it used.
/// Source: rules QOS-10 and DSP-7.
#[test]
fn consumers_with_automatic_acknowledgement_take_turns() {
    let on = |channel| ChannelRef { channel: ChannelNo(channel), ..AT };
    let mut talk = Talk::plain();
    talk.declare("q", &quorum(&[]));
    talk.consume("q");
    (0..4).for_each(|_| talk.publish("q", 1));
    let queue = talk.name("q");
    let consume = BasicConsume { queue, no_ack: true, ..BasicConsume::default() };
    for channel in [2, 3] {
        talk.tell(Command::Method(on(channel), Method::ChannelOpen));
        let qos = Method::BasicQos { prefetch_size: 0, prefetch_count: 1, global: false };
        talk.tell(Command::Method(on(channel), qos));
        talk.tell(Command::Method(on(channel), Method::BasicConsume(Box::new(consume.clone()))));
    }
    talk.heard();
    talk.method(Method::ChannelClose);
    let mut heard = talk.heard();
    heard.retain(|text| text.contains("deliver"));
    assert_eq!(heard, ["2: deliver #1", "3: deliver #2", "2: deliver #3", "3: deliver #4"]);
}

/// Source: rule DLX-10.
#[test]
fn kept_dead_letters_leave_once_there_is_a_target() {
    let mut talk = Talk::plain();
    let arguments = quorum(&[
        ("x-message-ttl", 1000.into()),
        ("x-dead-letter-exchange", "".into()),
        ("x-dead-letter-routing-key", "late".into()),
        ("x-dead-letter-strategy", "at-least-once".into()),
        ("x-overflow", "reject-publish".into()),
        ("x-max-length-bytes", 25.into()),
    ]);
    talk.declare("q", &arguments);
    (0..2).for_each(|_| talk.publish("q", 10));
    talk.pass(SimDuration::from_secs(2));
    talk.declare("late", &[]);
    talk.pass(SimDuration::from_secs(178));
    assert_eq!(talk.levels(), [("q", 0), ("late", 0)]);
    talk.pass(SimDuration::from_secs(2));
    assert_eq!(talk.levels(), [("q", 0), ("late", 2)]);
    for _ in 0..2 {
        talk.pass(SimDuration::from_millis(1));
        talk.publish("q", 10);
    }
    assert_eq!(talk.levels(), [("q", 2), ("late", 2)], "there is room again");
}

/// Source: rule LEN-7.
#[test]
fn a_publisher_that_was_refused_goes_on_at_four_fifths_of_the_limit() {
    let mut talk = Talk::plain();
    talk.declare("q", &quorum(&[("x-max-length", 5.into()), ("x-overflow", "reject-publish".into())]));
    let publish = |talk: &mut Talk| {
        talk.pass(SimDuration::from_millis(1));
        talk.publish("q", 1);
        talk.levels()[0].1
    };
    for expected in [1, 2, 3, 4, 5, 6, 6] {
        assert_eq!(publish(&mut talk), expected);
    }
    let queue = talk.name("q");
    talk.method(Method::BasicGet { queue, no_ack: true });
    assert_eq!(publish(&mut talk), 5, "five are too many");
    talk.method(Method::BasicGet { queue, no_ack: true });
    assert_eq!(publish(&mut talk), 5, "four are not");
}
