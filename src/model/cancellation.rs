//! How a subscription ends before its channel does: the consumer stops, or the broker cancels it.
//! Source: rules DSP-15 and Q-11.

use super::connection::Todo;
use super::event::SystemEvent;
use super::record::Recorder;
use super::system::System;
use crate::amqp::{ChannelNo, Method, Name};
use crate::engine::EventList;
use crate::units::SimTime;

impl<R: Recorder> System<R> {
    /// A consumer cancels its subscription and makes no other one. It finishes what it holds.
    pub(super) fn consumer_stop(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        consumer.stopped = true;
        // A subscription that is planned goes with its channel; one that is cancelled already is not cancelled again.
        if !consumer.planned || consumer.cancels {
            return;
        }
        consumer.cancels = true;
        let (connection, channel, consumer_tag) = (consumer.connection, consumer.channel, consumer.tag);
        let cancel = Box::new(Method::BasicCancel { consumer_tag });
        self.connections[connection].todo.push_back(Todo::Call(channel, cancel));
        self.call_next(connection, events);
        self.acknowledge_batch(index, events);
    }

    /// The broker has cancelled a consumer, because its queue is gone. It may subscribe again.
    pub(super) fn cancelled(
        &mut self,
        index: usize,
        channel: ChannelNo,
        tag: Name,
        events: &mut EventList<SystemEvent>,
    ) {
        let Some(consumer) = self.consumer_with(index, channel, tag) else { return };
        self.unsubscribed(consumer, events.now());
        self.books.consumers[consumer].outcome.cancelled += 1;
        self.consumers[consumer].planned = false;
        self.consumers[consumer].cancels = false;
        if let Some(delay) = self.spec.consumers[consumer].resubscribe_delay {
            events.at(events.now() + delay, SystemEvent::ConsumerStart(consumer as u32));
        }
    }

    /// `basic.cancel-ok` has arrived.
    pub(super) fn cancel_confirmed(&mut self, index: usize, channel: ChannelNo, tag: Name, now: SimTime) {
        if let Some(consumer) = self.consumer_with(index, channel, tag) {
            self.unsubscribed(consumer, now);
            // It may come back by its schedule, on the same channel, or is to have done so already.
            let own = std::mem::take(&mut self.consumers[consumer].cancels);
            if own && !self.spec.consumers[consumer].schedule.is_empty() {
                self.consumers[consumer].planned = false;
                self.plan_subscription(consumer);
            }
        }
    }

    /// A consumer's schedule lets it subscribe again.
    pub(super) fn rejoins(&mut self, index: usize, now: SimTime) {
        let mut shifts = self.spec.consumers[index].schedule.iter();
        if shifts.any(|&(from, until)| (from..until).contains(&now)) {
            self.consumers[index].stopped = false;
        }
    }

    fn unsubscribed(&mut self, consumer: usize, now: SimTime) {
        self.consumers[consumer].subscribed = false;
        self.books.reader(consumer).not_idle(now);
    }

    /// The scenario's consumer with this tag on a channel; no two have the same.
    fn consumer_with(&self, index: usize, channel: ChannelNo, tag: Name) -> Option<usize> {
        let own = &self.connections[index].channel(channel)?.consumers;
        own.iter().map(|&consumer| consumer as usize).find(|&consumer| self.consumers[consumer].tag == tag)
    }
}
