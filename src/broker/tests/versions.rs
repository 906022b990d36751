//! What newer versions do otherwise, as far as a script cannot ask for it: permissions and the acknowledgement timeout.

use super::*;
use crate::storage::{ClusterSpec, DiskSpec, Storage, StorageSpec, preset};

fn talk(profile: &Profile) -> Talk {
    Talk::of(profile, Settings::of(profile))
}

/// Somebody who may only publish to `x`, and asks for the queue `x`, then for `y`, passively and not.
fn refusals(profile: &Profile) -> Vec<String> {
    let mut talk = talk(profile);
    for queue in ["x", "y"] {
        talk.declare(queue, &[("x-queue-type", "quorum".into())]);
    }
    let (user, vhost) = (talk.name("app"), talk.name("/"));
    talk.operate(Operation::AddUser { user, impersonator: false });
    let (configure, write, read) = ("".into(), "^x$".into(), "".into());
    talk.operate(Operation::SetPermissions { user, vhost, configure, write, read });
    talk.tell(Command::ConnectionLost(AT.connection));
    talk.open("app");
    for (queue, passive) in [("x", true), ("y", true), ("y", false)] {
        let queue = talk.name(queue);
        let declare = QueueDeclare { queue, passive, durable: true, ..QueueDeclare::default() };
        talk.method(Method::QueueDeclare(Box::new(declare)));
        if talk.desk.heard.last().is_some_and(|heard| heard.contains("refused")) {
            talk.method(Method::ChannelCloseOk);
            talk.method(Method::ChannelOpen);
        }
    }
    talk.heard().into_iter().filter(|heard| !heard.contains("ChannelOpenOk")).collect()
}

/// Source: rule ERR-10, VER-24. `Profile::passive_needs_permission` and `Profile::names_missing_permission`
#[test]
fn newer_versions_name_the_permission_that_is_missing_and_the_newest_ask_for_one_to_look() {
    let refused = |word: &str| {
        format!("1: ACCESS_REFUSED - {word}access to queue 'y' in vhost '/' refused for user 'app'")
    };
    let refusal = |profile: &Profile| refusals(profile).last().cloned().unwrap_or_default();
    assert_eq!(refusal(&Profile::RABBITMQ_3_10), refused(""));
    assert_eq!(refusal(&Profile::RABBITMQ_3_13), refused("configure "));
    let looked =
        |profile: &Profile| refusals(profile).iter().filter(|heard| heard.contains("declared")).count();
    assert_eq!(looked(&Profile::RABBITMQ_4_0), 2);
    assert_eq!(looked(&Profile::RABBITMQ_4_3), 1, "writing is a permission, too");
}

/// Source: rules ACK-11 and ACK-12, VER-11. `Profile::acknowledgement_timeout` and `Profile::timeout_cancels_consumer`
#[test]
fn from_4_3_on_the_timeout_takes_the_messages_of_a_quorum_queue_back_and_leaves_the_channel() {
    for (profile, kind, expected) in [
        (&Profile::RABBITMQ_4_0, "quorum", "timed out. Timeout value used: 1800000 ms"),
        (&Profile::RABBITMQ_4_3, "quorum", "BasicCancel"),
        (&Profile::RABBITMQ_4_3, "classic", ""),
    ] {
        let mut talk = talk(profile);
        talk.declare("q", &[("x-queue-type", kind.into())]);
        talk.consume("q");
        talk.publish("q", 1);
        talk.heard();
        let second = SimDuration::from_secs(1);
        talk.pass(SimDuration::from_nanos(profile.acknowledgement_timeout.as_nanos() - second.as_nanos()));
        assert_eq!(talk.heard(), [""; 0], "{}", profile.name);
        talk.pass(if profile.timeout_cancels_consumer { second } else { SimDuration::from_secs(61) });
        let heard = talk.heard().join(" ");
        assert!(
            heard.contains(expected) && heard.is_empty() == expected.is_empty(),
            "{}: {heard}",
            profile.name
        );
        let taken_back = u64::from(!expected.is_empty());
        assert_eq!(talk.broker.counts(), (taken_back, 1 - taken_back), "{}", profile.name);
    }
}

/// Source: rule CON-3, VER-23. `Profile::frame_size_min`
#[test]
fn the_least_frame_grew_in_4_1() {
    let of = |topic: &str| Profile::differences().into_iter().find(|row| row.topic == topic).unwrap().values;
    assert_eq!(of("least frame_max"), ["4096", "4096", "4096", "8192"]);
}

/// Source: rule CF-9. `Profile::quorum_batch_max`
#[test]
fn the_log_of_quorum_queues_took_larger_batches_in_3_10() {
    let of = |topic: &str| Profile::differences().into_iter().find(|row| row.topic == topic).unwrap().values;
    let topic = "quorum queue: most records in one write of its log";
    assert_eq!(of(topic), ["8192", "4096", "4096", "4096"]);
}

/// Source: rule DUR-9. `Profile::classic_store` and `Profile::classic_store_2`
#[test]
fn a_power_failure_takes_confirmed_messages_from_4_0_on_and_from_queues_of_version_2() {
    let lost = |profile: &Profile, version: i64| {
        let named = |name| preset(name).unwrap();
        let spec = StorageSpec {
            classic: named(profile.classic_store),
            classic_2: named(profile.classic_store_2),
            quorum: named("rabbitmq-quorum"),
            disk: DiskSpec::default(),
            cluster: ClusterSpec::default(),
        };
        let mut talk = talk(profile);
        talk.broker.attach(Storage::new(&spec, 1));
        talk.declare("q", &[("x-queue-type", "classic".into()), ("x-queue-version", version.into())]);
        talk.method(Method::ConfirmSelect);
        for number in 1..=5 {
            talk.publish_as("q", number, DeliveryMode::Persistent);
            talk.pass(SimDuration::from_millis(5));
        }
        assert_eq!(talk.heard().join(" ").matches("BasicAck").count(), 5, "{}", profile.name);
        5 - talk.crash(Crash::PowerLoss).broker.counts().0
    };
    assert_eq!(lost(&Profile::RABBITMQ_3_10, 1), 0);
    assert_eq!(lost(&Profile::RABBITMQ_3_13, 1), 0);
    assert_eq!(lost(&Profile::RABBITMQ_3_13, 2), 5);
    assert_eq!(lost(&Profile::RABBITMQ_4_0, 2), 5);
    assert_eq!(lost(&Profile::RABBITMQ_4_3, 2), 5);
}

/// Each field of `Profile` is named by a test that shows both sides of it.
#[test]
fn every_field_of_a_profile_has_a_test() {
    let (_, rest) = include_str!("../profile.rs").split_once("pub struct Profile {").unwrap();
    let (fields, _) = rest.split_once("\n}").unwrap();
    let fields: Vec<&str> =
        fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next()).collect();
    assert!(fields.len() > 20, "{fields:?}");
    let tests = [include_str!("versions.rs"), include_str!("../../../tests/it/versions.rs")].concat();
    let without =
        fields.iter().filter(|field| **field != "name" && !tests.contains(&format!("`Profile::{field}`")));
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&&str>::new());
}
