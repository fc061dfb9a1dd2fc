//! Counting votes: each stake once, by its own vote or by that of whom it follows.

use std::collections::BTreeMap;

use ledger::Account;

use super::{Choice, Seat, Tally};

/// How the stake of `seats` voted.
pub(super) fn count(seats: &[Seat], votes: &BTreeMap<Account, Choice>) -> Tally {
    let follows: BTreeMap<Account, Option<Account>> =
        seats.iter().map(|seat| (seat.account, seat.follows)).collect();
    let mut known: BTreeMap<Account, Option<Choice>> = BTreeMap::new();
    let mut tally = Tally::default();
    for seat in seats {
        tally.total = tally.total.saturating_add(seat.stake);
        let side = match choice_of(seat.account, &follows, votes, &mut known) {
            Some(Choice::Approve) => &mut tally.approve,
            Some(Choice::Reject) => &mut tally.reject,
            Some(Choice::Abstain) => &mut tally.abstain,
            None => continue,
        };
        *side = side.saturating_add(seat.stake);
    }
    tally
}

/// Follows a delegation to the first that voted. Whoever is on the way has the same answer, and keeps it.
fn choice_of(
    account: Account,
    follows: &BTreeMap<Account, Option<Account>>,
    votes: &BTreeMap<Account, Choice>,
    known: &mut BTreeMap<Account, Option<Choice>>,
) -> Option<Choice> {
    let (mut at, mut trail) = (account, Vec::new());
    let choice = loop {
        if let Some(&choice) = known.get(&at) {
            break choice;
        }
        if let Some(&choice) = votes.get(&at) {
            break Some(choice);
        }
        trail.push(at);
        match follows.get(&at) {
            Some(&Some(next)) if trail.len() <= follows.len() => at = next,
            Some(_) | None => break None,
        }
    };
    known.extend(trail.into_iter().map(|account| (account, choice)));
    choice
}
