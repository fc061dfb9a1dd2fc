//! W-5 to W-9: switching between branches.

use std::sync::Arc;

use protocol::{Ctx, Effect, Input, Protocol as _, Reject, Reply};
use testkit::{App, Cluster, Verdict, ensure, ms, payload, request, requests_of, scenario};
use types::{Digest, Seq, Time};

use super::{Branch, head, lone, show, status};
use crate::condemned::CONDEMNED_MAX;
use crate::orphans::ORPHANS_PER_SENDER_MAX;
use crate::tree::SIDE_MAX;
use crate::{Block, Blocks, Config, Core, Message, Mutant, Record};

/// A branch of some blocks above another's block.
fn fork(from: &Branch, length: usize, client: u16) -> Branch {
    let mut branch = from.clone();
    branch.blocks.clear();
    branch.step = types::Duration::from_us(2);
    branch.grow(client);
    branch.grow_by(length - 1);
    branch
}

fn deep(config: &mut Config) {
    config.confirmations = 1_000;
}

/// W-5: reorganisations of depth 1, 6 and 100, stopped at each record: after the restart, the chain is one or the other.
fn w5(mutant: Option<Mutant>) -> Verdict {
    for depth in [1, 6, 100] {
        let mut cluster = lone(mutant, deep);
        let config = cluster.at(0).config.clone();
        let mut common = Branch::new(&config);
        common.grow(1);
        let (old, new) = (fork(&common, depth, 2), fork(&common, depth + 1, 3));
        show(&mut cluster, 1, &common.blocks);
        show(&mut cluster, 1, &old.blocks);
        ensure(head(&cluster, 0) == old.id, "the first branch is followed")?;
        let before = cluster.at(0).disk.len();
        for stretch in new.blocks.chunks(64) {
            let blocks = Blocks { blocks: stretch.to_vec() };
            cluster.inject(2, 0, Message::Blocks(blocks));
            cluster.run(ms(2));
        }
        ensure(head(&cluster, 0) == new.id, "the better branch is not followed")?;
        for written in before..=cluster.at(0).disk.len() {
            let log = cluster.at(0).disk[..written].to_vec();
            let mut effects = Vec::new();
            let mut ctx = Ctx::new(cluster.now, cluster.signer(0), &mut effects);
            let core = Core::start(config.clone(), log, &mut ctx);
            let id = core.tree.head_id();
            ensure(id == old.id || id == new.id, format!("stopped after {written} records"))?;
        }
        let reorganisations = cluster.core(0).reorganisations();
        ensure(reorganisations.deepest == depth as u64, "its depth is told")?;
    }
    Ok(())
}
scenario!(w5_a_reorganisation_is_atomic, w5, [AdoptedPiecemeal]);

/// W-5: a branch with one payload that the application refuses changes nothing, however much work is in it.
fn w5_invalid(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, deep);
    let config = cluster.at(0).config.clone();
    let mut common = Branch::new(&config);
    common.grow_by(1);
    let old = fork(&common, 3, 2);
    let mut new = fork(&common, 2, 3);
    let mut forged = request(9, 1);
    forged.forged = true;
    let lie = payload(&[forged]);
    new.push(new.next(Some(&lie)), Some(lie.clone()));
    new.grow_by(4);
    show(&mut cluster, 1, &common.blocks);
    show(&mut cluster, 1, &old.blocks);
    show(&mut cluster, 2, &new.blocks);
    ensure(head(&cluster, 0) == old.id, "a branch with an invalid payload is followed")?;
    ensure(cluster.core(0).reorganisations().count == 0, "something changed")?;
    // It is remembered: showing it again costs no question, and its children are refused by name.
    let asked = cluster.core(0).asked.len();
    cluster.at_mut(0).rejects.clear();
    show(&mut cluster, 3, &new.blocks[2..]);
    let refused = cluster.at(0).rejects.iter().filter(|r| r.1 == Reject::BadPayload).count();
    ensure(asked == 0 && refused == new.blocks.len() - 2, "it is not remembered")?;
    ensure(cluster.core(0).orphans.len() == 0, "its children wait for it")
}
scenario!(w5_an_invalid_branch_changes_nothing, w5_invalid, [BranchUnchecked, InvalidForgotten]);

