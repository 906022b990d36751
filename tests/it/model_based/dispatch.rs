//! How the reference hands messages out: who is next, who may take one, who steps out and comes back.
//! Source: rules DSP-1 to DSP-11, QOS-1 to QOS-11, SAC-1 to SAC-4.

use amqpsim::amqp::{ChannelRef, Delivery, ServerMethod};

use super::reference::{Done, Reference, Unacked};
use super::topology::refuse;
use amqpsim::amqp::ReplyCode;

impl Reference {
    /// Hands out messages until none is ready or nobody may take one.
    pub(super) fn dispatch(&mut self, queue: u64) {
        while self.find_queue(queue).is_some_and(|queue| !queue.ready.is_empty()) {
            let Some(consumer) = self.next_consumer(queue) else { return };
            if self.may_take(queue, consumer) {
                self.deliver(queue, consumer);
                self.drop_expired(queue);
                let single = self.queue(queue).design.single_active;
                let line = &mut self.queue(queue).line;
                if !single {
                    line.retain(|&other| other != consumer);
                    line.push(consumer);
                }
            } else {
                let now = self.next_number();
                self.queue(queue).line.retain(|&other| other != consumer);
                self.consumer(consumer).blocked = Some(now);
            }
        }
    }

    /// The first in line of those with the highest priority; where one is active, that one or nobody.
    fn next_consumer(&self, queue: u64) -> Option<u64> {
        let queue = self.find_queue(queue)?;
        if queue.design.single_active {
            return queue.active.filter(|active| queue.line.contains(active));
        }
        self.first_in_line(&queue.line)
    }

    fn first_in_line(&self, line: &[u64]) -> Option<u64> {
        let priority = |number: u64| {
            self.consumers.iter().find(|consumer| consumer.number == number).map(|consumer| consumer.priority)
        };
        let highest = line.iter().map(|&number| priority(number)).max()?;
        line.iter().copied().find(|&number| priority(number) == highest)
    }

    /// Source: rules SAC-1 and SAC-2.
    pub(super) fn choose_active(&mut self, queue: u64) {
        let Some(found) = self.find_queue(queue) else { return };
        if found.design.single_active && found.active.is_none() {
            let first = self.first_in_line(&found.line);
            self.queue(queue).active = first;
        }
    }

    /// Its own credit first, then the channel's limit, which refuses the whole queue. Source: rules QOS-6 and QOS-8.
    fn may_take(&mut self, queue: u64, consumer: u64) -> bool {
        let consumer = self.consumer(consumer).clone();
        if !consumer.has_credit() {
            return false;
        }
        let channel = self.channel(consumer.channel);
        if channel.limit == 0 {
            return true;
        }
        if channel.volume >= i64::from(channel.limit) || channel.refused.contains(&queue) {
            channel.refused.push(queue);
            return false;
        }
        channel.volume += i64::from(!consumer.no_ack);
        true
    }

    fn deliver(&mut self, queue: u64, consumer: u64) {
        let copy = self.queue(queue).ready.remove(0);
        let consumer = self.consumer(consumer);
        consumer.held += i64::from(!consumer.no_ack);
        let (at, tag, no_ack) = (consumer.channel, consumer.tag, consumer.no_ack);
        let channel = self.channel(at);
        channel.last_tag += 1;
        let delivery = Delivery {
            consumer_tag: tag,
            delivery_tag: channel.last_tag,
            redelivered: copy.redelivered,
            exchange: copy.exchange,
            routing_key: copy.routing_key,
            message: copy.message.clone(),
        };
        if !no_ack {
            let unacked = Unacked { tag: channel.last_tag, queue, consumer_tag: Some(tag), copy };
            channel.unacked.push(unacked);
            self.queue(queue).unacked += 1;
        }
        self.say(at, ServerMethod::BasicDeliver(delivery));
    }

    /// Consumers of the channel that stepped out and have credit stand in line again. Source: rule DSP-6.
    fn unblock(&mut self, at: ChannelRef, queue: u64) {
        let back = |consumer: &&super::reference::Consumer| {
            consumer.channel == at
                && consumer.queue == queue
                && consumer.blocked.is_some()
                && consumer.has_credit()
        };
        let mut back: Vec<_> = self.consumers.iter().filter(back).cloned().collect();
        back.sort_by_key(|consumer| (-consumer.priority, consumer.blocked));
        for consumer in back {
            self.consumer(consumer.number).blocked = None;
            self.queue(queue).line.push(consumer.number);
        }
    }

    /// Deliveries that this consumer tag got from the queue are settled or requeued; whoever has the tag has more credit.
    pub(super) fn give_credit(&mut self, at: ChannelRef, queue: u64, deliveries: &[Unacked]) {
        let Some(tag) = deliveries.first().and_then(|unacked| unacked.consumer_tag) else { return };
        let holds = |c: &&mut super::reference::Consumer| c.channel == at && c.queue == queue && c.tag == tag;
        let Some(consumer) = self.consumers.iter_mut().find(holds) else { return };
        let had_credit = consumer.has_credit();
        consumer.held -= deliveries.len() as i64;
        if !had_credit && consumer.has_credit() {
            self.unblock(at, queue);
        }
    }

    /// Source: rules QOS-1 to QOS-5, QOS-7, QOS-9.
    pub(super) fn qos(&mut self, at: ChannelRef, size: u32, count: u16, global: bool) -> Done {
        if size != 0 {
            return refuse(ReplyCode::NotImplemented, format!("prefetch_size!=0 ({size})"));
        }
        let channel = self.channel(at);
        if global {
            if channel.limit == 0 {
                channel.volume = channel.unacked.len() as i64;
            }
            channel.limit = count;
        } else {
            channel.prefetch = count;
            channel.limit = 0;
        }
        self.say(at, ServerMethod::BasicQosOk);
        self.resume(at);
        Ok(())
    }

    /// Where the channel's limit leaves room, the queues that it refused are served. Source: rules QOS-9 and QOS-11.
    pub(super) fn resume(&mut self, at: ChannelRef) {
        let channel = self.channel(at);
        if channel.limit > 0 && channel.volume >= i64::from(channel.limit) {
            return;
        }
        let refused = std::mem::take(&mut channel.refused);
        for queue in self.by_name(refused) {
            self.unblock(at, queue);
            self.dispatch(queue);
        }
    }
}

impl super::reference::Consumer {
    /// Source: rules QOS-2, QOS-3 and QOS-10.
    fn has_credit(&self) -> bool {
        self.no_ack || self.prefetch == 0 || self.held < i64::from(self.prefetch)
    }
}
