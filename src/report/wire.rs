//! Methods in AMQP's own words: name and arguments, for traces and stories. Knows no state.
//!
//! An argument at its default is left out, except the flags that decide what becomes of a delivery.

use std::fmt;

use serde_json::Value as Json;

use crate::amqp::{
    BasicPublish, BindArguments, DeliveryMode, FieldTable, FieldValue, Message, MessageId, Method, Name,
    Names, ServerMethod,
};

/// The value of a detail: text, a whole number or a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Text; quoted where it would not be one word.
    Text(String),
    /// A number.
    Number(u64),
    /// True or false.
    Flag(bool),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text)
                if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '"') =>
            {
                write!(f, "{text:?}")
            }
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => write!(f, "{number}"),
            Value::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Json {
        match value {
            Value::Text(text) => text.into(),
            Value::Number(number) => number.into(),
            Value::Flag(flag) => flag.into(),
        }
    }
}

/// Keys with values, in order.
pub(super) type Details = Vec<(&'static str, Value)>;

/// A method with its arguments in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// For example `basic.publish`.
    pub(super) method: &'static str,
    /// The message that it carries.
    pub(super) message: Option<MessageId>,
    /// Its arguments.
    pub(super) arguments: Details,
}

/// `basic.ack(delivery-tag=3, multiple=false)`
impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method)?;
        let mut open = "(";
        for (key, value) in &self.arguments {
            write!(f, "{open}{key}={value}")?;
            open = ", ";
        }
        if self.arguments.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl Words {
    fn new(method: &'static str) -> Self {
        Words { method, message: None, arguments: Vec::new() }
    }

    fn text(mut self, key: &'static str, text: impl Into<String>) -> Self {
        self.arguments.push((key, Value::Text(text.into())));
        self
    }

    fn number(mut self, key: &'static str, number: impl Into<u64>) -> Self {
        self.arguments.push((key, Value::Number(number.into())));
        self
    }

    fn flag(mut self, key: &'static str, flag: bool) -> Self {
        self.arguments.push((key, Value::Flag(flag)));
        self
    }

    fn set(self, key: &'static str, flag: bool) -> Self {
        if flag { self.flag(key, true) } else { self }
    }

    fn table(self, table: &FieldTable) -> Self {
        if table.is_empty() { self } else { self.text("arguments", table_text(table)) }
    }

    fn ends(self, names: &Names, bind: &BindArguments) -> Self {
        self.text("source", names.text(bind.source))
            .text("destination", names.text(bind.destination))
            .text("routing-key", names.text(bind.routing_key))
            .table(&bind.arguments)
    }

    fn address(self, names: &Names, exchange: Name, routing_key: Name) -> Self {
        self.text("exchange", names.text(exchange)).text("routing-key", names.text(routing_key))
    }

    fn deaths(self, message: &Message) -> Self {
        let headers = message.content.as_ref().and_then(|content| content.properties.headers.as_ref());
        match headers.and_then(|headers| headers.get("x-death")) {
            Some(FieldValue::Array(deaths)) => {
                self.text("x-death", deaths.iter().map(death_text).collect::<Vec<_>>().join(", "))
            }
            _ => self,
        }
    }

    fn carrying(mut self, message: &Message) -> Self {
        self.message = Some(message.id);
        self
    }
}

fn value_text(value: &FieldValue) -> String {
    match value {
        FieldValue::Void => "void".to_owned(),
        FieldValue::Boolean(truth) => truth.to_string(),
        FieldValue::Integer(number) => number.to_string(),
        FieldValue::Timestamp(seconds) => format!("{seconds}s"),
        FieldValue::Double(bits) => format!("0x{bits:016x}"),
        FieldValue::LongString(text) => text.to_string(),
        FieldValue::Array(values) => {
            format!("[{}]", values.iter().map(value_text).collect::<Vec<_>>().join(","))
        }
        FieldValue::Table(table) => table_text(table),
    }
}

/// An entry of `x-death`: `work rejected 2`.
fn death_text(death: &FieldValue) -> String {
    let FieldValue::Table(table) = death else { return value_text(death) };
    let told = ["queue", "reason", "count"].iter().filter_map(|key| table.get(key));
    told.map(value_text).collect::<Vec<_>>().join(" ")
}

/// `{x-max-length:3,x-overflow:reject-publish}`
fn table_text(table: &FieldTable) -> String {
    let entries: Vec<_> = table.iter().map(|(key, value)| format!("{key}:{}", value_text(value))).collect();
    format!("{{{}}}", entries.join(","))
}

