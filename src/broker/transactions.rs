//! Transactions: publishes and acknowledgements of a channel that wait for `tx.commit`. Source: rules TX-1 to TX-8.

use super::direct_reply::Reply;
use super::error::{Handled, failure};
use super::settle::Settling;
use super::unacked::Unacked;
use super::waiters::Awaited;
use super::{Broker, Out, Step};
use crate::amqp::{BasicPublish, Name, QueueId, ReplyCode, ServerMethod};
use crate::observe::{Fact, LossCause};
use crate::rules;

/// A channel in transaction mode. Another transaction begins with each commit and rollback. Source: rule TX-7.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    publishes: Vec<Buffered>,
    /// In order.
    pub(super) settled: Vec<(Settling, Vec<Unacked>)>,
}

/// A publish that is routed already. Source: rule TX-2.
#[derive(Clone, Debug)]
struct Buffered {
    publish: BasicPublish,
    /// By name: a queue that is declared again meanwhile gets the message.
    queues: Vec<Name>,
    reply: Reply,
}

impl Transaction {
    /// The deliveries that wait to be settled.
    pub(super) fn deliveries_mut(&mut self) -> impl Iterator<Item = &mut Unacked> {
        self.settled.iter_mut().flat_map(|(_, taken)| taken)
    }

    /// Takes all deliveries that wait to be settled.
    pub(super) fn take_deliveries(&mut self) -> Vec<Unacked> {
        self.settled.drain(..).flat_map(|(_, taken)| taken).collect()
    }
}

impl Broker {
    /// Messages that wait for a commit; direct replies have left already.
    pub fn uncommitted(&self) -> u64 {
        let transactions = self.channels.iter().filter_map(|(_, channel)| channel.tx.as_deref());
        let waiting = |tx: &Transaction| {
            tx.publishes.iter().filter(|buffered| buffered.reply != Reply::Delivered).count() as u64
        };
        transactions.map(waiting).sum()
    }

    /// Source: rules TX-1 and CF-12.
    pub(super) fn select_tx(&mut self, place: u32, step: &mut Step<'_, impl Out>) -> Handled {
        let channel = &mut self.channels[place];
        if channel.confirms.is_some() {
            let text = "cannot switch from confirm to tx mode";
            return Err(failure(ReplyCode::PreconditionFailed, rules::CF_12, text));
        }
        channel.tx.get_or_insert_default();
        step.out.send(channel.at, ServerMethod::TxSelectOk);
        Ok(())
    }

    pub(super) fn buffer_publish(
        &mut self,
        place: u32,
        publish: BasicPublish,
        queues: &[QueueId],
        reply: Reply,
    ) {
        let queues = queues.iter().map(|queue| self.queues[queue.0].name).collect();
        if let Some(tx) = &mut self.channels[place].tx {
            tx.publishes.push(Buffered { publish, queues, reply });
        }
    }

    /// Publishes in order, then settlements, then the answer. Source: rules TX-4 and TX-5.
    pub(super) fn commit(&mut self, place: u32, step: &mut Step<'_, impl Out>) -> Handled {
        let tx = self.take_transaction(place)?;
        let vhost = self.channels[place].vhost;
        let (mut accepted, mut awaits_queues) = (true, false);
        self.ask_for_answer();
        for Buffered { publish, queues, reply } in tx.publishes {
            let found: Vec<QueueId> =
                queues.iter().filter_map(|&name| self.find_queue(vhost, name)).collect();
            awaits_queues |= !found.is_empty();
            accepted &= self.deliver_publish(place, publish, (&found, reply), step);
        }
        // Its answer waits until all messages are safe. Source: rule TX-4.
        let later = accepted && self.await_storage(place, Awaited::Commit);
        self.stop_asking();
        let at = self.channels[place].at;
        if !awaits_queues {
            // The channel waits for nobody's word; the queues learn of the settlements later.
            step.out.send(at, ServerMethod::TxCommitOk);
        }
        for (settling, taken) in tx.settled {
            self.carry_out(place, settling, &taken, step);
        }
        if !accepted {
            return Err(failure(ReplyCode::PreconditionFailed, rules::TX_5, "partial tx completion"));
        }
        if awaits_queues && !later {
            step.out.send(at, ServerMethod::TxCommitOk);
        }
        Ok(())
    }

    /// Publishes are forgotten; settled deliveries are unacknowledged again. Source: rule TX-6.
    pub(super) fn rollback(&mut self, place: u32, step: &mut Step<'_, impl Out>) -> Handled {
        let mut tx = self.take_transaction(place)?;
        Self::forget_publishes(&tx, step);
        let channel = &mut self.channels[place];
        channel.unacked.put_back(tx.take_deliveries());
        step.out.send(channel.at, ServerMethod::TxRollbackOk);
        self.watch_oldest(place, step);
        Ok(())
    }

    fn take_transaction(&mut self, place: u32) -> Result<Transaction, super::error::Failure> {
        let tx = self.channels[place].tx.as_mut().map(std::mem::take);
        tx.map(|tx| *tx).ok_or_else(|| {
            failure(ReplyCode::PreconditionFailed, rules::TX_1, "channel is not transactional")
        })
    }

    fn forget_publishes(tx: &Transaction, step: &mut Step<'_, impl Out>) {
        for buffered in tx.publishes.iter().filter(|buffered| buffered.reply != Reply::Delivered) {
            let message = buffered.publish.message.id;
            step.out.fact(Fact::PublishRefused { message, cause: LossCause::RolledBack }, rules::TX_6);
        }
    }

    /// The channel ends: what was not committed is void. Source: rule CON-15.
    pub(super) fn abandon_transaction(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        if let Some(mut tx) = self.channels[place].tx.take() {
            Self::forget_publishes(&tx, step);
            self.channels[place].unacked.put_back(tx.take_deliveries());
        }
    }
}
