//! The routes of blocks.

use std::sync::Arc;

use api::{BlockPage, Code};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use codec::Encode;
use types::{Digest, Height};

use super::failure::{Answer, Failure};
use super::paging;
use super::query::Params;
use super::state::Face;
use super::{convert, reply};

pub(super) async fn list(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let limit = params.limit()?;
    let newest = face.handle.query(|view| view.executor().height().get()).await?;
    let from = params.number("cursor")?.map_or(newest, |cursor| cursor.min(newest));
    let mut items = Vec::new();
    let mut at = from;
    while at > 0 && items.len() < limit {
        let Some(block) = face.handle.block(Height::new(at)).await else { break };
        items.push(convert::header(face.genesis(), &block.header, block.header.hash()));
        at -= 1;
    }
    let next_cursor = (at > 0 && items.len() == limit).then(|| at.to_string());
    let shown = BlockPage { items, next_cursor: next_cursor.clone() };
    Ok(paging::page(request.uri(), shown, next_cursor.as_deref()))
}

pub(super) async fn get(
    State(face): State<Arc<Face>>,
    Path(text): Path<String>,
) -> Answer<Response> {
    let height = match text.as_str() {
        "latest" => face.handle.query(|view| view.executor().height()).await?,
        text => text.parse().map(Height::new).map_err(|_| {
            Failure::parameter("a block is named by its height, a whole number, or by `latest`")
        })?,
    };
    let Some(block) = face.handle.block(height).await else {
        let detail = format!("no block {height} here yet, or it is no longer kept");
        return Err(Failure::new(Code::BlockUnknown, detail));
    };
    let certificate = face.handle.certificate(height).await;
    let epoch = face.handle.epoch_of(height);
    Ok(reply::ok(convert::block(face.genesis(), &epoch, &block, certificate.as_ref())))
}

/// Whole blocks in their canonical bytes, for whoever keeps them elsewhere.
pub(super) async fn page(
    State(face): State<Arc<Face>>,
    Path(text): Path<String>,
) -> Answer<Response> {
    let from = text.parse().map(Height::new).map_err(|_| {
        Failure::parameter("a page of blocks begins at a height, which is a whole number")
    })?;
    let page = face.handle.blocks_page(from).await;
    let gone = || Failure::new(Code::BlockUnknown, "this validator cannot read its blocks now");
    Ok(reply::bytes(page.ok_or_else(gone)?.to_bytes()))
}

/// The last decisions as log entries.
pub(super) async fn logs(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let limit = Params::of(request.uri())?.limit()?;
    let (newest, certified) = face
        .handle
        .query(|view| (view.executor().height().get(), view.status().certified.get()))
        .await?;
    let oldest = newest.saturating_sub(limit as u64);
    let mut logs = Vec::new();
    for height in (oldest + 1..=newest).rev() {
        let Some(block) = face.handle.block(Height::new(height)).await else { break };
        let digest: Digest = block.header.payload;
        logs.push(api::LogEntry {
            sequence: height,
            view: block.header.view.get(),
            digest: digest.to_string(),
            proposer: block.header.proposer.map(|node| convert::name(face.genesis(), node)),
            timestamp: convert::time(block.header.time),
            tx_count: block.header.tx_count,
            certified: height <= certified,
        });
    }
    let count = logs.len();
    Ok(reply::ok(api::ConsensusLogs { logs, count }))
}
