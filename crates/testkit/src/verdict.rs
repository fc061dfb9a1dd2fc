//! What must hold at the end of every scenario, whatever happened in it.

use std::collections::BTreeMap;

use protocol::Promise;
use types::{Seq, View};

use crypto::Authentic as _;

use crate::app::request;
use crate::cluster::{Cluster, node};
use crate::subject::Subject;

/// A scenario's verdict; the error says what did not hold.
pub type Verdict = Result<(), String>;

/// Fails a scenario.
pub fn ensure(holds: bool, what: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(what.into()) }
}

impl<C: Subject> Cluster<C> {
    /// Agreement, order, equal states, exactly-once, honest names unblemished, promises kept.
    pub fn verdict(&self) -> Verdict {
        self.agreement()?;
        self.order()?;
        self.exactly_once()?;
        self.accusations()?;
        self.honest().into_iter().try_for_each(|index| self.promises_kept(index))
    }

    fn agreement(&self) -> Verdict {
        let mut decided = BTreeMap::new();
        let mut states = BTreeMap::new();
        for index in self.honest() {
            for (seq, digest) in &self.at(index).app.history {
                let first = *decided.entry(*seq).or_insert(*digest);
                ensure(first == *digest, format!("{seq:?} was decided differently at {index}"))?;
            }
            let state = &self.at(index).app.state;
            let first = *states.entry(state.seq).or_insert(state.digest());
            ensure(first == state.digest(), format!("states differ at {:?}", state.seq))?;
        }
        Ok(())
    }

    /// Every replica is handed places in ascending order, without gaps but those that a transfer made.
    fn order(&self) -> Verdict {
        for index in self.honest() {
            let node = self.at(index);
            let mut last = Seq::ZERO;
            for decision in &node.decisions {
                let is_next = decision.seq == last.next();
                let is_moved = node.transfers.iter().any(|&to| to.next() == decision.seq);
                let is_restarted = decision.seq <= last.next() && node.app.history.len() > 1;
                ensure(
                    is_next || is_moved || (is_restarted && decision.seq == last),
                    format!("{index} decided {:?} after {last:?}", decision.seq),
                )?;
                last = decision.seq;
            }
        }
        Ok(())
    }

    fn exactly_once(&self) -> Verdict {
        for index in self.honest() {
            let mut seen = BTreeMap::new();
            for (seq, request) in &self.at(index).app.executions {
                let key = (request.client, request.timestamp);
                if let Some(earlier) = seen.insert(key, *seq) {
                    return Err(format!("{key:?} was executed at {earlier:?} and {seq:?}"));
                }
            }
        }
        Ok(())
    }

    fn accusations(&self) -> Verdict {
        for index in self.honest() {
            for evidence in &self.at(index).evidence {
                let offender = &self.nodes[evidence.offender.index()];
                ensure(offender.is_liar, format!("{evidence:?} accuses an honest replica"))?;
                ensure(C::verify_evidence(evidence, &self.verifier), "evidence does not hold")?;
            }
        }
        Ok(())
    }

    /// X-5, D-8: nothing that a replica let out is contradicted later, crashes or not.
    pub fn promises_kept(&self, index: u16) -> Verdict {
        let mut said: BTreeMap<(u8, View, u64), u64> = BTreeMap::new();
        let mut left = View::ZERO;
        for message in self
            .at(index)
            .said
            .iter()
            .filter(|message| message.author().is_none_or(|author| author == node(index)))
        {
            let mut broken = None;
            C::promises(message, &mut |promise| match promise {
                Promise::Says { kind, view, place, value, vote } => {
                    let first = *said.entry((kind, view, place)).or_insert(value);
                    if first != value || (vote && view < left) {
                        broken = Some(format!("{index} contradicts itself: {message:?}"));
                    }
                }
                Promise::Leaves { view } => left = left.max(view),
            });
            if let Some(broken) = broken {
                return Err(broken);
            }
        }
        match C::contradiction(&self.at(index).said) {
            Some(problem) => Err(format!("{index} {problem}")),
            None => Ok(()),
        }
    }

    /// A fresh request is executed at all honest replicas within a span.
    pub fn lives(&mut self, client: u16, span: types::Duration) -> Verdict {
        let fresh = request(client, 1);
        self.submit(fresh);
        let honest = self.honest();
        let is_done = |cluster: &Self| {
            honest.iter().all(|&index| {
                let replies = &cluster.at(index).app.state.replies;
                // A liar's payload may have carried a later timestamp of this client, which ends the matter as well.
                replies.get(&client).is_some_and(|reply| reply.0 >= 1)
            })
        };
        ensure(self.run_until(span, is_done), "a fresh request is not executed everywhere")?;
        self.verdict()
    }
}

/// A test that a scenario passes, and that it fails under each of some bugs of the crate's `Mutant`.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "the mutants are those of the core under test")]
macro_rules! scenario {
    ($name:ident, $body:expr, [$($mutant:ident),+ $(,)?]) => {
        #[test]
        fn $name() {
            let body = $body;
            if let Err(problem) = body(None) {
                panic!("{problem}");
            }
            for mutant in [$(crate::Mutant::$mutant),+] {
                match body(Some(mutant)) {
                    Ok(()) => panic!("{mutant:?} goes unnoticed"),
                    Err(problem) => println!("{mutant:?}: {problem}"),
                }
            }
        }
    };
}
