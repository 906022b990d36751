//! Heartbeats: how the broker finds out that a connection is silent whose end it has never seen. A client that is there
//! sends its heartbeats, which are not simulated one by one. Source: rules CON-12, CON-13 and FLW-5.

use super::timers::Purpose;
use super::{Broker, Out, Step};
use crate::amqp::ConnectionId;
use crate::rules;
use crate::units::{SimDuration, SimTime};

/// A connection on which nothing arrives any more.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    heartbeat: SimDuration,
    /// The timer for the end of the broker's patience; `None` while an alarm blocks the connection.
    pub(super) timer: Option<u32>,
}

impl Broker {
    /// The broker looks once in each interval, from the opening on, and gives up when two looks have found nothing new. The
    /// look that comes next finds the last heartbeat.
    pub(super) fn fall_silent(
        &mut self,
        id: ConnectionId,
        heartbeat: SimDuration,
        step: &mut Step<'_, impl Out>,
    ) {
        let Some(Some(connection)) = self.connections.get_mut(id.index()) else { return };
        if heartbeat == SimDuration::ZERO || connection.silence.is_some() {
            return;
        }
        connection.silence = Some(Box::new(Silence { heartbeat, timer: None }));
        let opened = connection.opened;
        if connection.hold.as_ref().is_some_and(|hold| hold.is_blocked()) {
            return;
        }
        let past = step.now.since(opened).as_nanos() / heartbeat.as_nanos();
        self.give_up_at(id, opened + times(heartbeat, past + 3), step);
    }

    /// The broker reads the connection again, and looks as if it had just been opened. Source: rules CON-13 and FLW-5.
    pub(super) fn listen_again(&mut self, id: ConnectionId, step: &mut Step<'_, impl Out>) {
        let silence =
            self.connections.get(id.index()).and_then(|connection| connection.as_ref()?.silence.as_ref());
        if let Some(heartbeat) = silence.map(|silence| silence.heartbeat) {
            self.give_up_at(id, step.now + times(heartbeat, 3), step);
        }
    }

    fn give_up_at(&mut self, id: ConnectionId, at: SimTime, step: &mut Step<'_, impl Out>) {
        let timer = self.ask_timer(None, Purpose::Silence(id), at, step);
        if let Some(Some(connection)) = self.connections.get_mut(id.index())
            && let Some(silence) = &mut connection.silence
        {
            silence.timer = Some(timer);
        }
    }

    /// Nothing came for too long: the socket is closed without a word. Source: rule CON-12.
    pub(super) fn give_up(&mut self, id: ConnectionId, step: &mut Step<'_, impl Out>) {
        self.end_connection(id, rules::CON_12, step);
        step.out.hang_up(id);
    }
}

fn times(heartbeat: SimDuration, count: u64) -> SimDuration {
    SimDuration::from_nanos(heartbeat.as_nanos().saturating_mul(count))
}
