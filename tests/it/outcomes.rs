//! What consumers do when their work is done, and how a subscription ends, in runs of small scenarios.

use amqpsim::amqp::Method;
use amqpsim::measure::{ConsumerOutcome, Outcome};
use amqpsim::model::simulate;
use amqpsim::observe::LossCause;
use amqpsim::scenario::{Scenario, load};
use amqpsim::sim::Sim;
use amqpsim::units::SimDuration;

/// Ten messages, every fifth of class `poison`, for one consumer; `consumer` are more keys of it, `rest` more tables.
fn scenario(queue: &str, consumer: &str, rest: &str) -> Scenario {
    let text = format!(
        r#"
[replication]
duration = "10s"

[[queue]]
name = "tasks"
{queue}

[[class]]
name = "poison"
every = 5

[[producer]]
name = "shop"
routing-key = "tasks"
persistent = true
count = 10
interarrival = "10ms"

[[consumer]]
name = "billing"
queue = "tasks"
prefetch-count = 2
service-time = "2ms"
{consumer}

{rest}
"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    loaded.variants[0].scenario.clone()
}

fn run(queue: &str, consumer: &str, rest: &str) -> Outcome {
    let scenario = scenario(queue, consumer, rest);
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()), "{:?}", outcome.ledger);
    outcome
}

fn billing(outcome: &Outcome) -> &ConsumerOutcome {
    &outcome.consumers[0]
}

const TO_DEAD: &str = "arguments = { x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"dead\" }\n[[queue]]\nname = \"dead\"";

/// Rule ACK-7.
#[test]
fn a_rejected_message_is_lost_without_a_dead_letter_exchange() {
    for nack in [false, true] {
        let keys = format!("outcome-by-class = {{ poison = \"reject\" }}\nnack = {nack}");
        let outcome = run("", &keys, "");
        assert_eq!((billing(&outcome).processed, billing(&outcome).rejected), (8, 2));
        assert_eq!((outcome.ledger.processed, outcome.ledger.lost_to(LossCause::Rejected)), (8, 2));
    }
}

/// Rules ACK-7 and DLX-1.
#[test]
fn a_rejected_message_is_dead_lettered_where_the_queue_says_so() {
    let outcome = run(TO_DEAD, "outcome-by-class = { poison = \"reject\" }", "");
    assert_eq!((outcome.ledger.processed, outcome.ledger.dead_lettered), (8, 2));
    assert_eq!(outcome.queues[1].ready, 2);
}

/// Rule DLX-8: nobody rejects what expires in both queues, so a message that would come round is gone, and the cause says so.
#[test]
fn a_dead_letter_that_comes_round_by_itself_is_lost_to_the_cycle() {
    let queue = |back: &str| {
        let to = |key: &str| {
            format!(
                "x-message-ttl = 100, x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"{key}\""
            )
        };
        let (wait, back) = (to("wait"), to(back));
        format!("arguments = {{ {wait} }}\n[[queue]]\nname = \"wait\"\narguments = {{ {back} }}")
    };
    let outcome = run(&queue("tasks"), "start = \"9s\"", "");
    assert_eq!((outcome.ledger.dead_lettered, outcome.ledger.lost_to(LossCause::DeadLetterCycle)), (10, 10));
    let outcome = run(&queue("nowhere"), "start = \"9s\"", "");
    assert_eq!(outcome.ledger.lost_to(LossCause::DeadLetterTargetMissing), 10);
}

/// Rule RDL-1: without a limit a poison message comes back for ever.
#[test]
fn a_requeued_message_comes_back_and_is_never_processed() {
    let outcome = run("", "outcome-by-class = { poison = \"requeue\" }", "");
    assert!(billing(&outcome).requeued > 100, "{}", billing(&outcome).requeued);
    assert_eq!((outcome.ledger.processed, outcome.ledger.unfinished()), (8, 2));
    assert_eq!(outcome.ledger.processed_again, 0, "what was given back was not processed");
}

