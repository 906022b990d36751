//! Files that go as a whole.

use super::*;

/// A queue of version 2 with so many copies on the disk.
fn written(count: u32) -> Rig {
    let mut rig = Rig::new("rabbitmq-4-classic");
    rig.publish_all(count, SimDuration::ZERO, 100, true);
    rig.wait(millis(5));
    assert_eq!(rig.survivors(Crash::Process).len(), count as usize);
    rig
}

#[test]
fn a_file_goes_with_the_last_copy_that_is_settled_in_it() {
    let mut rig = written(50);
    (0..49).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 49, "acknowledgements wait for 2048");
    rig.ack(49);
    assert_eq!((rig.came_back(Crash::Process), rig.forgotten), (0, 50));
    // The next copy begins the file anew.
    rig.publish(100, true);
    rig.wait(millis(5));
    assert_eq!(rig.survivors(Crash::Process), [50]);
    rig.ack(50);
    assert_eq!(rig.came_back(Crash::Process), 0);
}

#[test]
fn each_file_goes_by_itself() {
    let mut rig = written(4196);
    (4096..4196).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 0, "the second file");
    (0..2000).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 2000);
    // Those of the file that is gone do not count.
    (2000..2048).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 0);
}

/// What the disk had before is off it with the file system's next commit.
#[test]
fn a_power_loss_brings_back_a_file_whose_end_was_not_committed() {
    let mut rig = written(50);
    rig.wait(SimDuration::from_secs(40));
    assert_eq!(rig.survivors(Crash::PowerLoss).len(), 50);
    (0..50).for_each(|arrival| rig.ack(arrival));
    assert_eq!((rig.came_back(Crash::Process), rig.came_back(Crash::PowerLoss)), (0, 50));
    rig.wait(SimDuration::from_secs(6));
    rig.publish(100, true);
    assert_eq!(rig.came_back(Crash::PowerLoss), 0);
}

#[test]
fn what_a_crash_brings_back_counts_again() {
    let mut rig = written(10);
    (0..9).for_each(|arrival| rig.ack(arrival));
    rig.storage.crash(rig.now, Crash::Process);
    rig.storage.start(rig.now);
    assert_eq!(rig.survivors(Crash::Process).len(), 10);
    (0..9).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 9);
    rig.ack(9);
    assert_eq!(rig.came_back(Crash::Process), 0);
}

#[test]
fn a_purge_is_for_good_unless_a_confirm_waits() {
    for name in ["rabbitmq-3.10-classic", "rabbitmq-4-classic"] {
        for waits in [false, true] {
            let mut rig = Rig::new(name);
            // An acknowledgement alone would wait for others.
            rig.publish_all(100, SimDuration::ZERO, 100, true);
            rig.wait(SimDuration::from_secs(2));
            if waits {
                rig.publish(100, true);
            }
            (0..rig.published).for_each(|arrival| rig.ack(arrival));
            rig.storage.purged(rig.now, QUEUE);
            rig.hear();
            // In version 2 the acknowledgements have deleted the file by themselves.
            let back = if waits && name == "rabbitmq-3.10-classic" { 100 } else { 0 };
            assert_eq!(rig.came_back(Crash::Process), back, "{name}, {waits}");
        }
    }
}

/// One acknowledgement of many is one thing to do: only then the process looks whether its buffer is full.
#[test]
fn what_is_acknowledged_together_is_written_together() {
    let mut rig = written(5000);
    rig.storage.begin_batch();
    (0..3000).for_each(|arrival| rig.ack(arrival));
    rig.storage.end_batch(rig.now, QUEUE);
    rig.hear();
    assert_eq!(rig.came_back(Crash::Process), 0);
    let mut rig = written(5000);
    (0..3000).for_each(|arrival| rig.ack(arrival));
    assert_eq!(rig.came_back(Crash::Process), 3000 - 2048);
}
