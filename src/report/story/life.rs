//! The life of one message, from its publish to its fate. Knows observations about that message alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::amqp::{MessageId, Method, QueueId, ServerMethod};
use crate::observe::{DeathReason, Fact, LossCause, Settlement, What};
use crate::rules::{self, RuleRef};
use crate::units::{SimDuration, SimTime};

use super::chain::Steps;
use super::memory::is_silence;
use super::page::{count, instant, length};
use super::sentences::loss_explained;
use super::subjects::View;

/// Expiry is late by no more than this. Source: rule TTL-9.
const TIMER_STEP: SimDuration = SimDuration::from_nanos(1_000_000);

/// Where a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Ready,
    Out(String),
    Settled,
    Lost(LossCause, SimTime, Option<String>),
    /// It died, and the dead-letter exchange made new copies of it.
    DeadLettered(DeathReason, SimTime),
}

/// The end of a consumer's work: who, when, and how long after the publish.
type Work = (String, SimTime, SimDuration);

/// The message's copy in one queue.
#[derive(Clone, Debug)]
struct Copy {
    place: Place,
    /// When its own time to live is over.
    expires: Option<SimTime>,
    deliveries: u32,
    reasons: Vec<String>,
    processed: Vec<Work>,
    /// How often the message entered the queue since its producer published it again.
    duplicates: u32,
    /// Its way to the disk.
    steps: Steps,
}

/// What became of a message that entered no queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outside {
    Unseen,
    OnTheWay,
    Returned,
    Dropped,
    Lost(LossCause),
    /// Handed straight to the channel that asked.
    Replied,
    /// And that consumer, by its place in the scenario, has processed it.
    ReplyProcessed(u32, SimTime),
}

/// The life so far.
#[derive(Clone, Debug)]
pub(super) struct Life {
    message: MessageId,
    outside: Outside,
    copies: BTreeMap<QueueId, Copy>,
    /// Consumers that have received the message and not settled it.
    holders: BTreeSet<u32>,
    /// Its own time to live, until it is dead-lettered.
    time_to_live: Option<SimDuration>,
    /// Its producer has published it more than once.
    published_again: bool,
    /// How its producer got its answer, and when.
    answered: Option<(&'static str, SimTime)>,
    /// What befell it before it was in a queue, or in all queues at once.
    steps: Steps,
}

impl Life {
    pub(super) fn new(message: MessageId) -> Self {
        Life {
            message,
            outside: Outside::Unseen,
            copies: BTreeMap::new(),
            holders: BTreeSet::new(),
            time_to_live: None,
            published_again: false,
            answered: None,
            steps: Steps::default(),
        }
    }

    /// A fault strikes, whoever it is about.
    pub(super) fn note_fault(&mut self, at: SimTime, fault: u32) {
        self.steps.fault = Some((fault, at));
    }

    /// The message whose life it is.
    pub(super) fn message(&self) -> MessageId {
        self.message
    }

    /// Whether `what`, which does not name the message, happens to it all the same: a crash of its holder, a loss of the
    /// connection that it is out on, a close by the broker, a restart of the broker that has it.
    pub(super) fn is_touched(&self, view: View<'_>, what: &What) -> bool {
        match what {
            What::ConsumerCrashed { consumer, .. } => self.holders.contains(consumer),
            What::ConnectionLost { connection } => {
                view.memory.out_on(self.message).any(|id| view.cast.connection_index(id) == Some(*connection))
            }
            What::BrokerSent {
                channel,
                method: ServerMethod::ConnectionClose { .. } | ServerMethod::ChannelClose { .. },
                ..
            } => view.memory.out_on(self.message).any(|id| id == channel.connection),
            What::Broker(Fact::ConsumerRemoved { tag, .. }, rule) => {
                is_silence(rule) && view.memory.is_out_with(self.message, *tag)
            }
            What::Broker(Fact::BrokerStopped | Fact::BrokerStarted { .. }, _) => {
                self.copies.values().any(|copy| matches!(copy.place, Place::Ready | Place::Out(_)))
            }
            _ => false,
        }
    }

