//! The books of a run: counters beside the state that they count, and the ledger. Always kept, in lean runs too, so that
//! every run can be balanced.

use std::collections::{BTreeMap, BTreeSet};

use super::consumer::scaled;
use super::fates::{Fates, Repeats};
use super::spec::{ConsumerSpec, Declaration, SystemSpec};
use crate::amqp::{MessageId, Name, Names, QueueId, in_vhost};
use crate::measure::{ClientError, ConsumerOutcome, Flow, Ledger, LittlesLaw, ProducerOutcome, QueueOutcome};
use crate::observe::{Conclusion, Fact, Settlement};
use crate::units::{SimDuration, SimTime};

/// Errors kept for the report; later ones are only counted by what they cause.
const ERRORS_MAX: usize = 100;

/// All counts of a run.
#[derive(Clone, Debug)]
pub(super) struct Books {
    pub(super) ledger: Ledger,
    pub(super) producers: Vec<ProducerOutcome>,
    pub(super) consumers: Vec<ConsumerBook>,
    /// Queues that the scenario names, then one for all others.
    pub(super) queues: Vec<QueueBook>,
    /// Places of the queues that the scenario names, by virtual host and name.
    queue_names: BTreeMap<(Name, Name), u32>,
    /// Place in `queues` by the broker's id.
    pub(super) place_of_queue: Vec<u32>,
    pub(super) errors: Vec<ClientError>,
    /// How often a copy was processed whose delivery may come again: it was processed and then requeued, or it is in the
    /// hands of a consumer that has lost its connection. Empty unless there are faults. Messages of producers that publish
    /// again are not here: `repeats` knows of all of them.
    pub(super) processed_before: BTreeMap<(u32, MessageId), u32>,
    /// Answers to publishes that were answered before, or never made.
    pub(super) answered_twice: u64,
    /// Of each publisher, by index: its messages that were confirmed, and those that were lost.
    pub(super) fates: Vec<Fates>,
    /// Whether one of them publishes again.
    pub(super) republishes: bool,
    /// In order of `queues`.
    pub(super) repeats: Vec<Repeats>,
    /// What happened before is not measured.
    pub(super) measured_from: SimTime,
}

/// Counts of one consumer.
#[derive(Clone, Debug, Default)]
pub(super) struct ConsumerBook {
    /// While it is idle: how long work had waited, in all, when it became so.
    pub(super) idle_since: Option<Waited>,
    /// When the oldest message that it has worked on was published.
    pub(super) first_published: Option<SimTime>,
    /// No schedule at all can have finished before: some message was published so late and takes so long.
    pub(super) no_earlier_than: SimTime,
    /// Of all consumers of its queue, in thousandths.
    speed_max: u64,
    /// Work done, in nanoseconds at speed 1.
    pub(super) work: u128,
    pub(super) outcome: ConsumerOutcome,
}

/// How long some message waited, by where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waited {
    /// Ready in the queue.
    in_queue: SimDuration,
    /// In the buffer of a consumer, while none was ready.
    in_buffers: SimDuration,
}

/// Counts of one queue.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueBook {
    ready: u32,
    /// Messages in the buffers of its consumers.
    buffered: u32,
    waiting_until: SimTime,
    /// Until `waiting_until`.
    pub(super) waited: Waited,
    last_arrival: Option<u32>,
    pub(super) outcome: QueueOutcome,
    declared: bool,
    /// A copy came back, or left in another way than by its first delivery: Little's law cannot be looked at.
    pub(super) waits_unknown: bool,
    /// Sum of the speeds of its consumers, in thousandths; `None` if they differ by more than speed.
    speeds: Option<u64>,
}

