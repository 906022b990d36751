//! What became of messages, whatever the number of their copies and publishes: which were confirmed, lost, published,
//! handed out or processed more than once. A bit for each message; more only for those that were published again, or lost
//! by somebody who may publish them again.

use std::collections::BTreeMap;

use crate::amqp::MessageId;

/// A mark for each number from 1 on.
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

/// The publishes of one message, and what was lost of them.
#[derive(Clone, Debug)]
struct Attempts {
    publishes: u32,
    /// Those that were lost before a queue had them.
    lost_before: u32,
    /// Those that no queue was to get.
    unroutable: u32,
    /// Copies that were lost, by queue.
    lost_in: Vec<(u32, u32)>,
}

impl Attempts {
    const FIRST: Attempts = Attempts { publishes: 1, lost_before: 0, unroutable: 0, lost_in: Vec::new() };

    fn lose(&mut self, queue: Option<u32>) {
        let Some(queue) = queue else {
            self.lost_before += 1;
            return;
        };
        match self.lost_in.iter_mut().find(|(place, _)| *place == queue) {
            Some((_, times)) => *times += 1,
            None => self.lost_in.push((queue, 1)),
        }
    }

    /// A copy that the queue had lost is there again.
    fn find(&mut self, queue: u32) {
        if let Some((_, times)) = self.lost_in.iter_mut().find(|(place, _)| *place == queue) {
            *times = times.saturating_sub(1);
        }
    }

    /// How many copies the queue lost that lost the most.
    fn lost_in_one(&self) -> u32 {
        self.lost_in.iter().map(|(_, times)| *times).max().unwrap_or(0)
    }

    /// How many of its publishes have reached every queue, or may still.
    fn left(&self) -> u32 {
        self.publishes.saturating_sub(self.lost_before + self.unroutable + self.lost_in_one())
    }

    /// Whether some queue has nothing of it: each publish was lost on the way there, or in it. Where one that came so far found
    /// that there is no queue for it, only a queue that had one can have lost it.
    fn is_lost(&self) -> bool {
        self.left() == 0 && (self.unroutable == 0 || self.lost_in_one() > 0)
    }

    /// Publishes beside the one that is needed.
    fn surplus(&self) -> u32 {
        self.left().saturating_sub(1)
    }
}

/// The messages of one publisher.
#[derive(Clone, Debug, Default)]
pub(super) struct Fates {
    confirmed: Marks,
    lost: Marks,
    /// It may publish its messages again.
    pub(super) republishes: bool,
    /// Messages that no queue was to get, of somebody who publishes each once.
    unroutable: u64,
    /// Of messages that were published again, or lost before they were confirmed. Empty for whoever does not republish.
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
    pub(super) fn new(republishes: bool) -> Self {
        Fates { republishes, ..Fates::default() }
    }

    /// A publish is lost, or a copy in a queue, whose consumers have `processed` the message: then it is not lost with its copy.
    pub(super) fn lost(&mut self, number: u32, queue: Option<u32>, processed: bool) -> Change {
        let is_confirmed = self.confirmed.has(number);
        let (is_lost, surplus_lost) =
            if self.republishes && (!is_confirmed || self.was_published_again(number)) {
                let attempts = self.attempts.entry(number).or_insert(Attempts::FIRST);
                let before = attempts.surplus();
                attempts.lose(queue);
                (attempts.is_lost(), attempts.surplus() < before)
            } else {
                (true, false)
            };
        let lost = is_lost && !processed && self.lost.set(number);
        Change { lost, lost_though_confirmed: lost && is_confirmed, surplus_lost }
    }

    /// A publish is confirmed. No other one follows. Whether the message is confirmed for the first time, and what changes.
    pub(super) fn confirmed(&mut self, number: u32) -> (bool, Change) {
        let first = self.confirmed.set(number);
        if self.attempts.get(&number).is_some_and(|all| all.publishes == 1 && all.unroutable == 0) {
            self.attempts.remove(&number);
        }
        let lost_though_confirmed = first && self.lost.has(number);
        (first, Change { lost_though_confirmed, ..Change::default() })
    }

    /// No queue is to get a publish. Of the first one that matters if another follows.
    pub(super) fn unroutable(&mut self, number: u32) -> Change {
        if !self.republishes {
            self.unroutable += 1;
            return Change::default();
        }
        let attempts = self.attempts.entry(number).or_insert(Attempts::FIRST);
        let before = attempts.surplus();
        attempts.unroutable += 1;
        let surplus_lost = attempts.surplus() < before;
        let lost = attempts.is_lost() && self.lost.set(number);
        Change { lost, lost_though_confirmed: lost && self.confirmed.has(number), surplus_lost }
    }

