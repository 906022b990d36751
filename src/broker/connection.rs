//! Connections and channels: how they open, close and get lost. Source: rules CON-1 to CON-17 and ERR-1 to ERR-8.

use std::sync::Arc;

use super::alarms::Hold;
use super::channel::{Channel, ChannelState};
use super::error::{Failure, Handled, failure};
use super::heartbeats::Silence;
use super::queue::QueueKind;
use super::unacked::Unacked;
use super::{Broker, Out, Step};
use crate::amqp::{
    ChannelNo, ChannelRef, ConnectionId, ConsumerId, Method, Name, QueueId, ReplyCode, ServerMethod,
};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};
use crate::units::SimTime;

/// A connection that is open for the broker.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) vhost: u16,
    /// Place of the user.
    pub(super) user: u16,
    /// While an alarm holds.
    pub(super) hold: Option<Box<Hold>>,
    pub(super) opened: SimTime,
    /// Since nothing arrives any more, where heartbeats show it.
    pub(super) silence: Option<Box<Silence>>,
    /// Numbers of open channels with their places, in order of number.
    channels: Vec<(ChannelNo, u32)>,
}

impl Connection {
    pub(super) fn channel(&self, number: ChannelNo) -> Option<u32> {
        let at = self.channels.binary_search_by_key(&number, |channel| channel.0).ok()?;
        Some(self.channels[at].1)
    }
}

impl Broker {
    pub(super) fn open_connection(
        &mut self,
        id: ConnectionId,
        vhost: Name,
        user: Name,
        step: &mut Step<'_, impl Out>,
    ) {
        let at = ChannelRef { connection: id, channel: ChannelNo(0) };
        let Some(vhost) = self.vhosts.iter().position(|v| v.name == vhost) else {
            let text = format!("vhost {} not found", self.names.text(vhost));
            Self::refuse_connection(at, text, step);
            return;
        };
        let vhost = vhost as u16;
        let Some(user) = self.admit(user, vhost) else {
            let text = format!(
                "access to vhost '{}' refused for user '{}'",
                self.names.text(self.vhosts[vhost as usize].name),
                self.names.text(user)
            );
            Self::refuse_connection(at, text, step);
            return;
        };
        if self.connections.len() <= id.index() {
            self.connections.resize(id.index() + 1, None);
            self.newest.resize(id.index() + 1, u32::MAX);
        }
        let hold = self.alarm.is_some().then(Box::default);
        self.connections[id.index()] =
            Some(Connection { vhost, user, hold, opened: step.now, silence: None, channels: Vec::new() });
        step.out.fact(Fact::ConnectionOpened { connection: id }, rules::CON_1);
        step.out.send(at, ServerMethod::ConnectionOpenOk);
    }

    fn refuse_connection(at: ChannelRef, text: String, step: &mut Step<'_, impl Out>) {
        let failure = failure(ReplyCode::NotAllowed, rules::CON_2, text);
        let fact = Fact::Error { channel: at, code: failure.code, text: failure.text.clone() };
        step.out.fact(fact, failure.rule);
        Self::send_error(at, &failure, step);
    }

    pub(super) fn open_channel(&mut self, at: ChannelRef, step: &mut Step<'_, impl Out>) -> Handled {
        let connection = self.connections[at.connection.index()].as_mut().expect("the connection is open");
        let max = self.settings.channel_max;
        if max > 0 && connection.channels.len() >= usize::from(max) {
            let text =
                format!("number of channels opened ({max}) has reached the negotiated channel_max ({max})");
            return Err(failure(ReplyCode::NotAllowed, rules::CON_4, text));
        }
        self.channels_opened += 1;
        let mut channel = Channel::new(at, connection.vhost, self.channels_opened, step.now);
        channel.is_unwatched =
            self.settings.acknowledgement_timeout.is_some() && !self.profile.timeout_cancels_consumer;
        let place = self.channels.insert(channel);
        let among = connection.channels.partition_point(|channel| channel.0 < at.channel);
        connection.channels.insert(among, (at.channel, place));
        self.newest[at.connection.index()] = place;
        step.out.send(at, ServerMethod::ChannelOpenOk);
        Ok(())
    }

    pub(super) fn flow(&self, place: u32, active: bool, step: &mut Step<'_, impl Out>) -> Handled {
        if !active {
            return Err(failure(ReplyCode::NotImplemented, rules::CON_17, "active=false"));
        }
        step.out.send(self.channels[place].at, ServerMethod::ChannelFlowOk { active });
        Ok(())
    }

    /// `channel.close` by the client: the queues are told before it is answered. Source: rules CON-6 and CON-9.
    pub(super) fn close_channel(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let at = self.channels[place].at;
        self.release_channel(place, rules::CON_6, step);
        self.forget_channel(place);
        step.out.send(at, ServerMethod::ChannelCloseOk);
    }

    /// `connection.close` by the client. Source: rule CON-10.
    pub(super) fn close_connection(&mut self, id: ConnectionId, step: &mut Step<'_, impl Out>) {
        self.end_connection(id, rules::CON_10, step);
        step.out.send(ChannelRef { connection: id, channel: ChannelNo(0) }, ServerMethod::ConnectionCloseOk);
    }

