//! Stories: what is told, word for word.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes its texts with them")]

use expect_test::expect;

use super::*;
use crate::amqp::{ConsumerId, Method, ReplyCode, ServerMethod};
use crate::observe::{Fact, LossCause, PublishedAgain, What};
use crate::rules;

mod hand;

use hand::*;

#[test]
fn a_story_tells_each_step_and_each_rule_once() {
    let expected = expect![[r#"
        told:
              0.000ms  broker receives queue.declare(queue=tasks, durable=true) from shop and answers
                         queue.declare-ok(message-count=0, consumer-count=0)
                         queue tasks exists, durable
                             [Q-1] Declaring a queue again must repeat its flags and arguments; a difference
                             closes the channel with 406, or with 405 if another connection owns the queue.
                             Unknown arguments are not compared.
              0.100ms  fast joins the rotation of queue tasks at the back
                             [DSP-4] A new consumer joins the rotation at the back of its priority.
                         slow joins the rotation of queue tasks at the back [DSP-4]
              1.000ms  shop publishes #1
                         shop sends basic.publish(exchange="", routing-key=tasks, body-size=100) of #1
              1.500ms  broker receives basic.publish of #1 from shop
                         the default exchange routes #1 to 1 queue by key tasks
                             [EX-14] The default exchange leads to every queue by the queue's own name: the
                             routing key is the name of the queue.
                         queue tasks takes #1: ready 1, unacked 0
                             [Q-19] A queue handles one thing at a time; what it sends to other queues and
                             to channels arrives later.
                         queue tasks delivers #1 to fast: ready 0, unacked 1; fast holds 1 of 1; next in
                           turn: slow
                             [DSP-2] Consumers of equal priority take turns, one message each; the turn goes
                             on where the last delivery stopped.
                         broker sends basic.deliver(consumer-tag=fast, delivery-tag=1, redelivered=false) of
                           #1 to fast
              2.000ms  fast receives #1 (delivery-tag=1, redelivered=false); 1 in its buffer
                         fast begins to work on #1, for 700ms
              3.000ms  shop publishes #2
                         shop sends basic.publish(exchange="", routing-key=tasks, body-size=100) of #2
              3.500ms  broker receives basic.publish of #2 from shop
                         the default exchange routes #2 to 1 queue by key tasks [EX-14]
                         queue tasks takes #2: ready 1, unacked 0 [Q-19]
                         queue tasks delivers #2 to slow: ready 0, unacked 1; slow holds 1 of 1; next in
                           turn: fast [DSP-2]
                         broker sends basic.deliver(consumer-tag=slow, delivery-tag=1, redelivered=false) of
                           #2 to slow
              4.000ms  slow receives #2 (delivery-tag=1, redelivered=false); 1 in its buffer
                         slow begins to work on #2, for 700ms
            702.000ms  fast has processed #1, 701ms after it was published
                         fast sends basic.ack(delivery-tag=1, multiple=false) for #1
            702.500ms  broker receives basic.ack(delivery-tag=1, multiple=false) for #1 from fast
                         queue tasks settles #1 (tag 1), acknowledged: ready 0, unacked 0
                             [ACK-2] An acknowledgement settles the delivery with its tag; with `multiple`,
                             that one and all before it on the channel.
            704.000ms  slow has processed #2, 703ms after it was published
                         slow sends basic.ack(delivery-tag=1, multiple=false) for #2
            704.500ms  broker receives basic.ack(delivery-tag=1, multiple=false) for #2 from slow
                         queue tasks settles #2 (tag 1), acknowledged: ready 0, unacked 0 [ACK-2]
    "#]];
    work().check(Filter::default(), &expected);
}

#[test]
fn a_message_s_life_ends_with_its_fate_and_names_the_crash() {
    let expected = expect![[r#"
        told:
              1.000ms  shop publishes #1
                         shop sends basic.publish(exchange="", routing-key=tasks, body-size=100) of #1
              1.500ms  broker receives basic.publish of #1 from shop
                         the default exchange routes #1 to 1 queue by key tasks
                             [EX-14] The default exchange leads to every queue by the queue's own name: the
                             routing key is the name of the queue.
                         queue tasks takes #1: ready 1, unacked 0
                             [Q-19] A queue handles one thing at a time; what it sends to other queues and
                             to channels arrives later.
                         queue tasks delivers #1 to fast: ready 0, unacked 1; fast holds 1 of 1; next in
                           turn: slow
                             [DSP-2] Consumers of equal priority take turns, one message each; the turn goes
                             on where the last delivery stopped.
                         broker sends basic.deliver(consumer-tag=fast, delivery-tag=1, redelivered=false) of
                           #1 to fast
              2.000ms  fast receives #1 (delivery-tag=1, redelivered=false); 1 in its buffer
                         fast begins to work on #1, for 700ms
            500.000ms  fault kill-fast begins
                         fast crashes, holding 1 message
            500.500ms  broker receives channel.close from fast
                         channel 1 of fast is gone, with its consumers
                             [CON-6] When a channel goes away, each queue removes its consumers, takes back
                             its unacknowledged messages at their old places with the redelivered flag, and
                             then serves the consumers that are left.
                         queue tasks takes back #1 (tag 1) because fast crashed while it held the message:
                           ready 1, unacked 0
                             [RDL-1] A requeued message goes back to its old place in the queue, ahead of
                             all later ones.
                         queue tasks delivers #1 to slow, again because fast crashed while it held the
                           message: ready 0, unacked 1; slow holds 1 of 1; next in turn: slow [DSP-2]
                         broker sends basic.deliver(consumer-tag=slow, delivery-tag=1, redelivered=true) of
                           #1 to slow
            501.000ms  slow receives #1 (delivery-tag=1, redelivered=true); 1 in its buffer
                         slow begins to work on #1, for 700ms
           1201.000ms  slow has processed #1, 1.2s after it was published
                         slow sends basic.ack(delivery-tag=1, multiple=false) for #1
           1201.500ms  broker receives basic.ack(delivery-tag=1, multiple=false) for #1 from slow
                         queue tasks settles #1 (tag 1), acknowledged: ready 0, unacked 0
                             [ACK-2] An acknowledgement settles the delivery with its tag; with `multiple`,
                             that one and all before it on the channel.

        Fate of #1: processed by slow at 1201.000ms, 1.2s after it was published; delivered twice because
        fast crashed while it held the message.
    "#]];
    crash().check(Filter { message: Some(id(1)), ..Filter::default() }, &expected);
}

#[test]
fn a_message_lost_by_automatic_acknowledgement_is_explained() {
    let mut run = Run::new();
    run.begin();
    run.publish(1_000, 1);
    run.deliver(1_500, 1, 0, 1, true);
    run.at(5_000, What::FaultBegan { fault: 0 });
    run.at(5_000, What::ConsumerCrashed { consumer: 0, held: 1 });
    run.at(5_000, What::LostOutside { message: id(1), cause: LossCause::AutoAckInBuffer, consumer: Some(0) });
    let expected = expect![[r#"
        told:
              1.000ms  shop publishes #1
                         shop sends basic.publish(exchange="", routing-key=tasks, body-size=100) of #1
              1.500ms  broker receives basic.publish of #1 from shop
                         the default exchange routes #1 to 1 queue by key tasks
                             [EX-14] The default exchange leads to every queue by the queue's own name: the
                             routing key is the name of the queue.
                         queue tasks takes #1: ready 1, unacked 0
                             [Q-19] A queue handles one thing at a time; what it sends to other queues and
                             to channels arrives later.
                         queue tasks delivers #1 to fast: ready 0, unacked 0; settled at once (automatic
                           ack); next in turn: slow
                             [DSP-2] Consumers of equal priority take turns, one message each; the turn goes
                             on where the last delivery stopped.
                         broker sends basic.deliver(consumer-tag=fast, delivery-tag=1, redelivered=false) of
                           #1 to fast
              2.000ms  fast receives #1 (delivery-tag=1, redelivered=false); 1 in its buffer
                         fast begins to work on #1, for 700ms
              5.000ms  fault kill-fast begins
                         fast crashes, holding 1 message
                         #1 is lost, with fast: automatic ack in the consumer's buffer

        Fate of #1: lost with fast at 5.000ms: automatic ack in the consumer's buffer. The broker had
        settled it in the moment of sending it, so there was nothing left to requeue.
    "#]];
    run.check(Filter { message: Some(id(1)), ..Filter::default() }, &expected);
}

#[test]
fn an_entity_s_part_and_a_window_can_be_told_alone() {
    let filter = Filter {
        entity: Some("slow".to_owned()),
        from: Some(SimTime::from_nanos(3_000_000)),
        to: Some(SimTime::from_nanos(704_000_000)),
        ..Filter::default()
    };
    let expected = expect![[r#"
        told:
              3.500ms  broker receives basic.publish of #2 from shop
                         queue tasks delivers #2 to slow: ready 0, unacked 1; slow holds 1 of 1; next in
                           turn: fast
                             [DSP-2] Consumers of equal priority take turns, one message each; the turn goes
                             on where the last delivery stopped.
                         broker sends basic.deliver(consumer-tag=slow, delivery-tag=1, redelivered=false) of
                           #2 to slow
              4.000ms  slow receives #2 (delivery-tag=1, redelivered=false); 1 in its buffer
                         slow begins to work on #2, for 700ms
            704.000ms  slow has processed #2, 703ms after it was published
                         slow sends basic.ack(delivery-tag=1, multiple=false) for #2

        Why slow got nothing: it never had a subscription; it never asked for any.
    "#]];
    work().check(filter, &expected);
}

#[test]
fn a_long_story_says_what_it_leaves_out() {
    let expected = expect![[r#"
        told:
              0.000ms  broker receives queue.declare(queue=tasks, durable=true) from shop and answers
                         queue.declare-ok(message-count=0, consumer-count=0)
                         queue tasks exists, durable
                             [Q-1] Declaring a queue again must repeat its flags and arguments; a difference
                             closes the channel with 406, or with 405 if another connection owns the queue.
                             Unknown arguments are not compared.
              0.100ms  fast joins the rotation of queue tasks at the back
                             [DSP-4] A new consumer joins the rotation at the back of its priority.
                         slow joins the rotation of queue tasks at the back [DSP-4]

        10 more steps left out after 9 lines. `--lines 0` shows everything, `--from 1ms` goes on from here;
        `--message` or `--entity` shows less.
    "#]];
    work().check(Filter { lines_max: Some(9), ..Filter::default() }, &expected);
}

#[test]
fn an_unknown_entity_is_answered_with_the_known_names() {
    let expected = expect![[r#"
        told:
        Nothing happened to `fats` in this time. The run ended at 704.5ms.
    "#]];
    work().check(Filter { entity: Some("fats".to_owned()), ..Filter::default() }, &expected);
}

#[test]
fn a_confirm_that_was_sent_before_the_broker_stopped_still_arrives() {
    let mut run = Run::new();
    run.begin();
    run.reach(600, 0, Method::ConfirmSelect);
    run.publish(1_000, 1);
    let ack = ServerMethod::BasicAck { delivery_tag: 1, multiple: false };
    run.at(1_500, What::BrokerSent { connection: 0, channel: channel(0), method: ack.clone() });
    run.fact(1_700, Fact::ConnectionClosed { connection: channel(0).connection }, rules::CON_14);
    run.at(2_000, What::ReachedClient { connection: 0, channel: channel(0), method: ack });
    let expected = expect![[r#"
        told:
              2.000ms  basic.ack(delivery-tag=1, multiple=false) reaches shop: #1 confirmed

        Fate of #1: still ready in queue tasks at the end.

        To its producer #1 is confirmed since 2.000ms.
    "#]];
    let from = Some(SimTime::from_nanos(1_600_000));
    run.check(Filter { message: Some(id(1)), from, ..Filter::default() }, &expected);
}

#[test]
fn a_confirm_is_told_with_its_message() {
    let mut run = Run::new();
    run.begin();
    run.reach(600, 0, Method::ConfirmSelect);
    run.publish(1_000, 1);
    run.fact(1_500, Fact::Confirmed { channel: channel(0), publish: 1 }, rules::CF_4);
    let ack = ServerMethod::BasicAck { delivery_tag: 1, multiple: false };
    run.at(1_500, What::BrokerSent { connection: 0, channel: channel(0), method: ack.clone() });
    run.at(2_000, What::ReachedClient { connection: 0, channel: channel(0), method: ack });
    let expected = expect![[r#"
        told:
              1.000ms  shop publishes #1
                         shop sends basic.publish(exchange="", routing-key=tasks, body-size=100) of #1
              1.500ms  broker receives basic.publish of #1 from shop
                         the default exchange routes #1 to 1 queue by key tasks
                             [EX-14] The default exchange leads to every queue by the queue's own name: the
                             routing key is the name of the queue.
                         queue tasks takes #1: ready 1, unacked 0
                             [Q-19] A queue handles one thing at a time; what it sends to other queues and
                             to channels arrives later.
                         publish 1 of channel 1, #1, is accepted
                             [CF-4] A transient message, or one in a queue that is not durable, is confirmed
                             as soon as the queue has it; no consumer need have seen it.
                         broker sends basic.ack(delivery-tag=1, multiple=false) to shop for #1
              2.000ms  basic.ack(delivery-tag=1, multiple=false) reaches shop: #1 confirmed

        Fate of #1: still ready in queue tasks at the end.

        To its producer #1 is confirmed since 2.000ms.
    "#]];
    run.check(Filter { message: Some(id(1)), ..Filter::default() }, &expected);
}

#[test]
fn a_restart_is_named_as_the_reason_and_what_it_takes_is_lost() {
    let mut run = Run::new();
    run.begin();
    run.publish(1_000, 1);
    run.deliver(1_500, 1, 0, 1, false);
    run.at(5_000, What::FaultBegan { fault: 0 });
    let close = ServerMethod::ConnectionClose {
        code: ReplyCode::ConnectionForced,
        text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'".into(),
    };
    run.at(5_000, What::BrokerSent { connection: 1, channel: channel(1), method: close });
    let requeued = Fact::Requeued {
        queue: QUEUE,
        channel: channel(1),
        consumer_tag: Some(run.name("fast")),
        delivery_tag: 1,
        message: id(1),
        ready: 1,
        unacked: 0,
    };
    run.fact(5_000, requeued, rules::CON_14);
    let cause = LossCause::TransientInRestart;
    run.fact(
        5_000,
        Fact::Lost { queue: QUEUE, message: id(1), cause, dead: false, ready: 0, unacked: 0 },
        rules::DUR_3,
    );
    run.fact(5_000, Fact::BrokerStopped, rules::DUR_1);
    let from = Some(SimTime::from_nanos(5_000_000));
    let expected = expect![[r#"
        told:
              5.000ms  fault kill-fast begins
                         broker sends connection.close(reply-code=320, reply-text="CONNECTION_FORCED -
                           broker forced connection closure with reason 'shutdown'") to fast
                         queue tasks takes back #1 (tag 1) because the broker was restarted: ready 1,
                           unacked 0
                             [CON-14] A broker that shuts down closes each connection with 320.
                         queue tasks loses #1: transient in a broker restart; ready 0, unacked 0
                             [DUR-3] A durable classic queue keeps persistent messages only; transient ones
                             are gone after any restart, even a clean one.

        Fate of #1: lost at 5.000ms: transient in a broker restart. Only persistent messages survive a
        restart.
    "#]];
    run.check(Filter { message: Some(id(1)), from, ..Filter::default() }, &expected);
}

/// Source: rules ACK-12 and CON-11.
#[test]
fn a_message_that_nobody_gave_back_came_from_a_lost_connection_or_was_held_too_long() {
    let told = |is_lost: bool| {
        let mut run = Run::new();
        run.begin();
        run.fact(0, Fact::ConnectionOpened { connection: channel(1).connection }, rules::CON_11);
        run.publish(1_000, 1);
        run.deliver(1_500, 1, 0, 1, false);
        if is_lost {
            run.at(4_000, What::ConnectionLost { connection: 1 });
        }
        let (queue, message, channel) = (QUEUE, id(1), channel(1));
        let (consumer_tag, delivery_tag) = (Some(run.name("fast")), 1);
        let back =
            Fact::Requeued { queue, channel, consumer_tag, delivery_tag, message, ready: 1, unacked: 0 };
        run.fact(5_000, back, rules::RDL_1);
        run.told(Filter::default())
    };
    assert!(told(true).contains("because the connection of fast was lost"), "{}", told(true));
    assert!(told(false).contains("because fast did not acknowledge it in time"), "{}", told(false));
}

#[test]
fn an_acknowledgement_of_several_names_their_messages() {
    let mut run = Run::new();
    run.begin();
    for number in 1..=2 {
        run.publish(1_000 * u64::from(number), number);
        let delivered = Fact::Delivered {
            queue: QUEUE,
            consumer: ConsumerId(0),
            channel: channel(1),
            delivery_tag: number.into(),
            message: id(number),
            arrival: number,
            arrived: SimTime::ZERO,
            redelivered: false,
            automatic: false,
            ready: 0,
            unacked: number,
            consumer_unacked: number,
            prefetch: 0,
            next: None,
        };
        run.fact(1_000 * u64::from(number) + 500, delivered, rules::DSP_2);
    }
    run.reach(5_000, 1, Method::BasicAck { delivery_tag: 2, multiple: true });
    let from = Some(SimTime::from_nanos(2_500_000));
    let expected = expect![[r#"
        told:
              2.500ms  broker receives basic.publish of #2 from shop
                         the default exchange routes #2 to 1 queue by key tasks
                             [EX-14] The default exchange leads to every queue by the queue's own name: the
                             routing key is the name of the queue.
                         queue tasks takes #2: ready 1, unacked 0
                             [Q-19] A queue handles one thing at a time; what it sends to other queues and
                             to channels arrives later.
                         queue tasks delivers #2 to fast: ready 0, unacked 2; fast holds 2, no limit; next
                           in turn: nobody
                             [DSP-2] Consumers of equal priority take turns, one message each; the turn goes
                             on where the last delivery stopped.
              5.000ms  broker receives basic.ack(delivery-tag=2, multiple=true) for #1 and #2 from fast
    "#]];
    run.check(Filter { from, ..Filter::default() }, &expected);
}

/// Source: rule CON-12.
#[test]
fn a_message_that_comes_back_from_a_silent_connection_says_since_when_it_was_silent() {
    let mut run = Run::new();
    run.begin();
    run.fact(0, Fact::ConnectionOpened { connection: channel(1).connection }, rules::CON_11);
    run.publish(1_000, 1);
    run.deliver(1_500, 1, 0, 1, false);
    run.at(4_000, What::ConnectionLost { connection: 1 });
    let tag = run.name("fast");
    run.fact(5_000, Fact::ConsumerRemoved { queue: QUEUE, consumer: ConsumerId(0), tag }, rules::CON_12);
    let (queue, message, channel) = (QUEUE, id(1), channel(1));
    let back =
        Fact::Requeued { queue, channel, consumer_tag: None, delivery_tag: 1, message, ready: 1, unacked: 0 };
    run.fact(5_000, back, rules::CON_6);
    let told = run.told(Filter { message: Some(id(1)), ..Filter::default() });
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("broker gives up on the silent connection of fast: fast leaves"), "{told}");
    assert!(told.contains("which held it and was silent since 4.000ms [CON-12]"), "{told}");
}

/// Source: rule RDL-1.
#[test]
fn equal_reasons_of_a_fate_are_counted() {
    let mut run = Run::new();
    run.begin();
    run.publish(1_000, 1);
    for back in [2_000, 3_000, 4_000] {
        run.deliver(back - 500, 1, 0, 1, false);
        let (queue, message, channel) = (QUEUE, id(1), channel(1));
        let requeued = Fact::Requeued {
            queue,
            channel,
            consumer_tag: None,
            delivery_tag: 1,
            message,
            ready: 1,
            unacked: 0,
        };
        run.fact(back, requeued, rules::RDL_1);
    }
    let told = run.told(Filter { message: Some(id(1)), ..Filter::default() });
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.ends_with("3 times because fast did not acknowledge it in time."), "{told}");
}

/// Source: rules CF-2 and CON-16.
#[test]
fn what_is_published_again_says_why_and_by_which_rule_it_had_to_be_expected() {
    let told = |why| {
        let mut run = Run::new();
        run.begin();
        run.publish(1_000, 1);
        run.deliver(1_500, 1, 0, 1, true);
        run.finish(3_000, 1, 0);
        run.publish(5_000, 1);
        let again = run.seen.iter_mut().rev().find_map(|seen| match &mut seen.what {
            What::Published { again, .. } => Some(again),
            _ => None,
        });
        *again.expect("it was published twice") = Some(why);
        run.deliver(5_500, 1, 0, 1, true);
        run.at(6_500, What::DuplicateSkipped { consumer: 0, message: id(1) });
        run.at(7_000, What::MessageGivenUp { producer: 0, message: id(1) });
        run.told(Filter { message: Some(id(1)), ..Filter::default() })
    };
    for (why, words) in [
        (PublishedAgain::ConnectionLost, "because no confirm came before its connection was lost [CON-16]"),
        (PublishedAgain::ChannelClosed, "because no confirm came before its channel was closed [CON-16]"),
        (PublishedAgain::Nacked, "because the broker nacked it [CF-2]"),
        (PublishedAgain::Returned, "because no queue got it and it came back [MND-1]"),
    ] {
        let text = told(why).split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            &format!("shop publishes #1 again, {words}"),
            "fast has processed #1 before and only acknowledges it",
            "shop gives up on #1: it has published it as often as it may",
            "delivered twice because it was published again.",
        ] {
            assert!(text.contains(part), "`{part}` is not in\n{text}");
        }
    }
}

#[test]
fn a_client_that_gives_up_connecting_says_after_how_many_attempts() {
    let mut run = Run::new();
    run.begin();
    run.at(4_000, What::ConnectingGivenUp { connection: 1, attempts: 3 });
    run.at(4_000, What::ConnectingGivenUp { connection: 0, attempts: 1 });
    let text = run.told(Filter { entity: Some("fast".to_owned()), ..Filter::default() });
    assert!(text.contains("fast gives up connecting after 3 failed attempts\n"), "{text}");
    assert!(!text.contains("1 failed attempt\n"), "{text}");
}
