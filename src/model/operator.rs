//! What operators do to the broker: virtual hosts, users and policies. What happens while the broker is down is made up for
//! when it runs again.

use std::mem;
use std::sync::Arc;

use super::effects::BY_HAND;
use super::event::SystemEvent;
use super::record::{Lean, Recorder};
use super::spec::SystemSpec;
use super::system::{Node, System};
use crate::amqp::{ChannelNo, ChannelRef, FieldTable, Method, Names, ServerMethod};
use crate::broker::{ApplyTo, Command, Operation, Policy};
use crate::engine::EventList;
use crate::measure::ClientError;
use crate::model::connection::declaration;
use crate::units::SimTime;

/// The virtual host and the user that every broker has.
pub(super) const DEFAULT_VHOST: &str = "/";
pub(super) const DEFAULT_USER: &str = "guest";

/// What operators set up, beside the topology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperatorSpec {
    /// Virtual hosts beside `/`.
    pub vhosts: Vec<String>,
    /// Users beside `guest`, who may do everything in all virtual hosts unless it is listed here.
    pub users: Vec<UserSpec>,
    /// In order of declaration.
    pub policies: Vec<PolicySpec>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSpec {
    /// The name.
    pub name: String,
    /// May publish with another `user_id`.
    pub impersonator: bool,
    /// One for each virtual host that the user may open.
    pub permissions: Vec<PermissionSpec>,
}

/// What a user may do in a virtual host: patterns of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionSpec {
    /// The virtual host.
    pub vhost: String,
    /// Declare and delete.
    pub configure: String,
    /// Publish, be bound to.
    pub write: String,
    /// Consume, get, purge, bind from.
    pub read: String,
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySpec {
    /// Its name.
    pub name: String,
    /// Where it holds.
    pub vhost: String,
    /// For names in which this is found.
    pub pattern: String,
    /// For what.
    pub apply_to: ApplyTo,
    /// The highest holds.
    pub priority: i64,
    /// The settings.
    pub definition: FieldTable,
    /// Whether it is an operator policy.
    pub operator: bool,
    /// When it is set.
    pub from: SimTime,
    /// When it is taken away; `None`: never.
    pub until: Option<SimTime>,
}

/// Something that exists at the start, which the broker refuses to declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the topology.
    pub declared: usize,
    /// The reply code and text of the broker.
    pub reply: String,
}

/// What the broker refuses to declare at the start of a scenario.
pub fn refusals(spec: &SystemSpec) -> Vec<Refusal> {
    System::prepared(&Arc::new(spec.clone()), 0, Lean).2
}

impl PolicySpec {
    fn set(&self, names: &mut Names) -> Operation {
        Operation::SetPolicy(Policy {
            name: names.intern(&self.name),
            vhost: names.intern(&self.vhost),
            pattern: self.pattern.as_str().into(),
            apply_to: self.apply_to,
            priority: self.priority,
            definition: self.definition.clone(),
            operator: self.operator,
        })
    }
}

impl<R: Recorder> System<R> {
    /// What operators have done is there before the first client connects: virtual hosts, policies, topology, users.
    pub(super) fn prepare(&mut self, events: &mut EventList<SystemEvent>) -> Vec<Refusal> {
        let spec = Arc::clone(&self.spec);
        for vhost in &spec.operator.vhosts {
            let (vhost, user) = (self.names_mut().intern(vhost), self.names_mut().intern(DEFAULT_USER));
            self.operate(Operation::AddVhost { vhost }, events);
            let [configure, write, read] = [".*"; 3].map(Box::from);
            self.operate(Operation::SetPermissions { user, vhost, configure, write, read }, events);
        }
        for (index, policy) in spec.operator.policies.iter().enumerate() {
            if policy.from == SimTime::ZERO {
                self.set_policy(index, events);
            } else {
                events.at(policy.from, SystemEvent::PolicySet(index as u32));
            }
            if let Some(until) = policy.until {
                events.at(until, SystemEvent::PolicyCleared(index as u32));
            }
        }
        let refusals = self.declare_all(events);
        for user in &spec.operator.users {
            self.add_user(user, events);
        }
        refusals
    }

