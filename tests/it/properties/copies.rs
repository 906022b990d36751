//! A naive recount of what lies in queues, from facts alone: the reference that counts and order are compared with.

use std::collections::BTreeMap;

use amqpsim::amqp::{ChannelRef, DeliveryTag, MessageId, QueueId};
use amqpsim::observe::{Fact, LossCause, Settlement};
use proptest::{prop_assert, prop_assert_eq};

use super::case::{Feature, scenarios};
use super::swarm::{Checked, Run, for_all};

/// A copy by its number: the queue's count of arrivals.
pub(crate) type Number = u64;

/// One queue: copies by number, so in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueCopies {
    arrivals: Number,
    pub(crate) ready: BTreeMap<Number, MessageId>,
    pub(crate) unacked: BTreeMap<(ChannelRef, DeliveryTag), (Number, MessageId)>,
    /// Copies that were settled, by message: a crash may bring them back.
    gone: BTreeMap<MessageId, Number>,
}

/// All queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copies {
    pub(crate) queues: BTreeMap<QueueId, QueueCopies>,
    /// Rejected, and not dead-lettered so far.
    letters: Vec<(QueueId, MessageId)>,
}

impl Copies {
    pub(crate) fn learn(&mut self, fact: &Fact) {
        match *fact {
            Fact::QueueDeclared { queue, .. } => {
                self.queues.insert(queue, QueueCopies::default());
            }
            Fact::QueueDeleted { queue, .. } => {
                self.queues.remove(&queue);
            }
            Fact::Enqueued { queue, message, .. } => {
                let copies = self.queue(queue);
                copies.arrivals += 1;
                copies.ready.insert(copies.arrivals, message);
            }
            Fact::Delivered { queue, channel, delivery_tag, message, automatic, .. }
            | Fact::Got { queue, channel, delivery_tag, message, automatic, .. } => {
                let copies = self.queue(queue);
                let number = copies.take(message);
                if automatic {
                    copies.gone.insert(message, number);
                } else {
                    copies.unacked.insert((channel, delivery_tag), (number, message));
                }
            }
            // A queue that went with its last consumer settles what that held afterwards.
            Fact::Settled { queue, channel, delivery_tag, message, how, .. } => {
                if how == Settlement::DeadLettered {
                    self.letters.push((queue, message));
                }
                if let Some(copies) = self.queues.get_mut(&queue) {
                    let (number, _) =
                        copies.unacked.remove(&(channel, delivery_tag)).expect("it was delivered");
                    copies.gone.insert(message, number);
                }
            }
            Fact::CameBack { queue, message, .. } => {
                let copies = self.queue(queue);
                let number = copies.gone.remove(&message).expect("it was there before");
                copies.ready.insert(number, message);
            }
            Fact::Requeued { queue, channel, delivery_tag, .. } => {
                let copies = self.queue(queue);
                let (number, message) =
                    copies.unacked.remove(&(channel, delivery_tag)).expect("it was delivered");
                copies.ready.insert(number, message);
            }
            // A full queue refuses a message at its door: it loses nothing that it had.
            Fact::Lost { cause: LossCause::QueueFull, .. } => {}
            Fact::Lost { queue, message, .. } | Fact::DeadLettered { queue, message, .. } => {
                let rejected = self.letters.iter().position(|letter| *letter == (queue, message));
                if let Some(place) = rejected {
                    self.letters.remove(place);
                } else if let Some(copies) = self.queues.get_mut(&queue) {
                    let number = copies.take(message);
                    copies.gone.insert(message, number);
                }
            }
            _ => {}
        }
    }

    fn queue(&mut self, queue: QueueId) -> &mut QueueCopies {
        self.queues.get_mut(&queue).expect("the queue was declared")
    }

    pub(crate) fn ready(&self) -> u64 {
        self.queues.values().map(|queue| queue.ready.len() as u64).sum()
    }

    pub(crate) fn unacked(&self) -> u64 {
        self.queues.values().map(|queue| queue.unacked.len() as u64).sum()
    }

    /// Compares the counts that a fact states with these.
    pub(crate) fn agree(&self, fact: &Fact) -> Checked {
        let (queue, stated) = match *fact {
            Fact::Enqueued { queue, ready, unacked, .. }
            | Fact::Delivered { queue, ready, unacked, .. }
            | Fact::Got { queue, ready, unacked, .. }
            | Fact::Settled { queue, ready, unacked, .. }
            | Fact::Requeued { queue, ready, unacked, .. }
            | Fact::Lost { queue, ready, unacked, .. } => (queue, (ready as usize, unacked as usize)),
            _ => return Ok(()),
        };
        let counted =
            self.queues.get(&queue).map_or((0, 0), |queue| (queue.ready.len(), queue.unacked.len()));
        prop_assert_eq!(stated, counted, "{:?}", fact);
        Ok(())
    }
}

impl QueueCopies {
    /// The copy of this message leaves the ready ones.
    fn take(&mut self, message: MessageId) -> Number {
        let found = self.ready.iter().find(|(_, ready)| **ready == message);
        let number = *found.expect("only a ready message is taken").0;
        self.ready.remove(&number);
        number
    }
}

#[test]
fn ready_and_unacked_counts_are_those_of_a_naive_recount() {
    let exercised = ["requeued", "lost", "settled", "deleted", "started again"];
    for_all(&scenarios(), 1200, &exercised, |case, met| {
        // A dead letter leaves its queue before that is stated.
        let run = Run::of(&case.clone().without(&[Feature::DeadLetters, Feature::Clusters]));
        let mut copies = Copies::default();
        for fact in run.facts() {
            let went = match *fact {
                Fact::QueueDeleted { queue, messages } => {
                    let queue = &copies.queues[&queue];
                    prop_assert!(queue.ready.is_empty(), "what is ready is lost before its queue is gone");
                    met.note("deleted", u64::from(messages > 0));
                    continue_with(&mut copies, fact)
                }
                _ => continue_with(&mut copies, fact),
            };
            went?;
            match *fact {
                Fact::Requeued { .. } => met.note("requeued", 1),
                Fact::Lost { .. } => met.note("lost", 1),
                Fact::Settled { .. } => met.note("settled", 1),
                Fact::BrokerStarted { queues, messages } => {
                    prop_assert_eq!((queues as usize, messages), (copies.queues.len(), copies.ready()));
                    prop_assert_eq!(copies.unacked(), 0);
                    met.note("started again", u64::from(messages > 0));
                }
                _ => {}
            }
        }
        let left = (run.outcome.ledger.queued, copies.unacked());
        prop_assert_eq!(left.0, copies.ready());
        prop_assert!(left.1 <= run.outcome.ledger.in_flight);
        Ok(())
    });
}

fn continue_with(copies: &mut Copies, fact: &Fact) -> Checked {
    copies.learn(fact);
    copies.agree(fact)
}
