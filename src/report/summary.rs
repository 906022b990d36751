//! The summary in text: the answer first, then what was run, then the tables, then the command that does it again.

use super::answer::{confirms, crashes, republished};
use super::wrap::prose;
use super::{
    answer, checks, closer, comparison, duplicates, emphasis, errors, fates, faults, head, losses, plot,
    table, theory,
};
use crate::experiment::{Comparison, RunResult, VariantResult};
use crate::measure::ConsumerOutcome;

/// Columns of a line.
const WIDTH: usize = 110;

/// The summary of `run`: every variant by itself.
pub fn summary(result: &RunResult) -> String {
    let mut text = first_lines(&answer(result));
    text += &head::head(result);
    if result.names_variants {
        text += "\n";
    }
    for variant in &result.variants {
        if result.names_variants {
            text += &format!("{}\n", emphasis::strong(&titled(variant)));
        }
        text += &body(variant, result.replications);
    }
    text + &head::foot(result, "run")
}

/// The summary of `compare`: the variants side by side, and what they do to the first one's numbers.
pub fn comparison_summary(result: &RunResult, comparison: &Comparison) -> String {
    let mut text = first_lines(&answer::comparison_answer(result, comparison));
    text += &head::head(result);
    for variant in &result.variants {
        text += &format!("{}\n", titled(variant));
    }
    text += "\n";
    for variant in &result.variants {
        text += &theory::warnings(variant, &format!("variant `{}`", variant.variant.name));
    }
    text += &comparison::side_by_side(result);
    text += &comparison::differences(result, comparison);
    text += &faults::by_variant(&result.variants);
    text += &checks::by_variant(&result.variants);
    text + &head::foot(result, "compare")
}

/// The answer, one bold line for each variant if there are several, broken where it is long.
fn first_lines(answer: &str) -> String {
    let lines: Vec<String> = answer.lines().map(|line| prose(line, WIDTH)).collect();
    format!("{}\n\n", emphasis::strong(&lines.join("\n")))
}

/// A variant with what it changes.
fn titled(variant: &VariantResult) -> String {
    let changes: Vec<String> =
        variant.variant.changes.iter().map(|(address, value)| format!("{address} = {value}")).collect();
    let name = format!("variant `{}`", variant.variant.name);
    if changes.is_empty() { name } else { prose(&format!("{name}: {}", changes.join(", ")), WIDTH) }
}

fn refuses(consumer: &ConsumerOutcome) -> bool {
    let refused = consumer.rejected + consumer.requeued + consumer.left_hanging;
    refused + consumer.crashes_at_work + consumer.cancelled > 0
}

/// Whether a queue has several consumers.
fn is_shared(variant: &VariantResult) -> bool {
    let Some(outcome) = variant.outcomes.first() else { return false };
    outcome.queues.iter().any(|queue| queue.consumers.len() > 1)
}

/// Whether a queue keeps something on a disk.
fn keeps(variant: &VariantResult) -> bool {
    variant.outcomes.iter().flat_map(|outcome| &outcome.queues).any(|queue| queue.safety.kept > 0)
}

