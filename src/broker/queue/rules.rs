//! What a queue's arguments and policies ask for, as values. Knows no queue's contents.
//! Source: rules POL-2 to POL-4, `rabbit_amqqueue_process:process_args_policy`, `rabbit_quorum_queue:ra_machine_config`.

use super::kind::QueueKind;
use crate::amqp::{FieldTable, FieldValue, Name, Names};
use crate::broker::profile::Profile;

/// What happens to a publish into a queue that is full. Source: rules LEN-2, LEN-4, LEN-5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::broker) enum Overflow {
    #[default]
    DropHead,
    RejectPublish,
    RejectPublishDlx,
}

/// Where dead letters go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::broker) struct DeadLetterExchange {
    pub(in crate::broker) exchange: Name,
    /// In place of the keys that the message has.
    pub(in crate::broker) routing_key: Option<Name>,
    /// Kept until every target has accepted it. Source: rule DLX-10.
    pub(in crate::broker) at_least_once: bool,
}

/// What is in force for a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::broker) struct QueueRules {
    pub(in crate::broker) max_length: Option<u64>,
    pub(in crate::broker) max_length_bytes: Option<u64>,
    pub(in crate::broker) overflow: Overflow,
    /// Milliseconds.
    pub(in crate::broker) message_ttl: Option<u64>,
    /// Milliseconds.
    pub(in crate::broker) expires: Option<u64>,
    pub(in crate::broker) dead_letter: Option<DeadLetterExchange>,
    pub(in crate::broker) delivery_limit: Option<i64>,
    /// 0: no priorities.
    pub(in crate::broker) max_priority: u8,
    pub(in crate::broker) single_active: bool,
}

impl QueueRules {
    /// What arguments and a policy come to. Keys of the policy have no `x-`.
    pub(in crate::broker) fn resolve(
        kind: QueueKind,
        arguments: &FieldTable,
        policy: Option<&FieldTable>,
        profile: &Profile,
        names: &mut Names,
    ) -> QueueRules {
        let given = Given { arguments, policy };
        let quorum = kind == QueueKind::Quorum;
        let overflow = match given.overflow(quorum) {
            Some("reject-publish") => Overflow::RejectPublish,
            // Source: rule ARG-10.
            Some("reject-publish-dlx") if !quorum => Overflow::RejectPublishDlx,
            _ => Overflow::DropHead,
        };
        QueueRules {
            max_length: given.least("max-length"),
            max_length_bytes: given.least("max-length-bytes"),
            overflow,
            message_ttl: given.least("message-ttl"),
            expires: given.least("expires"),
            dead_letter: given.dead_letter(quorum && overflow == Overflow::RejectPublish, names),
            delivery_limit: if quorum { given.delivery_limit(profile) } else { None },
            // A quorum queue refuses the argument.
            max_priority: match arguments.get("x-max-priority").and_then(FieldValue::as_integer) {
                Some(max) => u8::try_from(max).unwrap_or(u8::MAX),
                None => 0,
            },
            single_active: arguments.get("x-single-active-consumer").and_then(FieldValue::as_bool)
                == Some(true),
        }
    }
}

struct Given<'a> {
    arguments: &'a FieldTable,
    policy: Option<&'a FieldTable>,
}

