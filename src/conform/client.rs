//! The client of a script: its named connections and channels, what they hear, and the answers that the protocol
//! demands of it. Behaves as the recorder's client does. Knows nothing of the broker's state.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answers;
use crate::amqp::{ChannelNo, ChannelRef, ConnectionId, Method, Names, PublishSeqNo, ServerMethod};

/// The highest channel number that the recorder uses.
const CHANNEL_MAX: u16 = 2047;

/// All connections and channels that a script has ever opened, by the script's names.
#[derive(Debug, Default)]
pub(super) struct Client {
    conns: BTreeMap<String, Connection>,
    chans: BTreeMap<String, Channel>,
    /// What the step under way has heard, in order of arrival.
    heard: Vec<Heard>,
    /// What the client has to answer, once the methods of the step are sent.
    replies: Vec<(ChannelRef, Method)>,
    n_opened: u32,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    open: bool,
    /// The open channels' names by number.
    channels: BTreeMap<u16, String>,
}

#[derive(Debug)]
struct Channel {
    at: ChannelRef,
    open: bool,
    /// Number of the last publish; `None` until confirms are on.
    sequence: Option<PublishSeqNo>,
    unconfirmed: BTreeSet<PublishSeqNo>,
    acked: BTreeSet<PublishSeqNo>,
    nacked: BTreeSet<PublishSeqNo>,
    /// Of the message that was last delivered here.
    reply_to: Option<Box<str>>,
}

#[derive(Debug)]
struct Heard {
    /// The channel's name; `None` if the connection itself heard it.
    ch: Option<String>,
    conn: String,
    answer: Value,
}

impl Client {
    /// The id of an open connection.
    pub(super) fn connection(&self, conn: &str) -> Option<ConnectionId> {
        self.conns.get(conn).filter(|connection| connection.open).map(|connection| connection.id)
    }

    /// The ids of all open connections, in order of their names.
    pub(super) fn connections(&self) -> Vec<ConnectionId> {
        self.conns.values().filter(|connection| connection.open).map(|connection| connection.id).collect()
    }

    /// Opens the socket of a connection that is not open; its id was never used before.
    pub(super) fn open_connection(&mut self, conn: &str) -> ConnectionId {
        debug_assert!(self.connection(conn).is_none(), "the connection is not open");
        let id = ConnectionId(self.n_opened);
        self.n_opened += 1;
        self.conns.insert(conn.to_owned(), Connection { id, open: true, channels: BTreeMap::new() });
        id
    }

    /// The connection is gone, and its channels with it.
    pub(super) fn end_connection(&mut self, id: ConnectionId) {
        if let Some(connection) = self.conns.values_mut().find(|connection| connection.id == id) {
            connection.open = false;
            connection.channels.clear();
        }
        for channel in self.chans.values_mut().filter(|channel| channel.at.connection == id) {
            channel.open = false;
        }
        self.replies.retain(|(at, _)| at.connection != id);
    }

    /// Where methods for the open channel `ch` go.
    pub(super) fn channel(&self, ch: &str) -> Option<ChannelRef> {
        self.chans.get(ch).filter(|channel| channel.open).map(|channel| channel.at)
    }

    /// Makes `ch` a channel of the open connection `conn`, with the lowest number that is free. A channel that is
    /// open stays what it is. `None` if there is no such connection.
    pub(super) fn open_channel(&mut self, conn: &str, ch: &str) -> Option<ChannelRef> {
        let connection = self.conns.get_mut(conn).filter(|connection| connection.open)?;
        if let Some(open) = self.chans.get(ch).filter(|channel| channel.open) {
            return Some(open.at);
        }
        let number = (1..=CHANNEL_MAX).find(|number| !connection.channels.contains_key(number))?;
        connection.channels.insert(number, ch.to_owned());
        let at = ChannelRef { connection: connection.id, channel: ChannelNo(number) };
        let channel = Channel {
            at,
            open: true,
            sequence: None,
            unconfirmed: BTreeSet::new(),
            acked: BTreeSet::new(),
            nacked: BTreeSet::new(),
            reply_to: None,
        };
        self.chans.insert(ch.to_owned(), channel);
        Some(at)
    }

    /// Counts a publish on `ch`.
    pub(super) fn count_publish(&mut self, ch: &str) {
        if let Some(channel) = self.chans.get_mut(ch)
            && let Some(sequence) = &mut channel.sequence
        {
            *sequence += 1;
            channel.unconfirmed.insert(*sequence);
        }
    }

