//! What operators have set up: virtual hosts, users with their permissions, policies.

use crate::scenario::ids;

use super::tables::{NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

/// The virtual host of something declared.
pub(super) const VHOST_KEY: KeySpec =
    key("vhost", Kind::Name, Default("\"/\""), "The virtual host that it lies in.", "\"tenant\"");

pub(super) const VHOST: TableSpec = spec(
    "vhost",
    Form::List,
    "a virtual host",
    "A virtual host: exchanges, queues, bindings and policies with names of their own.",
    &[NAME],
);

pub(super) const USER: TableSpec = spec(
    "user",
    Form::List,
    "a user",
    "A user as whom clients connect.",
    &[
        NAME,
        key(
            "impersonator",
            Kind::Boolean,
            Default("false"),
            "Whether the user may publish with another `user-id`.",
            "true",
        ),
        key(
            "permissions",
            Kind::Permissions,
            Means("none"),
            "What the user may do, for each virtual host.",
            "[{ configure = \"^app\" }]",
        ),
    ],
);

pub(super) const PERMISSION: TableSpec = spec(
    "permission",
    Form::Inline,
    "a permission",
    "What a user may do in a virtual host, as patterns of names.",
    &[
        key("vhost", Kind::Name, Default("\"/\""), "The virtual host.", "\"tenant\""),
        key("configure", Kind::Text, Default("\".*\""), "What the user may declare and delete.", "\"^app\""),
        key("write", Kind::Text, Default("\".*\""), "What the user may publish to.", "\"^app\""),
        key("read", Kind::Text, Default("\".*\""), "What the user may consume and get from.", "\"^app\""),
    ],
);

pub(super) const POLICY: TableSpec = spec(
    "policy",
    Form::List,
    "a policy",
    "A policy: settings of the queues and exchanges whose names match.",
    &[
        NAME,
        VHOST_KEY,
        key("pattern", Kind::Text, Required, "For names in which this pattern is found.", "\"^orders\""),
        key(
            "apply-to",
            Kind::Choice(&ChoiceSpec {
                noun: "target of policies",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["all", "queues", "classic_queues", "quorum_queues", "exchanges"],
            }),
            Default("\"all\""),
            "For what.",
            "\"queues\"",
        ),
        key(
            "priority",
            Kind::Integer(0, i64::MAX as u64),
            Default("0"),
            "Of several that fit, the one with the highest priority holds.",
            "10",
        ),
        key(
            "definition",
            Kind::Arguments,
            Required,
            "The settings, named as in RabbitMQ.",
            "{ max-length = 1000 }",
        ),
        key(
            "operator",
            Kind::Boolean,
            Default("false"),
            "Whether it is an operator policy, which holds beside a user's.",
            "true",
        ),
        key("from", Kind::Duration, Default("\"0s\""), "When it is set.", "\"5s\""),
        key("until", Kind::Duration, Means("the end"), "When it is taken away.", "\"50s\""),
    ],
);