impl QueueBook {
    fn new(name: String, readers: &[&ConsumerSpec]) -> Self {
        let work = |reader: &&ConsumerSpec| (reader.service_times.clone(), reader.bandwidth);
        let alike = readers.iter().all(|reader| work(reader) == work(&readers[0]));
        let speeds =
            readers.iter().map(|reader| u64::from(reader.speed_permille) * u64::from(reader.concurrency));
        QueueBook {
            outcome: QueueOutcome {
                name,
                flow: Flow::of_prefetch(readers.iter().map(|reader| reader.prefetch_count)),
                ..QueueOutcome::default()
            },
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

    /// Forgets what was measured. What a property is about stays: the order of deliveries.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.update_waiting(now);
        let outcome = &mut self.outcome;
        outcome.depth.restart(now);
        outcome.flow.restart();
        outcome.little = LittlesLaw::default();
        (outcome.enqueued, outcome.delivered, outcome.redelivered, outcome.acked) = (0, 0, 0, 0);
    }

    /// Closes it with the books of its consumers.
    fn close<'a>(&mut self, end: SimTime, consumers: impl Iterator<Item = &'a ConsumerBook> + Clone) {
        self.outcome.little.level = self.outcome.depth.area(end);
        self.outcome.little.entered = self.outcome.enqueued;
        self.outcome.depth.set(end, u64::from(self.ready));
        self.outcome.depth_series.set(end, self.ready);
        let first = consumers.clone().filter_map(|book| book.first_published).min();
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
    book: &'a mut ConsumerBook,
    queue: &'a mut QueueBook,
}

impl ReaderBooks<'_> {
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
        self.book.idle_since = Some(self.queue.waited);
    }

    /// The consumer is no longer idle: it works, or it is gone.
    #[inline(always)]
    pub(super) fn not_idle(&mut self, now: SimTime) {
        if let Some(since) = self.book.idle_since.take() {
            self.queue.update_waiting(now);
            let (waited, outcome) = (self.queue.waited, &mut self.book.outcome);
            let more = |now: SimDuration, then: SimDuration| {
                SimDuration::from_nanos(now.as_nanos() - then.as_nanos())
            };
            outcome.idle_while_queued += more(waited.in_queue, since.in_queue);
            outcome.idle_while_buffered += more(waited.in_buffers, since.in_buffers);
        }
    }
}

/// What the books need to know of a message that was worked on.
pub(super) struct Work {
    pub(super) message: MessageId,
    pub(super) published: SimTime,
    /// How long it took.
    pub(super) took: SimDuration,
    /// How long it takes at speed 1.
    pub(super) at_speed_one: SimDuration,
}

impl Books {
    pub(super) fn new(spec: &SystemSpec, names: &mut Names) -> Self {
        let queue_list = queues_named(spec);
        let places: BTreeMap<(&str, &str), usize> = queue_list.iter().copied().zip(0..).collect();
        let mut readers: Vec<Vec<&ConsumerSpec>> = vec![Vec::new(); queue_list.len() + 1];
        let mut consumers = Vec::new();
        for consumer in &spec.consumers {
            let queue = places[&(spec.vhost_of(consumer.channel), consumer.queue.as_str())];
            readers[queue].push(consumer);
            let outcome = ConsumerOutcome {
                name: consumer.name.clone(),
                queue,
                prefetch: consumer.prefetch_count,
                speed_permille: consumer.speed_permille,
                concurrency: consumer.concurrency,
                ..ConsumerOutcome::default()
            };
            consumers.push(ConsumerBook { outcome, ..ConsumerBook::default() });
        }
        for book in &mut consumers {
            let speeds = readers[book.outcome.queue].iter().map(|reader| u64::from(reader.speed_permille));
            book.speed_max = speeds.max().unwrap_or(1).max(1);
        }
        let queues = queue_list
            .iter()
            .map(|(vhost, name)| in_vhost(vhost, name))
            .chain([String::new()])
            .zip(&readers)
            .map(|(name, readers)| QueueBook::new(name, readers))
            .collect();
        let producer_book =
            |name: &String| ProducerOutcome { name: name.clone(), ..ProducerOutcome::default() };
        let republishes =
            |index: usize| spec.producers.get(index).is_some_and(|producer| producer.republish.is_some());
        let fates = (0..spec.publishers().count()).map(|index| Fates::new(republishes(index)));
        Books {
            ledger: Ledger::default(),
            producers: spec.publishers().map(producer_book).collect(),
            consumers,
            queues,
            queue_names: queue_list
                .iter()
                .map(|(vhost, name)| (names.intern(vhost), names.intern(name)))
                .zip(0..)
                .collect(),
            place_of_queue: Vec::new(),
            errors: Vec::new(),
            processed_before: BTreeMap::new(),
            answered_twice: 0,
            fates: fates.collect(),
            republishes: spec.producers.iter().any(|producer| producer.republish.is_some()),
            repeats: vec![Repeats::default(); queue_list.len() + 1],
            measured_from: SimTime::ZERO,
        }
    }

