//! What is said of a long run: where there is none, no number pretends that there is.
#![expect(clippy::unwrap_used, reason = "a test whose scenario is wrong has failed")]

use amqpsim::experiment::{Instability, Origin, Plan, RunResult, VariantResult, compare, run};
use amqpsim::measure::{EndReason, Measure, Scope, find_in};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::report::{comparison_summary, summary};
use amqpsim::scenario;

/// One consumer and Poisson arrivals of 100 a second; `more` belongs to the consumer.
fn shop(link: &str, service: &str, more: &str) -> String {
    format!(
        "[replication]\nstudy = \"steady-state\"\nduration = \"60s\"\nwarm-up = \"10s\"\nreplications = 5\n\
         [link]\nlatency = \"{link}\"\n[[queue]]\nname = \"tasks\"\n\
         [[producer]]\nname = \"shop\"\nrouting-key = \"tasks\"\ninterarrival = {{ exponential = \"10ms\" }}\n\
         [[consumer]]\nname = \"billing\"\nqueue = \"tasks\"\nservice-time = {{ exponential = \"{service}\" }}\n{more}\n"
    )
}

fn result(text: &str) -> RunResult {
    let loaded =
        scenario::load("shop.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
    let names_variants = loaded.variants.len() > 1;
    let origin = Origin { file: "shop.toml".into(), overrides: Vec::new() };
    let plan =
        Plan { origin, variants: loaded.variants, names_variants, seed: None, replications: None, jobs: 2 };
    run(&plan, &|_, _| {}).unwrap()
}

fn only(text: &str) -> VariantResult {
    result(text).variants.remove(0)
}

fn measure(name: &str) -> &'static Measure {
    find_in(Scope::Queue, name).unwrap()
}

/// Text without line breaks, so that it can be searched for sentences.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without a bound no message is ready for long: the backlog is unacknowledged, or acknowledged and in the consumer's buffer.
#[test]
fn a_backlog_is_seen_wherever_it_waits() {
    for more in
        ["", "acknowledge = \"automatic\"", "acknowledge = \"before-processing\"", "prefetch-count = 1"]
    {
        let over = only(&shop("1ms", "11ms", more));
        let unstable = over.unstable.first().unwrap_or_else(|| panic!("stable with `{more}`"));
        assert!(matches!(unstable.why, Instability::Rises { .. }), "{unstable:?}");
        for name in ["sojourn-mean", "unacked-at-end", "population-last-third"] {
            assert_eq!(over.estimate(measure(name), 0), None, "{name} with `{more}`");
        }
        assert!(only(&shop("1ms", "6ms", more)).unstable.is_empty(), "`{more}`");
    }
}

/// A run by hand goes as far as one likes: it is measured as a whole, whatever the scenario's study.
#[test]
fn a_run_by_hand_has_no_warm_up() {
    let text = shop("1ms", "6ms", "");
    let scenario = scenario::load("shop.toml", &text, &[]).unwrap().variants.remove(0).scenario;
    let mut sim = amqpsim::sim::Sim::new(&scenario, 1);
    sim.run_for(amqpsim::units::SimDuration::from_secs(3));
    let outcome = sim.finish();
    assert!(outcome.is_measured() && measure("enqueued").of(&outcome, 0).unwrap() > 200.0);
}

/// Counting what queues hold changes nothing, and who is watched counts the same.
#[test]
fn looking_at_populations_does_not_change_a_run() {
    let text = shop("1ms", "9ms", "prefetch-count = 3");
    let steady = scenario::load("shop.toml", &text, &[]).unwrap().variants.remove(0).scenario.system;
    let mut whole = steady.clone();
    whole.measured_from = None;
    let (looked, not_looked) = (simulate(&steady, 7), simulate(&whole, 7));
    assert_eq!((&looked.ledger, looked.end), (&not_looked.ledger, not_looked.end));
    assert_eq!(looked.queues[0].depth_series, not_looked.queues[0].depth_series);
    assert_eq!((looked.queues[0].populations.len(), not_looked.queues[0].populations.len()), (192, 0));
    assert_eq!(simulate_recorded(&steady, 7, |_, _| {}), looked);
}

