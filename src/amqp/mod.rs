//! The words of AMQP 0-9-1: ids, names, methods, properties, field tables and reply codes.
//! Holds no behaviour and knows nothing of queues' states.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod field_table;
mod ids;
mod message;
mod method;
mod names;
mod reply_code;

pub use field_table::{FieldTable, FieldValue};
pub use ids::{
    ChannelNo, ChannelRef, ConnectionId, ConsumerId, DeliveryTag, ProducerId, PublishSeqNo, QueueId, VhostId,
};
pub use message::{Content, DeliveryMode, Message, MessageId, Properties};
pub use method::{
    BasicConsume, BasicPublish, BindArguments, Delivery, ExchangeDeclare, GetOk, Method, QueueDeclare,
    Return, ServerMethod,
};
pub use names::{Name, Names, in_vhost};
pub use reply_code::ReplyCode;
