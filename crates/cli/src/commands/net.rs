//! `unisono net`: a network of validators on this machine, under a supervisor of its own.

mod change;

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{NodeName, StateFile, Supervisor};

use super::wait;
use crate::args::{NetCommand, UpArgs};
use crate::client::Client;
use crate::failure::{Exit, Explain, Failure, Result};
use crate::local::{self, Setup};
use crate::output::{Report, Table, note};
use crate::progress;

/// How long all validators may take to become ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the supervisor may take to stop its validators and itself.
const DOWN_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a file or process is looked for.
pub(crate) const POLL: Duration = Duration::from_millis(50);
/// What the supervisor in the background prints.
const LOG: &str = "supervisor.log";

/// The validators that run under a supervisor, by name.
pub(crate) async fn running(supervisor: &Client) -> Result<Vec<(String, Client)>> {
    change::running(supervisor).await
}

/// Does one of the commands.
pub(crate) fn run(folder: &Path, command: NetCommand) -> Result<Report> {
    match command {
        NetCommand::Up(args) if args.foreground => serve(folder, &args, true),
        NetCommand::Up(args) => up(folder, &args),
        NetCommand::Serve(args) => serve(folder, &args, false),
        NetCommand::Status => wait(status(folder)),
        NetCommand::Kill { nodes } => wait(order(folder, nodes, "kill")),
        NetCommand::Restart { nodes } => wait(order(folder, nodes, "restart")),
        NetCommand::Partition { groups } => wait(partition(folder, groups)),
        NetCommand::Heal => wait(async {
            let done: Value = Client::supervisor(folder)?.post("/api/v1/cluster/heal").await?;
            Ok(Report::new(done, "all validators hear each other again"))
        }),
        NetCommand::Change(command) => wait(change::run(folder, command)),
        NetCommand::Down { purge } => wait(down(folder, purge)),
    }
}

/// Starts a supervisor in the background and returns when all validators are ready.
fn up(folder: &Path, args: &UpArgs) -> Result<Report> {
    refuse_second(folder)?;
    std::fs::create_dir_all(folder).explain(|| format!("cannot create {}", folder.display()))?;
    let program = local::program()?;
    let log = folder.join(LOG);
    let file = std::fs::File::create(&log).explain(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(program);
    command.arg("--dir").arg(folder).args(["net", "serve"]);
    for (flag, value) in
        [("--port", args.port), ("--p2p-port", args.p2p_port), ("--api-port", args.api_port)]
    {
        command.arg(flag).arg(value.to_string());
    }
    if let Some(nodes) = args.nodes {
        command.arg("--nodes").arg(nodes.to_string());
    }
    if let Some(protocol) = &args.protocol {
        command.arg("--protocol").arg(protocol);
    }
    if let Some(purpose) = args.purpose {
        command.arg("--purpose").arg(purpose.label());
    }
    for role in &args.byzantine {
        command.arg("--byzantine").arg(role);
    }
    if args.trace {
        command.arg("--trace");
    }
    // Its own group, so that Ctrl-C here does not reach it.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let mut child = command.spawn().explain(|| "the supervisor does not start".into())?;
    let spinner = progress::spinner("starting the validators");
    let start = Instant::now();
    while !StateFile::path(folder).exists() {
        if let Some(status) = child.try_wait().explain(|| "the supervisor is lost".into())? {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(said_by_supervisor(&said, status.code()));
        }
        if start.elapsed() > READY_TIMEOUT + DOWN_TIMEOUT {
            return Err(Failure::new(
                Exit::Inconclusive,
                "TIMEOUT",
                "the validators are not ready in time",
            )
            .next(format!("see {}", log.display())));
        }
        std::thread::sleep(POLL);
    }
    spinner.finish_and_clear();
    wait(summary(folder))
}

/// What the supervisor wrote before it ended is the reason, in the same three lines.
fn said_by_supervisor(said: &str, code: Option<i32>) -> Failure {
    let line = |start: &str| {
        said.lines().rev().find_map(|line| line.trim().strip_prefix(start)).unwrap_or_default()
    };
    let what = line("error: ");
    let what = if what.is_empty() { "the supervisor ended by itself" } else { what };
    let exit = if code == Some(2) { Exit::Usage } else { Exit::Failed };
    Failure::new(exit, "NOT_STARTED", what).why(line("why: ")).next(line("next: "))
}

fn refuse_second(folder: &Path) -> Result<()> {
    let Ok(state) = StateFile::read(folder) else { return Ok(()) };
    if is_alive(state.pid) {
        return Err(Failure::new(
            Exit::Failed,
            "ALREADY_UP",
            format!("a network runs in {} already", folder.display()),
        )
        .why(format!("its supervisor is process {} at {}", state.pid, state.url))
        .next("`unisono net down` stops it; `--dir` names another folder"));
    }
    StateFile::remove(folder);
    Ok(())
}

/// Is the supervisor, until it is told to stop.
fn serve(folder: &Path, args: &UpArgs, foreground: bool) -> Result<Report> {
    refuse_second(folder)?;
    if !foreground {
        // A session of its own, so that closing the terminal does not end the network.
        let _ = rustix::process::setsid();
    }
    let runtime = tokio::runtime::Runtime::new().explain(|| "no runtime".into())?;
    runtime.block_on(supervise(folder, args, foreground))
}

async fn supervise(folder: &Path, args: &UpArgs, foreground: bool) -> Result<Report> {
    let setup = Setup {
        nodes: args.nodes,
        protocol: args.protocol.clone(),
        purpose: args.purpose,
        p2p_port: args.p2p_port,
        api_port: args.api_port,
        byzantine: local::roles(&args.byzantine)?,
        trace: args.trace,
        ..Setup::new(folder)
    };
    let local = local::prepare(&setup)?;
    let supervisor = Supervisor::new(local.program.clone(), local.specs.clone());
    supervisor.record_in(&local.folder);
    let server = server::serve(&supervisor, args.port).await.map_err(|error| {
        Failure::new(Exit::Failed, "PORT_TAKEN", format!("cannot listen on port {}", args.port))
            .why(error)
            .next("choose another with --port, or any free one with --port 0")
    })?;
    if foreground {
        tokio::spawn(print_logs(supervisor.clone()));
    }
    let done = tokio::select! {
        done = live(folder, &supervisor, server.url(), local.specs.len(), foreground) => done,
        () = local::terminated() => Ok(()),
    };
    supervisor.stop_all().await;
    StateFile::remove(folder);
    done.map(|()| Report::silent())
}

async fn live(
    folder: &Path,
    supervisor: &Supervisor,
    url: String,
    count: usize,
    foreground: bool,
) -> Result<()> {
    let started = supervisor.start_all(count, READY_TIMEOUT).await;
    started.map_err(|error| {
        Failure::failed("the validators did not start").why(one_line(&error.to_string()))
    })?;
    let state =
        StateFile { schema_version: StateFile::SCHEMA_VERSION, pid: std::process::id(), url };
    state
        .write(folder)
        .explain(|| format!("cannot write {}", StateFile::path(folder).display()))?;
    if foreground {
        note(&format!("{count} validators are ready; dashboard {}; Ctrl-C stops them", state.url));
    }
    supervisor.stop_requested().await;
    Ok(())
}

/// A reason of several lines on the one line that a reason has.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" | ")
}

