//! What a careful system may rely on, whatever the faults.

use std::collections::BTreeSet;

use amqpsim::measure::{EndReason, Stopped};
use amqpsim::model::{FaultKind, FaultSpec};
use amqpsim::observe::{LossCause, What};
use amqpsim::storage::{Crash, PRESETS};
use proptest::{prop_assert, prop_assert_eq};

use super::case::{Case, Feature, scenarios};
use super::swarm::{Run, for_all};

/// Durable queues, persistent messages, acknowledgement after the work.
fn careful(case: &Case) -> Case {
    let careless = [
        Feature::Acknowledgements,
        Feature::TransientQueues,
        Feature::OwnQueues,
        Feature::QueueArguments,
        Feature::Outcomes,
        Feature::Transactions,
        Feature::BrokerCrashes,
        Feature::QueueCrashes,
        Feature::Clusters,
    ];
    case.clone().with_failures_that_come_again().with(Feature::Persistent).without(&careless)
}

#[test]
fn a_careful_system_loses_messages_only_on_the_way_to_the_broker() {
    let exercised = ["crash with messages", "restart", "connection lost", "lost on the wire", "confirmed"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        let run = Run::of(&careful(case));
        let ledger = &run.outcome.ledger;
        let on_the_way = ledger.lost_to(LossCause::LostOnTheWire) + ledger.lost_to(LossCause::NotSent);
        prop_assert_eq!(ledger.lost_total(), on_the_way, "{:?}", ledger);
        prop_assert!(run.outcome.errors.is_empty(), "{:?}", run.outcome.errors);
        for producer in &run.outcome.producers {
            prop_assert_eq!(producer.lost_though_confirmed, 0, "{:?}", producer);
            met.note("confirmed", producer.confirmed);
        }
        let crashes = |what: &What| matches!(what, What::ConsumerCrashed { held: 1.., .. });
        met.note("crash with messages", run.count(crashes));
        met.note("connection lost", run.count(|what| matches!(what, What::ConnectionLost { .. })));
        met.note("restart", u64::from(case.has(Feature::BrokerRestarts)));
        met.note("lost on the wire", ledger.lost_total());
        Ok(())
    });
}

/// Messages are lost on the wire, but not for good; what is done twice is what the consumer has forgotten.
#[test]
fn who_publishes_again_loses_nothing_and_an_idempotent_consumer_does_nothing_twice() {
    let exercised = ["lost on the wire", "published again", "skipped"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        // Whoever dies forgets what it was to publish again, and two hands may hold one message at once.
        let limits =
            [Feature::EventLimit, Feature::ShortDuration, Feature::ProducerCrashes, Feature::Concurrency];
        let repairing = [Feature::Confirms, Feature::Republishing, Feature::Idempotence];
        let case = repairing.into_iter().fold(careful(case), Case::with);
        let run = Run::of(&case.without(&limits).with_all_coming_back().with_an_end());
        if run.outcome.end.why != EndReason::Drained {
            return Ok(());
        }
        for producer in run.outcome.producers.iter().filter(|producer| producer.stopped == Stopped::No) {
            prop_assert_eq!((producer.messages_lost, producer.unconfirmed, producer.given_up), (0, 0, 0));
            met.note("published again", producer.republished);
        }
        let consumers = &run.scenario.system.consumers;
        for queue in &run.outcome.queues {
            let mut own = consumers.iter().filter(|consumer| consumer.queue == queue.name);
            if let (Some(only), None) = (own.next(), own.next()) {
                prop_assert!(!only.idempotent || queue.processed_twice == 0, "{:?}", queue.name);
            }
        }
        met.note("lost on the wire", run.outcome.ledger.lost_total());
        met.note("skipped", run.outcome.consumers.iter().map(|consumer| consumer.duplicates_skipped).sum());
        Ok(())
    });
}

