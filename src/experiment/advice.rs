//! Which prefetch count a group of consumers needs: the throughput at counts that are searched for, with the same seeds at
//! each, and the smallest one that is as good as any.

use super::{Origin, SweepPlan, SweepResult, SweepStop, SweptMeasure, SweptPoint, WarmUp, sweep};
use crate::measure::{Scope, find_in};
use crate::model::{Acknowledge, SystemSpec};
use crate::scenario::{Factor, Grid, GridPoint, Precision, Scenario};
use crate::stats::{Estimate, difference};

/// What counts as the best throughput: this part of it.
pub const ENOUGH: f64 = 0.99;
/// Consumers that finish this part of what comes are not what holds it up.
const KEEPS_UP: f64 = 0.95;
/// A latency within this factor of the lowest is as good.
const AS_LOW: f64 = 1.05;
/// More points than these do not make an answer better.
const POINTS_MAX: usize = 48;
/// Nobody runs more replications than these to tell two prefetch counts apart.
const REPLICATIONS_MAX: f64 = 100_000.0;

/// For whom to look.
#[derive(Clone, Debug)]
pub struct AdvicePlan {
    /// Where the scenario comes from.
    pub origin: Origin,
    /// The scenario.
    pub scenario: Scenario,
    /// Its variant's name, if the file has variants.
    pub variant: Option<String>,
    /// The queue that the consumers share.
    pub queue: String,
    /// The seed of replication 0 at every prefetch count.
    pub seed: u64,
    /// How many replications there are at each, at least 1, if no precision is asked for; one where nothing is random.
    pub replications: u32,
    /// There are as many at each as this takes.
    pub precision: Option<Precision>,
}

/// Whether a prefetch count gives at least [`ENOUGH`] of the best throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsEnough {
    /// The interval says so.
    Yes,
    /// The interval says that it does not.
    No,
    /// The interval does not tell; about so many replications would, `None`: more than anybody runs.
    Unknown(Option<u64>),
}

/// What the throughput is bound by where the prefetch count is best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BoundBy {
    /// The consumers have work all the time.
    Consumers,
    /// No more messages come, a second.
    Arrivals(Estimate),
}

/// The curve and what follows from it.
#[derive(Clone, Debug)]
pub struct Advice {
    /// For whom.
    pub plan: AdvicePlan,
    /// The names of the consumers.
    pub consumers: Vec<String>,
    /// Prefetch counts in rising order, no bound (`None`) last, as in `result`.
    pub counts: Vec<Option<u16>>,
    /// The numbers at each count, as a sweep over `prefetch-count`.
    pub result: SweepResult,
    /// Index of the count with the highest mean throughput; the smallest of several.
    pub best: usize,
    /// Index of the smallest count that gives enough, and, if arrivals are what bounds the throughput, has about the
    /// lowest latency of those.
    pub advised: usize,
    /// For each count, whether its throughput is enough.
    pub enough: Vec<IsEnough>,
    /// Where the line of the first count's throughput, each message in hand as good as the first, would meet the best
    /// throughput: the best over that at count 1.
    pub knee: Option<Estimate>,
    /// What bounds the best throughput.
    pub bound_by: BoundBy,
    /// For each count, what no schedule can exceed: each consumer finishes at most as many messages a service time as it works
    /// on at once, and at most its prefetch count a round trip and service time, means taken.
    pub limits: Vec<Option<f64>>,
    /// Fewer are not tried: a consumer acknowledges in batches of so many, and would be sent no more before a batch is full. 1
    /// where none does.
    pub least: u32,
}

/// The largest batch in which a consumer of the queue acknowledges.
fn largest_batch(plan: &AdvicePlan) -> u32 {
    let consumers = plan.scenario.system.consumers.iter().filter(|one| one.queue == plan.queue);
    consumers.filter_map(|one| Some(one.ack_batch?.size)).max().unwrap_or(1).max(1)
}

/// Queues of which some consumer can be bounded by a prefetch count: it does not acknowledge automatically.
pub fn advisable_queues(system: &SystemSpec) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for consumer in system.consumers.iter().filter(|one| one.acknowledge != Acknowledge::Automatic) {
        if !names.contains(&consumer.queue) {
            names.push(consumer.queue.clone());
        }
    }
    names
}

