//! H-7 to H-14: views end, replicas come together, and work gets decided.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use protocol::Reject;
use testkit::{Fate, Verdict, ensure, ms, node, request, scenario};
use types::Duration;

use super::forge::{Forge, v};
use super::{Cluster, PHASES, with_phases};
use crate::{Message, Mutant, Phases, Qc};

fn timeouts_of(cluster: &Cluster, index: u16) -> Vec<u64> {
    let view = |message: &Message| match message {
        Message::Timeout(timeout) => Some(timeout.expire.statement.view.get()),
        _ => None,
    };
    let mut views: Vec<u64> = cluster.at(index).said.iter().filter_map(view).collect();
    views.dedup();
    views
}

/// The liar n1 collects the votes for b, builds on its certificate for n3 alone, and is silent from then on. n3 is not
/// heard while two views fail; then n0 builds below b, on timeouts that do not know of it, and needs n3's vote against
/// n3's own lock.
fn h7(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(1);
    let forge = Forge::new(&cluster);
    let genesis = Arc::new(Qc::default());
    let is_cut = Rc::new(Cell::new(true));
    let cut = Rc::clone(&is_cut);
    cluster.network = Box::new(
        move |_, from, _, _| {
            if from == node(3) && cut.get() { Fate::Drop } else { Fate::Pass }
        },
    );
    cluster.submit(request(1, 1));
    cluster.run(ms(10));
    let b = cluster.at(0).said.iter().find_map(|message| match message {
        Message::Proposal(proposal) => Some(Arc::clone(proposal)),
        _ => None,
    });
    let b = b.ok_or("n0 has not proposed")?;
    let hidden = forge.qc(&b, &forge.genesis, &[0, 2, 3]);
    let x = forge.block(&b, &hidden, 2, None, None);
    cluster.inject(1, 3, Message::Proposal(x));
    for view in 1..=3 {
        let tc = (view > 1).then(|| forge.tc(view - 1, &genesis, &[0, 1, 2]));
        let expire = forge.timeout(1, view, &genesis, tc.as_ref());
        cluster.inject_all(1, &expire);
        let is_over = |cluster: &Cluster| cluster.core(0).view == v(view + 1);
        ensure(cluster.run_until(ms(5_000), is_over), format!("view {view} does not end"))?;
    }
    ensure(cluster.core(3).safety.lock == b.link(), "n3 is not locked on b")?;
    is_cut.set(false);
    let is_done = |cluster: &Cluster| [0, 2, 3].iter().all(|&index| cluster.height(index) >= 1);
    ensure(cluster.run_until(ms(20_000), is_done), "nothing is decided")?;
    let is_vote = |message: &&Message| match message {
        Message::Vote(vote) => vote.statement.view == v(4) && vote.statement.justify == v(0),
        _ => false,
    };
    ensure(cluster.at(3).said.iter().any(|said| is_vote(&said)), "n3 insists on its lock")?;
    cluster.lives(9, ms(5_000))
}
scenario!(h7_a_hidden_lock_stops_nobody, h7, [OwnLockChecked]);

/// A replica is some views behind, with and without new work.
fn h8_skew(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        for skew in [0, 3, 10, 50] {
            let mut cluster = with_phases(4, phases, mutant);
            cluster.split(&[&[0, 1, 2], &[3]]);
            for timestamp in 1..=skew {
                cluster.submit(request(1, timestamp));
                cluster.run(ms(20));
            }
            cluster.run(ms(5_000));
            cluster.heal();
            let height = cluster.height(0);
            let is_here = |cluster: &Cluster| cluster.height(3) == height;
            let span = ms(200).times(10);
            ensure(cluster.run_until(span, is_here), format!("{skew} views behind for ever"))?;
            cluster.lives(9, span)?;
        }
    }
    Ok(())
}
scenario!(h8_replicas_come_into_one_view, h8_skew, [NoHelpForLaggards]);

/// A liar alone gives up view after view, and one that has never begun.
fn h8_alone(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let forge = Forge::new(&cluster);
    let genesis = Arc::new(Qc::default());
    for view in [1, 2, 1 << 63, u64::MAX] {
        let lie = forge.timeout(3, view, &genesis, None);
        cluster.inject_all(3, &lie);
        cluster.run(ms(50));
    }
    for index in 0..3 {
        let view = cluster.core(index).view;
        ensure(view == v(1), format!("{index} went to {view:?}"))?;
        ensure(timeouts_of(&cluster, index).is_empty(), format!("{index} joined a liar"))?;
        let counted = cluster.at(index).rejects.contains(&(node(3), Reject::BadCertificate));
        ensure(counted, "a view that has not begun is not refused")?;
    }
    cluster.lives(9, ms(5_000))
}
scenario!(h8_a_liar_alone_moves_nobody, h8_alone, [ViewUnproved, JoinedByOne]);

