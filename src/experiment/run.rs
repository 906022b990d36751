//! Runs every replication of every variant and closes the results: outcomes, verdicts, estimates.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::looking_closer::looks_closer;
use super::stability::Course;
use super::{Origin, Replication, Theory, Unstable, WarmUp, in_order, random_parts, theory, warm_up};
use crate::check::{self, CheckResult, Verdict};
use crate::measure::{Measure, Outcome, Scope, find_in};
use crate::model::simulate;
use crate::scenario::{Precision, REPLICATIONS, Scenario, Variant};
use crate::stats::{ConfidenceInterval, Estimate, LEVEL, enough, is_precise, looks, mean};
use crate::units::SimTime;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the scenario comes from.
    pub origin: Origin,
    /// At least one, in the order of the file.
    pub variants: Vec<Variant>,
    /// Whether the file has variants, so that reports and commands name them.
    pub names_variants: bool,
    /// The seed of replication 0; `None`: the first variant's.
    pub seed: Option<u64>,
    /// How many replications, at least 1; `None`: the first variant's. A system without randomness is run once.
    pub replications: Option<u32>,
    /// On how many threads; results do not depend on it.
    pub jobs: usize,
}

/// Everything that an experiment gives. Plain data: reports are functions of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// Where the scenario comes from.
    pub origin: Arc<Origin>,
    /// The scenario's name.
    pub name: String,
    /// What the scenario shows, in its own words.
    pub about: String,
    /// What the run should answer.
    pub question: Option<String>,
    /// The seed of replication 0 in every variant.
    pub seed: u64,
    /// How many replications were asked for, or how many there are if a precision was.
    pub replications: u32,
    /// Whether the replications were enough, if a precision was asked for.
    pub stopping: Option<Stopping>,
    /// Whether the file has variants, so that reports and commands name them.
    pub names_variants: bool,
    /// In the order of the file; the first one is what the others are compared with.
    pub variants: Vec<VariantResult>,
}

/// What came of the demand for a precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// What was asked for.
    pub precision: Precision,
    /// Every variant and entity has it. Otherwise there are as many replications as there may be.
    pub reached: bool,
}

/// What one variant gives.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantResult {
    /// The variant's name and scenario.
    pub variant: Variant,
    /// What is drawn at random, in words; empty: every replication is the same, and one was run.
    pub random_parts: Vec<String>,
    /// Identity of each outcome.
    pub replications: Vec<Replication>,
    /// In the order of the replications.
    pub outcomes: Vec<Outcome>,
    /// In the order of the scenario.
    pub checks: Vec<CheckResult>,
    /// How long its start matters; `None` for a terminating study. What is measured begins with the longest of all variants',
    /// so that all are measured over the same stretch.
    pub warm_up: Option<WarmUp>,
    /// The queue of the textbooks that it is, if it is one.
    pub theory: Option<Theory>,
    /// Queues that do not keep up in the long run. Their waits and depths are not averaged.
    pub unstable: Vec<Unstable>,
}

impl VariantResult {
    /// Whether two seeds can give two outcomes.
    pub fn is_random(&self) -> bool {
        !self.random_parts.is_empty()
    }

    /// What is known of a measure of the entity with this index; `None` where no replication has a value,
    /// or where it depends on how long one looks, because its queue does not keep up.
    pub fn estimate(&self, measure: &Measure, entity: usize) -> Option<Estimate> {
        if self.is_spoilt(measure, entity) {
            return None;
        }
        Estimate::of(&measure.values(&self.outcomes, entity), self.is_random())
    }

    /// Whether this number depends on how long one looks, because its queue does not keep up.
    pub fn is_spoilt(&self, measure: &Measure, entity: usize) -> bool {
        let name = || self.outcomes.first().map_or("", |outcome| measure.scope.entity(outcome, entity));
        self.unstable.iter().any(|unstable| unstable.spoils(measure, name()))
    }

    /// Whether counts of consumers and queues begin after a warm-up: what is processed then may have come before.
    pub fn leaves_out_warm_up(&self) -> bool {
        self.outcomes.iter().any(|outcome| outcome.measured_from > SimTime::ZERO)
    }
}

impl VariantResult {
    /// Gives out replications, so that there are so many, or one if nothing is random.
    fn number_up_to(&mut self, plan: &Plan, origin: &Arc<Origin>, seed: u64, count: usize) {
        let n = if self.is_random() { count } else { 1 };
        let name = plan.names_variants.then(|| self.variant.name.clone());
        self.replications.extend((self.replications.len()..n).map(|index| Replication {
            origin: Arc::clone(origin),
            variant: name.clone(),
            index: index as u32,
            seed: seed.wrapping_add(index as u64),
        }));
    }

