//! How the reference settles deliveries, requeues them, and sends the dead away.
//! Source: rules ACK-1 to ACK-10, RDL-1 to RDL-11, DLX-1 to DLX-13, LEN-2.

use std::sync::Arc;

use amqpsim::amqp::{ChannelRef, Content, FieldTable, FieldValue, Message, Name, ReplyCode, ServerMethod};

use super::reference::{Copy, Done, Letter, Reference, Settling, Unacked};
use super::topology::refuse;

impl Reference {
    /// Source: rules ACK-2 to ACK-5, TX-3.
    pub(super) fn settle(&mut self, at: ChannelRef, tag: u64, multiple: bool, how: Settling) -> Done {
        let channel = self.channel(at);
        let everything = tag == 0 && multiple;
        if !everything && !channel.unacked.iter().any(|unacked| unacked.tag == tag) {
            return refuse(ReplyCode::PreconditionFailed, format!("unknown delivery tag {tag}"));
        }
        let taken = |u: &Unacked| everything || u.tag == tag || (multiple && u.tag < tag);
        let (taken, kept) = std::mem::take(&mut channel.unacked).into_iter().partition(taken);
        channel.unacked = kept;
        match &mut channel.transaction {
            Some(transaction) => transaction.settled.push((how, taken)),
            None => self.settle_now(at, how, &taken),
        }
        Ok(())
    }

    /// The channel's limit learns of it first, then each queue, one consumer tag after the other; what was fetched comes
    /// first and one by one. Source: rules ACK-8, RDL-11.
    pub(super) fn settle_now(&mut self, at: ChannelRef, how: Settling, taken: &[Unacked]) {
        let channel = self.channel(at);
        if channel.limit > 0 && channel.volume != 0 {
            channel.volume -= taken.iter().filter(|unacked| unacked.consumer_tag.is_some()).count() as i64;
        }
        for queue in self.by_name(taken.iter().map(|unacked| unacked.queue).collect()) {
            let mut tags: Vec<Option<Name>> =
                taken.iter().filter(|u| u.queue == queue).map(|u| u.consumer_tag).collect();
            tags.sort_by_key(|tag| tag.map(|tag| self.text(tag)));
            tags.dedup();
            for tag in tags {
                let of_tag = |u: &&Unacked| u.queue == queue && u.consumer_tag == tag;
                let group: Vec<Unacked> = taken.iter().filter(of_tag).cloned().collect();
                let at_once = if tag.is_none() { 1 } else { group.len() };
                for deliveries in group.chunks(at_once) {
                    self.settle_in_queue(at, queue, how, deliveries);
                }
            }
        }
        self.resume(at);
    }

    fn settle_in_queue(&mut self, at: ChannelRef, queue: u64, how: Settling, deliveries: &[Unacked]) {
        if how == Settling::Requeue {
            self.give_credit(at, queue, deliveries);
            self.requeue(queue, deliveries.to_vec());
        } else {
            for unacked in deliveries {
                self.queue(queue).unacked -= 1;
                if how == Settling::Reject {
                    self.die(queue, unacked.copy.clone(), "rejected");
                }
            }
            self.give_credit(at, queue, deliveries);
        }
        self.dispatch(queue);
    }

    /// Each message returns to its place; what is too much then goes from the head. Source: rules RDL-1, RDL-9.
    pub(super) fn requeue(&mut self, queue: u64, deliveries: Vec<Unacked>) {
        if deliveries.is_empty() {
            return;
        }
        for unacked in deliveries {
            let found = self.queue(queue);
            found.unacked -= 1;
            found.add(Copy { redelivered: true, ..unacked.copy });
        }
        self.drop_head(queue);
        self.drop_expired(queue);
    }

    /// Whether any was dropped. Source: rules LEN-2 and PRI-4.
    pub(super) fn drop_head(&mut self, queue: u64) -> bool {
        let design = self.queue(queue).design;
        let Some(max) = design.length_max.filter(|_| design.overflow == "drop-head") else { return false };
        let dropped = self.queue(queue).ready.len() > usize::from(max);
        while self.queue(queue).ready.len() > usize::from(max) {
            let head = self.queue(queue).ready.remove(0);
            self.die(queue, head, "maxlen");
        }
        dropped
    }

    pub(super) fn die(&mut self, queue: u64, copy: Copy, reason: &'static str) {
        let (queue, design) = (self.queue(queue).name, self.queue(queue).design);
        if design.dead_letters.is_some() {
            self.letters.push(Letter { copy, queue, design, reason });
        }
    }

