//! The name of an experiment with dispatch, so that nobody takes its numbers for RabbitMQ's.

use super::wrap::wrap;
use crate::scenario::Scenario;

/// Columns of a line.
const WIDTH: usize = 110;

/// Which dispatch policies are simulated instead of RabbitMQ's own, a line that ends with a line feed; nothing if none is.
/// Each scenario comes with its name, which is told where they differ.
pub(super) fn line<'a>(scenarios: impl Iterator<Item = (&'a str, &'a Scenario)>) -> String {
    let all: Vec<(&str, &Scenario)> = scenarios.collect();
    let policy = |scenario: &Scenario| scenario.system.settings.dispatch;
    let Some((_, first)) = all.first() else { return String::new() };
    if all.iter().all(|(_, one)| policy(one) == policy(first)) {
        return match experiment(first) {
            Some(name) => format!("dispatch: {name} (an experiment: RabbitMQ deals out in turn)\n"),
            None => String::new(),
        };
    }
    let experiments = all.iter().filter_map(|(name, one)| Some(format!("{} in `{name}`", experiment(one)?)));
    let words = experiments.collect::<Vec<_>>().join(", ");
    let text = format!("{words} (experiments: RabbitMQ deals out in turn, as in all others)");
    format!("{}\n", wrap("dispatch: ", 10, &text, WIDTH).join("\n"))
}

/// The name of the dispatch policy, if it is not RabbitMQ's own.
pub(super) fn experiment(scenario: &Scenario) -> Option<&'static str> {
    let policy = scenario.system.settings.dispatch;
    policy.is_experiment().then(|| policy.name())
}

/// What a title says of an experiment: nothing, or `, dispatch: least-unacked (an experiment)`.
pub(super) fn in_title(scenario: Option<&Scenario>) -> String {
    scenario
        .and_then(experiment)
        .map(|name| format!(", dispatch: {name} (an experiment)"))
        .unwrap_or_default()
}
