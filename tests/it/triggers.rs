//! When faults strike, and what crashes of clients leave behind. Each test plays a small scenario and looks at what came of it.

use std::collections::BTreeSet;

use amqpsim::experiment::{Origin, Plan, run};
use amqpsim::measure::{EndReason, Outcome, Stopped};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::{Fact, LossCause, What};
use amqpsim::report::Directory;
use amqpsim::report::story::{Filter, Narrator};
use amqpsim::scenario::{Scenario, load};

fn scenario(text: &str) -> Scenario {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    loaded.variants[0].scenario.clone()
}

/// The instants of what `is_it` picks, in microseconds, and the outcome.
fn seen(text: &str, seed: u64, is_it: impl Fn(&What) -> bool) -> (Vec<u64>, Outcome) {
    let scenario = scenario(text);
    let mut instants = Vec::new();
    let outcome = simulate_recorded(&scenario.system, seed, |_, observations| {
        let picked = observations.iter().filter(|seen| is_it(&seen.what));
        instants.extend(picked.map(|seen| seen.at.as_nanos() / 1000));
    });
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    assert_eq!(outcome, simulate(&scenario.system, seed), "observing changes nothing");
    (instants, outcome)
}

/// When faults begin, in microseconds.
fn strikes(text: &str, seed: u64) -> (Vec<u64>, Outcome) {
    seen(text, seed, |what| matches!(what, What::FaultBegan { .. }))
}

/// A queue `q`, a producer `p` of 100 messages, one each 10 ms, with these keys, and a consumer `c` that takes 1 ms for each.
/// All but the last event comes before 1.1 s.
fn shop(keys: &str, faults: &str) -> String {
    format!(
        r#"
[replication]
duration = "10s"
[link]
latency = "1ms"
reconnect-delay = "1ms"
[[queue]]
name = "q"
[[producer]]
name = "p"
routing-key = "q"
interarrival = "10ms"
count = 100
{keys}
[[consumer]]
name = "c"
queue = "q"
service-time = "1ms"
{faults}
"#
    )
}

/// A cut of the producer's connection that ends at once, with these keys.
fn cut(keys: &str) -> String {
    shop("", &format!("[[fault.connection-loss]]\nconnection = \"p\"\nlasts = \"0s\"\n{keys}"))
}

#[test]
fn an_instant_is_an_instant_whatever_the_seed() {
    for seed in [1, 2] {
        assert_eq!(strikes(&cut("at = \"300ms\""), seed).0, [300_000]);
    }
}

#[test]
fn a_random_instant_is_drawn_once_for_each_seed() {
    let text = cut("at = { uniform = [\"100ms\", \"900ms\"] }");
    let drawn: Vec<u64> = (0..20)
        .map(|seed| {
            let (strikes, outcome) = strikes(&text, seed);
            assert_eq!((strikes.len(), outcome.faults[0].strikes), (1, 1));
            strikes[0]
        })
        .collect();
    assert!(drawn.iter().all(|at| (100_000..=900_000).contains(at)), "{drawn:?}");
    let mut different = drawn.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 20, "{drawn:?}");
    assert_eq!(strikes(&text, 7), strikes(&text, 7));
}

#[test]
fn an_instant_that_is_drawn_after_the_end_never_comes() {
    let (strikes, outcome) = strikes(&cut("at = { uniform = [\"9s\", \"1000h\"] }"), 1);
    assert_eq!((strikes.len(), outcome.faults[0].strikes, outcome.end.why), (0, 0, EndReason::Drained));
}

#[test]
fn a_fault_comes_again_and_again_from_and_until() {
    let (three, outcome) = strikes(&cut("every = \"300ms\""), 1);
    assert_eq!((three, outcome.faults[0].strikes), (vec![300_000, 600_000, 900_000], 3));
    let text = cut("every = \"100ms\"\nfrom = \"250ms\"\nuntil = \"550ms\"");
    assert_eq!(strikes(&text, 1).0, [350_000, 450_000]);
}

/// By 1.1 s all is done, and the run has an hour to go.
#[test]
fn a_run_does_not_go_on_for_a_fault_that_finds_nothing_to_disturb() {
    let without = simulate(&scenario(&shop("", "")).system, 1);
    let (strikes, outcome) = strikes(&cut("every = \"1050ms\"").replace("10s", "1h"), 1);
    assert!(strikes.is_empty(), "all was done before: {strikes:?}");
    assert_eq!((outcome.end.why, outcome.end.at), (EndReason::Drained, without.end.at));
    assert_eq!(outcome.faults[0].strikes, 0);
}

