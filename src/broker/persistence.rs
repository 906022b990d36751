//! What queues keep on disk: which copies, what of them a confirm waits for, and what the storage says when it is done.
//! Without a storage everything that must survive is safe at once. Source: rules DUR-3, DUR-4, DUR-9, DUR-10, CF-4 to CF-7.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;

use super::channel::ChannelState;
use super::confirms::Confirms;
use super::messages::Slot;
use super::proposals::Proposal;
use super::queue::{Entry, QueueKind};
use super::safety::Safety;
use super::timers::Purpose;
use super::waiters::{Awaited, Waiters, Waiting};
use super::{Broker, Out, Step};
use crate::amqp::{DeliveryMode, FieldValue, QueueId, ServerMethod};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};
use crate::storage::{Asked, Copy, Crash, Fate, Keeps, Leftover, Sender, Storage, WriterId};
use crate::units::SimTime;

/// The storage, and who waits for it.
#[derive(Clone, Debug)]
pub(super) struct Persistence {
    pub(super) storage: Storage,
    /// Of each writer: its timer.
    timers: Vec<Option<u32>>,
    /// Publishes and commits that wait.
    waiters: Waiters,
    /// The publishes under way want an answer: for how many of their copies the waiter after the last one waits so far.
    asking: Option<u32>,
    /// Of the log of quorum queues.
    log_timer: Option<u32>,
    /// What quorum queues have not taken yet, in order of entries.
    pub(super) proposals: VecDeque<Proposal>,
    /// Why they wait.
    pub(super) waits_by: RuleRef,
    /// A copy that has just come into a classic queue. One that is handed out at once and for good is never kept.
    arriving: Option<(QueueId, u32)>,
    /// The channel that settles deliveries of a quorum queue, if it still has this number.
    pub(super) settler: Option<Sender>,
    pub(super) safety: Safety,
    /// Memory that is used again: what the storage asks, and the channels that it has answers for.
    scratch: (Vec<Asked>, Vec<u32>),
}

impl Persistence {
    /// A copy has left its queue for good: it is `acked`, or that has another reason. Source: rule DUR-10.
    pub(super) fn forget_copy(&mut self, id: QueueId, arrival: u32, acked: bool, now: SimTime) {
        if self.arriving == Some((id, arrival)) {
            self.arriving = None;
        }
        self.storage.settle(now, id.0, arrival, acked, self.settler);
    }
}

impl Broker {
    /// Gives a broker that has no queue yet a storage.
    pub fn attach(&mut self, storage: Storage) {
        self.persistence = Some(Box::new(Persistence {
            storage,
            timers: Vec::new(),
            waiters: Waiters::default(),
            asking: None,
            waits_by: rules::CF_5,
            arriving: None,
            settler: None,
            safety: Safety::default(),
            scratch: Default::default(),
            log_timer: None,
            proposals: VecDeque::new(),
        }));
    }

    /// A queue has been made: if it is durable, it has a store.
    pub(super) fn make_store(&mut self, id: QueueId, now: SimTime) {
        let queue = &mut self.queues[id.0];
        let Some(persistence) = self.persistence.as_mut().filter(|_| queue.durable) else { return };
        queue.stored = true;
        let name = self.names.text(queue.name);
        let version = queue.arguments.get("x-queue-version").and_then(FieldValue::as_integer);
        let keeps = match queue.kind {
            QueueKind::Quorum => Keeps::Quorum,
            _ if version == Some(2) => Keeps::Classic2,
            _ => Keeps::Classic,
        };
        persistence.storage.add_queue(now, id.0, (u32::from(queue.vhost), name), keeps);
    }

