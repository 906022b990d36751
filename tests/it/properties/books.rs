//! The books balance, wherever a run is cut off, and are what a recount from observations gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amqpsim::amqp::MessageId;
use amqpsim::engine::{RunEnd, Stop, step};
use amqpsim::model::{Lean, Pace, System, simulate};
use amqpsim::observe::{Fact, LossCause, What};
use amqpsim::units::SimTime;
use proptest::{prop_assert, prop_assert_eq};

use super::case::{Case, Feature, scenarios};
use super::recount::recount;
use super::swarm::{Checked, Run, for_all};

#[test]
fn the_books_balance_after_every_event() {
    let exercised = [
        "in flight",
        "queued",
        "on the way",
        "lost",
        "processed again",
        "returned",
        "cut off",
        "uncommitted",
        "not sent",
        "struck again",
        "struck on a condition",
    ];
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
            let outcome = system.clone().close(end, &events);
            prop_assert!(outcome.balanced.is_ok(), "after {count} events: {:?}", outcome.balanced);
            let ledger = outcome.ledger;
            met.note("in flight", ledger.in_flight);
            met.note("queued", ledger.queued);
            met.note("on the way", ledger.on_the_way);
            met.note("lost", ledger.lost_total());
            met.note("processed again", ledger.processed_again);
            met.note("returned", ledger.returned);
            met.note("uncommitted", ledger.uncommitted);
        }
        let outcome = simulate(&spec, scenario.seed);
        prop_assert!(outcome.balanced.is_ok(), "{:?}", outcome.balanced);
        met.note("cut off", u64::from(outcome.ledger.unfinished() > 0));
        met.note("not sent", outcome.ledger.lost_to(LossCause::NotSent));
        for fault in &outcome.faults {
            met.note("struck again", fault.strikes.saturating_sub(1));
            met.note("struck on a condition", fault.waits_until.as_ref().map_or(0, |_| fault.strikes));
        }
        Ok(())
    });
}

#[test]
fn the_ledger_is_what_a_recount_of_the_observations_gives() {
    let exercised = [
        "lost on the wire",
        "dead-lettered",
        "lost with a consumer",
        "lost in the broker",
        "processed again",
        "redelivered",
        "transaction not committed",
        "answered",
        "never answered",
        "not sent",
    ];
    for_all(&scenarios(), 1500, &exercised, |case, met| {
        // What a quorum queue has is stated when its majority has it.
        let run = Run::of(&case.clone().without(&[Feature::Clusters]));
        let mut ledger = recount(&run);
        if ledger.dead_lettered > 0 {
            // A message that comes twice into a queue has two copies there, which a consumer cannot tell apart.
            ledger.processed_again = run.outcome.ledger.processed_again;
            ledger.processed_twice = run.outcome.ledger.processed_twice;
            met.note("dead-lettered", 1);
        }
        prop_assert_eq!(&run.outcome.ledger, &ledger);
        met.note("lost on the wire", ledger.lost_to(LossCause::LostOnTheWire));
        met.note("not sent", ledger.lost_to(LossCause::NotSent));
        met.note("lost with a consumer", ledger.lost_to(LossCause::AutoAckInBuffer));
        met.note("lost in the broker", ledger.lost_to(LossCause::TransientInRestart));
        met.note("processed again", ledger.processed_again);
        met.note("redelivered", ledger.redelivered);
        met.note("transaction not committed", ledger.lost_to(LossCause::RolledBack));
        for producer in &run.outcome.producers {
            met.note("answered", producer.confirmed + producer.nacked);
            met.note("never answered", producer.unanswered);
        }
        counts_of_clients(&run)
    });
}

