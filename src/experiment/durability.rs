//! The truth table of durability: the worst of all crash points of one small standard run, for each way to set it up.

use std::num::NonZeroU64;

use super::crash_points::{CrashPlan, CrashPoint, Spread, VariantCrashes, strike_all, undisturbed};
use super::{Origin, SimulatorBug};
use crate::scenario::{CrashKind, PlannedCrash, Scenario, ScenarioBuilder, Variant};
use crate::units::SimDuration;

/// How many messages the standard run has.
pub const STANDARD_MESSAGES: u64 = 30;
/// The queue of the standard run.
const QUEUE: &str = "orders";
/// The preset that stands for quorum queues.
const QUORUM: &str = "rabbitmq-quorum";

/// What the application chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Whether the queue is durable.
    pub durable: bool,
    /// Whether messages are persistent.
    pub persistent: bool,
    /// Whether the producer asks for confirms.
    pub confirms: bool,
    /// Whether the consumer acknowledges automatically.
    pub automatic: bool,
}

impl Setup {
    /// Every one, the most careful first.
    pub fn all() -> Vec<Setup> {
        let bit = |k: u32, place: u32| k >> place & 1 == 0;
        let setup = |k| Setup {
            durable: bit(k, 3),
            persistent: bit(k, 2),
            confirms: bit(k, 1),
            automatic: !bit(k, 0),
        };
        (0..16).map(setup).collect()
    }
}

/// Which part of the table to compute.
#[derive(Clone, Debug)]
pub struct DurabilityPlan {
    /// The rows.
    pub setups: Vec<Setup>,
    /// The columns: names of presets.
    pub stores: Vec<&'static str>,
    /// The blocks.
    pub kinds: Vec<CrashKind>,
}

/// One cell: each number is the highest of all crash points.
#[derive(Clone, Debug)]
pub struct DurabilityCell {
    /// What happens.
    pub kind: CrashKind,
    /// What the application chose.
    pub setup: Setup,
    /// The preset of the queue's store.
    pub store: &'static str,
    /// How many crash points there were.
    pub crashes: u64,
    /// Messages lost.
    pub lost: u64,
    /// Messages lost of which the producer knows, or comes to know, that they are confirmed.
    pub lost_though_confirmed: u64,
    /// Times that a copy was processed which had been processed before.
    pub processed_again: u64,
    /// Acknowledged copies that came back.
    pub came_back: u64,
    /// Where most was lost, the first of several; of equal ones that with most lost though confirmed.
    pub worst: CrashPoint,
    /// Where most was processed again, the first of several.
    pub worst_again: CrashPoint,
}

impl DurabilityCell {
    /// Whether its queue is a quorum queue: always durable, and keeps transient messages as persistent ones.
    pub fn is_quorum(&self) -> bool {
        self.store == QUORUM
    }
}

/// The table: cells in the order of kinds, setups and stores.
///
/// # Errors
/// The first crash point after which the books do not balance or something panics.
pub fn durability(
    plan: &DurabilityPlan,
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<DurabilityCell>, SimulatorBug> {
    // Source: rules DUR-1 to DUR-10, which the broker and its stores follow; nothing about them is decided here.
    let rows: Vec<(Setup, &'static str)> =
        plan.setups.iter().flat_map(|setup| plan.stores.iter().map(|store| (*setup, *store))).collect();
    let variants: Vec<Variant> = rows.iter().map(|&(setup, store)| variant(setup, store)).collect();
    let mut cells = Vec::new();
    for (k, kind) in plan.kinds.iter().enumerate() {
        let crashes = CrashPlan {
            origin: Origin { file: "standard run".to_owned(), overrides: Vec::new() },
            variants: variants.clone(),
            names_variants: true,
            seed: None,
            crash: PlannedCrash {
                queue: ("/".to_owned(), QUEUE.to_owned()),
                ..PlannedCrash::new(*kind, SimDuration::from_millis(5000))
            },
            spread: Spread::Every(NonZeroU64::MIN),
        };
        let of = plan.kinds.len();
        let told = |done: usize, total: usize| progress(k * total + done, of * total);
        let struck = strike_all(undisturbed(&crashes, jobs)?, jobs, &told)?;
        cells.extend(
            rows.iter().zip(&struck.variants).filter_map(|(&row, crashes)| cell(*kind, row, crashes)),
        );
    }
    Ok(cells)
}

/// The worst of each number; nothing without a crash point, which the standard run always has.
fn cell(
    kind: CrashKind,
    (setup, store): (Setup, &'static str),
    crashes: &VariantCrashes,
) -> Option<DurabilityCell> {
    let points = &crashes.points;
    let most = |value: &dyn Fn(&CrashPoint) -> u64| points.iter().map(value).max().unwrap_or(0);
    // Of several equal maxima, the iterator gives the last: here the first.
    let lost = |point: &&CrashPoint| (point.aftermath.lost(), point.aftermath.lost_though_confirmed);
    let worst = points.iter().rev().max_by_key(lost)?;
    let worst_again = points.iter().rev().max_by_key(|point| point.aftermath.processed_again)?;
    Some(DurabilityCell {
        kind,
        setup,
        store,
        crashes: points.len() as u64,
        lost: most(&|point| point.aftermath.lost()),
        lost_though_confirmed: most(&|point| point.aftermath.lost_though_confirmed),
        processed_again: most(&|point| point.aftermath.processed_again),
        came_back: most(&|point| point.aftermath.came_back),
        worst: worst.clone(),
        worst_again: worst_again.clone(),
    })
}

fn variant(setup: Setup, store: &str) -> Variant {
    let scenario = standard(setup, store);
    Variant { name: format!("{store} {setup:?}"), changes: Vec::new(), scenario }
}

/// 30 messages within 15 ms, which leaves some on the way, and time for every store to confirm and to rest. Then a consumer
/// comes and works for 0.6 s. Nothing is random, so one run is all there is.
fn standard(setup: Setup, store: &str) -> Scenario {
    let quorum = store == QUORUM;
    let scenario = ScenarioBuilder::new("durability")
        // The newest that has queues which are neither durable nor exclusive.
        .broker()
        .with("profile", "rabbitmq-4.0");
    let scenario = if quorum { scenario } else { scenario.classic_store().with("preset", store) };
    let scenario = scenario
        .disk()
        .with("writeback-phase", "0s")
        .link()
        .with("latency", "2ms")
        .with("reconnect-delay", "100ms")
        .queue(QUEUE)
        .with("durable", setup.durable || quorum);
    let scenario = if quorum { scenario.with("arguments", [("x-queue-type", "quorum")]) } else { scenario };
    scenario
        .producer("shop")
        .with("routing-key", QUEUE)
        .with("persistent", setup.persistent)
        .with("confirms", setup.confirms)
        // A quorum queue that is younger than a second would lose everything.
        .with("start", "1500ms")
        .with("count", STANDARD_MESSAGES as i64)
        .with("interarrival", "500us")
        .consumer("billing")
        .with("queue", QUEUE)
        .with("start", "3500ms")
        .with("prefetch-count", if setup.automatic { 0 } else { 10 })
        .with("acknowledge", if setup.automatic { "automatic" } else { "after-processing" })
        .with("service-time", "20ms")
        // Where the crash of its queue cancels it, it goes on with what came back.
        .with("resubscribe-delay", "100ms")
        .build()
        .expect("the standard run is a scenario without mistakes")
}
