mod bytes;
mod rules;

use std::collections::BTreeSet;

use super::{Card, Founder, Founding, REGISTRY, Verb};
use crate::testing::{Ask, Chain, account, ask};

pub(crate) fn card(name: &str) -> Card {
    Card {
        name: name.to_owned(),
        role: "hub".to_owned(),
        address: String::new(),
        capabilities: ["routing", "storage", "consensus"].map(str::to_owned).into(),
    }
}

/// The federation of the guide's first example: three hubs of 10,000 each, and a purse for whoever comes later.
pub(crate) fn founding() -> Founding {
    let hubs = [(1, "hub_us_east"), (2, "hub_eu_west"), (3, "hub_asia_pacific")];
    let founder =
        |(number, name)| Founder { account: account(number), card: card(name), stake: 10_000 };
    Founding { hubs: hubs.map(founder).into(), purses: vec![(account(4), 5_000)] }
}

fn request(sender: u8, verb: Verb, argument: &impl codec::Encode) -> Ask {
    ask(sender, REGISTRY, verb as u16, argument)
}

/// A request of a verb without an argument.
fn plain(sender: u8, verb: Verb) -> Ask {
    let mut ask = request(sender, verb, &0_u8);
    ask.payload.clear();
    ask
}

/// A chain on which the federation has been founded.
pub(crate) fn founded() -> Chain {
    let mut chain = Chain::default();
    chain.applied(request(9, Verb::Found, &founding()));
    chain
}

fn names(chain: &Chain) -> BTreeSet<String> {
    super::hubs(chain.state(REGISTRY), account(0)).map(|(_, hub)| hub.card.name).collect()
}