/// Searches prefetch counts, in powers of two and then between them. `None`: at no count two messages are finished.
///
/// # Errors
/// The first run whose books do not balance or that panics.
pub fn advise(
    mut plan: AdvicePlan,
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Option<Advice>, super::SimulatorBug> {
    // All counts are measured from the same instant on, so that they can be compared in pairs.
    let least = largest_batch(&plan);
    // No prefetch count is as large as the batches of some.
    let first: Vec<Option<u16>> = u16::try_from(least).ok().map(Some).into_iter().collect();
    let mut ends = sweep_plan(&plan, &[&first[..], &[None]].concat());
    ends.leave_out_warm_up(jobs, &|_, _| {})?;
    plan.scenario.system.measured_from = plan.scenario.system.measured_from.map(|_| ends.measured_from());
    plan.scenario.system.arrivals_end =
        ends.grid.points.iter().filter_map(|point| point.scenario.system.arrivals_end).min();
    let warm_up = ends.warm_up;
    let mut search = Search { plan, warm_up, jobs, progress, tried: Vec::new(), done: 0 };
    search.run(&[None])?;
    let most = search.most_in_hand();
    let powers = (0..16).map(|power| 1u16 << power);
    let powers = powers.filter(|&count| u32::from(count) > least && u64::from(count) < most).map(Some);
    search.run(&first.into_iter().chain(powers).collect::<Vec<_>>())?;
    while search.tried.len() < POINTS_MAX {
        let Some(found) = search.found() else { return Ok(None) };
        let Some(next) = search.between(found.advised).or_else(|| search.around(found.best)) else { break };
        search.run(&[Some(next)])?;
    }
    Ok(search.conclude())
}

/// What is tried, in rising order.
struct Search<'a> {
    plan: AdvicePlan,
    warm_up: Option<(usize, WarmUp)>,
    jobs: usize,
    progress: &'a (dyn Fn(usize, usize) + Sync),
    tried: Vec<(Option<u16>, SweptPoint)>,
    done: usize,
}

/// What the counts tried so far say.
struct FoundSoFar {
    best: usize,
    advised: usize,
    bound_by: BoundBy,
}

