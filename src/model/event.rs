//! What can happen in the simulated system. An event names its addressee; what it brings lies with the addressee.

use crate::engine::Event;

/// Bits of an event that tell the addressee; five more tell the kind.
const INDEX_BITS: u32 = 23;

/// An event. Indices are into the scenario's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemEvent {
    /// A producer's next publish is due.
    ProducerDue(u32),
    /// The oldest frame on a connection's way to the broker arrives there.
    ReachBroker(u32),
    /// The oldest frame on a connection's way to the client arrives there.
    ReachClient(u32),
    /// A consumer has finished the message that it works on.
    ServiceDone(u32),
    /// A client tries to connect.
    Connect(u32),
    /// A consumer subscribes.
    ConsumerStart(u32),
    /// A consumer that died of a message is back.
    ConsumerBack(u32),
    /// A consumer cancels its subscription.
    ConsumerStop(u32),
    /// A fault begins.
    FaultBegins(u32),
    /// A fault is over.
    FaultEnds(u32),
    /// A timer of the broker comes due.
    BrokerTimer(u32),
    /// A client's next step is due.
    ClientStep(u32),
    /// A policy is set.
    PolicySet(u32),
    /// A policy is taken away.
    PolicyCleared(u32),
    /// A client opens a channel again that the broker has closed.
    ChannelReopen(u32),
    /// A consumer acknowledges what it has processed.
    AckDue(u32),
    /// A call may begin at a downstream that takes so many in a time.
    CallDue(u32),
}

/// Kinds are numbered in the order of the variants, so that nothing has to be looked up.
impl Event for SystemEvent {
    #[inline(always)]
    fn pack(self) -> u32 {
        let (kind, index) = match self {
            SystemEvent::ProducerDue(index) => (0, index),
            SystemEvent::ReachBroker(index) => (1, index),
            SystemEvent::ReachClient(index) => (2, index),
            SystemEvent::ServiceDone(index) => (3, index),
            SystemEvent::Connect(index) => (4, index),
            SystemEvent::ConsumerStart(index) => (5, index),
            SystemEvent::ConsumerBack(index) => (6, index),
            SystemEvent::ConsumerStop(index) => (7, index),
            SystemEvent::FaultBegins(index) => (8, index),
            SystemEvent::FaultEnds(index) => (9, index),
            SystemEvent::BrokerTimer(index) => (10, index),
            SystemEvent::ClientStep(index) => (11, index),
            SystemEvent::PolicySet(index) => (12, index),
            SystemEvent::PolicyCleared(index) => (13, index),
            SystemEvent::ChannelReopen(index) => (14, index),
            SystemEvent::AckDue(index) => (15, index),
            SystemEvent::CallDue(index) => (16, index),
        };
        debug_assert!(index < 1 << INDEX_BITS, "a scenario has fewer than 2^23 entities of a kind");
        kind << INDEX_BITS | index
    }

    #[inline(always)]
    fn unpack(bits: u32) -> Self {
        let index = bits & ((1 << INDEX_BITS) - 1);
        match bits >> INDEX_BITS {
            0 => SystemEvent::ProducerDue(index),
            1 => SystemEvent::ReachBroker(index),
            2 => SystemEvent::ReachClient(index),
            3 => SystemEvent::ServiceDone(index),
            4 => SystemEvent::Connect(index),
            5 => SystemEvent::ConsumerStart(index),
            6 => SystemEvent::ConsumerBack(index),
            7 => SystemEvent::ConsumerStop(index),
            8 => SystemEvent::FaultBegins(index),
            9 => SystemEvent::FaultEnds(index),
            10 => SystemEvent::BrokerTimer(index),
            11 => SystemEvent::ClientStep(index),
            12 => SystemEvent::PolicySet(index),
            13 => SystemEvent::PolicyCleared(index),
            14 => SystemEvent::ChannelReopen(index),
            15 => SystemEvent::AckDue(index),
            _ => SystemEvent::CallDue(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_out_as_it_went_in() {
        let all = [
            SystemEvent::ProducerDue,
            SystemEvent::ReachBroker,
            SystemEvent::ReachClient,
            SystemEvent::ServiceDone,
            SystemEvent::Connect,
            SystemEvent::ConsumerStart,
            SystemEvent::ConsumerBack,
            SystemEvent::ConsumerStop,
            SystemEvent::FaultBegins,
            SystemEvent::FaultEnds,
            SystemEvent::BrokerTimer,
            SystemEvent::ClientStep,
            SystemEvent::PolicySet,
            SystemEvent::PolicyCleared,
            SystemEvent::ChannelReopen,
            SystemEvent::AckDue,
            SystemEvent::CallDue,
        ];
        for event in all {
            assert_eq!(SystemEvent::unpack(event(0x7f_fff1).pack()), event(0x7f_fff1));
        }
    }
}
