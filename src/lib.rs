//! amqpsim: a deterministic discrete-event simulator of AMQP 0-9-1 broker semantics, RabbitMQ's.

pub mod units;

pub mod amqp;
pub mod random;
pub mod rules;

pub mod broker;
pub mod engine;
pub mod measure;
pub mod observe;
pub mod stats;

pub mod check;
pub mod conform;
pub mod model;
pub mod report;

pub mod scenario;

pub mod experiment;
