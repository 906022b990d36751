//! Experiments with dispatch: other answers to whose turn it is. RabbitMQ deals out in turn; nothing here is one of its rules,
//! but priorities, prefetch counts and everything else stay as they are. Source: rule LAB-1.

use std::fmt::Debug;

use super::Broker;
use crate::amqp::{ConsumerId, QueueId};
use crate::units::SimTime;

/// Who of the consumers that are next by priority is offered a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DispatchPolicy {
    /// The one whose turn it is, as in RabbitMQ.
    #[default]
    InTurn,
    /// The one with the fewest unacknowledged deliveries; of several, the one whose turn comes first.
    LeastUnacked,
    /// Of two that are drawn, the one with fewer unacknowledged deliveries.
    RandomOfTwo,
    /// The one that is expected to be through with it first: so many unacknowledged deliveries, and this one, times the mean
    /// time that it has taken for one.
    FastestExpected,
}

impl DispatchPolicy {
    /// All experiments.
    pub const EXPERIMENTS: [DispatchPolicy; 3] =
        [DispatchPolicy::LeastUnacked, DispatchPolicy::RandomOfTwo, DispatchPolicy::FastestExpected];

    /// Its name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            DispatchPolicy::InTurn => "in-turn",
            DispatchPolicy::LeastUnacked => "least-unacked",
            DispatchPolicy::RandomOfTwo => "random-of-two",
            DispatchPolicy::FastestExpected => "fastest-expected",
        }
    }

    /// Whether it is something that RabbitMQ does not do.
    pub const fn is_experiment(self) -> bool {
        !matches!(self, DispatchPolicy::InTurn)
    }
}

/// Numbers for a policy that chooses by chance. The broker has no randomness: whoever makes it hands one in.
pub trait Chance: Debug + Send + Sync {
    /// A number below `n`, which is at least 1; each as likely as the others.
    fn below(&mut self, n: u64) -> u64;
    /// A copy that goes on by itself.
    fn copied(&self) -> Box<dyn Chance>;
}

/// A policy with what it has observed.
#[derive(Debug)]
pub(super) struct Dealing {
    policy: DispatchPolicy,
    /// Without it, those whose turn comes first are taken for drawn.
    chance: Option<Box<dyn Chance>>,
    /// By place of the consumer.
    served: Vec<Served>,
}

impl Clone for Dealing {
    fn clone(&self) -> Self {
        let chance = self.chance.as_ref().map(|chance| chance.copied());
        Dealing { policy: self.policy, chance, served: self.served.clone() }
    }
}

/// How long a consumer has taken, as the broker sees it: from a delivery, or from the settlement before, to a settlement.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    since: SimTime,
    nanos: u64,
    count: u64,
}

/// A consumer that could be next.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    consumer: ConsumerId,
    unacked: u64,
}

impl Dealing {
    /// `None` for what RabbitMQ does.
    pub(super) fn of(policy: DispatchPolicy) -> Option<Box<Dealing>> {
        let dealing = Dealing { policy, chance: None, served: Vec::new() };
        policy.is_experiment().then(|| Box::new(dealing))
    }

    fn served(&mut self, consumer: ConsumerId) -> &mut Served {
        let place = consumer.0 as usize;
        if place >= self.served.len() {
            self.served.resize(place + 1, Served::default());
        }
        &mut self.served[place]
    }

    /// The place of the one that is chosen among those that could be next, in order of their turns; there is at least one.
    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let places = 0..candidates.len();
        let unacked = |&place: &usize| candidates[place].unacked;
        match self.policy {
            DispatchPolicy::InTurn => 0,
            DispatchPolicy::LeastUnacked => places.min_by_key(unacked).unwrap_or(0),
            DispatchPolicy::RandomOfTwo => {
                let two = self.two_of(candidates.len() as u64);
                two.into_iter().min_by_key(unacked).unwrap_or(0)
            }
            DispatchPolicy::FastestExpected => {
                let (nanos, count) = self.usual(candidates);
                let expected = |&place: &usize| {
                    let one = candidates[place];
                    let Served { nanos: own, count: times, .. } =
                        self.served.get(one.consumer.0 as usize).copied().unwrap_or_default();
                    // Of a consumer that has settled nothing, what is usual is expected.
                    let mean = own.checked_div(times).unwrap_or(nanos / count);
                    (u128::from(one.unacked) + 1) * u128::from(mean)
                };
                places.min_by_key(expected).unwrap_or(0)
            }
        }
    }

    /// Two different places below `n`, as far as there are two.
    fn two_of(&mut self, n: u64) -> [usize; 2] {
        if n < 2 {
            return [0, 0];
        }
        let Some(chance) = &mut self.chance else { return [0, 1] };
        let first = chance.below(n);
        let second = chance.below(n - 1);
        [first as usize, (second + u64::from(second >= first)) as usize]
    }

    /// Time and number of what these consumers have settled together; one nanosecond for one, if nothing.
    fn usual(&self, candidates: &[Candidate]) -> (u64, u64) {
        let all = candidates.iter().filter_map(|one| self.served.get(one.consumer.0 as usize));
        let (nanos, count) =
            all.fold((0u64, 0), |(nanos, count), one| (nanos.saturating_add(one.nanos), count + one.count));
        if count > 0 { (nanos, count) } else { (1, 1) }
    }
}

