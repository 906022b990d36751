//! What a store is like: one struct of named settings, of which the known stores are values.

use super::{ClusterSpec, DiskSpec};
use crate::units::SimDuration;

/// Which step of the store answers a publish in confirm mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmAfter {
    /// None: the message has arrived.
    Arrival,
    /// It is written to its file: the operating system has it.
    Write,
    /// The file is synced: the disk has it.
    Sync,
}

/// How one kind of queue keeps its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSpec {
    /// The preset that it is made from.
    pub name: &'static str,
    /// Which step answers a publish.
    pub confirm_after: ConfirmAfter,
    /// A flush ends with a sync of the file.
    pub sync: bool,
    /// So does one because the buffer is full.
    pub sync_when_full: bool,
    /// It flushes as soon as it has anything to write, not only when a confirm waits.
    pub eager: bool,
    /// One write takes at most so many records; 0: all that wait.
    pub batch_max: u32,
    /// Every entry of the journal counts towards a flush: two for a publish, one for an acknowledgement. It flushes when
    /// there are more than this since the last such flush; 0: never.
    pub journal_entries_max: u32,
    /// It flushes when so many messages wait in the buffer; 0: never.
    pub buffered_messages_max: u32,
    /// It writes acknowledgements when so many wait in the buffer; 0: never.
    pub buffered_acks_max: u32,
    /// It writes bodies when so many bytes of them wait in the buffer; 0: never. For stores with separate bodies.
    pub buffered_bytes_max: u64,
    /// Small bodies are in a file of their own beside the index, not in it.
    pub separate_bodies: bool,
    /// What fills one of the two buffers writes both.
    pub flush_together: bool,
    /// A message that is acknowledged while it is in the buffer is never written.
    pub drops_acked: bool,
    /// A file of the index in which all is settled goes at once. For stores whose files take so many messages.
    pub deletes_settled_files: bool,
    /// It flushes after so long without anything to do; `None`: not by that.
    pub idle_flush: Option<SimDuration>,
    /// It flushes before it hibernates: after a while without anything to do that adapts to the traffic.
    pub hibernates: bool,
    /// A file takes so many messages, and then comes the next; 0: one file for all.
    pub file_messages: u32,
    /// Bodies from this size on, in bytes, are in the store that the queues of a virtual host share; 0: none.
    pub shared_from: u32,
    /// That shared store syncs what it writes, and its step of a confirm is the sync.
    pub shared_sync: bool,
    /// How many bytes a file of the shared store takes; 0: one file for all.
    pub shared_file_size: u64,
    /// Bytes on disk beyond the body.
    pub overhead: u32,
    /// How long the queue's process takes for a message that it keeps. With 0 here and for transient ones its mailbox is
    /// always empty.
    pub service_time: SimDuration,
    /// The same for one that it does not keep.
    pub transient_service_time: SimDuration,
    /// How long it lets a confirm wait while its mailbox never gets empty.
    pub sync_timer: SimDuration,
}

impl StoreSpec {
    /// Whether a publish is answered before anything of it is written.
    pub fn confirms_on_arrival(&self) -> bool {
        self.confirm_after == ConfirmAfter::Arrival
    }

    /// Messages may wait for the queue's process.
    pub fn takes_time(&self) -> bool {
        self.service_time.max(self.transient_service_time) > SimDuration::ZERO
    }
}

/// The storage of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSpec {
    /// How classic queues keep their messages.
    pub classic: StoreSpec,
    /// How those with `x-queue-version` 2 do.
    pub classic_2: StoreSpec,
    /// How quorum queues do.
    pub quorum: StoreSpec,
    /// The disk below.
    pub disk: DiskSpec,
    /// The nodes that keep quorum queues.
    pub cluster: ClusterSpec,
}