    /// Whether the replications say enough of the measure, for each entity that has it.
    fn is_enough(&self, precision: Precision) -> bool {
        let Some(outcome) = self.outcomes.first().filter(|_| self.is_random()) else { return true };
        (0..precision.of.scope.len(outcome))
            .all(|entity| is_known(&precision.of.values(&self.outcomes, entity), precision))
    }

    /// The queues that do not keep up; none of a terminating study, which asks what happens until it ends.
    fn find_unstable(&self) -> Vec<Unstable> {
        let Some(outcome) = self.outcomes.first().filter(|_| self.warm_up.is_some()) else {
            return Vec::new();
        };
        let values = |name: &str, queue: usize| {
            find_in(Scope::Queue, name).map_or_else(Vec::new, |measure| measure.values(&self.outcomes, queue))
        };
        let unstable = |queue: usize| {
            let course = Course {
                queue: &outcome.queues[queue].name,
                middles: values("population-middle-third", queue),
                lasts: values("population-last-third", queue),
                entered: mean(&values("enqueued", queue)).unwrap_or(0.0),
                runs: self.outcomes.len(),
                random: self.is_random(),
            };
            let why = course.instability(self.theory.as_ref())?;
            let consumers = outcome.consumers.iter().filter(|consumer| consumer.queue == queue);
            let consumers = consumers.map(|consumer| consumer.name.clone()).collect();
            Some(Unstable { queue: course.queue.to_owned(), consumers, why })
        };
        (0..outcome.queues.len()).filter_map(unstable).collect()
    }
}

/// Whether the mean of these values is known as precisely as is asked for.
pub(super) fn is_known(values: &[f64], precision: Precision) -> bool {
    let most = precision.most as usize;
    let at = enough(values, precision.relative, most, LEVEL);
    // Where there is no value, more runs would give none.
    values.is_empty() || at.is_some_and(|at| at < most || is_precise_at(values, at, precision))
}

fn is_precise_at(values: &[f64], n: usize, precision: Precision) -> bool {
    ConfidenceInterval::of_mean(&values[..n], LEVEL)
        .is_some_and(|interval| is_precise(&interval, precision.relative))
}

impl RunResult {
    /// Whether every check of every variant held.
    pub fn all_held(&self) -> bool {
        self.variants.iter().flat_map(|variant| &variant.checks).all(|check| check.verdict == Verdict::Held)
    }
}

/// An invariant of the simulator itself is broken: our bug, never the scenario's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatorBug {
    /// In which run; its text form replays it.
    pub replication: Replication,
    /// What is broken, in words.
    pub what: String,
}

impl fmt::Display for SimulatorBug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error[simulator-bug]: {}", self.what)?;
        writeln!(f, "  replication {}, seed {}", self.replication.index, self.replication.seed)?;
        write!(f, "  = replay: {}", self.replication)
    }
}

