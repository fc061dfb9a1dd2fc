//! The network as all validators see it together.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;

use crate::routes::Problem;
use crate::{NodeInfo, NodeStatus, Supervisor};

/// How long a validator may take to say how it sees the network.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Most changes of view shown.
const VIEW_CHANGES_MAX: usize = 20;

/// Asks all validators that run.
pub(crate) async fn ask(supervisor: &Supervisor) -> Result<api::Network, Problem> {
    let asked = supervisor.running().into_iter().map(async |(_, url)| {
        let request =
            supervisor.http().get(format!("{url}/api/v1/network")).timeout(ANSWER_TIMEOUT);
        let answer = request.send().await.ok()?.json::<api::Envelope<api::Network>>().await.ok()?;
        Some(answer.data)
    });
    let answers: Vec<api::Network> = join_all(asked).await.into_iter().flatten().collect();
    let nothing = || {
        Problem::new(
            api::Code::NodeUnavailable,
            "no validator answers; `unisono net status` says which run",
        )
    };
    merge(&answers, &supervisor.nodes()).ok_or_else(nothing)
}

/// One view out of many: that of the validator furthest ahead that nobody accuses, with what each says of itself.
///
/// `None` where nobody answers. Names that a validator claims for itself are checked against its place in the list,
/// so a liar cannot speak for others.
#[must_use]
pub fn merge(answers: &[api::Network], processes: &[NodeInfo]) -> Option<api::Network> {
    let accused: BTreeSet<String> = answers
        .iter()
        .flat_map(|answer| answer.evidence.iter().map(|evidence| evidence.offender.clone()))
        .collect();
    let best = answers
        .iter()
        .max_by_key(|answer| (!accused.contains(&answer.me), answer.certified, answer.height))?;
    let mut merged = best.clone();
    for row in &mut merged.nodes {
        row.is_me = false;
        let own = answers.iter().find(|answer| answer.me == row.name);
        if let Some(own) = own.and_then(|answer| answer.nodes.iter().find(|own| own.is_me)) {
            (row.view, row.height, row.voting) = (own.view, own.height, own.voting);
        }
        // Nobody hears its own votes, and not everybody hears every vote first.
        let seen = answers.iter().flat_map(|answer| &answer.nodes);
        let votes =
            seen.filter(|seen| seen.name == row.name).filter_map(|seen| seen.last_vote_age_ms);
        row.last_vote_age_ms = votes.min();
        let process = processes.iter().find(|process| process.id.as_str() == row.name);
        if process.is_some_and(|process| {
            !matches!(process.status, NodeStatus::Running | NodeStatus::Starting)
        }) {
            row.state = api::NodeState::Down;
        } else if accused.contains(&row.name) {
            row.state = api::NodeState::Accused;
        }
    }
    merged.evidence =
        distinct(answers.iter().flat_map(|answer| answer.evidence.clone()), |evidence| {
            (evidence.node, evidence.kind.clone(), evidence.view, evidence.seq)
        });
    // Whoever suspected the leader first knows the cause; the others only joined.
    let mut changes: Vec<api::ViewChange> =
        answers.iter().flat_map(|answer| answer.view_changes.clone()).collect();
    changes.sort_by_key(|change| {
        (std::cmp::Reverse(change.view), change.cause == "joined", change.time.clone())
    });
    merged.view_changes = distinct(changes.into_iter(), |change| change.view);
    merged.view_changes.truncate(VIEW_CHANGES_MAX);
    judge(&mut merged, accused);
    Some(merged)
}

/// Takes into the verdict what one validator knows of a liar and the one that leads the view does not know yet.
fn judge(merged: &mut api::Network, accused: BTreeSet<String>) {
    let verdict = &mut merged.verdict;
    let faulty = verdict.silent.iter().chain(&accused).collect::<BTreeSet<_>>().len();
    let mut quorum = 0;
    for margin in &mut merged.margins {
        quorum = margin.quorum;
        match margin.kind {
            api::MarginKind::Safety => {
                margin.present = accused.len();
                margin.left = margin.tolerated.saturating_sub(margin.present);
            }
            api::MarginKind::Liveness => {
                verdict.can_lose = margin.tolerated.saturating_sub(faulty);
            }
        }
    }
    if faulty > 0 && verdict.level == api::VerdictLevel::Healthy {
        verdict.level = api::VerdictLevel::Degraded;
    }
    verdict.accused = accused.into_iter().collect();
    verdict.sentence = verdict.words(quorum);
}

/// The first of each key, in the order they come.
fn distinct<T, K: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(key(item))).collect()
}

#[cfg(test)]
mod tests;
