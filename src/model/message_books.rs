//! The books of messages, as against those of copies: what is confirmed, lost for good, and done more than once.

use super::answers::Verdict;
use super::books::Books;
use super::fates::Change;
use crate::amqp::{MessageId, Name, QueueId};
use crate::broker::UnsafeCopies;
use crate::observe::{Durability, Fact, LossCause};
use crate::units::SimDuration;

impl Books {
    /// A publish is lost, or a copy in the queue at this place.
    #[inline(never)]
    pub(super) fn lost(&mut self, message: MessageId, cause: LossCause, queue: Option<u32>) {
        self.ledger.lose(cause, 1);
        if let Some(losses) = &mut self.losses {
            losses.lose(message, queue, cause);
        }
        let index = message.producer.index();
        if let Some(fates) = self.fates.get_mut(index) {
            let processed = queue.is_some_and(|queue| match self.processed_before.get(&(queue, message)) {
                Some(times) => *times > 0,
                None => fates.republishes && self.repeats[queue as usize].has_processed(message),
            });
            let change =
                fates.lost(message.number, queue.map(|place| self.letter_places.branch(place)), processed);
            self.note_change(index, change);
        }
    }

    /// A copy is lost that a queue had.
    pub(super) fn lost_from(&mut self, queue: QueueId, message: MessageId, cause: LossCause) {
        let place = self.place_of_queue[queue.index()];
        self.queues[place as usize].waits_unknown = true;
        self.lost(message, cause, Some(place));
    }

    /// A copy that the queue at this place had let go of is lost with its consumer. It may come back.
    pub(super) fn lost_at_consumer(&mut self, message: MessageId, cause: LossCause, queue: u32) {
        self.lost_at_consumers.entry((message, queue)).or_default().push(cause);
        self.lost(message, cause, Some(queue));
    }

    /// No queue is to get a publish.
    #[cold]
    pub(super) fn unroutable(&mut self, message: MessageId, returned: bool) {
        let count = if returned { &mut self.ledger.returned } else { &mut self.ledger.unroutable };
        *count += 1;
        let index = message.producer.index();
        if let Some(fates) = self.fates.get_mut(index) {
            let change = fates.unroutable(message.number);
            self.note_change(index, change);
        }
    }

    fn note_change(&mut self, publisher: usize, change: Change) {
        let book = &mut self.producers[publisher];
        book.messages_lost += u64::from(change.lost);
        book.duplicates -= u64::from(change.surplus_lost);
        book.lost_though_confirmed += u64::from(change.lost_though_confirmed);
    }

    /// A message is handed out by a queue, perhaps not for the first time.
    #[cold]
    pub(super) fn handed_out(&mut self, queue: QueueId, message: MessageId, redelivered: bool) {
        let place = self.place_of_queue[queue.index()] as usize;
        let Some(fates) = self.fates.get(message.producer.index()) else { return };
        let marked = fates.republishes || (self.marks_repeats && fates.may_come_back);
        if self.repeats[place].delivered(message, redelivered, fates, marked) {
            self.queues[place].outcome.delivered_twice += 1;
            self.ledger.delivered_twice += 1;
        }
    }

    /// A copy is safer than it was.
    pub(super) fn reached(&mut self, fact: &Fact) {
        let Fact::Reached { queue, message, level, published, confirmed, dead: false, at } = *fact else {
            return;
        };
        let producer = self.producers.get(message.producer.index());
        let asks = producer.is_some_and(|it| it.confirmed + it.nacked + it.unanswered > 0);
        let place = self.place_of_queue[queue.index()] as usize;
        let safety = &mut self.queues[place].outcome.safety;
        let unsafe_for = at.since(published).as_nanos();
        match level {
            Durability::Written => safety.until_written.record(unsafe_for),
            Durability::Stable => {
                safety.until_stable.record(unsafe_for);
                if confirmed.is_some() || asks {
                    let late = confirmed.map_or(SimDuration::ZERO, |confirmed| at.since(confirmed));
                    safety.confirmed_until_stable.record(late.as_nanos());
                }
            }
        }
    }

    /// What became of messages, whatever the number of their publishes.
    pub(super) fn close_fates(&mut self) {
        for (book, fates) in self.producers.iter_mut().zip(&self.fates) {
            book.messages_unroutable = fates.messages_unroutable();
        }
    }

    /// What of a queue's copies is not safe when the run ends.
    pub(super) fn close_safety(&mut self, queue: (Name, Name), copies: UnsafeCopies) {
        let place = self.place_of_name(queue) as usize;
        let safety = &mut self.queues[place].outcome.safety;
        safety.kept += copies.kept;
        safety.unwritten_at_end += copies.unwritten;
        safety.unstable_at_end += copies.unstable;
        safety.confirmed_unstable_at_end += copies.confirmed_unstable;
    }

