//! The HTTP API, spoken.

use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::StateFile;

use crate::failure::{Exit, Failure, Result};

/// How long an answer may take beyond what the request itself waits for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer that is read, in bytes: no honest one comes near. A server may be anybody's.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A validator or supervisor.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    timeout: Duration,
}

impl Client {
    /// Speaks to this root.
    pub(crate) fn new(base: &str) -> Self {
        // Who is asked answers itself: a server cannot send the program to somebody else.
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.build().unwrap_or_default();
        let base = base.trim_end_matches('/').to_owned();
        Self { http, base, timeout: ANSWER_TIMEOUT * 3 }
    }

    /// Speaks to the named server, or to the network that runs in the folder.
    pub(crate) fn find(server: Option<&str>, folder: &Path) -> Result<Self> {
        match server {
            Some(url) if url.starts_with("http://") => Ok(Self::new(url)),
            Some(url) => Err(Failure::usage(format!("`{url}` is no server"))
                .why("the API speaks plain HTTP")
                .next("write it as http://HOST:PORT")),
            None => Self::supervisor(folder),
        }
    }

    /// Speaks to the supervisor of the network in the folder.
    pub(crate) fn supervisor(folder: &Path) -> Result<Self> {
        let state = StateFile::read(folder).map_err(|error| {
            Failure::new(
                Exit::Failed,
                "NO_NETWORK",
                format!("no network runs in {}", folder.display()),
            )
            .why(error)
            .next("`unisono net up` starts one; `--dir` and `--server` name another")
        })?;
        Ok(Self::new(&state.url))
    }

    /// The root.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Reads.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(self.request(Method::GET, path)).await
    }
    /// Changes, without a body.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(self.request(Method::POST, path)).await
    }
    /// Changes.
    pub(crate) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        self.read(self.request(Method::POST, path).json(body)).await
    }
    /// Changes, with a body of another type.
    pub(crate) async fn post_bytes<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Result<T> {
        self.read(self.request(Method::POST, path).header("content-type", kind).body(body)).await
    }
    /// Reads bytes as they are.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let request = self.request(Method::GET, path).header("accept", "application/octet-stream");
        let response = self.send(request).await?;
        self.body(response, ANSWER_BYTES_MAX).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).timeout(self.timeout)
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request).await?;
        let body = self.body(response, ANSWER_BYTES_MAX).await?;
        let envelope: api::Envelope<T> =
            serde_json::from_slice(&body).map_err(|error| self.broken(&error))?;
        Ok(envelope.data)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| {
            Failure::new(Exit::Failed, "UNREACHABLE", format!("{} does not answer", self.base))
                .why(root_cause(&error))
                .next("`unisono net status` says what runs here")
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = self.body(response, ANSWER_BYTES_MAX).await?;
        match serde_json::from_slice::<api::Problem>(&body) {
            Ok(problem) => Err(of_problem(&problem)),
            Err(_) => Err(Failure::failed(format!("{} answered {status}", self.base))),
        }
    }

    /// The whole of an answer, as it arrives, up to a limit: what is longer is not kept.
    async fn body(&self, mut response: Response, bytes_max: usize) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + part.len() > bytes_max {
                return Err(Failure::failed(format!("{} answers without end", self.base))
                    .why(format!("no answer of the API has more than {bytes_max} bytes"))
                    .next("ask another validator, with --server"));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    fn broken(&self, error: &dyn std::error::Error) -> Failure {
        Failure::failed(format!("{} answered something else than the API says", self.base))
            .why(root_cause(error))
    }
}

/// A problem of the API as a failure of the command.
fn of_problem(problem: &api::Problem) -> Failure {
    let exit = match problem.code.status() {
        504 => Exit::Inconclusive,
        400 => Exit::Usage,
        _ => Exit::Failed,
    };
    let failure = Failure::new(exit, problem.code.label(), problem.detail.clone());
    // The API answers with a sentence, or with the place to ask, which is a command here.
    let link = problem.why.as_deref().and_then(|why| why.split_once("/why?subject="));
    match (link, &problem.why) {
        (Some((_, subject)), _) => {
            failure.why(&problem.title).next(format!("`unisono why {subject}` tells its story"))
        }
        (None, Some(why)) => failure.why(why),
        (None, None) if problem.code.status() >= 503 => {
            failure.why(&problem.title).next("`unisono why` names what is missing")
        }
        (None, None) => failure.why(&problem.title),
    }
}

/// The innermost error: what the system said.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Writes text so that it can stand in a path or a query.
pub(crate) fn escape(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests;
