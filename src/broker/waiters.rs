//! Publishes and commits whose answer waits for the storage, by numbers that rise by one.

use std::collections::VecDeque;

use super::safety::Place;
use crate::amqp::PublishSeqNo;
use crate::rules::RuleRef;

/// A publish, or all publishes of a transaction, without an answer so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// The channel at this place, if it still has this number.
    pub(super) place: u32,
    pub(super) serial: u32,
    pub(super) what: Awaited,
    /// How many copies still have to be safe.
    pub(super) copies: u32,
    /// A queue has refused one.
    pub(super) refused: bool,
    /// Why it had to wait.
    pub(super) rule: RuleRef,
    /// What is confirmed by its answer, if a queue keeps it.
    pub(super) keeps: Option<Place>,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Publish(PublishSeqNo),
    Commit,
}

/// Those that wait. Most of them are answered in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiters {
    /// The number of the first place.
    first: u32,
    places: VecDeque<Option<Waiting>>,
}

impl Waiters {
    /// The number that the next one has. The last number of all stands for nobody in the storage, and is left out.
    pub(super) fn next(&self) -> u32 {
        self.first.wrapping_add(self.places.len() as u32)
    }

    /// Adds one, or uses up its number for nobody.
    pub(super) fn push(&mut self, waiting: Option<Waiting>) {
        self.places.push_back(waiting);
        if self.next() == u32::MAX {
            self.places.push_back(None);
        }
        self.clear_away();
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Waiting> {
        self.places.get_mut(number.wrapping_sub(self.first) as usize)?.as_mut()
    }

    pub(super) fn remove(&mut self, number: u32) {
        if let Some(place) = self.places.get_mut(number.wrapping_sub(self.first) as usize) {
            *place = None;
        }
        self.clear_away();
    }

    /// Nobody waits any more. Numbers go on.
    pub(super) fn clear(&mut self) {
        self.places.iter_mut().for_each(|place| *place = None);
        self.clear_away();
    }

    fn clear_away(&mut self) {
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    fn waiting(place: u32) -> Waiting {
        let (what, rule) = (Awaited::Commit, rules::CF_5);
        Waiting { place, serial: 0, what, copies: 1, refused: false, rule, keeps: None }
    }

    #[test]
    fn numbers_go_on_past_those_that_are_answered_and_past_the_last_number() {
        let mut waiters = Waiters { first: u32::MAX - 2, places: VecDeque::new() };
        let numbers: Vec<u32> = (0..4)
            .map(|place| {
                let number = waiters.next();
                waiters.push(Some(waiting(place)));
                number
            })
            .collect();
        assert_eq!(numbers, [u32::MAX - 2, u32::MAX - 1, 0, 1], "nobody's number is left out");
        waiters.remove(u32::MAX - 1);
        assert!(waiters.get_mut(u32::MAX - 1).is_none());
        assert!(waiters.get_mut(u32::MAX).is_none() && waiters.get_mut(2).is_none());
        assert!(waiters.get_mut(1).is_some());
        waiters.remove(u32::MAX - 2);
        assert_eq!(waiters.places.len(), 2, "places are cleared away from the front");
        waiters.clear();
        assert_eq!((waiters.next(), waiters.places.len()), (2, 0));
    }
}
