//! What a header must keep to, given the block below it.

use protocol::Reject;
use types::{Digest, Duration, Time, View};

use crate::block::Header;
use crate::tree::Entry;
use crate::{Config, Target};

/// A block's time must be later than the median of this many before it.
pub(crate) const MEDIAN_OF: usize = 11;
/// Of the time between two blocks, at most this many block intervals count for the next target: a chain that nobody
/// needed for a while is not a chain that was too hard.
const STEP_MAX_INTERVALS: u64 = 4;
/// A payload's view is at most this far above the block below's, so that no block uses up all views.
const VIEW_STEP_MAX: u64 = 1 << 16;

/// What the rules need to know of all blocks up to one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Context {
    /// The times of the last blocks, this one's last; the first `count` slots are used.
    times: [Time; MEDIAN_OF],
    count: usize,
    /// The median of these.
    pub(crate) median: Time,
    /// By how much the median has moved since the first block, long steps cut short.
    pub(crate) active: Duration,
    /// The same at the end of the last period.
    pub(crate) since: Duration,
}

impl Context {
    /// The context of a block that others vouch for.
    pub(crate) fn new(last: &[Time], active: Duration, since: Duration) -> Self {
        let mut times = [Time::ZERO; MEDIAN_OF];
        let last = last.get(last.len().saturating_sub(MEDIAN_OF)..).unwrap_or(&[]);
        for (slot, time) in times.iter_mut().zip(last) {
            *slot = *time;
        }
        let count = last.len();
        Self { times, count, median: median(times, count), active, since }
    }

    /// The context of a block that follows (L9).
    pub(crate) fn next(&self, header: &Header, config: &Config) -> Self {
        let mut times = self.times;
        let count = if self.count < MEDIAN_OF {
            self.count + 1
        } else {
            times.rotate_left(1);
            MEDIAN_OF
        };
        times[count - 1] = header.time;
        let median = median(times, count);
        let step_max = config.block_interval.times(STEP_MAX_INTERVALS);
        let step = median.since(self.median).min(step_max);
        let mut active = Duration::from_us(self.active.us().saturating_add(step.us()));
        let begins_period = header.height.get().is_multiple_of(config.retarget_interval.max(1));
        let mut since = if begins_period { self.active } else { self.since };
        if broken!(config, ElapsedByEnds) {
            active = Duration::from_us(header.time.us());
            since = if begins_period { active } else { self.since };
        }
        Self { times, count, median, active, since }
    }

    /// The times that the median is of.
    pub(crate) fn times(&self) -> &[Time] {
        self.times.get(..self.count).unwrap_or(&[])
    }
}

fn median(mut times: [Time; MEDIAN_OF], count: usize) -> Time {
    let Some(times) = times.get_mut(..count) else { return Time::ZERO };
    times.sort_unstable();
    times.get(count / 2).copied().unwrap_or(Time::ZERO)
}

/// The target that the block above `parent` must have: it changes where a period of blocks ends.
pub(crate) fn required_target(config: &Config, parent: &Entry) -> Target {
    let header = &parent.block.header;
    let interval = config.retarget_interval.max(1);
    if !header.height.get().saturating_add(1).is_multiple_of(interval) {
        return header.target;
    }
    let context = &parent.context;
    let actual = context.active.us().saturating_sub(context.since.us());
    let expected = config.block_interval.us().saturating_mul(interval).max(1);
    let limit = config.target_initial;
    if broken!(config, RetargetUnclamped) {
        return header.target.scaled(actual, expected, limit);
    }
    if broken!(config, RetargetUnfloored) {
        return header.target.retarget(actual, expected, Target::from_compact(0x207f_ffff));
    }
    header.target.retarget(actual, expected, limit)
}

/// The latest view that a block above `parent` may name.
pub(crate) fn view_max(parent: &Header) -> View {
    parent.view.plus(VIEW_STEP_MAX)
}

/// What is wrong with a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Flaw {
    pub(crate) reason: Reject,
    /// Whether the header will never be valid, and has cost its maker the work of a valid one: only such are
    /// remembered, so that nobody can fill the memory for nothing.
    pub(crate) is_lasting: bool,
}

const fn flaw(reason: Reject, is_lasting: bool) -> Result<(), Flaw> {
    Err(Flaw { reason, is_lasting })
}

/// Whether a header may stand above `parent` (L8).
pub(crate) fn check_header(
    config: &Config,
    header: &Header,
    id: &Digest,
    parent: &Entry,
    now: Time,
) -> Result<(), Flaw> {
    let below = &parent.block.header;
    let is_claim_believed = broken!(config, TargetClaimed);
    if header.target != required_target(config, parent) && !is_claim_believed {
        return flaw(Reject::BadWork, false);
    }
    if !header.target.is_met_by(id) && !broken!(config, ProofUnchecked) {
        return flaw(Reject::BadWork, false);
    }
    if header.time <= parent.context.median && !broken!(config, MedianTimeIgnored) {
        return flaw(Reject::BadTime, true);
    }
    let has_payload = !header.payload.is_zero();
    let is_placed = header.height == below.height.next()
        && header.seq == below.seq.plus(u64::from(has_payload))
        && header.view <= view_max(below)
        && header.miner.index() < config.n;
    if !is_placed {
        return flaw(Reject::Malformed, true);
    }
    // It may be valid later, so it is dropped and not remembered.
    if header.time > now.after(config.future_max) && !broken!(config, FutureUnbounded) {
        return flaw(Reject::BadTime, false);
    }
    Ok(())
}

/// Whether a block whose parent is unknown has cost its maker anything: its own target, no easier than the easiest,
/// must be met.
pub(crate) fn has_some_work(config: &Config, header: &Header, id: &Digest) -> bool {
    header.target.number() <= config.target_initial.number() && header.target.is_met_by(id)
}
