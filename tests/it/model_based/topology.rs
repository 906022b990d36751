//! The reference's exchanges, queues and bindings. Source: rules EX-1 to EX-14, RT-1 to RT-12, AE-1, AE-2, BND-1 to BND-5,
//! CON-18 to CON-22.

use amqpsim::amqp::{
    BindArguments, ChannelRef, ExchangeDeclare, FieldValue, Name, QueueDeclare, ReplyCode, ServerMethod,
};

use super::reference::{Binding, Copy, Done, Queue, Reference};

pub(super) fn refuse<T>(code: ReplyCode, text: String) -> Result<T, (ReplyCode, String)> {
    Err((code, text))
}

impl Queue {
    /// Puts a message into its place: by priority, then by arrival. Source: rules RDL-1 and PRI-2.
    pub(super) fn add(&mut self, copy: Copy) {
        let most = self.design.priority_max.unwrap_or(0);
        let place = |copy: &Copy| {
            let priority = copy.message.properties().priority.unwrap_or(0);
            (std::cmp::Reverse(priority.min(most)), copy.arrival)
        };
        self.ready.push(copy);
        self.ready.sort_by_key(place);
    }
}

impl Reference {
    fn queue_text(&self, queue: Name) -> String {
        format!("queue '{}' in vhost '/'", self.text(queue))
    }

    fn exchange_text(&self, exchange: Name) -> String {
        format!("exchange '{}' in vhost '/'", self.text(exchange))
    }

    pub(super) fn find_exchange(&self, exchange: Name) -> Option<&ExchangeDeclare> {
        self.exchanges.iter().find(|other| other.exchange == exchange)
    }

    pub(super) fn existing_exchange(&self, exchange: Name) -> Result<&ExchangeDeclare, (ReplyCode, String)> {
        let text = || format!("no {}", self.exchange_text(exchange));
        self.find_exchange(exchange).ok_or_else(|| (ReplyCode::NotFound, text()))
    }

    pub(super) fn queue_named(&self, queue: Name) -> Option<&Queue> {
        self.queues.iter().find(|other| other.name == queue)
    }

    /// The name, or that of the queue that the channel declared last. Source: rule BND-3.
    fn name_or_last(&self, at: ChannelRef, queue: Name) -> Result<Name, (ReplyCode, String)> {
        let last = self.find_channel(at).and_then(|channel| channel.last_queue);
        let none = || (ReplyCode::NotFound, "no previously declared queue".to_owned());
        if queue == Name::EMPTY { last.ok_or_else(none) } else { Ok(queue) }
    }

    /// The number of a queue that is there and not another connection's.
    pub(super) fn usable_queue(&self, at: ChannelRef, queue: Name) -> Result<u64, (ReplyCode, String)> {
        let queue = self.existing_queue(self.name_or_last(at, queue)?)?;
        self.not_locked(at, queue)?;
        Ok(queue.number)
    }

    fn existing_queue(&self, queue: Name) -> Result<&Queue, (ReplyCode, String)> {
        let text = || format!("no {}", self.queue_text(queue));
        self.queue_named(queue).ok_or_else(|| (ReplyCode::NotFound, text()))
    }

    fn not_locked(&self, at: ChannelRef, queue: &Queue) -> Done {
        if queue.owner.is_none_or(|owner| owner == at.connection) { Ok(()) } else { self.locked(queue) }
    }

    fn locked(&self, queue: &Queue) -> Done {
        let text = format!(
            "cannot obtain exclusive access to locked {}. It could be originally declared on another connection or \
             the exclusive property value does not match that of the original declaration.",
            self.queue_text(queue.name)
        );
        refuse(ReplyCode::ResourceLocked, text)
    }

    fn not_the_default(exchange: Name) -> Done {
        if exchange == Name::EMPTY {
            let text = "operation not permitted on the default exchange";
            return refuse(ReplyCode::AccessRefused, text.to_owned());
        }
        Ok(())
    }

