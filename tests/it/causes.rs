//! Every cause of a loss comes about in some run, and the story of a message that is lost to it names it.

use amqpsim::amqp::{MessageId, Names};
use amqpsim::model::simulate_recorded;
use amqpsim::observe::{Fact, LossCause, Observation, What};
use amqpsim::report::Directory;
use amqpsim::report::story::{Filter, Narrator};
use amqpsim::scenario::load;

/// What a producer has to have beside a name and a key.
const PACE: &str = "interarrival = \"10ms\"\ncount = 100\n";

/// Faster than a message crosses a link, so that there is always one on its way.
const FAST: &str = "interarrival = \"3ms\"\ncount = 300\n";

/// A scenario with a producer, a queue with these keys, and more tables.
fn scenario(queue: &str, producer: &str, rest: &str) -> String {
    format!(
        "[broker]\nprofile = \"rabbitmq-3.13\"\n\n[replication]\nduration = \"60s\"\n\n[link]\nlatency = \"4ms\"\n\n\
         [[queue]]\nname = \"orders\"\n{queue}\n\n[[producer]]\nname = \"shop\"\nrouting-key = \"orders\"\n{producer}\n\n{rest}"
    )
}

fn consumer(keys: &str) -> String {
    format!("[[consumer]]\nname = \"billing\"\nqueue = \"orders\"\nservice-time = \"50ms\"\n{keys}\n\n")
}

fn fault(kind: &str, at: &str, keys: &str) -> String {
    format!("[[fault.{kind}]]\nname = \"strike\"\nat = \"{at}\"\n{keys}\n\n")
}