fn body(variant: &VariantResult, asked: u32) -> String {
    let mut text = head::replications(variant, asked);
    text += &theory::warnings(variant, "");
    text += &theory::theory(variant);
    text += &losses::losses(variant);
    text += &table::of_measures(&table::CONSUMERS, variant);
    let idle = |one: &ConsumerOutcome| !one.idle_while_work_waits().is_zero();
    if variant.outcomes.iter().flat_map(|outcome| &outcome.consumers).any(idle) {
        text += &table::of_measures(&table::IDLE, variant);
    }
    if variant.outcomes.iter().flat_map(|outcome| &outcome.consumers).any(refuses) {
        text += &table::of_measures(&table::REFUSALS, variant);
    }
    text += &table::of_measures(&table::DOWNSTREAMS, variant);
    text += &table::of_measures(&table::QUEUES, variant);
    if is_shared(variant) {
        text += &table::of_measures(&table::FAIRNESS, variant);
    }
    let cost = if variant.warm_up.is_some() { &table::COST_OF_LONG_RUN } else { &table::COST };
    text += &table::of_measures(cost, variant);
    text += &closer::closer(variant);
    text += &table::of_measures(&table::PRODUCERS, variant);
    if confirms(variant) {
        text += &table::of_measures(&table::CONFIRMS, variant);
    }
    if keeps(variant) && (confirms(variant) || crashes(variant)) {
        text += &table::of_measures(&table::SAFETY, variant);
        text += &table::of_measures(&table::PROMISES, variant);
    }
    if republished(variant) {
        text += &table::of_measures(&table::REPUBLISHED, variant);
    }
    text += &duplicates::duplicates(variant);
    text += &fates::fates(variant);
    text += &plot::depths(variant);
    text += &errors::errors(variant);
    text += &faults::notes(variant);
    text += &checks::checks(variant);
    text
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them")]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::experiment::compare;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::Outcome;
    use crate::scenario::{Scenario, Variant};
    use crate::units::SimDuration;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_single_run_reads_from_the_answer_to_the_command() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        expect![[r#"
            `slow` got 25 % of the 100 messages of `tasks` and finished 31s after `fast`, so that the work took 2 times as
              long as its consumers needed together; 2 deliveries were repeats (redelivered), 1 to `fast`, 1 to `slow`;
              nothing was lost.

            scenario: example (example.toml), profile rabbitmq-4.3, amqpsim 0.1.0
            seed 1: nothing is random, so one run says as much as 3

            consumers
             consumer  processed  share  utilisation  idle-while-  sojourn-p50  sojourn-p95  finished-at
                                                       work-waits
            ─────────────────────────────────────────────────────────────────────────────────────────────
             fast             75   75 %       48.4 %          31s     ≈379.6ms     ≈717.2ms          31s
             slow             25   25 %       96.8 %           0s     ≈129.5ms     ≈240.1ms          62s

            idle while work waits, by where it waits: in the queue, or in a buffer only
             consumer  idle-while-  idle-while-  idle-while-
                        work-waits       queued     buffered
            ─────────────────────────────────────────────────
             fast              31s          11s          20s
             slow               0s           0s           0s

            queues
             queue  enqueued  delivered  redelivered  acked  depth-mean  depth-max  ready-at-end  unacked-at-end
            ─────────────────────────────────────────────────────────────────────────────────────────────────────
             tasks       100        102            2    100       5.238         10             0               0

            fairness
             queue  jain-messages  jain-work  jain-busy  max-min-share  max-min-work  max-min-busy
            ───────────────────────────────────────────────────────────────────────────────────────
             tasks            0.8        0.9        0.9              3             2             2

            how long the work took
             queue  idle-while-  makespan  makespan-ratio  sojourn-mean  sojourn-p95
                     work-waits
            ─────────────────────────────────────────────────────────────────────────
             tasks          31s       62s               2       317.5ms     ≈700.4ms

            producers
             producer  published  returned  confirmed  nacked
            ──────────────────────────────────────────────────
             shop            100         0          0       0

            fates
             fate              messages
            ────────────────────────────
             published              100
             copies in queues       100
             processed              100
             redelivered              2

            ready messages over time (0s to 63s)
             tasks  ███████████▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▅▄▄▄▄▄▄▄▄▄▄▄▄▃▃▃▃▃▂▂▂▂▂▂▁▁▁▁▁▁▁▁▁  highest 10

            checks
             held           nothing-lost: No copy of a message was lost, whatever the cause.

            again: amqpsim run example.toml --seed 1 --replications 3
        "#]].assert_eq(&plain(&summary(&result)));
    }

    #[test]
    fn variants_are_compared_in_pairs_of_seeds() {
        let mut plan = plan(true, 1);
        plan.names_variants = true;
        let faster = plan.variants[0].clone();
        let changes = vec![("consumer.*.prefetch-count".to_owned(), "1".to_owned())];
        plan.variants.push(Variant { name: "prefetch-1".into(), changes, ..faster });
        plan.variants[1].scenario.name = "faster".into();
        let change = |scenario: &Scenario, seed: u64, outcome: &mut Outcome| {
            let length = if scenario.name == "faster" { 32 } else { 62 };
            outcome.queues[0].makespan = Some(SimDuration::from_millis(length * 1000 + seed * seed * 10));
        };
        let result = run_example(&plan, change).unwrap();
        expect![[r#"
            `base`: `slow` got 25 % of the 100 messages of `tasks` and finished 31s after `fast`, so that the work took 2
              times as long as its consumers needed together; 6 deliveries were repeats (redelivered), 3 to `fast`, 3 to
              `slow` in 3 replications; nothing was lost in 3 replications.
            `prefetch-1`: everything was processed 30s sooner than with `base` (equal in all of 3 replications).

            scenario: example (example.toml), profile rabbitmq-4.3, amqpsim 0.1.0
            variant `base`
            variant `prefetch-1`: consumer.*.prefetch-count = 1

            side by side: mean ± half-width of the 95 % interval (n = 3 replications, Student); without ±: equal in all
                                         base      prefetch-1
            ─────────────────────────────────────────────────
             consumer `fast`
               utilisation       48.4 ± 0.1 %    93.6 ± 0.3 %

             consumer `slow`
               utilisation       96.7 ± 0.2 %           100 %

             queue `tasks`
               makespan        62.05s ± 0.10s  32.05s ± 0.10s
               makespan-ratio   2.002 ± 0.003   1.034 ± 0.003

            note: equal in all variants: consumer `fast`: processed 75, share 75 %, sojourn-p50 ≈379.6ms, sojourn-p95
                  ≈717.2ms, idle-while-work-waits 31s; consumer `slow`: processed 25, share 25 %, sojourn-p50 ≈129.5ms,
                  sojourn-p95 ≈240.1ms, idle-while-work-waits 0s; queue `tasks`: depth-mean 5.238, depth-max 10,
                  jain-messages 0.8, jain-busy 0.9, max-min-share 3, sojourn-p95 ≈700.4ms; run: published 100, processed
                  100, lost 0, unroutable 0, returned 0, redelivered 2, processed-again 0, dead-lettered 0, unfinished 0

            differences from `base`: common random numbers, in pairs of equal seeds (n = 3, 95 % paired Student)
                                   prefetch-1
            ─────────────────────────────────
             consumer `fast`
               utilisation     +45.3 ± 0.2 pp

             consumer `slow`
               utilisation      +3.3 ± 0.2 pp

             queue `tasks`
               makespan                  -30s
               makespan-ratio          -0.968

            note: `=`: equal in every pair of runs, or by less than is shown; pp are percentage points
            note: common random numbers divide the variance of a difference by 1.99 in the median, and at least by 1
                  (utilisation of consumer `slow`)

            checks of all 2 variants
             held           nothing-lost: No copy of a message was lost, whatever the cause. (in all of 3 replications)

            again: amqpsim compare example.toml --seed 1 --replications 3
        "#]].assert_eq(&plain(&comparison_summary(&result, &compare(&result))));
    }
}
