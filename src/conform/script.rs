//! Scripts as read from their files: a head and steps, checked as far as that needs no broker.
//! Knows no state of connections or channels; the player does.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::action;
use super::answers::ANSWERS;
use super::error::{Problem, ScriptError, nearest};
use super::json;
use crate::amqp::Names;
use crate::broker::Profile;

const HEAD: [&str; 5] = ["name", "about", "tags", "broker", "steps"];

/// Stands for the `reply_to` of the message that was last delivered on the step's channel.
pub(super) const REPLY_TO: &str = "$reply_to";

/// A conformance script: an AMQP conversation step by step, with or without the answers of a real broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The file's keys in their order, `steps` excluded.
    head: Map<String, Value>,
    profile: &'static Profile,
    steps: Vec<Step>,
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `do` and its arguments in the file's order, `saw` excluded.
    keys: Map<String, Value>,
    saw: Option<Vec<Value>>,
}

impl Script {
    /// Reads a script from the text of its file and checks every key of every step.
    ///
    /// # Errors
    /// The first mistake in the order of the file: no JSON, an unknown or missing key, an unknown action, a value of
    /// the wrong type, a `$NAME` that no earlier step makes, or a broker that there is no profile for.
    ///
    /// # Examples
    /// ```
    /// use amqpsim::conform::Script;
    ///
    /// let text = r#"{"name": "hello", "steps": [{"do": "connection.open", "conn": "A"}]}"#;
    /// assert_eq!(Script::parse(text).expect("it has no mistake").steps().len(), 1);
    ///
    /// let wrong = Script::parse(&text.replace("conn\"", "con\"")).expect_err("there is no key `con`");
    /// assert_eq!(wrong.to_string(), "step 1 (connection.open): there is no key `con` here; did you mean `conn`?");
    /// ```
    pub fn parse(text: &str) -> Result<Script, ScriptError> {
        let value = json::parse(text)
            .map_err(|e| ScriptError::of_script(None, Problem::NotJson { why: e.to_string().into() }))?;
        let Value::Object(mut head) = value else {
            return Err(wrong(None, "an object", &value));
        };
        let profile = check_head(&head)?;
        let steps = match head.shift_remove("steps") {
            Some(Value::Array(steps)) => steps,
            Some(got) => return Err(wrong(Some("steps"), "a list of steps", &got)),
            None => return Err(ScriptError::of_script(Some("steps"), Problem::Missing)),
        };
        let mut script = Script { head, profile, steps: Vec::with_capacity(steps.len()) };
        let (mut names, mut made) = (Names::default(), BTreeSet::new());
        for (number, step) in (1..).zip(steps) {
            script.steps.push(read_step(number, step, &mut names, &mut made)?);
        }
        Ok(script)
    }

    /// The script's name; empty if it has none.
    pub fn name(&self) -> &str {
        self.head.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// What it shows, in one sentence; empty if it does not say.
    pub fn about(&self) -> &str {
        self.head.get("about").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its areas, in the file's order.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.head.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The version that answered when it was recorded; the newest one if the script does not say.
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// Its steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Steps about a connection or a channel that no step opens, in order. They are played and record nothing, but where
    /// the name is misspelt that is not meant: see [`saw_nothing`](Script::saw_nothing).
    pub fn never_opened(&self) -> Vec<ScriptError> {
        let mut mistakes = Vec::new();
        for (key, opening) in [("conn", "connection.open"), ("ch", "channel.open")] {
            let opened: Vec<&str> = self
                .steps
                .iter()
                .filter(|step| step.action() == opening)
                .filter_map(|step| step.text(key))
                .collect();
            for (number, step) in (1..).zip(&self.steps) {
                let Some(got) = step.text(key).filter(|got| !opened.contains(got)) else { continue };
                let problem =
                    Problem::NeverOpened { got: got.into(), nearest: nearest(got, &opened).map(Into::into) };
                mistakes.push(ScriptError::of_step(number, step.action(), Some(key), problem));
            }
        }
        mistakes.sort_by_key(|mistake| mistake.step);
        mistakes
    }

    /// Whether the step of a mistake has recorded answers that are empty: then it is as it was when it was recorded.
    pub fn saw_nothing(&self, mistake: &ScriptError) -> bool {
        let step = mistake.step.and_then(|number| self.steps.get(number.checked_sub(1)?));
        step.and_then(Step::saw).is_some_and(<[Value]>::is_empty)
    }

    /// Whether no step has recorded answers, so that there is nothing to compare with.
    pub fn recorded_nothing(&self) -> bool {
        self.steps.iter().all(|step| step.saw.is_none())
    }

    /// The keys above the steps, in the file's order.
    pub(super) fn head(&self) -> &Map<String, Value> {
        &self.head
    }
}

impl Step {
    /// What it does, for example `queue.declare`.
    pub fn action(&self) -> &str {
        self.keys.get("do").and_then(Value::as_str).unwrap_or_default()
    }

    /// The recorded answers in order; `None` if the step was never recorded.
    pub fn saw(&self) -> Option<&[Value]> {
        self.saw.as_deref()
    }

    /// The value of `key`, if it is a string.
    fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key).and_then(Value::as_str)
    }