/// Scenarios in one of which the cause comes about.
#[expect(clippy::too_many_lines, reason = "one short scenario for each cause")]
fn scenarios(cause: LossCause) -> Vec<String> {
    let persistent = format!("persistent = true\n{PACE}");
    let confirmed = format!("confirms = true\n{persistent}");
    let lasts = "lasts = \"1s\"";
    let arguments = |text: &str| format!("arguments = {{ {text} }}");
    let client = |method: &str| {
        format!(
            "[[client]]\nname = \"operator\"\nstart = \"500ms\"\ndo = [{{ method = \"{method}\", queue = \"orders\" }}]\n"
        )
    };
    let one = match cause {
        LossCause::NotSent => {
            let producer = "confirms = true\nmax-in-flight = 1\ninterarrival = \"1ms\"\ncount = 100";
            scenario(
                "",
                producer,
                &fault("producer-crash", "60ms", "producer = \"shop\"\nby = \"process-exit\""),
            )
        }
        LossCause::LostOnTheWire => {
            scenario("", FAST, &fault("connection-loss", "302ms", "connection = \"shop\"\nlasts = \"1s\""))
        }
        LossCause::Refused => {
            let gone = "[[exchange]]\nname = \"logs\"\ntype = \"fanout\"\nauto-delete = true\n\n[[queue]]\nname = \"gone\"\n\
                        arguments = { x-expires = 200 }\n\n[[binding]]\nexchange = \"logs\"\nqueue = \"gone\"\n";
            scenario("", &format!("exchange = \"logs\"\n{PACE}"), gone)
        }
        LossCause::RolledBack => scenario(
            "",
            &format!("transaction-size = 50\n{PACE}"),
            &fault("connection-loss", "300ms", "connection = \"shop\"\nlasts = \"1s\""),
        ),
        LossCause::TransientInRestart => scenario("", PACE, &fault("broker-restart", "2s", lasts)),
        LossCause::QueueNotDurable => {
            scenario("durable = false", &persistent, &fault("broker-restart", "2s", lasts))
        }
        LossCause::InMailbox => {
            let busy = "[classic-store]\nservice-time = \"50ms\"\n\n";
            scenario("", &persistent, &format!("{busy}{}", fault("process-crash", "500ms", lasts)))
        }
        LossCause::InProcessBuffer => scenario("", &persistent, &fault("process-crash", "500ms", lasts)),
        LossCause::InPageCache => {
            let rest = "[classic-store]\npreset = \"rabbitmq-4-classic\"\n\n";
            scenario("", &confirmed, &format!("{rest}{}", fault("power-loss", "2s", lasts)))
        }
        // Small files of bodies beside one index: what the operating system has written back of each differs.
        LossCause::IndexWithoutBody => {
            let store = "[classic-store]\npreset = \"rabbitmq-4-classic\"\nshared-file-size = \"60kB\"\n\n[disk]\n\
                         writeback-age = \"700ms\"\nwriteback-period = \"300ms\"\nwriteback-phase = \"0s\"\n\
                         commit-period = \"0s\"\n\n";
            let producer = "confirms = true\npersistent = true\nmessage-size = \"8kB\"\ninterarrival = \"70ms\"\ncount = 100";
            let at = |k: u64| format!("{}ms", 2000 + 130 * k);
            return (0..20)
                .map(|k| scenario("", producer, &format!("{store}{}", fault("power-loss", &at(k), lasts))))
                .collect();
        }
        LossCause::TornTail => {
            let store = "[classic-store]\npreset = \"rabbitmq-3.10-classic\"\n\n[disk]\nsync-time = \"50ms\"\n\
                         torn-writes = true\n\n";
            // Where a write is torn is drawn.
            let text = scenario("", &confirmed, &format!("{store}{}", fault("power-loss", "321ms", lasts)));
            let seeded = |seed: u64| text.replace("[replication]", &format!("[replication]\nseed = {seed}"));
            return (1..20).map(seeded).collect();
        }
        LossCause::QueueUnregistered => scenario(
            &arguments("x-queue-type = \"quorum\""),
            &confirmed,
            &fault("power-loss", "500ms", lasts),
        ),
        LossCause::DiskLost => scenario("", &confirmed, &fault("disk-loss", "2s", lasts)),
        LossCause::AutoAckInFlight => {
            let cut = fault("connection-loss", "502ms", "connection = \"billing\"\nlasts = \"1s\"");
            scenario("", FAST, &format!("{}{cut}", consumer("acknowledge = \"automatic\"")))
        }
        LossCause::AutoAckInBuffer => {
            let crash = fault("consumer-crash", "502ms", "consumer = \"billing\"\nby = \"process-exit\"");
            scenario("", PACE, &format!("{}{crash}", consumer("acknowledge = \"automatic\"")))
        }
        LossCause::AckedBeforeProcessing => {
            let crash = fault("consumer-crash", "502ms", "consumer = \"billing\"\nby = \"process-exit\"");
            let careless = consumer("acknowledge = \"before-processing\"\nprefetch-count = 1");
            scenario("", PACE, &format!("{careless}{crash}"))
        }
        LossCause::Expired => scenario(&arguments("x-message-ttl = 20"), PACE, ""),
        LossCause::Overflow => scenario(&arguments("x-max-length = 1"), PACE, ""),
        LossCause::QueueFull => {
            scenario(&arguments("x-max-length = 1, x-overflow = \"reject-publish\""), PACE, "")
        }
        LossCause::Rejected => scenario("", PACE, &consumer("outcome = \"reject\"")),
        LossCause::DeliveryLimit => scenario(
            &arguments("x-queue-type = \"quorum\", x-delivery-limit = 1"),
            PACE,
            &consumer("outcome = \"requeue\""),
        ),
        LossCause::DeadLetterTargetMissing => {
            let letters =
                "x-message-ttl = 20, x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"none\"";
            scenario(&arguments(letters), PACE, "")
        }
        LossCause::DeadLetterCycle => {
            let letters =
                "x-message-ttl = 20, x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"orders\"";
            scenario(&arguments(letters), PACE, "")
        }
        LossCause::Purged => scenario("", PACE, &client("queue.purge")),
        LossCause::QueueDeleted => scenario("", PACE, &client("queue.delete")),
    };
    vec![one]
}

/// The first message of a run that something is observed of.
fn first(text: &str, wanted: impl Fn(&What) -> Option<MessageId>) -> Option<MessageId> {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
    let scenario = &loaded.variants[0].scenario;
    let mut found = None;
    let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, seen: Vec<Observation>| {
        found = found.or_else(|| seen.iter().find_map(|one| wanted(&one.what)));
    });
    assert_eq!(outcome.balanced, Ok(()), "{text}");
    found
}

