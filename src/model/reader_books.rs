//! The books of a queue and of those who read from it: what every message changes stands together, the rest behind it.

use super::consumer::scaled;
use super::held::Held;
use super::spec::ConsumerSpec;
use crate::measure::{ConsumerOutcome, Flow, Histogram, LittlesLaw, QueueOutcome, Waits};
use crate::units::{SimDuration, SimTime};

/// Counts of one consumer: what every message changes, and the rest behind it until the run ends.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct ConsumerBook {
    // Two lines of the processor's cache that change as a message is finished.
    /// From publish to the end of the work, of each message processed.
    sojourn: Histogram,
    /// Work done, in nanoseconds at speed 1.
    work: u128,
    pub(super) busy: SimDuration,
    /// When it finished its last message, if it has.
    last_finished: SimTime,
    /// When the oldest message that it has worked on was published; the end of time before the first.
    first_published: SimTime,
    /// No schedule at all can have finished before: some message was published so late and takes so long.
    no_earlier_than: SimTime,
    // One that each delivery needs.
    /// Deliveries that the broker made to it.
    pub(super) delivered: u64,
    /// Deliveries with the redelivered flag.
    pub(super) redelivered: u64,
    /// Place of its queue in the books.
    pub(super) queue: u32,
    /// The most unacknowledged deliveries it ever had.
    pub(super) unacked_max: u32,
    /// How long work has waited, in nanoseconds, while it was idle. While it is, less how long work had waited when it became so,
    /// modulo 2^64.
    idle_while: [u64; 2],
    is_idle: bool,
    /// Of all consumers of its queue, in thousandths.
    pub(super) speed_max: u64,
    pub(super) outcome: Box<ConsumerOutcome>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ConsumerBook>() <= 192, "three lines of the cache");

impl ConsumerBook {
    pub(super) fn new(outcome: ConsumerOutcome) -> Self {
        ConsumerBook {
            queue: outcome.queue as u32,
            outcome: Box::new(outcome),
            first_published: SimTime::END,
            ..ConsumerBook::default()
        }
    }

    /// Forgets what was measured. How many deliveries it ever held stays: a property is about it.
    pub(super) fn restart(&mut self, waited: Waited) {
        let old = std::mem::take(&mut *self.outcome);
        let is_idle = self.is_idle;
        let kept = ConsumerOutcome {
            name: old.name,
            queue: old.queue,
            prefetch: old.prefetch,
            speed_permille: old.speed_permille,
            concurrency: old.concurrency,
            ..ConsumerOutcome::default()
        };
        *self = ConsumerBook {
            speed_max: self.speed_max,
            unacked_max: self.unacked_max,
            ..ConsumerBook::new(kept)
        };
        if is_idle {
            self.begins_idle(waited);
        }
    }

    /// It has finished a message, which took it so long.
    #[inline(always)]
    fn processed(&mut self, now: SimTime, held: &Held, took: SimDuration) {
        self.busy += took;
        self.sojourn.record(now.since(held.published).as_nanos());
        self.last_finished = now;
        self.work += u128::from(held.at_speed_one.as_nanos());
        self.first_published = self.first_published.min(held.published);
        let alone = scaled(held.at_speed_one, self.speed_max);
        self.no_earlier_than = self.no_earlier_than.max(held.published + alone);
    }

    /// It has nothing to do any more; so long has work waited so far.
    #[inline(always)]
    fn begins_idle(&mut self, waited: Waited) {
        self.is_idle = true;
        let [queued, buffered] = &mut self.idle_while;
        *queued = queued.wrapping_sub(waited.in_queue.as_nanos());
        *buffered = buffered.wrapping_sub(waited.in_buffers.as_nanos());
    }

    /// It was idle and has something to do again.
    #[inline(always)]
    fn ends_idle(&mut self, waited: Waited) {
        self.is_idle = false;
        let [queued, buffered] = &mut self.idle_while;
        *queued = queued.wrapping_add(waited.in_queue.as_nanos());
        *buffered = buffered.wrapping_add(waited.in_buffers.as_nanos());
    }

    fn is_used(&self) -> bool {
        self.sojourn.count() > 0
    }

    /// Writes what every message changes where it is read.
    pub(super) fn close(&mut self) {
        self.sojourn.settle();
        let outcome = &mut self.outcome;
        (outcome.delivered, outcome.redelivered) = (self.delivered, self.redelivered);
        (outcome.unacked_max, outcome.busy) = (self.unacked_max, self.busy);
        [outcome.idle_while_queued, outcome.idle_while_buffered] =
            self.idle_while.map(SimDuration::from_nanos);
        outcome.processed = self.sojourn.count();
        outcome.last_finished = (outcome.processed > 0).then_some(self.last_finished);
        outcome.sojourn = self.sojourn.clone();
    }
}

/// How long some message waited, by where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waited {
    /// Ready in the queue.
    in_queue: SimDuration,
    /// In the buffer of a consumer, while none was ready.
    in_buffers: SimDuration,
}

/// Counts of one queue: what every message changes, and the rest behind it until the run ends.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct QueueBook {
    // A line of the processor's cache that everything changes.
    /// Messages in the buffers of its consumers.
    buffered: u32,
    ready: u32,
    waiting_until: SimTime,
    /// Until `waiting_until`.
    pub(super) waited: Waited,
    /// Copies that entered it.
    pub(super) enqueued: u64,
    /// Deliveries out of it.
    pub(super) delivered: u64,
    /// Copies settled by an acknowledgement.
    pub(super) acked: u64,
    pub(super) last_arrival: Option<u32>,
    // One for each delivery.
    /// Of those handed out for the first time.
    handed_out: Waits,
    pub(super) outcome: Box<QueueOutcome>,
    pub(super) declared: bool,
    /// A copy came back, or left in another way than by its first delivery: Little's law cannot be looked at.
    pub(super) waits_unknown: bool,
    /// Sum of the speeds of its consumers, in thousandths; `None` if they differ by more than speed.
    speeds: Option<u64>,
    // One for the end of each work.
    pub(super) flow: Flow,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    std::mem::offset_of!(QueueBook, flow) <= 128,
    "what belongs together is in one line of the cache"
);

