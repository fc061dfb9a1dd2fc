//! S-6, S-7, S-8, S-10: which chain is followed, and which never.

use protocol::{Protocol as _, Reject};
use testkit::{Verdict, ensure, scenario};
use types::Digest;

use super::kit::{Lone, at_epoch, name};
use crate::{Checkpoint, Message, Mutant, forensics};

const OTHERS: [u16; 3] = [0, 2, 3];

/// A replica with one final block, another one proved final beside it, and all votes for the other: it stays, and sounds
/// the alarm.
fn s6_final(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(13);
    let (genesis, ours) = (lone.genesis, lone.make(5, lone.genesis.block, 1, 1));
    let theirs = lone.make(6, genesis.block, 1, 2);
    lone.show(&ours);
    lone.show(&theirs);
    let [two, three] = [2, 3].map(|epoch| at_epoch(epoch, &ours));
    for (source, target) in [(genesis, two), (two, three)] {
        let link = lone.link(&OTHERS, source, target);
        lone.give(0, link);
    }
    ensure(lone.core().finalized() == two, "nothing is final")?;
    // A block on the dead branch is refused, however many vote for it.
    lone.go(17);
    let above = lone.make(7, name(&theirs), 2, 3);
    lone.show(&above);
    lone.show(&theirs);
    let target = Checkpoint { epoch: 4, ..three };
    for by in [0, 2] {
        lone.give_vote(by, name(&above), three, target);
    }
    ensure(lone.core().head() == name(&ours), "what is final is left")?;
    let [two, three] = [2, 3].map(|epoch| at_epoch(epoch, &theirs));
    let link = lone.link(&OTHERS, two, three);
    lone.give(0, link);
    let status = lone.core().status();
    ensure(lone.core().finalized() == at_epoch(2, &ours), "what is final is replaced")?;
    ensure(status.phase == "halted" && !status.voting, "no alarm")?;
    let mut named = lone.offenders();
    named.sort_unstable();
    ensure(named == OTHERS, format!("{named:?} named"))?;
    lone.cluster.restart(1);
    ensure(lone.core().status().phase == "halted", "the alarm is forgotten")
}
scenario!(s6_what_is_final_stays, s6_final, [FinalReverted]);

/// A branch with all votes, beside the justified checkpoint, is not the head.
fn s6_justified(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(9);
    let (genesis, ours) = (lone.genesis, lone.make(5, lone.genesis.block, 1, 1));
    let theirs = lone.make(6, genesis.block, 1, 2);
    lone.show(&ours);
    lone.show(&theirs);
    let two = at_epoch(2, &ours);
    let link = lone.link(&OTHERS, genesis, two);
    lone.give(0, link);
    lone.go(12);
    for by in OTHERS {
        // Not all with one target, which would justify it.
        let target = if by == 3 { at_epoch(3, &theirs) } else { Checkpoint { epoch: 3, ..two } };
        lone.give_vote(by, name(&theirs), two, target);
    }
    ensure(lone.core().head() == name(&ours), "the head is not above what is justified")
}
scenario!(s6_the_choice_begins_at_what_is_justified, s6_justified, [JustifiedIgnored]);

/// Votes kept back until the middle of an epoch justify another branch: the replica stays with its own until the next
/// epoch begins, by when all have heard of it, and then changes sides with all others.
fn s7(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(9);
    let (genesis, ours) = (lone.genesis, lone.make(5, lone.genesis.block, 1, 1));
    let theirs = lone.make(6, genesis.block, 1, 2);
    lone.show(&ours);
    lone.show(&theirs);
    let link = lone.link(&OTHERS, genesis, at_epoch(2, &ours));
    lone.give(0, link);
    lone.go(16);
    ensure(lone.core().head() == name(&ours), "the first justified branch is not followed")?;
    // In the third slot of epoch 4 a link to epoch 3 is released that belongs to the other branch.
    lone.go(18);
    let link = lone.link(&OTHERS, genesis, at_epoch(3, &theirs));
    lone.give(0, link);
    ensure(lone.core().justified().epoch == 3, "the link is not known")?;
    ensure(lone.core().head() == name(&ours), "votes kept back change sides in mid-epoch")?;
    lone.go(20);
    ensure(lone.core().head() == name(&theirs), "the higher justified branch is never followed")
}
scenario!(s7_votes_kept_back_change_nothing_in_mid_epoch, s7, [AdoptedAnyTime]);

