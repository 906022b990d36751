//! RabbitMQ's semantics as a state machine: commands in, effects out.
//! Knows no clock, no files, no latency, no floats, and not who is connected by what link.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod acknowledgement;
mod alarms;
mod binding;
mod channel;
mod command;
mod confirms;
mod connection;
mod consume;
mod dead_letter;
mod dealing;
mod death;
mod deletion;
mod direct_reply;
mod dispatch;
mod doors;
mod effect;
mod error;
mod exchange;
mod exchanges;
mod expiry;
mod heartbeats;
mod messages;
mod pattern;
mod persistence;
mod policies;
mod profile;
mod proposals;
mod publish;
mod qos;
mod queue;
mod queue_crash;
mod queues;
mod quorum;
mod ready;
mod restart;
mod routing;
mod safety;
mod settings;
mod settle;
mod slab;
#[cfg(test)]
mod tests;
mod timers;
mod topology;
mod transactions;
mod unacked;
mod users;
mod waiters;
mod waiting;
mod words;

pub use command::{Command, Operation, Timer};
pub use dealing::{Chance, DispatchPolicy};
pub use direct_reply::REPLY_TO;
pub use effect::{Out, Outgoing};
pub use policies::{ApplyTo, Policy};
pub use profile::{Difference, Profile, QuorumPriorities, QuorumRequeue};
pub use restart::Survivors;
pub use safety::UnsafeCopies;
pub use settings::Settings;
pub use words::{Demand, POLICY_SETTINGS, Takes, known_arguments};

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::amqp::{ChannelRef, ConnectionId, Method, Name, Names, QueueId, ReplyCode};
use crate::observe::LossCause;
use crate::rules;
use crate::units::SimTime;

use channel::{Channel, ChannelState, Consumer};
use connection::Connection;
use dead_letter::Letter;
use dealing::Dealing;
use error::{Handled, failure};
use exchange::{Exchange, ExchangeId};
use messages::Messages;
use persistence::Persistence;
use policies::ActivePolicy;
use queue::Queue;
use settle::Settling;
use slab::Slab;
use timers::TimerSlot;
use users::User;

/// Whether a binding key pattern of a topic exchange matches a routing key: words between dots, `*` for exactly one word,
/// `#` for any number.
pub fn topic_matches(pattern: &str, routing_key: &str) -> bool {
    exchange::topic_matches(pattern, routing_key)
}

/// Whether permissions and policies can use this text as a pattern of names.
pub fn is_pattern(text: &str) -> bool {
    pattern::Pattern::parse(text).is_some()
}

/// The broker. A value: a clone goes on independently.
#[derive(Clone, Debug)]
pub struct Broker {
    profile: Profile,
    settings: Settings,
    names: Names,
    vhosts: Vec<Vhost>,
    users: Vec<User>,
    policies: Vec<ActivePolicy>,
    /// Why publishers are blocked, while they are.
    alarm: Option<Arc<str>>,
    exchanges: Slab<Exchange>,
    queues: Slab<Queue>,
    channels: Slab<Channel>,
    consumers: Slab<Consumer>,
    /// By connection id; ids are never used again.
    connections: Vec<Option<Connection>>,
    /// By connection id: the place of the channel opened last, which may be gone. Most connections have only one.
    newest: Vec<u32>,
    messages: Messages,
    /// What keeps messages; `None`: what must survive is safe at once.
    persistence: Option<Box<Persistence>>,
    /// Copies that a crash takes, while it does.
    doomed: BTreeMap<(QueueId, u32), LossCause>,
    /// Channels opened so far.
    channels_opened: u32,
    /// Dead letters of the command under way, in order of death.
    letters: VecDeque<Letter>,
    timers: Slab<TimerSlot>,
    /// Channels that wait for direct replies, by their addresses.
    requesters: BTreeMap<Name, u32>,
    /// Grows with every change of exchanges, queues or bindings; routes remembered under an older number are not used.
    topology: u64,
    /// How many names the broker has made up.
    names_made: u64,
    /// The broker is being stopped: nobody is served, and no queue deletes itself.
    stopping: bool,
    /// Counts consumers that stepped out of a rotation.
    steps_out: u64,
    /// An experiment with dispatch; `None`: in turn.
    dealing: Option<Box<Dealing>>,
}

/// A virtual host: names of its own. Source: rule CON-1.
#[derive(Clone, Debug)]
struct Vhost {
    name: Name,
    exchanges: BTreeMap<Name, ExchangeId>,
    queues: BTreeMap<Name, QueueId>,
}

/// The instant and the way out, for one command.
struct Step<'a, O> {
    now: SimTime,
    out: &'a mut O,
}

impl Broker {
    /// An empty broker: the virtual host `/`, the user `guest` who may do anything, and the exchanges that are always there.
    pub fn new(profile: &Profile) -> Self {
        Broker::with_settings(profile, Settings::of(profile))
    }

