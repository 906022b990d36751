//! Profiles: which RabbitMQ the broker behaves as. A value of named rules; no code anywhere compares version numbers.

use crate::units::SimDuration;

/// How a quorum queue orders by priority. Source: rule PRI-6, VER-5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumPriorities {
    /// The property is ignored.
    Ignored,
    /// Two classes: high (5 and above) and normal; two high messages for each normal one.
    TwoClasses,
    /// 32 levels from 0 to 31, strictly; 4 where not set.
    Strict32,
}

/// Where `basic.nack` and `basic.reject` with requeue put a message of a quorum queue. Source: rules RDL-2 and RDL-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumRequeue {
    /// Behind all others, unless a delivery limit is set.
    ToTheBack,
    /// Among the returned ones, which are served first.
    ToTheFront,
}

/// The rules that differ between versions of RabbitMQ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Its name in scenario files.
    pub name: &'static str,
    /// Whether a queue may be neither durable nor exclusive. Source: rule Q-16, VER-15.
    pub transient_queues: bool,
    /// The delivery limit of a quorum queue that names none; `None`: no limit. Source: rule QQ-3, VER-1.
    pub quorum_delivery_limit: Option<i64>,
    /// Where a negative acknowledgement puts a message of a quorum queue without a delivery limit. Source: RDL-3, VER-2.
    pub quorum_requeue: QuorumRequeue,
    /// Whether each return counts against the delivery limit, `basic.nack` included. Source: rule RDL-8, VER-3.
    pub every_return_counts: bool,
    /// Whether `basic.get` shows `x-delivery-count` 0 on a first delivery. Source: rule RDL-7, VER-4.
    pub delivery_count_zero_on_get: bool,
    /// Whether a quorum queue counts a fetched, unacknowledged message as a consumer. Source: rule Q-4.
    pub get_counts_as_consumer: bool,
    /// How a quorum queue takes priorities. Source: rule PRI-6, VER-5.
    pub quorum_priorities: QuorumPriorities,
    /// Whether a waiting consumer of higher priority takes over a quorum queue. Source: rule SAC-6, VER-6.
    pub quorum_successor_by_priority: bool,
    /// Whether `x-death` of a publish is taken for the message's history. Source: rule DLX-7, VER-8.
    pub published_deaths_count: bool,
    /// Whether dead letters carry `x-last-death-` headers. Source: rule DLX-6, VER-9.
    pub last_death_headers: bool,
    /// Whether each dead-lettering turns the order of the earlier deaths round. Source: `rabbit_dead_letter`, observed.
    pub deaths_turn_round: bool,
    /// The largest body in bytes. Source: rule ERR-12, VER-10.
    pub message_size_max: u64,
    /// How long a delivery may stay unacknowledged where that is enforced. Source: rule ACK-11, VER-11.
    pub acknowledgement_timeout: SimDuration,
    /// Whether the acknowledgement timeout ends the consumer of a quorum queue only, not the channel. Source: ACK-12.
    pub timeout_cancels_consumer: bool,
    /// Whether `x-queue-mode` is known. Source: rule ARG-8, VER-13.
    pub queue_mode_argument: bool,
    /// Whether `x-queue-version` may be 1. Source: rule ARG-8, VER-13.
    pub queue_version_1: bool,
    /// Whether `basic.qos` with global bounds a channel; else it is taken for one without. Source: rule QOS-12, VER-14.
    pub channel_prefetch: bool,
    /// Whether an unknown exchange type closes the connection (503) and not the channel (406). Source: EX-5, VER-16.
    pub unknown_type_closes_connection: bool,
    /// Whether exchanges that are not durable survive a restart. Source: rule DUR-2, VER-18.
    pub transient_exchanges_survive: bool,
    /// Whether a classic queue takes `x-queue-leader-locator`. Source: rule ARG-9, VER-19.
    pub classic_leader_locator: bool,
    /// How many `#` a topic binding key may have; `None`: any number. Source: rule RT-4, VER-22.
    pub topic_hashes_max: Option<u32>,
    /// The least `frame_max` that a client may ask for. Source: rule CON-3, VER-23.
    pub frame_size_min: u32,
    /// Whether a passive declaration needs a permission. Source: rule ERR-10, VER-24.
    pub passive_needs_permission: bool,
    /// Whether a direct reply to a requester that is gone counts as routed. Source: rule DRT-2, VER-25.
    pub lost_reply_counts_as_routed: bool,
    /// Whether a permission error names the permission that is missing. Source: rule ERR-10.
    pub names_missing_permission: bool,
    /// Whether the successor of a cancelled single active consumer waits for the next event. Source: observed on 3.10.8.
    pub successor_waits: bool,
    /// Whether a message that dies of the delivery limit gives its consumer credit twice. Source: `rabbit_fifo`, 3.10.8.
    pub buried_message_gives_credit_twice: bool,
    /// Whether everything before the furthest delivered message counts as handed out after a restart. Source: DUR-7.
    pub restart_flags_older: bool,
}

