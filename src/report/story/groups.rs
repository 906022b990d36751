//! What befalls many messages in one step by one cause, in one sentence: losses, returns, and how safe copies are.
//! Keeps a few names, however many there are.

use crate::amqp::{MessageId, QueueId};
use crate::observe::{Durability, Fact, LossCause, What};
use crate::rules::{self, RuleRef};
use crate::units::SimTime;

use super::page::{instant, levels};
use super::subjects::View;

/// Messages named before only the first and the last are.
const LISTED: usize = 5;

/// What must be equal for two observations to be told together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Lost(QueueId, LossCause),
    Outside(Option<u32>, LossCause),
    Refused(LossCause),
    /// Whether it was acknowledged, and whether a new leader does not know of it.
    CameBack(QueueId, bool, bool),
    Reached(QueueId, Durability, SimTime),
}

impl Kind {
    fn of(what: &What) -> Option<(Kind, MessageId, Option<RuleRef>)> {
        let (kind, message, rule) = match what {
            What::LostOutside { message, cause, consumer } => {
                (Kind::Outside(*consumer, *cause), message, None)
            }
            What::Broker(fact, rule) => {
                let (kind, message) = match fact {
                    Fact::Lost { queue, message, cause, .. } => (Kind::Lost(*queue, *cause), message),
                    Fact::PublishRefused { message, cause } => (Kind::Refused(*cause), message),
                    Fact::CameBack { queue, message, acked, .. } => {
                        (Kind::CameBack(*queue, *acked, rule.id == rules::QQ_7.id), message)
                    }
                    Fact::Reached { queue, message, level, at, .. } => {
                        (Kind::Reached(*queue, *level, *at), message)
                    }
                    _ => return None,
                };
                (kind, message, Some(*rule))
            }
            _ => return None,
        };
        Some((kind, *message, rule))
    }
}

/// Whether `what` is told with others of its kind.
pub(super) fn is_told_in_groups(what: &What) -> bool {
    Kind::of(what).is_some()
}

#[derive(Clone, Debug)]
struct Group {
    kind: Kind,
    rule: Option<RuleRef>,
    /// The first ones.
    named: Vec<MessageId>,
    last: MessageId,
    count: u64,
    /// Ready and unacknowledged messages after the last.
    left: (u32, u32),
}

impl Group {
    /// The messages: `#1`, `#1 and #2`, `41 messages, #1 to #41,`.
    fn names(&self, view: View<'_>) -> String {
        let name = |id: &MessageId| view.cast.message(*id);
        let (Some(first), last) = (self.named.first(), name(&self.last)) else { return String::new() };
        match self.count {
            1 => last,
            count if count as usize > LISTED => format!("{count} messages, {} to {last}", name(first)),
            _ => {
                let before: Vec<_> = self.named.iter().take(self.count as usize - 1).map(name).collect();
                format!("{} and {last}", before.join(", "))
            }
        }
    }

    fn sentence(&self, view: View<'_>, now: SimTime, written_too: bool) -> String {
        let names = self.names(view);
        let (ready, unacked) = self.left;
        let many = self.count > 1;
        let (is, it, was) = if many { ("are", "they", "were") } else { ("is", "it", "was") };
        let survives = if many { "survive" } else { "survives" };
        let queue = |id| format!("queue {}", view.cast.queue(view.names, id));
        match self.kind {
            Kind::Lost(id, cause) => {
                format!("{} loses {names}: {}; {}", queue(id), cause.words(), levels(ready, unacked))
            }
            Kind::Outside(consumer, cause) => {
                let holder = consumer
                    .map_or_else(String::new, |index| format!(", with {}", view.cast.consumer(index)));
                format!("{names} {is} lost{holder}: {}", cause.words())
            }
            Kind::Refused(LossCause::LostOnTheWire) => {
                let its = if many { "their" } else { "its" };
                format!("broker never reads {names}: {its} connection ends")
            }
            Kind::Refused(cause) => {
                let its = if many { "their" } else { "its" };
                let with = if cause == LossCause::RolledBack { "transaction" } else { "channel" };
                format!("broker discards {names} with {its} {with}")
            }
            Kind::CameBack(id, acked, elected) => format!(
                "{} has {names} again, which {was} {}: {}; {ready} ready",
                queue(id),
                if acked { "acknowledged" } else { "gone" },
                if elected { "the new leader does not know of that" } else { "that was not on the disk" }
            ),
            Kind::Reached(id, Durability::Written, _) => format!(
                "{} has written {names}: from now on {it} {survives} a crash of the broker's process",
                queue(id)
            ),
            // Nobody is told when the operating system writes, so that comes to light later.
            Kind::Reached(id, Durability::Stable, at) if at < now => format!(
                "{names} of {} {is} on the disk since {}, when the operating system wrote the file back: {it} {survives} a \
                 power failure",
                queue(id),
                instant(at)
            ),
            Kind::Reached(id, Durability::Stable, _) => format!(
                "{names} of {} {is} {}on the disk: from now on {it} {survives} a power failure",
                queue(id),
                if written_too { "written and " } else { "" }
            ),
        }
    }
}

/// The groups of a step that are not told yet, in order of their beginnings.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// Takes in what is told in groups.
    pub(super) fn add(&mut self, what: &What) {
        let Some((kind, message, rule)) = Kind::of(what) else { return };
        let left = match what {
            What::Broker(Fact::Lost { ready, unacked, .. }, _) => (*ready, *unacked),
            What::Broker(Fact::CameBack { ready, .. }, _) => (*ready, 0),
            _ => (0, 0),
        };
        if let Some(group) = self.0.iter_mut().find(|group| group.kind == kind) {
            if group.named.len() < LISTED {
                group.named.push(message);
            }
            group.count += 1;
            (group.last, group.left) = (message, left);
        } else {
            let named = vec![message];
            self.0.push(Group { kind, rule, named, last: message, count: 1, left });
        }
    }

    /// The sentences of all groups, which are told with that. `now` is the instant of the step.
    pub(super) fn take(&mut self, view: View<'_>, now: SimTime) -> Vec<(String, Option<RuleRef>)> {
        let groups = std::mem::take(&mut self.0);
        // What is synced at once need not be told twice.
        let twin = |group: &Group, level: Durability| {
            let Kind::Reached(queue, _, at) = group.kind else { return false };
            groups.iter().any(|other| {
                other.kind == Kind::Reached(queue, level, at)
                    && (other.count, other.last) == (group.count, group.last)
            })
        };
        let mut sentences = Vec::new();
        for group in &groups {
            let level = match group.kind {
                Kind::Reached(_, level, _) => Some(level),
                _ => None,
            };
            if level == Some(Durability::Written) && twin(group, Durability::Stable) {
                continue;
            }
            let written_too = level == Some(Durability::Stable) && twin(group, Durability::Written);
            sentences.push((group.sentence(view, now, written_too), group.rule));
        }
        sentences
    }
}
