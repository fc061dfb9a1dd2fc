//! How the face behaves, and who may do what.

use std::fmt;
use std::time::Duration;

use api::routes::Role;
use axum::Router;

use crate::config::{ApiSettings, RateSettings};

/// Largest JSON body, in bytes.
pub const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Largest body of binary transactions or of CSV, in bytes.
pub const BULK_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How an API key is written.
const KEY_RULE: &str = "an API key is written `read:SECRET`, `submit:SECRET` or `operate:SECRET`, with a secret that is not empty";

/// How the HTTP face of a node behaves.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The API keys; where there are none, everybody may do everything.
    pub keys: Vec<ApiKey>,
    /// Whether pages of any origin may call the API.
    pub enable_cors: bool,
    /// Origins, besides the node's own host, whose pages may open a WebSocket or post.
    pub origins: Vec<String>,
    /// Most open WebSockets and event streams together.
    pub listeners_max: usize,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// How often a WebSocket is pinged; one that has not answered by the next time is closed.
    pub ping_interval: Duration,
    /// How often somebody may submit.
    pub rate: RateSettings,
    /// Where every administrative act is recorded.
    pub record: Option<audit::Log>,
    /// What serves the paths that are not the API's, such as the web app.
    pub fallback: Option<Router>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            enable_cors: false,
            origins: Vec::new(),
            listeners_max: 256,
            body_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(20),
            rate: RateSettings::default(),
            record: None,
            fallback: None,
        }
    }
}

impl HttpOptions {
    /// The options that a configuration asks for.
    ///
    /// # Errors
    /// Where an API key is not written as one.
    pub fn of(settings: &ApiSettings) -> Result<Self, String> {
        let keys: Result<Vec<ApiKey>, String> =
            settings.keys.iter().map(|text| ApiKey::parse(text)).collect();
        Ok(Self {
            keys: keys?,
            enable_cors: settings.enable_cors,
            origins: settings.origins.clone(),
            rate: settings.rate,
            ..Self::default()
        })
    }
}

/// A secret and what it allows.
#[derive(Clone)]
pub struct ApiKey {
    digest: types::Digest,
    role: Role,
}

impl ApiKey {
    /// A key; only its digest is kept.
    #[must_use]
    pub fn new(secret: &str, role: Role) -> Self {
        Self { digest: digest(secret), role }
    }
    /// Reads `read:SECRET`, `submit:SECRET` or `operate:SECRET`.
    ///
    /// # Errors
    /// Where it is none of these; the message does not repeat the secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let role = match text.split_once(':') {
            Some(("read", _)) => Role::Read,
            Some(("submit", _)) => Role::Submit,
            Some(("operate", _)) => Role::Operate,
            Some(_) | None => return Err(KEY_RULE.to_owned()),
        };
        let secret = text.split_once(':').map_or("", |(_, secret)| secret);
        if secret.is_empty() { Err(KEY_RULE.to_owned()) } else { Ok(Self::new(secret, role)) }
    }
    /// What it allows.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
    /// What names it in a record: no secret can be told from it.
    pub(super) fn name(&self) -> String {
        self.digest.to_string().chars().take(8).collect()
    }
    /// Whether `secret` is this key, in a time that does not depend on how much of it is right.
    pub(super) fn is(&self, secret: &str) -> bool {
        let given = digest(secret);
        let pairs = self.digest.as_bytes().iter().zip(given.as_bytes());
        pairs.fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

fn digest(secret: &str) -> types::Digest {
    crypto::hash("unisono-api-key", secret.as_bytes())
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key to {:?}", self.role)
    }
}
