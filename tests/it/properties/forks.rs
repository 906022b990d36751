//! A run is a function of scenario and seed, and a system is a value.

use std::sync::Arc;

use amqpsim::engine::{EventList, Limits, run, step};
use amqpsim::measure::Outcome;
use amqpsim::model::{CrashRun, Recording, System, SystemEvent, simulate};
use amqpsim::observe::Observation;
use amqpsim::scenario::{CrashKind, Hits, PlannedCrash};
use amqpsim::units::SimDuration;
use proptest::prelude::*;

use super::case::scenarios;
use super::swarm::{Run, for_all};

#[test]
fn the_same_scenario_and_seed_give_the_same_run_and_another_seed_another() {
    for_all(&scenarios(), 600, &["another seed, another run"], |case, met| {
        let (first, second) = (Run::of(case), Run::of(case));
        prop_assert_eq!(&first.outcome, &second.outcome);
        prop_assert_eq!(&first.observations, &second.observations);
        let other = simulate(&first.scenario.system, first.scenario.seed + 1);
        met.note("another seed, another run", u64::from(other != first.outcome));
        Ok(())
    });
}

#[test]
fn observing_does_not_change_a_run() {
    for_all(&scenarios(), 600, &["observed"], |case, met| {
        let recorded = Run::of(case);
        let lean = simulate(&recorded.scenario.system, recorded.scenario.seed);
        prop_assert_eq!(lean, recorded.outcome);
        met.note("observed", recorded.observations.len() as u64);
        Ok(())
    });
}

/// Runs a system to its end: what is observed from here on, and the outcome.
fn finish(
    mut system: System<Recording>,
    mut events: EventList<SystemEvent>,
    events_left: u64,
) -> (Vec<Observation>, Outcome) {
    let limits = Limits { time: system.duration(), events: events_left };
    let end = run(&mut system, &mut events, limits);
    (system.recorder_mut().take(), system.close(end, &events))
}

#[test]
fn a_clone_taken_at_any_event_goes_on_to_the_same_end() {
    let strategy = (scenarios(), any::<prop::sample::Index>());
    for_all(&strategy, 600, &["something came after"], |(case, place), met| {
        let scenario = case.scenario();
        let spec = Arc::new(scenario.system);
        let (mut system, mut events) = System::new(&spec, scenario.seed, Recording::default());
        let fork_at = place.index(400) as u64;
        let mut count = 0;
        while count < fork_at.min(spec.events_max) && step(&mut system, &mut events, spec.duration) {
            count += 1;
        }
        let (fork, fork_events) = (system.clone(), events.clone());
        let left = spec.events_max - count;
        let original = finish(system, events, left);
        met.note("something came after", u64::from(original.1.end.events > 0));
        prop_assert_eq!(original, finish(fork, fork_events, left));
        Ok(())
    });
}

/// The books balance after a crash at any event, and a run that was struck before is none the worse for it.
#[test]
fn a_crash_after_any_event_leaves_the_run_and_the_books_whole() {
    let strategy = (scenarios(), any::<[prop::sample::Index; 3]>(), any::<prop::sample::Index>());
    for_all(&strategy, 300, &["lost", "processed again"], |(case, places, kind), met| {
        let scenario = case.scenario();
        let spec = Arc::new(scenario.system);
        let lasts = SimDuration::from_millis(500);
        let run = || {
            let kind = *kind.get(&CrashKind::ALL);
            let mut crash = PlannedCrash::new(kind, lasts);
            if let Hits::Client(client) = kind.hits {
                crash.client =
                    client.names(&spec).first().map_or_else(String::new, |name| (*name).to_owned());
            }
            CrashRun::new(&spec, scenario.seed, crash.faults(&spec))
        };
        let mut events = places.map(|place| place.index(400) as u64);
        events.sort_unstable();
        let mut struck_before = run();
        for event in events {
            let (at, aftermath) = struck_before.strike_after(event).expect("the books balance");
            met.note("lost", aftermath.lost());
            met.note("processed again", aftermath.processed_again);
            prop_assert_eq!(Ok((at, aftermath)), run().strike_after(event));
        }
        Ok(())
    });
}