#[test]
fn two_faults_that_come_again_do_not_keep_each_other_going() {
    let (_, outcome) = strikes(
        &(cut("every = \"70ms\"")
            + "[[fault.alarm]]\nresource = \"disk\"\nlasts = \"1ms\"\nevery = \"90ms\""),
        1,
    );
    assert_eq!(outcome.end.why, EndReason::Drained);
    assert!(outcome.end.at.as_nanos() < 3_000_000_000, "{}", outcome.end.at);
}

#[test]
fn a_beginning_while_the_fault_lasts_is_left_out() {
    let text = cut("every = \"100ms\"").replace("lasts = \"0s\"", "lasts = \"150ms\"");
    let (strikes, _) = strikes(&text, 1);
    assert_eq!(strikes[..4], [100_000, 300_000, 500_000, 700_000]);
}

#[test]
fn gaps_are_drawn_and_another_entity_changes_none() {
    let text = cut("every = { exponential = \"100ms\" }");
    let (one, _) = strikes(&text, 3);
    assert!(one.len() > 3, "{one:?}");
    let other = text
        + "[[producer]]\nname = \"other\"\nrouting-key = \"q\"\ninterarrival = { exponential = \"7ms\" }\ncount = 9\n";
    let (two, _) = strikes(&other, 3);
    let both = one.len().min(two.len());
    assert_eq!(one[..both], two[..both]);
}

#[test]
fn faults_without_a_name_strike_independently() {
    let fault = "[[fault.connection-loss]]\nconnection = \"p\"\nlasts = \"0s\"\nat = { uniform = [\"0s\", \"1s\"] }\n";
    let (strikes, outcome) = strikes(&shop("", &fault.repeat(2)), 1);
    assert_eq!(outcome.faults.iter().map(|fault| fault.strikes).collect::<Vec<_>>(), [1, 1]);
    assert_ne!(strikes[0], strikes[1]);
}

/// A cut when this is so, and what the same run looks like without it: the instant of the strike, and that of the n-th
/// observation that `is_it` picks.
fn strike_and_nth(keys: &str, (when, n): (&str, usize), is_it: impl Fn(&What) -> bool) -> (u64, u64) {
    let text = cut(&format!("when = {{ {when} }}")).replace("count = 100", &format!("count = 100\n{keys}"));
    let (strikes, outcome) = strikes(&text, 1);
    assert_eq!((strikes.len(), outcome.faults[0].strikes), (1, 1), "{when}");
    (strikes[0], seen(&shop(keys, ""), 1, is_it).0[n - 1])
}

fn fact(is_it: fn(&Fact) -> bool) -> impl Fn(&What) -> bool {
    move |what| matches!(what, What::Broker(fact, _) if is_it(fact))
}

/// Each condition strikes at the instant that completes its count in a run without the fault.
#[test]
fn a_condition_strikes_when_its_count_is_complete() {
    let published = |what: &What| matches!(what, What::Published { .. });
    let (struck, nth) = strike_and_nth("", ("published = 40", 40), published);
    assert_eq!(struck, nth);
    let (struck, nth) = strike_and_nth("", ("published = 40, producer = \"p\"", 40), published);
    assert_eq!(struck, nth);
    let enqueued = fact(|fact| matches!(fact, Fact::Enqueued { .. }));
    let (struck, nth) = strike_and_nth("", ("enqueued = 40", 40), enqueued);
    assert_eq!(struck, nth);
    let delivered = fact(|fact| matches!(fact, Fact::Delivered { .. }));
    let (struck, nth) = strike_and_nth("", ("delivered = 40", 40), delivered);
    assert_eq!(struck, nth);
    let settled = fact(|fact| matches!(fact, Fact::Settled { .. }));
    let (struck, nth) = strike_and_nth("", ("acked = 40", 40), settled);
    assert_eq!(struck, nth);
    let (struck, nth) = strike_and_nth("confirms = true", ("confirmed = 40", 40), published);
    assert_eq!(struck, nth + 2_000, "there and back");
}

#[test]
fn a_condition_on_a_level_strikes_when_it_is_reached() {
    let published = |what: &What| matches!(what, What::Published { .. });
    // The second goes out before the first is answered, 2 ms later.
    let text = cut("when = { unconfirmed = 2 }")
        .replace("interarrival = \"10ms\"", "interarrival = \"1500us\"\nconfirms = true");
    let instants = seen(&text, 1, published).0;
    assert_eq!(strikes(&text, 1).0, [instants[1]]);
    // Nobody takes any.
    let text = cut("when = { queued = 7 }").replace("service-time", "start = \"5s\"\nservice-time");
    let enqueued = seen(&text, 1, fact(|fact| matches!(fact, Fact::Enqueued { .. }))).0;
    assert_eq!(strikes(&text, 1).0, [enqueued[6]]);
}

