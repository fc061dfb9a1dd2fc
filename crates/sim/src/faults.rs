//! Crashes, power cuts, partitions; and the phases of a run: chaos, healing, convergence.

use types::{Height, NodeId, Prng};

use crate::network::Cut;
use crate::options::Sabotage;
use crate::options::{Options, PartitionMode, Strike};
use crate::recording::What;
use crate::world::{Event, Phase, World};
use protocol::Inspect;

/// The plan of what goes wrong.
#[derive(Debug)]
pub(crate) struct Faults {
    prng: Prng,
    active: bool,
    /// Effects of correct replicas until the next crash; `None` where none crash by chance.
    effects_left: Option<u64>,
    crash_ppm: u32,
    crash_at: Option<(NodeId, u64)>,
    /// The heights at which everybody loses power, highest first.
    power_cuts: Vec<u64>,
    /// Partitions by script first, drawn ones behind them.
    cuts: Vec<Cut>,
    pub(crate) crashes: u64,
    /// Replicas that may still lose their votes: those and the liars are f at most.
    losers_left: usize,
    /// The last time that anything moved, and how far everybody was then.
    moved_us: u64,
    moved: u64,
    drained_us: u64,
    /// Most events from one block to the next, and how many of them are left.
    events_max: u64,
    events_left: u64,
}

impl Faults {
    pub(crate) fn new(options: &Options, prng: Prng) -> Self {
        let events_max = EVENTS_PER_BLOCK_AND_LINK_MAX * options.machines().pow(2) as u64;
        let mut this = Self {
            prng,
            active: options.has_chaos(),
            effects_left: None,
            crash_ppm: options.crash_ppm,
            crash_at: options.crash_at,
            power_cuts: Vec::new(),
            cuts: options.cuts.clone(),
            crashes: 0,
            losers_left: losers_max(options),
            moved_us: 0,
            moved: 0,
            drained_us: 0,
            events_max,
            events_left: events_max,
        };
        this.draw_crash();
        let heights = (0..options.power_cuts).map(|_| this.prng.below(chaos_height(options)));
        this.power_cuts = heights.collect();
        this.power_cuts.sort_unstable_by(|a, b| b.cmp(a));
        this
    }

    /// Whether faults still happen.
    pub(crate) const fn is_active(&self) -> bool {
        self.active
    }

    fn draw_crash(&mut self) {
        if let Some(mean) = 1_000_000_u64.checked_div(self.crash_ppm.into()) {
            self.effects_left = Some(1 + self.prng.below(2 * mean));
        }
    }

    /// Whether the replica whose effect with this number has just been carried out crashes now.
    fn strikes(&mut self, node: NodeId, effect: u64, strike: &mut Strike) -> bool {
        if self.crash_at == Some((node, effect)) {
            self.crash_at = None;
            return true;
        }
        let Some(left) = &mut self.effects_left else { return false };
        *left -= 1;
        let strikes = *left == 0;
        if strikes {
            self.draw_crash();
        }
        strikes && strike.strikes()
    }
}

