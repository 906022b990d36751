//! A clean stop and start: what survives, and how it looks afterwards. Source: rules DUR-1 to DUR-7 and CON-14.

use std::sync::Arc;

use super::unacked::{GONE, Unacked};
use super::{Broker, Out, Step};
use crate::amqp::{
    ChannelNo, ChannelRef, ConnectionId, DeliveryMode, Names, QueueId, ReplyCode, ServerMethod,
};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules;
use crate::units::SimTime;

/// What a broker that stopped left behind. It comes back with [`Survivors::start`]; nothing volatile can leak through it.
#[derive(Clone, Debug)]
pub struct Survivors(Broker);

impl Broker {
    /// Stops cleanly. Every client is told and disconnected; durable exchanges, durable queues that are not exclusive, and
    /// persistent messages in them survive; unacknowledged ones are back in their places.
    pub fn stop(mut self, now: SimTime, out: &mut impl Out) -> Survivors {
        let mut step = Step { now, out };
        self.stopping = true;
        self.disconnect_all(&mut step);
        self.drop_transient(&mut step);
        step.out.fact(Fact::BrokerStopped, rules::DUR_1);
        self.stopping = false;
        Survivors(self)
    }

    /// Stops cleanly and starts again at the same instant.
    #[must_use]
    pub fn restart(self, now: SimTime, out: &mut impl Out) -> Broker {
        self.stop(now, out).start(now, out)
    }
}

impl Survivors {
    /// The broker that runs again with what survived.
    pub fn start(self, _now: SimTime, out: &mut impl Out) -> Broker {
        let broker = self.0;
        let (queues, messages) = broker.queues.iter().fold((0, 0), |(queues, messages), (_, queue)| {
            (queues + 1, messages + u64::from(queue.ready_count()))
        });
        out.fact(Fact::BrokerStarted { queues, messages }, rules::DUR_1);
        broker
    }

    /// Ready messages in all queues.
    pub fn ready(&self) -> u64 {
        self.0.counts().0
    }

    /// The table of names, to add some.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.0.names
    }

    /// The table of all names that the broker has met.
    pub fn names(&self) -> &Names {
        &self.0.names
    }
}

impl Broker {
    /// Source: rule CON-14.
    fn disconnect_all(&mut self, step: &mut Step<'_, impl Out>) {
        let open: Vec<ConnectionId> = (0..self.connections.len() as u32)
            .map(ConnectionId)
            .filter(|&id| self.connection(id).is_some())
            .collect();
        let text: Arc<str> =
            "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'".into();
        self.lose_unacked(step);
        for id in open {
            let at = ChannelRef { connection: id, channel: ChannelNo(0) };
            let code = ReplyCode::ConnectionForced;
            step.out.send(at, ServerMethod::ConnectionClose { code, text: Arc::clone(&text) });
            step.out.hang_up(id);
        }
        // A stopping broker closes its listeners and connections before its queues: nobody is served meanwhile.
        for queue in self.queues.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.queues[queue].rotation = super::queue::Rotation::default();
        }
        let open: Vec<ConnectionId> = (0..self.connections.len() as u32).map(ConnectionId).collect();
        for id in open.into_iter().filter(|id| self.connections[id.index()].is_some()).collect::<Vec<_>>() {
            self.end_connection(id, rules::CON_14, step);
        }
    }

    /// Deliveries that will not come back: their message or their queue does not survive. The rest is requeued when the
    /// connections end.
    fn lose_unacked(&mut self, step: &mut Step<'_, impl Out>) {
        for place in self.channels.iter().map(|(place, _)| place).collect::<Vec<_>>() {
            let at = self.channels[place].at;
            let (lost, kept): (Vec<Unacked>, Vec<Unacked>) =
                self.channels[place].unacked.take_all().into_iter().partition(|unacked| {
                    unacked.queue != GONE && self.doom(unacked.queue, unacked.entry.slot()).is_some()
                });
            self.channels[place].unacked.put_back(kept);
            for unacked in lost {
                let queue = unacked.queue;
                let Some(cause) = self.doom(queue, unacked.entry.slot()) else { continue };
                self.queues[queue.0].unacked -= 1;
                let fact = Fact::Settled {
                    queue,
                    channel: at,
                    consumer: unacked.consumer,
                    delivery_tag: unacked.tag,
                    message: self.messages.id(unacked.entry.slot()),
                    how: Settlement::Gone(cause),
                    ready: self.queues[queue.0].ready_count(),
                    unacked: self.queues[queue.0].unacked,
                };
                step.out.fact(fact, rules::DUR_3);
                self.messages.release(unacked.entry.slot());
            }
        }
    }

    /// Why a copy does not survive a restart, if it does not. Source: rules DUR-1 and DUR-3.
    fn doom(&self, queue: QueueId, slot: super::messages::Slot) -> Option<LossCause> {
        let transient = self.messages.get(slot).message.delivery_mode == DeliveryMode::Transient;
        match self.queues[queue.0].durable {
            false => Some(LossCause::QueueNotDurable),
            true if transient => Some(LossCause::TransientInRestart),
            true => None,
        }
    }

    fn drop_transient(&mut self, step: &mut Step<'_, impl Out>) {
        for (id, queue) in self.queues.iter().map(|(id, q)| (QueueId(id), q.durable)).collect::<Vec<_>>() {
            self.drop_doomed(id, step);
            step.out.level(id, self.queues[id.0].ready_count(), self.queues[id.0].unacked);
            if !queue {
                self.remove_queue(id, rules::DUR_1, step);
            }
        }
        let gone: Vec<_> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| !exchange.durable)
            .map(|(id, _)| super::exchange::ExchangeId(id))
            .collect();
        for exchange in gone {
            self.remove_exchange(exchange, rules::DUR_1, step);
        }
    }

    fn drop_doomed(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let ready = std::mem::take(&mut self.queues[id.0].ready);
        let mut left = ready.len() as u32;
        for entry in ready {
            let Some(cause) = self.doom(id, entry.slot()) else {
                self.queues[id.0].ready.push_back(entry);
                continue;
            };
            left -= 1;
            let message = self.messages.id(entry.slot());
            let rule = if cause == LossCause::QueueNotDurable { rules::DUR_1 } else { rules::DUR_3 };
            step.out.fact(Fact::Lost { queue: id, message, cause, ready: left, unacked: 0 }, rule);
            self.messages.release(entry.slot());
        }
    }
}