impl Broker {
    /// Hands in the randomness of a policy that chooses by chance.
    pub fn hand_in(&mut self, chance: Box<dyn Chance>) {
        if let Some(dealing) = &mut self.dealing {
            dealing.chance = Some(chance);
        }
    }

    /// Makes it the turn of the consumer that the policy chooses, if there is one. The others keep their order.
    pub(super) fn choose_next(&mut self, id: QueueId) {
        let Broker { dealing: Some(dealing), queues, consumers, .. } = self else { return };
        let rotation = &mut queues[id.0].rotation;
        let candidate = |consumer: ConsumerId| Candidate {
            consumer,
            unacked: consumers[consumer.0].unacked.max(0) as u64,
        };
        let candidates: Vec<Candidate> = rotation.serving().map(candidate).collect();
        if candidates.len() > 1 {
            (0..dealing.choose(&candidates)).for_each(|_| rotation.turn());
        }
    }

    /// A new consumer begins without a past.
    pub(super) fn forget_service(&mut self, consumer: ConsumerId) {
        if let Some(dealing) = &mut self.dealing {
            *dealing.served(consumer) = Served::default();
        }
    }

    /// A delivery was made. Where the consumer had nothing to do before, its work begins now.
    pub(super) fn observe_delivery(&mut self, consumer: ConsumerId, now: SimTime) {
        let unacked = self.consumers[consumer.0].unacked;
        if let (Some(dealing), ..=1) = (&mut self.dealing, unacked) {
            dealing.served(consumer).since = now;
        }
    }

    /// So many deliveries were settled.
    #[inline]
    pub(super) fn observe_settlement(&mut self, consumer: ConsumerId, count: u32, now: SimTime) {
        if let Some(dealing) = &mut self.dealing {
            let served = dealing.served(consumer);
            served.nanos = served.nanos.saturating_add(now.since(served.since).as_nanos());
            served.count += u64::from(count);
            served.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws these numbers, one after the other.
    #[derive(Clone, Debug)]
    struct Given(Vec<u64>);

    impl Chance for Given {
        fn below(&mut self, n: u64) -> u64 {
            self.0.remove(0) % n
        }

        fn copied(&self) -> Box<dyn Chance> {
            Box::new(self.clone())
        }
    }

    fn candidates(unacked: &[u64]) -> Vec<Candidate> {
        (0..).zip(unacked).map(|(k, &unacked)| Candidate { consumer: ConsumerId(k), unacked }).collect()
    }

    #[test]
    fn the_least_busy_is_next_and_of_equals_the_one_in_turn() {
        let mut dealing = Dealing::of(DispatchPolicy::LeastUnacked).unwrap();
        assert_eq!(dealing.choose(&candidates(&[3, 1, 2, 1])), 1);
        assert!(Dealing::of(DispatchPolicy::InTurn).is_none());
    }

    #[test]
    fn two_different_ones_are_drawn() {
        let mut dealing = Dealing::of(DispatchPolicy::RandomOfTwo).unwrap();
        assert_eq!(dealing.choose(&candidates(&[5, 9, 0])), 0, "without chance, the first two");
        dealing.chance = Some(Box::new(Given(vec![1, 1, 2, 0, 0, 0])));
        assert_eq!(dealing.choose(&candidates(&[5, 9, 0])), 2);
        assert_eq!(dealing.choose(&candidates(&[5, 9, 8])), 0);
        let mut copy = dealing.clone();
        let next = [dealing.choose(&candidates(&[5, 4, 9])), copy.choose(&candidates(&[5, 4, 9]))];
        assert_eq!(next, [1, 1]);
    }

    #[test]
    fn who_is_expected_to_be_through_first_is_next() {
        let mut dealing = Dealing::of(DispatchPolicy::FastestExpected).unwrap();
        assert_eq!(dealing.choose(&candidates(&[1, 0, 0])), 1, "nothing is known yet: who has less");
        *dealing.served(ConsumerId(0)) = Served { nanos: 100, count: 10, ..Served::default() };
        *dealing.served(ConsumerId(1)) = Served { nanos: 90, count: 2, ..Served::default() };
        assert_eq!(dealing.choose(&candidates(&[3, 0])), 0, "40 against 45");
        assert_eq!(dealing.choose(&candidates(&[4, 0])), 1, "50 against 45");
        assert_eq!(dealing.choose(&candidates(&[4, 3, 2])), 2, "50 and 180 against three of the usual 15");
    }
}