    pub(super) fn declare_exchange(&mut self, at: ChannelRef, declare: &ExchangeDeclare) -> Done {
        Self::not_the_default(declare.exchange)?;
        let name = self.text(declare.exchange).to_owned();
        if declare.passive {
            self.existing_exchange(declare.exchange)?;
        } else if !["direct", "fanout", "topic"].contains(&self.text(declare.kind)) {
            let text = format!("unknown exchange type '{}'", self.text(declare.kind));
            return refuse(ReplyCode::CommandInvalid, text);
        } else if let Some(there) = self.find_exchange(declare.exchange) {
            let of = |e: &ExchangeDeclare| {
                let flags = [e.durable, e.auto_delete, e.internal].map(|flag| flag.to_string());
                let [durable, auto_delete, internal] = flags;
                [self.text(e.kind).to_owned(), durable, auto_delete, internal]
            };
            let fields = ["type", "durable", "auto_delete", "internal"];
            for ((field, new), old) in fields.into_iter().zip(of(declare)).zip(of(there)) {
                if new != old {
                    let of = self.exchange_text(declare.exchange);
                    let but = format!("received '{new}' but current is '{old}'");
                    let text = format!("inequivalent arg '{field}' for {of}: {but}");
                    return refuse(ReplyCode::PreconditionFailed, text);
                }
            }
        } else if name.starts_with("amq.") {
            let text = format!("exchange name '{name}' contains reserved prefix 'amq.*'");
            return refuse(ReplyCode::AccessRefused, text);
        } else {
            self.exchanges.push(declare.clone());
        }
        if !declare.no_wait {
            self.say(at, ServerMethod::ExchangeDeclareOk);
        }
        Ok(())
    }

    pub(super) fn delete_exchange(&mut self, at: ChannelRef, exchange: Name, if_unused: bool) -> Done {
        Self::not_the_default(exchange)?;
        let of = self.exchange_text(exchange);
        if self.text(exchange).starts_with("amq.") {
            return refuse(ReplyCode::AccessRefused, format!("deletion of system {of} not allowed"));
        }
        if if_unused && self.bindings.iter().any(|binding| binding.source == exchange) {
            return refuse(ReplyCode::PreconditionFailed, format!("{of} in use"));
        }
        self.remove_exchange(exchange);
        self.say(at, ServerMethod::ExchangeDeleteOk);
        Ok(())
    }

    pub(super) fn remove_exchanges_where(&mut self, goes: impl Fn(&ExchangeDeclare) -> bool) {
        let gone = self.exchanges.iter().filter(|exchange| goes(exchange)).map(|exchange| exchange.exchange);
        for exchange in gone.collect::<Vec<_>>() {
            self.remove_exchange(exchange);
        }
    }

    fn remove_exchange(&mut self, exchange: Name) {
        self.exchanges.retain(|other| other.exchange != exchange);
        self.bindings.retain(|binding| binding.source != exchange);
        self.unbind(|binding| binding.destination == exchange && !binding.to_queue);
    }

    /// Takes bindings away; exchanges that delete themselves with the last one follow. Source: rule EX-12.
    fn unbind(&mut self, goes: impl Fn(&Binding) -> bool) {
        let (gone, kept): (Vec<Binding>, _) = std::mem::take(&mut self.bindings).into_iter().partition(goes);
        self.bindings = kept;
        for Binding { source, .. } in gone {
            let lonely = self.bindings.iter().all(|binding| binding.source != source);
            if lonely && self.find_exchange(source).is_some_and(|exchange| exchange.auto_delete) {
                self.remove_exchange(source);
            }
        }
    }

