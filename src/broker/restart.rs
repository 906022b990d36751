//! A stop, clean or by a kill, and a start: what survives, and how it looks afterwards. Source: rules DUR-1 to DUR-7 and CON-14.

use std::sync::Arc;

use super::exchanges;
use super::queue::{Entry, QueueKind};
use super::unacked::{GONE, Unacked};
use super::{Broker, Operation, Out, Step};
use crate::amqp::{
    ChannelNo, ChannelRef, ConnectionId, DeliveryMode, Names, QueueId, ReplyCode, ServerMethod,
};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};
use crate::storage::Crash;
use crate::units::SimTime;

/// What a broker that stopped left behind. It comes back with [`Survivors::start`]; nothing volatile can leak through it.
#[derive(Clone, Debug)]
pub struct Survivors(Broker, Crash);

impl Broker {
    /// Stops cleanly. Every client is told and disconnected; durable exchanges, durable queues that are not exclusive, and
    /// persistent messages in them survive; unacknowledged ones are back in their places.
    pub fn stop(self, now: SimTime, out: &mut impl Out) -> Survivors {
        self.end(now, Crash::CleanStop, out)
    }

    /// The broker's processes end. What it loses of what must survive is decided by its storage; without one, nothing.
    fn end(mut self, now: SimTime, crash: Crash, out: &mut impl Out) -> Survivors {
        self.lose_what_ends(now, crash, out);
        out.fact(Fact::BrokerStopped, rules::DUR_1);
        Survivors(self, crash)
    }

    /// All that does not survive goes.
    fn lose_what_ends(&mut self, now: SimTime, crash: Crash, out: &mut impl Out) {
        let mut step = Step { now, out };
        self.stopping = true;
        let clean = crash == Crash::CleanStop;
        let back = if clean { Vec::new() } else { self.lose_what_is_unsafe(crash, &mut step) };
        self.disconnect_all(clean, &mut step);
        // What died while the connections ended is published still.
        self.deliver_letters(&mut step);
        self.drop_transient(crash, &mut step);
        if clean {
            self.crash_storage(crash, &mut step);
        }
        self.bring_back(&back, rules::DUR_10, &mut step);
        self.stopping = false;
        self.doomed.clear();
    }

    /// Stops cleanly and starts again at the same instant.
    #[must_use]
    pub fn restart(self, now: SimTime, out: &mut impl Out) -> Broker {
        self.stop(now, out).start(now, out)
    }
}

impl Survivors {
    /// The broker that runs again with what survived.
    pub fn start(self, now: SimTime, out: &mut impl Out) -> Broker {
        let mut broker = self.0;
        let (queues, messages) = broker.queues.iter().fold((0, 0), |(queues, messages), (_, queue)| {
            (queues + 1, messages + u64::from(queue.ready_count()))
        });
        out.fact(Fact::BrokerStarted { queues, messages }, rules::DUR_1);
        let mut step = Step { now, out };
        broker.recover_timers(&mut step);
        broker.start_storage(&mut step);
        broker
    }

    /// The machine loses its power or its disk while the broker is down: what its end has left in the page cache goes, too, or all.
    /// Another end of processes that have ended changes nothing. Source: rules DUR-9 and DUR-15.
    pub fn struck(&mut self, now: SimTime, crash: Crash, out: &mut impl Out) {
        if matches!(crash, Crash::PowerLoss | Crash::DiskLoss) {
            self.0.lose_what_ends(now, crash, out);
            self.flag_handed_out();
        }
    }

    /// A node of the cluster, none of which runs, ends so by itself, or is there again. Whether the operation is one of those; any
    /// other waits for the broker.
    pub fn operate(&mut self, operation: &Operation, now: SimTime) -> bool {
        let Some(persistence) = &mut self.0.persistence else { return false };
        match *operation {
            Operation::StopNode { node, crash } => {
                persistence.storage.stop_nodes(now, crash, |one| one == node);
            }
            Operation::StartNode { node } => persistence.storage.release_node(node),
            _ => return false,
        }
        true
    }

