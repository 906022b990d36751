//! Time to live: when a message expires. Knows no timer's instant but its own. Source: rules TTL-1 to TTL-10.

use super::arguments::check_expiry;
use super::entry::Entry;
use crate::units::{SimDuration, SimTime};

/// The time to live of a queue's messages, and the timer that waits for the head's expiry.
#[derive(Clone, Debug, Default)]
pub(in crate::broker) struct TimeToLive {
    /// The queue's own time to live in milliseconds, from this count of arrivals on. A policy that changes it does not
    /// touch messages that are there. Source: rule POL-5.
    since: Vec<(u32, Option<u64>)>,
    pub(in crate::broker) timer: Option<u32>,
    /// What the timer waits for.
    pub(in crate::broker) waits_for: Option<SimTime>,
}

impl TimeToLive {
    /// From the message with this count of arrivals on, the queue's time to live is `ttl`.
    pub(in crate::broker) fn change(&mut self, arrivals: u32, ttl: Option<u64>) {
        if self.since.last().is_none_or(|last| last.1 != ttl) {
            self.since.push((arrivals, ttl));
        }
    }

    fn of_queue(&self, arrival: u32) -> Option<u64> {
        let holds = |since: &&(u32, Option<u64>)| arrival.wrapping_sub(since.0) as i32 >= 0;
        self.since.iter().rev().find(holds).and_then(|since| since.1)
    }

    /// When a message of this age expires, if ever: the shorter time to live holds. Source: rule TTL-2.
    pub(in crate::broker) fn expiry(&self, entry: Entry, of_message: Option<u64>) -> Option<SimTime> {
        let of_queue = self.of_queue(entry.arrival());
        let ttl = match (of_queue, of_message) {
            (Some(queue), Some(message)) => queue.min(message),
            (queue, message) => queue.or(message)?,
        };
        Some(entry.arrived() + SimDuration::from_millis(ttl))
    }
}

/// Milliseconds of a message's `expiration`; why it is none, as Erlang prints it. Source: rule TTL-1,
/// `rabbit_basic:parse_expiration`, which leaves the digits to `string:to_integer`.
pub(in crate::broker) fn parse_expiration(text: &str) -> Result<u64, String> {
    let digits_at = usize::from(text.starts_with(['+', '-']));
    let end = text[digits_at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |n| n + digits_at);
    if end == digits_at {
        return Err("no_integer".to_owned());
    }
    let (number, rest) = text.split_at(end);
    if !rest.is_empty() {
        return Err(format!("{{leftover_string,\"{rest}\"}}"));
    }
    match number.parse::<i64>() {
        Ok(number) => check_expiry(number).map(|()| number as u64),
        Err(_) if number.starts_with('-') => Err(format!("{{value_negative,{number}}}")),
        Err(_) => Err(format!("{{value_too_large,{}}}", number.trim_start_matches(['+', '0']))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::messages::Slot;

    /// Source: rule TTL-1, observed on RabbitMQ 3.10.8.
    #[test]
    fn an_expiration_is_a_decimal_number_of_milliseconds() {
        for (text, expected) in [("0", 0), ("007", 7), ("+5", 5), ("315360000000", 315_360_000_000)] {
            assert_eq!(parse_expiration(text), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("abc", "no_integer"),
            ("", "no_integer"),
            (" 5", "no_integer"),
            ("10ms", "{leftover_string,\"ms\"}"),
            ("1.5", "{leftover_string,\".5\"}"),
            ("-1", "{value_negative,-1}"),
            ("315360000001", "{value_too_large,315360000001}"),
            ("99999999999999999999", "{value_too_large,99999999999999999999}"),
        ] {
            assert_eq!(parse_expiration(text).unwrap_err(), expected, "{text}");
        }
    }

    /// Source: rules TTL-2 and POL-5.
    #[test]
    fn the_shorter_time_holds_and_a_change_touches_later_messages_only() {
        let mut ttl = TimeToLive::default();
        ttl.change(0, Some(10));
        ttl.change(2, Some(3));
        let entry = |arrival| Entry::new(SimTime::ZERO, arrival, Slot(0));
        let at = |ms| Some(SimTime::ZERO + SimDuration::from_millis(ms));
        assert_eq!(ttl.expiry(entry(1), None), at(10));
        assert_eq!(ttl.expiry(entry(1), Some(4)), at(4));
        assert_eq!(ttl.expiry(entry(2), Some(4)), at(3));
        assert_eq!(TimeToLive::default().expiry(entry(0), None), None);
    }
}
