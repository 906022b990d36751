//! Running a property over random scenarios, and counting what it met.

use std::cell::RefCell;
use std::collections::BTreeMap;

use amqpsim::amqp::Names;
use amqpsim::measure::Outcome;
use amqpsim::model::simulate_recorded;
use amqpsim::observe::{Fact, Observation, What};
use amqpsim::scenario::Scenario;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use super::case::Case;

/// What a property says of a case.
pub(crate) type Checked = Result<(), TestCaseError>;

/// What was met over all cases, by a word for it.
#[derive(Default)]
pub(crate) struct Met(BTreeMap<&'static str, u64>);

impl Met {
    pub(crate) fn note(&mut self, what: &'static str, times: u64) {
        *self.0.entry(what).or_default() += times;
    }
}

/// Checks `property` for `cases` values of `strategy`. Each word of `exercised` must have been met.
/// The draws are the same in every run unless `PROPTEST_RNG_SEED` says otherwise; cases that failed once are kept in
/// `regressions/`.
pub(crate) fn for_all<S: Strategy>(
    strategy: &S,
    cases: u32,
    exercised: &[&str],
    property: impl Fn(&S::Value, &mut Met) -> Checked,
) {
    let defaults = Config::default();
    let cases = if defaults.cases == 256 { cases } else { defaults.cases };
    let rng_seed = if defaults.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { defaults.rng_seed };
    let config = Config {
        cases,
        rng_seed,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..defaults
    };
    let met = RefCell::new(Met::default());
    let result = TestRunner::new(config).run(strategy, |value| property(&value, &mut met.borrow_mut()));
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let met = met.into_inner().0;
    for word in exercised {
        assert!(met.get(word).is_some_and(|&times| times > 0), "no case had `{word}`, only {met:?}");
    }
}

/// A recorded run.
pub(crate) struct Run {
    pub(crate) scenario: Scenario,
    pub(crate) outcome: Outcome,
    pub(crate) observations: Vec<Observation>,
    pub(crate) names: Names,
}

impl Run {
    pub(crate) fn of(case: &Case) -> Run {
        Run::of_scenario(case.scenario())
    }

    pub(crate) fn of_scenario(scenario: Scenario) -> Run {
        let mut observations = Vec::new();
        let mut names = Names::default();
        let outcome = simulate_recorded(&scenario.system, scenario.seed, |system, seen| {
            names.clone_from(system.names());
            observations.extend(seen);
        });
        Run { scenario, outcome, observations, names }
    }

    /// What the broker stated, in order.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.observations.iter().filter_map(|seen| match &seen.what {
            What::Broker(fact, _) => Some(fact),
            _ => None,
        })
    }

    pub(crate) fn count(&self, counts: impl Fn(&What) -> bool) -> u64 {
        self.observations.iter().filter(|seen| counts(&seen.what)).count() as u64
    }
}