/// Work is at hand at two replicas of which none leads: the others join them, and it is ordered.
fn h8_join(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.submit_to(request(1, 1), &[1, 2]);
    let is_done = |cluster: &Cluster| (0..4).all(|index| cluster.height(index) >= 1);
    ensure(cluster.run_until(ms(2_000), is_done), "two waiting replicas are left alone")?;
    cluster.lives(9, ms(5_000))
}
scenario!(h8_f_plus_one_are_joined, h8_join, [NeverJoined]);

/// Messages take longer than the first timeouts.
fn h8_backoff(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.latency = ms(300);
        cluster.lives(1, ms(60_000))?;
    }
    Ok(())
}
scenario!(h8_timeouts_grow_until_they_suffice, h8_backoff, [TimerConstant]);

/// Only one replica has the certificate that decides the last request. A liar helps the others to end the view before
/// they are shown it, and is silent from then on: they cannot have three leaders in a row without the one ahead.
fn h8_overtaken(mutant: Option<Mutant>) -> Verdict {
    (0..4).try_for_each(|liar| overtaken(liar, mutant))
}

fn overtaken(liar: u16, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = with_phases(4, Phases::Three, mutant);
    cluster.corrupt(liar);
    let forge = Forge::new(&cluster);
    let honest = cluster.honest();
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Certified(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    let decides =
        |cluster: &Cluster| honest.iter().find(|&&index| cluster.height(index) > 0).copied();
    cluster.run_until(ms(5_000), |cluster| decides(cluster).is_some());
    let ahead = decides(&cluster).ok_or("nobody decides")?;
    let behind: Vec<u16> = honest.iter().copied().filter(|&index| index != ahead).collect();
    cluster.network =
        Box::new(move |_, from, _, _| if from == node(ahead) { Fate::Drop } else { Fate::Pass });
    let core = cluster.core(behind[0]);
    let (view, high, tc) = (core.view, Arc::clone(&core.high_qc), core.opening());
    cluster.inject_all(liar, &forge.timeout(liar, view.get(), &high, tc.as_ref()));
    let is_over = |cluster: &Cluster| behind.iter().all(|&index| cluster.core(index).view > view);
    ensure(cluster.run_until(ms(5_000), is_over), "the view does not end")?;
    cluster.heal();
    let is_done = |cluster: &Cluster| behind.iter().all(|&index| cluster.height(index) > 0);
    ensure(cluster.run_until(ms(30_000), is_done), "two are left behind for ever")?;
    cluster.lives(9, ms(5_000))
}
scenario!(h8_who_is_ahead_lends_its_turn, h8_overtaken, [OvertakenRests]);

/// A dead replica costs its first turn, and none after that.
fn h9(mutant: Option<Mutant>) -> Verdict {
    for (n, dead) in [(4, vec![3]), (4, vec![1]), (7, vec![0, 3]), (7, vec![2, 3])] {
        for phases in PHASES {
            let mut cluster = with_phases(n, phases, mutant);
            for &index in &dead {
                cluster.corrupt(index);
            }
            for &index in &cluster.honest() {
                cluster.at_mut(index).app.batch = 1;
            }
            for client in 1..=40 {
                cluster.submit(request(client, 1));
            }
            let alive = cluster.honest();
            let is_done =
                |cluster: &Cluster| alive.iter().all(|&index| cluster.height(index) >= 40);
            ensure(cluster.run_until(ms(10_000), is_done), "not all is decided")?;
            let given_up = timeouts_of(&cluster, alive[0]);
            // A dead one costs the view whose votes went to it, its own, and maybe one by turns after that.
            let bound = 3 * dead.len();
            ensure(
                given_up.len() <= bound,
                format!("n = {n}, {phases:?}: views {given_up:?} were lost to {dead:?}"),
            )?;
            cluster.verdict()?;
        }
    }
    Ok(())
}
scenario!(h9_dead_leaders_are_passed_over, h9, [SuspendedLead]);

/// A replica that comes back is led by others, votes, and leads again when its turn comes in a failed view.
#[test]
fn h9_suspension_ends_with_a_proposal() {
    let mut cluster = Cluster::new(4, None);
    cluster.crash(1);
    cluster.lives(1, ms(5_000)).unwrap_err();
    cluster.restart(1);
    cluster.lives(2, ms(5_000)).unwrap();
    let suspended = |cluster: &Cluster| {
        let core = cluster.core(0);
        core.tree.get(core.committed).unwrap().block.suspended.clone()
    };
    assert_eq!(suspended(&cluster), [node(1)]);
    for (client, failing) in [(3, 2), (4, 3), (5, 0)] {
        cluster.crash(failing);
        cluster.submit(request(client, 1));
        cluster.run(ms(3_000));
        cluster.restart(failing);
        cluster.run(ms(3_000));
    }
    cluster.lives(6, ms(5_000)).unwrap();
    assert_ne!(suspended(&cluster), [node(1)]);
}

/// The votes for a block go to a dead leader: the block is decided all the same, and not proposed again.
fn h10(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.corrupt(1);
        cluster.submit(request(1, 1));
        cluster.run(ms(2_000));
        let has_payload = |message: &Message| match message {
            Message::Proposal(proposal) => proposal.block.payload.is_some(),
            _ => false,
        };
        let all = cluster.honest().into_iter().flat_map(|index| &cluster.at(index).said);
        let count = all.filter(|message| has_payload(message)).count();
        ensure(cluster.height(0) == 1, format!("decided up to {}", cluster.height(0)))?;
        ensure(count == 1, format!("the payload was proposed {count} times"))?;
        cluster.lives(9, ms(5_000))?;
    }
    Ok(())
}
scenario!(h10_votes_for_a_dead_leader_count, h10, [VotesLost]);