#[test]
fn a_condition_strikes_before_any_other_event() {
    // All 100 are due at one instant; the tenth is the last that goes out.
    let text = cut("when = { published = 10 }").replace("interarrival = \"10ms\"", "interarrival = \"0s\"");
    let text = text.replace("lasts = \"0s\"", "lasts = \"20s\"");
    let (strikes, outcome) = strikes(&text, 1);
    assert_eq!((strikes.len(), outcome.producers[0].published), (1, 10));
    assert_eq!(outcome.ledger.lost_to(LossCause::LostOnTheWire), 10);
}

/// With the number of an event, a fault comes back to exactly the same point of the run.
#[test]
fn the_number_of_an_event_is_a_point_of_the_run() {
    let all = simulate(&scenario(&shop("", "")).system, 1).end.events;
    let mut before = 0;
    for number in 1..=all {
        let (strikes, outcome) = strikes(&cut(&format!("when = {{ events = {number} }}")), 1);
        assert_eq!(strikes.len(), 1, "{number}");
        assert!(strikes[0] >= before, "{number}");
        before = strikes[0];
        assert!(outcome.end.events >= number, "{number}");
    }
    let (strikes, outcome) = strikes(&cut(&format!("when = {{ events = {} }}", all + 1)), 1);
    assert_eq!((strikes.len(), outcome.end.events), (0, all));
}

#[test]
fn a_fault_may_make_the_condition_of_another_true() {
    let crash = "[[fault.producer-crash]]\nproducer = \"p\"\nwhen = { published = 30 }\n";
    let text = shop(
        "confirms = true\nmax-in-flight = 1",
        &format!("[[fault.connection-loss]]\nconnection = \"c\"\nlasts = \"1ms\"\nwhen = {{ published = 31 }}\n{crash}"),
    )
    .replace("interarrival = \"10ms\"", "interarrival = \"1ms\"");
    // The crash loses what the producer holds back, which counts as published.
    let (strikes, outcome) = strikes(&text, 1);
    assert_eq!((strikes.len(), strikes[0]), (2, strikes[1]));
    assert!(outcome.ledger.lost_to(LossCause::NotSent) > 0);
}

#[test]
fn a_condition_that_never_comes_true_is_in_the_outcome() {
    let (_, outcome) = strikes(&cut("when = { published = 101, producer = \"p\" }"), 1);
    assert_eq!(outcome.faults[0].strikes, 0);
    assert_eq!(outcome.faults[0].waits_until.as_deref(), Some("101 messages are published by `p`"));
}

#[test]
fn conditions_are_told_in_clauses() {
    let told = |when: &str| {
        let system = scenario(&cut(&format!("when = {{ {when} }}"))).system;
        system.faults[0].condition(&system)
    };
    let said = [
        ("published = 1000", "1000 messages are published"),
        ("published = 1, producer = \"p\"", "1 message is published by `p`"),
        ("enqueued = 2", "2 messages are enqueued"),
        ("delivered = 2", "2 messages are delivered"),
        ("confirmed = 1", "1 publish is confirmed"),
        ("unconfirmed = 2", "2 publishes are unconfirmed"),
        ("acked = 2", "2 deliveries are acknowledged"),
        ("queued = 2", "2 messages are queued"),
        ("events = 2", "2 events are handled"),
    ];
    for (when, clause) in said {
        assert_eq!(told(when).as_deref(), Some(clause));
    }
}

/// A crash at a random instant is met at another one in each replication, and at the same one on any number of threads.
#[test]
fn replications_have_instants_of_their_own() {
    let text = shop("", "[[fault.broker-restart]]\nat = { uniform = [\"0s\", \"1s\"] }\nlasts = \"50ms\"");
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let results = [1, 2].map(|jobs| {
        let plan = Plan {
            origin: Origin { file: "test.toml".into(), overrides: Vec::new() },
            variants: loaded.variants.clone(),
            names_variants: false,
            seed: None,
            replications: Some(20),
            jobs,
        };
        run(&plan, &|_, _| {}).unwrap_or_else(|bug| panic!("{bug}"))
    });
    assert_eq!(results[0], results[1]);
    let variant = &results[0].variants[0];
    assert_eq!(variant.random_parts, ["strikes of `broker-restart`"]);
    assert!(variant.outcomes.iter().all(|outcome| outcome.faults[0].strikes == 1));
    let ends: BTreeSet<u64> = variant.outcomes.iter().map(|outcome| outcome.end.at.as_nanos()).collect();
    assert!(ends.len() > 10, "{ends:?}");
}

