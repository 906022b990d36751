//! What a scenario's author reads when a setting of the storage changes nothing, or is like no disk.

#![allow(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::{says, says_alone};

#[test]
fn tables_for_quorum_queues_without_one() {
    says(
        "[quorum-store]\nbatch-max = 1\n\n[cluster]\nelection-timeout = \"1s\"\n",
        expect![[r#"
        warning[key-without-effect]: `[quorum-store]` has no effect: there is no quorum queue
         --> scenarios/orders.toml:1:2
          |
        1 | [quorum-store]
          |  ^^^^^^^^^^^^
          |
          = help: give a queue `arguments = { x-queue-type = "quorum" }`
        warning[key-without-effect]: `[cluster]` has no effect: there is no quorum queue
         --> scenarios/orders.toml:4:2
          |
        4 | [cluster]
          |  ^^^^^^^
          |
          = help: give a queue `arguments = { x-queue-type = "quorum" }`
    "#]],
    );
}

#[test]
fn a_disk_that_nothing_syncs() {
    says(
        "[disk]\nsync-time = \"5ms\"\nbandwidth = \"50MB\"\nhonours-flush = false\ntorn-writes = true\n\n\
         [classic-store]\npreset = \"never-sync\"\nshared-from = \"0B\"\n",
        expect![[r#"
            warning[key-without-effect]: `sync-time` of `[disk]` has no effect: nothing syncs in this scenario
             --> scenarios/orders.toml:2:1
              |
            2 | sync-time = "5ms"
              | ^^^^^^^^^
              |
              = help: add `sync = true` to `[classic-store]`, or take a quorum queue
            warning[key-without-effect]: `bandwidth` of `[disk]` has no effect: nothing syncs in this scenario
             --> scenarios/orders.toml:3:1
              |
            3 | bandwidth = "50MB"
              | ^^^^^^^^^
              |
              = help: add `sync = true` to `[classic-store]`, or take a quorum queue
            warning[key-without-effect]: `honours-flush` of `[disk]` has no effect: nothing syncs in this scenario
             --> scenarios/orders.toml:4:1
              |
            4 | honours-flush = false
              | ^^^^^^^^^^^^^
              |
              = help: add `sync = true` to `[classic-store]`, or take a quorum queue
            warning[key-without-effect]: `torn-writes` of `[disk]` has no effect: nothing syncs in this scenario
             --> scenarios/orders.toml:5:1
              |
            5 | torn-writes = true
              | ^^^^^^^^^^^
              |
              = help: add `sync = true` to `[classic-store]`, or take a quorum queue
        "#]],
    );
}

#[test]
fn a_confirm_that_waits_for_a_sync_that_there_is_not() {
    says(
        "[classic-store]\npreset = \"never-sync\"\nconfirm-after = \"sync\"\n",
        expect![[r#"
        warning[key-without-effect]: `confirm-after` of `[classic-store]` has no effect: without `sync` a confirm comes after the write
         --> scenarios/orders.toml:3:1
          |
        3 | confirm-after = "sync"
          | ^^^^^^^^^^^^^
          |
          = help: add `sync = true`, or write `confirm-after = "write"`
    "#]],
    );
    says(
        "[classic-store]\npreset = \"sync-per-message\"\nsync = false\n",
        expect![[r#"
        warning[implausible-value]: `sync` of `[classic-store]` is false, though confirms are to wait for one: they come after the write
         --> scenarios/orders.toml:3:8
          |
        3 | sync = false
          |        ^^^^^
          |
          = help: add `sync = true`, or write `confirm-after = "write"`
    "#]],
    );
}

#[test]
fn keys_of_buffers_that_are_not_there() {
    says(
        "[classic-store]\npreset = \"sync-per-message\"\nsync-when-full = true\nidle-flush = \"1s\"\nhibernates = true\n\
         flush-together = true\nbuffered-bytes-max = \"1MB\"\nshared-from = \"0B\"\nshared-sync = true\n\
         shared-file-size = \"1MB\"\n",
        expect![[r#"
            warning[key-without-effect]: `sync-when-full` of `[classic-store]` has no effect: with `sync` every flush ends with one
             --> scenarios/orders.toml:3:1
              |
            3 | sync-when-full = true
              | ^^^^^^^^^^^^^^
              |
              = help: take it out
            warning[key-without-effect]: `idle-flush` of `[classic-store]` has no effect: an eager store has nothing left to write then
             --> scenarios/orders.toml:4:1
              |
            4 | idle-flush = "1s"
              | ^^^^^^^^^^
              |
              = help: add `eager = false`
            warning[key-without-effect]: `hibernates` of `[classic-store]` has no effect: an eager store has nothing left to write then
             --> scenarios/orders.toml:5:1
              |
            5 | hibernates = true
              | ^^^^^^^^^^
              |
              = help: add `eager = false`
            warning[key-without-effect]: `flush-together` of `[classic-store]` has no effect: bodies have no buffer of their own
             --> scenarios/orders.toml:6:1
              |
            6 | flush-together = true
              | ^^^^^^^^^^^^^^
              |
              = help: add `separate-bodies = true`
            warning[key-without-effect]: `buffered-bytes-max` of `[classic-store]` has no effect: bodies have no buffer of their own
             --> scenarios/orders.toml:7:1
              |
            7 | buffered-bytes-max = "1MB"
              | ^^^^^^^^^^^^^^^^^^
              |
              = help: add `separate-bodies = true`
            warning[key-without-effect]: `shared-sync` of `[classic-store]` has no effect: no body goes to the shared store
             --> scenarios/orders.toml:9:1
              |
            9 | shared-sync = true
              | ^^^^^^^^^^^
              |
              = help: add `shared-from = "4096B"`
            warning[key-without-effect]: `shared-file-size` of `[classic-store]` has no effect: no body goes to the shared store
              --> scenarios/orders.toml:10:1
               |
            10 | shared-file-size = "1MB"
               | ^^^^^^^^^^^^^^^^
               |
               = help: add `shared-from = "4096B"`
        "#]],
    );
    says(
        "[classic-store]\npreset = \"sync-per-message\"\nsync-when-full = true\n",
        expect![[r#"
        warning[key-without-effect]: `sync-when-full` of `[classic-store]` has no effect: no buffer is ever full
         --> scenarios/orders.toml:3:1
          |
        3 | sync-when-full = true
          | ^^^^^^^^^^^^^^
          |
          = help: give a buffer a `…-max`
    "#]],
    );
    says(
        "[classic-store]\npreset = \"rabbitmq-3.10-classic\"\nsync-when-full = true\n",
        expect![[r#"
        warning[key-without-effect]: `sync-when-full` of `[classic-store]` has no effect: with `sync` every flush ends with one
         --> scenarios/orders.toml:3:1
          |
        3 | sync-when-full = true
          | ^^^^^^^^^^^^^^
          |
          = help: take it out
    "#]],
    );
}

#[test]
fn values_that_no_disk_has() {
    says(
        "[classic-store]\npreset = \"sync-per-message\"\n\n[disk]\nsync-time = \"1h\"\nwrite-time = { exponential = \"1min\" }\n\
         bandwidth = \"1kB\"\nwriteback-age = \"10s\"\nwriteback-phase = \"1min\"\n",
        expect![[r#"
            warning[implausible-value]: `sync-time` of `[disk]` is 3600s on average, longer than any disk takes
             --> scenarios/orders.toml:5:13
              |
            5 | sync-time = "1h"
              |             ^^^^
              |
              = help: 0.1ms to 20ms are usual
            warning[implausible-value]: `write-time` of `[disk]` is 60s on average, longer than any disk takes
             --> scenarios/orders.toml:6:14
              |
            6 | write-time = { exponential = "1min" }
              |              ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: 10us to 1ms are usual
            warning[implausible-value]: `bandwidth` of `[disk]` is 1000 bytes in a second, which is slower than any disk
             --> scenarios/orders.toml:7:13
              |
            7 | bandwidth = "1kB"
              |             ^^^^^
              |
              = help: disks have 50MB to 5GB; 0B is any amount
            warning[implausible-value]: `writeback-age` of `[disk]` is 10s, shorter than a sync, which takes 3600s
             --> scenarios/orders.toml:8:17
              |
            8 | writeback-age = "10s"
              |                 ^^^^^
              |
              = help: Linux has 30s; with less, what nobody syncs is safer than what somebody does
            warning[implausible-value]: `writeback-phase` of `[disk]` is 60s, later than its period of 5s
             --> scenarios/orders.toml:9:19
              |
            9 | writeback-phase = "1min"
              |                   ^^^^^^
              |
              = help: the first look comes at the phase, all others a period apart
        "#]],
    );
}

#[test]
fn values_that_no_cluster_has() {
    says_alone(
        r#"[cluster]
nodes = 3
latency = "2s"
election-timeout = "1s"
registration-window = "10min"

[[queue]]
name = "log"
arguments = { x-queue-type = "quorum" }

[[producer]]
name = "shop"
routing-key = "log"
interarrival = "20ms"
"#,
        &[],
        expect![[r#"
            warning[implausible-value]: `election-timeout` of `[cluster]` is 1s, no longer than the latency between nodes
             --> scenarios/orders.toml:4:20
              |
            4 | election-timeout = "1s"
              |                    ^^^^
              |
              = help: raise it far above 2s
            warning[implausible-value]: `registration-window` of `[cluster]` is 600s, in which every queue may be lost
             --> scenarios/orders.toml:5:23
              |
            5 | registration-window = "10min"
              |                       ^^^^^^^
              |
              = help: it was 1s where it was measured
        "#]],
    );
}

/// What has an effect in one variant needs no warning in the others.
#[test]
fn a_table_that_one_variant_needs() {
    says(
        r#"[quorum-store]
batch-max = 1

[[variant]]
name = "classic"

[[variant]]
name = "quorum"
set = { "queue.orders.arguments.x-queue-type" = "quorum" }
"#,
        expect![[""]],
    );
}

#[test]
fn a_crash_of_a_queue_that_loses_nothing() {
    says(
        "[[queue]]\nname = \"quorate\"\narguments = { x-queue-type = \"quorum\" }\n\n[[fault.queue-crash]]\nqueue = \"quorate\"\n\
         at = \"1s\"\n",
        expect![[r#"
            warning[key-without-effect]: `queue-crash` of `quorate` has no effect: a quorum queue makes its state again from its log
             --> scenarios/orders.toml:6:9
              |
            6 | queue = "quorate"
              |         ^^^^^^^^^
              |
              = help: crash a node with `[[fault.node-crash]]`, or take a classic queue
        "#]],
    );
}

#[test]
fn settings_of_a_process_that_takes_no_time_and_of_files_that_there_are_not() {
    says(
        "[classic-store]\npreset = \"rabbitmq-3.10-classic\"\nsync-timer = \"1s\"\ndeletes-settled-files = true\n",
        expect![[r#"
            warning[key-without-effect]: `sync-timer` of `[classic-store]` has no effect: the process of a queue takes no time, so no confirm waits for a mailbox
             --> scenarios/orders.toml:3:1
              |
            3 | sync-timer = "1s"
              | ^^^^^^^^^^
              |
              = help: add `service-time = "70us"`
            warning[key-without-effect]: `deletes-settled-files` of `[classic-store]` has no effect: one file takes all messages
             --> scenarios/orders.toml:4:1
              |
            4 | deletes-settled-files = true
              | ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `file-messages = 4096`
        "#]],
    );
}
