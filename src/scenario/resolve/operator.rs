//! What operators have set up: virtual hosts, users with their permissions, policies.

use crate::broker::{ApplyTo, is_pattern};
use crate::model::{OperatorSpec, PermissionSpec, PolicySpec, UserSpec};
use crate::scenario::arguments::definition;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::keys::table;
use crate::scenario::node::{Node, Table, Value, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, Reading, not_a_table};
use crate::scenario::source::Placed;
use crate::scenario::values::{choice, integer, name, text, wrong_type};

use super::names::Names;
use super::{instant, readers};

/// In the order of the key's words.
const APPLY_TO: [ApplyTo; 5] =
    [ApplyTo::All, ApplyTo::Queues, ApplyTo::ClassicQueues, ApplyTo::QuorumQueues, ApplyTo::Exchanges];

/// What operators have set up, with the names that other tables may use.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) spec: OperatorSpec,
    /// `/` included.
    pub(super) vhosts: Names,
    /// `guest` included.
    pub(super) users: Names,
}

impl Operator {
    pub(super) fn read(tree: &Table, problems: &mut Problems) -> Operator {
        let built_in = |name: &str| Placed { value: name.to_owned(), place: None };
        let mut operator = Operator {
            spec: OperatorSpec::default(),
            vhosts: Names::new("virtual host", "virtual hosts", ids::UNKNOWN_VHOST),
            users: Names::new("user", "users", ids::UNKNOWN_USER),
        };
        operator.vhosts.add_once(&built_in("/"));
        readers(tree, "vhost", problems, |reader| {
            let Some(name) = reader.read("name", name) else { return };
            operator.vhosts.add(&name, reader.problems);
            operator.spec.vhosts.push(name.value);
        });
        readers(tree, "user", problems, |reader| operator.read_user(reader));
        operator.users.add_once(&built_in("guest"));
        let mut policies = Names::new("policy", "policies", ids::UNKNOWN_KEY);
        readers(tree, "policy", problems, |reader| operator.read_policy(&mut policies, reader));
        operator
    }

    fn read_user(&mut self, reader: &mut Reader<'_>) {
        let name = reader.read("name", name);
        let impersonator = reader.flag("impersonator");
        let permissions = reader.read("permissions", permissions).unwrap_or_default().value;
        for (vhost, _) in &permissions {
            let message =
                format!("{} has a permission in `{}`, which is not there", reader.owner(), vhost.value);
            self.vhosts.find(vhost, || message, reader.problems);
        }
        let Some(name) = name else { return };
        self.users.add(&name, reader.problems);
        let permissions = permissions.into_iter().map(|(_, permission)| permission).collect();
        self.spec.users.push(UserSpec { name: name.value, impersonator, permissions });
    }

    fn read_policy(&mut self, policies: &mut Names, reader: &mut Reader<'_>) {
        let name = reader.read("name", name).unwrap_or_default();
        let vhost = self.vhost_of(reader);
        let pattern = reader.read("pattern", text).unwrap_or_default();
        let owner = reader.owner().to_owned();
        check_pattern(&pattern, &owner, reader.problems);
        let from = reader.read("from", duration).unwrap_or_default();
        let until = reader.read("until", duration);
        if let Some(until) = until.as_ref().filter(|until| until.value <= from.value) {
            let message = format!(
                "{} is taken away at {}, but not set before {}",
                reader.owner(),
                until.value,
                from.value
            );
            reader.problems.push(
                Diagnostic::error(ids::STOP_BEFORE_START, message)
                    .at(until.place.as_ref())
                    .also(from.place.as_ref(), "it is set here")
                    .help(format!("raise `until` above {}", from.value)),
            );
        }
        self.spec.policies.push(PolicySpec {
            name: name.value.clone(),
            vhost,
            pattern: pattern.value,
            apply_to: APPLY_TO[reader.read("apply-to", choice).unwrap_or_default().value],
            priority: reader.read("priority", integer).unwrap_or_default().value as i64,
            definition: reader.read("definition", definition).unwrap_or_default().value,
            operator: reader.flag("operator"),
            from: instant(from.value),
            until: until.map(|until| instant(until.value)),
        });
        if !name.value.is_empty() {
            policies.add(&name, reader.problems);
        }
    }

    /// The virtual host that something lies in, by its key `vhost`.
    pub(super) fn vhost_of(&self, reader: &mut Reader<'_>) -> String {
        let vhost = reader.read("vhost", name).unwrap_or_default();
        if !vhost.value.is_empty() {
            let message = format!(
                "{} lies in virtual host `{}`, which is not there",
                reader.owner(),
                shortened(&vhost.value)
            );
            self.vhosts.find(&vhost, || message, reader.problems);
        }
        vhost.value
    }

    /// The virtual host that a connection opens and its user; a broker refuses what is not there, which may be the point.
    pub(super) fn connects_as(&self, reader: &mut Reader<'_>) -> (String, String) {
        let (vhost, user) = (reader.read("vhost", name), reader.read("user", name));
        for (names, name, id) in
            [(&self.vhosts, &vhost, ids::UNKNOWN_VHOST), (&self.users, &user, ids::UNKNOWN_USER)]
        {
            let Some(name) = name.as_ref().filter(|name| names.index(&name.value).is_none()) else {
                continue;
            };
            let message = format!("{} uses `{}`, which is not there", reader.owner(), shortened(&name.value));
            reader.problems.push(
                Diagnostic::warning(id, message)
                    .at(name.place.as_ref())
                    .help_if(names.suggestion(&name.value))
                    .note(names.known())
                    .note("RabbitMQ refuses such a connection with 530 NOT_ALLOWED"),
            );
        }
        (vhost.unwrap_or_default().value, user.unwrap_or_default().value)
    }
}

type PermissionIn = (Placed<String>, PermissionSpec);

/// A converter for `permissions`.
fn permissions(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<PermissionIn>> {
    let Value::List(nodes) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    Some(nodes.iter().filter_map(|node| permission(node, reading.owner, reading.problems)).collect())
}

fn permission(node: &Node, owner: &str, problems: &mut Problems) -> Option<PermissionIn> {
    let spec = table("permission").expect("the table is in the list of tables");
    if node.as_table().is_none() {
        not_a_table(spec, node, problems);
        return None;
    }
    let mut reader = Reader::new(spec, node, problems)?;
    let vhost = reader.read("vhost", name);
    let [configure, write, read] = ["configure", "write", "read"].map(|key| {
        let pattern = reader.read(key, text).unwrap_or_default();
        // The empty pattern allows nothing.
        if !pattern.value.is_empty() {
            check_pattern(&pattern, owner, reader.problems);
        }
        pattern.value
    });
    let vhost = vhost?;
    let spec = PermissionSpec { vhost: vhost.value.clone(), configure, write, read };
    Some((vhost, spec))
}

fn check_pattern(pattern: &Placed<String>, owner: &str, problems: &mut Problems) {
    if !is_pattern(&pattern.value) {
        let message = format!("a pattern of {owner} cannot be read: `{}`", shortened(&pattern.value));
        problems.push(
            Diagnostic::error(ids::UNREADABLE_PATTERN, message)
                .at(pattern.place.as_ref())
                .help("for example `^orders\\.`")
                .note("patterns are made of literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^` and `$`"),
        );
    }
}
