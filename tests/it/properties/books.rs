//! The books balance, wherever a run is cut off, and are what a recount from observations gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use amqpsim::amqp::{MessageId, Method};
use amqpsim::engine::{RunEnd, Stop, step};
use amqpsim::measure::Ledger;
use amqpsim::model::{Lean, System, simulate};
use amqpsim::observe::{Fact, LossCause, What};
use amqpsim::units::SimTime;
use proptest::{prop_assert, prop_assert_eq};

use super::case::scenarios;
use super::copies::Copies;
use super::swarm::{Checked, Run, for_all};

#[test]
fn the_books_balance_after_every_event() {
    let exercised = ["in flight", "queued", "on the way", "lost", "processed again", "returned", "cut off"];
    for_all(&scenarios(), 800, &exercised, |case, met| {
        let scenario = case.scenario();
        let spec = Arc::new(scenario.system);
        let (mut system, mut events) = System::new(&spec, scenario.seed, Lean);
        let mut count = 0;
        while count < spec.events_max && step(&mut system, &mut events, spec.duration) {
            count += 1;
            if count > 300 && count % 13 != 0 {
                continue;
            }
            let end = RunEnd { at: events.now(), events: count, why: Stop::EventLimit };
            let outcome = system.clone().close(end);
            prop_assert!(outcome.balanced.is_ok(), "after {count} events: {:?}", outcome.balanced);
            let ledger = outcome.ledger;
            met.note("in flight", ledger.in_flight);
            met.note("queued", ledger.queued);
            met.note("on the way", ledger.on_the_way);
            met.note("lost", ledger.lost_total());
            met.note("processed again", ledger.processed_again);
            met.note("returned", ledger.returned);
        }
        let outcome = simulate(&spec, scenario.seed);
        prop_assert!(outcome.balanced.is_ok(), "{:?}", outcome.balanced);
        met.note("cut off", u64::from(outcome.ledger.unfinished() > 0));
        Ok(())
    });
}

#[test]
fn the_ledger_is_what_a_recount_of_the_observations_gives() {
    let exercised =
        ["lost on the wire", "lost with a consumer", "lost in the broker", "processed again", "redelivered"];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        let run = Run::of(case);
        let ledger = recount(&run);
        prop_assert_eq!(&run.outcome.ledger, &ledger);
        met.note("lost on the wire", ledger.lost_to(LossCause::LostOnTheWire));
        met.note("lost with a consumer", ledger.lost_to(LossCause::AutoAckInBuffer));
        met.note("lost in the broker", ledger.lost_to(LossCause::TransientInRestart));
        met.note("processed again", ledger.processed_again);
        met.note("redelivered", ledger.redelivered);
        counts_of_clients(&run)
    });
}

/// A run that stops early is the beginning of the longer one.
#[test]
fn a_shorter_duration_cuts_a_run_off_and_changes_nothing_before() {
    for_all(&scenarios(), 300, &["cut off", "longer"], |case, met| {
        let long = Run::of(case);
        let mut scenario = long.scenario.clone();
        scenario.system.duration = SimTime::from_nanos(long.outcome.end.at.as_nanos() / 2);
        let short = Run::of_scenario(scenario);
        prop_assert_eq!(&short.observations[..], &long.observations[..short.observations.len()]);
        met.note("cut off", u64::from(short.outcome.ledger.unfinished() > 0));
        met.note("longer", u64::from(long.observations.len() > short.observations.len()));
        Ok(())
    });
}

/// A delivery, as far as the books go.
#[derive(Default)]
struct Delivered {
    settled: bool,
    processed: bool,
    lost: bool,
}

/// Follows each delivery to its consumer by what was observed there.
#[derive(Default)]
struct Consumers {
    deliveries: Vec<Delivered>,
    /// By consumer, message: deliveries on the way or in the buffer, the latest last.
    held: BTreeMap<(u32, MessageId), Vec<usize>>,
    /// By consumer: the delivery it works on.
    work: BTreeMap<u32, usize>,
    /// How often a copy was processed, by the consumer's queue.
    times: BTreeMap<(String, MessageId), u64>,
}

