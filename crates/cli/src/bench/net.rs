//! Real validator processes over loopback, each with its own disk, fed through their own API.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use server::Supervisor;
use tokio::time::{Instant, sleep};
use types::Time;

use super::environment;
use super::feed::{Feeder, Tally};
use super::notes::{Kind, Supply};
use crate::args::BenchNetArgs;
use crate::client::Client;
use crate::clock;
use crate::failure::{Explain, Failure, Result};
use crate::local::{self, Setup};
use crate::progress;
use crate::stats::{Latencies, per_s, round};

/// How long validators may take to start.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections that feed one validator where the load is as fast as it is taken.
const FEEDERS_PER_NODE: usize = 2;
/// Senders of one connection: enough that no sender meets its own limit.
const SENDERS_PER_FEEDER: usize = 8;
/// Signed notes made beforehand per second of load, over all feeders.
const SIGNED_PER_S: u64 = 40_000;
/// How long notes stay valid.
const EXPIRY: Duration = Duration::from_secs(1_800);
/// How long accepted notes may take to commit after the load has stopped.
const DRAIN_MAX: Duration = Duration::from_secs(60);
/// How often blocks are counted again where some accepted notes are in none of them: a busy disk can hold a chain up
/// for longer than [`STILL_FOR`].
const RECOUNTS_MAX: usize = 3;
/// A chain that has not grown for so long has committed all that it will.
const STILL_FOR: Duration = Duration::from_secs(3);
/// How often it is looked at.
const DRAIN_POLL: Duration = Duration::from_millis(100);
/// Blocks whose outcomes are looked at one by one.
const BLOCKS_LOOKED_AT: u64 = 32;

/// How the network stood at one moment.
struct Moment {
    at: Instant,
    certified: u64,
    /// Writes that the first validator has synced.
    syncs: u64,
    node_cpu_s: f64,
    load_cpu_s: f64,
}

/// Starts a network, loads it, and says how it did.
pub(crate) async fn run(args: &BenchNetArgs) -> Result<Value> {
    let folder = local::Folder::new(None)?;
    let setup = Setup {
        nodes: Some(args.nodes),
        protocol: Some(args.protocol.clone()),
        client_signatures: args.signed,
        ..Setup::new(folder.path())
    };
    let local = local::prepare(&setup)?;
    let chain = local.genesis.chain_id();
    let kind = Kind { chain, tx_size: args.tx_size, signed: args.signed, expires: expiry() };
    let urls: Vec<String> =
        local.specs.iter().map(|spec| format!("http://127.0.0.1:{}", spec.api_port)).collect();
    let spinner = progress::spinner("making the load");
    let supplies = supplies(args, &kind, urls.len())?;
    spinner.set_message("starting the validators");
    let supervisor = Supervisor::new(local.program.clone(), local.specs.clone());
    let started = supervisor.start_all(args.nodes.into(), READY_TIMEOUT).await;
    started.map_err(|error| Failure::failed("the validators did not start").why(error))?;
    spinner.set_message(format!("loading for {} s", args.seconds));
    let measured = measure(args, &supervisor, &urls, supplies).await;
    spinner.finish_and_clear();
    supervisor.stop_all().await;
    measured
}

/// The notes of each feeder: in the order of the validators, several times around.
fn supplies(args: &BenchNetArgs, kind: &Kind, nodes: usize) -> Result<Vec<Supply>> {
    let feeders = if args.rate.is_some() { nodes } else { nodes * FEEDERS_PER_NODE };
    let seconds = args.seconds + args.warmup.as_secs() + 1;
    let per_s = args.rate.unwrap_or(SIGNED_PER_S).min(SIGNED_PER_S);
    let each = usize::try_from(seconds * per_s).unwrap_or(usize::MAX) / feeders;
    (0..feeders as u64).map(|feeder| Supply::new(kind, feeder, SENDERS_PER_FEEDER, each)).collect()
}

async fn measure(
    args: &BenchNetArgs,
    supervisor: &Supervisor,
    urls: &[String],
    supplies: Vec<Supply>,
) -> Result<Value> {
    let tally = Arc::new(Tally::default());
    let feeders = supplies.len();
    let tasks: Vec<_> = supplies
        .into_iter()
        .enumerate()
        .map(|(index, supply)| {
            let (http, url) = (reqwest::Client::new(), urls[index % urls.len()].clone());
            let feeder = Feeder { http, url, tally: Arc::clone(&tally) };
            match args.rate {
                Some(rate) => tokio::spawn(feeder.pace(supply, rate as f64 / feeders as f64)),
                None => tokio::spawn(feeder.saturate(supply)),
            }
        })
        .collect();
    let client = Client::new(&urls[0]);
    sleep(args.warmup).await;
    tally.is_measuring.store(true, Ordering::Relaxed);
    let before = moment(supervisor, &client).await?;
    sleep(Duration::from_secs(args.seconds)).await;
    let after = moment(supervisor, &client).await?;
    tally.is_measuring.store(false, Ordering::Relaxed);
    tally.is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.explain(|| "a feeder broke off".into())?;
    }
    let rss = supervisor
        .nodes()
        .iter()
        .filter_map(|node| clock::rss_peak_mib(node.pid?))
        .fold(0.0, f64::max);
    let counted = count(&client, &tally, before.certified, after.certified).await?;
    Ok(result(args, &before, &after, &tally, &counted, rss))
}

