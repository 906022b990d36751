//! Queues: declare, and declare again. Source: rules, ARG-1 to ARG-12, CON-20, CON-21.

use super::error::{Failure, Handled, argument_difference, failure};
use super::queue::arguments;
use super::queue::{Features, Queue, QueueKind, QueueSettings};
use super::topology::locked;
use super::users::Permission;
use super::{Broker, Out, Step};
use crate::amqp::{FieldValue, Name, QueueDeclare, QueueId, ReplyCode, ServerMethod};
use crate::observe::Fact;
use crate::rules;

const DEAD_LETTER_EXCHANGE: &str = "x-dead-letter-exchange";

impl Broker {
    pub(super) fn declare_queue(
        &mut self,
        place: u32,
        mut declare: QueueDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        declare.queue = self.without_line_ends(declare.queue);
        if let Some(exists) = self.reply_queue(declare.queue) {
            return self.declare_reply_queue(place, &declare, exists, step);
        }
        let vhost = self.channels[place].vhost;
        let id = if declare.passive {
            // Here an empty name is a name: it does not stand for the queue declared last.
            self.check_passive_permission(place, declare.queue, || {
                self.queue_resource(vhost, declare.queue)
            })?;
            let missing = || {
                let text = format!("no {}", self.queue_resource(vhost, declare.queue));
                failure(ReplyCode::NotFound, rules::Q_5, text)
            };
            let id = self.find_queue(vhost, declare.queue).ok_or_else(missing)?;
            self.not_locked(place, id)?;
            id
        } else {
            self.name_new_queue(vhost, &mut declare)?;
            self.check_queue_permission(place, Permission::Configure, declare.queue)?;
            match self.find_queue(vhost, declare.queue) {
                Some(id) => {
                    self.same_queue(place, id, &declare)?;
                    id
                }
                None => self.create_queue(place, &declare, step)?,
            }
        };
        if !declare.no_wait && self.queues[id.0].kind != QueueKind::Quorum {
            self.use_queue(id, step);
        }
        self.answer_declare(place, id, &declare, step);
        Ok(())
    }

    fn answer_declare(
        &mut self,
        place: u32,
        id: QueueId,
        declare: &QueueDeclare,
        step: &mut Step<'_, impl Out>,
    ) {
        self.channels[place].last_queue = Some(declare.queue);
        if declare.no_wait {
            return;
        }
        let queue = &self.queues[id.0];
        let ok = ServerMethod::QueueDeclareOk {
            queue: declare.queue,
            message_count: queue.ready_count(),
            consumer_count: self.consumer_count(id),
        };
        step.out.send(self.channels[place].at, ok);
    }

    /// Consumers, as `queue.declare-ok` counts them. A quorum queue counts what its state machine holds: waiting consumers
    /// not, but fetched messages and cancelled consumers with deliveries. Source: rules,
    /// `rabbit_fifo:query_stat`.
    fn consumer_count(&self, id: QueueId) -> u32 {
        let queue = &self.queues[id.0];
        let all = queue.consumers.len() as u32;
        let Some(features) = &queue.features else { return all };
        let Some(quorum) = &features.quorum else { return all };
        let served = if features.rules.single_active { all.min(1) } else { all };
        if self.profile.get_counts_as_consumer { served + quorum.ghosts() } else { served }
    }

    /// Source: rule DRT-2.
    fn declare_reply_queue(
        &mut self,
        place: u32,
        declare: &QueueDeclare,
        exists: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let vhost = self.channels[place].vhost;
        if !exists {
            let text = format!("no {}", self.queue_resource(vhost, declare.queue));
            return Err(failure(ReplyCode::NotFound, rules::DRT_2, text));
        }
        let channel = &mut self.channels[place];
        channel.last_queue = Some(declare.queue);
        if !declare.no_wait {
            let ok =
                ServerMethod::QueueDeclareOk { queue: declare.queue, message_count: 0, consumer_count: 1 };
            step.out.send(channel.at, ok);
        }
        Ok(())
    }

