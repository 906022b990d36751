//! Calls of what consumers depend on: as many at once and in a time as there is room for, in the order of the line.

use std::collections::VecDeque;

use amqpsim::amqp::MessageId;
use amqpsim::measure::EndReason;
use amqpsim::observe::What;
use amqpsim::units::{Rate, SimDuration, SimTime};
use proptest::{prop_assert, prop_assert_eq};

use super::case::{Feature, scenarios};
use super::swarm::{Checked, Met, Run, for_all};

/// What the only downstream of a case is doing, from observations.
struct Downstream {
    concurrency: usize,
    /// Nanoseconds from one call to the next, at least; 0: no bound. Its bucket holds one token.
    gap: u64,
    line: VecDeque<(u32, MessageId)>,
    /// Who calls, and until when.
    calling: Vec<(u32, SimTime)>,
    last: Option<SimTime>,
    began: u64,
    failed: u64,
}

impl Downstream {
    fn of(run: &Run) -> Downstream {
        let spec = &run.scenario.system.downstreams[0];
        Downstream {
            concurrency: spec.concurrency.map_or(usize::MAX, |count| count as usize),
            gap: spec.rate.and_then(Rate::gap).map_or(0, SimDuration::as_nanos),
            line: VecDeque::new(),
            calling: Vec::new(),
            last: None,
            began: 0,
            failed: 0,
        }
    }

    fn learn(&mut self, at: SimTime, what: &What, met: &mut Met) -> Checked {
        match *what {
            What::CallWaits { consumer, message, ahead, .. } => {
                prop_assert_eq!(ahead as usize, self.line.len());
                self.line.push_back((consumer, message));
                met.note("waited", 1);
            }
            What::CallBegan { consumer, message, takes, .. } => {
                if let Some(first) = self.line.pop_front() {
                    prop_assert_eq!(first, (consumer, message), "the first of the line");
                }
                self.calling.retain(|(_, until)| *until > at);
                self.calling.push((consumer, at + takes));
                prop_assert!(self.calling.len() <= self.concurrency, "{} at {}", self.calling.len(), at);
                let since = self.last.replace(at).map_or(u64::MAX, |last| at.since(last).as_nanos());
                prop_assert!(since >= self.gap, "{since} ns at {at}");
                met.note("at the rate", u64::from(since == self.gap));
                self.began += 1;
            }
            What::CallFailed { outage, retry_after, .. } => {
                self.failed += 1;
                met.note(if outage { "outage" } else { "failed" }, 1);
                met.note("called again", u64::from(retry_after.is_some()));
            }
            What::ConsumerCrashed { consumer, .. } => {
                let before = self.calling.len() + self.line.len();
                self.calling.retain(|(caller, until)| *caller != consumer || *until <= at);
                self.line.retain(|(caller, _)| *caller != consumer);
                met.note("died of it", u64::from(self.calling.len() + self.line.len() < before));
            }
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn calls_keep_to_the_room_the_rate_and_the_line() {
    let exercised = ["waited", "at the rate", "outage", "failed", "called again", "died of it", "drained"];
    for_all(&scenarios(), 800, &exercised, |case, met| {
        let run = Run::of(&case.clone().with(Feature::Downstreams));
        let mut downstream = Downstream::of(&run);
        for seen in &run.observations {
            downstream.learn(seen.at, &seen.what, met)?;
        }
        let outcome = &run.outcome.downstreams[0];
        prop_assert_eq!((outcome.calls, outcome.failed), (downstream.began, downstream.failed));
        prop_assert_eq!(outcome.waiting.level(), downstream.line.len() as u64);
        prop_assert_eq!(outcome.wait.count(), downstream.began);
        if run.outcome.end.why == EndReason::Drained {
            prop_assert_eq!((outcome.waiting.level(), outcome.in_progress.level()), (0, 0));
            met.note("drained", u64::from(downstream.began > 0));
        }
        Ok(())
    });
}
