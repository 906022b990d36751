//! Connections and channels: declared ones, and those that exist because a client names them or needs its own.

use std::collections::BTreeMap;

use crate::model::{ChannelSpec, ConnectionSpec};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::node::{Node, Table, Value, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::name;

use super::backoff::Backoff;
use super::names::Names;
use super::operator::Operator;
use super::readers;
use super::settings::{Link, heartbeat};

/// The most channels that a connection may have. Source: rabbitmq.com/docs/channels, `channel_max`.
const CHANNELS_MAX: u16 = 2047;

/// All connections and channels found so far.
#[derive(Debug)]
pub(super) struct Clients {
    link: Link,
    /// How many nodes there are.
    nodes: u32,
    pub(super) connections: Vec<ConnectionSpec>,
    pub(super) connection_names: Names,
    pub(super) channels: Vec<ChannelSpec>,
    channel_names: Names,
    /// How many channels each connection has.
    channel_counts: Vec<u16>,
    /// The connection of each channel that is named together with one, anywhere in the file.
    connection_of_channel: BTreeMap<String, Placed<String>>,
}

impl Clients {
    pub(super) fn read(
        tree: &Table,
        link: Link,
        nodes: u32,
        operator: &Operator,
        problems: &mut Problems,
    ) -> Clients {
        let mut clients = Clients {
            link,
            nodes,
            connections: Vec::new(),
            connection_names: Names::new("connection", "connections", ids::UNKNOWN_CONNECTION),
            channels: Vec::new(),
            channel_names: Names::new("channel", "channels", ids::CHANNEL_ON_TWO_CONNECTIONS),
            channel_counts: Vec::new(),
            connection_of_channel: connections_of_channels(tree),
        };
        readers(tree, "connection", problems, |reader| clients.read_connection(operator, reader));
        readers(tree, "channel", problems, |reader| {
            let (name, connection) = (reader.read("name", name), reader.read("connection", name));
            let (Some(name), Some(connection)) = (name, connection) else { return };
            if clients.channel_names.index(&name.value).is_some() {
                clients.channel_names.add(&name, reader.problems);
            } else {
                clients.channel(&name, &connection, reader.problems);
            }
        });
        clients
    }

    fn read_connection(&mut self, operator: &Operator, reader: &mut Reader<'_>) {
        let connection = reader.read("name", name);
        let (vhost, user) = operator.connects_as(reader);
        let node = super::fault::node(reader, self.nodes);
        let latency = reader.read("latency", distribution);
        let reconnect = Backoff::read(reader, "reconnect", &self.link.reconnect);
        let heartbeat = heartbeat(reader);
        let channel_reopen_delay = reader.read("channel-reopen-delay", duration).map(|delay| delay.value);
        let Some(connection) = connection else { return };
        self.connection_names.add(&connection, reader.problems);
        self.connections.push(ConnectionSpec {
            name: connection.value,
            vhost,
            user,
            node,
            latency: latency.map_or_else(|| self.link.latency.clone(), |latency| latency.value),
            reconnect: reconnect.spec(),
            heartbeat: heartbeat.unwrap_or(self.link.heartbeat),
            channel_reopen_delay,
        });
        self.channel_counts.push(0);
    }

    /// The index of the channel that a producer or a consumer uses, from its keys `connection` and `channel`.
    pub(super) fn channel_of(&mut self, client: &Placed<String>, reader: &mut Reader<'_>) -> usize {
        let connection = reader.read("connection", name);
        let channel = reader.read("channel", name).unwrap_or_else(|| client.clone());
        let known = self.connection_of_channel.get(&channel.value);
        let connection = connection.or_else(|| known.cloned()).unwrap_or_else(|| client.clone());
        self.channel(&channel, &connection, reader.problems)
    }

    /// The virtual host of a channel.
    pub(super) fn vhost_of(&self, channel: usize) -> String {
        self.connections[self.channels[channel].connection].vhost.clone()
    }

    /// The index of a channel, which is opened on `connection` if nobody has named it before.
    fn channel(
        &mut self,
        channel: &Placed<String>,
        connection: &Placed<String>,
        problems: &mut Problems,
    ) -> usize {
        let on = self.connection(connection);
        let Some(at) = self.channel_names.index(&channel.value) else {
            return self.open_channel(channel, on, problems);
        };
        let first = self.channels[at].connection;
        if first != on {
            let message = format!(
                "channel `{}` is on connection `{}` already, got `{}`",
                shortened(&channel.value),
                shortened(&self.connections[first].name),
                shortened(&connection.value)
            );
            let first_place = self.channel_names.iter().nth(at).and_then(|name| name.place.as_ref());
            problems.push(
                Diagnostic::error(ids::CHANNEL_ON_TWO_CONNECTIONS, message)
                    .at(connection.place.as_ref().or(channel.place.as_ref()))
                    .also(first_place, "first used here")
                    .help("give the channel another name")
                    .note("a channel lies on one connection"),
            );
        }
        at
    }

    fn open_channel(
        &mut self,
        channel: &Placed<String>,
        connection: usize,
        problems: &mut Problems,
    ) -> usize {
        let count = &mut self.channel_counts[connection];
        *count = count.saturating_add(1);
        if *count == CHANNELS_MAX + 1 {
            let message = format!(
                "connection `{}` has more than {CHANNELS_MAX} channels",
                shortened(&self.connections[connection].name)
            );
            problems.push(
                Diagnostic::error(ids::TOO_MANY_CHANNELS, message)
                    .at(channel.place.as_ref())
                    .help("spread the clients over several connections")
                    .source("rabbitmq.com/docs/channels"),
            );
        }
        self.channels.push(ChannelSpec { name: channel.value.clone(), connection, number: *count });
        self.channel_names.add_once(channel)
    }

    fn connection(&mut self, connection: &Placed<String>) -> usize {
        let at = self.connection_names.add_once(connection);
        if at == self.connections.len() {
            self.connections.push(ConnectionSpec {
                name: connection.value.clone(),
                vhost: "/".to_owned(),
                user: "guest".to_owned(),
                node: 0,
                latency: self.link.latency.clone(),
                reconnect: self.link.reconnect.spec(),
                heartbeat: self.link.heartbeat,
                channel_reopen_delay: None,
            });
            self.channel_counts.push(0);
        }
        at
    }
}

/// Looks ahead, so that it does not matter which of the clients on a channel names the connection too. A client that names
/// neither has a channel and a connection of its own name.
fn connections_of_channels(tree: &Table) -> BTreeMap<String, Placed<String>> {
    let (mut named, mut own) = (BTreeMap::new(), BTreeMap::new());
    for list in ["channel", "producer", "consumer", "client"] {
        let Some(Value::List(nodes)) = tree.get(list).map(|node| &node.value) else { continue };
        for table in nodes.iter().filter_map(Node::as_table) {
            let text = |key: &str| {
                let node = table.get(key)?;
                Some(Placed { value: node.as_text()?.to_owned(), place: node.place.clone() })
            };
            let channel = if list == "channel" { None } else { text("channel") };
            match (channel.or_else(|| text("name")), text("connection")) {
                (Some(channel), Some(connection)) => {
                    named.entry(channel.value).or_insert(connection);
                }
                (Some(channel), None) if text("channel").is_none() => {
                    own.entry(channel.value.clone()).or_insert(channel);
                }
                _ => {}
            }
        }
    }
    for (channel, connection) in own {
        named.entry(channel).or_insert(connection);
    }
    named
}
