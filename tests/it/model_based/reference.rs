//! The reference's state, and its connections and channels: how they open, fail and end.
//! Source: rules CON-1 to CON-17, ERR-1 to ERR-8.

use std::sync::Arc;

use amqpsim::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, ExchangeDeclare, Message, Method, Name, Names,
    ReplyCode, ServerMethod,
};

use amqpsim::units::SimTime;

use super::deeds::{Crowd, Deed, Design, Words, new_broker, set_up};

/// The broker once more, by the rules and nothing else.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// What each client hears of the last deed.
    pub(super) heard: Vec<(ChannelRef, ServerMethod)>,
    /// What was done before the case began.
    pub(super) setup: Vec<Deed>,
    /// How the queues of this case are declared.
    pub(super) designs: Vec<Design>,
    pub(super) now: SimTime,
    pub(super) words: Arc<Words>,
    pub(super) names: Arc<Names>,
    /// Open ones.
    pub(super) connections: Vec<ConnectionId>,
    /// How many connections there were.
    pub(super) opened: u32,
    pub(super) published: u32,
    pub(super) channels: Vec<Channel>,
    pub(super) exchanges: Vec<ExchangeDeclare>,
    pub(super) bindings: Vec<Binding>,
    pub(super) queues: Vec<Queue>,
    /// In order of subscription.
    pub(super) consumers: Vec<Consumer>,
    /// Messages that died in the deed under way.
    pub(super) letters: Vec<Letter>,
    /// Numbers that nobody had before: of queues, consumers, messages in a queue and blocked consumers.
    pub(super) numbers: u64,
    /// The broker is being stopped: no queue deletes itself.
    pub(super) stopping: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) at: ChannelRef,
    /// The broker has closed it and waits for the client to agree.
    pub(super) closing: bool,
    pub(super) last_tag: u64,
    /// In order of tags.
    pub(super) unacked: Vec<Unacked>,
    pub(super) prefetch: u16,
    pub(super) limit: u16,
    /// Deliveries that count against the limit.
    pub(super) volume: i64,
    /// Queues that the limit has refused.
    pub(super) refused: Vec<u64>,
    pub(super) last_queue: Option<Name>,
    /// In confirm mode: the number of the last publish.
    pub(super) confirms: Option<u64>,
    pub(super) transaction: Option<Transaction>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    /// With the queues that each was routed to.
    pub(super) publishes: Vec<(BasicPublish, Vec<Name>)>,
    pub(super) settled: Vec<(Settling, Vec<Unacked>)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Settling {
    Acknowledge,
    Reject,
    Requeue,
}

#[derive(Clone, Debug)]
pub(super) struct Unacked {
    pub(super) tag: u64,
    /// Number of the queue.
    pub(super) queue: u64,
    /// `None` for `basic.get`.
    pub(super) consumer_tag: Option<Name>,
    pub(super) copy: Copy,
}

/// A message in a queue.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    /// Grows with each arrival.
    pub(super) arrival: u64,
    pub(super) expires: Option<SimTime>,
    pub(super) redelivered: bool,
    pub(super) exchange: Name,
    pub(super) routing_key: Name,
    pub(super) message: Message,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub(super) source: Name,
    pub(super) destination: Name,
    pub(super) to_queue: bool,
    pub(super) routing_key: Name,
}

#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) number: u64,
    pub(super) name: Name,
    pub(super) durable: bool,
    pub(super) owner: Option<ConnectionId>,
    pub(super) auto_delete: bool,
    pub(super) design: Design,
    /// In the order in which it is served.
    pub(super) ready: Vec<Copy>,
    pub(super) unacked: u32,
    /// Consumers that are asked, in order of their turn whatever their priority.
    pub(super) line: Vec<u64>,
    /// The single active consumer.
    pub(super) active: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Consumer {
    pub(super) number: u64,
    pub(super) channel: ChannelRef,
    pub(super) tag: Name,
    pub(super) queue: u64,
    pub(super) no_ack: bool,
    pub(super) exclusive: bool,
    pub(super) priority: i64,
    pub(super) prefetch: u16,
    /// Deliveries that count against the prefetch.
    pub(super) held: i64,
    /// When it stepped out of the line.
    pub(super) blocked: Option<u64>,
}

/// A message that died.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) copy: Copy,
    pub(super) queue: Name,
    pub(super) design: Design,
    pub(super) reason: &'static str,
}

/// Nothing, or the error to close with.
pub(super) type Done = Result<(), (ReplyCode, String)>;

