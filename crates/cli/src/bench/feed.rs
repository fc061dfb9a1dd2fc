//! Feeds validators with notes, and follows a few of them from the moment they were due to their certified commit.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::Refusal;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::notes::Supply;
use crate::stats::Latencies;

/// Bytes of one request where the load is as fast as it is taken.
const REQUEST_BYTES: usize = 256 * 1024;
/// How often a paced load sends what is due ...
const TICK: Duration = Duration::from_millis(5);
/// ... and how often where one validator is due more than [`MANY_PER_S`] notes.
const TICK_MANY: Duration = Duration::from_millis(20);
const MANY_PER_S: f64 = 5_000.0;
/// Most requests of a paced load that one validator has not answered; what is due beyond them is refused here, as a
/// gateway would.
const UNANSWERED_MAX: usize = 64;
/// How often a note is followed where the load is as fast as it is taken.
const PROBE_EVERY: Duration = Duration::from_millis(25);
/// Pause before a full pool is asked again: asking costs the validator as much as taking.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// How long a followed note may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most notes followed at once; beyond them, following is skipped and counted.
const PROBES_MAX: usize = 512;

/// What happened so far, shared by all feeders.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Notes sent, each once however often it was offered.
    pub(crate) offered: AtomicU64,
    /// Notes that a pool took.
    pub(crate) accepted: AtomicU64,
    /// Times that a pool was full or a sender had too much under way.
    pub(crate) refused: AtomicU64,
    /// Notes refused for another reason, and requests without an answer.
    pub(crate) failed: AtomicU64,
    /// Followed notes that did not commit in time, and those that were not followed for lack of room.
    pub(crate) unfollowed: AtomicU64,
    /// Whether followed notes count: warm-up is over and the end is not.
    pub(crate) is_measuring: AtomicBool,
    /// Whether to stop.
    pub(crate) is_over: AtomicBool,
    latencies: Mutex<Latencies>,
}