    /// Takes in an observation about the message.
    pub(super) fn observe(&mut self, view: View<'_>, at: SimTime, what: &What) {
        match what {
            What::Published { again, .. } => {
                self.published_again |= again.is_some();
                self.outside = Outside::OnTheWay;
                self.steps.published = Some(at);
            }
            What::ReachedBroker { method: Method::BasicPublish(publish), .. } => {
                let content = publish.message.content.as_ref();
                let text = content.and_then(|content| content.properties.expiration.as_ref());
                let millis = text.and_then(|text| text.parse::<u64>().ok());
                self.time_to_live =
                    millis.map(|millis| SimDuration::from_nanos(millis.saturating_mul(1_000_000)));
            }
            What::Received { consumer, .. } => {
                self.holders.insert(*consumer);
            }
            What::Processed { consumer, sojourn, .. } => {
                let name = view.cast.consumer(*consumer);
                if let Some(copy) = self.copy_of(view, &name) {
                    copy.processed.push((name, at, *sojourn));
                    if copy.place == Place::Settled {
                        self.holders.remove(consumer);
                    }
                } else {
                    self.outside = Outside::ReplyProcessed(*consumer, at);
                }
            }
            What::LostOutside { cause, consumer: None, .. } => self.outside = Outside::Lost(*cause),
            What::LostOutside { cause, consumer: Some(consumer), .. } => {
                self.holders.remove(consumer);
                let name = view.cast.consumer(*consumer);
                if let Some(copy) = self.copy_of(view, &name) {
                    copy.place = Place::Lost(*cause, at, Some(name));
                } else {
                    self.outside = Outside::Lost(*cause);
                }
            }
            What::Broker(Fact::Confirmed { .. }, rule) => {
                self.steps.accepted = Some((at, rule.id == rules::CF_9.id));
            }
            What::BrokerSent { method: ServerMethod::TxCommitOk, .. } => {
                (self.steps.accepted, self.steps.in_transaction) = (Some((at, false)), true);
            }
            What::Broker(fact, rule) => self.observe_fact(view, at, (fact, *rule)),
            What::ReachedClient { method: ServerMethod::TxCommitOk, .. } => {
                self.answered = Some(("committed", at));
            }
            What::ReachedClient { method: ServerMethod::BasicAck { .. }, .. } => {
                self.answered = Some(("confirmed", at));
            }
            What::ReachedClient { method: ServerMethod::BasicNack { .. }, .. } => {
                self.answered = Some(("nacked", at));
            }
            _ => {}
        }
    }

    fn copy_of(&mut self, view: View<'_>, consumer: &str) -> Option<&mut Copy> {
        match view.cast.queue_of(view.names, consumer) {
            Some(queue) => self.copies.get_mut(&queue),
            None => self.copies.values_mut().next(),
        }
    }

