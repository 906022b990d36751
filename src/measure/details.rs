//! What is measured by looking at every observation: the parts of a latency, latencies by producer, reordering, work done again. A run does it only where its
//! scenario asks for it, so the usual message pays nothing; a new measure of this kind is all in this file.

use std::collections::{BTreeMap, VecDeque};

use crate::amqp::{ChannelRef, ConnectionId, MessageId, QueueId, ServerMethod};
use crate::measure::{ProducerOutcome, QueueOutcome};
use crate::observe::{Fact, Settlement, What};
use crate::stats::Histogram;
use crate::units::{SimDuration, SimTime};

/// The stages of a message from its publish to its acknowledgement at the broker, in order.
pub const STAGES: usize = 5;

/// What was found out about one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Deliveries that were processed and then acknowledged, first ones only.
    pub taken_apart: u64,
    /// Sums over them, in nanoseconds: to the broker, in the queue, on the way to the consumer and in its buffer, in service,
    /// the acknowledgement's way back.
    pub stages: [u128; STAGES],
    /// Sum of the times from publish to acknowledgement, measured as a whole.
    pub whole: u128,
    /// Messages processed.
    pub processed: u64,
    /// Those that were processed after one that their producer had published later.
    pub reordered: u64,
    /// Sum over those of how many numbers they are behind the latest one.
    pub distance: u64,
    /// The largest of these distances.
    pub distance_max: u32,
    /// Work on messages that had been processed before.
    pub work_again: SimDuration,
}

/// A delivery on its way through the stages.
#[derive(Clone, Copy, Debug)]
struct Stage {
    queue: QueueId,
    first: bool,
    arrived: SimTime,
    delivered: SimTime,
    began: SimTime,
    /// When it was published, and when its work was done.
    done: Option<(SimTime, SimTime)>,
}

/// A connection of the scenario, a channel's number there, and a delivery tag.
type Place = (u32, u16, u64);

/// Looks at every observation of a run.
#[derive(Clone, Debug, Default)]
pub struct DetailsObserver {
    /// The connection and the channel's number of each consumer.
    consumers: Vec<(u32, u16)>,
    /// Connections of the scenario by the broker's id.
    connections: BTreeMap<ConnectionId, u32>,
    /// A delivery of which the fact is known, and the method follows.
    leaving: Option<Stage>,
    open: BTreeMap<Place, Stage>,
    /// What each consumer has in its buffer.
    buffers: Vec<VecDeque<(MessageId, u64)>>,
    /// What each consumer works on, one message or several at once.
    works: Vec<Vec<(MessageId, Place)>>,
    /// The latest number of each producer that each queue's consumers have processed.
    latest: BTreeMap<(QueueId, u32), u32>,
    queues: Vec<Details>,
    /// Of each publisher, by index: how long its messages took until they were processed.
    sojourns: Vec<Histogram>,
}

impl DetailsObserver {
    /// For consumers on these connections and channels, and for so many publishers.
    pub fn new(consumers: Vec<(u32, u16)>, publishers: usize) -> Self {
        let n = consumers.len();
        DetailsObserver {
            consumers,
            buffers: vec![VecDeque::new(); n],
            works: vec![Vec::new(); n],
            sojourns: vec![Histogram::default(); publishers],
            ..DetailsObserver::default()
        }
    }

    /// Looks at one observation.
    pub fn see(&mut self, at: SimTime, what: &What) {
        match what {
            What::Broker(fact, _) => self.fact(at, fact),
            What::BrokerSent { connection, channel, method } => {
                self.connections.insert(channel.connection, *connection);
                if let (ServerMethod::BasicDeliver(delivery), Some(stage)) = (method, self.leaving.take()) {
                    self.open.insert((*connection, channel.channel.0, delivery.delivery_tag), stage);
                }
            }
            What::Received { consumer, message, delivery_tag, .. } => {
                self.buffers[*consumer as usize].push_back((*message, *delivery_tag));
            }
            What::ServiceBegan { consumer, message, .. } => self.began(at, *consumer as usize, *message),
            What::Processed { consumer, message, sojourn, again } => {
                let published = SimTime::from_nanos(at.as_nanos() - sojourn.as_nanos());
                self.processed(at, *consumer as usize, *message, (published, *again));
                if let Some(sojourns) = self.sojourns.get_mut(message.producer.index()) {
                    sojourns.record(sojourn.as_nanos());
                }
            }
            _ => {}
        }
    }

    /// Forgets what was counted; what is under way goes on.
    pub fn restart(&mut self) {
        self.queues.iter_mut().for_each(|queue| *queue = Details::default());
        self.sojourns.fill(Histogram::default());
    }

