//! What `[replication]` says of the kind of study and of its precision.

use crate::measure::{CATALOGUE, MeasureId, Scope, find_in};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::ids;
use crate::scenario::node::shortened;
use crate::scenario::quantities::{duration_or_auto, probability};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::study::{Horizon, Precision, Study};
use crate::scenario::suggest::nearest;
use crate::scenario::values::{choice, integer, text};
use crate::units::SimDuration;

use super::check::refuse;

const BILLION: f64 = 1e9;

pub(super) fn read(reader: &mut Reader<'_>, end: &Placed<SimDuration>) -> Study {
    let steady = reader.read("study", choice).is_some_and(|word| word.value == 1);
    let warm_up = reader.read("warm-up", duration_or_auto);
    let precision = precision(reader);
    if !steady {
        refuse(reader, "a terminating study", &["warm-up"]);
        return Study { horizon: Horizon::Terminating, precision, details: None };
    }
    if let Some(Placed { value: Some(length), place }) = &warm_up
        && *length >= end.value
    {
        let message = format!("the warm-up takes {length}, but the replication ends at {}", end.value);
        let diagnostic = Diagnostic::error(ids::START_AFTER_END, message)
            .at(place.as_ref())
            .also(end.place.as_ref(), "the replication ends here");
        reader.problems.push(diagnostic);
    }
    let horizon = Horizon::SteadyState { warm_up: warm_up.and_then(|length| length.value) };
    Study { horizon, precision, details: None }
}

fn precision(reader: &mut Reader<'_>) -> Option<Precision> {
    let relative = reader.read("precision", probability);
    let of = reader.read("precision-of", text);
    let most = reader.read("replications-max", integer);
    if !reader.has("precision") {
        refuse(reader, "a fixed number of replications", &["precision-of", "replications-max"]);
        return None;
    }
    if reader.has("replications") {
        let message =
            "there are as many replications as `replications` says, or as `precision` takes, got both";
        let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, message)
            .at(reader.key_place("replications"))
            .also(reader.key_place("precision"), "the precision is here")
            .help("take out `replications`; `replications-max` bounds their number");
        reader.problems.push(diagnostic);
    }
    let of = measure(&of?, reader)?;
    let relative = f64::from(relative?.value.billionths()) / BILLION;
    Some(Precision { relative, of, most: most?.value as u32 })
}

/// The measure with this name that belongs to the most: to the run, a queue, a producer, a consumer or a downstream.
fn measure(named: &Placed<String>, reader: &mut Reader<'_>) -> Option<MeasureId> {
    let scopes = [Scope::Run, Scope::Queue, Scope::Producer, Scope::Consumer, Scope::Downstream];
    let found = scopes.into_iter().find_map(|scope| find_in(scope, &named.value));
    if found.is_none() {
        let near = nearest(&named.value, CATALOGUE.iter().map(|measure| measure.name));
        let message = format!("there is no measure `{}`", shortened(&named.value));
        let diagnostic = Diagnostic::error(ids::UNKNOWN_MEASURE, message)
            .at(named.place.as_ref())
            .help_if(near.map(|near| format!("did you mean `{near}`?")))
            .note("`amqpsim list measures` shows all measures");
        reader.problems.push(diagnostic);
    }
    found
}
