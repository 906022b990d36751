//! Expectations that follow from how stores and the operating system work, against means over many crashes. A mean must lie
//! within four standard errors of what was derived, so that a sound store fails once in ten thousand seeds, and seeds are
//! fixed.
#![expect(
    clippy::float_arithmetic,
    clippy::disallowed_types,
    reason = "means and their errors are no part of a run"
)]

use super::*;
use crate::random::RandomStream;

/// A rig with a seed of its own, whose file system commits at once and whose flusher looks first at a drawn instant.
fn seeded(name: &str, seed: u64) -> Rig {
    let mut rig = Rig::new(name);
    let mut spec = rig.storage.spec.clone();
    spec.disk.writeback.phase = None;
    spec.disk.writeback.commit_period = SimDuration::ZERO;
    rig.storage = Storage::new(&spec, seed);
    rig.storage.add_queue(SimTime::ZERO, QUEUE, (0, "q"), Keeps::Classic);
    rig
}

fn lost(rig: &Rig, crash: Crash) -> f64 {
    f64::from(rig.published) - rig.survivors(crash).len() as f64
}

/// The mean must be `expected`, but for chance and for `slack` that follows from whole messages.
fn assert_mean(what: &str, seen: &[f64], expected: f64, slack: f64) {
    let n = seen.len() as f64;
    let mean = seen.iter().sum::<f64>() / n;
    let variance = seen.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    assert!(
        (mean - expected).abs() <= 4.0 * error + slack,
        "{what}: {mean:.2} with a standard error of {error:.2}, expected {expected:.2}"
    );
}

/// A journal is synced in the first gap of 200 ms, so it holds what came since the busy period began: e^(lambda T) - 1.
#[test]
fn a_journal_loses_the_busy_period_of_poisson_arrivals_that_nobody_waits_for() {
    for (rate, expected) in [(3u64, (0.6f64).exp() - 1.0), (10, (2.0f64).exp() - 1.0)] {
        let gap = Distribution::Exponential(SimDuration::from_nanos(1_000_000_000 / rate));
        let losses: Vec<f64> = (0..1500)
            .map(|seed| {
                let mut gaps = RandomStream::new(seed, "publisher", "gaps");
                let mut rig = Rig::new("rabbitmq-3.10-classic");
                let end = SimTime::ZERO + SimDuration::from_secs(8);
                let mut next = SimTime::ZERO + gap.sample(gaps.draw());
                while next < end {
                    rig.run_until(next);
                    rig.publish(100, false);
                    next = rig.now + gap.sample(gaps.draw());
                }
                rig.run_until(end);
                lost(&rig, Crash::Process)
            })
            .collect();
        assert_mean(&format!("{rate}/s"), &losses, expected, 0.0);
    }
}

/// Messages come every `gap`, and nobody waits: the losses of a process crash after every `stride`-th of `count`.
fn losses_without_confirms(name: &str, count: u32, stride: u32) -> Vec<f64> {
    let mut rig = Rig::new(name);
    let mut losses = Vec::new();
    for n in 1..=count {
        rig.publish(100, false);
        if n.is_multiple_of(stride) {
            losses.push(lost(&rig, Crash::Process));
        }
        rig.wait(SimDuration::from_micros(50));
    }
    losses
}

/// The messages since the last flush: half of what one takes. Strides are prime, so that each place in a cycle is met alike.
#[test]
fn a_process_crash_takes_half_a_buffer_of_messages_that_nobody_waits_for() {
    // 32,769 entries, two a message.
    let journal = losses_without_confirms("rabbitmq-3.10-classic", 4 * 16_385, 659);
    assert_mean("journal", &journal, 8192.0, 0.0);
    let newer = losses_without_confirms("rabbitmq-3.10-classic-v2", 5 * 4096, 127);
    assert_mean("3.10 v2", &newer, 2047.5, 0.0);
    // 4096 index entries, and 1842 bodies of 278 bytes: a/2 + b^2/(6a).
    let (index, bodies) = (4096.0f64, 1842.0f64);
    let both = losses_without_confirms("rabbitmq-4-classic", 9 * 4096, 211);
    assert_mean("4.x", &both, index / 2.0 + bodies * bodies / (6.0 * index), 0.0);
}

/// Confirmed messages that a loss of power takes on average: `rate` a second, the power fails once in each of as many equal
/// parts of these seconds as there are crashes, always at the same place in it, which is drawn.
fn losses_of_power(seed: u64, rate: u32, from: u64, to: u64, crashes: u64) -> f64 {
    let part = (to - from) * 1_000_000_000 / crashes;
    let place = RandomStream::new(seed, "power", "instants").below(part);
    let instants = (0..crashes).map(|n| from * 1_000_000_000 + n * part + place);
    let mut rig = seeded("rabbitmq-4-classic", seed);
    let gap = SimDuration::from_nanos(1_000_000_000 / u64::from(rate));
    let mut sum = 0.0;
    for instant in instants {
        let instant = SimTime::ZERO + SimDuration::from_nanos(instant);
        while rig.now + gap <= instant {
            rig.publish(100, true);
            rig.wait(gap);
        }
        assert_eq!(rig.confirmed.len(), rig.published as usize);
        let lost = lost(&rig, Crash::PowerLoss);
        assert!(lost <= f64::from(35 * rate + 1), "more than 35 s are lost: {lost}");
        sum += lost;
    }
    sum / crashes as f64
}