impl Search<'_> {
    /// Tries these counts, all replications at once.
    fn run(&mut self, counts: &[Option<u16>]) -> Result<(), super::SimulatorBug> {
        let plan = sweep_plan(&self.plan, counts);
        let points: Vec<usize> = (0..counts.len()).collect();
        let before = self.done;
        let keep = |_: usize, _: &SweptPoint| Ok::<(), std::convert::Infallible>(());
        let progress = |done, total| (self.progress)(before + done, before + total);
        let swept = sweep(&plan, &points, self.jobs, &keep, &progress).map_err(|stop| match stop {
            SweepStop::Bug(bug) => bug,
            SweepStop::Keeping(never) => match never {},
        })?;
        self.done += swept.iter().map(|point| point.values.len()).sum::<usize>();
        self.tried.extend(counts.iter().copied().zip(swept));
        self.tried.sort_by_key(|(count, _)| rank(*count));
        Ok(())
    }

    /// The most messages that a consumer of the group ever had where nothing bounds it: higher counts change nothing.
    fn most_in_hand(&self) -> u64 {
        let names = consumers(&self.plan);
        let all = self.tried.iter().flat_map(|(_, point)| names.iter().map(move |name| (point, name)));
        let values =
            all.flat_map(|(point, name)| point.of_measure(&measure(Scope::Consumer, "unacked-max", name)));
        values.flatten().fold(1.0, f64::max) as u64
    }

    /// The values of a measure of the queue at a count that was tried, one from each replication; none where they depend on
    /// how long one looks.
    fn values(&self, at: usize, name: &'static str) -> Vec<f64> {
        let wanted = measure(Scope::Queue, name, &self.plan.queue);
        if self.tried[at].1.is_spoilt(&wanted) {
            return Vec::new();
        }
        self.tried[at].1.of_measure(&wanted).into_iter().flatten().collect()
    }

    fn mean(&self, at: usize, name: &'static str) -> Option<f64> {
        crate::stats::mean(&self.values(at, name))
    }

    fn estimate(&self, at: usize, name: &'static str) -> Option<Estimate> {
        Estimate::of(&self.values(at, name), self.is_random())
    }

    fn is_random(&self) -> bool {
        super::is_random(&self.plan.scenario.system)
    }

    /// `None` where nothing has a throughput.
    fn found(&self) -> Option<FoundSoFar> {
        let throughput: Vec<f64> =
            (0..self.tried.len()).map(|at| self.mean(at, "throughput").unwrap_or(0.0)).collect();
        let highest = throughput.iter().copied().fold(0.0, f64::max);
        if highest <= 0.0 {
            return None;
        }
        let best = throughput.iter().position(|&one| difference(highest, one) >= 0.0)?;
        let bound_by = match self.estimate(best, "offered-rate") {
            Some(rate) if highest >= KEEPS_UP * rate.value() => BoundBy::Arrivals(rate),
            _ => BoundBy::Consumers,
        };
        let mut enough =
            (0..self.tried.len()).filter(|&at| difference(ENOUGH * highest, throughput[at]) >= 0.0);
        let advised = match bound_by {
            BoundBy::Consumers => enough.next()?,
            BoundBy::Arrivals(_) => {
                let latency = |at: usize| self.mean(at, "sojourn-p95").unwrap_or(f64::INFINITY);
                let enough: Vec<usize> = enough.collect();
                let lowest = enough.iter().map(|&at| latency(at)).fold(f64::INFINITY, f64::min);
                enough.into_iter().find(|&at| latency(at) <= AS_LOW * lowest)?
            }
        };
        Some(FoundSoFar { best, advised, bound_by })
    }

    /// A count between this one and the next smaller one that was tried.
    fn between(&self, at: usize) -> Option<u16> {
        let (below, here) = (self.tried[at.checked_sub(1)?].0?, self.tried[at].0?);
        (here - below > 1).then(|| below + (here - below) / 2)
    }

    /// A count on one side of this one, where the next one tried is far away.
    fn around(&self, at: usize) -> Option<u16> {
        let far =
            |below: u16, above: u16| (above - below > 1 + below / 4).then(|| below + (above - below) / 2);
        let here = self.tried[at].0?;
        let above = self.tried.get(at + 1).and_then(|(count, _)| *count);
        let below = at.checked_sub(1).and_then(|at| self.tried[at].0);
        below.and_then(|below| far(below, here)).or_else(|| above.and_then(|above| far(here, above)))
    }

    fn conclude(self) -> Option<Advice> {
        let FoundSoFar { best, advised, bound_by } = self.found()?;
        let least = largest_batch(&self.plan);
        let random = self.is_random();
        let of_best = self.values(best, "throughput");
        let wanted: Vec<f64> = of_best.iter().map(|best| ENOUGH * best).collect();
        let enough = (0..self.tried.len())
            .map(|at| {
                is_enough(
                    at == best,
                    Estimate::of_difference(&wanted, &self.values(at, "throughput"), random),
                )
            })
            .collect();
        let first = self.values(0, "throughput");
        let knees: Vec<f64> = of_best.iter().zip(&first).map(|(best, first)| best / first).collect();
        let knee = Estimate::of(&knees, random).filter(|_| self.tried[0].0 == Some(1));
        let limits = self.tried.iter().map(|(count, point)| limit(&self.plan, *count, point)).collect();
        let counts: Vec<Option<u16>> = self.tried.iter().map(|(count, _)| *count).collect();
        // It was looked for at the first count and at the last.
        let warm_up = self.warm_up.map(|(end, found)| (if end == 0 { 0 } else { counts.len() - 1 }, found));
        let plan = SweepPlan { warm_up, ..sweep_plan(&self.plan, &counts) };
        let points = self.tried.into_iter().map(|(_, point)| point).collect();
        Some(Advice {
            consumers: consumers(&self.plan),
            plan: self.plan,
            counts,
            result: SweepResult { plan, points },
            best,
            advised,
            enough,
            knee,
            bound_by,
            limits,
            least,
        })
    }
}

/// Rising counts, and no bound behind them.
fn rank(count: Option<u16>) -> u32 {
    count.map_or(u32::MAX, u32::from)
}

