//! Scenarios in Rust, for people who write tests. Builds the same tree as a file, without places, so that all
//! validation is shared.

use super::diagnostic::{Diagnostics, Problems};
use super::load::{Head, build};
use super::node::{Entry, Node, Table, Value};
use std::collections::BTreeMap;

use super::{Scenario, alike};

/// The value of a key: a truth value, a number, a text, a list or a table.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingValue(Node);

/// Builds a scenario: each table begins with a call of its name, and [`with`](ScenarioBuilder::with) adds keys to the
/// table that was begun last. Tables, keys and values are those of scenario files; quantities are texts with a unit.
///
/// # Examples
///
/// ```
/// use amqpsim::scenario::ScenarioBuilder;
///
/// let scenario = ScenarioBuilder::new("orders")
///     .replication().with("duration", "60s").with("seed", 7)
///     .queue("orders").with("arguments", [("x-max-length", 1000)])
///     .producer("shop")
///         .with("routing-key", "orders")
///         .with("count", 100)
///         .with("interarrival", [("exponential", "20ms")])
///     .consumer("billing")
///         .with("queue", "orders")
///         .with("prefetch-count", 10)
///         .with("service-time", "15ms")
///     .check().with("property", "nothing-lost")
///     .build()?;
/// assert_eq!(scenario.system.consumers[0].prefetch_count, 10);
/// # Ok::<(), amqpsim::scenario::Diagnostics>(())
/// ```
///
/// Tables are arrays of pairs, lists are vectors; where values differ in type, each is made a [`SettingValue`]:
///
/// ```
/// use amqpsim::scenario::{ScenarioBuilder, SettingValue};
///
/// let lognormal = [("mean", SettingValue::from("5ms")), ("cv", SettingValue::from(1.5))];
/// let scenario = ScenarioBuilder::new("orders")
///     .replication().with("study", "steady-state").with("warm-up", "5s")
///     .experiment().with("dispatch", "least-unacked")
///     .queue("orders")
///     .class("big").with("every", 10)
///     .downstream("database").with("concurrency", 10).with("latency", [("lognormal", lognormal)])
///     .producer("shop")
///         .with("routing-key", "orders")
///         .with("rate", vec![[("at", "0s"), ("rate", "10/s")], [("at", "10s"), ("rate", "50/s")]])
///         .with("message-size", [("exponential", "2kB")])
///     .consumer("billing")
///         .with("queue", "orders")
///         .with("service-time", "5ms")
///         .with("service-time-by-class", [("big", "50ms")])
///         .with("schedule", vec![[("from", "0s"), ("until", "30s")]])
///         .with("concurrency", 4)
///         .with("downstream", "database")
///         .with("failure-probability", 0.01)
///     .build()?;
/// assert_eq!(scenario.system.consumers[0].concurrency, 4);
/// # Ok::<(), amqpsim::scenario::Diagnostics>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScenarioBuilder {
    name: String,
    pub(super) tree: Table,
    /// The texts of data files, by name.
    files: BTreeMap<String, String>,
    /// Where the next keys go.
    cursor: Cursor,
}

