//! The ledger once more, from observations alone: each delivery is followed to its consumer by what was seen there.

use std::collections::{BTreeMap, BTreeSet};

use amqpsim::amqp::{ChannelRef, ConsumerId, DeliveryTag, MessageId, Method, QueueId};
use amqpsim::measure::Ledger;
use amqpsim::observe::{Fact, LossCause, Settlement, What};

use super::copies::Copies;
use super::swarm::Run;

/// The ledger that the observations of a run give.
pub(crate) fn recount(run: &Run) -> Ledger {
    let mut recount = Recount::new(run);
    for seen in &run.observations {
        recount.learn(&seen.what);
    }
    recount.close()
}

/// A delivery, as far as the books go.
struct Delivered {
    consumer: u32,
    message: MessageId,
    tag: DeliveryTag,
    /// Which life of its channel it belongs to: a consumer that subscribes again on the same one still has what it had.
    life: (ChannelRef, u32),
    received: bool,
    begun: bool,
    settled: bool,
    processed: bool,
    lost: Option<LossCause>,
    /// Its copy is in the queue again.
    back: bool,
}

impl Delivered {
    /// The queue has let go of the copy, and nobody has processed it.
    fn is_open(&self) -> bool {
        self.settled && !self.processed && !self.back && self.lost.is_none()
    }
}

struct Recount<'a> {
    run: &'a Run,
    ledger: Ledger,
    copies: Copies,
    deliveries: Vec<Delivered>,
    by_tag: BTreeMap<(ChannelRef, DeliveryTag), usize>,
    /// Deliveries of a message to a consumer of the scenario, oldest first.
    of_message: BTreeMap<(u32, MessageId), Vec<usize>>,
    /// By the broker's id: the consumer of the scenario.
    subscribed: BTreeMap<ConsumerId, u32>,
    /// How often a channel was closed.
    closed: BTreeMap<ChannelRef, u32>,
    /// By consumer and message: the deliveries that it works on, oldest first.
    work: BTreeMap<(u32, MessageId), Vec<usize>>,
    /// How often a message was processed, by the consumer's queue.
    times: BTreeMap<(&'a str, MessageId), u64>,
    /// How often it was published, where that was more than once.
    publishes: BTreeMap<MessageId, u64>,
    /// Those that came back and were not acknowledged: they go their way once more.
    goes_again: BTreeSet<MessageId>,
    /// How often it was handed out, by the queue's name, and whether that was counted as a repetition.
    handed_out: BTreeMap<(String, MessageId), (u64, bool)>,
    names_of_queues: BTreeMap<QueueId, String>,
    /// Publishes handed to connections, and those that reached the broker.
    sent: u64,
    reached: u64,
    /// A message lost with a delivery that was given up before: which delivery that was is stated next.
    given_up: Option<(MessageId, LossCause)>,
}

impl<'a> Recount<'a> {
    fn new(run: &'a Run) -> Self {
        Recount {
            run,
            ledger: Ledger::default(),
            copies: Copies::default(),
            deliveries: Vec::new(),
            by_tag: BTreeMap::new(),
            of_message: BTreeMap::new(),
            subscribed: BTreeMap::new(),
            closed: BTreeMap::new(),
            work: BTreeMap::new(),
            times: BTreeMap::new(),
            publishes: BTreeMap::new(),
            goes_again: BTreeSet::new(),
            handed_out: BTreeMap::new(),
            names_of_queues: BTreeMap::new(),
            sent: 0,
            reached: 0,
            given_up: None,
        }
    }