    /// Makes a name up where there is none, and refuses one that is reserved, whether or not such a queue exists.
    /// Source: rules Q-6 and EX-6.
    fn name_new_queue(&mut self, vhost: u16, declare: &mut QueueDeclare) -> Handled {
        if declare.queue == Name::EMPTY {
            let resource = self.queue_resource(vhost, declare.queue);
            let kind = arguments::kind(&declare.arguments, &resource, &self.profile).unwrap_or_default();
            if kind != QueueKind::Classic {
                let text = format!("Cannot declare a server-named queue for type {}", kind.module());
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_6, text));
            }
            declare.queue = self.make_name("amq.gen-");
            return Ok(());
        }
        let text = self.names.text(declare.queue);
        if text.starts_with("amq.") {
            let text = format!("queue name '{text}' contains reserved prefix 'amq.*'");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_6, text));
        }
        Ok(())
    }

    fn create_queue(
        &mut self,
        place: u32,
        declare: &QueueDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Result<QueueId, Failure> {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        let resource = self.queue_resource(vhost, declare.queue);
        self.check_dead_letter_exchange(place, declare, &resource)?;
        let kind = arguments::kind(&declare.arguments, &resource, &self.profile)?;
        arguments::check(kind, &declare.arguments, &resource, &self.profile)?;
        check_flags(kind, declare, &resource)?;
        let nodes = self.persistence.as_ref().map_or(1, |persistence| persistence.storage.nodes());
        if nodes > 1 && kind != QueueKind::Quorum {
            // Deviation: DEV-15.
            let text = "not simulated: classic queues in a cluster";
            return Err(failure(ReplyCode::NotImplemented, rules::ARG_9, text));
        }
        if !declare.durable && !declare.exclusive && !self.profile.transient_queues {
            let text = "Feature `transient_nonexcl_queues` is deprecated.\nBy default, this feature is not permitted \
                        anymore.";
            return Err(failure(ReplyCode::InternalError, rules::Q_16, text));
        }
        let in_force = self.rules_for(vhost, declare.queue, kind, &declare.arguments);
        let mut features = Features::needed(kind, in_force.clone(), &self.profile);
        if self.dealing.is_some() {
            // Who is next is asked about every message, which is more than a plain queue does.
            let features =
                features.get_or_insert_with(|| Box::new(Features::new(kind, in_force, &self.profile)));
            features.is_dealt = true;
        }
        let id = QueueId(self.queues.insert(Queue::new(QueueSettings {
            name: declare.queue,
            vhost,
            durable: declare.durable && !declare.exclusive,
            owner: declare.exclusive.then_some(at.connection),
            auto_delete: declare.auto_delete,
            arguments: declare.arguments.clone(),
            kind,
            features,
        })));
        self.vhosts[vhost as usize].queues.insert(declare.queue, id);
        self.topology += 1;
        self.make_store(id, step.now);
        let durable = self.queues[id.0].durable;
        let rule = if declare.auto_delete { rules::CON_22 } else { rules::DUR_1 };
        let fact = Fact::QueueDeclared {
            queue: id,
            vhost: self.vhosts[vhost as usize].name,
            name: declare.queue,
            durable,
        };
        step.out.fact(fact, rule);
        self.use_queue(id, step);
        Ok(id)
    }

    /// It need not exist, but its name must be text. Source: rules ARG-7 and ERR-10.
    fn check_dead_letter_exchange(&mut self, place: u32, declare: &QueueDeclare, resource: &str) -> Handled {
        let Some(value) = declare.arguments.get(DEAD_LETTER_EXCHANGE) else { return Ok(()) };
        let Some(text) = value.as_str() else {
            let text = format!(
                "invalid type '{}' for arg '{DEAD_LETTER_EXCHANGE}' in {resource}",
                value.type_name()
            );
            return Err(failure(ReplyCode::PreconditionFailed, rules::ARG_7, text));
        };
        let exchange = self.names.intern(text);
        self.check_queue_permission(place, Permission::Read, declare.queue)?;
        self.check_exchange_permission(place, Permission::Write, exchange)
    }

    /// Whether a declaration agrees with the queue that is there. Source: rules, CON-18, CON-20, CON-21.
    fn same_queue(&self, place: u32, id: QueueId, declare: &QueueDeclare) -> Handled {
        let queue = &self.queues[id.0];
        self.not_locked(place, id)?;
        let resource = self.queue_resource(queue.vhost, queue.name);
        if declare.exclusive != queue.owner.is_some() {
            return Err(locked(&resource));
        }
        let flags = [
            ("durable", declare.durable && !declare.exclusive, queue.durable),
            ("auto_delete", declare.auto_delete, queue.auto_delete),
        ];
        if let Some((flag, new, old)) = flags.into_iter().find(|(_, new, old)| new != old) {
            let text =
                format!("inequivalent arg '{flag}' for {resource}: received '{new}' but current is '{old}'");
            return Err(failure(ReplyCode::PreconditionFailed, rules::Q_1, text));
        }
        // Source: rule Q-18.
        let relaxed = self.settings.relaxed_quorum_checks
            && queue.kind == QueueKind::Quorum
            && declare.arguments.get("x-queue-type").and_then(FieldValue::as_str) == Some("classic");
        let all = arguments::compared(queue.kind, &self.profile);
        for key in all.filter(|key| !relaxed || arguments::COMPARED_WHEN_RELAXED.contains(key)) {
            let (new, old) = (declare.arguments.get(key), queue.arguments.get(key));
            if key == "x-queue-type" && is_classic(new) && is_classic(old) {
                continue;
            }
            if let Some(text) = argument_difference(key, &resource, new, old) {
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_1, text));
            }
        }
        Ok(())
    }
}