    /// Dead letters are published once the deed is done, those included that die on the way. Source: rule DLX-11.
    pub(super) fn post_letters(&mut self) {
        while !self.letters.is_empty() {
            let letter = self.letters.remove(0);
            self.post(letter);
        }
    }

    fn post(&mut self, letter: Letter) {
        let Letter { copy, queue, design, reason } = letter;
        let mut properties = copy.message.properties();
        let mut headers = properties.headers.take().unwrap_or_default();
        self.write_death(&mut headers, &copy, queue, reason);
        let deaths = deaths_in(&headers);
        properties.headers = Some(headers);
        let content = Some(Arc::new(Content { properties, body: "".into() }));
        let message = Message { content, ..copy.message };
        let Some(exchange) = design.dead_letters.map(|place| self.words.exchanges[place]) else { return };
        let routing_key = design.dead_letter_key.map_or(copy.routing_key, |key| self.words.queues[key]);
        for name in self.route(exchange, routing_key) {
            if !(reason != "rejected" && is_cycle(&deaths, self.text(name))) {
                self.enqueue(name, exchange, routing_key, &message);
            }
        }
    }

    /// Source: rules DLX-4 to DLX-6. Before it adds one, 3.10 turns the order of two and more earlier deaths round.
    fn write_death(&self, headers: &mut FieldTable, copy: &Copy, queue: Name, reason: &str) {
        let (queue, exchange) = (self.text(queue), self.text(copy.exchange));
        let mut deaths = deaths_in(headers);
        if deaths.is_empty() {
            headers.set("x-first-death-reason", reason);
            headers.set("x-first-death-queue", queue);
            headers.set("x-first-death-exchange", exchange);
        }
        if deaths.len() > 1 {
            deaths.reverse();
        }
        let same = |death: &FieldTable| is(death, "queue", queue) && is(death, "reason", reason);
        let death = if let Some(at) = deaths.iter().position(same) {
            let mut death = deaths.remove(at);
            let count = death.get("count").and_then(FieldValue::as_integer).expect("each has a count");
            death.set("count", count + 1);
            death
        } else {
            let mut death = FieldTable::new();
            death.set("count", 1);
            death.set("reason", reason);
            death.set("queue", queue);
            death.set("time", FieldValue::Timestamp(self.now.as_nanos() / 1_000_000_000));
            death.set("exchange", exchange);
            death.set("routing-keys", FieldValue::Array(vec![self.text(copy.routing_key).into()]));
            death
        };
        deaths.insert(0, death);
        headers.set("x-death", FieldValue::Array(deaths.into_iter().map(FieldValue::Table).collect()));
    }

    /// Source: rules DSP-16, QOS-10.
    pub(super) fn get(&mut self, at: ChannelRef, queue: Name, no_ack: bool) -> Done {
        let number = self.usable_queue(at, queue)?;
        let queue = self.queue(number);
        if queue.ready.is_empty() {
            self.say(at, ServerMethod::BasicGetEmpty);
            return Ok(());
        }
        let copy = queue.ready.remove(0);
        queue.unacked += u32::from(!no_ack);
        self.drop_expired(number);
        let message_count = self.queue(number).ready.len() as u32;
        let channel = self.channel(at);
        channel.last_tag += 1;
        let tag = channel.last_tag;
        if !no_ack {
            channel.unacked.push(Unacked { tag, queue: number, consumer_tag: None, copy: copy.clone() });
        }
        let ok = amqpsim::amqp::GetOk {
            delivery_tag: tag,
            redelivered: copy.redelivered,
            exchange: copy.exchange,
            routing_key: copy.routing_key,
            message_count,
            message: copy.message,
        };
        self.say(at, ServerMethod::BasicGetOk(ok));
        Ok(())
    }
}

fn deaths_in(headers: &FieldTable) -> Vec<FieldTable> {
    let Some(FieldValue::Array(deaths)) = headers.get("x-death") else { return Vec::new() };
    let table = |death: &FieldValue| match death {
        FieldValue::Table(table) => table.clone(),
        other => panic!("a death is a table, not {other:?}"),
    };
    deaths.iter().map(table).collect()
}

fn is(death: &FieldTable, key: &str, text: &str) -> bool {
    death.get(key).and_then(FieldValue::as_str) == Some(text)
}

/// The message was in this queue before, and nobody has rejected it since. Source: rule DLX-8.
fn is_cycle(deaths: &[FieldTable], queue: &str) -> bool {
    deaths
        .iter()
        .position(|death| is(death, "queue", queue))
        .is_some_and(|last| deaths[..=last].iter().all(|death| !is(death, "reason", "rejected")))
}