    /// Whether a publish on an open channel waits for its confirm.
    pub(super) fn awaits_confirms(&self) -> bool {
        self.chans.values().any(|channel| channel.open && !channel.unconfirmed.is_empty())
    }

    /// The `reply_to` of the message that was last delivered on `ch`.
    pub(super) fn reply_to(&self, ch: &str) -> Option<&str> {
        self.chans.get(ch)?.reply_to.as_deref()
    }

    /// A method of the broker arrives. On what is not open it is not heard.
    pub(super) fn hear(&mut self, to: ChannelRef, method: &ServerMethod, names: &Names) {
        let found = self.conns.iter_mut().find(|(_, c)| c.open && c.id == to.connection);
        let Some((conn, connection)) = found else { return };
        let conn = conn.clone();
        if to.channel.0 == 0 {
            if let Some(answer) = answers::on_connection(method, &conn) {
                self.heard.push(Heard { ch: None, conn, answer });
            }
            if matches!(method, ServerMethod::ConnectionClose { .. } | ServerMethod::ConnectionCloseOk) {
                self.end_connection(to.connection);
            }
            return;
        }
        let Some(ch) = connection.channels.get(&to.channel.0).cloned() else { return };
        if let Some(answer) = answers::on_channel(method, &ch, names) {
            self.heard.push(Heard { ch: Some(ch.clone()), conn, answer });
        }
        if matches!(method, ServerMethod::ChannelClose { .. } | ServerMethod::ChannelCloseOk) {
            connection.channels.remove(&to.channel.0);
        }
        if let Some(channel) = self.chans.get_mut(&ch) {
            channel.take(method);
        }
        if matches!(method, ServerMethod::ChannelClose { .. }) {
            self.replies.push((to, Method::ChannelCloseOk));
        }
    }

    /// The broker closes the socket.
    pub(super) fn hung_up(&mut self, id: ConnectionId) {
        let found = self.conns.iter().find(|(_, c)| c.open && c.id == id);
        let Some((conn, _)) = found else { return };
        let conn = conn.clone();
        self.heard.push(Heard { ch: None, answer: json!({"got": "closed", "conn": &conn}), conn });
        self.end_connection(id);
    }

    /// Takes what the client has to answer by now.
    pub(super) fn replies(&mut self) -> Vec<(ChannelRef, Method)> {
        std::mem::take(&mut self.replies)
    }

    /// The first answer `got` that the step under way has on `ch`.
    pub(super) fn answer(&self, ch: &str, got: &str) -> Option<&Value> {
        let mut answers = self.heard.iter().filter(|heard| heard.ch.as_deref() == Some(ch));
        answers.find(|heard| heard.answer["got"] == got).map(|heard| &heard.answer)
    }

    /// Takes the answers of the step under way: channels by name, then connections by name.
    pub(super) fn saw(&mut self) -> Vec<Value> {
        let mut heard = std::mem::take(&mut self.heard);
        for (ch, channel) in &mut self.chans {
            let (acked, nacked) = (std::mem::take(&mut channel.acked), std::mem::take(&mut channel.nacked));
            if !acked.is_empty() || !nacked.is_empty() {
                let answer = json!({"got": "confirm", "ch": ch, "acked": acked, "nacked": nacked});
                heard.push(Heard { ch: Some(ch.clone()), conn: String::new(), answer });
            }
        }
        heard.sort_by(|a, b| {
            let key = |heard: &Heard| (heard.ch.is_none(), heard.ch.clone().unwrap_or(heard.conn.clone()));
            key(a).cmp(&key(b))
        });
        heard.into_iter().map(|heard| heard.answer).collect()
    }
}

impl Channel {
    /// What a method of the broker changes on the client's side.
    fn take(&mut self, method: &ServerMethod) {
        match method {
            ServerMethod::BasicAck { delivery_tag, multiple } => {
                let numbers = self.confirmed(*delivery_tag, *multiple);
                self.acked.extend(numbers);
            }
            ServerMethod::BasicNack { delivery_tag, multiple } => {
                let numbers = self.confirmed(*delivery_tag, *multiple);
                self.nacked.extend(numbers);
            }
            ServerMethod::BasicDeliver(delivery) => self.reply_to = delivery.message.properties().reply_to,
            ServerMethod::BasicGetOk(got) => self.reply_to = got.message.properties().reply_to,
            ServerMethod::ConfirmSelectOk => _ = self.sequence.get_or_insert(0),
            ServerMethod::ChannelClose { .. } | ServerMethod::ChannelCloseOk => self.open = false,
            _ => {}
        }
    }