#[test]
fn when_everybody_comes_back_a_careful_system_processes_everything() {
    let exercised = ["crash with messages", "redelivered", "drained"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        let limits = [Feature::EventLimit, Feature::ShortDuration];
        let case = careful(case).without(&limits).with_all_coming_back().with_an_end();
        let run = Run::of(&case);
        if run.outcome.end.why != EndReason::Drained {
            return Ok(());
        }
        let ledger = &run.outcome.ledger;
        prop_assert_eq!(ledger.unfinished(), 0, "{:?}", ledger);
        prop_assert_eq!(ledger.processed, ledger.copies);
        let crashes = |what: &What| matches!(what, What::ConsumerCrashed { held: 1.., .. });
        met.note("crash with messages", run.count(crashes));
        met.note("redelivered", ledger.redelivered);
        met.note("drained", 1);
        Ok(())
    });
}

/// Whatever the store: a crash of the broker's process takes no message that was confirmed, and a power loss none where the
/// store syncs. Source: rules DUR-9 and CF-5.
#[test]
fn a_careful_system_that_crashes_keeps_what_is_confirmed() {
    let exercised = ["confirmed", "came back", "in the process buffer", "in the page cache"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        let preset = PRESETS[case.seed as usize % PRESETS.len()].0;
        let store = format!("[classic-store]\npreset = \"{preset}\"\n[disk]\nsync-time = \"2ms\"\n");
        let own = [Feature::StoreSettings, Feature::DiskSettings];
        let case = careful(case).without(&own).with(Feature::BrokerRestarts).with(Feature::BrokerCrashes);
        let run = Run::of(&case.with_tables(&store, ""));
        let loses_power = |fault: &FaultSpec| matches!(&fault.kind, FaultKind::BrokerRestart(outage) if outage.crash == Crash::PowerLoss);
        let power_lost = run.scenario.system.faults.iter().any(loses_power);
        let syncs = ["rabbitmq-3.10-classic", "rabbitmq-quorum", "sync-per-message"].contains(&preset);
        let ledger = &run.outcome.ledger;
        let safe =
            ledger.lost_to(LossCause::DiskLost) == 0 && preset != "never-sync" && (syncs || !power_lost);
        for producer in &run.outcome.producers {
            if safe {
                prop_assert_eq!(producer.lost_though_confirmed, 0, "{}: {:?}", preset, producer);
            }
            met.note("confirmed", producer.confirmed);
        }
        met.note("came back", ledger.came_back);
        met.note("in the process buffer", ledger.lost_to(LossCause::InProcessBuffer));
        met.note("in the page cache", ledger.lost_to(LossCause::InPageCache));
        Ok(())
    });
}

/// Nodes crash in any way, also all at once: as long as more than half of them have kept their disks, nothing is lost that was
/// confirmed. Source: rules QQ-6 and DUR-15.
#[test]
fn a_cluster_keeps_what_is_confirmed_while_a_majority_keeps_its_disks() {
    let exercised = ["confirmed", "node lost", "disk lost", "confirmed all the same"];
    for_all(&scenarios(), 1000, &exercised, |case, met| {
        let without = [Feature::DiskSettings, Feature::BrokerRestarts, Feature::EventLimit];
        let case = careful(case).with(Feature::Confirms).without(&without).with_a_cluster();
        let run = Run::of(&case);
        let system = &run.scenario.system;
        let nodes = system.storage.as_ref().map_or(1, |storage| storage.cluster.nodes as usize);
        let mut lost = BTreeSet::new();
        for (fault, spec) in run.outcome.faults.iter().zip(&system.faults) {
            let FaultKind::NodeCrash(crash) = &spec.kind else { continue };
            met.note("node lost", fault.strikes);
            if crash.crash == Crash::DiskLoss && fault.strikes > 0 {
                lost.insert(crash.node);
            }
        }
        let confirmed: u64 = run.outcome.producers.iter().map(|producer| producer.confirmed).sum();
        let lost_though: u64 = run.outcome.producers.iter().map(|one| one.lost_though_confirmed).sum();
        met.note("confirmed", confirmed);
        met.note("disk lost", lost.len() as u64);
        if 2 * lost.len() < nodes {
            prop_assert_eq!(lost_though, 0, "of {} nodes, {} lost their disks", nodes, lost.len());
            met.note("confirmed all the same", if lost.is_empty() { 0 } else { confirmed });
        }
        Ok(())
    });
}
