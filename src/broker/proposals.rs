//! What quorum queues have not taken yet: a message is in its queue once its entry is committed. Source: rules CF-9 and QQ-1.

use std::collections::VecDeque;

use super::channel::Channel;
use super::error::failure;
use super::messages::Slot;
use super::queue::QueueKind;
use super::slab::Slab;
use super::{Broker, Out, Step};
use crate::amqp::{MessageId, QueueId, ReplyCode};
use crate::observe::{Fact, LossCause};
use crate::rules;
use crate::storage::{Copy, Crash, Sender};

/// A message on its way into a quorum queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    /// Its entry in the log; `None` while there is no leader.
    entry: Option<u64>,
    queue: QueueId,
    slot: Slot,
    message: MessageId,
    /// The channel that published it, if it still has this number; dead letters come from none.
    from: Option<Sender>,
    /// Who waits for its answer.
    waiter: Option<u32>,
}

impl Broker {
    /// Proposes a message to a quorum queue.
    pub(super) fn propose(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        from: Option<u32>,
        step: &Step<'_, impl Out>,
    ) {
        let size = self.messages.get(slot).message.size;
        let from = from.map(|place| (place, self.channels[place].serial));
        let Some(persistence) = &mut self.persistence else { return };
        let entry = persistence.storage.propose(step.now, size);
        persistence.storage.await_proposals(1);
        persistence.waits_by = rules::CF_9;
        let waiter = persistence.next_waiter();
        persistence.proposals.push_back(Proposal { entry, queue: id, slot, message, from, waiter });
    }

    /// Messages that are in no queue so far.
    pub(super) fn proposed(&self) -> u64 {
        self.persistence.as_ref().map_or(0, |persistence| persistence.proposals.len() as u64)
    }

    /// The node of the leader of quorum queues, from 0 on; `None`: an election is under way, or nothing is stored.
    pub fn leader(&self) -> Option<usize> {
        self.persistence.as_ref()?.storage.leader()
    }

    /// Whether quorum queues have a leader, if there may be any.
    pub fn has_leader(&self) -> bool {
        self.persistence.as_ref().is_none_or(|persistence| persistence.storage.has_leader())
    }

    /// All entries up to this one are committed: what they bring is in its queue. The channels that have answers to send.
    pub(super) fn entries_are_committed(&mut self, upto: u64, step: &mut Step<'_, impl Out>) -> Vec<u32> {
        let mut places = Vec::new();
        while let Some(proposal) = self.persistence.as_mut().and_then(|persistence| {
            let first = *persistence.proposals.front()?;
            let committed = first.entry.is_some_and(|entry| entry <= upto);
            committed.then(|| persistence.proposals.pop_front()).flatten()
        }) {
            let Proposal { entry, queue, slot, message, waiter, .. } = proposal;
            let from = self.living(&proposal);
            let accepted = self.take_into_quorum(queue, slot, message, from, step);
            if accepted {
                // The newest copy, unless a consumer with automatic acknowledgement has it already.
                self.keep_entry(queue, slot, entry.unwrap_or(0), step);
                self.checkout(queue, step);
                self.tell_level(queue, step);
            }
            if let Some(persistence) = &mut self.persistence {
                persistence.storage.await_proposals(-1);
            }
            places.extend(waiter.and_then(|waiter| self.copy_is_answered(waiter, accepted, step)));
        }
        places
    }

