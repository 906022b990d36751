//! `basic.qos`: how many unacknowledged deliveries a consumer, or a whole channel, may have. Source: rules QOS-1 to QOS-11.

use super::error::{Handled, failure};
use super::{Broker, Out, Step};
use crate::amqp::{QueueId, ReplyCode, ServerMethod};
use crate::rules;

impl Broker {
    pub(super) fn qos(
        &mut self,
        place: u32,
        prefetch_size: u32,
        prefetch_count: u16,
        global: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        if prefetch_size != 0 {
            let text = format!("prefetch_size!=0 ({prefetch_size})");
            return Err(failure(ReplyCode::NotImplemented, rules::QOS_1, text));
        }
        let channel = &mut self.channels[place];
        if global && self.profile.channel_prefetch {
            // The count begins with everything unacknowledged, `basic.get` included. Source: rule QOS-7.
            if channel.limit == 0 && prefetch_count > 0 {
                channel.volume = channel.unacked.len() as i64;
            }
            channel.limit = prefetch_count;
        } else {
            // It removes the channel's own bound as well. Source: rule QOS-5.
            channel.prefetch = prefetch_count;
            channel.limit = 0;
        }
        if channel.limit == 0 {
            channel.volume = 0;
        }
        // The channel answers first: the queues learn of it later.
        step.out.send(self.channels[place].at, ServerMethod::BasicQosOk);
        self.resume_channel(place, step);
        Ok(())
    }

    /// `count` deliveries to consumers were settled or requeued.
    pub(super) fn lower_volume(&mut self, place: u32, count: u32) {
        let channel = &mut self.channels[place];
        // Source: `rabbit_limiter`, which takes nothing off nothing.
        if channel.limit > 0 && channel.volume != 0 {
            channel.volume -= i64::from(count);
        }
    }

    /// Where the channel's bound leaves room again, its consumers come back in every queue that was refused.
    /// A real broker takes the queues in random order; here they go by name. Source: rule QOS-11.
    pub(super) fn resume_channel(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let channel = &mut self.channels[place];
        if channel.limit_is_reached() || channel.refused.is_empty() {
            return;
        }
        let mut waiting: Vec<QueueId> = std::mem::take(&mut channel.refused);
        self.sort_queues(&mut waiting);
        for queue in waiting {
            self.unblock(place, queue, step);
            self.hand_out(queue, step);
            self.tell_level(queue, step);
        }
    }
}
