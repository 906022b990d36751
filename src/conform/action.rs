//! What the steps of a script do: the table of actions with their arguments and default values.
//! Knows the script's names for connections and channels only as text, and nothing of what is open.

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::error::{Problem, ScriptError, nearest};
use crate::amqp::{
    BasicConsume, BasicPublish, BindArguments, ExchangeDeclare, Method, Names, Properties, QueueDeclare,
};
use crate::units::SimDuration;

/// All actions, as `do` names them.
static ACTIONS: [&str; 31] = [
    "connection.open",
    "connection.close",
    "connection.drop",
    "channel.open",
    "channel.close",
    "channel.flow",
    "exchange.declare",
    "exchange.delete",
    "exchange.bind",
    "exchange.unbind",
    "queue.declare",
    "queue.bind",
    "queue.unbind",
    "queue.purge",
    "queue.delete",
    "basic.qos",
    "basic.consume",
    "basic.cancel",
    "basic.publish",
    "basic.get",
    "basic.ack",
    "basic.nack",
    "basic.reject",
    "basic.recover",
    "confirm.select",
    "tx.select",
    "tx.commit",
    "tx.rollback",
    "wait",
    "broker.restart",
    "broker.kill",
];

/// What one step does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// `connection.open`
    OpenConnection(String),
    /// `connection.close`
    CloseConnection(String),
    /// `connection.drop`
    DropConnection(String),
    /// `channel.open`
    OpenChannel { conn: String, ch: String },
    /// A method on the channel `ch`; `made` is the name for what the broker makes up.
    Method { ch: String, method: Method, made: Option<String> },
    /// `basic.publish`, `count` times with numbered bodies if it is given.
    Publish { ch: String, publish: Box<BasicPublish>, content: Box<Publication> },
    /// `wait`
    Wait(SimDuration),
    /// `broker.restart`
    RestartBroker,
    /// `broker.kill`
    KillBroker,
}

/// The content of a publish step.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Publication {
    /// Properties of every message.
    pub(super) properties: Properties,
    /// The body, or what the numbered bodies begin with.
    pub(super) body: String,
    /// How many messages with numbered bodies; `None`: one, with the body as it is.
    pub(super) count: Option<u64>,
}

/// Reads step number `step`; the names in it are interned in `names`.
pub(super) fn read(
    step: usize,
    values: &Map<String, Value>,
    names: &mut Names,
) -> Result<Action, ScriptError> {
    let problem = match values.get("do") {
        Some(Value::String(action)) => return read_named(step, action, values, names),
        Some(got) => Problem::WrongValue { expected: "the name of an action", got: got.to_string().into() },
        None => Problem::Missing,
    };
    Err(ScriptError::of_step(step, "", Some("do"), problem))
}

fn read_named(
    step: usize,
    action: &str,
    values: &Map<String, Value>,
    names: &mut Names,
) -> Result<Action, ScriptError> {
    let mut at = Arguments::new(step, action, values);
    let read = match action {
        "connection.open" => Action::OpenConnection(at.short("conn")?.to_owned()),
        "connection.close" => Action::CloseConnection(at.short("conn")?.to_owned()),
        "connection.drop" => Action::DropConnection(at.short("conn")?.to_owned()),
        "channel.open" => {
            Action::OpenChannel { conn: at.short("conn")?.to_owned(), ch: at.short("ch")?.to_owned() }
        }
        "wait" => Action::Wait(SimDuration::from_millis(at.number("ms")?)),
        "broker.restart" => Action::RestartBroker,
        "broker.kill" => Action::KillBroker,
        "basic.publish" => publish(&mut at, names)?,
        _ => {
            let Some(method) = method(action, &mut at, names)? else {
                let problem = Problem::UnknownAction {
                    got: action.into(),
                    nearest: nearest(action, &ACTIONS),
                    known: &ACTIONS,
                };
                return Err(ScriptError::of_step(step, "", Some("do"), problem));
            };
            let made = match method {
                Method::QueueDeclare(_) | Method::BasicConsume(_) => at.given("as")?,
                _ => None,
            };
            Action::Method { ch: at.short("ch")?.to_owned(), method, made: made.map(ToOwned::to_owned) }
        }
    };
    at.finish()?;
    Ok(read)
}

/// The method that `action` sends, if there is such an action.
fn method(action: &str, at: &mut Arguments<'_>, names: &mut Names) -> Result<Option<Method>, ScriptError> {
    if !ACTIONS.contains(&action) {
        return Ok(None);
    }
    Ok(match action.split_once('.') {
        Some(("exchange", verb)) => Some(exchange_method(verb, at, names)?),
        Some(("queue", verb)) => Some(queue_method(verb, at, names)?),
        Some(("basic", verb)) => Some(basic_method(verb, at, names)?),
        _ => match action {
            "channel.close" => Some(Method::ChannelClose),
            "channel.flow" => Some(Method::ChannelFlow { active: at.demanded_flag("active")? }),
            "confirm.select" => Some(Method::ConfirmSelect),
            "tx.select" => Some(Method::TxSelect),
            "tx.commit" => Some(Method::TxCommit),
            "tx.rollback" => Some(Method::TxRollback),
            _ => None,
        },
    })
}

