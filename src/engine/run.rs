//! The loop: next event, handle it, until nothing is left or a limit is reached. Both limits are mandatory: an endless
//! scenario is an answer, not a hang.

use super::event_list::{Event, EventList, Load, Seq};
use crate::units::SimTime;

/// So many events are handled before the list is tidied, and asked again whether it has numbers left.
const ROUND: u64 = 1024;

/// A simulated system.
pub trait Model {
    /// What can happen to it.
    type Event: Event;

    /// Carries out `event`, numbered `seq`, with its load, at the present instant of `events`, and schedules what follows from
    /// it.
    fn handle(&mut self, seq: Seq, event: Self::Event, load: Load, events: &mut EventList<Self::Event>);

    /// Whether `event`, numbered `seq`, is sure to change nothing whenever it comes. A run does not wait for such events.
    fn is_idle(&self, seq: Seq, event: Self::Event) -> bool;
}

/// Where a run must stop, drained or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// No event after this instant is handled.
    pub time: SimTime,
    /// No more events than this are handled.
    pub events: u64,
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// No event was left that could change anything.
    Drained,
    /// The next event comes after the time limit.
    TimeLimit,
    /// The limit of events was reached, or the list has no numbers left for more.
    EventLimit,
}

/// How a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// The instant of the last event that changed something, or the time limit if that stopped the run.
    pub at: SimTime,
    /// Events handled.
    pub events: u64,
    /// Why.
    pub why: Stop,
}

/// Handles events in order until nothing is left or a limit is reached.
pub fn run<M: Model>(model: &mut M, events: &mut EventList<M::Event>, limits: Limits) -> RunEnd {
    let count = handle_all(model, events, limits);
    let why = match is_drained(model, events) {
        true => Stop::Drained,
        _ if count == limits.events || events.is_spent() => Stop::EventLimit,
        _ => Stop::TimeLimit,
    };
    if why == Stop::TimeLimit {
        events.advance(limits.time);
    }
    RunEnd { at: events.now(), events: count, why }
}

/// Whether nothing is left to happen.
pub fn is_drained<M: Model>(model: &M, events: &EventList<M::Event>) -> bool {
    events.iter().all(|(seq, event)| model.is_idle(seq, event))
}

/// Handles the next event if it comes at or before `until`; false if there is none, or if the list is spent.
pub fn step<M: Model>(model: &mut M, events: &mut EventList<M::Event>, until: SimTime) -> bool {
    handle_all(model, events, Limits { time: until, events: 1 }) == 1
}

/// The innermost loop. How many events were handled before a limit was reached, or the list was spent.
#[inline(never)]
fn handle_all<M: Model>(model: &mut M, events: &mut EventList<M::Event>, limits: Limits) -> u64 {
    let mut count = 0;
    while count < limits.events && !events.is_spent() {
        events.tidy();
        let round = ROUND.min(limits.events - count).min(events.numbers_left());
        for handled in 0..round {
            let Some((seq, event, load)) = events.pop(limits.time) else { return count + handled };
            model.handle(seq, event, load, events);
        }
        count += round;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::SimDuration;

    #[derive(Clone, Copy)]
    struct Tick;

    impl Event for Tick {
        fn pack(self) -> u32 {
            0
        }
        fn unpack(_: u32) -> Self {
            Tick
        }
    }

    /// Ticks for ever, `delay` apart.
    struct Clock {
        delay: SimDuration,
        idle: bool,
    }

    impl Model for Clock {
        type Event = Tick;
        fn handle(&mut self, _: Seq, event: Tick, _: Load, events: &mut EventList<Tick>) {
            events.at(events.now() + self.delay, event);
        }
        fn is_idle(&self, _: Seq, _: Tick) -> bool {
            self.idle
        }
    }

    fn run_clock(delay: u64, limits: Limits) -> RunEnd {
        let mut events = EventList::default();
        events.at(SimTime::ZERO, Tick);
        run(&mut Clock { delay: SimDuration::from_nanos(delay), idle: false }, &mut events, limits)
    }

    #[test]
    fn an_endless_model_stops_at_the_time_limit() {
        let limits = Limits { time: SimTime::from_nanos(25), events: 1_000 };
        assert_eq!(
            run_clock(10, limits),
            RunEnd { at: SimTime::from_nanos(25), events: 3, why: Stop::TimeLimit }
        );
    }

    #[test]
    fn a_model_whose_time_stands_still_stops_at_the_event_limit() {
        let limits = Limits { time: SimTime::from_nanos(25), events: 1_000 };
        assert_eq!(run_clock(0, limits), RunEnd { at: SimTime::ZERO, events: 1_000, why: Stop::EventLimit });
    }

    #[test]
    fn a_run_does_not_wait_for_what_changes_nothing() {
        let mut events = EventList::default();
        events.at(SimTime::from_nanos(7), Tick);
        let limits = Limits { time: SimTime::from_nanos(8), events: 1_000 };
        let end = run(&mut Clock { delay: SimDuration::from_nanos(5), idle: true }, &mut events, limits);
        assert_eq!(end, RunEnd { at: SimTime::from_nanos(7), events: 1, why: Stop::Drained });
    }

    #[test]
    fn a_run_stops_before_the_numbers_of_events_run_out() {
        let mut events = EventList::default();
        events.leave(4);
        events.at(SimTime::ZERO, Tick);
        let limits = Limits { time: SimTime::END, events: 1_000 };
        let end = run(&mut Clock { delay: SimDuration::ZERO, idle: false }, &mut events, limits);
        assert_eq!((end.events, end.why), (3, Stop::EventLimit));
    }

    #[test]
    fn an_empty_list_is_drained_at_once() {
        let mut events: EventList<Tick> = EventList::default();
        let limits = Limits { time: SimTime::END, events: 10 };
        let end = run(&mut Clock { delay: SimDuration::ZERO, idle: false }, &mut events, limits);
        assert_eq!((end.events, end.why), (0, Stop::Drained));
    }
}