    /// `do` and the arguments, in the file's order.
    pub(super) fn keys(&self) -> &Map<String, Value> {
        &self.keys
    }
}

fn wrong(key: Option<&str>, expected: &'static str, got: &Value) -> ScriptError {
    ScriptError::of_script(key, Problem::WrongValue { expected, got: got.to_string().into() })
}

fn check_head(head: &Map<String, Value>) -> Result<&'static Profile, ScriptError> {
    for (key, value) in head {
        let expected = match key.as_str() {
            "name" | "about" | "broker" if !value.is_string() => "a string",
            "tags" if !value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)) => {
                "a list of strings"
            }
            known if HEAD.contains(&known) => continue,
            _ => {
                let problem = Problem::UnknownKey { nearest: nearest(key, &HEAD), known: HEAD.to_vec() };
                return Err(ScriptError::of_script(Some(key), problem));
            }
        };
        return Err(wrong(Some(key), expected, value));
    }
    let Some(broker) = head.get("broker").and_then(Value::as_str) else {
        return Ok(Profile::ALL[Profile::ALL.len() - 1]);
    };
    profile_of(broker).ok_or_else(|| {
        let known = Profile::ALL.map(|profile| profile.name).to_vec();
        ScriptError::of_script(Some("broker"), Problem::UnknownBroker { got: broker.into(), known })
    })
}

/// The profile for a broker such as `rabbitmq 3.10.8`; the third number makes no difference.
fn profile_of(broker: &str) -> Option<&'static Profile> {
    let (product, version) = broker.split_once(' ')?;
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next()?, numbers.next()?);
    Profile::find(&format!("{product}-{major}.{minor}"))
}

fn read_step(
    number: usize,
    step: Value,
    names: &mut Names,
    made: &mut BTreeSet<String>,
) -> Result<Step, ScriptError> {
    let mut keys = match step {
        Value::Object(keys) => keys,
        got => {
            let problem = Problem::WrongValue { expected: "an object", got: got.to_string().into() };
            return Err(ScriptError::of_step(number, "", None, problem));
        }
    };
    action::read(number, &keys, names)?;
    let saw = match keys.shift_remove("saw") {
        None => None,
        Some(Value::Array(answers)) if answers.iter().all(Value::is_object) => Some(answers),
        Some(got) => {
            let problem = Problem::WrongValue { expected: "a list of objects", got: got.to_string().into() };
            let action = keys.get("do").and_then(Value::as_str).unwrap_or_default();
            return Err(ScriptError::of_step(number, action, Some("saw"), problem));
        }
    };
    let step = Step { keys, saw };
    check_answers(number, &step)?;
    for (key, value) in step.keys.iter().filter(|(key, _)| !matches!(key.as_str(), "do" | "as")) {
        if let Some(name) = not_made(value, made) {
            let problem = Problem::NotMade { name: name.into() };
            return Err(ScriptError::of_step(number, step.action(), Some(key), problem));
        }
    }
    if let Some(name) = step.keys.get("as").and_then(Value::as_str) {
        made.insert(format!("${name}"));
    }
    Ok(step)
}

/// Refuses recorded answers whose name is that of no answer: they would differ from whatever is simulated.
fn check_answers(number: usize, step: &Step) -> Result<(), ScriptError> {
    for got in step.saw().unwrap_or_default().iter().filter_map(|answer| answer.get("got")) {
        if got.as_str().is_some_and(|name| ANSWERS.contains(&name)) {
            continue;
        }
        let text = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
        let nearest = nearest(&text, ANSWERS);
        let problem = Problem::UnknownAnswer { got: text.into(), nearest, known: ANSWERS };
        return Err(ScriptError::of_step(number, step.action(), Some("saw"), problem));
    }
    Ok(())
}

