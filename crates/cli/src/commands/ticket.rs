//! `unisono ticket`: the life of tickets.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{receipt, to_value};
use crate::args::{StepArgs, TicketCommand, Wait};
use crate::client::{Client, escape};
use crate::demo::flights::unpack;
use crate::failure::{Explain, Failure, Result};
use crate::output::{Report, Table, pairs};

/// Does one of the commands.
pub(crate) async fn run(client: &Client, command: TicketCommand) -> Result<Report> {
    match command {
        TicketCommand::Seed { count } => seed(client, count).await,
        TicketCommand::Import { file, id, dry_run } => import(client, &file, &id, dry_run).await,
        TicketCommand::Issue { ticket, data } => {
            let data = (!data.is_empty()).then(|| STANDARD.encode(data));
            let request = api::TicketRequest { ticket_id: ticket, data, actor: None };
            let done: api::Transition = client.post_json("/api/v1/tickets/issue", &request).await?;
            transition(client, &done, None).await
        }
        TicketCommand::Validate(args) => step(client, "validate", args).await,
        TicketCommand::Consume(args) => step(client, "consume", args).await,
        TicketCommand::Dispute(args) => step(client, "dispute", args).await,
        TicketCommand::Get { ticket } => get(client, &ticket).await,
        TicketCommand::List { state, limit, cursor } => list(client, state, limit, cursor).await,
    }
}