/// W-5: the work of an abandoned block is mined again.
fn w5_returned(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::with(4, mutant, |config| config.confirmations = 4);
    cluster.split(&[&[0], &[1, 2, 3]]);
    cluster.submit(request(1, 1));
    let has_mined = |c: &Cluster<Core>| status(c, 0).tentative.is_some();
    ensure(cluster.run_until(ms(5_000), has_mined), "nothing is mined alone")?;
    let alone = head(&cluster, 0);
    // The others mine something else meanwhile, and more of it.
    let config = cluster.at(0).config.clone();
    let mut rival = Branch::new(&config);
    rival.grow(7);
    rival.grow_by(2);
    cluster.crash(1);
    cluster.crash(2);
    cluster.crash(3);
    for block in &rival.blocks {
        cluster.inject(1, 0, Message::Block(Arc::clone(block)));
    }
    cluster.run(ms(2));
    ensure(!cluster.core(0).tree.is_main(&alone), "the branch with more work is not followed")?;
    let is_executed =
        |c: &Cluster<Core>| c.at(0).app.executions.iter().any(|(_, request)| request.client == 1);
    ensure(cluster.run_until(ms(20_000), is_executed), "the abandoned work is lost")
}
scenario!(w5_abandoned_work_is_mined_again, w5_returned, [AbandonedWorkLost]);

/// W-6: of two branches with the same work the first seen stays, whatever times they name.
fn w6(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, deep);
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let (first, second) = (fork(&start, 2, 1), fork(&start, 2, 2));
    let mut later = start;
    later.step = ms(100);
    later.grow(3);
    later.grow_by(1);
    show(&mut cluster, 1, &first.blocks);
    for rival in [&second, &later] {
        show(&mut cluster, 2, &rival.blocks);
        ensure(head(&cluster, 0) == first.id, "a tie is broken by what an attacker chose")?;
    }
    later.blocks.clear();
    later.grow_by(1);
    show(&mut cluster, 2, &later.blocks);
    ensure(head(&cluster, 0) == later.id, "one more block breaks the tie")
}
scenario!(w6_the_first_seen_wins_a_tie, w6, [LaterTimeWins, LastSeenWins]);

/// W-7: a payload that repeats its end under an honest header is refused, and the honest block is not refused for it.
fn w7(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, deep);
    let config = cluster.at(0).config.clone();
    let honest = Branch::new(&config).grow(1);
    let requests = requests_of(honest.payload.as_ref());
    let repeated = payload(&[requests.clone(), requests].concat());
    let liars = [
        Block { header: honest.header, payload: Some(repeated) },
        Block { header: honest.header, payload: None },
    ];
    for lie in liars {
        show(&mut cluster, 1, &[Arc::new(lie)]);
    }
    let refused = cluster.at(0).rejects.iter().filter(|r| r.1 == Reject::BadPayload).count();
    ensure(refused == 2, "another payload under the same header is accepted")?;
    show(&mut cluster, 2, &[Arc::clone(&honest)]);
    ensure(head(&cluster, 0) == honest.header.id(), "the honest block pays for it")
}
scenario!(w7_a_misfit_payload_condemns_nobody, w7, [MisfitCondemnsHeader]);

/// W-8: many cheap headers, as orphans and as branches near the bottom, cost bounded memory.
fn w8(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |config| {
        deep(config);
        config.target_initial = crate::Target::from_compact(0x207f_ffff);
    });
    let config = cluster.at(0).config.clone();
    let mut honest = Branch::new(&config);
    honest.grow_by(8);
    show(&mut cluster, 1, &honest.blocks);
    let start = Branch::new(&config);
    for count in 0..u64::try_from(SIDE_MAX).unwrap_or(0) + 200 {
        let mut orphan = start.next(None);
        orphan.height = types::Height::new(500);
        orphan.parent = crypto::hash("test-orphan", &count.to_le_bytes());
        let mut side = start.next(None);
        side.time = Time::from_us(count + 10);
        for header in [orphan, side] {
            let header = super::prove(header);
            let block = Arc::new(Block { header, payload: None });
            cluster.inject(1, 0, Message::Block(block));
        }
        cluster.run(ms(2));
    }
    let core = cluster.core(0);
    ensure(core.orphans.len() <= ORPHANS_PER_SENDER_MAX, "orphans are kept without end")?;
    ensure(core.tree.len() <= SIDE_MAX + 10, "branches are kept without end")?;
    ensure(core.tree.head_id() == honest.id, "the honest chain is lost")?;
    // One that costs nothing at all is not even an orphan.
    let before = core.orphans.len();
    let mut free = start.next(None);
    free.parent = Digest::new([7; 32]);
    free.height = types::Height::new(9);
    while free.target.is_met_by(&free.id()) {
        free.nonce += 1;
    }
    show(&mut cluster, 2, &[Arc::new(Block { header: free, payload: None })]);
    ensure(cluster.core(0).orphans.len() == before, "an orphan without work is kept")
}
scenario!(w8_cheap_headers_are_bounded, w8, [OrphansUnbounded, SideBranchesUnbounded]);

