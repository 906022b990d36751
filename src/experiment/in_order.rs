//! Independent jobs on several threads, results in the order of the jobs. Knows nothing of what a job does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `job` for each number below `n` on at most `threads` threads (at least one) and gives the results in the order of
/// the numbers. A job depends on nothing but its number, so the results do not depend on `threads`.
pub fn in_order<T: Send>(n: usize, threads: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    in_order_with(n, threads, || (), |(), number| job(number))
}

/// The same for jobs that have something to hand on: each thread has a `state` of its own, and the numbers that it gets
/// rise. What a job gives must depend on its number alone, whatever the state is.
pub(super) fn in_order_with<S, T: Send>(
    n: usize,
    threads: usize,
    state: impl Fn() -> S + Sync,
    job: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let threads = threads.clamp(1, n.max(1));
    if threads == 1 {
        let mut state = state();
        return (0..n).map(|number| job(&mut state, number)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(n));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut state = state();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= n {
                        break;
                    }
                    let result = job(&mut state, number);
                    done.lock().expect("a job that panics does not hold the lock").push((number, result));
                }
            });
        }
    });
    let mut results = done.into_inner().expect("a job that panics does not hold the lock");
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let alone = in_order(100, 1, |k| k * k);
        for threads in [2, 3, 200] {
            assert_eq!(in_order(100, threads, |k| k * k), alone);
        }
        assert_eq!(in_order(0, 4, |k| k), Vec::<usize>::new());
    }

    #[test]
    fn the_numbers_of_a_thread_rise() {
        for threads in [1, 2, 3] {
            let rises =
                in_order_with(100, threads, || None, |last, k| last.replace(k).is_none_or(|last| last < k));
            assert!(rises.iter().all(|&rose| rose));
        }
    }
}