    /// The socket is gone. Source: rule CON-11.
    pub(super) fn lose_connection(&mut self, id: ConnectionId, step: &mut Step<'_, impl Out>) {
        if self.connection(id).is_some() {
            self.end_connection(id, rules::CON_11, step);
        }
    }

    /// Ends all channels of a connection, then its exclusive queues.
    pub(super) fn end_connection(&mut self, id: ConnectionId, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let channels = self.connection(id).map(|c| c.channels.clone()).unwrap_or_default();
        self.lose_unread(id, step);
        // All channels end at once: what one of them held is not handed to another. Deviation: DEV-6, of a quorum queue.
        let consumers: Vec<ConsumerId> =
            channels.iter().flat_map(|&(_, place)| self.channels[place].consumers.clone()).collect();
        // Their deliveries leave them together, lest each of the consumers looks through all of them.
        let held: Vec<Vec<Unacked>> =
            channels.iter().map(|&(_, place)| self.channels[place].unacked.take_all()).collect();
        let mut left: Vec<QueueId> = Vec::new();
        for consumer in consumers {
            left.push(self.consumers[consumer.0].queue);
            self.remove_consumer(consumer, rule, step);
        }
        for (&(_, place), mut held) in channels.iter().zip(held) {
            for unacked in &mut held {
                unacked.consumer = None;
            }
            self.channels[place].unacked.put_back(held);
        }
        for &(_, place) in &channels {
            self.release_channel_from(place, &left, rule, step);
        }
        for (_, place) in channels {
            self.forget_channel(place);
        }
        self.sort_queues(&mut left);
        for queue in left {
            if !self.delete_if_abandoned(queue, step) {
                self.choose_active(queue, step);
                self.use_queue(queue, step);
                self.dispatch(queue, step);
            }
        }
        let mut exclusive: Vec<QueueId> = self
            .queues
            .iter()
            .filter(|(_, queue)| queue.owner == Some(id))
            .map(|(queue, _)| QueueId(queue))
            .collect();
        exclusive.sort_by_key(|queue| self.names.text(self.queues[queue.0].name).to_owned());
        for queue in exclusive {
            self.remove_queue(queue, rules::CON_10, step);
        }
        let ended = self.connections.get_mut(id.index()).and_then(Option::take);
        self.free_timer(ended.and_then(|connection| connection.silence?.timer));
        step.out.fact(Fact::ConnectionClosed { connection: id }, rule);
    }

    /// The places of a connection's channels, in order of their numbers.
    pub(super) fn places_of(&self, id: ConnectionId) -> Vec<u32> {
        self.connection(id).map(|c| c.channels.iter().map(|channel| channel.1).collect()).unwrap_or_default()
    }

    /// What a connection that ends has sent and an alarm kept the broker from reading is still in its socket, and goes
    /// with that. Source: rule FLW-2.
    fn lose_unread(&mut self, id: ConnectionId, step: &mut Step<'_, impl Out>) {
        let Some(Some(connection)) = self.connections.get_mut(id.index()) else { return };
        let held = connection.hold.take().map(|hold| hold.waiting).unwrap_or_default();
        for (_, method) in held {
            let Method::BasicPublish(publish) = method else { continue };
            let (message, cause) = (publish.message.id, LossCause::LostOnTheWire);
            step.out.fact(Fact::PublishRefused { message, cause }, rules::FLW_2);
        }
    }

    /// Takes a channel's consumers away and requeues what it held, queue by queue. Source: rule CON-6.
    fn release_channel(&mut self, place: u32, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        self.release_channel_from(place, &[], rule, step);
    }

    /// The same; queues in `left` have lost consumers of the same connection already.
    fn release_channel_from(
        &mut self,
        place: u32,
        left: &[QueueId],
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        if self.channels[place].state == ChannelState::Closing {
            return;
        }
        self.abandon_transaction(place, step);
        self.forget_replies(place);
        let channel = &mut self.channels[place];
        channel.state = ChannelState::Closing;
        let at = channel.at;
        let timer = channel.watch.take();
        let mut queues = channel.unacked.queues();
        queues.extend(channel.consumers.iter().map(|&c| self.consumers[c.0].queue));
        self.free_timer(timer);
        self.sort_queues(&mut queues);
        for queue in queues {
            self.release_queue(place, queue, left.contains(&queue), rule, step);
        }
        let channel = &mut self.channels[place];
        channel.unacked.take_all();
        self.forget_publisher(place);
        step.out.fact(Fact::ChannelClosed { channel: at }, rule);
    }

    /// Classic queues that the channel consumes from learn of its failure while the connection's other channels are still
    /// there; all other queues learn of it with the end of the connection. Source: rules CON-9 and ERR-7.
    fn notify_queues(&mut self, place: u32, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        self.abandon_transaction(place, step);
        let consumers = self.channels[place].consumers.iter();
        let mut queues: Vec<QueueId> = consumers.map(|&c| self.consumers[c.0].queue).collect();
        queues.retain(|queue| self.queues[queue.0].kind == QueueKind::Classic);
        self.sort_queues(&mut queues);
        for queue in queues {
            self.release_queue(place, queue, false, rule, step);
        }
    }

