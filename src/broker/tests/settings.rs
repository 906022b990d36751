//! Settings of a broker, and what no script can ask for: virtual hosts, many channels, methods that cross a close.

use super::*;

fn settings() -> Settings {
    Settings::of(&Profile::RABBITMQ_3_10)
}

fn on(channel: u16) -> ChannelRef {
    ChannelRef { channel: ChannelNo(channel), ..AT }
}

/// Source: rules CON-3 and CON-4.
#[test]
fn the_number_of_channels_is_bounded_and_not_their_numbers() {
    let mut talk = Talk::new(Settings { channel_max: 2, ..settings() });
    talk.tell(Command::Method(on(5000), Method::ChannelOpen));
    assert_eq!(talk.heard(), ["5000: ChannelOpenOk"]);
    talk.tell(Command::Method(on(2), Method::ChannelOpen));
    let refused = "0: NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)";
    assert_eq!(talk.heard(), [refused]);
}

/// Source: rule CON-23.
#[test]
fn the_consumers_of_a_channel_are_bounded_if_the_settings_say_so() {
    let mut talk = Talk::new(Settings { consumers_per_channel_max: 2, ..settings() });
    talk.declare("q", &[]);
    (0..2).for_each(|_| talk.consume("q"));
    talk.heard();
    talk.consume("q");
    assert_eq!(talk.heard(), ["0: NOT_ALLOWED - reached maximum (2) of consumers per channel"]);
}

/// Source: rule Q-18.
#[test]
fn a_quorum_queue_may_be_declared_again_as_a_classic_one_if_the_checks_are_relaxed() {
    let told = |relaxed_quorum_checks: bool, more: (&str, FieldValue)| {
        let mut talk = Talk::new(Settings { relaxed_quorum_checks, ..settings() });
        talk.declare("q", &[("x-queue-type", "quorum".into()), ("x-max-length", 5.into())]);
        talk.heard();
        talk.declare("q", &[("x-queue-type", "classic".into()), more]);
        talk.heard().remove(0)
    };
    assert_eq!(told(true, ("x-max-length", 5.into())), "1: declared: 0");
    let type_differs = "1: PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/'";
    let length_differs =
        "1: PRECONDITION_FAILED - inequivalent arg 'x-max-length' for queue 'q' in vhost '/'";
    assert!(told(false, ("x-max-length", 5.into())).starts_with(type_differs));
    assert!(told(true, ("x-max-length", 6.into())).starts_with(length_differs));
}

/// Source: rules CON-1 and CON-2.
#[test]
fn names_of_different_virtual_hosts_have_nothing_to_do_with_each_other() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.publish("q", 1);
    let (vhost, user) = (talk.name("other"), talk.name("guest"));
    let connect = |connection: u32| Command::Open { connection: ConnectionId(connection), vhost, user };
    talk.heard();
    talk.tell(connect(1));
    assert_eq!(talk.heard(), ["0: NOT_ALLOWED - vhost other not found"]);
    talk.operate(Operation::AddVhost { vhost });
    talk.tell(connect(2));
    let [configure, write, read]: [Box<str>; 3] = [".*".into(), ".*".into(), ".*".into()];
    let refused = talk.heard();
    assert!(refused[0].starts_with("0: NOT_ALLOWED - "), "{refused:?}");
    talk.operate(Operation::SetPermissions { user, vhost, configure, write, read });
    talk.tell(connect(3));
    let there = ChannelRef { connection: ConnectionId(3), channel: ChannelNo(1) };
    talk.tell(Command::Method(there, Method::ChannelOpen));
    talk.heard();
    let queue = talk.name("q");
    let declare = QueueDeclare { queue, ..QueueDeclare::default() };
    talk.tell(Command::Method(there, Method::QueueDeclare(Box::new(declare))));
    assert_eq!(talk.heard(), ["1: declared: 0"]);
}

/// Source: rules ERR-4 and ERR-6.
#[test]
fn a_channel_that_the_broker_closes_takes_nothing_but_a_close() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.heard();
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    talk.publish("q", 1);
    assert_eq!(talk.heard(), ["1: PRECONDITION_FAILED - unknown delivery tag 1"]);
    assert_eq!(talk.broker.counts(), (0, 0), "what was on its way behind the error has no effect");
    talk.method(Method::ChannelClose);
    assert_eq!(talk.heard(), ["1: ChannelCloseOk"]);
}

/// Source: rule CON-7.
#[test]
fn an_acknowledgement_that_was_processed_before_the_close_counts() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.consume("q");
    (0..2).for_each(|_| talk.publish("q", 1));
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    talk.tell(Command::ConnectionLost(AT.connection));
    assert_eq!(talk.broker.counts(), (1, 0));
}

