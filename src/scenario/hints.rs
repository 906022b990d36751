//! Keys and tables that people expect and a scenario does not have, with what to write instead.

/// Table, key that it does not have, what to write instead.
const KEYS: [(&str, &str, &str); 30] = [
    ("queue", "type", "arguments = { x-queue-type = \"quorum\" }"),
    ("queue", "queue-type", "arguments = { x-queue-type = \"quorum\" }"),
    ("queue", "version", "arguments = { x-queue-version = 2 }"),
    ("queue", "queue-version", "arguments = { x-queue-version = 2 }"),
    ("queue", "ttl", "arguments = { x-message-ttl = 60000 }"),
    ("queue", "message-ttl", "arguments = { x-message-ttl = 60000 }"),
    ("queue", "expires", "arguments = { x-expires = 60000 }"),
    ("queue", "max-length", "arguments = { x-max-length = 1000 }"),
    ("queue", "length-limit", "arguments = { x-max-length = 1000 }"),
    ("queue", "max-length-bytes", "arguments = { x-max-length-bytes = 1000000 }"),
    ("queue", "overflow", "arguments = { x-overflow = \"reject-publish\" }"),
    ("queue", "max-priority", "arguments = { x-max-priority = 5 }"),
    ("queue", "dead-letter-exchange", "arguments = { x-dead-letter-exchange = \"dead\" }"),
    (
        "queue",
        "dead-letter-routing-key",
        "arguments = { x-dead-letter-exchange = \"dead\", x-dead-letter-routing-key = \"dead\" }",
    ),
    ("queue", "delivery-limit", "arguments = { x-queue-type = \"quorum\", x-delivery-limit = 5 }"),
    ("queue", "single-active-consumer", "arguments = { x-single-active-consumer = true }"),
    ("producer", "queue", "routing-key = \"orders\"` with the queue's name, and no `exchange"),
    ("producer", "interval", "interarrival = \"10ms\""),
    ("producer", "messages-count", "count = 1000"),
    ("producer", "delivery-mode", "persistent = true"),
    ("producer", "durable", "persistent = true"),
    ("consumer", "auto-ack", "acknowledge = \"automatic\""),
    ("consumer", "no-ack", "acknowledge = \"automatic\""),
    ("consumer", "ack", "acknowledge = \"after-processing\""),
    ("consumer", "prefetch", "prefetch-count = 10"),
    ("consumer", "qos", "prefetch-count = 10"),
    ("broker", "version", "profile = \"rabbitmq-4.3\""),
    ("broker", "nodes", "[cluster]` and below it `nodes = 3"),
    ("classic-store", "store", "preset = \"rabbitmq-4-classic\""),
    ("scenario", "name", "the file's name is the scenario's"),
];

/// What to write instead of a key.
pub(super) fn instead_of_key(table: &str, key: &str) -> Option<String> {
    let as_key = key.to_lowercase().replace('_', "-");
    let bare = as_key.strip_prefix("x-").filter(|_| table == "queue").unwrap_or(&as_key);
    let (_, _, write) = KEYS.iter().find(|(of, known, _)| *of == table && *known == bare)?;
    Some(if table == "scenario" { format!("leave it out: {write}") } else { format!("write `{write}`") })
}

/// What to write instead of a table.
pub(super) fn instead_of_table(name: &str) -> Option<&'static str> {
    match name {
        "scenario" => Some(
            "the keys of a scenario, such as `question`, stand at the head of the file; its name is the file's",
        ),
        "store" => Some("write `[classic-store]` or `[quorum-store]`"),
        "crash" => Some("for example `[[fault.process-crash]]`"),
        "message" => {
            Some("messages are of a producer: `messages = [{ persistent = true }]` in `[[producer]]`")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::keys::table;

    #[test]
    fn hints_are_about_keys_that_are_not_there() {
        for (name, key, _) in KEYS {
            let spec = table(name).unwrap_or_else(|| panic!("there is a table {name}"));
            assert!(spec.key(key).is_none(), "{name} has {key}");
        }
        for name in ["scenario", "store", "crash", "message"] {
            assert!(instead_of_table(name).is_some());
        }
    }

    /// What a hint says is read without a mistake in the table that it is for.
    #[test]
    fn what_hints_say_can_be_written() {
        for (name, key, write) in KEYS {
            let line = write.split('`').next().unwrap_or_default();
            let text = match name {
                "queue" => format!(
                    "[[queue]]\nname = \"q\"\n{line}\n[[exchange]]\nname = \"dead\"\ntype = \"fanout\"\n"
                ),
                "broker" if line.starts_with('[') => format!("{line}\nnodes = 3\n"),
                "broker" => format!("[broker]\n{line}\n"),
                "classic-store" => format!("[classic-store]\n{line}\n"),
                _ => continue,
            };
            if let Err(mistakes) = crate::scenario::load("a.toml", &text, &[]) {
                panic!("{name} {key}: {mistakes}");
            }
        }
    }
}
