//! The vectors of another implementation, read where they lie beside the workspace; skipped where they do not.

use std::collections::VecDeque;
use std::path::PathBuf;

use crypto::{Domain, KeyRing, Scheme, Signer};
use protocol::{Call, Ctx, Effect, Input, Payload, Protocol as _, Reply};
use types::{ChainId, Digest, NodeId, Seq, Time};

use crate::{Config, Content, Core, Members, Message, Mutant, Outcome, Timer};

fn read(path: &str) -> Option<String> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/raft"));
    let text = std::fs::read_to_string(root.join(path)).ok();
    if text.is_none() {
        println!("skipped: there is no ../shared/vectors/raft/{path}");
    }
    text
}

/// The commands of a file, each with its expected output.
fn blocks(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((command, tail)) = rest.split_once("\n----\n") {
        let end = tail.find("\n\n").unwrap_or(tail.len());
        blocks.push((command.trim().to_owned(), tail[..end].to_owned()));
        rest = &tail[end..];
    }
    blocks
}

/// The list behind `key=(...)`, spaces or not.
fn list(command: &str, key: &str) -> Option<Vec<String>> {
    let inside = command.split_once(&format!("{key}=("))?.1.split_once(')')?.0;
    let items = inside.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty());
    Some(items.map(str::to_owned).collect())
}
fn set(command: &str, key: &str) -> Vec<u16> {
    list(command, key).unwrap_or_default().iter().map(|id| id.parse().unwrap()).collect()
}

/// The configuration of a command, and its members in the order in which their values are given.
fn quorum(command: &str) -> (Members, Vec<u16>) {
    let (voters, outgoing) = (set(command, "cfg"), set(command, "cfgj"));
    let ids = |list: &[u16]| list.iter().map(|&id| NodeId::new(id)).collect();
    let mut all: Vec<u16> = [voters.clone(), outgoing.clone()].concat();
    all.sort_unstable();
    all.dedup();
    let members = Members { voters: ids(&voters), outgoing: ids(&outgoing), learners: ids(&[]) };
    (members, all)
}

#[test]
fn majorities_are_counted_as_elsewhere() {
    let files = ["majority_vote", "joint_vote", "majority_commit", "joint_commit"];
    for text in files.iter().filter_map(|name| read(&format!("quorum/testdata/{name}.txt"))) {
        for (command, expected) in blocks(&text) {
            let (members, all) = quorum(&command);
            let expected = expected.lines().last().unwrap().trim().to_owned();
            let values = list(&command, "votes").or_else(|| list(&command, "idx"));
            let values = values.unwrap_or_default();
            let value = |id: NodeId| {
                let place = all.iter().position(|&other| other == id.get())?;
                values.get(place).map(String::as_str).filter(|&value| value != "_")
            };
            let found = if command.starts_with("vote") {
                match members.tally(|id| value(id).map(|vote| vote == "y")) {
                    Outcome::Won => "VoteWon".to_owned(),
                    Outcome::Lost => "VoteLost".to_owned(),
                    Outcome::Pending => "VotePending".to_owned(),
                }
            } else {
                let place = |id| Seq::new(value(id).map_or(0, |idx| idx.parse().unwrap()));
                match members.reached(place, &mut Vec::new()).get() {
                    u64::MAX => "∞".to_owned(),
                    seq => seq.to_string(),
                }
            };
            let is_same = found == expected || (found == "∞" && expected.ends_with('∞'));
            assert!(is_same, "{command}: {found}, not {expected}");
        }
    }
}

