//! `unisono demo`: the main job on real input.
//!
//! Four validator processes agree on the life of a week's tickets. Half way the primary is killed, later it comes
//! back, and where the protocol stands that, one validator equivocates throughout. What came of it is compared with
//! what the data says must.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

mod cast;
pub(crate) mod flights;
mod inspect;
mod load;
mod plan;
mod summary;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use server::{NodeName, Supervisor};
use types::Time;

use crate::args::DemoArgs;
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};
use crate::local::{self, Local, Setup};
use crate::output::{self, Format, Report, note};
use crate::progress;

use cast::{Cast, Victim};
use flights::Flight;
use load::Gates;
use plan::Plan;
use summary::Seen;

/// Validators of the demonstration.
const NODES: u16 = 4;
/// How long the validators may take to start.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the killed validator stays away at most: some protocols hardly go on without it.
const AWAY_MAX: Duration = Duration::from_secs(30);
/// How long transactions stay valid.
const EXPIRY: Duration = Duration::from_secs(20 * 60);
/// How often the drill looks how far the work is.
const DRILL_POLL: Duration = Duration::from_millis(5);

/// Runs the main job.
pub(crate) async fn run(args: &DemoArgs, format: Format) -> Result<Report> {
    let mut flights = flights::read(args.input.as_deref())?;
    flights.truncate(args.flights.unwrap_or(usize::MAX));
    if flights.is_empty() {
        return Err(Failure::usage("there are no flights to make tickets of"));
    }
    let plan = Plan::new(&flights, args.seed);
    let cast = Cast::of(&args.protocol);
    let folder = local::Folder::new(args.keep.clone())?;
    let setup = Setup {
        nodes: Some(NODES),
        protocol: Some(args.protocol.clone()),
        byzantine: cast.liar.into_iter().map(|liar| (liar, "equivocate".to_owned())).collect(),
        ..Setup::new(folder.path())
    };
    let local = local::prepare(&setup)?;
    let supervisor = Supervisor::new(local.program.clone(), local.specs.clone());
    let server = server::serve(&supervisor, args.port)
        .await
        .explain(|| format!("cannot listen on port {}", args.port))?;
    let lies = match cast.liar {
        Some(liar) => format!("n{liar} lies"),
        None => "nobody lies".to_owned(),
    };
    note(&format!(
        "demo: {} tickets, {} requests, {NODES} validators under {}; {lies}",
        flights.len(),
        plan.len(),
        args.protocol
    ));
    let work = async {
        let started = supervisor.start_all(NODES.into(), READY_TIMEOUT).await;
        started.map_err(|error| failed_start(&supervisor, &error))?;
        note(&format!("demo: all validators are ready; dashboard {}", server.url()));
        main_job(&flights, &plan, cast, &local, &supervisor, args).await
    };
    let report = tokio::select! {
        report = work => report,
        () = local::terminated() => Err(Failure::interrupted()),
    };
    let report = match report {
        Ok(report) if !args.exit => Ok(stay(format, &report, &server.url()).await),
        ended => ended,
    };
    supervisor.stop_all().await;
    report
}

/// Shows the summary and leaves the dashboard up until Ctrl-C, which is the usual end.
async fn stay(format: Format, report: &Report, url: &str) -> Report {
    let exit = output::print(format, report);
    note(&format!("\nthe network goes on; dashboard {url}; Ctrl-C ends it"));
    local::terminated().await;
    Report::silent().exit(exit)
}

fn failed_start(supervisor: &Supervisor, error: &server::SupervisorError) -> Failure {
    let logs = supervisor.nodes().into_iter().flat_map(|node| {
        let lines = supervisor.logs(&node.id).unwrap_or_default();
        let skip = lines.len().saturating_sub(5);
        lines
            .into_iter()
            .skip(skip)
            .map(move |line| format!("{}: {line}", node.id))
            .collect::<Vec<_>>()
    });
    Failure::failed("the validators did not start")
        .why(error)
        .next(logs.collect::<Vec<_>>().join("\n        "))
}

