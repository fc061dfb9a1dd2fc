use conformance::check;
use ledger::Account;
use types::{Height, Prng};

use crate::registry::{
    Amount, Card, Founder, Founding, Hub, Join, NodeKeys, Purse, Release, Transfer,
};

fn account(prng: &mut Prng) -> Account {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Account(bytes)
}
fn name(prng: &mut Prng) -> String {
    (0..prng.below(9)).map(|_| char::from(b'a' + u8::try_from(prng.below(26)).unwrap())).collect()
}
fn card(prng: &mut Prng) -> Card {
    Card {
        name: name(prng),
        role: name(prng),
        address: name(prng),
        capabilities: (0..prng.below(4)).map(|_| name(prng)).collect(),
    }
}

#[test]
fn the_bytes_of_the_registry_are_pinned() {
    check("registry::Founding", |prng| Founding {
        hubs: (0..prng.below(3))
            .map(|_| Founder { account: account(prng), card: card(prng), stake: prng.next_u64() })
            .collect(),
        purses: (0..prng.below(3)).map(|_| (account(prng), prng.next_u64())).collect(),
    });
    check("registry::Join", |prng| Join { card: card(prng), stake: prng.next_u64() });
    check("registry::Amount", |prng| Amount { stake: prng.next_u64() });
    check("registry::Transfer", |prng| Transfer { to: account(prng), stake: prng.next_u64() });
    // Few have keys, since reading one costs a multiplication on the curve.
    let key = crypto::SecretKey::from_seed([7; 32]).public();
    check("registry::Hub", |prng| Hub {
        card: card(prng),
        keys: prng.chance_ppm(500).then_some(NodeKeys { key, network_key: key }),
        joined: Height::new(prng.next_u64()),
        updated: Height::new(prng.next_u64()),
    });
    check("registry::Purse", |prng| Purse {
        free: prng.next_u64(),
        bonded: prng.next_u64(),
        releases: (0..prng.below(3))
            .map(|_| Release { due: Height::new(prng.next_u64()), stake: prng.next_u64() })
            .collect(),
    });
}
