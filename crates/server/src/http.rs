//! The supervisor's port.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::middleware::{self, from_fn_with_state};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Supervisor, assets, guard, proxy, record, relay, routes, ws};

/// A supervisor's port that is being served.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Server {
    /// The root of the API and of the dashboard.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Serves a supervisor on this machine alone; port 0 is any free one. Ends with what is returned.
///
/// # Errors
/// Where the port is taken.
pub async fn serve(supervisor: &Supervisor, port: u16) -> std::io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let app = router(supervisor.clone());
    let serving = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "the supervisor's port is lost");
        }
    });
    let relaying = tokio::spawn(relay::run(supervisor.clone()));
    Ok(Server { address, tasks: [serving, relaying] })
}

/// All routes: the supervisor's own, the validators' through it, and the web app.
pub(crate) fn router(supervisor: Supervisor) -> Router {
    Router::new()
        .merge(routes::router().layer(from_fn_with_state(supervisor.clone(), record::run)))
        .route("/ws", get(ws::upgrade))
        .route("/api/{*path}", any(proxy::forward))
        .route("/openapi.json", get(proxy::forward))
        .route("/metrics", get(proxy::forward))
        .route("/version", get(proxy::forward))
        .fallback(assets::serve)
        .layer(middleware::from_fn(guard::check))
        .with_state(supervisor)
}
