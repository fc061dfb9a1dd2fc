//! Traces of another specification of the same paper, replayed: its inputs must make the same votes, locks and decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crypto::{KeyRing, Scheme, Signer};
use protocol::{Call, Ctx, Effect, Input, Payload, Protocol as _, Reply};
use serde_json::Value;
use testkit::domain;
use types::{Digest, Duration, NodeId, Seq, Time};

use crate::replica::Step;
use crate::{
    Committed, Config, Core, Message, Polka, Precommit, Prevote, Proposal, Propose, Round, Timer,
};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/tendermint");

/// The traces' proposer of round r is the replica r+1, as ours is at height 2.
const HEIGHT: Seq = Seq::new(2);

#[test]
fn traces_of_the_specification_are_followed() {
    let Ok(folder) = std::fs::read_dir(VECTORS) else {
        return println!("skipped: no shared/vectors/tendermint beside the checkout");
    };
    let mut names: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
    names.sort();
    let mut problems = Vec::new();
    for path in &names {
        let text = std::fs::read_to_string(path).unwrap();
        let trace: Value = serde_json::from_str(&text).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // A trace does not tell what reached a replica before it started: everything said by then that is never
        // delivered later, or nothing.
        let [all, none] = [true, false].map(|early| Replay::new(&trace, early).run(&trace));
        let failed = all.iter().filter(|(node, result)| result.is_err() && none[*node].is_err());
        problems.extend(failed.map(|(_, result)| format!("{name}: {result:?}")));
    }
    assert!(!names.is_empty());
    assert!(problems.is_empty(), "{problems:#?}");
}

