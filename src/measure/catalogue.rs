//! The catalogue of measures: name, unit and meaning of each number that can be reported, compared or checked.
//! A new measure is one row here. Knows neither tables nor replications: a row's function sees one outcome.

use crate::measure::fairness::{jain_index, max_min_ratio};
use crate::measure::values::{
    consumer_of, consumers_of, details_of, downstream_of, entry_rate, lost_to, makespan_ratio,
    max_min_ratio_of_all, percentile, producer_of, queue_of, run_makespan, safety_of, service_mean, share,
    sojourns, third, utilisation, work,
};
use crate::measure::{Outcome, Scope, Unit};
use crate::observe::LossCause;

/// One measure. Equality is by name and scope: a consumer and its queue may have a measure of the same name.
#[derive(Debug)]
pub struct Measure {
    /// Its name in files and reports, in kebab case.
    pub name: &'static str,
    /// What it belongs to.
    pub scope: Scope,
    /// In what it is given.
    pub unit: Unit,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// Its value in a run that is measured.
    value: fn(&Outcome, usize) -> Option<f64>,
}

/// A measure by reference into [`CATALOGUE`].
pub type MeasureId = &'static Measure;

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.scope == other.scope
    }
}

impl Measure {
    /// Whether it is a percentile of a histogram, which is exact to within 0.8 % only.
    pub fn is_percentile(&self) -> bool {
        let percent = self.name.rsplit_once("-p").map(|(_, percent)| percent);
        percent.is_some_and(|percent| percent.bytes().all(|digit| digit.is_ascii_digit()))
    }

    /// Whether it rises as long as a queue that does not keep up is looked at.
    pub fn grows_with_a_backlog(&self) -> bool {
        const BEGINS: [&str; 9] = [
            "sojourn-",
            "depth-",
            "population-",
            "wait-",
            "in-queue-",
            "in-buffer-",
            "publish-to-ack-",
            "ready-at-end",
            "unacked-",
        ];
        BEGINS.iter().any(|begin| self.name.starts_with(begin))
    }

    /// Whether it is about what is measured. Fates, losses and counts of producers are about whole runs, warm-up and all.
    pub fn leaves_out_warm_up(&self) -> bool {
        match self.scope {
            Scope::Consumer | Scope::Queue | Scope::Downstream => true,
            Scope::Producer => {
                ["confirm-latency-", "sojourn-"].iter().any(|begin| self.name.starts_with(begin))
            }
            Scope::Run => ["makespan", "duplicates-skipped"].contains(&self.name),
        }
    }

    /// Its value for the entity with this index; `None` where nothing was observed, or the run ended before its warm-up was over.
    pub fn of(&self, outcome: &Outcome, entity: usize) -> Option<f64> {
        (self.value)(outcome, entity).filter(|_| outcome.is_measured() || !self.leaves_out_warm_up())
    }

    /// Whether it is known only where observations are looked at.
    pub fn needs_details(&self) -> bool {
        self.about.starts_with("With `details`")
    }

    /// Its values for one entity, one from each outcome that has one, in their order.
    pub fn values(&self, outcomes: &[Outcome], entity: usize) -> Vec<f64> {
        outcomes.iter().filter_map(|outcome| self.of(outcome, entity)).collect()
    }
}

/// The first measure with this name, in the order of the catalogue: consumers before queues, producers and the run.
pub fn find(name: &str) -> Option<MeasureId> {
    CATALOGUE.iter().find(|measure| measure.name == name)
}

/// The measure with this name that belongs to `scope`.
pub fn find_in(scope: Scope, name: &str) -> Option<MeasureId> {
    CATALOGUE.iter().find(|measure| measure.scope == scope && measure.name == name)
}

type Value = fn(&Outcome, usize) -> Option<f64>;

const fn consumer(name: &'static str, unit: Unit, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Consumer, unit, about, value }
}

const fn queue(name: &'static str, unit: Unit, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Queue, unit, about, value }
}

const fn producer(name: &'static str, unit: Unit, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Producer, unit, about, value }
}

const fn downstream(name: &'static str, unit: Unit, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Downstream, unit, about, value }
}

const fn run(name: &'static str, unit: Unit, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Run, unit, about, value }
}

const fn lost(name: &'static str, about: &'static str, value: Value) -> Measure {
    Measure { name, scope: Scope::Run, unit: Unit::Count, about, value }
}

