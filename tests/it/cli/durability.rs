//! `amqpsim durability`: the table from outside, and the facts that it must agree with.

use std::collections::BTreeMap;

use expect_test::expect_file;

use super::{amqpsim, out};

/// Lost and lost though confirmed, by crash and store, in the part of the table that the options select. `None` where the
/// crash does not apply.
fn cells(options: &[&str]) -> BTreeMap<(String, String), Option<(u64, u64)>> {
    let output = amqpsim(&[&["durability", "--format", "csv"][..], options].concat());
    assert_eq!(output.status.code(), Some(0));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |place: usize| fields[place].parse().ok();
        let applies = fields[12] != "does-not-apply";
        assert!(fields[6..12].iter().all(|field| field.is_empty() != applies), "{line}");
        ((fields[0].to_owned(), fields[1].to_owned()), number(7).zip(number(8)))
    };
    out(&output).lines().skip(1).map(row).collect()
}

#[test]
fn the_table_is_the_one_that_was_reviewed() {
    let part = ["durability", "--queue", "durable", "--confirms", "yes", "--ack", "manual"];
    let [one, two] = ["1", "2"].map(|jobs| amqpsim(&[&part[..], &["--jobs", jobs]].concat()));
    assert_eq!(out(&one), out(&two), "results do not depend on the number of threads");
    expect_file!["durability.table.txt"].assert_eq(out(&one));
}

#[test]
fn careful_applications_lose_what_their_store_does_not_sync() {
    let careful = ["--queue", "durable", "--message", "persistent", "--confirms", "yes", "--ack", "manual"];
    for ((crash, store), numbers) in cells(&careful) {
        let at = format!("{crash}, {store}");
        let members = store.strip_prefix("rabbitmq-quorum-");
        let Some((lost, confirmed)) = numbers else {
            assert!(crash == "queue-crash" && members.is_some(), "{at}");
            continue;
        };
        let synced = members.is_some()
            || ["rabbitmq-3.10-classic", "rabbitmq-3.13-classic-v1", "sync-per-message"]
                .contains(&store.as_str());
        match crash.as_str() {
            // It answers before it writes, and where the connection lives on, the answer arrives.
            "queue-crash" if store == "never-sync" => assert_eq!((lost, confirmed), (1, 1), "{at}"),
            "broker-restart" | "process-crash" | "queue-crash" | "node-crash" | "consumer-crash"
            | "producer-crash" | "connection-loss" => {
                assert_eq!(confirmed, 0, "{at}");
            }
            "power-loss" if synced => assert_eq!(confirmed, 0, "{at}"),
            // The others have it.
            "node-disk-loss" if matches!(members, Some("3" | "5")) => assert_eq!(confirmed, 0, "{at}"),
            "power-loss" | "disk-loss" | "node-disk-loss" => assert_eq!((lost, confirmed), (30, 30), "{at}"),
            other => panic!("unknown crash {other}"),
        }
    }
}

#[test]
fn transient_messages_are_lost_though_confirmed_in_any_crash_but_not_in_quorum_queues() {
    let transient = ["--queue", "durable", "--message", "transient", "--confirms", "yes", "--ack", "manual"];
    for ((crash, store), numbers) in cells(&transient) {
        let Some((_, confirmed)) = numbers else { continue };
        // Its queue lives on.
        let of_client = ["consumer-crash", "producer-crash", "connection-loss"].contains(&crash.as_str());
        let kept = of_client
            || store.starts_with("rabbitmq-quorum")
                && crash != "disk-loss"
                && (crash != "node-disk-loss" || store != "rabbitmq-quorum-1");
        assert_eq!(confirmed, if kept { 0 } else { 30 }, "{crash}, {store}");
    }
}

/// Short names and the preset's are enough, and a mistyped one is told what may be meant.
#[test]
fn a_store_is_found_by_its_short_name() {
    for (given, columns) in [("quorum-3", 1), ("rabbitmq-quorum", 3), ("quorum", 3), ("4-classic", 1)] {
        let cells =
            cells(&["--crash", "node-crash", "--confirms", "yes", "--ack", "manual", "--store", given]);
        assert_eq!(cells.len(), columns, "{given}");
    }
    for (given, meant) in [
        ("quorun-3", "did you mean `quorum-3`?"),
        ("classic-v2", "did you mean `rabbitmq-3.10-classic-v2`"),
        ("raft", "the stores are 3.10-classic, "),
    ] {
        let refused = amqpsim(&["durability", "--store", given]);
        assert_eq!((refused.status.code(), out(&refused)), (Some(2), ""));
        assert!(super::err(&refused).contains(meant), "{}", super::err(&refused));
    }
}

/// Every cell has its reason, with a rule that says so of this store.
#[test]
fn every_cell_has_a_reason() {
    let careful = ["--queue", "durable", "--message", "persistent", "--confirms", "yes", "--ack", "manual"];
    let crashes = ["--crash", "process-crash", "--crash", "queue-crash", "--crash", "node-disk-loss"];
    let output = amqpsim(&[&["durability", "--why"], &careful[..], &crashes[..]].concat());
    let (_, reasons) = out(&output).split_once("\n\nprocess-crash, 3.10-classic: ").expect("reasons follow");
    let reasons: Vec<&str> = reasons.split("\n\n").collect();
    assert_eq!(reasons.len(), 3 * 9, "one for each cell");
    for reason in &reasons {
        let lines = reason.lines().count();
        assert!(lines > 1, "{reason}");
        let early = reason.contains("DUR-16");
        assert!(!early || reason.contains(", never-sync: "), "{reason}");
        assert!(!reason.contains(", never-sync: ") || !reason.contains("DUR-9"), "{reason}");
    }
    let early = reasons.iter().filter(|reason| reason.contains("DUR-16"));
    assert!(early.count() >= 2);
}

#[test]
fn automatic_acknowledgement_loses_the_buffer_of_a_consumer_whatever_the_store() {
    let automatic = [
        "durability",
        "--queue",
        "durable",
        "--message",
        "persistent",
        "--confirms",
        "yes",
        "--ack",
        "automatic",
        "--crash",
        "broker-restart",
        "--why",
    ];
    let text = amqpsim(&automatic);
    assert_eq!(
        out(&text).matches("29 automatic ack in the consumer's buffer. CON-8").count(),
        9,
        "{}",
        out(&text)
    );
}
