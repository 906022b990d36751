//! How messages get to disk, and what each crash leaves of them: files with three levels (the process's buffer, the
//! operating system's page cache, stable storage), when each store moves its records from one to the next, and presets for
//! the stores of RabbitMQ. Pure: it is told what happens and when, and asks to be woken. Knows no message beyond its size.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod arrival;
mod crash;
mod deletion;
mod disk;
mod file;
mod flush;
mod held;
mod hibernation;
mod log;
mod mailbox;
mod preset;
mod quorum;
mod record;
mod spec;
mod store;
#[cfg(test)]
mod tests;
mod writer;

pub use crash::{Crash, Fate, Leftover};
pub use disk::{DiskSpec, WritebackSpec};
pub use log::ClusterSpec;
pub use preset::{PRESETS, preset, preset_differences};
pub use record::{Copy, Level};
pub use spec::{ConfirmAfter, StorageSpec, StoreSpec};
pub use store::{Asked, Keeps, Sender, Storage, WriterId};