    /// The same with settings of its own.
    pub fn with_settings(profile: &Profile, settings: Settings) -> Self {
        let mut broker = Broker {
            profile: profile.clone(),
            dealing: Dealing::of(settings.dispatch),
            settings,
            names: Names::default(),
            vhosts: Vec::new(),
            users: Vec::new(),
            policies: Vec::new(),
            alarm: None,
            exchanges: Slab::default(),
            queues: Slab::default(),
            channels: Slab::default(),
            consumers: Slab::default(),
            connections: Vec::new(),
            newest: Vec::new(),
            messages: Messages::default(),
            persistence: None,
            doomed: BTreeMap::new(),
            channels_opened: 0,
            letters: VecDeque::new(),
            timers: Slab::default(),
            requesters: BTreeMap::new(),
            topology: 1,
            names_made: 0,
            stopping: false,
            steps_out: 0,
        };
        let (vhost, guest) = (broker.names.intern("/"), broker.names.intern("guest"));
        broker.add_vhost(vhost);
        broker.add_user(guest, false);
        broker.set_permissions(guest, vhost, [".*"; 3]);
        broker
    }

    /// The table of all names that the broker has met.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The table of names, to add some.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Which RabbitMQ this broker behaves as.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Ready and unacknowledged messages in all queues. Dead letters that a queue keeps until a target takes them, and
    /// messages whose quorum queue has not taken them yet, are among the ready ones.
    pub fn counts(&self) -> (u64, u64) {
        self.queues.iter().fold((self.proposed(), 0), |(ready, unacked), (_, queue)| {
            (
                ready + u64::from(queue.ready_count()) + queue.kept_letters(),
                unacked + u64::from(queue.unacked),
            )
        })
    }

    /// Virtual host and name, ready and unacknowledged messages of each queue, in no particular but always the same order.
    pub fn queue_levels(&self) -> impl Iterator<Item = ((&str, &str), u32, u32)> {
        self.queues.iter().map(|(_, queue)| {
            let vhost = self.names.text(self.vhosts[queue.vhost as usize].name);
            ((vhost, self.names.text(queue.name)), queue.ready_count(), queue.unacked)
        })
    }

    /// Carries out `command` at `now`; what it asks for and states goes to `out` in order of happening.
    pub fn apply(&mut self, now: SimTime, command: Command, out: &mut impl Out) {
        let mut step = Step { now, out };
        match command {
            Command::Method(at, method) => self.method(at, method, &mut step),
            Command::Open { connection, vhost, user } => {
                self.open_connection(connection, vhost, user, &mut step);
            }
            Command::ConnectionLost(connection) => self.lose_connection(connection, &mut step),
            Command::Silence { connection, heartbeat } => {
                self.fall_silent(connection, heartbeat, &mut step);
            }
            Command::Timer(timer) => self.timer_is_due(timer, &mut step),
            Command::Operate(operation) => self.operate(*operation, &mut step),
        }
        self.finish(&mut step);
    }

    /// What a command has left behind: dead letters, and what the storage has to say.
    #[inline(always)]
    fn finish(&mut self, step: &mut Step<'_, impl Out>) {
        if !self.letters.is_empty() {
            self.deliver_letters(step);
        }
        while self.storage_asks() {
            self.serve_storage(step);
            self.deliver_letters(step);
        }
    }

    #[inline(always)]
    fn answer_failure(&mut self, at: ChannelRef, handled: Handled, step: &mut Step<'_, impl Out>) {
        if let Err(failure) = handled {
            self.fail(at, &failure, step);
        }
    }

    #[inline(never)]
    fn method(&mut self, at: ChannelRef, method: Method, step: &mut Step<'_, impl Out>) {
        let Some(connection) = self.connection(at.connection) else {
            // A method that was on its way when the broker closed the connection.
            Self::refuse(method, step);
            return;
        };
        if connection.hold.is_none() {
            self.carry_out_method(at, method, step);
        } else if let Some(method) = self.hold_back(at, method, step) {
            self.carry_out_method(at, method, step);
        }
    }

    fn carry_out_method(&mut self, at: ChannelRef, method: Method, step: &mut Step<'_, impl Out>) {
        let Some(connection) = self.connection(at.connection) else { return };
        if matches!(method, Method::ConnectionClose) {
            self.close_connection(at.connection, step);
            return;
        }
        let place = connection.channel(at.channel);
        let handled = match place {
            Some(place) if self.channels[place].state == ChannelState::Closing => {
                self.method_while_closing(place, method, step);
                Ok(())
            }
            Some(place) => self.channel_method(place, method, step),
            None => self.method_without_channel(at, method, step),
        };
        self.answer_failure(at, handled, step);
    }

    /// Everything after an error is discarded until the client agrees to the close. Source: rule ERR-4.
    #[cold]
    fn method_while_closing(&mut self, place: u32, method: Method, step: &mut Step<'_, impl Out>) {
        match method {
            Method::ChannelCloseOk => self.forget_channel(place),
            Method::ChannelClose => {
                // Source: rule ERR-6.
                step.out.send(self.channels[place].at, crate::amqp::ServerMethod::ChannelCloseOk);
            }
            other => Self::refuse(other, step),
        }
    }