fn story(text: &str, message: Option<MessageId>) -> String {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
    let scenario = &loaded.variants[0].scenario;
    let filter = Filter { message, lines_max: None, ..Filter::default() };
    let mut narrator = Narrator::new(Directory::of(scenario), filter);
    let mut names = Names::default();
    let _ = simulate_recorded(&scenario.system, scenario.seed, |system, seen: Vec<Observation>| {
        names.clone_from(system.names());
        for one in &seen {
            narrator.observe(&names, one);
        }
    });
    let told = narrator.finish(&names);
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lost_to(cause: LossCause, what: &What) -> Option<MessageId> {
    match what {
        What::LostOutside { message, cause: of, .. }
        | What::Broker(
            Fact::Lost { message, cause: of, .. } | Fact::PublishRefused { message, cause: of },
            _,
        ) if *of == cause => Some(*message),
        _ => None,
    }
}

#[test]
fn every_cause_comes_about_and_its_story_names_it() {
    let mut never = Vec::new();
    for cause in LossCause::ALL {
        let text = scenarios(cause).into_iter().find_map(|text| {
            let message = first(&text, |what| lost_to(cause, what))?;
            Some((text, message))
        });
        let Some((text, message)) = text else {
            never.push(cause);
            continue;
        };
        let told = story(&text, Some(message));
        let fate = told.split_once("Fate of").map_or("", |(_, fate)| fate);
        assert!(fate.contains(cause.words()), "`{}` is not the fate in\n{told}", cause.words());
        let all = story(&text, None);
        let line = all.split_once("Lost in all:").map_or("", |(_, line)| line);
        assert!(line.contains(cause.words()), "`{}` is not in the summary of\n{line}", cause.words());
    }
    assert_eq!(never, [], "nothing is lost to these");
}

/// No queue had a copy of it, so that is no loss of the books; its story says what became of it.
#[test]
fn a_message_that_no_queue_gets_is_told_so() {
    let text = scenario("", &PACE.replace("count", "routing-key = \"orders\"\ncount"), "")
        .replace("routing-key = \"orders\"\ninter", "routing-keys = [\"nowhere\", \"orders\"]\ninter")
        .replacen("routing-key = \"orders\"\ncount", "count", 1);
    let message = first(&text, |what| match what {
        What::Broker(Fact::Unroutable { message, .. }, _) => Some(*message),
        _ => None,
    });
    let told = story(&text, Some(message.expect("some are dropped")));
    assert!(told.contains("dropped: no queue got it, and it was not mandatory"), "{told}");
}

/// The chain of events behind a confirmed message that is lost, for each way in which that happens.
#[test]
fn a_message_lost_though_confirmed_is_told_as_a_chain() {
    let chain = |text: &str, cause: LossCause| {
        let message = first(text, |what| lost_to(cause, what)).expect("some are lost");
        let told = story(text, Some(message));
        told.split_once("How #").map_or(told.clone(), |(_, chain)| chain.to_owned())
    };
    let cached = chain(&scenarios(LossCause::InPageCache)[0], LossCause::InPageCache);
    for part in [
        "was lost though confirmed: published at",
        "→ in the memory of queue orders at",
        "→ in the page cache at",
        "as soon as it was written, because its store waits for no sync → lost at 2000.000ms, in the page cache, by fault \
         strike: the broker loses its power, for 1s.",
        "What would have kept it: a sync, or the write-back of the operating system",
        "at the latest",
    ] {
        assert!(cached.contains(part), "`{part}` is not in\n{cached}");
    }
    let young = chain(&scenarios(LossCause::QueueUnregistered)[0], LossCause::QueueUnregistered);
    assert!(young.contains("as soon as a majority of the nodes had synced it"), "{young}");
    let transient = scenarios(LossCause::TransientInRestart)[0].replace("count", "confirms = true\ncount");
    let transient = chain(&transient, LossCause::TransientInRestart);
    assert!(transient.contains("because such a message is never written"), "{transient}");
    let dishonest = format!(
        "[disk]\nhonours-flush = false\n\n{}",
        scenarios(LossCause::InPageCache)[0].replace("rabbitmq-4-classic", "sync-per-message")
    );
    let dishonest = chain(&dishonest, LossCause::InPageCache);
    assert!(dishonest.contains("after a sync, which this disk does not bring to safety"), "{dishonest}");
    let quorum = |more: &str| {
        format!(
            "[[queue]]\nname = \"orders\"\narguments = {{ x-queue-type = \"quorum\" }}\n[[producer]]\nname = \"shop\"\n\
             routing-key = \"orders\"\nconfirms = true\nstart = \"1s\"\ncount = 20\ninterarrival = \"10ms\"\n{more}"
        )
    };
    let fault = "[[fault.power-loss]]\nat = \"1.5s\"\nlasts = \"1s\"\n[disk]\nhonours-flush = false\n";
    let lies = chain(&quorum(fault), LossCause::InPageCache);
    assert!(
        lies.contains("after a sync of a majority of the nodes, which their disks do not bring to safety"),
        "{lies}"
    );
    assert!(!lies.contains("on the disk at"), "nobody saw it there: {lies}");
    let disk = |node| {
        format!(
            "[[fault.node-crash]]\nname = \"n{node}\"\nnode = {node}\nby = \"disk-loss\"\nat = \"3s\"\nlasts = \"1s\"\n"
        )
    };
    let disks = chain(&quorum(&format!("[cluster]\nnodes = 3\n{}{}", disk(2), disk(3))), LossCause::DiskLost);
    assert!(disks.contains("What would have kept it: the disks of a majority of the nodes"), "{disks}");
    let never = scenarios(LossCause::InPageCache)[0]
        .replace("rabbitmq-4-classic", "never-sync")
        .replace("power-loss", "process-crash")
        .replace("\"2s\"", "\"505ms\"");
    let never = format!("[disk]\nwrite-time = \"50ms\"\n\n{never}");
    let never = chain(&never, LossCause::InProcessBuffer);
    assert!(never.contains("because its store waits for no write"), "{never}");
}

/// Source: rule TX-4.
#[test]
fn the_answer_to_a_commit_is_told_with_its_messages() {
    let text = scenario("", &format!("transaction-size = 3\n{PACE}"), "");
    let all = story(&text, None);
    assert!(all.contains("broker answers shop with tx.commit-ok for #1, #2 and #3"), "{all}");
    assert!(all.contains("tx.commit-ok reaches shop: #1, #2 and #3 committed"), "{all}");
    let one = story(
        &text,
        first(&text, |what| match what {
            What::Published { message, .. } => Some(*message),
            _ => None,
        }),
    );
    assert!(one.contains("To its producer #1 is committed since"), "{one}");
}

/// Source: rules QQ-7 and QQ-8.
#[test]
fn a_node_crash_names_the_node_and_what_follows() {
    let text = scenario(
        "arguments = { x-queue-type = \"quorum\" }",
        &format!("confirms = true\n{PACE}"),
        &format!(
            "[cluster]\nnodes = 3\n\n{}",
            fault("node-crash", "300ms", "node = 1\nby = \"power-loss\"\nlasts = \"9s\"")
        ),
    );
    let all = story(&text, None);
    for part in [
        "shop gets through to node 1",
        "fault strike begins: node 1 of 3 loses its power, for 9s",
        "quorum queues have no leader",
        "shop gets through to node 2: its own is down",
        "quorum queues are led by node 2",
    ] {
        assert!(all.contains(part), "`{part}` is not in\n{all}");
    }
}

/// A broker that is away is asked again and again: one sentence, until something else happens.
#[test]
fn attempts_that_follow_each_other_are_one_sentence() {
    let text = scenario("", PACE, &fault("process-crash", "300ms", "lasts = \"1s\""))
        .replace("[link]\n", "[link]\nreconnect-delay = \"100ms\"\n");
    let all = story(&text, None);
    let (before, after) = all
        .split_once(
            " 404.000ms shop tries to connect, 9 times between 404.000ms and 1268.000ms 1300.000ms fault ",
        )
        .unwrap_or_else(|| panic!("{}", &all[all.len().saturating_sub(2000)..]));
    assert!(before.contains("broker stops") && after.contains("broker runs again"));
    assert!(after.contains(" 1376.000ms shop tries to connect 1380.000ms "), "the one that is answered");
}

/// A queue had let go of its messages, and that was not on the disk: it has them again after the crash, and their dead letters
/// come once more. A letter that was lost the first time is made good, and one that was worked off is a second one.
#[test]
fn a_dead_letter_that_comes_again_makes_the_first_one_good() {
    let dies = "[[fault.consumer-crash]]\nconsumer = \"billing\"\nat = \"2.78s\"\nrestart-after = \"1s\"\n";
    for (fault, processed, lost) in [("", 12, 0), (dies, 5, 7)] {
        let text = format!(
            "[classic-store]\ndeletes-settled-files = false\n[[queue]]\nname = \"orders\"\narguments = {{ x-dead-letter-exchange = \
             \"\", x-dead-letter-routing-key = \"late\", x-message-ttl = 500 }}\n[[queue]]\nname = \"late\"\n\
             [[producer]]\nname = \"shop\"\nrouting-key = \"orders\"\npersistent = true\nconfirms = true\ncount = 10\n\
             interarrival = \"1ms\"\n[[consumer]]\nname = \"billing\"\nqueue = \"late\"\nacknowledge = \"automatic\"\n\
             service-time = \"50ms\"\n[[fault.process-crash]]\nat = \"600ms\"\nlasts = \"2s\"\n{fault}"
        );
        let loaded = load("again.toml", &text, &[]).unwrap();
        let scenario = &loaded.variants[0].scenario;
        let outcome = amqpsim::model::simulate(&scenario.system, scenario.seed);
        let (ledger, producer) = (&outcome.ledger, &outcome.producers[0]);
        assert_eq!(outcome.balanced, Ok(()));
        assert_eq!(
            (ledger.came_back, ledger.dead_lettered, ledger.processed),
            (10, 20, processed),
            "{ledger:?}"
        );
        assert_eq!((producer.messages_lost, producer.lost_though_confirmed), (lost, lost), "{ledger:?}");
        // Two of the first letters were worked off before the crash; all were handed out.
        assert_eq!((ledger.processed_twice, ledger.delivered_twice), (2, 10), "{ledger:?}");
    }
}

/// A copy that the consumer had for good, and that is in its queue again because its acknowledgement was not on disk, is not
/// lost with the consumer's buffer: the queue has it, and the two are one. So it is with one that was lost before.
#[test]
fn what_a_consumer_had_for_good_is_not_lost_where_it_comes_back() {
    let dies = "[[fault.consumer-crash]]\nconsumer = \"billing\"\nat = \"1.06s\"\nrestart-after = \"2s\"\n";
    for (acknowledge, fault) in
        ["automatic", "before-processing"].into_iter().flat_map(|how| [(how, ""), (how, dies)])
    {
        let text = format!(
            "[classic-store]\ndeletes-settled-files = false\n[[queue]]\nname = \"orders\"\n[[producer]]\nname = \"shop\"\n\
             routing-key = \"orders\"\npersistent = true\nconfirms = true\ncount = 30\ninterarrival = \"1ms\"\n\
             [[consumer]]\nname = \"billing\"\nqueue = \"orders\"\nacknowledge = \"{acknowledge}\"\nstart = \"1s\"\n\
             service-time = \"20ms\"\n[[fault.process-crash]]\nat = \"1.1s\"\nlasts = \"1s\"\n{fault}"
        );
        let loaded = load("back.toml", &text, &[]).unwrap();
        let scenario = &loaded.variants[0].scenario;
        let outcome = amqpsim::model::simulate(&scenario.system, scenario.seed);
        let ledger = &outcome.ledger;
        let case = format!("{acknowledge}, {fault}: {ledger:?}");
        assert_eq!(outcome.balanced, Ok(()), "{case}");
        assert!(ledger.came_back == 30 && ledger.came_back_unprocessed > 20, "{case}");
        let producer = &outcome.producers[0];
        assert_eq!(
            (ledger.lost_total(), producer.lost_though_confirmed, producer.messages_lost),
            (0, 0, 0),
            "{case}"
        );
        assert_eq!((ledger.copies, ledger.queued + ledger.in_flight), (30, 0), "{case}");
        // What it had processed comes again, and what it worked on when the broker died: it goes on with that.
        let worked_on = u64::from(fault.is_empty());
        assert_eq!(ledger.processed_again, 30 - (ledger.came_back_unprocessed - worked_on), "{case}");
    }
}
