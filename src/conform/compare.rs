//! Compares simulated answers with recorded ones. Knows only JSON.

use std::fmt;

use serde_json::Value;

use super::play::Played;
use super::script::Script;
use super::write::line;

/// The first step whose simulated answers are not the recorded ones. Its text form is a small diff.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The script's name.
    pub script: String,
    /// Number of the step, from 1 on.
    pub step: usize,
    /// The step's keys as one line of JSON, without `saw`.
    pub text: String,
    /// The recorded answers.
    pub recorded: Vec<Value>,
    /// The simulated answers.
    pub simulated: Vec<Value>,
}

/// The first difference between the recorded answers of `script` and `played`; `None` if there is none. A step without
/// recorded answers is not compared, nor is a key that is absent in a recorded answer; the order of keys means nothing.
pub fn compare(script: &Script, played: &Played) -> Option<Difference> {
    let steps = (1..).zip(script.steps()).zip(&played.steps);
    steps.filter_map(|((number, step), simulated)| Some((number, step, step.saw()?, simulated))).find_map(
        |(number, step, recorded, simulated)| {
            let same = recorded.len() == simulated.len()
                && recorded.iter().zip(simulated).all(|(recorded, simulated)| agrees(recorded, simulated));
            (!same).then(|| Difference {
                script: script.name().to_owned(),
                step: number,
                text: line(step.keys()),
                recorded: recorded.to_vec(),
                simulated: simulated.clone(),
            })
        },
    )
}

/// Whether a simulated answer says what the recorded one says.
fn agrees(recorded: &Value, simulated: &Value) -> bool {
    let Value::Object(keys) = recorded else { return recorded == simulated };
    keys.iter().all(|(key, value)| match (value, simulated.get(key)) {
        (Value::String(recorded), Some(Value::String(simulated))) if key == "reply_text" => {
            recorded == simulated || is_cut_earlier(recorded, simulated)
        }
        (value, simulated) => simulated == Some(value),
    })
}

/// RabbitMQ cuts reply texts at 255 bytes. A recording was made in a virtual host with a longer name than `/`, and shortens
/// that name and those of server-named queues afterwards, so that a cut text ends earlier in it than here, where it may be
/// whole. No simulated text is longer than RabbitMQ sends.
fn is_cut_earlier(recorded: &str, simulated: &str) -> bool {
    const SHORTEST: usize = 128;
    const LONGEST: usize = 255;
    let begins = |text: &str| text.len() >= SHORTEST && simulated.starts_with(text);
    simulated.len() <= LONGEST && recorded.strip_suffix("...").is_some_and(begins)
}

/// The answers that agree at both ends stand without a sign, the others with `-` if recorded and `+` if simulated.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recorded, simulated) = (&self.recorded[..], &self.simulated[..]);
        let before = recorded.iter().zip(simulated).take_while(|(r, s)| agrees(r, s)).count();
        let (recorded, simulated) = (&recorded[before..], &simulated[before..]);
        let backwards = recorded.iter().rev().zip(simulated.iter().rev());
        let after = backwards.take_while(|(r, s)| agrees(r, s)).count();

        writeln!(f, "{}: step {} differs (- recorded, + simulated)", self.script, self.step)?;
        writeln!(f, "  {}", self.text)?;
        let mut lines = |sign: char, answers: &[Value]| {
            answers.iter().try_for_each(|answer| writeln!(f, "    {sign} {}", line(answer)))
        };
        lines(' ', &self.recorded[..before])?;
        lines('-', &recorded[..recorded.len() - after])?;
        lines('+', &simulated[..simulated.len() - after])?;
        lines(' ', &recorded[recorded.len() - after..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(saw: &Value) -> Script {
        let steps = json!([{"do": "wait", "ms": 1}, {"do": "wait", "ms": 2, "saw": saw}]);
        Script::parse(&json!({"name": "s", "steps": steps}).to_string()).unwrap()
    }

    fn played(saw: &Value) -> Played {
        Played { steps: vec![vec![json!({"not": "compared"})], saw.as_array().unwrap().clone()] }
    }

    #[test]
    fn absent_keys_and_the_order_of_keys_mean_nothing() {
        let script = script(&json!([{"got": "closed", "ch": "a1"}]));
        assert_eq!(compare(&script, &played(&json!([{"ch": "a1", "more": 1, "got": "closed"}]))), None);
        assert!(compare(&script, &played(&json!([{"got": "closed"}]))).is_some());
        assert!(compare(&script, &played(&json!([]))).is_some());
    }

    #[test]
    fn properties_are_compared_as_a_whole() {
        let script = script(&json!([{"properties": {"a": 1, "b": {}}}]));
        assert_eq!(compare(&script, &played(&json!([{"properties": {"b": {}, "a": 1}}]))), None);
        assert!(compare(&script, &played(&json!([{"properties": {"a": 1, "b": {}, "c": 1}}]))).is_some());
    }

    #[test]
    fn a_text_may_be_cut_earlier_in_a_recording() {
        let answer = |text: String| json!([{"got": "channel.close", "reply_text": text}]);
        let script = script(&answer(format!("{}...", "x".repeat(150))));
        let differs = |text: String| compare(&script, &played(&answer(text))).is_some();
        assert!(!differs(format!("{}...", "x".repeat(252))));
        assert!(differs(format!("{}...", "y".repeat(252))));
        assert!(!differs("x".repeat(200)), "it is short enough with the name of this virtual host");
        assert!(differs("x".repeat(300)), "it is too long to be sent");
        assert!(differs("x".repeat(149)), "the recorded one is longer");
    }

    #[test]
    fn a_difference_is_a_small_diff() {
        let script = script(&json!([{"got": "basic.qos-ok"}, {"got": "tx.select-ok"}, {"got": "closed"}]));
        let played = played(&json!([{"got": "basic.qos-ok"}, {"got": "x"}, {"got": "y"}, {"got": "closed"}]));
        let difference = compare(&script, &played).unwrap();
        assert_eq!(difference.step, 2);
        let expected = r#"s: step 2 differs (- recorded, + simulated)
  {"do": "wait", "ms": 2}
      {"got": "basic.qos-ok"}
    - {"got": "tx.select-ok"}
    + {"got": "x"}
    + {"got": "y"}
      {"got": "closed"}
"#;
        assert_eq!(difference.to_string(), expected);
    }
}