/// An attacker keeps its block and a vote for it back until the next proposer has built beside it: the timely block
/// stands.
fn s8_boost(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(12, mutant, |_| {});
    let is_others = |slot: u64| lone.core().leader_of(slot).get() != 1;
    let slot = (9..).find(|&slot| is_others(slot) && is_others(slot + 1)).unwrap();
    lone.go(slot + 1);
    let genesis = lone.genesis;
    let withheld = lone.make(slot, genesis.block, 1, 1);
    let honest = lone.make(slot + 1, genesis.block, 1, 2);
    let proposer = lone.core().leader_of(slot + 1).get();
    lone.give(proposer, Message::Proposal(honest.clone()));
    lone.show(&withheld);
    let target = Checkpoint { epoch: slot / 4, ..genesis };
    lone.give_vote(5, name(&withheld), genesis, target);
    ensure(lone.core().head() == name(&honest), "a block kept back replaces a timely one")?;
    // Two votes are more than the boost of 40 per cent of a committee of three: it tips the scale, no more.
    lone.give_vote(6, name(&withheld), genesis, target);
    ensure(lone.core().head() == name(&withheld), "the boost outweighs honest votes")
}
scenario!(s8_a_timely_block_is_boosted, s8_boost, [NoBoost]);

/// An attacker that balances two branches with votes for both loses its weight on both.
fn s8_equivocation(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(9);
    let genesis = lone.genesis;
    let [left, right] =
        [(5, 1), (6, 2)].map(|(slot, client)| lone.make(slot, genesis.block, 1, client));
    lone.show(&left);
    lone.show(&right);
    let (low, high) = (name(&left).min(name(&right)), name(&left).max(name(&right)));
    let target = Checkpoint { epoch: 2, ..genesis };
    lone.give_vote(0, high, genesis, target);
    lone.give_vote(3, low, genesis, target);
    lone.give_vote(3, high, genesis, target);
    ensure(lone.core().head() == high, "an equivocating vote balances an honest one")
}
scenario!(s8_equivocating_votes_are_discounted, s8_equivocation, [LiarsWeigh]);

/// Old keys sign another history of old epochs for a new replica: without a checkpoint that somebody vouches for it is
/// refused, and with one the true history is taken.
fn s10(mutant: Option<Mutant>) -> Verdict {
    let old = |lone: &Lone| {
        let block = lone.make(5, lone.genesis.block, 1, 1);
        let [two, three] = [2, 3].map(|epoch| at_epoch(epoch, &block));
        (block, two, three)
    };
    let mut lone = Lone::new(4, mutant, |config| config.unbonding_epochs = 20);
    lone.go(4 * 40);
    let (block, two, three) = old(&lone);
    lone.show(&block);
    for (source, target) in [(lone.genesis, two), (two, three)] {
        let link = lone.link(&OTHERS, source, target);
        lone.give(0, link);
    }
    ensure(lone.core().finalized() == lone.genesis, "an old history is believed")?;
    ensure(lone.rejected(Reject::OldView), "and not counted as one")?;
    for by in OTHERS {
        lone.give_vote(by, two.block, lone.genesis, two);
    }
    ensure(lone.core().justified() == lone.genesis, "old votes are counted")?;
    // Another history, which the operator has from somewhere it trusts.
    let truth = Checkpoint { epoch: 5, seq: types::Seq::new(9), block: Digest::new([9; 32]) };
    let mut vouched = Lone::new(4, mutant, |config| {
        config.unbonding_epochs = 20;
        config.anchor = Some(truth);
    });
    vouched.go(4 * 40);
    ensure(vouched.core().finalized() == truth, "the checkpoint is not where it begins")?;
    let (block, two, three) = old(&vouched);
    vouched.show(&block);
    let link = vouched.link(&OTHERS, two, three);
    vouched.give(0, link);
    ensure(vouched.core().finalized() == truth, "the other history replaces the checkpoint")
}
scenario!(s10_an_old_history_is_not_believed, s10, [OldHistoryBelieved]);

/// Two replicas whose peers make another branch final for each: their logs name the peers, whether these vote twice for
/// one epoch or around their own votes, and nobody else.
#[test]
fn x7_a_fork_names_the_liars() {
    for later in [0, 2] {
        let fork = |client: u16, epochs: [u64; 2]| {
            let mut lone = Lone::new(4, None, |_| {});
            lone.go(33);
            let block = lone.make(4 + u64::from(client), lone.genesis.block, 1, client);
            lone.show(&block);
            let [from, to] = epochs.map(|epoch| at_epoch(epoch, &block));
            for (source, target) in [(lone.genesis, from), (from, to)] {
                let link = lone.link(&OTHERS, source, target);
                lone.give(0, link);
            }
            assert_eq!(lone.core().status().decided.get(), 1);
            lone.cluster
        };
        let (left, right) = (fork(1, [4, 5]), fork(2, [4 + later, 5 + later]));
        let (left, right) = (left.at(1), right.at(1));
        let found = forensics(&left.written, &right.written);
        let verifier = Lone::new(4, None, |_| {}).cluster.verifier;
        let verify = <crate::Core as protocol::Inspect>::verify_evidence;
        assert!(found.iter().all(|evidence| verify(evidence, &verifier)));
        let named: Vec<u16> = found.iter().map(|evidence| evidence.offender.get()).collect();
        assert_eq!(named, OTHERS, "{later} epochs later");
        assert!(forensics(&left.written, &left.written).is_empty());
    }
}
