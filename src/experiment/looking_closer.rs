//! Whether a run takes latencies apart: always where its scenario says so, and without being asked where few messages come, so
//! that nobody waits for it.

use crate::model::{Pace, ProducerSpec, SystemSpec};
use crate::scenario::Scenario;

/// Up to so many messages, looking at every observation takes about a tenth of a second at most.
const FEW: f64 = 100_000.0;

/// Whether latencies are taken apart, reordering and repeated work measured.
pub(super) fn looks_closer(scenario: &Scenario) -> bool {
    scenario.study.details.unwrap_or_else(|| {
        let system = &scenario.system;
        let expected = system.producers.iter().map(|producer| expected(system, producer));
        expected.sum::<Option<f64>>().is_some_and(|messages| messages <= FEW)
    })
}

/// About how many messages a producer publishes; `None` where that is not plain to see.
fn expected(system: &SystemSpec, producer: &ProducerSpec) -> Option<f64> {
    let window = producer.max_in_flight.map_or(1.0, f64::from);
    let (gap, at_once) = match &producer.pace {
        Pace::Interarrival(gap) => (Some(gap), 1.0),
        Pace::Closed(think_time) => (Some(think_time), window),
        Pace::Arrivals(..) => (None, 1.0),
        // One for each message of somebody else.
        Pace::After { .. } => return Some(0.0),
    };
    let until_end = gap.map(|gap| system.duration.as_nanos() as f64 * at_once / gap.mean_exact());
    let until_end = until_end.filter(|messages| messages.is_finite());
    let count = producer.count.map(|count| count as f64);
    count.into_iter().chain(until_end).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ScenarioBuilder;

    fn of(count: i64, details: Option<bool>) -> bool {
        let builder = ScenarioBuilder::new("queue").replication().with("duration", "100s");
        let builder = details.into_iter().fold(builder, |builder, details| builder.with("details", details));
        let builder = builder.queue("tasks").producer("shop").with("routing-key", "tasks");
        looks_closer(&builder.with("count", count).with("interarrival", "0s").build().unwrap())
    }

    #[test]
    fn few_messages_are_looked_at_unasked() {
        assert!(of(100_000, None) && !of(100_001, None));
        assert!(of(100_001, Some(true)) && !of(10, Some(false)));
    }

    #[test]
    fn where_nobody_says_how_many_come_the_pace_does() {
        let shop = |interarrival: &str| {
            let builder = ScenarioBuilder::new("queue").replication().with("duration", "100s").queue("tasks");
            let builder = builder.producer("shop").with("routing-key", "tasks");
            looks_closer(&builder.with("interarrival", interarrival).build().unwrap())
        };
        assert!(shop("1ms") && !shop("999us") && !shop("0s"));
    }
}
