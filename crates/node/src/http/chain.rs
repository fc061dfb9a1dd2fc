//! The routes of chains: their heads, what is proved under them, and forks.

use std::sync::Arc;

use api::routes::PREFIX;
use api::{ChainInfo, ChainList, Code, ConsistencyProof, ForkAlarm, ForkReport, StateEntry};
use app::app_label;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use codec::Encode;
use ledger::AppId;
use types::{FaultModel, Height};

use super::body::to_base64;
use super::failure::{Answer, Failure};
use super::info::replica_status;
use super::query::Params;
use super::state::Face;
use super::{body, convert, guard, reply};
use crate::proofs::{ABSENCE_ENTRIES_MAX, Unproved};

/// Longest key of a state's entry that is looked up, in bytes.
const KEY_BYTES_MAX: usize = 1_024;

impl From<Unproved> for Failure {
    fn from(unproved: Unproved) -> Self {
        match unproved {
            Unproved::UnknownApp => {
                Self::new(Code::SubjectUnknown, "the chain has no such application")
            }
            Unproved::TooManyEntries => Self::parameter(format!(
                "nothing stands under this key here; of a state with more than {ABSENCE_ENTRIES_MAX} entries an absence \
                 is not proved"
            )),
            Unproved::NotCertified(height) => Self::new(
                Code::NotCertified,
                format!("no quorum attests block {height} here yet; ask again soon"),
            )
            .because(format!("{PREFIX}/why?subject={height}")),
            Unproved::NoBlock(height) => Self::new(
                Code::BlockUnknown,
                format!("block {height}, which the proof needs, is not here, or no longer kept"),
            ),
            Unproved::NotValidator => Self::new(
                Code::NotValidator,
                "this node was no validator at that block, so its signature says nothing; ask one that was",
            ),
            Unproved::Head(error) => Self::new(Code::Internal, error.to_string()),
            Unproved::Node(error) => error.into(),
        }
    }
}

pub(super) async fn list(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    let genesis = face.genesis();
    let applications = face.handle.query(|view| {
        let ids = view.executor().apps().ids();
        ids.map(|id| app_label(id).to_owned()).collect::<Vec<_>>()
    });
    let head = face.handle.head(None).await.ok().map(|(_, note)| note.to_text());
    let chain = ChainInfo {
        id: genesis.chain_id().0.to_string(),
        network: genesis.network.clone(),
        protocol: convert::protocol(&status),
        epoch: status.epoch.number,
        faults: match genesis.fault_model {
            FaultModel::Byzantine => "byzantine".to_owned(),
            FaultModel::Crash => "crash".to_owned(),
        },
        validators: status.epoch.members.iter().map(|one| one.validator.name.clone()).collect(),
        quorum: status.epoch.quorum(genesis.fault_model).size(),
        height: status.height.get(),
        certified: status.certified.get(),
        applications: applications.await?,
        head,
    };
    Ok(reply::ok(ChainList { items: vec![chain] }))
}

pub(super) async fn head(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let size = Params::of(request.uri())?.number("size")?;
    let (_, note) = face.handle.head(size).await?;
    Ok(guard::text("text/plain; charset=utf-8", note.to_text()))
}

fn height_of(text: &str) -> Answer<Height> {
    let height = text.parse().ok().filter(|&height| height > 0).map(Height::new);
    height
        .ok_or_else(|| Failure::parameter("a block is named by its height, a whole number from 1"))
}

pub(super) async fn block_proof(
    State(face): State<Arc<Face>>,
    Path(height): Path<String>,
    request: Request,
) -> Answer<Response> {
    let height = height_of(&height)?;
    let size = Params::of(request.uri())?.number("size")?;
    if size.is_some_and(|size| size < height.get()) {
        return Err(Failure::parameter(format!("`size` is below the block's height, {height}")));
    }
    let (header, head, proof) = face.handle.block_proof(height, size).await?;
    Ok(reply::ok(api::BlockProof {
        height: height.get(),
        block: header.hash().to_string(),
        size: head.size,
        path: proof.path.iter().map(ToString::to_string).collect(),
        header: to_base64(&header.to_bytes()),
        text: proof.to_text(),
    }))
}

pub(super) async fn consistency(
    State(face): State<Arc<Face>>,
    request: Request,
) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let needs = || Failure::parameter("`from` is needed: how many blocks the earlier chain has");
    let from = params.number("from")?.filter(|&from| from > 0).ok_or_else(needs)?;
    let to = params.number("to")?;
    if to.is_some_and(|to| to < from) {
        return Err(Failure::parameter("`to` is below `from`: a chain only grows"));
    }
    let (to, span) = face.handle.consistency(from, to).await?;
    Ok(reply::ok(ConsistencyProof {
        from,
        to,
        from_root: span.from_root.to_string(),
        to_root: span.to_root.to_string(),
        path: span.path.iter().map(ToString::to_string).collect(),
    }))
}

