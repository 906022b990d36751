//! A fault that strikes right after some event of a run, and what it changes in the books. The system goes on from there
//! with nothing new published, until every message that was in doubt has its fate. Knows neither threads nor the rest of
//! the run.

use std::sync::Arc;

use super::event::SystemEvent;
use super::fault::{Condition, FaultKind, FaultSpec, Trigger};
use super::record::Lean;
use super::run::end_reason;
use super::spec::SystemSpec;
use super::system::System;
use crate::engine::{EventList, Limits, run, step};
use crate::measure::{EndReason, Ledger, LedgerError};
use crate::observe::LossCause;
use crate::units::SimTime;

/// A run that a fault can strike after any of its events. It goes on itself as if nothing had happened.
#[derive(Clone, Debug)]
pub struct CrashRun {
    /// Its last fault is the one that strikes.
    system: System<Lean>,
    events: EventList<SystemEvent>,
    handled: u64,
}

/// What became of a system after a fault had struck. Counts are differences between its end and the instant before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// Messages and copies that had no fate when it struck.
    pub in_doubt: u64,
    /// Losses by cause, those that were met, in order of a message's life. Whatever was lost since is among them, also to a
    /// time to live or to another fault of the scenario.
    pub losses: Vec<(LossCause, u64)>,
    /// Messages lost of which the producer knows, or comes to know, that the broker has confirmed them.
    pub lost_though_confirmed: u64,
    /// Times that a copy was processed which had been processed before.
    pub processed_again: u64,
    /// Acknowledged copies that came back.
    pub came_back: u64,
    /// Deliveries that overtook an older message of their queue.
    pub out_of_order: u64,
    /// Messages and copies that have no fate at the end: still queued, or the run reached a limit.
    pub unfinished: u64,
    /// Why it ended.
    pub end: EndReason,
}

impl Aftermath {
    /// All losses, whatever their cause.
    pub fn lost(&self) -> u64 {
        self.losses.iter().map(|(_, count)| count).sum()
    }

    /// Losses with this cause.
    pub fn lost_to(&self, cause: LossCause) -> u64 {
        self.losses.iter().find(|(met, _)| *met == cause).map_or(0, |&(_, count)| count)
    }

    /// Whether messages were left without a fate because a limit was reached.
    pub fn is_unfinished(&self) -> bool {
        self.end != EndReason::Drained && self.unfinished > 0
    }
}

impl CrashRun {
    /// The run of `spec` with this seed, at its start, and a fault of this kind.
    pub fn new(spec: &Arc<SystemSpec>, seed: u64, kind: FaultKind) -> Self {
        let mut spec = (**spec).clone();
        // It waits for what never comes, and strikes when it is told to.
        let trigger = Trigger::When(Condition::Events(u64::MAX));
        spec.faults.push(FaultSpec { name: "crash point".to_owned(), trigger, kind, stop_producers: true });
        let (system, events) = System::new(&Arc::new(spec), seed, Lean);
        CrashRun { system, events, handled: 0 }
    }

    /// Goes on until `event` events are handled, which is at least where it is already, and strikes a clone. When that was,
    /// and what became of the clone.
    ///
    /// # Errors
    /// The books of the clone do not balance.
    pub fn strike_after(&mut self, event: u64) -> Result<(SimTime, Aftermath), LedgerError> {
        let until = self.system.duration();
        while self.handled < event && step(&mut self.system, &mut self.events, until) {
            self.handled += 1;
        }
        let at = self.events.now();
        self.strike(self.system.clone(), self.events.clone()).map(|aftermath| (at, aftermath))
    }

    /// Strikes now and lets the system go on to the limits of its scenario.
    fn strike(
        &self,
        mut system: System<Lean>,
        mut events: EventList<SystemEvent>,
    ) -> Result<Aftermath, LedgerError> {
        let spec = Arc::clone(system.spec());
        let before = Totals::of(&mut system);
        system.fault_begins(spec.faults.len() - 1, &mut events);
        let left = spec.events_max.saturating_sub(self.handled);
        let end = run(&mut system, &mut events, Limits { time: spec.duration, events: left });
        let after = Totals::of(&mut system);
        after.ledger.balance()?;
        let lost = |cause: LossCause| after.ledger.lost_to(cause) - before.ledger.lost_to(cause);
        let losses = LossCause::ALL.into_iter().map(|cause| (cause, lost(cause)));
        Ok(Aftermath {
            in_doubt: before.ledger.unfinished(),
            losses: losses.filter(|&(_, count)| count > 0).collect(),
            // What was lost before may be there again.
            lost_though_confirmed: after.lost_though_confirmed.saturating_sub(before.lost_though_confirmed),
            processed_again: after.ledger.processed_again - before.ledger.processed_again,
            came_back: after.ledger.came_back - before.ledger.came_back,
            out_of_order: after.out_of_order - before.out_of_order,
            unfinished: after.ledger.unfinished(),
            end: end_reason(end.why),
        })
    }
}

/// What the books say at one instant.
struct Totals {
    ledger: Ledger,
    lost_though_confirmed: u64,
    out_of_order: u64,
}

impl Totals {
    fn of(system: &mut System<Lean>) -> Totals {
        system.count_what_is_left();
        let books = &system.books;
        Totals {
            ledger: books.ledger.clone(),
            lost_though_confirmed: books.producers.iter().map(|book| book.lost_though_confirmed).sum(),
            out_of_order: books.queues.iter().map(|book| book.outcome.out_of_order).sum(),
        }
    }
}
