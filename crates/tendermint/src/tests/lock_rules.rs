//! T-2 to T-6, T-8, T-9, T-11, T-14: proposals, locks, polkas.

use std::sync::Arc;

use crypto::Signatures;
use protocol::Reject;
use testkit::{Fate, Request, Verdict, ensure, ms, node, payload, request};
use types::Digest;

use super::world::{
    Cluster, S1, digest_of, lock_in, one_among_scripts, pass, precommit, precommitted, prevote,
    prevoted, propose, tell,
};
use crate::{Message, Mutant, Polka, Prevote, Proposal, Propose, Round};

const NIL: Digest = Digest::ZERO;

/// Who has not the turn, and who names a valid round that is not an earlier one, has not proposed.
fn t2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[1], |by| propose(by, (S1, 0), 1, None));
    ensure(cluster.at(3).rejects == [(node(1), Reject::NotLeader)], "n1 has no turn")?;
    for valid in [0, 5] {
        tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 2, Some(valid)));
    }
    let bad = (node(0), Reject::BadCertificate);
    ensure(cluster.at(3).rejects[1..] == [bad, bad], "a valid round that is not earlier")?;
    ensure(prevoted(&cluster, 3, 0).is_none(), "n3 has voted for nonsense")?;
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 3, None));
    ensure(prevoted(&cluster, 3, 0) == Some(digest_of(3)), "n3 has not voted")?;
    cluster.verdict()
}
testkit::scenario!(t2_only_the_proposer_proposes, t2, [AnybodyProposes, ValidRoundUnchecked]);

/// The second proposal for a round counts only as evidence.
fn t2_twice(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 2, None));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 0), digest_of(1)));
    ensure(precommitted(&cluster, 3, 0) == [digest_of(1)], "the first one is forgotten")?;
    let kinds: Vec<_> = cluster.at(3).evidence.iter().map(|e| e.kind).collect();
    ensure(kinds == ["equivocation"], format!("{kinds:?}"))?;
    cluster.verdict()
}
testkit::scenario!(t2_the_first_proposal_stays, t2_twice, [ProposalOverwritten]);

/// What the application refuses is voted down, and another proposer does better.
fn t3_invalid(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    let forged = payload(&[Request { forged: true, ..request(1, 1) }]);
    tell(&mut cluster, &[0], |by| {
        let (round, digest) = (Round::ZERO, forged.digest());
        let propose = by.sign(Propose { seq: S1, round, digest, valid_round: None });
        Message::Proposal(Arc::new(Proposal { propose, payload: forged.clone(), polka: None }))
    });
    ensure(prevoted(&cluster, 3, 0) == Some(NIL), "n3 votes for a forged request")?;
    ensure(cluster.at(3).rejects == [(node(0), Reject::BadPayload)], "n0 is not blamed")?;
    cluster.verdict()
}
testkit::scenario!(t3_the_payload_is_checked, t3_invalid, [PayloadUnchecked]);

/// Locked on one value, a replica votes down a fresh other one, and for its own.
fn t3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    lock_in(&mut cluster, 0, 1);
    ensure(precommitted(&cluster, 3, 0) == [digest_of(1)], "n3 has not locked")?;
    tell(&mut cluster, &[1], |by| propose(by, (S1, 1), 2, None));
    ensure(prevoted(&cluster, 3, 1) == Some(NIL), "n3 votes against its lock")?;
    pass(&mut cluster, 1);
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 1, None));
    ensure(prevoted(&cluster, 3, 2) == Some(digest_of(1)), "n3 votes down what it locked")?;
    cluster.verdict()
}
testkit::scenario!(t3_a_lock_holds, t3, [LockIgnored]);

/// Locked in round 0, another value had a polka in round 1 and is proposed again: the lock gives way.
fn t4_later(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    lock_in(&mut cluster, 0, 1);
    tell(&mut cluster, &[0, 1, 2], |by| prevote(by, (S1, 1), digest_of(2)));
    pass(&mut cluster, 1);
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 2, Some(1)));
    ensure(prevoted(&cluster, 3, 2) == Some(digest_of(2)), "the lock does not give way")?;
    cluster.verdict()
}
testkit::scenario!(t4_a_later_polka_moves_the_lock, t4_later, [LockNeverMoves]);

/// The polka that a proposal names is not here: wait for it.
fn t4_missing(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    lock_in(&mut cluster, 0, 1);
    pass(&mut cluster, 1);
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 2, Some(1)));
    ensure(prevoted(&cluster, 3, 2).is_none(), "n3 has voted without the polka")?;
    tell(&mut cluster, &[0, 1, 2], |by| prevote(by, (S1, 1), digest_of(2)));
    ensure(prevoted(&cluster, 3, 2) == Some(digest_of(2)), "n3 does not vote")?;
    cluster.verdict()
}
testkit::scenario!(
    t4_a_missing_polka_is_waited_for,
    t4_missing,
    [MissingPolkaIsNil, PolkaUnneeded]
);