    /// A queue is gone. Source: rule Q-12.
    pub(super) fn remove_store(&mut self, id: QueueId) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.remove_queue(id.0);
        }
    }

    /// The publishes from here on want an answer.
    pub(super) fn ask_for_answer(&mut self) {
        if let Some(persistence) = &mut self.persistence {
            persistence.asking = Some(0);
            persistence.safety.begin();
        }
    }

    /// No publish is under way any more. Whether there is something to wait for; if so, `what` is answered later.
    /// Source: rules CF-4 and CF-5.
    pub(super) fn await_storage(&mut self, place: u32, what: Awaited) -> bool {
        let Some(persistence) = &mut self.persistence else { return false };
        let copies = persistence.asking.take().unwrap_or(0);
        if copies == 0 {
            return false;
        }
        let serial = self.channels[place].serial;
        let keeps = persistence.safety.take_publishing().filter(|_| what != Awaited::Commit);
        let rule = persistence.waits_by;
        let waiting = Waiting { place, serial, what, copies, refused: false, rule, keeps };
        persistence.waiters.push(Some(waiting));
        true
    }

    /// The publishes under way are answered without the storage.
    pub(super) fn stop_asking(&mut self) {
        if let Some(persistence) = &mut self.persistence
            && persistence.asking.take().is_some_and(|copies| copies > 0)
        {
            persistence.waiters.push(None);
        }
    }

    /// A copy is about to be dispatched. If it is still there afterwards, [`Broker::keep_arrived`] keeps it.
    #[inline(always)]
    pub(super) fn arrives(&mut self, id: QueueId) {
        if self.queues[id.0].stored
            && let Some(persistence) = &mut self.persistence
        {
            persistence.arriving = Some((id, self.queues[id.0].arrivals().wrapping_sub(1)));
        }
    }

    /// The copy that has just come is to survive, unless it has left already or is transient. Source: rules DUR-3, DUR-4
    /// and CF-5.
    #[inline(always)]
    pub(super) fn keep_arrived(&mut self, id: QueueId, slot: Slot, step: &Step<'_, impl Out>) {
        if self.queues[id.0].stored {
            self.keep(id, slot, step);
        }
    }

    #[inline(never)]
    fn keep(&mut self, id: QueueId, slot: Slot, step: &Step<'_, impl Out>) {
        let Some(persistence) = &mut self.persistence else { return };
        let Some((_, arrival)) = persistence.arriving.take().filter(|(queue, _)| *queue == id) else {
            return;
        };
        let message = &self.messages.get(slot).message;
        let waiter = persistence.asking.map(|_| persistence.waiters.next());
        if message.delivery_mode == DeliveryMode::Transient {
            if persistence.storage.pass(step.now, id.0, waiter) {
                persistence.waits_by = rules::CF_4;
                persistence.asking = persistence.asking.map(|copies| copies + 1);
            }
            return;
        }
        let copy = Copy { arrival, arrived: step.now, key: slot.0, size: message.size };
        // What is only written is not safe from all that CF-5 has in mind.
        persistence.waits_by = if persistence.storage.syncs(id.0) { rules::CF_5 } else { rules::DUR_9 };
        let waits = persistence.storage.append(step.now, id.0, copy, waiter);
        persistence.asking = persistence.asking.map(|copies| copies + u32::from(waits));
        self.messages.retain(slot);
        self.count_kept(id, slot);
    }

    /// A copy has left its queue for good: it is acknowledged. Source: rule DUR-10.
    #[inline(always)]
    pub(super) fn departs(&mut self, id: QueueId, entry: Entry, step: &Step<'_, impl Out>) {
        if self.queues[id.0].stored {
            self.forget_copy(id, entry.arrival(), true, step);
        }
    }

    /// The same for another reason.
    pub(super) fn is_dropped(&mut self, id: QueueId, entry: Entry, step: &Step<'_, impl Out>) {
        if self.queues[id.0].stored {
            self.forget_copy(id, entry.arrival(), false, step);
        }
    }

    #[inline(never)]
    fn forget_copy(&mut self, id: QueueId, arrival: u32, acked: bool, step: &Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.forget_copy(id, arrival, acked, step.now);
        }
    }

    /// Whether the storage has asked for something.
    #[inline(always)]
    pub(super) fn storage_asks(&self) -> bool {
        self.persistence.as_ref().is_some_and(|persistence| persistence.storage.has_asked())
    }

    /// Does what the storage has asked for. Answers that come together are as few frames as RabbitMQ needs. Source: rules
    /// CF-6 and CF-10.
    #[inline(never)]
    pub(super) fn serve_storage(&mut self, step: &mut Step<'_, impl Out>) {
        let Some(persistence) = &mut self.persistence else { return };
        let (mut heard, mut places) = mem::take(&mut persistence.scratch);
        while let Some(persistence) = &mut self.persistence {
            persistence.storage.take_asked(&mut heard);
            if heard.is_empty() {
                break;
            }
            for one in heard.drain(..) {
                match one {
                    Asked::Wake(writer, at) => self.wake_writer(writer, at, step),
                    Asked::Forget(key) => self.messages.release(Slot(key)),
                    Asked::Reached(queue, key, level, at) => self.tell_reached((queue, key), level, at, step),
                    Asked::Confirm(waiter) => places.extend(self.copy_is_answered(waiter, true, step)),
                    Asked::Refuse(waiter) => places.extend(self.copy_is_answered(waiter, false, step)),
                    Asked::Committed(entry) => places.extend(self.entries_are_committed(entry, step)),
                    Asked::Lost(queue, arrival, fate) => {
                        self.doomed.insert((QueueId(queue), arrival), cause(fate));
                    }
                    Asked::LeaderLost => {
                        let storage = self.persistence.as_ref().map(|persistence| &persistence.storage);
                        let elects = storage.is_some_and(Storage::has_majority);
                        step.out.fact(Fact::LeaderLost, if elects { rules::QQ_7 } else { rules::QQ_8 });
                    }
                    Asked::Elected(last) => {
                        // What is gone is not handed out again.
                        self.lose_doomed(step);
                        self.leader_is_elected(last, step);
                    }
                }
            }
        }
        self.lose_doomed(step);
        self.send_confirms(&mut places, step);
        if let Some(persistence) = &mut self.persistence {
            persistence.scratch = (heard, places);
        }
    }

    /// Copies of quorum queues are gone with nodes that had them, and nothing else is touched.
    fn lose_doomed(&mut self, step: &mut Step<'_, impl Out>) {
        if self.doomed.is_empty() {
            return;
        }
        for place in self.channels.iter().map(|(place, _)| place).collect::<Vec<_>>() {
            let at = self.channels[place].at;
            // The channel knows the tags still: an acknowledgement comes to nothing.
            for unacked in self.channels[place].forget_copies(&self.doomed) {
                let Some(cause) = self.doom(unacked.queue, unacked.entry) else { continue };
                let rule = self.rule_of_loss(unacked.queue, cause);
                self.forget_delivery(at, &unacked, Settlement::Gone(cause), rule, step);
                self.let_go(place, &unacked);
                self.restore_credit(unacked.queue, &[unacked], step);
                self.messages.release(unacked.entry.slot());
            }
        }
        let queues: BTreeSet<QueueId> = self.doomed.keys().map(|(queue, _)| *queue).collect();
        for id in queues {
            self.drop_doomed(id, step);
            self.tell_level(id, step);
        }
        self.doomed.clear();
    }

    /// Answers that have gathered on the channels at these places.
    pub(super) fn send_confirms(&mut self, places: &mut Vec<u32>, step: &mut Step<'_, impl Out>) {
        places.sort_unstable();
        places.dedup();
        for place in places.drain(..) {
            let Some(channel) = self.channels.get_mut(place) else { continue };
            for method in channel.confirms.iter_mut().flat_map(|confirms| confirms.flush_unless_gathering()) {
                step.out.send(channel.at, method);
            }
        }
    }

    fn wake_writer(&mut self, writer: WriterId, at: SimTime, step: &mut Step<'_, impl Out>) {
        if writer == WriterId::LOG {
            let slot = self.persistence.as_ref().and_then(|persistence| persistence.log_timer);
            let slot = self.ask_timer(slot, Purpose::Storage(writer), at, step);
            if let Some(persistence) = &mut self.persistence {
                persistence.log_timer = Some(slot);
            }
            return;
        }
        let place = writer.0 as usize;
        let Some(persistence) = &mut self.persistence else { return };
        if persistence.timers.len() <= place {
            persistence.timers.resize(place + 1, None);
        }
        let slot = persistence.timers[place];
        let slot = self.ask_timer(slot, Purpose::Storage(writer), at, step);
        if let Some(persistence) = &mut self.persistence {
            persistence.timers[place] = Some(slot);
        }
    }

    /// One copy of what this waiter stands for has come as far as it must, or was refused. The channel that has an answer to
    /// send.
    pub(super) fn copy_is_answered(
        &mut self,
        waiter: u32,
        accepted: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Option<u32> {
        let waiting = self.persistence.as_mut()?.waiters.get_mut(waiter)?;
        waiting.copies = waiting.copies.saturating_sub(1);
        waiting.refused |= !accepted;
        if waiting.copies > 0 {
            return None;
        }
        let Waiting { place, serial, what, refused, rule, keeps, .. } = *waiting;
        let persistence = self.persistence.as_mut()?;
        persistence.waiters.remove(waiter);
        let channel = self
            .channels
            .get_mut(place)
            .filter(|channel| channel.serial == serial && channel.state == ChannelState::Open)?;
        let at = channel.at;
        match what {
            Awaited::Publish(publish) => {
                persistence.safety.mark_confirmed(keeps.filter(|_| !refused), step.now);
                let confirms: &mut Confirms = channel.confirms.as_deref_mut()?;
                confirms.answer_waiting(publish, !refused);
                if refused {
                    step.out.fact(Fact::Nacked { channel: at, publish }, rules::CF_15);
                } else {
                    step.out.fact(Fact::Confirmed { channel: at, publish }, rule);
                }
                Some(place)
            }
            Awaited::Commit if refused => {
                self.commit_failed(place, step);
                None
            }
            Awaited::Commit => {
                step.out.send(at, ServerMethod::TxCommitOk);
                None
            }
        }
    }

    /// A writer's timer is due.
    pub(super) fn writer_is_due(&mut self, writer: WriterId, step: &mut Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.due(step.now, writer);
        }
    }

    /// Whether somebody waits for the storage.
    pub(super) fn is_storage_awaited(&self) -> bool {
        self.persistence.as_ref().is_some_and(|persistence| persistence.storage.is_awaited())
    }
}

