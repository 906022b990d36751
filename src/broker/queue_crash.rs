//! The process of a classic queue crashes, the broker lives on: what was only in its memory is gone, the rest is recovered at
//! once. A quorum queue loses nothing: its state is made again from the log.
//! Source: `rabbit_channel:handle_consuming_queue_down`, `handle_publishing_queue_down`; rules DUR-7, DUR-9, CF-8, Q-11.

use super::channel::ChannelState;
use super::queue::QueueKind;
use super::unacked::Unacked;
use super::{Broker, Out, Step};
use crate::amqp::{Name, QueueId, ServerMethod};
use crate::observe::Settlement;
use crate::rules;
use crate::storage::Crash;

impl Broker {
    pub(super) fn crash_queue(&mut self, vhost: Name, name: Name, step: &mut Step<'_, impl Out>) {
        let vhost = self.vhosts.iter().position(|one| one.name == vhost);
        let Some(id) = vhost.and_then(|vhost| self.find_queue(vhost as u16, name)) else { return };
        if self.queues[id.0].kind == QueueKind::Quorum {
            return;
        }
        let back = self.lose_what_is_unsafe(Crash::Queue(id.0), step);
        self.drop_doomed(id, step);
        self.take_deliveries_back(id, step);
        self.cancel_all(id, step);
        self.doomed.clear();
        self.bring_back(&back, rules::DUR_10, step);
        self.queues[id.0].flag_all();
        self.drop_head(id, step);
        self.drop_expired(id, step);
        self.tell_level(id, step);
    }

    /// What was handed out is ready again, or lost; the tags stay known to their channels.
    fn take_deliveries_back(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        for place in self.channels.iter().map(|(place, _)| place).collect::<Vec<_>>() {
            let at = self.channels[place].at;
            let (lost, kept): (Vec<Unacked>, Vec<Unacked>) = self.channels[place]
                .forget_queue(id)
                .into_iter()
                .partition(|unacked| self.doom(id, unacked.entry).is_some());
            for unacked in lost {
                let Some(cause) = self.doom(id, unacked.entry) else { continue };
                let rule = self.rule_of_loss(id, cause);
                self.forget_delivery(at, &unacked, Settlement::Gone(cause), rule, step);
                self.messages.release(unacked.entry.slot());
            }
            self.requeue_deliveries(at, id, &kept, rules::DUR_7, step);
        }
    }

    /// Consumers are told that they have no queue any more.
    fn cancel_all(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let mut consumers = self.queues[id.0].consumers.clone();
        consumers.sort_by_key(|consumer| self.names.text(self.consumers[consumer.0].tag));
        for consumer in consumers {
            let (tag, place) = (self.consumers[consumer.0].tag, self.consumers[consumer.0].channel);
            self.remove_consumer(consumer, rules::Q_11, step);
            let channel = &self.channels[place];
            if channel.state == ChannelState::Open {
                step.out.send(channel.at, ServerMethod::BasicCancel { consumer_tag: tag });
            }
        }
    }
}