    /// The publishes that a confirm with this number is about.
    fn confirmed(&mut self, number: PublishSeqNo, multiple: bool) -> BTreeSet<PublishSeqNo> {
        if !multiple {
            self.unconfirmed.remove(&number);
            return BTreeSet::from([number]);
        }
        let later = self.unconfirmed.split_off(&number.saturating_add(1));
        std::mem::replace(&mut self.unconfirmed, later)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amqp::{Name, ReplyCode};

    fn opened(client: &mut Client, conn: &str, ch: &str) -> ChannelRef {
        if client.connection(conn).is_none() {
            client.open_connection(conn);
        }
        client.open_channel(conn, ch).unwrap()
    }

    fn close() -> ServerMethod {
        ServerMethod::ChannelClose { code: ReplyCode::NotFound, text: "NOT_FOUND - no".into() }
    }

    #[test]
    fn confirms_are_one_answer_after_the_others_of_their_channel() {
        let (mut client, names) = (Client::default(), Names::default());
        let a1 = opened(&mut client, "A", "a1");
        client.hear(a1, &ServerMethod::ConfirmSelectOk, &names);
        (0..4).for_each(|_| client.count_publish("a1"));
        client.saw();
        client.hear(a1, &ServerMethod::BasicNack { delivery_tag: 2, multiple: false }, &names);
        client.hear(a1, &ServerMethod::BasicAck { delivery_tag: 3, multiple: true }, &names);
        client.hear(a1, &ServerMethod::TxSelectOk, &names);
        assert_eq!(
            client.saw(),
            [
                json!({"got": "tx.select-ok", "ch": "a1"}),
                json!({"got": "confirm", "ch": "a1", "acked": [1, 3], "nacked": [2]}),
            ]
        );
        client.hear(a1, &ServerMethod::BasicAck { delivery_tag: 4, multiple: true }, &names);
        assert_eq!(client.saw(), [json!({"got": "confirm", "ch": "a1", "acked": [4], "nacked": []})]);
    }

    #[test]
    fn answers_stand_by_channel_then_by_connection() {
        let (mut client, names) = (Client::default(), Names::default());
        let a2 = opened(&mut client, "A", "a2");
        let b1 = opened(&mut client, "B", "a1");
        let of = |at: ChannelRef| ChannelRef { channel: ChannelNo(0), ..at };
        client.hear(a2, &ServerMethod::BasicCancel { consumer_tag: Name::EMPTY }, &names);
        client.hear(of(b1), &ServerMethod::ConnectionOpenOk, &names);
        client.hear(a2, &ServerMethod::BasicGetEmpty, &names);
        client.hear(b1, &ServerMethod::BasicGetEmpty, &names);
        client.hear(of(a2), &ServerMethod::ConnectionCloseOk, &names);
        let saw: Vec<String> = client.saw().iter().map(|answer| answer["got"].to_string()).collect();
        assert_eq!(
            saw.join(" ").replace('"', ""),
            "basic.get-empty basic.cancel basic.get-empty connection.close-ok connection.open-ok"
        );
    }

    #[test]
    fn a_close_by_the_broker_is_answered_and_frees_the_number() {
        let (mut client, names) = (Client::default(), Names::default());
        let a1 = opened(&mut client, "A", "a1");
        client.hear(a1, &close(), &names);
        assert_eq!(client.replies(), [(a1, Method::ChannelCloseOk)]);
        assert_eq!(client.channel("a1"), None);
        client.hear(a1, &ServerMethod::BasicGetEmpty, &names);
        assert_eq!(client.saw().len(), 1, "a closed channel hears nothing");
        assert_eq!(opened(&mut client, "A", "a9"), a1);
    }

    #[test]
    fn a_connection_that_ends_takes_its_channels_and_its_replies_along() {
        let (mut client, names) = (Client::default(), Names::default());
        let a1 = opened(&mut client, "A", "a1");
        let a2 = opened(&mut client, "A", "a2");
        client.hear(a1, &close(), &names);
        client.hung_up(a1.connection);
        assert_eq!(client.channel("a2"), None);
        assert_eq!(client.replies(), []);
        client.hear(a2, &ServerMethod::BasicGetEmpty, &names);
        client.hung_up(a1.connection);
        let saw = client.saw();
        assert_eq!(saw.len(), 2);
        assert_eq!(saw[1], json!({"got": "closed", "conn": "A"}));
        assert_ne!(opened(&mut client, "A", "a1").connection, a1.connection);
    }
}
