//! One direction of a connection. Links are TCP: frames never overtake each other, and a cut loses all that are on their way.

use std::collections::VecDeque;

use super::event::SystemEvent;
use super::frame::Frame;
use crate::engine::{EventList, Lane, Load, Packed, Seq};
use crate::random::{Distribution, RandomStream};
use crate::ring::Ring;
use crate::units::SimTime;

/// A first-in first-out way for the frames of one connection in one direction. Where every frame takes the same time, frames lie
/// in a lane of the event list, with their arrivals.
#[derive(Clone, Debug)]
pub(super) struct Link<M> {
    /// What happens when a frame arrives.
    arrival: Packed,
    /// `None`: latencies are drawn.
    lane: Option<Lane>,
    /// It has a lane, and nothing was ever cut: every frame arrives.
    is_whole: bool,
    rest: Box<Rest<M>>,
}

/// What a frame of a whole link does not need.
#[derive(Clone, Debug)]
struct Rest<M> {
    /// Arrivals numbered below were of frames that a cut has lost.
    since: Seq,
    /// What the frames on their way carry that carry more than fits into one, in order.
    methods: VecDeque<M>,
    arrival: SystemEvent,
    latency: Distribution,
    stream: RandomStream,
    last_arrival: SimTime,
    /// On their way with drawn latencies.
    frames: Ring<Load>,
}

impl<M> Link<M> {
    /// `stream` is used only if the latency is random.
    pub(super) fn new(
        latency: &Distribution,
        stream: RandomStream,
        arrival: SystemEvent,
        events: &mut EventList<SystemEvent>,
    ) -> Self {
        let lane = latency.constant().and_then(|constant| events.lane(constant));
        let rest = Rest {
            since: Seq::NONE,
            methods: VecDeque::new(),
            arrival,
            latency: latency.clone(),
            stream,
            last_arrival: SimTime::ZERO,
            frames: Ring::default(),
        };
        Link { arrival: Packed::of(arrival), lane, is_whole: lane.is_some(), rest: Box::new(rest) }
    }

    /// Sends a frame behind all others.
    #[inline(always)]
    pub(super) fn send(&mut self, frame: Frame, events: &mut EventList<SystemEvent>) {
        if let Some(lane) = self.lane {
            events.in_lane(lane, self.arrival, frame.pack());
        } else {
            self.rest.send_drawn(frame.pack(), events);
        }
    }

    /// Sends a frame that carries `method`.
    pub(super) fn send_method(&mut self, frame: Frame, method: M, events: &mut EventList<SystemEvent>) {
        self.rest.methods.push_back(method);
        self.send(frame, events);
    }

    /// The frame whose arrival has the number `seq` and this load; nothing if a cut has lost it.
    #[inline(always)]
    pub(super) fn arrive(&mut self, seq: Seq, load: Load) -> Load {
        if self.is_whole { load } else { self.arrive_slowly(seq, load) }
    }

    #[inline(never)]
    fn arrive_slowly(&mut self, seq: Seq, load: Load) -> Load {
        if self.is_lost(seq) {
            return Frame::Nothing.pack();
        }
        if self.lane.is_some() { load } else { self.rest.frames.pop().unwrap_or_default() }
    }

    /// Whether the frame whose arrival has this number was lost in a cut.
    pub(super) fn is_lost(&self, seq: Seq) -> bool {
        seq < self.rest.since
    }

    /// What the frame that has just arrived carries.
    pub(super) fn carried(&mut self) -> Option<M> {
        self.rest.methods.pop_front()
    }

    /// Loses all frames that are on their way; returns them in order, and what those that carry something carried.
    pub(super) fn cut(&mut self, events: &mut EventList<SystemEvent>) -> (Vec<Frame>, VecDeque<M>) {
        let rest = &mut *self.rest;
        let frames = match self.lane {
            Some(lane) => events.loads(lane, self.arrival, rest.since).map(Frame::unpack).collect(),
            None => rest.frames.take_all().into_iter().map(Frame::unpack).collect(),
        };
        self.is_whole = false;
        rest.since = events.reserve();
        // What is sent from now on waits for none of them.
        rest.last_arrival = events.now();
        (frames, std::mem::take(&mut rest.methods))
    }

    /// What the frames on their way carry, for those that carry something, oldest first.
    pub(super) fn all_carried(&self) -> impl Iterator<Item = &M> {
        self.rest.methods.iter()
    }

    /// Frames on their way with drawn latencies, oldest first.
    pub(super) fn drawn_frames(&self) -> impl Iterator<Item = Frame> {
        self.rest.frames.iter().copied().map(Frame::unpack)
    }
}

impl<M> Rest<M> {
    #[inline(never)]
    fn send_drawn(&mut self, frame: Load, events: &mut EventList<SystemEvent>) {
        self.frames.push(frame);
        let at = events.now() + self.latency.sample(self.stream.draw());
        self.last_arrival = self.last_arrival.max(at);
        events.at(self.last_arrival, self.arrival);
    }
}
