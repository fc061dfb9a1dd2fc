//! `unisono joint`: accounts that k of n keys act for together.

use std::path::Path;

use app::app_by_label;
use app::joint::{Action, Call, JOINT, OPEN_MAX, Propose, Verb, Which};
use app::registry::{self, REGISTRY, Transfer};
use codec::{Bytes, Encode};
use ledger::{Account, Operation};
use serde_json::json;
use types::Height;

use super::to_value;
use crate::args::{JointAction, JointCommand, SignArgs, WhichArgs};
use crate::client::{Client, escape};
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, pairs};
use crate::signer::{Signer, done, height_of, rule, who};

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: JointCommand,
) -> Result<Report> {
    let signer = async || Signer::new(client, folder, sign).await;
    match command {
        JointCommand::Open { rule: text } => {
            let rule = rule(&text)?;
            let (address, members) = (rule.address(), rule.members.len());
            let submitted = signer().await?.send(operation(Verb::Open), &rule, 0).await?;
            let what = format!("joint account {address}  {} of {members}", rule.threshold);
            Ok(done(&what, &submitted, json!({ "account": address.to_string() })))
        }
        JointCommand::Propose { account, blocks, action } => {
            propose(client, &signer().await?, who(&account)?, blocks, action).await
        }
        JointCommand::Approve(which) => {
            act(client, &signer().await?, Verb::Approve, which, "approved").await
        }
        JointCommand::Withdraw(which) => {
            act(client, &signer().await?, Verb::Withdraw, which, "withdrawn").await
        }
        JointCommand::Show { account, proposal } => show(client, who(&account)?, proposal).await,
        JointCommand::List { limit, cursor } => list(client, limit, cursor.as_deref()).await,
    }
}

const fn operation(verb: Verb) -> Operation {
    Operation { app: JOINT, verb: verb.number() }
}

async fn propose(
    client: &Client,
    signer: &Signer<'_>,
    account: Account,
    blocks: u64,
    action: JointAction,
) -> Result<Report> {
    let action = action_of(action)?;
    let before = account_of(client, account).await?;
    // One block for the proposal itself: the life is counted from there.
    let expires = height_of(client).await?.saturating_add(blocks).saturating_add(1);
    let digest = action.digest().to_string();
    let propose = Propose { account, action, expires: Height::new(expires) };
    let submitted = signer.send(operation(Verb::Propose), &propose, 0).await?;
    // Others may have proposed in between: it is the signer's own, of this digest.
    let mine = signer.account().to_string();
    let last = account_of(client, account).await?.next_proposal;
    // Only so many are open at once; a server that names more is not asked for them.
    for number in (before.next_proposal..last).take(OPEN_MAX) {
        let made = proposal_of(client, account, number).await?;
        if made.proposer == mine && made.digest == digest {
            let what = format!("proposal {number} {}", made.status);
            let more = json!({ "proposal": number, "status": made.status, "expires": expires });
            return Ok(done(&what, &submitted, more));
        }
    }
    let what = "proposed, and its number is not known here yet";
    Ok(done(what, &submitted, json!({ "expires": expires })))
}

fn action_of(action: JointAction) -> Result<Action> {
    Ok(match action {
        JointAction::Transfer { to, stake } => {
            let payload = Bytes(Transfer { to: who(&to)?, stake }.to_bytes());
            let verb = registry::Verb::Transfer as u16;
            Action::Call(Call { operation: Operation { app: REGISTRY, verb }, payload })
        }
        JointAction::Rule { rule: text } => Action::Rule(rule(&text)?),
        JointAction::Call { app, verb, argument } => {
            let number = app_by_label(&app).ok_or_else(|| {
                Failure::usage(format!("no application is called `{app}`"))
                    .next("name one as registry, queue, governance, updates, contracts or tickets")
            })?;
            let payload = bytes(&argument).ok_or_else(|| {
                Failure::usage(format!("`{argument}` is no argument"))
                    .why("it has to be hexadecimal digits, two for each byte")
            })?;
            let operation = Operation { app: number, verb };
            Action::Call(Call { operation, payload: Bytes(payload) })
        }
    })
}