/// Rule QQ-3.
#[test]
fn a_delivery_limit_ends_the_life_of_a_poison_message() {
    let limited = "arguments = { x-queue-type = \"quorum\", x-delivery-limit = 3 }";
    let outcome = run(limited, "outcome-by-class = { poison = \"requeue\" }", "");
    assert_eq!(billing(&outcome).requeued, 8, "twice the first delivery and three more");
    assert_eq!((outcome.ledger.processed, outcome.ledger.lost_to(LossCause::DeliveryLimit)), (8, 2));
}

/// Rule QOS-1: what is never acknowledged fills the prefetch count.
#[test]
fn messages_left_hanging_fill_the_prefetch_count() {
    let outcome = run("", "outcome-by-class = { poison = \"hang\" }", "");
    assert_eq!((billing(&outcome).processed, billing(&outcome).left_hanging), (8, 2));
    assert_eq!((outcome.queues[0].unacked, outcome.ledger.in_flight), (2, 2));
    let outcome = run("", "outcome = \"hang\"", "");
    assert_eq!((billing(&outcome).delivered, outcome.queues[0].ready), (2, 8));
}

/// Rules CON-11 and RDL-1.
#[test]
fn a_message_that_kills_its_consumer_is_delivered_again() {
    let crash = "outcome-by-class = { poison = \"crash\" }";
    let outcome = run("", &format!("{crash}\nrestart-after = \"100ms\""), "");
    assert!(billing(&outcome).crashes_at_work > 10, "{}", billing(&outcome).crashes_at_work);
    assert_eq!(billing(&outcome).processed, 4, "#5 comes first, each time");
    let outcome = run("", crash, "");
    assert_eq!((billing(&outcome).crashes_at_work, billing(&outcome).processed), (1, 4));
    assert_eq!(outcome.queues[0].ready, 6, "it stays away");
}

/// Rule CON-8.
#[test]
fn a_message_that_kills_its_consumer_is_lost_if_it_was_settled_before() {
    let crash =
        "outcome-by-class = { poison = \"crash\" }\nrestart-after = \"1s\"\nacknowledge = \"automatic\"";
    let outcome = run("", crash, "");
    assert_eq!(billing(&outcome).crashes_at_work, 2);
    assert_eq!(outcome.ledger.lost_to(LossCause::AutoAckInBuffer), 2);
}

/// Rule DSP-15: what a cancelled consumer holds stays with it.
#[test]
fn a_consumer_that_stops_finishes_what_it_holds() {
    let outcome = run("", "speed = 0.1\nstop = \"35ms\"", "");
    assert_eq!(billing(&outcome).delivered, billing(&outcome).processed);
    assert_eq!(outcome.queues[0].unacked, 0);
    assert_eq!(outcome.queues[0].ready, 10 - billing(&outcome).processed);
    assert!((2..5).contains(&billing(&outcome).processed), "{}", billing(&outcome).processed);
}

/// A connection that comes back does not bring a stopped consumer back.
#[test]
fn a_consumer_that_stopped_stays_away_after_a_reconnection() {
    let cut = "[[fault.connection-loss]]\nconnection = \"billing\"\nat = \"60ms\"\nlasts = \"1ms\"";
    let outcome = run("", "stop = \"35ms\"", cut);
    assert_eq!(billing(&outcome).processed, 4);
    assert_eq!(outcome.queues[0].ready, 6);
}

/// Rule Q-11: a queue that is gone cancels its consumers, and one that declares it can come back.
#[test]
fn a_consumer_that_the_broker_cancels_subscribes_again() {
    let cancelled = |keys: &str| {
        let mut sim = Sim::new(&scenario("", &format!("declare = [{{ queue = \"tasks\" }}]\n{keys}"), ""), 1);
        sim.run_for(SimDuration::from_millis(35));
        let queue = sim.name("tasks");
        let deleted = sim.call(Method::QueueDelete { queue, if_unused: false, if_empty: false });
        assert!(deleted.is_ok(), "{deleted:?}");
        sim.run_to_end();
        let outcome = sim.finish();
        assert_eq!((billing(&outcome).cancelled, outcome.errors.len()), (1, 0));
        billing(&outcome).processed
    };
    assert_eq!(cancelled(""), 4);
    assert_eq!(cancelled("resubscribe-delay = \"20ms\""), 8, "two found no queue");
}
