//! Reads the values in force.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use types::Digest;
use types::limits::BATCH_BYTES_MAX;

use super::layers::Resolved;
use super::*;
use crate::failure::Failure;

/// The values by key.
struct Values<'a>(&'a [Resolved]);

impl Values<'_> {
    fn of(&self, key: &'static str) -> &Resolved {
        match self.0.iter().find(|value| value.key == key) {
            Some(value) => value,
            None => unreachable!("the table of keys has no `{key}`"),
        }
    }
    fn bad(&self, key: &'static str, wanted: impl fmt::Display) -> Failure {
        let value = self.of(key);
        Failure::usage(
            format!("`{key}` is {:?}", value.shown()),
            format!("it comes from: {}; {wanted} is needed", value.origin),
            format!("set `{key}` to something that makes sense, or leave it out"),
        )
    }
    fn text(&self, key: &'static str) -> &str {
        self.of(key).items.first().map_or("", String::as_str)
    }
    fn given<T: FromStr>(&self, key: &'static str, wanted: &str) -> Result<Option<T>, Failure> {
        let text = self.text(key);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.bad(key, wanted))
    }
    fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &self,
        key: &'static str,
        least: T,
        most: T,
    ) -> Result<T, Failure> {
        let parsed: Option<T> = self.text(key).parse().ok();
        parsed
            .filter(|&number| least <= number && number <= most)
            .ok_or_else(|| self.bad(key, format!("a whole number from {least} to {most}")))
    }
    fn flag(&self, key: &'static str) -> Result<bool, Failure> {
        Ok(self.given(key, "true or false")?.unwrap_or(false))
    }
    fn span(&self, key: &'static str, least: Duration) -> Result<Duration, Failure> {
        parse_span(self.text(key)).filter(|span| (least..=SPAN_MAX).contains(span)).ok_or_else(
            || {
                self.bad(
                    key,
                    format!("a span like 150ms, 5s or 2m, from {least:?} to {SPAN_MAX:?},"),
                )
            },
        )
    }
    fn size(&self, key: &'static str, least: usize, most: usize) -> Result<usize, Failure> {
        parse_size(self.text(key)).filter(|size| (least..=most).contains(size)).ok_or_else(|| {
            self.bad(key, format!("a size like 500KB or 32MiB, from {least} to {most} bytes,"))
        })
    }
    fn list<T>(
        &self,
        key: &'static str,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let parsed: Option<Vec<T>> = self.of(key).items.iter().map(|item| parse(item)).collect();
        parsed.ok_or_else(|| self.bad(key, wanted))
    }
    fn path(&self, key: &'static str) -> Option<PathBuf> {
        Some(self.text(key)).filter(|text| !text.is_empty()).map(PathBuf::from)
    }
    fn ip(&self, key: &'static str) -> Result<String, Failure> {
        let text = self.text(key);
        let parsed: Result<std::net::IpAddr, _> = text.parse();
        parsed.map(|_| text.to_owned()).map_err(|_| self.bad(key, "an address like 127.0.0.1"))
    }
}

const SPAN_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Reads `150ms`, `5s`, `2m`, `1h`.
fn parse_span(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let ms = match unit {
        "us" => return Some(Duration::from_micros(number)),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(ms).map(Duration::from_millis)
}

/// Reads `512`, `500KB`, `32MiB`.
fn parse_size(text: &str) -> Option<usize> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "" | "B" => 1,
        "KB" => 1_000,
        "KiB" => 1_024,
        "MB" => 1_000_000,
        "MiB" => 1_024 * 1_024,
        "GB" => 1_000_000_000,
        "GiB" => 1_024 * 1_024 * 1_024,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(unit)
}

/// Takes a peer's address and its id apart.
fn bootstrap_peer(text: &str) -> Option<(PeerId, Multiaddr)> {
    let mut address: Multiaddr = text.parse().ok()?;
    let last = address.pop()?;
    if let Protocol::P2p(peer) = last { Some((peer, address)) } else { None }
}

/// Reads everything.
pub(super) fn settings(resolved: &[Resolved]) -> Result<Settings, Failure> {
    let values = Values(resolved);
    let mut warnings = Vec::new();
    let data_dir = PathBuf::from(values.text("node.data_dir"));
    let or = |key: &'static str, default: &str| match values.text(key) {
        "" => data_dir.join(default),
        path => PathBuf::from(path),
    };
    match values.text("storage.type") {
        "fjall" => {}
        "boltdb" => warnings
            .push("storage.type `boltdb` is of an older network: the database is fjall".to_owned()),
        _ => return Err(values.bad("storage.type", "fjall")),
    }
    if !values.text("consensus.is_primary").is_empty() {
        warnings.push("consensus.is_primary is deprecated: the genesis says who leads".to_owned());
    }
    Ok(Settings {
        node: NodeSettings {
            id: values.text("node.id").to_owned(),
            genesis: or("node.genesis", "genesis.toml"),
            trace: values.flag("node.trace")?,
            passphrase_file: values.path("node.passphrase_file"),
            data_dir: data_dir.clone(),
        },
        network: network(&values)?,
        api: api(&values)?,
        consensus: consensus(&values)?,
        mempool: MempoolSettings {
            transactions_max: values.number("mempool.transactions_max", 1, 10_000_000)?,
            bytes_max: values.size("mempool.bytes_max", BATCH_BYTES_MAX, 1 << 34)?,
            per_sender_max: values.number("mempool.per_sender_max", 1, 10_000_000)?,
        },
        gossip: GossipSettings {
            fanout: values.number("gossip.fanout", 1, 64)?,
            ttl: values.number("gossip.ttl", 1, 100)?,
            cache_size: values.number("gossip.cache_size", 1, 10_000_000)?,
            anti_entropy_interval: values
                .span("gossip.anti_entropy_interval", Duration::from_millis(100))?,
        },
        storage: StorageSettings {
            path: or("storage.path", "db"),
            timeout: values.span("storage.timeout", Duration::ZERO)?,
        },
        metrics: MetricsSettings {
            enabled: values.flag("metrics.enabled")?,
            address: values.ip("metrics.address")?,
            port: values.number("metrics.port", 0, u16::MAX)?,
        },
        logging: logging(&values)?,
        warnings,
    })
}

