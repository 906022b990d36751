//! What the broker sends, as the JSON objects of `saw`. Knows the form of each answer, not who it is for.

use serde_json::{Map, Value, json};

use crate::amqp::{FieldTable, FieldValue, Message, Name, Names, Properties, ServerMethod};

/// The names of all answers, those that are no methods included, in alphabetical order.
pub(super) const ANSWERS: &[&str] = &[
    "basic.cancel",
    "basic.cancel-ok",
    "basic.consume-ok",
    "basic.deliver",
    "basic.get-empty",
    "basic.get-ok",
    "basic.qos-ok",
    "basic.recover-ok",
    "basic.return",
    "channel.close",
    "channel.close-ok",
    "channel.flow-ok",
    "channel.open-ok",
    "closed",
    "confirm",
    "confirm.select-ok",
    "connection.close",
    "connection.close-ok",
    "connection.open-ok",
    "exchange.bind-ok",
    "exchange.declare-ok",
    "exchange.delete-ok",
    "exchange.unbind-ok",
    "queue.bind-ok",
    "queue.declare-ok",
    "queue.delete-ok",
    "queue.purge-ok",
    "queue.unbind-ok",
    "tx.commit-ok",
    "tx.rollback-ok",
    "tx.select-ok",
];

/// The answer that `method` on the channel with the script's name `ch` is; `None` for confirms, which are collected,
/// and for methods of the connection.
pub(super) fn on_channel(method: &ServerMethod, ch: &str, names: &Names) -> Option<Value> {
    let text = |name: &Name| names.text(*name);
    Some(match method {
        ServerMethod::ChannelClose { code, text } => {
            json!({"got": "channel.close", "ch": ch, "reply_code": code.number(), "reply_text": &**text})
        }
        ServerMethod::ChannelFlowOk { active } => {
            json!({"got": "channel.flow-ok", "ch": ch, "active": active})
        }
        ServerMethod::QueueDeclareOk { queue, message_count, consumer_count } => json!({
            "got": "queue.declare-ok", "ch": ch, "queue": text(queue),
            "message_count": message_count, "consumer_count": consumer_count,
        }),
        ServerMethod::QueuePurgeOk { message_count } => {
            json!({"got": "queue.purge-ok", "ch": ch, "message_count": message_count})
        }
        ServerMethod::QueueDeleteOk { message_count } => {
            json!({"got": "queue.delete-ok", "ch": ch, "message_count": message_count})
        }
        ServerMethod::BasicConsumeOk { consumer_tag } => {
            json!({"got": "basic.consume-ok", "ch": ch, "consumer_tag": text(consumer_tag)})
        }
        ServerMethod::BasicCancel { consumer_tag } => {
            json!({"got": "basic.cancel", "ch": ch, "consumer_tag": text(consumer_tag)})
        }
        ServerMethod::BasicDeliver(delivery) => json!({
            "got": "basic.deliver", "ch": ch, "consumer_tag": text(&delivery.consumer_tag),
            "delivery_tag": delivery.delivery_tag, "redelivered": delivery.redelivered,
            "exchange": text(&delivery.exchange), "routing_key": text(&delivery.routing_key),
            "properties": properties(&delivery.message.properties()), "body": body(&delivery.message),
        }),
        ServerMethod::BasicGetOk(got) => json!({
            "got": "basic.get-ok", "ch": ch, "delivery_tag": got.delivery_tag, "redelivered": got.redelivered,
            "exchange": text(&got.exchange), "routing_key": text(&got.routing_key),
            "message_count": got.message_count,
            "properties": properties(&got.message.properties()), "body": body(&got.message),
        }),
        ServerMethod::BasicReturn(back) => json!({
            "got": "basic.return", "ch": ch, "reply_code": back.code.number(), "reply_text": &*back.text,
            "exchange": text(&back.exchange), "routing_key": text(&back.routing_key), "body": body(&back.message),
        }),
        other => json!({"got": bare_name(other)?, "ch": ch}),
    })
}

