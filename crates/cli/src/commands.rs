//! One file per command.

mod account;
mod audit;
mod check;
mod completions;
mod config;
mod contract;
mod crossing;
pub(crate) mod explore;
mod figure;
mod forensics;
mod gov;
mod joint;
mod keys;
mod lab;
mod ledger;
mod minimize;
mod net;
mod node;
mod protocols;
mod queue;
mod receipt;
mod registry;
mod score;
pub(crate) mod sim;
pub(crate) mod store;
mod ticket;
mod trace;
mod twins;
mod updates;
pub(crate) mod version;
mod why;

use crate::args::{Cli, Command};
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};
use crate::output::Report;
use crate::{bench, demo, local, tour};

/// Does what was asked.
pub(crate) fn run(cli: Cli) -> Result<Report> {
    let Cli { output, server, dir, command } = cli;
    let client = || Client::find(server.as_deref(), &dir);
    match command {
        // It ends itself where it is told to, so that its validators end in order.
        Command::Demo(args) => finish(demo::run(&args, output)),
        Command::Tour => tour::run(),
        Command::Net(command) => net::run(&dir, command),
        Command::Node(command) => node::run(command),
        Command::Ticket(command) => {
            let client = client()?;
            wait(ticket::run(&client, command))
        }
        Command::Receipt(command) => receipt::run(client, command),
        Command::Ledger(command) => ledger::run(client, &dir, command),
        Command::Queue { sign, command } => {
            let client = client()?;
            wait(queue::run(&client, &dir, &sign, command))
        }
        Command::Registry { sign, command } => {
            let client = client()?;
            wait(registry::run(&client, &dir, &sign, command))
        }
        Command::Gov { sign, command } => {
            let client = client()?;
            wait(gov::run(&client, &dir, &sign, command))
        }
        Command::Joint { sign, command } => {
            let client = client()?;
            wait(joint::run(&client, &dir, &sign, command))
        }
        Command::Account { sign, command } => {
            let client = client()?;
            wait(account::run(&client, &dir, &sign, command))
        }
        Command::Updates { sign, command } => {
            let client = client()?;
            wait(updates::run(&client, &dir, &sign, command))
        }
        Command::Contract { sign, command } => {
            let client = client()?;
            wait(contract::run(&client, &dir, &sign, command))
        }
        Command::Crossing { sign, command } => {
            let client = client()?;
            wait(crossing::run(client, &dir, &sign, command))
        }
        Command::Keys(command) => keys::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Why { subject } => {
            let client = client()?;
            wait(why::run(&client, subject.as_deref()))
        }
        Command::Forensics { first, second, genesis } => {
            forensics::run([&first, &second], genesis.as_deref())
        }
        Command::Sim(command) => sim::run(&command),
        Command::Trace(command) => trace::run(command),
        Command::Lab(command) => lab::run(command),
        Command::Figure(command) => figure::run(command),
        Command::Bench(command) => wait(bench::run(&command)),
        Command::Config(command) => config::run(command),
        Command::Protocols => Ok(protocols::run()),
        Command::Completions { shell } => Ok(completions::run(shell)),
        Command::Version => Ok(version::run()),
    }
}

/// An answer of the API, for programs.
fn to_value(answer: &impl serde::Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(answer).explain(|| "the answer is no JSON".into())
}

/// Runs a command that waits for others; Ctrl-C ends it, and everything that it started.
pub(crate) fn wait(work: impl Future<Output = Result<Report>>) -> Result<Report> {
    finish(async {
        tokio::select! {
            done = work => done,
            () = local::terminated() => Err(Failure::interrupted()),
        }
    })
}

/// Runs a command to its own end.
fn finish(work: impl Future<Output = Result<Report>>) -> Result<Report> {
    let runtime = tokio::runtime::Runtime::new().explain(|| "no runtime".into())?;
    runtime.block_on(work)
}
