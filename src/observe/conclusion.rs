//! What a consumer does about a delivery when its work on it is done. Knows no reason.

/// The end of a consumer's work on a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conclusion {
    /// It acknowledges, or has done so before.
    #[default]
    Ack,
    /// It rejects the delivery for good.
    Reject,
    /// It gives the delivery back.
    Requeue,
    /// It does nothing, ever: the delivery stays unacknowledged, and the consumer goes on with the next one.
    Hang,
    /// Its process dies of the message.
    Crash,
}

impl Conclusion {
    /// All, in the order of the words of a scenario's key.
    pub const ALL: [Conclusion; 5] =
        [Conclusion::Ack, Conclusion::Reject, Conclusion::Requeue, Conclusion::Hang, Conclusion::Crash];

    /// Its name in files and traces.
    pub const fn name(self) -> &'static str {
        match self {
            Conclusion::Ack => "ack",
            Conclusion::Reject => "reject",
            Conclusion::Requeue => "requeue",
            Conclusion::Hang => "hang",
            Conclusion::Crash => "crash",
        }
    }
}
