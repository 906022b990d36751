//! A consumer at work: deliveries on their way to it, in its buffer, and the one it works on.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::ack_batch::AckBatch;
use super::downstream::Calls;
use super::fates::MessageMarks;
use super::held::{Booking, Held, InWork, Progress, Settled};
use super::spec::{Acknowledge, ConsumerSpec, Pace, SystemSpec};
use crate::amqp::{ChannelNo, ConnectionId, Content, DeliveryTag, Message, MessageId, Name, Names};
use crate::engine::Seq;
use crate::observe::Conclusion;
use crate::random::{Distribution, Probability, RandomStream};
use crate::ring::Ring;
use crate::units::{SimDuration, SimTime};

/// What a consumer does when its work on a message is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenDone {
    /// It acknowledges.
    Acknowledges,
    /// Nothing: the delivery is settled.
    Rests,
    /// It depends on the message's class.
    Concludes,
}

/// Work that fails by chance, drawn for each delivery: one that comes again may succeed.
#[derive(Clone, Debug)]
pub(super) struct Failures {
    probability: Probability,
    how: Conclusion,
    draws: RandomStream,
}

impl Failures {
    /// What becomes of a delivery whose work has failed for another reason.
    pub(super) fn how(&self) -> Conclusion {
        self.how
    }

    /// What becomes of the next delivery that was to be acknowledged.
    pub(super) fn draw(&mut self) -> Conclusion {
        if self.probability.happens(self.draws.draw()) { self.how } else { Conclusion::Ack }
    }
}

/// A consumer: what every message needs, and the rest behind it.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Consumer {
    /// The end of the work that counts.
    pub(super) service: Seq,
    /// Grows with every loss of its channel; what was sent to an earlier life does not reach this one.
    pub(super) life: u32,
    /// How many of `held` have arrived.
    pub(super) buffered: u32,
    /// In the buffer, oldest first, then on their way. Invariant: tags grow.
    pub(super) held: Ring<Held>,
    pub(super) work: Option<InWork>,
    /// Of a message of class 0.
    service_time: Distribution,
    pub(super) connection: usize,
    speed_permille: u32,
    pub(super) channel: ChannelNo,
    pub(super) acknowledge: Acknowledge,
    pub(super) when_done: WhenDone,
    /// It works on one message after another, always at one speed, acknowledges each by itself, remembers nothing, and nobody
    /// follows it.
    pub(super) is_plain: bool,
    /// There may be something in `more_work` or `dropped`.
    pub(super) has_more: bool,
    /// It asked for deliveries in this life: those that come belong to it. While it does not, the broker may still
    /// send some, because it has not heard of the loss.
    pub(super) listens: bool,
    /// A script shares its channel, and notes its deliveries.
    pub(super) with_script: bool,
    /// One of them replies to what it processes.
    pub(super) replies: bool,
    /// It subscribed, as its client knows.
    pub(super) subscribed: bool,
    pub(super) state: Box<ConsumerState>,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Consumer>() <= 192, "three lines of the processor's cache");

/// What few messages need of a consumer.
#[derive(Clone, Debug)]
pub(super) struct ConsumerState {
    pub(super) concurrency: u32,
    bandwidth: u64,
    /// Its speed changes: it is slower at first.
    warm_up: Option<(SimDuration, u32)>,
    /// Until when it is slower.
    warm_until: SimTime,
    pub(super) ack_batch: Option<Box<AckBatch>>,
    /// What fails of its work.
    pub(super) failures: Option<Box<Failures>>,
    /// Its calls, if its work depends on something else.
    pub(super) calls: Option<Box<Calls>>,
    /// What it has processed, if it remembers that, as in a database: its crashes leave it as it is.
    pub(super) memory: Option<Box<MessageMarks>>,
    /// Producers that publish when it has processed something, by index.
    pub(super) followers: Vec<u32>,
    /// What else it works on, each until its event; empty for one that works on one message at a time.
    pub(super) more_work: Vec<(Seq, InWork)>,
    /// Given up in a crash, and not settled at the broker so far. Invariant: connections, and tags of each, grow. The broker settles them from one
    /// end, so that taking one out moves few others.
    dropped: VecDeque<Held>,
    pub(super) tag: Name,
    pub(super) start: SimTime,
    /// Of the other classes, from 1 on.
    class_service_times: Vec<Distribution>,
    /// Its crashes that are not over: its process is down while there is one.
    pub(super) outages: u32,
    /// Its subscription is planned, under way or there.
    pub(super) planned: bool,
    /// It has left its queue, for good or until its schedule lets it come back.
    pub(super) stopped: bool,
    /// It has asked the broker to cancel its subscription, and has no answer.
    pub(super) cancels: bool,
    /// What it holds says where to reply to. Invariant: tags grow, and all are of its present life.
    requests: VecDeque<(DeliveryTag, Arc<Content>)>,
    /// The request in work, if that has outlived its channel.
    detached_request: Option<Arc<Content>>,
}