/// Bytes of hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

async fn act(
    client: &Client,
    signer: &Signer<'_>,
    verb: Verb,
    which: WhichArgs,
    word: &str,
) -> Result<Report> {
    let (account, proposal) = (who(&which.account)?, which.proposal);
    let submitted = signer.send(operation(verb), &Which { account, proposal }, 0).await?;
    let now = proposal_of(client, account, proposal).await?;
    let what = format!("proposal {proposal} {word}: {}", now.status);
    let more = json!({ "proposal": proposal, "status": now.status, "approvals": now.approvals });
    Ok(done(&what, &submitted, more))
}

async fn account_of(client: &Client, account: Account) -> Result<api::JointAccount> {
    client.get(&format!("/api/v1/joint/accounts/{account}")).await
}

async fn proposal_of(client: &Client, account: Account, number: u64) -> Result<api::JointProposal> {
    client.get(&format!("/api/v1/joint/accounts/{account}/proposals/{number}")).await
}

async fn show(client: &Client, account: Account, proposal: Option<u64>) -> Result<Report> {
    if let Some(number) = proposal {
        let shown = proposal_of(client, account, number).await?;
        return Ok(Report::new(to_value(&shown)?, proposal_text(&shown)));
    }
    let shown = account_of(client, account).await?;
    let mut table = Table::new(["PROPOSAL", "DOES", "APPROVALS", "EXPIRES", "STATUS"]);
    let mut open = Vec::new();
    for &number in shown.open.iter().take(OPEN_MAX) {
        let one = proposal_of(client, account, number).await?;
        table.row([
            number.to_string(),
            does(&one),
            format!("{} of {}", one.approvals.len(), shown.rule.threshold),
            one.expires.to_string(),
            one.status.clone(),
        ]);
        open.push(to_value(&one)?);
    }
    let rows = [
        ("account", shown.address.clone()),
        ("rule", rule_text(&shown.rule)),
        ("members", shown.rule.members.join(" ")),
        ("opened", format!("block {}", shown.opened)),
    ];
    let mut value = to_value(&shown)?;
    value["proposals"] = json!(open);
    let text = if open.is_empty() {
        format!("{}\n\nno open proposal", pairs(&rows))
    } else {
        format!("{}\n\n{}", pairs(&rows), table.render())
    };
    Ok(Report::new(value, text))
}

fn rule_text(rule: &api::JointRule) -> String {
    format!("{} of {}", rule.threshold, rule.members.len())
}

fn does(proposal: &api::JointProposal) -> String {
    match (&proposal.call, &proposal.rule) {
        (Some(call), _) => format!("{} {}", call.app, call.verb),
        (None, Some(rule)) => format!("{} from now on", rule_text(rule)),
        (None, None) => "done or closed".to_owned(),
    }
}

fn proposal_text(proposal: &api::JointProposal) -> String {
    pairs(&[
        ("proposal", proposal.number.to_string()),
        ("does", does(proposal)),
        ("digest", proposal.digest.clone()),
        ("approved by", proposal.approvals.join(" ")),
        ("last block", proposal.expires.to_string()),
        ("status", proposal.status.clone()),
    ])
}

async fn list(client: &Client, limit: u32, cursor: Option<&str>) -> Result<Report> {
    let mut path = format!("/api/v1/joint/accounts?limit={limit}");
    path.extend(cursor.map(|cursor| format!("&cursor={}", escape(cursor))));
    let page: api::JointAccountPage = client.get(&path).await?;
    let mut table = Table::new(["ACCOUNT", "RULE", "OPEN", "PROPOSALS"]);
    for one in &page.items {
        table.row([
            one.address.clone(),
            rule_text(&one.rule),
            one.open.len().to_string(),
            one.next_proposal.to_string(),
        ]);
    }
    let mut text = table.render();
    if let Some(next) = &page.next_cursor {
        text.push_str(&format!("\nmore: --cursor {next}"));
    }
    Ok(Report::new(to_value(&page)?, text))
}