#[test]
fn a_run_that_ends_before_its_warm_up_is_over_has_no_values_and_says_so() {
    let text = shop("1ms", "6ms", "").replace("routing-key", "count = 300\nrouting-key");
    let result = result(&text);
    let variant = &result.variants[0];
    assert!(variant.outcomes.iter().all(|outcome| !outcome.is_measured()));
    for name in ["sojourn-mean", "depth-mean", "enqueued", "throughput"] {
        assert_eq!(variant.estimate(measure(name), 0), None, "{name}");
    }
    let published = variant.estimate(find_in(Scope::Run, "published").unwrap(), 0).unwrap();
    assert_eq!(published.ends(), Some((300.0, 300.0)), "the books are those of whole runs");
    let text = flowing(&summary(&result));
    assert!(text.contains("warning: all 5 runs ended, the first at"), "{text}");
    assert!(text.contains("before the warm-up of 10s was over, so that nothing was measured"), "{text}");
    assert!(!text.contains("`billing` processed"), "{text}");
}

/// All variants leave out the longest warm-up, and for one of them that is more than its run.
#[test]
fn a_warm_up_longer_than_the_run_of_a_variant_leaves_it_without_values() {
    let text = shop("1ms", "6ms", "")
        + "[[variant]]\nname = \"long\"\n[[variant]]\nname = \"short\"\n\
           set = { \"replication.duration\" = \"8s\", \"replication.warm-up\" = \"1s\" }\n";
    let result = result(&text);
    let (long, short) = (&result.variants[0], &result.variants[1]);
    assert!(long.estimate(measure("sojourn-mean"), 0).is_some());
    assert_eq!(short.estimate(measure("sojourn-mean"), 0), None);
    assert!(short.outcomes.iter().all(|outcome| outcome.end.at.as_nanos() == 8_000_000_000));
    let text = flowing(&comparison_summary(&result, &compare(&result)));
    assert!(text.contains("warning: variant `short`: all 5 runs ended, the first at 8s, before"), "{text}");
    assert!(!text.contains("times are those of `long`"), "{text}");
}

#[test]
fn a_comparison_says_which_variant_does_not_keep_up() {
    let text = shop("1ms", "6ms", "prefetch-count = 5")
        + "[[variant]]\nname = \"fast\"\n[[variant]]\nname = \"slow\"\nset = { \"consumer.billing.speed\" = 0.5 }\n";
    let result = result(&text);
    let text = comparison_summary(&result, &compare(&result));
    assert!(text.contains("unstable: variant `slow`: queue `tasks` does not keep up"), "{text}");
    assert!(text.contains("`slow`: `tasks` does not keep up and has no long run"), "{text}");
    assert!(text.lines().any(|line| line.contains("sojourn-p95") && line.ends_with("unstable")), "{text}");
}

#[test]
fn theory_is_not_held_against_runs_that_were_cut_short() {
    let text = shop("0s", "6ms", "prefetch-count = 1");
    assert!(summary(&result(&text)).contains("theory: queue `tasks` is M/M/1"));
    let cut = result(&text.replace("duration", "events-max = 15_000\nduration"));
    assert!(cut.variants[0].outcomes.iter().all(|outcome| outcome.end.why == EndReason::EventLimit));
    assert!(cut.variants[0].outcomes[0].is_measured());
    assert!(!summary(&cut).contains("theory: queue"));
}

#[test]
fn nothing_left_out_is_said_to_leave_a_bias() {
    let text = shop("1ms", "6ms", "").replace("warm-up = \"10s\"", "warm-up = \"0s\"");
    let text = flowing(&summary(&result(&text)));
    assert!(
        text.contains("measured from the start: the scenario gives no warm-up. Queues are empty at first"),
        "{text}"
    );
}

/// About as many messages as a 95th percentile takes, 20: some runs have it.
#[test]
fn a_number_of_some_replications_says_of_how_many() {
    let text = shop("1ms", "6ms", "")
        .replace("duration = \"60s\"\nwarm-up = \"10s\"", "duration = \"400ms\"\nwarm-up = \"200ms\"");
    let result = result(&text);
    let some = measure("sojourn-p95").values(&result.variants[0].outcomes, 0).len();
    assert!((1..5).contains(&some), "{some}");
    let text = summary(&result);
    assert!(text.contains(&format!("(n = {some} of 5)")), "{text}");
}