async fn moment(supervisor: &Supervisor, client: &Client) -> Result<Moment> {
    let stats: api::Stats = client.get("/api/v1/stats").await?;
    let cpu = |node: &server::NodeInfo| clock::cpu_s_of(node.pid?);
    Ok(Moment {
        at: Instant::now(),
        certified: stats.certified,
        syncs: syncs(&String::from_utf8_lossy(&client.get_bytes("/metrics").await?)),
        node_cpu_s: supervisor.nodes().iter().filter_map(cpu).sum(),
        load_cpu_s: clock::cpu_s(),
    })
}

/// The synced writes that a validator's metrics count: each of its store's commits ends with one.
fn syncs(metrics: &str) -> u64 {
    let counter = r#"unisono_storage_operations_total{op="commit"} "#;
    let found = metrics.lines().find_map(|line| line.strip_prefix(counter)?.trim().parse().ok());
    found.unwrap_or_default()
}

/// What the chain itself says was committed.
#[derive(Default)]
struct Counted {
    /// Transactions of the blocks certified while the clock ran.
    in_window: u64,
    /// Those blocks.
    blocks: u64,
    /// Transactions of all blocks.
    ever: u64,
    /// Transactions found refused, among those looked at.
    refused: u64,
    /// Transactions looked at.
    looked_at: u64,
    /// The end.
    height: u64,
}

/// Waits until what was accepted has committed, then counts blocks from the newest down.
async fn count(client: &Client, tally: &Tally, from: u64, to: u64) -> Result<Counted> {
    drain(client).await?;
    let accepted = tally.accepted.load(Ordering::Relaxed);
    let mut counted = blocks(client, from, to).await?;
    for _ in 0..RECOUNTS_MAX {
        if counted.ever >= accepted {
            break;
        }
        drain(client).await?;
        counted = blocks(client, from, to).await?;
    }
    look_at_outcomes(client, &mut counted, from, to).await?;
    let lost = accepted.saturating_sub(counted.ever);
    tally.failed.fetch_add(lost + counted.refused, Ordering::Relaxed);
    Ok(counted)
}

/// Counts all blocks, and those in a window.
async fn blocks(client: &Client, from: u64, to: u64) -> Result<Counted> {
    let mut counted = Counted::default();
    let mut cursor = String::new();
    loop {
        let page: api::BlockPage = client.get(&format!("/api/v1/blocks?limit=500{cursor}")).await?;
        for header in &page.items {
            let txs = u64::from(header.tx_count);
            counted.ever += txs;
            counted.height = counted.height.max(header.height);
            if header.height > from && header.height <= to {
                counted.in_window += txs;
                counted.blocks += 1;
            }
        }
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={}", crate::client::escape(&next)),
            None => return Ok(counted),
        }
    }
}

/// Looks at what became of the transactions of some blocks.
async fn look_at_outcomes(
    client: &Client,
    counted: &mut Counted,
    from: u64,
    to: u64,
) -> Result<()> {
    let step = (to.saturating_sub(from) / BLOCKS_LOOKED_AT).max(1);
    for height in (from + 1..=to).step_by(usize::try_from(step).unwrap_or(1)) {
        let block: api::Block = client.get(&format!("/api/v1/blocks/{height}")).await?;
        counted.looked_at += block.transactions.len() as u64;
        counted.refused +=
            block.transactions.iter().filter(|tx| tx.outcome != "APPLIED").count() as u64;
    }
    Ok(())
}

/// Waits until the chain has stood still for a while, or has had long enough.
async fn drain(client: &Client) -> Result<()> {
    let start = Instant::now();
    let (mut last, mut moved) = (0, Instant::now());
    while start.elapsed() < DRAIN_MAX && moved.elapsed() < STILL_FOR {
        sleep(DRAIN_POLL).await;
        let stats: api::Stats = client.get("/api/v1/stats").await?;
        if stats.certified != last {
            (last, moved) = (stats.certified, Instant::now());
        }
    }
    Ok(())
}

fn result(
    args: &BenchNetArgs,
    before: &Moment,
    after: &Moment,
    tally: &Tally,
    counted: &Counted,
    rss: f64,
) -> Value {
    let seconds = after.at.duration_since(before.at).as_secs_f64();
    let node_cpu_s = after.node_cpu_s - before.node_cpu_s;
    let mut latencies: Latencies = tally.latencies();
    let syncs = after.syncs - before.syncs;
    let get = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "protocol": args.protocol, "nodes": args.nodes, "tx_size": args.tx_size, "signed": args.signed, "rate": args.rate,
        "seconds": round(seconds, 3), "committed": counted.in_window,
        "committed_per_s": per_s(counted.in_window, seconds),
        "committed_per_node_cpu_s": per_s(counted.in_window, node_cpu_s),
        "latency_ms": latencies.summary_ms(), "latency_samples": latencies.len(),
        "rss_mib_max": round(rss, 1), "durable": syncs > 0 || counted.blocks == 0,
        "syncs": syncs, "failed": get(&tally.failed),
        "offered": get(&tally.offered), "accepted": get(&tally.accepted), "refused": get(&tally.refused),
        "unfollowed": get(&tally.unfollowed), "committed_ever": counted.ever, "outcomes_checked": counted.looked_at,
        "blocks": counted.blocks, "height": counted.height,
        "txs_per_block": round(counted.in_window as f64 / counted.blocks.max(1) as f64, 1),
        "node_cpu_s": round(node_cpu_s, 2), "cores_per_node": round(node_cpu_s / seconds / f64::from(args.nodes), 3),
        "load_cpu_s": round(after.load_cpu_s - before.load_cpu_s, 2), "environment": environment::describe(),
    })
}

/// The agreed time from which on notes are refused.
fn expiry() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + EXPIRY;
    Time::from_us(u64::try_from(now.as_micros()).unwrap_or(u64::MAX))
}