    fn observe_fact(&mut self, view: View<'_>, at: SimTime, (fact, rule): (&Fact, RuleRef)) {
        match fact {
            Fact::Unroutable { returned, .. } => {
                self.outside = if *returned { Outside::Returned } else { Outside::Dropped };
            }
            Fact::PublishRefused { cause, .. } => self.outside = Outside::Lost(*cause),
            Fact::Enqueued { queue, .. } => {
                let expires = self.time_to_live.map(|length| at + length);
                let is_duplicate = self.published_again && self.copies.contains_key(queue);
                let copy = self.enter(*queue);
                if is_duplicate {
                    copy.duplicates += 1;
                    copy.reasons.push("it was published again".to_owned());
                }
                (copy.place, copy.expires) = (Place::Ready, expires);
                copy.steps = Steps { entered: Some(at), ..Steps::default() };
            }
            Fact::Delivered { queue, consumer, automatic, .. } => {
                let holder = view.cast.tag(view.names, *consumer);
                self.hand_out(*queue, if *automatic { Place::Settled } else { Place::Out(holder) });
            }
            Fact::Got { queue, automatic, .. } => {
                let place = if *automatic { Place::Settled } else { Place::Out("basic.get".to_owned()) };
                self.hand_out(*queue, place);
            }
            Fact::Settled { queue, how, .. } => {
                let holder = self.take_back(view, *queue);
                self.enter(*queue).place = match how {
                    Settlement::Acked => Place::Settled,
                    Settlement::Rejected => Place::Lost(LossCause::Rejected, at, holder),
                    Settlement::Gone(cause) => Place::Lost(*cause, at, holder),
                    // What follows says where it went.
                    Settlement::DeadLettered => Place::Ready,
                };
            }
            Fact::Requeued { queue, message, .. } => {
                self.take_back(view, *queue);
                let why = view.memory.why_back(*queue, *message).map(str::to_owned);
                self.enter(*queue).reasons.extend(why);
            }
            Fact::DeadLettered { queue, reason, .. } => {
                self.enter(*queue).place = Place::DeadLettered(*reason, at);
                self.time_to_live = None;
            }
            Fact::CameBack { queue, .. } => {
                let copy = self.enter(*queue);
                copy.place = Place::Ready;
                let why = if rule.id == rules::QQ_7.id {
                    "its acknowledgement was lost with the leader and with its channel"
                } else {
                    "its acknowledgement was not on the disk when the broker crashed"
                };
                copy.reasons.push(why.to_owned());
            }
            Fact::Reached { queue, level, at, .. } => self.enter(*queue).steps.reached(*level, *at),
            Fact::Replied { .. } => self.outside = Outside::Replied,
            Fact::Lost { queue, cause, .. } => {
                let Steps { published, accepted, in_transaction, fault, .. } = self.steps;
                let copy = self.enter(*queue);
                copy.place = Place::Lost(*cause, at, None);
                copy.steps = Steps { published, accepted, in_transaction, fault, ..copy.steps };
            }
            _ => {}
        }
    }

    fn enter(&mut self, queue: QueueId) -> &mut Copy {
        self.copies.entry(queue).or_insert_with(|| Copy {
            place: Place::Ready,
            expires: None,
            deliveries: 0,
            reasons: Vec::new(),
            processed: Vec::new(),
            duplicates: 0,
            steps: Steps::default(),
        })
    }

    fn hand_out(&mut self, queue: QueueId, place: Place) {
        let copy = self.enter(queue);
        copy.place = place;
        copy.deliveries += 1;
    }

    /// Makes the copy ready again, and gives the name of the consumer that held it.
    fn take_back(&mut self, view: View<'_>, queue: QueueId) -> Option<String> {
        let place = std::mem::replace(&mut self.enter(queue).place, Place::Ready);
        let Place::Out(holder) = place else { return None };
        self.holders.retain(|&index| view.cast.consumer(index) != holder);
        Some(holder)
    }

    /// What became of the message, one paragraph for each copy, and what its producer knows.
    pub(super) fn fate(&self, view: View<'_>, end: SimTime) -> Vec<String> {
        let mut paragraphs = self.fates(view, end);
        if let Some((how, at)) = self.answered {
            let name = view.cast.message(self.message);
            let lost = self.is_lost();
            let although = if lost && how != "nacked" { ", and lost all the same" } else { "" };
            paragraphs.push(format!("To its producer {name} is {how} since {}{although}.", instant(at)));
            if lost && how != "nacked" {
                paragraphs.extend(self.chains(view, &name));
            }
        }
        paragraphs
    }

    /// How each copy that is lost came to be lost.
    fn chains(&self, view: View<'_>, name: &str) -> Vec<String> {
        let chain = |(&queue, copy): (&QueueId, &Copy)| match copy.place {
            Place::Lost(cause, at, _) => {
                copy.steps.tell(view, name, &view.cast.queue(view.names, queue), (cause, at))
            }
            _ => None,
        };
        self.copies.iter().filter_map(chain).collect()
    }

    fn is_lost(&self) -> bool {
        // What is lost after that, a duplicate or what came back, leaves what was done.
        self.copies.values().any(|copy| matches!(copy.place, Place::Lost(..)) && copy.processed.is_empty())
    }