    fn keep_entry(&mut self, id: QueueId, slot: Slot, entry: u64, step: &Step<'_, impl Out>) {
        let arrival = self.queues[id.0].arrivals().wrapping_sub(1);
        let copy =
            Copy { arrival, arrived: step.now, key: slot.0, size: self.messages.get(slot).message.size };
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.keep_committed(id.0, copy, entry);
            self.messages.retain(slot);
            self.count_kept(id, slot);
        }
    }

    fn living(&self, proposal: &Proposal) -> Option<u32> {
        proposal.from.filter(|from| lives(&self.channels, *from)).map(|(place, _)| place)
    }

    /// What is settled from here on is so by the channel at this place, or by nobody.
    pub(super) fn settles(&mut self, place: Option<u32>) {
        let by = place.map(|place| (place, self.channels[place].serial));
        if let Some(persistence) = &mut self.persistence {
            persistence.settler = by;
        }
    }

    /// A new leader lacks settlements. Those of a channel that is gone are void: their messages are in their queues again, as if
    /// the channel had held them. Source: rules QQ-7 and QQ-10.
    fn settle_again(&mut self, step: &mut Step<'_, impl Out>) {
        let Broker { persistence, channels, .. } = self;
        let Some(persistence) = persistence else { return };
        let back = persistence.storage.settle_again(step.now, |sender| lives(channels, sender));
        let back: Vec<(QueueId, Copy, bool)> =
            back.into_iter().map(|(queue, copy, acked)| (QueueId(queue), copy, acked)).collect();
        for (id, copy, acked) in &back {
            self.messages.retain(Slot(copy.key));
            if let Some(quorum) = self.quorum_mut(*id).filter(|_| *acked) {
                quorum.count_return(copy.arrival);
            }
        }
        self.bring_back(&back, rules::QQ_7, step);
    }

    /// There is a leader again. Channels propose again what it does not have; what came from a channel that is gone is lost.
    pub(super) fn leader_is_elected(&mut self, last: u64, step: &mut Step<'_, impl Out>) {
        let Some(persistence) = &mut self.persistence else { return };
        if persistence.storage.nodes() > 1
            && let Some(node) = persistence.storage.leader()
        {
            step.out.fact(Fact::LeaderElected { node: node as u32 + 1 }, rules::QQ_7);
        }
        self.settle_again(step);
        let Some(persistence) = &mut self.persistence else { return };
        for mut proposal in std::mem::take(&mut persistence.proposals) {
            let lacks = proposal.entry.is_none_or(|entry| entry > last);
            if lacks && proposal.from.is_some() && self.living(&proposal).is_none() {
                self.drop_proposal(&proposal, LossCause::InProcessBuffer, step);
                proposal.waiter.and_then(|waiter| self.copy_is_answered(waiter, false, step));
                continue;
            }
            let size = self.messages.get(proposal.slot).message.size;
            let Some(persistence) = &mut self.persistence else { return };
            if lacks {
                proposal.entry = persistence.storage.propose(step.now, size);
            }
            persistence.proposals.push_back(proposal);
        }
        let quorum =
            |(id, queue): (u32, &super::Queue)| (queue.kind == QueueKind::Quorum).then_some(QueueId(id));
        let mut queues: Vec<QueueId> = self.queues.iter().filter_map(quorum).collect();
        self.sort_queues(&mut queues);
        for id in queues {
            self.checkout(id, step);
            self.tell_level(id, step);
        }
    }

    fn drop_proposal(&mut self, proposal: &Proposal, cause: LossCause, step: &mut Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.await_proposals(-1);
        }
        let rule = match cause {
            LossCause::QueueDeleted => rules::Q_12,
            _ => self.rule_of_loss(proposal.queue, cause),
        };
        self.lose(proposal.queue, proposal.slot, cause, rule, step);
    }

    /// A queue is about to go. What waits for it counts as confirmed. Source: rule Q-12.
    pub(super) fn drop_proposals_of(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let Some(persistence) = &mut self.persistence else { return };
        let (gone, left): (VecDeque<Proposal>, _) =
            std::mem::take(&mut persistence.proposals).into_iter().partition(|one| one.queue == id);
        persistence.proposals = left;
        let mut places = Vec::new();
        for proposal in gone {
            self.drop_proposal(&proposal, LossCause::QueueDeleted, step);
            let waiter = proposal.waiter;
            places.extend(waiter.and_then(|waiter| self.copy_is_answered(waiter, true, step)));
        }
        self.send_confirms(&mut places, step);
    }

    /// All nodes have crashed: proposals that none of them has are lost, and nobody waits for the others.
    pub(super) fn crash_proposals(&mut self, crash: Crash, step: &mut Step<'_, impl Out>) {
        let Some(persistence) = &mut self.persistence else { return };
        let last = persistence.storage.last_entry();
        let (received, written) = persistence.storage.reached();
        // What no member had written was in memory only, whatever crash it was.
        let cause_of = |entry: Option<u64>| match crash {
            _ if entry.is_some_and(|entry| entry > received) => LossCause::InMailbox,
            _ if entry.is_none_or(|entry| entry > written) => LossCause::InProcessBuffer,
            Crash::DiskLoss => LossCause::DiskLost,
            Crash::PowerLoss => LossCause::InPageCache,
            _ => LossCause::InProcessBuffer,
        };
        for proposal in std::mem::take(&mut persistence.proposals) {
            let forgotten = self
                .persistence
                .as_ref()
                .is_some_and(|persistence| persistence.storage.is_forgotten(proposal.queue.0));
            if proposal.entry.is_none_or(|entry| entry > last) {
                self.drop_proposal(&proposal, cause_of(proposal.entry), step);
            } else if forgotten {
                self.drop_proposal(&proposal, LossCause::QueueUnregistered, step);
            } else if let Some(persistence) = &mut self.persistence {
                persistence.proposals.push_back(Proposal { from: None, waiter: None, ..proposal });
            }
        }
    }

    /// A node of the cluster ends. The caller ends the connections that it had.
    pub(super) fn stop_node(&mut self, node: usize, crash: Crash, step: &Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.stop_nodes(step.now, crash, |one| one == node);
        }
    }

    pub(super) fn start_node(&mut self, node: usize, step: &Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.start_nodes(step.now, |one| one == node);
        }
    }

    /// How many stores are between a write and the end of its sync.
    pub fn syncing(&self) -> u64 {
        self.persistence.as_ref().map_or(0, |persistence| persistence.storage.syncing())
    }

    /// A transaction's message was refused. Source: rule TX-5.
    pub(super) fn commit_failed(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let at = self.channels[place].at;
        let failed = failure(ReplyCode::PreconditionFailed, rules::TX_5, "partial tx completion");
        self.fail(at, &failed, step);
    }
}

/// Whether a channel is there still.
fn lives(channels: &Slab<Channel>, (place, serial): Sender) -> bool {
    channels.get(place).is_some_and(|channel| channel.serial == serial)
}
