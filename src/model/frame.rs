//! What is sent on a connection, in either direction, as it lies in the event list: a plain copy of a few numbers.

use crate::amqp::{ChannelNo, ChannelRef, ConnectionId, DeliveryTag};
use crate::units::SimTime;

/// A frame on its way.
#[derive(Clone, Copy, Debug, Default)]
pub enum Frame {
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
