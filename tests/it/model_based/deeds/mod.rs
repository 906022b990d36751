//! What clients do, and the words they use. Three clients with two channels each share three queues and three exchanges.

mod set_up;
mod topology;
mod traffic;
mod words;

use std::fmt;

use amqpsim::amqp::{ChannelNo, ChannelRef, ConnectionId, Method, Name};
use amqpsim::broker::{Broker, Command, Out};
use amqpsim::units::{SimDuration, SimTime};
use proptest::prelude::*;
use proptest::sample::select;

pub(super) use set_up::{Crowd, Design, crowds, designs, set_up};
pub(super) use words::{Words, new_broker};

use super::reference::{Channel, Reference};
use topology::topology;
use traffic::traffic;

/// What some client must have heard, for the test to be of any worth.
pub(super) const EXERCISED: [&str; 38] = [
    "BasicAck",
    "BasicCancel",
    "BasicCancelOk",
    "BasicConsumeOk",
    "BasicDeliver",
    "BasicDeliverDeadLetter",
    "BasicDeliverRedelivered",
    "BasicGetEmpty",
    "BasicGetOk",
    "BasicNack",
    "BasicQosOk",
    "BasicRecoverOk",
    "BasicReturn",
    "ChannelCloseOk",
    "ChannelFlowOk",
    "ChannelOpenOk",
    "ConfirmSelectOk",
    "ConnectionCloseCHANNEL_ERROR",
    "ConnectionCloseCONNECTION_FORCED",
    "ConnectionCloseCOMMAND_INVALID",
    "ConnectionCloseNOT_ALLOWED",
    "ConnectionCloseNOT_IMPLEMENTED",
    "ConnectionCloseOk",
    "ConnectionOpenOk",
    "ExchangeBindOk",
    "ExchangeDeclareOk",
    "ExchangeDeleteOk",
    "ExchangeUnbindOk",
    "QueueBindOk",
    "QueueDeclareOk",
    "QueueDeleteOk",
    "QueuePurgeOk",
    "QueueUnbindOk",
    "TxCommitOk",
    "TxRollbackOk",
    "TxSelectOk",
    "ChannelCloseRESOURCE_LOCKED",
    "ChannelCloseNOT_FOUND",
];

/// Time passes in steps of this. It is longer than any slack of the broker's timers.
pub(super) const TICK: SimDuration = SimDuration::from_millis(10);

/// One thing that a client does, or that happens to it.
#[derive(Clone)]
pub(super) enum Deed {
    Open(ConnectionId),
    Lose(ConnectionId),
    Call(ChannelRef, Method),
    /// So many ticks pass.
    Wait(u8),
    /// The broker is gone for no time at all, cleanly or not.
    Restart {
        killed: bool,
    },
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Deed::Open(connection) => write!(f, "{connection:?} opens"),
            Deed::Lose(connection) => write!(f, "{connection:?} is lost"),
            Deed::Call(at, method) => write!(f, "{at}: {method:?}"),
            Deed::Wait(ticks) => write!(f, "{ticks} ticks pass"),
            Deed::Restart { killed } => write!(f, "the broker starts again, killed: {killed}"),
        }
    }
}

impl Deed {
    /// Has the broker do it, at this instant.
    pub(super) fn play(&self, mut broker: Broker, words: &Words, now: SimTime, out: &mut impl Out) -> Broker {
        let command = match self {
            Deed::Open(connection) => {
                Command::Open { connection: *connection, vhost: words.vhost, user: words.guest }
            }
            Deed::Lose(connection) => Command::ConnectionLost(*connection),
            Deed::Call(at, method) => Command::Method(*at, method.clone()),
            Deed::Wait(_) => return broker,
            Deed::Restart { killed: false } => return broker.restart(now, out),
            Deed::Restart { killed: true } => return broker.kill(now, out),
        };
        broker.apply(now, command, out);
        broker
    }
}