    /// Declares the topology of all virtual hosts: at the start, and when a disk that is gone has taken it.
    pub(super) fn declare_all(&mut self, events: &mut EventList<SystemEvent>) -> Vec<Refusal> {
        let spec = Arc::clone(&self.spec);
        let mut refusals = self.declare_topology(DEFAULT_VHOST, events);
        for vhost in &spec.operator.vhosts {
            refusals.extend(self.declare_topology(vhost, events));
        }
        refusals
    }

    fn add_user(&mut self, user: &UserSpec, events: &mut EventList<SystemEvent>) {
        let name = self.names_mut().intern(&user.name);
        self.operate(Operation::AddUser { user: name, impersonator: user.impersonator }, events);
        for allowed in &user.permissions {
            let vhost = self.names_mut().intern(&allowed.vhost);
            let [configure, write, read] =
                [&allowed.configure, &allowed.write, &allowed.read].map(|text| text.as_str().into());
            let operation = Operation::SetPermissions { user: name, vhost, configure, write, read };
            self.operate(operation, events);
        }
    }

    /// An operator changes something, now or as soon as the broker runs again.
    pub(super) fn operate(&mut self, operation: Operation, events: &mut EventList<SystemEvent>) {
        if let Node::Down(survivors) = &mut self.node {
            if !survivors.operate(&operation, events.now()) {
                self.missed.push(operation);
            }
        } else {
            self.apply(Command::Operate(Box::new(operation)), events);
        }
    }

    /// The broker runs again.
    pub(super) fn make_up_for_missed(&mut self, events: &mut EventList<SystemEvent>) {
        for operation in mem::take(&mut self.missed) {
            self.operate(operation, events);
        }
    }

    pub(super) fn set_policy(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let operation = spec.operator.policies[index].set(self.names_mut());
        self.operate(operation, events);
    }

    pub(super) fn clear_policy(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let policy = &spec.operator.policies[index];
        let names = self.names_mut();
        let (vhost, name) = (names.intern(&policy.vhost), names.intern(&policy.name));
        self.operate(Operation::ClearPolicy { vhost, name, operator: policy.operator }, events);
    }

    /// Declares what lies in this virtual host, over a connection of its own; what is refused, the run says too, and the rest
    /// is declared all the same.
    fn declare_topology(&mut self, vhost: &str, events: &mut EventList<SystemEvent>) -> Vec<Refusal> {
        let spec = Arc::clone(&self.spec);
        let connection = self.directory.new_connection(BY_HAND);
        let at = ChannelRef { connection, channel: ChannelNo(1) };
        self.connect_operator(at, vhost, events);
        let mut refusals = Vec::new();
        for (place, declared) in spec.topology.iter().enumerate().filter(|(_, one)| one.vhost == vhost) {
            let method = declaration(self.names_mut(), &declared.declaration);
            self.apply(Command::Method(at, method), events);
            // An earlier connection may have heard of the end of its broker since.
            let answers =
                mem::take(&mut self.by_hand).into_iter().filter(|(to, _)| to.connection == connection);
            for (_, answer) in answers {
                let (code, text) = match answer {
                    ServerMethod::ChannelClose { code, text } => {
                        self.apply(Command::Method(at, Method::ChannelCloseOk), events);
                        self.apply(Command::Method(at, Method::ChannelOpen), events);
                        (code, text)
                    }
                    ServerMethod::ConnectionClose { code, text } => {
                        self.connect_operator(at, vhost, events);
                        (code, text)
                    }
                    _ => continue,
                };
                refusals.push(Refusal { declared: place, reply: format!("{} {text}", code.number()) });
                self.books.error(ClientError {
                    at: events.now(),
                    connection: "topology".to_owned(),
                    channel: (!code.closes_connection()).then_some(at.channel.0),
                    code: code.number(),
                    text: text.to_string(),
                });
            }
        }
        self.by_hand.clear();
        refusals
    }

    fn connect_operator(&mut self, at: ChannelRef, vhost: &str, events: &mut EventList<SystemEvent>) {
        let (vhost, user) = (self.names_mut().intern(vhost), self.names_mut().intern(DEFAULT_USER));
        self.apply(Command::Open { connection: at.connection, vhost, user }, events);
        self.apply(Command::Method(at, Method::ChannelOpen), events);
    }
}