    /// A classic queue that did not end cleanly takes everything for handed out before. Source: rule DUR-7.
    fn flag_handed_out(&mut self) {
        if self.1 == Crash::CleanStop {
            return;
        }
        let queues: Vec<u32> = self.0.queues.iter().map(|(id, _)| id).collect();
        for id in queues {
            let queue = &mut self.0.queues[id];
            if queue.kind == QueueKind::Classic {
                queue.flag_all();
            }
        }
    }

    /// As [`Broker::queue_levels`].
    pub fn queue_levels(&self) -> impl Iterator<Item = ((&str, &str), u32, u32)> {
        self.0.queue_levels()
    }

    /// As [`Broker::populations`].
    pub fn populations(&self) -> impl Iterator<Item = (QueueId, u64)> {
        self.0.populations()
    }

    /// Ready messages in all queues, and dead letters that wait for a target.
    pub fn ready(&self) -> u64 {
        self.0.counts().0
    }

    pub(super) fn broker_mut(&mut self) -> &mut Broker {
        &mut self.0
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
    /// The broker ends without warning. Connections may still be there; they are gone afterwards. Classic queues no longer
    /// know what was handed out, so everything may have been. Source: rule DUR-7. Deviation: DEV-9.
    pub fn crash(self, now: SimTime, crash: Crash, out: &mut impl Out) -> Survivors {
        let mut survivors = self.end(now, crash, out);
        survivors.flag_handed_out();
        survivors
    }

    /// Is killed and starts again at the same instant.
    #[must_use]
    pub fn kill(self, now: SimTime, out: &mut impl Out) -> Broker {
        self.crash(now, Crash::Process, out).start(now, out)
    }

    /// Timers did not survive: what has expired meanwhile goes, and clocks start again. Source: rules DUR-11 and EXP-3.
    fn recover_timers(&mut self, step: &mut Step<'_, impl Out>) {
        let mut queues: Vec<QueueId> = self.queues.iter().map(|(id, _)| QueueId(id)).collect();
        self.sort_queues(&mut queues);
        self.timers = super::slab::Slab::default();
        // All forget their timers first: what dies in one queue may go to any other.
        for id in &queues {
            let Some(features) = &mut self.queues[id.0].features else { continue };
            (features.ttl.timer, features.ttl.waits_for, features.expiry_timer) = (None, None, None);
            if let Some(quorum) = &mut features.quorum {
                quorum.retry_timer = None;
            }
        }
        for id in queues {
            let Some(features) = &self.queues[id.0].features else { continue };
            if features.is_quorum() {
                self.retry_dead_letters(id, step);
            } else {
                self.drop_expired(id, step);
                self.tell_level(id, step);
            }
            self.use_queue(id, step);
        }
        self.deliver_letters(step);
    }

    /// Source: rule CON-14. Deviation: DEV-13.
    fn disconnect_all(&mut self, told: bool, step: &mut Step<'_, impl Out>) {
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
            if told || self.persistence.is_none() {
                step.out.send(at, ServerMethod::ConnectionClose { code, text: Arc::clone(&text) });
            }
            step.out.hang_up(id);
        }
        // A stopping broker closes its listeners and connections before its queues: nobody is served meanwhile.
        for queue in self.queues.iter().map(|(id, _)| id).collect::<Vec<_>>() {
            self.queues[queue].rotation = super::queue::Rotation::default();
        }
        let open: Vec<ConnectionId> = (0..self.connections.len() as u32).map(ConnectionId).collect();
        for id in open.into_iter().filter(|id| self.connections[id.index()].is_some()).collect::<Vec<_>>() {
            self.end_connection(id, if told { rules::CON_14 } else { rules::DUR_1 }, step);
        }
    }

    /// Deliveries that will not come back: their message or their queue does not survive. The rest is requeued when the
    /// connections end.
    fn lose_unacked(&mut self, step: &mut Step<'_, impl Out>) {
        for place in self.channels.iter().map(|(place, _)| place).collect::<Vec<_>>() {
            let at = self.channels[place].at;
            let (lost, kept): (Vec<Unacked>, Vec<Unacked>) =
                self.channels[place].unacked.take_all().into_iter().partition(|unacked| {
                    unacked.queue != GONE && self.doom(unacked.queue, unacked.entry).is_some()
                });
            self.channels[place].unacked.put_back(kept);
            for unacked in lost {
                let queue = unacked.queue;
                let Some(cause) = self.doom(queue, unacked.entry) else { continue };
                self.forget_delivery(
                    at,
                    &unacked,
                    Settlement::Gone(cause),
                    self.rule_of_loss(queue, cause),
                    step,
                );
                self.messages.release(unacked.entry.slot());
            }
        }
    }

