//! Policies: settings of queues and exchanges by their names, which an operator may change at any time.
//! Source: rules POL-1 to POL-5, `rabbit_policy`, `rabbit_policies`.

use super::exchange::ExchangeId;
use super::pattern::Pattern;
use super::queue::{Features, QueueKind, QueueRules};
use super::{Broker, Out, Step};
use crate::amqp::{FieldTable, FieldValue, Name, QueueId};
use crate::observe::Fact;
use crate::rules;

/// What a policy is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApplyTo {
    /// Queues and exchanges.
    #[default]
    All,
    /// All queues.
    Queues,
    /// Classic queues.
    ClassicQueues,
    /// Quorum queues.
    QuorumQueues,
    /// Exchanges.
    Exchanges,
}

/// A policy, as an operator sets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name; setting another of the same name replaces it.
    pub name: Name,
    /// For this virtual host.
    pub vhost: Name,
    /// For names in which this regular expression is found.
    pub pattern: Box<str>,
    /// For what.
    pub apply_to: ApplyTo,
    /// Of several that fit, the one with the highest priority holds; of equals, the first by name.
    pub priority: i64,
    /// Settings, named as in RabbitMQ: `max-length`, `message-ttl`, `dead-letter-exchange`, `alternate-exchange`, …
    pub definition: FieldTable,
    /// Whether it is an operator policy, which is merged with the user's. Source: rule POL-4.
    pub operator: bool,
}

/// A policy that can be matched.
#[derive(Clone, Debug)]
pub(super) struct ActivePolicy {
    policy: Policy,
    pattern: Option<Pattern>,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    Queue(QueueKind),
    Exchange,
}

/// Limits of which the smaller holds, where a user and an operator set them. Source: rule POL-4.
const LIMITS: [&str; 6] =
    ["message-ttl", "max-length", "max-length-bytes", "max-in-memory-length", "expires", "delivery-limit"];

impl Broker {
    /// Sets a policy; it applies to what exists at once. Source: rule POL-5.
    pub(super) fn set_policy(&mut self, policy: Policy, step: &mut Step<'_, impl Out>) {
        self.remove_policy(policy.vhost, policy.name, policy.operator);
        let pattern = Pattern::parse(&policy.pattern);
        let (vhost, name) = (policy.vhost, policy.name);
        self.policies.push(ActivePolicy { policy, pattern });
        step.out.fact(Fact::PolicySet { vhost, name }, rules::POL_5);
        self.apply_policies(step);
    }

    /// Takes a policy away.
    pub(super) fn clear_policy(
        &mut self,
        vhost: Name,
        name: Name,
        operator: bool,
        step: &mut Step<'_, impl Out>,
    ) {
        self.remove_policy(vhost, name, operator);
        step.out.fact(Fact::PolicyCleared { vhost, name }, rules::POL_5);
        self.apply_policies(step);
    }

    fn remove_policy(&mut self, vhost: Name, name: Name, operator: bool) {
        let key = (vhost, name, operator);
        self.policies.retain(|active| {
            let policy = &active.policy;
            (policy.vhost, policy.name, policy.operator) != key
        });
    }