/// A polka from before the lock excuses nothing.
fn t4_earlier(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[0, 1, 2], |by| prevote(by, (S1, 0), digest_of(2)));
    pass(&mut cluster, 0);
    lock_in(&mut cluster, 1, 1);
    ensure(precommitted(&cluster, 3, 1) == [digest_of(1)], "n3 has not locked")?;
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 2, Some(0)));
    ensure(prevoted(&cluster, 3, 2) == Some(NIL), "an old polka unlocks")?;
    cluster.verdict()
}
testkit::scenario!(t4_an_earlier_polka_does_not, t4_earlier, [AnyValidRoundUnlocks]);

/// A proof of lock by too few, or for something else, spoils its proposal.
#[test]
fn t4_a_false_proof_is_refused() {
    let mut cluster = one_among_scripts(None);
    pass(&mut cluster, 0);
    let prevote = Prevote { seq: S1, round: Round::ZERO, digest: digest_of(2), valid_round: None };
    let signers = cluster.signers.clone();
    let polka = |who: &[usize], prevote: Prevote| Polka {
        prevote,
        prevotes: who
            .iter()
            .map(|&i| (signers[i].me(), signers[i].sign(prevote).signature))
            .collect::<Signatures>(),
    };
    let other = Prevote { digest: digest_of(1), ..prevote };
    for (count, polka) in
        [polka(&[0, 1], prevote), polka(&[0, 1, 2], other)].into_iter().enumerate()
    {
        let Message::Proposal(mut proposal) = propose(&signers[1], (S1, 1), 2, Some(0)) else {
            unreachable!("a proposal")
        };
        Arc::make_mut(&mut proposal).polka = Some(Arc::new(polka));
        tell(&mut cluster, &[1], |_| Message::Proposal(Arc::clone(&proposal)));
        assert_eq!(cluster.at(3).rejects.len(), count + 1);
        assert_eq!(cluster.at(3).rejects[count], (node(1), Reject::BadCertificate));
    }
    assert_eq!(prevoted(&cluster, 3, 1), None);
}

/// A polka that comes after the PRECOMMIT gives a valid value, and no second PRECOMMIT.
fn t5(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 0), NIL));
    cluster.run(ms(200));
    ensure(precommitted(&cluster, 3, 0) == [NIL], "n3 has not given up")?;
    let (digest, round) = (digest_of(1), Round::ZERO);
    let said = Prevote { seq: S1, round, digest, valid_round: None };
    let votes = cluster.signers[..3].iter().map(|by| (by.me(), by.sign(said).signature));
    let polka = Arc::new(Polka { prevote: said, prevotes: votes.collect() });
    tell(&mut cluster, &[2], |_| Message::Polka(Arc::clone(&polka)));
    ensure(precommitted(&cluster, 3, 0) == [NIL], "a second PRECOMMIT")?;
    let core = cluster.core(3);
    ensure(core.lock.is_none(), "n3 has locked what it did not precommit")?;
    let valid = core.valid.as_ref().map(|valid| valid.polka.prevote.digest);
    ensure(valid == Some(digest), "the valid value is not known")?;
    cluster.verdict()
}
testkit::scenario!(t5_a_late_polka_does_not_lock, t5, [LatePolkaLocks, LatePolkaForgotten]);

/// A nil polka ends the round; the lock stays.
fn t6(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    lock_in(&mut cluster, 0, 1);
    tell(&mut cluster, &[1], |by| propose(by, (S1, 1), 2, None));
    tell(&mut cluster, &[0, 1, 2], |by| prevote(by, (S1, 1), NIL));
    ensure(precommitted(&cluster, 3, 1) == [NIL], "n3 has not precommitted nil")?;
    pass(&mut cluster, 1);
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 2, None));
    ensure(prevoted(&cluster, 3, 2) == Some(NIL), "nil has unlocked n3")?;
    cluster.verdict()
}
testkit::scenario!(t6_a_nil_polka_keeps_the_lock, t6, [NilPolkaUnlocks]);