/// A `$NAME` in `value` that is not in `made`.
fn not_made<'a>(value: &'a Value, made: &BTreeSet<String>) -> Option<&'a str> {
    match value {
        Value::String(text) if text.starts_with('$') && text != REPLY_TO && !made.contains(text) => {
            Some(text)
        }
        Value::Array(values) => values.iter().find_map(|value| not_made(value, made)),
        Value::Object(map) => map.values().find_map(|value| not_made(value, made)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(steps: &str) -> String {
        let text =
            format!(r#"{{"name": "n", "steps": [{{"do": "connection.open", "conn": "A"}}, {steps}]}}"#);
        Script::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_named_with_step_key_and_what_was_expected() {
        for (step, expected) in [
            (
                r#"{"do": "queue.declare", "ch": "a1", "queue": "q", "durabel": true}"#,
                "step 2 (queue.declare): there is no key `durabel` here; did you mean `durable`?",
            ),
            (
                r#"{"do": "queue.declare", "ch": "a1", "quue": "q"}"#,
                "step 2 (queue.declare): there is no key `quue` here; did you mean `queue`?",
            ),
            (
                r#"{"do": "channel.close", "ch": "a1", "colour": 1}"#,
                "step 2 (channel.close): there is no key `colour` here; the keys are `ch`",
            ),
            (r#"{"do": "queue.purge", "ch": "a1"}"#, "step 2 (queue.purge): the key `queue` is missing"),
            (
                r#"{"do": "queue.declair"}"#,
                "step 2: there is no action `queue.declair`; did you mean `queue.declare`?",
            ),
            (
                r#"{"do": "connection"}"#,
                "step 2: there is no action `connection`; did you mean `connection.open`?",
            ),
            (r#"{"ch": "a1"}"#, "step 2: the key `do` is missing"),
            (r#"{"do": 3}"#, "step 2: `do` must be the name of an action, got 3"),
            ("[1]", "step 2: expected an object, got [1]"),
            (
                r#"{"do": "wait", "ms": -1}"#,
                "step 2 (wait): `ms` must be an integer that is 0 or more, got -1",
            ),
            (
                r#"{"do": "basic.qos", "ch": "a1", "prefetch_count": 70000}"#,
                "step 2 (basic.qos): `prefetch_count` must be an integer from 0 to 65535, got 70000",
            ),
            (
                r#"{"do": "basic.ack", "ch": "a1", "delivery_tag": 1, "multiple": "yes"}"#,
                r#"step 2 (basic.ack): `multiple` must be true or false, got "yes""#,
            ),
            (
                r#"{"do": "basic.publish", "ch": "a1", "properties": {"prioriti": 1}}"#,
                "step 2 (basic.publish): there is no key `properties.prioriti` here; did you mean `priority`?",
            ),
            (
                r#"{"do": "basic.publish", "ch": "a1", "properties": {"headers": {"a": {"b": 18446744073709551615}}}}"#,
                "step 2 (basic.publish): `properties.headers.a.b` must be an integer of at most 64 bits, signed, \
                 got 18446744073709551615",
            ),
            (
                r#"{"do": "basic.get", "ch": "a1", "queue": "$Q"}"#,
                "step 2 (basic.get): no earlier step made `$Q`",
            ),
            (
                r#"{"do": "wait", "ms": 1, "saw": [1]}"#,
                "step 2 (wait): `saw` must be a list of objects, got [1]",
            ),
        ] {
            assert_eq!(error(step), expected);
        }
    }

    #[test]
    fn a_name_that_no_step_opens_is_told() {
        let script = Script::parse(
            r#"{"steps": [
                {"do": "channel.close", "ch": "a1"},
                {"do": "channel.open", "conn": "A", "ch": "a1"},
                {"do": "connection.open", "conn": "AB"},
                {"do": "tx.select", "ch": "b"}
            ]}"#,
        )
        .unwrap();
        let told: Vec<String> = script.never_opened().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "step 2 (channel.open): no step opens the connection `A`; did you mean `AB`?",
                "step 4 (tx.select): no step opens the channel `b`",
            ]
        );
    }

    #[test]
    fn the_head_is_checked_too() {
        let parse = |text| Script::parse(text).unwrap_err().to_string();
        assert_eq!(parse("{"), "not JSON: EOF while parsing an object at line 1 column 1");
        assert_eq!(parse("[]"), "expected an object, got []");
        assert_eq!(parse(r#"{"name": "n"}"#), "the key `steps` is missing");
        assert_eq!(parse(r#"{"nam": "n", "steps": []}"#), "there is no key `nam` here; did you mean `name`?");
        assert_eq!(parse(r#"{"tags": "n", "steps": []}"#), r#"`tags` must be a list of strings, got "n""#);
        assert_eq!(
            parse(r#"{"broker": "rabbitmq 1.2.3", "steps": []}"#),
            "there is no profile for the broker `rabbitmq 1.2.3`; \
             the profiles are `rabbitmq-3.10`, `rabbitmq-3.13`, `rabbitmq-4.0`, `rabbitmq-4.3`"
        );
    }

    #[test]
    fn the_broker_selects_the_profile() {
        let profile =
            |head: &str| Script::parse(&format!(r#"{{{head} "steps": []}}"#)).unwrap().profile().name;
        assert_eq!(profile(r#""broker": "rabbitmq 3.10.8","#), "rabbitmq-3.10");
        assert_eq!(profile(r#""broker": "rabbitmq 4.0.2","#), "rabbitmq-4.0");
        assert_eq!(profile(""), Profile::default().name);
    }
}