impl Reference {
    /// The words, with what is there in place of what is not.
    fn existing(&self) -> Words {
        let mut words = (*self.words).clone();
        let queues = words.queues.into_iter().filter(|&queue| self.queue_named(queue).is_some());
        let queues: Vec<Name> = queues.collect();
        let exchanges = words.exchanges.into_iter().filter(|&name| self.find_exchange(name).is_some());
        let exchanges: Vec<Name> = exchanges.collect();
        for (place, there) in (0..3).zip(queues.iter().cycle()) {
            words.queues[place] = *there;
        }
        for (place, there) in (0..4).zip(exchanges.iter().cycle()) {
            words.exchanges[place] = *there;
        }
        words
    }

    /// A connection opens once, and only what is open is lost.
    pub(super) fn is_possible(&self, deed: &Deed) -> bool {
        match deed {
            Deed::Open(connection) => connection.0 >= self.opened,
            Deed::Lose(connection) => self.connections.contains(connection),
            Deed::Call(..) | Deed::Wait(_) | Deed::Restart { .. } => true,
        }
    }
}

/// What may happen next. Mostly something that makes sense.
pub(super) fn next(state: &Reference) -> BoxedStrategy<Deed> {
    let opened = Deed::Open(ConnectionId(state.opened));
    if state.connections.is_empty() {
        return Just(opened).boxed();
    }
    let all = state
        .connections
        .iter()
        .flat_map(|&connection| [1, 2].map(|channel| ChannelRef { connection, channel: ChannelNo(channel) }));
    // Mostly a channel that is open.
    let open = state.channels.iter().flat_map(|channel| [channel.at; 5]);
    let channels: Vec<ChannelRef> = all.chain(open).collect();
    let known = state.clone();
    let call = select(channels).prop_flat_map(move |at| {
        let method = match known.find_channel(at) {
            None => prop_oneof![40 => Just(Method::ChannelOpen), 1 => any_method(&known, None)].boxed(),
            Some(channel) if channel.closing => {
                let ok = Just(Method::ChannelCloseOk);
                prop_oneof![8 => ok, 1 => Just(Method::ChannelClose), 3 => any_method(&known, Some(channel))]
                    .boxed()
            }
            Some(channel) => any_method(&known, Some(channel)),
        };
        method.prop_map(move |method| Deed::Call(at, method))
    });
    let lost = select(state.connections.clone()).prop_map(Deed::Lose);
    let wait = (1u8..5).prop_map(Deed::Wait);
    let restart = any::<bool>().prop_map(|killed| Deed::Restart { killed });
    if state.connections.len() < 3 {
        return prop_oneof![180 => call, 12 => wait, 3 => lost, 1 => restart, 9 => Just(opened)].boxed();
    }
    prop_oneof![180 => call, 12 => wait, 3 => lost, 1 => restart].boxed()
}

/// Any method of a client, for this channel if it is open.
fn any_method(state: &Reference, channel: Option<&Channel>) -> BoxedStrategy<Method> {
    prop_oneof![
        40 => traffic(state, channel),
        9 => topology(state),
        3 => modes(channel.is_some_and(|channel| channel.transaction.is_some())),
    ]
    .boxed()
}

/// Names and flags from which a method is made.
type Draw = (usize, usize, bool, bool, bool, u8);

fn draw() -> impl Strategy<Value = Draw> {
    (0usize..3, 0usize..5040, any::<bool>(), any::<bool>(), any::<bool>(), 0u8..60)
}

/// 0 mostly, 1 and 2 now and then.
fn rare_of(rare: u8) -> usize {
    match rare {
        0 => 2,
        1..=3 => 1,
        _ => 0,
    }
}

/// Methods that change or end the mode of a channel.
fn modes(transactional: bool) -> BoxedStrategy<Method> {
    let ends = if transactional { 24 } else { 1 };
    prop_oneof![
        6 => Just(Method::ConfirmSelect),
        6 => Just(Method::TxSelect),
        ends => Just(Method::TxCommit),
        ends / 3 + 1 => Just(Method::TxRollback),
        1 => Just(Method::ChannelFlow { active: true }),
        1 => Just(Method::ChannelFlow { active: false }),
        3 => Just(Method::ChannelClose),
        1 => Just(Method::ChannelOpen),
        1 => Just(Method::ConnectionClose),
    ]
    .boxed()
}
