//! What clients do and what crosses the wire, in sentences. Knows no layout.
//!
//! A method is told where it matters: publishes and acknowledgements where they are sent and where they arrive, other
//! methods of clients where they reach the broker, answers where the broker gives them.

use crate::amqp::{ChannelRef, MessageId, Method, ServerMethod};
use crate::observe::{Conclusion, Fact, LossCause, PublishedAgain, What};
use crate::report::wire::{self, Words};
use crate::rules::{self, RuleRef};

use super::calls;
use super::facts;
use super::groups::is_told_in_groups;
use super::memory::is_silence;
use super::page::{count, length};
use super::subjects::View;

/// Messages named before a list is cut short.
const LISTED: usize = 5;

/// A sentence with the rule behind it; `None` for what goes without saying.
pub(super) fn sentence(view: View<'_>, what: &What) -> Option<(String, Option<RuleRef>)> {
    if is_told_in_groups(what) {
        return None;
    }
    if let What::Broker(fact, rule) = what {
        let connection = match fact {
            Fact::ConnectionOpened { connection } | Fact::ConnectionClosed { connection } => {
                Some(*connection)
            }
            Fact::ChannelClosed { channel } => Some(channel.connection),
            _ => None,
        };
        // A connection gets its name with `connection.open-ok`. One without a name is no client's.
        if connection.is_some_and(|id| view.cast.connection_index(id).is_none()) {
            return None;
        }
        let text = facts::sentence(view, fact);
        if let (Fact::ConsumerRemoved { tag, .. }, true) = (fact, is_silence(rule)) {
            let who = view.names.text(*tag);
            return Some((format!("broker gives up on the silent connection of {who}: {text}"), Some(*rule)));
        }
        return Some((text, Some(*rule)));
    }
    if let What::AckLost { connection, channel, delivery_tag } = what {
        let method = Method::BasicAck { delivery_tag: *delivery_tag, multiple: false };
        let (from, of) = (view.sender(*connection, *channel, &method), about(view, *channel, &method));
        let words = wire::client(view.names, &method);
        return Some((format!("{words}{of} from {from} is lost on its way"), Some(rules::CON_7)));
    }
    if let What::Published { producer, message, again: Some(why), .. } = what {
        let (why, rule) = published_again(*why);
        let (producer, message) = (view.cast.producer(*producer), view.cast.message(*message));
        return Some((format!("{producer} publishes {message} again, because {why}"), Some(rule)));
    }
    let sentence = match what {
        What::ClientSent { connection, channel, method } => sent(view, *connection, *channel, method)?,
        What::ReachedBroker { connection, channel, method } => {
            let from = view.sender(*connection, *channel, method);
            let mut words = wire::client(view.names, method);
            if matches!(method, Method::BasicPublish(_)) {
                words.arguments.clear();
            }
            format!("broker receives {}{} from {from}", words, about(view, *channel, method))
        }
        What::BrokerSent { connection, channel, method } => answered(view, *connection, *channel, method),
        What::ReachedClient { connection, channel, method } => arrived(view, *connection, *channel, method)?,
        What::Stale => return None,
        client => of_client(view, client),
    };
    Some((sentence, None))
}

/// What an `-ok` adds to the sentence of the method that it answers: ` and answers queue.declare-ok(message-count=0)`;
/// `None` for what is no plain answer. Arguments that `asked` tells are left out.
pub(super) fn answer(view: View<'_>, asked: &str, what: &What) -> Option<String> {
    let What::BrokerSent { channel, method, .. } = what else { return None };
    let mut words = wire::server(view.names, method);
    if !words.method.ends_with("-ok") || !view.messages_to(*channel, method).is_empty() {
        return None;
    }
    words.arguments.retain(|(key, value)| !asked.contains(&format!("{key}={value}")));
    Some(format!(" and answers {words}"))
}

