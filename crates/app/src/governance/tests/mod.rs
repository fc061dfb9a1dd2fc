mod bytes;
mod rules;

use types::Height;

use super::{Apply, Choice, Delegate, GOVERNANCE, Parameter, Propose, Setting, Verb, Vote};
use crate::testing::{Ask, Chain, account, ask};

pub(crate) fn proposal(chain: &Chain, settings: &[(Parameter, u64)]) -> Propose {
    Propose {
        title: "a change".to_owned(),
        text: "why".to_owned(),
        deadline: Height::new(chain.executor.height().get() + 1 + 20),
        settings: settings.iter().map(|&(parameter, value)| Setting { parameter, value }).collect(),
    }
}

fn request(sender: u8, verb: Verb, argument: &impl codec::Encode) -> Ask {
    ask(sender, GOVERNANCE, verb as u16, argument)
}
fn propose(sender: u8, propose: &Propose) -> Ask {
    request(sender, Verb::Propose, propose)
}
pub(crate) fn vote(sender: u8, proposal: u64, choice: Choice) -> Ask {
    request(sender, Verb::Vote, &Vote { proposal, choice })
}
fn delegate(sender: u8, to: Option<u8>) -> Ask {
    request(sender, Verb::Delegate, &Delegate { to: to.map(account) })
}
fn apply(proposal: u64) -> Ask {
    request(8, Verb::Apply, &Apply { proposal })
}

/// Proposes, lets the founders approve, and applies behind the deadline.
pub(crate) fn enact(chain: &mut Chain, settings: &[(Parameter, u64)]) {
    let number = super::proposals(chain.state(GOVERNANCE), 0).count() as u64;
    let made = proposal(chain, settings);
    chain.applied(propose(1, &made));
    chain.applied(vote(1, number, Choice::Approve));
    chain.applied(vote(2, number, Choice::Approve));
    chain.pass_to(made.deadline.get());
    chain.applied(apply(number));
    let closed = super::proposal(chain.state(GOVERNANCE), number).unwrap();
    assert_eq!(closed.status, super::Status::Enacted);
}