/// Source: rule Q-7.
#[test]
fn a_declaration_without_an_answer_still_names_the_last_queue_and_its_errors_close() {
    let mut talk = Talk::plain();
    let queue = talk.name("q");
    let declare = QueueDeclare { queue, no_wait: true, ..QueueDeclare::default() };
    talk.method(Method::QueueDeclare(Box::new(declare.clone())));
    assert_eq!(talk.heard(), [""; 0]);
    talk.method(Method::QueuePurge { queue: Name::EMPTY });
    assert_eq!(talk.heard(), ["1: QueuePurgeOk"]);
    talk.method(Method::QueueDeclare(Box::new(QueueDeclare { durable: true, ..declare })));
    assert!(talk.heard()[0].starts_with("1: PRECONDITION_FAILED - inequivalent arg 'durable'"));
}

/// Source: rules TTL-3 and TTL-9.
#[test]
fn a_message_expires_with_its_millisecond_and_not_before() {
    let mut talk = Talk::plain();
    talk.pass(SimDuration::from_nanos(500));
    talk.declare("q", &[("x-message-ttl", 10.into())]);
    talk.publish("q", 1);
    talk.pass(SimDuration::from_nanos(9_999_999));
    assert_eq!(talk.broker.counts(), (1, 0));
    talk.pass(SimDuration::from_nanos(1));
    assert_eq!(talk.broker.counts(), (0, 0));
}

/// Source: rule FLW-4.
#[test]
fn a_blocked_connection_is_served_and_its_acknowledgements_wait() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.method(Method::BasicQos { prefetch_size: 0, prefetch_count: 1, global: false });
    talk.consume("q");
    (0..2).for_each(|_| talk.publish("q", 1));
    talk.heard();
    talk.operate(Operation::SetAlarms { memory: false, disk: true });
    talk.publish("q", 1);
    talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
    assert_eq!(talk.heard(), ["0: blocked: low on disk"], "its acknowledgement is not read");
    talk.operate(Operation::SetAlarms { memory: false, disk: false });
    assert_eq!(talk.heard(), ["0: ConnectionUnblocked", "1: deliver #2"]);
}

/// Source: rules FLW-2 and CON-11.
#[test]
fn what_is_held_back_goes_with_its_connection() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    talk.operate(Operation::SetAlarms { memory: true, disk: false });
    (0..2).for_each(|_| talk.publish("q", 1));
    assert_eq!(talk.broker.publishes_held(), 2);
    talk.tell(Command::ConnectionLost(AT.connection));
    assert_eq!(talk.broker.publishes_held(), 0);
    assert_eq!(talk.desk.refused, [(LossCause::LostOnTheWire, rules::FLW_2); 2], "they were in the socket");
    talk.heard();
    talk.operate(Operation::SetAlarms { memory: false, disk: false });
    assert_eq!(talk.heard(), [""; 0]);
    assert_eq!(talk.broker.counts(), (0, 0));
}

/// Source: rules QOS-3 and ACK-8.
#[test]
fn a_new_consumer_of_an_old_tag_gets_the_credit_of_the_deliveries_from_its_own_queue() {
    for (second, heard) in [("q", vec!["1: deliver #3"]), ("other", vec![])] {
        let mut talk = Talk::plain();
        talk.declare("q", &[]);
        talk.declare("other", &[]);
        talk.method(Method::BasicQos { prefetch_size: 0, prefetch_count: 1, global: false });
        let consumer_tag = talk.name("t");
        let consume = |queue| BasicConsume { queue, consumer_tag, ..BasicConsume::default() };
        let queue = talk.name("q");
        talk.method(Method::BasicConsume(Box::new(consume(queue))));
        talk.publish("q", 1);
        talk.method(Method::BasicCancel { consumer_tag });
        let queue = talk.name(second);
        talk.method(Method::BasicConsume(Box::new(consume(queue))));
        for queue in ["q", "q", "other", "other"] {
            talk.publish(queue, 1);
        }
        talk.heard();
        talk.method(Method::BasicAck { delivery_tag: 1, multiple: false });
        assert_eq!(talk.heard(), heard, "{second}");
    }
}

/// Source: rules FLW-3 and CF-10.
#[test]
fn what_was_held_back_is_confirmed_together() {
    let mut talk = Talk::plain();
    talk.declare("q", &[("x-max-length", 3.into()), ("x-overflow", "reject-publish".into())]);
    talk.method(Method::ConfirmSelect);
    talk.publish("q", 1);
    talk.operate(Operation::SetAlarms { memory: true, disk: false });
    talk.tell(Command::ConnectionLost(AT.connection));
    talk.open("guest");
    talk.method(Method::ConfirmSelect);
    talk.heard();
    (0..2).for_each(|_| talk.publish("q", 1));
    talk.operate(Operation::SetAlarms { memory: true, disk: true });
    (0..2).for_each(|_| talk.publish("q", 1));
    assert_eq!(talk.heard(), ["0: blocked: low on memory"], "also a connection that opened under the alarm");
    talk.operate(Operation::SetAlarms { memory: false, disk: false });
    assert_eq!(talk.heard(), ["0: ConnectionUnblocked", "1: BasicAck", "1: BasicNack", "1: BasicNack"]);
    talk.publish("q", 1);
    assert_eq!(talk.heard(), ["1: BasicNack"], "and from here on at once");
}
