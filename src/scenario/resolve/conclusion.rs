//! What consumers do with a delivery when their work is done: whether and when they acknowledge it, and what else.

use crate::model::{Acknowledge, Conclusion, RefuseBy};
use crate::random::Probability;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::ids;
use crate::scenario::node::shortened;
use crate::scenario::quantities::{duration, probability};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::{choice, choices_by_name};
use crate::units::SimDuration;

use super::check::refuse;
use super::class::Classes;
use super::producer::needs;

/// In the order of the key's words.
const ACKNOWLEDGE: [Acknowledge; 3] =
    [Acknowledge::AfterProcessing, Acknowledge::BeforeProcessing, Acknowledge::Automatic];

/// The keys of a consumer that say how its work ends.
pub(super) struct Conclusions {
    pub(super) acknowledge: Acknowledge,
    /// One for each class.
    pub(super) by_class: Vec<Conclusion>,
    pub(super) refuse_by: RefuseBy,
    pub(super) restart_after: Option<SimDuration>,
    pub(super) failure: Option<(Probability, Conclusion)>,
}

/// `calls_fail`: whether the calls that it makes may fail; `None`: it makes none.
pub(super) fn read(reader: &mut Reader<'_>, classes: &Classes, calls_fail: Option<bool>) -> Conclusions {
    let acknowledge = reader.read("acknowledge", choice).unwrap_or_default();
    let by_class = by_class(reader, classes);
    let probability = reader.read("failure-probability", probability);
    let failure =
        reader.read("failure", choice).map_or(Conclusion::Requeue, |how| Conclusion::ALL[how.value + 1]);
    if calls_fail.is_none() {
        needs(reader, "failure", "failure-probability", "0.01");
    }
    let fails = probability.is_some() || calls_fail == Some(true);
    let probability = probability.map(|probability| probability.value);
    let conclusions = Conclusions {
        acknowledge: ACKNOWLEDGE[acknowledge.value],
        refuse_by: if reader.flag("nack") { RefuseBy::Nack } else { RefuseBy::Reject },
        restart_after: reader.read("restart-after", duration).map(|after| after.value),
        failure: probability
            .or(calls_fail.map(|_| Probability::ZERO))
            .map(|probability| (probability, failure)),
        by_class,
    };
    let failure = conclusions.failure.iter().map(|(_, how)| how).filter(|_| fails);
    let all: Vec<Conclusion> = conclusions.by_class.iter().chain(failure).copied().collect();
    let any = |wanted: &[Conclusion]| all.iter().any(|one| wanted.contains(one));
    if !any(&[Conclusion::Reject, Conclusion::Requeue]) {
        refuse(reader, "a consumer that neither rejects nor requeues", &["nack"]);
    }
    if !any(&[Conclusion::Crash]) {
        refuse(reader, "a consumer that does not crash", &["restart-after"]);
    }
    let unsettled = [Conclusion::Reject, Conclusion::Requeue, Conclusion::Hang];
    if conclusions.acknowledge != Acknowledge::AfterProcessing && any(&unsettled) {
        settled_before(reader, &acknowledge, &unsettled, &all);
    }
    conclusions
}

/// Reports an outcome that needs a delivery which is not settled yet.
fn settled_before(
    reader: &mut Reader<'_>,
    acknowledge: &Placed<usize>,
    unsettled: &[Conclusion],
    by_class: &[Conclusion],
) {
    let Some(how) = by_class.iter().find(|one| unsettled.contains(one)) else { return };
    let message = format!(
        "{} has the outcome `{}`, but its deliveries are settled before its work is done",
        reader.owner(),
        how.name()
    );
    let key = if reader.has("failure-probability") {
        "failure-probability"
    } else if reader.has("downstream") {
        "downstream"
    } else if reader.has("outcome-by-class") {
        "outcome-by-class"
    } else {
        "outcome"
    };
    reader.problems.push(
        Diagnostic::error(ids::CONFLICTING_KEYS, message)
            .at(reader.place_of(key))
            .also(acknowledge.place.as_ref(), "they are settled here")
            .help("take out `acknowledge`, so that it acknowledges after processing"),
    );
}

/// One conclusion for each class: its own one, or that of all messages.
fn by_class(reader: &mut Reader<'_>, classes: &Classes) -> Vec<Conclusion> {
    let general = reader.read("outcome", choice).unwrap_or_default().value;
    let mut conclusions = vec![Conclusion::ALL[general]; classes.specs.len()];
    let own = reader.read("outcome-by-class", choices_by_name).unwrap_or_default().value;
    for (class, how) in own {
        let shown = shortened(&class.value);
        let message = format!("{} has an outcome for class `{shown}`, which is not declared", reader.owner());
        if let Some(at) = classes.names.find(&class, || message, reader.problems) {
            conclusions[at + 1] = Conclusion::ALL[how];
        }
    }
    conclusions
}