    fn learn(&mut self, what: &What) {
        match what {
            What::Published { message, again, .. } => {
                self.ledger.published += 1;
                if again.is_some() {
                    let publishes = self.publishes.entry(*message).or_insert(1);
                    *publishes += 1;
                    self.ledger.published_twice += u64::from(*publishes == 2);
                }
            }
            What::ClientSent { method: Method::BasicPublish(_), .. } => self.sent += 1,
            What::ReachedBroker { method: Method::BasicPublish(_), .. } => self.reached += 1,
            What::LostOutside { message, cause, consumer } => {
                self.ledger.lose(*cause, 1);
                if *cause == LossCause::NotSent {
                    self.ledger.published += 1;
                    return;
                }
                match consumer {
                    Some(consumer) => self.lose(*consumer, *message, *cause),
                    // On its way, it was no delivery.
                    None if cause.is_before_queues() => {}
                    None => self.given_up = Some((*message, *cause)),
                }
            }
            What::Received { consumer, message, delivery_tag, .. } => {
                let tag = *delivery_tag;
                if let Some(place) = self.latest(*consumer, *message, |d| d.tag == tag && !d.received) {
                    self.deliveries[place].received = true;
                }
            }
            What::ServiceBegan { consumer, message, .. } => self.begin(*consumer, *message),
            What::Processed { consumer, message, .. } => {
                self.finish(*consumer, *message);
                self.count_work(*consumer, *message);
            }
            What::DuplicateSkipped { consumer, message } => {
                self.begin(*consumer, *message);
                self.finish(*consumer, *message);
            }
            What::ConsumerCrashed { consumer, .. } => {
                self.work.retain(|(of, _), _| of != consumer);
            }
            What::Concluded { consumer, message, .. } => {
                self.end_of_work(*consumer, *message);
            }
            What::Broker(fact, _) => {
                self.copies.learn(fact);
                self.learn_fact(fact);
            }
            _ => {}
        }
    }

    fn learn_fact(&mut self, fact: &Fact) {
        match *fact {
            Fact::Routed { queues, .. } => {
                self.ledger.routed += 1;
                self.ledger.copies += u64::from(queues);
            }
            Fact::Unroutable { returned: true, .. } => self.ledger.returned += 1,
            Fact::Unroutable { returned: false, .. } => self.ledger.unroutable += 1,
            Fact::PublishRefused { cause, .. } => self.ledger.lose(cause, 1),
            Fact::Lost { cause, .. } => self.ledger.lose(cause, 1),
            Fact::CameBack { queue, message, acked: true, .. } => self.come_back(queue, message),
            Fact::CameBack { message, acked: false, .. } => {
                self.ledger.came_back += 1;
                self.goes_again.insert(message);
            }
            Fact::DeadLettered { queues, .. } => {
                self.ledger.dead_lettered += 1;
                self.ledger.copies += u64::from(queues);
            }
            Fact::ChannelClosed { channel } => *self.closed.entry(channel).or_default() += 1,
            Fact::ConsumerAdded { consumer, tag, .. } => {
                let name = self.run.names.text(tag);
                let index = self.run.scenario.system.consumers.iter().position(|c| c.name == name);
                let index = index.expect("only consumers of the scenario subscribe") as u32;
                self.subscribed.insert(consumer, index);
            }
            Fact::QueueDeclared { queue, name, .. } => {
                self.names_of_queues.insert(queue, self.run.names.text(name).to_owned());
            }
            Fact::Delivered {
                queue,
                consumer: id,
                channel,
                delivery_tag: tag,
                message,
                redelivered,
                automatic,
                ..
            } => {
                self.ledger.redelivered += u64::from(redelivered);
                self.hand_out(queue, message, redelivered);
                let consumer = self.subscribed[&id];
                let life = (channel, self.closed.get(&channel).copied().unwrap_or_default());
                self.by_tag.insert((channel, tag), self.deliveries.len());
                self.of_message.entry((consumer, message)).or_default().push(self.deliveries.len());
                self.deliveries.push(Delivered {
                    consumer,
                    message,
                    tag,
                    life,
                    received: false,
                    begun: false,
                    settled: automatic,
                    processed: false,
                    lost: None,
                    back: false,
                });
            }
            // What becomes of it is stated next.
            Fact::Settled { how: Settlement::DeadLettered, .. } => {}
            Fact::Settled { channel, delivery_tag, message, .. } => {
                let settled = &mut self.deliveries[self.by_tag[&(channel, delivery_tag)]];
                settled.settled = true;
                if let Some((_, cause)) = self.given_up.take().filter(|(lost, _)| *lost == message) {
                    settled.lost = Some(cause);
                }
            }
            _ => {}
        }
    }

    /// The latest delivery of this message to this consumer of which this holds.
    fn latest(&self, consumer: u32, message: MessageId, holds: impl Fn(&Delivered) -> bool) -> Option<usize> {
        let all = self.of_message.get(&(consumer, message))?;
        all.iter().copied().rfind(|&place| holds(&self.deliveries[place]))
    }

