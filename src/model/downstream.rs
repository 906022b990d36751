//! What the work of consumers depends on: a database or an API that several of them call. It takes so many calls at once and so
//! many a second, in one line and in order, and it fails by chance and during outages. Knows neither queues nor the broker.

use std::collections::VecDeque;

use super::backoff::BackoffSpec;
use super::event::SystemEvent;
use super::held::InWork;
use super::record::Recorder;
use super::spec::{ConsumerSpec, SystemSpec};
use super::system::System;
use crate::amqp::MessageId;
use crate::engine::{EventList, Seq};
use crate::measure::DownstreamOutcome;
use crate::observe::What;
use crate::random::{Distribution, Probability, RandomStream};
use crate::units::{Rate, SimDuration, SimTime};

/// The least that a consumer waits before it calls again. Without it, time would stand still where nothing takes any.
const WAIT_MIN: SimDuration = SimDuration::from_millis(1);

/// A database or an API that consumers call.
#[derive(Clone, Debug, PartialEq)]
pub struct DownstreamSpec {
    /// Its name; it selects the random streams.
    pub name: String,
    /// How many calls it takes at once; `None`: any number.
    pub concurrency: Option<u32>,
    /// How often a call may begin, in the long run; `None`: as often as one likes.
    pub rate: Option<Rate>,
    /// How many calls may begin at once after a rest, where there is a rate; from 1 on.
    pub burst: u32,
    /// How long a call takes. It belongs to the message: a call that is made again takes as long.
    pub latency: Distribution,
    /// With this probability a call fails.
    pub failure_probability: Probability,
    /// From each first instant to the second it is out of order: every call fails that lies there, even in part.
    pub outages: Vec<(SimTime, SimTime)>,
}

/// How a consumer calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSpec {
    /// Index of the downstream. Where it fails for good, the consumer does what its `failure` says, which is there then.
    pub downstream: usize,
    /// How long it waits after a failure before it calls again, with the message in its hands; `None`: one failure is enough.
    pub retry: Option<BackoffSpec>,
}

/// Calls that may begin: a bucket into which tokens drip, exact in integers.
#[derive(Clone, Debug)]
struct Bucket {
    /// In thousandths an hour.
    rate: u64,
    most: u128,
    level: u128,
    filled: SimTime,
}

impl Bucket {
    /// What a call takes: thousandths of an hour's nanoseconds.
    const TOKEN: u128 = 3_600_000_000_000_000;

    /// A full one; `None` where nothing bounds the rate.
    fn of(spec: &DownstreamSpec) -> Option<Bucket> {
        let rate = spec.rate?.thousandths_per_hour().max(1);
        let most = Bucket::TOKEN * u128::from(spec.burst.max(1));
        Some(Bucket { rate, most, level: most, filled: SimTime::ZERO })
    }

    /// Takes a token, or says when there will be one.
    fn take(&mut self, now: SimTime) -> Result<(), SimTime> {
        let more = u128::from(now.since(self.filled).as_nanos()) * u128::from(self.rate);
        self.level = self.most.min(self.level + more);
        self.filled = now;
        if let Some(left) = self.level.checked_sub(Bucket::TOKEN) {
            self.level = left;
            return Ok(());
        }
        let wait = (Bucket::TOKEN - self.level).div_ceil(u128::from(self.rate));
        Err(now + SimDuration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX)))
    }
}

/// A call that waits in line.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    consumer: u32,
    /// What stands for the end of the consumer's work until it is known.
    place: Seq,
    message: MessageId,
    since: SimTime,
}

/// A downstream's state.
#[derive(Clone, Debug)]
pub(super) struct Downstream {
    concurrency: u32,
    bucket: Option<Bucket>,
    latency: Distribution,
    failure_probability: Probability,
    outages: Vec<(SimTime, SimTime)>,
    line: VecDeque<Waiting>,
    in_progress: u32,
    /// When the first of the line gets a token.
    wake: Seq,
    /// One for each publisher, by index; the draw with a message's number is that of its calls.
    latencies: Vec<RandomStream>,
    failures: RandomStream,
    /// Calls that began up to then are not counted, however they end; `None`: all are.
    measured_after: Option<SimTime>,
    outcome: DownstreamOutcome,
}

impl Downstream {
    /// All of a scenario.
    pub(super) fn all(spec: &SystemSpec, seed: u64) -> Vec<Downstream> {
        let publishers = |downstream: &str| {
            let stream = |publisher: &String| {
                RandomStream::new(seed, downstream, &format!("call-latency {publisher}"))
            };
            spec.publishers().map(stream).collect()
        };
        let one = |spec: &DownstreamSpec| Downstream {
            concurrency: spec.concurrency.unwrap_or(u32::MAX),
            bucket: Bucket::of(spec),
            latency: spec.latency.clone(),
            failure_probability: spec.failure_probability,
            outages: spec.outages.clone(),
            line: VecDeque::new(),
            in_progress: 0,
            wake: Seq::NONE,
            latencies: publishers(&spec.name),
            failures: RandomStream::new(seed, &spec.name, "call-failures"),
            measured_after: None,
            outcome: DownstreamOutcome {
                name: spec.name.clone(),
                concurrency: spec.concurrency,
                ..DownstreamOutcome::default()
            },
        };
        spec.downstreams.iter().map(one).collect()
    }