async fn print_logs(supervisor: Supervisor) {
    let mut events = supervisor.listen();
    loop {
        match events.recv().await {
            Ok(server::Event::NodeOutput { node_id, line }) => note(&format!("{node_id}  {line}")),
            Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// The lines of a network that has just come up.
async fn summary(folder: &Path) -> Result<Report> {
    let client = Client::supervisor(folder)?;
    let network: api::Network = client.get("/api/v1/network").await?;
    let nodes: Value = client.get("/api/v1/nodes").await?;
    let names: Vec<&str> = network.nodes.iter().map(|node| node.name.as_str()).collect();
    let safety = network.margins.iter().find(|margin| margin.kind == api::MarginKind::Safety);
    let (faults, quorum) = safety.map_or((0, 0), |margin| (margin.tolerated, margin.quorum));
    let leader = network.leader.clone().unwrap_or_else(|| "nobody".into());
    let ports: Vec<u64> = nodes["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node["api_port"].as_u64())
        .collect();
    let api =
        ports.first().map(|port| format!("http://127.0.0.1:{port}/api/v1")).unwrap_or_default();
    let text = format!(
        "genesis & keys in {}   {} ready   f={faults} quorum={quorum}   view {} primary {leader}\n\
         Dashboard {}   API {api}   metrics {}",
        folder.display(),
        names.join(" "),
        network.view,
        client.base(),
        api.replace("/api/v1", "/metrics"),
    );
    let value = json!({
        "dashboard": client.base(), "api": api, "nodes": nodes["nodes"], "view": network.view, "primary": leader,
        "faults_tolerated": faults, "quorum": quorum, "chain": network.chain, "folder": folder,
    });
    Ok(Report::new(value, text))
}

async fn status(folder: &Path) -> Result<Report> {
    let client = Client::supervisor(folder)?;
    let nodes: Value = client.get("/api/v1/nodes").await?;
    let network: Option<api::Network> = client.get("/api/v1/network").await.ok();
    let mut table =
        Table::new(["NODE", "PROCESS", "STATE", "ROLE", "VIEW", "HEIGHT", "LAST VOTE", "API"]);
    let processes = nodes["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    for process in processes {
        let name = process["id"].as_str().unwrap_or_default();
        let row =
            network.as_ref().and_then(|network| network.nodes.iter().find(|row| row.name == name));
        let status = process["status"].as_str().unwrap_or_default();
        table.row(status_row(
            name,
            status,
            row,
            &format!("http://127.0.0.1:{}", process["api_port"]),
        ));
    }
    // Who joined is run by somebody else.
    for row in network.iter().flat_map(|network| &network.nodes) {
        if !processes.iter().any(|process| process["id"] == row.name.as_str()) {
            table.row(status_row(&row.name, "elsewhere", Some(row), "-"));
        }
    }
    let verdict = network
        .as_ref()
        .map_or("No validator answers.", |network| network.verdict.sentence.as_str());
    let exit = match network.as_ref().map(|network| network.verdict.level) {
        Some(
            api::VerdictLevel::Healthy | api::VerdictLevel::Degraded | api::VerdictLevel::Stalled,
        ) => Exit::Ok,
        Some(api::VerdictLevel::Down) | None => Exit::NoQuorum,
    };
    let text = format!("{verdict}\n\n{}\n\nDashboard {}", table.render(), client.base());
    let value = json!({ "dashboard": client.base(), "nodes": nodes["nodes"], "network": network });
    Ok(Report::new(value, text).exit(exit))
}

/// A validator's line: its process here, and what the network knows of it.
fn status_row(name: &str, process: &str, row: Option<&api::NodeRow>, api: &str) -> [String; 8] {
    let none = || "-".to_owned();
    let number = |value: Option<u64>| value.map_or_else(none, |value| value.to_string());
    let word = |value: Option<Value>| {
        value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_else(none)
    };
    [
        name.to_owned(),
        process.to_owned(),
        word(row.and_then(|row| serde_json::to_value(row.state).ok())),
        word(row.and_then(|row| serde_json::to_value(row.role).ok())),
        number(row.and_then(|row| row.view)),
        number(row.and_then(|row| row.height)),
        row.and_then(|row| row.last_vote_age_ms).map_or_else(none, |age| format!("{age} ms ago")),
        api.to_owned(),
    ]
}

async fn order(folder: &Path, nodes: Vec<String>, order: &str) -> Result<Report> {
    let client = Client::supervisor(folder)?;
    let names: Vec<NodeName> = nodes.iter().map(|node| name(node)).collect::<Result<_>>()?;
    let mut done: Vec<Value> = Vec::with_capacity(names.len());
    for name in &names {
        done.push(client.post(&format!("/api/v1/nodes/{name}/{order}")).await?);
    }
    let said = if order == "kill" { "killed" } else { "started" };
    let text = names.iter().map(|name| format!("{name} {said}")).collect::<Vec<_>>().join("\n");
    Ok(Report::new(json!({ "nodes": done }), text))
}

async fn partition(folder: &Path, groups: Vec<String>) -> Result<Report> {
    let groups: Vec<Vec<NodeName>> = groups
        .iter()
        .flat_map(|groups| groups.split(['/', '|']))
        .map(|group| group.split(',').map(|node| name(node.trim())).collect())
        .collect::<Result<_>>()?;
    let client = Client::supervisor(folder)?;
    let done: Value =
        client.post_json("/api/v1/cluster/partition", &json!({ "groups": groups })).await?;
    let said =
        groups.iter().map(|group| group.iter().map(NodeName::as_str).collect::<Vec<_>>().join(","));
    Ok(Report::new(done, format!("cut apart: {}", said.collect::<Vec<_>>().join(" | "))))
}

async fn down(folder: &Path, purge: bool) -> Result<Report> {
    let client = Client::supervisor(folder)?;
    let state = StateFile::read(folder).explain(|| "the network is gone".into())?;
    // A supervisor that was killed has left its file; then there is nothing to stop.
    let asked = client.post::<Value>("/api/v1/supervisor/stop").await;
    let start = Instant::now();
    while asked.is_ok() && is_alive(state.pid) {
        if start.elapsed() > DOWN_TIMEOUT {
            return Err(Failure::new(
                Exit::Inconclusive,
                "TIMEOUT",
                format!("process {} does not stop", state.pid),
            ));
        }
        tokio::time::sleep(POLL).await;
    }
    StateFile::remove(folder);
    if purge {
        std::fs::remove_dir_all(folder)
            .explain(|| format!("cannot remove {}", folder.display()))?;
    }
    let text = if purge {
        "stopped, and its folder removed"
    } else {
        "stopped; `unisono net up` goes on from here"
    };
    Ok(Report::new(json!({ "stopped": true, "purged": purge }), text))
}

fn name(text: &str) -> Result<NodeName> {
    NodeName::new(text).map_err(|error| {
        Failure::usage(error.to_string()).next("`unisono net status` lists the nodes")
    })
}

/// Whether a process exists that is not merely waiting to be reaped.
fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().next());
    state.is_some_and(|state| state != "Z")
}