fn recount(run: &Run) -> Ledger {
    let mut ledger = Ledger::default();
    let mut copies = Copies::default();
    let mut consumers = Consumers::default();
    let mut by_tag = BTreeMap::new();
    let (mut sent, mut reached) = (0, 0);
    let mut given_up = None;
    for seen in &run.observations {
        match &seen.what {
            What::Published { .. } => ledger.published += 1,
            What::ClientSent { method: Method::BasicPublish(_), .. } => sent += 1,
            What::ReachedBroker { method: Method::BasicPublish(_), .. } => reached += 1,
            What::LostOutside { message, cause, consumer } => {
                ledger.lose(*cause, 1);
                match consumer {
                    Some(consumer) => consumers.lose(*consumer, *message),
                    // Given up before it is settled: which delivery that was is stated next.
                    None => given_up = Some(*message),
                }
            }
            What::ServiceBegan { consumer, message, .. } => consumers.begin(*consumer, *message),
            What::Processed { consumer, message, .. } => {
                let queue = &run.scenario.system.consumers[*consumer as usize].queue;
                ledger.processed_again += consumers.finish(*consumer, *message, queue);
            }
            What::Broker(fact, _) => {
                copies.learn(fact);
                match fact {
                    Fact::Routed { .. } => ledger.routed += 1,
                    Fact::Unroutable { returned: true, .. } => ledger.returned += 1,
                    Fact::Unroutable { returned: false, .. } => ledger.unroutable += 1,
                    Fact::PublishRefused { .. } => ledger.lose(LossCause::Refused, 1),
                    Fact::Enqueued { .. } => ledger.copies += 1,
                    Fact::Lost { cause, .. } => ledger.lose(*cause, 1),
                    Fact::Delivered {
                        consumer,
                        channel,
                        delivery_tag,
                        message,
                        redelivered,
                        automatic,
                        ..
                    } => {
                        ledger.redelivered += u64::from(*redelivered);
                        let tag = copies.tag_of(*consumer);
                        let index =
                            run.scenario.system.consumers.iter().position(|c| c.name == run.names.text(tag));
                        let index = index.expect("only consumers of the scenario subscribe") as u32;
                        let place = consumers.deliveries.len();
                        consumers.deliveries.push(Delivered { settled: *automatic, ..Delivered::default() });
                        consumers.held.entry((index, *message)).or_default().push(place);
                        by_tag.insert((*channel, *delivery_tag), place);
                    }
                    Fact::Settled { channel, delivery_tag, message, .. } => {
                        let settled = &mut consumers.deliveries[by_tag[&(*channel, *delivery_tag)]];
                        settled.settled = true;
                        settled.lost |= given_up.take() == Some(*message);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    ledger.on_the_way = sent - reached - ledger.lost_to(LossCause::LostOnTheWire);
    ledger.queued = copies.ready();
    ledger.processed = consumers.count(|delivery| delivery.settled && delivery.processed);
    ledger.in_flight = copies.unacked()
        + consumers.count(|delivery| delivery.settled && !delivery.processed && !delivery.lost);
    ledger
}

impl Consumers {
    fn begin(&mut self, consumer: u32, message: MessageId) {
        // An earlier delivery of the same message was given up when the connection was lost.
        let held = self.held.get_mut(&(consumer, message)).and_then(Vec::pop);
        self.work.insert(consumer, held.expect("a consumer works on what it was delivered"));
    }

    fn finish(&mut self, consumer: u32, message: MessageId, queue: &str) -> u64 {
        let done = self.work.remove(&consumer).expect("a consumer finishes what it began");
        self.deliveries[done].processed = true;
        let times = self.times.entry((queue.to_owned(), message)).or_default();
        *times += 1;
        u64::from(*times > 1)
    }

    /// A settled delivery is lost with its consumer, in its hands or before.
    fn lose(&mut self, consumer: u32, message: MessageId) {
        let held = self.held.get_mut(&(consumer, message)).and_then(Vec::pop);
        if let Some(lost) = held.or_else(|| self.work.remove(&consumer)) {
            self.deliveries[lost].lost = true;
        }
    }

    fn count(&self, counts: impl Fn(&Delivered) -> bool) -> u64 {
        self.deliveries.iter().filter(|delivery| counts(delivery)).count() as u64
    }
}

/// The counts of producers, consumers and queues are those of the observations too.
fn counts_of_clients(run: &Run) -> Checked {
    for (i, producer) in run.outcome.producers.iter().enumerate() {
        let published =
            |what: &What| matches!(what, What::Published { producer, .. } if *producer == i as u32);
        prop_assert_eq!(producer.published, run.count(published));
    }
    for (i, consumer) in run.outcome.consumers.iter().enumerate() {
        let processed =
            |what: &What| matches!(what, What::Processed { consumer, .. } if *consumer == i as u32);
        prop_assert_eq!(consumer.processed, run.count(processed));
    }
    Ok(())
}
