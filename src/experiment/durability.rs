//! The truth table of durability: the worst of all crash points of one small standard run, for each way to set it up.

use std::num::NonZeroU64;

use super::crash_points::{CrashPlan, CrashPoint, Spread, VariantCrashes, strike_all, undisturbed};
use super::{Origin, QueueStore, Setup, SimulatorBug, TableCrash};
use crate::scenario::{Scenario, ScenarioBuilder, Variant};
use crate::units::SimDuration;

/// How many messages the standard run has.
pub const STANDARD_MESSAGES: u64 = 30;
/// The queue of the standard run.
const QUEUE: &str = "orders";
/// Its producer.
const PRODUCER: &str = "shop";
/// Its consumer.
const CONSUMER: &str = "billing";
/// For how long the broker, a node of it or a client is down.
const DOWN: SimDuration = SimDuration::from_secs(5);

/// Which part of the table to compute.
#[derive(Clone, Debug)]
pub struct DurabilityPlan {
    /// The rows.
    pub setups: Vec<Setup>,
    /// The columns.
    pub stores: Vec<QueueStore>,
    /// The blocks.
    pub crashes: Vec<TableCrash>,
}

/// One cell: each number is the highest of all crash points.
#[derive(Clone, Debug)]
pub struct DurabilityCell {
    /// What happens.
    pub crash: TableCrash,
    /// What the application chose.
    pub setup: Setup,
    /// Where the queue is kept.
    pub store: QueueStore,
    /// Whether the store confirms what it has not written yet.
    pub confirms_on_arrival: bool,
    /// How many crash points there were.
    pub crash_points: u64,
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
    /// Whether the crash can hit the queue at all; if not, the numbers say that nothing happened.
    pub fn is_hit(&self) -> bool {
        self.crash.hits(&self.store)
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
    // Source: rules DUR-1 to DUR-16, which the broker and its stores follow; nothing about them is decided here.
    let rows: Vec<(Setup, QueueStore)> =
        plan.setups.iter().flat_map(|setup| plan.stores.iter().map(|store| (*setup, *store))).collect();
    // A quorum queue is durable whatever is chosen: what comes to the same run is run once.
    let mut variants: Vec<Variant> = Vec::new();
    let mut place_of_row = Vec::new();
    for (setup, store) in &rows {
        let scenario = standard(*setup, store);
        let known = variants.iter().position(|variant| variant.scenario == scenario);
        place_of_row.push(known.unwrap_or(variants.len()));
        if known.is_none() {
            let name = format!("{} {setup:?}", store.name);
            variants.push(Variant { name, changes: Vec::new(), scenario });
        }
    }
    let mut cells = Vec::new();
    for (k, crash) in plan.crashes.iter().enumerate() {
        let crashes = CrashPlan {
            origin: Origin { file: "standard run".to_owned(), overrides: Vec::new() },
            variants: variants.clone(),
            names_variants: true,
            seed: None,
            crash: crash.planned((QUEUE, PRODUCER, CONSUMER), DOWN),
            spread: Spread::Every(NonZeroU64::MIN),
        };
        let of = plan.crashes.len();
        let told = |done: usize, total: usize| progress(k * total + done, of * total);
        let struck = strike_all(undisturbed(&crashes, jobs)?, jobs, &told)?;
        let struck = place_of_row.iter().filter_map(|&place| struck.variants.get(place));
        cells.extend(rows.iter().zip(struck).filter_map(|(&row, crashes)| cell(*crash, row, crashes)));
    }
    Ok(cells)
}

/// The worst of each number; nothing without a crash point, which the standard run always has.
fn cell(
    crash: TableCrash,
    (setup, store): (Setup, QueueStore),
    crashes: &VariantCrashes,
) -> Option<DurabilityCell> {
    let points = &crashes.points;
    let most = |value: &dyn Fn(&CrashPoint) -> u64| points.iter().map(value).max().unwrap_or(0);
    // Of several equal maxima, the iterator gives the last: here the first.
    let lost = |point: &&CrashPoint| (point.aftermath.lost(), point.aftermath.lost_though_confirmed);
    let worst = points.iter().rev().max_by_key(lost)?;
    let worst_again = points.iter().rev().max_by_key(|point| point.aftermath.processed_again)?;
    Some(DurabilityCell {
        crash,
        setup,
        store,
        confirms_on_arrival: crashes
            .variant
            .scenario
            .system
            .storage
            .as_ref()
            .is_some_and(|storage| !store.is_quorum() && storage.classic.confirms_on_arrival()),
        crash_points: points.len() as u64,
        lost: most(&|point| point.aftermath.lost()),
        lost_though_confirmed: most(&|point| point.aftermath.lost_though_confirmed),
        processed_again: most(&|point| point.aftermath.processed_again),
        came_back: most(&|point| point.aftermath.came_back),
        worst: worst.clone(),
        worst_again: worst_again.clone(),
    })
}

/// 30 messages within 15 ms, which leaves some on the way, and time for every store to confirm and to rest. Then a consumer
/// comes and works for 0.6 s. Nothing is random, so one run is all there is.
fn standard(setup: Setup, store: &QueueStore) -> Scenario {
    let quorum = store.is_quorum();
    let scenario = ScenarioBuilder::new("durability")
        // The newest that has queues which are neither durable nor exclusive.
        .broker()
        .with("profile", "rabbitmq-4.0");
    let scenario = match store.members {
        _ if !quorum => scenario.classic_store().with("preset", store.preset),
        1 => scenario,
        members => scenario.cluster().with("nodes", i64::from(members)),
    };
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
        .producer(PRODUCER)
        .with("routing-key", QUEUE)
        .with("persistent", setup.persistent)
        .with("confirms", setup.confirms)
        // A quorum queue that is younger than a second would lose everything.
        .with("start", "1500ms")
        .with("count", STANDARD_MESSAGES as i64)
        .with("interarrival", "500us")
        .consumer(CONSUMER)
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