    pub(super) fn bind(&mut self, at: ChannelRef, bind: &BindArguments, to_queue: bool, adds: bool) -> Done {
        let mut binding = Binding {
            source: bind.source,
            destination: bind.destination,
            to_queue,
            routing_key: bind.routing_key,
        };
        if to_queue && bind.destination == Name::EMPTY {
            binding.destination = self.name_or_last(at, Name::EMPTY)?;
            if bind.routing_key == Name::EMPTY {
                binding.routing_key = binding.destination;
            }
        } else if !to_queue {
            Self::not_the_default(bind.destination)?;
        }
        Self::not_the_default(bind.source)?;
        if adds {
            self.existing_exchange(bind.source)?;
            if to_queue {
                self.usable_queue(at, binding.destination)?;
            } else {
                self.existing_exchange(bind.destination)?;
            }
            if !self.bindings.contains(&binding) {
                self.bindings.push(binding);
            }
        } else if self.bindings.contains(&binding) {
            if to_queue {
                self.usable_queue(at, binding.destination)?;
            }
            self.unbind(|other| *other == binding);
        }
        self.say(
            at,
            match (to_queue, adds) {
                (true, true) => ServerMethod::QueueBindOk,
                (true, false) => ServerMethod::QueueUnbindOk,
                (false, true) => ServerMethod::ExchangeBindOk,
                (false, false) => ServerMethod::ExchangeUnbindOk,
            },
        );
        Ok(())
    }

    /// The queues that a message reaches, each once, by name. Source: rules EX-14, RT-1, RT-2, RT-11, AE-1, AE-2.
    pub(super) fn route(&self, exchange: Name, routing_key: Name) -> Vec<Name> {
        let mut reached = Vec::new();
        if exchange == Name::EMPTY {
            reached.extend(self.queue_named(routing_key).map(|queue| queue.name));
        }
        let mut exchanges = vec![exchange];
        let mut next = 0;
        while next < exchanges.len() {
            let source = self.find_exchange(exchanges[next]);
            next += 1;
            let Some(source) = source.filter(|source| source.exchange != Name::EMPTY) else { continue };
            let matches = |binding: &&Binding| {
                let (pattern, key) = (self.text(binding.routing_key), self.text(routing_key));
                binding.source == source.exchange
                    && match self.text(source.kind) {
                        "direct" => pattern == key,
                        "topic" => topic_matches(&words(pattern), &words(key)),
                        _ => true,
                    }
            };
            let mut found: Vec<(bool, Name)> =
                self.bindings.iter().filter(matches).map(|b| (b.to_queue, b.destination)).collect();
            let alternate = source.arguments.get("alternate-exchange").and_then(FieldValue::as_str);
            if found.is_empty()
                && let Some(alternate) = alternate.and_then(|alternate| self.names.find(alternate))
            {
                found.push((false, alternate));
            }
            for (to_queue, destination) in found {
                let list = if to_queue { &mut reached } else { &mut exchanges };
                if !list.contains(&destination) {
                    list.push(destination);
                }
            }
        }
        reached.sort_by_key(|&queue| self.text(queue));
        reached
    }

    pub(super) fn declare_queue(&mut self, at: ChannelRef, declare: &QueueDeclare) -> Done {
        let name = declare.queue;
        if declare.passive {
            // An empty name does not stand for the queue declared last.
            let there = self.existing_queue(name)?;
            self.not_locked(at, there)?;
        } else if self.text(name).starts_with("amq.") {
            let text = format!("queue name '{}' contains reserved prefix 'amq.*'", self.text(name));
            return refuse(ReplyCode::AccessRefused, text);
        } else if let Some(there) = self.queue_named(name) {
            self.not_locked(at, there)?;
            self.same_queue(there, declare)?;
        } else {
            let number = self.next_number();
            let place = self.words.queues.iter().position(|&queue| queue == name).expect("clients know it");
            self.queues.push(Queue {
                number,
                name,
                durable: declare.durable && !declare.exclusive,
                owner: declare.exclusive.then_some(at.connection),
                auto_delete: declare.auto_delete,
                design: self.designs[place],
                ready: Vec::new(),
                unacked: 0,
                line: Vec::new(),
                active: None,
            });
        }
        self.channel(at).last_queue = Some(name);
        if !declare.no_wait {
            let queue = self.queue_named(name).expect("it was declared");
            let consumers = self.consumers.iter().filter(|consumer| consumer.queue == queue.number);
            let ok = ServerMethod::QueueDeclareOk {
                queue: name,
                message_count: queue.ready.len() as u32,
                consumer_count: consumers.count() as u32,
            };
            self.say(at, ok);
        }
        Ok(())
    }

