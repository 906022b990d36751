//! The log of quorum queues: each entry is written and synced by every member, and is committed once a majority has it. A
//! leader that is lost is replaced, after a while, by the member whose log is longest; without a majority nothing is
//! committed. One log and one leader stand for all quorum queues. Knows no entry beyond its number and size.
//! Source: the Raft algorithm as RabbitMQ's `ra` implements it: followers tell the last index they have synced.

mod member;

use std::collections::VecDeque;

use member::{Member, Phase};

use super::crash::Crash;
use super::disk::{Disk, DiskSpec};
use super::spec::StoreSpec;
use crate::random::{Distribution, RandomStream};
use crate::units::{SimDuration, SimTime};

/// The nodes that keep quorum queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSpec {
    /// How many nodes there are; each is a member of every quorum queue.
    pub nodes: u32,
    /// One-way latency between two nodes.
    pub latency: Distribution,
    /// How long until a leader that is lost is replaced.
    pub election_timeout: SimDuration,
    /// A queue that is younger than this loses all in a crash of all its nodes: its name is not on the disk yet.
    pub registration_window: SimDuration,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        ClusterSpec {
            nodes: 1,
            latency: Distribution::Constant(SimDuration::from_micros(500)),
            election_timeout: SimDuration::from_secs(5),
            registration_window: SimDuration::from_secs(1),
        }
    }
}

/// What the log tells whoever drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// All entries up to this one are committed.
    Committed(u64),
    /// There is a leader again; entries after this one are gone unless they are proposed again.
    Elected(u64),
    /// There is none any more.
    LeaderLost,
}

/// A replicated log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    spec: ClusterSpec,
    batch_max: u64,
    /// How long the leader takes for an entry before it writes it.
    service_time: SimDuration,
    /// When it is done with all entries so far.
    busy_until: SimTime,
    members: Vec<Member>,
    leader: Option<usize>,
    /// When one is elected, unless something changes.
    election: Option<SimTime>,
    /// The last entry of the leader.
    last: u64,
    committed: u64,
    /// Of each member: the last entry that the leader knows to be on its disk.
    known: Vec<u64>,
    /// On the way to the leader: when it arrives, from whom, up to which entry. In order of arrival.
    reports: VecDeque<(SimTime, usize, u64)>,
    /// Bytes of all entries up to one, from the first that some member has not synced.
    sizes: VecDeque<u64>,
    sizes_from: u64,
    /// Bytes of all entries before.
    sizes_before: u64,
    latencies: RandomStream,
    /// When the driver was asked to call.
    pub(super) wake: Option<SimTime>,
}

impl Log {
    pub(super) fn new(spec: &ClusterSpec, disk: &DiskSpec, store: &StoreSpec, seed: u64) -> Self {
        Log {
            members: (0..spec.nodes).map(|number| Member::new(Disk::of_node(disk, seed, number))).collect(),
            batch_max: if store.batch_max == 0 { u64::MAX } else { u64::from(store.batch_max) },
            service_time: store.service_time,
            busy_until: SimTime::ZERO,
            leader: Some(0),
            election: None,
            last: 0,
            committed: 0,
            known: vec![0; spec.nodes as usize],
            reports: VecDeque::new(),
            sizes: VecDeque::new(),
            sizes_from: 0,
            sizes_before: 0,
            latencies: RandomStream::new(seed, "cluster", "latency"),
            wake: None,
            spec: spec.clone(),
        }
    }

    fn majority(&self) -> usize {
        self.members.len() / 2 + 1
    }

    fn is_majority(&self, counts: impl Fn(&Member) -> bool) -> bool {
        self.members.iter().filter(|member| counts(member)).count() >= self.majority()
    }

    /// Whether there can be a leader: a majority of the nodes runs and has what was committed, or may start afresh.
    pub(super) fn has_majority(&self) -> bool {
        let starts_afresh = self.has_lost_a_majority() && self.is_majority(|member| member.up);
        starts_afresh || self.is_majority(|member| member.up && !member.blank)
    }

