//! What must hold in every run of a case: the properties of the check catalogue, and what only a whole run shows.

use crate::check::{Finding, Property};
use crate::measure::Outcome;
use crate::model::{simulate, simulate_recorded};
use crate::observe::Observation;
use crate::scenario::Scenario;

/// One run of a case, with everything that was seen of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its numbers.
    pub outcome: Outcome,
    /// In order of happening; empty if the run was not recorded.
    pub observations: Vec<Observation>,
}

impl Run {
    /// Runs one replication of a scenario with its own seed, without recording it.
    pub fn unrecorded(scenario: &Scenario) -> Run {
        Run { outcome: simulate(&scenario.system, scenario.seed), observations: Vec::new() }
    }

    /// Runs one replication of a scenario with its own seed.
    pub fn of(scenario: &Scenario) -> Run {
        let mut observations = Vec::new();
        let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, seen| observations.extend(seen));
        Run { outcome, observations }
    }
}

/// A statement about one run.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// In kebab case, for messages and file names.
    pub name: &'static str,
    /// What holds, in one sentence.
    pub statement: &'static str,
    /// Whether it looks at the observations of a run; if no claim does, runs are not recorded.
    pub observes: bool,
    /// Whether it held.
    pub examine: fn(&Run) -> Finding,
}

impl Claim {
    /// No copy of a message was lost, whatever the cause.
    pub const NOTHING_LOST: Claim =
        of_property(Property::NothingLost, |run| Property::NothingLost.examine(&run.outcome));
    /// Nothing was processed twice.
    pub const NOTHING_PROCESSED_TWICE: Claim = of_property(Property::NothingProcessedTwice, |run| {
        Property::NothingProcessedTwice.examine(&run.outcome)
    });
    /// No consumer ever had more unacknowledged deliveries than its prefetch count.
    pub const PREFETCH_BOUND: Claim =
        of_property(Property::PrefetchBound, |run| Property::PrefetchBound.examine(&run.outcome));
    /// Each queue hands out its messages in the order of their arrival, requeued ones excepted.
    pub const FIFO_PER_QUEUE: Claim =
        of_property(Property::FifoPerQueue, |run| Property::FifoPerQueue.examine(&run.outcome));
    /// Everything that was published was processed before the run ended.
    pub const EVERYTHING_PROCESSED: Claim =
        of_property(Property::EverythingProcessed, |run| Property::EverythingProcessed.examine(&run.outcome));
    /// No message was lost that its producer knew as confirmed.
    pub const NO_CONFIRMED_MESSAGE_LOST: Claim = of_property(Property::NoConfirmedMessageLost, |run| {
        Property::NoConfirmedMessageLost.examine(&run.outcome)
    });
    /// No publish was answered twice.
    pub const ONE_ANSWER_PER_PUBLISH: Claim =
        of_property(Property::OneAnswerPerPublish, |run| Property::OneAnswerPerPublish.examine(&run.outcome));
    /// Every copy of every message has one fate. `amqpsim run` checks it in every run by itself.
    pub const CONSERVATION: Claim = Claim {
        name: "conservation",
        statement: "The books balance: every copy of every message has one fate.",
        observes: false,
        examine: conservation,
    };

    /// The property of the check catalogue that it is, if it is one.
    pub fn property(&self) -> Option<Property> {
        Property::find(self.name)
    }
}

const fn of_property(property: Property, examine: fn(&Run) -> Finding) -> Claim {
    Claim { name: property.name(), statement: property.statement(), observes: false, examine }
}

fn conservation(run: &Run) -> Finding {
    match &run.outcome.balanced {
        Ok(()) if run.outcome.ledger.copies == 0 => Finding::NotExercised("no message reached a queue"),
        Ok(()) => Finding::Held,
        Err(error) => Finding::Violated(format!("the books do not balance: {error:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ScenarioBuilder;

    #[test]
    fn every_property_of_the_catalogue_is_a_claim() {
        let claims = [
            Claim::NOTHING_LOST,
            Claim::NOTHING_PROCESSED_TWICE,
            Claim::PREFETCH_BOUND,
            Claim::FIFO_PER_QUEUE,
            Claim::EVERYTHING_PROCESSED,
            Claim::NO_CONFIRMED_MESSAGE_LOST,
            Claim::ONE_ANSWER_PER_PUBLISH,
        ];
        for property in Property::ALL {
            assert!(claims.iter().any(|claim| claim.property() == Some(property)), "{}", property.name());
        }
        assert_eq!(Claim::CONSERVATION.property(), None);
    }

    #[test]
    fn an_empty_run_shows_nothing() {
        let scenario = ScenarioBuilder::new("empty").queue("q").build().unwrap();
        let run = Run::of(&scenario);
        assert!(matches!(conservation(&run), Finding::NotExercised(_)));
    }
}