/// `#1, #2 and #3`
fn list(view: View<'_>, messages: &[MessageId]) -> String {
    let mut names: Vec<_> = messages.iter().take(LISTED).map(|&id| view.cast.message(id)).collect();
    if messages.len() > LISTED {
        names.push(format!("{} more", messages.len() - LISTED));
    }
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// ` of #1` behind a publish, ` for #1` behind an acknowledgement.
fn about(view: View<'_>, channel: ChannelRef, method: &Method) -> String {
    let messages = view.messages_of(channel, method);
    match method {
        _ if messages.is_empty() => String::new(),
        Method::BasicPublish(_) => format!(" of {}", list(view, &messages)),
        _ => format!(" for {}", list(view, &messages)),
    }
}

fn sent(view: View<'_>, connection: u32, channel: ChannelRef, method: &Method) -> Option<String> {
    let told = matches!(
        method,
        Method::BasicPublish(_)
            | Method::BasicAck { .. }
            | Method::BasicNack { .. }
            | Method::BasicReject { .. }
            | Method::BasicCancel { .. }
            | Method::ChannelClose
            | Method::ConnectionClose
    );
    told.then(|| {
        let sender = view.sender(connection, channel, method);
        format!("{sender} sends {}{}", wire::client(view.names, method), about(view, channel, method))
    })
}

/// A delivery's exchange and routing key were told when it was published.
fn short(mut words: Words) -> Words {
    words.arguments.retain(|(key, _)| !matches!(*key, "exchange" | "routing-key"));
    words
}

fn answered(view: View<'_>, connection: u32, channel: ChannelRef, method: &ServerMethod) -> String {
    let to = view.cast.connection(connection);
    let words = short(wire::server(view.names, method));
    let messages = view.messages_to(channel, method);
    match method {
        ServerMethod::BasicAck { .. } => {
            format!("broker sends {words} to {to} for {}", list(view, &messages))
        }
        ServerMethod::BasicNack { .. } => {
            format!("broker sends {words} to {to} for {}", list(view, &messages))
        }
        ServerMethod::TxCommitOk if !messages.is_empty() => {
            format!("broker answers {to} with {words} for {}", list(view, &messages))
        }
        _ if !messages.is_empty() => format!("broker sends {words} of {} to {to}", list(view, &messages)),
        _ if words.method.ends_with("-ok") || words.method.ends_with("-empty") => {
            format!("broker answers {to} with {words}")
        }
        _ => format!("broker sends {words} to {to}"),
    }
}

fn arrived(view: View<'_>, connection: u32, channel: ChannelRef, method: &ServerMethod) -> Option<String> {
    let at = view.cast.connection(connection);
    let words = short(wire::server(view.names, method));
    let messages = || list(view, &view.messages_to(channel, method));
    match method {
        ServerMethod::BasicAck { .. } => Some(format!("{words} reaches {at}: {} confirmed", messages())),
        ServerMethod::BasicNack { .. } => Some(format!("{words} reaches {at}: {} refused", messages())),
        ServerMethod::TxCommitOk if view.messages_to(channel, method).is_empty() => {
            Some(format!("{words} reaches {at}"))
        }
        ServerMethod::TxCommitOk => Some(format!("{words} reaches {at}: {} committed", messages())),
        // A consumer of the scenario tells itself what it receives; a direct reply may go to another client.
        ServerMethod::BasicDeliver(deliver)
            if !view
                .cast
                .directory()
                .consumers
                .iter()
                .any(|name| name == view.names.text(deliver.consumer_tag)) =>
        {
            Some(format!("{words} of {} reaches {at}", messages()))
        }
        ServerMethod::BasicReturn(_) => Some(format!("{words} of {} reaches {at}", messages())),
        ServerMethod::BasicGetOk(_) => Some(format!("{words} of {} reaches {at}", messages())),
        ServerMethod::ConnectionClose { .. }
        | ServerMethod::ConnectionBlocked { .. }
        | ServerMethod::ConnectionUnblocked
        | ServerMethod::ChannelClose { .. }
        | ServerMethod::BasicCancel { .. } => Some(format!("{words} reaches {at}")),
        _ => None,
    }
}

fn of_client(view: View<'_>, what: &What) -> String {
    let cast = view.cast;
    match what {
        What::Published { producer, message, class, .. } => {
            let class = if *class == 0 { String::new() } else { format!(" of class {}", cast.class(*class)) };
            format!("{} publishes {}{class}", cast.producer(*producer), cast.message(*message))
        }
        What::MessageGivenUp { producer, message } => {
            let (producer, message) = (cast.producer(*producer), cast.message(*message));
            format!("{producer} gives up on {message}: it has published it as often as it may")
        }
        What::DuplicateSkipped { consumer, message } => format!(
            "{} has processed {} before and only acknowledges it",
            cast.consumer(*consumer),
            cast.message(*message)
        ),
        What::Received { consumer, message, delivery_tag, redelivered, buffered } => format!(
            "{} receives {} (delivery-tag={delivery_tag}, redelivered={redelivered}); {buffered} in its buffer",
            cast.consumer(*consumer),
            cast.message(*message)
        ),
        What::ServiceBegan { consumer, message, takes } => {
            let (consumer, message) = (cast.consumer(*consumer), cast.message(*message));
            format!("{consumer} begins to work on {message}, for {}", length(*takes))
        }
        What::Processed { consumer, message, sojourn, again } => format!(
            "{} has processed {}{}, {} after it was published",
            cast.consumer(*consumer),
            cast.message(*message),
            if *again { " once more" } else { "" },
            length(*sojourn)
        ),
        What::Concluded { consumer, message, how } => {
            let (consumer, message) = (cast.consumer(*consumer), cast.message(*message));
            match how {
                Conclusion::Ack => format!("{consumer} is done with {message}"),
                Conclusion::Reject => format!("{consumer} is done with {message} and refuses it for good"),
                Conclusion::Requeue => format!("{consumer} is done with {message} and gives it back"),
                Conclusion::Hang => format!("{consumer} is done with {message} and never settles it"),
                Conclusion::Crash => format!("{consumer} dies of {message}"),
            }
        }
        What::CallWaits { .. } | What::CallBegan { .. } | What::CallFailed { .. } => {
            calls::sentence(cast, what)
        }
        What::ConnectionLost { connection } => {
            format!("{} loses its connection", cast.connection(*connection))
        }
        What::Connecting { connection } => format!("{} tries to connect", cast.connection(*connection)),
        What::ConnectedTo { connection, node, own } => {
            let connection = cast.connection(*connection);
            let instead = if *own { "" } else { ": its own is down" };
            format!("{connection} gets through to node {node}{instead}")
        }
        What::ConnectingGivenUp { connection, attempts } => {
            let (connection, attempts) = (cast.connection(*connection), count(*attempts, "failed attempt"));
            format!("{connection} gives up connecting after {attempts}")
        }
        What::ConsumerCrashed { consumer, held } => {
            let held = if *held == 0 { "nothing".to_owned() } else { count(*held, "message") };
            format!("{} crashes, holding {held}", cast.consumer(*consumer))
        }
        What::ConsumerRestarted { consumer } => format!("{} is back", cast.consumer(*consumer)),
        What::ProducerCrashed { producer, held } => {
            let held = match held {
                0 => "nothing".to_owned(),
                held => format!("{} that it had not sent", count(*held, "message")),
            };
            format!("{} crashes, holding {held}", cast.producer(*producer))
        }
        What::ProducerRestarted { producer } => format!("{} is back", cast.producer(*producer)),
        What::NothingToSettle { client, step } => {
            let client = cast.client(*client);
            format!(
                "{client} sends nothing for its step {step}: no delivery to settle has arrived on its channel"
            )
        }
        What::FaultBegan { fault } => {
            let because = cast.condition(*fault).map(|condition| format!(" as {condition}"));
            let deed = cast.deed(*fault).map(|deed| format!(": {deed}"));
            let (because, deed) = (because.unwrap_or_default(), deed.unwrap_or_default());
            format!("fault {} begins{because}{deed}", cast.fault(*fault))
        }
        What::FaultEnded { fault } => format!("fault {} is over", cast.fault(*fault)),
        _ => unreachable!("the wire and the broker are told elsewhere"),
    }
}

/// Why a producer publishes a message again, and by which rule it had to expect that.
fn published_again(why: PublishedAgain) -> (&'static str, RuleRef) {
    match why {
        PublishedAgain::ConnectionLost => ("no confirm came before its connection was lost", rules::CON_16),
        PublishedAgain::ChannelClosed => ("no confirm came before its channel was closed", rules::CON_16),
        PublishedAgain::Nacked => ("the broker nacked it", rules::CF_2),
        PublishedAgain::Returned => ("no queue got it and it came back", rules::MND_1),
    }
}

/// Why a loss could happen, in a sentence for the end of a message's life.
pub(super) fn loss_explained(cause: LossCause) -> &'static str {
    match cause {
        LossCause::NotSent => "It was still in the memory of its producer, which died.",
        LossCause::LostOnTheWire => {
            "The broker never saw it; only an answer that never comes, a confirm or tx.commit-ok, could tell its producer."
        }
        LossCause::Refused => "The broker closed the channel instead of taking it.",
        LossCause::RolledBack => "What is published in a transaction is in no queue before its commit.",
        LossCause::TransientInRestart => "Only persistent messages survive a restart.",
        LossCause::QueueNotDurable => {
            "A queue that is not durable goes with the broker, persistent messages too."
        }
        LossCause::InMailbox => {
            "It was in the mailbox of its queue's process, which had more to do than it could."
        }
        LossCause::InProcessBuffer => {
            "It was only in the memory of the broker's process, or its entry in the index of its queue was, and not written to \
             its file yet."
        }
        LossCause::InPageCache => {
            "Its file had it, or that of the index of its queue, but not the disk: no sync that this disk honours was over, and the operating system had not \
             written it back."
        }
        LossCause::IndexWithoutBody => {
            "Its index entry and its body are in different files, and only the index entry was on the disk."
        }
        LossCause::TornTail => "The power failed in the middle of the write that it was in.",
        LossCause::QueueUnregistered => {
            "Its queue was younger than the `registration-window`: the log was on the disk, but not yet the name by which the node \
             finds it."
        }
        LossCause::DiskLost => {
            "What a node has kept goes with its disk, and what a cluster has kept with the disks of a majority of its nodes."
        }
        LossCause::AutoAckInFlight | LossCause::AutoAckInBuffer => {
            "The broker had settled it in the moment of sending it, so there was nothing left to requeue."
        }
        LossCause::AckedBeforeProcessing => {
            "The broker was told that it was done with, so there was nothing left to requeue."
        }
        LossCause::Expired => "Its time to live was over before it was delivered.",
        LossCause::Overflow => "Its queue was over its length limit and dropped it.",
        LossCause::QueueFull => {
            "Its queue was full and takes no publish then; only a confirm tells its producer."
        }
        LossCause::Rejected => "It was not to be requeued, and its queue has no dead-letter exchange.",
        LossCause::DeliveryLimit => {
            "It came back more often than its queue allows, and the queue has no dead-letter exchange."
        }
        LossCause::DeadLetterTargetMissing => "Its dead-letter exchange led to no queue.",
        LossCause::DeadLetterCycle => {
            "It would have come back to a queue that it died in, and nobody had rejected it since."
        }
        LossCause::Purged => "Its queue was purged.",
        LossCause::QueueDeleted => "A queue's messages go with it.",
    }
}
