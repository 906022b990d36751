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
    /// How classic queues keep messages: a preset of the storage. Source: rule DUR-9.
    pub classic_store: &'static str,
    /// How those of version 2 do.
    pub classic_store_2: &'static str,
    /// How many records one write of the log of quorum queues takes. Source: rule CF-9.
    pub quorum_batch_max: u32,
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
        classic_store: "rabbitmq-3.10-classic",
        classic_store_2: "rabbitmq-3.10-classic-v2",
        quorum_batch_max: 8192,
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
    };
    /// RabbitMQ 3.13.
    pub const RABBITMQ_3_13: Profile = Profile {
        name: "rabbitmq-3.13",
        classic_store: "rabbitmq-3.13-classic-v1",
        classic_store_2: "rabbitmq-4-classic",
        quorum_batch_max: 4096,
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
        classic_store: "rabbitmq-4-classic",
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

/// One rule in which profiles differ: a row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub topic: &'static str,
    /// The id of the rule of semantics.
    pub rule: &'static str,
    /// What holds in each profile, in the order of [`Profile::ALL`].
    pub values: Vec<String>,
}

type Shown = fn(&Profile) -> String;

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

/// Topic, rule and value of each field.
#[rustfmt::skip]
const FIELDS: [(&str, &str, Shown); 28] = [
    ("transient non-exclusive queues", "Q-16", |p| yes(p.transient_queues)),
    ("quorum queue: default delivery limit", "QQ-3", |p| p.quorum_delivery_limit.map_or("none".to_owned(), |limit| limit.to_string())),
    ("quorum queue: nack with requeue goes to the", "RDL-3", |p| match p.quorum_requeue { QuorumRequeue::ToTheBack => "back", QuorumRequeue::ToTheFront => "front" }.to_owned()),
    ("quorum queue: basic.nack counts against the limit", "RDL-8", |p| yes(p.every_return_counts)),
    ("quorum queue: x-delivery-count 0 on a first get", "RDL-7", |p| yes(p.delivery_count_zero_on_get)),
    ("quorum queue: a fetched message counts as a consumer", "Q-4", |p| yes(p.get_counts_as_consumer)),
    ("quorum queue: priorities", "PRI-6", |p| match p.quorum_priorities { QuorumPriorities::Ignored => "ignored", QuorumPriorities::TwoClasses => "two classes", QuorumPriorities::Strict32 => "32 levels" }.to_owned()),
    ("quorum queue: higher priority takes over as single active consumer", "SAC-6", |p| yes(p.quorum_successor_by_priority)),
    ("quorum queue: most records in one write of its log", "CF-9", |p| p.quorum_batch_max.to_string()),
    ("x-death of a publish is honoured", "DLX-7", |p| yes(p.published_deaths_count)),
    ("x-last-death headers", "DLX-6", |p| yes(p.last_death_headers)),
    ("each death turns earlier ones round", "DLX-5", |p| yes(p.deaths_turn_round)),
    ("largest body in MiB", "ERR-12", |p| (p.message_size_max / MEBIBYTE).to_string()),
    ("acknowledgement timeout in s", "ACK-11", |p| (p.acknowledgement_timeout.as_nanos() / 1_000_000_000).to_string()),
    ("acknowledgement timeout cancels the consumer only", "ACK-12", |p| yes(p.timeout_cancels_consumer)),
    ("x-queue-mode is known", "ARG-8", |p| yes(p.queue_mode_argument)),
    ("x-queue-version may be 1", "ARG-8", |p| yes(p.queue_version_1)),
    ("basic.qos with global bounds the channel", "QOS-12", |p| yes(p.channel_prefetch)),
    ("unknown exchange type closes the connection", "EX-5", |p| yes(p.unknown_type_closes_connection)),
    ("transient exchanges survive a restart", "DUR-2", |p| yes(p.transient_exchanges_survive)),
    ("classic queue takes x-queue-leader-locator", "ARG-9", |p| yes(p.classic_leader_locator)),
    ("# words in a topic binding key, at most", "RT-4", |p| p.topic_hashes_max.map_or("any".to_owned(), |max| max.to_string())),
    ("least frame_max", "CON-3", |p| p.frame_size_min.to_string()),
    ("passive declaration needs a permission", "ERR-10", |p| yes(p.passive_needs_permission)),
    ("lost direct reply counts as routed", "DRT-2", |p| yes(p.lost_reply_counts_as_routed)),
    ("permission errors name the permission", "ERR-10", |p| yes(p.names_missing_permission)),
    ("successor of a cancelled single active consumer waits", "SAC-2", |p| yes(p.successor_waits)),
    ("delivery limit gives credit back twice", "QQ-3", |p| yes(p.buried_message_gives_credit_twice)),
];

impl Profile {
    /// The rules in which profiles differ, as rows of a table.
    pub fn differences() -> Vec<Difference> {
        let rows = FIELDS.iter().map(|&(topic, rule, shown)| Difference {
            topic,
            rule,
            values: Profile::ALL.iter().map(|profile| shown(profile)).collect(),
        });
        rows.filter(|row| row.values.iter().any(|value| *value != row.values[0])).collect()
    }
}

/// The newest profile.
impl Default for Profile {
    fn default() -> Self {
        Profile::RABBITMQ_4_3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_names_a_rule_and_tells_profiles_apart() {
        let rows = Profile::differences();
        assert!(rows.len() > 20, "{}", rows.len());
        for row in rows {
            assert!(crate::rules::find(row.rule).is_some(), "{}", row.rule);
            assert_eq!(row.values.len(), Profile::ALL.len());
        }
    }
}
