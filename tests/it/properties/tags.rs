//! Delivery tags count deliveries of a channel, and each is settled or requeued once.

use std::collections::{BTreeMap, BTreeSet};

use amqpsim::amqp::{ChannelRef, DeliveryTag};
use amqpsim::observe::Fact;
use proptest::{prop_assert, prop_assert_eq};

use super::case::scenarios;
use super::swarm::{Run, for_all};

#[derive(Default)]
struct Tags {
    last: DeliveryTag,
    waiting: BTreeSet<DeliveryTag>,
}

#[test]
fn each_tag_of_a_channel_is_one_more_than_the_last_and_ends_once() {
    let exercised = ["settled", "requeued", "automatic", "channel opened again"];
    for_all(&scenarios(), 1000, &exercised, |case, met| {
        let run = Run::of(case);
        let mut channels: BTreeMap<ChannelRef, Tags> = BTreeMap::new();
        for fact in run.facts() {
            match *fact {
                Fact::Delivered { channel, delivery_tag, automatic, .. }
                | Fact::Got { channel, delivery_tag, automatic, .. } => {
                    let tags = channels.entry(channel).or_default();
                    prop_assert_eq!(delivery_tag, tags.last + 1);
                    tags.last = delivery_tag;
                    if automatic {
                        met.note("automatic", 1);
                    } else {
                        tags.waiting.insert(delivery_tag);
                    }
                }
                Fact::Settled { channel, delivery_tag, .. } => {
                    prop_assert!(channels.entry(channel).or_default().waiting.remove(&delivery_tag));
                    met.note("settled", 1);
                }
                Fact::Requeued { channel, delivery_tag, .. } => {
                    prop_assert!(channels.entry(channel).or_default().waiting.remove(&delivery_tag));
                    met.note("requeued", 1);
                }
                Fact::ChannelClosed { channel } => {
                    let left = channels.remove(&channel).map(|tags| tags.waiting);
                    prop_assert!(left.is_none_or(|left| left.is_empty()), "a closed channel holds nothing");
                    met.note("channel opened again", 1);
                }
                _ => {}
            }
        }
        Ok(())
    });
}