#[test]
fn so_it_is_where_producers_publish_again() {
    let exercised =
        ["published again", "processed twice after that", "skipped", "given up", "gave up connecting"];
    for_all(&scenarios(), 600, &exercised, |case, met| {
        let usual = [Feature::Confirms, Feature::Republishing, Feature::Latency, Feature::ConnectionLosses];
        let case = usual.into_iter().fold(case.clone(), Case::with);
        let run = Run::of(&case.without(&[Feature::Transactions, Feature::DeadLetters, Feature::Clusters]));
        let ledger = &run.outcome.ledger;
        prop_assert_eq!(ledger, &recount(&run));
        let twice = if ledger.published_twice > 0 { ledger.processed_twice } else { 0 };
        met.note("processed twice after that", twice);
        for producer in &run.outcome.producers {
            met.note("published again", producer.republished);
            met.note("given up", producer.given_up);
        }
        met.note("skipped", run.outcome.consumers.iter().map(|c| c.duplicates_skipped).sum());
        met.note("gave up connecting", run.count(|what| matches!(what, What::ConnectingGivenUp { .. })));
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

/// Whether a producer may hold messages back though it has no window.
fn may_wait(run: &Run, producer: usize) -> bool {
    let producer = &run.scenario.system.producers[producer];
    producer.republish.is_some()
        || producer.transaction_size.is_some()
        || matches!(producer.pace, Pace::After { .. })
}

/// The counts of producers, consumers and queues are those of the observations too.
fn counts_of_clients(run: &Run) -> Checked {
    prop_assert_eq!(run.outcome.answered_twice, 0);
    for (i, producer) in run.outcome.producers.iter().enumerate() {
        let published =
            |what: &What| matches!(what, What::Published { producer, .. } if *producer == i as u32);
        let not_sent = |what: &What| {
            matches!(what, What::LostOutside { message, cause: LossCause::NotSent, .. }
                if message.producer.index() == i)
        };
        let sent = run.count(published);
        prop_assert_eq!(producer.published, sent + run.count(not_sent));
        messages_of(run, i)?;
        let asked = producer.confirmed + producer.nacked + producer.unanswered;
        if run.scenario.system.producers[i].confirms {
            prop_assert_eq!(asked, sent, "each publish has an answer, or none so far: {:?}", producer);
        }
        let window = run.scenario.system.producers[i].max_in_flight;
        prop_assert!(producer.held_back == 0 || window.is_some() || may_wait(run, i));
    }
    for (i, consumer) in run.outcome.consumers.iter().enumerate() {
        let processed =
            |what: &What| matches!(what, What::Processed { consumer, .. } if *consumer == i as u32);
        prop_assert_eq!(consumer.processed, run.count(processed));
        let skipped =
            |what: &What| matches!(what, What::DuplicateSkipped { consumer, .. } if *consumer == i as u32);
        prop_assert_eq!(consumer.duplicates_skipped, run.count(skipped));
    }
    Ok(())
}

/// What became of the publishes of a message, by the observations.
#[derive(Default)]
struct Losses {
    before: u64,
    unroutable: u64,
    /// By the queue's name; those that dead letters come to as one. Less what came back.
    in_queues: BTreeMap<Option<String>, i64>,
    /// Those of them that were lost at a consumer, by the queue's name.
    at_consumers: BTreeMap<String, u64>,
    /// It is lost for good, as far as is known.
    lost: bool,
    /// Queues whose consumers have processed it.
    processed: BTreeSet<String>,
}

/// A queue, and whether dead letters come to it.
#[derive(Clone, Copy)]
struct Place<'a> {
    queue: &'a str,
    letters: bool,
}

impl Losses {
    fn lose_before(&mut self, publishes: u64) {
        self.before += 1;
        self.lost |= self.for_good(publishes);
    }

    fn count(&mut self, at: Place<'_>, more: i64) {
        let branch = (!at.letters).then(|| at.queue.to_owned());
        *self.in_queues.entry(branch).or_default() += more;
    }

    fn lose_in(&mut self, at: Place<'_>, publishes: u64) {
        self.count(at, 1);
        // What was processed is not lost with a copy that came back.
        self.lost |= self.for_good(publishes) && !self.processed.contains(at.queue);
    }

    fn lose_at_consumer(&mut self, at: Place<'_>, publishes: u64) {
        *self.at_consumers.entry(at.queue.to_owned()).or_default() += 1;
        self.lose_in(at, publishes);
    }

    /// A copy is in its queue again: one that was lost at a consumer, or that goes its way once more.
    fn come_back(&mut self, at: Place<'_>, acked: bool, publishes: u64) {
        if acked {
            let Some(times) = self.at_consumers.get_mut(at.queue).filter(|times| **times > 0) else { return };
            *times -= 1;
        }
        self.count(at, -1);
        self.lost &= self.for_good(publishes);
    }

    fn for_good(&self, publishes: u64) -> bool {
        let of = |letters: bool| {
            let all = self.in_queues.iter().filter(move |(branch, _)| branch.is_none() == letters);
            all.map(|(_, times)| *times).max().unwrap_or(0)
        };
        let in_one = of(false) + of(true);
        let gone = (self.before + self.unroutable) as i64 + in_one;
        gone >= publishes as i64 && if self.unroutable > 0 { in_one > 0 } else { gone > 0 }
    }
}

/// How often a message was published so far.
fn published(publishes: &BTreeMap<MessageId, u64>, message: MessageId) -> u64 {
    publishes.get(&message).copied().unwrap_or_default()
}

/// What is counted by message is that of the observations: publishes, confirms, losses.
fn messages_of(run: &Run, index: usize) -> Checked {
    let producer = &run.outcome.producers[index];
    let spec = &run.scenario.system.producers[index];
    let mut publishes: BTreeMap<MessageId, u64> = BTreeMap::new();
    let mut lost: BTreeMap<MessageId, Losses> = BTreeMap::new();
    let (mut names, mut letter_places) = (BTreeMap::new(), BTreeSet::new());
    let of_it = |message: &MessageId| message.producer.index() == index;
    let mut not_sent = 0;
    // Deliveries that are lost when they are settled: the fact that follows says where they came from.
    let mut settled = None;
    for seen in &run.observations {
        match &seen.what {
            What::Published { message, again, .. } if of_it(message) => {
                let times = publishes.entry(*message).or_default();
                prop_assert_eq!(again.is_some(), *times > 0);
                *times += 1;
                let (times, losses) = (*times, lost.entry(*message).or_default());
                losses.lost &= losses.for_good(times);
            }
            What::Broker(Fact::QueueDeclared { queue, name, .. }, _) => {
                names.insert(*queue, run.names.text(*name).to_owned());
            }
            What::Broker(Fact::Enqueued { queue, dead: true, .. }, _) => {
                letter_places.insert(names[queue].clone());
            }
            What::Broker(Fact::PublishRefused { message, .. }, _) => {
                lost.entry(*message).or_default().lose_before(published(&publishes, *message));
            }
            What::Broker(Fact::Unroutable { message, .. }, _) => {
                let losses = lost.entry(*message).or_default();
                losses.unroutable += 1;
                losses.lost |= losses.for_good(published(&publishes, *message));
            }
            What::Processed { consumer, message, .. } => {
                let queue = &run.scenario.system.consumers[*consumer as usize].queue;
                lost.entry(*message).or_default().processed.insert(queue.clone());
            }
            What::Broker(Fact::Lost { queue, message, .. }, _) => {
                let times = published(&publishes, *message);
                let at = Place { queue: &names[queue], letters: letter_places.contains(&names[queue]) };
                lost.entry(*message).or_default().lose_in(at, times);
            }
            What::LostOutside { message, consumer: Some(consumer), .. } => {
                let queue = &run.scenario.system.consumers[*consumer as usize].queue;
                let times = published(&publishes, *message);
                let at = Place { queue, letters: letter_places.contains(queue) };
                lost.entry(*message).or_default().lose_at_consumer(at, times);
            }
            What::LostOutside { message, cause, .. } if cause.is_before_queues() => {
                if *cause == LossCause::NotSent && of_it(message) {
                    // It counts as published, though nobody has.
                    publishes.insert(*message, 1);
                    not_sent += 1;
                }
                lost.entry(*message).or_default().lose_before(published(&publishes, *message));
            }
            What::LostOutside { message, .. } => settled = Some(*message),
            What::Broker(Fact::CameBack { queue, message, acked, .. }, _) => {
                let times = published(&publishes, *message);
                let at = Place { queue: &names[queue], letters: letter_places.contains(&names[queue]) };
                lost.entry(*message).or_default().come_back(at, *acked, times);
            }
            What::Broker(Fact::Settled { queue, message, .. }, _) if settled.take() == Some(*message) => {
                let times = published(&publishes, *message);
                let at = Place { queue: &names[queue], letters: letter_places.contains(&names[queue]) };
                lost.entry(*message).or_default().lose_at_consumer(at, times);
            }
            _ => {}
        }
    }
    let for_good = lost.iter().filter(|(message, losses)| of_it(message) && losses.lost);
    prop_assert_eq!(producer.messages_lost, for_good.count() as u64);
    let all: u64 = publishes.values().sum();
    prop_assert_eq!(producer.republished, all - publishes.len() as u64);
    prop_assert_eq!(producer.published_twice, publishes.values().filter(|&&times| times > 1).count() as u64);
    let asked = producer.confirmed + producer.nacked + producer.unanswered > 0;
    let sent = publishes.len() as u64 - not_sent;
    if spec.republish_returned {
        // What came back is confirmed too, and published again.
        prop_assert!(!asked || producer.unconfirmed + producer.confirmed >= sent);
        prop_assert!(producer.unconfirmed <= sent);
    } else {
        let open = if asked { sent - producer.confirmed } else { 0 };
        prop_assert_eq!(producer.unconfirmed, open, "no message is confirmed twice");
    }
    prop_assert!(producer.lost_though_confirmed <= producer.messages_lost);
    Ok(())
}