/// No type means the classic one. Source: rule Q-2.
fn is_classic(kind: Option<&FieldValue>) -> bool {
    kind.is_none_or(|kind| kind.as_str() == Some("classic"))
}

/// Source: rule Q-15, `rabbit_queue_type_util:run_checks`.
fn check_flags(kind: QueueKind, declare: &QueueDeclare, resource: &str) -> Handled {
    let property = match kind {
        QueueKind::Classic => None,
        QueueKind::Quorum if declare.auto_delete => Some("auto-delete"),
        _ if declare.exclusive => Some("exclusive-owner"),
        _ if !declare.durable => Some("non-durable"),
        _ => None,
    };
    if let Some(property) = property {
        let text = format!("invalid property '{property}' for {resource}");
        return Err(failure(ReplyCode::PreconditionFailed, rules::Q_15, text));
    }
    if kind == QueueKind::Stream {
        // Deviation: DEV-1.
        return Err(failure(ReplyCode::NotImplemented, rules::ARG_9, "not simulated: streams"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: rule Q-15.
    #[test]
    fn a_quorum_queue_is_durable_and_nobodys_own() {
        let refused =
            |declare: &QueueDeclare| check_flags(QueueKind::Quorum, declare, "queue 'q'").unwrap_err().text;
        let declare = QueueDeclare::default();
        assert!(refused(&declare).ends_with("invalid property 'non-durable' for queue 'q'"));
        let declare = QueueDeclare { exclusive: true, ..declare };
        assert!(refused(&declare).ends_with("invalid property 'exclusive-owner' for queue 'q'"));
        let declare = QueueDeclare { auto_delete: true, durable: true, ..declare };
        assert!(refused(&declare).ends_with("invalid property 'auto-delete' for queue 'q'"));
        let declare = QueueDeclare { durable: true, ..QueueDeclare::default() };
        assert_eq!(check_flags(QueueKind::Quorum, &declare, ""), Ok(()));
    }
}
