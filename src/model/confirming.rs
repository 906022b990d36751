//! What a client knows of its publishes on a channel in confirm mode: which number each has, and which are answered.
//! Numbers count from 1 with the first publish after `confirm.select`, as the broker counts them. Knows no producer's rules.
//! Source: rules CF-1, CF-2 and CF-10.

use std::collections::VecDeque;

use crate::amqp::{MessageId, PublishSeqNo};
use crate::units::SimTime;

/// A publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) message: MessageId,
    pub(super) at: SimTime,
    /// It came back as unroutable: what its producer does about that.
    pub(super) returned: Option<Returned>,
}

/// What a producer does about a message that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// It publishes it again, so that the confirm of this publish says nothing of the message.
    GoesOutAgain,
    /// It has tried often enough.
    GivenUp,
}

/// A publish, from the oldest one without an answer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publish {
    Open(Sent),
    Answered,
}

/// The publishes of one channel, since it is in confirm mode.
#[derive(Clone, Debug, Default)]
pub(super) struct Confirming {
    /// The number of the last publish.
    last: PublishSeqNo,
    /// Up to the last one. Invariant: the first is open.
    publishes: VecDeque<Publish>,
    /// How many of them are open.
    open: u64,
}

impl Confirming {
    /// Counts a publish.
    pub(super) fn sent(&mut self, sent: Sent) {
        self.last += 1;
        self.open += 1;
        self.publishes.push_back(Publish::Open(sent));
    }

    /// A publish of this message has come back to a producer that minds. Returns come in the order of publishes, and each before
    /// its confirm.
    pub(super) fn returned(&mut self, message: MessageId, then: Returned) {
        let first = self.publishes.iter_mut().find_map(|publish| match publish {
            Publish::Open(sent) if sent.message == message && sent.returned.is_none() => Some(sent),
            _ => None,
        });
        if let Some(sent) = first {
            sent.returned = Some(then);
        }
    }

    /// Messages of publishes of which nothing is known, in their order: neither an answer came nor they themselves.
    pub(super) fn uncertain(&self) -> impl Iterator<Item = MessageId> {
        self.publishes.iter().filter_map(|publish| match publish {
            Publish::Open(Sent { message, returned: None, .. }) => Some(*message),
            _ => None,
        })
    }

    /// The publishes that an answer stands for, in their order; from here on they are answered. `None` if the one that
    /// it names was answered before, or never made.
    pub(super) fn answered(&mut self, number: PublishSeqNo, multiple: bool) -> Option<Vec<Sent>> {
        let first = self.last + 1 - self.publishes.len() as u64;
        let place = usize::try_from(number.checked_sub(first)?).ok()?;
        if matches!(self.publishes.get(place), None | Some(Publish::Answered)) {
            return None;
        }
        let range = if multiple { 0..=place } else { place..=place };
        let mut open = Vec::new();
        for publish in self.publishes.range_mut(range) {
            if let Publish::Open(sent) = std::mem::replace(publish, Publish::Answered) {
                open.push(sent);
            }
        }
        self.forget_answered();
        self.open -= open.len() as u64;
        Some(open)
    }

    /// The same for an answer that stands for one publish.
    #[inline(always)]
    pub(super) fn answered_alone(&mut self, number: PublishSeqNo) -> Option<Sent> {
        if number + self.publishes.len() as u64 == self.last + 1
            && let Some(&Publish::Open(sent)) = self.publishes.front()
        {
            // The oldest one, as usual.
            self.publishes.pop_front();
            self.open -= 1;
            self.forget_answered();
            return Some(sent);
        }
        self.answered(number, false)?.pop()
    }

    #[inline(always)]
    fn forget_answered(&mut self) {
        while self.publishes.front() == Some(&Publish::Answered) {
            self.publishes.pop_front();
        }
    }

    /// How many publishes wait for an answer.
    pub(super) fn open(&self) -> u64 {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amqp::ProducerId;

    fn sent(number: u32) -> Sent {
        Sent { message: MessageId { producer: ProducerId(0), number }, at: SimTime::ZERO, returned: None }
    }

    fn channel(publishes: u32) -> Confirming {
        let mut channel = Confirming::default();
        for number in 1..=publishes {
            channel.sent(sent(number));
        }
        channel
    }

    /// Source: rules CF-1 and CF-6.
    #[test]
    fn an_answer_is_for_the_publish_with_its_number_in_any_order() {
        let mut channel = channel(3);
        assert_eq!(channel.answered(2, false), Some(vec![sent(2)]));
        assert_eq!(channel.answered_alone(1), Some(sent(1)));
        channel.sent(sent(4));
        assert_eq!(channel.open(), 2);
        assert_eq!(channel.answered_alone(4), Some(sent(4)));
        assert_eq!(channel.answered_alone(3), Some(sent(3)));
        assert_eq!(channel.open(), 0);
    }

    /// Source: rule CF-10.
    #[test]
    fn multiple_stands_for_all_open_ones_up_to_its_number() {
        let mut channel = channel(4);
        assert_eq!(channel.answered(2, false), Some(vec![sent(2)]));
        assert_eq!(channel.answered(3, true), Some(vec![sent(1), sent(3)]));
        assert_eq!(channel.answered(4, true), Some(vec![sent(4)]));
    }

    /// Source: rules CF-3 and MND-1.
    #[test]
    fn a_return_is_of_the_oldest_publish_of_its_message_that_has_none() {
        let mut channel = channel(2);
        channel.sent(sent(1));
        channel.returned(sent(1).message, Returned::GoesOutAgain);
        let back = Sent { returned: Some(Returned::GoesOutAgain), ..sent(1) };
        assert_eq!(channel.uncertain().collect::<Vec<_>>(), [sent(2), sent(1)].map(|sent| sent.message));
        assert_eq!(channel.answered(2, true), Some(vec![back, sent(2)]));
        channel.returned(sent(1).message, Returned::GivenUp);
        channel.returned(sent(1).message, Returned::GoesOutAgain);
        assert_eq!(channel.uncertain().count(), 0, "what was given up is not given up again");
        assert_eq!(channel.answered_alone(3).and_then(|sent| sent.returned), Some(Returned::GivenUp));
    }

    /// Source: rule CF-2.
    #[test]
    fn a_second_answer_and_one_for_nothing_are_noticed() {
        let mut channel = channel(2);
        assert_eq!(channel.answered(0, false), None);
        assert_eq!([0, 3].map(|number| channel.answered_alone(number)), [None; 2]);
        assert_eq!(channel.answered(2, false), Some(vec![sent(2)]));
        assert_eq!(channel.answered(2, false), None);
        assert_eq!(channel.answered(1, true), Some(vec![sent(1)]));
        assert_eq!((channel.answered(1, false), channel.answered_alone(1)), (None, None));
    }
}