const MEBIBYTE: u64 = 1 << 20;

impl Profile {
    /// RabbitMQ 3.10.
    pub const RABBITMQ_3_10: Profile = Profile {
        name: "rabbitmq-3.10",
        transient_queues: true,
        quorum_delivery_limit: None,
        quorum_requeue: QuorumRequeue::ToTheBack,
        every_return_counts: true,
        delivery_count_zero_on_get: true,
        get_counts_as_consumer: true,
        quorum_priorities: QuorumPriorities::Ignored,
        quorum_successor_by_priority: false,
        published_deaths_count: true,
        last_death_headers: false,
        deaths_turn_round: true,
        message_size_max: 128 * MEBIBYTE,
        acknowledgement_timeout: SimDuration::from_secs(1800),
        timeout_cancels_consumer: false,
        queue_mode_argument: true,
        queue_version_1: true,
        channel_prefetch: true,
        unknown_type_closes_connection: true,
        transient_exchanges_survive: false,
        classic_leader_locator: false,
        topic_hashes_max: None,
        frame_size_min: 4096,
        passive_needs_permission: false,
        lost_reply_counts_as_routed: false,
        names_missing_permission: false,
        successor_waits: true,
        buried_message_gives_credit_twice: true,
        restart_flags_older: false,
    };
    /// RabbitMQ 3.13.
    pub const RABBITMQ_3_13: Profile = Profile {
        name: "rabbitmq-3.13",
        delivery_count_zero_on_get: false,
        last_death_headers: true,
        deaths_turn_round: false,
        names_missing_permission: true,
        successor_waits: false,
        buried_message_gives_credit_twice: false,
        ..Profile::RABBITMQ_3_10
    };
    /// RabbitMQ 4.0.
    pub const RABBITMQ_4_0: Profile = Profile {
        name: "rabbitmq-4.0",
        quorum_delivery_limit: Some(20),
        quorum_requeue: QuorumRequeue::ToTheFront,
        quorum_priorities: QuorumPriorities::TwoClasses,
        quorum_successor_by_priority: true,
        published_deaths_count: false,
        message_size_max: 16 * MEBIBYTE,
        classic_leader_locator: true,
        ..Profile::RABBITMQ_3_13
    };
    /// RabbitMQ 4.3.
    pub const RABBITMQ_4_3: Profile = Profile {
        name: "rabbitmq-4.3",
        transient_queues: false,
        every_return_counts: false,
        get_counts_as_consumer: false,
        quorum_priorities: QuorumPriorities::Strict32,
        timeout_cancels_consumer: true,
        queue_mode_argument: false,
        queue_version_1: false,
        channel_prefetch: false,
        unknown_type_closes_connection: false,
        transient_exchanges_survive: true,
        topic_hashes_max: Some(2),
        frame_size_min: 8192,
        passive_needs_permission: true,
        lost_reply_counts_as_routed: true,
        ..Profile::RABBITMQ_4_0
    };

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
