//! What `explain` answers to "why did this consumer get nothing" and "why was this dead-lettered", each with its rule.
#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use amqpsim::amqp::{MessageId, Names, ProducerId};
use amqpsim::model::simulate_recorded;
use amqpsim::report::Directory;
use amqpsim::report::story::{Filter, Narrator};
use amqpsim::scenario::load;
use expect_test::{Expect, expect};

/// Ten messages for queue `tasks`, whose arguments are `queue`; `consumers` are tables.
fn story(queue: &str, consumers: &str, filter: Filter) -> String {
    let text = format!(
        r#"
[replication]
duration = "10s"

[[queue]]
name = "tasks"
arguments = {{ {queue} }}

[[queue]]
name = "dead"

[[producer]]
name = "shop"
routing-key = "tasks"
count = 10
start = "10ms"
interarrival = "10ms"

{consumers}
"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let system = &loaded.variants[0].scenario.system;
    let directory = Directory::of(&loaded.variants[0].scenario);
    let mut narrator = Narrator::new(directory, filter);
    let mut names = Names::default();
    simulate_recorded(system, 1, |system, seen| {
        names.clone_from(system.names());
        for observation in &seen {
            narrator.observe(&names, observation);
        }
    });
    narrator.finish(&names)
}

/// The last paragraph of the story of a consumer, with the rules below it.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn account(queue: &str, consumers: &str, name: &str, expected: Expect) {
    let filter = Filter { entity: Some(name.to_owned()), lines_max: None, ..Filter::default() };
    let story = story(queue, consumers, filter);
    expected.assert_eq(story.rsplit("\n\n").next().unwrap_or_default());
}

/// The sentences and rules of message 3's story from the instant at which it dies.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn death(queue: &str, consumers: &str, expected: Expect) {
    let message = MessageId { producer: ProducerId(0), number: 3 };
    let queue = format!("{queue}, x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"dead\"");
    let story = story(&queue, consumers, Filter { message: Some(message), ..Filter::default() });
    let told: Vec<&str> = story.lines().skip_while(|line| !line.contains("dead-letters #3")).collect();
    expected.assert_eq(&(told.join("\n") + "\n"));
}

const TWO: &str = r#"
[[consumer]]
name = "first"
queue = "tasks"
prefetch-count = 1
service-time = "15ms"

[[consumer]]
name = "second"
queue = "tasks"
service-time = "15ms"
"#;

