//! The history of a dead letter in its headers: `x-death`, `x-first-death-*`, `x-last-death-*`, and whether it comes back
//! to a queue where it died already. Pure. Source: rules DLX-4 to DLX-8, `rabbit_dead_letter`.

use crate::amqp::{FieldTable, FieldValue};

const DEATHS: &str = "x-death";

/// One death.
#[derive(Clone, Debug)]
pub(super) struct Death<'a> {
    pub(super) reason: &'a str,
    pub(super) queue: &'a str,
    /// Seconds since the start of the run.
    pub(super) time: u64,
    pub(super) exchange: &'a str,
    pub(super) routing_keys: Vec<&'a str>,
    /// The message's own time to live, which the dead letter no longer has.
    pub(super) original_expiration: Option<&'a str>,
}

/// What of the history is written how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Also `x-last-death-*`. Source: rule DLX-6.
    pub(super) last_death: bool,
    /// Each death turns the order of two and more earlier ones round. Source: `rabbit_dead_letter`, observed on 3.10.8.
    pub(super) turn_round: bool,
}

/// Writes a death into headers. Source: rules DLX-4 to DLX-6.
pub(super) fn record(headers: &mut FieldTable, death: &Death<'_>, style: Style) {
    match headers.get(DEATHS) {
        None => {
            for (key, value) in names_of(death, "first") {
                headers.set(&key, value);
            }
            headers.set(DEATHS, FieldValue::Array(vec![table_of(death)]));
        }
        Some(FieldValue::Array(earlier)) => {
            let mut deaths = grouped(earlier, style);
            let same = deaths.iter().position(|earlier| is_of(earlier, death.queue, death.reason));
            let newest = match same.map(|at| deaths.remove(at)) {
                Some(known) => counted(known),
                None => table_of(death),
            };
            deaths.insert(0, newest);
            headers.set(DEATHS, FieldValue::Array(deaths));
        }
        // A client wrote something else there: the history begins again.
        Some(_) => headers.set(DEATHS, FieldValue::Array(vec![table_of(death)])),
    }
    if style.last_death {
        for (key, value) in names_of(death, "last") {
            headers.set(&key, value);
        }
    }
}

/// Whether a message with this history comes back to `queue` without anybody having rejected it since it died there:
/// then nothing would ever stop it. Source: rule DLX-8.
pub(super) fn is_cycle(headers: &FieldTable, queue: &str) -> bool {
    let Some(FieldValue::Array(deaths)) = headers.get(DEATHS) else { return false };
    let Some(last) = deaths.iter().position(|death| text(death, "queue") == Some(queue)) else {
        return false;
    };
    deaths[..=last].iter().all(|death| {
        // What is no table was put there by a client, so the way round was not automatic.
        matches!(death, FieldValue::Table(_)) && text(death, "reason") != Some("rejected")
    })
}

/// Takes a history away that a client published. Source: rule DLX-7.
pub(super) fn forget(headers: &mut FieldTable) {
    headers.remove(DEATHS);
    for which in ["first", "last"] {
        for what in ["reason", "queue", "exchange"] {
            headers.remove(&format!("x-{which}-death-{what}"));
        }
    }
}

fn names_of(death: &Death<'_>, which: &str) -> [(String, FieldValue); 3] {
    let key = |what: &str| format!("x-{which}-death-{what}");
    [
        (key("reason"), death.reason.into()),
        (key("queue"), death.queue.into()),
        (key("exchange"), death.exchange.into()),
    ]
}

fn table_of(death: &Death<'_>) -> FieldValue {
    let keys = death.routing_keys.iter().map(|&key| key.into()).collect();
    let mut table = FieldTable::new();
    table.set("count", 1);
    table.set("reason", death.reason);
    table.set("queue", death.queue);
    table.set("time", FieldValue::Timestamp(death.time));
    table.set("exchange", death.exchange);
    table.set("routing-keys", FieldValue::Array(keys));
    if let Some(expiration) = death.original_expiration {
        table.set("original-expiration", expiration);
    }
    FieldValue::Table(table)
}

fn text<'a>(death: &'a FieldValue, key: &str) -> Option<&'a str> {
    match death {
        FieldValue::Table(table) => table.get(key)?.as_str(),
        _ => None,
    }
}

fn is_of(death: &FieldValue, queue: &str, reason: &str) -> bool {
    text(death, "queue") == Some(queue) && text(death, "reason") == Some(reason)
}

/// The same death once more: its first instant and place stay. Source: rule DLX-5.
fn counted(mut death: FieldValue) -> FieldValue {
    if let FieldValue::Table(table) = &mut death {
        let count = table.get("count").and_then(FieldValue::as_integer).unwrap_or(0);
        table.set("count", count.saturating_add(1));
    }
    death
}

