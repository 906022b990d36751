//! A connection is cut: what is on its way in either direction is lost, and the client connects again.

use crate::units::SimDuration;

/// The spec of a connection's loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLoss {
    /// Index of the connection.
    pub connection: usize,
    /// How long no new connection succeeds.
    pub lasts: SimDuration,
}