/// The memory of invalid blocks is bounded, too.
#[test]
fn the_memory_of_invalid_blocks_is_bounded() {
    let mut condemned = crate::condemned::Condemned::default();
    for count in 0..3 * CONDEMNED_MAX as u64 {
        let id = crypto::hash("test-block", &count.to_le_bytes());
        let sentence = crate::condemned::Sentence { reason: Reject::BadTime, until: None };
        condemned.insert(id, sentence);
        condemned.insert(id, sentence);
        assert!(condemned.get(&id, Time::ZERO).is_some());
    }
    assert_eq!(condemned.len(), CONDEMNED_MAX);
}

/// W-9: a payload is decided only under its confirmations; before that its depth grows, and drops to none when a
/// reorganisation takes it out.
fn w9(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |config| config.confirmations = 6);
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let (spent, again) = (fork(&start, 4, 1), fork(&start, 5, 2));
    let named = |branch: &Branch| branch.blocks[0].header.payload;
    for (index, block) in spent.blocks.iter().enumerate() {
        show(&mut cluster, 1, &[Arc::clone(block)]);
        let depth = cluster.core(0).confirmations(&named(&spent));
        ensure(depth == Some(index as u64 + 1), "the depth is not told")?;
    }
    ensure(status(&cluster, 0).decided == Seq::ZERO, "four blocks are called enough")?;
    ensure(status(&cluster, 0).tentative.is_some(), "the head is not called tentative")?;
    show(&mut cluster, 2, &again.blocks);
    ensure(cluster.core(0).confirmations(&named(&spent)).is_none(), "it still counts")?;
    ensure(cluster.core(0).confirmations(&named(&again)) == Some(5), "the other one is deep")?;
    ensure(cluster.core(0).reorganisations().count == 1, "the reorganisation is not told")?;
    let mut again = again;
    show(&mut cluster, 2, &[again.grow(0)]);
    ensure(status(&cluster, 0).decided == Seq::new(1), "six blocks are not enough")?;
    ensure(cluster.at(0).digest_at(1) == Some(named(&again)), "the wrong one is decided")
}
scenario!(w9_confirmations_are_not_finality, w9, [DecidedAtOnce, AbandonedStillCounts]);

/// A reorganisation deeper than the confirmations would contradict what is decided: the replica halts, says so, keeps
/// to it over a restart, and decides nothing more.
fn deep_reorganisation(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |config| config.confirmations = 3);
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let (ours, theirs) = (fork(&start, 4, 1), fork(&start, 6, 2));
    show(&mut cluster, 1, &ours.blocks);
    ensure(status(&cluster, 0).decided == Seq::new(1), "it is not decided")?;
    show(&mut cluster, 2, &theirs.blocks);
    for is_restarted in [false, true] {
        if is_restarted {
            cluster.restart(0);
            show(&mut cluster, 2, &theirs.blocks[..2]);
        }
        let status = status(&cluster, 0);
        ensure(status.phase == "halted" && !status.voting, "it goes on")?;
        let waiting = status.waiting.map(|waiting| waiting.phase);
        ensure(waiting == Some("deep-reorganisation"), "it does not say why")?;
        ensure(head(&cluster, 0) == ours.id, "the decided chain is left")?;
    }
    cluster.submit(request(5, 1));
    cluster.run(ms(5_000));
    ensure(cluster.is_idle(), "a halted replica goes on")?;
    ensure(cluster.at(0).decisions.len() == 1, "it decides on")
}
scenario!(
    a_reorganisation_deeper_than_the_confirmations_halts,
    deep_reorganisation,
    [DeepReorganisationFollowed, AlarmForgotten]
);

/// A reorganisation below what is settled, but not below anything decided, contradicts nothing.
#[test]
fn a_deep_reorganisation_of_empty_blocks_is_followed() {
    let mut cluster = lone(None, |config| config.confirmations = 3);
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let (ours, theirs) = (fork(&start, 6, 0), fork(&start, 8, 1));
    show(&mut cluster, 1, &ours.blocks);
    show(&mut cluster, 2, &theirs.blocks);
    assert_eq!(head(&cluster, 0), theirs.id);
    assert_eq!(status(&cluster, 0).decided, Seq::new(1));
}