    /// Whether somebody waits for this event.
    pub(super) fn is_awaited(&self, due: Seq) -> bool {
        self.wake == due && !self.line.is_empty()
    }

    /// Forgets what was measured so far.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.measured_after = Some(now);
        self.outcome.restart(now);
    }

    /// What it tells at the end of a run.
    pub(super) fn into_outcome(self) -> DownstreamOutcome {
        self.outcome
    }

    fn is_out_of_order(&self, from: SimTime, until: SimTime) -> bool {
        let overlaps = |&(begins, ends)| from < ends && (begins < until || begins == from);
        self.outages.iter().any(overlaps)
    }

    fn set_line(&mut self, now: SimTime) {
        self.outcome.waiting.set(now, self.line.len() as u64);
    }

    fn set_in_progress(&mut self, now: SimTime, count: u32) {
        self.in_progress = count;
        self.outcome.in_progress.set(now, u64::from(count));
    }
}

/// How far a consumer is with a call.
#[derive(Clone, Copy, Debug)]
enum Stage {
    InLine,
    Calling { since: SimTime, fails: bool },
    Pausing,
}

/// A consumer's call for a message that it works on.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// The end of its stage, by which the work is found.
    until: Seq,
    /// When the work on the message began.
    began: SimTime,
    /// How often it was called in vain.
    failed: u32,
    stage: Stage,
}

/// What a consumer knows of its calls.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    downstream: usize,
    retry: Option<BackoffSpec>,
    waits: RandomStream,
    under_way: Vec<Call>,
}

impl Calls {
    /// Those of a consumer that has a downstream.
    pub(super) fn of(consumer: &ConsumerSpec, seed: u64) -> Option<Box<Calls>> {
        let call = consumer.call.as_ref()?;
        Some(Box::new(Calls {
            downstream: call.downstream,
            retry: call.retry.clone(),
            waits: RandomStream::new(seed, &consumer.name, "retry"),
            under_way: Vec::new(),
        }))
    }

    /// The call whose stage ends at this event.
    fn take(&mut self, due: Seq) -> Option<Call> {
        let place = self.under_way.iter().position(|call| call.until == due)?;
        Some(self.under_way.swap_remove(place))
    }

    /// How long to wait before the next attempt; `None`: there is none.
    fn retries_after(&mut self, failed: u32) -> Option<SimDuration> {
        let retry = self.retry.as_ref().filter(|retry| !retry.is_exhausted(failed - 1))?;
        Some(retry.wait(failed - 1, &mut self.waits).max(WAIT_MIN))
    }
}

/// What has come of a consumer's work on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// It goes on.
    UnderWay,
    /// It is done and took so long, calls and waits included.
    Done(SimDuration),
    /// It has failed after so long.
    Failed(SimDuration),
}

impl<R: Recorder> System<R> {
    /// A stage of a consumer's work is over: its own part, a call, or the wait before the next one. Work that goes on is in the
    /// consumer's hands again.
    pub(super) fn go_on_calling(
        &mut self,
        index: usize,
        work: &InWork,
        due: Seq,
        events: &mut EventList<SystemEvent>,
    ) -> Called {
        let now = events.now();
        let Some(calls) = &mut self.consumers[index].calls else { return Called::Done(work.takes) };
        let downstream = calls.downstream;
        let Some(mut call) = calls.take(due) else {
            let began = SimTime::from_nanos(now.as_nanos().saturating_sub(work.takes.as_nanos()));
            let call = Call { until: Seq::NONE, began, failed: 0, stage: Stage::InLine };
            self.ask(index, work, call, events);
            return Called::UnderWay;
        };
        let Stage::Calling { since, fails } = call.stage else {
            self.ask(index, work, call, events);
            return Called::UnderWay;
        };
        let state = &mut self.downstreams[downstream];
        state.set_in_progress(now, state.in_progress - 1);
        let outage = state.is_out_of_order(since, now);
        if !fails && !outage {
            self.serve(downstream, events);
            return Called::Done(now.since(call.began));
        }
        state.outcome.failed += u64::from(state.measured_after.is_none_or(|from| since > from));
        call.failed += 1;
        let retry_after =
            self.consumers[index].calls.as_mut().and_then(|calls| calls.retries_after(call.failed));
        let (consumer, message) = (index as u32, work.held.message);
        let place = downstream as u32;
        self.observe(now, || What::CallFailed { consumer, message, downstream: place, outage, retry_after });
        if let Some(wait) = retry_after {
            call.until = events.at(now + wait, SystemEvent::ServiceDone(consumer));
            call.stage = Stage::Pausing;
            self.hold(index, work, call);
        }
        self.serve(downstream, events);
        if retry_after.is_some() { Called::UnderWay } else { Called::Failed(now.since(call.began)) }
    }

