//! What is sent on a connection, in either direction, and how it lies in the event list: in two numbers.

use crate::amqp::{ChannelNo, ChannelRef, ConnectionId, DeliveryTag};
use crate::engine::Load;
use crate::units::SimTime;

/// A frame on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Frame {
    /// No frame, or one that a cut has lost.
    #[default]
    Nothing,
    /// To the broker: a publish; its content follows from its number.
    Publish {
        /// The index of the publisher.
        producer: u32,
        /// The number of its message.
        number: u32,
        /// When it was sent.
        published: SimTime,
    },
    /// To the broker: an acknowledgement of one delivery.
    Ack {
        /// On this channel.
        channel: ChannelNo,
        /// Which.
        tag: DeliveryTag,
    },
    /// To the broker: any other method, which the link carries beside the frame.
    Method(ChannelNo),
    /// To the broker: the client opens the connection under this id.
    Open(ConnectionId),
    /// To the broker: the socket of this connection is gone.
    Lost(ConnectionId),
    /// To the client: the oldest delivery on its way to this consumer, if the consumer is still in the same life.
    Deliver {
        /// Its index.
        consumer: u32,
        /// The life.
        life: u32,
    },
    /// To the client: the `basic.ack` of one publish, for the client's connection of this id alone.
    Confirm {
        /// The connection's id.
        connection: ConnectionId,
        /// On this channel.
        channel: ChannelNo,
        /// The number of the publish.
        publish: u32,
    },
    /// To the client: any other method, which the link carries beside the frame, for the client's connection of this id alone.
    Answer(ChannelRef),
    /// To the client: the broker's end of the connection of this id is gone without a word.
    Gone(ConnectionId),
    /// To the client: nobody answers at the broker's address, and the attempt under this id has failed.
    Refused(ConnectionId),
}

/// Bits of a packed frame that tell its kind.
const KIND_BITS: u32 = 4;
const KIND_MASK: u64 = (1 << KIND_BITS) - 1;
/// Where a channel's number lies in the first number.
const CHANNEL_AT: u32 = 16;
/// Where a second index lies in it; the first has the bits between.
const HIGH_AT: u32 = 32;

/// The kinds of the frames that every message needs.
const PUBLISH: u64 = 1;
const ACK: u64 = 2;
const DELIVER: u64 = 3;
const CONFIRM: u64 = 4;

#[inline(always)]
fn indices_of(first: u64) -> (u32, u32) {
    ((first as u32) >> KIND_BITS, (first >> HIGH_AT) as u32)
}

#[inline(always)]
fn channel_of(first: u64) -> ChannelNo {
    ChannelNo((first >> CHANNEL_AT) as u16)
}

impl Frame {
    /// In the first number a kind and up to two indices, or a channel's number and one; in the second what needs more.
    #[inline(always)]
    pub(super) fn pack(self) -> Load {
        let indices = |low: u32, high: u32| {
            debug_assert!(
                low < 1 << (HIGH_AT - KIND_BITS),
                "a scenario has fewer than 2^23 entities of a kind"
            );
            u64::from(low) << KIND_BITS | u64::from(high) << HIGH_AT
        };
        let on = |channel: ChannelNo| u64::from(channel.0) << CHANNEL_AT;
        let (kind, first, second) = match self {
            Frame::Nothing => (0, 0, 0),
            Frame::Publish { producer, number, published } => {
                (PUBLISH, indices(producer, number), published.as_nanos())
            }
            Frame::Ack { channel, tag } => (ACK, on(channel), tag),
            Frame::Deliver { consumer, life } => (DELIVER, indices(consumer, life), 0),
            Frame::Confirm { connection, channel, publish } => {
                (CONFIRM, on(channel) | u64::from(publish) << HIGH_AT, u64::from(connection.0))
            }
            Frame::Method(channel) => (5, on(channel), 0),
            Frame::Answer(at) => (6, on(at.channel), u64::from(at.connection.0)),
            Frame::Open(id) => (7, 0, u64::from(id.0)),
            Frame::Lost(id) => (8, 0, u64::from(id.0)),
            Frame::Gone(id) => (9, 0, u64::from(id.0)),
            Frame::Refused(id) => (10, 0, u64::from(id.0)),
        };
        (kind | first, second)
    }

    /// The publisher, the number and the instant of a [`Frame::Publish`], if these numbers are one. Most frames are of few
    /// kinds, which need no choice among all.
    #[inline(always)]
    pub(super) fn publish_in((first, second): Load) -> Option<(u32, u32, SimTime)> {
        let (low, high) = indices_of(first);
        (first & KIND_MASK == PUBLISH).then_some((low, high, SimTime::from_nanos(second)))
    }

    /// The same for a [`Frame::Ack`].
    #[inline(always)]
    pub(super) fn ack_in((first, second): Load) -> Option<(ChannelNo, DeliveryTag)> {
        (first & KIND_MASK == ACK).then_some((channel_of(first), second))
    }

    /// The same for a [`Frame::Deliver`].
    #[inline(always)]
    pub(super) fn delivery_in((first, _): Load) -> Option<(u32, u32)> {
        (first & KIND_MASK == DELIVER).then_some(indices_of(first))
    }

    /// The same for a [`Frame::Confirm`].
    #[inline(always)]
    pub(super) fn confirm_in((first, second): Load) -> Option<(ChannelRef, u32)> {
        let at = ChannelRef { connection: ConnectionId(second as u32), channel: channel_of(first) };
        (first & KIND_MASK == CONFIRM).then_some((at, indices_of(first).1))
    }

    /// The frame of these numbers.
    pub(super) fn unpack((first, second): Load) -> Frame {
        let (low, high) = indices_of(first);
        let channel = channel_of(first);
        let id = ConnectionId(second as u32);
        match first & KIND_MASK {
            PUBLISH => Frame::Publish { producer: low, number: high, published: SimTime::from_nanos(second) },
            ACK => Frame::Ack { channel, tag: second },
            DELIVER => Frame::Deliver { consumer: low, life: high },
            CONFIRM => Frame::Confirm { connection: id, channel, publish: high },
            5 => Frame::Method(channel),
            6 => Frame::Answer(ChannelRef { connection: id, channel }),
            7 => Frame::Open(id),
            8 => Frame::Lost(id),
            9 => Frame::Gone(id),
            10 => Frame::Refused(id),
            _ => Frame::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_comes_out_as_it_went_in() {
        let (index, number, large) = (0xff_fff1, u32::MAX - 6, u64::MAX - 13);
        let (channel, id) = (ChannelNo(0xfff3), ConnectionId(u32::MAX - 5));
        let all = [
            Frame::Nothing,
            Frame::Publish { producer: index, number, published: SimTime::from_nanos(large) },
            Frame::Ack { channel, tag: large },
            Frame::Deliver { consumer: index, life: number },
            Frame::Confirm { connection: id, channel, publish: number },
            Frame::Method(channel),
            Frame::Answer(ChannelRef { connection: id, channel }),
            Frame::Open(id),
            Frame::Lost(id),
            Frame::Gone(id),
            Frame::Refused(id),
        ];
        for frame in all {
            assert_eq!(Frame::unpack(frame.pack()), frame);
        }
    }
}