    /// What an earlier channel left in the buffer was given up; of this one, the oldest comes first.
    fn begin(&mut self, consumer: u32, message: MessageId) {
        let waits = |d: &Delivered| d.received && !d.begun;
        let latest =
            self.latest(consumer, message, waits).expect("a consumer works on what it was delivered");
        let life = self.deliveries[latest].life;
        let all = self.of_message[&(consumer, message)].iter().copied();
        let mut of_life = all.filter(|&p| self.deliveries[p].life == life && waits(&self.deliveries[p]));
        let oldest = of_life.next().expect("the latest one is there");
        self.deliveries[oldest].begun = true;
        self.work.entry((consumer, message)).or_default().push(oldest);
    }

    fn finish(&mut self, consumer: u32, message: MessageId) {
        let done = self.end_of_work(consumer, message);
        let done = &mut self.deliveries[done];
        assert_eq!((done.consumer, done.message), (consumer, message), "a consumer finishes what it began");
        done.processed = true;
    }

    fn end_of_work(&mut self, consumer: u32, message: MessageId) -> usize {
        let under_way = self.work.get_mut(&(consumer, message)).filter(|all| !all.is_empty());
        under_way.expect("a consumer finishes what it began").remove(0)
    }

    fn count_work(&mut self, consumer: u32, message: MessageId) {
        let queue = self.run.scenario.system.consumers[consumer as usize].queue.as_str();
        let times = self.times.entry((queue, message)).or_default();
        *times += 1;
        self.ledger.processed_again += u64::from(*times > 1);
        self.ledger.processed_twice += u64::from(*times == 2);
    }

    /// A dead letter is another message, unless it was published again too, or came back after a crash.
    fn hand_out(&mut self, queue: QueueId, message: MessageId, redelivered: bool) {
        let name = self.names_of_queues[&queue].clone();
        let (times, counted) = self.handed_out.entry((name, message)).or_default();
        *times += 1;
        let repeats = self.publishes.contains_key(&message) || self.goes_again.contains(&message);
        let again = redelivered || (*times > 1 && repeats);
        self.ledger.delivered_twice += u64::from(again && !std::mem::replace(counted, *counted || again));
    }

    /// A settled delivery is lost with its consumer, in its hands or before.
    fn lose(&mut self, consumer: u32, message: MessageId, cause: LossCause) {
        if let Some(lost) = self.latest(consumer, message, Delivered::is_open) {
            self.deliveries[lost].lost = Some(cause);
        }
    }

    /// A copy is in its queue again: whoever had it and did not process it, or lost it, has it no more, and a loss is none.
    fn come_back(&mut self, queue: QueueId, message: MessageId) {
        self.ledger.came_back += 1;
        let name = &self.names_of_queues[&queue];
        let consumers = &self.run.scenario.system.consumers;
        let of_copy = |d: &Delivered| consumers[d.consumer as usize].queue == *name && d.message == message;
        let of_queue = |holds: fn(&Delivered) -> bool| {
            self.deliveries.iter().position(|delivery| of_copy(delivery) && holds(delivery))
        };
        let unprocessed = of_queue(Delivered::is_open).or_else(|| of_queue(|d| d.lost.is_some()));
        let Some(unprocessed) = unprocessed else { return };
        self.ledger.came_back_unprocessed += 1;
        let delivery = &mut self.deliveries[unprocessed];
        delivery.back = true;
        if let Some(cause) = delivery.lost.take() {
            self.ledger.lost[cause as usize] -= 1;
            self.ledger.found += 1;
        }
    }

    fn count(&self, counts: impl Fn(&Delivered) -> bool) -> u64 {
        self.deliveries.iter().filter(|delivery| counts(delivery)).count() as u64
    }

    fn close(mut self) -> Ledger {
        self.ledger.on_the_way = self.sent - self.reached - self.ledger.lost_to(LossCause::LostOnTheWire);
        let refused = self.ledger.lost_to(LossCause::Refused) + self.ledger.lost_to(LossCause::RolledBack);
        let routed = self.ledger.routed + self.ledger.unroutable + self.ledger.returned;
        self.ledger.uncommitted = self.reached - routed - refused;
        self.ledger.queued = self.copies.ready();
        self.ledger.processed =
            self.count(|delivery| delivery.settled && delivery.processed && !delivery.back);
        self.ledger.in_flight = self.copies.unacked() + self.count(Delivered::is_open);
        self.ledger
    }
}
