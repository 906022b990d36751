//! What the reference still has when the broker stops and starts again. Source: rules CON-14, DUR-1 to DUR-3, DUR-5 to DUR-7.

use amqpsim::amqp::{ChannelNo, ChannelRef, DeliveryMode, ReplyCode, ServerMethod};

use super::reference::{Copy, Reference};

impl Reference {
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