    fn fates(&self, view: View<'_>, end: SimTime) -> Vec<String> {
        let name = view.cast.message(self.message);
        if self.copies.is_empty() {
            let fate = match self.outside {
                Outside::Unseen => return vec![format!("No message {name} was seen.")],
                Outside::OnTheWay => "still on its way to the broker at the end.".to_owned(),
                Outside::Returned => "returned to its producer: no queue got it.".to_owned(),
                Outside::Dropped => "dropped: no queue got it, and it was not mandatory.".to_owned(),
                Outside::Replied => "handed straight to the channel that asked for it.".to_owned(),
                Outside::ReplyProcessed(consumer, at) => {
                    let consumer = view.cast.consumer(consumer);
                    format!("handed straight to {consumer}, which has processed it at {}.", instant(at))
                }
                Outside::Lost(cause) => format!("lost: {}. {}", cause.words(), loss_explained(cause)),
            };
            return vec![format!("Fate of {name}: {fate}")];
        }
        let several = self.copies.len() > 1;
        self.copies
            .iter()
            .map(|(&queue, copy)| {
                let queue = view.cast.queue(view.names, queue);
                let place = if several { format!(" in queue {queue}") } else { String::new() };
                format!("Fate of {name}{place}: {}", copy.fate(&queue, end))
            })
            .collect()
    }
}

impl Copy {
    /// Why it was delivered again: ` because A, and then 47 times because B`. Equal reasons that follow each other are one.
    fn because(&self) -> String {
        let groups = self.reasons.chunk_by(|one, next| one == next).map(|group| match group {
            [why] => format!("because {why}"),
            [why, ..] => format!("{} because {why}", count(group.len() as u64, "time")),
            [] => String::new(),
        });
        let groups: Vec<_> = groups.collect();
        match &self.reasons[..] {
            [] => String::new(),
            _ => format!(" {}", groups.join(", and then ")),
        }
    }

    fn fate(&self, queue: &str, run_end: SimTime) -> String {
        let end = match (&self.processed[..], &self.place) {
            ([], Place::Ready) => match self.expires.filter(|&at| at + TIMER_STEP < run_end) {
                Some(at) => format!(
                    "still ready in queue {queue} at the end; it expired at {}, but has not come to the head of its \
                     queue since [TTL-3]",
                    instant(at)
                ),
                None => format!("still ready in queue {queue} at the end"),
            },
            ([], Place::Out(holder)) => format!("still unacknowledged, with {holder}, at the end"),
            ([], Place::Settled) => "settled, but not processed by the end".to_owned(),
            ([], Place::DeadLettered(reason, at)) => {
                format!("dead-lettered at {}, reason {}", instant(*at), reason.name())
            }
            ([], Place::Lost(cause, at, holder)) => {
                let holder = holder.as_ref().map_or_else(String::new, |name| format!(" with {name}"));
                format!("lost{holder} at {}: {}", instant(*at), cause.words())
            }
            ([(who, at, sojourn), again @ ..], _) => {
                let first = format!(
                    "processed by {who} at {}, {} after it was published",
                    instant(*at),
                    length(*sojourn)
                );
                let all = again.iter().fold(first, |text, (who, at, _)| {
                    format!("{text}, and once more by {who} at {}", instant(*at))
                });
                match &self.place {
                    Place::Lost(cause, at, _) => {
                        format!(
                            "{all}; its copy in the broker was lost at {}, {}",
                            instant(*at),
                            cause.words()
                        )
                    }
                    _ => all,
                }
            }
        };
        let why = match &self.place {
            Place::Lost(cause, ..) if self.processed.is_empty() => format!(" {}", loss_explained(*cause)),
            _ => String::new(),
        };
        let times = match self.deliveries {
            0 | 1 => return format!("{end}.{why}"),
            2 => "twice".to_owned(),
            more => count(more, "time"),
        };
        let because = self.because();
        format!("{end}; delivered {times}{because}.{why}")
    }
}
