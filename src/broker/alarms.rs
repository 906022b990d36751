//! Resource alarms: while the broker is low on memory or disk, connections that publish are not read any more.
//! Source: rules FLW-1 to FLW-5, `rabbit_reader`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Broker, Out, Step};
use crate::amqp::{ChannelNo, ChannelRef, ConnectionId, Method, ServerMethod};
use crate::observe::Fact;
use crate::rules;

/// A connection under an alarm.
#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    /// It has published; nothing is read from it.
    blocked: bool,
    /// What waits to be read, in order.
    pub(super) waiting: VecDeque<(ChannelRef, Method)>,
}

impl Hold {
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked
    }
}

impl Broker {
    /// The alarms that hold from here on. Source: rules FLW-1 and FLW-3.
    pub(super) fn set_alarms(&mut self, memory: bool, disk: bool, step: &mut Step<'_, impl Out>) {
        let reason = match (memory, disk) {
            (true, true) => Some("low on memory & disk"),
            (true, false) => Some("low on memory"),
            (false, true) => Some("low on disk"),
            (false, false) => None,
        };
        self.alarm = reason.map(Arc::from);
        let open: Vec<ConnectionId> = (0..self.connections.len() as u32).map(ConnectionId).collect();
        for id in open {
            let Some(Some(connection)) = self.connections.get_mut(id.index()) else { continue };
            if self.alarm.is_some() {
                connection.hold.get_or_insert_default();
            } else if let Some(hold) = connection.hold.take() {
                self.resume(id, *hold, step);
            }
        }
    }

    /// Messages that have arrived and wait for the end of an alarm, unread.
    pub fn publishes_held(&self) -> u64 {
        let held = self.connections.iter().flatten().filter_map(|connection| connection.hold.as_ref());
        let waiting = held.flat_map(|hold| &hold.waiting);
        waiting.filter(|(_, method)| matches!(method, Method::BasicPublish(_))).count() as u64
    }

    /// The last alarm is over: what waited is read.
    fn resume(&mut self, id: ConnectionId, hold: Hold, step: &mut Step<'_, impl Out>) {
        if hold.blocked {
            let to = ChannelRef { connection: id, channel: ChannelNo(0) };
            step.out.fact(Fact::ConnectionUnblocked { connection: id }, rules::FLW_3);
            step.out.send(to, ServerMethod::ConnectionUnblocked);
        }
        // All of it is read at one instant, so its confirms travel together. Source: rule CF-10.
        self.gather_confirms(id);
        for (at, method) in hold.waiting {
            self.method(at, method, step);
            self.deliver_letters(step);
        }
        self.flush_confirms(id, step);
        if hold.blocked {
            self.listen_again(id, step);
        }
    }

    /// A method arrives under an alarm; it comes back if it is to be carried out. The first publish blocks the connection:
    /// one without a body is read to its end, one with a body waits with all that follows. Source: rule FLW-2.
    pub(super) fn hold_back(
        &mut self,
        at: ChannelRef,
        method: Method,
        step: &mut Step<'_, impl Out>,
    ) -> Option<Method> {
        let reason = self.alarm.clone().unwrap_or_else(|| Arc::from(""));
        let connection = self.connections.get_mut(at.connection.index())?.as_mut()?;
        let Some(hold) = &mut connection.hold else { return Some(method) };
        if hold.blocked {
            hold.waiting.push_back((at, method));
            return None;
        }
        let Method::BasicPublish(publish) = &method else { return Some(method) };
        hold.blocked = true;
        let id = at.connection;
        step.out.fact(Fact::ConnectionBlocked { connection: id }, rules::FLW_2);
        step.out.send(ChannelRef { channel: ChannelNo(0), ..at }, ServerMethod::ConnectionBlocked { reason });
        if publish.message.size == 0 {
            return Some(method);
        }
        hold.waiting.push_back((at, method));
        None
    }
}
