//! Random streams belong to names: who joins does not change what others draw.

use std::collections::BTreeMap;

use amqpsim::measure::EndReason;
use amqpsim::observe::What;
use amqpsim::units::{SimDuration, SimTime};
use proptest::prelude::*;

use super::case::{Feature, scenarios};
use super::swarm::{Run, for_all};

/// A queue of its own with a producer and a consumer.
const STRANGERS: &str = r#"
[[queue]]
name = "strange"
[[producer]]
name = "stranger-p"
routing-key = "strange"
count = 20
interarrival = { exponential = "1ms" }
[[consumer]]
name = "stranger-c"
queue = "strange"
service-time = { exponential = "2ms" }
"#;

/// Something that an entity did: when, its name, what, how long it takes.
type Deed = (SimTime, String, &'static str, (String, u32), SimDuration);

/// What everybody but the strangers did.
fn deeds(run: &Run) -> Vec<Deed> {
    let system = &run.scenario.system;
    let producer = |index: usize| system.producers[index].name.clone();
    let consumer = |index: u32| system.consumers[index as usize].name.clone();
    let all = run.observations.iter().filter_map(|seen| match seen.what {
        What::Published { message, .. } => {
            let name = producer(message.producer.index());
            Some((seen.at, name.clone(), "published", (name, message.number), SimDuration::ZERO))
        }
        What::ServiceBegan { consumer: index, message, takes } => {
            let which = (producer(message.producer.index()), message.number);
            Some((seen.at, consumer(index), "began", which, takes))
        }
        What::Processed { consumer: index, message, sojourn, .. } => {
            let which = (producer(message.producer.index()), message.number);
            Some((seen.at, consumer(index), "processed", which, sojourn))
        }
        _ => None,
    });
    all.filter(|deed| !deed.1.starts_with("stranger")).collect()
}

#[test]
fn strangers_leave_the_draws_and_the_course_of_others_alone() {
    let strategy = (scenarios(), any::<bool>());
    for_all(&strategy, 800, &["others", "strangers"], |(case, in_front), met| {
        // A limit of events is shared by all, and so are the counts that faults wait for; without them, nothing is. Endless
        // work without time meets a limit.
        let shared = [Feature::EventLimit, Feature::Conditions, Feature::Clusters];
        let case = case.clone().without(&shared).with(Feature::ShortDuration);
        let alone = Run::of(&case);
        let (before, after) = if *in_front { (STRANGERS, "") } else { ("", STRANGERS) };
        let together = Run::of(&case.with_tables(before, after));
        let cut_off = [&alone, &together].map(|run| run.outcome.end.why == EndReason::EventLimit);
        if cut_off.contains(&true) {
            return Ok(());
        }
        let (others, same) = (deeds(&alone), deeds(&together));
        prop_assert_eq!(&others, &same);
        met.note("others", others.len() as u64);
        met.note("strangers", together.observations.len() as u64 - alone.observations.len() as u64);
        Ok(())
    });
}

/// Work belongs to the message: whoever serves it and however often, at speed 1 it takes the same.
#[test]
fn a_redelivered_message_takes_the_same_work_again() {
    for_all(&scenarios(), 1200, &["again"], |case, met| {
        let run = Run::of(&case.clone().without(&[Feature::Speeds, Feature::WarmUps]));
        let mut work = BTreeMap::new();
        for seen in &run.observations {
            let What::ServiceBegan { consumer, message, takes } = seen.what else { continue };
            if let Some(before) = work.insert((consumer, message), takes) {
                prop_assert_eq!(before, takes);
                met.note("again", 1);
            }
        }
        Ok(())
    });
}
