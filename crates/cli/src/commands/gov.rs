//! `unisono gov`: proposals, votes, agreed parameters.

use std::path::Path;

use app::governance::{
    Apply, Choice, Delegate, GOVERNANCE, Parameter, Propose, Setting, Verb, Vote,
};
use codec::Encode;
use ledger::Operation;
use serde_json::json;
use types::Height;

use super::to_value;
use crate::args::{GovCommand, SignArgs};
use crate::client::{Client, escape};
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, pairs};
use crate::signer::{Parameters, Signer, done, who};

/// Most pages of proposals that are looked through.
const PAGES_MAX: usize = 8;

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: GovCommand,
) -> Result<Report> {
    let signer = async || Signer::new(client, folder, sign).await;
    match command {
        GovCommand::Propose { title, set, text, blocks } => {
            let settings = set.iter().map(|text| setting(text)).collect::<Result<Vec<_>>>()?;
            let draft = Draft { title, text, settings, blocks };
            propose(client, &signer().await?, draft).await
        }
        GovCommand::Vote { proposal, choice } => {
            let found = Choice::ALL.into_iter().find(|one| one.label() == choice);
            let choice = found.ok_or_else(|| {
                Failure::usage(format!("`{choice}` is no vote"))
                    .next("vote approve, reject or abstain")
            })?;
            let what = format!("voted {} on proposal {proposal}", choice.label());
            send(&signer().await?, Verb::Vote, &Vote { proposal, choice }, &what).await
        }
        GovCommand::Delegate { to } => {
            let to = to.as_deref().map(who).transpose()?;
            let what = to.map_or_else(|| "follows nobody".to_owned(), |to| format!("follows {to}"));
            send(&signer().await?, Verb::Delegate, &Delegate { to }, &what).await
        }
        GovCommand::Apply { proposal } => {
            let apply = Apply { proposal };
            let submitted = signer().await?.send(operation(Verb::Apply), &apply, 0).await?;
            let closed = proposal_of(client, proposal).await?;
            let what = format!("proposal {proposal} {}", closed.status);
            Ok(done(&what, &submitted, json!({ "proposal": proposal, "status": closed.status })))
        }
        GovCommand::Tally { proposal: Some(number) } => {
            let proposal = proposal_of(client, number).await?;
            Ok(Report::new(to_value(&proposal)?, shown(&proposal)))
        }
        GovCommand::Tally { proposal: None } => tallies(client).await,
        GovCommand::Parameters => parameters(client).await,
    }
}

const fn operation(verb: Verb) -> Operation {
    Operation { app: GOVERNANCE, verb: verb as u16 }
}

async fn send(
    signer: &Signer<'_>,
    verb: Verb,
    argument: &impl Encode,
    what: &str,
) -> Result<Report> {
    let submitted = signer.send(operation(verb), argument, 0).await?;
    Ok(done(what, &submitted, json!({ "account": signer.account().to_string() })))
}

/// Reads `fee.min=50`.
fn setting(text: &str) -> Result<Setting> {
    let known: Vec<&str> = Parameter::ALL.iter().map(|one| one.label()).collect();
    let read = text.split_once('=').and_then(|(name, value)| {
        let parameter = Parameter::from_label(name)?;
        Some(Setting { parameter, value: value.parse().ok()? })
    });
    read.ok_or_else(|| {
        Failure::usage(format!("`{text}` changes no parameter"))
            .why("a change is NAME=VALUE with a whole number")
            .next(format!("the names are {}", known.join(", ")))
    })
}

/// A proposal to be made.
struct Draft {
    title: String,
    text: String,
    settings: Vec<Setting>,
    blocks: u64,
}

async fn propose(client: &Client, signer: &Signer<'_>, draft: Draft) -> Result<Report> {
    let before: api::ProposalPage = client.get("/api/v1/governance/proposals?limit=1").await?;
    // One block for the proposal itself: the deadline is counted from there.
    let deadline = before.height.saturating_add(draft.blocks).saturating_add(1);
    let Draft { title, text, settings, .. } = draft;
    let propose = Propose { title, text, deadline: Height::new(deadline), settings };
    let submitted = signer.send(operation(Verb::Propose), &propose, 0).await?;
    let number = number_of(client, signer, &submitted, deadline).await?;
    let what = format!("proposal {number} is open up to block {deadline}");
    Ok(done(&what, &submitted, json!({ "proposal": number, "deadline": deadline })))
}

