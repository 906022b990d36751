//! The mailbox of a queue's process. A process that takes time for a message has others waiting meanwhile. It syncs for those
//! who wait for a confirm as soon as its mailbox is empty, and if that never happens, when a timer comes due that the first of
//! them has started. While it writes and syncs it handles nothing. Source: `rabbit_amqqueue_process`, Erlang's `gen_server2`.

use std::collections::VecDeque;
use std::mem;

use super::spec::StoreSpec;
use super::store::{Storage, WriterId};
use super::writer::{Phase, Which};
use crate::units::{SimDuration, SimTime};

/// What waits for a queue's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The copy that came so, to be kept.
    Message(u32),
    /// The copy that came so is out of its queue. Takes no time of its own.
    Settled(u32),
    /// A message that is not kept; this waiter has its answer when it is handled.
    Transient(Option<u32>),
}

/// A mailbox, and what its process is doing.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    queue: u32,
    service_time: SimDuration,
    transient_service_time: SimDuration,
    sync_timer: SimDuration,
    /// The first is being handled if `busy_until` says so.
    waiting: VecDeque<Item>,
    busy_until: Option<SimTime>,
    /// When the process syncs though more is waiting.
    sync_at: Option<SimTime>,
}

impl Mailbox {
    /// That of a process that takes no time is not needed.
    pub(super) fn new(queue: u32, spec: &StoreSpec) -> Option<Box<Mailbox>> {
        spec.takes_time().then(|| {
            Box::new(Mailbox {
                queue,
                service_time: spec.service_time,
                transient_service_time: spec.transient_service_time,
                sync_timer: spec.sync_timer,
                waiting: VecDeque::new(),
                busy_until: None,
                sync_at: None,
            })
        })
    }

    /// When the process has something to do, if it neither writes nor syncs.
    pub(super) fn due_at(&self, now: SimTime) -> Option<SimTime> {
        self.busy_until.or_else(|| (!self.waiting.is_empty()).then_some(now))
    }

    /// The process is gone with what waited: who wanted an answer.
    pub(super) fn stop(&mut self) -> Vec<u32> {
        (self.busy_until, self.sync_at) = (None, None);
        let waiter = |item| if let Item::Transient(waiter) = item { waiter } else { None };
        mem::take(&mut self.waiting).into_iter().filter_map(waiter).collect()
    }

    /// The process, if it does nothing, begins with what comes next.
    fn begin(&mut self, now: SimTime) {
        if self.busy_until.is_none()
            && let Some(item) = self.waiting.front()
        {
            let time = match item {
                Item::Message(_) => self.service_time,
                Item::Transient(_) => self.transient_service_time,
                Item::Settled(_) => SimDuration::ZERO,
            };
            self.busy_until = Some(now + time);
        }
    }

    /// What the process is done with by now.
    fn finish(&mut self, now: SimTime) -> Option<Item> {
        self.busy_until.take_if(|until| *until <= now)?;
        self.waiting.pop_front()
    }

    /// Whether the process syncs now for those who wait for a confirm.
    fn syncs(&mut self, now: SimTime) -> bool {
        let at = *self.sync_at.get_or_insert(now + self.sync_timer);
        let syncs = self.waiting.is_empty() || at <= now;
        if syncs {
            self.sync_at = None;
        }
        syncs
    }
}

impl Storage {
    /// A transient message comes to a queue. Whether `waiter` has to wait until the queue's process has handled it.
    pub fn pass(&mut self, now: SimTime, queue: u32, waiter: Option<u32>) -> bool {
        let Some(store) = self.held.queues.get(queue) else { return false };
        if store.is_logged() || !store.keeps.spec(&self.spec).takes_time() {
            return false;
        }
        self.held.waiting += u64::from(waiter.is_some());
        self.post(now, store.writer, Item::Transient(waiter));
        waiter.is_some()
    }

    pub(super) fn post(&mut self, now: SimTime, id: WriterId, item: Item) {
        let Some(writer) = self.writer_mut(id) else { return };
        let idle = writer.phase == Phase::Idle;
        let Some(mailbox) = &mut writer.mailbox else { return };
        mailbox.waiting.push_back(item);
        if idle {
            mailbox.begin(now);
        }
        self.arm(now, id);
    }

    /// A queue's process that does not write goes on: it is done with a message, or syncs, or begins with the next message.
    pub(super) fn serve(&mut self, now: SimTime, id: WriterId) {
        let mailbox = |storage: &mut Storage| Some(storage.writer_mut(id)?.mailbox.as_mut()?.finish(now));
        if let Some(Some(item)) = mailbox(self)
            && let Some(queue) = self.writer_mut(id).and_then(|writer| Some(writer.mailbox.as_ref()?.queue))
        {
            match item {
                Item::Message(arrival) => self.take_from_mailbox(now, queue, arrival),
                Item::Settled(arrival) => self.take_settlement(now, queue, arrival, None),
                Item::Transient(waiter) => self.held.confirm(waiter),
            }
        }
        let Some(writer) = self.writer_mut(id).filter(|writer| writer.phase == Phase::Idle) else { return };
        let Some(mailbox) = &mut writer.mailbox else { return };
        if mailbox.busy_until.is_some() {
            return;
        }
        let rests = mailbox.waiting.is_empty();
        let flushes = if writer.wanted {
            mailbox.syncs(now)
        } else {
            rests && !writer.next.any() && writer.has_work() && writer.idle_at().is_some_and(|at| at <= now)
        };
        if flushes {
            self.begin(now, id, Which::ALL);
        } else if writer.next.any() {
            let next = mem::take(&mut writer.next);
            self.begin(now, id, next);
        }
        if let Some(writer) = self.writer_mut(id).filter(|writer| writer.phase == Phase::Idle)
            && let Some(mailbox) = &mut writer.mailbox
        {
            mailbox.begin(now);
        }
    }
}
