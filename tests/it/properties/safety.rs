//! What a careful system may rely on, whatever the faults.

use amqpsim::measure::EndReason;
use amqpsim::observe::{LossCause, What};
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
    ];
    case.clone().with(Feature::Persistent).without(&careless)
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