/// After a restart the chain is what it was: what was decided is neither decided again nor forgotten.
fn recovery(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |config| config.confirmations = 3);
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let (mut ours, theirs) = (fork(&start, 4, 1), fork(&start, 8, 2));
    show(&mut cluster, 1, &ours.blocks);
    cluster.restart(0);
    ensure(head(&cluster, 0) == ours.id, "the chain is lost")?;
    ensure(status(&cluster, 0).decided == Seq::new(1), "what was decided is forgotten")?;
    let next = [ours.grow(4), ours.grow(0), ours.grow(0)];
    show(&mut cluster, 1, &next);
    ensure(status(&cluster, 0).decided == Seq::new(2), "it does not go on")?;
    cluster.restart(0);
    show(&mut cluster, 2, &theirs.blocks);
    ensure(head(&cluster, 0) == ours.id, "the decided chain is left")?;
    ensure(status(&cluster, 0).phase == "halted", "it goes on")?;
    let places: Vec<u64> = cluster.at(0).decisions.iter().map(|d| d.seq.get()).collect();
    ensure(places == [1, 2], "decided again, or with a gap")?;
    cluster.verdict()
}
scenario!(the_chain_survives_a_restart, recovery, [AdoptionNotPersisted]);

/// What was decided and not executed before a crash is handed over again.
#[test]
fn what_was_not_executed_is_handed_over_again() {
    let mut cluster = lone(None, |config| config.confirmations = 2);
    let config = cluster.at(0).config.clone();
    let mut branch = Branch::new(&config);
    for client in [1, 2, 3, 0] {
        branch.grow(client);
    }
    show(&mut cluster, 1, &branch.blocks);
    assert_eq!(cluster.at(0).decisions.len(), 3);
    let log = cluster.at(0).disk.clone();
    for standing in 0..=3 {
        let mut effects = Vec::new();
        let signer = cluster.signer(0).clone();
        let mut ctx = Ctx::new(cluster.now, &signer, &mut effects);
        let mut core = Core::start(config.clone(), log.clone(), &mut ctx);
        let (seq, digest) = (Seq::new(standing), Digest::ZERO);
        if standing > 0 {
            let reply = Reply::Transferred { seq, digest, done: Vec::new() };
            core.step(Input::Reply(reply), &mut ctx);
        } else {
            core.step(Input::Submit(Digest::new([1; 32])), &mut ctx);
        }
        let decided = effects.iter().filter_map(|effect| {
            if let Effect::Decide(decision) = effect { Some(decision.seq.get()) } else { None }
        });
        assert!(decided.eq(standing + 1..=3), "from {standing}");
    }
}

/// Blocks that were lost are made up for: the parents of an orphan, and heads that nobody builds on.
fn lost_blocks(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.split(&[&[0, 1, 2], &[3]]);
    cluster.at_mut(3).config.voting = false;
    cluster.crash(3);
    cluster.submit(request(1, 1));
    cluster.run(ms(4_000));
    ensure(status(&cluster, 0).decided == Seq::new(1), "three of four decide nothing")?;
    cluster.heal();
    cluster.restart(3);
    cluster.submit(request(1, 2));
    let is_done = |c: &Cluster<Core>| c.at(3).app.state.seq == Seq::new(2);
    ensure(cluster.run_until(ms(8_000), is_done), "it does not catch up by its orphans")?;
    cluster.run(ms(4_000));
    // All blocks to one replica are lost, and nothing is built above them.
    cluster.network = Box::new(|_, _, to, message| {
        let is_lost = to == testkit::node(3) && matches!(message, Message::Block(_));
        if is_lost { testkit::Fate::Drop } else { testkit::Fate::Pass }
    });
    cluster.submit(request(1, 3));
    cluster.run(ms(4_000));
    let is_done = |c: &Cluster<Core>| c.at(3).app.state.seq == Seq::new(3);
    ensure(cluster.run_until(ms(8_000), is_done), "it does not catch up by heads")?;
    cluster.verdict()
}
scenario!(lost_blocks_are_made_up_for, lost_blocks, [HeadsNotTold]);