impl Persistence {
    /// The waiter of the publishes under way, if they want an answer; it waits for one more copy.
    pub(super) fn next_waiter(&mut self) -> Option<u32> {
        let copies = self.asking.as_mut()?;
        *copies += 1;
        Some(self.waiters.next())
    }

    /// Whether the publishes under way want an answer.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// The broker's process is gone: nobody waits any more.
    pub(super) fn forget_waiters(&mut self) {
        self.timers.clear();
        self.log_timer = None;
        self.waiters.clear();
        (self.asking, self.arriving) = (None, None);
    }
}

/// What a crash leaves of the storage.
impl Broker {
    /// A crash is about to end the broker, or one of its queues: marks what it takes. The copies that come back.
    pub(super) fn lose_what_is_unsafe(
        &mut self,
        crash: Crash,
        step: &mut Step<'_, impl Out>,
    ) -> Vec<(QueueId, Copy, bool)> {
        let mut back = Vec::new();
        for (queue, left) in self.crash_storage(crash, step) {
            for Leftover { copy, fate, acked } in left {
                let id = QueueId(queue);
                match fate {
                    Fate::Kept => {}
                    Fate::CameBack => {
                        // Another reference beside the storage's, for the queue.
                        self.messages.retain(Slot(copy.key));
                        back.push((id, copy, acked));
                    }
                    lost => {
                        self.doomed.insert((id, copy.arrival), cause(lost));
                    }
                }
            }
        }
        back
    }

