//! Names for people: of a scenario's entities, and of what the broker numbers as it goes. Knows only what was observed.

use std::collections::{BTreeMap, BTreeSet};

use crate::amqp::{
    ChannelNo, ChannelRef, ConnectionId, ConsumerId, MessageId, Name, Names, ProducerId, QueueId, in_vhost,
};
use crate::observe::{Fact, What};
use crate::scenario::Scenario;
use crate::units::SimDuration;

/// The names of a scenario's entities, each list in the scenario's order, so that observations' indices point into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Clients' connections.
    pub connections: Vec<String>,
    /// Producers.
    pub producers: Vec<String>,
    /// Consumers; each name is the consumer tag too.
    pub consumers: Vec<String>,
    /// The channel of each consumer: the place of its connection, and its number there.
    pub consumer_channels: Vec<(u32, ChannelNo)>,
    /// Clients that send the methods they are told to, with their connections and channels there.
    pub clients: Vec<(String, u32, u16)>,
    /// What consumers call.
    pub downstreams: Vec<String>,
    /// Planned faults.
    pub faults: Vec<String>,
    /// Of each planned fault: what it waits for, in a clause, if it waits for something.
    pub conditions: Vec<Option<String>>,
    /// Of each planned fault: what it does and to whom, in a clause.
    pub deeds: Vec<String>,
    /// How what nobody syncs gets to the disk.
    pub writeback: Option<Writeback>,
    /// Message classes; entry 0 is the default one.
    pub classes: Vec<String>,
}

/// How what nobody syncs gets to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writeback {
    /// The operating system writes a file back that has been dirty for so long.
    pub age: SimDuration,
    /// So often it looks.
    pub period: SimDuration,
    /// So often the file system commits what was written back; 0: at once.
    pub commit_period: SimDuration,
    /// Whether a sync would have brought it to the disk.
    pub honours_flush: bool,
}

impl Directory {
    /// The names of a scenario's entities, as observations number them.
    pub fn of(scenario: &Scenario) -> Self {
        let system = &scenario.system;
        let client_places = system.clients.iter().map(|client| {
            let channel = &system.channels[client.channel];
            (client.name.clone(), channel.connection as u32, channel.number)
        });
        Directory {
            connections: system.connections.iter().map(|one| one.name.clone()).collect(),
            producers: system.publishers().cloned().collect(),
            consumers: system.consumers.iter().map(|one| one.name.clone()).collect(),
            consumer_channels: system.consumer_channels().collect(),
            clients: client_places.collect(),
            downstreams: system.downstreams.iter().map(|one| one.name.clone()).collect(),
            faults: system.faults.iter().map(|one| one.name.clone()).collect(),
            conditions: system.faults.iter().map(|one| one.condition(system)).collect(),
            deeds: system.faults.iter().map(|one| one.deed(system)).collect(),
            writeback: system.storage.as_ref().map(|storage| {
                let own = &storage.disk.writeback;
                let (age, period, commit_period) = (own.age, own.period, own.commit_period);
                Writeback { age, period, commit_period, honours_flush: storage.disk.honours_flush }
            }),
            classes: system.classes.iter().map(|one| one.name.clone()).collect(),
        }
    }

    /// The message that a person means by `12`, `#12` or `shop#12`; `None` if there is no such producer, or if the
    /// producer is left out where there are several.
    pub fn message(&self, text: &str) -> Option<MessageId> {
        let (producer, number) = text.rsplit_once('#').unwrap_or(("", text));
        let producer = match (producer, self.producers.len()) {
            ("", 0 | 1) => 0,
            (name, _) => self.producers.iter().position(|known| known == name)?,
        };
        Some(MessageId { producer: ProducerId(producer as u32), number: number.parse().ok()? })
    }
}

/// The directory with what the run has added to it: the names behind the broker's ids.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    directory: Directory,
    /// Virtual host and name.
    queues: BTreeMap<QueueId, (Name, Name)>,
    /// Invariant: an id keeps its last owner when that is gone, until another takes the id.
    consumers: BTreeMap<ConsumerId, (Name, QueueId)>,
    connections: BTreeMap<ConnectionId, u32>,
    policies: BTreeSet<Name>,
}

fn listed(list: &[String], index: u32, kind: &str) -> String {
    list.get(index as usize).cloned().unwrap_or_else(|| format!("{kind} {index}"))
}

impl Cast {
    /// Nobody but the scenario's own entities.
    pub fn new(directory: Directory) -> Self {
        Cast { directory, ..Cast::default() }
    }

    /// The names of the scenario.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Takes the names out of `what`. To be called with every observation, before anything is asked about it.
    pub fn learn(&mut self, what: &What) {
        match what {
            What::ClientSent { connection, channel, .. }
            | What::ReachedBroker { connection, channel, .. }
            | What::BrokerSent { connection, channel, .. }
            | What::ReachedClient { connection, channel, .. } => {
                self.connections.insert(channel.connection, *connection);
            }
            What::Broker(Fact::QueueDeclared { queue, vhost, name, .. }, _) => {
                self.queues.insert(*queue, (*vhost, *name));
            }
            What::Broker(Fact::ConsumerAdded { queue, consumer, tag, .. }, _) => {
                self.consumers.insert(*consumer, (*tag, *queue));
            }
            What::Broker(Fact::PolicySet { name, .. }, _) => {
                self.policies.insert(*name);
            }
            _ => {}
        }
    }

