//! whose word counts, in which domain, and that a crash does not make a sealer take it back.

use testkit::{Cluster, Fate, Verdict, domain, ensure, ms, node, request, scenario};

use super::forge::forge_on;
use crate::tree::ROOT;
use crate::{Core, Message, Mutant, Style};

fn height(cluster: &Cluster<Core>, index: u16) -> u64 {
    let core = cluster.core(index);
    core.tree.at(core.best).height
}

/// A block signed for another chain, set or protocol, and one with somebody else's signature.
fn x2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.corrupt(1);
    cluster.run(ms(500));
    let now = cluster.now;
    let foreign = cluster.signer(1).in_domain(domain("pow"));
    let block = forge_on(cluster.core(0), ROOT, &foreign, now, None, |_| {});
    cluster.inject(1, 0, Message::Block(block));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 0, "a signature of another domain holds")?;
    ensure(cluster.bad_signatures.len() == 1, "and is counted")
}
scenario!(x2_a_signature_covers_its_domain, x2, [SignaturesUnchecked]);

/// A liar sends a block of somebody else as its own message; and blocks with forged names.
fn x3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.corrupt(1);
    cluster.corrupt(3);
    cluster.run(ms(500));
    let now = cluster.now;
    let block = forge_on(cluster.core(0), ROOT, cluster.signer(1), now, None, |_| {});
    cluster.inject(3, 0, Message::Block(block));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 0, "a block counts for whom it names")?;
    let is_blamed = cluster.bad_signatures.iter().all(|(from, _)| *from == node(3));
    ensure(is_blamed && !cluster.bad_signatures.is_empty(), "its sender is blamed")
}
scenario!(x3_a_block_comes_from_its_sealer, x3, [SenderUnchecked]);

/// A sealer dies as its block leaves, which nobody gets; restarted, it does not seal another one in its place.
fn x5(style: Style, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::with(4, mutant, |config| config.style = style);
    cluster.network =
        Box::new(|_, from, _, _| if from == node(1) { Fate::Drop } else { Fate::Pass });
    cluster.run(ms(110));
    cluster.at_mut(1).crash_on = Some(0);
    cluster.submit(request(1, 1));
    ensure(cluster.run_until(ms(1_000), |c| c.at(1).core.is_none()), "it seals, and stops")?;
    cluster.restart(1);
    cluster.submit(request(2, 1));
    cluster.run(ms(30));
    cluster.verdict()?;
    cluster.run(ms(2_000));
    cluster.heal();
    cluster.lives(3, ms(20_000))
}
scenario!(
    x5_a_restarted_sealer_does_not_seal_a_height_again,
    |mutant| x5(Style::Clique, mutant),
    [SealNotPersisted]
);
scenario!(
    x5_a_restarted_sealer_does_not_seal_a_step_again,
    |mutant| x5(Style::Aura, mutant),
    [SealNotPersisted]
);