/// The name of a method that says nothing but its name.
fn bare_name(method: &ServerMethod) -> Option<&'static str> {
    Some(match method {
        ServerMethod::ChannelOpenOk => "channel.open-ok",
        ServerMethod::ChannelCloseOk => "channel.close-ok",
        ServerMethod::ExchangeDeclareOk => "exchange.declare-ok",
        ServerMethod::ExchangeDeleteOk => "exchange.delete-ok",
        ServerMethod::ExchangeBindOk => "exchange.bind-ok",
        ServerMethod::ExchangeUnbindOk => "exchange.unbind-ok",
        ServerMethod::QueueBindOk => "queue.bind-ok",
        ServerMethod::QueueUnbindOk => "queue.unbind-ok",
        ServerMethod::BasicQosOk => "basic.qos-ok",
        ServerMethod::BasicCancelOk { .. } => "basic.cancel-ok",
        ServerMethod::BasicGetEmpty => "basic.get-empty",
        ServerMethod::BasicRecoverOk => "basic.recover-ok",
        ServerMethod::ConfirmSelectOk => "confirm.select-ok",
        ServerMethod::TxSelectOk => "tx.select-ok",
        ServerMethod::TxCommitOk => "tx.commit-ok",
        ServerMethod::TxRollbackOk => "tx.rollback-ok",
        _ => return None,
    })
}

/// The answer that `method` of the connection with the script's name `conn` is; `None` for methods of channels.
pub(super) fn on_connection(method: &ServerMethod, conn: &str) -> Option<Value> {
    Some(match method {
        ServerMethod::ConnectionOpenOk => json!({"got": "connection.open-ok", "conn": conn}),
        ServerMethod::ConnectionCloseOk => json!({"got": "connection.close-ok", "conn": conn}),
        ServerMethod::ConnectionClose { code, text } => {
            json!({"got": "connection.close", "conn": conn, "reply_code": code.number(), "reply_text": &**text})
        }
        _ => return None,
    })
}

fn body(message: &Message) -> &str {
    message.content.as_ref().map_or("", |content| &content.body)
}

/// The properties that are set, in the order of their names.
fn properties(set: &Properties) -> Value {
    let text = |property: &Option<Box<str>>| property.as_deref().map(Value::from);
    let all = [
        ("app_id", text(&set.app_id)),
        ("content_encoding", text(&set.content_encoding)),
        ("content_type", text(&set.content_type)),
        ("correlation_id", text(&set.correlation_id)),
        ("delivery_mode", set.delivery_mode.map(Value::from)),
        ("expiration", text(&set.expiration)),
        ("headers", set.headers.as_ref().map(headers)),
        ("message_id", text(&set.message_id)),
        ("priority", set.priority.map(Value::from)),
        ("reply_to", text(&set.reply_to)),
        ("timestamp", set.timestamp.map(Value::from)),
        ("type", text(&set.kind)),
        ("user_id", text(&set.user_id)),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// Headers without the instants in `x-death`.
fn headers(table: &FieldTable) -> Value {
    let mut headers = object(table);
    for death in headers.get_mut("x-death").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(death) = death.as_object_mut() {
            death.shift_remove("time");
        }
    }
    headers.into()
}

fn object(table: &FieldTable) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.to_owned(), field(value))).collect()
}

#[expect(
    clippy::disallowed_types,
    reason = "a double in a header is shown as one; nothing is computed with it"
)]
fn field(value: &FieldValue) -> Value {
    match value {
        FieldValue::Void => Value::Null,
        FieldValue::Boolean(truth) => (*truth).into(),
        FieldValue::Integer(integer) => (*integer).into(),
        FieldValue::Timestamp(seconds) => (*seconds).into(),
        FieldValue::Double(bits) => f64::from_bits(*bits).into(),
        FieldValue::LongString(text) => (&**text).into(),
        FieldValue::Array(values) => values.iter().map(field).collect::<Vec<_>>().into(),
        FieldValue::Table(table) => object(table).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_set_properties_are_shown_and_deaths_have_no_time() {
        let death: FieldTable =
            [("count", 1.into()), ("time", FieldValue::Timestamp(5))].into_iter().collect();
        let headers: FieldTable = [
            ("x-death", FieldValue::Array(vec![FieldValue::Table(death)])),
            ("half", FieldValue::Double(0.5f64.to_bits())),
            ("none", FieldValue::Void),
        ]
        .into_iter()
        .collect();
        let set = Properties { headers: Some(headers), kind: Some("t".into()), ..Properties::default() };
        assert_eq!(
            properties(&set),
            json!({"headers": {"x-death": [{"count": 1}], "half": 0.5, "none": null}, "type": "t"})
        );
        assert_eq!(properties(&Properties::default()), json!({}));
    }
}