impl Deref for Consumer {
    type Target = ConsumerState;

    fn deref(&self) -> &ConsumerState {
        &self.state
    }
}

impl DerefMut for Consumer {
    fn deref_mut(&mut self) -> &mut ConsumerState {
        &mut self.state
    }
}

impl WhenDone {
    fn of(consumer: &ConsumerSpec) -> Self {
        if consumer.failure.is_some()
            || consumer.call.is_some()
            || consumer.conclusions.iter().any(|&conclusion| conclusion != Conclusion::Ack)
        {
            WhenDone::Concludes
        } else if consumer.acknowledge == Acknowledge::AfterProcessing {
            WhenDone::Acknowledges
        } else {
            WhenDone::Rests
        }
    }
}

/// A length at `permille` thousandths of the speed.
#[inline(always)]
pub(super) fn scaled(length: SimDuration, permille: u64) -> SimDuration {
    if permille == 1000 {
        return length;
    }
    if let Some(product) = length.as_nanos().checked_mul(1000) {
        return SimDuration::from_nanos(product / permille);
    }
    scaled_long(length, permille)
}

/// The same beyond 213 days: the product needs more bits, the quotient may still fit.
#[cold]
fn scaled_long(length: SimDuration, permille: u64) -> SimDuration {
    let quotient = u128::from(length.as_nanos()) * 1000 / u128::from(permille);
    SimDuration::from_nanos(u64::try_from(quotient).unwrap_or(u64::MAX))
}