/// What a replica says, in the trace's words.
type Word = (&'static str, u32, Option<String>);

struct Replay {
    names: Vec<String>,
    signers: Vec<Signer>,
    cores: BTreeMap<String, Seat>,
    /// The valid round of each value proposed in a round.
    valid: BTreeMap<(u32, String), Option<Round>>,
    /// What correct replicas have broadcast so far, by author.
    sent: Vec<(usize, Message)>,
    /// What the trace delivers to each replica, as far as it is a vote.
    delivered: BTreeMap<String, Vec<Message>>,
    /// Whether what was said before a replica started has reached it.
    is_early: bool,
}

#[derive(Default)]
struct Seat {
    core: Option<Core>,
    now: u64,
    builds: Vec<types::View>,
    said: BTreeSet<Word>,
    expected: BTreeSet<Word>,
    decided: Vec<String>,
    accused: usize,
    /// What each replica said here, and whether it said two things.
    heard: BTreeMap<(bool, u32, usize), Digest>,
    is_contradicted: bool,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}
fn round_of(value: &Value) -> Option<Round> {
    u32::try_from(number(value)).ok().map(Round::new)
}
fn tag(value: &Value) -> &str {
    value["tag"].as_str().unwrap()
}
fn payload(name: &str) -> Payload {
    Payload::new(name.as_bytes())
}
fn name_of(digest: Digest) -> Option<String> {
    const ALL: [&str; 8] =
        ["a", "b", "red", "blue", "green", "yellow", "invalid", "nothing to propose"];
    ALL.iter().find(|name| payload(name).digest() == digest).map(|&name| name.to_owned())
}

impl Replay {
    fn new(trace: &Value, is_early: bool) -> Self {
        let names: Vec<String> =
            trace["validator_set"].as_object().unwrap().keys().cloned().collect();
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, names.len(), 7);
        let domain = domain(Core::NAME);
        let signers = keys.into_iter().zip(NodeId::all(names.len()));
        let signers = signers.map(|(key, id)| Signer::simulated(id, domain, key)).collect();
        let mut valid = BTreeMap::new();
        for step in trace["steps"].as_array().unwrap() {
            let input = &step["input"];
            if tag(input) == "ProposalDInput" {
                let said = &input["value"];
                let round = u32::try_from(number(&said["round"])).unwrap();
                let key = (round, text(&said["proposal"]));
                valid.entry(key).or_insert_with(|| round_of(&said["validRound"]));
            }
        }
        let (cores, sent, delivered) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let mut replay = Self { names, signers, cores, valid, sent, delivered, is_early };
        for step in trace["steps"].as_array().unwrap() {
            if tag(&step["input"]) == "VoteDInput" {
                let vote = replay.vote(&step["input"]["value"]);
                replay.delivered.entry(text(&step["node"])).or_default().push(vote);
            }
        }
        replay
    }

    fn index(&self, name: &str) -> usize {
        self.names.iter().position(|other| other == name).unwrap()
    }

    fn run(mut self, trace: &Value) -> BTreeMap<String, Result<(), String>> {
        let mut last: BTreeMap<String, &Value> = BTreeMap::new();
        for step in trace["steps"].as_array().unwrap() {
            let node = text(&step["node"]);
            self.feed(&node, &step["input"]);
            let seat = self.cores.get_mut(&node).unwrap();
            seat.expect(&step["output"]);
            last.insert(node, step);
        }
        let compare = |(node, step): (String, &Value)| {
            let result = self.cores[&node].compare(&node, step);
            (node, result)
        };
        last.into_iter().map(compare).collect()
    }

    fn feed(&mut self, node: &str, input: &Value) {
        let value = &input["value"];
        match tag(input) {
            "StartDInput" => self.start(node),
            "StepChangeDInput" | "PendingDInput" => {}
            "ProposeValueDInput" => {
                let view = self.cores.get_mut(node).unwrap().builds.pop();
                if let Some(view) = view {
                    let payload = Some(payload(value.as_str().unwrap()));
                    self.step(node, Input::Reply(Reply::Built { view, seq: HEIGHT, payload }));
                }
            }
            "ProposalDInput" => {
                let author = self.index(value["srcAddress"].as_str().unwrap());
                let payload = payload(value["proposal"].as_str().unwrap());
                let propose = self.signers[author].sign(Propose {
                    seq: HEIGHT,
                    round: round_of(&value["round"]).unwrap(),
                    digest: payload.digest(),
                    valid_round: round_of(&value["validRound"]),
                });
                let proposal = Proposal { propose, payload, polka: None };
                self.receive(node, author, Message::Proposal(Arc::new(proposal)));
            }
            "VoteDInput" => {
                let author = self.index(value["srcAddress"].as_str().unwrap());
                let message = self.vote(value);
                self.cores.get_mut(node).unwrap().hear(author, &message);
                self.receive(node, author, message);
            }
            "TimeoutDInput" => {
                let timer = match tag(value) {
                    "ProposeTimeout" => Timer::Propose,
                    "PrevoteTimeout" => Timer::Prevote,
                    "PrecommitTimeout" => Timer::Precommit,
                    other => panic!("no such timer: {other}"),
                };
                self.cores.get_mut(node).unwrap().now += 3_600_000_000;
                self.step(node, Input::Timeout(timer));
            }
            "CertificateDInput" => {
                let votes = value.as_array().unwrap();
                let message = self.certificate(votes);
                self.receive(node, self.index(votes[0]["srcAddress"].as_str().unwrap()), message);
            }
            other => panic!("no such input: {other}"),
        }
    }

    fn start(&mut self, node: &str) {
        let mut config = Config::new(self.names.len());
        config.view_timeout = Duration::from_ms(1_000);
        let mut effects = Vec::new();
        let mut ctx = Ctx::new(Time::ZERO, &self.signers[self.index(node)], &mut effects);
        let core = Core::start(config, Vec::new(), &mut ctx);
        self.cores.insert(node.to_owned(), Seat { core: Some(core), ..Seat::default() });
        let seq = Seq::new(1);
        let reply = Reply::Transferred { seq, digest: Digest::ZERO, done: Vec::new() };
        self.step(node, Input::Reply(reply));
        self.step(node, Input::Submit(payload("work").digest()));
        let later = self.delivered.get(node).cloned().unwrap_or_default();
        let is_early = self.is_early;
        let missing = |message: &Message| is_early && !later.contains(message);
        let before = self.sent.iter().filter(|(_, message)| missing(message));
        for (author, message) in before.cloned().collect::<Vec<_>>() {
            self.receive(node, author, message);
        }
    }

    fn vote(&self, value: &Value) -> Message {
        let signer = &self.signers[self.index(value["srcAddress"].as_str().unwrap())];
        let (seq, round) = (HEIGHT, round_of(&value["round"]).unwrap());
        let name = (tag(&value["valueId"]) == "Val").then(|| text(&value["valueId"]["value"]));
        let digest = name.as_ref().map_or(Digest::ZERO, |name| payload(name).digest());
        if tag(&value["voteType"]) == "Precommit" {
            return Message::Precommit(signer.sign(Precommit { seq, round, digest }));
        }
        let key = name.map(|name| (round.get(), name));
        let valid_round = key.and_then(|key| self.valid.get(&key).copied().flatten());
        Message::Prevote(signer.sign(Prevote { seq, round, digest, valid_round }))
    }

    fn certificate(&self, votes: &[Value]) -> Message {
        let votes: Vec<Message> = votes.iter().map(|vote| self.vote(vote)).collect();
        let prevotes = votes.iter().filter_map(|vote| match vote {
            Message::Prevote(vote) => Some((vote.statement, (vote.signer, vote.signature))),
            _ => None,
        });
        let precommits = votes.iter().filter_map(|vote| match vote {
            Message::Precommit(vote) => Some((vote.statement, (vote.signer, vote.signature))),
            _ => None,
        });
        if let Some((prevote, _)) = prevotes.clone().next() {
            let prevotes = prevotes.map(|vote| vote.1).collect();
            return Message::Polka(Arc::new(Polka { prevote, prevotes }));
        }
        let (precommit, _) = precommits.clone().next().unwrap();
        let payload = payload(&name_of(precommit.digest).unwrap());
        let precommits = precommits.map(|vote| vote.1).collect();
        Message::Committed(Arc::new(Committed { precommit, payload, precommits }))
    }

    fn receive(&mut self, node: &str, author: usize, message: Message) {
        let from = self.signers[author].me();
        let message = self.signers[author].own(message);
        self.step(node, Input::Receive { from, message });
    }

    fn step(&mut self, node: &str, input: Input<Core>) {
        let signer = self.signers[self.index(node)].clone();
        let seat = self.cores.get_mut(node).unwrap();
        let mut inputs = vec![input];
        let author = signer.me().index();
        while let Some(input) = inputs.pop() {
            let mut effects = Vec::new();
            let mut ctx = Ctx::new(Time::from_us(seat.now), &signer, &mut effects);
            seat.core.as_mut().unwrap().step(input, &mut ctx);
            for effect in effects {
                if let Effect::Broadcast(vote @ (Message::Prevote(_) | Message::Precommit(_))) =
                    &effect
                {
                    self.sent.push((author, vote.clone()));
                }
                inputs.extend(seat.carry_out(effect));
            }
        }
    }
}

