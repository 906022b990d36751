//! Which facts the broker states, by which rules, and with which counts.

use super::direct_reply::REPLY_TO;
use super::*;
use crate::storage::{ClusterSpec, DiskSpec, Storage, StorageSpec, preset};

fn numbers_of_unroutable(talk: &Talk) -> Vec<(u32, RuleRef)> {
    talk.stated(|fact| match fact {
        Fact::Unroutable { message, .. } => Some(message.number),
        _ => None,
    })
}

/// A channel that waits for direct replies; the address that they go to.
fn request_replies(talk: &mut Talk) -> String {
    let queue = talk.name(REPLY_TO);
    let consume = BasicConsume { queue, no_ack: true, ..BasicConsume::default() };
    talk.method(Method::BasicConsume(Box::new(consume)));
    talk.heard();
    let address = talk.broker.requesters.keys().next().expect("one waits");
    talk.broker.names.text(*address).to_owned()
}

/// The counts are those after each message. Source: rules RDL-1, ACK-9 and CON-6.
#[test]
fn a_classic_queue_states_what_comes_back_by_the_rule_of_the_cause() {
    let reject = Method::BasicReject { delivery_tag: 1, requeue: true };
    let recover = Method::BasicRecover { requeue: true };
    for (method, rule, counts) in [
        (reject, rules::RDL_1, &[(2, 1)][..]),
        (recover, rules::ACK_9, &[(2, 1), (3, 0)]),
        (Method::ChannelClose, rules::CON_6, &[(2, 1), (3, 0)]),
    ] {
        let mut talk = Talk::plain();
        talk.declare("q", &[]);
        (0..3).for_each(|_| talk.publish("q", 1));
        let queue = talk.name("q");
        (0..2).for_each(|_| talk.method(Method::BasicGet { queue, no_ack: false }));
        talk.method(method);
        let stated = talk.stated(|fact| match fact {
            Fact::Requeued { ready, unacked, .. } => Some((*ready, *unacked)),
            _ => None,
        });
        let expected: Vec<_> = counts.iter().map(|counts| (*counts, rule)).collect();
        assert_eq!(stated, expected);
    }
}

/// Source: rules LEN-2 and LEN-5.
#[test]
fn a_dead_letter_that_was_too_much_names_the_rule_of_the_overflow() {
    for (overflow, rule) in [("drop-head", rules::LEN_2), ("reject-publish-dlx", rules::LEN_5)] {
        let mut talk = Talk::plain();
        talk.declare("late", &[]);
        let arguments = [
            ("x-max-length", 1.into()),
            ("x-overflow", overflow.into()),
            ("x-dead-letter-exchange", "".into()),
            ("x-dead-letter-routing-key", "late".into()),
        ];
        talk.declare("q", &arguments);
        (0..2).for_each(|_| talk.publish("q", 1));
        let died = talk.stated(|fact| matches!(fact, Fact::DeadLettered { .. }).then_some(()));
        assert_eq!(died, [((), rule)], "{overflow}");
    }
}

/// Source: rule MND-1; a direct reply has its own, DRT-2.
#[test]
fn a_message_is_unroutable_by_its_own_rule_if_it_was_a_direct_reply_to_nobody() {
    let mut talk = Talk::plain();
    let address = request_replies(&mut talk);
    talk.publish("nowhere", 1);
    talk.publish(&address, 1);
    assert_eq!(talk.heard(), ["1: deliver #2"]);
    assert_eq!(numbers_of_unroutable(&talk), [(1, rules::MND_1)]);
    talk.publish(&format!("{address}x"), 1);
    assert_eq!(numbers_of_unroutable(&talk), [(1, rules::MND_1), (3, rules::DRT_2)]);
}

/// Source: rule DRT-2.
#[test]
fn a_declaration_asks_whether_anybody_waits_for_replies() {
    let mut talk = Talk::plain();
    talk.declare(REPLY_TO, &[]);
    assert_eq!(talk.heard(), ["1: declared: 0"], "the pseudo-queue is always there");
    let address = request_replies(&mut talk);
    talk.declare(&address, &[]);
    assert_eq!(talk.heard(), ["1: declared: 0"]);
    talk.declare(&format!("{address}x"), &[]);
    assert!(talk.heard()[0].contains("NOT_FOUND"));
}

