//! A few cores of one protocol in one place: some identities sit there twice, and somebody decides who hears whom.
//!
//! Cores alone, without a replica around them: what is agreed on are small works, all of them submitted to everybody at
//! the start. Nothing is lost but what the rules of the day lose, and everything takes the same time, so that a run is a
//! function of those rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crypto::{Authentic as _, Domain, KeyRing, Scheme, Signer};
use invariants::Amnesia;
use protocol::{
    Call, Ctx, Decision, Effect, Input, Inspect as _, Payload, Protocol as _, Reply, Status,
};
use protocols::{Any, Config, Message, Record, Timer};
use types::{ChainId, Digest, NodeId, Seq, Time};

/// How long a message takes.
const LATENCY_US: u64 = 1_000;
/// How long a seat that crashed stays away.
const DOWN_US: u64 = 3_000;
/// What a liar's bad payload orders: no work that anybody asked for.
const NO_WORK: u64 = u64::MAX;

/// One core and its application.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Under whose name it sits there.
    pub(crate) id: NodeId,
    core: Option<Any>,
    /// What survives a crash.
    log: Vec<Record>,
    /// It crashes behind the next message that leaves it.
    is_doomed: bool,
    /// How often it has been started: answers to an earlier life are nobody's.
    life: u64,
    timers: BTreeMap<Timer, (u64, u64)>,
    /// The digests that it decided, from place 1 on.
    pub(crate) decided: Vec<Digest>,
    /// Works that are decided.
    done: BTreeSet<u64>,
    state: Digest,
}

/// What is to happen.
#[derive(Debug)]
pub(crate) enum Event {
    Deliver { from: NodeId, seat: usize, message: Arc<Message> },
    Timeout { seat: usize, timer: Timer, generation: u64 },
    Reply { seat: usize, reply: Reply, life: u64 },
    Restart { seat: usize },
}

/// The cores, and what is under way among them.
#[derive(Debug)]
pub(crate) struct Arena {
    pub(crate) config: Config,
    pub(crate) seats: Vec<Seat>,
    signers: Vec<Signer>,
    pub(crate) now_us: u64,
    pub(crate) queue: BTreeMap<(u64, u64), Event>,
    count: u64,
    works: u64,
    /// Who sits there twice, and counts as a liar.
    twins: Vec<NodeId>,
    /// Per round and seat, from the first round on: which seats hear it, as a bit each. All hear it in later rounds.
    pub(crate) masks: Vec<Vec<u32>>,
    /// Whether the second half of each twin proposes what nobody asked for.
    pub(crate) has_bad_payloads: bool,
    /// Whether anything was refused since somebody last asked.
    is_refused: bool,
    /// What the honest have promised.
    amnesia: Amnesia,
    /// What must not be, and was.
    pub(crate) violation: Option<String>,
    effects: Vec<Effect<Any>>,
}

