//! Profiles: which RabbitMQ the broker behaves as. A value of named rules; no code anywhere compares version numbers.

/// The rules that differ between versions of RabbitMQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in scenario files.
    pub name: &'static str,
    /// Whether a queue may be neither durable nor exclusive. Source: rule Q-16, VER-15.
    pub transient_queues: bool,
}

impl Profile {
    /// RabbitMQ 3.10.
    pub const RABBITMQ_3_10: Profile = Profile { name: "rabbitmq-3.10", transient_queues: true };
    /// RabbitMQ 3.13.
    pub const RABBITMQ_3_13: Profile = Profile { name: "rabbitmq-3.13", ..Profile::RABBITMQ_3_10 };
    /// RabbitMQ 4.0.
    pub const RABBITMQ_4_0: Profile = Profile { name: "rabbitmq-4.0", ..Profile::RABBITMQ_3_13 };
    /// RabbitMQ 4.3.
    pub const RABBITMQ_4_3: Profile = Profile { name: "rabbitmq-4.3", transient_queues: false };

    /// All profiles, oldest first.
    pub const ALL: [&'static Profile; 4] =
        [&Profile::RABBITMQ_3_10, &Profile::RABBITMQ_3_13, &Profile::RABBITMQ_4_0, &Profile::RABBITMQ_4_3];

    /// The profile with this name.
    pub fn find(name: &str) -> Option<&'static Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name == name)
    }
}

/// The newest profile.
impl Default for Profile {
    fn default() -> Self {
        Profile::RABBITMQ_4_3
    }
}
