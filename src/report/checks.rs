//! The verdicts: one line a check, with its evidence below where it did not hold.

use super::wrap::wrap;
use super::{emphasis, numbers};
use crate::check::{CheckResult, Demand, Found, Verdict};
use crate::experiment::VariantResult;
use crate::measure::Unit;
use crate::stats::{rule_of_three, wilson_interval};

/// Columns of a line.
const WIDTH: usize = 110;

/// All checks of a variant, with a title, or nothing where the scenario has none.
pub(super) fn checks(variant: &VariantResult) -> String {
    if variant.checks.is_empty() { String::new() } else { format!("checks\n{}\n", lines(variant)) }
}

/// The checks of all variants; those with equal verdicts and evidence share their lines.
pub(super) fn by_variant(variants: &[VariantResult]) -> String {
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    for variant in variants.iter().filter(|variant| !variant.checks.is_empty()) {
        let (lines, name) = (lines(variant), format!("`{}`", variant.variant.name));
        match blocks.iter_mut().find(|(known, _)| *known == lines) {
            Some((_, names)) => names.push(name),
            None => blocks.push((lines, vec![name])),
        }
    }
    let titled = blocks.iter().map(|(lines, names)| match names.len() {
        n if n > 1 && n == variants.len() => format!("checks of all {n} variants\n{lines}\n"),
        _ => format!("checks of {}\n{lines}\n", names.join(", ")),
    });
    titled.collect()
}

fn lines(variant: &VariantResult) -> String {
    variant.checks.iter().map(|check| one(check, variant)).collect()
}

fn one(check: &CheckResult, variant: &VariantResult) -> String {
    let word = check.verdict.words();
    let painted = match check.verdict {
        Verdict::Held => emphasis::good(word),
        Verdict::Violated => emphasis::bad(word),
        Verdict::Undecided | Verdict::NotExercised => emphasis::doubtful(word),
    };
    let blanks = " ".repeat("not exercised".len() - word.len());
    // The lead has no width on a screen beyond its words, so the lines are broken before it is painted.
    let lead = " ".repeat("not exercised".len() + 3);
    let said = wrap(&lead, lead.len(), &format!("{}: {}", demand(check), found(check, variant)), WIDTH);
    let mut text = format!("{}\n", said.join("\n")).replacen(&lead, &format!(" {painted}{blanks}  "), 1);
    for line in notes(check, variant) {
        text += &format!("     = {line}\n");
    }
    text
}

/// What is demanded, for example `share of consumer slow at least 0.2`.
pub(super) fn demand(check: &CheckResult) -> String {
    match &check.spec.demand {
        Demand::Property(property) => property.name().to_owned(),
        Demand::Bound { measure, at_least, at_most, .. } => {
            let mut text = measure.name.to_owned();
            if !check.entity.is_empty() {
                text += &format!(" of {} `{}`", measure.scope.name(), check.entity);
            }
            for (limit, words) in [(at_least, "at least"), (at_most, "at most")] {
                if let Some(limit) = limit {
                    text += &format!(" {words} {}", numbers::quantity(*limit, measure.unit));
                }
            }
            text
        }
    }
}

/// What was found, with how sure it is.
fn found(check: &CheckResult, variant: &VariantResult) -> String {
    match (&check.found, &check.spec.demand) {
        (Found::Property { text, .. }, _) if check.verdict != Verdict::Held => text.clone(),
        (Found::Property { n, exercised, .. }, Demand::Property(property)) => {
            let statement = property.statement();
            if !variant.is_random() {
                statement.to_owned()
            } else if exercised < n {
                format!("{statement} (in the {exercised} of {n} replications that could have broken it)")
            } else {
                format!("{statement} (in all of {})", numbers::counted(*n, "replication"))
            }
        }
        (Found::Number(Some(estimate)), Demand::Bound { measure, .. }) => {
            format!("{} {}", numbers::estimate(estimate, measure.unit), numbers::certainty(estimate))
        }
        (Found::Number(_) | Found::Property { .. }, _) => "no replication has a value".to_owned(),
    }
}

/// What helps to judge the verdict: how often, how to look at it, what to raise.
fn notes(check: &CheckResult, variant: &VariantResult) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Found::Property { n, exercised, violated, .. }, true) = (&check.found, variant.is_random()) {
        if check.verdict == Verdict::Held && *exercised > 3 {
            let bound = numbers::quantity(rule_of_three(*exercised), Unit::Share);
            notes.push(format!("note: broken in fewer than {bound} of such runs (95 %, rule of three)"));
        }
        if let (true, Some(share)) = (*violated > 0 && *n > 1, wilson_interval(*violated, *n)) {
            notes.push(format!(
                "note: broken in {violated} of {n} replications, {:.0} % to {:.0} % of such runs (95 %, Wilson)",
                share.lower * 100.0,
                share.upper * 100.0
            ));
        }
    }
    if let Some(replication) = check.replication.and_then(|index| variant.replications.get(index)) {
        notes.push(format!("note: replication {}, seed {}", replication.index, replication.seed));
        notes.push(format!("replay: {replication}"));
    }
    if check.verdict == Verdict::Undecided {
        notes.push(if variant.outcomes.len() < 2 {
            "help: one replication gives no interval; raise `replications` to 10 or more".to_owned()
        } else {
            "help: a limit lies inside the interval; raise `replications` to make it narrower".to_owned()
        });
    }
    notes
}