/// A block reaches one replica in time and one too late, and the next leader builds on its parent: the work in it is
/// proposed again, and decided once.
fn h11(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.corrupt(1);
        let forge = Forge::new(&cluster);
        let genesis = Arc::new(Qc::default());
        cluster.network = Box::new(|_, _, to, message| match message {
            Message::Proposal(proposal) if proposal.block.view == v(1) && to == node(3) => {
                Fate::Delay(Duration::from_us(199_500))
            }
            _ => Fate::Pass,
        });
        cluster.submit(request(1, 1));
        cluster.run(ms(100));
        let expire = forge.timeout(1, 1, &genesis, None);
        cluster.inject_all(1, &expire);
        let is_done = |cluster: &Cluster| [0, 2, 3].iter().all(|&i| cluster.height(i) >= 1);
        ensure(cluster.run_until(ms(5_000), is_done), "the work in a dropped block is lost")?;
        cluster.run(ms(1_000));
        ensure(cluster.at(0).app.executions.len() == 1, "executed more than once")?;
        cluster.lives(9, ms(5_000))?;
    }
    Ok(())
}
scenario!(h11_work_in_a_dropped_block_returns, h11, [RegimeNeverEnds]);

/// What stands undecided when views fail is not built into another block by the next leaders.
#[test]
fn h11_undecided_work_is_not_built_again() {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, None);
        cluster.submit(request(1, 1));
        cluster.crash(1);
        cluster.run(ms(3_000));
        cluster.restart(1);
        cluster.run(ms(3_000));
        assert_eq!(cluster.height(0), 1, "{phases:?}");
    }
}

/// The leader proposes what the application refuses.
fn h12(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.corrupt(0);
        let forge = Forge::new(&cluster);
        let genesis = Arc::new(Qc::default());
        let forged = testkit::Request { forged: true, ..request(1, 1) };
        let honest = &forge.block(&forge.genesis, &genesis, 1, Some(1), None).block;
        let header = crate::block::Header {
            view: honest.view,
            regime: honest.regime,
            seq: honest.seq,
            proposer: honest.proposer,
            suspended: Vec::new(),
        };
        let payload = testkit::payload(&[forged]);
        let block = crate::Block::new(header, genesis, Some(payload));
        cluster.inject_all(0, &Message::Proposal(forge.sign(block, None)));
        cluster.run(ms(100));
        for index in 1..4 {
            let voted = cluster.at(index).said.iter().any(|m| matches!(m, Message::Vote(_)));
            ensure(!voted, format!("{index} voted for what its application refuses"))?;
        }
        // Nobody waits for a timeout: all give up the view at once.
        ensure(cluster.core(1).view > v(1), "the view of a bad proposal goes on")?;
        cluster.lives(9, ms(5_000))?;
    }
    Ok(())
}
scenario!(h12_a_payload_is_checked_before_a_vote, h12, [PayloadUnchecked]);