/// Direct replies have left already. Source: rules TX-2 and TX-6.
#[test]
fn what_waits_for_a_commit_is_refused_by_a_rollback() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    let address = request_replies(&mut talk);
    talk.method(Method::TxSelect);
    (0..2).for_each(|_| talk.publish("q", 1));
    talk.publish(&address, 1);
    assert_eq!(talk.broker.uncommitted(), 2);
    talk.method(Method::TxRollback);
    let refused = talk.stated(|fact| match fact {
        Fact::PublishRefused { message, .. } => Some(message.number),
        _ => None,
    });
    assert_eq!(refused, [(1, rules::TX_6), (2, rules::TX_6)]);
    assert_eq!(talk.broker.uncommitted(), 0);
}

/// Source: rule ARG-3.
#[test]
fn a_group_has_at_least_one_member() {
    for (size, heard) in [(1, "1: declared: 0"), (0, "{value_zero,0}")] {
        let mut talk = Talk::plain();
        let quorum = [("x-queue-type", "quorum".into()), ("x-quorum-initial-group-size", size.into())];
        talk.declare("q", &quorum);
        assert!(talk.heard()[0].ends_with(heard), "{size}");
    }
}

/// A durable queue outlives the broker; what is not persistent in it does not. Source: rules DUR-3 and DUR-1.
#[test]
fn what_a_restart_loses_is_counted_off_message_by_message() {
    for (durable, rule) in [(true, rules::DUR_3), (false, rules::DUR_1)] {
        let mut talk = Talk::plain();
        let queue = talk.name("q");
        let declare = QueueDeclare { queue, durable, ..QueueDeclare::default() };
        talk.method(Method::QueueDeclare(Box::new(declare)));
        (0..4).for_each(|_| talk.publish("q", 1));
        talk.broker = talk.broker.restart(talk.now, &mut talk.desk);
        let lost = talk.stated(|fact| match fact {
            Fact::Lost { message, ready, .. } => Some((message.number, *ready)),
            _ => None,
        });
        let expected = [(1, 3), (2, 2), (3, 1), (4, 0)].map(|lost| (lost, rule));
        assert_eq!(lost, expected);
    }
}

/// What was on a disk goes with it, in classic and in quorum queues. Source: rule DUR-15.
#[test]
fn what_is_lost_with_a_disk_says_so_by_its_own_rule() {
    for kind in ["classic", "quorum"] {
        let named = |name| preset(name).unwrap();
        let classic = named("rabbitmq-3.10-classic");
        let spec = StorageSpec {
            classic: classic.clone(),
            classic_2: classic,
            quorum: named("rabbitmq-quorum"),
            disk: DiskSpec::default(),
            cluster: ClusterSpec::default(),
        };
        let mut talk = Talk::plain();
        talk.broker.attach(Storage::new(&spec, 1));
        talk.declare("q", &[("x-queue-type", kind.into())]);
        talk.method(Method::ConfirmSelect);
        talk.publish_as("q", 1, DeliveryMode::Persistent);
        talk.pass(SimDuration::from_secs(2));
        let talk = talk.crash(Crash::DiskLoss);
        let lost = talk.stated(|fact| match fact {
            Fact::Lost { cause, .. } => Some(*cause),
            _ => None,
        });
        assert_eq!(lost, [(LossCause::DiskLost, rules::DUR_15)], "{kind}");
    }
}

/// Source: rules DUR-9 and DUR-16.
#[test]
fn what_a_store_confirms_on_arrival_is_lost_by_a_rule_of_its_own() {
    for (store, rule) in [("never-sync", rules::DUR_16), ("rabbitmq-4-classic", rules::DUR_9)] {
        let named = |name| preset(name).unwrap();
        let spec = StorageSpec {
            classic: named(store),
            classic_2: named(store),
            quorum: named("rabbitmq-quorum"),
            disk: DiskSpec::default(),
            cluster: ClusterSpec::default(),
        };
        let mut talk = Talk::plain();
        talk.broker.attach(Storage::new(&spec, 1));
        talk.declare("q", &[("x-queue-type", "classic".into())]);
        talk.method(Method::ConfirmSelect);
        talk.publish_as("q", 1, DeliveryMode::Persistent);
        let talk = talk.crash(Crash::Process);
        let lost = talk.stated(|fact| match fact {
            Fact::Lost { cause, .. } => Some(*cause),
            _ => None,
        });
        assert_eq!(lost, [(LossCause::InProcessBuffer, rule)], "{store}");
    }
}
