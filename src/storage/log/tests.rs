//! The log of quorum queues by itself: commits, elections and what crashes leave.

use super::*;

fn millis(n: u64) -> SimDuration {
    SimDuration::from_millis(n)
}

/// A log without a bound for what one write takes.
fn store() -> StoreSpec {
    StoreSpec { batch_max: 0, ..crate::storage::preset("rabbitmq-quorum").unwrap() }
}

/// Nodes whose sync takes 10 ms, 1 ms apart, with elections after 100 ms.
struct Rig {
    log: Log,
    now: SimTime,
    committed: Vec<(u64, SimTime)>,
    elected: Vec<(usize, u64, SimTime)>,
}

impl Rig {
    fn new(nodes: u32) -> Rig {
        let spec = ClusterSpec {
            nodes,
            latency: Distribution::Constant(millis(1)),
            election_timeout: millis(100),
            ..ClusterSpec::default()
        };
        let disk = DiskSpec {
            write_time: Distribution::Constant(SimDuration::ZERO),
            sync_time: Distribution::Constant(millis(10)),
            bandwidth: 0,
            ..DiskSpec::default()
        };
        let log = Log::new(&spec, &disk, &store(), 1);
        Rig { log, now: SimTime::ZERO, committed: Vec::new(), elected: Vec::new() }
    }

    fn hear(&mut self, news: Vec<News>) {
        for one in news {
            match one {
                News::Committed(entry) => self.committed.push((entry, self.now)),
                News::Elected(last) => {
                    self.elected.push((self.log.leader().unwrap(), last, self.now));
                }
                News::LeaderLost => {}
            }
        }
    }

    fn wait(&mut self, length: SimDuration) {
        let end = self.now + length;
        while let Some(at) = self.log.due_at(self.now).filter(|at| *at <= end) {
            self.now = at;
            let news = self.log.due(at);
            self.hear(news);
        }
        self.now = end;
    }

    fn append(&mut self, count: u64) {
        for _ in 0..count {
            self.log.append(self.now, 100);
        }
    }

    fn crash(&mut self, crash: Crash, down: &[usize]) {
        let news = self.log.crash(self.now, crash, |node| down.contains(&node));
        self.hear(news);
    }

    fn start(&mut self, back: &[usize]) {
        let news = self.log.start(self.now, |node| back.contains(&node));
        self.hear(news);
    }
}

fn at(n: u64) -> SimTime {
    SimTime::ZERO + millis(n)
}

/// One member needs its own sync; of three the leader's and one way there and back.
#[test]
fn an_entry_is_committed_when_a_majority_has_synced_it() {
    for (nodes, expected) in [(1, 10), (3, 12), (5, 12)] {
        let mut rig = Rig::new(nodes);
        rig.append(3);
        rig.wait(millis(5));
        rig.append(1);
        rig.wait(millis(95));
        // What came in the first sync is the next one.
        assert_eq!(rig.committed, [(3, at(expected)), (4, at(expected + 10))], "{nodes} nodes");
    }
}

#[test]
fn a_leader_that_is_lost_is_replaced_by_a_member_that_has_every_committed_entry() {
    let mut rig = Rig::new(3);
    rig.append(5);
    rig.wait(millis(50));
    rig.append(2);
    // The last two are on their way to the followers.
    rig.crash(Crash::PowerLoss, &[0]);
    assert!(!rig.log.has_leader());
    assert_eq!(rig.log.append(rig.now, 100), None);
    rig.wait(millis(200));
    assert_eq!(rig.elected, [(1, 7, at(150))]);
    rig.append(1);
    rig.wait(millis(50));
    assert_eq!(rig.committed.last(), Some(&(8, at(262))));
    rig.start(&[0]);
    rig.wait(millis(50));
    assert_eq!(rig.log.members.iter().map(|member| member.synced).collect::<Vec<_>>(), [8, 8, 8]);
}

#[test]
fn without_a_majority_nothing_is_committed_until_there_is_one_again() {
    let mut rig = Rig::new(3);
    rig.append(1);
    rig.wait(millis(50));
    rig.crash(Crash::Process, &[1, 2]);
    rig.wait(millis(1000));
    assert!(!rig.log.has_leader());
    assert_eq!(rig.committed.len(), 1);
    rig.start(&[2]);
    rig.wait(millis(200));
    assert_eq!(rig.elected, [(0, 1, at(1150))]);
    rig.append(1);
    rig.wait(millis(100));
    assert_eq!(rig.committed.last().map(|(entry, _)| *entry), Some(2));
}

/// Whatever was committed outlives the power of all nodes, and the disks of a minority.
#[test]
fn what_is_committed_is_lost_only_with_the_disks_of_a_majority() {
    for (crash, down, left) in [
        (Crash::PowerLoss, vec![0, 1, 2], 5),
        (Crash::DiskLoss, vec![0], 5),
        (Crash::DiskLoss, vec![0, 1], 0),
        (Crash::DiskLoss, vec![0, 1, 2], 0),
    ] {
        let mut rig = Rig::new(3);
        rig.append(5);
        rig.wait(millis(12));
        assert_eq!(rig.committed.len(), 1);
        rig.crash(crash, &down);
        rig.start(&down);
        rig.wait(millis(200));
        assert!(rig.log.has_leader());
        assert_eq!(rig.log.longest(), left, "{crash:?} of {down:?}");
        rig.append(1);
        rig.wait(millis(100));
        let logs: Vec<u64> = rig.log.members.iter().map(|member| member.synced).collect();
        assert_eq!(logs, [left + 1; 3], "{crash:?} of {down:?}: all go on alike");
    }
}

/// Two of three have committed what the third has not heard of. If one of the two loses its disk, the other one is waited for.
#[test]
fn a_member_that_has_lost_its_disk_has_no_voice_until_it_has_what_is_committed() {
    let mut rig = Rig::new(3);
    rig.crash(Crash::Process, &[2]);
    rig.append(5);
    rig.wait(millis(50));
    assert_eq!(rig.committed.last().map(|(entry, _)| *entry), Some(5));
    rig.crash(Crash::PowerLoss, &[0]);
    rig.crash(Crash::DiskLoss, &[1]);
    rig.start(&[1, 2]);
    rig.wait(millis(1000));
    assert!(!rig.log.has_leader(), "the two that run do not have it");
    rig.start(&[0]);
    rig.wait(millis(200));
    assert_eq!(rig.elected.last().map(|(leader, last, _)| (*leader, *last)), Some((0, 5)));
    assert!(rig.log.members.iter().all(|member| !member.blank && member.synced == 5));
}

#[test]
fn a_sync_takes_the_bytes_of_what_it_covers() {
    let mut log = Log::new(&ClusterSpec::default(), &DiskSpec::default(), &store(), 1);
    for n in 1..=3 {
        log.append(SimTime::ZERO, n * 100);
    }
    assert_eq!(log.bytes_between(0, 2), 300);
    assert_eq!(log.bytes_between(2, 3), 300);
    log.members[0].written = 2;
    log.trim();
    assert_eq!(log.bytes_between(2, 3), 300);
}