impl Reference {
    /// After the first `n_done` deeds of the set-up.
    pub(super) fn new(designs: Vec<Design>, crowd: Option<&Crowd>, n_done: usize) -> Reference {
        let (broker, words) = new_broker();
        let always = [("", "direct"), ("amq.fanout", "fanout"), ("amq.topic", "topic")];
        let name = |text: &str| broker.names().find(text).expect("it is always there");
        let exchange = |(exchange, kind)| ExchangeDeclare {
            exchange: name(exchange),
            kind: name(kind),
            durable: true,
            ..ExchangeDeclare::default()
        };
        let mut setup = set_up(&words, &designs, crowd);
        setup.truncate(n_done);
        let mut reference = Reference {
            heard: Vec::new(),
            setup,
            designs,
            now: SimTime::ZERO,
            words: Arc::new(words),
            exchanges: always.map(exchange).to_vec(),
            names: Arc::new(broker.names().clone()),
            connections: Vec::new(),
            opened: 0,
            published: 0,
            channels: Vec::new(),
            bindings: Vec::new(),
            queues: Vec::new(),
            consumers: Vec::new(),
            letters: Vec::new(),
            numbers: 0,
            stopping: false,
        };
        for deed in reference.setup.clone() {
            reference.carry_out(&deed);
        }
        reference
    }

    /// Name, ready and unacknowledged messages of each queue, by name.
    pub(super) fn levels(&self) -> Vec<(String, u32, u32)> {
        let level =
            |queue: &Queue| (self.text(queue.name).to_owned(), queue.ready.len() as u32, queue.unacked);
        let mut levels: Vec<_> = self.queues.iter().map(level).collect();
        levels.sort();
        levels
    }

