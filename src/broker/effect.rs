//! What the broker asks for and states, in order of happening.

use crate::amqp::{ChannelRef, ConnectionId, QueueId, ServerMethod};
use crate::broker::Timer;
use crate::observe::Fact;
use crate::rules::RuleRef;
use crate::units::SimTime;

/// Where the broker's effects go. Facts cost nothing where nobody looks: an implementor may ignore them.
pub trait Out {
    /// A method for a client. Methods of the connection itself come with channel 0.
    fn send(&mut self, to: ChannelRef, method: ServerMethod);
    /// The socket is closed by the broker; nothing more will be sent on this connection.
    fn hang_up(&mut self, connection: ConnectionId);
    /// `timer` wants to be told at `at`; a later call for the same timer replaces the earlier one.
    fn timer(&mut self, timer: Timer, at: SimTime);
    /// A queue has this many ready messages now that the broker has done with it for this command, another number than when
    /// this was said last.
    fn level(&mut self, queue: QueueId, ready: u32);
    /// The broker did something, by `rule`.
    fn fact(&mut self, fact: Fact, rule: RuleRef);
}