impl Arena {
    /// `n` identities, of which the first `twins` sit there twice, and `works` to agree on.
    pub(crate) fn new(config: Config, name: &str, n: usize, twins: usize, works: u64) -> Self {
        let domain = Domain::new(ChainId::default(), Digest::ZERO, name);
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, n, 1);
        let signer = |(key, id)| Signer::simulated(id, domain, key);
        let signers = keys.into_iter().zip(NodeId::all(n)).map(signer).collect();
        let ids = NodeId::all(n).chain(NodeId::all(twins));
        let mut this = Self {
            config,
            seats: ids.map(Seat::new).collect(),
            signers,
            now_us: 1,
            queue: BTreeMap::new(),
            count: 0,
            works,
            twins: NodeId::all(twins).collect(),
            masks: Vec::new(),
            has_bad_payloads: false,
            is_refused: false,
            amnesia: Amnesia::new(n),
            violation: None,
            effects: Vec::new(),
        };
        for seat in 0..this.seats.len() {
            this.start(seat);
        }
        this
    }

    fn start(&mut self, index: usize) {
        let mut effects = std::mem::take(&mut self.effects);
        let seat = &mut self.seats[index];
        let signer = &self.signers[seat.id.index()];
        let mut ctx = Ctx::new(Time::from_us(self.now_us), signer, &mut effects);
        seat.core = Some(Any::start(self.config.clone(), seat.log.clone(), &mut ctx));
        seat.life += 1;
        self.carry_out(index, effects);
        let seat = &self.seats[index];
        if !seat.decided.is_empty() {
            let (seq, digest) = (Seq::new(seat.decided.len() as u64), seat.state);
            let done = seat.done.iter().map(|&work| name_of(work)).collect();
            self.step(index, Input::Reply(Reply::Transferred { seq, digest, done }));
        }
        for work in 0..self.works {
            if !self.seats[index].done.contains(&work) {
                self.step(index, Input::Submit(name_of(work)));
            }
        }
    }

    /// A seat crashes behind the next message that leaves it, and comes back a little later with what is on its disk.
    pub(crate) fn doom(&mut self, seat: usize) {
        self.seats[seat].is_doomed = true;
    }

    fn crash(&mut self, index: usize) {
        let seat = &mut self.seats[index];
        (seat.core, seat.is_doomed) = (None, false);
        seat.timers.clear();
        self.push(DOWN_US, Event::Restart { seat: index });
    }

    /// Whether a seat is nobody's twin.
    pub(crate) fn is_honest(&self, seat: usize) -> bool {
        !self.twins.contains(&self.seats[seat].id)
    }
    /// The honest seats.
    pub(crate) fn honest(&self) -> impl Iterator<Item = &Seat> {
        (0..self.seats.len()).filter(|&seat| self.is_honest(seat)).map(|seat| &self.seats[seat])
    }
    /// Whether all honest seats have done all works.
    pub(crate) fn is_done(&self) -> bool {
        self.honest().all(|seat| seat.done.len() as u64 == self.works)
    }
    /// The round, from zero, that a seat is in.
    pub(crate) fn round(&self, seat: usize) -> u64 {
        let view = self.seats[seat].core.as_ref().map(Any::view).unwrap_or_default();
        protocols::round_of(&self.config, view)
    }
    /// What a seat shows of itself.
    pub(crate) fn status(&self, seat: usize) -> Option<Status> {
        self.seats[seat].core.as_ref().map(Any::status)
    }
    /// A digest of everything: what the cores hold, what they decided, what is under way. The clock is left out where it
    /// only says how late it is.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut digest = Fingerprint(0xcbf2_9ce4_8422_2325);
        for seat in &self.seats {
            // What a core holds has an order everywhere, so its text is the same whenever it is.
            let _ = write!(digest, "{:?}{:?}{:?}", seat.core, seat.decided, seat.timers.keys());
        }
        for event in self.queue.values() {
            let _ = write!(digest, "{event:?}");
        }
        digest.0
    }
    /// The seat whose next event this is, and whether it is a message from somebody else.
    pub(crate) fn next(&self) -> Option<(usize, bool)> {
        match self.queue.first_key_value()?.1 {
            Event::Deliver { from, seat, .. } => Some((*seat, self.seats[*seat].id != *from)),
            Event::Timeout { seat, .. } | Event::Reply { seat, .. } | Event::Restart { seat } => {
                Some((*seat, false))
            }
        }
    }
    /// The next event, which is a message, comes twice.
    pub(crate) fn repeat_next(&mut self, after_us: u64) {
        if let Some(Event::Deliver { from, seat, message }) = self.queue.values().next() {
            let (from, seat, message) = (*from, *seat, Arc::clone(message));
            self.push(after_us, Event::Deliver { from, seat, message });
        }
    }
    /// The next event, where it is somebody's message, comes over another's connection too, and must be refused there.
    pub(crate) fn relay_next(&mut self) {
        let Some(Event::Deliver { seat, message, .. }) = self.queue.values().next() else { return };
        let (seat, message) = (*seat, Arc::clone(message));
        let Some(author) = message.author() else { return };
        let mut others = NodeId::all(self.signers.len());
        let relay = others.find(|&other| other != author && other != self.seats[seat].id);
        let Some(from) = relay.filter(|_| self.seats[seat].core.is_some()) else { return };
        self.is_refused = false;
        let message = self.signers[author.index()].own_shared(message);
        self.step(seat, Input::Receive { from, message });
        if !self.is_refused && self.is_honest(seat) {
            self.violate(format!("seat {seat} takes from {from} what {author} said"));
        }
    }
    /// The next event, where it is a liar's message, is followed by its contrary.
    pub(crate) fn contradict_next(&mut self, after_us: u64) {
        let Some(Event::Deliver { from, seat, message }) = self.queue.values().next() else {
            return;
        };
        let (from, seat) = (*from, *seat);
        if self.twins.contains(&from)
            && let Some(twin) = Any::contradict(message, &self.signers[from.index()])
        {
            self.push(after_us, Event::Deliver { from, seat, message: Arc::new(twin) });
        }
    }
    /// The next event is lost.
    pub(crate) fn lose_next(&mut self) {
        self.queue.pop_first();
    }
    /// The next event comes this much later.
    pub(crate) fn delay_next(&mut self, by_us: u64) {
        if let Some(((at_us, _), event)) = self.queue.pop_first() {
            self.push(at_us.saturating_sub(self.now_us) + by_us, event);
        }
    }
    /// Time passes until the first timer of a seat runs out, before anything that is under way arrives.
    pub(crate) fn time_out(&mut self, seat: usize) {
        let timers = self.seats[seat].timers.iter();
        let Some((_, timer)) = timers.map(|(timer, (at_us, _))| (*at_us, *timer)).min() else {
            return;
        };
        if let Some((at_us, _)) = self.seats[seat].timers.remove(&timer) {
            self.now_us = self.now_us.max(at_us);
            self.step(seat, Input::Timeout(timer));
        }
    }

    pub(crate) fn step(&mut self, index: usize, input: Input<Any>) {
        let mut effects = std::mem::take(&mut self.effects);
        let seat = &mut self.seats[index];
        let signer = &self.signers[seat.id.index()];
        if let Some(core) = &mut seat.core {
            core.step(input, &mut Ctx::new(Time::from_us(self.now_us), signer, &mut effects));
        }
        self.carry_out(index, effects);
    }

    fn push(&mut self, after_us: u64, event: Event) {
        self.count += 1;
        self.queue.insert((self.now_us + after_us, self.count), event);
    }

    fn carry_out(&mut self, index: usize, mut effects: Vec<Effect<Any>>) {
        for effect in effects.drain(..) {
            let leaves = matches!(effect, Effect::Send { .. } | Effect::Broadcast(_));
            match effect {
                Effect::Persist(record) => self.seats[index].log.push(record),
                Effect::Compact(records) => self.seats[index].log = records,
                Effect::Reject { .. } => self.is_refused = true,
                Effect::Send { to, message } => {
                    self.let_out(index, &message);
                    let message = Arc::new(message);
                    for seat in 0..self.seats.len() {
                        if self.seats[seat].id == to {
                            self.send(index, seat, Arc::clone(&message));
                        }
                    }
                }
                Effect::Broadcast(message) => {
                    self.let_out(index, &message);
                    let message = Arc::new(message);
                    for seat in 0..self.seats.len() {
                        if self.seats[seat].id != self.seats[index].id {
                            self.send(index, seat, Arc::clone(&message));
                        }
                    }
                    let from = self.seats[index].id;
                    self.push(0, Event::Deliver { from, seat: index, message });
                }
                Effect::SetTimer { timer, after } => {
                    let generation = self.count + 1;
                    let at_us = self.now_us + after.us();
                    self.seats[index].timers.insert(timer, (at_us, generation));
                    self.push(after.us(), Event::Timeout { seat: index, timer, generation });
                }
                Effect::CancelTimer(timer) => {
                    self.seats[index].timers.remove(&timer);
                }
                Effect::Call(call) => self.answer(index, call),
                Effect::Decide(decision) => self.decide(index, &decision),
                Effect::Accuse(evidence) => {
                    if self.is_honest(index) && !self.twins.contains(&evidence.offender) {
                        let offender = evidence.offender;
                        self.violate(format!("{offender} is accused, and has no twin"));
                    }
                }
            }
            if leaves && self.seats[index].is_doomed {
                self.crash(index);
                break;
            }
        }
        self.effects = effects;
    }

    /// An honest seat never contradicts what it let out, crashes or not.
    fn let_out(&mut self, index: usize, message: &Message) {
        let by = self.seats[index].id;
        if !self.is_honest(index) || message.author().is_some_and(|author| author != by) {
            return;
        }
        let mut broken = None;
        Any::promises(message, &mut |promise| {
            broken = self.amnesia.let_out(by, promise).err().or(broken.take());
        });
        if let Some(broken) = broken {
            self.violate(broken.to_string());
        }
    }

    fn violate(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    fn send(&mut self, from: usize, to: usize, message: Arc<Message>) {
        let round = usize::try_from(self.round(from)).unwrap_or(usize::MAX);
        let heard = self.masks.get(round).is_none_or(|masks| masks[from] & (1 << to) != 0);
        if heard {
            let from = self.seats[from].id;
            self.push(LATENCY_US, Event::Deliver { from, seat: to, message });
        }
    }

    fn answer(&mut self, index: usize, call: Call) {
        let lies = self.has_bad_payloads && index >= self.seats.len() - self.twins.len();
        let seat = &self.seats[index];
        let life = seat.life;
        let reply = match call {
            Call::Build { view, seq } => {
                let open = (0..self.works).find(|work| !seat.done.contains(work));
                let open = if lies { open.map(|_| NO_WORK) } else { open };
                let payload = open.map(|work| {
                    // Twins propose different things, and so does everybody in another view.
                    let parts = [work, index as u64, view.get()];
                    Payload::new(&parts.map(u64::to_le_bytes).concat())
                });
                Reply::Built { view, seq, payload }
            }
            Call::Check { view, seq, payload, .. } => {
                let valid = work_of(&payload) != Some(NO_WORK);
                Reply::Checked { view, seq, digest: payload.digest(), valid }
            }
            Call::Transfer { seq, .. } => {
                let Some(reply) = self.transfer(index, seq) else { return };
                reply
            }
            // None of these cores mines.
            Call::Mine { .. } => return,
        };
        self.push(0, Event::Reply { seat: index, reply, life });
    }

    /// Takes over what an honest seat has decided.
    fn transfer(&mut self, index: usize, seq: Seq) -> Option<Reply> {
        let place = usize::try_from(seq.get()).ok()?;
        let ahead = self.honest().find(|seat| seat.decided.len() >= place)?;
        let (decided, done, state) = (ahead.decided.clone(), ahead.done.clone(), ahead.state);
        let seat = &mut self.seats[index];
        (seat.decided, seat.done, seat.state) = (decided, done, state);
        let seq = Seq::new(seat.decided.len() as u64);
        let done = seat.done.iter().map(|&work| name_of(work)).collect();
        Some(Reply::Transferred { seq, digest: state, done })
    }

    fn decide(&mut self, index: usize, decision: &Decision) {
        let digest = decision.payload.as_ref().map_or(Digest::ZERO, Payload::digest);
        let place = usize::try_from(decision.seq.get()).unwrap_or(usize::MAX);
        if place <= self.seats[index].decided.len() {
            return;
        }
        if place != self.seats[index].decided.len() + 1 {
            let last = self.seats[index].decided.len();
            return self.violate(format!("seat {index} decides {place} after {last}"));
        }
        if self.is_honest(index) {
            let others = self.honest().find_map(|seat| seat.decided.get(place - 1));
            if others.is_some_and(|other| *other != digest) {
                self.violate(format!("two honest seats decide differently at {place}"));
            }
        }
        let seat = &mut self.seats[index];
        seat.decided.push(digest);
        let bytes = [seat.state.as_bytes().as_slice(), digest.as_bytes()].concat();
        seat.state = crypto::hash("unisono-arena-state", &bytes);
        let work = decision.payload.as_ref().and_then(work_of);
        seat.done.extend(work);
        let life = seat.life;
        let done = work.map(name_of).into_iter().collect();
        let reply = Reply::Executed { seq: decision.seq, digest: seat.state, done };
        self.push(0, Event::Reply { seat: index, reply, life });
        if work == Some(NO_WORK) && self.is_honest(index) {
            self.violate(format!("seat {index} decides what nobody asked for"));
        }
    }

    /// Lets the next event happen; false where there is none.
    pub(crate) fn advance(&mut self) -> bool {
        let Some(((at_us, _), event)) = self.queue.pop_first() else { return false };
        self.now_us = self.now_us.max(at_us);
        self.happen(event);
        true
    }

    /// Lets an event happen.
    pub(crate) fn happen(&mut self, event: Event) {
        match event {
            Event::Deliver { from, seat, message } => {
                // Every seat runs honest code, so what it signed need not be checked.
                let message = self.signers[from.index()].own_shared(message);
                self.step(seat, Input::Receive { from, message });
            }
            Event::Timeout { seat, timer, generation } => {
                let timers = &mut self.seats[seat].timers;
                if timers.get(&timer).is_some_and(|(_, current)| *current == generation) {
                    timers.remove(&timer);
                    self.step(seat, Input::Timeout(timer));
                }
            }
            Event::Reply { seat, reply, life } => {
                if self.seats[seat].life == life {
                    self.step(seat, Input::Reply(reply));
                }
            }
            Event::Restart { seat } => self.start(seat),
        }
    }
}

impl Seat {
    const fn new(id: NodeId) -> Self {
        Self {
            id,
            core: None,
            log: Vec::new(),
            is_doomed: false,
            life: 0,
            timers: BTreeMap::new(),
            decided: Vec::new(),
            done: BTreeSet::new(),
            state: Digest::ZERO,
        }
    }
}

/// A digest of a text, without the text (Fowler, Noll and Vo's).
struct Fingerprint(u64);

impl fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

/// The work that a payload orders.
fn work_of(payload: &Payload) -> Option<u64> {
    payload.bytes().first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The name under which a work is submitted.
fn name_of(work: u64) -> Digest {
    crypto::hash("unisono-arena-work", &work.to_le_bytes())
}
