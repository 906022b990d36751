//! Which copies were lost, one by one, where two courses of a run are to be compared: one that a fault has struck, and one that it
//! has not. A run by itself only counts.

use std::collections::BTreeMap;

use crate::amqp::MessageId;
use crate::observe::LossCause;

/// How many causes of losses there are.
pub(super) const CAUSES: usize = LossCause::ALL.len();

/// The place of the queue that has lost a copy, or `None` if no queue had one; and why.
type Loss = (Option<u32>, LossCause);

/// Losses since the log was begun.
#[derive(Clone, Debug, Default)]
pub(super) struct LossLog(Vec<(MessageId, Loss)>);

impl LossLog {
    pub(super) fn lose(&mut self, message: MessageId, queue: Option<u32>, cause: LossCause) {
        self.0.push((message, (queue, cause)));
    }

    /// A copy that was lost for this cause is there again. It may have been lost before the log was begun.
    pub(super) fn find(&mut self, message: MessageId, queue: u32, cause: LossCause) {
        let lost = self.0.iter().rposition(|one| *one == (message, (Some(queue), cause)));
        if let Some(place) = lost {
            self.0.remove(place);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Losses by cause without those that the other course has as well: of a copy that both have lost, none is left, whatever it was
    /// lost for. A publish that no queue had is lost with any copy that a queue has lost in the other course.
    pub(super) fn beyond(&self, other: &LossLog) -> [u64; CAUSES] {
        let mut counts = [0; CAUSES];
        let mut count = |(_, cause): Loss| counts[cause as usize] += 1;
        if other.0.is_empty() {
            self.0.iter().for_each(|(_, loss)| count(*loss));
            return counts;
        }
        let mut both: BTreeMap<MessageId, (Vec<Loss>, Vec<Loss>)> = BTreeMap::new();
        for (message, loss) in &self.0 {
            both.entry(*message).or_default().0.push(*loss);
        }
        for (message, loss) in &other.0 {
            if let Some((_, anyway)) = both.get_mut(message) {
                anyway.push(*loss);
            }
        }
        for (mut own, mut anyway) in both.into_values() {
            take_alike(&mut own, &mut anyway, |one, other| one == other);
            take_alike(&mut own, &mut anyway, |one, other| one.0 == other.0);
            take_alike(&mut own, &mut anyway, |one, other| one.0.is_none() || other.0.is_none());
            own.into_iter().for_each(&mut count);
        }
        counts
    }
}

/// Takes out of both what is alike, each for one of the other.
fn take_alike(own: &mut Vec<Loss>, anyway: &mut Vec<Loss>, alike: impl Fn(&Loss, &Loss) -> bool) {
    own.retain(|one| {
        let found = anyway.iter().position(|other| alike(one, other));
        found.map(|place| anyway.swap_remove(place)).is_none()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amqp::ProducerId;

    fn log(losses: &[(u32, u32, LossCause)]) -> LossLog {
        let mut log = LossLog::default();
        for &(number, queue, cause) in losses {
            log.lose(MessageId { producer: ProducerId(0), number }, Some(queue), cause);
        }
        log
    }

    #[test]
    fn what_would_have_been_lost_anyway_is_left_out_copy_by_copy() {
        let (cache, expired) = (LossCause::InPageCache, LossCause::Expired);
        let is = |struck: &[(u32, u32, LossCause)], anyway: &[(u32, u32, LossCause)], left: (u64, u64)| {
            let counts = log(struck).beyond(&log(anyway));
            assert_eq!((counts[cache as usize], counts[expired as usize]), left);
        };
        is(&[(1, 0, cache), (2, 0, expired)], &[], (1, 1));
        is(&[(1, 0, cache), (2, 0, expired)], &[(2, 0, expired)], (1, 0));
        is(&[(1, 0, cache)], &[(1, 0, expired)], (0, 0));
        is(&[(1, 0, cache)], &[(2, 0, cache), (1, 1, expired)], (1, 0));
        is(&[(1, 0, cache), (1, 0, expired)], &[(1, 0, expired)], (1, 0));
        is(&[(1, 0, cache), (1, 0, cache)], &[(1, 0, expired)], (1, 0));
        is(&[(1, 0, cache)], &[(1, 0, expired), (1, 0, expired)], (0, 0));
        let mut on_its_way = LossLog::default();
        on_its_way.lose(MessageId { producer: ProducerId(0), number: 1 }, None, LossCause::LostOnTheWire);
        assert_eq!(on_its_way.beyond(&log(&[(1, 4, expired)])).iter().sum::<u64>(), 0);
        assert_eq!(on_its_way.beyond(&log(&[(2, 4, expired)])).iter().sum::<u64>(), 1);
    }

    #[test]
    fn what_is_found_again_was_not_lost() {
        let message = MessageId { producer: ProducerId(0), number: 1 };
        let mut log = log(&[(1, 0, LossCause::Expired), (2, 0, LossCause::Expired)]);
        log.find(message, 0, LossCause::InPageCache);
        log.find(message, 0, LossCause::Expired);
        log.find(message, 0, LossCause::Expired);
        assert_eq!(log.beyond(&LossLog::default()).iter().sum::<u64>(), 1);
    }
}