/// The table that was begun last.
#[derive(Clone, Debug)]
enum Cursor {
    Nowhere,
    Single(&'static str),
    /// The last entry of a list.
    List(&'static str),
    /// The last entry of a list below `fault`.
    Fault(String),
}

impl ScenarioBuilder {
    /// A scenario with this name and nothing in it.
    pub fn new(name: &str) -> ScenarioBuilder {
        ScenarioBuilder {
            name: name.to_owned(),
            tree: Table::default(),
            files: BTreeMap::new(),
            cursor: Cursor::Nowhere,
        }
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the entries of a list, for example of `queue`, in order.
    pub fn names(&self, list: &str) -> Vec<String> {
        self.texts(list, "name")
    }

    /// The texts that the entries of a list have for a key, in order; entries without one are passed over.
    pub fn texts(&self, list: &str, key: &str) -> Vec<String> {
        let tree = self.expanded();
        let Some(Node { value: Value::List(nodes), .. }) = tree.get(list) else { return Vec::new() };
        let text = |node: &Node| node.as_table()?.get(key)?.as_text().map(str::to_owned);
        nodes.iter().filter_map(text).collect()
    }

    /// The connections of producers and consumers, each once: the one that a client names, or the one with its own name.
    pub fn connections(&self) -> Vec<String> {
        let mut connections: Vec<String> = Vec::new();
        let tree = self.expanded();
        for list in ["producer", "consumer"] {
            let Some(Node { value: Value::List(nodes), .. }) = tree.get(list) else { continue };
            for table in nodes.iter().filter_map(Node::as_table) {
                let name = table.get("connection").or_else(|| table.get("name")).and_then(Node::as_text);
                connections.extend(name.map(str::to_owned));
            }
        }
        connections.sort_unstable();
        connections.dedup();
        connections
    }

    /// With each of many alike for itself.
    fn expanded(&self) -> Table {
        let mut tree = self.tree.clone();
        alike::expand(&mut tree);
        tree
    }

    /// Gives the text of a data file that a key names.
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Says what the run should answer.
    pub fn question(mut self, question: &str) -> Self {
        let node = SettingValue::from(question).0;
        self.tree.set(Entry { key: "question".to_owned(), key_place: None, node });
        self
    }

    /// Goes on with `[replication]`.
    pub fn replication(self) -> Self {
        self.single("replication")
    }

    /// Goes on with `[broker]`.
    pub fn broker(self) -> Self {
        self.single("broker")
    }

    /// Goes on with `[experiment]`.
    pub fn experiment(self) -> Self {
        self.single("experiment")
    }

    /// Goes on with `[classic-store]`.
    pub fn classic_store(self) -> Self {
        self.single("classic-store")
    }

    /// Goes on with `[quorum-store]`.
    pub fn quorum_store(self) -> Self {
        self.single("quorum-store")
    }

    /// Goes on with `[disk]`.
    pub fn disk(self) -> Self {
        self.single("disk")
    }

    /// Goes on with `[cluster]`.
    pub fn cluster(self) -> Self {
        self.single("cluster")
    }

    /// Goes on with `[link]`.
    pub fn link(self) -> Self {
        self.single("link")
    }

    /// Begins a `[[vhost]]`.
    pub fn vhost(self, name: &str) -> Self {
        self.list("vhost").with("name", name)
    }

    /// Begins a `[[user]]`.
    pub fn user(self, name: &str) -> Self {
        self.list("user").with("name", name)
    }

    /// Begins a `[[policy]]`.
    pub fn policy(self, name: &str) -> Self {
        self.list("policy").with("name", name)
    }

    /// Begins an `[[exchange]]`.
    pub fn exchange(self, name: &str) -> Self {
        self.list("exchange").with("name", name)
    }

    /// Begins a `[[queue]]`.
    pub fn queue(self, name: &str) -> Self {
        self.list("queue").with("name", name)
    }

    /// Begins a `[[binding]]` from an exchange; its destination is the key `queue` or `to-exchange`.
    pub fn binding(self, exchange: &str) -> Self {
        self.list("binding").with("exchange", exchange)
    }

    /// Begins a `[[connection]]`.
    pub fn connection(self, name: &str) -> Self {
        self.list("connection").with("name", name)
    }

    /// Begins a `[[channel]]`.
    pub fn channel(self, name: &str) -> Self {
        self.list("channel").with("name", name)
    }

    /// Begins a `[[class]]`.
    pub fn class(self, name: &str) -> Self {
        self.list("class").with("name", name)
    }

    /// Begins a `[[downstream]]`.
    pub fn downstream(self, name: &str) -> Self {
        self.list("downstream").with("name", name)
    }

    /// Begins a `[[producer]]`.
    pub fn producer(self, name: &str) -> Self {
        self.list("producer").with("name", name)
    }

    /// Begins a `[[consumer]]`.
    pub fn consumer(self, name: &str) -> Self {
        self.list("consumer").with("name", name)
    }

    /// Begins a `[[client]]`.
    pub fn client(self, name: &str) -> Self {
        self.list("client").with("name", name)
    }

    /// Begins a `[[fault.KIND]]`.
    pub fn fault(mut self, kind: &str) -> Self {
        let kinds = self.tree.get_or_table("fault", None);
        let kinds = kinds.as_table_mut().expect("faults are a table of kinds");
        push_table(kinds, kind);
        self.cursor = Cursor::Fault(kind.to_owned());
        self
    }

    /// Begins a `[[check]]`.
    pub fn check(self) -> Self {
        self.list("check")
    }

    /// Sets a key of the table that was begun last.
    ///
    /// # Panics
    ///
    /// If no table was begun.
    pub fn with(mut self, key: &str, value: impl Into<SettingValue>) -> Self {
        let node = value.into().0;
        self.current().set(Entry { key: key.to_owned(), key_place: None, node });
        self
    }

    /// Validates and builds it.
    ///
    /// # Errors
    ///
    /// All mistakes, as for a file, but without places.
    pub fn build(self) -> Result<Scenario, Diagnostics> {
        let head = Head { name: &self.name, about: "" };
        let files = |name: &str| self.files.get(name).cloned().ok_or_else(|| "it was not given".to_owned());
        let loaded = build(&self.name, &head, self.tree.clone(), &[], &files, Problems::default())?;
        let variant = loaded.variants.into_iter().next().expect("there is at least one variant");
        Ok(variant.scenario)
    }

    fn single(mut self, name: &'static str) -> Self {
        self.tree.get_or_table(name, None);
        self.cursor = Cursor::Single(name);
        self
    }

    fn list(mut self, name: &'static str) -> Self {
        push_table(&mut self.tree, name);
        self.cursor = Cursor::List(name);
        self
    }

    fn current(&mut self) -> &mut Table {
        let last = match &self.cursor {
            Cursor::Nowhere => None,
            Cursor::Single(name) => self.tree.get_mut(name),
            Cursor::List(name) => last_of(&mut self.tree, name),
            Cursor::Fault(kind) => {
                self.tree.get_mut("fault").and_then(Node::as_table_mut).and_then(|kinds| last_of(kinds, kind))
            }
        };
        last.and_then(Node::as_table_mut).expect("a table was begun before its keys")
    }
}

fn last_of<'a>(tree: &'a mut Table, list: &str) -> Option<&'a mut Node> {
    match &mut tree.get_mut(list)?.value {
        Value::List(nodes) => nodes.last_mut(),
        _ => None,
    }
}

fn push_table(tree: &mut Table, list: &str) {
    if tree.get(list).is_none() {
        let node = Node::new(Value::List(Vec::new()));
        tree.set(Entry { key: list.to_owned(), key_place: None, node });
    }
    if let Some(Node { value: Value::List(nodes), .. }) = tree.get_mut(list) {
        nodes.push(Node::new(Value::Table(Table::default())));
    }
}

impl From<bool> for SettingValue {
    fn from(truth: bool) -> Self {
        SettingValue(Node::new(Value::Boolean(truth)))
    }
}

impl From<i64> for SettingValue {
    fn from(number: i64) -> Self {
        SettingValue(Node::new(Value::Integer(number)))
    }
}

impl From<f64> for SettingValue {
    fn from(number: f64) -> Self {
        SettingValue(Node::new(Value::Decimal(number.to_string())))
    }
}

impl From<&str> for SettingValue {
    fn from(text: &str) -> Self {
        SettingValue(Node::new(Value::Text(text.to_owned())))
    }
}

impl From<String> for SettingValue {
    fn from(text: String) -> Self {
        SettingValue(Node::new(Value::Text(text)))
    }
}

/// A list.
impl<T: Into<SettingValue>> From<Vec<T>> for SettingValue {
    fn from(values: Vec<T>) -> Self {
        SettingValue(Node::new(Value::List(values.into_iter().map(|value| value.into().0).collect())))
    }
}

/// A table with these keys.
impl<T: Into<SettingValue>, const N: usize> From<[(&str, T); N]> for SettingValue {
    fn from(entries: [(&str, T); N]) -> Self {
        let mut table = Table::default();
        for (key, value) in entries {
            table.set(Entry { key: key.to_owned(), key_place: None, node: value.into().0 });
        }
        SettingValue(Node::new(Value::Table(table)))
    }
}

/// A table with these keys; a later one of the same key wins.
impl<'a> FromIterator<(&'a str, SettingValue)> for SettingValue {
    fn from_iter<I: IntoIterator<Item = (&'a str, SettingValue)>>(entries: I) -> Self {
        let mut table = Table::default();
        for (key, value) in entries {
            table.set(Entry { key: key.to_owned(), key_place: None, node: value.0 });
        }
        SettingValue(Node::new(Value::Table(table)))
    }
}
