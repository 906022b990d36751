//! A fault that strikes right after some event of a run, and what it changes in the books. The system goes on from there
//! with nothing new published, until every message that was in doubt has its fate. What would have happened without the
//! fault as well is no work of the fault. Knows no threads.

use std::sync::Arc;

use super::books::Books;
use super::event::SystemEvent;
use super::fault::{Condition, FaultKind, FaultSpec, Trigger};
use super::loss_log::{CAUSES, LossLog};
use super::record::Lean;
use super::run::end_reason;
use super::spec::SystemSpec;
use super::system::{Node, System};
use crate::engine::{EventList, Limits, RunEnd, run, step};
use crate::measure::{EndReason, Ledger, LedgerError, ProducerOutcome};
use crate::observe::LossCause;
use crate::units::SimTime;

/// A run that a fault can strike after any of its events. It goes on itself as if nothing had happened.
#[derive(Clone, Debug)]
pub struct CrashRun {
    /// Its last faults are those that strike.
    system: System<Lean>,
    events: EventList<SystemEvent>,
    handled: u64,
    /// The first fault that strikes, of so many.
    first: usize,
    strikers: usize,
    /// What the books say when the run has ended and nothing has struck.
    end: Counts,
}

/// Losses by cause. In place: a run has a hundred thousand crash points, and what each keeps outside lies between the memory
/// of clones that come and go. No count is above 2^32 - 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses([u32; CAUSES]);

impl Losses {
    /// Those that were met, with their counts, in order of a message's life.
    pub fn met(&self) -> impl Iterator<Item = (LossCause, u64)> {
        let all = LossCause::ALL.into_iter().zip(self.0);
        all.filter(|(_, count)| *count > 0).map(|(cause, count)| (cause, u64::from(count)))
    }
}

/// What became of a system after a fault had struck. Counts are of what happened since, without what would have happened
/// as well if producers had stopped and nothing had struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// The node that it hit, from 0 on; `None`: all there are, or a queue.
    pub node: Option<u32>,
    /// Messages and copies that had no fate when it struck.
    pub in_doubt: u64,
    /// Losses by cause. Another fault of the scenario may be among the causes, and a time to live that ran out while the broker
    /// was down.
    pub losses: Losses,
    /// Losses since that nothing would have prevented: so many would have been lost without the fault.
    pub lost_anyway: u64,
    /// Messages lost of which the producer knows, or comes to know, that the broker has confirmed them.
    pub lost_though_confirmed: u64,
    /// Messages lost, whatever was published again: some queue has no copy that it was to get. Of whoever publishes once,
    /// the messages behind the losses.
    pub lost_for_good: u64,
    /// Publishes of messages that had been published before.
    pub republished: u64,
    /// Those of them that were not needed: another publish of the message is not lost either.
    pub duplicated: u64,
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
        self.losses.met().map(|(_, count)| count).sum()
    }

    /// Losses with this cause.
    pub fn lost_to(&self, cause: LossCause) -> u64 {
        self.losses.met().find(|(met, _)| *met == cause).map_or(0, |(_, count)| count)
    }

    /// Whether messages were left without a fate because a limit was reached.
    pub fn is_unfinished(&self) -> bool {
        self.end != EndReason::Drained && self.unfinished > 0
    }
}

impl CrashRun {
    /// The run of `spec` with this seed, at its start, and what strikes it: one fault, or one for each node, of which the
    /// leader's strikes, and the first while there is no leader.
    pub fn new(spec: &Arc<SystemSpec>, seed: u64, faults: Vec<FaultKind>) -> Self {
        let mut spec = (**spec).clone();
        let (first, strikers) = (spec.faults.len(), faults.len());
        spec.faults.extend(faults.into_iter().map(|kind| FaultSpec {
            name: "crash point".to_owned(),
            // It waits for what never comes, and strikes when it is told to.
            trigger: Trigger::When(Condition::Events(u64::MAX)),
            kind,
            stop_producers: true,
        }));
        let (system, events) = System::new(&Arc::new(spec), seed, Lean);
        let mut run = CrashRun { system, events, handled: 0, first, strikers, end: Counts::default() };
        run.end = run.undisturbed();
        run
    }

    /// What the books say at the end of the run, if nothing strikes.
    fn undisturbed(&self) -> Counts {
        let (mut system, mut events) = (self.system.clone(), self.events.clone());
        self.finish(&mut system, &mut events);
        Totals::of(&mut system, &events).counts
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
        let (system, mut events) = (self.system.clone(), self.events.clone());
        events.advance(system.faults.last);
        let at = events.now();
        self.strike(system, events).map(|aftermath| (at, aftermath))
    }

