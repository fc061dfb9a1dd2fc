//! Independent jobs on several threads; results come in the order of the jobs, whichever thread did them.

use std::sync::Mutex;
use std::time::Instant;

/// Does jobs until there are none, or none is begun any more because it is late.
pub(crate) fn map<J: Send, T: Send>(
    jobs: impl Iterator<Item = J> + Send,
    threads: usize,
    until: Option<Instant>,
    work: impl Fn(J) -> T + Sync,
) -> Vec<T> {
    let jobs = Mutex::new(jobs.enumerate());
    let next = || {
        if until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        jobs.lock().ok()?.next()
    };
    let worker = || {
        let mut done = Vec::new();
        while let Some((number, job)) = next() {
            done.push((number, work(job)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// As many threads as were asked for, or as there are cores.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_their_jobs_on_any_number_of_threads() {
        let squares: Vec<u64> = (0..100).map(|n| n * n).collect();
        for threads in [1, 2, 7] {
            assert_eq!(map(0..100_u64, threads, None, |n| n * n), squares);
        }
    }

    #[test]
    fn nothing_is_begun_when_it_is_too_late() {
        assert!(map(0..100, 2, Some(Instant::now()), |n: u32| n).is_empty());
    }
}
