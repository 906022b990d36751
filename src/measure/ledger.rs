//! The ledger: every copy of every message has exactly one fate, every loss one named cause.
//!
//! A *copy* is one entry of a message into one queue. What never became a copy (unroutable, refused, lost on the way) is
//! booked as one message. Copies are booked by counts: nothing here grows with the number of messages.

use std::fmt;

use crate::observe::LossCause;

/// The books of one run. All counts are numbers of messages (the first group) or copies (the second).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Publishes that producers handed to their connection, each publish of a message for itself, and messages that they were to
    /// hand to it when they died.
    pub published: u64,
    /// Messages that had not reached the broker when the run ended.
    pub on_the_way: u64,
    /// Messages at the broker that waited for the commit of their transaction when the run ended.
    pub uncommitted: u64,
    /// Messages that a queue got, in one copy or more.
    pub routed: u64,
    /// Messages that no queue got and that were dropped.
    pub unroutable: u64,
    /// Messages that no queue got and that went back to their producer.
    pub returned: u64,

    /// Copies that entered a queue.
    pub copies: u64,
    /// Copies that were done with and came back after a crash, because that was not on disk: copies again, with a fate of their
    /// own.
    pub came_back: u64,
    /// Those of them that nobody had processed: a consumer had them in hand still, or had lost them. They are no copies again,
    /// but the same ones, and such a loss is none any more.
    pub came_back_unprocessed: u64,
    /// Those of them that had been lost.
    pub found: u64,
    /// Copies that were processed and settled.
    pub processed: u64,
    /// Copies that left their queue for a dead-letter exchange, which made new copies of them.
    pub dead_lettered: u64,
    /// Copies ready in a queue when the run ended.
    pub queued: u64,
    /// Copies delivered and not settled, or settled and not yet processed, when the run ended.
    pub in_flight: u64,

    /// Losses by cause, in the order of [`LossCause::ALL`]. Causes that come before a queue count messages, the others
    /// copies.
    pub lost: [u64; LossCause::ALL.len()],

    /// Times that a copy was processed which had been processed before; of producers that publish again, a message.
    pub processed_again: u64,
    /// Messages that were published more than once.
    pub published_twice: u64,
    /// Messages that a queue handed out more than once, by queue.
    pub delivered_twice: u64,
    /// Messages that were processed more than once, by queue.
    pub processed_twice: u64,
    /// Times that a copy was handed out again.
    pub redelivered: u64,
}

/// The books do not balance: the simulator has a bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerError {
    /// Which balance fails, with its numbers.
    pub balance: String,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the books do not balance: {}", self.balance)
    }
}

impl Ledger {
    /// Books `count` losses.
    #[inline]
    pub fn lose(&mut self, cause: LossCause, count: u64) {
        self.lost[cause as usize] += count;
    }

    /// A copy that was lost is there again.
    pub(crate) fn find(&mut self, cause: LossCause) {
        self.lost[cause as usize] -= 1;
        self.found += 1;
    }

    /// All losses so far, those of copies that came back too. Never falls.
    pub(crate) fn ever_lost(&self) -> u64 {
        self.lost_total() + self.found
    }

    /// Losses with this cause.
    pub fn lost_to(&self, cause: LossCause) -> u64 {
        self.lost[cause as usize]
    }

    /// All losses, whatever their cause.
    pub fn lost_total(&self) -> u64 {
        self.lost.iter().sum()
    }

    /// Causes that were met, with their counts, in order of a message's life.
    pub fn losses(&self) -> impl Iterator<Item = (LossCause, u64)> + '_ {
        LossCause::ALL.into_iter().map(|cause| (cause, self.lost_to(cause))).filter(|&(_, count)| count > 0)
    }

    /// Messages that were lost before any queue had them.
    pub fn lost_before_queues(&self) -> u64 {
        let before = LossCause::ALL.into_iter().filter(|cause| cause.is_before_queues());
        before.map(|cause| self.lost_to(cause)).sum()
    }

    /// Copies that may still be processed: the run ended before they were.
    pub fn unfinished(&self) -> u64 {
        self.on_the_way + self.uncommitted + self.queued + self.in_flight
    }

    /// Checks both balances: each message published has one fate, and each copy has one.
    pub fn balance(&self) -> Result<(), LedgerError> {
        let before = self.lost_before_queues();
        let messages =
            self.on_the_way + self.uncommitted + self.routed + self.unroutable + self.returned + before;
        if messages != self.published {
            return Err(LedgerError {
                balance: format!(
                    "{} messages published, but {messages} accounted for ({} on the way, {} uncommitted, {} routed, {} \
                     unroutable, {} returned, {before} lost before a queue)",
                    self.published,
                    self.on_the_way,
                    self.uncommitted,
                    self.routed,
                    self.unroutable,
                    self.returned
                ),
            });
        }
        let lost = self.lost_total() - before;
        let copies = self.processed + self.dead_lettered + self.queued + self.in_flight + lost;
        let back = self.came_back - self.came_back_unprocessed;
        if copies != self.copies + back {
            return Err(LedgerError {
                balance: format!(
                    "{} copies entered a queue and {} came back, but {copies} accounted for ({} processed, {} dead-lettered, \
                     {} queued, {} in flight, {lost} lost)",
                    self.copies, back, self.processed, self.dead_lettered, self.queued, self.in_flight
                ),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_a_fate_is_found() {
        let mut books =
            Ledger { published: 2, routed: 2, copies: 3, processed: 2, queued: 1, ..Ledger::default() };
        assert_eq!(books.balance(), Ok(()));
        books.queued = 0;
        assert!(
            books
                .balance()
                .unwrap_err()
                .to_string()
                .contains("3 copies entered a queue and 0 came back, but 2")
        );
        books.lose(LossCause::Purged, 1);
        assert_eq!(books.balance(), Ok(()));
        books.published += 1;
        assert!(books.balance().unwrap_err().to_string().contains("3 messages published, but 2"));
    }
}