impl<'a> Given<'a> {
    fn of_policy(&self, key: &str) -> Option<&'a FieldValue> {
        self.policy?.get(key)
    }

    fn of_argument(&self, key: &str) -> Option<&'a FieldValue> {
        self.arguments.get(&format!("x-{key}"))
    }

    /// The smaller of both numbers. Source: rule POL-2.
    fn least(&self, key: &str) -> Option<u64> {
        let number =
            |value: Option<&FieldValue>| value.and_then(FieldValue::as_integer).map(|n| n.max(0) as u64);
        match (number(self.of_argument(key)), number(self.of_policy(key))) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// The argument's text, else the policy's. Source: rule POL-2.
    fn text(&self, key: &str) -> Option<&'a str> {
        self.of_argument(key).or(self.of_policy(key)).and_then(FieldValue::as_str)
    }

    /// In a quorum queue the policy wins. Source: rule POL-3.
    fn overflow(&self, quorum: bool) -> Option<&'a str> {
        let (argument, policy) = (self.of_argument("overflow"), self.of_policy("overflow"));
        let value = if quorum { policy.or(argument) } else { argument.or(policy) };
        value.and_then(FieldValue::as_str)
    }

    fn dead_letter(&self, may_keep: bool, names: &mut Names) -> Option<DeadLetterExchange> {
        let exchange = names.intern(self.text("dead-letter-exchange")?);
        let routing_key = self.text("dead-letter-routing-key").map(|key| names.intern(key));
        let at_least_once = may_keep && self.text("dead-letter-strategy") == Some("at-least-once");
        Some(DeadLetterExchange { exchange, routing_key, at_least_once })
    }

    /// Source: rules QQ-3, QQ-4, POL-3. What is not a number is greater than every number, as Erlang orders its terms.
    fn delivery_limit(&self, profile: &Profile) -> Option<i64> {
        let number = |value: &FieldValue| value.as_integer().unwrap_or(i64::MAX);
        let (argument, policy) =
            (self.of_argument("delivery-limit").map(number), self.of_policy("delivery-limit").map(number));
        let Some(default) = profile.quorum_delivery_limit else {
            return match (argument, policy) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        };
        // Where there is a default, a negative limit means none.
        let limit = match (argument, policy) {
            (Some(a), Some(b)) if a < 0 || b < 0 => a.max(b),
            (Some(a), Some(b)) => a.min(b),
            (a, b) => a.or(b).unwrap_or(default),
        };
        (limit >= 0).then_some(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, FieldValue)]) -> FieldTable {
        entries.iter().map(|(key, value)| (*key, value.clone())).collect()
    }

    fn resolve(
        kind: QueueKind,
        arguments: &[(&str, FieldValue)],
        policy: &[(&str, FieldValue)],
    ) -> QueueRules {
        let (arguments, policy) = (table(arguments), table(policy));
        QueueRules::resolve(kind, &arguments, Some(&policy), &Profile::RABBITMQ_3_10, &mut Names::default())
    }

    /// Source: rule POL-2.
    #[test]
    fn of_two_numbers_the_smaller_holds_and_of_two_texts_the_argument() {
        let rules = resolve(
            QueueKind::Classic,
            &[
                ("x-max-length", 5.into()),
                ("x-message-ttl", 5.into()),
                ("x-overflow", "reject-publish".into()),
            ],
            &[("max-length", 3.into()), ("message-ttl", 9.into()), ("overflow", "drop-head".into())],
        );
        assert_eq!((rules.max_length, rules.message_ttl), (Some(3), Some(5)));
        assert_eq!(rules.overflow, Overflow::RejectPublish);
    }

    /// Source: rules POL-3 and ARG-10.
    #[test]
    fn a_quorum_queue_lets_the_policy_choose_the_overflow() {
        let policy: [(&str, FieldValue); 1] = [("overflow", "drop-head".into())];
        let argument: [(&str, FieldValue); 1] = [("x-overflow", "reject-publish".into())];
        assert_eq!(resolve(QueueKind::Quorum, &argument, &policy).overflow, Overflow::DropHead);
        let argument: [(&str, FieldValue); 1] = [("x-overflow", "reject-publish-dlx".into())];
        assert_eq!(resolve(QueueKind::Quorum, &argument, &[]).overflow, Overflow::DropHead);
    }

    /// Source: rule DLX-10.
    #[test]
    fn dead_letters_are_kept_only_where_publishes_are_rejected() {
        let strategy = ("x-dead-letter-strategy", FieldValue::from("at-least-once"));
        let exchange = ("x-dead-letter-exchange", FieldValue::from("dlx"));
        let overflow = ("x-overflow", FieldValue::from("reject-publish"));
        let at_least_once = |rules: QueueRules| rules.dead_letter.map(|to| to.at_least_once);
        let both = [strategy.clone(), exchange.clone()];
        assert_eq!(at_least_once(resolve(QueueKind::Quorum, &both, &[])), Some(false));
        assert_eq!(
            at_least_once(resolve(QueueKind::Quorum, &[strategy, exchange, overflow], &[])),
            Some(true)
        );
    }

    /// Source: rules QQ-4 and POL-3.
    #[test]
    fn of_two_delivery_limits_the_smaller_holds_unless_one_means_none() {
        let of = |argument: i64, policy: i64, profile: &Profile| {
            let arguments = table(&[("x-delivery-limit", argument.into())]);
            let policy = table(&[("delivery-limit", policy.into())]);
            let names = &mut Names::default();
            QueueRules::resolve(QueueKind::Quorum, &arguments, Some(&policy), profile, names).delivery_limit
        };
        for profile in [&Profile::RABBITMQ_3_10, &Profile::RABBITMQ_4_0] {
            assert_eq!(
                [of(3, 5, profile), of(5, 3, profile), of(0, 3, profile)],
                [Some(3), Some(3), Some(0)]
            );
        }
        assert_eq!([-1, 5].map(|limit| of(limit, -1, &Profile::RABBITMQ_4_0)), [None, Some(5)]);
        assert_eq!(of(-1, 5, &Profile::RABBITMQ_4_0), Some(5));
        assert_eq!(of(-1, 5, &Profile::RABBITMQ_3_10), Some(-1));
    }

    /// Source: rules QQ-3, QQ-4 and ARG-11.
    #[test]
    fn the_delivery_limit_has_a_default_from_4_0_on() {
        let of = |value: Option<FieldValue>, profile: &Profile| {
            let arguments = value.into_iter().map(|v| ("x-delivery-limit", v)).collect();
            QueueRules::resolve(QueueKind::Quorum, &arguments, None, profile, &mut Names::default())
                .delivery_limit
        };
        assert_eq!(of(None, &Profile::RABBITMQ_3_10), None);
        assert_eq!(of(Some((-1).into()), &Profile::RABBITMQ_3_10), Some(-1));
        assert_eq!(of(Some("3".into()), &Profile::RABBITMQ_3_10), Some(i64::MAX));
        assert_eq!(of(None, &Profile::RABBITMQ_4_0), Some(20));
        assert_eq!(of(Some((-1).into()), &Profile::RABBITMQ_4_0), None);
    }
}