/// Earlier deaths, each queue and reason once, with a count.
fn grouped(earlier: &[FieldValue], style: Style) -> Vec<FieldValue> {
    if earlier.len() < 2 {
        return earlier.to_vec();
    }
    let mut deaths: Vec<FieldValue> = Vec::new();
    for death in earlier {
        let key = (text(death, "queue"), text(death, "reason"));
        let same = |other: &FieldValue| (text(other, "queue"), text(other, "reason")) == key;
        if deaths.iter().any(same) {
            continue;
        }
        let mut death = death.clone();
        if let FieldValue::Table(table) = &mut death
            && table.get("count").is_none()
        {
            table.set("count", earlier.iter().filter(|other| same(other)).count() as i64);
        }
        deaths.push(death);
    }
    if style.turn_round {
        deaths.reverse();
    }
    deaths
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Style = Style { last_death: false, turn_round: true };
    const NEW: Style = Style { last_death: true, turn_round: false };

    fn die(headers: &mut FieldTable, queue: &str, reason: &str, style: Style) {
        let (exchange, routing_keys) = ("x", vec!["k"]);
        let death = Death { reason, queue, time: 7, exchange, routing_keys, original_expiration: None };
        record(headers, &death, style);
    }

    fn history(headers: &FieldTable) -> String {
        let Some(FieldValue::Array(deaths)) = headers.get(DEATHS) else { return String::new() };
        let shown = |death: &FieldValue| {
            let FieldValue::Table(table) = death else { return "?".to_owned() };
            let count = table.get("count").and_then(FieldValue::as_integer).unwrap_or(-1);
            format!(
                "{}/{}/{count}",
                text(death, "queue").unwrap_or("?"),
                text(death, "reason").unwrap_or("?")
            )
        };
        deaths.iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    /// Source: rules DLX-4, DLX-5 and DLX-6.
    #[test]
    fn the_newest_death_is_first_and_counts_grow() {
        let mut headers = FieldTable::new();
        for _ in 0..2 {
            die(&mut headers, "a", "rejected", OLD);
            die(&mut headers, "b", "expired", OLD);
        }
        assert_eq!(history(&headers), "b/expired/2 a/rejected/2");
        assert_eq!(headers.get("x-first-death-queue").and_then(FieldValue::as_str), Some("a"));
        assert_eq!(headers.get("x-last-death-queue"), None);
        let mut third = headers.clone();
        die(&mut third, "c", "maxlen", OLD);
        assert_eq!(history(&third), "c/maxlen/1 a/rejected/2 b/expired/2", "the two before are turned round");
        die(&mut headers, "b", "maxlen", NEW);
        assert_eq!(headers.get("x-first-death-queue").and_then(FieldValue::as_str), Some("a"));
        assert_eq!(headers.get("x-last-death-reason").and_then(FieldValue::as_str), Some("maxlen"));
    }

    /// Observed on RabbitMQ 3.10.8: a published history `a b a c` comes out as `d2 c b a`.
    #[test]
    fn a_published_history_is_grouped_and_turned_round() {
        let table = |queue: &str, reason: &str, count: Option<i64>| {
            let mut table = FieldTable::new();
            table.set("queue", queue);
            table.set("reason", reason);
            if let Some(count) = count {
                table.set("count", count);
            }
            FieldValue::Table(table)
        };
        let published = FieldValue::Array(vec![
            table("a", "expired", Some(1)),
            table("b", "rejected", Some(2)),
            table("a", "expired", Some(4)),
            table("c", "maxlen", None),
        ]);
        let mut headers = FieldTable::new();
        headers.set(DEATHS, published.clone());
        die(&mut headers, "d2", "expired", OLD);
        assert_eq!(history(&headers), "d2/expired/1 c/maxlen/1 b/rejected/2 a/expired/1");
        assert_eq!(headers.get("x-first-death-queue"), None);
        headers.set(DEATHS, published);
        die(&mut headers, "d2", "expired", NEW);
        assert_eq!(history(&headers), "d2/expired/1 a/expired/1 b/rejected/2 c/maxlen/1");
        headers.set(DEATHS, "a string");
        die(&mut headers, "q", "expired", OLD);
        assert_eq!(history(&headers), "q/expired/1");
    }

    /// Source: rule DLX-8.
    #[test]
    fn only_a_way_round_without_a_reject_is_a_cycle() {
        let mut headers = FieldTable::new();
        die(&mut headers, "a", "expired", OLD);
        assert!(is_cycle(&headers, "a") && !is_cycle(&headers, "b"));
        die(&mut headers, "b", "rejected", OLD);
        assert!(!is_cycle(&headers, "a") && !is_cycle(&headers, "b"));
        die(&mut headers, "c", "maxlen", OLD);
        assert!(is_cycle(&headers, "c"));
        die(&mut headers, "a", "expired", OLD);
        assert!(is_cycle(&headers, "a"));
    }

    /// Source: rule DLX-7.
    #[test]
    fn a_history_can_be_forgotten() {
        let mut headers = FieldTable::new();
        headers.set("mine", 1);
        die(&mut headers, "a", "expired", NEW);
        forget(&mut headers);
        assert_eq!(headers.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["mine"]);
    }
}