    /// Hands over what was found out; `places` has the place among `queues` by the broker's id.
    pub fn close(&mut self, places: &[u32], queues: &mut [QueueOutcome], producers: &mut [ProducerOutcome]) {
        for (producer, sojourn) in producers.iter_mut().zip(&mut self.sojourns) {
            producer.sojourn = std::mem::take(sojourn);
        }
        for queue in queues.iter_mut() {
            queue.details = Some(Box::default());
        }
        for (id, details) in self.queues.iter().enumerate() {
            let place = places.get(id).map(|&place| place as usize);
            let Some(into) = place.and_then(|place| queues.get_mut(place)?.details.as_mut()) else {
                continue;
            };
            // A queue that was deleted and declared again has several ids.
            into.add(details);
        }
    }

    fn details(&mut self, queue: QueueId) -> &mut Details {
        if self.queues.len() <= queue.index() {
            self.queues.resize(queue.index() + 1, Details::default());
        }
        &mut self.queues[queue.index()]
    }

    fn place(&self, channel: ChannelRef, tag: u64) -> Option<Place> {
        Some((*self.connections.get(&channel.connection)?, channel.channel.0, tag))
    }

    fn fact(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Delivered { queue, arrived, redelivered, .. } => {
                let (delivered, began, first) = (at, at, !redelivered);
                self.leaving = Some(Stage { queue, first, arrived, delivered, began, done: None });
            }
            Fact::Settled { channel, delivery_tag, how, .. } => {
                let Some(place) = self.place(channel, delivery_tag) else { return };
                let Some(stage) = self.open.remove(&place) else { return };
                if let (Some((published, done)), Settlement::Acked, true) = (stage.done, how, stage.first) {
                    let ends = [published, stage.arrived, stage.delivered, stage.began, done, at];
                    let details = self.details(stage.queue);
                    details.taken_apart += 1;
                    details.whole += u128::from(at.since(published).as_nanos());
                    for (sum, ends) in details.stages.iter_mut().zip(ends.windows(2)) {
                        *sum += u128::from(ends[1].since(ends[0]).as_nanos());
                    }
                }
            }
            Fact::Requeued { channel, delivery_tag, .. } => {
                if let Some(place) = self.place(channel, delivery_tag) {
                    self.open.remove(&place);
                }
            }
            _ => {}
        }
    }

    /// What stands before it in the buffer is gone: lost with a channel, or known to the consumer and passed over.
    fn began(&mut self, at: SimTime, consumer: usize, message: MessageId) {
        let (connection, channel) = self.consumers[consumer];
        while let Some((oldest, tag)) = self.buffers[consumer].pop_front() {
            if oldest == message {
                let place = (connection, channel, tag);
                self.works[consumer].push((message, place));
                if let Some(stage) = self.open.get_mut(&place) {
                    stage.began = at;
                }
                return;
            }
        }
    }

    fn processed(
        &mut self,
        at: SimTime,
        consumer: usize,
        message: MessageId,
        (published, again): (SimTime, bool),
    ) {
        let works = &mut self.works[consumer];
        let Some(work) = works.iter().position(|(known, _)| *known == message) else { return };
        let (_, place) = works.swap_remove(work);
        let Some(stage) = self.open.get_mut(&place) else { return };
        stage.done = Some((published, at));
        let (queue, took) = (stage.queue, at.since(stage.began));
        let latest = self.latest.entry((queue, message.producer.0)).or_insert(message.number);
        let behind = latest.saturating_sub(message.number);
        *latest = message.number.max(*latest);
        let details = self.details(queue);
        details.processed += 1;
        details.reordered += u64::from(behind > 0);
        details.distance += u64::from(behind);
        details.distance_max = details.distance_max.max(behind);
        if again {
            details.work_again += took;
        }
    }
}

impl Details {
    fn add(&mut self, other: &Details) {
        self.taken_apart += other.taken_apart;
        for (sum, more) in self.stages.iter_mut().zip(other.stages) {
            *sum += more;
        }
        self.whole += other.whole;
        self.processed += other.processed;
        self.reordered += other.reordered;
        self.distance += other.distance;
        self.distance_max = self.distance_max.max(other.distance_max);
        self.work_again += other.work_again;
    }

    /// The mean time in a stage, in nanoseconds; `None` where no message went through all of them.
    pub fn stage_mean(&self, stage: usize) -> Option<f64> {
        (self.taken_apart > 0).then(|| self.stages[stage] as f64 / self.taken_apart as f64)
    }

    /// The mean time from publish to acknowledgement, in nanoseconds.
    pub fn whole_mean(&self) -> Option<f64> {
        (self.taken_apart > 0).then(|| self.whole as f64 / self.taken_apart as f64)
    }

    /// The mean distance of the messages that were reordered.
    pub fn distance_mean(&self) -> Option<f64> {
        (self.reordered > 0).then(|| self.distance as f64 / self.reordered as f64)
    }
}