    /// Text with names in place of their numbers.
    pub(super) fn readable(&self, text: &str) -> String {
        let mut parts = text.split("Name(");
        let mut readable = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once(')').unwrap_or((part, ""));
            let number = number.trim().trim_end_matches(',').parse().expect("a name is a number");
            readable.extend(["`", self.text(Name(number)), "`", rest]);
        }
        readable
    }

    pub(super) fn carry_out(&mut self, deed: &Deed) {
        self.heard.clear();
        match deed {
            Deed::Open(connection) => {
                self.opened = connection.0 + 1;
                self.connections.push(*connection);
                self.say(of_connection(*connection), ServerMethod::ConnectionOpenOk);
            }
            Deed::Lose(connection) => self.end_connection(*connection),
            Deed::Wait(ticks) => self.wait(*ticks),
            Deed::Restart { killed } => self.restart(*killed),
            Deed::Call(at, method) => {
                if let Method::BasicPublish(publish) = method {
                    self.published = self.published.max(publish.message.id.number);
                }
                if self.connections.contains(&at.connection) {
                    self.call(*at, method);
                }
            }
        }
        self.post_letters();
    }

    fn call(&mut self, at: ChannelRef, method: &Method) {
        if *method == Method::ConnectionClose {
            self.end_connection(at.connection);
            self.say(of_connection(at.connection), ServerMethod::ConnectionCloseOk);
            return;
        }
        let closing = self.find_channel(at).map(|channel| channel.closing);
        let done = match (closing, method) {
            (None, Method::ChannelOpen) => {
                self.open_channel(at);
                Ok(())
            }
            (None | Some(false), Method::ChannelCloseOk) => Ok(()),
            (None, _) => Err((ReplyCode::ChannelError, "expected 'channel.open'".to_owned())),
            (Some(true), Method::ChannelCloseOk) => {
                self.channels.retain(|channel| channel.at != at);
                Ok(())
            }
            (Some(true), Method::ChannelClose) => {
                self.say(at, ServerMethod::ChannelCloseOk);
                Ok(())
            }
            (Some(true), _) => Ok(()),
            (Some(false), Method::ChannelOpen) => {
                Err((ReplyCode::ChannelError, "second 'channel.open' seen".to_owned()))
            }
            (Some(false), Method::ChannelClose) => {
                self.release_channel(at, &[]);
                self.channels.retain(|channel| channel.at != at);
                self.say(at, ServerMethod::ChannelCloseOk);
                Ok(())
            }
            (Some(false), method) => self.method(at, method),
        };
        if let Err((code, text)) = done {
            self.fail(at, code, &text);
        }
    }

    fn open_channel(&mut self, at: ChannelRef) {
        self.channels.push(Channel {
            at,
            closing: false,
            last_tag: 0,
            unacked: Vec::new(),
            prefetch: 0,
            limit: 0,
            volume: 0,
            refused: Vec::new(),
            last_queue: None,
            confirms: None,
            transaction: None,
        });
        self.channels.sort_by_key(|channel| channel.at);
        self.say(at, ServerMethod::ChannelOpenOk);
    }

    /// A text of more than 255 bytes is cut. Source: rules ERR-1 to ERR-7.
    fn fail(&mut self, at: ChannelRef, code: ReplyCode, text: &str) {
        let mut text = format!("{} - {text}", code.name());
        if text.len() > 255 {
            text = format!("{}...", &text[..252]);
        }
        let text = text.into();
        if code.closes_connection() {
            // Queues that the channel consumes from learn of it first.
            if self.find_channel(at).is_some() {
                self.abandon_transaction(at);
                let queues = self.consumers.iter().filter(|c| c.channel == at).map(|c| c.queue).collect();
                for queue in self.by_name(queues) {
                    self.release_queue(at, queue, false);
                }
            }
            self.end_connection(at.connection);
            self.say(of_connection(at.connection), ServerMethod::ConnectionClose { code, text });
        } else {
            self.release_channel(at, &[]);
            self.say(at, ServerMethod::ChannelClose { code, text });
        }
    }

    /// First all consumers of the connection go, then each channel with what it holds, then the queues that are abandoned
    /// or its own. Source: rules CON-6, CON-10, CON-22.
    pub(super) fn end_connection(&mut self, connection: ConnectionId) {
        let channels: Vec<ChannelRef> =
            self.channels.iter().map(|channel| channel.at).filter(|at| at.connection == connection).collect();
        let mut left = Vec::new();
        for number in self.consumers_where(|consumer| consumer.channel.connection == connection) {
            left.push(self.remove_consumer(number));
        }
        for &at in &channels {
            self.release_channel(at, &left);
        }
        self.channels.retain(|channel| channel.at.connection != connection);
        for queue in self.by_name(left) {
            if !self.delete_if_abandoned(queue) {
                self.choose_active(queue);
                self.dispatch(queue);
            }
        }
        let own = self.queues.iter().filter(|queue| queue.owner == Some(connection));
        for queue in own.map(|queue| queue.number).collect::<Vec<_>>() {
            self.remove_queue(queue);
        }
        self.connections.retain(|&open| open != connection);
    }

    fn release_channel(&mut self, at: ChannelRef, left: &[u64]) {
        if self.channel(at).closing {
            return;
        }
        self.abandon_transaction(at);
        let channel = self.channel(at);
        channel.closing = true;
        let mut queues: Vec<u64> = channel.unacked.iter().map(|unacked| unacked.queue).collect();
        queues.extend(self.consumers.iter().filter(|c| c.channel == at).map(|c| c.queue));
        for queue in self.by_name(queues) {
            self.release_queue(at, queue, left.contains(&queue));
        }
        self.channel(at).unacked.clear();
    }

    /// Consumers go, then deliveries come back, then the others are served. Source: rules CON-6, CON-22.
    fn release_queue(&mut self, at: ChannelRef, queue: u64, left: bool) {
        let consumers = self.consumers_where(|consumer| consumer.channel == at && consumer.queue == queue);
        for &consumer in &consumers {
            self.remove_consumer(consumer);
        }
        let channel = self.channel(at);
        let (held, kept) = std::mem::take(&mut channel.unacked).into_iter().partition(|u| u.queue == queue);
        channel.unacked = kept;
        if (left || !consumers.is_empty()) && self.delete_if_abandoned(queue) {
            return;
        }
        self.choose_active(queue);
        self.requeue(queue, held);
        self.dispatch(queue);
    }

    /// Source: rule CON-15.
    fn abandon_transaction(&mut self, at: ChannelRef) {
        let channel = self.channel(at);
        if let Some(transaction) = channel.transaction.take() {
            channel.unacked.extend(transaction.settled.into_iter().flat_map(|(_, taken)| taken));
            channel.unacked.sort_by_key(|unacked| unacked.tag);
        }
    }

    fn consumers_where(&self, holds: impl Fn(&Consumer) -> bool) -> Vec<u64> {
        self.consumers.iter().filter(|consumer| holds(consumer)).map(|consumer| consumer.number).collect()
    }

    pub(super) fn say(&mut self, to: ChannelRef, method: ServerMethod) {
        self.heard.push((to, method));
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    pub(super) fn find_channel(&self, at: ChannelRef) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.at == at)
    }

    pub(super) fn channel(&mut self, at: ChannelRef) -> &mut Channel {
        self.channels.iter_mut().find(|channel| channel.at == at).expect("the channel is open")
    }

    pub(super) fn consumer(&mut self, number: u64) -> &mut Consumer {
        self.consumers.iter_mut().find(|consumer| consumer.number == number).expect("the consumer is there")
    }

    pub(super) fn find_queue(&self, number: u64) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.number == number)
    }

    pub(super) fn queue(&mut self, number: u64) -> &mut Queue {
        self.queues.iter_mut().find(|queue| queue.number == number).expect("the queue is there")
    }

    /// Queues that are still there, each once, by name.
    pub(super) fn by_name(&self, mut queues: Vec<u64>) -> Vec<u64> {
        let name = |&queue: &u64| self.find_queue(queue).map(|queue| self.text(queue.name));
        queues.retain(|queue| name(queue).is_some());
        queues.sort_by(|a, b| name(a).cmp(&name(b)));
        queues.dedup();
        queues
    }
}

/// Where methods of the connection itself go.
fn of_connection(connection: ConnectionId) -> ChannelRef {
    ChannelRef { connection, channel: ChannelNo(0) }
}
