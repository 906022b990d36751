//! Acknowledging several deliveries at once: a consumer notes what it has processed, and acknowledges the last of it with all before.

use super::event::SystemEvent;
use super::record::Recorder;
use super::spec::AckBatchSpec;
use super::system::System;
use crate::amqp::{DeliveryTag, Method};
use crate::engine::{EventList, Seq};

/// Deliveries that are processed and not acknowledged.
#[derive(Clone, Debug)]
pub(super) struct AckBatch {
    spec: AckBatchSpec,
    count: u32,
    last: DeliveryTag,
    /// The end of the wait that counts.
    due: Seq,
}

impl AckBatch {
    pub(super) fn new(spec: AckBatchSpec) -> Self {
        AckBatch { spec, count: 0, last: DeliveryTag::default(), due: Seq::NONE }
    }

    pub(super) fn is_due(&self, due: Seq) -> bool {
        self.due == due
    }

    /// The channel is gone, and nothing on it can be acknowledged any more.
    pub(super) fn part(&mut self) {
        self.count = 0;
        self.due = Seq::NONE;
    }
}

impl<R: Recorder> System<R> {
    /// A delivery is to be acknowledged with others.
    #[cold]
    pub(super) fn acknowledge_later(
        &mut self,
        index: usize,
        tag: DeliveryTag,
        events: &mut EventList<SystemEvent>,
    ) {
        let Some(batch) = &mut self.consumers[index].ack_batch else { return };
        batch.count += 1;
        batch.last = batch.last.max(tag);
        if batch.count == 1 {
            batch.last = tag;
            if let Some(delay) = batch.spec.delay {
                batch.due = events.at(events.now() + delay, SystemEvent::AckDue(index as u32));
            }
        }
        if batch.count >= batch.spec.size {
            self.acknowledge_batch(index, events);
        }
    }

    /// The first delivery of a batch has waited long enough.
    pub(super) fn ack_due(&mut self, index: usize, due: Seq, events: &mut EventList<SystemEvent>) {
        if self.consumers[index].ack_batch.as_ref().is_some_and(|batch| batch.is_due(due)) {
            self.acknowledge_batch(index, events);
        }
    }

    /// Acknowledges all that is noted. Source: rule ACK-2.
    pub(super) fn acknowledge_batch(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        let Some(batch) = consumer.ack_batch.as_mut().filter(|batch| batch.count > 0) else { return };
        let delivery_tag = batch.last;
        batch.part();
        let (connection, channel) = (consumer.connection, consumer.channel);
        self.send(connection, channel, Method::BasicAck { delivery_tag, multiple: true }, events);
    }
}