/// Whether the difference from what is wanted is known to be one or the other.
fn is_enough(is_best: bool, difference: Option<Estimate>) -> IsEnough {
    let Some(difference) = difference else { return IsEnough::No };
    match difference.ends() {
        _ if is_best => IsEnough::Yes,
        Some((lower, _)) if lower >= 0.0 => IsEnough::Yes,
        Some((_, upper)) if upper < 0.0 => IsEnough::No,
        _ => IsEnough::Unknown(match difference {
            Estimate::Interval(interval) => {
                // The half-width shrinks with the root of the number of replications.
                let ratio = interval.half_width / interval.mean.abs();
                let n = (interval.n as f64 * ratio * ratio).ceil();
                (n <= REPLICATIONS_MAX).then_some(n as u64 + 1)
            }
            // Nothing is known of the spread.
            _ => None,
        }),
    }
}

fn measure(scope: Scope, name: &'static str, entity: &str) -> SweptMeasure {
    let measure = find_in(scope, name).expect("the catalogue has this measure");
    SweptMeasure { measure, entity: entity.to_owned() }
}

/// The names of the queue's consumers.
fn consumers(plan: &AdvicePlan) -> Vec<String> {
    let all = plan.scenario.system.consumers.iter();
    all.filter(|one| one.queue == plan.queue).map(|one| one.name.clone()).collect()
}

/// Messages a second that the consumers cannot exceed with this prefetch count.
fn limit(plan: &AdvicePlan, count: Option<u16>, point: &SweptPoint) -> Option<f64> {
    let system = &plan.scenario.system;
    let mut sum = 0.0;
    for consumer in system.consumers.iter().filter(|one| one.queue == plan.queue) {
        let wanted = measure(Scope::Consumer, "service-mean", &consumer.name);
        let service =
            crate::stats::mean(&point.of_measure(&wanted).into_iter().flatten().collect::<Vec<_>>())?;
        let latency = &system.connections[system.channels[consumer.channel].connection].latency;
        let round = 2.0 * latency.mean().as_nanos() as f64 + service;
        let count = count.filter(|_| consumer.acknowledge == Acknowledge::AfterProcessing);
        let at_once = f64::from(consumer.concurrency.max(1));
        sum += (at_once / service).min(count.map_or(f64::INFINITY, |count| f64::from(count) / round));
    }
    Some(sum * 1e9).filter(|limit| limit.is_finite())
}

/// The scenario at each of these counts.
fn sweep_plan(plan: &AdvicePlan, counts: &[Option<u16>]) -> SweepPlan {
    let levels = counts.iter().map(|count| count.unwrap_or(0).to_string()).collect();
    let point = |(level, count): (usize, &Option<u16>)| {
        let mut scenario = plan.scenario.clone();
        for consumer in scenario.system.consumers.iter_mut().filter(|one| one.queue == plan.queue) {
            consumer.prefetch_count = count.unwrap_or(0);
        }
        GridPoint { levels: vec![level], variant: plan.variant.clone(), scenario }
    };
    let grid = Grid {
        factors: vec![Factor { address: "prefetch-count".to_owned(), levels, is_variants: false }],
        points: counts.iter().enumerate().map(point).collect(),
        same: Vec::new(),
        warnings: Vec::new(),
    };
    SweepPlan {
        origin: plan.origin.clone(),
        grid,
        seed: plan.seed,
        replications: plan.replications,
        precision: plan.precision,
        warm_up: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_says_yes_no_or_how_many_replications_would_tell() {
        let of = |differences: &[f64]| {
            let zeros = vec![0.0; differences.len()];
            is_enough(false, Estimate::of_difference(&zeros, differences, true))
        };
        // Mean 2, half-width 2.48 with three: with 3 · 1.24² of them, it would be 2.
        assert_eq!(of(&[1.0, 2.0, 3.0]), IsEnough::Unknown(Some(6)));
        assert_eq!(of(&[2.0, 2.1, 2.2]), IsEnough::Yes);
        assert_eq!(of(&[-2.0, -2.1, -2.2]), IsEnough::No);
        assert_eq!(of(&[1.0, -1.0, 0.000_1]), IsEnough::Unknown(None), "too close");
        assert_eq!(of(&[1.0]), IsEnough::Unknown(None), "one replication has no spread");
        assert_eq!(
            is_enough(true, Estimate::of_difference(&[1.0], &[0.0], true)),
            IsEnough::Yes,
            "the best is enough"
        );
        assert_eq!(
            is_enough(false, Estimate::of_difference(&[1.0], &[0.5], false)),
            IsEnough::No,
            "nothing is random"
        );
    }
}
