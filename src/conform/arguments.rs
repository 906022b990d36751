//! Reads the arguments of one step: each key once, with its type, range and default value.
//! Knows no action; learns the keys that may stand in a step from what is asked for.

use serde_json::{Map, Value};

use super::error::{Problem, ScriptError, nearest};
use crate::amqp::{FieldTable, FieldValue, Properties};

/// The longest short string. Source: AMQP 0-9-1, 4.2.5.3; its length is one octet.
const SHORT_STRING_MAX: usize = 255;
const SHORT_STRING: &str = "a string of at most 255 bytes";

/// The keys of one step, or of the properties in it.
pub(super) struct Arguments<'a> {
    step: usize,
    action: &'a str,
    values: &'a Map<String, Value>,
    /// What stands before the keys in errors, for example `properties.`.
    path: &'static str,
    /// Keys that were asked for, or that may always be there.
    known: Vec<&'static str>,
}

impl<'a> Arguments<'a> {
    /// The keys of step number `step`, which does `action`.
    pub(super) fn new(step: usize, action: &'a str, values: &'a Map<String, Value>) -> Self {
        Arguments { step, action, values, path: "", known: vec!["do", "saw"] }
    }

    /// The same step's `properties`, whose keys are named after it in errors.
    fn inner(&self, values: &'a Map<String, Value>) -> Self {
        Arguments { step: self.step, action: self.action, values, path: "properties.", known: Vec::new() }
    }

    /// An error about this step.
    fn error(&self, key: Option<&str>, problem: Problem) -> ScriptError {
        let path = key.map(|key| format!("{}{key}", self.path));
        ScriptError::of_step(self.step, self.action, path.as_deref(), problem)
    }

    fn wrong(&self, key: &str, expected: &'static str, got: &Value) -> ScriptError {
        self.error(Some(key), Problem::WrongValue { expected, got: got.to_string().into() })
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.values.get(key)
    }