    /// Whether a majority has lost its disks. Nobody can say any more what was committed: the queues have to be made anew, and
    /// whatever the others have is void. Source: rule DUR-15.
    fn has_lost_a_majority(&self) -> bool {
        self.is_majority(|member| member.blank)
    }

    pub(super) fn has_leader(&self) -> bool {
        self.leader.is_some()
    }

    pub(super) fn leader(&self) -> Option<usize> {
        self.leader
    }

    /// The leader takes an entry; its number, from 1 on. `None` if there is no leader.
    pub(super) fn append(&mut self, now: SimTime, bytes: u64) -> Option<u64> {
        let leader = self.leader?;
        self.last += 1;
        let sum = self.sizes.back().copied().unwrap_or(self.sizes_before);
        self.sizes.push_back(sum + bytes);
        if self.service_time == SimDuration::ZERO {
            self.members[leader].received = self.last;
            self.replicate(now);
        } else {
            let at = self.busy_until.max(now) + self.service_time;
            self.busy_until = at;
            self.members[leader].inbox.push_back((at, self.last));
            self.replicate(at);
        }
        Some(self.last)
    }

    /// Sends the leader's log to all others.
    fn replicate(&mut self, now: SimTime) {
        for member in 0..self.members.len() {
            if Some(member) == self.leader || !self.members[member].up {
                continue;
            }
            let at = now + self.spec.latency.sample(self.latencies.draw());
            let inbox = &mut self.members[member].inbox;
            // Nothing overtakes what was sent before.
            let at = inbox.back().map_or(at, |(before, _)| at.max(*before));
            match inbox.back_mut() {
                Some((before, last)) if *before == at => *last = self.last,
                _ => inbox.push_back((at, self.last)),
            }
        }
    }

    /// When something happens next.
    pub(super) fn due_at(&self, now: SimTime) -> Option<SimTime> {
        let members = self.members.iter().filter(|member| member.up).flat_map(|member| {
            let busy = match member.phase {
                Phase::Writing(until, _) | Phase::Syncing(until, _) => Some(until),
                Phase::Idle if member.received > member.written => Some(now),
                Phase::Idle => None,
            };
            busy.into_iter().chain(member.inbox.front().map(|(at, _)| *at))
        });
        members.chain(self.reports.front().map(|(at, ..)| *at)).chain(self.election).min()
    }

