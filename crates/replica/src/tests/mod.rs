mod harness;
mod sequencer;

use codec::{Decode, Encode};
use ledger::{Outcome, Refusal};
use protocol::Reject;
use types::{Height, NodeId};

use crate::Message;
use harness::{Net, note};
use sequencer::Sequencer;

const LAST: NodeId = NodeId::new(3);

#[test]
fn transactions_are_executed_once_everywhere_and_certified() {
    let mut net = Net::new(4);
    let txs: Vec<_> = (0..30).map(|nonce| note(1, nonce, 100)).collect();
    assert!(net.submit(NodeId::new(1), txs.clone()).iter().all(Result::is_ok));
    assert_eq!(net.submit(NodeId::new(1), vec![txs[0].clone()]), [Err(Refusal::AlreadyPending)]);
    assert!(net.submit(NodeId::new(2), txs[..5].to_vec()).iter().all(Result::is_ok));
    net.tick(3);
    for tx in &txs {
        let applied = net.outcomes[&tx.id()].iter().filter(|outcome| outcome.is_applied()).count();
        assert_eq!(applied, 4, "once at each of four replicas");
    }
    let tips: Vec<_> = net.replicas.iter().map(|replica| replica.executor().tip()).collect();
    assert!(tips.iter().all(|tip| *tip == tips[0]));
    assert!(net.certified.iter().all(|height| *height == net.replicas[0].executor().height()));
    assert_eq!(net.submit(NodeId::new(0), vec![txs[7].clone()]), [Err(Refusal::NonceUsed)]);
}

#[test]
fn a_missing_batch_is_fetched_before_the_block_is_executed() {
    let mut net = Net::new(4);
    net.drop_batches = true;
    net.submit(NodeId::new(0), vec![note(1, 1, 10)]);
    net.tick(1);
    assert_eq!(net.heights(), [1, 0, 0, 0]);
    net.tick(4);
    assert_eq!(net.heights(), [1, 1, 1, 1]);
}

#[test]
fn p16_who_was_away_catches_up_by_certified_blocks() {
    let mut net = Net::new(4);
    net.cut.insert(LAST);
    for nonce in 0..10 {
        net.submit(NodeId::new(0), vec![note(1, nonce, 10)]);
        net.tick(1);
    }
    assert_eq!(net.heights(), [10, 10, 10, 0]);
    net.cut.clear();
    net.tick(6);
    assert_eq!(net.heights(), [10; 4]);
    assert_eq!(net.certified[3].get(), 10);
    assert_eq!(net.replicas[3].executor().tip(), net.replicas[0].executor().tip());
}

/// A block's attestations are all there before those of the block below it, whose certificate comes whole.
#[test]
fn p16_a_certificate_that_closes_a_gap_certifies_what_waited_above_it() {
    let mut net = Net::new(4);
    net.lost_attestations = Some((LAST, Height::new(1)));
    for nonce in 1..=2 {
        net.submit(NodeId::new(0), vec![note(1, nonce, 10)]);
        net.deliver();
    }
    assert_eq!(net.heights(), [2; 4]);
    assert_eq!(net.certified[3], Height::ZERO, "its first block lacks attestations");
    net.tamper = Some(|blocks| blocks.truncate(1));
    net.serve_blocks(NodeId::new(1), LAST, Height::new(1));
    net.deliver();
    assert_eq!(net.certified[3], Height::new(2));
}

