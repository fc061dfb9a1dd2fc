//! Drills: cut this validator off from others, and heal.

use std::sync::Arc;

use api::{AdminAnswer, Code, PartitionRequest};
use axum::extract::{Request, State};
use axum::response::Response;

use super::failure::{Answer, Failure};
use super::state::Face;
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