async fn main_job(
    flights: &[Flight],
    plan: &Plan,
    cast: Cast,
    local: &Local,
    supervisor: &Supervisor,
    args: &DemoArgs,
) -> Result<Report> {
    let names: Vec<NodeName> = local.specs.iter().map(|spec| spec.name.clone()).collect();
    let urls: Vec<String> =
        local.specs.iter().map(|spec| format!("http://127.0.0.1:{}", spec.api_port)).collect();
    let mut gates = Gates::new(local.genesis.chain_id(), urls.clone(), args.seed, expiry())?;
    let mut signed = Vec::with_capacity(plan.stages.len());
    for stage in &plan.stages {
        signed.push((stage.name, gates.sign(flights, &stage.requests)?));
    }
    let gates = Arc::new(gates);
    let drill = Drill {
        supervisor: supervisor.clone(),
        names: names.clone(),
        urls: urls.clone(),
        cast,
        gates: Arc::clone(&gates),
        total: plan.len(),
    };
    let drill = tokio::spawn(drill.run());

    let start = Instant::now();
    let mut done = Vec::with_capacity(plan.len());
    for (stage, requests) in signed {
        let bar = progress::bar(requests.len() as u64, stage);
        done.extend(gates.present(requests, |count| bar.inc(count as u64)).await);
        bar.finish_and_clear();
        note(&format!("demo: {stage} done, {:.1} s", start.elapsed().as_secs_f64()));
    }
    let seconds = start.elapsed().as_secs_f64();
    let killed = drill.await.explain(|| "the drill broke off".into())??;

    let honest = names.iter().zip(&urls).enumerate();
    let honest = honest.filter(|(index, _)| Some(*index) != cast.liar);
    let honest: Vec<inspect::Named> =
        honest.map(|(_, (name, url))| (name.to_string(), Client::new(url))).collect();
    let height = inspect::wait_for_height(&honest, inspect::highest(&honest).await).await?;
    let files = inspect::receipts(&honest, &done, &local.folder.join("receipts")).await?;
    let receipts_verified = inspect::verify(&local.program, &local.genesis_file, &files).await?;
    let evidence = inspect::evidence(&honest).await?;
    let seen = Seen {
        seconds,
        latencies: gates.latencies(),
        presented_again: gates.presented_again(),
        view_changes: inspect::view_changes(&honest).await?,
        evidence_holds: evidence.iter().all(|one| inspect::holds(one, &local.genesis)),
        evidence,
        protocol: args.protocol.clone(),
        liar: cast.liar.map(|liar| names[liar].to_string()),
        killed: killed.to_string(),
        must_end_view: cast.must_end_view,
        height,
        headers: inspect::headers(&honest, height).await?,
        counts: inspect::counts(&honest).await?,
        receipts: files.len() as u64,
        receipts_verified,
        done,
    };
    Ok(summary::report(plan, seen))
}

/// Kills a validator, and brings it back.
struct Drill {
    supervisor: Supervisor,
    names: Vec<NodeName>,
    urls: Vec<String>,
    cast: Cast,
    gates: Arc<Gates>,
    total: usize,
}

impl Drill {
    /// Kills the victim when half of the requests have ended, and starts it again after three quarters.
    async fn run(self) -> Result<NodeName> {
        let Self { supervisor, gates, total, .. } = &self;
        while gates.ended() < total / 2 {
            tokio::time::sleep(DRILL_POLL).await;
        }
        let victim = self.victim().await;
        supervisor.kill(&victim).await.explain(|| format!("cannot kill {victim}"))?;
        note(&format!("demo: half way, {victim} is killed"));
        let killed = Instant::now();
        while gates.ended() < total * 3 / 4 && killed.elapsed() < AWAY_MAX {
            tokio::time::sleep(DRILL_POLL).await;
        }
        supervisor.start(&victim).explain(|| format!("cannot restart {victim}"))?;
        note(&format!("demo: {victim} is started again on the data it left"));
        supervisor
            .wait_ready(&victim, READY_TIMEOUT)
            .await
            .explain(|| format!("{victim} does not come back"))?;
        Ok(victim)
    }

    async fn victim(&self) -> NodeName {
        let first = |index: usize| self.names[index % self.names.len()].clone();
        match self.cast.victim {
            Victim::Node(index) => first(index),
            Victim::Leader => {
                let client = Client::new(&self.urls[0]);
                let network = client.get::<api::Network>("/api/v1/network").await.ok();
                let leader = network.and_then(|network| network.leader);
                let leader = leader.and_then(|leader| NodeName::new(&leader).ok());
                leader.unwrap_or_else(|| first(0))
            }
        }
    }
}

/// The agreed time from which on the gates' requests are refused.
fn expiry() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + EXPIRY;
    Time::from_us(u64::try_from(now.as_micros()).unwrap_or(u64::MAX))
}