impl<P: Inspect> World<'_, P> {
    /// Ends a run in which far too much has happened since the last block.
    #[inline]
    pub(crate) const fn spend_event(&mut self) {
        self.faults.events_left -= 1;
        if self.faults.events_left == 0 {
            self.faults.events_left = self.faults.events_max;
            if !matches!(self.phase, Phase::Converged) {
                self.phase = Phase::Stuck;
            }
        }
    }

    /// Puts everything that goes wrong by the clock into the queue.
    pub(crate) fn plan_faults(&mut self) {
        let options = self.options;
        self.queue.push(options.patience_us / 4, Event::Look);
        if !options.has_chaos() {
            return;
        }
        self.queue.push(options.chaos_us_max, Event::Heal);
        for (cut, index) in options.cuts.iter().zip(0..) {
            self.queue.push(cut.from_us, Event::CutBegins { cut: index });
            self.queue.push(cut.to_us, Event::CutEnds { cut: index });
        }
        self.plan_partition();
    }

    fn plan_partition(&mut self) {
        let every_us = self.options.partition_every_us;
        if every_us > 0 && self.faults.active {
            let wait_us = 1 + self.faults.prng.below(2 * every_us);
            self.queue.push(self.now_us + wait_us, Event::DrawPartition);
        }
    }

    pub(crate) fn draw_partition(&mut self) {
        if !self.faults.active {
            return;
        }
        let Options { partition_min_us, partition_max_us, one_way_ppm, .. } = *self.options;
        let side = self.draw_side();
        let prng = &mut self.faults.prng;
        let one_way = prng.chance_ppm(one_way_ppm);
        let to_us = self.now_us + prng.between(partition_min_us, partition_max_us);
        if self.strike.strikes() {
            let (span_us, parts) = match self.options.partition_mode {
                PartitionMode::Flapping => (((to_us - self.now_us) / FLAPS).max(1), FLAPS),
                PartitionMode::Halves | PartitionMode::Single | PartitionMode::Primary => {
                    (to_us - self.now_us, 1)
                }
            };
            for part in 0..parts {
                let from_us = self.now_us + 2 * part * span_us;
                let to_us = from_us + span_us;
                self.add_cut(Cut { from_us, to_us, side: side.clone(), one_way });
            }
        }
        self.plan_partition();
    }

    fn add_cut(&mut self, cut: Cut) {
        let Ok(index) = u16::try_from(self.faults.cuts.len()) else { return };
        let Cut { from_us, to_us, .. } = cut;
        self.faults.cuts.push(cut);
        self.queue.push(to_us, Event::CutEnds { cut: index });
        if from_us == self.now_us {
            self.cut(index, true);
        } else {
            self.queue.push(from_us, Event::CutBegins { cut: index });
        }
    }

    /// Who stands on one side of a drawn partition.
    fn draw_side(&mut self) -> Vec<NodeId> {
        let all = NodeId::all(self.options.machines());
        let prng = &mut self.faults.prng;
        match self.options.partition_mode {
            PartitionMode::Halves | PartitionMode::Flapping => {
                all.filter(|_| prng.chance_ppm(500_000)).collect()
            }
            PartitionMode::Single => {
                let one = prng.below(self.options.machines() as u64) as usize;
                all.skip(one).take(1).collect()
            }
            PartitionMode::Primary => {
                let replicas = self.nodes.iter().filter_map(|node| node.replica.as_ref());
                let cores = replicas.filter_map(|replica| replica.status().core);
                let last = cores.max_by_key(|core| core.view);
                last.and_then(|core| core.leader).into_iter().collect()
            }
        }
    }

    pub(crate) fn cut(&mut self, cut: u16, begins: bool) {
        if self.faults.active {
            self.record(if begins { 7 } else { 8 }, 0, cut.into());
            self.tell(0, || What::Cut { cut, begins });
            let Cut { side, one_way, .. } = &self.faults.cuts[usize::from(cut)];
            self.network.cut(side, *one_way, begins);
        }
    }

    /// Counts an effect of a correct replica, which may be its last.
    #[inline]
    pub(crate) fn count_effect(&mut self, index: usize) {
        if !self.faults.active {
            return;
        }
        let node = &mut self.nodes[index];
        node.effects += 1;
        if node.is_correct() && self.faults.strikes(node.me, node.effects, &mut self.strike) {
            self.crash(index);
        }
    }

    pub(crate) fn crash(&mut self, index: usize) {
        let forgetful = self.sabotaged(Sabotage::ForgetfulDisks);
        let node = &mut self.nodes[index];
        if node.replica.is_none() {
            return;
        }
        node.die();
        node.disk.crash(&mut self.disk_prng, &mut self.shared);
        self.damage(index);
        let node = &mut self.nodes[index];
        if forgetful {
            node.disk.forget_core_log();
        }
        let me = node.me.get();
        self.faults.crashes += 1;
        self.record(9, index, 0);
        self.tell(index, || What::Crashes);
        let down_us = self.faults.prng.below(self.options.downtime_max_us + 1);
        self.queue.push(self.now_us + down_us, Event::Start { node: me });
    }

    /// What a crash does to a disk, by chance: nothing, the core's log, or everything.
    fn damage(&mut self, index: usize) {
        let Options { reformat_ppm, rot_ppm, .. } = *self.options;
        let node = &mut self.nodes[index];
        if reformat_ppm | rot_ppm == 0 || !node.disk.may_vote() || self.faults.losers_left == 0 {
            return;
        }
        let prng = &mut self.faults.prng;
        let (reformats, rots) = (prng.chance_ppm(reformat_ppm), prng.chance_ppm(rot_ppm));
        if (reformats || rots) && self.strike.strikes() {
            self.faults.losers_left -= 1;
            if reformats {
                node.disk.reformat();
                node.attested = Height::ZERO;
            }
            node.disk.lose_votes();
            self.record(11, index, reformats.into());
            self.tell(index, || What::Damaged { reformatted: reformats });
        }
    }

    pub(crate) fn start_again(&mut self, index: usize) {
        if self.nodes[index].replica.is_none() {
            self.start(index);
        }
    }

    pub(crate) fn power_cut(&mut self) {
        if !self.faults.active || !self.strike.strikes() {
            return;
        }
        for index in 0..self.nodes.len() {
            if self.nodes[index].is_correct() {
                self.crash(index);
            }
        }
    }

    /// The safety phase is over: links work, and everybody is up.
    pub(crate) fn heal(&mut self) {
        if self.phase != Phase::Chaos {
            return;
        }
        self.record(10, 0, 0);
        self.tell(0, || What::Healed);
        self.phase = Phase::Healed;
        self.faults.active = false;
        self.faults.moved_us = self.now_us;
        self.network.heal();
        for index in 0..self.nodes.len() {
            self.start_again(index);
        }
        self.after_block(self.watch.chain.height());
    }

    /// The chain has a new block.
    pub(crate) fn after_block(&mut self, height: Height) {
        let decisions = self.options.decisions;
        self.faults.events_left = self.faults.events_max;
        self.plan_govern();
        while self.faults.power_cuts.pop_if(|at| height.get() > *at).is_some() {
            let soon_us = self.faults.prng.below(POWER_CUT_DELAY_US_MAX);
            self.queue.push(self.now_us + soon_us, Event::PowerCut);
        }
        match self.phase {
            Phase::Chaos if height.get() >= chaos_height(self.options) => {
                self.queue.push(self.now_us, Event::Heal);
            }
            Phase::Healed
                if (height.get() >= decisions || self.load_is_over) && self.is_governed() =>
            {
                self.phase = Phase::Draining;
                self.faults.drained_us = self.now_us;
                self.clients.close();
            }
            Phase::Chaos | Phase::Healed | Phase::Draining | Phase::Converged | Phase::Stuck => {}
        }
    }

    /// Ends the run where every request is answered and every correct replica stands where the chain does.
    pub(crate) fn finish_if_converged(&mut self) {
        let height = self.watch.chain.height();
        if self.clients.unanswered() > 0 {
            return;
        }
        let all_there = self.nodes.iter().filter(|node| node.is_correct()).all(|node| {
            node.certified == height
                && self.watch.chain.height_of(node.me) == height
                && node.replica.as_ref().is_some_and(|replica| {
                    // A block executed above waits for the disk: the chain is about to grow.
                    let status = replica.status();
                    (status.height, status.certified) == (height, height)
                })
        });
        if all_there {
            self.phase = Phase::Converged;
        }
    }

    /// Looks whether anything has moved since the last look.
    pub(crate) fn look(&mut self) {
        if self.phase == Phase::Draining {
            self.finish_if_converged();
        }
        let heights: u64 =
            self.nodes.iter().map(|node| self.watch.chain.height_of(node.me).get()).sum();
        let moved = heights + self.clients.answered();
        let patience_us = self.options.patience_us;
        if moved != self.faults.moved || self.phase == Phase::Chaos {
            self.faults.moved = moved;
            self.faults.moved_us = self.now_us;
        }
        let endless =
            self.phase == Phase::Draining && self.now_us - self.faults.drained_us > 4 * patience_us;
        let waits = matches!(self.phase, Phase::Healed | Phase::Draining);
        if waits && (endless || self.now_us - self.faults.moved_us >= patience_us) {
            self.phase = Phase::Stuck;
        }
        self.queue.push(self.now_us + patience_us / 4, Event::Look);
    }
}

/// A flapping link goes down and up so many times in a partition.
const FLAPS: u64 = 5;

/// How many replicas may lose their votes, so that those and the liars are f.
fn losers_max(options: &Options) -> usize {
    options.quorum().f().saturating_sub(options.byzantine)
}

/// A power cut comes at most this long after the block that it was drawn for: in the middle of the next ones.
const POWER_CUT_DELAY_US_MAX: u64 = 5_000;

/// Most events from one block to the next, for each pair of replicas: a run that only talks ends too.
const EVENTS_PER_BLOCK_AND_LINK_MAX: u64 = 100_000;

/// The height that ends the safety phase.
fn chaos_height(options: &Options) -> u64 {
    (options.decisions * 3 / 4).max(1)
}