fn publish(names: &Names, publish: &BasicPublish) -> Words {
    let message = &publish.message;
    let mut words = Words::new("basic.publish")
        .carrying(message)
        .address(names, publish.exchange, publish.routing_key)
        .set("mandatory", publish.mandatory)
        .set("immediate", publish.immediate);
    if message.delivery_mode == DeliveryMode::Persistent {
        words = words.number("delivery-mode", 2u64);
    }
    if message.priority > 0 {
        words = words.number("priority", message.priority);
    }
    if let Some(content) = &message.content {
        let properties = &content.properties;
        let texts = [
            ("expiration", &properties.expiration),
            ("correlation-id", &properties.correlation_id),
            ("reply-to", &properties.reply_to),
            ("type", &properties.kind),
            ("user-id", &properties.user_id),
            ("app-id", &properties.app_id),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                words = words.text(key, &**text);
            }
        }
        if let Some(headers) = &properties.headers {
            words = words.text("headers", table_text(headers));
        }
    }
    words.number("body-size", message.size)
}

/// A client's method in words.
pub(super) fn client(names: &Names, method: &Method) -> Words {
    match method {
        Method::ConnectionClose => Words::new("connection.close"),
        Method::ChannelOpen => Words::new("channel.open"),
        Method::ChannelClose => Words::new("channel.close"),
        Method::ChannelCloseOk => Words::new("channel.close-ok"),
        Method::ChannelFlow { active } => Words::new("channel.flow").flag("active", *active),
        Method::BasicQos { prefetch_size, prefetch_count, global } => {
            let words = Words::new("basic.qos");
            let words =
                if *prefetch_size > 0 { words.number("prefetch-size", *prefetch_size) } else { words };
            words.number("prefetch-count", *prefetch_count).set("global", *global)
        }
        Method::BasicConsume(consume) => Words::new("basic.consume")
            .text("queue", names.text(consume.queue))
            .text("consumer-tag", names.text(consume.consumer_tag))
            .set("no-ack", consume.no_ack)
            .set("exclusive", consume.exclusive)
            .table(&consume.arguments),
        Method::BasicCancel { consumer_tag } => {
            Words::new("basic.cancel").text("consumer-tag", names.text(*consumer_tag))
        }
        Method::BasicPublish(details) => publish(names, details),
        Method::BasicGet { queue, no_ack } => {
            Words::new("basic.get").text("queue", names.text(*queue)).set("no-ack", *no_ack)
        }
        Method::BasicAck { delivery_tag, multiple } => {
            Words::new("basic.ack").number("delivery-tag", *delivery_tag).flag("multiple", *multiple)
        }
        Method::BasicNack { delivery_tag, multiple, requeue } => Words::new("basic.nack")
            .number("delivery-tag", *delivery_tag)
            .flag("multiple", *multiple)
            .flag("requeue", *requeue),
        Method::BasicReject { delivery_tag, requeue } => {
            Words::new("basic.reject").number("delivery-tag", *delivery_tag).flag("requeue", *requeue)
        }
        Method::BasicRecover { requeue } => Words::new("basic.recover").flag("requeue", *requeue),
        Method::ConfirmSelect => Words::new("confirm.select"),
        Method::TxSelect => Words::new("tx.select"),
        Method::TxCommit => Words::new("tx.commit"),
        Method::TxRollback => Words::new("tx.rollback"),
        Method::ExchangeDeclare(declare) => Words::new("exchange.declare")
            .text("exchange", names.text(declare.exchange))
            .text("type", names.text(declare.kind))
            .set("passive", declare.passive)
            .set("durable", declare.durable)
            .set("auto-delete", declare.auto_delete)
            .set("internal", declare.internal)
            .set("no-wait", declare.no_wait)
            .table(&declare.arguments),
        Method::ExchangeDelete { exchange, if_unused } => {
            Words::new("exchange.delete").text("exchange", names.text(*exchange)).set("if-unused", *if_unused)
        }
        Method::ExchangeBind(bind) => Words::new("exchange.bind").ends(names, bind),
        Method::ExchangeUnbind(bind) => Words::new("exchange.unbind").ends(names, bind),
        Method::QueueDeclare(declare) => Words::new("queue.declare")
            .text("queue", names.text(declare.queue))
            .set("passive", declare.passive)
            .set("durable", declare.durable)
            .set("exclusive", declare.exclusive)
            .set("auto-delete", declare.auto_delete)
            .set("no-wait", declare.no_wait)
            .table(&declare.arguments),
        Method::QueueBind(bind) => Words::new("queue.bind").ends(names, bind),
        Method::QueueUnbind(bind) => Words::new("queue.unbind").ends(names, bind),
        Method::QueuePurge { queue } => Words::new("queue.purge").text("queue", names.text(*queue)),
        Method::QueueDelete { queue, if_unused, if_empty } => Words::new("queue.delete")
            .text("queue", names.text(*queue))
            .set("if-unused", *if_unused)
            .set("if-empty", *if_empty),
    }
}

