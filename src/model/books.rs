//! The books of a run: counters beside the state that they count, and the ledger. Always kept, in lean runs too, so that
//! every run can be balanced.

use std::collections::{BTreeMap, BTreeSet};

use super::fates::{Fates, LetterPlaces, Repeats};
use super::held::Held;
use super::loss_log::LossLog;
use super::reader_books::{ConsumerBook, QueueBook, ReaderBooks};
use super::spec::{ConsumerSpec, Declaration, SystemSpec};
use crate::amqp::{MessageId, Name, Names, QueueId, in_vhost};
use crate::measure::{ClientError, ConsumerOutcome, Ledger, ProducerOutcome};
use crate::observe::{Conclusion, Fact, LossCause, Settlement};
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
    /// again are not here: `repeats` knows of all of them, and of dead letters that may come back.
    pub(super) processed_before: BTreeMap<(u32, MessageId), u32>,
    /// Copies that were lost at a consumer: they may come back.
    pub(super) lost_at_consumers: BTreeMap<(MessageId, u32), Vec<LossCause>>,
    /// The losses one by one, where they are compared with those of another run.
    pub(super) losses: Option<Box<LossLog>>,
    /// Answers to publishes that were answered before, or never made.
    pub(super) answered_twice: u64,
    /// Of each publisher, by index: its messages that were confirmed, and those that were lost.
    pub(super) fates: Vec<Fates>,
    /// Whether `repeats` is kept: one of them publishes again, or there are dead letters that may come back.
    pub(super) marks_repeats: bool,
    /// Where dead letters came to, if they may come back.
    pub(super) letter_places: LetterPlaces,
    /// In order of `queues`.
    pub(super) repeats: Vec<Repeats>,
    /// What happens before is not measured. Zero in a run by hand, which has no warm-up.
    pub(super) measured_from: SimTime,
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
            consumers.push(ConsumerBook::new(outcome));
        }
        for book in &mut consumers {
            let speeds = readers[book.queue as usize].iter().map(|reader| u64::from(reader.speed_permille));
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
        let may_come_back = spec.storage.is_some();
        let fates = (0..spec.publishers().count()).map(|index| Fates::new(republishes(index), may_come_back));
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
            lost_at_consumers: BTreeMap::new(),
            losses: None,
            answered_twice: 0,
            fates: fates.collect(),
            marks_repeats: spec.producers.iter().any(|producer| producer.republish.is_some()),
            letter_places: LetterPlaces::default(),
            repeats: vec![Repeats::default(); queue_list.len() + 1],
            measured_from: SimTime::ZERO,
        }
    }

    /// The place of a queue in the books.
    #[inline(always)]
    pub(super) fn place_of(&self, id: QueueId) -> u32 {
        self.place_of_queue[id.index()]
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
            Fact::Unroutable { message, returned, .. } => self.unroutable(message, returned),
            Fact::PublishRefused { message, cause } => self.lost(message, cause, None),
            Fact::Enqueued { queue, message, dead, .. } => {
                self.queue(queue).enqueued += 1;
                if dead {
                    self.letter_came(queue, message);
                }
            }
            Fact::Delivered { queue, arrival, arrived, message, redelivered, automatic, .. } => {
                if redelivered || self.marks_repeats {
                    self.handed_out(queue, message, redelivered);
                }
                let book = self.queue(queue);
                book.delivered += 1;
                book.acked += u64::from(automatic);
                if redelivered {
                    book.outcome.redelivered += 1;
                    self.ledger.redelivered += 1;
                } else {
                    book.handed_out(arrival, now.since(arrived));
                }
            }
            Fact::Got { queue, message, redelivered, automatic, .. } => {
                self.handed_out(queue, message, redelivered);
                let book = self.queue(queue);
                book.waits_unknown = true;
                book.delivered += 1;
                book.acked += u64::from(automatic);
                book.outcome.redelivered += u64::from(redelivered);
                self.ledger.redelivered += u64::from(redelivered);
            }
            Fact::Settled { queue, how: Settlement::Acked, .. } => self.queue(queue).acked += 1,
            Fact::Lost { queue, message, cause, dead, .. } => {
                // It may never have entered the queue.
                if dead {
                    self.letter_came(queue, message);
                }
                self.lost_from(queue, message, cause);
            }
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
        book.level(now, ready);
    }

    /// The books of a consumer and of the queue that it reads from.
    #[inline(always)]
    pub(super) fn reader(&mut self, consumer: usize) -> ReaderBooks<'_> {
        let book = &mut self.consumers[consumer];
        ReaderBooks { queue: &mut self.queues[book.queue as usize], book }
    }

    /// A consumer has finished a message, which took it so long: its books, and whether the copy had been processed before.
    #[inline(always)]
    pub(super) fn processed(
        &mut self,
        now: SimTime,
        consumer: usize,
        held: &Held,
        took: SimDuration,
    ) -> (ReaderBooks<'_>, bool) {
        let queue = self.consumers[consumer].queue as usize;
        let again = (self.marks_repeats || !self.processed_before.is_empty())
            && self.count_repetition(queue, held.message);
        if held.settled.is_for_good() {
            self.ledger.processed += 1;
        }
        let mut books = self.reader(consumer);
        books.processed(now, held, took);
        (books, again)
    }

    /// A consumer's work on a message has ended without having processed it.
    pub(super) fn concluded(&mut self, consumer: usize, how: Conclusion, took: SimDuration) {
        let book = &mut self.consumers[consumer];
        book.busy += took;
        let outcome = &mut book.outcome;
        let count = match how {
            Conclusion::Ack => return,
            Conclusion::Reject => &mut outcome.rejected,
            Conclusion::Requeue => &mut outcome.requeued,
            Conclusion::Hang => &mut outcome.left_hanging,
            Conclusion::Crash => &mut outcome.crashes_at_work,
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
            self.consumers[consumer].close();
        }
        let mut readers = vec![Vec::new(); self.queues.len()];
        for book in &self.consumers {
            readers[book.queue as usize].push(book);
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