    /// Why a copy does not survive a restart, if it does not. Source: rules DUR-1 and DUR-3.
    pub(super) fn doom(&self, id: QueueId, entry: Entry) -> Option<LossCause> {
        let transient = self.messages.get(entry.slot()).message.delivery_mode == DeliveryMode::Transient;
        let queue = &self.queues[id.0];
        // A quorum queue keeps every message. Source: rule DUR-4.
        match (queue.durable, queue.kind) {
            (false, _) => Some(LossCause::QueueNotDurable),
            (true, QueueKind::Classic) if transient => Some(LossCause::TransientInRestart),
            (true, _) => self.doomed.get(&(id, entry.arrival())).copied(),
        }
    }

    /// By which rule its store has, or has not, kept what it confirmed.
    pub(super) fn rule_of_store(&self, id: QueueId) -> RuleRef {
        let storage = self.persistence.as_ref().map(|persistence| &persistence.storage);
        let early = storage.is_some_and(|storage| storage.confirms_on_arrival(id.0));
        if early { rules::DUR_16 } else { rules::DUR_9 }
    }

    /// Why a copy in this queue does not survive.
    pub(super) fn rule_of_loss(&self, id: QueueId, cause: LossCause) -> RuleRef {
        match cause {
            LossCause::QueueNotDurable => rules::DUR_1,
            LossCause::TransientInRestart => rules::DUR_3,
            LossCause::DiskLost => rules::DUR_15,
            LossCause::QueueUnregistered => rules::DUR_17,
            _ => self.rule_of_store(id),
        }
    }

    fn drop_transient(&mut self, crash: Crash, step: &mut Step<'_, impl Out>) {
        // Without its disk a node has no definitions either.
        let kept = crash != Crash::DiskLoss;
        for (id, queue) in self.queues.iter().map(|(id, q)| (QueueId(id), q.durable)).collect::<Vec<_>>() {
            self.drop_doomed(id, step);
            self.tell_level(id, step);
            if !queue || !kept {
                self.remove_queue(id, rules::DUR_1, step);
            }
        }
        let gone: Vec<_> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| {
                let survives = exchange.durable || self.profile.transient_exchanges_survive;
                !survives || (!kept && !exchanges::is_predeclared(self.names.text(exchange.name)))
            })
            .map(|(id, _)| super::exchange::ExchangeId(id))
            .collect();
        for exchange in gone {
            self.remove_exchange(exchange, rules::DUR_1, step);
        }
    }

    pub(super) fn drop_doomed(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        // Deliveries are taken back before a broker ends; where only the queue crashes, they are still out.
        let (ready, unacked) = (self.queues[id.0].ready_count(), self.queues[id.0].unacked);
        let doomed = self.doomed(id);
        let queue = &mut self.queues[id.0];
        let lost = queue.take_ready_if(|entry| doomed.binary_search(&entry.arrival()).is_ok());
        for (n, entry) in (1..).zip(lost) {
            let Some(cause) = self.doom(id, entry) else { continue };
            let (message, ready) = (self.messages.id(entry.slot()), ready - n);
            let dead = self.messages.get(entry.slot()).dead;
            let rule = self.rule_of_loss(id, cause);
            step.out.fact(Fact::Lost { queue: id, message, cause, dead, ready, unacked }, rule);
            let size = u64::from(self.messages.get(entry.slot()).message.size);
            if let Some(features) = &mut self.queues[id.0].features {
                features.ready_bytes = features.ready_bytes.saturating_sub(size);
            }
            self.messages.release(entry.slot());
        }
    }

    /// The counts of arrivals of ready messages that do not survive, in rising order.
    fn doomed(&self, id: QueueId) -> Vec<u32> {
        let mut doomed: Vec<u32> = self.queues[id.0]
            .ready_entries()
            .filter(|&&entry| self.doom(id, entry).is_some())
            .map(|entry| entry.arrival())
            .collect();
        doomed.sort_unstable();
        doomed
    }
}
