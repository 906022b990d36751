//! `amqpsim durability`: the table from outside, and the facts that it must agree with.

use std::collections::BTreeMap;

use expect_test::expect_file;

use super::{amqpsim, out};

/// Lost and lost though confirmed, by crash and store, in the part of the table that the options select.
fn cells(options: &[&str]) -> BTreeMap<(String, String), (u64, u64)> {
    let output = amqpsim(&[&["durability", "--format", "csv"][..], options].concat());
    assert_eq!(output.status.code(), Some(0));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |place: usize| fields[place].parse().unwrap();
        ((fields[0].to_owned(), fields[1].to_owned()), (number(7), number(8)))
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
    for ((crash, store), (lost, confirmed)) in cells(&careful) {
        let at = format!("{crash}, {store}");
        let synced =
            ["rabbitmq-3.10-classic", "rabbitmq-3.13-classic-v1", "rabbitmq-quorum", "sync-per-message"]
                .contains(&store.as_str());
        match crash.as_str() {
            // It answers before it writes, and where the connection lives on, the answer arrives.
            "queue-crash" if store == "never-sync" => assert_eq!((lost, confirmed), (1, 1), "{at}"),
            "broker-restart" | "process-crash" | "queue-crash" => assert_eq!(confirmed, 0, "{at}"),
            "power-loss" if synced => assert_eq!(confirmed, 0, "{at}"),
            "power-loss" | "disk-loss" => assert_eq!((lost, confirmed), (30, 30), "{at}"),
            other => panic!("unknown crash {other}"),
        }
    }
}

#[test]
fn transient_messages_are_lost_though_confirmed_in_any_crash_but_not_in_quorum_queues() {
    let transient = ["--queue", "durable", "--message", "transient", "--confirms", "yes", "--ack", "manual"];
    for ((crash, store), (_, confirmed)) in cells(&transient) {
        let kept = store == "rabbitmq-quorum" && crash != "disk-loss";
        assert_eq!(confirmed, if kept { 0 } else { 30 }, "{crash}, {store}");
    }
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
        7,
        "{}",
        out(&text)
    );
}