    /// The value of a key without a default. If a misspelt key may be it, the error is about that one.
    fn demanded(&mut self, key: &'static str) -> Result<&'a Value, ScriptError> {
        let value = self.value(key);
        value.ok_or_else(|| {
            let known = &self.known;
            let misspelt = self
                .values
                .keys()
                .find(|&got| !known.contains(&got.as_str()) && nearest(got, &[key]).is_some());
            match misspelt {
                Some(got) => {
                    self.error(Some(got), Problem::UnknownKey { nearest: Some(key), known: known.clone() })
                }
                None => self.error(Some(key), Problem::Missing),
            }
        })
    }

    fn as_short(&self, key: &str, value: &'a Value) -> Result<&'a str, ScriptError> {
        let text = value.as_str().filter(|text| text.len() <= SHORT_STRING_MAX);
        text.ok_or_else(|| self.wrong(key, SHORT_STRING, value))
    }

    /// A short string that must be there.
    pub(super) fn short(&mut self, key: &'static str) -> Result<&'a str, ScriptError> {
        let value = self.demanded(key)?;
        self.as_short(key, value)
    }

    /// A short string, `default` where it is not there.
    pub(super) fn short_or(&mut self, key: &'static str, default: &'a str) -> Result<&'a str, ScriptError> {
        self.value(key).map_or(Ok(default), |value| self.as_short(key, value))
    }

    /// A name that the script gives, if it is there.
    pub(super) fn given(&mut self, key: &'static str) -> Result<Option<&'a str>, ScriptError> {
        self.value(key).map(|value| self.as_short(key, value)).transpose()
    }

    /// A text of any length, empty where it is not there.
    pub(super) fn text(&mut self, key: &'static str) -> Result<&'a str, ScriptError> {
        let Some(value) = self.value(key) else { return Ok("") };
        value.as_str().ok_or_else(|| self.wrong(key, "a string", value))
    }

    fn as_flag(&self, key: &str, value: &Value) -> Result<bool, ScriptError> {
        value.as_bool().ok_or_else(|| self.wrong(key, "true or false", value))
    }

    /// A flag that is false where it is not there.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<bool, ScriptError> {
        self.value(key).map_or(Ok(false), |value| self.as_flag(key, value))
    }

    /// A flag that is true where it is not there.
    pub(super) fn flag_or_true(&mut self, key: &'static str) -> Result<bool, ScriptError> {
        self.value(key).map_or(Ok(true), |value| self.as_flag(key, value))
    }

    /// A flag that must be there.
    pub(super) fn demanded_flag(&mut self, key: &'static str) -> Result<bool, ScriptError> {
        let value = self.demanded(key)?;
        self.as_flag(key, value)
    }

    fn as_number<T: Count>(&self, key: &str, value: &Value) -> Result<T, ScriptError> {
        let number = value.as_u64().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong(key, T::RANGE, value))
    }

    /// A number that must be there.
    pub(super) fn number<T: Count>(&mut self, key: &'static str) -> Result<T, ScriptError> {
        let value = self.demanded(key)?;
        self.as_number(key, value)
    }

    /// A number, if it is there.
    pub(super) fn number_given<T: Count>(&mut self, key: &'static str) -> Result<Option<T>, ScriptError> {
        self.value(key).map(|value| self.as_number(key, value)).transpose()
    }

    fn object(&mut self, key: &'static str) -> Result<Option<&'a Map<String, Value>>, ScriptError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        value.as_object().map(Some).ok_or_else(|| self.wrong(key, "an object", value))
    }

    /// A field table, empty where it is not there.
    pub(super) fn table(&mut self, key: &'static str) -> Result<FieldTable, ScriptError> {
        self.object(key)?.map_or(Ok(FieldTable::new()), |map| self.as_table(key, map))
    }

    fn as_table(&self, path: &str, map: &Map<String, Value>) -> Result<FieldTable, ScriptError> {
        let mut table = FieldTable::new();
        for (key, value) in map {
            if key.len() > SHORT_STRING_MAX {
                return Err(self.wrong(
                    path,
                    "an object whose keys have at most 255 bytes",
                    &key.as_str().into(),
                ));
            }
            table.set(key, self.field(&format!("{path}.{key}"), value)?);
        }
        Ok(table)
    }

    fn field(&self, path: &str, value: &Value) -> Result<FieldValue, ScriptError> {
        Ok(match value {
            Value::Null => FieldValue::Void,
            Value::Bool(truth) => FieldValue::Boolean(*truth),
            Value::String(text) => FieldValue::LongString(text.as_str().into()),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => FieldValue::Integer(integer),
                (None, Some(double)) if !number.is_u64() => FieldValue::Double(double.to_bits()),
                _ => return Err(self.wrong(path, "an integer of at most 64 bits, signed", value)),
            },
            Value::Array(values) => FieldValue::Array(
                values.iter().map(|value| self.field(path, value)).collect::<Result<_, _>>()?,
            ),
            Value::Object(map) => FieldValue::Table(self.as_table(path, map)?),
        })
    }

    /// The properties of a message. A property that is `null` is not set.
    pub(super) fn properties(&mut self) -> Result<Properties, ScriptError> {
        let Some(map) = self.object("properties")? else { return Ok(Properties::default()) };
        let set: Map<String, Value> =
            map.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
        let mut at = self.inner(&set);
        let mut properties = Properties {
            content_type: at.given("content_type")?.map(Into::into),
            content_encoding: at.given("content_encoding")?.map(Into::into),
            headers: None,
            delivery_mode: at.number_given("delivery_mode")?,
            priority: at.number_given("priority")?,
            correlation_id: at.given("correlation_id")?.map(Into::into),
            reply_to: at.given("reply_to")?.map(Into::into),
            expiration: at.given("expiration")?.map(Into::into),
            message_id: at.given("message_id")?.map(Into::into),
            timestamp: at.number_given("timestamp")?,
            kind: at.given("type")?.map(Into::into),
            user_id: at.given("user_id")?.map(Into::into),
            app_id: at.given("app_id")?.map(Into::into),
        };
        if let Some(headers) = at.object("headers")? {
            properties.headers = Some(at.as_table("headers", headers)?);
        }
        at.finish()?;
        Ok(properties)
    }

    /// Every key of the step must have been asked for.
    pub(super) fn finish(self) -> Result<(), ScriptError> {
        match self.values.keys().find(|key| !self.known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<_> =
                    self.known.iter().copied().filter(|&key| key != "do" && key != "saw").collect();
                Err(self.error(Some(key), Problem::UnknownKey { nearest: nearest(key, &known), known }))
            }
        }
    }
}

/// An unsigned integer of the protocol.
pub(super) trait Count: TryFrom<u64> {
    /// Its range in words.
    const RANGE: &'static str;
}

impl Count for u8 {
    const RANGE: &'static str = "an integer from 0 to 255";
}

impl Count for u16 {
    const RANGE: &'static str = "an integer from 0 to 65535";
}

impl Count for u32 {
    const RANGE: &'static str = "an integer from 0 to 4294967295";
}

impl Count for u64 {
    const RANGE: &'static str = "an integer that is 0 or more";
}