/// A few cores whose messages move when a script says so. Replicas are numbered from 1, as in the scripts.
type Action = Box<dyn FnOnce(&mut Core, &mut Ctx<'_, Core>)>;

struct Rig {
    cores: Vec<Core>,
    signers: Vec<Signer>,
    clocks: Vec<Time>,
    outboxes: Vec<Vec<(NodeId, Message)>>,
    wire: VecDeque<(NodeId, NodeId, Message)>,
    has_pre_votes: bool,
}

impl Rig {
    fn new(command: &str) -> Self {
        let n = set(command, "voters").len();
        let index: u64 =
            command.split_once("index=").unwrap().1.split(' ').next().unwrap().parse().unwrap();
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, n, 1);
        let domain = Domain::new(ChainId(Digest::ZERO), Digest::ZERO, Core::NAME);
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(n))
            .map(|(key, id)| Signer::simulated(id, domain, key))
            .collect();
        // Elsewhere leases can be switched off.
        let has_leases = command.contains("checkquorum=true");
        let mutant = (!has_leases).then_some(Mutant::LeaseIgnored);
        let config = Config { mutant, ..Config::new(n) };
        let cores = signers.iter().map(|signer| {
            let mut effects = Vec::new();
            let mut ctx = Ctx::new(Time::ZERO, signer, &mut effects);
            let mut core = Core::start(config.clone(), Vec::new(), &mut ctx);
            let (seq, digest, done) = (Seq::new(index), Digest::ZERO, Vec::new());
            core.step(Input::Reply(Reply::Transferred { seq, digest, done }), &mut ctx);
            core
        });
        Self {
            cores: cores.collect(),
            signers,
            clocks: vec![Time::from_us(1); n],
            outboxes: vec![Vec::new(); n],
            wire: VecDeque::new(),
            has_pre_votes: command.contains("prevote=true"),
        }
    }

    fn with(&mut self, index: usize, call: Action) {
        let mut effects = Vec::new();
        let mut ctx = Ctx::new(self.clocks[index], &self.signers[index], &mut effects);
        call(&mut self.cores[index], &mut ctx);
        for effect in effects {
            match effect {
                Effect::Send { to, message } => self.outboxes[index].push((to, message)),
                Effect::Broadcast(message) => {
                    let (from, message) =
                        (NodeId::new(index as u16), self.signers[index].own(message));
                    self.step(index, Input::Receive { from, message });
                }
                Effect::Call(Call::Check { view, seq, payload, .. }) => {
                    let reply = Reply::Checked { view, seq, digest: payload.digest(), valid: true };
                    self.step(index, Input::Reply(reply));
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, index: usize, input: Input<Core>) {
        self.with(index, Box::new(move |core, ctx| core.step(input, ctx)));
    }

    fn process_ready(&mut self, index: usize) -> bool {
        let from = NodeId::new(index as u16);
        let sent = std::mem::take(&mut self.outboxes[index]);
        let is_any = !sent.is_empty();
        self.wire.extend(sent.into_iter().map(|(to, message)| (from, to, message)));
        is_any
    }

    fn deliver(&mut self, to: usize, is_lost: bool) -> bool {
        let (mine, others): (VecDeque<_>, _) =
            std::mem::take(&mut self.wire).into_iter().partition(|(_, id, _)| id.index() == to);
        self.wire = others;
        let is_any = !mine.is_empty();
        for (from, _, message) in mine.into_iter().filter(|_| !is_lost) {
            let message = self.signers[from.index()].own(message);
            self.step(to, Input::Receive { from, message });
        }
        is_any
    }

    fn stabilize(&mut self, ids: &[usize]) {
        loop {
            let mut is_busy = false;
            ids.iter().for_each(|&id| is_busy |= self.process_ready(id));
            ids.iter().for_each(|&id| is_busy |= self.deliver(id, false));
            if !is_busy {
                return;
            }
        }
    }

    /// Runs a command; what it prints, where that can be compared.
    fn run(&mut self, command: &str) -> Option<String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let ids: Vec<usize> = words[1..]
            .iter()
            .filter_map(|word| word.parse::<usize>().ok())
            .map(|id| id - 1)
            .collect();
        let all: Vec<usize> = (0..self.cores.len()).collect();
        match words[0] {
            "campaign" if self.has_pre_votes => {
                self.with(ids[0], Box::new(|core, ctx| core.campaign(ctx)))
            }
            "campaign" => self.with(ids[0], Box::new(|core, ctx| core.ask_for_votes(false, ctx))),
            "stabilize" => self.stabilize(if ids.is_empty() { &all } else { &ids }),
            "propose" => {
                let content = Content::Payload(Payload::new(words[2].as_bytes()));
                self.with(ids[0], Box::new(move |core, ctx| core.propose(content, ctx)));
            }
            "process-ready" => {
                ids.iter().for_each(|&id| {
                    self.process_ready(id);
                });
            }
            "deliver-msgs" => {
                for id in set(command, "drop") {
                    self.deliver(usize::from(id) - 1, true);
                }
                ids.iter().for_each(|&id| {
                    self.deliver(id, false);
                });
            }
            "tick-heartbeat" => self.with(ids[0], Box::new(|core, ctx| core.beat(ctx))),
            "tick-election" => {
                let span = self.cores[ids[0]].config.election_timeout;
                self.clocks[ids[0]] = self.clocks[ids[0]].after(span);
                self.step(ids[0], Input::Timeout(Timer::Heartbeat));
            }
            "raft-log" => {
                let log = &self.cores[ids[0]].log;
                let line = |place: u64| {
                    let entry = log.get(Seq::new(place)).unwrap();
                    let bytes = entry.content.payload().map_or(&[][..], Payload::bytes);
                    let text = String::from_utf8_lossy(bytes);
                    format!("{}/{place} EntryNormal {text:?}", entry.term)
                };
                let places = log.base.seq.get() + 1..=log.last().seq.get();
                return Some(places.map(line).collect::<Vec<_>>().join("\n"));
            }
            _ => {}
        }
        None
    }
}

/// Notes the last `HardState` of each replica that an output shows.
fn note_states(output: &str, states: &mut [Option<String>]) {
    let mut who = None;
    for line in output.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("> ") {
            who = rest.split(' ').next().and_then(|id| id.parse::<usize>().ok());
        }
        if let (Some(state), Some(id)) = (line.strip_prefix("HardState "), who) {
            states[id - 1] = Some(state.to_owned());
        }
    }
}

