//! Processes that take time for a message.

use super::*;

fn micros(n: u64) -> SimDuration {
    SimDuration::from_micros(n)
}

/// A queue's process that takes 70 us for a message that it keeps and 30 us for another, with syncs of 1 ms.
fn busy(name: &str) -> Rig {
    let mut store = preset(name).unwrap();
    store.service_time = micros(70);
    store.transient_service_time = micros(30);
    let nothing = Distribution::Constant(SimDuration::ZERO);
    let sync_time = Distribution::Constant(millis(1));
    Rig::with(store, DiskSpec { write_time: nothing, sync_time, bandwidth: 0, ..DiskSpec::default() })
}

fn causes(rig: &Rig, crash: Crash) -> (usize, usize) {
    let left = rig.storage.clone().crash(rig.now, crash).remove(&QUEUE).unwrap_or_default();
    let count = |fate| left.iter().filter(|left| left.fate == fate).count();
    (count(Fate::InMailbox), count(Fate::InProcessBuffer))
}

/// A window that comes at once is synced when the last of it is handled.
#[test]
fn a_process_syncs_as_soon_as_its_mailbox_is_empty() {
    let mut rig = busy("rabbitmq-3.10-classic");
    (0..2000).for_each(|_| rig.publish(100, true));
    rig.wait(millis(140));
    assert!(rig.confirmed.is_empty());
    assert_eq!(causes(&rig, Crash::Process), (0, 0), "all is written and being synced");
    rig.wait(millis(1));
    assert_eq!(rig.confirmed.len(), 2000);
}

/// The timer starts with the first message that is handled: after 200 ms 2858 are, and the sync is a millisecond longer.
#[test]
fn a_mailbox_that_is_never_empty_lets_confirms_wait_for_the_timer() {
    let mut rig = busy("rabbitmq-3.10-classic");
    (0..12_000).for_each(|_| rig.publish(100, true));
    let mut lumps = Vec::new();
    for _ in 0..900 {
        let before = rig.confirmed.len();
        rig.wait(millis(1));
        if rig.confirmed.len() > before {
            lumps.push((rig.now.as_nanos() / 1_000_000, rig.confirmed.len() - before));
        }
    }
    assert_eq!(lumps, [(202, 2859), (403, 2859), (604, 2859), (805, 2859), (845, 564)]);
}

/// What waits in the mailbox, what is handled and not written, and what is written, are lost to three causes.
#[test]
fn a_crash_takes_the_mailbox_with_it() {
    let mut rig = busy("rabbitmq-3.10-classic");
    (0..1000).for_each(|_| rig.publish(100, false));
    rig.wait(micros(70 * 600));
    assert_eq!(causes(&rig, Crash::Process), (400, 600));
    assert_eq!(causes(&rig, Crash::PowerLoss), (400, 600));
    assert_eq!(causes(&rig, Crash::Queue(QUEUE)), (400, 600));
    assert_eq!(rig.survivors(Crash::CleanStop), prefix(1000), "a clean stop lets it finish");
    // 200 ms after the last was handled the journal is synced.
    rig.wait(micros(70 * 400) + millis(200));
    assert_eq!(causes(&rig, Crash::Process), (0, 0));
    rig.storage.crash(rig.now, Crash::Process);
    rig.storage.start(rig.now);
    assert_eq!(rig.survivors(Crash::Process), prefix(1000));
}

#[test]
fn a_full_buffer_is_one_of_what_was_handled() {
    let mut rig = busy("rabbitmq-3.10-classic-v2");
    (0..9000).for_each(|_| rig.publish(100, false));
    for (handled, kept) in [(4095, 0), (4096, 4096), (8191, 4096), (8192, 8192), (9000, 8192)] {
        let until = SimTime::ZERO + micros(70 * handled);
        rig.run_until(until);
        assert_eq!(rig.survivors(Crash::Process), prefix(kept), "{handled}");
    }
}

/// Those that are not kept are answered one by one, behind those that came before.
#[test]
fn a_transient_message_is_answered_when_it_is_handled() {
    let mut rig = busy("rabbitmq-3.10-classic");
    rig.publish(100, false);
    for waiter in 10..13 {
        assert!(rig.storage.pass(rig.now, QUEUE, Some(waiter)));
    }
    assert!(!rig.storage.pass(rig.now, QUEUE, None));
    assert!(rig.storage.is_awaited());
    rig.wait(micros(70 + 60));
    assert_eq!(rig.confirmed, [10, 11]);
    rig.wait(micros(30));
    assert_eq!(rig.confirmed, [10, 11, 12]);
    assert!(!rig.storage.is_awaited());
    let mut idle = Rig::new("rabbitmq-3.10-classic");
    assert!(!idle.storage.pass(idle.now, QUEUE, Some(1)), "a process that takes no time is done with it");
}

/// An acknowledgement comes after its message, and a queue that goes answers whoever waits.
#[test]
fn acknowledgements_wait_behind_their_messages() {
    let mut rig = busy("rabbitmq-4-classic");
    (0..10).for_each(|_| rig.publish(100, true));
    (0..10).for_each(|n| rig.ack(n));
    assert_eq!(rig.forgotten, 0);
    assert_eq!(causes(&rig, Crash::Process), (0, 0), "nobody misses them");
    rig.wait(micros(700));
    assert_eq!((rig.forgotten, rig.confirmed.len()), (10, 10));
    (0..5).for_each(|_| rig.publish(100, true));
    rig.storage.pass(rig.now, QUEUE, Some(99));
    rig.storage.remove_queue(QUEUE);
    rig.hear();
    assert_eq!((rig.forgotten, rig.confirmed.len()), (15, 16));
    assert!(!rig.storage.is_awaited());
}
