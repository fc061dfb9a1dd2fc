//! Makes tickets of the rows of a CSV table.

use std::sync::Arc;

use api::{Code, ImportError, Imported, TicketAction, Wait};
use axum::extract::{Request, State};
use axum::response::Response;
use ledger::SealedTransaction;
use serde_json::{Map, Value};

use super::failure::{Answer, Failure};
use super::options::BULK_BYTES_MAX;
use super::query::Params;
use super::state::Face;
use super::submit::{remember, run, transactions};
use super::tickets::{Tally, check_id, digest_of, patience, ticket_transaction};
use super::{body, reply};

/// Most rows of one table.
const ROWS_MAX: usize = 50_000;
/// Most faulty rows that are told apart in the answer.
const ERRORS_SHOWN_MAX: usize = 100;

/// A ticket as a row says.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) data: Vec<u8>,
}

/// A table's tickets, and what is wrong with the other rows.
#[derive(Default, Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) errors: Vec<ImportError>,
    pub(super) count: u64,
}

pub(super) async fn import(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let patience = patience(&params)?;
    let headers = request.headers().clone();
    body::require_kind(&headers, &["text/csv"])?;
    body::check_length(&headers, BULK_BYTES_MAX)?;
    let bytes = body::read(request.into_body(), BULK_BYTES_MAX, face.options.body_timeout).await?;
    let table = read(&bytes, params.given("id").unwrap_or("id"), params.given("data"))?;
    let name = digest_of(&(params, crypto::hash("unisono-table", &bytes)));
    let txs = transactions(&face, &headers, name, || seal(&face, &table.rows))?;
    let (record, operation) = remember(&face, &txs);
    let fates = run(&face, txs, &record, patience).await?;
    let tally = Tally::of(&fates);
    tally.or_failure(&operation)?;
    let (rows, issued, existed) = (table.count, tally.issued, tally.existed);
    let errors = table.errors;
    let imported = Imported { rows, issued, existed, refused: tally.refused, errors, operation };
    if patience.wait != Wait::Commit {
        let location = imported.operation.clone();
        return Ok(reply::accepted(imported, &location));
    }
    Ok(reply::saying(format!("{issued} tickets issued"), imported))
}

fn seal(face: &Face, rows: &[Row]) -> Answer<Vec<SealedTransaction>> {
    let seal = |row: &Row| {
        ticket_transaction(face, TicketAction::Issue, &row.id, row.data.clone(), face.name())
    };
    rows.iter().map(seal).collect()
}

/// Reads a table. Its first line names the columns; `id` lists the columns that make a ticket's id; `data` is the
/// column that is its data, or all columns as a JSON object where none is named.
pub(super) fn read(bytes: &[u8], id: &str, data: Option<&str>) -> Answer<Table> {
    let fault = |detail: String| Failure::new(Code::MalformedCsv, detail);
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|error| fault(format!("no header line: {error}")))?;
    let columns: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let place = |name: &str| {
        columns.iter().position(|column| column == name.trim()).ok_or_else(|| {
            fault(format!("no column is called `{name}`; the columns are {}", columns.join(", ")))
        })
    };
    let id_places: Vec<usize> = id.split(',').map(place).collect::<Answer<_>>()?;
    let data_place = data.map(place).transpose()?;
    let mut table = Table::default();
    for record in reader.into_records() {
        table.count += 1;
        if table.count > ROWS_MAX as u64 {
            return Err(fault(format!("more than {ROWS_MAX} rows; send the table in parts")));
        }
        let row = record
            .map_err(|error| (error.position().map_or(0, csv::Position::line), error.to_string()))
            .and_then(|record| {
                let line = record.position().map_or(0, csv::Position::line);
                let parts: Vec<&str> = id_places.iter().filter_map(|&at| record.get(at)).collect();
                let id = parts.join("-");
                check_id("id", &id)
                    .map_err(|_| (line, format!("{id:?} cannot be a ticket's id")))?;
                Ok(Row { id, data: row_data(&columns, &record, data_place) })
            });
        match row {
            Ok(row) => table.rows.push(row),
            Err((line, detail)) if table.errors.len() < ERRORS_SHOWN_MAX => {
                table.errors.push(ImportError { line, detail });
            }
            Err(_) => {}
        }
    }
    if table.rows.is_empty() {
        return Err(fault("no row of the table could become a ticket".to_owned()));
    }
    Ok(table)
}

fn row_data(columns: &[String], record: &csv::StringRecord, place: Option<usize>) -> Vec<u8> {
    if let Some(place) = place {
        return record.get(place).unwrap_or("").as_bytes().to_vec();
    }
    let fields = columns.iter().zip(record).map(|(name, value)| (name.clone(), value.into()));
    Value::Object(fields.collect::<Map<String, Value>>()).to_string().into_bytes()
}