#[test]
fn a_story_says_why_a_fault_begins() {
    let scenario = scenario(&cut("name = \"pulled\"\nwhen = { published = 1 }"));
    let mut narrator = Narrator::new(Directory::of(&scenario), Filter::default());
    let mut names = amqpsim::amqp::Names::default();
    simulate_recorded(&scenario.system, 1, |system, seen| {
        names.clone_from(system.names());
        for one in &seen {
            narrator.observe(&names, one);
        }
    });
    let story = narrator.finish(&names);
    assert!(
        story.contains("fault pulled begins as 1 message is published: the connection of p is cut\n"),
        "{story}"
    );
}

/// A producer that may have 5 publishes unanswered and makes one each millisecond, 100 in all; an answer takes 20 ms.
fn hasty(crash: &str) -> String {
    shop(
        "confirms = true\nmax-in-flight = 5",
        &format!("[[fault.producer-crash]]\nproducer = \"p\"\n{crash}"),
    )
    .replace("interarrival = \"10ms\"", "interarrival = \"1ms\"")
    .replace("latency = \"1ms\"", "latency = \"10ms\"")
}

/// Its channel is open after three round trips, at 60 ms; its first messages go out with the fourth's answer.
#[test]
fn what_a_dead_producer_held_back_is_not_sent_and_what_it_sent_arrives() {
    let (_, outcome) = strikes(&hasty("at = \"85ms\""), 1);
    let lost = &outcome.ledger;
    let not_sent = lost.lost_to(LossCause::NotSent);
    assert!(not_sent > 0, "{lost:?}");
    assert_eq!(lost.lost_total(), not_sent, "nothing else is lost");
    assert_eq!(lost.published, lost.routed + not_sent, "what was handed to the connection is in the queue");
    assert_eq!(lost.processed, lost.routed);
    let p = &outcome.producers[0];
    assert_eq!(p.published, lost.published);
    assert_eq!(p.confirmed + p.unanswered, lost.routed, "a process that is dead hears no answers");
    assert!(p.unanswered > 0, "{p:?}");
    assert_eq!((p.held_back, p.stopped), (0, Stopped::Crashed));
}

/// Source: rules CON-7 and CON-11.
#[test]
fn a_reset_loses_what_is_on_the_way_as_well() {
    let text = hasty("at = \"85ms\"");
    let (_, exit) = strikes(&text, 1);
    let (_, reset) = strikes(&hasty("at = \"85ms\"\nby = \"tcp-cut\""), 1);
    assert_eq!(exit.ledger.published, reset.ledger.published);
    let wire = reset.ledger.lost_to(LossCause::LostOnTheWire);
    assert!(wire > 0, "{:?}", reset.ledger);
    assert_eq!(exit.ledger.routed, reset.ledger.routed + wire);
    assert_eq!(exit.ledger.lost_to(LossCause::NotSent), reset.ledger.lost_to(LossCause::NotSent));
}

/// 100 messages, one each 10 ms; those of 200 ms come due while nobody is there, and the channel needs a while.
#[test]
fn what_comes_due_while_a_producer_is_dead_is_never_made() {
    let crash = "[[fault.producer-crash]]\nproducer = \"p\"\nat = \"305ms\"\nrestart-after = \"200ms\"";
    let (published, outcome) = seen(&shop("", crash), 1, |what| matches!(what, What::Published { .. }));
    let without = seen(&shop("", ""), 1, |what| matches!(what, What::Published { .. })).0;
    let before = without.iter().filter(|at| **at < 305_000).count();
    assert_eq!(published[..before], without[..before]);
    assert!(published[before] > 505_000, "{}", published[before]);
    assert_eq!(outcome.producers[0].published, 80);
    assert_eq!(outcome.ledger.processed, 80);
    assert_eq!((outcome.producers[0].stopped, outcome.end.why), (Stopped::No, EndReason::Drained));
}

