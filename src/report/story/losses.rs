//! What a story's part of a run has lost, in one line at its end.

use std::collections::BTreeMap;

use crate::observe::{Fact, LossCause, What};
use crate::units::SimTime;

use super::page::instant;

/// How many were lost by each cause, with the first and the last instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses(BTreeMap<LossCause, (u64, SimTime, SimTime)>);

impl Losses {
    pub(super) fn observe(&mut self, at: SimTime, what: &What) {
        if let What::LostOutside { cause, .. }
        | What::Broker(Fact::Lost { cause, .. } | Fact::PublishRefused { cause, .. }, _) = what
        {
            let (count, _, last) = self.0.entry(*cause).or_insert((0, at, at));
            *count += 1;
            *last = at;
        }
    }

    /// The line; `None` if nothing was lost.
    pub(super) fn line(&self) -> Option<String> {
        let causes = self.0.iter().map(|(cause, &(count, first, last))| {
            let when = if first == last {
                format!("at {}", instant(first))
            } else {
                format!("from {} to {}", instant(first), instant(last))
            };
            format!("{count} ({}, {when})", cause.words())
        });
        let causes: Vec<_> = causes.collect();
        (!causes.is_empty()).then(|| format!("Lost in all: {}.", causes.join("; ")))
    }
}