    #[inline(always)]
    fn queue(&mut self, id: QueueId) -> &mut QueueBook {
        &mut self.queues[self.place_of_queue[id.index()] as usize]
    }

    /// Books a fact of the broker, except what needs to know what became of a delivery at its consumer.
    #[inline(always)]
    pub(super) fn fact(&mut self, now: SimTime, fact: &Fact) {
        match *fact {
            Fact::Routed { queues, .. } => {
                self.ledger.routed += 1;
                self.ledger.copies += u64::from(queues);
            }
            Fact::Unroutable { returned: true, .. } => self.ledger.returned += 1,
            Fact::Unroutable { returned: false, .. } => self.ledger.unroutable += 1,
            Fact::PublishRefused { message, cause } => self.lost(message, cause, None),
            Fact::Enqueued { queue, .. } => self.queue(queue).outcome.enqueued += 1,
            Fact::Delivered { queue, arrival, arrived, message, redelivered, automatic, .. } => {
                if redelivered || self.republishes {
                    self.handed_out(queue, message, redelivered);
                }
                let book = self.queue(queue);
                book.outcome.delivered += 1;
                book.outcome.acked += u64::from(automatic);
                if redelivered {
                    book.outcome.redelivered += 1;
                    self.ledger.redelivered += 1;
                } else {
                    book.outcome.little.handed_out.add(now.since(arrived).as_nanos());
                    let last = book.last_arrival.replace(arrival);
                    let backwards = last.is_some_and(|last| (arrival.wrapping_sub(last) as i32) < 0);
                    book.outcome.out_of_order += u64::from(backwards);
                }
            }
            Fact::Got { queue, message, redelivered, automatic, .. } => {
                self.handed_out(queue, message, redelivered);
                let book = self.queue(queue);
                book.waits_unknown = true;
                let outcome = &mut book.outcome;
                outcome.delivered += 1;
                outcome.acked += u64::from(automatic);
                outcome.redelivered += u64::from(redelivered);
                self.ledger.redelivered += u64::from(redelivered);
            }
            Fact::Settled { queue, how: Settlement::Acked, .. } => self.queue(queue).outcome.acked += 1,
            Fact::Lost { queue, message, cause, .. } => self.lost_from(queue, message, cause),
            Fact::Requeued { queue, .. } | Fact::CameBack { queue, .. } => {
                self.queue(queue).waits_unknown = true;
            }
            Fact::DeadLettered { queue, queues, .. } => {
                self.queue(queue).waits_unknown = true;
                self.ledger.dead_lettered += 1;
                self.ledger.copies += u64::from(queues);
            }
            // The requester gets it as it is published.
            Fact::Replied { .. } => {
                self.ledger.routed += 1;
                self.ledger.copies += 1;
            }
            Fact::Reached { .. } => self.reached(fact),
            Fact::QueueDeclared { queue, vhost, name, .. } => self.place_queue(queue, (vhost, name)),
            _ => {}
        }
    }

    /// The place of a queue with this virtual host and name.
    pub(super) fn place_of_name(&self, name: (Name, Name)) -> u32 {
        self.queue_names.get(&name).copied().unwrap_or(self.queue_names.len() as u32)
    }

    fn place_queue(&mut self, id: QueueId, name: (Name, Name)) {
        let (other, place) = (self.queue_names.len() as u32, self.place_of_name(name));
        if self.place_of_queue.len() <= id.index() {
            self.place_of_queue.resize(id.index() + 1, other);
        }
        self.place_of_queue[id.index()] = place;
        let book = &mut self.queues[place as usize];
        book.last_arrival = None;
        // A restart brings back what it brings back: from here on, no wait is known for sure.
        book.waits_unknown |= std::mem::replace(&mut book.declared, true);
    }

