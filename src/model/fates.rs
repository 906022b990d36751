//! What became of messages, whatever the number of their copies and publishes: which were confirmed, lost, published,
//! handed out or processed more than once. A bit for each message; more only for those that were published again, or lost
//! by somebody who may publish them again.

use std::collections::BTreeMap;

use super::attempts::{Attempts, Branch, FirstLosses, LETTERS};
use crate::amqp::MessageId;

/// A mark for each number.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    pub(super) fn has(&self, number: u32) -> bool {
        self.0.get((number / 64) as usize).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether it was not there yet.
    pub(super) fn set(&mut self, number: u32) -> bool {
        let place = (number / 64) as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        let first = !self.has(number);
        self.0[place] |= 1 << (number % 64);
        first
    }

    /// 64 of them.
    fn word(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }

    /// Whether it was there.
    fn clear(&mut self, number: u32) -> bool {
        let had = self.has(number);
        if had {
            self.0[(number / 64) as usize] &= !(1 << (number % 64));
        }
        had
    }
}

/// Marks of messages of several publishers.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageMarks(Vec<Marks>);

impl MessageMarks {
    pub(super) fn has(&self, message: MessageId) -> bool {
        self.0.get(message.producer.index()).is_some_and(|marks| marks.has(message.number))
    }

    /// Whether it was not there yet.
    pub(super) fn set(&mut self, message: MessageId) -> bool {
        let index = message.producer.index();
        if self.0.len() <= index {
            self.0.resize_with(index + 1, Marks::default);
        }
        self.0[index].set(message.number)
    }
}

/// The queues that dead letters have come to, by place.
#[derive(Clone, Debug, Default)]
pub(super) struct LetterPlaces(Marks);

impl LetterPlaces {
    /// A dead letter is in the queue at this place.
    pub(super) fn add(&mut self, place: u32) {
        self.0.set(place);
    }

    pub(super) fn branch(&self, place: u32) -> Branch {
        if self.0.has(place) { LETTERS } else { place }
    }
}

/// The messages of one publisher.
#[derive(Clone, Debug, Default)]
pub(super) struct Fates {
    confirmed: Marks,
    lost: Marks,
    /// It may publish its messages again.
    pub(super) republishes: bool,
    /// There is a disk, from which copies may come back: what they lost has to be known by its place.
    pub(super) may_come_back: bool,
    /// Messages that no queue was to get, of somebody who publishes each once.
    unroutable: u64,
    /// Of messages that are not in `attempts`, where copies may come back.
    first_losses: FirstLosses,
    /// Of messages that were published again, or lost before they were confirmed, by somebody who republishes; of others, those
    /// that lost more than one copy, or of which one came back.
    attempts: BTreeMap<u32, Attempts>,
}

/// What an event changes about a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// From here on it is lost.
    pub(super) lost: bool,
    /// It is lost although it is confirmed; not so before.
    pub(super) lost_though_confirmed: bool,
    /// One publish of it less is there beside the one that is needed.
    pub(super) surplus_lost: bool,
}

/// What it changes about a message that a lost copy is there again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// It was lost, and is not any more.
    pub(super) message: bool,
    /// The same, and it is confirmed.
    pub(super) though_confirmed: bool,
    /// One publish of it more is there beside the one that is needed.
    pub(super) surplus: bool,
}

/// What another publish of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// The second one.
    pub(super) is_second: bool,
    /// One beside another that is not lost, as far as is known.
    pub(super) is_surplus: bool,
    /// The message was lost, and is not any more.
    pub(super) makes_good: bool,
}

impl Fates {
    pub(super) fn new(republishes: bool, may_come_back: bool) -> Self {
        Fates { republishes, may_come_back, ..Fates::default() }
    }

    /// What is known of a message, with the loss that was noted so far.
    fn attempts(&mut self, number: u32) -> &mut Attempts {
        let Fates { attempts, first_losses, .. } = self;
        attempts.entry(number).or_insert_with(|| Attempts::first(first_losses.take(number)))
    }

    /// Whether a copy that is lost is the first one of a message that is not published again, and its place is noted.
    fn is_noted(&mut self, number: u32, at: Option<Branch>) -> bool {
        if self.attempts.contains_key(&number) || (self.republishes && !self.confirmed.has(number)) {
            return false;
        }
        let Some(branch) = at.filter(|_| self.may_come_back) else { return true };
        match self.first_losses.take(number) {
            None => self.first_losses.note(number, branch),
            Some(first) => {
                self.attempts.insert(number, Attempts::first(Some(first)));
                false
            }
        }
    }

