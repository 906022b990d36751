//! Field tables: the `arguments` of declarations and the `headers` of messages.

/// One value of a field table, with its AMQP type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// `V`: no value, null.
    Void,
    /// `t`: true or false.
    Boolean(bool),
    /// `b`, `s`, `I`, `l` and their unsigned kin: an integer. Integers compare by value, whatever their width on the wire.
    Integer(i64),
    /// `T`: seconds since 1970.
    Timestamp(u64),
    /// `d` or `f`: a floating-point number, held as the bits of an IEEE double and compared by them.
    Double(u64),
    /// `S`: a long string.
    LongString(Box<str>),
    /// `A`: values in order.
    Array(Vec<FieldValue>),
    /// `F`: a table in a table.
    Table(FieldTable),
}

impl FieldValue {
    /// The name of the type in RabbitMQ's error texts. Source: rule EX-13; `rabbit_binary_parser`.
    pub fn type_name(&self) -> &'static str {
        match self {
            FieldValue::Void => "void",
            FieldValue::Boolean(_) => "bool",
            FieldValue::Integer(i) if i32::try_from(*i).is_ok() => "signedint",
            FieldValue::Integer(_) => "long",
            FieldValue::Timestamp(_) => "timestamp",
            FieldValue::Double(_) => "double",
            FieldValue::LongString(_) => "longstr",
            FieldValue::Array(_) => "array",
            FieldValue::Table(_) => "table",
        }
    }

    /// The value as Erlang prints a term, which is how it stands in RabbitMQ's error texts.
    pub fn as_erlang(&self) -> String {
        match self {
            FieldValue::Void => "undefined".to_owned(),
            FieldValue::Boolean(truth) => truth.to_string(),
            FieldValue::Integer(number) => number.to_string(),
            FieldValue::Timestamp(seconds) => seconds.to_string(),
            FieldValue::Double(_) => "a floating-point number".to_owned(),
            FieldValue::LongString(text) => format!("<<\"{text}\">>"),
            FieldValue::Array(values) => {
                let terms =
                    values.iter().map(|value| format!("{{{},{}}}", value.type_name(), value.as_erlang()));
                format!("[{}]", terms.collect::<Vec<_>>().join(","))
            }
            FieldValue::Table(table) => {
                let terms = table.iter().map(|(key, value)| {
                    format!("{{<<\"{key}\">>,{},{}}}", value.type_name(), value.as_erlang())
                });
                format!("[{}]", terms.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// The text, if this is a long string.
    pub fn as_str(&self) -> Option<&str> {
        if let FieldValue::LongString(s) = self { Some(s) } else { None }
    }

    /// The number, if this is an integer.
    pub fn as_integer(&self) -> Option<i64> {
        if let FieldValue::Integer(i) = self { Some(*i) } else { None }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        if let FieldValue::Boolean(b) = self { Some(*b) } else { None }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        FieldValue::LongString(text.into())
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        FieldValue::Integer(number)
    }
}

impl From<bool> for FieldValue {
    fn from(truth: bool) -> Self {
        FieldValue::Boolean(truth)
    }
}

/// Keys with values, in order of arrival, each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldTable(Vec<(Box<str>, FieldValue)>);

impl FieldTable {
    /// A table without keys.
    pub const fn new() -> Self {
        FieldTable(Vec::new())
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&FieldValue> {
        self.0.iter().find(|(k, _)| &**k == key).map(|(_, v)| v)
    }

    /// Sets `key`, at its present place if it has one, else at the end.
    pub fn set(&mut self, key: &str, value: impl Into<FieldValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(k, _)| &**k == key) {
            Some(entry) => entry.1 = value,
            None => self.0.push((key.into(), value)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<FieldValue> {
        let at = self.0.iter().position(|(k, _)| &**k == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keys and values in order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FieldValue)> {
        self.0.iter().map(|(k, v)| (&**k, v))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same keys and values, whatever their order. Source: rule BND-1, arguments are compared sorted by key.
    pub fn same_as(&self, other: &FieldTable) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<'a> FromIterator<(&'a str, FieldValue)> for FieldTable {
    fn from_iter<I: IntoIterator<Item = (&'a str, FieldValue)>>(entries: I) -> Self {
        let mut table = FieldTable::new();
        for (key, value) in entries {
            table.set(key, value);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_the_same_in_any_order() {
        let a: FieldTable = [("x", 1.into()), ("y", "z".into())].into_iter().collect();
        let b: FieldTable = [("y", "z".into()), ("x", 1.into())].into_iter().collect();
        assert!(a.same_as(&b));
        assert!(!a.same_as(&[("x", 1.into())].into_iter().collect()));
        assert!(!a.same_as(&[("x", 2.into()), ("y", "z".into())].into_iter().collect()));
    }

    #[test]
    fn an_integer_is_a_long_where_32_bits_do_not_hold_it() {
        assert_eq!(FieldValue::from(3).type_name(), "signedint");
        assert_eq!(FieldValue::from(1 << 40).type_name(), "long");
    }
}