/// A replica comes back many blocks behind: it fetches them, votes at once, and the memory of all is bounded.
#[test]
fn h12_hundreds_of_blocks_are_fetched() {
    for phases in PHASES {
        let mut cluster = Cluster::with(4, None, |config| {
            config.phases = phases;
            config.window = 2_000;
        });
        cluster.split(&[&[0, 1, 2], &[3]]);
        for index in 0..4 {
            cluster.at_mut(index).app.batch = 1;
        }
        for client in 1..=400 {
            cluster.submit(request(client, 1));
        }
        cluster.run(ms(3_000));
        assert_eq!(cluster.height(0), 400);
        cluster.heal();
        cluster.lives(999, ms(600)).unwrap();
        assert_eq!(cluster.height(3), cluster.height(0));
    }
}

/// What nobody keeps any more is not fetched for ever: the application is brought there.
#[test]
fn h12_what_nobody_keeps_is_transferred() {
    let mut cluster = Cluster::with(4, None, |config| config.window = 8);
    cluster.split(&[&[0, 1, 2], &[3]]);
    for timestamp in 1..=60 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(20));
    }
    for index in 0..3 {
        let kept = cluster.core(index).tree.len();
        assert!(kept <= 8 + 8, "{kept} blocks are kept");
    }
    cluster.heal();
    cluster.submit(request(2, 1));
    cluster.run(ms(1_000));
    assert!(!cluster.at(3).transfers.is_empty());
    cluster.lives(9, ms(2_000)).unwrap();
}

/// A member of another epoch's set votes, proposes and certifies: none of it counts.
fn h13(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let forge = Forge::new(&cluster);
    let old = testkit::domain("hotstuff").in_epoch(1);
    let genesis = Arc::new(Qc::default());
    let b1 = forge.block(&forge.genesis, &genesis, 1, Some(1), None);
    let vote = forge.vote(&b1, &forge.genesis);
    let votes = forge.signers.iter().map(|signer| signer.in_domain(old).sign(vote));
    let votes: Vec<_> = votes.collect();
    let list = votes.iter().map(|vote| (vote.signer, vote.signature)).collect();
    let qc = Qc { vote, votes: Some(crypto::Certificate::List(list)) };
    cluster.inject(3, 1, Message::Vote(votes[3].clone()));
    cluster.inject(3, 1, Message::Certified(Arc::new(qc)));
    cluster.run(ms(20));
    ensure(cluster.bad_signatures.len() == 2, "an old epoch's signatures hold")?;
    ensure(cluster.core(1).view == v(1), "an old epoch's certificate counts")?;
    cluster.lives(9, ms(5_000))
}
scenario!(h13_an_old_epoch_certifies_nothing, h13, [SignaturesUnchecked]);

/// Every way to cut four replicas in two, for each of three spans, one of them lying all the while; then a whole
/// network. Heat, the views that end without a decision, must not pass what the leaders' turns need: no lasso.
fn h14(mutant: Option<Mutant>) -> Verdict {
    const HEAT_MAX: u64 = 12;
    let parts = [0b0000_u16, 0b0001, 0b0010, 0b0100, 0b1000, 0b0011, 0b0101, 0b0110];
    let stride = option_env!("HOTSTUFF_LASSO_ALL").map_or(7, |_| 1);
    for phases in PHASES {
        for case in (0..parts.len().pow(3)).step_by(stride) {
            let cuts = [case % 8, case / 8 % 8, case / 64].map(|part| parts[part]);
            let mut cluster = with_phases(4, phases, mutant);
            cluster.at_mut(3).is_liar = true;
            let liar = cluster.signer(3).clone();
            let mut turn = 0_u32;
            cluster.network = Box::new(move |now, from, to, message| {
                let span = usize::try_from(now.us() / 150_000).unwrap_or(usize::MAX);
                let side = |id: types::NodeId| cuts.get(span).map_or(0, |cut| cut >> id.get() & 1);
                if side(from) != side(to) {
                    return Fate::Drop;
                }
                turn += 1;
                let lie = <crate::Core as protocol::Inspect>::contradict(message, &liar);
                match lie.filter(|_| turn.is_multiple_of(2)) {
                    Some(lie) => Fate::Instead(vec![lie]),
                    None => Fate::Pass,
                }
            });
            cluster.submit(request(1, 1));
            cluster.run(ms(450));
            let start = cluster.core(0).view.get();
            cluster.submit(request(2, 1));
            let is_done = |cluster: &Cluster| {
                [0, 1, 2].iter().all(|&i| cluster.at(i).app.state.replies.len() == 2)
            };
            let done = cluster.run_until(ms(20_000), is_done);
            let heat = cluster.core(0).view.get().saturating_sub(start);
            ensure(
                done && heat <= HEAT_MAX,
                format!("{phases:?}, case {case}: {heat} views without a decision"),
            )?;
            cluster.verdict()?;
        }
    }
    Ok(())
}
scenario!(h14_no_lasso_after_the_network_heals, h14, [LockedBlockRefused]);