/// A method of the broker in words.
pub(super) fn server(names: &Names, method: &ServerMethod) -> Words {
    match method {
        ServerMethod::ConnectionOpenOk => Words::new("connection.open-ok"),
        ServerMethod::ConnectionCloseOk => Words::new("connection.close-ok"),
        ServerMethod::ConnectionClose { code, text } => {
            Words::new("connection.close").number("reply-code", code.number()).text("reply-text", &**text)
        }
        ServerMethod::ChannelOpenOk => Words::new("channel.open-ok"),
        ServerMethod::ChannelCloseOk => Words::new("channel.close-ok"),
        ServerMethod::ChannelClose { code, text } => {
            Words::new("channel.close").number("reply-code", code.number()).text("reply-text", &**text)
        }
        ServerMethod::ChannelFlowOk { active } => Words::new("channel.flow-ok").flag("active", *active),
        ServerMethod::ExchangeDeclareOk => Words::new("exchange.declare-ok"),
        ServerMethod::ExchangeDeleteOk => Words::new("exchange.delete-ok"),
        ServerMethod::ExchangeBindOk => Words::new("exchange.bind-ok"),
        ServerMethod::ExchangeUnbindOk => Words::new("exchange.unbind-ok"),
        ServerMethod::QueueDeclareOk { queue, message_count, consumer_count } => {
            Words::new("queue.declare-ok")
                .text("queue", names.text(*queue))
                .number("message-count", *message_count)
                .number("consumer-count", *consumer_count)
        }
        ServerMethod::QueueBindOk => Words::new("queue.bind-ok"),
        ServerMethod::QueueUnbindOk => Words::new("queue.unbind-ok"),
        ServerMethod::QueuePurgeOk { message_count } => {
            Words::new("queue.purge-ok").number("message-count", *message_count)
        }
        ServerMethod::QueueDeleteOk { message_count } => {
            Words::new("queue.delete-ok").number("message-count", *message_count)
        }
        ServerMethod::BasicQosOk => Words::new("basic.qos-ok"),
        ServerMethod::BasicConsumeOk { consumer_tag } => {
            Words::new("basic.consume-ok").text("consumer-tag", names.text(*consumer_tag))
        }
        ServerMethod::BasicCancelOk { consumer_tag } => {
            Words::new("basic.cancel-ok").text("consumer-tag", names.text(*consumer_tag))
        }
        ServerMethod::BasicCancel { consumer_tag } => {
            Words::new("basic.cancel").text("consumer-tag", names.text(*consumer_tag))
        }
        ServerMethod::BasicRecoverOk => Words::new("basic.recover-ok"),
        ServerMethod::ConfirmSelectOk => Words::new("confirm.select-ok"),
        ServerMethod::TxSelectOk => Words::new("tx.select-ok"),
        ServerMethod::TxCommitOk => Words::new("tx.commit-ok"),
        ServerMethod::TxRollbackOk => Words::new("tx.rollback-ok"),
        ServerMethod::ConnectionBlocked { reason } => {
            Words::new("connection.blocked").text("reason", &**reason)
        }
        ServerMethod::ConnectionUnblocked => Words::new("connection.unblocked"),
        ServerMethod::BasicDeliver(deliver) => Words::new("basic.deliver")
            .carrying(&deliver.message)
            .text("consumer-tag", names.text(deliver.consumer_tag))
            .number("delivery-tag", deliver.delivery_tag)
            .flag("redelivered", deliver.redelivered)
            .address(names, deliver.exchange, deliver.routing_key)
            .deaths(&deliver.message),
        ServerMethod::BasicGetOk(got) => Words::new("basic.get-ok")
            .carrying(&got.message)
            .number("delivery-tag", got.delivery_tag)
            .flag("redelivered", got.redelivered)
            .number("message-count", got.message_count)
            .address(names, got.exchange, got.routing_key)
            .deaths(&got.message),
        ServerMethod::BasicGetEmpty => Words::new("basic.get-empty"),
        ServerMethod::BasicReturn(back) => Words::new("basic.return")
            .carrying(&back.message)
            .number("reply-code", back.code.number())
            .text("reply-text", &*back.text)
            .address(names, back.exchange, back.routing_key),
        ServerMethod::BasicAck { delivery_tag, multiple } => {
            Words::new("basic.ack").number("delivery-tag", *delivery_tag).flag("multiple", *multiple)
        }
        ServerMethod::BasicNack { delivery_tag, multiple } => {
            Words::new("basic.nack").number("delivery-tag", *delivery_tag).flag("multiple", *multiple)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::amqp::{Content, Properties};

    /// Source: rule DLX-4.
    #[test]
    fn deaths_are_told_with_queue_reason_and_count() {
        let mut death = FieldTable::default();
        for (key, value) in [("reason", "rejected"), ("queue", "work")] {
            death.set(key, FieldValue::LongString(value.into()));
        }
        death.set("count", FieldValue::Integer(2));
        let mut headers = FieldTable::default();
        headers.set("x-death", FieldValue::Array(vec![FieldValue::Table(death)]));
        let properties = Properties { headers: Some(headers), ..Properties::default() };
        let content = Some(Arc::new(Content { properties, ..Content::default() }));
        let message = Message { content, ..Message::default() };
        assert_eq!(
            Words::new("basic.deliver").deaths(&message).to_string(),
            "basic.deliver(x-death=\"work rejected 2\")"
        );
    }
}