fn exchange_method(verb: &str, at: &mut Arguments<'_>, names: &mut Names) -> Result<Method, ScriptError> {
    Ok(match verb {
        "declare" => Method::ExchangeDeclare(Box::new(ExchangeDeclare {
            exchange: names.intern(at.short("exchange")?),
            kind: names.intern(at.short_or("type", "direct")?),
            passive: at.flag("passive")?,
            durable: at.flag("durable")?,
            auto_delete: at.flag("auto_delete")?,
            internal: at.flag("internal")?,
            no_wait: false,
            arguments: at.table("arguments")?,
        })),
        "delete" => Method::ExchangeDelete {
            exchange: names.intern(at.short("exchange")?),
            if_unused: at.flag("if_unused")?,
        },
        "bind" => Method::ExchangeBind(binding("source", "destination", at, names)?),
        _ => Method::ExchangeUnbind(binding("source", "destination", at, names)?),
    })
}

fn queue_method(verb: &str, at: &mut Arguments<'_>, names: &mut Names) -> Result<Method, ScriptError> {
    Ok(match verb {
        "declare" => Method::QueueDeclare(Box::new(QueueDeclare {
            queue: names.intern(at.short("queue")?),
            passive: at.flag("passive")?,
            durable: at.flag("durable")?,
            exclusive: at.flag("exclusive")?,
            auto_delete: at.flag("auto_delete")?,
            no_wait: false,
            arguments: at.table("arguments")?,
        })),
        "bind" => Method::QueueBind(binding("exchange", "queue", at, names)?),
        "unbind" => Method::QueueUnbind(binding("exchange", "queue", at, names)?),
        "purge" => Method::QueuePurge { queue: names.intern(at.short("queue")?) },
        _ => Method::QueueDelete {
            queue: names.intern(at.short("queue")?),
            if_unused: at.flag("if_unused")?,
            if_empty: at.flag("if_empty")?,
        },
    })
}

fn binding(
    source: &'static str,
    destination: &'static str,
    at: &mut Arguments<'_>,
    names: &mut Names,
) -> Result<Box<BindArguments>, ScriptError> {
    Ok(Box::new(BindArguments {
        source: names.intern(at.short(source)?),
        destination: names.intern(at.short(destination)?),
        routing_key: names.intern(at.short_or("routing_key", "")?),
        arguments: at.table("arguments")?,
    }))
}

fn basic_method(verb: &str, at: &mut Arguments<'_>, names: &mut Names) -> Result<Method, ScriptError> {
    Ok(match verb {
        "qos" => Method::BasicQos {
            prefetch_size: at.number_given("prefetch_size")?.unwrap_or(0),
            prefetch_count: at.number("prefetch_count")?,
            global: at.flag("global")?,
        },
        "consume" => Method::BasicConsume(Box::new(BasicConsume {
            queue: names.intern(at.short("queue")?),
            consumer_tag: names.intern(at.short("consumer_tag")?),
            no_ack: at.flag("no_ack")?,
            exclusive: at.flag("exclusive")?,
            arguments: at.table("arguments")?,
        })),
        "cancel" => Method::BasicCancel { consumer_tag: names.intern(at.short("consumer_tag")?) },
        "get" => Method::BasicGet { queue: names.intern(at.short("queue")?), no_ack: at.flag("no_ack")? },
        "ack" => {
            Method::BasicAck { delivery_tag: at.number("delivery_tag")?, multiple: at.flag("multiple")? }
        }
        "nack" => Method::BasicNack {
            delivery_tag: at.number("delivery_tag")?,
            multiple: at.flag("multiple")?,
            requeue: at.flag_or_true("requeue")?,
        },
        "reject" => Method::BasicReject {
            delivery_tag: at.number("delivery_tag")?,
            requeue: at.flag_or_true("requeue")?,
        },
        _ => Method::BasicRecover { requeue: at.flag_or_true("requeue")? },
    })
}

fn publish(at: &mut Arguments<'_>, names: &mut Names) -> Result<Action, ScriptError> {
    let publish = BasicPublish {
        exchange: names.intern(at.short_or("exchange", "")?),
        routing_key: names.intern(at.short_or("routing_key", "")?),
        mandatory: at.flag("mandatory")?,
        immediate: at.flag("immediate")?,
        ..BasicPublish::default()
    };
    let content = Publication {
        body: at.text("body")?.to_owned(),
        count: at.number_given("count")?,
        properties: at.properties()?,
    };
    Ok(Action::Publish {
        ch: at.short("ch")?.to_owned(),
        publish: Box::new(publish),
        content: Box::new(content),
    })
}