/// A process that is dead cannot die, and is back when the last of its crashes is over.
#[test]
fn crashes_of_one_producer_may_overlap() {
    let crash = |at: &str, back: &str| {
        format!("[[fault.producer-crash]]\nproducer = \"p\"\nat = \"{at}\"\nrestart-after = \"{back}\"\n")
    };
    let both = shop("", &(crash("305ms", "100ms") + &crash("355ms", "150ms")));
    let one = shop("", &crash("305ms", "200ms"));
    let published = |text: &str| seen(text, 1, |what| matches!(what, What::Published { .. })).0;
    assert_eq!(published(&both), published(&one));
    let crashed = seen(&both, 1, |what| matches!(what, What::ProducerCrashed { .. })).0;
    let back = seen(&both, 1, |what| matches!(what, What::ProducerRestarted { .. })).0;
    assert_eq!((crashed, back), (vec![305_000], vec![505_000]));
}

#[test]
fn what_is_processed_while_its_follower_is_dead_is_not_followed() {
    let text = shop(
        "",
        "[[fault.producer-crash]]\nproducer = \"next\"\nat = \"300ms\"\nrestart-after = \"200ms\"",
    ) + "[[queue]]\nname = \"done\"\n[[producer]]\nname = \"next\"\nrouting-key = \"done\"\nafter-consumer = \"c\"\n";
    let (_, outcome) = strikes(&text, 1);
    let next = &outcome.producers[1];
    assert!((70..90).contains(&next.published), "{next:?}");
    assert_eq!(outcome.ledger.lost_total(), 0, "{:?}", outcome.ledger);
}

#[test]
fn others_on_the_connection_of_a_dead_producer_come_back_with_it() {
    let text = shop(
        "connection = \"app\"",
        "[[fault.producer-crash]]\nproducer = \"p\"\nat = \"300ms\"\nrestart-after = \"200ms\"",
    ) + "[[producer]]\nname = \"other\"\nconnection = \"app\"\nrouting-key = \"q\"\ninterarrival = \"10ms\"\ncount = 100\n";
    let (_, outcome) = strikes(&text, 1);
    let published: Vec<u64> = outcome.producers.iter().map(|p| p.published).collect();
    assert_eq!(published, [80, 100], "the other one was late");
}

/// Source: rule TX-2.
#[test]
fn a_transaction_dies_with_its_producer() {
    let crash = "[[fault.producer-crash]]\nproducer = \"p\"\nat = \"455ms\"";
    let (_, outcome) = strikes(&shop("transaction-size = 10", crash), 1);
    let rolled_back = outcome.ledger.lost_to(LossCause::RolledBack);
    assert!((1..10).contains(&rolled_back), "{:?}", outcome.ledger);
    assert_eq!(outcome.ledger.routed % 10, 0);
}

/// A consumer with 3 messages of 20 ms each in its hands at 105 ms.
fn busy(keys: &str, crash: &str) -> String {
    shop("", &format!("[[fault.consumer-crash]]\nconsumer = \"c\"\nrestart-after = \"1ms\"\n{crash}"))
        .replace("service-time = \"1ms\"", &format!("service-time = \"20ms\"\n{keys}"))
        .replace("latency = \"1ms\"", "latency = \"5ms\"")
}

/// Source: rules CON-7 and CON-11.
#[test]
fn acknowledgements_of_a_process_that_exits_still_arrive() {
    // The crash comes 1 ms after a message was processed.
    let done = seen(&busy("", "at = \"9s\""), 1, |what| matches!(what, What::Processed { .. })).0[5];
    let at = |by: &str| busy("", &format!("at = \"{}us\"\nby = \"{by}\"", done + 1_000));
    let lost = |what: &What| matches!(what, What::AckLost { .. });
    let (acks, exit) = seen(&at("process-exit"), 1, lost);
    assert_eq!((acks.len(), exit.ledger.processed_again, exit.ledger.lost_total()), (0, 0, 0));
    let (acks, reset) = seen(&at("tcp-cut"), 1, lost);
    assert_eq!((acks.len(), reset.ledger.processed_again), (1, 1));
    assert_eq!((exit.ledger.processed, reset.ledger.processed), (100, 100));
    assert!(exit.ledger.redelivered > 0, "what was in its hands came again");
}

/// Source: rule CON-8.
#[test]
fn automatically_acknowledged_deliveries_die_with_a_process() {
    let (_, outcome) =
        strikes(&busy("acknowledge = \"automatic\"", "at = \"405ms\"\nby = \"process-exit\""), 1);
    let ledger = &outcome.ledger;
    assert!(ledger.lost_to(LossCause::AutoAckInBuffer) > 0, "{ledger:?}");
    assert!(ledger.lost_to(LossCause::AutoAckInFlight) > 0, "{ledger:?}");
    assert_eq!(ledger.processed + ledger.lost_total(), 100);
}
