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
    let mut talk = Talk::of(profile, Settings::of(profile).with_acknowledgement_timeout(profile));
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