/// How long so many bytes take.
#[cold]
fn transfer(bytes: u32, per_second: u64) -> SimDuration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(per_second);
    SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Consumer {
    /// The consumers of a scenario, in its order.
    pub(super) fn all(spec: &SystemSpec, seed: u64, names: &mut Names) -> Vec<Self> {
        let mut followers = vec![Vec::new(); spec.consumers.len()];
        for (producer, index) in spec.producers.iter().zip(0..) {
            if let Pace::After { consumer, .. } = producer.pace {
                followers[consumer].push(index);
            }
        }
        let with_followers = followers.into_iter().enumerate();
        with_followers
            .map(|(index, followers)| Consumer::new(spec, (index, followers), seed, names))
            .collect()
    }

    fn new(spec: &SystemSpec, (index, followers): (usize, Vec<u32>), seed: u64, names: &mut Names) -> Self {
        let consumer: &ConsumerSpec = &spec.consumers[index];
        let channel = &spec.channels[consumer.channel];
        let replies = |follower: &u32| {
            matches!(spec.producers[*follower as usize].pace, Pace::After { replies: true, .. })
        };
        let is_plain = consumer.concurrency <= 1
            && followers.is_empty()
            && !consumer.idempotent
            && consumer.ack_batch.is_none()
            && consumer.warm_up.is_none()
            && consumer.bandwidth == 0;
        Consumer {
            service: Seq::NONE,
            life: 0,
            buffered: 0,
            held: Ring::default(),
            work: None,
            service_time: consumer.service_times[0].clone(),
            connection: channel.connection,
            speed_permille: consumer.speed_permille.max(1),
            channel: ChannelNo(channel.number),
            acknowledge: consumer.acknowledge,
            when_done: WhenDone::of(consumer),
            is_plain,
            has_more: false,
            listens: false,
            with_script: spec.clients.iter().any(|client| client.channel == consumer.channel),
            replies: followers.iter().any(replies),
            subscribed: false,
            state: Box::new(ConsumerState {
                concurrency: consumer.concurrency.max(1),
                bandwidth: consumer.bandwidth,
                warm_up: consumer.warm_up,
                warm_until: SimTime::ZERO,
                ack_batch: consumer.ack_batch.map(|batch| Box::new(AckBatch::new(batch))),
                failures: consumer.failure.map(|(probability, how)| {
                    let draws = RandomStream::new(seed, &consumer.name, "failures");
                    Box::new(Failures { probability, how, draws })
                }),
                calls: Calls::of(consumer, seed),
                memory: consumer.idempotent.then(Box::default),
                followers,
                more_work: Vec::new(),
                dropped: VecDeque::new(),
                tag: names.intern(&consumer.name),
                start: consumer.start,
                class_service_times: consumer.service_times[1..].to_vec(),
                outages: 0,
                planned: false,
                stopped: false,
                cancels: false,
                requests: VecDeque::new(),
                detached_request: None,
            }),
        }
    }

    /// Whether it has processed this message before, and knows it.
    #[cold]
    pub(super) fn remembers(&self, message: MessageId) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.has(message))
    }

    /// Remembers what a delivery says about its reply.
    #[cold]
    pub(super) fn keep_request(&mut self, tag: DeliveryTag, content: &Arc<Content>) {
        self.requests.push_back((tag, Arc::clone(content)));
    }

    /// What the delivery in work says about its reply. Earlier ones got none and are forgotten.
    pub(super) fn take_request(&mut self, work: &InWork) -> Option<Arc<Content>> {
        if !work.attached {
            return self.detached_request.take();
        }
        let tag = work.held.tag;
        while let Some((first, content)) = self.requests.pop_front() {
            if first == tag {
                return Some(content);
            }
            if first > tag {
                self.requests.push_front((first, content));
                return None;
            }
        }
        None
    }

    /// Forgets the requests that it holds with its channel, except the one that it works on. Tags begin anew on the
    /// next channel.
    pub(super) fn part_requests(&mut self) {
        if let Some(work) = self.work.filter(|work| work.attached) {
            self.detached_request = self.take_request(&work);
        }
        self.requests.clear();
    }

    /// How long a message takes at speed 1. Work belongs to the message: whoever serves it, and however often, the draw is
    /// the same.
    #[inline(always)]
    pub(super) fn work_of(&self, message: &Message, work: &[RandomStream]) -> SimDuration {
        let draw = work[message.id.producer.index()].draw_at(u64::from(message.id.number));
        if message.class == 0 && self.is_plain {
            self.service_time.sample(draw)
        } else {
            self.work_of_class(message, draw)
        }
    }

    #[inline(never)]
    fn work_of_class(&self, message: &Message, draw: u64) -> SimDuration {
        let of_class =
            usize::from(message.class).checked_sub(1).and_then(|place| self.class_service_times.get(place));
        let drawn = of_class.unwrap_or(&self.service_time).sample(draw);
        if self.bandwidth == 0 { drawn } else { drawn + transfer(message.size, self.bandwidth) }
    }

    /// How long this consumer takes for it.
    #[inline(always)]
    pub(super) fn service_time(&self, at_speed_one: SimDuration, now: SimTime) -> SimDuration {
        if self.is_plain {
            scaled(at_speed_one, u64::from(self.speed_permille))
        } else {
            scaled(at_speed_one, self.speed_at(now))
        }
    }

    /// In thousandths. A message that it has begun is worked on at one speed.
    #[inline(never)]
    fn speed_at(&self, now: SimTime) -> u64 {
        let usual = u64::from(self.speed_permille);
        match self.warm_up {
            Some((_, share)) if now < self.warm_until => (usual * u64::from(share) / 1000).max(1),
            _ => usual,
        }
    }

    /// It has subscribed, and begins slowly if it does so.
    pub(super) fn warms_up(&mut self, now: SimTime) {
        if let Some((lasts, _)) = self.warm_up {
            self.warm_until = now + lasts;
        }
    }

    /// Whether it acknowledges something at this event.
    pub(super) fn waits_to_acknowledge(&self, due: Seq) -> bool {
        self.ack_batch.as_ref().is_some_and(|batch| batch.is_due(due))
    }

    /// Notes that the broker has settled a delivery.
    #[inline(always)]
    pub(super) fn settle(
        &mut self,
        connection: ConnectionId,
        tag: DeliveryTag,
        message: MessageId,
        how: Settled,
    ) -> Booking {
        if self.held.front().is_some_and(|first| first.tag <= tag && first.connection == connection)
            && let Some(held) = self.held_with(tag)
        {
            held.settled = how;
            return Booking::Open;
        }
        if let Some(work) = &mut self.work
            && (work.held.connection, work.held.tag) == (connection, tag)
            // Work that outlived its connection counts until the broker has let go of it.
            && (work.attached || (work.held.message == message && work.held.settled == Settled::No))
        {
            work.held.settled = how;
            return Booking::Open;
        }
        if self.has_more { self.settle_more((connection, tag), message, how) } else { Booking::Processed }
    }

    /// The same for a delivery in another hand, or one that was given up.
    #[inline(never)]
    fn settle_more(
        &mut self,
        place: (ConnectionId, DeliveryTag),
        message: MessageId,
        how: Settled,
    ) -> Booking {
        if let Some((_, work)) = self.more_work.iter_mut().find(|(_, work)| {
            work.held.place() == place
                && (work.attached || (work.held.message == message && work.held.settled == Settled::No))
        }) {
            work.held.settled = how;
            return Booking::Open;
        }
        let Some(held) = self.take_dropped(place.0, place.1) else { return Booking::Processed };
        Held { settled: how, ..held }.loss(false).map_or(Booking::Open, Booking::Lost)
    }

    /// A copy that the broker had settled is in its queue again. Whether the consumer has it in hand: then it is the queue's, as
    /// if it had been requeued, and nothing is lost if the consumer dies with it.
    pub(super) fn gives_back(&mut self, message: MessageId) -> bool {
        let this = |held: &Held| held.message == message && held.settled.is_for_good();
        if let Some(held) = self.held.iter_mut().find(|held| this(held)) {
            held.settled = Settled::Requeued;
            return true;
        }
        let work = self.all_work_mut().find(|work| this(&work.held));
        work.map(|work| work.held.settled = Settled::Requeued).is_some()
    }

    /// Notes that a delivery is given up, and that the broker has it still.
    pub(super) fn drop_held(&mut self, held: Held) {
        self.has_more = true;
        let place = match self.dropped.back() {
            // The work in hand is given up after what waits behind it.
            Some(last) if last.place() > held.place() => {
                self.dropped.partition_point(|other| other.place() < held.place())
            }
            _ => self.dropped.len(),
        };
        self.dropped.insert(place, held);
    }

    /// The delivery with this tag, if it was given up; from now on it is forgotten.
    fn take_dropped(&mut self, connection: ConnectionId, tag: DeliveryTag) -> Option<Held> {
        let place = self.dropped.binary_search_by_key(&(connection, tag), Held::place).ok()?;
        self.dropped.remove(place)
    }

    /// Notes that the broker has put a delivery back into its queue. Says how far its consumer is with it.
    pub(super) fn requeue(
        &mut self,
        connection: ConnectionId,
        tag: DeliveryTag,
        message: MessageId,
    ) -> Progress {
        if self.take_dropped(connection, tag).is_some() {
            return Progress::Dropped;
        }
        let this = |held: &Held| held.place() == (connection, tag) && held.message == message;
        if let Some(held) = self.held_with(tag).filter(|held| this(held)) {
            held.settled = Settled::Requeued;
            return Progress::InHands;
        }
        match self.all_work_mut().find(|work| this(&work.held)) {
            Some(work) => {
                work.held.settled = Settled::Requeued;
                Progress::InHands
            }
            None => Progress::Past,
        }
    }

    /// The delivery with this tag, if it is held: tags grow, so it is looked for by halves.
    #[inline(never)]
    fn held_with(&mut self, tag: DeliveryTag) -> Option<&mut Held> {
        let place = self.held.partition_point(|held| held.tag < tag);
        self.held.get_mut(place).filter(|held| held.tag == tag)
    }
}
