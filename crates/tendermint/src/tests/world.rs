//! The core in the model world, and short names for what scenarios say.

use std::sync::Arc;

use crypto::Signer;
use testkit::{Subject, WorldBug, payload, request};
use types::{Digest, Duration, Seq};

use crate::safety::forgets;
use crate::{Config, Core, Message, Mutant, Precommit, Prevote, Proposal, Propose, Record, Round};

pub(super) type Cluster = testkit::Cluster<Core>;

pub(super) const S1: Seq = Seq::new(1);

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config {
            view_timeout: Duration::from_ms(400),
            view_timeout_max: Duration::from_ms(4_000),
            retry_interval: Duration::from_ms(100),
            mutant,
            ..Config::new(n)
        }
    }
    fn message_name(message: &Message) -> String {
        let valid = |valid: Option<Round>| valid.map_or(String::new(), |r| format!(" valid {r:?}"));
        match message {
            Message::Proposal(proposal) => {
                let said = proposal.propose.statement;
                let proof = if proposal.polka.is_some() { " proved" } else { "" };
                let (name, valid) = (named(said.digest), valid(said.valid_round));
                format!("PROPOSAL({} {:?} {name}{valid}{proof})", said.seq, said.round)
            }
            Message::Prevote(vote) => {
                let said = vote.statement;
                let (name, valid) = (named(said.digest), valid(said.valid_round));
                format!("PREVOTE({} {:?} {name}{valid})", said.seq, said.round)
            }
            Message::Precommit(vote) => {
                let said = vote.statement;
                format!("PRECOMMIT({} {:?} {})", said.seq, said.round, named(said.digest))
            }
            Message::Polka(polka) => {
                let said = polka.prevote;
                format!("POLKA({} {:?} {})", said.seq, said.round, named(said.digest))
            }
            Message::Committed(proof) => {
                let said = proof.precommit;
                format!("COMMITTED({} {:?} {})", said.seq, said.round, named(said.digest))
            }
            Message::Status(report) => {
                format!("STATUS({} {:?}{})", report.seq, report.round, valid(report.valid_round))
            }
            Message::Exhibit(propose) => {
                let said = propose.statement;
                format!("EXHIBIT({} {:?} {})", said.seq, said.round, named(said.digest))
            }
        }
    }
    fn record_name(record: &Record) -> String {
        match record {
            Record::Proposed(proposal) => {
                let said = proposal.propose.statement;
                format!("proposed({} {:?})", said.seq, said.round)
            }
            Record::Prevoted(vote) => {
                let said = vote.statement;
                format!("prevoted({} {:?} {})", said.seq, said.round, named(said.digest))
            }
            Record::Valid(_, polka) => {
                format!("valid({} {:?})", polka.prevote.seq, polka.prevote.round)
            }
            Record::Precommitted(vote) => {
                let said = vote.statement;
                format!("precommitted({} {:?} {})", said.seq, said.round, named(said.digest))
            }
            Record::Excuse(polka) => {
                format!("excuse({} {:?})", polka.prevote.seq, polka.prevote.round)
            }
            Record::Decided(proof) => format!("decided({})", proof.precommit.seq),
        }
    }
    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            _ => None,
        }
    }
    /// Nobody honest prevotes against what it precommitted, unless a later polka excuses it.
    fn contradiction(said: &[Message]) -> Option<String> {
        let precommits = said.iter().filter_map(|message| match message {
            Message::Precommit(vote) if !vote.statement.digest.is_zero() => Some(vote),
            _ => None,
        });
        let precommits: Vec<_> = precommits.collect();
        said.iter().find_map(|message| match message {
            Message::Prevote(vote) => precommits
                .iter()
                .find(|earlier| forgets(&earlier.statement, &vote.statement))
                .map(|earlier| format!("forgets {earlier:?} when it says {vote:?}")),
            _ => None,
        })
    }
}

fn named(digest: Digest) -> String {
    if digest.is_zero() { "nil".to_owned() } else { format!("{digest:?}") }
}

