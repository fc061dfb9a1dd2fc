//! What a phase does to a set of members: the chance of the phase as a whole, and of each member.

use std::collections::BTreeMap;

use super::chance::{Chance, Group, at_least};
use super::classes::Classes;
use super::number::Number;
use crate::{Model, Odds, Phase};

/// Given who is a member now: how likely the phase goes on, and each member with it, independently.
#[derive(Clone, Debug)]
pub(crate) struct Outlook<W> {
    /// That the phase goes on at all.
    pub(crate) gate: Chance<W>,
    /// That a member of each class stays one.
    pub(crate) stay: Vec<Chance<W>>,
    /// That somebody of each class who is no member, and still listens, becomes one; only in an open phase.
    pub(crate) join: Option<Vec<Chance<W>>>,
    /// With fewer members the round is lost.
    pub(crate) floor: usize,
}

/// Tails of one binomial, which come again and again.
#[derive(Debug)]
pub(crate) struct Tails<W>(BTreeMap<(usize, usize, u64), Chance<W>>);

/// Most tails that are kept.
const TAILS_MAX: usize = 1 << 18;

impl<W: Number> Tails<W> {
    pub(crate) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// How likely at least `k` messages come, of so many over each kind of link.
    fn at_least(&mut self, k: usize, senders: &[(usize, Odds)]) -> Chance<W> {
        let mut kinds: Vec<(usize, Odds)> = Vec::new();
        for &(count, odds) in senders.iter().filter(|&&(count, _)| count > 0) {
            match kinds.iter_mut().find(|(_, known)| *known == odds) {
                Some((known, _)) => *known += count,
                None => kinds.push((count, odds)),
            }
        }
        let fresh = |kinds: &[(usize, Odds)]| {
            let groups = kinds.iter().map(|&(count, odds)| (count, odds.into()));
            at_least(k, &groups.collect::<Vec<Group<W>>>())
        };
        let [(count, odds)] = kinds[..] else { return fresh(&kinds) };
        let key = (count, k, odds.yes.to_bits());
        if let Some(&known) = self.0.get(&key) {
            return known;
        }
        let tail = fresh(&kinds);
        if self.0.len() < TAILS_MAX {
            self.0.insert(key, tail);
        }
        tail
    }
}

impl<W: Number> Outlook<W> {
    /// Who is up at all.
    pub(crate) fn start(model: &Model, classes: &Classes) -> Self {
        let stay = (0..classes.count()).map(|class| classes.up(class).into()).collect();
        Self { gate: Chance::SURE, stay, join: None, floor: model.need }
    }

    /// What a phase does to `members`, so many of each class.
    pub(crate) fn new(
        model: &Model,
        classes: &Classes,
        tails: &mut Tails<W>,
        phase: Phase,
        members: &[usize],
    ) -> Self {
        let need = model.need;
        let all = |chance: &dyn Fn(usize) -> Chance<W>| (0..classes.count()).map(chance).collect();
        match phase {
            Phase::Broadcast { from } => {
                let leader = classes.of(from);
                let stay = all(&|class| match class == leader {
                    true => Chance::SURE,
                    false => classes.link(leader, class).into(),
                });
                let gate = if members[leader] > 0 { Chance::SURE } else { Chance::NEVER };
                Self { gate, stay, join: None, floor: need }
            }
            Phase::Collect { at, quorum, thins } => {
                let leader = classes.of(at);
                let link = |class: usize| match class == leader {
                    true => Odds::SURE,
                    false => classes.link(class, leader),
                };
                if members[leader] == 0 {
                    let stay = vec![Chance::SURE; classes.count()];
                    return Self { gate: Chance::NEVER, stay, join: None, floor: need };
                }
                if thins {
                    let stay = all(&|class| link(class).into());
                    return Self {
                        gate: Chance::SURE,
                        stay,
                        join: None,
                        floor: need.max(quorum + 1),
                    };
                }
                let others = (0..classes.count()).filter(|&class| class != leader);
                let senders: Vec<(usize, Odds)> =
                    others.map(|class| (members[class], link(class))).collect();
                let gate = tails.at_least(quorum, &senders);
                Self { gate, stay: vec![Chance::SURE; classes.count()], join: None, floor: need }
            }
            Phase::Exchange { proposer, proposer_sends, proposer_needs, others_need, open } => {
                let proposer = classes.of(proposer);
                let needs = |class| if class == proposer { proposer_needs } else { others_need };
                let mut hears = |class: usize, is_member: bool| {
                    let senders: Vec<(usize, Odds)> = (0..classes.count())
                        .map(|from| {
                            let speaks = proposer_sends || from != proposer;
                            let own = usize::from(is_member && from == class && speaks);
                            let count = if speaks { members[from] } else { 0 };
                            (count.saturating_sub(own), classes.link(from, class))
                        })
                        .collect();
                    tails.at_least(needs(class) + usize::from(!is_member), &senders)
                };
                let stay = (0..classes.count()).map(|class| match members[class] {
                    0 => Chance::SURE,
                    _ => hears(class, true),
                });
                let stay = stay.collect();
                let join =
                    open.then(|| (0..classes.count()).map(|class| hears(class, false)).collect());
                Self { gate: Chance::SURE, stay, join, floor: need }
            }
        }
    }

    /// How likely enough members are left.
    pub(crate) fn enough(&self, members: &[usize], listeners: &[usize]) -> Chance<W> {
        let mut groups: Vec<Group<W>> = Vec::with_capacity(members.len());
        let mut sure = 0;
        let mut add = |count: usize, chance: Chance<W>| {
            if chance.no.is_zero() {
                sure += count;
            } else if count > 0 {
                groups.push((count, chance));
            }
        };
        members.iter().zip(&self.stay).for_each(|(&count, &stay)| add(count, stay));
        for (class, &join) in self.join.iter().flatten().enumerate() {
            add(listeners[class] - members[class], join);
        }
        at_least(self.floor.saturating_sub(sure), &groups)
    }
}