/// The number that a proposal was given: it was opened by the signer in that block.
async fn number_of(
    client: &Client,
    signer: &Signer<'_>,
    made: &api::Submitted,
    deadline: u64,
) -> Result<u64> {
    let account = signer.account().to_string();
    let mut cursor = String::new();
    // No more proposals are kept than a few pages hold; whoever answers with more is not listened to.
    for _ in 0..PAGES_MAX {
        let path = format!("/api/v1/governance/proposals?limit=500{cursor}");
        let page: api::ProposalPage = client.get(&path).await?;
        let is_it = |one: &&api::Proposal| {
            one.proposer == account && Some(one.opened) == made.height && one.deadline == deadline
        };
        if let Some(found) = page.items.iter().rev().find(is_it) {
            return Ok(found.number);
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={}", escape(&next)),
            None => break,
        }
    }
    Err(Failure::failed("the proposal is made and its number is not known here yet")
        .next("`unisono gov tally` shows it soon"))
}

async fn proposal_of(client: &Client, number: u64) -> Result<api::Proposal> {
    client.get(&format!("/api/v1/governance/proposals/{number}")).await
}

/// A share in percent, with two places and without rounding up.
fn percent(part: u64, of: u64) -> String {
    let hundredths = (u128::from(part) * 10_000).checked_div(u128::from(of)).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

fn shown(proposal: &api::Proposal) -> String {
    let tally = proposal.tally;
    let counted = tally.approve.saturating_add(tally.reject);
    let took_part = counted.saturating_add(tally.abstain);
    let changes: Vec<String> =
        proposal.settings.iter().map(|one| format!("{}={}", one.parameter, one.value)).collect();
    let rows = [
        ("proposal", format!("{}  {}", proposal.number, proposal.title)),
        ("changes", changes.join(" ")),
        ("status", proposal.status.clone()),
        ("would be", proposal.would_be.clone()),
        ("deadline", format!("block {}, {} left", proposal.deadline, proposal.blocks_left)),
        ("for", tally.approve.to_string()),
        ("against", tally.reject.to_string()),
        ("neither", tally.abstain.to_string()),
        (
            "approval",
            format!(
                "{} of {} needed",
                percent(tally.approve, counted),
                percent(proposal.approval_bp, 10_000)
            ),
        ),
        (
            "quorum",
            format!(
                "{} of {} needed",
                percent(took_part, tally.total),
                percent(proposal.quorum_bp, 10_000)
            ),
        ),
    ];
    pairs(&rows)
}

async fn tallies(client: &Client) -> Result<Report> {
    let page: api::ProposalPage = client.get("/api/v1/governance/proposals?limit=500").await?;
    let mut table =
        Table::new(["NUMBER", "STATUS", "FOR", "AGAINST", "TOTAL", "DEADLINE", "TITLE"]);
    for proposal in &page.items {
        table.row([
            proposal.number.to_string(),
            proposal.status.clone(),
            proposal.tally.approve.to_string(),
            proposal.tally.reject.to_string(),
            proposal.tally.total.to_string(),
            proposal.deadline.to_string(),
            proposal.title.clone(),
        ]);
    }
    Ok(Report::new(to_value(&page)?, table.render()))
}

async fn parameters(client: &Client) -> Result<Report> {
    let Parameters(list) = Parameters::of(client).await?;
    let mut table = Table::new(["PARAMETER", "VALUE", "USUAL", "LEAST", "MOST"]);
    for one in &list.items {
        table.row([
            one.name.clone(),
            one.value.to_string(),
            one.usual.to_string(),
            one.least.to_string(),
            one.most.to_string(),
        ]);
    }
    Ok(Report::new(to_value(&list)?, table.render()))
}