/// The ancestors of an orphan are asked for from whoever sent it.
fn orphans(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, deep);
    let config = cluster.at(0).config.clone();
    let mut branch = Branch::new(&config);
    branch.grow_by(100);
    let last = branch.blocks[99].clone();
    cluster.inject(1, 0, Message::Block(last));
    cluster.run(ms(2));
    let asks = |cluster: &Cluster<Core>| {
        cluster.at(0).said.iter().filter(|message| matches!(message, Message::Ask(_))).count()
    };
    ensure(asks(&cluster) == 1, "nobody is asked for what is missing")?;
    for stretch in branch.blocks[..99].chunks(64) {
        cluster.inject(1, 0, Message::Blocks(Blocks { blocks: stretch.to_vec() }));
        cluster.run(ms(2));
    }
    ensure(head(&cluster, 0) == branch.id, "the orphan is not joined")?;
    ensure(cluster.core(0).orphans.len() == 0, "the orphan is kept")
}
scenario!(the_parents_of_orphans_are_asked_for, orphans, [ParentsNotAsked]);

/// The log and the tree stay bounded, and a restart from a compacted log changes nothing.
#[test]
fn the_log_is_compacted() {
    let mut cluster = lone(None, |config| {
        config.history = 20;
        config.confirmations = 3;
    });
    let config = cluster.at(0).config.clone();
    let mut branch = Branch::new(&config);
    let mut compactions = 0;
    for client in 1..150 {
        let before = cluster.at(0).disk.len();
        let block = branch.grow(client);
        show(&mut cluster, 1, &[block]);
        compactions += usize::from(cluster.at(0).disk.len() < before);
        assert!(cluster.core(0).tree.len() <= 62, "{}", cluster.core(0).tree.len());
        assert!(cluster.at(0).disk.len() <= 62, "{}", cluster.at(0).disk.len());
        if client % 13 == 0 {
            cluster.restart(0);
            assert_eq!(head(&cluster, 0), branch.id);
        }
    }
    assert!(compactions > 3);
    assert_eq!(status(&cluster, 0).decided, Seq::new(147));
    cluster.verdict().unwrap();
    let is_bounded = |record: &Record| match record {
        Record::Adopted(blocks) => blocks.len() < 62,
        Record::Base(_) | Record::Halted(_) => true,
    };
    assert!(cluster.at(0).disk.iter().all(is_bounded));
}

/// A replica that is further behind than anybody keeps blocks begins anew where f+1 others begin, once its application
/// stands there; one liar cannot move it.
fn far_behind(mutant: Option<Mutant>) -> Verdict {
    let tune = |config: &mut Config| {
        config.history = 20;
        config.confirmations = 3;
    };
    let mut others = lone(mutant, tune);
    let config = others.at(0).config.clone();
    let mut branch = Branch::new(&config);
    for client in 1..100 {
        branch.grow(client);
    }
    show(&mut others, 1, &branch.blocks);
    let base = Arc::new(others.core(0).tree.base().ok_or("no base")?);
    let mut cluster = lone(mutant, tune);
    cluster.run(ms(500));
    let mut lie = (*base).clone();
    lie.active = ms(1);
    cluster.inject(2, 0, Message::Base(Arc::new(lie)));
    cluster.run(ms(2));
    ensure(status(&cluster, 0).phase == "normal", "one replica is believed")?;
    for from in [1, 3] {
        cluster.inject(from, 0, Message::Base(Arc::clone(&base)));
        cluster.run(ms(2));
    }
    ensure(status(&cluster, 0).phase == "transfer", "two replicas are not believed")?;
    let state = others.at(0).app.snapshots[&base.block.header.seq].clone();
    let (seq, digest) = (state.seq, state.digest());
    let done = App::adopt(&mut cluster.at_mut(0).app, state);
    cluster.step(testkit::node(0), Input::Reply(Reply::Transferred { seq, digest, done }));
    let low = usize::try_from(base.block.header.height.get()).unwrap_or(0);
    for stretch in branch.blocks[low..].chunks(64) {
        cluster.inject(1, 0, Message::Blocks(Blocks { blocks: stretch.to_vec() }));
        cluster.run(ms(2));
    }
    ensure(head(&cluster, 0) == branch.id, "it does not follow")?;
    ensure(status(&cluster, 0).decided == Seq::new(97), "it does not decide on")?;
    cluster.verdict()
}
scenario!(far_behind_it_begins_where_f_plus_one_begin, far_behind, [BaseOfOne]);