    /// A queue learns that a channel is gone: first all its consumers go, then (if that has not deleted the queue) its
    /// deliveries come back, then the others are served. Source: rule CON-6, `rabbit_amqqueue_process:handle_ch_down`.
    fn release_queue(
        &mut self,
        place: u32,
        queue: QueueId,
        left: bool,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let channel = &mut self.channels[place];
        let at = channel.at;
        let held = channel.unacked.take_from(queue);
        let consumers = channel.consumers.clone();
        let own = self.remove_consumers_of(queue, &consumers, rule, step);
        if (own || left) && self.delete_if_abandoned(queue, step) {
            self.let_go_with_queue(at, &held, step);
            return;
        }
        self.choose_active(queue, step);
        self.use_queue(queue, step);
        if self.queues[queue.0].kind == QueueKind::Quorum {
            self.quorum_channel_down(place, &held, queue, step);
            self.choose_active(queue, step);
        } else {
            self.requeue_deliveries(at, queue, &held, rules::CON_6, step);
        }
        self.dispatch(queue, step);
    }

    /// Whether any of these consumers was of this queue.
    fn remove_consumers_of(
        &mut self,
        queue: QueueId,
        consumers: &[ConsumerId],
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        let mut any = false;
        for &consumer in consumers {
            if self.consumers.get(consumer.0).is_some_and(|c| c.queue == queue) {
                self.remove_consumer(consumer, rule, step);
                any = true;
            }
        }
        any
    }

    /// The queue went with its last consumer, and what it had handed out with it. Source: rule CON-22.
    fn let_go_with_queue(&mut self, at: ChannelRef, held: &[Unacked], step: &mut Step<'_, impl Out>) {
        for gone in held {
            let how = Settlement::Gone(LossCause::QueueDeleted);
            self.state_settled(at, gone, (0, 0), (how, rules::CON_22), step);
            self.messages.release(gone.entry.slot());
        }
    }

    /// Quorum queues forget a channel that published to them.
    fn forget_publisher(&mut self, place: u32) {
        let queues: Vec<u32> = self.queues.iter().map(|(id, _)| id).collect();
        for id in queues {
            if let Some(quorum) = self.quorum_mut(QueueId(id)) {
                quorum.enqueuers.remove(&place);
            }
        }
    }

    /// Forgets the channel; its number may be opened again. Source: rule ERR-5.
    pub(super) fn forget_channel(&mut self, place: u32) {
        let Some(channel) = self.channels.remove(place) else { return };
        if let Some(Some(connection)) = self.connections.get_mut(channel.at.connection.index()) {
            connection.channels.retain(|open| open.1 != place);
        }
    }

    /// Closes the channel or the connection with an error. What it held is requeued before the client hears of it.
    /// Source: rule ERR-7.
    pub(super) fn fail(&mut self, at: ChannelRef, failure: &Failure, step: &mut Step<'_, impl Out>) {
        let fact = Fact::Error { channel: at, code: failure.code, text: failure.text.clone() };
        step.out.fact(fact, failure.rule);
        if failure.code.closes_connection() {
            if let Some(place) = self.connection(at.connection).and_then(|c| c.channel(at.channel)) {
                self.notify_queues(place, failure.rule, step);
            }
            self.end_connection(at.connection, failure.rule, step);
        } else if let Some(place) = self.connection(at.connection).and_then(|c| c.channel(at.channel)) {
            self.release_channel(place, failure.rule, step);
        }
        Self::send_error(at, failure, step);
    }

    fn send_error(at: ChannelRef, failure: &Failure, step: &mut Step<'_, impl Out>) {
        let (code, text) = (failure.code, Arc::clone(&failure.text));
        if code.closes_connection() {
            let at = ChannelRef { channel: ChannelNo(0), ..at };
            step.out.send(at, ServerMethod::ConnectionClose { code, text });
            step.out.hang_up(at.connection);
        } else {
            step.out.send(at, ServerMethod::ChannelClose { code, text });
        }
    }

    /// A method that is discarded: if it was a publish, its message is lost, and the books must know.
    pub(super) fn refuse(method: Method, step: &mut Step<'_, impl Out>) {
        if let Method::BasicPublish(publish) = method {
            let (message, cause) = (publish.message.id, LossCause::Refused);
            step.out.fact(Fact::PublishRefused { message, cause }, rules::ERR_4);
        }
    }

    /// Sorts queues by name, each once: the order in which a real broker serves them is not defined. Deviation: DEV-7.
    pub(super) fn sort_queues(&self, queues: &mut Vec<QueueId>) {
        queues.retain(|queue| self.queues.get(queue.0).is_some());
        queues.sort_by(|a, b| {
            let name = |queue: &QueueId| self.names.text(self.queues[queue.0].name);
            name(a).cmp(name(b)).then(a.cmp(b))
        });
        queues.dedup();
    }
}