    /// The name of a connection by its place in the scenario.
    pub fn connection(&self, index: u32) -> String {
        listed(&self.directory.connections, index, "connection")
    }

    /// The place in the scenario of a connection by the broker's id, once a method has crossed it.
    pub fn connection_index(&self, id: ConnectionId) -> Option<u32> {
        self.connections.get(&id).copied()
    }

    /// The name of a connection by the broker's id.
    pub fn connection_of(&self, id: ConnectionId) -> String {
        self.connection_index(id).map_or_else(|| format!("id {}", id.0), |index| self.connection(index))
    }

    /// The name of a producer.
    pub fn producer(&self, index: u32) -> String {
        listed(&self.directory.producers, index, "producer")
    }

    /// The clients that send what they are told to on this channel of a connection by its place in the scenario.
    pub fn clients_on(&self, connection: u32, channel: u16) -> impl Iterator<Item = &String> {
        let on = self.directory.clients.iter().filter(move |one| (one.1, one.2) == (connection, channel));
        on.map(|(name, ..)| name)
    }

    /// The name of a consumer by its place in the scenario.
    pub fn consumer(&self, index: u32) -> String {
        listed(&self.directory.consumers, index, "consumer")
    }

    /// The name of something that consumers call.
    pub fn downstream(&self, index: u32) -> String {
        listed(&self.directory.downstreams, index, "downstream")
    }

    /// The name of a client that sends what it is told to.
    pub fn client(&self, index: u32) -> String {
        let client = self.directory.clients.get(index as usize);
        client.map_or_else(|| format!("client {index}"), |(name, ..)| name.clone())
    }

    /// The names of the consumers on a connection of the scenario.
    pub fn consumers_on(&self, connection: u32) -> impl Iterator<Item = &String> {
        let Directory { consumers, consumer_channels, .. } = &self.directory;
        let on = consumers.iter().zip(consumer_channels);
        on.filter(move |&(_, channel)| channel.0 == connection).map(|(name, _)| name)
    }

    /// The tag of a consumer by the broker's id, as an interned name; `None` if it was never seen to subscribe.
    pub fn tag_of(&self, id: ConsumerId) -> Option<Name> {
        self.consumers.get(&id).map(|&(tag, _)| tag)
    }

    /// The tag of a consumer by the broker's id.
    pub fn tag(&self, names: &Names, id: ConsumerId) -> String {
        self.tag_of(id).map_or_else(|| format!("consumer {}", id.0), |tag| names.text(tag).to_owned())
    }

    /// The queue that a consumer by this name is subscribed to, or was last.
    pub fn queue_of(&self, names: &Names, consumer: &str) -> Option<QueueId> {
        self.consumers.values().find(|(tag, _)| names.text(*tag) == consumer).map(|&(_, queue)| queue)
    }

    /// The name of a queue.
    pub fn queue(&self, names: &Names, id: QueueId) -> String {
        let known = |&(vhost, name): &(Name, Name)| in_vhost(names.text(vhost), names.text(name));
        self.queues.get(&id).map_or_else(|| format!("queue {}", id.0), known)
    }

    /// The names of all queues that were declared.
    pub fn queues(&self, names: &Names) -> impl Iterator<Item = String> {
        self.queues.keys().map(|id| self.queue(names, *id))
    }

    /// The names of all policies that were set.
    pub fn policies(&self, names: &Names) -> impl Iterator<Item = String> {
        self.policies.iter().map(|&name| names.text(name).to_owned())
    }

    /// The name of a fault.
    pub fn fault(&self, index: u32) -> String {
        listed(&self.directory.faults, index, "fault")
    }

    /// What a fault waits for, in a clause, if it waits for something.
    pub fn condition(&self, index: u32) -> Option<&str> {
        self.directory.conditions.get(index as usize)?.as_deref()
    }

    /// What a fault does and to whom, in a clause.
    pub fn deed(&self, index: u32) -> Option<&str> {
        self.directory.deeds.get(index as usize).map(String::as_str)
    }

    /// Whether the scenario has a consumer by this name on this channel, once a method has crossed its connection.
    pub fn has_consumer(&self, channel: ChannelRef, name: &str) -> bool {
        let place = self.connection_index(channel.connection).map(|index| (index, channel.channel));
        let mut consumers = self.directory.consumers.iter().zip(&self.directory.consumer_channels);
        consumers.any(|(known, at)| known == name && place == Some(*at))
    }

    /// The name of a message class.
    pub fn class(&self, index: u8) -> String {
        listed(&self.directory.classes, u32::from(index), "class")
    }

    /// A message's name: `#12`, or `shop#12` where there are several producers.
    pub fn message(&self, id: MessageId) -> String {
        if self.directory.producers.len() > 1 {
            format!("{}#{}", self.producer(id.producer.0), id.number)
        } else {
            format!("#{}", id.number)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_named_with_its_producer_where_there_are_several() {
        let mut directory = Directory { producers: vec!["shop".into()], ..Directory::default() };
        let id = MessageId { producer: ProducerId(0), number: 12 };
        assert_eq!(directory.message("12"), Some(id));
        assert_eq!(Cast::new(directory.clone()).message(id), "#12");
        directory.producers.push("till".into());
        assert_eq!(directory.message("#12"), None);
        assert_eq!(directory.message("shop#12"), Some(id));
        assert_eq!(directory.message("shop#twelve"), None);
        assert_eq!(Cast::new(directory).message(id), "shop#12");
    }
}