/// Value by value: what was precommitted in between needs an excuse, though the value itself is locked again.
#[test]
fn t6_a_returning_value_needs_its_excuse() {
    let mut cluster = one_among_scripts(None);
    lock_in(&mut cluster, 0, 1);
    tell(&mut cluster, &[0, 1, 2], |by| prevote(by, (S1, 1), digest_of(2)));
    pass(&mut cluster, 1);
    tell(&mut cluster, &[2], |by| propose(by, (S1, 2), 2, Some(1)));
    tell(&mut cluster, &[0, 1], |by| {
        super::world::prevote_again(by, (S1, 2), digest_of(2), Some(1))
    });
    assert_eq!(precommitted(&cluster, 3, 2), [digest_of(2)]);
    pass(&mut cluster, 2);
    // n3 itself has the turn of round 3, and proposes what is valid.
    assert_eq!(prevoted(&cluster, 3, 3), Some(digest_of(2)));
    pass(&mut cluster, 3);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 4), 2, None));
    assert_eq!(prevoted(&cluster, 3, 4), Some(NIL), "no excuse for the first PRECOMMIT");
    cluster.verdict().unwrap();
}

/// A quorum's PRECOMMITs of an earlier round decide.
fn t8(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    pass(&mut cluster, 0);
    tell(&mut cluster, &[1], |by| propose(by, (S1, 1), 1, None));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 3), NIL));
    ensure(cluster.core(3).round == Round::new(3), "n3 has not followed")?;
    tell(&mut cluster, &[0, 1, 2], |by| precommit(by, (S1, 1), digest_of(1)));
    ensure(cluster.at(3).digest_at(1) == Some(digest_of(1)), "n3 has not decided")?;
    cluster.verdict()
}
testkit::scenario!(t8_any_round_decides, t8, [OldRoundsForgotten]);

/// One replica's two votes are one replica; two replicas are more than a third.
fn t9(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[0], |by| prevote(by, (S1, 2), NIL));
    tell(&mut cluster, &[0], |by| precommit(by, (S1, 2), NIL));
    ensure(cluster.core(3).round == Round::ZERO, "one replica drags n3 along")?;
    tell(&mut cluster, &[1], |by| prevote(by, (S1, 2), NIL));
    ensure(cluster.core(3).round == Round::new(2), "n3 does not follow two")?;
    cluster.verdict()
}
testkit::scenario!(t9_a_third_is_followed, t9, [VotesSkipTwice]);

/// n0 equivocates, so that n2 and n3 lock a value whose polka n1 never sees; n1 gets it with the next proposal.
fn t11(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    let zero = cluster.signer(0).clone();
    cluster.inject(0, 1, propose(&zero, (S1, 0), 2, None));
    cluster.inject(0, 1, prevote(&zero, (S1, 0), NIL));
    for to in [2, 3] {
        cluster.inject(0, to, propose(&zero, (S1, 0), 1, None));
        cluster.inject(0, to, prevote(&zero, (S1, 0), digest_of(1)));
    }
    let decided = |cluster: &Cluster| (1..4).all(|i| cluster.height(i) == 1);
    let is_done = cluster.run_until(ms(10_000), decided);
    ensure(precommitted(&cluster, 2, 0) == [digest_of(1)], "n2 has not locked")?;
    ensure(is_done, "the hidden lock stops everybody")?;
    ensure(prevoted(&cluster, 1, 2) == Some(digest_of(1)), "n1 did not get the polka in time")?;
    cluster.verdict()
}
testkit::scenario!(t11_a_hidden_lock_is_shown, t11, [PolkaNotPassedOn]);

/// n3 has locked, stops, and comes back: it is still locked.
fn t14_lock(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    lock_in(&mut cluster, 0, 1);
    cluster.restart(3);
    tell(&mut cluster, &[0, 1, 2], |by| precommit(by, (S1, 0), NIL));
    cluster.run(ms(200));
    tell(&mut cluster, &[1], |by| propose(by, (S1, 1), 2, None));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 1), NIL));
    ensure(prevoted(&cluster, 3, 1) == Some(NIL), "the lock is forgotten")?;
    cluster.verdict()
}
testkit::scenario!(t14_a_lock_survives_a_crash, t14_lock, [LockNotRecovered]);

/// Everybody has locked and stops; whoever has the next turn still has the value to propose.
fn t14_valid(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Precommit(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(20));
    ensure(precommitted(&cluster, 1, 0).len() == 1, "n1 has not locked")?;
    (0..4).for_each(|index| cluster.crash(index));
    for index in 1..4 {
        cluster.at_mut(index).app = testkit::App::default();
        cluster.restart(index);
    }
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Precommit(vote) if vote.statement.round == Round::ZERO => Fate::Drop,
        _ => Fate::Pass,
    });
    for index in 1..4 {
        ensure(cluster.core(index).valid.is_some(), format!("{index} has lost its valid value"))?;
    }
    cluster.heal();
    cluster.restart(0);
    cluster.lives(9, ms(20_000))
}
testkit::scenario!(t14_a_valid_value_survives_a_crash, t14_valid, [ValidNotPersisted]);
