//! Takes out of answers what differs from run to run: the names that the broker made.
//! Knows how RabbitMQ writes them, not who asked for them.

use std::collections::BTreeSet;

use serde_json::Value;

/// Letters that RabbitMQ puts behind `amq.gen-` and `amq.ctag-`: 16 random bytes in base 64.
const RANDOM_LETTERS: usize = 22;

/// Writes every name that the broker made as `amq.gen-*`, `amq.ctag-*` or `amq.rabbitmq.reply-to.*`, at any depth.
/// `made` are the queue names and consumer tags that the broker is known to have made; others are recognised by the
/// form that RabbitMQ gives them.
pub(super) fn mask(value: &mut Value, made: &BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if text.contains("amq.") {
                *text = mask_text(text, made);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mask(value, made)),
        Value::Object(map) => map.values_mut().for_each(|value| mask(value, made)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask_text(text: &str, made: &BTreeSet<String>) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("amq.") {
        masked.push_str(&rest[..at]);
        rest = &rest[at..];
        let (prefix, length) = made_name(rest, made).unwrap_or(("", "amq.".len()));
        if prefix.is_empty() {
            masked.push_str(&rest[..length]);
        } else {
            masked.push_str(prefix);
            masked.push('*');
        }
        rest = &rest[length..];
    }
    masked + rest
}

/// The constant part of the made name that `text` begins with, and the whole name's length in bytes.
fn made_name(text: &str, made: &BTreeSet<String>) -> Option<(&'static str, usize)> {
    let run = |from: usize, more: &str| {
        let inside = |c: char| c.is_alphanumeric() || c == '_' || more.contains(c);
        text[from..].find(|c| !inside(c)).map_or(text.len(), |end| from + end)
    };
    if let Some(prefix) = ["amq.gen-", "amq.ctag-"].into_iter().find(|&prefix| text.starts_with(prefix)) {
        let end = run(prefix.len(), "-");
        if made.contains(&text[..end]) {
            return Some((prefix, end));
        }
        let letters = text[prefix.len()..end].char_indices().map(|(i, c)| prefix.len() + i + c.len_utf8());
        return letters.take(RANDOM_LETTERS).nth(RANDOM_LETTERS - 1).map(|end| (prefix, end));
    }
    let prefix = "amq.rabbitmq.reply-to.";
    let end = text.starts_with(prefix).then(|| run(prefix.len(), "=+/.-"))?;
    (end > prefix.len()).then_some((prefix, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let mut value = Value::from(text);
        mask(&mut value, &BTreeSet::from(["amq.gen-1".to_owned(), "amq.ctag-7".to_owned()]));
        value.as_str().unwrap().to_owned()
    }

    #[test]
    fn names_that_the_broker_made_are_masked() {
        assert_eq!(masked("amq.gen-JzTY20BRgKO-HjmUJj0wLg"), "amq.gen-*");
        assert_eq!(masked("no queue 'amq.gen-1' in vhost '/'"), "no queue 'amq.gen-*' in vhost '/'");
        assert_eq!(masked("amq.ctag-7"), "amq.ctag-*");
        assert_eq!(masked("amq.rabbitmq.reply-to.g1h2AA/x==.k"), "amq.rabbitmq.reply-to.*");
    }

    #[test]
    fn other_names_are_left_alone() {
        for text in
            ["amq.gen-12", "amq.gen-mine", "amq.direct", "amq.rabbitmq.reply-to", "amq.rabbitmq.reply-to."]
        {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn masking_reaches_every_depth() {
        let mut value = serde_json::json!({"a": [{"queue": "amq.gen-1"}], "amq.gen-1": 1});
        mask(&mut value, &BTreeSet::from(["amq.gen-1".to_owned()]));
        assert_eq!(value, serde_json::json!({"a": [{"queue": "amq.gen-*"}], "amq.gen-1": 1}));
    }
}