fn network(values: &Values<'_>) -> Result<NetworkSettings, Failure> {
    let peer = |text: &str| text.parse().ok();
    let root = |text: &str| PublicKey::new(*Digest::from_hex(text)?.as_bytes()).ok();
    Ok(NetworkSettings {
        listen_address: values.ip("network.listen_address")?,
        listen_port: values.number("network.listen_port", 0, u16::MAX)?,
        bootstrap_mode: values.flag("network.bootstrap_mode")?,
        bootstrap_peers: values.list(
            "network.bootstrap_peers",
            "a list of addresses like /ip4/127.0.0.1/tcp/4001/p2p/12D3Koo...",
            bootstrap_peer,
        )?,
        observers_allowed: values.flag("network.observers_allowed")?,
        observers: values.list("network.observers", "a list of peer ids", peer)?,
        certificates: values.of("network.certificates").items.iter().map(PathBuf::from).collect(),
        roots: values.list("network.roots", "a list of Ed25519 keys of 64 digits each", root)?,
        connections_max: values.number("network.connections_max", 4, 100_000)?,
        memory_max: values.size("network.memory_max", 64 << 20, 1 << 44)?,
    })
}

fn api(values: &Values<'_>) -> Result<ApiSettings, Failure> {
    let text = |item: &str| Some(item.to_owned());
    let key = |item: &str| {
        let (role, secret) = item.split_once(':')?;
        let is_role = ["read", "submit", "operate"].contains(&role);
        (is_role && secret.len() >= SECRET_CHARS_MIN).then(|| item.to_owned())
    };
    Ok(ApiSettings {
        address: values.ip("api.address")?,
        port: values.number("api.port", 0, u16::MAX)?,
        enable_cors: values.flag("api.enable_cors")?,
        origins: values.list("api.origins", "a list of origins", text)?,
        keys: values.list(
            "api.keys",
            "a list of ROLE:SECRET with a role of read, submit or operate and a secret of 16 or more letters",
            key,
        )?,
        rate: RateSettings {
            per_address: values.number("api.rate_per_address", 0, 1_000_000_000)?,
            per_sender: values.number("api.rate_per_sender", 0, 1_000_000_000)?,
            burst: values.span("api.rate_burst", Duration::from_secs(1))?,
            count_local: values.flag("api.rate_local")?,
        },
    })
}

const SECRET_CHARS_MIN: usize = 16;

fn consensus(values: &Values<'_>) -> Result<ConsensusSettings, Failure> {
    let ms = Duration::from_millis;
    let total_nodes: Option<usize> = values.given("consensus.total_nodes", "a whole number")?;
    if total_nodes == Some(0) {
        return Err(values.bad("consensus.total_nodes", "at least one validator"));
    }
    Ok(ConsensusSettings {
        is_primary: values.given("consensus.is_primary", "true or false")?,
        total_nodes,
        view_timeout: values.span("consensus.view_timeout", ms(50))?,
        checkpoint_interval: values.number("consensus.checkpoint_interval", 1, 100_000)?,
        pipeline: values.number("consensus.pipeline", 1, 1_000)?,
        work_bits: values.number("consensus.work_bits", 1, 128)?,
        batch_bytes: values.size("consensus.batch_bytes", 1_024, BATCH_BYTES_MAX)?,
        batch_delay: values.span("consensus.batch_delay", Duration::ZERO)?,
        block_interval: values.span("consensus.block_interval", Duration::ZERO)?,
        batches_in_flight: values.number("consensus.batches_in_flight", 1, 100)?,
        fetch_timeout: values.span("consensus.fetch_timeout", ms(10))?,
        clock_drift_max: values.span("consensus.clock_drift_max", ms(1))?,
    })
}

fn logging(values: &Values<'_>) -> Result<LoggingSettings, Failure> {
    let level = values.text("logging.level");
    if tracing_subscriber::EnvFilter::try_new(level).is_err() || level.is_empty() {
        return Err(
            values.bad("logging.level", "a level (error, warn, info, debug, trace) or a filter")
        );
    }
    let is_json = match values.text("logging.format") {
        "json" => true,
        "text" => false,
        _ => return Err(values.bad("logging.format", "text or json")),
    };
    let output = match values.text("logging.output") {
        "stdout" => LogOutput::Stdout,
        "stderr" => LogOutput::Stderr,
        path => LogOutput::File(PathBuf::from(path)),
    };
    Ok(LoggingSettings { level: values.of("logging.level").items.join(","), is_json, output })
}