#[test]
fn p16_changed_cut_or_uncertified_blocks_are_refused() {
    type Tamper = fn(&mut Vec<ledger::CertifiedBlock>);
    let tampers: [(Reject, Tamper); 5] = [
        (Reject::BadPayload, |blocks| blocks.iter_mut().for_each(|block| block.batches.clear())),
        (Reject::BadPayload, |blocks| {
            let other = ledger::Batch::seal(NodeId::new(0), 0, &[note(9, 9, 9)]).unwrap();
            blocks.iter_mut().for_each(|block| block.batches = vec![other.clone().into()]);
        }),
        (Reject::BadCertificate, |blocks| {
            blocks.iter_mut().for_each(|block| block.header.tx_count += 1)
        }),
        (Reject::BadCertificate, |blocks| {
            blocks.iter_mut().for_each(|block| {
                block.certificate.signatures.pop_first();
                block.certificate.signatures.pop_first();
            });
        }),
        (Reject::BadCertificate, |blocks| {
            blocks.iter_mut().for_each(|block| {
                let (signer, _) = block.certificate.signatures.pop_first().unwrap();
                block.certificate.signatures.insert(signer, crypto::Signature::NONE);
            });
        }),
    ];
    for (reason, tamper) in tampers {
        let mut net = Net::new(4);
        net.cut.insert(LAST);
        net.submit(NodeId::new(0), vec![note(1, 1, 10)]);
        net.tick(2);
        net.cut.clear();
        net.tamper = Some(tamper);
        net.tick(6);
        assert_eq!(net.heights(), [1, 1, 1, 0], "{reason:?}: nothing of it is executed");
        assert!(
            net.rejects.iter().any(|(at, _, why)| *at == LAST && *why == reason),
            "{reason:?}: {:?}",
            net.rejects
        );
        net.tamper = None;
        net.tick(6);
        assert_eq!(net.heights(), [1; 4], "{reason:?}: an honest answer heals it");
    }
}

#[test]
fn p9_a_spoilt_state_is_noticed_and_rebuilt_from_certified_blocks() {
    let mut net = Net::new(4);
    net.submit(NodeId::new(0), vec![note(1, 1, 10)]);
    net.tick(2);
    let state = net.replicas[3].executor_mut().state_mut(ledger::AppId(0)).unwrap();
    state.set(vec![7], vec![7]);
    net.submit(NodeId::new(0), vec![note(1, 2, 10)]);
    net.tick(2);
    assert_eq!(net.diverged, [LAST], "noticed once");
    net.tick(4);
    let tips: Vec<_> = net.replicas.iter().map(|replica| replica.executor().tip()).collect();
    assert_eq!(tips[3], tips[0], "the state is rebuilt from certified blocks");
    assert!(net.replicas[3].status().core.unwrap().voting);
}

#[test]
fn a_restarted_replica_stands_where_it_stood_and_goes_on() {
    let mut net = Net::new(4);
    net.submit(NodeId::new(0), (0..5).map(|nonce| note(1, nonce, 10)).collect());
    net.tick(2);
    let before = net.replicas[3].executor().tip();
    net.restart(LAST);
    assert_eq!(net.replicas[3].executor().tip(), before);
    net.submit(NodeId::new(0), vec![note(1, 3, 10), note(1, 9, 10)]);
    net.tick(2);
    assert_eq!(net.replicas[3].executor().tip(), net.replicas[0].executor().tip());
}

#[test]
fn the_pool_is_bounded_and_serves_the_dearest_first() {
    let mut net = Net::new(1);
    net.cut.insert(NodeId::new(0));
    let answers = net.submit(NodeId::new(0), (0..60).map(|nonce| note(1, nonce, 10)).collect());
    assert_eq!(
        answers.iter().filter(|answer| **answer == Err(Refusal::SenderLimit)).count(),
        60 - 50
    );
}

#[test]
fn messages_come_back_from_their_bytes() {
    let batch = ledger::Batch::seal(NodeId::new(2), 5, &[note(1, 1, 5), note(2, 2, 6)]).unwrap();
    let message = Message::<Sequencer>::Batch(batch.clone().into());
    let back = Message::<Sequencer>::from_bytes(&message.to_bytes()).unwrap();
    assert!(matches!(back, Message::Batch(other) if *other == batch));
    let refused = Outcome::Refused(Refusal::NonceUsed);
    assert_eq!(Outcome::from_bytes(&refused.to_bytes()), Ok(refused));
    assert!(Message::<Sequencer>::from_bytes(&[9]).is_err());
}