/// Every measure, in the order of reports.
#[rustfmt::skip]
pub const CATALOGUE: &[Measure] = &[
    consumer("delivered", Unit::Count, "Deliveries that the broker made to it.",
        |o, i| Some(consumer_of(o, i)?.delivered as f64)),
    consumer("processed", Unit::Count, "Messages that it finished working on.",
        |o, i| Some(consumer_of(o, i)?.processed as f64)),
    consumer("redelivered", Unit::Count, "Deliveries that it got with the redelivered flag.",
        |o, i| Some(consumer_of(o, i)?.redelivered as f64)),
    consumer("duplicates-skipped", Unit::Count,
        "Deliveries that it acknowledged without the work, because it had processed the message before.",
        |o, i| Some(consumer_of(o, i)?.duplicates_skipped as f64)),
    consumer("rejected", Unit::Count, "Messages that it rejected for good when its work on them was done.",
        |o, i| Some(consumer_of(o, i)?.rejected as f64)),
    consumer("requeued", Unit::Count, "Messages that it gave back when its work on them was done.",
        |o, i| Some(consumer_of(o, i)?.requeued as f64)),
    consumer("left-hanging", Unit::Count, "Messages that it never settled when its work on them was done.",
        |o, i| Some(consumer_of(o, i)?.left_hanging as f64)),
    consumer("crashes-at-work", Unit::Count, "Times that it died of a message when its work on it was done.",
        |o, i| Some(consumer_of(o, i)?.crashes_at_work as f64)),
    consumer("cancelled", Unit::Count, "Times that the broker cancelled its subscription.",
        |o, i| Some(consumer_of(o, i)?.cancelled as f64)),
    consumer("share", Unit::Share, "Its part of the messages that all consumers of its queue processed, 0 to 1.", share),
    consumer("utilisation", Unit::Share,
        "Time it worked over its queue's makespan, after a warm-up over the time that is measured, 0 to 1; work left open at the end does not count.", utilisation),
    consumer("service-mean", Unit::Nanoseconds, "Mean time that it worked on a message, whatever it did with it then.",
        service_mean),
    consumer("sojourn-mean", Unit::Nanoseconds, "Mean time from publish to the end of its processing.",
        |o, i| consumer_of(o, i)?.sojourn.mean()),
    consumer("sojourn-p50", Unit::Nanoseconds, "Median time from publish to the end of its processing, to within 0.8 %.",
        |o, i| percentile(&consumer_of(o, i)?.sojourn, 50)),
    consumer("sojourn-p95", Unit::Nanoseconds, "95th percentile of the time from publish to the end of its processing, to within 0.8 %.",
        |o, i| percentile(&consumer_of(o, i)?.sojourn, 95)),
    consumer("sojourn-p99", Unit::Nanoseconds, "99th percentile of the time from publish to the end of its processing, to within 0.8 %.",
        |o, i| percentile(&consumer_of(o, i)?.sojourn, 99)),
    consumer("idle-while-work-waits", Unit::Nanoseconds,
        "Time it was connected without work while a message waited in its queue or in another consumer's buffer.",
        |o, i| Some(consumer_of(o, i)?.idle_while_work_waits().as_nanos() as f64)),
    consumer("idle-while-queued", Unit::Nanoseconds, "Of that, time while a message was ready in its queue.",
        |o, i| Some(consumer_of(o, i)?.idle_while_queued.as_nanos() as f64)),
    consumer("idle-while-buffered", Unit::Nanoseconds,
        "Of that, time while none was ready and one waited in another consumer's buffer.",
        |o, i| Some(consumer_of(o, i)?.idle_while_buffered.as_nanos() as f64)),
    consumer("unacked-max", Unit::Count, "The most unacknowledged deliveries that it ever had.",
        |o, i| Some(f64::from(consumer_of(o, i)?.unacked_max))),
    consumer("finished-at", Unit::Nanoseconds, "The instant at which it finished its last message.",
        |o, i| Some(consumer_of(o, i)?.last_finished?.as_nanos() as f64)),

    queue("enqueued", Unit::Count, "Copies of messages that entered it.", |o, i| Some(queue_of(o, i)?.enqueued as f64)),
    queue("delivered", Unit::Count, "Deliveries out of it, repeated ones included.",
        |o, i| Some(queue_of(o, i)?.delivered as f64)),
    queue("redelivered", Unit::Count, "Deliveries out of it with the redelivered flag.",
        |o, i| Some(queue_of(o, i)?.redelivered as f64)),
    queue("delivered-twice", Unit::Count,
        "Messages that it handed out more than once, because they came back to it or were published again.",
        |o, i| Some(queue_of(o, i)?.delivered_twice as f64)),
    queue("processed-twice", Unit::Count, "Messages that its consumers processed more than once.",
        |o, i| Some(queue_of(o, i)?.processed_twice as f64)),
    queue("duplicates-skipped", Unit::Count,
        "Deliveries that its consumers acknowledged without the work, because they had processed the message before.",
        |o, i| Some(consumers_of(o, i)?.map(|consumer| consumer.duplicates_skipped as f64).sum())),
    queue("acked", Unit::Count, "Copies settled by an acknowledgement, automatic ones included.",
        |o, i| Some(queue_of(o, i)?.acked as f64)),
    queue("depth-mean", Unit::Count, "Mean of its ready messages over the time of the run.",
        |o, i| queue_of(o, i)?.depth.mean(o.end.at)),
    queue("population-middle-third", Unit::Count,
        "In a steady state, mean of its messages in the middle third of what is measured, ready, unacknowledged or in the buffer of a consumer that acknowledges first: from it and the next one follows whether it keeps up.",
        |o, i| third(o, i, 1)),
    queue("population-last-third", Unit::Count,
        "In a steady state, mean of its messages in the last third of what is measured, of runs that did not drain.",
        |o, i| third(o, i, 2)),
    queue("entry-rate", Unit::PerSecond, "Copies that entered it a second, over the time that is measured.", entry_rate),
    queue("wait-mean", Unit::Nanoseconds, "Mean time from entering it to the first delivery.",
        |o, i| queue_of(o, i)?.little.handed_out.mean()),
    queue("depth-max", Unit::Count, "The most ready messages that it ever had.",
        |o, i| Some(queue_of(o, i)?.depth.max() as f64)),
    queue("ready-at-end", Unit::Count, "Ready messages in it when the run ended.",
        |o, i| Some(queue_of(o, i)?.ready as f64)),
    queue("unacked-at-end", Unit::Count, "Unacknowledged messages in it when the run ended.",
        |o, i| Some(queue_of(o, i)?.unacked as f64)),
    queue("jain-messages", Unit::Ratio,
        "Jain's fairness index over the messages that each of its consumers processed: 1 is even, 1 / n is one has all.",
        |o, i| jain_index(&consumers_of(o, i)?.map(|consumer| consumer.processed as f64).collect::<Vec<_>>())),
    queue("jain-busy", Unit::Ratio,
        "Jain's fairness index over the time that each of its consumers worked: 1 is even, 1 / n is one has all.",
        |o, i| jain_index(&consumers_of(o, i)?.map(|consumer| consumer.busy.as_nanos() as f64).collect::<Vec<_>>())),
    queue("max-min-share", Unit::Ratio,
        "Most messages that one of its consumers processed over the fewest, from 1 on; none counts as one.",
        |o, i| max_min_ratio(&consumers_of(o, i)?.map(|consumer| consumer.processed).collect::<Vec<_>>())),
    queue("jain-work", Unit::Ratio,
        "Jain's fairness index over the work that each of its consumers did, which is its time times its speed: 1 is even.",
        |o, i| jain_index(&consumers_of(o, i)?.map(work).collect::<Vec<_>>())),
    queue("max-min-busy", Unit::Ratio,
        "Longest time that one of its consumers worked over the shortest, from 1 on; no value where one never worked.",
        |o, i| max_min_ratio_of_all(&consumers_of(o, i)?.map(|consumer| consumer.busy.as_nanos()).collect::<Vec<_>>())),
    queue("max-min-work", Unit::Ratio,
        "Most work that one of its consumers did over the least, from 1 on; no value where one did none.",
        |o, i| max_min_ratio_of_all(&consumers_of(o, i)?.map(|consumer| work(consumer) as u64).collect::<Vec<_>>())),
    queue("to-broker-mean", Unit::Nanoseconds,
        "With `details`: mean time from publish until it took the message, of messages processed at their first delivery and then acknowledged, here and in what follows.",
        |o, i| details_of(o, i)?.stage_mean(0)),
    queue("in-queue-mean", Unit::Nanoseconds, "With `details`: mean time in it.", |o, i| details_of(o, i)?.stage_mean(1)),
    queue("in-buffer-mean", Unit::Nanoseconds, "With `details`: mean time on the way to the consumer and in its buffer.",
        |o, i| details_of(o, i)?.stage_mean(2)),
    queue("in-service-mean", Unit::Nanoseconds, "With `details`: mean time in work.", |o, i| details_of(o, i)?.stage_mean(3)),
    queue("ack-back-mean", Unit::Nanoseconds, "With `details`: mean time of the acknowledgement's way back.",
        |o, i| details_of(o, i)?.stage_mean(4)),
    queue("publish-to-ack-mean", Unit::Nanoseconds,
        "With `details`: mean time from publish to the acknowledgement at the broker, the sum of the five before.",
        |o, i| details_of(o, i)?.whole_mean()),
    queue("reordered", Unit::Count,
        "With `details`: messages that its consumers processed after one that the same producer had published later.",
        |o, i| Some(details_of(o, i)?.reordered as f64)),
    queue("reorder-distance-mean", Unit::Count,
        "With `details`: by how many messages of their producer those were behind, in the mean.",
        |o, i| details_of(o, i)?.distance_mean()),
    queue("reorder-distance-max", Unit::Count, "With `details`: by how many messages the latest of those was behind.",
        |o, i| Some(f64::from(details_of(o, i)?.distance_max))),
    queue("work-again", Unit::Nanoseconds, "With `details`: time that its consumers worked on what had been processed before.",
        |o, i| Some(details_of(o, i)?.work_again.as_nanos() as f64)),
    queue("throughput", Unit::PerSecond,
        "Messages that its consumers finished a second, from the first finish to the last; of a round of their prefetch counts that is left over at the end, the mean length is taken off.",
        |o, i| queue_of(o, i)?.flow.rate()),
    queue("offered-rate", Unit::PerSecond,
        "Of the messages that its consumers finished, how many were published a second, from the first publish to the last.",
        |o, i| queue_of(o, i)?.flow.offered_rate()),
    queue("makespan", Unit::Nanoseconds, "From the first publish to the end of the last processing.",
        |o, i| Some(queue_of(o, i)?.makespan?.as_nanos() as f64)),
    queue("makespan-ratio", Unit::Ratio,
        "Makespan over the shortest time in which its consumers could have done the same work, from 1 on.", makespan_ratio),
    queue("idle-while-work-waits", Unit::Nanoseconds,
        "Sum over its consumers of the time without work while a message waited in it or in another consumer's buffer.",
        |o, i| Some(consumers_of(o, i)?.map(|consumer| consumer.idle_while_work_waits().as_nanos() as f64).sum())),
    queue("idle-while-queued", Unit::Nanoseconds, "Of that, time while a message was ready in it.",
        |o, i| Some(consumers_of(o, i)?.map(|consumer| consumer.idle_while_queued.as_nanos() as f64).sum())),
    queue("idle-while-buffered", Unit::Nanoseconds,
        "Of that, time while none was ready and one waited in another consumer's buffer.",
        |o, i| Some(consumers_of(o, i)?.map(|consumer| consumer.idle_while_buffered.as_nanos() as f64).sum())),
    queue("sojourn-mean", Unit::Nanoseconds, "Mean time from publish to the end of processing, over all its consumers.",
        |o, i| sojourns(o, i)?.mean()),
    queue("sojourn-p50", Unit::Nanoseconds, "Median time from publish to the end of processing, over all its consumers, to within 0.8 %.",
        |o, i| percentile(&sojourns(o, i)?, 50)),
    queue("sojourn-p95", Unit::Nanoseconds,
        "95th percentile of the time from publish to the end of processing, over all its consumers, to within 0.8 %.",
        |o, i| percentile(&sojourns(o, i)?, 95)),
    queue("sojourn-p99", Unit::Nanoseconds,
        "99th percentile of the time from publish to the end of processing, over all its consumers, to within 0.8 %.",
        |o, i| percentile(&sojourns(o, i)?, 99)),

    queue("kept", Unit::Count, "Copies that it was to keep on disk; dead letters are left out, here and in what follows.",
        |o, i| Some(safety_of(o, i)?.kept as f64)),
    queue("unsafe-process-crash-p50", Unit::Nanoseconds,
        "Median time from publish until a copy survives a crash of the broker's process, of copies that got so far, to within 0.8 %.",
        |o, i| percentile(&safety_of(o, i)?.until_written, 50)),
    queue("unsafe-process-crash-p95", Unit::Nanoseconds,
        "95th percentile of the time from publish until a copy survives a crash of the broker's process, of copies that got so far.",
        |o, i| percentile(&safety_of(o, i)?.until_written, 95)),
    queue("unsafe-process-crash-max", Unit::Nanoseconds,
        "The longest time from publish until a copy survives a crash of the broker's process, of copies that got so far.",
        |o, i| Some(safety_of(o, i)?.until_written.max()? as f64)),
    queue("unsafe-power-loss-p50", Unit::Nanoseconds,
        "Median time from publish until a copy survives a power failure, of copies that got so far, to within 0.8 %.",
        |o, i| percentile(&safety_of(o, i)?.until_stable, 50)),
    queue("unsafe-power-loss-p95", Unit::Nanoseconds,
        "95th percentile of the time from publish until a copy survives a power failure, of copies that got so far.",
        |o, i| percentile(&safety_of(o, i)?.until_stable, 95)),
    queue("unsafe-power-loss-max", Unit::Nanoseconds,
        "The longest time from publish until a copy survives a power failure, of copies that got so far.",
        |o, i| Some(safety_of(o, i)?.until_stable.max()? as f64)),
    queue("confirmed-unsafe-p50", Unit::Nanoseconds,
        "Median time from the confirm, as the broker sends it, until the copy survives a power failure; 0 if it did before.",
        |o, i| percentile(&safety_of(o, i)?.confirmed_until_stable, 50)),
    queue("confirmed-unsafe-p95", Unit::Nanoseconds,
        "95th percentile of the time from the confirm, as the broker sends it, until the copy survives a power failure.",
        |o, i| percentile(&safety_of(o, i)?.confirmed_until_stable, 95)),
    queue("confirmed-unsafe-max", Unit::Nanoseconds,
        "The longest time from the confirm, as the broker sends it, until the copy survives a power failure.",
        |o, i| Some(safety_of(o, i)?.confirmed_until_stable.max()? as f64)),
    queue("never-written", Unit::Count,
        "Copies in it when the run ended that a crash of the broker's process would take; no percentile has them.",
        |o, i| Some(safety_of(o, i)?.unwritten_at_end as f64)),
    queue("never-stable", Unit::Count,
        "Copies in it when the run ended that a power failure would take; no percentile has them.",
        |o, i| Some(safety_of(o, i)?.unstable_at_end as f64)),
    queue("confirmed-never-stable", Unit::Count,
        "Confirmed copies in it when the run ended that a power failure would take; no percentile has them.",
        |o, i| Some(safety_of(o, i)?.confirmed_unstable_at_end as f64)),
    queue("gone-before-stable", Unit::Count,
        "Copies that were acknowledged, dropped or lost before they would have survived a power failure; no percentile has them.",
        |o, i| Some(safety_of(o, i)?.gone_before_stable() as f64)),

    producer("published", Unit::Count, "Publishes that it handed to its connection, and messages that it held back when it died.",
        |o, i| Some(producer_of(o, i)?.published as f64)),
    producer("messages", Unit::Count, "Messages that it published, each however often.",
        |o, i| Some((producer_of(o, i)?.published - producer_of(o, i)?.republished) as f64)),
    producer("republished", Unit::Count, "Publishes of messages that it had published before.",
        |o, i| Some(producer_of(o, i)?.republished as f64)),
    producer("published-twice", Unit::Count, "Messages that it published more than once.",
        |o, i| Some(producer_of(o, i)?.published_twice as f64)),
    producer("given-up", Unit::Count, "Messages that it published as often as it may without a confirm.",
        |o, i| Some(producer_of(o, i)?.given_up as f64)),
    producer("returned", Unit::Count, "Messages that came back to it as unroutable.",
        |o, i| Some(producer_of(o, i)?.returned as f64)),
    producer("confirmed", Unit::Count, "Publishes that the broker confirmed.",
        |o, i| Some(producer_of(o, i)?.confirmed as f64)),
    producer("committed", Unit::Count, "Messages whose transaction the broker has committed; no value for who has none.",
        |o, i| Some(producer_of(o, i)?.committed as f64).filter(|count| *count > 0.0)),
    producer("nacked", Unit::Count, "Publishes that the broker refused.", |o, i| Some(producer_of(o, i)?.nacked as f64)),
    producer("unanswered", Unit::Count,
        "Publishes in confirm mode whose answer had not come when the run ended, or was lost with their channel.",
        |o, i| Some(producer_of(o, i)?.unanswered as f64)),
    producer("unconfirmed", Unit::Count, "Messages published in confirm mode of which no publish was confirmed.",
        |o, i| Some(producer_of(o, i)?.unconfirmed as f64)),
    producer("messages-lost", Unit::Count,
        "Messages of which a queue has lost what it was to get: a copy, or one of each publish if there were several.",
        |o, i| Some(producer_of(o, i)?.messages_lost as f64)),
    producer("confirmed-and-lost", Unit::Count, "Messages that were confirmed, or committed in a transaction, and lost, before or after that.",
        |o, i| Some(producer_of(o, i)?.lost_though_confirmed as f64)),
    producer("held-back", Unit::Count, "Messages that were due and that it held back when the run ended.",
        |o, i| Some(producer_of(o, i)?.held_back as f64)),
    producer("confirm-latency-mean", Unit::Nanoseconds, "Mean time from a publish to its answer.",
        |o, i| producer_of(o, i)?.confirm_latency.mean()),
    producer("confirm-latency-p50", Unit::Nanoseconds, "Median time from a publish to its answer, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.confirm_latency, 50)),
    producer("confirm-latency-p95", Unit::Nanoseconds, "95th percentile of the time from a publish to its answer, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.confirm_latency, 95)),
    producer("confirm-latency-p99", Unit::Nanoseconds, "99th percentile of the time from a publish to its answer, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.confirm_latency, 99)),
    producer("sojourn-mean", Unit::Nanoseconds,
        "With `details`: mean time from a publish to the end of processing, of its messages wherever they were processed.",
        |o, i| producer_of(o, i)?.sojourn.mean()),
    producer("sojourn-p50", Unit::Nanoseconds,
        "With `details`: median time from a publish to the end of processing, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.sojourn, 50)),
    producer("sojourn-p95", Unit::Nanoseconds,
        "With `details`: 95th percentile of the time from a publish to the end of processing, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.sojourn, 95)),
    producer("sojourn-p99", Unit::Nanoseconds,
        "With `details`: 99th percentile of the time from a publish to the end of processing, to within 0.8 %.",
        |o, i| percentile(&producer_of(o, i)?.sojourn, 99)),

    downstream("calls", Unit::Count, "Calls that it began to answer, repeated ones included.",
        |o, i| Some(downstream_of(o, i)?.calls as f64)),
    downstream("calls-failed", Unit::Count, "Those of them that failed, by chance or in an outage.",
        |o, i| Some(downstream_of(o, i)?.failed as f64)),
    downstream("calls-in-progress-mean", Unit::Ratio, "Mean number of calls in progress over time.",
        |o, i| downstream_of(o, i)?.in_progress.mean(o.end.at)),
    downstream("utilisation", Unit::Share, "Mean part of the calls at once that it has room for, 0 to 1.",
        |o, i| Some(downstream_of(o, i)?.in_progress.mean(o.end.at)? / f64::from(downstream_of(o, i)?.concurrency?))),
    downstream("calls-waiting-mean", Unit::Ratio, "Mean number of calls in line over time.",
        |o, i| downstream_of(o, i)?.waiting.mean(o.end.at)),
    downstream("calls-waiting-max", Unit::Count, "The most calls that were ever in line.",
        |o, i| Some(downstream_of(o, i)?.waiting.max() as f64)),
    downstream("call-wait-mean", Unit::Nanoseconds, "Mean time that a call was in line before it began.",
        |o, i| downstream_of(o, i)?.wait.mean()),
    downstream("call-wait-p95", Unit::Nanoseconds, "95th percentile of the time that a call was in line, to within 0.8 %.",
        |o, i| percentile(&downstream_of(o, i)?.wait, 95)),
    run("confirmed-and-lost", Unit::Count, "Messages that were confirmed, or committed in a transaction, and lost, before or after that.",
        |o, _| Some(o.producers.iter().map(|producer| producer.lost_though_confirmed as f64).sum())),
    run("published", Unit::Count, "Publishes that producers handed to their connections, and messages that they held back when they died.",
        |o, _| Some(o.ledger.published as f64)),
    run("processed", Unit::Count, "Copies that were processed and settled.", |o, _| Some(o.ledger.processed as f64)),
    run("lost", Unit::Count, "Losses, whatever their cause.", |o, _| Some(o.ledger.lost_total() as f64)),
    run("unroutable", Unit::Count, "Messages that no queue got and that were dropped.",
        |o, _| Some(o.ledger.unroutable as f64)),
    run("returned", Unit::Count, "Messages that no queue got and that went back to their producer.",
        |o, _| Some(o.ledger.returned as f64)),
    run("redelivered", Unit::Count, "Times that a copy was handed out again.", |o, _| Some(o.ledger.redelivered as f64)),
    run("processed-again", Unit::Count,
        "Times that a copy was processed which had been processed before; of producers that publish again, a message.",
        |o, _| Some(o.ledger.processed_again as f64)),
    run("published-twice", Unit::Count, "Messages that were published more than once.",
        |o, _| Some(o.ledger.published_twice as f64)),
    run("delivered-twice", Unit::Count, "Messages that a queue handed out more than once.",
        |o, _| Some(o.ledger.delivered_twice as f64)),
    run("processed-twice", Unit::Count, "Messages that the consumers of a queue processed more than once.",
        |o, _| Some(o.ledger.processed_twice as f64)),
    run("duplicates-skipped", Unit::Count, "Deliveries that were acknowledged without the work, because it had been done.",
        |o, _| Some(o.consumers.iter().map(|consumer| consumer.duplicates_skipped as f64).sum())),
    run("messages-lost", Unit::Count, "Messages of which a queue has lost what it was to get, whatever was published again.",
        |o, _| Some(o.producers.iter().map(|producer| producer.messages_lost as f64).sum())),
    run("dead-lettered", Unit::Count, "Times that a copy left its queue for a dead-letter exchange.",
        |o, _| Some(o.ledger.dead_lettered as f64)),
    run("unfinished", Unit::Count, "Copies that could still have been processed when the run ended.",
        |o, _| Some(o.ledger.unfinished() as f64)),
    run("came-back-after-ack", Unit::Count, "Copies that were acknowledged, or gone for another reason, and that a crash brought back, because that was not on disk.",
        |o, _| Some(o.ledger.came_back as f64)),
    run("makespan", Unit::Nanoseconds, "The longest makespan of a queue.", run_makespan),

    lost("lost-not-sent", "Messages that a producer had not handed to its connection when it died.",
        |o, _| lost_to(o, LossCause::NotSent)),
    lost("lost-on-the-wire", "Messages on their way to the broker when their connection was cut.",
        |o, _| lost_to(o, LossCause::LostOnTheWire)),
    lost("lost-refused", "Messages that the broker discarded with a channel's or connection's error.",
        |o, _| lost_to(o, LossCause::Refused)),
    lost("lost-rolled-back", "Messages of transactions that were not committed.",
        |o, _| lost_to(o, LossCause::RolledBack)),
    lost("lost-transient-in-restart", "Transient messages of durable queues, gone in a broker restart.",
        |o, _| lost_to(o, LossCause::TransientInRestart)),
    lost("lost-queue-not-durable", "Messages of queues that are not durable, gone in a broker restart.",
        |o, _| lost_to(o, LossCause::QueueNotDurable)),
    lost("lost-in-mailbox", "Messages that the process of their queue had not handled when it or the broker crashed.",
        |o, _| lost_to(o, LossCause::InMailbox)),
    lost("lost-in-process-buffer", "Messages in the memory of a broker or queue that crashed, not written to any file.",
        |o, _| lost_to(o, LossCause::InProcessBuffer)),
    lost("lost-in-page-cache", "Messages in the page cache of a machine whose power failed.",
        |o, _| lost_to(o, LossCause::InPageCache)),
    lost("lost-index-without-body", "Messages of which a crash left the index entry, and not the body.",
        |o, _| lost_to(o, LossCause::IndexWithoutBody)),
    lost("lost-torn-tail", "Messages in a write that a power failure cut short.", |o, _| lost_to(o, LossCause::TornTail)),
    lost("lost-queue-unregistered", "Messages of quorum queues that were too young for their node to know them after a crash.",
        |o, _| lost_to(o, LossCause::QueueUnregistered)),
    lost("lost-disk", "Messages on a disk that is gone.", |o, _| lost_to(o, LossCause::DiskLost)),
    lost("lost-auto-ack-in-flight", "Automatically acknowledged messages on their way to a consumer that died.",
        |o, _| lost_to(o, LossCause::AutoAckInFlight)),
    lost("lost-auto-ack-in-buffer", "Automatically acknowledged messages in the buffer of a consumer that died.",
        |o, _| lost_to(o, LossCause::AutoAckInBuffer)),
    lost("lost-acked-before-processing", "Messages acknowledged before they were processed, by a consumer that died.",
        |o, _| lost_to(o, LossCause::AckedBeforeProcessing)),
    lost("lost-expired", "Messages whose time to live was over.", |o, _| lost_to(o, LossCause::Expired)),
    lost("lost-overflow", "Messages dropped from a queue over its length limit.", |o, _| lost_to(o, LossCause::Overflow)),
    lost("lost-queue-full", "Publishes that a full queue did not take.", |o, _| lost_to(o, LossCause::QueueFull)),
    lost("lost-delivery-limit", "Messages that came back more often than their queue allows, without a dead-letter exchange.",
        |o, _| lost_to(o, LossCause::DeliveryLimit)),
    lost("lost-rejected", "Messages rejected by a consumer, without a dead-letter exchange.",
        |o, _| lost_to(o, LossCause::Rejected)),
    lost("lost-dead-letter-target-missing", "Messages whose dead-letter exchange led to no queue.",
        |o, _| lost_to(o, LossCause::DeadLetterTargetMissing)),
    lost("lost-dead-letter-cycle", "Messages that came back to a queue they had died in, without a reject on the way.",
        |o, _| lost_to(o, LossCause::DeadLetterCycle)),
    lost("lost-purged", "Messages removed by queue.purge.", |o, _| lost_to(o, LossCause::Purged)),
    lost("lost-queue-deleted", "Messages of a deleted queue.", |o, _| lost_to(o, LossCause::QueueDeleted)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;
    use crate::measure::loss_measure;
    use crate::units::{SimDuration, SimTime};

    fn value(scope: Scope, name: &str, entity: usize) -> Option<f64> {
        find_in(scope, name).unwrap().of(&outcome(), entity)
    }

    #[test]
    fn names_are_in_kebab_case_and_met_once_in_a_scope() {
        for (i, measure) in CATALOGUE.iter().enumerate() {
            assert!(measure.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(CATALOGUE[i + 1..].iter().all(|other| other != measure), "{} twice", measure.name);
            assert!(measure.about.ends_with('.'), "{}", measure.name);
        }
    }

    #[test]
    fn every_cause_of_loss_has_a_measure() {
        for cause in LossCause::ALL {
            let mut outcome = outcome();
            outcome.ledger.lost = [0; LossCause::ALL.len()];
            outcome.ledger.lose(cause, 7);
            let shown: Vec<_> = CATALOGUE
                .iter()
                .filter(|m| m.name.starts_with("lost-") && m.of(&outcome, 0) == Some(7.0))
                .collect();
            assert_eq!(shown.iter().map(|m| m.name).collect::<Vec<_>>(), [loss_measure(cause)]);
        }
    }

    /// The example: `fast` processed 75 and worked 30 s, `slow` 25 and 60 s, makespan 62 s, bound 31 s.
    #[test]
    fn consumers_of_a_queue_are_compared_with_each_other() {
        assert_eq!(value(Scope::Consumer, "share", 1), Some(0.25));
        assert_eq!(value(Scope::Queue, "max-min-share", 0), Some(3.0));
        assert_eq!(value(Scope::Queue, "jain-messages", 0), Some(0.8));
        assert_eq!(value(Scope::Queue, "makespan-ratio", 0), Some(2.0));
        assert_eq!(value(Scope::Consumer, "utilisation", 0), Some(30.0 / 62.0));
        assert_eq!(value(Scope::Consumer, "service-mean", 0), Some(0.4e9));
        assert_eq!(value(Scope::Queue, "redelivered", 0), Some(2.0));
        assert_eq!(value(Scope::Run, "makespan", 0), Some(62e9));
    }

    #[test]
    fn nothing_observed_has_no_value() {
        let mut outcome = outcome();
        outcome.consumers.clear();
        outcome.queues[0].makespan = None;
        for (scope, name) in
            [(Scope::Queue, "jain-busy"), (Scope::Queue, "sojourn-p95"), (Scope::Run, "makespan")]
        {
            assert_eq!(find_in(scope, name).unwrap().of(&outcome, 0), None, "{name}");
        }
        assert_eq!(find("share").unwrap().of(&outcome, 5), None);
    }

    #[test]
    fn utilisation_stays_below_one_where_work_was_left_open() {
        let mut outcome = outcome();
        outcome.consumers[0].busy = SimDuration::from_secs(900);
        outcome.consumers[0].last_finished = Some(SimTime::END);
        assert_eq!(find("utilisation").unwrap().of(&outcome, 0), Some(1.0));
    }
}
