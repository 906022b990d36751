//! The two doors beside [`Broker::apply`], for the methods that arrive most: each is one piece from the event to its effects.

use super::{Broker, Out, Step};
use crate::amqp::{BasicPublish, ChannelRef, DeliveryTag, Method};
use crate::units::SimTime;

impl Broker {
    /// [`Broker::apply`] for a `basic.publish`, the method that arrives most. By itself it takes half the time.
    #[inline(always)]
    pub fn publish_arrives(
        &mut self,
        now: SimTime,
        at: ChannelRef,
        publish: BasicPublish,
        out: &mut impl Out,
    ) {
        let mut step = Step { now, out };
        match self.newest_at(at) {
            Some(place) => {
                let handled = self.publish(place, publish, &mut step);
                self.answer_failure(at, handled, &mut step);
            }
            None => self.publish_on_another(at, publish.made_anew(), &mut step),
        }
        self.finish(&mut step);
    }

    /// The same where the connection has several channels, or where there is an alarm.
    #[inline(never)]
    fn publish_on_another(&mut self, at: ChannelRef, publish: BasicPublish, step: &mut Step<'_, impl Out>) {
        match self.open_place(at) {
            Some(place) => {
                let handled = self.publish(place, publish, step);
                self.answer_failure(at, handled, step);
            }
            None => self.method(at, Method::BasicPublish(publish), step),
        }
    }

    /// The same for a `basic.ack`.
    #[inline(always)]
    pub fn ack_arrives(
        &mut self,
        now: SimTime,
        at: ChannelRef,
        (delivery_tag, multiple): (DeliveryTag, bool),
        out: &mut impl Out,
    ) {
        let mut step = Step { now, out };
        match self.newest_at(at) {
            Some(place) => {
                let handled = self.ack(place, delivery_tag, multiple, &mut step);
                self.answer_failure(at, handled, &mut step);
            }
            None => self.ack_on_another(at, (delivery_tag, multiple), &mut step),
        }
        self.finish(&mut step);
    }

    #[inline(never)]
    fn ack_on_another(
        &mut self,
        at: ChannelRef,
        (delivery_tag, multiple): (DeliveryTag, bool),
        step: &mut Step<'_, impl Out>,
    ) {
        match self.open_place(at) {
            Some(place) => {
                let handled = self.ack(place, delivery_tag, multiple, step);
                self.answer_failure(at, handled, step);
            }
            None => self.method(at, Method::BasicAck { delivery_tag, multiple }, step),
        }
    }

    /// The place of a channel that is open and the newest of its connection, as most are, if everything is read from that:
    /// without an alarm no connection is on hold.
    #[inline(always)]
    fn newest_at(&self, at: ChannelRef) -> Option<u32> {
        let newest = *self.newest.get(at.connection.index())?;
        let is_open = self.channels.get(newest).is_some_and(|channel| channel.is_open_at(at));
        (is_open && self.alarm.is_none()).then_some(newest)
    }

    /// The place of any channel that is open, if everything is read from its connection.
    fn open_place(&self, at: ChannelRef) -> Option<u32> {
        let connection = self.connection(at.connection).filter(|connection| connection.hold.is_none())?;
        connection.channel(at.channel).filter(|&place| self.channels[place].is_open_at(at))
    }
}
