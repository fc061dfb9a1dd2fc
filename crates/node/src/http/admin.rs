//! What operators do: cut this validator off from others and heal, as drills, and let it wish for a change.

use std::sync::Arc;

use api::{AdminAnswer, Code, ConnectRequest, PartitionRequest, WishRequest};
use app::epochs::Change;
use axum::extract::{Request, State};
use axum::response::Response;
use codec::Decode;
use crypto::PublicKey;
use ledger::{Genesis, Validator};
use types::{Digest, Height};

use super::failure::{Answer, Failure};
use super::query::Params;
use super::state::Face;
use super::tickets::patience;
use super::transactions::follow;
use super::{body, convert, reply};
use crate::NodeError;
use crate::handle::Admin;

pub(super) async fn partition(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let wanted: PartitionRequest = body::json(request, face.options.body_timeout).await?;
    let nodes = wanted.peers.iter().map(|name| {
        let found = convert::node_called(face.genesis(), name);
        found.filter(|&node| Some(node) != face.handle.me()).ok_or_else(|| {
            Failure::parameter(format!("`peers` names {name:?}, which is no other validator"))
        })
    });
    let nodes = nodes.collect::<Answer<Vec<_>>>()?;
    drill(&face, Admin::Partition(nodes)).await
}

pub(super) async fn heal(State(face): State<Arc<Face>>) -> Answer<Response> {
    drill(&face, Admin::Heal).await
}

/// Lets this validator wish for a change, in a transaction that its voting key signs.
pub(super) async fn wish(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    guarded(&face)?;
    let patience = patience(&Params::of(request.uri())?)?;
    let wanted: WishRequest = body::json(request, face.options.body_timeout).await?;
    match face.handle.wish(Height::new(wanted.at), change_of(wanted.change)?) {
        Ok(tx) => follow(&face, Arc::from([tx]), patience).await,
        Err(NodeError::Forbidden(why)) => Err(Failure::new(Code::NotValidator, why)),
        Err(error) => Err(error.into()),
    }
}

/// Lets this validator wish that another chain be connected, in a transaction that its voting key signs.
pub(super) async fn connect(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    guarded(&face)?;
    let patience = patience(&Params::of(request.uri())?)?;
    let wanted: ConnectRequest = body::json(request, face.options.body_timeout).await?;
    let bytes = body::base64("genesis", &wanted.genesis)?;
    let genesis = Genesis::from_bytes(&bytes)
        .map_err(|error| Failure::parameter(format!("`genesis` is none: {error}")))?;
    match face.handle.connecting(genesis) {
        Ok(tx) => follow(&face, Arc::from([tx]), patience).await,
        Err(NodeError::Forbidden(why)) => Err(Failure::new(Code::NotValidator, why)),
        Err(error) => Err(error.into()),
    }
}

/// Refuses to sign with the validator's own key for whoever comes along.
pub(super) fn guarded(face: &Face) -> Answer<()> {
    if face.options.keys.is_empty() && !crate::genesis::is_dev(face.genesis()) {
        let detail =
            "whoever reaches this port could change the chain; configure an `operate:` key first";
        return Err(Failure::new(Code::DevelopmentOnly, detail));
    }
    Ok(())
}

fn change_of(change: api::Change) -> Answer<Change> {
    Ok(match change {
        api::Change::Protocol(protocol) => Change::Protocol(protocol),
        api::Change::Join(api::Newcomer { name, key, network_key, weight }) => {
            let (key, network_key) = (key_of(&key)?, key_of(&network_key)?);
            Change::Join { validator: Validator { name, key, network_key }, weight }
        }
        api::Change::Leave(name) => Change::Leave { name },
        api::Change::Rotate(api::Rotation { name, key }) => {
            Change::Rotate { name, key: key_of(&key)? }
        }
        api::Change::Weigh(api::Weight { name, weight }) => Change::Weigh { name, weight },
    })
}

fn key_of(text: &str) -> Answer<PublicKey> {
    let bytes = Digest::from_hex(text).map(|bytes| *bytes.as_bytes());
    let key = bytes.and_then(|bytes| PublicKey::new(bytes).ok());
    key.ok_or_else(|| {
        Failure::parameter(format!("{text:?} is no Ed25519 key of 64 hexadecimal digits"))
    })
}

async fn drill(face: &Face, admin: Admin) -> Answer<Response> {
    match face.handle.admin(admin).await {
        Ok(()) => {
            let cut_off = convert::names(face.genesis(), face.handle.board().blocked());
            Ok(reply::ok(AdminAnswer { cut_off }))
        }
        Err(NodeError::Forbidden(why)) => Err(Failure::new(Code::DevelopmentOnly, why)),
        Err(error) => Err(error.into()),
    }
}
