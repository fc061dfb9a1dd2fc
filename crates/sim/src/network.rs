//! The links between replicas: how long they take, and what goes wrong on them.

use std::fmt;

use types::{NodeId, Prng};

use crate::latency::Sampler;
use crate::options::{Options, Selection, Strike};

/// A partition by script: the named replicas are cut off from the others for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    /// When it begins.
    pub from_us: u64,
    /// When it ends.
    pub to_us: u64,
    /// Who stands on one side.
    pub side: Vec<NodeId>,
    /// Whether only messages from that side are lost.
    pub one_way: bool,
}

impl Cut {
    /// Reads `FROM_US-TO_US:NODE,NODE`, or with `>` for `:` where it cuts one way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mark = text.find([':', '>'])?;
        let (span, side) = text.split_at(mark);
        let (from, to) = span.split_once('-')?;
        let nodes = side[1..].split(',').map(|node| node.trim().parse().ok().map(NodeId::new));
        Some(Self {
            from_us: from.trim().parse().ok()?,
            to_us: to.trim().parse().ok()?,
            side: nodes.collect::<Option<_>>()?,
            one_way: side.starts_with('>'),
        })
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side: Vec<String> = self.side.iter().map(NodeId::to_string).collect();
        let side = side.join(",").replace('n', "");
        let mark = if self.one_way { '>' } else { ':' };
        write!(f, "{}-{}{mark}{side}", self.from_us, self.to_us)
    }
}

/// All links.
#[derive(Debug)]
pub(crate) struct Network {
    n: usize,
    sampler: Sampler,
    prng: Prng,
    loss_ppm: u32,
    duplicate_ppm: u32,
    reorder_ppm: u32,
    clog_ppm: u32,
    clog_us_max: u64,
    /// How many messages have left, and which of them are lost whatever happens.
    left: u64,
    lost: Option<Selection>,
    /// Whether any of the above is above zero.
    faulty: bool,
    /// Per ordered pair: by how many partitions it is cut.
    cuts: Vec<u8>,
    cut_count: usize,
    /// Per ordered pair: until when it is clogged; empty where nothing clogs.
    clogged_until_us: Vec<u64>,
}

/// What the network makes of one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Lost,
    At(u64),
    Twice(u64, u64),
}

impl Network {
    pub(crate) fn new(options: &Options, prng: Prng) -> Self {
        let n = options.machines();
        let Options { loss_ppm, duplicate_ppm, reorder_ppm, clog_ppm, .. } = *options;
        Self {
            n,
            sampler: Sampler::new(&options.latency),
            prng,
            loss_ppm,
            duplicate_ppm,
            reorder_ppm,
            clog_ppm,
            clog_us_max: options.view_timeout_ms * 1_000,
            left: 0,
            lost: Some(options.lost.clone()).filter(|lost| !lost.is_empty()),
            faulty: loss_ppm | duplicate_ppm | reorder_ppm | clog_ppm > 0,
            cuts: vec![0; n * n],
            cut_count: 0,
            clogged_until_us: if clog_ppm > 0 { vec![0; n * n] } else { Vec::new() },
        }
    }

    /// Decides about one message that leaves now.
    #[inline]
    pub(crate) fn fate(
        &mut self,
        now_us: u64,
        from: usize,
        to: usize,
        strike: &mut Strike,
    ) -> Fate {
        self.left += 1;
        if let Some(lost) = &self.lost
            && lost.contains(self.left - 1)
        {
            return Fate::Lost;
        }
        if self.cut_count > 0 && self.cuts[from * self.n + to] > 0 {
            return Fate::Lost;
        }
        let at_us = now_us + self.sampler.draw(&mut self.prng, from, to);
        if self.faulty {
            self.fate_in_chaos(now_us, at_us, from, to, strike)
        } else {
            Fate::At(at_us)
        }
    }

    /// How many messages have left.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    fn fate_in_chaos(
        &mut self,
        now_us: u64,
        mut at_us: u64,
        from: usize,
        to: usize,
        strike: &mut Strike,
    ) -> Fate {
        if self.prng.chance_ppm(self.loss_ppm) && strike.strikes() {
            return Fate::Lost;
        }
        if self.prng.chance_ppm(self.reorder_ppm) && strike.strikes() {
            at_us += self.prng.below(10 * (at_us - now_us) + 1);
        }
        if self.clog_ppm > 0 {
            let until_us = &mut self.clogged_until_us[from * self.n + to];
            if self.prng.chance_ppm(self.clog_ppm) && strike.strikes() {
                *until_us = now_us + self.prng.below(self.clog_us_max);
            }
            at_us = at_us.max(*until_us);
        }
        if self.prng.chance_ppm(self.duplicate_ppm) && strike.strikes() {
            let again_us = at_us + self.prng.below(10 * (at_us - now_us) + 1);
            return Fate::Twice(at_us, again_us);
        }
        Fate::At(at_us)
    }

    /// Begins or ends a partition.
    pub(crate) fn cut(&mut self, side: &[NodeId], one_way: bool, begins: bool) {
        let inside = |node: usize| side.iter().any(|member| member.index() == node);
        for from in 0..self.n {
            for to in 0..self.n {
                let crosses =
                    inside(from) && !inside(to) || !one_way && !inside(from) && inside(to);
                if crosses {
                    let count = &mut self.cuts[from * self.n + to];
                    *count = if begins { count.saturating_add(1) } else { count.saturating_sub(1) };
                }
            }
        }
        self.cut_count = if begins { self.cut_count + 1 } else { self.cut_count.saturating_sub(1) };
    }

    /// Everything works from now on.
    pub(crate) fn heal(&mut self) {
        self.faulty = false;
        self.cut_count = 0;
        self.cuts.fill(0);
    }
}

#[cfg(test)]
mod tests;