/// Rule SAC-1.
#[test]
fn a_standby_gets_nothing() {
    account(
        "x-single-active-consumer = true",
        TWO,
        "second",
        expect![[r#"
            What second got in this run: 0 of the 10 deliveries of queue tasks. Past it went 10 because first is
            the single active consumer [SAC-1]. At the end the queue is empty, and first is the single active
            consumer [SAC-1].
        "#]],
    );
}

/// Rule DSP-9.
#[test]
fn a_consumer_of_lower_priority_is_outranked() {
    let consumers =
        TWO.replacen("service", "arguments = { x-priority = 5 }\nservice", 1).replace("15ms", "5ms");
    account(
        "",
        &consumers,
        "second",
        expect![[r#"
        What second got in this run: 0 of the 10 deliveries of queue tasks. Past it went 10 because first
        has x-priority 5, above its own 0 [DSP-9]. At the end the queue is empty.
            [DSP-9] A consumer of lower priority gets a message only while every consumer of higher priority
            is blocked.
    "#]],
    );
}

/// Rule QOS-3.
#[test]
fn a_consumer_that_never_acknowledges_is_full() {
    let hangs = "[[consumer]]\nname = \"stuck\"\nqueue = \"tasks\"\nprefetch-count = 2\nservice-time = \"1ms\"\noutcome = \"hang\"";
    account(
        "",
        hangs,
        "stuck",
        expect![[r#"
        What stuck got in this run: 2 of the 2 deliveries of queue tasks. At the end 8 messages are ready,
        and its prefetch count of 2 is used up since 20.500ms [QOS-3].
            [QOS-3] A consumer may hold at most its prefetch count of unacknowledged messages; each consumer
            is counted by itself.
    "#]],
    );
}

/// Rule DSP-12.
#[test]
fn an_exclusive_consumer_that_comes_second_is_refused() {
    let consumers = format!("{TWO}exclusive = true\nstart = \"25ms\"");
    account(
        "",
        &consumers,
        "second",
        expect![[r#"
        Why second got nothing: it never had a subscription; its channel was closed at 26.500ms with 403
        `ACCESS_REFUSED - queue 'tasks' in vhost '/' in exclusive use` [DSP-12].
    "#]],
    );
}

#[test]
fn a_consumer_that_comes_late_was_passed_before() {
    account(
        "",
        &format!("{TWO}start = \"55ms\""),
        "second",
        expect![[r#"
        What second got in this run: 5 of the 10 deliveries of queue tasks. Past it went 3 while it had no
        subscription, 2 when it was the turn of another [DSP-2]. At the end the queue is empty.
    "#]],
    );
    account(
        "",
        &format!("{TWO}start = \"20s\""),
        "second",
        expect![[r#"
        Why second got nothing: it never had a subscription; it never asked for any.
    "#]],
    );
}

/// Rule DSP-15.
#[test]
fn a_consumer_that_stopped_has_no_subscription() {
    account(
        "",
        &format!("{TWO}stop = \"55ms\""),
        "second",
        expect![[r#"
        What second got in this run: 2 of the 10 deliveries of queue tasks. Past it went 5 while it had no
        subscription, 3 when it was the turn of another [DSP-2]. At the end it has no subscription: its
        subscription ended at 55.500ms [DSP-15].
    "#]],
    );
}

#[test]
fn an_empty_queue_has_nothing_for_anybody() {
    let reads_dead = "[[consumer]]\nname = \"late\"\nqueue = \"dead\"\nservice-time = \"1ms\"";
    account(
        "",
        reads_dead,
        "late",
        expect![[r#"
        Why late got nothing: queue dead had nothing to deliver. At the end the queue is empty.
    "#]],
    );
}

/// Rules TTL-2, LEN-2, QQ-3 and ACK-7.
#[test]
fn a_dead_letter_says_why_it_died() {
    death(
        "x-message-ttl = 20",
        "",
        expect![[r#"
             50.500ms  queue tasks dead-letters #3, reason expired: the default exchange hands it to 1 queue
                             [TTL-2] A message expires after the shorter of its own time to live and its
                             queue's, counted from its arrival in the queue.
                         queue dead takes #3: ready 3, unacked 0 [RT-13]

        Fate of #3 in queue tasks: dead-lettered at 50.500ms, reason expired.

        Fate of #3 in queue dead: still ready in queue dead at the end.
    "#]],
    );
    death(
        "x-max-length = 1",
        "",
        expect![[r#"
                         queue tasks dead-letters #3, reason maxlen: the default exchange hands it to 1
                           queue
                             [LEN-2] With `drop-head` the message is taken in first; then the queue drops
                             from its head until it is within its limit.
                         queue dead takes #3: ready 3, unacked 0 [RT-13]

        Fate of #3 in queue tasks: dead-lettered at 40.500ms, reason maxlen.

        Fate of #3 in queue dead: still ready in queue dead at the end.
    "#]],
    );
    let returns =
        "[[consumer]]\nname = \"c\"\nqueue = \"tasks\"\nservice-time = \"1ms\"\noutcome = \"requeue\"";
    death(
        "x-queue-type = \"quorum\", x-delivery-limit = 1",
        returns,
        expect![[r#"
                             queue tasks dead-letters #3, reason delivery_limit: the default exchange hands it
                               to 1 queue [QQ-3]
                             queue dead takes #3: ready 3, unacked 0 [RT-13]

            Fate of #3 in queue tasks: dead-lettered at 35.522ms, reason delivery_limit; delivered twice because
            c gave it back by basic.reject.

            Fate of #3 in queue dead: still ready in queue dead at the end.
        "#]],
    );
    death(
        "x-max-priority = 2",
        &returns.replace("requeue", "reject"),
        expect![[r#"
                         queue tasks dead-letters #3, reason rejected: the default exchange hands it to 1
                           queue
                             [DLX-2] A dead-lettered message is published to the dead-letter exchange with
                             the queue's dead-letter key, or its own keys if there is none; if that leads
                             nowhere it is dropped.
                         queue dead takes #3: ready 3, unacked 0 [RT-13]

        Fate of #3 in queue tasks: dead-lettered at 32.500ms, reason rejected.

        Fate of #3 in queue dead: still ready in queue dead at the end.
    "#]],
    );
}

/// Rule CON-7.
#[test]
fn an_acknowledgement_that_a_cut_loses_is_told() {
    let crash = "[[consumer]]\nname = \"c\"\nqueue = \"tasks\"\nservice-time = \"1ms\"\n\
                 [[fault.consumer-crash]]\nconsumer = \"c\"\nat = \"12.2ms\"\nrestart-after = \"5ms\"";
    let message = MessageId { producer: ProducerId(0), number: 1 };
    let story = story("", crash, Filter { message: Some(message), ..Filter::default() });
    let told: Vec<&str> = story.lines().skip_while(|line| !line.contains("is lost on its way")).collect();
    expect![[r#"
                         basic.ack(delivery-tag=1, multiple=false) for #1 from c is lost on its way
                             [CON-7] An acknowledgement counts if the broker handled it before the channel
                             closed; one that was still on its way is lost.
                         c loses its connection
             12.700ms  queue tasks takes back #1 (tag 1) because the acknowledgement of c was lost on its
                         way: ready 1, unacked 0
                             [CON-6] When a channel goes away, each queue removes its consumers, takes back
                             its unacknowledged messages at their old places with the redelivered flag, and
                             then serves the consumers that are left.
             20.700ms  broker receives basic.consume(queue=tasks, consumer-tag=c) from c
                         queue tasks delivers #1 to c, again because the acknowledgement of c was lost on
                           its way: ready 1, unacked 1; c holds 1, no limit; next in turn: c [DSP-2]
                         broker sends basic.deliver(consumer-tag=c, delivery-tag=1, redelivered=true) of #1
                           to c
             21.200ms  c receives #1 (delivery-tag=1, redelivered=true); 1 in its buffer
                         c begins to work on #1, for 1ms
             22.200ms  c has processed #1 once more, 12.2ms after it was published
                         c sends basic.ack(delivery-tag=1, multiple=false) for #1
             22.700ms  broker receives basic.ack(delivery-tag=1, multiple=false) for #1 from c
                         queue tasks settles #1 (tag 1), acknowledged: ready 0, unacked 1
                             [ACK-2] An acknowledgement settles the delivery with its tag; with `multiple`,
                             that one and all before it on the channel.

        Fate of #1: processed by c at 12.000ms, 2ms after it was published, and once more by c at 22.200ms;
        delivered twice because the acknowledgement of c was lost on its way.
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

/// A client's consumer with the same tag stands on another channel: its deliveries are not those of the one asked for.
/// Source: rule DSP-15.
#[test]
fn a_tag_belongs_to_a_channel() {
    let consumers = r#"
[[client]]
name = "other"
do = [{ method = "basic.consume", queue = "tasks", consumer-tag = "own", no-ack = true }]

[[consumer]]
name = "own"
queue = "tasks"
service-time = "1ms"
start = "55ms"
"#;
    account(
        "",
        consumers,
        "own",
        expect![[r#"
            What own got in this run: 2 of the 10 deliveries of queue tasks. Past it went 5 while it had no
            subscription, 3 when it was the turn of another [DSP-2]. At the end the queue is empty.
        "#]],
    );
}

/// Source: rule SAC-1.
#[test]
fn a_standby_stands_by() {
    let story = story("x-single-active-consumer = true", TWO, Filter::default());
    assert!(
        story.contains("second stands by for queue tasks: first is its single active consumer"),
        "{story}"
    );
}

/// Source: rule CON-2.
#[test]
fn a_consumer_whose_connection_is_refused_says_so() {
    let refused = "[[vhost]]\nname = \"south\"\n[[user]]\nname = \"intern\"\n\
         permissions = [{ vhost = \"/\", configure = \"\", write = \"\", read = \".*\" }]\n\
         [[queue]]\nname = \"far\"\nvhost = \"south\"\n\
         [[connection]]\nname = \"trespasser\"\nvhost = \"south\"\nuser = \"intern\"\n\
         [[consumer]]\nname = \"spy\"\nconnection = \"trespasser\"\nqueue = \"far\"\nservice-time = \"1ms\"\n";
    let story = story("", refused, Filter { entity: Some("spy".to_owned()), ..Filter::default() });
    let story = story.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(story.contains("its connection trespasser was refused at 0.500ms with 530"), "{story}");
    assert!(story.contains("[CON-2] Opening an unknown virtual host, or one in which the user"), "{story}");
}

/// Source: rules FLW-2 and FLW-3.
#[test]
fn a_connection_that_an_alarm_blocks_is_told() {
    let alarm = "[[fault.alarm]]\nat = \"20ms\"\nresource = \"memory\"\nlasts = \"20ms\"\n";
    let story = story("", alarm, Filter { entity: Some("shop".to_owned()), ..Filter::default() });
    for part in ["connection.blocked(reason=", "connection.unblocked reaches shop"] {
        assert!(story.contains(part), "{part} is not in\n{story}");
    }
}
