//! Plays a script against a broker: steps become commands, virtual time passes only in `wait`.
//! Knows nothing of the answers' meaning, and of recorded ones only whether the play has left them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::action::{self, Action, Publication};
use super::client::Client;
use super::compare::compare;
use super::error::{Problem, ScriptError};
use super::mask::mask;
use super::script::{REPLY_TO, Script, Step};
use super::timers::Timers;
use super::write::write;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, Content, DeliveryMode, Message, MessageId, Method,
    Name, ProducerId, QueueId, ServerMethod,
};
use crate::broker::{Broker, Command, Out, Timer};
use crate::observe::Fact;
use crate::rules::RuleRef;
use crate::units::{SimDuration, SimTime};

/// How long after the last publish the broker is killed. Source: conformance scripts, `broker.kill`.
const KILL_AFTER_PUBLISH: SimDuration = SimDuration::from_secs(2);
/// How long the broker settles after a step, `wait` excluded: what is due within a few milliseconds comes with the step,
/// and no two steps fall on one instant. Source: conformance scripts, where answers are the same for 0 to 300 ms a step.
const SETTLING: SimDuration = SimDuration::from_millis(2);
/// How long a step waits for its publishes to be confirmed. Source: the recorder of conformance scripts.
const CONFIRM_PATIENCE: SimDuration = SimDuration::from_secs(3);

/// What the simulated broker answered to a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// The answers of each step, in order. Steps are missing at the end only where a play that had left the
    /// recorded answers could not go on.
    pub steps: Vec<Vec<Value>>,
}

impl Played {
    /// The file of `script` with the simulated answers as `saw`: one step, and one answer, a line; the keys in the
    /// order of the source.
    pub fn write(&self, script: &Script) -> String {
        write(script, |step| self.steps.get(step).map(Vec::as_slice))
    }
}