/// A file that goes on growing is dirty again at once when it was written back. The flusher comes each 5 s, finds it a
/// little less than 30 s old, and takes it 35 s after the last time: mean age 17.5 s. Were the flusher's visits independent
/// of the file, it would be 30 s to 35 s, mean age 16.3 s.
#[test]
fn a_loss_of_power_takes_half_a_writeback_of_a_slow_stream() {
    let rate = 10;
    let losses: Vec<f64> = (0..40).map(|seed| losses_of_power(seed, rate, 70, 140, 10)).collect();
    assert_mean("slow", &losses, 17.5 * f64::from(rate), 1.0);
}

/// Files of 4096 messages are complete before they are written back, 30 s to 35 s after each was opened.
#[test]
fn a_loss_of_power_takes_a_whole_writeback_of_a_fast_stream() {
    let rate = 200;
    let losses: Vec<f64> = (0..12).map(|seed| losses_of_power(seed, rate, 45, 86, 8)).collect();
    assert_mean("fast", &losses, 32.5 * f64::from(rate) - 2048.0, 1.0);
}

/// Within the first 30 s nothing has been written back, whatever the phase of the flusher.
#[test]
fn a_loss_of_power_in_the_first_half_minute_takes_everything_that_was_not_synced() {
    for seed in 0..20 {
        let mut rig = seeded("rabbitmq-4-classic", seed);
        rig.publish_all(290, millis(100), 100, true);
        assert_eq!((rig.confirmed.len(), rig.survivors(Crash::PowerLoss).len()), (290, 0));
    }
}

/// The index of a message and its body are written back at different times, so that a message between two that survive may
/// be gone. A store with one file loses the last messages only.
#[test]
fn only_a_store_of_several_files_that_are_not_synced_has_holes_and_only_after_a_loss_of_power() {
    let mut with_holes = Vec::new();
    for (name, _) in PRESETS {
        for seed in 0..3 {
            let mut rig = seeded(name, seed);
            // Large bodies come later than small ones.
            for n in 0..340 {
                rig.publish(if n > 20 && n % 2 == 0 { 5000 } else { 100 }, n % 3 > 0);
                rig.wait(millis(110));
                if n % 3 > 0 {
                    continue;
                }
                for crash in [Crash::Process, Crash::PowerLoss] {
                    let survivors = rig.survivors(crash);
                    if survivors != prefix(survivors.len() as u32) {
                        with_holes.push((name, crash));
                    }
                }
            }
        }
    }
    with_holes.dedup();
    let newer = ["rabbitmq-3.13-classic-v1", "rabbitmq-4-classic"];
    assert_eq!(with_holes, newer.map(|name| (name, Crash::PowerLoss)));
}

/// Publishes `count` messages, each when the one before it is confirmed or after `gap`. How often confirms came together, which
/// is once a sync.
fn syncs(store: &str, size: u32, count: u32, gap: Option<SimDuration>) -> u32 {
    let sync_time = Distribution::Exponential(SimDuration::from_micros(846));
    let disk = DiskSpec { sync_time, ..DiskSpec::default() };
    let mut rig = Rig::with(preset(store).unwrap(), disk);
    let mut groups = 0;
    let mut run = |rig: &mut Rig, until: Option<SimTime>| {
        rig.hear();
        while let Some(&at) = rig.wakes.values().min().filter(|at| until.is_none_or(|until| **at <= until)) {
            let before = rig.confirmed.len();
            rig.run_until(at);
            groups += u32::from(rig.confirmed.len() > before);
        }
        rig.now = until.unwrap_or(rig.now);
    };
    for _ in 0..count {
        rig.publish(size, true);
        let until = gap.map(|gap| rig.now + gap);
        run(&mut rig, until);
    }
    run(&mut rig, None);
    assert_eq!(rig.confirmed.len(), count as usize);
    groups
}

/// RabbitMQ 3.10.8 synced 2000 times for 2000 messages in turn, and 3523 times for 8000 messages at 2000/s: its processor
/// was busy, too, so more messages came while it was.
#[test]
fn confirms_of_one_sync_come_together() {
    assert_eq!(syncs("rabbitmq-3.10-classic", 100, 2000, None), 2000);
    assert_eq!(syncs("rabbitmq-3.10-classic", 8192, 1000, None), 1000);
    let together = syncs("rabbitmq-3.10-classic", 100, 8000, Some(SimDuration::from_micros(500)));
    assert!((4000..=4600).contains(&together), "{together} syncs");
}
