//! The simulated system around the broker: clients, connections, links and faults; the only implementor of
//! [`crate::engine::Model`]. Knows neither files nor statistics.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod ack_batch;
mod answers;
mod attempts;
mod backoff;
mod books;
mod cancellation;
mod client;
mod conclusion;
mod confirming;
mod connection;
mod consumer;
mod consuming;
mod content;
mod crash_point;
mod discipline;
mod dispatch_draws;
mod downstream;
mod effects;
mod event;
mod fates;
mod fault;
mod frame;
mod hand;
mod hands;
mod held;
mod link;
mod loss_log;
mod measuring;
mod message_books;
mod operator;
mod parting;
mod producer;
mod publishing;
mod reader_books;
mod reconnecting;
mod record;
mod republishing;
mod run;
mod script;
mod spec;
mod system;

pub use crate::observe::Conclusion;
pub use backoff::{BackoffKind, BackoffSpec};
pub use conclusion::RefuseBy;
pub use crash_point::{Aftermath, CrashRun, Losses};
pub use downstream::{CallSpec, DownstreamSpec};
pub use event::SystemEvent;
pub use fault::{
    Alarm, BrokerRestart, Condition, ConnectionLoss, ConsumerCrash, CrashBy, FaultKind, FaultSpec, NodeCrash,
    ProducerCrash, ProducerCrashBy, QueueCrash, Repeats, Resource, Trigger,
};
pub use hand::{HandMessage, channel};
pub use measuring::{arrivals_end, populations};
pub use operator::{OperatorSpec, PermissionSpec, PolicySpec, Refusal, UserSpec, refusals};
pub use record::{Lean, Recorder, Recording};
pub use run::{simulate, simulate_recorded};
pub use script::{Call, ClientSpec, StepSpec, When};
pub use spec::{
    AckBatchSpec, Acknowledge, BindingSpec, ChannelSpec, ClassSpec, ConnectionSpec, ConsumerSpec,
    Declaration, ExchangeSpec, KeptQueues, MessageSpec, Pace, ProducerSpec, QueueSpec, SystemSpec,
    TopologySpec,
};
pub use system::System;