    /// A publish is lost, or a copy in a queue, whose consumers have `processed` the message: then it is not lost with its copy.
    pub(super) fn lost(&mut self, number: u32, at: Option<Branch>, processed: bool) -> Change {
        let (is_lost, surplus_lost) = if self.is_noted(number, at) {
            (true, false)
        } else {
            let attempts = self.attempts(number);
            let before = attempts.surplus();
            attempts.lose(at);
            (attempts.is_lost(), attempts.surplus() < before)
        };
        let lost = is_lost && !processed && self.lost.set(number);
        Change { lost, lost_though_confirmed: lost && self.confirmed.has(number), surplus_lost }
    }

    /// A publish is confirmed. No other one follows. Whether the message is confirmed for the first time, and what changes.
    pub(super) fn confirmed(&mut self, number: u32) -> (bool, Change) {
        let first = self.confirmed.set(number);
        let lost_though_confirmed = first && self.lost.has(number);
        (first, Change { lost_though_confirmed, ..Change::default() })
    }

    /// No queue is to get a publish. Of the first one that matters if another follows.
    pub(super) fn unroutable(&mut self, number: u32) -> Change {
        if !self.republishes {
            self.unroutable += 1;
            return Change::default();
        }
        let attempts = self.attempts(number);
        let before = attempts.surplus();
        attempts.unroutable += 1;
        let surplus_lost = attempts.surplus() < before;
        let lost = attempts.is_lost() && self.lost.set(number);
        Change { lost, lost_though_confirmed: lost && self.confirmed.has(number), surplus_lost }
    }

    /// The message is published another time.
    pub(super) fn published_again(&mut self, number: u32) -> Again {
        let attempts = self.attempts(number);
        let before = attempts.surplus();
        attempts.publishes += 1;
        let (is_second, is_surplus) = (attempts.publishes == 2, attempts.surplus() > before);
        let is_lost = attempts.is_lost();
        Again { is_second, is_surplus, makes_good: !is_lost && self.lost.clear(number) }
    }

    /// A copy is in its queue again. Either it was lost at a consumer, or it `goes_again` to where it had gone before: it
    /// expired, was dropped or dead-lettered.
    pub(super) fn came_back(&mut self, number: u32, at: Branch, goes_again: bool) -> Found {
        let attempts = self.attempts(number);
        let before = attempts.surplus();
        attempts.count_lost(at, -1);
        attempts.goes_again |= goes_again;
        let (is_lost, surplus) = (attempts.is_lost(), attempts.surplus() > before);
        let message = !is_lost && self.lost.clear(number);
        Found { message, though_confirmed: message && self.confirmed.has(number), surplus }
    }

    /// Whether a queue may get a message twice: it was published again, or came back and goes its way once more.
    pub(super) fn may_repeat(&self, number: u32) -> bool {
        self.attempts.get(&number).is_some_and(|attempts| attempts.publishes > 1 || attempts.goes_again)
    }

    /// Messages that are lost here and not there, and those of them that are lost though confirmed here and not there.
    pub(super) fn lost_beyond(&self, other: &Fates) -> (u64, u64) {
        let (mut lost, mut though_confirmed) = (0, 0);
        for place in 0..self.lost.0.len() {
            let of = |fates: &Fates| {
                let lost = fates.lost.word(place);
                (lost, lost & fates.confirmed.word(place))
            };
            let ((own, own_confirmed), (others, others_confirmed)) = (of(self), of(other));
            lost += u64::from((own & !others).count_ones());
            though_confirmed += u64::from((own_confirmed & !others_confirmed).count_ones());
        }
        (lost, though_confirmed)
    }

    /// Messages that no queue was to get, and that no queue has lost.
    pub(super) fn messages_unroutable(&self) -> u64 {
        let nowhere = |all: &&Attempts| all.left() == 0 && !all.is_lost();
        self.unroutable + self.attempts.values().filter(nowhere).count() as u64
    }

    pub(super) fn was_published_again(&self, number: u32) -> bool {
        self.attempts.get(&number).is_some_and(|attempts| attempts.publishes > 1)
    }
}

/// What one queue did more than once.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats {
    /// Of publishers that publish again, and of all once there are dead letters that may come back.
    delivered: MessageMarks,
    delivered_twice: MessageMarks,
    /// Of the same.
    processed: MessageMarks,
    processed_twice: MessageMarks,
}

