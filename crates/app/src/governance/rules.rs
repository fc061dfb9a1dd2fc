//! The rules: what each request changes, and when it is refused.

use ledger::{Account, Refusal, StateTree};
use types::Height;

use super::count::count;
use super::parameters::{Parameter, set, value};
use super::{
    Apply, DELEGATION_DEPTH_MAX, Delegate, NEXT, OPEN, OPEN_MAX, OPEN_PER_PROPOSER_MAX,
    PROPOSALS_KEPT_MAX, Proposal, Propose, Request, Seat, Status, Tally, VOTING_BLOCKS_MAX, Vote,
    delegate, delegate_key, proposal, proposal_key, seats_key, votes, votes_key,
};
use crate::argument::{keep, kept};
use crate::registry::{self, REGISTRY};
use crate::{BlockContext, Others};

/// What happened, and to whom.
type Told = (&'static str, String);

pub(super) fn step(
    sender: Account,
    request: Request,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    match request {
        Request::Propose(propose) => self::propose(sender, propose, block, state),
        Request::Vote(vote) => self::vote(sender, vote, block.height, state),
        Request::Delegate(Delegate { to }) => set_delegate(sender, to, block.others, state),
        Request::Apply(Apply { proposal }) => apply(proposal, block.height, state),
    }
}

fn propose(
    sender: Account,
    propose: Propose,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let seats = seats(block.others, state);
    if !seats.iter().any(|seat| seat.account == sender) {
        return Err(Refusal::NotMember);
    }
    let blocks = propose.deadline.above(block.height);
    if !(value(state, Parameter::VotingBlocksMin)..=VOTING_BLOCKS_MAX).contains(&blocks) {
        return Err(Refusal::BadDeadline);
    }
    if propose.settings.iter().any(|setting| !setting.parameter.allows(setting.value)) {
        return Err(Refusal::ParameterOutOfRange);
    }
    let mut open: Vec<u64> = kept(state, OPEN).unwrap_or_default();
    let is_own = |&&number: &&u64| proposal(state, number).is_some_and(|it| it.proposer == sender);
    if open.len() >= OPEN_MAX || open.iter().filter(is_own).count() >= OPEN_PER_PROPOSER_MAX {
        return Err(Refusal::TooManyProposals);
    }
    let number: u64 = kept(state, NEXT).unwrap_or(0);
    if let Some(old) = number.checked_sub(PROPOSALS_KEPT_MAX).filter(|old| !open.contains(old)) {
        state.remove(&proposal_key(old));
    }
    let made = Proposal {
        proposer: sender,
        title: propose.title,
        text: propose.text,
        settings: propose.settings,
        opened: block.height,
        deadline: propose.deadline,
        quorum_bp: value(state, Parameter::QuorumBp),
        approval_bp: value(state, Parameter::ApprovalBp),
        status: Status::Open,
        tally: Tally { total: count(&seats, &Default::default()).total, ..Tally::default() },
    };
    open.push(number);
    keep(state, OPEN.to_vec(), &open);
    keep(state, NEXT.to_vec(), &number.saturating_add(1));
    keep(state, seats_key(number), &seats);
    keep(state, proposal_key(number), &made);
    Ok(("proposal.opened", number.to_string()))
}

/// Who may vote with how much, and who follows whom, at this moment.
fn seats(others: Others<'_>, state: &StateTree) -> Vec<Seat> {
    let hubs = others.get(REGISTRY).into_iter().flat_map(registry::bonded);
    hubs.map(|(account, stake)| Seat { account, stake, follows: delegate(state, &account) })
        .collect()
}

fn vote(
    sender: Account,
    vote: Vote,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let Vote { proposal: number, choice } = vote;
    let proposal = proposal(state, number).ok_or(Refusal::ProposalUnknown)?;
    if proposal.status != Status::Open || height > proposal.deadline {
        return Err(Refusal::VotingClosed);
    }
    let seats: Vec<Seat> = kept(state, &seats_key(number)).unwrap_or_default();
    if !seats.iter().any(|seat| seat.account == sender) {
        return Err(Refusal::NotMember);
    }
    keep(state, [votes_key(number), sender.0.to_vec()].concat(), &choice);
    Ok(("proposal.voted", format!("{number} {}", choice.label())))
}

fn set_delegate(
    sender: Account,
    to: Option<Account>,
    others: Others<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let Some(to) = to else {
        state.remove(&delegate_key(&sender));
        return Ok(("delegation.ended", sender.to_string()));
    };
    if others.get(REGISTRY).and_then(|hubs| registry::hub(hubs, &sender)).is_none() {
        return Err(Refusal::NotMember);
    }
    let mut at = Some(to);
    for _ in 0..DELEGATION_DEPTH_MAX {
        match at {
            None => break,
            Some(account) if account == sender => return Err(Refusal::DelegationCycle),
            Some(account) => at = delegate(state, &account),
        }
    }
    if at.is_some() {
        return Err(Refusal::DelegationTooDeep);
    }
    keep(state, delegate_key(&sender), &to);
    Ok(("delegation.set", to.to_string()))
}

/// Counts the votes and closes the proposal; what is approved is in force at once.
fn apply(number: u64, height: Height, state: &mut StateTree) -> Result<Told, Refusal> {
    let mut closed = proposal(state, number).ok_or(Refusal::ProposalUnknown)?;
    if closed.status != Status::Open {
        return Err(Refusal::ProposalClosed);
    }
    if height <= closed.deadline {
        return Err(Refusal::VotingOpen);
    }
    let seats: Vec<Seat> = kept(state, &seats_key(number)).unwrap_or_default();
    let votes = votes(state, number);
    closed.tally = count(&seats, &votes);
    closed.status = closed.tally.status(closed.quorum_bp, closed.approval_bp);
    if closed.status == Status::Enacted {
        closed.settings.iter().for_each(|setting| set(state, setting.parameter, setting.value));
    }
    for account in votes.keys() {
        state.remove(&[votes_key(number), account.0.to_vec()].concat());
    }
    state.remove(&seats_key(number));
    let mut open: Vec<u64> = kept(state, OPEN).unwrap_or_default();
    open.retain(|&other| other != number);
    keep(state, OPEN.to_vec(), &open);
    let next: u64 = kept(state, NEXT).unwrap_or(0);
    if next.saturating_sub(number) > PROPOSALS_KEPT_MAX {
        state.remove(&proposal_key(number));
    } else {
        keep(state, proposal_key(number), &closed);
    }
    Ok(("proposal.closed", format!("{number} {}", closed.status.label())))
}
