//! Independent jobs on several threads, results in the order of the jobs. Knows nothing of what a job does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `job` for each number below `n` on at most `threads` threads (at least one) and gives the results in the order of
/// the numbers. A job depends on nothing but its number, so the results do not depend on `threads`.
pub fn in_order<T: Send>(n: usize, threads: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = threads.clamp(1, n.max(1));
    if threads == 1 {
        return (0..n).map(job).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(n));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= n {
                        break;
                    }
                    let result = job(number);
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
}