impl Repeats {
    /// A message is handed out: whether that was the first time that it was so again. `marked`: whether it was before is known
    /// by its mark. A dead letter is a message of its own, unless it was published again, or came back.
    pub(super) fn delivered(
        &mut self,
        message: MessageId,
        redelivered: bool,
        fates: &Fates,
        marked: bool,
    ) -> bool {
        let seen = marked && !self.delivered.set(message);
        let again = redelivered || (seen && fates.may_repeat(message.number));
        again && self.delivered_twice.set(message)
    }

    /// Whether a message that is marked was processed.
    pub(super) fn has_processed(&self, message: MessageId) -> bool {
        self.processed.has(message)
    }

    /// A message is processed: whether that was so before.
    pub(super) fn processed(&mut self, message: MessageId) -> bool {
        !self.processed.set(message)
    }

    /// A message was processed again: whether that is the first time.
    pub(super) fn processed_again(&mut self, message: MessageId) -> bool {
        self.processed_twice.set(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amqp::ProducerId;

    const NOTHING: Change = Change { lost: false, lost_though_confirmed: false, surplus_lost: false };
    const LOST: Change = Change { lost: true, ..NOTHING };
    const LOST_THOUGH_CONFIRMED: Change = Change { lost: true, lost_though_confirmed: true, ..NOTHING };
    const ONE_LESS: Change = Change { surplus_lost: true, ..NOTHING };
    const SECOND: Again = Again { is_second: true, is_surplus: false, makes_good: false };

    #[test]
    fn a_mark_is_set_once_and_taken_back() {
        let mut marks = Marks::default();
        assert!(marks.set(200) && !marks.set(200) && marks.has(200) && !marks.has(199));
        assert!(marks.clear(200) && !marks.clear(200) && !marks.has(200) && !marks.clear(10_000));
    }

    #[test]
    fn one_publish_is_lost_with_any_of_its_copies() {
        for republishes in [false, true] {
            let mut fates = Fates::new(republishes, true);
            assert_eq!(fates.lost(1, Some(0), false), LOST);
            assert_eq!(fates.lost(1, Some(1), false), NOTHING, "it is lost already");
            assert_eq!(fates.confirmed(1), (true, Change { lost_though_confirmed: true, ..NOTHING }));
            assert_eq!(fates.confirmed(2), (true, NOTHING));
            assert_eq!(fates.lost(2, Some(0), false), LOST_THOUGH_CONFIRMED);
        }
    }

    #[test]
    fn what_was_processed_is_not_lost_with_a_copy_that_came_back() {
        for republishes in [false, true] {
            let mut fates = Fates::new(republishes, true);
            fates.confirmed(1);
            assert_eq!(fates.lost(1, Some(0), true), NOTHING);
            assert_eq!(
                fates.lost(1, Some(1), false),
                LOST_THOUGH_CONFIRMED,
                "the other queue's copy was not"
            );
        }
    }

    #[test]
    fn a_second_publish_makes_good_what_was_lost_of_the_first() {
        let mut fates = Fates::new(true, true);
        assert_eq!(fates.lost(7, None, false), LOST);
        assert_eq!(fates.published_again(7), Again { makes_good: true, ..SECOND });
        assert_eq!(fates.confirmed(7), (true, NOTHING));
        assert_eq!(
            fates.lost(7, Some(0), false),
            LOST_THOUGH_CONFIRMED,
            "then the second one is lost in its queue"
        );
    }

    #[test]
    fn a_duplicate_that_is_lost_leaves_the_other_copy() {
        let mut fates = Fates::new(true, true);
        assert_eq!(fates.published_again(3), Again { is_surplus: true, ..SECOND });
        assert_eq!(fates.published_again(3), Again { is_second: false, is_surplus: true, makes_good: false });
        assert_eq!(fates.confirmed(3), (true, NOTHING));
        assert_eq!([fates.lost(3, Some(0), false), fates.lost(3, Some(0), false)], [ONE_LESS, ONE_LESS]);
        assert_eq!(fates.lost(3, Some(0), false), LOST_THOUGH_CONFIRMED);
    }

    #[test]
    fn a_publish_that_no_queue_gets_is_no_copy() {
        let mut fates = Fates::new(true, true);
        assert_eq!(fates.unroutable(3), NOTHING, "nothing is lost that was to go nowhere");
        assert_eq!(fates.messages_unroutable(), 1);
        assert_eq!(fates.published_again(3), SECOND);
        assert_eq!(fates.messages_unroutable(), 0, "it may still get somewhere");
        assert_eq!(fates.unroutable(3), NOTHING);
        assert_eq!(fates.published_again(3), Again { is_second: false, ..SECOND });
        assert_eq!(fates.confirmed(3), (true, NOTHING));
        assert_eq!(fates.lost(3, Some(0), false), LOST_THOUGH_CONFIRMED, "there was one copy");
        assert_eq!(fates.lost(4, None, false), LOST);
        assert_eq!(fates.published_again(4), Again { makes_good: true, ..SECOND });
        assert_eq!(
            fates.unroutable(4),
            NOTHING,
            "the one that was lost on its way would have gone nowhere too"
        );
        assert_eq!(fates.lost(6, Some(0), false), LOST);
        assert_eq!(fates.published_again(6), Again { makes_good: true, ..SECOND });
        assert_eq!(fates.unroutable(6), LOST, "what was to make good the loss went nowhere");
        assert_eq!(fates.published_again(5), Again { is_surplus: true, ..SECOND });
        assert_eq!(fates.unroutable(5), ONE_LESS);
    }

    #[test]
    fn what_comes_back_is_not_lost_unless_another_queue_has_lost_it() {
        let found = Found { message: true, though_confirmed: false, surplus: false };
        let mut once = Fates::new(false, true);
        once.lost(1, Some(0), false);
        once.lost(1, Some(1), false);
        assert_eq!(once.came_back(1, 0, false), Found::default());
        assert_eq!(once.came_back(1, 1, false), found);
        let mut again = Fates::new(true, true);
        again.published_again(2);
        assert_eq!([again.lost(2, Some(0), false), again.lost(2, Some(0), false)], [ONE_LESS, LOST]);
        assert_eq!(again.came_back(2, 0, false), found);
        assert_eq!(again.came_back(2, 0, false), Found { surplus: true, ..Found::default() });
    }

    #[test]
    fn a_letter_that_is_lost_is_made_good_by_the_copy_that_came_back() {
        for first in [0, 253, 254, 70_000] {
            let mut fates = Fates::new(false, true);
            fates.confirmed(9);
            assert_eq!(fates.lost(9, Some(LETTERS), false), LOST_THOUGH_CONFIRMED);
            let found = Found { message: true, though_confirmed: true, surplus: false };
            assert_eq!(fates.came_back(9, first, true), found);
            assert!(fates.may_repeat(9) && !fates.may_repeat(8));
            assert_eq!(fates.lost(9, Some(LETTERS), false), LOST_THOUGH_CONFIRMED, "the second one too");
            assert_eq!(fates.lost(8, Some(first), false), LOST);
            assert_eq!(fates.came_back(8, first, true), Found { though_confirmed: false, ..found });
        }
    }

    #[test]
    fn a_letter_of_one_queue_makes_nothing_good_in_another() {
        let mut fates = Fates::new(false, true);
        assert_eq!(fates.lost(1, Some(1), false), LOST);
        assert_eq!(fates.came_back(1, 0, true), Found::default());
    }

    #[test]
    fn two_publishes_are_lost_if_one_is_so_in_its_queue_and_one_as_a_letter() {
        let mut fates = Fates::new(true, true);
        fates.published_again(1);
        assert_eq!([fates.lost(1, Some(0), false), fates.lost(1, Some(LETTERS), false)], [ONE_LESS, LOST]);
    }

    #[test]
    fn each_queue_needs_a_copy_of_its_own() {
        let mut fates = Fates::new(true, true);
        fates.published_again(1);
        assert_eq!(
            [fates.lost(1, Some(0), false), fates.lost(1, Some(1), false)],
            [ONE_LESS, NOTHING],
            "one in each is left"
        );
        assert_eq!(fates.lost(1, Some(1), false), LOST);
    }

    #[test]
    fn a_message_counts_once_however_often_it_is_repeated() {
        let (mut repeats, mut fates) = (Repeats::default(), Fates::new(true, true));
        let message = MessageId { producer: ProducerId(0), number: 5 };
        assert!(!repeats.delivered(message, false, &fates, true));
        assert!(!repeats.delivered(message, false, &fates, true), "a dead letter");
        fates.published_again(5);
        assert!(repeats.delivered(message, false, &fates, true));
        assert!(!repeats.delivered(message, true, &fates, true));
        assert_eq!([(); 3].map(|()| repeats.processed(message)), [false, true, true]);
        assert_eq!([(); 2].map(|()| repeats.processed_again(message)), [true, false]);
        let of_another = MessageId { producer: ProducerId(1), number: 5 };
        assert!(repeats.delivered(of_another, true, &Fates::default(), false));
    }
}