    /// A queue has another number of ready messages.
    #[inline(always)]
    pub(super) fn level(&mut self, now: SimTime, id: QueueId, ready: u32) {
        let book = self.queue(id);
        book.update_waiting(now);
        book.ready = ready;
        book.outcome.depth.set(now, u64::from(ready));
        book.outcome.depth_series.set(now, ready);
    }

    /// The books of a consumer and of the queue that it reads from.
    #[inline(always)]
    pub(super) fn reader(&mut self, consumer: usize) -> ReaderBooks<'_> {
        let book = &mut self.consumers[consumer];
        ReaderBooks { queue: &mut self.queues[book.outcome.queue], book }
    }

    /// A consumer has finished a message; whether the copy had been processed before.
    #[inline(always)]
    pub(super) fn processed(&mut self, now: SimTime, consumer: usize, work: &Work) -> bool {
        let book = &mut self.consumers[consumer];
        book.outcome.processed += 1;
        book.outcome.busy += work.took;
        book.outcome.sojourn.record(now.since(work.published).as_nanos());
        book.outcome.last_finished = Some(now);
        book.work += u128::from(work.at_speed_one.as_nanos());
        book.first_published =
            Some(book.first_published.map_or(work.published, |first| first.min(work.published)));
        let alone = scaled(work.at_speed_one, book.speed_max);
        book.no_earlier_than = book.no_earlier_than.max(work.published + alone);
        let place = book.outcome.queue;
        self.queues[place].outcome.flow.finish(now, work.published);
        (self.republishes || !self.processed_before.is_empty()) && self.count_repetition(place, work.message)
    }

    /// A consumer's work on a message has ended without having processed it.
    pub(super) fn concluded(&mut self, consumer: usize, how: Conclusion, took: SimDuration) {
        let book = &mut self.consumers[consumer].outcome;
        book.busy += took;
        let count = match how {
            Conclusion::Ack => return,
            Conclusion::Reject => &mut book.rejected,
            Conclusion::Requeue => &mut book.requeued,
            Conclusion::Hang => &mut book.left_hanging,
            Conclusion::Crash => &mut book.crashes_at_work,
        };
        *count += 1;
    }

    pub(super) fn error(&mut self, error: ClientError) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(error);
        }
    }

    /// Closes what is measured over time.
    pub(super) fn close(&mut self, end: SimTime) {
        for consumer in 0..self.consumers.len() {
            self.reader(consumer).not_idle(end);
        }
        let mut readers = vec![Vec::new(); self.queues.len()];
        for book in &self.consumers {
            readers[book.outcome.queue].push(book);
        }
        for (queue, readers) in self.queues.iter_mut().zip(&readers) {
            queue.close(end, readers.iter().copied());
        }
    }
}

/// The queues that a scenario names, with their virtual hosts: declared at the start, by clients, or consumed from; in order
/// of first mention.
fn queues_named(spec: &SystemSpec) -> Vec<(&str, &str)> {
    let of_channel = |channel: usize, declares| (spec.vhost_of(channel), declares);
    let start = spec.topology.iter().map(|one| (one.vhost.as_str(), &one.declaration));
    let clients = spec
        .producers
        .iter()
        .flat_map(|one| one.declares.iter().map(move |declared| of_channel(one.channel, declared)))
        .chain(
            spec.consumers
                .iter()
                .flat_map(|one| one.declares.iter().map(move |declared| of_channel(one.channel, declared))),
        )
        .chain(
            spec.clients
                .iter()
                .flat_map(|one| one.declares().map(move |declared| of_channel(one.channel, declared))),
        );
    let declared = start.chain(clients).filter_map(|(vhost, declaration)| match declaration {
        Declaration::Queue(queue) if !queue.name.is_empty() => Some((vhost, queue.name.as_str())),
        _ => None,
    });
    let consumed = spec.consumers.iter().map(|one| (spec.vhost_of(one.channel), one.queue.as_str()));
    let mut known = BTreeSet::new();
    declared.chain(consumed).filter(|name| known.insert(*name)).collect()
}