/// An application by its name or number.
async fn app_called(face: &Face, text: &str) -> Answer<AppId> {
    let text = text.to_owned();
    let found = face.handle.query(move |view| {
        let mut ids = view.executor().apps().ids();
        ids.find(|&id| app_label(id) == text || id.0.to_string() == text)
    });
    found.await?.ok_or_else(|| Failure::from(Unproved::UnknownApp))
}

pub(super) async fn entry(
    State(face): State<Arc<Face>>,
    Path((app, key)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    let app = app_called(&face, &app).await?;
    let params = Params::of(request.uri())?;
    let key = match params.given("encoding").unwrap_or("hex") {
        "hex" => from_hex(&key),
        "base64url" => URL_SAFE_NO_PAD.decode(&key).ok(),
        other => {
            let detail = format!("`encoding` is {other:?}; it has to be hex or base64url");
            return Err(Failure::parameter(detail));
        }
    };
    let key = key.filter(|key| key.len() <= KEY_BYTES_MAX).ok_or_else(|| {
        Failure::parameter(format!(
            "a key is hexadecimal digits, or base64url where `encoding` says so, of at most {KEY_BYTES_MAX} bytes"
        ))
    })?;
    let proof = face.handle.entry(app, key).await?;
    if body::wants_bytes(&headers) {
        return Ok(reply::bytes(proof.to_bytes()));
    }
    let (genesis, height) = (face.genesis(), proof.header.height);
    let epoch = face.handle.epoch_of(height);
    Ok(reply::ok(StateEntry {
        app: app_label(app).to_owned(),
        app_id: app.0,
        key: convert::hex(&proof.key.0),
        value: proof.value.as_ref().map(|value| to_base64(&value.0)),
        height: height.get(),
        header: convert::header(genesis, &proof.header, proof.certificate.block),
        certificate: convert::certificate(genesis, &epoch, &proof.certificate),
        canonical: to_base64(&proof.to_bytes()),
    }))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (0..text.len()).step_by(2).map(digits).collect::<Option<Vec<u8>>>().filter(|_| is_plain)
}

/// The path under which an entry is proved.
pub(super) fn proof_path(app: AppId, key: &[u8]) -> String {
    format!("{PREFIX}/state/{}/{}", app_label(app), convert::hex(key))
}

/// An account of a path or a query.
pub(super) fn account_of(text: &str) -> Answer<ledger::Account> {
    let detail = "an account is 64 hexadecimal digits";
    ledger::Account::from_hex(text).ok_or_else(|| Failure::parameter(detail))
}

pub(super) async fn forks(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    let protocol = convert::protocol(&status);
    let known = protocols::PROTOCOLS.iter().find(|one| one.name == protocol);
    let mut alarms = Vec::new();
    if status.diverged {
        let detail = "a quorum attests another block than this node has executed: it has stopped voting; keep its data \
                      folder and run `unisono forensics` on it and on another validator's";
        alarms.push(ForkAlarm {
            kind: "diverged".to_owned(),
            detail: detail.to_owned(),
            height: Some(status.certified.next().get()),
        });
    }
    alarms.extend(face.handle.evidence().iter().map(|seen| ForkAlarm {
        kind: seen.evidence.kind.to_owned(),
        detail: format!(
            "{} has signed two contradicting statements; /api/v1/evidence shows both",
            convert::name(face.genesis(), seen.offender)
        ),
        height: Some(seen.evidence.seq.get()),
    }));
    let tentative = status.core.as_ref().and_then(|core| core.tentative);
    let verdict = match (status.diverged, alarms.len()) {
        (true, _) => "the chain has forked: this node and a quorum disagree".to_owned(),
        (false, 0) => format!(
            "no fork: every block up to {} is certified by a quorum, and nobody has signed two things",
            status.certified
        ),
        (false, count) => format!(
            "no fork of certified blocks up to {}, and {count} proofs that somebody has tried",
            status.certified
        ),
    };
    Ok(reply::ok(ForkReport {
        verdict,
        finality: known.map_or("", |one| one.finality).to_owned(),
        height: status.height.get(),
        certified: status.certified.get(),
        tentative: tentative.map(|head| head.seq.get()),
        tentative_digest: tentative.map(|head| head.digest.to_string()),
        diverged: status.diverged,
        alarms,
    }))
}
