//! The disk and the operating system's cache above it: how long operations take, and when a file that nobody syncs is
//! written back.

use crate::random::{Distribution, RandomStream};
use crate::units::{SimDuration, SimTime};

/// The disk of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskSpec {
    /// How long a write to the page cache takes.
    pub write_time: Distribution,
    /// How long a sync takes, beside the transfer of its bytes.
    pub sync_time: Distribution,
    /// Bytes that a sync transfers in a second; 0: any number.
    pub bandwidth: u64,
    /// A sync brings what was written to stable storage. Otherwise it only takes its time, as on a disk that says "done"
    /// with the data still in its own memory.
    pub honours_flush: bool,
    /// When the power fails in a sync, a random part of what it covers is on the disk already, and the record after it is
    /// torn. Otherwise all of it is lost.
    pub torn_writes: bool,
    /// The operating system's own writing.
    pub writeback: WritebackSpec,
}

/// When the operating system writes back what programs wrote and did not sync. It goes by files: one that has been dirty
/// for `age` at a tick of the flusher is written whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritebackSpec {
    /// How long a file may be dirty.
    pub age: SimDuration,
    /// How often the flusher looks.
    pub period: SimDuration,
    /// When it looks first; `None`: drawn within a period.
    pub phase: Option<SimDuration>,
    /// How often the file system commits its own journal, without which a file that grew has its old size after a power
    /// failure; 0: the writeback is enough. Its first commit is at 0.
    pub commit_period: SimDuration,
}

impl Default for DiskSpec {
    /// A solid-state disk below ext4 with Linux's settings.
    fn default() -> Self {
        DiskSpec {
            write_time: Distribution::Constant(SimDuration::from_nanos(20_000)),
            sync_time: Distribution::Constant(SimDuration::from_millis(1)),
            bandwidth: 200_000_000,
            honours_flush: true,
            torn_writes: false,
            writeback: WritebackSpec {
                age: SimDuration::from_secs(30),
                period: SimDuration::from_secs(5),
                phase: None,
                commit_period: SimDuration::from_secs(5),
            },
        }
    }
}

/// The disk at work.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    spec: DiskSpec,
    phase: SimDuration,
    writes: RandomStream,
    syncs: RandomStream,
    pub(super) tears: RandomStream,
}

impl Disk {
    pub(super) fn new(spec: &DiskSpec, seed: u64) -> Self {
        Disk::named(spec, seed, "disk")
    }

    /// The disk of the node with this number, from 0 on, as its quorum queues see it.
    pub(super) fn of_node(spec: &DiskSpec, seed: u64, node: u32) -> Self {
        Disk::named(spec, seed, &format!("log of node {}", node + 1))
    }

    fn named(spec: &DiskSpec, seed: u64, name: &str) -> Self {
        let stream = |purpose| RandomStream::new(seed, name, purpose);
        let period = spec.writeback.period.as_nanos().max(1);
        let drawn = || SimDuration::from_nanos(stream("phase of the flusher").below(period));
        Disk {
            phase: spec.writeback.phase.unwrap_or_else(drawn),
            spec: spec.clone(),
            writes: stream("writes"),
            syncs: stream("syncs"),
            tears: stream("torn writes"),
        }
    }

    pub(super) fn spec(&self) -> &DiskSpec {
        &self.spec
    }

    pub(super) fn write_time(&mut self) -> SimDuration {
        self.spec.write_time.sample(self.writes.draw())
    }

    pub(super) fn sync_time(&mut self, bytes: u64) -> SimDuration {
        let transfer = match self.spec.bandwidth {
            0 => 0,
            bandwidth => u128::from(bytes) * 1_000_000_000 / u128::from(bandwidth),
        };
        let transfer = SimDuration::from_nanos(u64::try_from(transfer).unwrap_or(u64::MAX));
        self.spec.sync_time.sample(self.syncs.draw()) + transfer
    }

    /// When the flusher writes a file back that is dirty since `since`.
    pub(super) fn writeback_at(&self, since: SimTime) -> SimTime {
        next_tick(since + self.spec.writeback.age, self.phase, self.spec.writeback.period)
    }

    /// When the file system has committed what was written back at `at`.
    pub(super) fn commit_at(&self, at: SimTime) -> SimTime {
        next_tick(at, SimDuration::ZERO, self.spec.writeback.commit_period)
    }
}

/// The first of `phase`, `phase + period`, … that is not before `at`; `at` itself if there is no period.
fn next_tick(at: SimTime, phase: SimDuration, period: SimDuration) -> SimTime {
    if period.is_zero() {
        return at;
    }
    let first = SimTime::ZERO + phase;
    if at <= first {
        return first;
    }
    let since = at.since(first).as_nanos();
    first + SimDuration::from_nanos(since.div_ceil(period.as_nanos()).saturating_mul(period.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_back_at_the_first_tick_after_it_has_been_dirty_long_enough() {
        let writeback =
            WritebackSpec { phase: Some(SimDuration::from_secs(1)), ..DiskSpec::default().writeback };
        let disk = Disk::new(&DiskSpec { writeback, ..DiskSpec::default() }, 1);
        let at = |seconds| SimTime::ZERO + SimDuration::from_secs(seconds);
        assert_eq!(disk.writeback_at(at(0)), at(31));
        assert_eq!(disk.writeback_at(at(1)), at(31));
        assert_eq!(disk.writeback_at(at(2)), at(36));
        assert_eq!(disk.commit_at(at(31)), at(35));
        assert_eq!(disk.commit_at(at(35)), at(35));
    }

    #[test]
    fn a_sync_takes_longer_the_more_it_transfers() {
        let mut disk = Disk::new(&DiskSpec { bandwidth: 1_000, ..DiskSpec::default() }, 1);
        assert_eq!(disk.sync_time(0), SimDuration::from_millis(1));
        assert_eq!(disk.sync_time(500), SimDuration::from_millis(501));
        let mut disk = Disk::new(&DiskSpec { bandwidth: 0, ..DiskSpec::default() }, 1);
        assert_eq!(disk.sync_time(u64::MAX), SimDuration::from_millis(1));
    }
}
