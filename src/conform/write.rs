//! Writes scripts as the recorder does: one step, and one answer, a line. Knows nothing of their meaning.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use super::script::{Script, Step};

/// The script as its file, with the answers that `saw` finds for the step with this index.
pub(super) fn write<'a>(script: &'a Script, saw: impl Fn(usize) -> Option<&'a [Value]>) -> String {
    let mut lines: Vec<String> =
        script.head().iter().map(|(key, value)| format!("  {}: {}", line(key), line(value))).collect();
    let steps: Vec<String> =
        script.steps().iter().enumerate().map(|(i, step)| write_step(step, saw(i))).collect();
    lines.push(format!("  \"steps\": [\n{}\n  ]", steps.join(",\n")));
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn write_step(step: &Step, saw: Option<&[Value]>) -> String {
    let keys = line(step.keys());
    let Some(saw) = saw else { return format!("    {keys}") };
    let open = keys.strip_suffix('}').unwrap_or(&keys);
    if saw.is_empty() {
        return format!("    {open}, \"saw\": []}}");
    }
    let answers: Vec<String> = saw.iter().map(|answer| format!("      {}", line(answer))).collect();
    format!("    {open}, \"saw\": [\n{}\n    ]}}", answers.join(",\n"))
}

/// JSON in one line with a space after each colon and comma.
pub(super) fn line(value: &(impl Serialize + ?Sized)) -> String {
    let mut bytes = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, OneLine));
    debug_assert!(written.is_ok(), "a JSON value can always be written");
    String::from_utf8_lossy(&bytes).into_owned()
}

struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_looks_as_the_recorder_writes_it() {
        let value: Value = serde_json::from_str(r#"{"b":[1,"ä\n\u0001"],"a":{},"c":[]}"#).unwrap();
        assert_eq!(line(&value), r#"{"b": [1, "ä\n\u0001"], "a": {}, "c": []}"#);
    }
}
