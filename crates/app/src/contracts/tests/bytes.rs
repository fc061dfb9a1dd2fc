use conformance::check;
use types::{Digest, Height, Prng};

use super::*;
use crate::contracts::{Contract, Told};

fn some(prng: &mut Prng) -> Bytes {
    let mut bytes = vec![0; usize::try_from(prng.below(40)).unwrap()];
    prng.fill(&mut bytes);
    Bytes(bytes)
}
fn anybody(prng: &mut Prng) -> Account {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Account(bytes)
}

#[test]
fn the_bytes_of_contracts_are_pinned() {
    check("contracts::Deploy", |prng| Deploy {
        code: some(prng),
        salt: prng.next_u64(),
        argument: some(prng),
        fuel: prng.next_u64(),
        stake: prng.next_u64(),
    });
    check("contracts::Call", |prng| Call {
        contract: anybody(prng),
        function: "x".repeat(usize::try_from(prng.below(9)).unwrap()),
        argument: some(prng),
        fuel: prng.next_u64(),
        stake: prng.next_u64(),
    });
    check("contracts::Contract", |prng| Contract {
        owner: anybody(prng),
        code: Digest::new(anybody(prng).0),
        deployed: Height::new(prng.next_u64()),
        entries: u32::try_from(prng.below(1 << 32)).unwrap(),
        entry_bytes: u32::try_from(prng.below(1 << 32)).unwrap(),
    });
    check("contracts::Run", |prng| Run {
        contract: anybody(prng),
        height: Height::new(prng.next_u64()),
        outcome: if prng.below(2) == 0 {
            Outcome::Applied
        } else {
            Outcome::Refused(Refusal::OutOfFuel)
        },
        code: u32::try_from(prng.below(1 << 32)).unwrap(),
        fuel: prng.next_u64(),
        paid: prng.next_u64(),
        output: some(prng),
        events: (0..prng.below(3)).map(|_| Told { name: some(prng), body: some(prng) }).collect(),
    });
}
