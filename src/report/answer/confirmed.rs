//! The first thing said where anything was promised: whether a confirmed message was lost. What may still come in a run that
//! was cut short is unfinished, so that only runs that drained show that nothing was lost.

use super::{confirms, crashes};
use crate::experiment::VariantResult;
use crate::measure::{EndReason, Outcome, ProducerOutcome, Unit};
use crate::report::numbers::{self, counted};
use crate::stats::{Estimate, rule_of_three, wilson_interval};

/// One clause where a producer asked for confirms or a crash was planned, unless nobody can know yet.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    if !confirms(variant) && !crashes(variant) {
        return Vec::new();
    }
    let outcomes = &variant.outcomes;
    let lost: u64 = outcomes.iter().map(lost_though_confirmed).sum();
    if lost > 0 {
        return vec![some_lost(variant, lost)];
    }
    let drained = outcomes.iter().filter(|outcome| outcome.end.why == EndReason::Drained).count() as u64;
    if drained == 0 {
        return Vec::new();
    }
    let confirmed = outcomes.iter().flat_map(|outcome| &outcome.producers).any(|one| one.promised() > 0);
    let n = outcomes.len() as u64;
    let word = promise(variant);
    vec![match n {
        _ if !confirms(variant) => "no producer asked for confirms".to_owned(),
        _ if !confirmed => "nothing was confirmed".to_owned(),
        // To its reader, what was dropped is lost.
        1 if outcomes[0].ledger.unroutable > 0 => format!("no {word} message was lost that a queue got"),
        1 => format!("no {word} message was lost"),
        n => {
            let dropped = outcomes.iter().any(|outcome| outcome.ledger.unroutable > 0);
            let got = if dropped { " that a queue got" } else { "" };
            let those = if drained < n { " that came to their end" } else { "" };
            format!("0 of {drained} runs{those} lost a {word} message{got}{}", at_most(drained))
        }
    }]
}

/// What the broker has promised: in words.
fn promise(variant: &VariantResult) -> &'static str {
    let any = |count: fn(&ProducerOutcome) -> u64| {
        variant.outcomes.iter().flat_map(|outcome| &outcome.producers).any(|one| count(one) > 0)
    };
    match (any(|one| one.confirmed), any(|one| one.committed)) {
        (true, true) => "confirmed or committed",
        (false, true) => "committed",
        _ => "confirmed",
    }
}

/// What nothing in `n` runs says of others: `: at most 3 % of runs do (95 %, rule of three)`.
pub(super) fn at_most(n: u64) -> String {
    let bound = rule_of_three(n);
    if bound < 1.0 {
        format!(": at most {} of runs do (95 %, rule of three)", numbers::quantity(bound, Unit::Share))
    } else {
        ", which are too few to say how many do".to_owned()
    }
}

fn lost_though_confirmed(outcome: &Outcome) -> u64 {
    outcome.producers.iter().map(|producer| producer.lost_though_confirmed).sum()
}

fn some_lost(variant: &VariantResult, lost: u64) -> String {
    let outcomes = &variant.outcomes;
    let n = outcomes.len() as u64;
    let some = outcomes.iter().filter(|outcome| lost_though_confirmed(outcome) > 0).count() as u64;
    let were = if lost == 1 { "was" } else { "were" };
    let so_far =
        if outcomes.iter().all(|outcome| outcome.end.why == EndReason::Drained) { "" } else { " so far" };
    let text = format!("{} {were} lost though {}{so_far}", counted(lost, "message"), promise(variant));
    let values: Vec<f64> = outcomes.iter().map(|outcome| lost_though_confirmed(outcome) as f64).collect();
    match (Estimate::of(&values, variant.is_random()), wilson_interval(some, n)) {
        (Some(mean), Some(share)) if n > 1 => format!(
            "{text} in {n} replications, {} a run ({some} of {n} lost some: {:.0} % to {:.0} % of such runs, 95 %, Wilson)",
            numbers::estimate(&mean, Unit::Count),
            share.lower * 100.0,
            share.upper * 100.0
        ),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::experiment::{Plan, RunResult};

    fn said(replications: u32, change: impl Fn(u64, &mut Outcome) + Sync) -> Vec<String> {
        let plan = Plan { replications: Some(replications), ..plan(replications > 1, 1) };
        let result: RunResult = run_example(&plan, |_, seed, outcome| {
            outcome.producers[0].confirmed = 100;
            change(seed, outcome);
        })
        .unwrap();
        clauses(&result.variants[0])
    }

    #[test]
    fn one_run_says_what_it_lost() {
        assert_eq!(said(1, |_, _| {}), ["no confirmed message was lost"]);
        assert_eq!(
            said(1, |_, outcome| outcome.producers[0].lost_though_confirmed = 2),
            ["2 messages were lost though confirmed"]
        );
        assert!(said(1, |_, outcome| outcome.producers[0].confirmed = 0).is_empty());
        assert_eq!(
            said(1, |_, outcome| outcome.ledger.unroutable = 1),
            ["no confirmed message was lost that a queue got"]
        );
        let unanswered = said(1, |_, outcome| {
            (outcome.producers[0].confirmed, outcome.producers[0].unanswered) = (0, 100);
        });
        assert_eq!(unanswered, ["nothing was confirmed"]);
    }

    #[test]
    fn a_run_that_was_cut_short_has_not_shown_that_nothing_is_lost() {
        let said = |lost: u64| {
            said(1, move |_, outcome| {
                outcome.end.why = EndReason::TimeLimit;
                outcome.producers[0].lost_though_confirmed = lost;
            })
        };
        assert!(said(0).is_empty());
        assert_eq!(said(1), ["1 message was lost though confirmed so far"]);
    }

    /// Three in a hundred, as Hanley and Lippman-Hand have it.
    #[test]
    fn nothing_in_many_runs_bounds_how_many_runs_lose_something() {
        assert_eq!(
            said(100, |_, _| {}),
            ["0 of 100 runs lost a confirmed message: at most 3 % of runs do (95 %, rule of three)"]
        );
        assert_eq!(
            said(3, |_, _| {}),
            ["0 of 3 runs lost a confirmed message, which are too few to say how many do"]
        );
        let half = said(100, |seed, outcome| {
            outcome.end.why = if seed % 2 == 0 { EndReason::Drained } else { EndReason::TimeLimit };
        });
        assert_eq!(
            half,
            [
                "0 of 50 runs that came to their end lost a confirmed message: at most 6 % of runs do (95 %, rule of three)"
            ]
        );
    }

    /// The Wilson interval of 5 of 10 is 23.66 % to 76.34 %. The values 0 and 2, five times each, have mean 1, deviation
    /// 1.0541 and, with 2.2622 for nine degrees of freedom, a half-width of 0.754.
    #[test]
    fn losses_of_several_runs_have_an_interval_and_so_has_how_many_runs_have_any() {
        assert_eq!(
            said(10, |seed, outcome| outcome.producers[0].lost_though_confirmed = seed % 2 * 2),
            [
                "10 messages were lost though confirmed in 10 replications, 1.00 ± 0.75 a run (5 of 10 lost some: 24 % to \
                 76 % of such runs, 95 %, Wilson)"
            ]
        );
    }
}
