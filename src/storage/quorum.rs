//! Quorum queues: what is proposed, committed, and left after crashes of nodes.

use std::collections::VecDeque;
use std::mem;

use super::crash::{Crash, Fate};
use super::log::News;
use super::record::{Copy, Level, Record};
use super::store::{Asked, Sender, Storage, Unsettled, WriterId};
use crate::units::SimTime;

impl Storage {
    /// Proposes a message of this size to the log of quorum queues; its entry, from 1 on. `None`: there is no leader.
    pub fn propose(&mut self, now: SimTime, size: u32) -> Option<u64> {
        let bytes = u64::from(size) + u64::from(self.spec.quorum.overhead);
        let entry = self.log.append(now, bytes);
        self.arm_log(now);
        entry
    }

    /// Somebody waits for a proposal, or does no more.
    pub fn await_proposals(&mut self, more: i64) {
        self.held.waiting = self.held.waiting.saturating_add_signed(more);
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> u32 {
        self.spec.cluster.nodes
    }

    /// Whether enough nodes run for there to be a leader, now or after an election.
    pub fn has_majority(&self) -> bool {
        self.log.has_majority()
    }

    /// Whether quorum queues have a leader.
    pub fn has_leader(&self) -> bool {
        self.log.has_leader()
    }

    /// Whether a node runs.
    pub fn is_up(&self, node: usize) -> bool {
        self.log.is_up(node)
    }

    /// The node of the leader.
    pub fn leader(&self) -> Option<usize> {
        self.log.leader()
    }

    /// A copy is in a quorum queue, by an entry that is committed: a majority has it on its disks, or on what calls itself so.
    /// When a disk that ignores flushes has it is not followed copy by copy: such a copy never counts as stable.
    pub fn keep_committed(&mut self, queue: u32, copy: Copy, entry: u64) {
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let index = if self.disk.spec().honours_flush { Level::Stable } else { Level::PageCache };
        let record = Record { index, awaits: 0, entry, ..Record::new(copy, None, false) };
        store.records.push(record);
        for level in [Level::PageCache, Level::Stable].into_iter().filter(|level| *level <= index) {
            self.held.asked.push(Asked::Reached(queue, copy.key, level, copy.arrived));
        }
    }

    pub(super) fn arm_log(&mut self, now: SimTime) {
        if let Some(at) = self.log.due_at(now)
            && self.log.wake.is_none_or(|wake| at < wake)
        {
            self.log.wake = Some(at);
            self.held.asked.push(Asked::Wake(WriterId::LOG, at.max(now)));
        }
    }

    pub(super) fn hear(&mut self, news: Vec<News>) {
        for one in news {
            match one {
                News::Committed(entry) => {
                    self.acks_are_committed(entry);
                    self.held.asked.push(Asked::Committed(entry));
                }
                News::Elected(last) => {
                    self.forget_entries_after(last);
                    self.tell_nodes_of_queues();
                    self.set_lacking_apart(last);
                    self.held.asked.push(Asked::Elected(last));
                }
                News::LeaderLost => self.held.asked.push(Asked::LeaderLost),
            }
        }
    }

    /// A leader tells all nodes that run which queues there are.
    fn tell_nodes_of_queues(&mut self) {
        if !self.log.has_leader() {
            return;
        }
        let up = (0..self.spec.cluster.nodes).filter(|node| self.log.is_up(*node as usize));
        let told = up.fold(0, |all, node| all | 1 << node);
        for (_, store) in self.held.queues.iter_mut() {
            store.unknown_to &= !told;
        }
    }

    fn acks_are_committed(&mut self, upto: u64) {
        while let Some(&Unsettled { entry, queue, arrival, .. }) = self.acks.front()
            && entry <= upto
        {
            self.acks.pop_front();
            if let Some(record) =
                self.held.queues.get_mut(queue).and_then(|store| store.records.get_mut(arrival))
            {
                record.ack = Level::Stable;
            }
            self.held.forget_if_over(queue, arrival);
        }
    }

    /// The disks of a majority are gone, or what they called safe, and with them entries that were committed: their copies are
    /// lost.
    fn forget_entries_after(&mut self, last: u64) {
        let fate = if self.disk.spec().honours_flush { Fate::DiskLost } else { Fate::InPageCache };
        for (queue, store) in self.held.queues.iter_mut().filter(|(_, store)| store.is_logged()) {
            let gone: Vec<Record> =
                store.records.iter().filter(|record| record.entry > last).copied().collect();
            self.held.asked.extend(store.forget(queue, &gone, fate));
        }
    }

    fn set_lacking_apart(&mut self, last: u64) {
        let (there, lacking): (VecDeque<Unsettled>, VecDeque<Unsettled>) =
            mem::take(&mut self.acks).into_iter().partition(|ack| ack.entry <= last);
        self.acks = there;
        self.lacking.extend(lacking);
    }

    /// The new leader lacks settlements: those whose sender `lives`, and those of the queues themselves, are proposed again. The
    /// others are void: their copies are in their queues again, by queue and in order of arrival, and whether each was acknowledged.
    pub fn settle_again(&mut self, now: SimTime, lives: impl Fn(Sender) -> bool) -> Vec<(u32, Copy, bool)> {
        let mut back = Vec::new();
        for ack in mem::take(&mut self.lacking) {
            if ack.by.is_none_or(&lives) {
                let entry = self.log.append(now, 0).unwrap_or(u64::MAX);
                self.acks.push_back(Unsettled { entry, ..ack });
                continue;
            }
            let store = self.held.queues.get_mut(ack.queue);
            if let Some(record) = store.and_then(|store| store.records.get_mut(ack.arrival)) {
                back.push((ack.queue, record.copy, record.acked));
                (record.settled, record.acked, record.ack) = (false, false, Level::Nowhere);
            }
        }
        self.arm_log(now);
        back.sort_by_key(|(queue, copy, _)| (*queue, copy.arrived, copy.arrival));
        back
    }

    /// Nodes of a cluster end, and others go on. Whatever their clients had not committed is theirs to send again.
    pub fn stop_nodes(&mut self, now: SimTime, crash: Crash, down: impl Fn(usize) -> bool) {
        if crash != Crash::CleanStop {
            self.forget_young_queues(now, &down);
            self.empty_forgotten_queues();
        }
        let news = self.log.crash(now, crash, &down);
        self.log.hold(down);
        self.hear(news);
        self.arm_log(now);
    }

    /// While no node runs: this one starts with all others again, and not by itself.
    pub fn release_node(&mut self, node: usize) {
        self.log.release(node);
    }

    /// Nodes of a cluster run again.
    pub fn start_nodes(&mut self, now: SimTime, back: impl Fn(usize) -> bool) {
        let news = self.log.start(now, &back);
        self.hear(news);
        self.tell_nodes_of_queues();
        self.arm_log(now);
    }

    /// All nodes run again but those that are down by themselves, and have a leader at once if they are enough.
    pub(super) fn start_log(&mut self, now: SimTime) {
        self.log.wake = None;
        let held: Vec<bool> =
            (0..self.spec.cluster.nodes as usize).map(|node| self.log.is_held(node)).collect();
        let mut news = self.log.start(now, |node| !held[node]);
        news.extend(self.log.elect_now(now));
        self.hear(news);
        self.arm_log(now);
    }

    /// All nodes have ended: acknowledgements that no member has are void. The last entry that can come back.
    pub(super) fn crash_log(&mut self, now: SimTime, crash: Crash) -> u64 {
        self.reached = (self.log.last_received(), self.log.last_written());
        self.log.crash(now, crash, |_| true);
        let last = self.log.longest();
        let lacking = mem::take(&mut self.lacking);
        for Unsettled { entry, queue, arrival, .. } in mem::take(&mut self.acks).into_iter().chain(lacking) {
            let level = if entry <= last { Level::Stable } else { Level::Nowhere };
            if let Some(record) =
                self.held.queues.get_mut(queue).and_then(|store| store.records.get_mut(arrival))
            {
                record.ack = level;
            }
        }
        last
    }

    /// Whether so many nodes do not know a quorum queue as their own any more that it is empty when it is back.
    pub fn is_forgotten(&self, queue: u32) -> bool {
        self.held.queues.get(queue).is_some_and(|store| store.is_forgotten(self.spec.cluster.nodes))
    }

    /// Nodes are killed: those of them that run forget queues that are young. Source: rule DUR-17.
    pub(super) fn forget_young_queues(&mut self, now: SimTime, down: impl Fn(usize) -> bool) {
        let cluster = &self.spec.cluster;
        let killed = |node: &u32| self.log.is_up(*node as usize) && down(*node as usize);
        let nodes = (0..cluster.nodes).filter(killed).fold(0, |all, node| all | 1 << node);
        let window = cluster.registration_window;
        for (_, store) in self.held.queues.iter_mut().filter(|(_, store)| store.is_young(now, window)) {
            store.unknown_to |= nodes;
        }
    }

    /// Queues that a majority has forgotten lose what they have, and nothing else is touched.
    fn empty_forgotten_queues(&mut self) {
        let nodes = self.spec.cluster.nodes;
        for (queue, store) in self.held.queues.iter_mut().filter(|(_, store)| store.is_forgotten(nodes)) {
            let gone: Vec<Record> = store.records.iter().copied().collect();
            self.held.asked.extend(store.forget(queue, &gone, Fate::Unregistered));
        }
    }

    /// When all nodes crashed: the last entry that some member had, and the last one that it had written to its file.
    pub fn reached(&self) -> (u64, u64) {
        self.reached
    }

    /// The last entry that some member has.
    pub fn last_entry(&self) -> u64 {
        self.log.longest()
    }
}