impl Tally {
    /// What was measured from due to certified.
    pub(crate) fn latencies(&self) -> Latencies {
        std::mem::take(&mut self.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

/// One connection to one validator.
#[derive(Clone, Debug)]
pub(crate) struct Feeder {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) tally: Arc<Tally>,
}

impl Feeder {
    /// Sends as fast as notes are taken; what a full pool refuses is offered again.
    pub(crate) async fn saturate(self, mut supply: Supply) {
        let mut waiting: Vec<Vec<u8>> = Vec::new();
        let mut probe_due = Instant::now();
        while self.tally.goes_on() {
            if Instant::now() >= probe_due {
                self.follow(supply.next(), Instant::now());
                probe_due += PROBE_EVERY;
            }
            let mut bytes = waiting.iter().map(Vec::len).sum::<usize>();
            while bytes < REQUEST_BYTES {
                let note = supply.next();
                bytes += note.len();
                waiting.push(note);
                self.tally.offered.fetch_add(1, Ordering::Relaxed);
            }
            let sent = waiting.len();
            waiting = self.offer(waiting).await;
            if waiting.len() * 2 > sent {
                sleep(FULL_PAUSE).await;
            }
        }
    }

    /// Sends `per_s` notes per second, whether they are taken or not; the first of each tick is followed.
    pub(crate) async fn pace(self, mut supply: Supply, per_s: f64) {
        let start = Instant::now();
        let mut ticks = interval_at(start, if per_s > MANY_PER_S { TICK_MANY } else { TICK });
        let unanswered = Arc::new(Semaphore::new(UNANSWERED_MAX));
        // A tick that comes late sends what was due then, and counts from then.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut sent = 0u64;
        while self.tally.goes_on() {
            let due = ticks.tick().await;
            let wanted = (due.duration_since(start).as_secs_f64() * per_s) as u64;
            if wanted <= sent {
                continue;
            }
            self.follow(supply.next(), due);
            let rest = wanted - sent - 1;
            sent = wanted;
            self.tally.offered.fetch_add(rest, Ordering::Relaxed);
            if rest == 0 {
                continue;
            }
            let Ok(permit) = Arc::clone(&unanswered).try_acquire_owned() else {
                self.tally.refused.fetch_add(rest, Ordering::Relaxed);
                continue;
            };
            let rest: Vec<Vec<u8>> = (0..rest).map(|_| supply.next()).collect();
            let feeder = self.clone();
            tokio::spawn(async move {
                feeder.offer(rest).await;
                drop(permit);
            });
        }
    }

    /// Offers notes to the pool; returns those that it had no room for.
    async fn offer(&self, notes: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut body = Vec::with_capacity(notes.iter().map(|note| note.len() + 4).sum());
        for note in &notes {
            body.extend_from_slice(&u32::try_from(note.len()).unwrap_or(u32::MAX).to_le_bytes());
            body.extend_from_slice(note);
        }
        let request = self.http.post(format!("{}/api/v1/transactions/batch", self.url));
        let request = request.header("content-type", "application/octet-stream");
        let sent = request.header("accept", "application/octet-stream").body(body).send().await;
        let codes = match sent {
            // So full that the request was not even read.
            Ok(answer)
                if answer.status().as_u16() == 429
                    && answer.content_length() != Some(notes.len() as u64 * 2) =>
            {
                self.tally.refused.fetch_add(notes.len() as u64, Ordering::Relaxed);
                return notes;
            }
            Ok(answer) => answer.bytes().await.ok().filter(|codes| codes.len() == notes.len() * 2),
            Err(_) => None,
        };
        let Some(codes) = codes else {
            self.tally.failed.fetch_add(notes.len() as u64, Ordering::Relaxed);
            sleep(FULL_PAUSE).await;
            return Vec::new();
        };
        let mut again = Vec::new();
        let (mut accepted, mut failed) = (0, 0);
        for (code, note) in codes.chunks_exact(2).zip(notes) {
            match u16::from_le_bytes([code[0], code[1]]) {
                0 => accepted += 1,
                code if is_full(code) => again.push(note),
                _ => failed += 1,
            }
        }
        self.tally.accepted.fetch_add(accepted, Ordering::Relaxed);
        self.tally.failed.fetch_add(failed, Ordering::Relaxed);
        self.tally.refused.fetch_add(again.len() as u64, Ordering::Relaxed);
        again
    }

    /// Sends one note by itself and waits for its commit, beside the rest.
    fn follow(&self, note: Vec<u8>, due: Instant) {
        self.tally.offered.fetch_add(1, Ordering::Relaxed);
        if Arc::strong_count(&self.tally) > PROBES_MAX {
            self.tally.unfollowed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let feeder = self.clone();
        tokio::spawn(async move { feeder.follow_one(note, due).await });
    }

    async fn follow_one(self, note: Vec<u8>, due: Instant) {
        let tally = &self.tally;
        let url = format!(
            "{}/api/v1/transactions?wait=commit&timeout={}s",
            self.url,
            PROBE_TIMEOUT.as_secs()
        );
        let request = self.http.post(url).header("content-type", "application/octet-stream");
        let answer = request.timeout(PROBE_TIMEOUT * 2).body(note).send().await;
        let took = due.elapsed();
        match answer.map(|answer| answer.status().as_u16()) {
            Ok(200) => {
                tally.accepted.fetch_add(1, Ordering::Relaxed);
                if tally.is_measuring.load(Ordering::Relaxed) {
                    let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
                    tally.latencies.lock().unwrap_or_else(PoisonError::into_inner).add(us);
                }
            }
            Ok(429) => drop(tally.refused.fetch_add(1, Ordering::Relaxed)),
            Ok(504) => {
                tally.accepted.fetch_add(1, Ordering::Relaxed);
                tally.unfollowed.fetch_add(1, Ordering::Relaxed);
            }
            Ok(_) | Err(_) => drop(tally.failed.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

fn is_full(code: u16) -> bool {
    matches!(Refusal::from_code(code), Some(Refusal::PoolFull | Refusal::SenderLimit))
}
