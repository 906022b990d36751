//! In which order messages leave their queues, to whom, and when.

use std::collections::BTreeMap;

use amqpsim::amqp::{ChannelRef, ConsumerId, DeliveryTag, Method, Name, QueueId};
use amqpsim::observe::{Fact, What};
use proptest::{prop_assert, prop_assert_eq};

use super::case::{Feature, scenarios};
use super::copies::Copies;
use super::swarm::{Run, for_all};

#[test]
fn every_delivery_takes_the_oldest_ready_message_requeued_ones_included() {
    let exercised = ["first", "redelivered", "several queues"];
    for_all(&scenarios(), 1000, &exercised, |case, met| {
        // A dead letter leaves its queue before that is stated.
        let run = Run::of(&case.clone().without(&[Feature::DeadLetters, Feature::Clusters]));
        let mut copies = Copies::default();
        for fact in run.facts() {
            if let Fact::Delivered { queue, message, redelivered, .. } = *fact {
                let oldest = copies.queues[&queue].ready.first_key_value().map(|(_, &message)| message);
                prop_assert_eq!(oldest, Some(message));
                met.note(if redelivered { "redelivered" } else { "first" }, 1);
                met.note("several queues", u64::from(copies.queues.len() > 1));
            }
            copies.learn(fact);
        }
        prop_assert!(run.outcome.queues.iter().all(|queue| queue.out_of_order == 0));
        Ok(())
    });
}

/// What bounds the deliveries of consumers, from the methods that reached the broker.
#[derive(Default)]
struct Bounds {
    /// For consumers to come, and for the whole channel; 0: none.
    channels: BTreeMap<ChannelRef, (u16, u16)>,
    consumers: BTreeMap<ConsumerId, Bound>,
    unacked: BTreeMap<(ChannelRef, DeliveryTag), Holder>,
}

/// A consumer's bound, and how many of an earlier consumer's deliveries gave their credit to it.
struct Bound {
    prefetch: u16,
    place: (ChannelRef, QueueId, Name),
    granted: usize,
}

/// Whose credit a delivery takes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Holder {
    Consumer(ConsumerId),
    /// A consumer that is gone; the next one of its tag gets the credit.
    Former((ChannelRef, QueueId, Name)),
    /// A later one of the same tag.
    Heir(ConsumerId),
}

impl Bounds {
    fn learn(&mut self, what: &What) {
        match *what {
            What::ReachedBroker { channel, method: Method::ChannelOpen, .. } => {
                self.channels.insert(channel, (0, 0));
            }
            What::ReachedBroker {
                channel, method: Method::BasicQos { prefetch_count, global, .. }, ..
            } => {
                let bound = self.channels.entry(channel).or_default();
                *bound = if global { (bound.0, prefetch_count) } else { (prefetch_count, 0) };
            }
            What::Broker(ref fact, _) => self.learn_fact(fact),
            _ => {}
        }
    }

    fn learn_fact(&mut self, fact: &Fact) {
        match *fact {
            Fact::ConsumerAdded { consumer, channel, queue, tag } => {
                let place = (channel, queue, tag);
                let bound = Bound { prefetch: self.channels[&channel].0, place, granted: 0 };
                self.consumers.insert(consumer, bound);
                for holder in self.unacked.values_mut().filter(|holder| **holder == Holder::Former(place)) {
                    *holder = Holder::Heir(consumer);
                }
            }
            Fact::Delivered { channel, consumer, delivery_tag, automatic: false, .. } => {
                self.unacked.insert((channel, delivery_tag), Holder::Consumer(consumer));
            }
            // What it holds stays with its channel; its id may be another's next.
            Fact::ConsumerRemoved { consumer, .. } => {
                let place = self.consumers[&consumer].place;
                let of_it = [Holder::Consumer(consumer), Holder::Heir(consumer)];
                for holder in self.unacked.values_mut().filter(|holder| of_it.contains(holder)) {
                    *holder = Holder::Former(place);
                }
            }
            Fact::Settled { channel, delivery_tag, .. } | Fact::Requeued { channel, delivery_tag, .. } => {
                if let Some(Holder::Heir(heir)) = self.unacked.remove(&(channel, delivery_tag))
                    && let Some(bound) = self.consumers.get_mut(&heir)
                {
                    bound.granted += 1;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn no_delivery_goes_beyond_the_prefetch_counts() {
    let exercised = ["consumer's bound reached", "channel's bound reached", "blocked"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        let run = Run::of(&case.clone().with(Feature::Prefetch).without(&[Feature::Clusters]));
        let mut bounds = Bounds::default();
        for seen in &run.observations {
            bounds.learn(&seen.what);
            let What::Broker(fact, _) = &seen.what else { continue };
            met.note("blocked", u64::from(matches!(fact, Fact::ConsumerBlocked { .. })));
            let Fact::Delivered { consumer, channel, automatic: false, consumer_unacked, .. } = *fact else {
                continue;
            };
            let held = bounds.unacked.values().filter(|&&other| other == Holder::Consumer(consumer)).count();
            let of_consumer = held.saturating_sub(bounds.consumers[&consumer].granted);
            let of_channel = bounds.unacked.keys().filter(|(other, _)| *other == channel).count();
            let (own, shared) =
                (usize::from(bounds.consumers[&consumer].prefetch), usize::from(bounds.channels[&channel].1));
            prop_assert!(own == 0 || of_consumer <= own, "{of_consumer} of {own} at {}", seen.at);
            prop_assert!(shared == 0 || of_channel <= shared, "{of_channel} of {shared} at {}", seen.at);
            prop_assert_eq!(of_consumer, consumer_unacked as usize);
            met.note("consumer's bound reached", u64::from(of_consumer == own));
            met.note("channel's bound reached", u64::from(of_channel == shared));
        }
        Ok(())
    });
}

#[test]
fn virtual_time_never_decreases() {
    for_all(&scenarios(), 600, &["later"], |case, met| {
        let run = Run::of(case);
        prop_assert!(run.observations.is_sorted_by_key(|seen| seen.at));
        // What the storage writes where nobody waits for it does not make a run longer.
        let of_its_own = |what: &What| matches!(what, What::Broker(Fact::Reached { .. }, _));
        let last = run.observations.iter().rfind(|seen| !of_its_own(&seen.what));
        prop_assert!(last.is_none_or(|last| last.at <= run.outcome.end.at));
        prop_assert!(run.outcome.end.at <= run.scenario.system.duration);
        met.note("later", u64::from(run.observations.windows(2).any(|two| two[0].at < two[1].at)));
        Ok(())
    });
}
