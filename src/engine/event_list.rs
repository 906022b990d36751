//! The event list: everything that will happen, in a total order of (time, sequence number).
//!
//! Two events at one instant happen in the order in which they were numbered, which is the order of scheduling, or of
//! reserving. An event scheduled for the present instant goes after everything that is already due then.
//!
//! There is no cancelling: whoever schedules keeps the [`Seq`] of the event it waits for, and ignores any other.

use std::marker::PhantomData;

use super::heap::{Heap, NOTHING};
use super::lane::LaneQueue;
use crate::units::{SimDuration, SimTime};

/// Bits of a key below the time: 36 for the sequence number, 28 for the event.
const EVENT_BITS: u32 = 28;
const EVENT_MASK: u64 = (1 << EVENT_BITS) - 1;
/// More lanes than this, and their heads would cost more to compare than a heap.
const LANES_MAX: usize = 8;

/// What an event carries that goes through a lane: two numbers. As such they stay in registers, where an `enum` would be copied
/// from place to place.
pub type Load = (u64, u64);

/// An event that fits in 28 bits: usually a kind and the index of its addressee. What more it needs lies with the addressee,
/// or is the load that it carries through a lane.
pub trait Event: Copy {
    /// The event as a number below 2^28.
    fn pack(self) -> u32;
    /// The event of this number.
    fn unpack(bits: u32) -> Self;
}

/// An event that is scheduled again and again, as its number.
#[derive(Clone, Copy, Debug)]
pub struct Packed(u32);

impl Packed {
    /// The number of `event`.
    pub fn of(event: impl Event) -> Self {
        Packed(event.pack())
    }
}

/// The number of an event in order of scheduling, below 2^36; 0 is no event's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seq(u64);

impl Seq {
    /// The number that no event has: "waits for nothing".
    pub const NONE: Seq = Seq(0);
    /// The most events that one list can number.
    pub const MAX: u64 = 1 << 36;
    /// So many numbers are left when a run stops: more than a round of events can take.
    const SPARE: u64 = 1 << 32;
}

/// A first-in first-out part of the list, for events that all come after the same delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane(u8);

impl Lane {
    /// Its place among all lanes, which needs no check.
    #[inline(always)]
    fn place(self) -> usize {
        self.0 as usize % LANES_MAX
    }
}

/// The list of future events.
#[derive(Clone, Debug)]
pub struct EventList<E> {
    now: SimTime,
    /// The instant before the event that was last taken from the heap.
    before: SimTime,
    last: u64,
    heap: Heap,
    /// Those in use come first.
    lanes: [LaneQueue; LANES_MAX],
    lanes_used: usize,
    /// The smallest key of all lanes, or [`NOTHING`], and the lane that it is in.
    lane_first: u128,
    lane_of_first: Lane,
    event: PhantomData<E>,
}

impl<E> Default for EventList<E> {
    fn default() -> Self {
        EventList {
            now: SimTime::ZERO,
            before: SimTime::ZERO,
            last: 0,
            heap: Heap::default(),
            lanes: Default::default(),
            lanes_used: 0,
            lane_first: NOTHING,
            lane_of_first: Lane(0),
            event: PhantomData,
        }
    }
}

#[inline(always)]
fn key(at: SimTime, seq: Seq, event: u32) -> u128 {
    debug_assert!(u64::from(event) <= EVENT_MASK, "an event packs into 28 bits");
    u128::from(at.as_nanos()) << 64 | u128::from(seq.0 << EVENT_BITS | u64::from(event))
}

impl<E: Event> EventList<E> {
    /// The present instant: that of the event handled last.
    #[inline(always)]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Events that are still to come, stale ones included.
    pub fn pending(&self) -> usize {
        self.keys().count()
    }

    /// Numbers for events that are left, but for some to spare.
    pub(super) fn numbers_left(&self) -> u64 {
        (Seq::MAX - Seq::SPARE).saturating_sub(self.last)
    }

    /// Whether the numbers for events are used up, but for some to spare.
    pub fn is_spent(&self) -> bool {
        self.numbers_left() == 0
    }

    /// Goes on as if so many numbers were left before [`EventList::is_spent`].
    #[cfg(test)]
    pub(super) fn leave(&mut self, numbers: u64) {
        self.last = Seq::MAX - Seq::SPARE - numbers;
    }

    /// Takes the next sequence number for an event that will be scheduled later with [`EventList::at_reserved`].
    #[inline(always)]
    pub fn reserve(&mut self) -> Seq {
        self.last += 1;
        Seq(self.last)
    }

    /// Schedules `event` for `at`, which must not be in the past.
    #[inline(always)]
    pub fn at(&mut self, at: SimTime, event: E) -> Seq {
        let seq = self.reserve();
        self.at_reserved(at, seq, event);
        seq
    }

