//! Users and what they may do. A permission is a pattern of names, for each virtual host. Source: rule ERR-10.

use std::collections::BTreeMap;

use super::error::{Failure, Handled, exchange_text, failure};
use super::pattern::Pattern;
use super::{Broker, Name};
use crate::amqp::ReplyCode;
use crate::rules;

/// What somebody may do with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    /// Declare and delete.
    Configure,
    /// Publish, be bound to.
    Write,
    /// Consume, get, purge, bind from.
    Read,
}

/// A user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: Box<str>,
    /// May publish in anybody's name. Source: rule ERR-14.
    pub(super) impersonator: bool,
    /// By virtual host. A user without an entry may not even connect.
    permissions: BTreeMap<u16, Permissions>,
}

/// `None` where everything is allowed.
#[derive(Clone, Debug, Default)]
struct Permissions {
    configure: Option<Pattern>,
    write: Option<Pattern>,
    read: Option<Pattern>,
}

/// The name that stands for the default exchange in permissions. Source: `rabbit_access_control:check_resource_access`.
const DEFAULT_EXCHANGE: &str = "amq.default";

impl Broker {
    /// Adds a user who may do nothing; one who is there stays.
    pub(super) fn add_user(&mut self, name: Name, impersonator: bool) {
        let text = self.names.text(name);
        if self.users.iter().all(|user| &*user.name != text) {
            self.users.push(User { name: text.into(), impersonator, permissions: BTreeMap::new() });
        }
    }

    /// Allows a user what the three patterns say. A pattern that cannot be read allows nothing. Unknown users and virtual
    /// hosts are passed over.
    pub(super) fn set_permissions(&mut self, user: Name, vhost: Name, patterns: [&str; 3]) {
        let Some(vhost) = self.vhosts.iter().position(|v| v.name == vhost) else { return };
        let [configure, write, read] = patterns.map(|text| match text {
            ".*" => None,
            // The empty pattern allows nothing.
            "" => Pattern::parse("^$"),
            text => Some(Pattern::parse(text).unwrap_or_else(never)),
        });
        let text = self.names.text(user);
        if let Some(user) = self.users.iter_mut().find(|user| &*user.name == text) {
            user.permissions.insert(vhost as u16, Permissions { configure, write, read });
            // Remembered routes were allowed by the earlier permissions.
            self.topology += 1;
        }
    }

    /// Whether a user may use a virtual host; the user's place.
    pub(super) fn admit(&self, user: Name, vhost: u16) -> Option<u16> {
        let text = self.names.text(user);
        let place = self.users.iter().position(|user| &*user.name == text)?;
        self.users[place].permissions.contains_key(&vhost).then_some(place as u16)
    }

    pub(super) fn user_of(&self, place: u32) -> &User {
        let connection = self.channels[place].at.connection;
        let user = self.connection(connection).map_or(0, |connection| connection.user);
        &self.users[user as usize]
    }

    pub(super) fn check_queue_permission(&self, place: u32, permission: Permission, queue: Name) -> Handled {
        let vhost = self.channels[place].vhost;
        self.check_permission(place, permission, self.names.text(queue), || self.queue_resource(vhost, queue))
    }

    pub(super) fn check_exchange_permission(
        &self,
        place: u32,
        permission: Permission,
        exchange: Name,
    ) -> Handled {
        let vhost = self.channels[place].vhost;
        let text = match self.names.text(exchange) {
            "" => DEFAULT_EXCHANGE,
            text => text,
        };
        let resource = || exchange_text(text, self.names.text(self.vhosts[vhost as usize].name));
        self.check_permission(place, permission, text, resource)
    }

    /// A passive declaration needs any one permission, or none. Source: rule ERR-10, VER-24.
    pub(super) fn check_passive_permission(
        &self,
        place: u32,
        name: Name,
        resource: impl Fn() -> String,
    ) -> Handled {
        if !self.profile.passive_needs_permission {
            return Ok(());
        }
        let text = self.names.text(name);
        let all = [Permission::Configure, Permission::Write, Permission::Read];
        let mut refusals = all.map(|permission| self.check_permission(place, permission, text, &resource));
        if refusals.iter().any(Result::is_ok) { Ok(()) } else { std::mem::replace(&mut refusals[0], Ok(())) }
    }

    fn check_permission(
        &self,
        place: u32,
        permission: Permission,
        name: &str,
        resource: impl Fn() -> String,
    ) -> Handled {
        let user = self.user_of(place);
        let allowed = user.permissions.get(&self.channels[place].vhost).is_some_and(|allowed| {
            let pattern = match permission {
                Permission::Configure => &allowed.configure,
                Permission::Write => &allowed.write,
                Permission::Read => &allowed.read,
            };
            pattern.as_ref().is_none_or(|pattern| pattern.is_found_in(name))
        });
        if allowed { Ok(()) } else { Err(self.refusal(permission, &resource(), &user.name)) }
    }

    fn refusal(&self, permission: Permission, resource: &str, user: &str) -> Failure {
        let permission = match (self.profile.names_missing_permission, permission) {
            (false, _) => "",
            (true, Permission::Configure) => "configure ",
            (true, Permission::Write) => "write ",
            (true, Permission::Read) => "read ",
        };
        let text = format!("{permission}access to {resource} refused for user '{user}'");
        failure(ReplyCode::AccessRefused, rules::ERR_10, text)
    }
}

/// A pattern that is found in no name.
fn never() -> Pattern {
    Pattern::parse("$.").expect("this is a pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_for_nothing_is_found_nowhere() {
        assert!(!never().is_found_in("") && !never().is_found_in("a"));
    }
}