    /// The storage's part of a crash; its answers about it.
    pub(super) fn crash_storage(
        &mut self,
        crash: Crash,
        step: &mut Step<'_, impl Out>,
    ) -> BTreeMap<u32, Vec<Leftover>> {
        let Some(persistence) = &mut self.persistence else { return BTreeMap::new() };
        let left = persistence.storage.crash(step.now, crash);
        if !matches!(crash, Crash::Queue(_)) {
            // What the storage asked of a process that is no more is void, but for what it lets go.
            persistence.forget_waiters();
            let mut asked = Vec::new();
            persistence.storage.take_asked(&mut asked);
            for one in asked {
                match one {
                    Asked::Forget(key) => self.messages.release(Slot(key)),
                    Asked::Reached(queue, key, level, at) => self.tell_reached((queue, key), level, at, step),
                    _ => {}
                }
            }
            self.crash_proposals(crash, step);
        }
        left
    }

    /// Puts back what was done with, by this rule. A dead letter that waits for its target is such a copy: it is one again.
    pub(super) fn bring_back(
        &mut self,
        back: &[(QueueId, Copy, bool)],
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        for of_queue in back.chunk_by(|(one, ..), (next, ..)| one == next) {
            let id = of_queue[0].0;
            let Some(queue) = self.queues.get(id.0) else {
                for (_, copy, _) in of_queue {
                    self.messages.release(Slot(copy.key));
                }
                continue;
            };
            let first = queue.ready_count() + 1;
            let quorum = queue.features.as_ref().and_then(|features| features.quorum.as_ref());
            let entry = |copy: &Copy| {
                let entry = Entry::new(copy.arrived, copy.arrival, Slot(copy.key));
                let returned = quorum.is_some_and(|quorum| quorum.returned(copy.arrival) > 0);
                if returned { entry.handed_out_before() } else { entry }
            };
            let bytes: u64 = of_queue.iter().map(|(_, copy, _)| u64::from(copy.size)).sum();
            let by_priority: Vec<(Option<u8>, Entry)> =
                of_queue.iter().map(|(_, copy, _)| (self.priority_of(Slot(copy.key)), entry(copy))).collect();
            for (ready, (_, copy, acked)) in (first..).zip(of_queue) {
                if !self.drop_kept_letter(id, Slot(copy.key)) {
                    let message = self.messages.id(Slot(copy.key));
                    let fact = Fact::CameBack { queue: id, message, acked: *acked, ready };
                    step.out.fact(fact, rule);
                }
            }
            let queue = &mut self.queues[id.0];
            if let Some(features) = &mut queue.features {
                features.ready_bytes += bytes;
                queue.requeue_by_priority(&by_priority);
            } else {
                queue.requeue(by_priority.into_iter().map(|(_, entry)| entry).collect());
            }
            self.tell_level(id, step);
        }
    }

    /// The broker runs again: its writers go on with what is left.
    pub(super) fn start_storage(&mut self, step: &mut Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.start(step.now);
            self.serve_storage(step);
        }
    }
}

fn cause(fate: Fate) -> LossCause {
    match fate {
        Fate::InMailbox => LossCause::InMailbox,
        Fate::InPageCache => LossCause::InPageCache,
        Fate::IndexWithoutBody => LossCause::IndexWithoutBody,
        Fate::TornTail => LossCause::TornTail,
        Fate::DiskLost => LossCause::DiskLost,
        Fate::Unregistered => LossCause::QueueUnregistered,
        Fate::InProcessBuffer | Fate::Kept | Fate::CameBack => LossCause::InProcessBuffer,
    }
}
