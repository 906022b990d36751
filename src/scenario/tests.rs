//! What scenario files and builders become.

use super::{Scenario, ScenarioBuilder, load};
use crate::amqp::FieldValue;
use crate::check::{Demand, Property};
use crate::model::{Acknowledge, CrashBy, Declaration, FaultKind, Pace};
use crate::random::Distribution;
use crate::units::{SimDuration, SimTime};

/// The scenario of a file without variants and without mistakes.
fn scenario(text: &str) -> Scenario {
    scenario_with(text, &[])
}

fn scenario_with(text: &str, settings: &[&str]) -> Scenario {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let loaded = load("scenarios/orders.toml", text, &settings).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.variants.len(), 1);
    loaded.variants[0].scenario.clone()
}

const PAIR: &str = r#"
[[queue]]
name = "orders"
[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "20ms"
[[consumer]]
name = "billing"
queue = "orders"
service-time = "15ms"
"#;

#[test]
fn what_a_file_leaves_out_has_the_default_of_its_key() {
    let scenario = scenario(PAIR);
    assert_eq!((scenario.name.as_str(), scenario.seed, scenario.replications), ("orders", 1, 10));
    let system = scenario.system;
    assert_eq!(system.duration, SimTime::from_nanos(3_600_000_000_000));
    assert_eq!((system.events_max, system.profile.name), (50_000_000, "rabbitmq-4.3"));
    assert_eq!(system.connections[0].latency, Distribution::Constant(SimDuration::from_micros(500)));
    assert_eq!(system.connections[0].reconnect.delay, SimDuration::from_secs(1));
    let producer = &system.producers[0];
    assert_eq!((producer.count, producer.mandatory, producer.confirms), (None, false, false));
    let message = &producer.messages[0];
    assert_eq!((message.persistent, message.priority), (false, 0));
    assert_eq!(message.message_size, Distribution::Constant(SimDuration::from_nanos(256)));
    assert_eq!(message.properties, None);
    let consumer = &system.consumers[0];
    assert_eq!((consumer.prefetch_count, consumer.speed_permille), (0, 1000));
    assert_eq!(consumer.acknowledge, Acknowledge::AfterProcessing);
    let Declaration::Queue(queue) = &system.topology[0].declaration else { panic!("a queue is declared") };
    assert!(queue.durable && !queue.exclusive);
}

#[test]
fn the_example_of_the_documentation_is_read_without_a_warning() {
    let text = include_str!("../../docs/scenario-format.md");
    let (_, behind) = text.split_once("```toml\n").unwrap();
    let (example, _) = behind.split_once("```").unwrap();
    let loaded = load("example.toml", example, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.variants[0].scenario.about, "Two consumers of different speed share a queue.");
    let prefetch_counts = |variant: usize| {
        let consumers = &loaded.variants[variant].scenario.system.consumers;
        consumers.iter().map(|consumer| consumer.prefetch_count).collect::<Vec<_>>()
    };
    assert_eq!((prefetch_counts(0), prefetch_counts(1)), (vec![10, 10], vec![1, 1]));
    let changes = &loaded.variants[1].changes;
    assert_eq!(changes, &[("consumer.*.prefetch-count".to_owned(), "1".to_owned())]);
    assert_eq!(loaded.variants[0].scenario.system.consumers[1].speed_permille, 250);
    assert_eq!(loaded.variants[0].scenario.checks[0].demand, Demand::Property(Property::NothingLost));
    let Demand::Bound { at_most, .. } = loaded.variants[0].scenario.checks[1].demand else { panic!() };
    assert_eq!(at_most, Some(10e9));
}

#[test]
fn clients_share_what_they_name_and_have_the_rest_for_themselves() {
    let system = scenario(
        r#"
        [[queue]]
        name = "q"
        [[connection]]
        name = "app"
        latency = "1ms"
        [[producer]]
        name = "p"
        channel = "c"
        routing-key = "q"
        interarrival = "1s"
        [[consumer]]
        name = "a"
        connection = "app"
        channel = "c"
        queue = "q"
        service-time = "1s"
        [[consumer]]
        name = "b"
        connection = "app"
        queue = "q"
        service-time = "1s"
        [[consumer]]
        name = "alone"
        queue = "q"
        service-time = "1s"
        "#,
    )
    .system;
    let connections: Vec<&str> = system.connections.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(connections, ["app", "alone"]);
    let channels: Vec<(&str, usize, u16)> =
        system.channels.iter().map(|one| (one.name.as_str(), one.connection, one.number)).collect();
    assert_eq!(channels, [("c", 0, 1), ("b", 0, 2), ("alone", 1, 1)]);
    assert_eq!(system.producers[0].channel, 0);
    assert_eq!(system.consumers.iter().map(|one| one.channel).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(system.connections[0].latency, Distribution::Constant(SimDuration::from_millis(1)));
}

#[test]
fn what_a_client_declares_is_known_to_all() {
    let system = scenario(
        r#"
        [[producer]]
        name = "p"
        exchange = "logs"
        interarrival = "1s"
        declare = [{ exchange = "logs", type = "fanout" }]
        [[consumer]]
        name = "c"
        queue = "tail"
        service-time = "1s"
        declare = [{ queue = "tail", durable = false, auto-delete = true }, { bind = "tail", exchange = "logs" }]
        "#,
    )
    .system;
    assert!(system.topology.is_empty());
    assert_eq!(system.producers[0].declares.len(), 1);
    let Declaration::Binding(binding) = &system.consumers[0].declares[1] else { panic!() };
    assert_eq!((binding.source.as_str(), binding.destination.as_str()), ("logs", "tail"));
}

#[test]
fn classes_give_each_consumer_one_service_time_each() {
    let text = PAIR.replace("\"15ms\"", "\"15ms\"\nservice-time-by-class = { heavy = \"1s\" }");
    let system = scenario(&format!(
        "{text}[[class]]\nname = \"light\"\nevery = 3\n[[class]]\nname = \"heavy\"\nevery = 10\nfirst = 1\n"
    ))
    .system;
    let names: Vec<(&str, u64, u64)> =
        system.classes.iter().map(|class| (class.name.as_str(), class.every, class.first)).collect();
    assert_eq!(names, [("default", 0, 0), ("light", 3, 3), ("heavy", 10, 1)]);
    let general = Distribution::Constant(SimDuration::from_millis(15));
    let heavy = Distribution::Constant(SimDuration::from_secs(1));
    assert_eq!(system.consumers[0].service_times, [general.clone(), general, heavy]);
}

#[test]
fn faults_come_in_the_order_of_the_file() {
    let system = scenario(&format!(
        "{PAIR}
        [[fault.connection-loss]]
        connection = \"shop\"
        at = \"5s\"
        lasts = \"1s\"
        [[fault.consumer-crash]]
        name = \"cut\"
        consumer = \"billing\"
        at = \"2s\"
        by = \"channel-close\"
        [[fault.connection-loss]]
        connection = \"billing\"
        at = \"1s\"
        lasts = \"1s\"
        "
    ))
    .system;
    let names: Vec<&str> = system.faults.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(names, ["connection-loss", "cut", "connection-loss"]);
    let FaultKind::ConsumerCrash(crash) = &system.faults[1].kind else { panic!() };
    assert_eq!((crash.by, crash.restart_after), (CrashBy::ChannelClose, None));
}

#[test]
fn settings_reach_keys_that_the_file_does_not_have() {
    let scenario = scenario_with(
        PAIR,
        &[
            "queue.orders.arguments.x-max-length=5",
            "broker.profile=rabbitmq-3.13",
            "producer.*.interarrival={ exponential = \"3ms\" }",
            "replication.duration = 60s",
        ],
    );
    let Declaration::Queue(queue) = &scenario.system.topology[0].declaration else { panic!() };
    assert_eq!(queue.arguments.get("x-max-length"), Some(&FieldValue::Integer(5)));
    assert_eq!(scenario.system.profile.name, "rabbitmq-3.13");
    let mean = SimDuration::from_millis(3);
    assert_eq!(scenario.system.producers[0].pace, Pace::Interarrival(Distribution::Exponential(mean)));
    assert_eq!(scenario.system.duration, SimTime::ZERO + SimDuration::from_secs(60));
}

#[test]
fn the_command_line_wins_over_variants() {
    let text = format!("{PAIR}[[variant]]\nname = \"two\"\n[variant.set]\n\"consumer.billing.speed\" = 2\n");
    let loaded = load("a.toml", &text, &["consumer.billing.speed=3".to_owned()]).unwrap();
    assert_eq!(loaded.variants[0].scenario.system.consumers[0].speed_permille, 3000);
}

#[test]
fn a_builder_and_a_file_give_the_same_scenario() {
    let built = ScenarioBuilder::new("orders")
        .queue("orders")
        .producer("shop")
        .with("routing-key", "orders")
        .with("interarrival", "20ms")
        .consumer("billing")
        .with("queue", "orders")
        .with("service-time", "15ms")
        .fault("broker-restart")
        .with("at", "1s")
        .with("lasts", "2s")
        .build()
        .unwrap();
    let fault = "[[fault.broker-restart]]\nat = \"1s\"\nlasts = \"2s\"\n";
    assert_eq!(built, scenario(&format!("{PAIR}{fault}")));
}

/// The index is that of the run's results, which list a queue that a client only asks for, too.
#[test]
fn a_check_of_a_queue_has_its_index_in_order_of_first_mention() {
    let text = PAIR
        .replace("\"20ms\"", "\"20ms\"\ndeclare = [{ queue = \"asked\", passive = true }]")
        .replace("\"15ms\"", "\"15ms\"\ndeclare = [{ queue = \"own\" }]");
    let check = "[[check]]\nmeasure = \"depth-max\"\nqueue = \"own\"\nat-most = 1\n";
    let scenario = scenario(&format!("{text}{check}"));
    let Demand::Bound { entity, .. } = scenario.checks[0].demand else { panic!() };
    assert_eq!(entity, 2);
}