    /// Schedules `event` for `at` under a number that was reserved for it.
    #[inline(always)]
    pub fn at_reserved(&mut self, at: SimTime, seq: Seq, event: E) {
        debug_assert!(self.now <= at, "an event cannot be scheduled for the past");
        self.heap.push(key(at, seq, event.pack()));
    }

    /// The lane for events that come `delay` after they are scheduled, or `None` if there are too many lanes already.
    pub fn lane(&mut self, delay: SimDuration) -> Option<Lane> {
        let place = self.used_lanes().iter().position(|lane| lane.delay == delay).unwrap_or(self.lanes_used);
        if place == self.lanes_used {
            *self.lanes.get_mut(place)? = LaneQueue::new(delay);
            self.lanes_used += 1;
        }
        Some(Lane(place as u8))
    }

    /// Gives up memory of lanes that a burst has left, such as that of all clients at the start.
    pub(super) fn tidy(&mut self) {
        self.lanes[..self.lanes_used].iter_mut().for_each(LaneQueue::tidy);
    }

    fn used_lanes(&self) -> &[LaneQueue] {
        &self.lanes[..self.lanes_used]
    }

    /// Schedules `event` with its load after the lane's delay. Costs the same however many events are pending.
    #[inline(always)]
    pub fn in_lane(&mut self, lane: Lane, event: Packed, load: Load) -> Seq {
        let seq = self.reserve();
        let queue = &mut self.lanes[lane.place()];
        let key = key(self.now + queue.delay, seq, event.0);
        // Only the first key of a lane can be the smallest of all.
        if queue.push(key, load) && key < self.lane_first {
            self.lane_first = key;
            self.lane_of_first = lane;
        }
        seq
    }

    /// The loads of an event that is pending in a lane, those numbered above `since`, in order.
    pub fn loads(&self, lane: Lane, event: Packed, since: Seq) -> impl Iterator<Item = Load> {
        let pending = self.lanes[lane.place()].iter().map(|(key, load)| (key as u64, load));
        pending
            .filter(move |(low, _)| low & EVENT_MASK == u64::from(event.0) && low >> EVENT_BITS > since.0)
            .map(|(_, load)| load)
    }

    /// Takes the next event if it comes at or before `until`, and moves the clock to it. Its load is zeros unless it comes through a
    /// lane.
    #[inline(always)]
    pub(super) fn pop(&mut self, until: SimTime) -> Option<(Seq, E, Load)> {
        let top = self.heap.peek();
        let is_timer = top < self.lane_first;
        let first = if is_timer { top } else { self.lane_first };
        let at = SimTime::from_nanos((first >> 64) as u64);
        if at >= until && (at > until || first == NOTHING) {
            return None;
        }
        let load = if is_timer {
            self.before = self.now;
            self.heap.take();
            Load::default()
        } else {
            self.take_from_lane()
        };
        self.now = at;
        let low = first as u64;
        Some((Seq(low >> EVENT_BITS), E::unpack((low & EVENT_MASK) as u32), load))
    }

    #[inline(always)]
    fn take_from_lane(&mut self) -> Load {
        let lane = &mut self.lanes[self.lane_of_first.place()];
        let load = lane.take();
        self.lane_first = lane.first();
        if self.lanes_used > 1 {
            self.compare_lanes();
        }
        load
    }

    fn compare_lanes(&mut self) {
        for (queue, place) in self.lanes[..self.lanes_used].iter().zip(0..) {
            if queue.first() < self.lane_first {
                self.lane_first = queue.first();
                self.lane_of_first = Lane(place);
            }
        }
    }

    /// The event just taken has changed nothing: the clock stays where it was before, so that the event does not count as
    /// the last one of a run. Only for events that were scheduled with [`EventList::at`].
    pub fn stay(&mut self) {
        self.now = self.before;
    }