    /// The settings that policies give to a name. Source: rules POL-1 and POL-4.
    fn policy_for(&self, vhost: u16, name: Name, thing: Thing) -> Option<FieldTable> {
        let vhost = self.vhosts[vhost as usize].name;
        let text = self.names.text(name);
        let fits = |active: &&ActivePolicy, operator: bool| {
            let applies = matches!(
                (active.policy.apply_to, thing),
                (ApplyTo::All, _)
                    | (ApplyTo::Queues, Thing::Queue(_))
                    | (ApplyTo::ClassicQueues, Thing::Queue(QueueKind::Classic))
                    | (ApplyTo::QuorumQueues, Thing::Queue(QueueKind::Quorum))
                    | (ApplyTo::Exchanges, Thing::Exchange)
            );
            applies
                && active.policy.operator == operator
                && active.policy.vhost == vhost
                && active.pattern.as_ref().is_some_and(|pattern| pattern.is_found_in(text))
        };
        let best = |operator: bool| {
            let candidates = self.policies.iter().filter(|active| fits(active, operator));
            candidates.min_by_key(|active| {
                (std::cmp::Reverse(active.policy.priority), self.names.text(active.policy.name))
            })
        };
        match (best(false), best(true)) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some(one.policy.definition.clone()),
            (Some(user), Some(operator)) => {
                Some(merged(&user.policy.definition, &operator.policy.definition))
            }
        }
    }

    /// What is in force for a queue of this name and these arguments.
    pub(super) fn rules_for(
        &mut self,
        vhost: u16,
        name: Name,
        kind: QueueKind,
        arguments: &FieldTable,
    ) -> QueueRules {
        let policy = self.policy_for(vhost, name, Thing::Queue(kind));
        QueueRules::resolve(kind, arguments, policy.as_ref(), &self.profile, &mut self.names)
    }

    /// Where unroutable messages of an exchange go: its argument's exchange, else its policy's. Source: rule AE-1.
    pub(super) fn alternate_of(&mut self, vhost: u16, name: Name, arguments: &FieldTable) -> Option<Name> {
        let key = "alternate-exchange";
        if let Some(text) = arguments.get(key).and_then(FieldValue::as_str) {
            return Some(self.names.intern(text));
        }
        let policy = self.policy_for(vhost, name, Thing::Exchange)?;
        policy.get(key).and_then(FieldValue::as_str).map(|text| self.names.intern(text))
    }

    fn apply_policies(&mut self, step: &mut Step<'_, impl Out>) {
        self.topology += 1;
        for id in self.exchanges.iter().map(|(id, _)| ExchangeId(id)).collect::<Vec<_>>() {
            let exchange = &self.exchanges[id.0];
            let (vhost, name, arguments) = (exchange.vhost, exchange.name, exchange.arguments.clone());
            let alternate = self.alternate_of(vhost, name, &arguments);
            self.exchanges[id.0].alternate = alternate;
        }
        let mut queues: Vec<QueueId> = self.queues.iter().map(|(id, _)| QueueId(id)).collect();
        self.sort_queues(&mut queues);
        for id in queues {
            let queue = &self.queues[id.0];
            let (vhost, name, kind) = (queue.vhost, queue.name, queue.kind);
            let arguments = queue.arguments.clone();
            let rules = self.rules_for(vhost, name, kind, &arguments);
            self.change_rules(id, rules, step);
        }
    }

    /// Other rules for a queue that exists. Source: rule POL-5.
    fn change_rules(&mut self, id: QueueId, rules: QueueRules, step: &mut Step<'_, impl Out>) {
        let current = self.queues[id.0].features.as_ref().map(|features| features.rules.clone());
        if current.unwrap_or_default() == rules {
            return;
        }
        self.make_features(id);
        let queue = &mut self.queues[id.0];
        let arrivals = queue.arrivals();
        let Some(features) = &mut queue.features else { return };
        let expires = features.rules.expires != rules.expires;
        let Features { ttl, rules: current, .. } = &mut **features;
        ttl.change(arrivals, rules.message_ttl);
        *current = rules;
        let slot = features.expiry_timer;
        if expires {
            self.stop_timer(slot);
            self.use_queue(id, step);
        }
        if self.queues[id.0].kind == QueueKind::Quorum {
            self.checkout(id, step);
        } else {
            self.drop_head(id, step);
            self.drop_expired(id, step);
        }
        self.tell_level(id, step);
    }
}

/// Source: rule POL-4, `rabbit_policies:merge_policy_value`.
fn merged(user: &FieldTable, operator: &FieldTable) -> FieldTable {
    let mut merged = user.clone();
    for (key, value) in operator.iter() {
        let numbers = (user.get(key).and_then(FieldValue::as_integer), value.as_integer());
        let least = match numbers {
            (Some(user), Some(operator)) if LIMITS.contains(&key) => FieldValue::Integer(user.min(operator)),
            _ => value.clone(),
        };
        merged.set(key, least);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: rule POL-4.
    #[test]
    fn of_two_limits_the_smaller_holds_and_else_the_operator_decides() {
        let table = |entries: &[(&str, FieldValue)]| -> FieldTable {
            entries.iter().map(|(key, value)| (*key, value.clone())).collect()
        };
        let user =
            table(&[("max-length", 5.into()), ("overflow", "drop-head".into()), ("expires", 9.into())]);
        let operator = table(&[("max-length", 7.into()), ("overflow", "reject-publish".into())]);
        let both = merged(&user, &operator);
        assert_eq!(both.get("max-length"), Some(&5.into()));
        assert_eq!(both.get("overflow"), Some(&"reject-publish".into()));
        assert_eq!(both.get("expires"), Some(&9.into()));
    }
}
