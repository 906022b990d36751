//! An outcome made by hand, for the unit tests of all that reads outcomes. Not part of the program.

use crate::measure::{ConsumerOutcome, End, EndReason, Ledger, Outcome, ProducerOutcome, QueueOutcome};
use crate::stats::Histogram;
use crate::units::{SimDuration, SimTime};

/// One queue `tasks`, 100 messages of `shop`; `fast` processed 75 in 30 s, `slow` 25 in 60 s; drained after 63 s.
pub(crate) fn outcome() -> Outcome {
    let mut queue = QueueOutcome {
        name: "tasks".into(),
        consumers: vec![0, 1],
        enqueued: 100,
        delivered: 102,
        redelivered: 2,
        acked: 100,
        makespan: Some(SimDuration::from_secs(62)),
        makespan_bound: Some(SimDuration::from_secs(31)),
        ..QueueOutcome::default()
    };
    for step in 0..=10u32 {
        let at = SimTime::from_nanos(u64::from(step) * 6_000_000_000);
        queue.depth.set(at, u64::from(10 - step));
        queue.depth_series.set(at, 10 - step);
    }
    Outcome {
        end: End {
            at: SimTime::from_nanos(63_000_000_000),
            events: 1234,
            why: EndReason::Drained,
            out_of_service: false,
        },
        measured_from: SimTime::ZERO,
        producers: vec![ProducerOutcome {
            name: "shop".into(),
            published: 100,
            ..ProducerOutcome::default()
        }],
        consumers: vec![
            ConsumerOutcome {
                idle_while_queued: SimDuration::from_secs(11),
                idle_while_buffered: SimDuration::from_secs(20),
                ..consumer("fast", 75, 30, 31)
            },
            consumer("slow", 25, 60, 62),
        ],
        clients: Vec::new(),
        queues: vec![queue],
        downstreams: Vec::new(),
        faults: Vec::new(),
        answered_twice: 0,
        ledger: Ledger {
            published: 100,
            routed: 100,
            copies: 100,
            processed: 100,
            redelivered: 2,
            ..Ledger::default()
        },
        balanced: Ok(()),
        errors: Vec::new(),
    }
}

/// A consumer of queue 0 that processed so many messages in `busy` seconds and finished after `finished` seconds.
pub(crate) fn consumer(name: &str, processed: u64, busy: u64, finished: u64) -> ConsumerOutcome {
    let mut sojourn = Histogram::default();
    for k in 0..processed {
        sojourn.record((k + 1) * 10_000_000);
    }
    ConsumerOutcome {
        name: name.into(),
        queue: 0,
        delivered: processed + 1,
        processed,
        redelivered: 1,
        busy: SimDuration::from_secs(busy),
        sojourn,
        unacked_max: 1,
        prefetch: 1,
        last_finished: Some(SimTime::from_nanos(finished * 1_000_000_000)),
        ..ConsumerOutcome::default()
    }
}