/// Plays `script` against an empty broker of its profile, from virtual time 0 on. Commands take no time. After
/// each step the broker settles for 2 ms, in which its timers fire that are due by then. A step whose publishes the broker confirms later takes
/// until then.
///
/// # Errors
/// What only a play can find: `connection.open` for a connection that is open, or a `$NAME` for which the broker made
/// nothing. Where the answers differ from the recorded ones already, the play ends there without an error.
pub fn play(script: &Script) -> Result<Played, ScriptError> {
    let mut run = Player::new(script);
    let mut played = Played::default();
    for (number, step) in (1..).zip(script.steps()) {
        match run.step(number, step) {
            Ok(saw) => played.steps.push(saw),
            Err(error) if compare(script, &played).is_none() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(played)
}

struct Player<'a> {
    script: &'a Script,
    broker: Broker,
    client: Client,
    timers: Timers,
    now: SimTime,
    last_publish: Option<SimTime>,
    n_published: u32,
    /// What `$NAME` stands for.
    made: BTreeMap<String, String>,
    /// Queue names and consumer tags that the broker made.
    masked: BTreeSet<String>,
}

/// What the broker asked for while it carried out one command.
#[derive(Default)]
struct Effects {
    sent: Vec<Sent>,
    timers: Vec<(Timer, SimTime)>,
}

enum Sent {
    Method(ChannelRef, ServerMethod),
    HungUp(ConnectionId),
}

impl Out for Effects {
    fn send(&mut self, to: ChannelRef, method: ServerMethod) {
        self.sent.push(Sent::Method(to, method));
    }

    fn hang_up(&mut self, connection: ConnectionId) {
        self.sent.push(Sent::HungUp(connection));
    }

    fn timer(&mut self, timer: Timer, at: SimTime) {
        self.timers.push((timer, at));
    }

    fn fact(&mut self, _fact: Fact, _rule: RuleRef) {}

    fn level(&mut self, _queue: QueueId, _ready: u32) {}
}

impl<'a> Player<'a> {
    fn new(script: &'a Script) -> Self {
        Player {
            script,
            broker: Broker::new(script.profile()),
            client: Client::default(),
            timers: Timers::default(),
            now: SimTime::ZERO,
            last_publish: None,
            n_published: 0,
            made: BTreeMap::new(),
            masked: BTreeSet::new(),
        }
    }

    /// Plays one step and returns its answers.
    fn step(&mut self, number: usize, step: &Step) -> Result<Vec<Value>, ScriptError> {
        let keys = self.resolved(step.keys()).map_err(|name| {
            ScriptError::of_step(number, step.action(), None, Problem::NotMade { name: name.into() })
        })?;
        match action::read(number, &keys, self.broker.names_mut())? {
            Action::OpenConnection(conn) if self.client.connection(&conn).is_some() => {
                let problem = Problem::OpenAlready { connection: conn.into() };
                return Err(ScriptError::of_step(number, step.action(), Some("conn"), problem));
            }
            Action::OpenConnection(conn) => self.open_connection(&conn),
            Action::CloseConnection(conn) => {
                if let Some(connection) = self.client.connection(&conn) {
                    let to = ChannelRef { connection, channel: ChannelNo(0) };
                    self.tell(Command::Method(to, Method::ConnectionClose));
                }
            }
            Action::DropConnection(conn) => {
                if let Some(connection) = self.client.connection(&conn) {
                    self.client.end_connection(connection);
                    self.tell(Command::ConnectionLost(connection));
                }
            }
            Action::OpenChannel { conn, ch } => {
                if let Some(to) = self.client.open_channel(&conn, &ch) {
                    self.tell(Command::Method(to, Method::ChannelOpen));
                }
            }
            Action::Method { ch, method, made } => self.method(&ch, method, made),
            Action::Publish { ch, publish, content } => self.publish(&ch, &publish, &content),
            Action::Wait(length) => self.pass_until(self.now + length),
            Action::RestartBroker => self.restart(),
            Action::KillBroker => self.kill(),
        }
        if step.action() != "wait" {
            self.pass_until(self.now + SETTLING);
        }
        self.await_confirms();
        let mut saw = self.client.saw();
        for answer in &mut saw {
            mask(answer, &self.masked);
        }
        Ok(saw)
    }

    fn open_connection(&mut self, conn: &str) {
        let connection = self.client.open_connection(conn);
        let names = self.broker.names_mut();
        let (vhost, user) = (names.intern("/"), names.intern("guest"));
        self.tell(Command::Open { connection, vhost, user });
    }

    /// Sends a method on a channel and keeps the name that the broker makes up for it.
    fn method(&mut self, ch: &str, method: Method, made: Option<String>) {
        let Some(to) = self.client.channel(ch) else { return };
        let answer = match &method {
            Method::QueueDeclare(declare) => Some(("queue.declare-ok", "queue", declare.queue)),
            Method::BasicConsume(consume) => Some(("basic.consume-ok", "consumer_tag", consume.consumer_tag)),
            _ => None,
        };
        self.tell(Command::Method(to, method));
        let Some((got, key, asked)) = answer else { return };
        let Some(name) = self.client.answer(ch, got).and_then(|answer| answer[key].as_str()) else { return };
        if asked == Name::EMPTY {
            self.masked.insert(name.to_owned());
        }
        if let Some(made) = made {
            self.made.insert(format!("${made}"), name.to_owned());
        }
    }

    fn publish(&mut self, ch: &str, publish: &BasicPublish, content: &Publication) {
        let Some(to) = self.client.channel(ch) else { return };
        for n in 1..=content.count.unwrap_or(1) {
            // The client sends all of them before it listens: on a channel that the broker has closed meanwhile as
            // well, but a connection that it has closed takes nothing any more.
            if !self.client.connections().contains(&to.connection) {
                return;
            }
            let number = content.count.map(|_| n.to_string()).unwrap_or_default();
            let message = self.message(format!("{}{number}", content.body), content);
            self.client.count_publish(ch);
            self.last_publish = Some(self.now);
            self.tell(Command::Method(to, Method::BasicPublish(BasicPublish { message, ..publish.clone() })));
        }
    }

    fn message(&mut self, body: String, content: &Publication) -> Message {
        self.n_published += 1;
        let properties = content.properties.clone();
        Message {
            id: MessageId { producer: ProducerId(0), number: self.n_published },
            published: self.now,
            size: body.len() as u32,
            delivery_mode: match properties.delivery_mode {
                Some(2) => DeliveryMode::Persistent,
                _ => DeliveryMode::Transient,
            },
            priority: properties.priority.unwrap_or(0),
            class: 0,
            content: Some(Arc::new(Content { properties, body: body.into() })),
        }
    }

    /// A clean stop and start. The connections go first: each is gone for the broker before it stops.
    fn restart(&mut self) {
        for connection in self.client.connections() {
            self.client.end_connection(connection);
            self.tell(Command::ConnectionLost(connection));
        }
        self.start_again(Broker::restart);
    }

    /// A stop without warning, late enough after the last publish; the broker has its connections until then.
    fn kill(&mut self) {
        for connection in self.client.connections() {
            self.client.end_connection(connection);
        }
        let end = self.last_publish.map_or(self.now, |last| self.now.max(last + KILL_AFTER_PUBLISH));
        self.pass_until(end);
        self.start_again(Broker::kill);
    }

    fn start_again(&mut self, how: impl FnOnce(Broker, SimTime, &mut Effects) -> Broker) {
        self.timers.clear();
        let mut effects = Effects::default();
        let broker = std::mem::replace(&mut self.broker, Broker::new(self.script.profile()));
        self.broker = how(broker, self.now, &mut effects);
        self.take(effects);
    }

    fn tell(&mut self, command: Command) {
        let mut effects = Effects::default();
        self.broker.apply(self.now, command, &mut effects);
        self.take(effects);
    }

    fn take(&mut self, effects: Effects) {
        for (timer, at) in effects.timers {
            self.timers.ask(timer, at);
        }
        for sent in effects.sent {
            match sent {
                Sent::Method(to, method) => self.client.hear(to, &method, self.broker.names()),
                Sent::HungUp(connection) => self.client.hung_up(connection),
            }
        }
    }

    /// Lets the client answer what it has to, and time pass until `end`; timers due at `end` fire as well.
    fn pass_until(&mut self, end: SimTime) {
        while self.answer_and_fire(end) {}
        self.now = end;
    }

    /// Lets time pass from timer to timer while a publish waits for its confirm.
    fn await_confirms(&mut self) {
        let end = self.now + CONFIRM_PATIENCE;
        while self.client.awaits_confirms() && self.answer_and_fire(end) {}
        self.pass_until(self.now);
    }

    /// Lets the client answer what it has to, then fires the next timer that is due at `end` or before. False if there
    /// is none.
    fn answer_and_fire(&mut self, end: SimTime) -> bool {
        for (to, method) in self.client.replies() {
            self.tell(Command::Method(to, method));
        }
        let Some((at, timer)) = self.timers.next(end) else { return false };
        self.now = self.now.max(at);
        self.tell(Command::Timer(timer));
        true
    }

    /// The step's keys with what the broker made in place of each `$NAME`; a name that stands for nothing is the
    /// error.
    fn resolved(&self, keys: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let ch = keys.get("ch").and_then(Value::as_str).unwrap_or_default();
        let resolve = |(key, value): (&String, &Value)| {
            let kept = matches!(key.as_str(), "do" | "as");
            Ok((key.clone(), if kept { value.clone() } else { self.resolve(value, ch)? }))
        };
        keys.iter().map(resolve).collect()
    }

    fn resolve(&self, value: &Value, ch: &str) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) if text == REPLY_TO => self.client.reply_to(ch).unwrap_or(text).into(),
            Value::String(text) if text.starts_with('$') => {
                self.made.get(text).cloned().ok_or_else(|| text.clone())?.into()
            }
            Value::Array(values) => {
                Value::Array(values.iter().map(|value| self.resolve(value, ch)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let inner = map.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value, ch)?)));
                Value::Object(inner.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(steps: &Value) -> Script {
        Script::parse(&json!({"name": "s", "steps": steps}).to_string()).unwrap()
    }

    #[test]
    fn what_the_broker_made_stands_where_its_name_is() {
        let script = script(&json!([]));
        let mut player = Player::new(&script);
        player.made.insert("$Q".to_owned(), "amq.gen-1".to_owned());
        let keys = json!({"do": "basic.publish", "as": "$Q", "ch": "a1", "routing_key": "$Q",
            "properties": {"reply_to": "$reply_to", "headers": {"l": ["$Q", "a$Q", 1]}}});
        let expected = json!({"do": "basic.publish", "as": "$Q", "ch": "a1", "routing_key": "amq.gen-1",
            "properties": {"reply_to": "$reply_to", "headers": {"l": ["amq.gen-1", "a$Q", 1]}}});
        assert_eq!(player.resolved(keys.as_object().unwrap()).map(Value::from), Ok(expected));
        let keys = json!({"do": "basic.get", "queue": "$R"});
        assert_eq!(player.resolved(keys.as_object().unwrap()), Err("$R".to_owned()));
    }

    #[test]
    fn what_is_not_open_records_nothing() {
        let script = script(&json!([
            {"do": "channel.open", "conn": "A", "ch": "a1"},
            {"do": "basic.get", "ch": "a1", "queue": "q"},
            {"do": "basic.publish", "ch": "a1", "count": 2},
            {"do": "connection.close", "conn": "A"},
            {"do": "connection.drop", "conn": "A"},
            {"do": "broker.restart"},
            {"do": "broker.kill"},
        ]));
        assert_eq!(play(&script).unwrap().steps, vec![Vec::<Value>::new(); 7]);
    }

    #[test]
    fn a_connection_is_not_opened_twice_unless_the_play_has_left_the_recorded_answers() {
        let open = json!({"do": "connection.open", "conn": "A"});
        let error = play(&script(&json!([open, open]))).unwrap_err();
        assert_eq!(error.to_string(), "step 2 (connection.open): connection `A` is open already");

        let closed = json!({"do": "wait", "ms": 1, "saw": [{"got": "closed", "conn": "A"}]});
        let script = script(&json!([open, closed, open]));
        let played = play(&script).unwrap();
        assert_eq!(played.steps.len(), 2);
        assert_eq!(compare(&script, &played).unwrap().step, 2);
    }

    #[test]
    fn the_broker_is_killed_late_enough_after_the_last_publish() {
        let script = script(&json!([]));
        let mut player = Player::new(&script);
        player.kill();
        assert_eq!(player.now, SimTime::ZERO);
        player.last_publish = Some(SimTime::ZERO);
        player.pass_until(SimTime::ZERO + SimDuration::from_millis(500));
        player.kill();
        assert_eq!(player.now, SimTime::ZERO + KILL_AFTER_PUBLISH);
    }
}
