//! The outcome of one replication: plain numbers, closed at the end of the run. Everything reported is computed from it.

use crate::measure::{Details, Flow, Ledger, LedgerError, LittlesLaw, Safety};
use crate::stats::{DepthSeries, Histogram, TimeWeighted};
use crate::units::{SimDuration, SimTime};

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Nothing was left to happen.
    Drained,
    /// The scenario's duration was over.
    TimeLimit,
    /// The scenario's limit of events was reached.
    EventLimit,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When: the last event's instant, or the time limit.
    pub at: SimTime,
    /// How many events there were.
    pub events: u64,
    /// Why.
    pub why: EndReason,
    /// The broker was down, or quorum queues had no leader: what is in queues may yet turn out to be lost, or not.
    pub out_of_service: bool,
}

/// An error that the broker sent to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientError {
    /// When it reached the client.
    pub at: SimTime,
    /// The name of the client's connection.
    pub connection: String,
    /// The channel's number; `None`: the whole connection was closed.
    pub channel: Option<u16>,
    /// The reply code, for example 406.
    pub code: u16,
    /// The reply text.
    pub text: String,
}

/// What one producer did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerOutcome {
    /// Its name.
    pub name: String,
    /// Publishes handed to its connection, and messages lost with it before they were ([`LossCause::NotSent`](crate::observe::LossCause::NotSent)).
    pub published: u64,
    /// Of these, those of a message that it had published before.
    pub republished: u64,
    /// Messages that it published more than once.
    pub published_twice: u64,
    /// Publishes of messages again of which another publish is not lost: as many copies more than there should be.
    pub duplicates: u64,
    /// Messages that it published as often as it may without a confirm.
    pub given_up: u64,
    /// Messages that came back as unroutable.
    pub returned: u64,
    /// Publishes that the broker confirmed, as far as the producer knows.
    pub confirmed: u64,
    /// Messages whose transaction the broker has committed, as far as the producer knows.
    pub committed: u64,
    /// Publishes that the broker refused, as far as the producer knows.
    pub nacked: u64,
    /// Publishes in confirm mode whose answer had not come when the run ended, or never can: it was lost with its channel.
    pub unanswered: u64,
    /// Messages published in confirm mode of which no publish was confirmed, as far as the producer knows.
    pub unconfirmed: u64,
    /// Messages of which a queue has lost what it was to get: a copy, or one of each publish if there were several.
    pub messages_lost: u64,
    /// Those of them that were confirmed, or committed, before or after the loss.
    pub lost_though_confirmed: u64,
    /// Messages that no queue was to get, in none of their publishes, and that are not lost.
    pub messages_unroutable: u64,
    /// Time from a publish to its answer at the producer, in nanoseconds, one observation for each answer.
    pub confirm_latency: Histogram,
    /// Time from publish to the end of processing, in nanoseconds, one observation for each time that a consumer processed one
    /// of its messages; empty where the scenario does not ask for details.
    pub sojourn: Histogram,
    /// Messages that were due, for the first time or again, and that it held back when the run ended.
    pub held_back: u64,
    /// Why it did not publish what it had to publish, if it had more.
    pub stopped: Stopped,
}

impl ProducerOutcome {
    /// Publishes and messages of which the producer knows that the broker has taken them over: confirmed, or committed.
    pub fn promised(&self) -> u64 {
        self.confirmed + self.committed
    }

    /// Forgets how long answers took so far; counts go on.
    pub fn restart(&mut self) {
        self.confirm_latency = Histogram::default();
    }
}

/// What stands in the way of a producer that had more to publish when the run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stopped {
    /// Nothing.
    #[default]
    No,
    /// The broker has closed its channel or connection with an error, for good.
    ByError,
    /// It had died.
    Crashed,
    /// Its client has given up connecting, after as many failed attempts as it makes.
    ByFailedAttempts,
    /// Its channel was not open, for another reason: for example, another client had closed it.
    WithoutChannel,
}

/// How far a client came that sends what it is told to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOutcome {
    /// Its name.
    pub name: String,
    /// Steps that it sent, and that were answered if they have an answer.
    pub carried_out: u64,
    /// Steps that it was to send.
    pub steps: u64,
}

/// What one consumer did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumerOutcome {
    /// Its name.
    pub name: String,
    /// Index of its queue in [`Outcome::queues`].
    pub queue: usize,
    /// Deliveries that the broker made to it.
    pub delivered: u64,
    /// Messages that it finished working on.
    pub processed: u64,
    /// Deliveries that it acknowledged without the work, because it had processed the message before.
    pub duplicates_skipped: u64,
    /// Messages that it rejected for good when its work on them was done.
    pub rejected: u64,
    /// Messages that it gave back when its work on them was done.
    pub requeued: u64,
    /// Messages that it never settled when its work on them was done.
    pub left_hanging: u64,
    /// Times that it died of a message when its work on it was done.
    pub crashes_at_work: u64,
    /// Times that the broker cancelled it.
    pub cancelled: u64,
    /// Deliveries with the redelivered flag.
    pub redelivered: u64,
    /// Time spent working.
    pub busy: SimDuration,
    /// Its speed in thousandths: its work is its time times its speed. 0 stands for 1000.
    pub speed_permille: u32,
    /// Time spent connected and without work while a message was ready in the queue.
    pub idle_while_queued: SimDuration,
    /// Time spent connected and without work while no message was ready, and one waited in the buffer of another consumer of
    /// the queue.
    pub idle_while_buffered: SimDuration,
    /// Time from publish to the end of its processing, in nanoseconds, one observation for each message processed.
    pub sojourn: Histogram,
    /// The most unacknowledged deliveries it ever had.
    pub unacked_max: u32,
    /// Its prefetch count; 0: no bound.
    pub prefetch: u16,
    /// How many messages it works on at once; 0 is 1.
    pub concurrency: u32,
    /// When it finished its last message.
    pub last_finished: Option<SimTime>,
}