async fn seed(client: &Client, count: u32) -> Result<Report> {
    if count == app::tickets::SEED_TICKETS {
        let done: api::Seeded = client.post("/api/v1/tickets/seed?timeout=60s").await?;
        let text = format!("{} tickets issued, {} were there already", done.seeded, done.existed);
        return Ok(Report::new(to_value(&done)?, text));
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    let rows = std::iter::once(("id".to_owned(), "data".to_owned()))
        .chain((1..=count).map(app::tickets::seed_ticket));
    for row in rows {
        table.serialize(row).explain(|| "the tickets are no table".into())?;
    }
    let table = table.into_inner().explain(|| "the tickets are no table".into())?;
    imported(
        &client
            .post_bytes("/api/v1/tickets/import?id=id&data=data&timeout=60s", "text/csv", table)
            .await?,
    )
}

async fn import(client: &Client, file: &Path, id: &[String], dry_run: bool) -> Result<Report> {
    let bytes = std::fs::read(file).explain(|| format!("cannot read {}", file.display()))?;
    let table = unpack(&bytes)?;
    let columns = csv::Reader::from_reader(table.as_slice());
    let ids = ids_of(columns, id)?;
    if dry_run {
        let text = format!(
            "{} tickets would be issued, the first is {}",
            ids.len(),
            ids.first().map_or("none", String::as_str)
        );
        return Ok(Report::new(
            json!({ "rows": ids.len(), "first": ids.first(), "dry_run": true }),
            text,
        ));
    }
    let path = format!("/api/v1/tickets/import?id={}&timeout=60s", escape(&id.join(",")));
    imported(&client.post_bytes(&path, "text/csv", table).await?)
}

/// The ids that a table's rows give, so that a wrong column is found before anything is sent.
fn ids_of(mut table: csv::Reader<&[u8]>, id: &[String]) -> Result<Vec<String>> {
    let header = table.headers().explain(|| "the file has no header line".into())?.clone();
    let columns: Vec<usize> = id
        .iter()
        .map(|name| {
            header.iter().position(|column| column == name).ok_or_else(|| {
                let have: Vec<&str> = header.iter().collect();
                Failure::usage(format!("the file has no column `{name}`"))
                .why(format!("its columns are {}", have.join(", ")))
                .next("name the columns that make an id with --id, as in `--id carrier,flight,day`")
            })
        })
        .collect::<Result<_>>()?;
    let rows = table.records().zip(2..).map(|(row, line)| {
        let row = row.explain(|| format!("line {line} is malformed"))?;
        Ok(columns.iter().filter_map(|&column| row.get(column)).collect::<Vec<_>>().join("-"))
    });
    rows.collect()
}

fn imported(done: &api::Imported) -> Result<Report> {
    let mut text = format!(
        "{} rows: {} tickets issued, {} were there already",
        done.rows, done.issued, done.existed
    );
    for (code, count) in &done.refused {
        text.push_str(&format!("\n{count} refused: {code}"));
    }
    for error in &done.errors {
        text.push_str(&format!("\nline {}: {}", error.line, error.detail));
    }
    Ok(Report::new(to_value(done)?, text))
}

async fn step(client: &Client, verb: &str, args: StepArgs) -> Result<Report> {
    let wait = match args.wait {
        Wait::None => "none",
        Wait::Accepted => "accepted",
        Wait::Commit => "commit",
    };
    let path = format!("/api/v1/tickets/{verb}?wait={wait}&timeout={}ms", args.timeout.as_millis());
    let request = api::TicketRequest { ticket_id: args.ticket, data: None, actor: None };
    let done: api::Transition = client.post_json(&path, &request).await?;
    transition(client, &done, args.receipt.as_deref()).await
}

/// Says what became of a step: where it is certified, and by whom.
async fn transition(
    client: &Client,
    done: &api::Transition,
    file: Option<&Path>,
) -> Result<Report> {
    let mut value = to_value(done)?;
    let Some(state) = done.state else {
        let text = format!("{} is under way as {}", done.ticket_id, done.operation);
        return Ok(Report::new(value, text));
    };
    let proof: api::Receipt = client.get(&format!("/api/v1/receipts/{}", done.transaction)).await?;
    let signers: Vec<&str> =
        proof.certificate.signatures.iter().map(|one| one.name.as_str()).collect();
    let height = done.height.unwrap_or(proof.header.height);
    let mut text = format!(
        "{} {}  height {height}  certificate {}",
        done.ticket_id,
        label(state),
        signers.join(",")
    );
    value["signers"] = json!(signers);
    if let Some(file) = file {
        receipt::write(file, &proof)?;
        text.push_str(&format!("  receipt → {}", file.display()));
        value["receipt_file"] = json!(file);
    }
    Ok(Report::new(value, text))
}

async fn get(client: &Client, id: &str) -> Result<Report> {
    let ticket: api::Ticket = client.get(&format!("/api/v1/tickets/{}", escape(id))).await?;
    let mut history = Table::new(["HEIGHT", "STATE", "TIME", "BY"]);
    for step in &ticket.history {
        history.row([
            step.height.to_string(),
            label(step.state),
            step.time.clone(),
            step.actor.clone(),
        ]);
    }
    let data = STANDARD.decode(&ticket.data).unwrap_or_default();
    let clock = ticket.vector_clock.iter().map(|(node, count)| format!("{node}:{count}"));
    let rows = [
        ("ticket", ticket.id.clone()),
        ("state", label(ticket.state)),
        ("data", String::from_utf8_lossy(&data).into_owned()),
        ("vector clock", clock.collect::<Vec<_>>().join(" ")),
    ];
    Ok(Report::new(to_value(&ticket)?, format!("{}\n\n{}", pairs(&rows), history.render())))
}

async fn list(
    client: &Client,
    state: Option<String>,
    limit: u32,
    cursor: Option<String>,
) -> Result<Report> {
    let mut path = format!("/api/v1/tickets?limit={limit}");
    for (name, value) in [("state", state.map(|state| state.to_uppercase())), ("cursor", cursor)] {
        path.extend(value.map(|value| format!("&{name}={}", escape(&value))));
    }
    let page: api::TicketPage = client.get(&path).await?;
    let mut table = Table::new(["TICKET", "STATE", "HEIGHT", "UPDATED", "BY"]);
    for ticket in &page.items {
        let cells = [
            &ticket.id,
            &label(ticket.state),
            &ticket.height.to_string(),
            &ticket.updated_at,
            &ticket.validator_id,
        ];
        table.row(cells.map(Clone::clone));
    }
    let mut text = table.render();
    let counts = page.counts;
    text.push_str(&format!(
        "\n\n{} in all: {} issued, {} validated, {} consumed, {} disputed",
        counts.total, counts.issued, counts.validated, counts.consumed, counts.disputed
    ));
    if let Some(next) = &page.next_cursor {
        text.push_str(&format!("\nmore: --cursor {next}"));
    }
    Ok(Report::new(to_value(&page)?, text))
}

fn label(state: api::TicketState) -> String {
    match state {
        api::TicketState::Issued => "ISSUED",
        api::TicketState::Validated => "VALIDATED",
        api::TicketState::Consumed => "CONSUMED",
        api::TicketState::Disputed => "DISPUTED",
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
