//! JSON that people can find their way in: indented down to a depth, a line for each value below.

use serde_json::Value;

/// The value as text with a line feed at its end; containers below `depth` have one line each.
pub(super) fn indented(value: &Value, depth: usize) -> String {
    let mut text = String::new();
    write(value, depth, 0, &mut text);
    text + "\n"
}

fn write(value: &Value, depth: usize, level: usize, text: &mut String) {
    let is_empty = match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => true,
    };
    if is_empty || level >= depth {
        *text += &value.to_string();
        return;
    }
    let indent = "  ".repeat(level + 1);
    let mut between = "";
    let mut entry = |key: Option<&String>, value: &Value, text: &mut String| {
        *text += &format!("{between}\n{indent}");
        if let Some(key) = key {
            *text += &format!("{}: ", Value::from(key.as_str()));
        }
        write(value, depth, level + 1, text);
        between = ",";
    };
    let close = if let Value::Object(map) = value {
        text.push('{');
        map.iter().for_each(|(key, value)| entry(Some(key), value, text));
        '}'
    } else {
        text.push('[');
        value.as_array().into_iter().flatten().for_each(|value| entry(None, value, text));
        ']'
    };
    *text += &format!("\n{}{close}", "  ".repeat(level));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_deep_has_one_line() {
        let value = json!({ "a": [{ "b": 1, "c": [2] }], "d": [], "e\"": null });
        let text = indented(&value, 2);
        assert_eq!(
            text,
            "{\n  \"a\": [\n    {\"b\":1,\"c\":[2]}\n  ],\n  \"d\": [],\n  \"e\\\"\": null\n}\n"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
