//! Settings of one broker, as a configuration file would have them. What a version does is a profile's business.
//! Deviation: DEV-11. Many settings of a real broker are not here.

use super::{DispatchPolicy, Profile};
use crate::units::SimDuration;

/// Settings of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Channels that a connection may have open at once; 0: any number. Source: rules CON-3 and CON-4.
    pub channel_max: u16,
    /// Consumers that a channel may have at once; 0: any number. Source: rule CON-23.
    pub consumers_per_channel_max: u32,
    /// Whether a quorum queue may be declared again as a classic one, if a few arguments agree. Source: rule Q-18.
    pub relaxed_quorum_checks: bool,
    /// The largest body in bytes. Source: rule ERR-12.
    pub message_size_max: u64,
    /// How long a delivery may stay unacknowledged; `None`: for ever. Source: rules ACK-11 and ACK-12. Deviation: DEV-5.
    pub acknowledgement_timeout: Option<SimDuration>,
    /// Who gets the next message. All but the default are experiments.
    pub dispatch: DispatchPolicy,
}

impl Settings {
    /// The default settings of a profile.
    pub fn of(profile: &Profile) -> Settings {
        Settings {
            channel_max: 2047,
            consumers_per_channel_max: 0,
            relaxed_quorum_checks: false,
            message_size_max: profile.message_size_max,
            acknowledgement_timeout: Some(profile.acknowledgement_timeout),
            dispatch: DispatchPolicy::InTurn,
        }
    }
}
