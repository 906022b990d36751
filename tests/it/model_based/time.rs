//! Time in the reference: messages expire, and the broker stops and starts again. Source: rules TTL-3, TTL-4, CON-14, DUR-1
//! to DUR-3, DUR-5 to DUR-7.

use amqpsim::amqp::{ChannelNo, ChannelRef, DeliveryMode, ReplyCode, ServerMethod};

use amqpsim::units::SimDuration;

use super::deeds::TICK;
use super::reference::{Copy, Reference};

pub(super) fn ticks_long(ticks: u8) -> SimDuration {
    SimDuration::from_nanos(TICK.as_nanos() * u64::from(ticks))
}

impl Reference {
    pub(super) fn wait(&mut self, ticks: u8) {
        for _ in 0..ticks {
            self.now = self.now + TICK;
            for queue in self.queues.iter().map(|queue| queue.number).collect::<Vec<_>>() {
                self.drop_expired(queue);
            }
            self.post_letters();
        }
    }

    /// Only the head can expire. Source: rules TTL-3 and TTL-4.
    pub(super) fn drop_expired(&mut self, queue: u64) {
        let now = self.now;
        let expired = |copy: &&Copy| copy.expires.is_some_and(|at| at <= now);
        while let Some(head) = self.queue(queue).ready.first().filter(expired).cloned() {
            self.queue(queue).ready.remove(0);
            self.die(queue, head, "expired");
        }
    }

    /// Nobody is served once the end has begun. A broker that was killed does not know what was handed out.
    pub(super) fn restart(&mut self, killed: bool) {
        let doomed: Vec<u64> = self.queues.iter().filter(|queue| !queue.durable).map(|q| q.number).collect();
        for channel in &mut self.channels {
            let is_lost = |queue: u64, copy: &Copy| doomed.contains(&queue) || copy.is_transient();
            let (lost, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut channel.unacked)
                .into_iter()
                .partition(|unacked| is_lost(unacked.queue, &unacked.copy));
            channel.unacked = kept;
            for unacked in lost {
                let of_it = self.queues.iter_mut().filter(|queue| queue.number == unacked.queue);
                of_it.for_each(|queue| queue.unacked -= 1);
            }
        }
        for queue in &mut self.queues {
            queue.line.clear();
        }
        self.stopping = true;
        for connection in self.connections.clone() {
            let text = "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'";
            let close =
                ServerMethod::ConnectionClose { code: ReplyCode::ConnectionForced, text: text.into() };
            self.say(ChannelRef { connection, channel: ChannelNo(0) }, close);
            self.end_connection(connection);
        }
        self.post_letters();
        for queue in doomed {
            self.remove_queue(queue);
        }
        for queue in &mut self.queues {
            queue.ready.retain(|copy| !copy.is_transient());
            queue.ready.iter_mut().for_each(|copy| copy.redelivered |= killed);
        }
        self.stopping = false;
        self.remove_exchanges_where(|exchange| !exchange.durable);
    }
}

impl Copy {
    fn is_transient(&self) -> bool {
        self.message.delivery_mode == DeliveryMode::Transient
    }
}