/// Runs all replications of all variants and examines their checks. `progress` is told how many runs are done, of how many.
///
/// # Errors
/// The first run, in the order of variants and replications, whose books do not balance or that panics.
pub fn run(plan: &Plan, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<RunResult, SimulatorBug> {
    run_with(plan, progress, |scenario, seed| simulate(&scenario.system, seed))
}

fn run_with(
    plan: &Plan,
    progress: &(dyn Fn(usize, usize) + Sync),
    simulate: impl Fn(&Scenario, u64) -> Outcome + Sync,
) -> Result<RunResult, SimulatorBug> {
    let first = &plan.variants.first().expect("a plan has a variant").scenario;
    let seed = plan.seed.unwrap_or(first.seed);
    let precision = first.study.precision.filter(|_| plan.replications.is_none());
    let nothing_random = plan.variants.iter().all(|one| random_parts(&one.scenario.system).is_empty());
    let counts = match precision {
        // Nobody asked for more than it takes.
        _ if nothing_random && plan.replications.is_none() && first.replications == REPLICATIONS => vec![1],
        Some(precision) => looks(precision.most as usize),
        None => vec![plan.replications.unwrap_or(first.replications).max(1) as usize],
    };
    let origin = Arc::new(plan.origin.clone());
    let mut variants: Vec<VariantResult> = plan.variants.iter().map(planned).collect();
    for variant in &mut variants {
        variant.number_up_to(plan, &origin, seed, counts[0]);
    }
    find_warm_ups(&mut variants, plan.jobs)?;

    let (mut count, mut reached) = (0, false);
    for look in counts {
        count = look;
        for variant in &mut variants {
            variant.number_up_to(plan, &origin, seed, count);
        }
        run_missing(&mut variants, plan.jobs, progress, &simulate)?;
        reached = precision.is_some_and(|precision| variants.iter().all(|one| one.is_enough(precision)));
        if reached {
            break;
        }
    }
    for variant in &mut variants {
        variant.unstable = variant.find_unstable();
        let random = variant.is_random();
        let checks = &variant.variant.scenario.checks;
        variant.checks = checks.iter().map(|spec| check::evaluate(spec, &variant.outcomes, random)).collect();
    }
    Ok(RunResult {
        origin,
        name: first.name.clone(),
        about: first.about.clone(),
        question: first.question.clone(),
        seed,
        replications: count as u32,
        stopping: precision.map(|precision| Stopping { precision, reached }),
        names_variants: plan.names_variants,
        variants,
    })
}

/// A variant without replications.
fn planned(variant: &Variant) -> VariantResult {
    let mut variant = variant.clone();
    variant.scenario.system.details = looks_closer(&variant.scenario);
    VariantResult {
        random_parts: random_parts(&variant.scenario.system),
        replications: Vec::new(),
        outcomes: Vec::new(),
        checks: Vec::new(),
        warm_up: None,
        theory: theory(&variant.scenario),
        unstable: Vec::new(),
        variant,
    }
}

/// Finds the warm-up of each variant; all are measured after the longest.
fn find_warm_ups(variants: &mut [VariantResult], jobs: usize) -> Result<(), SimulatorBug> {
    for variant in variants.iter_mut() {
        variant.warm_up = warm_up(&variant.variant.scenario, &variant.replications, jobs)?;
    }
    let longest = variants.iter().filter_map(|variant| Some(variant.warm_up.as_ref()?.ends)).max();
    for variant in variants.iter_mut().filter(|variant| variant.warm_up.is_some()) {
        let system = &mut variant.variant.scenario.system;
        system.measured_from = longest;
        system.arrivals_end = variant.warm_up.as_ref().map(|found| found.arrivals_end);
    }
    Ok(())
}

/// Runs the replications that have no outcome so far.
fn run_missing(
    variants: &mut [VariantResult],
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
    simulate: &(impl Fn(&Scenario, u64) -> Outcome + Sync),
) -> Result<(), SimulatorBug> {
    let had: usize = variants.iter().map(|variant| variant.outcomes.len()).sum();
    let missing = |variant: &VariantResult| variant.replications.len() - variant.outcomes.len();
    let runs: Vec<(&Scenario, &Replication)> = variants
        .iter()
        .flat_map(|variant| {
            let new = &variant.replications[variant.outcomes.len()..];
            new.iter().map(|run| (&variant.variant.scenario, run))
        })
        .collect();
    let total = had + runs.len();
    let done = AtomicUsize::new(had);
    let outcomes = in_order(runs.len(), jobs, |k| {
        let (scenario, replication) = runs[k];
        let outcome = checked(replication, || simulate(scenario, replication.seed));
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        outcome
    });
    let mut outcomes = outcomes.into_iter();
    for variant in variants {
        let n = missing(variant);
        for outcome in outcomes.by_ref().take(n) {
            variant.outcomes.push(outcome?);
        }
    }
    Ok(())
}

/// Runs `simulate` and looks at its books.
pub(super) fn checked(
    replication: &Replication,
    simulate: impl FnOnce() -> Outcome,
) -> Result<Outcome, SimulatorBug> {
    let outcome = caught(replication, simulate)?;
    match &outcome.balanced {
        Ok(()) => Ok(outcome),
        Err(unbalanced) => {
            Err(SimulatorBug { replication: replication.clone(), what: unbalanced.to_string() })
        }
    }
}

/// Runs a part of a simulation; a panic is a bug of ours like any other.
pub(super) fn caught<T>(replication: &Replication, simulate: impl FnOnce() -> T) -> Result<T, SimulatorBug> {
    catch_unwind(AssertUnwindSafe(simulate)).map_err(|payload| {
        let words = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        let what = format!("the simulation panicked: {}", words.unwrap_or("without words"));
        SimulatorBug { replication: replication.clone(), what }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::broker::Profile;
    use crate::check::{CheckSpec, Demand, Property};
    use crate::measure::{LedgerError, example};
    use crate::model::{BackoffSpec, ConnectionSpec, SystemSpec};
    use crate::random::Distribution;
    use crate::scenario::Study;
    use crate::units::SimDuration;

    /// A scenario without randomness, with one connection `main` and the check that nothing is lost.
    pub(crate) fn scenario() -> Scenario {
        Scenario {
            name: "example".into(),
            about: "An example.".into(),
            question: None,
            system: SystemSpec {
                storage: None,
                duration: SimTime::from_nanos(100_000_000_000),
                measured_from: None,
                arrivals_end: None,
                details: false,
                events_max: 1_000_000,
                profile: Profile::default(),
                classes: Vec::new(),
                settings: crate::broker::Settings::of(&Profile::default()),
                operator: crate::model::OperatorSpec::default(),
                topology: Vec::new(),
                connections: vec![ConnectionSpec {
                    node: 0,
                    user: "guest".to_owned(),
                    channel_reopen_delay: None,
                    name: "main".into(),
                    vhost: "/".into(),
                    latency: Distribution::Constant(SimDuration::ZERO),
                    reconnect: BackoffSpec::fixed(SimDuration::ZERO),
                    heartbeat: SimDuration::ZERO,
                }],
                channels: Vec::new(),
                downstreams: Vec::new(),
                producers: Vec::new(),
                consumers: Vec::new(),
                clients: Vec::new(),
                faults: Vec::new(),
            },
            seed: 1,
            replications: 3,
            study: Study::default(),
            checks: vec![CheckSpec { demand: Demand::Property(Property::NothingLost), line: 1 }],
        }
    }

    /// A plan of one variant, random or not.
    pub(crate) fn plan(random: bool, jobs: usize) -> Plan {
        let mut scenario = scenario();
        if random {
            scenario.system.connections[0].latency = Distribution::Exponential(SimDuration::from_millis(1));
        }
        Plan {
            origin: Origin { file: "example.toml".into(), overrides: Vec::new() },
            variants: vec![Variant { name: "base".into(), changes: Vec::new(), scenario }],
            names_variants: false,
            seed: None,
            replications: None,
            jobs,
        }
    }

    /// Runs the plan on the example outcome, with `change` made to it for each seed.
    pub(crate) fn run_example(
        plan: &Plan,
        change: impl Fn(&Scenario, u64, &mut Outcome) + Sync,
    ) -> Result<RunResult, SimulatorBug> {
        run_with(plan, &|_, _| {}, |scenario, seed| {
            let mut outcome = example::outcome();
            change(scenario, seed, &mut outcome);
            outcome
        })
    }

    #[test]
    fn replications_have_neighbouring_seeds_and_any_number_of_threads_gives_the_same() {
        let change = |_: &Scenario, seed: u64, outcome: &mut Outcome| outcome.end.events = seed;
        let result = run_example(&Plan { seed: Some(7), ..plan(true, 1) }, change).unwrap();
        let seeds: Vec<u64> = result.variants[0].outcomes.iter().map(|outcome| outcome.end.events).collect();
        assert_eq!(seeds, [7, 8, 9]);
        assert!(result.all_held());
        assert_eq!(run_example(&Plan { seed: Some(7), ..plan(true, 3) }, change).unwrap(), result);
    }

    /// Noise of a tenth: the mean of n runs is known to within 0.2 / √n, about 6 % after 15 runs.
    #[test]
    fn replications_are_added_until_the_mean_is_precise_on_any_number_of_threads() {
        let run = |relative: f64, jobs: usize| {
            let mut plan = plan(true, jobs);
            let of = find_in(Scope::Run, "published").unwrap();
            plan.variants[0].scenario.study.precision = Some(Precision { relative, of, most: 40 });
            run_example(&plan, |_, seed, outcome| {
                outcome.ledger.published = 1000 + seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 200;
            })
            .unwrap()
        };
        let result = run(0.06, 1);
        assert_eq!((result.replications, result.stopping.unwrap().reached), (15, true));
        assert_eq!(run(0.06, 3), result);
        let vain = run(0.000_1, 2);
        assert_eq!((vain.variants[0].outcomes.len(), vain.stopping.unwrap().reached), (40, false));
        assert_eq!(run_example(&plan(true, 1), |_, _, _| {}).unwrap().stopping, None);
    }

    #[test]
    fn a_system_without_randomness_is_run_once() {
        let result = run_example(&plan(false, 2), |_, _, _| {}).unwrap();
        assert_eq!((result.variants[0].outcomes.len(), result.replications), (1, 3));
        assert_eq!(result.variants[0].replications[0].to_string(), "amqpsim explain example.toml --seed 1");
    }

    #[test]
    fn books_that_do_not_balance_are_a_bug_with_its_replay() {
        let bug = run_example(&plan(true, 2), |_, seed, outcome| {
            if seed >= 2 {
                outcome.balanced = Err(LedgerError { balance: "1 is not 2".into() });
            }
        })
        .unwrap_err();
        assert_eq!((bug.replication.index, bug.replication.seed), (1, 2));
        assert!(bug.to_string().ends_with("= replay: amqpsim explain example.toml --seed 2"), "{bug}");
    }
}