    /// Does what is due at `now`.
    pub(super) fn due(&mut self, now: SimTime) -> Vec<News> {
        let mut news = Vec::new();
        if self.election.is_some_and(|at| at <= now) {
            self.election = None;
            self.elect(now, &mut news);
        }
        for member in 0..self.members.len() {
            if self.members[member].up {
                self.advance(now, member);
            }
        }
        while self.reports.front().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, member, synced)) = self.reports.pop_front() {
                self.known[member] = self.known[member].max(synced.min(self.last));
            }
        }
        self.commit(&mut news);
        self.trim();
        news
    }

    /// A member receives, writes and syncs as far as it is by `now`.
    fn advance(&mut self, now: SimTime, number: usize) {
        loop {
            let member = &mut self.members[number];
            while member.inbox.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, last)) = member.inbox.pop_front() {
                    member.received = member.received.max(last);
                }
            }
            match member.phase {
                Phase::Idle if member.received > member.written => {
                    let upto = member.received.min(member.written.saturating_add(self.batch_max));
                    member.phase = Phase::Writing(now + member.disk.write_time(), upto);
                }
                Phase::Writing(until, upto) if until <= now => {
                    member.catch_up(now);
                    let from = member.written;
                    member.written = upto;
                    let bytes = self.bytes_between(from, upto);
                    let member = &mut self.members[number];
                    member.phase = Phase::Syncing(now + member.disk.sync_time(bytes), upto);
                }
                Phase::Syncing(until, upto) if until <= now => {
                    (member.phase, member.synced) = (Phase::Idle, upto);
                    member.is_synced(now);
                    member.blank &= self.leader.is_none() || upto < self.committed;
                    if self.leader == Some(number) {
                        self.known[number] = upto;
                    } else {
                        let at = now + self.spec.latency.sample(self.latencies.draw());
                        let place = self.reports.partition_point(|(before, ..)| *before <= at);
                        self.reports.insert(place, (at, number, upto));
                    }
                }
                _ => return,
            }
        }
    }

    fn commit(&mut self, news: &mut Vec<News>) {
        if self.leader.is_none() {
            return;
        }
        let mut known = self.known.clone();
        known.sort_unstable_by(|a, b| b.cmp(a));
        let committed = known[self.majority() - 1].min(self.last);
        if committed > self.committed {
            self.committed = committed;
            news.push(News::Committed(committed));
        }
    }

    /// Of the members that are there, the one whose log is longest. It has every committed entry.
    fn elect(&mut self, now: SimTime, news: &mut Vec<News>) {
        if !self.has_majority() {
            return;
        }
        if self.has_lost_a_majority() {
            for member in &mut self.members {
                member.is_cut_to(0);
                (member.phase, member.blank) = (Phase::Idle, false);
            }
        }
        let longest = |member: &usize| (self.members[*member].received, usize::MAX - *member);
        let votes = |member: &usize| self.members[*member].up && !self.members[*member].blank;
        let Some(leader) = (0..self.members.len()).filter(votes).max_by_key(longest) else { return };
        let last = self.members[leader].received;
        self.leader = Some(leader);
        self.last = last;
        self.committed = self.committed.min(last);
        self.sizes.truncate(last.saturating_sub(self.sizes_from) as usize);
        self.reports.clear();
        for (known, member) in self.known.iter_mut().zip(&mut self.members) {
            member.is_cut_to(last);
            // What the new leader has not heard of it will be told again.
            *known = member.synced;
            member.phase = match member.phase {
                Phase::Writing(until, upto) => Phase::Writing(until, upto.min(last)),
                Phase::Syncing(until, upto) => Phase::Syncing(until, upto.min(last)),
                Phase::Idle => Phase::Idle,
            };
            member.inbox.clear();
        }
        if last < self.sizes_from {
            self.sizes.clear();
            self.sizes_from = last;
        }
        news.push(News::Elected(last));
        self.replicate(now);
        self.commit(news);
    }

    /// The nodes for which `down` holds end at `now`.
    pub(super) fn crash(&mut self, now: SimTime, crash: Crash, down: impl Fn(usize) -> bool) -> Vec<News> {
        let mut news = Vec::new();
        for number in (0..self.members.len()).filter(|number| down(*number)) {
            if self.leader == Some(number) && crash != Crash::CleanStop {
                self.keep_from_others(now, number);
            }
            let (is_leader, last) = (self.leader == Some(number), self.last);
            let member = &mut self.members[number];
            let goes_on = matches!(crash, Crash::CleanStop | Crash::Process | Crash::Queue(_));
            if !member.up && goes_on {
                continue;
            }
            let left = member.end(now, crash, is_leader.then_some(last));
            self.known[number] = self.known[number].min(left);
            self.reports.retain(|(_, from, _)| *from != number);
            if self.leader == Some(number) {
                self.leader = None;
                self.busy_until = now;
                news.push(News::LeaderLost);
            }
        }
        self.look_for_leader(now, &mut news);
        news
    }

    /// What the leader, which ends at `now`, had not come to, it has sent to nobody.
    fn keep_from_others(&mut self, now: SimTime, leader: usize) {
        let done = self.members[leader].inbox.iter().take_while(|(at, _)| *at <= now);
        let sent = done.map(|(_, last)| *last).fold(self.members[leader].received, u64::max);
        for (number, member) in self.members.iter_mut().enumerate() {
            if number != leader {
                member.inbox.iter_mut().for_each(|(_, last)| *last = sent.min(*last));
            }
        }
    }

    /// The nodes for which `back` holds run again, and get what they lack.
    pub(super) fn start(&mut self, now: SimTime, back: impl Fn(usize) -> bool) -> Vec<News> {
        let mut news = Vec::new();
        for number in (0..self.members.len()).filter(|number| back(*number)) {
            let member = &mut self.members[number];
            (member.up, member.held) = (true, false);
            // What it finds in its log goes into new files, which are synced.
            member.is_synced(now);
            // If nothing was committed, there is nothing to get.
            member.blank &= self.leader.is_none() || member.synced < self.committed;
            if member.synced > self.known[number] && self.leader.is_some() {
                let at = now + self.spec.latency.sample(self.latencies.draw());
                let place = self.reports.partition_point(|(before, ..)| *before <= at);
                self.reports.insert(place, (at, number, member.synced));
            }
        }
        if self.leader.is_some() {
            self.replicate(now);
        }
        self.look_for_leader(now, &mut news);
        news
    }

    /// These nodes stay down, whatever else starts, until [`Log::start`] is called for them.
    pub(super) fn hold(&mut self, down: impl Fn(usize) -> bool) {
        for (number, member) in self.members.iter_mut().enumerate() {
            member.held |= down(number);
        }
    }

    /// This node starts with all others, which are down as well.
    pub(super) fn release(&mut self, number: usize) {
        if let Some(member) = self.members.get_mut(number) {
            member.held = false;
        }
    }

    /// Whether a node is down by itself.
    pub(super) fn is_held(&self, number: usize) -> bool {
        self.members.get(number).is_some_and(|member| member.held)
    }

    /// Without a majority there is no leader, and with one there will be.
    fn look_for_leader(&mut self, now: SimTime, news: &mut Vec<News>) {
        if !self.has_majority() {
            self.election = None;
            if self.leader.take().is_some() {
                news.push(News::LeaderLost);
            }
        } else if self.leader.is_none() && self.election.is_none() {
            self.election = Some(now + self.spec.election_timeout);
        }
    }

    /// Elects at once, as when all nodes start together.
    pub(super) fn elect_now(&mut self, now: SimTime) -> Vec<News> {
        let mut news = Vec::new();
        self.election = None;
        self.elect(now, &mut news);
        news
    }

    pub(super) fn is_up(&self, node: usize) -> bool {
        self.members.get(node).is_some_and(|member| member.up)
    }

    /// Bytes of the entries after `from` up to `upto`.
    fn bytes_between(&self, from: u64, upto: u64) -> u64 {
        let sum = |entry: u64| {
            let place = entry.checked_sub(self.sizes_from + 1)?;
            self.sizes.get(usize::try_from(place).ok()?).copied()
        };
        sum(upto).unwrap_or(0).saturating_sub(sum(from).unwrap_or(self.sizes_before))
    }

    /// How many members are between a write and the end of its sync.
    pub(super) fn syncing(&self) -> u64 {
        self.members.iter().filter(|member| matches!(member.phase, Phase::Syncing(..))).count() as u64
    }

    /// The last entry that some member has.
    pub(super) fn last_received(&self) -> u64 {
        self.members.iter().map(|member| member.received).max().unwrap_or(0)
    }

    /// After a crash of all members, the last entry that can come back.
    pub(super) fn longest(&self) -> u64 {
        if self.has_lost_a_majority() { 0 } else { self.last_received() }
    }

    /// The last entry that is in the file of some member.
    pub(super) fn last_written(&self) -> u64 {
        self.members.iter().map(|member| member.written).max().unwrap_or(0)
    }

    /// Forgets the sizes that nobody needs any more.
    fn trim(&mut self) {
        let least = self.members.iter().map(|member| member.written).min().unwrap_or(0);
        while self.sizes_from < least && self.sizes.len() > 1 {
            self.sizes_before = self.sizes.pop_front().unwrap_or(self.sizes_before);
            self.sizes_from += 1;
        }
    }
}

#[cfg(test)]
mod tests;