impl Seat {
    /// Notes an effect; a check is answered at once.
    fn carry_out(&mut self, effect: Effect<Core>) -> Option<Input<Core>> {
        match effect {
            Effect::Call(Call::Build { view, seq }) if seq == HEIGHT => self.builds.push(view),
            Effect::Call(Call::Check { view, seq, payload, .. }) => {
                let digest = payload.digest();
                let valid = payload.bytes() != b"invalid";
                return Some(Input::Reply(Reply::Checked { view, seq, digest, valid }));
            }
            Effect::Broadcast(Message::Proposal(proposal)) => {
                let said = proposal.propose.statement;
                self.said.insert(("proposal", said.round.get(), name_of(said.digest)));
            }
            Effect::Broadcast(Message::Prevote(vote)) => {
                let said = vote.statement;
                self.said.insert(("prevote", said.round.get(), name_of(said.digest)));
            }
            Effect::Broadcast(Message::Precommit(vote)) => {
                let said = vote.statement;
                self.said.insert(("precommit", said.round.get(), name_of(said.digest)));
            }
            Effect::Decide(decision) => {
                let digest = decision.payload.map(|payload| payload.digest());
                self.decided.extend(digest.and_then(name_of));
            }
            Effect::Accuse(_) => self.accused += 1,
            _ => {}
        }
        None
    }

    fn hear(&mut self, author: usize, message: &Message) {
        let (key, digest) = match message {
            Message::Prevote(vote) => {
                ((true, vote.statement.round.get(), author), vote.statement.digest)
            }
            Message::Precommit(vote) => {
                ((false, vote.statement.round.get(), author), vote.statement.digest)
            }
            other => panic!("no vote: {other:?}"),
        };
        self.is_contradicted |= *self.heard.entry(key).or_insert(digest) != digest;
    }

    fn expect(&mut self, output: &Value) {
        let value = &output["value"];
        match tag(output) {
            "VoteOutput" => {
                let kind =
                    if tag(&value["voteType"]) == "Prevote" { "prevote" } else { "precommit" };
                let round = u32::try_from(number(&value["round"])).unwrap();
                let name = &value["valueId"];
                let name = (tag(name) == "Val").then(|| text(&name["value"]));
                self.expected.insert((kind, round, name));
            }
            "ProposalOutput" => {
                let round = u32::try_from(number(&value["round"])).unwrap();
                self.expected.insert(("proposal", round, Some(text(&value["proposal"]))));
            }
            _ => {}
        }
    }

    fn compare(&self, node: &str, step: &Value) -> Result<(), String> {
        let decided: Vec<String> = step["decided"]
            .as_array()
            .unwrap()
            .iter()
            .map(|decided| text(&decided["decision"]["proposal"]))
            .collect();
        if decided != self.decided {
            return Err(format!("{node} decides {:?} instead of {decided:?}", self.decided));
        }
        if self.said != self.expected {
            return Err(format!("{node} says {:?} instead of {:?}", self.said, self.expected));
        }
        // Half of a contradiction may have come before the start, untold.
        if self.is_contradicted && (self.accused == 0 || number(&step["evidence"]) == 0) {
            return Err(format!("{node} has seen no contradiction"));
        }
        if !decided.is_empty() {
            return Ok(());
        }
        let core = self.core.as_ref().unwrap();
        let state = &step["state_after"];
        let lock = core.lock.map(|lock| (lock.round, name_of(lock.digest)));
        let valid = core
            .valid
            .as_ref()
            .map(|valid| (valid.polka.prevote.round, name_of(valid.payload.digest())));
        let named = |round: &Value, value: &Value| {
            round_of(round).map(|round| (round, Some(text(&value["value"]))))
        };
        let mine = (Some(core.round), lock, valid, core.step);
        let theirs = (
            round_of(&state["round"]),
            named(&state["lockedRound"], &state["lockedValue"]),
            named(&state["validRound"], &state["validValue"]),
            match tag(&state["step"]) {
                "ProposeStep" => Step::Propose,
                "PrevoteStep" => Step::Prevote,
                "PrecommitStep" => Step::Precommit,
                other => return Err(format!("no such step: {other}")),
            },
        );
        if mine == theirs { Ok(()) } else { Err(format!("{node}: {mine:?} instead of {theirs:?}")) }
    }
}