    #[cold]
    fn method_without_channel(
        &mut self,
        at: ChannelRef,
        method: Method,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        match method {
            Method::ChannelOpen => self.open_channel(at, step),
            // Late answers to a close that is over.
            Method::ChannelCloseOk => Ok(()),
            other => {
                Self::refuse(other, step);
                Err(failure(ReplyCode::ChannelError, rules::ERR_8, "expected 'channel.open'"))
            }
        }
    }

    #[inline(never)]
    fn channel_method(&mut self, place: u32, method: Method, step: &mut Step<'_, impl Out>) -> Handled {
        match method {
            Method::BasicPublish(publish) => self.publish(place, publish, step),
            Method::BasicAck { delivery_tag, multiple } => self.ack(place, delivery_tag, multiple, step),
            Method::ConnectionClose => Ok(()),
            Method::ChannelOpen => {
                Err(failure(ReplyCode::ChannelError, rules::ERR_8, "second 'channel.open' seen"))
            }
            Method::ChannelClose => {
                self.close_channel(place, step);
                Ok(())
            }
            Method::ChannelCloseOk => Ok(()),
            Method::ChannelFlow { active } => self.flow(place, active, step),
            Method::ExchangeDeclare(declare) => self.declare_exchange(place, *declare, step),
            Method::ExchangeDelete { exchange, if_unused } => {
                self.delete_exchange(place, exchange, if_unused, step)
            }
            Method::ExchangeBind(bind) => self.bind_exchange(place, &bind, step),
            Method::ExchangeUnbind(bind) => self.unbind_exchange(place, &bind, step),
            Method::QueueDeclare(declare) => self.declare_queue(place, *declare, step),
            Method::QueueBind(bind) => self.bind_queue(place, *bind, step),
            Method::QueueUnbind(bind) => self.unbind_queue(place, *bind, step),
            Method::QueuePurge { queue } => self.purge(place, queue, step),
            Method::QueueDelete { queue, if_unused, if_empty } => {
                self.delete_queue(place, queue, if_unused, if_empty, step)
            }
            Method::BasicQos { prefetch_size, prefetch_count, global } => {
                self.qos(place, prefetch_size, prefetch_count, global, step)
            }
            Method::BasicConsume(consume) => self.consume(place, *consume, step),
            Method::BasicCancel { consumer_tag } => {
                self.cancel(place, consumer_tag, step);
                Ok(())
            }
            Method::BasicGet { queue, no_ack } => self.get(place, queue, no_ack, step),
            Method::BasicNack { delivery_tag, multiple, requeue } => {
                let settling = if requeue { Settling::Requeue } else { Settling::Reject };
                self.settle(place, delivery_tag, multiple, settling, step)
            }
            Method::BasicReject { delivery_tag, requeue } => {
                let settling = if requeue { Settling::Return } else { Settling::Reject };
                self.settle(place, delivery_tag, false, settling, step)
            }
            Method::BasicRecover { requeue } => self.recover(place, requeue, step),
            Method::ConfirmSelect => self.select_confirms(place, step),
            Method::TxSelect => self.select_tx(place, step),
            Method::TxCommit => self.commit(place, step),
            Method::TxRollback => self.rollback(place, step),
        }
    }

    fn operate(&mut self, operation: Operation, step: &mut Step<'_, impl Out>) {
        match operation {
            Operation::AddVhost { vhost } => self.add_vhost(vhost),
            Operation::AddUser { user, impersonator } => self.add_user(user, impersonator),
            Operation::SetPermissions { user, vhost, configure, write, read } => {
                self.set_permissions(user, vhost, [&configure, &write, &read]);
            }
            Operation::SetPolicy(policy) => self.set_policy(policy, step),
            Operation::ClearPolicy { vhost, name, operator } => {
                self.clear_policy(vhost, name, operator, step);
            }
            Operation::StopNode { node, crash } => self.stop_node(node, crash, step),
            Operation::StartNode { node } => self.start_node(node, step),
            Operation::CrashQueue { vhost, queue } => self.crash_queue(vhost, queue, step),
            Operation::SetAlarms { memory, disk } => self.set_alarms(memory, disk, step),
        }
    }

    /// Source: rule CON-1.
    fn add_vhost(&mut self, name: Name) {
        if self.vhosts.iter().any(|vhost| vhost.name == name) {
            return;
        }
        let vhost = self.vhosts.len() as u16;
        self.vhosts.push(Vhost { name, exchanges: BTreeMap::new(), queues: BTreeMap::new() });
        for (exchange, kind) in exchanges::PREDECLARED {
            self.predeclare(vhost, exchange, kind);
        }
    }

    /// A name that nobody has: `prefix` and a number.
    fn make_name(&mut self, prefix: &str) -> Name {
        self.names_made += 1;
        let text = format!("{prefix}{:022}", self.names_made);
        self.names.intern(&text)
    }

    #[inline(always)]
    fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id.index())?.as_ref()
    }
}