impl ConsumerOutcome {
    /// Time spent connected and without work while a message waited in the queue or in another consumer's buffer.
    pub fn idle_while_work_waits(&self) -> SimDuration {
        self.idle_while_queued + self.idle_while_buffered
    }
}

/// What happened in one queue of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueOutcome {
    /// Its name.
    pub name: String,
    /// Its consumers, by their places in [`Outcome::consumers`], in order.
    pub consumers: Vec<usize>,
    /// Copies that entered it.
    pub enqueued: u64,
    /// Deliveries out of it, repeated ones included.
    pub delivered: u64,
    /// Deliveries out of it with the redelivered flag, to whomever.
    pub redelivered: u64,
    /// Messages that it handed out more than once.
    pub delivered_twice: u64,
    /// Messages that its consumers processed more than once.
    pub processed_twice: u64,
    /// Copies settled by an acknowledgement, automatic ones included.
    pub acked: u64,
    /// Ready messages at the end.
    pub ready: u64,
    /// Unacknowledged messages at the end.
    pub unacked: u64,
    /// Ready messages over time.
    pub depth: TimeWeighted,
    /// The course of the ready messages, for plots.
    pub depth_series: DepthSeries,
    /// Of a steady state: how many messages it held at equal distances of what is measured, up to the end of the run. Ready and
    /// unacknowledged ones, and those in the buffers of consumers that acknowledge before they process.
    pub populations: Vec<u64>,
    /// Deliveries of a message that had entered the queue before the one delivered last, without having been requeued.
    pub out_of_order: u64,
    /// The shortest time in which the consumers of this queue could have done all the work that they did, from the first
    /// publish on; `None` where their service times differ by more than their speed, or nothing was processed.
    pub makespan_bound: Option<SimDuration>,
    /// From the first publish to the end of the last processing; `None` if nothing was processed.
    pub makespan: Option<SimDuration>,
    /// How fast its consumers finish messages.
    pub flow: Flow,
    /// What was found out by looking at every observation; `None` where the scenario does not ask for it.
    pub details: Option<Box<Details>>,
    /// How long messages waited in it, and whether that agrees with its level.
    pub little: LittlesLaw,
    /// How long the copies that it keeps were unsafe.
    pub safety: Safety,
}

/// What happened at something that consumers call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownstreamOutcome {
    /// Its name.
    pub name: String,
    /// How many calls it takes at once; `None`: any number.
    pub concurrency: Option<u32>,
    /// Calls that began.
    pub calls: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Calls in progress over time.
    pub in_progress: TimeWeighted,
    /// Calls in line over time.
    pub waiting: TimeWeighted,
    /// How long calls that began had waited in line, in nanoseconds, one observation for each.
    pub wait: Histogram,
}

impl DownstreamOutcome {
    /// Forgets what was measured so far; what is under way goes on.
    pub fn restart(&mut self, now: SimTime) {
        (self.calls, self.failed) = (0, 0);
        self.in_progress.restart(now);
        self.waiting.restart(now);
        self.wait = Histogram::default();
    }
}

/// What came of a planned fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultOutcome {
    /// Its name.
    pub name: String,
    /// What it does and to whom, in a clause: "node 2 of 3 loses its power, for 10s".
    pub does: String,
    /// When it strikes, in a clause: "at 5s", "as soon as 1000 messages are published".
    pub occasion: String,
    /// How often it struck.
    pub strikes: u64,
    /// Each strike, in order.
    pub struck: Vec<Strike>,
    /// It ends the broker, one of its nodes or a queue without warning, or the power of its machine.
    pub is_crash: bool,
    /// What it waited for, in a clause, if it waited for something: "1000 messages are published".
    pub waits_until: Option<String>,
}

/// One strike of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When it began.
    pub at: SimTime,
    /// Copies and messages that were lost in that instant by it. What is lost later because of it is not among them.
    pub lost: u64,
}

/// So often one looks how many messages queues hold, in what is measured: 64 times in each third.
pub const LOOKS: usize = 192;

/// Everything that one replication gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Measures of consumers and queues begin here, and so do latencies; what happened before is warm-up. Zero: there is none.
    /// The books and the counts of producers cover the whole run.
    pub measured_from: SimTime,
    /// In order of the scenario.
    pub producers: Vec<ProducerOutcome>,
    /// In order of the scenario.
    pub consumers: Vec<ConsumerOutcome>,
    /// In order of the scenario.
    pub clients: Vec<ClientOutcome>,
    /// Queues that the scenario names, in its order.
    pub queues: Vec<QueueOutcome>,
    /// In order of the scenario.
    pub downstreams: Vec<DownstreamOutcome>,
    /// In order of the scenario.
    pub faults: Vec<FaultOutcome>,
    /// Answers to publishes that had been answered before, or that nobody had made.
    pub answered_twice: u64,
    /// The books.
    pub ledger: Ledger,
    /// Whether the books balance.
    pub balanced: Result<(), LedgerError>,
    /// Errors that the broker sent to clients, in order of arrival, at most 100.
    pub errors: Vec<ClientError>,
}

impl Outcome {
    /// Whether anything was measured. A run that ended before its warm-up was over says nothing of the long run.
    pub fn is_measured(&self) -> bool {
        self.measured_from == SimTime::ZERO || self.end.at > self.measured_from
    }
}