    /// Source: rules Q-1, CON-20 and CON-21.
    fn same_queue(&self, there: &Queue, declare: &QueueDeclare) -> Done {
        if declare.exclusive != there.owner.is_some() {
            return self.locked(there);
        }
        let durable = declare.durable && !declare.exclusive;
        let flags =
            [("durable", durable, there.durable), ("auto_delete", declare.auto_delete, there.auto_delete)];
        for (flag, new, old) in flags {
            if new != old {
                let of = self.queue_text(there.name);
                let but = format!("received '{new}' but current is '{old}'");
                let text = format!("inequivalent arg '{flag}' for {of}: {but}");
                return refuse(ReplyCode::PreconditionFailed, text);
            }
        }
        Ok(())
    }

    /// Source: rule Q-13.
    pub(super) fn purge(&mut self, at: ChannelRef, queue: Name) -> Done {
        let number = self.usable_queue(at, queue)?;
        let message_count = std::mem::take(&mut self.queue(number).ready).len() as u32;
        self.say(at, ServerMethod::QueuePurgeOk { message_count });
        Ok(())
    }

    /// Source: rules.
    pub(super) fn delete_queue(
        &mut self,
        at: ChannelRef,
        queue: Name,
        if_unused: bool,
        if_empty: bool,
    ) -> Done {
        let name = self.name_or_last(at, queue)?;
        let Some(queue) = self.queue_named(name) else {
            self.say(at, ServerMethod::QueueDeleteOk { message_count: 0 });
            return Ok(());
        };
        self.not_locked(at, queue)?;
        let (number, message_count) = (queue.number, queue.ready.len() as u32);
        if if_empty && message_count > 0 {
            return refuse(ReplyCode::PreconditionFailed, format!("{} not empty", self.queue_text(name)));
        }
        if if_unused && self.consumers.iter().any(|consumer| consumer.queue == number) {
            return refuse(ReplyCode::PreconditionFailed, format!("{} in use", self.queue_text(name)));
        }
        self.say(at, ServerMethod::QueueDeleteOk { message_count });
        self.remove_queue(number);
        Ok(())
    }

    /// Source: rule CON-22.
    pub(super) fn delete_if_abandoned(&mut self, queue: u64) -> bool {
        let stopping = self.stopping;
        let abandoned = self.find_queue(queue).is_none_or(|found| {
            found.auto_delete && !stopping && self.consumers.iter().all(|consumer| consumer.queue != queue)
        });
        if abandoned {
            self.remove_queue(queue);
        }
        abandoned
    }

    /// Its bindings go, its messages and its consumers, who are told. Source: rules BND-5, Q-10 and Q-11.
    pub(super) fn remove_queue(&mut self, number: u64) {
        let Some(queue) = self.find_queue(number) else { return };
        let name = queue.name;
        self.unbind(|binding| binding.destination == name && binding.to_queue);
        let mut told: Vec<_> = self.consumers.iter().filter(|consumer| consumer.queue == number).collect();
        told.sort_by_key(|consumer| self.text(consumer.tag));
        let told: Vec<_> = told.into_iter().map(|consumer| (consumer.channel, consumer.tag)).collect();
        for (channel, consumer_tag) in told {
            self.say(channel, ServerMethod::BasicCancel { consumer_tag });
        }
        self.consumers.retain(|consumer| consumer.queue != number);
        self.queues.retain(|queue| queue.number != number);
    }
}

fn words(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('.').collect() }
}

/// Source: rule RT-2.
fn topic_matches(pattern: &[&str], key: &[&str]) -> bool {
    match (pattern, key) {
        ([], []) => true,
        (["#", rest @ ..], _) => (0..=key.len()).any(|skipped| topic_matches(rest, &key[skipped..])),
        (["*", rest @ ..], [_, key @ ..]) => topic_matches(rest, key),
        ([word, rest @ ..], [first, key @ ..]) => word == first && topic_matches(rest, key),
        _ => false,
    }
}
