//! Messages: what a publish carries. The simulator knows a body by its size; scripts carry its bytes as well.

use std::fmt;
use std::sync::Arc;

use super::{FieldTable, ProducerId};
use crate::units::SimTime;

/// Whether a message asks to be kept on disk. Source: `basic.properties.delivery-mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliveryMode {
    /// 1 or absent: may be lost when the broker stops.
    #[default]
    Transient,
    /// 2: survives a restart in a durable queue.
    Persistent,
}

/// Which message this is: the n-th of its producer. The copies of a message in several queues share it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// Who published it.
    pub producer: ProducerId,
    /// The producer's count, from 1 on.
    pub number: u32,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.number)
    }
}

/// `basic.properties`: `None` where a property is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// MIME type of the body.
    pub content_type: Option<Box<str>>,
    /// MIME encoding of the body.
    pub content_encoding: Option<Box<str>>,
    /// Free headers; `x-death`, `CC` and `BCC` have a meaning to the broker.
    pub headers: Option<FieldTable>,
    /// 1 transient, 2 persistent.
    pub delivery_mode: Option<u8>,
    /// 0 (the lowest) to 255.
    pub priority: Option<u8>,
    /// Ties a reply to its request.
    pub correlation_id: Option<Box<str>>,
    /// Where the reply should go.
    pub reply_to: Option<Box<str>>,
    /// Time to live in milliseconds, as decimal text.
    pub expiration: Option<Box<str>>,
    /// The application's id of the message.
    pub message_id: Option<Box<str>>,
    /// Seconds since 1970, by the application.
    pub timestamp: Option<u64>,
    /// The application's type of the message.
    pub kind: Option<Box<str>>,
    /// The user who published; checked by the broker if set.
    pub user_id: Option<Box<str>>,
    /// The application's name.
    pub app_id: Option<Box<str>>,
}

/// What few messages have: properties beyond delivery mode and priority, and a body whose bytes matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// All properties, delivery mode and priority included.
    pub properties: Properties,
    /// The body's text; empty where only its size is simulated.
    pub body: Box<str>,
}

/// A message on its way. Small and cheap to copy: `content` is set for the few that need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Which message this is.
    pub id: MessageId,
    /// When its producer published it.
    pub published: SimTime,
    /// Length of the body in bytes.
    pub size: u32,
    /// Whether it asks to be kept on disk.
    pub delivery_mode: DeliveryMode,
    /// 0 where not set.
    pub priority: u8,
    /// Index of its message class in the scenario; 0 is "any other message".
    pub class: u8,
    /// Properties and body, where they matter.
    pub content: Option<Arc<Content>>,
}

impl Message {
    /// All properties that are set, whether or not the message has a content of its own.
    pub fn properties(&self) -> Properties {
        match &self.content {
            Some(content) => content.properties.clone(),
            None => Properties {
                delivery_mode: (self.delivery_mode == DeliveryMode::Persistent).then_some(2),
                priority: (self.priority > 0).then_some(self.priority),
                ..Properties::default()
            },
        }
    }
}
