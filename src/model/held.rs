//! What a consumer holds: a delivery on its way to it, in its buffer or in its hands, and what the broker thinks of it.

use crate::amqp::{ConnectionId, DeliveryTag, MessageId};
use crate::observe::LossCause;
use crate::units::{SimDuration, SimTime};

/// What the broker thinks of a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Settled {
    /// It waits for an acknowledgement.
    #[default]
    No,
    /// It does not any more: its message is back in the queue. The consumer has not heard of that.
    Requeued,
    /// Settled as it was sent.
    Automatically,
    /// Acknowledged.
    Acked,
    /// Let go of for another reason.
    Gone(LossCause),
}

impl Settled {
    /// For the broker the copy is gone.
    pub(super) fn is_for_good(self) -> bool {
        !matches!(self, Settled::No | Settled::Requeued)
    }
}

/// What the settlement of a delivery means for its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Booking {
    /// It was processed before: it has its fate.
    Processed,
    /// Its consumer has it still: its fate is open.
    Open,
    /// Nobody will process it.
    Lost(LossCause),
}

/// How far a consumer is with a delivery that goes back to its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is on its way, in the buffer or in work: it may still be processed.
    InHands,
    /// It was given up.
    Dropped,
    /// It was processed, if this is its consumer at all.
    Past,
}

/// A delivery that has left the broker and is not yet processed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) tag: DeliveryTag,
    /// On this connection. Tags of two connections may be the same.
    pub(super) connection: ConnectionId,
    pub(super) message: MessageId,
    pub(super) published: SimTime,
    pub(super) redelivered: bool,
    pub(super) settled: Settled,
    /// How long the work takes at speed 1.
    pub(super) at_speed_one: SimDuration,
}

impl Held {
    pub(super) fn place(&self) -> (ConnectionId, DeliveryTag) {
        (self.connection, self.tag)
    }

    /// Why the message is lost if its consumer dies with it; `None` if the broker still has it.
    pub(super) fn loss(&self, in_flight: bool) -> Option<LossCause> {
        match self.settled {
            Settled::No | Settled::Requeued => None,
            Settled::Automatically if in_flight => Some(LossCause::AutoAckInFlight),
            Settled::Automatically => Some(LossCause::AutoAckInBuffer),
            Settled::Acked => Some(LossCause::AckedBeforeProcessing),
            Settled::Gone(cause) => Some(cause),
        }
    }
}

/// The delivery that a consumer works on.
#[derive(Clone, Copy, Debug)]
pub(super) struct InWork {
    pub(super) held: Held,
    pub(super) takes: SimDuration,
    /// It came over the connection that is there now, so that it can be acknowledged.
    pub(super) attached: bool,
    /// Its consumer has processed the message before and remembers that: it only acknowledges.
    pub(super) skipped: bool,
}