impl QueueBook {
    pub(super) fn new(name: String, readers: &[&ConsumerSpec]) -> Self {
        let work = |reader: &&ConsumerSpec| (reader.service_times.clone(), reader.bandwidth);
        let alike = readers.iter().all(|reader| work(reader) == work(&readers[0]));
        let speeds =
            readers.iter().map(|reader| u64::from(reader.speed_permille) * u64::from(reader.concurrency));
        QueueBook {
            flow: Flow::of_prefetch(readers.iter().map(|reader| reader.prefetch_count)),
            outcome: Box::new(QueueOutcome { name, ..QueueOutcome::default() }),
            speeds: alike.then(|| speeds.sum()),
            ..QueueBook::default()
        }
    }

    #[inline(always)]
    fn update_waiting(&mut self, now: SimTime) {
        if self.ready > 0 {
            self.waited.in_queue += now.since(self.waiting_until);
        } else if self.buffered > 0 {
            self.waited.in_buffers += now.since(self.waiting_until);
        }
        self.waiting_until = now;
    }

    /// It has another number of ready messages.
    #[inline(always)]
    pub(super) fn level(&mut self, now: SimTime, ready: u32) {
        self.update_waiting(now);
        self.ready = ready;
        self.outcome.depth.set(now, u64::from(ready));
        self.outcome.depth_series.set(now, ready);
    }

    /// A message is handed out for the first time, after such a wait.
    #[inline(always)]
    pub(super) fn handed_out(&mut self, arrival: u32, waited: SimDuration) {
        self.handed_out.add(waited.as_nanos());
        let last = self.last_arrival.replace(arrival);
        if last.is_some_and(|last| (arrival.wrapping_sub(last) as i32) < 0) {
            self.outcome.out_of_order += 1;
        }
    }

    /// Forgets what was measured. What a property is about stays: the order of deliveries.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.update_waiting(now);
        let outcome = &mut self.outcome;
        outcome.depth.restart(now);
        outcome.little = LittlesLaw::default();
        outcome.redelivered = 0;
        self.flow.restart();
        self.handed_out = Waits::default();
        (self.enqueued, self.delivered, self.acked) = (0, 0, 0);
    }

    /// Closes it with the books of its consumers.
    pub(super) fn close<'a>(
        &mut self,
        end: SimTime,
        consumers: impl Iterator<Item = &'a ConsumerBook> + Clone,
    ) {
        let outcome = &mut self.outcome;
        (outcome.enqueued, outcome.delivered, outcome.acked) = (self.enqueued, self.delivered, self.acked);
        outcome.flow = self.flow.clone();
        outcome.little.level = outcome.depth.area(end);
        outcome.little.entered = self.enqueued;
        outcome.little.handed_out = self.handed_out;
        outcome.depth.set(end, u64::from(self.ready));
        outcome.depth_series.set(end, self.ready);
        let used = consumers.clone().filter(|book| book.is_used());
        let first = used.map(|book| book.first_published).min();
        let last = consumers.clone().filter_map(|book| book.outcome.last_finished).max();
        let (Some(first), Some(last)) = (first, last) else { return };
        self.outcome.makespan = Some(last.since(first));
        self.outcome.makespan_bound = self.speeds.filter(|&speeds| speeds > 0).map(|speeds| {
            let work: u128 = consumers.clone().map(|book| book.work).sum();
            let shared = (work * 1000).div_ceil(u128::from(speeds));
            let shared = SimDuration::from_nanos(u64::try_from(shared).unwrap_or(u64::MAX));
            let alone = consumers.map(|book| book.no_earlier_than).max().unwrap_or(SimTime::ZERO);
            shared.max(alone.since(first))
        });
    }
}

/// The books of a consumer and of the queue that it reads from.
pub(super) struct ReaderBooks<'a> {
    pub(super) book: &'a mut ConsumerBook,
    pub(super) queue: &'a mut QueueBook,
}

impl ReaderBooks<'_> {
    /// The consumer has finished a message, which took it so long.
    #[inline(always)]
    pub(super) fn processed(&mut self, now: SimTime, held: &Held, took: SimDuration) {
        self.book.processed(now, held, took);
        self.queue.flow.finish(now, held.published);
    }

    /// Messages in the buffers of the queue's consumers grow or shrink.
    #[inline(always)]
    pub(super) fn buffered(&mut self, now: SimTime, more: i32) {
        self.queue.update_waiting(now);
        self.queue.buffered = self.queue.buffered.saturating_add_signed(more);
    }

    /// The consumer has nothing to do from here on.
    #[inline(always)]
    pub(super) fn idle(&mut self, now: SimTime) {
        self.queue.update_waiting(now);
        if !self.book.is_idle {
            self.book.begins_idle(self.queue.waited);
        }
    }

    /// The consumer is no longer idle: it works, or it is gone.
    #[inline(always)]
    pub(super) fn not_idle(&mut self, now: SimTime) {
        if self.book.is_idle {
            self.queue.update_waiting(now);
            self.book.ends_idle(self.queue.waited);
        }
    }
}