#[test]
fn a_proposal_from_the_future_is_refused_however_old_it_calls_itself() {
    let mut net = Net::new(4);
    let proposal = |view: u64, time: u64| ledger::Proposal {
        view: types::View::new(view),
        proposer: NodeId::new(0),
        time: types::Time::from_us(time),
        batches: vec![types::Digest::new([1; 32])],
    };
    let now = net.now;
    let mut judge = |proposal: &ledger::Proposal| {
        let check = crate::replica::WaitingCheck {
            view: types::View::new(3),
            seq: types::Seq::new(1),
            payload: protocol::Payload::new(&proposal.to_bytes()),
            proposer: NodeId::new(3),
        };
        net.replicas[1].judge(now, &check)
    };
    assert_eq!(judge(&proposal(1, 400_000)), None, "in time: it waits for its batch");
    assert_eq!(judge(&proposal(1, 600_000)), Some(false), "beyond the drift allowed");
    assert_eq!(judge(&proposal(3, 1)), Some(false), "a fresh one names its own proposer");
    assert_eq!(judge(&proposal(4, 1)), Some(false), "nobody proposes for a later view");
}

#[test]
fn p14_a_batch_that_the_leader_never_got_is_forwarded_to_it() {
    let mut net = Net::new(4);
    // The leader is cut off while replica 2 disseminates: replicas 1 and 3 hold the batch, the leader does not.
    net.cut.insert(NodeId::new(0));
    net.submit(NodeId::new(2), vec![note(1, 1, 10)]);
    net.tick(1);
    net.cut.clear();
    // Its origin never says it again.
    net.cut.insert(NodeId::new(2));
    net.tick(6);
    assert_eq!(net.heights(), [1, 1, 0, 1]);
}

#[test]
fn a_payload_is_built_no_sooner_than_the_block_interval_after_the_last() {
    let mut net = Net::new(4);
    let leader = NodeId::new(0);
    net.replicas[0].settings.block_interval = types::Duration::from_ms(150);
    net.submit(leader, vec![note(1, 1, 10)]);
    net.deliver();
    assert_eq!(net.heights(), [1; 4], "the first one waits for nothing");
    net.tick(1);
    net.submit(leader, vec![note(1, 2, 10)]);
    net.deliver();
    assert_eq!(net.heights(), [1; 4], "a tenth of a second is too soon");
    net.tick(1);
    assert_eq!(net.heights(), [2; 4]);
}

#[test]
fn who_has_no_batch_on_its_way_seals_at_once_and_what_comes_later_waits_for_company() {
    let mut net = Net::new(4);
    let origin = NodeId::new(1);
    let sealed = |net: &Net| net.replicas[1].next_batch_number;
    net.submit(origin, vec![note(1, 1, 10)]);
    assert_eq!(sealed(&net), 1, "nobody is served by waiting");
    net.submit(origin, vec![note(1, 2, 10)]);
    net.submit(origin, vec![note(1, 3, 10)]);
    assert_eq!(sealed(&net), 1, "the first is on its way");
    net.tick(1);
    assert_eq!(sealed(&net), 2, "both together");
}

#[test]
fn what_governance_has_agreed_on_paces_every_proposer() {
    use app::governance::{GOVERNANCE, Parameter, set};
    let mut net = Net::new(4);
    for replica in &mut net.replicas {
        let state = replica.executor_mut().state_mut(GOVERNANCE).unwrap();
        set(state, Parameter::BlockIntervalMs, 150);
    }
    let mut heights = Vec::new();
    for nonce in 0..4 {
        net.submit(NodeId::new(0), vec![note(1, nonce, 10)]);
        net.deliver();
        heights.push(net.heights()[0]);
        net.tick(1);
    }
    assert_eq!(heights, [1, 1, 2, 3], "each later one waits for its time");
}

#[test]
fn what_is_executed_in_another_order_than_it_came_leaves_nothing_behind() {
    use crate::batches::{Arrival, Batches};
    use std::sync::Arc;
    let batch = |nonce: u64| {
        Arc::new(ledger::Batch::seal(NodeId::new(1), nonce, &[note(1, nonce, 10)]).unwrap())
    };
    let (first, second) = (batch(1), batch(2));
    let mut batches = Batches::default();
    for batch in [&first, &second] {
        assert_eq!(batches.insert(Arc::clone(batch), NodeId::new(1)), Arrival::New);
    }
    batches.remove(&[second.digest()]);
    batches.remove(&[first.digest()]);
    assert_eq!(batches.waiting_order(), 0, "a backup, which proposes nothing, forgets too");
}