    /// Strikes now and lets the system go on to the limits of its scenario.
    fn strike(
        &self,
        mut system: System<Lean>,
        mut events: EventList<SystemEvent>,
    ) -> Result<Aftermath, LedgerError> {
        let before = Totals::of(&mut system, &events);
        system.books.losses = Some(Box::default());
        let fault = self.striker(&system);
        if self.strikers > 0 {
            system.fault_begins(fault, &mut events);
        }
        let end = self.finish(&mut system, &mut events);
        let after = Totals::of(&mut system, &events);
        after.ledger.balance()?;
        let undisturbed = self.anyway(&before.counts);
        let without = undisturbed.as_ref().map_or(&before.counts, |(_, counts)| counts);
        let books = undisturbed.as_ref().map_or(&self.system.books, |(system, _)| &system.books);
        let (lost_for_good, lost_though_confirmed) = messages_beyond(&system.books, books);
        let node = match system.spec().faults.get(fault).map(|fault| &fault.kind) {
            Some(FaultKind::NodeCrash(crash)) => Some(crash.node),
            _ => None,
        };
        let nothing = LossLog::default();
        let (own, others) = (system.books.losses.as_deref(), books.losses.as_deref());
        let own = own.unwrap_or(&nothing);
        let losses = own.beyond(others.unwrap_or(&nothing));
        // What was before the crash may be undone after it.
        let less = |what: fn(&Counts) -> u64| {
            let since = |then: &Counts| what(then).saturating_sub(what(&before.counts));
            since(&after.counts).saturating_sub(since(without))
        };
        Ok(Aftermath {
            node,
            in_doubt: before.ledger.unfinished(),
            lost_anyway: own.len() - losses.iter().sum::<u64>(),
            losses: Losses(losses.map(|count| u32::try_from(count).unwrap_or(u32::MAX))),
            // What was lost before the crash may be made good after it, with it or without it: the ends are compared.
            lost_though_confirmed,
            lost_for_good,
            republished: less(|counts| counts.republished),
            duplicated: after.counts.duplicates.saturating_sub(without.duplicates),
            processed_again: less(|counts| counts.processed_again),
            came_back: less(|counts| counts.came_back),
            out_of_order: less(|counts| counts.out_of_order),
            unfinished: after.ledger.unfinished(),
            end: end_reason(end.why),
        })
    }

    /// The system at the end if producers stopped now and nothing struck, and what its books say; `None` if they say what they say
    /// now.
    fn anyway(&self, now: &Counts) -> Option<(System<Lean>, Counts)> {
        // Where the whole run adds nothing to what is counted, less of it does not either.
        if self.end == *now {
            return None;
        }
        let (mut system, mut events) = (self.system.clone(), self.events.clone());
        system.books.losses = Some(Box::default());
        system.stop_publishing(&mut events);
        self.finish(&mut system, &mut events);
        let counts = Totals::of(&mut system, &events).counts;
        Some((system, counts))
    }

    /// Which fault strikes: the leader's, if there is one for each node.
    fn striker(&self, system: &System<Lean>) -> usize {
        let leader = match &system.node {
            Node::Up(broker) if self.strikers > 1 => broker.leader(),
            _ => None,
        };
        self.first + leader.unwrap_or(0).min(self.strikers.saturating_sub(1))
    }

    /// Goes on to the limits of the scenario.
    fn finish(&self, system: &mut System<Lean>, events: &mut EventList<SystemEvent>) -> RunEnd {
        let (time, most) = (system.duration(), system.spec().events_max);
        run(system, events, Limits { time, events: most.saturating_sub(self.handled) })
    }
}

/// Messages that are lost in these books and not in the others, and those lost though confirmed.
fn messages_beyond(books: &Books, others: &Books) -> (u64, u64) {
    let both = books.fates.iter().zip(&others.fates).map(|(own, other)| own.lost_beyond(other));
    both.fold((0, 0), |(lost, confirmed), (more, of_them)| (lost + more, confirmed + of_them))
}

/// What the books say at one instant.
struct Totals {
    ledger: Ledger,
    counts: Counts,
}

/// What of the books a crash can add to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    lost: [u64; CAUSES],
    lost_though_confirmed: u64,
    messages_lost: u64,
    republished: u64,
    duplicates: u64,
    processed_again: u64,
    came_back: u64,
    out_of_order: u64,
}

impl Totals {
    fn of(system: &mut System<Lean>, events: &EventList<SystemEvent>) -> Totals {
        system.count_what_is_left(events);
        let books = &system.books;
        let ledger = books.ledger.clone();
        let of_producers = |what: fn(&ProducerOutcome) -> u64| books.producers.iter().map(what).sum();
        let counts = Counts {
            lost: ledger.lost,
            lost_though_confirmed: of_producers(|book| book.lost_though_confirmed),
            messages_lost: of_producers(|book| book.messages_lost),
            republished: of_producers(|book| book.republished),
            duplicates: of_producers(|book| book.duplicates),
            processed_again: ledger.processed_again,
            came_back: ledger.came_back,
            out_of_order: books.queues.iter().map(|book| book.outcome.out_of_order).sum(),
        };
        Totals { ledger, counts }
    }
}