/// The payload that orders a client's first request.
pub(super) fn value(client: u16) -> protocol::Payload {
    payload(&[request(client, 1)])
}
pub(super) fn digest_of(client: u16) -> Digest {
    value(client).digest()
}
pub(super) fn propose(
    signer: &Signer,
    (seq, round): (Seq, u32),
    client: u16,
    valid: Option<u32>,
) -> Message {
    let payload = value(client);
    let (round, valid_round) = (Round::new(round), valid.map(Round::new));
    let propose = signer.sign(Propose { seq, round, digest: payload.digest(), valid_round });
    Message::Proposal(Arc::new(Proposal { propose, payload, polka: None }))
}
pub(super) fn prevote(signer: &Signer, (seq, round): (Seq, u32), digest: Digest) -> Message {
    prevote_again(signer, (seq, round), digest, None)
}
/// The vote for a value that is proposed with a valid round.
pub(super) fn prevote_again(
    signer: &Signer,
    (seq, round): (Seq, u32),
    digest: Digest,
    valid: Option<u32>,
) -> Message {
    let (round, valid_round) = (Round::new(round), valid.map(Round::new));
    Message::Prevote(signer.sign(Prevote { seq, round, digest, valid_round }))
}
pub(super) fn precommit(signer: &Signer, (seq, round): (Seq, u32), digest: Digest) -> Message {
    Message::Precommit(signer.sign(Precommit { seq, round: Round::new(round), digest }))
}

/// What a replica has prevoted in a round of the first height.
pub(super) fn prevoted(cluster: &Cluster, who: u16, round: u32) -> Option<Digest> {
    cluster.at(who).said.iter().find_map(|message| match message {
        Message::Prevote(vote) if place(vote.statement.seq, vote.statement.round) == (1, round) => {
            Some(vote.statement.digest)
        }
        _ => None,
    })
}
/// What a replica has precommitted in a round of the first height, every time anew.
pub(super) fn precommitted(cluster: &Cluster, who: u16, round: u32) -> Vec<Digest> {
    let votes = cluster.at(who).said.iter().filter_map(|message| match message {
        Message::Precommit(vote)
            if place(vote.statement.seq, vote.statement.round) == (1, round) =>
        {
            Some(vote.statement.digest)
        }
        _ => None,
    });
    let mut votes: Vec<Digest> = votes.collect();
    votes.dedup();
    votes
}
const fn place(seq: Seq, round: Round) -> (u64, u32) {
    (seq.get(), round.get())
}

/// Four replicas of which only n3 is not a script's.
pub(super) fn one_among_scripts(mutant: Option<Mutant>) -> Cluster {
    let mut cluster = Cluster::new(4, mutant);
    (0..3).for_each(|index| cluster.corrupt(index));
    cluster
}
/// A script's replicas say something to n3.
pub(super) fn tell(cluster: &mut Cluster, who: &[u16], say: impl Fn(&Signer) -> Message) {
    for &index in who {
        let message = say(cluster.signer(index));
        cluster.inject(index, 3, message);
    }
    cluster.run(testkit::ms(5));
}
/// n3 locks a client's value in a round of the first height, and everybody goes on to the next round.
pub(super) fn lock_in(cluster: &mut Cluster, round: u32, client: u16) {
    let at = (S1, round);
    let proposer = u16::try_from(round % 4).unwrap();
    tell(cluster, &[proposer], |by| propose(by, at, client, None));
    tell(cluster, &[0, 1], |by| prevote(by, at, digest_of(client)));
    pass(cluster, round);
}
/// Nobody decides a round, and n3 goes on to the next one.
pub(super) fn pass(cluster: &mut Cluster, round: u32) {
    tell(cluster, &[0, 1, 2], |by| precommit(by, (S1, round), Digest::ZERO));
    cluster.run(Duration::from_ms(400 / 4 + 200 * u64::from(round)));
}