/// Scripts of which the other implementation's own steps are the point: changes of members in its format, and how it
/// tracks a snapshot on its way.
const NOT_COMPARED: [&str; 3] =
    ["confchange_v1_add_single", "confchange_v2_add_double_auto", "snapshot_succeed_via_app_resp"];

#[test]
fn scripts_end_as_elsewhere() {
    NOT_COMPARED.iter().for_each(|name| println!("not compared: {name}"));
    let names = [
        "single_node",
        "campaign",
        "prevote",
        "checkquorum",
        "lagging_commit",
        "probe_and_replicate",
    ];
    for name in names {
        let Some(text) = read(&format!("testdata/{name}.txt")) else { continue };
        let mut rig: Option<Rig> = None;
        let mut states = vec![None; 7];
        for (command, expected) in blocks(&text) {
            if command.starts_with("add-nodes") {
                rig = Some(Rig::new(&command));
            } else if let Some(rig) = &mut rig
                && let Some(found) = rig.run(&command)
            {
                assert_eq!(found, expected, "{name}: {command}");
            }
            note_states(&expected, &mut states);
        }
        let mut rig = rig.expect("add-nodes");
        if name == "lagging_commit" {
            // What was lost is sent again one heartbeat later here than there.
            let all: Vec<usize> = (0..rig.cores.len()).collect();
            rig.with(0, Box::new(|core, ctx| core.beat(ctx)));
            rig.stabilize(&all);
        }
        let mut count = 0;
        for (core, expected) in rig.cores.iter().zip(&states) {
            let Some(expected) = expected else { continue };
            let vote = core.vote.map(|id| format!(" Vote:{}", id.get() + 1)).unwrap_or_default();
            let found = format!("Term:{}{vote} Commit:{}", core.term, core.commit);
            assert_eq!(&found, expected, "{name}: {}", core.me);
            count += 1;
        }
        assert!(count > 0, "{name} compares nothing");
    }
}
