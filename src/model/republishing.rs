//! What a producer in confirm mode publishes again: messages without a confirm when their channel ended, in order of number
//! and before new ones, and messages that were nacked or came back as unroutable, each after a wait. Knows neither channels nor the window.
//! Source: rules CF-2, CON-16 and MND-1.

use std::collections::BTreeMap;

use super::backoff::BackoffSpec;
use super::spec::ProducerSpec;
use crate::engine::Seq;
use crate::observe::PublishedAgain;
use crate::random::RandomStream;
use crate::units::SimDuration;

/// The least that a producer waits after a nack or a return. Without it, time would stand still where neither the wait nor the latency
/// takes any.
const WAIT_MIN: SimDuration = SimDuration::from_millis(1);

/// What a producer has to publish again.
#[derive(Clone, Debug)]
pub(super) struct Republishing {
    backoff: BackoffSpec,
    unconfirmed: bool,
    returned: bool,
    waits: RandomStream,
    /// They go out as soon as the channel and the window allow.
    waiting: BTreeMap<u32, PublishedAgain>,
    /// Nacked or returned; each waits for its event.
    delayed: BTreeMap<Seq, (u32, PublishedAgain)>,
    /// How often those were published again that were, and are not confirmed.
    times: BTreeMap<u32, u32>,
}

impl Republishing {
    /// That of a producer; `None` if it publishes each message once.
    pub(super) fn of(producer: &ProducerSpec, seed: u64) -> Option<Self> {
        Some(Republishing {
            backoff: producer.republish.clone()?,
            unconfirmed: producer.republish_unconfirmed,
            returned: producer.republish_returned,
            waits: RandomStream::new(seed, &producer.name, "republish"),
            waiting: BTreeMap::new(),
            delayed: BTreeMap::new(),
            times: BTreeMap::new(),
        })
    }

    fn times(&self, number: u32) -> u32 {
        self.times.get(&number).copied().unwrap_or(0)
    }

    /// Whether a message is published again for this reason.
    pub(super) fn is_for(&self, why: PublishedAgain) -> bool {
        if why == PublishedAgain::Returned { self.returned } else { self.unconfirmed }
    }

    /// Whether the message may be published once more; if not, it is given up.
    fn goes_on(&mut self, number: u32) -> bool {
        let goes_on = !self.backoff.is_exhausted(self.times(number));
        if !goes_on {
            self.times.remove(&number);
        }
        goes_on
    }

    /// A message is without an answer for good; whether it will be published again.
    pub(super) fn unconfirmed(&mut self, number: u32, why: PublishedAgain) -> bool {
        let goes_on = self.goes_on(number);
        if goes_on {
            self.waiting.insert(number, why);
        }
        goes_on
    }

    /// A publish is nacked or has come back: how long the message waits; `None` if it is given up.
    pub(super) fn refused(&mut self, number: u32) -> Option<SimDuration> {
        let failed = self.times(number);
        self.goes_on(number).then(|| self.backoff.wait(failed, &mut self.waits).max(WAIT_MIN))
    }

    /// The message waits for the event `due`.
    pub(super) fn wait_for(&mut self, due: Seq, number: u32, why: PublishedAgain) {
        self.delayed.insert(due, (number, why));
    }

    /// Whether a message waits for this event.
    pub(super) fn waits_for(&self, due: Seq) -> bool {
        self.delayed.contains_key(&due)
    }

    /// Whether a message has waited for this event.
    pub(super) fn is_due(&mut self, due: Seq) -> bool {
        let message = self.delayed.remove(&due);
        self.waiting.extend(message);
        message.is_some()
    }

    /// The message is confirmed: it is not published again.
    pub(super) fn confirmed(&mut self, number: u32) {
        self.times.remove(&number);
    }

    /// The message that goes out next, and why.
    pub(super) fn next(&mut self) -> Option<(u32, PublishedAgain)> {
        let (number, why) = self.waiting.pop_first()?;
        *self.times.entry(number).or_default() += 1;
        Some((number, why))
    }

    /// Its process is gone: nobody knows what was to be published again.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.delayed.clear();
        self.times.clear();
    }

    /// How many messages it has to publish again.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.delayed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::backoff::BackoffKind;

    fn republishing(attempts_max: u32) -> Republishing {
        let delay = SimDuration::from_millis(100);
        Republishing {
            backoff: BackoffSpec {
                kind: BackoffKind::Exponential,
                delay,
                delay_max: SimDuration::from_secs(1),
                attempts_max,
            },
            unconfirmed: true,
            returned: false,
            waits: RandomStream::new(1, "shop", "republish"),
            waiting: BTreeMap::new(),
            delayed: BTreeMap::new(),
            times: BTreeMap::new(),
        }
    }

    #[test]
    fn messages_go_out_in_order_of_number() {
        let mut shop = republishing(0);
        for number in [7, 3, 5] {
            assert!(shop.unconfirmed(number, PublishedAgain::ConnectionLost));
        }
        assert_eq!(shop.len(), 3);
        let out = [(); 4].map(|()| shop.next().map(|(number, _)| number));
        assert_eq!(out, [Some(3), Some(5), Some(7), None]);
    }

    #[test]
    fn a_nacked_message_waits_longer_each_time_until_it_is_given_up() {
        let mut shop = republishing(2);
        let mut events = crate::engine::EventList::<crate::model::SystemEvent>::default();
        for length in [100, 200] {
            assert_eq!(shop.refused(4), Some(SimDuration::from_millis(length)));
            let due = events.reserve();
            shop.wait_for(due, 4, PublishedAgain::Nacked);
            assert_eq!(shop.next(), None, "it waits");
            assert!(shop.is_due(due) && !shop.is_due(due));
            assert_eq!(shop.next(), Some((4, PublishedAgain::Nacked)));
        }
        assert_eq!(shop.refused(4), None);
        assert_eq!((shop.len(), shop.times.len()), (0, 0), "nothing is kept of it");
    }

    #[test]
    fn a_confirmed_message_is_forgotten() {
        let mut shop = republishing(1);
        assert!(shop.unconfirmed(1, PublishedAgain::ChannelClosed));
        shop.next();
        shop.confirmed(1);
        assert!(shop.times.is_empty());
        shop.unconfirmed(2, PublishedAgain::ChannelClosed);
        shop.forget();
        assert_eq!((shop.len(), shop.next()), (0, None), "so is what a dead process was to publish");
    }
}
