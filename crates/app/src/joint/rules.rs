//! What each request changes, and when it is refused.

use std::collections::BTreeSet;

use ledger::{Account, Outcome, Refusal, StateTree};
use types::Height;

use super::{
    ACCOUNTS_MAX, Action, BYTES, CALLS_BYTES_MAX, COUNT, DUE, Joint, KEPT_MAX, LIFE_BLOCKS_MAX,
    OPEN_MAX, Proposal, Propose, Rule, Status, Which, held_bytes, joint, joint_key, key_use,
    proposal, proposal_key,
};
use crate::argument::{keep, kept};

/// What happened, and to whom.
type Told = (&'static str, String);

pub(super) fn open(rule: &Rule, height: Height, state: &mut StateTree) -> Result<Told, Refusal> {
    let address = rule.address();
    if joint(state, &address).is_some() || key_use(state, &address).is_some() {
        return Err(Refusal::JointExists);
    }
    let count: u64 = kept(state, COUNT).unwrap_or(0);
    if count >= ACCOUNTS_MAX {
        return Err(Refusal::JointFull);
    }
    keep(state, COUNT.to_vec(), &(count + 1));
    let made = Joint { rule: rule.clone(), opened: height, next: 0, open: Vec::new() };
    keep(state, joint_key(&address), &made);
    let of = format!("{address} {} of {}", rule.threshold, rule.members.len());
    Ok(("joint.opened", of))
}

pub(super) fn propose(
    sender: Account,
    propose: Propose,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let Propose { account, action, expires } = propose;
    let mut joint = joint_of(state, &account, &sender)?;
    if !(height.get()..=height.get().saturating_add(LIFE_BLOCKS_MAX)).contains(&expires.get()) {
        return Err(Refusal::BadJointExpiry);
    }
    // What has expired makes room; counted first, since a refusal changes nothing.
    let (expired, open) = split_expired(state, &account, &joint.open, height);
    if open.len() >= OPEN_MAX {
        return Err(Refusal::JointFull);
    }
    let freed: u64 = expired.iter().filter_map(|(_, it)| it.action.as_ref()).map(held_bytes).sum();
    let held = kept::<u64>(state, BYTES).unwrap_or(0).saturating_sub(freed);
    if held.saturating_add(held_bytes(&action)) > CALLS_BYTES_MAX {
        return Err(Refusal::JointFull);
    }
    joint.open = open;
    let number = joint.next;
    joint.next = number.saturating_add(1);
    for (number, proposal) in expired {
        close(state, &account, joint.next, number, proposal, Status::Expired);
    }
    if let Some(old) = number.checked_sub(KEPT_MAX).filter(|old| !joint.open.contains(old)) {
        state.remove(&proposal_key(&account, old));
    }
    joint.open.push(number);
    let held = kept::<u64>(state, BYTES).unwrap_or(0).saturating_add(held_bytes(&action));
    keep(state, BYTES.to_vec(), &held);
    let made = Proposal {
        proposer: sender,
        digest: action.digest(),
        action: Some(action),
        approvals: BTreeSet::from([sender]),
        expires,
        status: Status::Open,
    };
    keep(state, joint_key(&account), &joint);
    Ok(decide(state, Which { account, proposal: number }, joint, &made, "joint.proposed"))
}

pub(super) fn approve(
    sender: Account,
    which: Which,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let joint = joint_of(state, &which.account, &sender)?;
    let mut proposal = open_proposal(state, which)?;
    if height > proposal.expires {
        return Err(Refusal::JointProposalExpired);
    }
    if !proposal.approvals.insert(sender) {
        return Err(Refusal::AlreadyApproved);
    }
    Ok(decide(state, which, joint, &proposal, "joint.approved"))
}

/// A member takes its approval back; behind the last block anybody may clear the proposal away.
pub(super) fn withdraw(
    sender: Account,
    which: Which,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let mut joint = joint(state, &which.account).ok_or(Refusal::JointUnknown)?;
    let mut proposal = open_proposal(state, which)?;
    let is_over = height > proposal.expires;
    if !is_over && !proposal.approvals.remove(&sender) {
        return Err(Refusal::NotApproved);
    }
    let subject = subject(which);
    if !is_over && !proposal.approvals.is_empty() {
        keep(state, proposal_key(&which.account, which.proposal), &proposal);
        return Ok(("joint.approval_withdrawn", subject));
    }
    let status = if is_over { Status::Expired } else { Status::Withdrawn };
    joint.open.retain(|&number| number != which.proposal);
    close(state, &which.account, joint.next, which.proposal, proposal, status);
    keep(state, joint_key(&which.account), &joint);
    Ok(("joint.closed", format!("{subject} {}", status.label())))
}

/// Keeps a proposal with a new approval; where these are enough, does what it says, or makes its call due.
fn decide(
    state: &mut StateTree,
    which: Which,
    mut joint: Joint,
    proposal: &Proposal,
    told: &'static str,
) -> Told {
    let is_met = joint.rule.is_met(&proposal.approvals);
    match proposal.action.clone() {
        Some(Action::Rule(rule)) if is_met => {
            let open = std::mem::take(&mut joint.open);
            keep(state, proposal_key(&which.account, which.proposal), proposal);
            for number in open {
                let Some(other) = self::proposal(state, &which.account, number) else { continue };
                let is_this = number == which.proposal;
                let status = if is_this { Status::Done(Outcome::Applied) } else { Status::Void };
                close(state, &which.account, joint.next, number, other, status);
            }
            joint.rule = rule;
            keep(state, joint_key(&which.account), &joint);
            let of = format!(
                "{} {} of {}",
                subject(which),
                joint.rule.threshold,
                joint.rule.members.len()
            );
            ("joint.changed", of)
        }
        Some(Action::Call(_)) if is_met => {
            keep(state, proposal_key(&which.account, which.proposal), proposal);
            keep(state, DUE.to_vec(), &which);
            ("joint.agreed", subject(which))
        }
        Some(Action::Rule(_) | Action::Call(_)) | None => {
            keep(state, proposal_key(&which.account, which.proposal), proposal);
            (told, subject(which))
        }
    }
}

/// Keeps what came of the call that was due.
pub(super) fn settle(outcome: Outcome, state: &mut StateTree) -> Option<Told> {
    let which: Which = kept(state, DUE)?;
    state.remove(DUE);
    let mut joint = joint(state, &which.account)?;
    let done = proposal(state, &which.account, which.proposal)?;
    joint.open.retain(|&number| number != which.proposal);
    close(state, &which.account, joint.next, which.proposal, done, Status::Done(outcome));
    keep(state, joint_key(&which.account), &joint);
    Some(("joint.executed", format!("{} {}", subject(which), outcome.label())))
}

fn joint_of(state: &StateTree, account: &Account, sender: &Account) -> Result<Joint, Refusal> {
    let joint = joint(state, account).ok_or(Refusal::JointUnknown)?;
    if joint.rule.has(sender) { Ok(joint) } else { Err(Refusal::NotJointMember) }
}

fn open_proposal(state: &StateTree, which: Which) -> Result<Proposal, Refusal> {
    let found = proposal(state, &which.account, which.proposal);
    let found = found.ok_or(Refusal::JointProposalUnknown)?;
    if found.status == Status::Open { Ok(found) } else { Err(Refusal::JointProposalClosed) }
}

/// The open proposals that have expired, and the numbers of the others.
fn split_expired(
    state: &StateTree,
    account: &Account,
    open: &[u64],
    height: Height,
) -> (Vec<(u64, Proposal)>, Vec<u64>) {
    let mut expired = Vec::new();
    let mut left = Vec::new();
    for &number in open {
        match proposal(state, account, number) {
            Some(proposal) if height > proposal.expires => expired.push((number, proposal)),
            Some(_) => left.push(number),
            None => {}
        }
    }
    (expired, left)
}

/// Ends a proposal: what it would have done is forgotten up to its digest, and the whole of it where it is old.
fn close(
    state: &mut StateTree,
    account: &Account,
    next: u64,
    number: u64,
    mut proposal: Proposal,
    status: Status,
) {
    if let Some(action) = proposal.action.take() {
        let held = kept::<u64>(state, BYTES).unwrap_or(0).saturating_sub(held_bytes(&action));
        keep(state, BYTES.to_vec(), &held);
    }
    proposal.status = status;
    if number.saturating_add(KEPT_MAX) < next {
        state.remove(&proposal_key(account, number));
    } else {
        keep(state, proposal_key(account, number), &proposal);
    }
}

fn subject(which: Which) -> String {
    format!("{} {}", which.account, which.proposal)
}
