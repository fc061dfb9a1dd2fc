use conformance::check;
use ledger::Account;
use types::{Height, Prng};

use crate::governance::{
    Apply, Choice, Delegate, Parameter, Proposal, Propose, Seat, Setting, Status, Tally, Vote,
};

fn account(prng: &mut Prng) -> Account {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Account(bytes)
}
fn text(prng: &mut Prng) -> String {
    (0..prng.below(9)).map(|_| char::from(b'a' + u8::try_from(prng.below(26)).unwrap())).collect()
}
fn one_of<T: Copy>(prng: &mut Prng, items: &[T]) -> T {
    items[usize::try_from(prng.below(items.len() as u64)).unwrap()]
}
fn settings(prng: &mut Prng) -> Vec<Setting> {
    let setting = |prng: &mut Prng| Setting {
        parameter: one_of(prng, &Parameter::ALL[..6]),
        value: prng.next_u64(),
    };
    (0..prng.below(4)).map(|_| setting(prng)).collect()
}

#[test]
fn the_bytes_of_governance_are_pinned() {
    check("governance::Propose", |prng| Propose {
        title: text(prng),
        text: text(prng),
        deadline: Height::new(prng.next_u64()),
        settings: settings(prng),
    });
    check("governance::Vote", |prng| Vote {
        proposal: prng.next_u64(),
        choice: one_of(prng, &Choice::ALL),
    });
    check("governance::Delegate", |prng| Delegate {
        to: prng.chance_ppm(500_000).then(|| account(prng)),
    });
    check("governance::Apply", |prng| Apply { proposal: prng.next_u64() });
    check("governance::Seat", |prng| Seat {
        account: account(prng),
        stake: prng.next_u64(),
        follows: prng.chance_ppm(500_000).then(|| account(prng)),
    });
    check("governance::Proposal", |prng| Proposal {
        proposer: account(prng),
        title: text(prng),
        text: text(prng),
        settings: settings(prng),
        opened: Height::new(prng.next_u64()),
        deadline: Height::new(prng.next_u64()),
        quorum_bp: prng.next_u64(),
        approval_bp: prng.next_u64(),
        status: one_of(prng, &Status::ALL),
        tally: Tally {
            approve: prng.next_u64(),
            reject: prng.next_u64(),
            abstain: prng.next_u64(),
            total: prng.next_u64(),
        },
    });
}

#[test]
fn parameters_have_their_own_numbers_names_and_allowed_defaults() {
    for (at, parameter) in Parameter::ALL.iter().enumerate() {
        assert_eq!(*parameter as usize, at + 1);
        assert_eq!(Parameter::from_label(parameter.label()), Some(*parameter));
        assert!(parameter.allows(parameter.default_value()), "{}", parameter.label());
    }
}
