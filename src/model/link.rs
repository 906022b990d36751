//! One direction of a connection. Links are TCP: frames never overtake each other, and a cut loses all that are on their way.

use std::collections::VecDeque;

use super::event::SystemEvent;
use crate::engine::{EventList, Lane, Seq};
use crate::random::{Distribution, RandomStream};
use crate::units::SimTime;

#[derive(Clone, Debug)]
enum Latency {
    /// The same for every frame: arrivals are in a lane of the event list.
    Lane(Lane),
    Drawn(Distribution, RandomStream),
}

/// A first-in first-out way for frames of one connection in one direction.
#[derive(Clone, Debug)]
pub(super) struct Link<F> {
    latency: Latency,
    /// What happens when a frame arrives.
    arrival: SystemEvent,
    last_arrival: SimTime,
    frames: VecDeque<F>,
    /// Arrivals numbered below were of frames that a cut has lost.
    since: Seq,
}

impl<F> Link<F> {
    /// `stream` is used only if the latency is random.
    pub(super) fn new(
        latency: &Distribution,
        stream: RandomStream,
        arrival: SystemEvent,
        events: &mut EventList<SystemEvent>,
    ) -> Self {
        let lane = latency.constant().and_then(|constant| events.lane(constant));
        let latency = lane.map_or_else(|| Latency::Drawn(latency.clone(), stream), Latency::Lane);
        Link { latency, arrival, last_arrival: SimTime::ZERO, frames: VecDeque::new(), since: Seq::NONE }
    }

    /// Sends a frame behind all others.
    #[inline]
    pub(super) fn send(&mut self, frame: F, events: &mut EventList<SystemEvent>) {
        self.frames.push_back(frame);
        match &mut self.latency {
            Latency::Lane(lane) => {
                events.in_lane(*lane, self.arrival);
            }
            Latency::Drawn(distribution, stream) => {
                let at = events.now() + distribution.sample(stream.draw());
                self.last_arrival = self.last_arrival.max(at);
                events.at(self.last_arrival, self.arrival);
            }
        }
    }

    /// The frame whose arrival has the number `seq`; `None` if a cut has lost it.
    #[inline]
    pub(super) fn arrive(&mut self, seq: Seq) -> Option<F> {
        if seq < self.since { None } else { self.frames.pop_front() }
    }

    /// Loses all frames that are on their way, in order.
    pub(super) fn cut(&mut self, events: &mut EventList<SystemEvent>) -> VecDeque<F> {
        self.since = events.reserve();
        std::mem::take(&mut self.frames)
    }

    /// Frames on their way, oldest first.
    pub(super) fn frames(&self) -> impl Iterator<Item = &F> {
        self.frames.iter()
    }
}
