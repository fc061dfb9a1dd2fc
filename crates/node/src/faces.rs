//! The node's listeners for HTTP: the API's, and the metrics' own.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Settings;
use crate::failure::Failure;
use crate::handle::Handle;
use crate::http::{self, HttpOptions};

pub(crate) async fn bind(section: &str, address: &str, port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((address, port)).await.map_err(|error| {
        Failure::usage(
            format!("cannot listen on {address} port {port}"),
            error,
            format!("stop what uses it, or set {section}.port to another"),
        )
    })
}

pub(crate) fn local_address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| {
        Failure::new("cannot tell where this node listens", error, "check the system's limits")
    })
}

pub(crate) fn http_options(
    settings: &Settings,
    fallback: Option<Router>,
) -> Result<HttpOptions, Failure> {
    let options = HttpOptions::of(&settings.api).map_err(|error| {
        Failure::usage("api.keys is no good", error, "write each key as a role and a secret")
    })?;
    let record = Some(audit::Log::of(&settings.node.data_dir));
    Ok(HttpOptions { fallback, record, ..options })
}

pub(crate) fn metrics_router(handle: Handle) -> Router {
    let encode = move || {
        let text = handle.metrics().encode();
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        async move { ([(axum::http::header::CONTENT_TYPE, kind)], text) }
    };
    Router::new().route("/metrics", axum::routing::get(encode))
}

pub(crate) fn serve_http(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let until_stopped = async move {
        // A stop that can no longer come is a stop.
        let _ = stopped.wait_for(|&stopped| stopped).await;
    };
    tokio::spawn(async move {
        let served = http::serve(listener, router, http::Limits::default(), until_stopped).await;
        if let Err(error) = served {
            tracing::error!(%error, "an HTTP server has ended");
        }
    })
}