    /// The events that are still to come, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Seq, E)> {
        self.keys().map(|key| {
            let low = key as u64;
            (Seq(low >> EVENT_BITS), E::unpack((low & EVENT_MASK) as u32))
        })
    }

    /// The events that are still to come through lanes, with their loads, each lane in order.
    pub fn in_lanes(&self) -> impl Iterator<Item = (Seq, E, Load)> {
        self.used_lanes().iter().flat_map(LaneQueue::iter).map(|(key, load)| {
            let low = key as u64;
            (Seq(low >> EVENT_BITS), E::unpack((low & EVENT_MASK) as u32), load)
        })
    }

    fn keys(&self) -> impl Iterator<Item = u128> {
        self.heap
            .iter()
            .copied()
            .chain(self.used_lanes().iter().flat_map(|lane| lane.iter().map(|(key, _)| key)))
    }

    /// Moves the clock forward to `at` without an event.
    pub fn advance(&mut self, at: SimTime) {
        self.now = self.now.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Number(u32);

    impl Event for Number {
        fn pack(self) -> u32 {
            self.0
        }
        fn unpack(bits: u32) -> Self {
            Number(bits)
        }
    }

    fn drain(list: &mut EventList<Number>) -> Vec<(u64, u32)> {
        std::iter::from_fn(|| list.pop(SimTime::END).map(|(_, e, _)| (list.now.as_nanos(), e.0))).collect()
    }

    #[test]
    fn events_at_one_instant_come_in_order_of_scheduling_in_heap_and_lane_alike() {
        let mut list = EventList::default();
        let lane = list.lane(SimDuration::from_nanos(5)).unwrap();
        list.at(SimTime::from_nanos(5), Number(1));
        list.in_lane(lane, Packed::of(Number(2)), (0, 0));
        list.at(SimTime::from_nanos(5), Number(3));
        let reserved = list.reserve();
        list.in_lane(lane, Packed::of(Number(5)), (0, 0));
        list.at_reserved(SimTime::from_nanos(5), reserved, Number(4));
        list.at(SimTime::from_nanos(4), Number(0));
        assert_eq!(drain(&mut list), [(4, 0), (5, 1), (5, 2), (5, 3), (5, 4), (5, 5)]);
    }

    #[test]
    fn what_goes_through_a_lane_keeps_its_load() {
        let mut list = EventList::default();
        let lane = list.lane(SimDuration::from_nanos(5)).unwrap();
        let mut seqs = Vec::new();
        for n in 0..20 {
            seqs.push(list.in_lane(lane, Packed::of(Number(n % 2)), (u64::from(n), 100)));
        }
        list.at(SimTime::from_nanos(4), Number(7));
        let odd: Vec<Load> = list.loads(lane, Packed::of(Number(1)), seqs[15]).collect();
        assert_eq!(odd, [(17, 100), (19, 100)]);
        assert_eq!(list.pop(SimTime::END).map(|(_, event, load)| (event.0, load)), Some((7, (0, 0))));
        for n in 0..20 {
            let (seq, event, load) = list.pop(SimTime::END).unwrap();
            assert_eq!((seq, event.0, load), (seqs[n as usize], n % 2, (u64::from(n), 100)));
        }
    }

    #[test]
    fn what_a_burst_has_left_behind_is_given_up_and_the_order_stays() {
        let mut list = EventList::default();
        let lane = list.lane(SimDuration::from_nanos(5)).unwrap();
        for n in 0..1_000 {
            list.in_lane(lane, Packed::of(Number(n)), (0, 0));
        }
        for _ in 0..995 {
            list.pop(SimTime::END);
        }
        list.tidy();
        assert_eq!(list.lanes[0].size(), 64);
        for n in 1_000..1_003 {
            list.in_lane(lane, Packed::of(Number(n)), (0, 0));
        }
        let rest: Vec<u32> = drain(&mut list).into_iter().map(|(_, event)| event).collect();
        assert_eq!(rest, (995..1_003).collect::<Vec<_>>());
    }

    #[test]
    fn an_event_for_the_present_goes_after_those_due_now() {
        let mut list = EventList::default();
        list.at(SimTime::ZERO, Number(1));
        list.at(SimTime::ZERO, Number(2));
        assert_eq!(list.pop(SimTime::END).unwrap().1, Number(1));
        list.at(list.now(), Number(3));
        assert_eq!(drain(&mut list), [(0, 2), (0, 3)]);
    }

    #[test]
    fn equal_delays_share_a_lane_and_a_ninth_has_none() {
        let mut list: EventList<Number> = EventList::default();
        let first = list.lane(SimDuration::from_nanos(0));
        for delay in 1..8 {
            assert!(list.lane(SimDuration::from_nanos(delay)).is_some());
        }
        assert_eq!(list.lane(SimDuration::from_nanos(0)), first);
        assert_eq!(list.lane(SimDuration::from_nanos(8)), None);
    }

    #[test]
    fn an_event_that_changed_nothing_leaves_the_clock_where_it_was() {
        let mut list = EventList::default();
        let lane = list.lane(SimDuration::from_nanos(3)).unwrap();
        list.in_lane(lane, Packed::of(Number(1)), (0, 0));
        list.at(SimTime::from_nanos(5), Number(2));
        list.at(SimTime::from_nanos(6), Number(3));
        list.pop(SimTime::END);
        for _ in 0..2 {
            list.pop(SimTime::END);
            list.stay();
            assert_eq!(list.now(), SimTime::from_nanos(3));
        }
    }

    #[test]
    fn nothing_is_taken_beyond_the_time_limit() {
        let mut list = EventList::default();
        list.at(SimTime::from_nanos(7), Number(1));
        assert!(list.pop(SimTime::from_nanos(6)).is_none());
        assert_eq!(list.pending(), 1);
        assert!(list.pop(SimTime::from_nanos(7)).is_some());
    }
}