    /// The message is published another time.
    pub(super) fn published_again(&mut self, number: u32) -> Again {
        let attempts = self.attempts.entry(number).or_insert(Attempts::FIRST);
        let before = attempts.surplus();
        attempts.publishes += 1;
        Again {
            is_second: attempts.publishes == 2,
            is_surplus: attempts.surplus() > before,
            makes_good: !attempts.is_lost() && self.lost.clear(number),
        }
    }

    /// A copy that the queue at this place had lost is there again. `elsewhere`: another queue has lost its own for good.
    pub(super) fn found(&mut self, number: u32, queue: u32, elsewhere: bool) -> Found {
        let (there, surplus) = match self.attempts.get_mut(&number) {
            Some(attempts) => {
                let before = attempts.surplus();
                attempts.find(queue);
                (!attempts.is_lost(), attempts.surplus() > before)
            }
            None => (!elsewhere, false),
        };
        let message = there && self.lost.clear(number);
        Found { message, though_confirmed: message && self.confirmed.has(number), surplus }
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
    /// Of publishers that publish again.
    delivered: MessageMarks,
    delivered_twice: MessageMarks,
    /// Of publishers that publish again.
    processed: MessageMarks,
    processed_twice: MessageMarks,
}

impl Repeats {
    /// A message is handed out: whether that was the first time that it was so again. `marks`: its publisher publishes
    /// again. A dead letter that comes back is a message of its own, unless it is handed out with the redelivered flag.
    pub(super) fn delivered(&mut self, message: MessageId, redelivered: bool, fates: &Fates) -> bool {
        let seen = fates.republishes && !self.delivered.set(message);
        let again = redelivered || (seen && fates.was_published_again(message.number));
        again && self.delivered_twice.set(message)
    }

    /// Whether a message of somebody who publishes again was processed.
    pub(super) fn has_processed(&self, message: MessageId) -> bool {
        self.processed.has(message)
    }

    /// A message of somebody who publishes again is processed: whether again, and whether that was the first time.
    pub(super) fn processed(&mut self, message: MessageId) -> (bool, bool) {
        let again = !self.processed.set(message);
        (again, again && self.processed_twice.set(message))
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
            let mut fates = Fates::new(republishes);
            assert_eq!(fates.lost(1, Some(0), false), LOST);
            assert_eq!(fates.lost(1, Some(1), false), NOTHING, "it is lost already");
            assert_eq!(fates.confirmed(1), (true, Change { lost_though_confirmed: true, ..NOTHING }));
            assert_eq!(fates.confirmed(2), (true, NOTHING));
            assert_eq!(fates.lost(2, Some(0), false), LOST_THOUGH_CONFIRMED);
            assert!(fates.attempts.is_empty(), "what is confirmed is not published again");
        }
    }

    #[test]
    fn what_was_processed_is_not_lost_with_a_copy_that_came_back() {
        for republishes in [false, true] {
            let mut fates = Fates::new(republishes);
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
        let mut fates = Fates::new(true);
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
        let mut fates = Fates::new(true);
        assert_eq!(fates.published_again(3), Again { is_surplus: true, ..SECOND });
        assert_eq!(fates.published_again(3), Again { is_second: false, is_surplus: true, makes_good: false });
        assert_eq!(fates.confirmed(3), (true, NOTHING));
        assert_eq!([fates.lost(3, Some(0), false), fates.lost(3, Some(0), false)], [ONE_LESS, ONE_LESS]);
        assert_eq!(fates.lost(3, Some(0), false), LOST_THOUGH_CONFIRMED);
    }

    #[test]
    fn a_publish_that_no_queue_gets_is_no_copy() {
        let mut fates = Fates::new(true);
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
        let mut once = Fates::new(false);
        once.lost(1, Some(0), false);
        once.lost(1, Some(1), false);
        assert_eq!(once.found(1, 0, true), Found::default());
        assert_eq!(once.found(1, 1, false), found);
        let mut again = Fates::new(true);
        again.published_again(2);
        assert_eq!([again.lost(2, Some(0), false), again.lost(2, Some(0), false)], [ONE_LESS, LOST]);
        assert_eq!(again.found(2, 0, false), found);
        assert_eq!(again.found(2, 0, false), Found { surplus: true, ..Found::default() });
    }

    #[test]
    fn each_queue_needs_a_copy_of_its_own() {
        let mut fates = Fates::new(true);
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
        let (mut repeats, mut fates) = (Repeats::default(), Fates::new(true));
        let message = MessageId { producer: ProducerId(0), number: 5 };
        assert!(!repeats.delivered(message, false, &fates));
        assert!(!repeats.delivered(message, false, &fates), "a dead letter");
        fates.published_again(5);
        assert!(repeats.delivered(message, false, &fates));
        assert!(!repeats.delivered(message, true, &fates));
        assert_eq!(
            [(); 3].map(|()| repeats.processed(message)),
            [(false, false), (true, true), (true, false)]
        );
        let of_another = MessageId { producer: ProducerId(1), number: 5 };
        assert!(repeats.delivered(of_another, true, &Fates::default()));
    }
}