    /// The consumer keeps the work until the call's stage is over.
    fn hold(&mut self, index: usize, work: &InWork, call: Call) {
        let consumer = &mut self.consumers[index];
        consumer.works_on(*work, call.until);
        if let Some(calls) = &mut consumer.calls {
            calls.under_way.push(call);
        }
    }

    /// A consumer wants to call: it takes its place at the end of the line.
    fn ask(&mut self, index: usize, work: &InWork, call: Call, events: &mut EventList<SystemEvent>) {
        let Some(downstream) = self.consumers[index].calls.as_ref().map(|calls| calls.downstream) else {
            return;
        };
        let (consumer, message, since) = (index as u32, work.held.message, events.now());
        let place = events.reserve();
        self.hold(index, work, Call { until: place, stage: Stage::InLine, ..call });
        self.downstreams[downstream].line.push_back(Waiting { consumer, place, message, since });
        self.serve(downstream, events);
        let state = &mut self.downstreams[downstream];
        if let Some(ahead) = state.line.iter().position(|waiting| waiting.place == place) {
            state.set_line(since);
            let (ahead, downstream) = (ahead as u32, downstream as u32);
            self.observe(since, || What::CallWaits { consumer, message, downstream, ahead });
        }
    }

    /// Begins as many of the waiting calls as there is room for.
    fn serve(&mut self, downstream: usize, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let state = &mut self.downstreams[downstream];
        while state.in_progress < state.concurrency
            && let Some(&first) = state.line.front()
        {
            if let Some(Err(at)) = state.bucket.as_mut().map(|bucket| bucket.take(now)) {
                if state.wake == Seq::NONE && at < SimTime::END {
                    state.wake = events.at(at, SystemEvent::CallDue(downstream as u32));
                }
                return;
            }
            state.line.pop_front();
            state.set_line(now);
            state.set_in_progress(now, state.in_progress + 1);
            let Waiting { consumer, place, message, since } = first;
            let draw = state.latencies[message.producer.index()].draw_at(u64::from(message.number));
            let takes = state.latency.sample(draw);
            let fails = state.failure_probability.happens(state.failures.draw());
            let waited = now.since(since);
            state.outcome.calls += 1;
            state.outcome.wait.record(waited.as_nanos());
            let until = events.at(now + takes, SystemEvent::ServiceDone(consumer));
            let caller = &mut self.consumers[consumer as usize];
            caller.works_until(place, until);
            let calls = caller.calls.iter_mut().flat_map(|calls| &mut calls.under_way);
            for call in calls.filter(|call| call.until == place) {
                (call.until, call.stage) = (until, Stage::Calling { since: now, fails });
            }
            let downstream = downstream as u32;
            self.recorder.observe(now, || What::CallBegan { consumer, message, downstream, waited, takes });
        }
    }

    /// A token may have come for the first of the line.
    pub(super) fn call_due(&mut self, downstream: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let state = &mut self.downstreams[downstream];
        if state.wake == seq {
            state.wake = Seq::NONE;
            self.serve(downstream, events);
        }
    }

    /// A consumer has died: it makes no calls any more, and what it has called lets go of it.
    pub(super) fn leave_downstream(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let Some(calls) = &mut self.consumers[index].calls else { return };
        let (downstream, left) = (calls.downstream, std::mem::take(&mut calls.under_way));
        let now = events.now();
        let state = &mut self.downstreams[downstream];
        let called = left.iter().filter(|call| matches!(call.stage, Stage::Calling { .. })).count() as u32;
        state.set_in_progress(now, state.in_progress - called);
        state.line.retain(|waiting| waiting.consumer as usize != index);
        state.set_line(now);
        self.serve(downstream, events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(rate: u64, burst: u32) -> Bucket {
        let spec = DownstreamSpec {
            name: "db".to_owned(),
            concurrency: None,
            rate: Some(Rate::from_thousandths_per_hour(rate * 3_600_000)),
            burst,
            latency: Distribution::Constant(SimDuration::ZERO),
            failure_probability: Probability::ZERO,
            outages: Vec::new(),
        };
        Bucket::of(&spec).unwrap()
    }

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    /// Three a second: the thirds of a second add up to a second.
    #[test]
    fn tokens_come_at_the_rate_and_nothing_is_rounded_away() {
        let mut bucket = bucket(3, 1);
        let mut now = at(0);
        for _ in 0..=3_000 {
            while let Err(later) = bucket.take(now) {
                now = later;
            }
        }
        assert!(now >= at(1_000_000_000_000) && now <= at(1_000_000_003_000), "{now:?}");
    }

    #[test]
    fn a_rest_fills_the_bucket_up_to_the_burst() {
        let mut bucket = bucket(10, 4);
        let taken = |bucket: &mut Bucket, now| (0..9).take_while(|_| bucket.take(now).is_ok()).count();
        assert_eq!(taken(&mut bucket, at(0)), 4);
        assert_eq!(bucket.take(at(0)), Err(at(100_000_000)));
        assert_eq!(taken(&mut bucket, at(250_000_000)), 2);
        assert_eq!(taken(&mut bucket, at(90_000_000_000)), 4);
    }
}