    /// A producer publishes a message another time.
    #[cold]
    pub(super) fn published_again(&mut self, message: MessageId) {
        let index = message.producer.index();
        let again = self.fates[index].published_again(message.number);
        let book = &mut self.producers[index];
        book.republished += 1;
        book.published_twice += u64::from(again.is_second);
        book.duplicates += u64::from(again.is_surplus);
        book.messages_lost -= u64::from(again.makes_good);
        self.ledger.published_twice += u64::from(again.is_second);
    }

    /// A publish in confirm mode has gone out.
    pub(super) fn asked_for_confirm(&mut self, message: MessageId) {
        let index = message.producer.index();
        let first = !self.fates[index].was_published_again(message.number);
        let book = &mut self.producers[index];
        book.unanswered += 1;
        book.unconfirmed += u64::from(first);
    }

    /// A producer has got the answer to a publish, so long after it.
    pub(super) fn publish_answered(&mut self, message: MessageId, after: SimDuration, verdict: Verdict) {
        let index = message.producer.index();
        let (book, fates) = (&mut self.producers[index], &mut self.fates[index]);
        book.unanswered -= 1;
        book.confirm_latency.record(after.as_nanos());
        match verdict {
            Verdict::Nacked => book.nacked += 1,
            // It says that the publish is dealt with; the message goes out again.
            Verdict::Returned => book.confirmed += 1,
            Verdict::Confirmed => {
                book.confirmed += 1;
                let (first, change) = fates.confirmed(message.number);
                book.unconfirmed -= u64::from(first);
                self.note_change(index, change);
            }
        }
    }

    /// A producer knows that the transaction of a message is committed: a promise like a confirm. Source: rule TX-4.
    pub(super) fn committed(&mut self, message: MessageId) {
        let index = message.producer.index();
        let (first, change) = self.fates[index].confirmed(message.number);
        self.producers[index].committed += u64::from(first);
        self.note_change(index, change);
    }

    #[cold]
    pub(super) fn count_repetition(&mut self, queue: usize, message: MessageId) -> bool {
        let Some(fates) = self.fates.get(message.producer.index()) else { return false };
        let repeats = &mut self.repeats[queue];
        let before = repeats.processed(message);
        let (again, first) = if fates.republishes {
            (before, before && repeats.processed_again(message))
        } else if let Some(times) = self.processed_before.get_mut(&(queue as u32, message)) {
            *times += 1;
            (*times > 1, *times == 2)
        } else {
            let again = before && fates.may_repeat(message.number);
            (again, again && repeats.processed_again(message))
        };
        self.ledger.processed_again += u64::from(again);
        self.ledger.processed_twice += u64::from(first);
        self.queues[queue].outcome.processed_twice += u64::from(first);
        again
    }

    /// A copy may be processed again: it was processed `times` times so far and goes back to its queue.
    pub(super) fn may_be_processed_again(&mut self, queue: QueueId, message: MessageId, times: u32) {
        let Some(fates) = self.fates.get(message.producer.index()).filter(|fates| !fates.republishes) else {
            return;
        };
        let queue = self.place_of_queue[queue.index()];
        // A dead letter that came before, of a message that came back.
        let letter = fates.may_repeat(message.number) && self.repeats[queue as usize].has_processed(message);
        self.processed_before.entry((queue, message)).or_insert(times.max(u32::from(letter)));
    }

    /// A dead letter is in a queue. It may come back if there is a disk.
    #[cold]
    pub(super) fn letter_came(&mut self, queue: QueueId, message: MessageId) {
        if self
            .fates
            .get(message.producer.index())
            .is_some_and(|fates| fates.republishes || fates.may_come_back)
        {
            self.letter_places.add(self.place_of_queue[queue.index()]);
            self.marks_repeats = true;
        }
    }

    /// A copy that was done with is in its queue again; whether it had been `acked`, and whether a consumer has it `in_hands`.
    pub(super) fn came_back(&mut self, queue: QueueId, message: MessageId, acked: bool, in_hands: bool) {
        let place = self.place_of_queue[queue.index()];
        let lost = if acked && !in_hands { self.find(place, message) } else { None };
        let unprocessed = in_hands || lost.is_some();
        self.ledger.came_back += 1;
        self.ledger.came_back_unprocessed += u64::from(unprocessed);
        let index = message.producer.index();
        // One that was processed is a copy more than there should be, and no loss if it is lost.
        if let Some(fates) = self.fates.get_mut(index).filter(|_| lost.is_some() || !acked) {
            let change = fates.came_back(message.number, self.letter_places.branch(place), !acked);
            let book = &mut self.producers[index];
            book.messages_lost -= u64::from(change.message);
            book.lost_though_confirmed -= u64::from(change.though_confirmed);
            book.duplicates += u64::from(change.surplus);
        }
        self.may_be_processed_again(queue, message, u32::from(acked && !unprocessed));
    }

    /// A copy that was lost at a consumer is there again, if that was so: its loss is none any more.
    fn find(&mut self, queue: u32, message: MessageId) -> Option<LossCause> {
        let cause = self.lost_at_consumers.get_mut(&(message, queue))?.pop()?;
        self.ledger.find(cause);
        if let Some(losses) = &mut self.losses {
            losses.find(message, queue, cause);
        }
        Some(cause)
    }
}
