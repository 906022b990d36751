//! What several replications say of losses: how many a run, and in how many of them there were any.

use super::answer::{confirms, crashes};
use super::{numbers, table};
use crate::experiment::VariantResult;
use crate::measure::{Scope, Unit, find_in};
use crate::stats::{Estimate, rule_of_three, wilson_interval};

/// Measures of the run, the worst first, with their words.
const LOSSES: [(&str, &str); 3] = [
    ("confirmed-and-lost", "messages lost though confirmed"),
    ("messages-lost", "messages lost"),
    ("lost", "losses, whatever their cause"),
];

/// One kind of loss over several replications.
pub(super) struct Loss {
    /// The measure's name, and what it counts in words.
    pub measure: &'static str,
    words: &'static str,
    /// How many a run.
    pub mean: Option<Estimate>,
    /// In how many runs there were any, and of how many.
    pub some: u64,
    pub n: u64,
    /// Between these two, 0 to 1, lies the share of such runs that have any, at 95 %.
    pub share: (f64, f64),
    /// By which method.
    pub method: &'static str,
}

/// What several replications say of each kind; empty for a single one.
pub(super) fn all(variant: &VariantResult) -> Vec<Loss> {
    let n = variant.outcomes.len() as u64;
    if n < 2 {
        return Vec::new();
    }
    let of = |(name, words): &(&'static str, &'static str)| {
        let measure = find_in(Scope::Run, name)?;
        let some = measure.values(&variant.outcomes, 0).iter().filter(|value| **value > 0.0).count() as u64;
        let (share, method) = match wilson_interval(some, n) {
            Some(interval) if some > 0 => ((interval.lower, interval.upper), "Wilson"),
            _ => ((0.0, rule_of_three(n)), "rule of three"),
        };
        Some(Loss { measure: name, words, mean: variant.estimate(measure, 0), some, n, share, method })
    };
    LOSSES.iter().filter_map(of).collect()
}

/// The table, with its title, for several replications of what asks for confirms or has a crash planned.
pub(super) fn losses(variant: &VariantResult) -> String {
    let all = if confirms(variant) || crashes(variant) { all(variant) } else { Vec::new() };
    if all.is_empty() {
        return String::new();
    }
    let rows = all.iter().map(|loss| {
        let percent = |share: f64| numbers::quantity(share, Unit::Share);
        let (lower, upper) = (percent(loss.share.0), percent(loss.share.1));
        let share = if loss.some == 0 { format!("at most {upper}") } else { format!("{lower} to {upper}") };
        vec![
            loss.words.to_owned(),
            loss.mean.map_or_else(|| "-".to_owned(), |mean| numbers::estimate(&mean, Unit::Count)),
            format!("{} of {}", loss.some, loss.n),
            format!("{share} ({})", loss.method),
        ]
    });
    table::titled("losses", &["what", "a run", "runs with any", "of such runs, 95 %"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Plan;
    use crate::experiment::tests::{plan, run_example};

    #[test]
    fn a_loss_that_was_not_met_has_a_bound_and_not_a_bare_zero() {
        let plan = Plan { replications: Some(10), ..plan(true, 1) };
        let result = run_example(&plan, |_, seed, outcome| {
            outcome.producers[0].confirmed = 100;
            outcome.producers[0].messages_lost = seed % 2 * 2;
        });
        let text = losses(&result.unwrap().variants[0]);
        let text = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let rows: Vec<String> = text.skip(3).collect();
        assert_eq!(
            rows[..2],
            [
                "messages lost though confirmed 0 0 of 10 at most 30 % (rule of three)",
                "messages lost 1.00 ± 0.75 5 of 10 23.7 % to 76.3 % (Wilson)"
            ]
        );
    }

    #[test]
    fn a_single_run_and_one_without_promises_have_no_table() {
        let single = run_example(&plan(false, 1), |_, _, outcome| outcome.producers[0].confirmed = 1);
        assert_eq!(losses(&single.unwrap().variants[0]), "");
        let result = run_example(&plan(true, 1), |_, _, _| {});
        assert_eq!(losses(&result.unwrap().variants[0]), "");
    }
}
