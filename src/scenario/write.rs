//! From a builder to the text of a scenario file, and back. Knows no key: what a tree has is written.

use super::builder::ScenarioBuilder;
use super::diagnostic::{Diagnostics, Problems};
use super::load::file_stem;
use super::node::{Entry, Node, Table, Value};
use super::parse;
use super::source::Source;

impl ScenarioBuilder {
    /// The scenario as the text of a file. Loading it gives the same scenario as building it.
    ///
    /// # Examples
    ///
    /// ```
    /// use amqpsim::scenario::ScenarioBuilder;
    ///
    /// let builder = ScenarioBuilder::new("orders").queue("orders").with("arguments", [("x-max-length", 1000)]);
    /// assert_eq!(builder.to_toml(), "[[queue]]\nname = \"orders\"\narguments = { x-max-length = 1000 }\n");
    /// ```
    pub fn to_toml(&self) -> String {
        let (mut values, mut tables) = (String::new(), String::new());
        for Entry { key, node, .. } in &self.tree.0 {
            match &node.value {
                Value::Table(table) => write_table(&bare(key), table, &mut tables),
                Value::List(nodes) if is_tables(nodes) => write_list(&bare(key), nodes, &mut tables),
                _ => values.push_str(&line(key, node)),
            }
        }
        let gap = if values.is_empty() || tables.is_empty() { "" } else { "\n" };
        format!("{values}{gap}{}", tables.trim_start_matches('\n'))
    }

    /// Begins with what stands in the text of a file, which `source_name` names in messages. Whether it makes a scenario is
    /// seen when that is built.
    ///
    /// # Errors
    ///
    /// Mistakes in the syntax of TOML.
    pub fn from_toml(source_name: &str, text: &str) -> Result<ScenarioBuilder, Diagnostics> {
        let mut problems = Problems::default();
        let tree = parse::document(&Source::new(source_name, text, 0), &mut problems);
        match tree {
            Some(tree) if !problems.has_errors() => {
                Ok(ScenarioBuilder::of_tree(file_stem(source_name), tree))
            }
            _ => Err(Diagnostics::new(source_name, problems.into_sorted())),
        }
    }
}

impl ScenarioBuilder {
    /// Begins with a tree that was read.
    pub(super) fn of_tree(name: &str, mut tree: Table) -> ScenarioBuilder {
        forget_places(&mut tree);
        let mut builder = ScenarioBuilder::new(name);
        builder.tree = tree;
        builder
    }
}

fn forget_places(table: &mut Table) {
    for entry in &mut table.0 {
        entry.key_place = None;
        forget_place(&mut entry.node);
    }
}

fn forget_place(node: &mut Node) {
    node.place = None;
    match &mut node.value {
        Value::List(nodes) => nodes.iter_mut().for_each(forget_place),
        Value::Table(table) => forget_places(table),
        _ => {}
    }
}

fn is_tables(nodes: &[Node]) -> bool {
    !nodes.is_empty() && nodes.iter().all(|node| node.as_table().is_some())
}

/// A table with a head of its own. Lists of tables in it, as in `fault`, have heads as well.
fn write_table(name: &str, table: &Table, out: &mut String) {
    let mut lists = String::new();
    let mut lines = String::new();
    for Entry { key, node, .. } in &table.0 {
        match &node.value {
            Value::List(nodes) if is_tables(nodes) => {
                write_list(&format!("{name}.{}", bare(key)), nodes, &mut lists);
            }
            _ => lines.push_str(&line(key, node)),
        }
    }
    if lists.is_empty() || !lines.is_empty() {
        out.push_str(&format_head(&format!("[{name}]"), &lines));
    }
    out.push_str(&lists);
}

fn write_list(name: &str, nodes: &[Node], out: &mut String) {
    for table in nodes.iter().filter_map(Node::as_table) {
        let lines: String = table.0.iter().map(|entry| line(&entry.key, &entry.node)).collect();
        out.push_str(&format_head(&format!("[[{name}]]"), &lines));
    }
}

fn format_head(head: &str, lines: &str) -> String {
    format!("\n{head}\n{lines}")
}

fn line(key: &str, node: &Node) -> String {
    format!("{} = {}\n", bare(key), inline(node))
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(text) => decimal(text),
        Value::Boolean(truth) => truth.to_string(),
        Value::Date(text) => text.clone(),
        Value::List(nodes) => {
            let values: Vec<String> = nodes.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Table(Table(entries)) if entries.is_empty() => "{}".to_owned(),
        Value::Table(Table(entries)) => {
            let values: Vec<String> = entries
                .iter()
                .map(|entry| format!("{} = {}", bare(&entry.key), inline(&entry.node)))
                .collect();
            format!("{{ {} }}", values.join(", "))
        }
        // Never in a tree that was read without a mistake, and that has no contents of files.
        Value::Broken | Value::Numbers(_) => "{}".to_owned(),
    }
}

/// A number that TOML does not take for an integer.
fn decimal(text: &str) -> String {
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'_'));
    if is_integer { format!("{text}.0") } else { text.to_ascii_lowercase() }
}

/// A key, with quotes only where it needs them.
fn bare(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !key.is_empty() && key.bytes().all(plain) { key.to_owned() } else { quoted(key) }
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format_control(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn format_control(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    #[test]
    fn every_kind_of_value_comes_back() {
        let text = r#"
            question = "why \"so\"?\n\u0001\\"
            [replication]
            seed = 3
            [[queue]]
            name = "a b"
            arguments = { x-max-length = 3, l = [1, "b", 1.5, true, { c = {} }], "odd key" = 2e3 }
            [[fault.broker-restart]]
            at = "1s"
            [[fault.broker-restart]]
            at = "2s"
            [[fault.connection-loss]]
            at = 1979-05-27T07:32:00Z
        "#;
        let builder = ScenarioBuilder::from_toml("a.toml", text).unwrap();
        let again = ScenarioBuilder::from_toml("a.toml", &builder.to_toml()).unwrap();
        assert_eq!(builder.tree, again.tree, "{}", builder.to_toml());
        assert_eq!(again.to_toml(), builder.to_toml());
    }

    #[test]
    fn what_was_built_is_what_is_loaded() {
        let builder = ScenarioBuilder::new("shop")
            .question("How long?")
            .replication()
            .with("seed", 7)
            .queue("orders")
            .with("arguments", [("x-max-length", 3)])
            .producer("p")
            .with("routing-key", "orders")
            .with("count", 3)
            .with("interarrival", [("exponential", "20ms")])
            .consumer("c")
            .with("queue", "orders")
            .with("service-time", "15ms")
            .with("speed", 2.0)
            .fault("consumer-crash")
            .with("consumer", "c")
            .with("at", "20ms")
            .fault("producer-crash")
            .with("producer", "p")
            .with("when", [("published", 2)]);
        let loaded = load("shop.toml", &builder.to_toml(), &[]).unwrap();
        assert_eq!(loaded.variants[0].scenario, builder.build().unwrap());
    }

    #[test]
    fn a_text_that_is_not_toml_is_refused() {
        assert!(ScenarioBuilder::from_toml("a.toml", "[[queue").is_err());
    }
}
