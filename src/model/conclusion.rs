//! The end of a consumer's work where it is not simply acknowledged: rejected, given back, left hanging, or deadly.
//! The message was not processed then, whatever becomes of it; or it had been before, and its consumer remembers.

use super::downstream::Called;
use super::event::SystemEvent;
use super::fault::{ConsumerCrash, CrashBy};
use super::held::InWork;
use super::record::Recorder;
use super::spec::Acknowledge;
use super::system::System;
use crate::amqp::Method;
use crate::engine::{EventList, Seq};
use crate::observe::{Conclusion, What};
use crate::units::SimDuration;

/// The method by which a consumer refuses a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefuseBy {
    /// `basic.reject`
    Reject,
    /// `basic.nack`
    Nack,
}

impl RefuseBy {
    fn method(self, delivery_tag: u64, requeue: bool) -> Method {
        match self {
            RefuseBy::Reject => Method::BasicReject { delivery_tag, requeue },
            RefuseBy::Nack => Method::BasicNack { delivery_tag, multiple: false, requeue },
        }
    }
}

impl<R: Recorder> System<R> {
    /// The work on a message is done as far as it was known, and the consumer does what its class asks for. How long it took if the
    /// message was processed by it.
    #[cold]
    pub(super) fn conclude(
        &mut self,
        index: usize,
        work: &InWork,
        due: Seq,
        events: &mut EventList<SystemEvent>,
    ) -> Option<SimDuration> {
        let (mut took, mut fails) = (work.takes, false);
        if self.consumers[index].calls.is_some() {
            (took, fails) = match self.go_on_calling(index, work, due, events) {
                Called::UnderWay => return None,
                Called::Done(took) => (took, false),
                Called::Failed(took) => (took, true),
            };
        }
        let (held, now) = (work.held, events.now());
        let producer = self.producers.get(held.message.producer.index());
        let class = usize::from(producer.map_or(0, |producer| producer.class(held.message.number)));
        let spec = &self.spec.consumers[index];
        let mut how = spec.conclusions.get(class).copied().unwrap_or_default();
        let refuse_by = spec.refuse_by;
        if let Some(failures) = &mut self.consumers[index].failures {
            if fails {
                how = failures.how();
            } else if how == Conclusion::Ack {
                how = failures.draw();
            }
        }
        if how == Conclusion::Ack {
            return Some(took);
        }
        self.books.concluded(index, how, took);
        let (consumer, message) = (index as u32, held.message);
        self.observe(now, || What::Concluded { consumer, message, how });
        if how == Conclusion::Crash {
            self.consumers[index].works_on(*work, Seq::NONE);
            self.die_at_work(index, events);
            return None;
        }
        if work.attached && matches!(how, Conclusion::Reject | Conclusion::Requeue) {
            let (connection, channel) = (self.consumers[index].connection, self.consumers[index].channel);
            let method = refuse_by.method(held.tag, how == Conclusion::Requeue);
            self.send(connection, channel, method, events);
        }
        self.give_up(index, held, false, now);
        self.followers_commit(index, events);
        self.begin_service(index, events);
        None
    }

    /// A consumer acknowledges what it has processed before, and goes on.
    #[cold]
    pub(super) fn skip(&mut self, index: usize, work: &InWork, events: &mut EventList<SystemEvent>) {
        let held = work.held;
        if self.consumers[index].replies {
            self.consumers[index].take_request(work);
        }
        self.books.consumers[index].outcome.duplicates_skipped += 1;
        if held.settled.is_for_good() {
            self.books.ledger.processed += 1;
        }
        let (consumer, message) = (index as u32, held.message);
        self.observe(events.now(), || What::DuplicateSkipped { consumer, message });
        if work.attached && self.consumers[index].acknowledge == Acknowledge::AfterProcessing {
            self.acknowledge(index, held.tag, events);
        }
        self.followers_commit(index, events);
        self.begin_service(index, events);
    }

    /// The process of a consumer dies with what it holds; the broker sees the end of the stream.
    fn die_at_work(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let restart_after = self.spec.consumers[index].restart_after;
        ConsumerCrash { consumer: index, by: CrashBy::TcpCut, restart_after }.begin(self, events);
        if let Some(after) = restart_after {
            events.at(events.now() + after, SystemEvent::ConsumerBack(index as u32));
        }
    }
}
