//! One direction of a connection. Links are TCP: frames never overtake each other, and a cut loses all that are on their way.

use std::collections::VecDeque;

use super::event::SystemEvent;
use crate::engine::{EventList, Lane, Packed, Seq};
use crate::random::{Distribution, RandomStream};
use crate::ring::Ring;
use crate::units::SimTime;

#[derive(Clone, Debug)]
enum Latency {
    /// The same for every frame: arrivals are in a lane of the event list.
    Lane(Lane),
    Drawn(Box<(Distribution, RandomStream)>),
}

/// A first-in first-out way for frames `F` of one connection in one direction. The few frames that carry more than fits
/// into one keep it in a queue of its own, in the same order.
#[derive(Clone, Debug)]
pub(super) struct Link<F, M> {
    /// Arrivals numbered below were of frames that a cut has lost.
    since: Seq,
    packed_arrival: Packed,
    latency: Latency,
    frames: Ring<F>,
    /// What happens when a frame arrives.
    arrival: SystemEvent,
    last_arrival: SimTime,
    /// What the frames on their way carry, for those that carry something.
    methods: VecDeque<M>,
}

impl<F: Copy + Default, M> Link<F, M> {
    /// `stream` is used only if the latency is random.
    pub(super) fn new(
        latency: &Distribution,
        stream: RandomStream,
        arrival: SystemEvent,
        events: &mut EventList<SystemEvent>,
    ) -> Self {
        let lane = latency.constant().and_then(|constant| events.lane(constant));
        let latency = lane.map_or_else(|| Latency::Drawn(Box::new((latency.clone(), stream))), Latency::Lane);
        Link {
            latency,
            arrival,
            packed_arrival: Packed::of(arrival),
            last_arrival: SimTime::ZERO,
            frames: Ring::default(),
            methods: VecDeque::new(),
            since: Seq::NONE,
        }
    }

    /// Sends a frame behind all others.
    #[inline(always)]
    pub(super) fn send(&mut self, frame: F, events: &mut EventList<SystemEvent>) {
        self.frames.push(frame);
        if let Latency::Lane(lane) = self.latency {
            events.in_lane(lane, self.packed_arrival);
        } else {
            self.send_drawn(events);
        }
    }

    #[inline(never)]
    fn send_drawn(&mut self, events: &mut EventList<SystemEvent>) {
        if let Latency::Drawn(drawn) = &mut self.latency {
            let (distribution, stream) = &mut **drawn;
            let at = events.now() + distribution.sample(stream.draw());
            self.last_arrival = self.last_arrival.max(at);
            events.at(self.last_arrival, self.arrival);
        }
    }

    /// Sends a frame that carries `method`.
    pub(super) fn send_method(&mut self, frame: F, method: M, events: &mut EventList<SystemEvent>) {
        self.methods.push_back(method);
        self.send(frame, events);
    }

    /// The frame whose arrival has the number `seq`; `None` if a cut has lost it.
    #[inline(always)]
    pub(super) fn arrive(&mut self, seq: Seq) -> Option<F> {
        if seq < self.since { None } else { self.frames.pop() }
    }

    /// What the frame that has just arrived carries.
    pub(super) fn carried(&mut self) -> Option<M> {
        self.methods.pop_front()
    }

    /// Loses all frames that are on their way; returns them in order, and what those that carry something carried.
    pub(super) fn cut(&mut self, events: &mut EventList<SystemEvent>) -> (Vec<F>, VecDeque<M>) {
        self.since = events.reserve();
        // What is sent from now on waits for none of them.
        self.last_arrival = events.now();
        (self.frames.take_all(), std::mem::take(&mut self.methods))
    }

    /// What the frames on their way carry, for those that carry something, oldest first.
    pub(super) fn all_carried(&self) -> impl Iterator<Item = &M> {
        self.methods.iter()
    }

    /// Frames on their way, oldest first.
    pub(super) fn frames(&self) -> impl Iterator<Item = &F> {
        self.frames.iter()
    }
}
