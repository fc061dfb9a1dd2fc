//! The command line.

mod accounts;
mod change;
mod contract;
mod crossing;
mod federation;
pub(crate) mod hunt;
mod keys;
mod lab;
mod ledger;
mod receipt;
mod sim;
mod store;
mod ticket;
pub(crate) mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::output::Format;

pub(crate) use self::keys::{
    AttestArgs, AuditArgs, AuditCommand, KeysCommand, PassphraseArgs, TokenArgs,
};
pub(crate) use accounts::{AccountCommand, JointAction, JointCommand, UpdatesCommand, WhichArgs};
pub(crate) use change::ChangeCommand;
pub(crate) use contract::{ContractCommand, CostArgs};
pub(crate) use crossing::CrossingCommand;
pub(crate) use federation::{
    CardArgs, GovCommand, PutArgs, QueueCommand, RegistryCommand, RouteArgs,
};
pub(crate) use lab::{
    CompareArgs, Engine, ExportArgs, ExportCommand, FigureCommand, LabCommand, LabRunArgs,
    MergeArgs, OnErrorArg, PartArgs, PrimaryArgs, ReliabilityArgs, ScenarioArgs, SpaceTimeArgs,
};
pub(crate) use ledger::{LedgerCommand, SignArgs};
pub(crate) use receipt::{ReceiptCommand, VerifyArgs};
pub(crate) use sim::SimArgs;
pub(crate) use store::{StoreArgs, StoreCommand, without_password};
pub(crate) use ticket::{StepArgs, TicketCommand, Wait};

/// Let a group agree on one state although some of its members lie or fail, and say why.
#[derive(Debug, Parser)]
#[command(name = "unisono", version, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 failed, 2 usage, 3 violated, 4 inconclusive or timeout, 5 no quorum, 130 interrupted."
)]
pub(crate) struct Cli {
    /// How results are written to stdout.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Where the API answers: a validator or a supervisor [default: the network in `--dir`].
    #[arg(long, global = true, env = "UNISONO_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The folder of the local network.
    #[arg(
        long,
        global = true,
        env = "UNISONO_DIR",
        default_value = "unisono-net",
        value_name = "FOLDER"
    )]
    pub(crate) dir: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job on real input: a week of flights, four validators, one killed, one lying
    Demo(DemoArgs),
    /// The federated ledger by example: founded, a message routed, a rule changed by vote, all of it proved
    Tour,
    /// A network of validators on this machine
    #[command(subcommand)]
    Net(NetCommand),
    /// One validator
    #[command(subcommand)]
    Node(NodeCommand),
    /// Tickets: issue, validate, consume, dispute
    #[command(subcommand)]
    Ticket(TicketCommand),
    /// Receipts: proofs that anybody can check offline
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// The ledger: chains, blocks, transactions, offline proofs, forks, stores and archives
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// The message queue: topics, messages, deliveries, routes
    Queue {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: QueueCommand,
    },
    /// The registry: hubs, and the stake behind them
    Registry {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: RegistryCommand,
    },
    /// Governance: proposals, votes, agreed parameters
    Gov {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: GovCommand,
    },
    /// Joint accounts: k of n keys act together
    Joint {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: JointCommand,
    },
    /// One's own account: handed over from key to key
    Account {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// What hubs tell of their state, in one stream that is proved to be whole
    Updates {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: UpdatesCommand,
    },
    /// Contracts: WebAssembly that anybody deploys and calls
    Contract {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: ContractCommand,
    },
    /// Data from one chain to another, carried by proofs
    Crossing {
        #[command(flatten)]
        sign: SignArgs,
        #[command(subcommand)]
        command: CrossingCommand,
    },
    /// Secret keys in files, and statements about whose they are
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The record of administrative acts
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Explain what the network, a ticket, a height or a node waits for
    Why {
        /// A ticket's id, a block's height or a node's name; nothing for the network.
        subject: Option<String>,
    },
    /// After a fork: name who must have lied, from what two honest validators have kept
    Forensics {
        /// The data folder of one stopped validator.
        first: PathBuf,
        /// The data folder of another one.
        second: PathBuf,
        /// The genesis of their chain [default: `genesis.toml` beside the first folder].
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
    },
    /// Simulated networks in virtual time
    #[command(subcommand)]
    Sim(SimCommand),
    /// What happened in a run: record, view, replay, compare, draw
    #[command(subcommand)]
    Trace(hunt::TraceCommand),
    /// Experiments: scenarios, resumable runs, comparisons, and how likely agreement is over lossy links
    #[command(subcommand)]
    Lab(LabCommand),
    /// Figures that prove what they were made of
    #[command(subcommand)]
    Figure(FigureCommand),
    /// Measure speed and size
    #[command(subcommand)]
    Bench(BenchCommand),
    /// The configuration of a node
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The consensus protocols, side by side
    Protocols,
    /// Completions for a shell
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// The version of this binary, and what it was built with
    Version,
}

/// How the main job is run.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The protocol that orders blocks.
    #[arg(long, default_value = "pbft", value_parser = values::protocol())]
    pub(crate) protocol: String,
    /// End by itself instead of leaving the dashboard up until Ctrl-C.
    #[arg(long)]
    pub(crate) exit: bool,
    /// A file of flights instead of the built-in week, as CSV or CSV.gz.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Only the first so many flights.
    #[arg(long, value_name = "COUNT")]
    pub(crate) flights: Option<usize>,
    /// Where the dashboard listens on this machine; 0 for any free port.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Keep the network's folder, receipts included, here [default: a temporary one, removed at the end].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,
    /// Decides which boardings are presented twice, and where.
    #[arg(long, default_value_t = 2013)]
    pub(crate) seed: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NetCommand {
    /// Start validators and the dashboard
    Up(UpArgs),
    /// What every validator says of itself
    Status,
    /// Kill validators without warning, as a power cut would
    Kill {
        /// Their names.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Start validators again, on the data they left
    Restart {
        /// Their names.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Cut the network into groups that do not hear each other
    Partition {
        /// Groups of names: `n0,n1 n2,n3`; whoever is in no group is alone.
        #[arg(required = true)]
        groups: Vec<String>,
    },
    /// End all partitions
    Heal,
    #[command(flatten)]
    Change(ChangeCommand),
    /// Stop everything
    Down {
        /// Remove the network's folder too: keys, ledger, logs.
        #[arg(long)]
        purge: bool,
    },
    /// Be the supervisor (what `net up` starts)
    #[command(hide = true)]
    Serve(UpArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct UpArgs {
    /// The protocol that orders blocks [default: pbft, or that of the network that the folder holds].
    #[arg(long, value_parser = values::protocol())]
    pub(crate) protocol: Option<String>,
    /// How many validators [default: 4, or those of the network that the folder holds].
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: Option<u16>,
    /// What its chain is for: which applications it has [default: everything, or what the folder's network has].
    #[arg(long, value_parser = values::purpose())]
    pub(crate) purpose: Option<app::Purpose>,
    /// Where the dashboard listens on this machine; 0 for any free port.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// The validators' first peer-to-peer port; 0 for free ones.
    #[arg(long, default_value_t = 4001)]
    pub(crate) p2p_port: u16,
    /// The validators' first API port; 0 for free ones.
    #[arg(long, default_value_t = 9001)]
    pub(crate) api_port: u16,
    /// A validator that misbehaves, as `n3=equivocate`: for drills.
    #[arg(long, value_name = "NODE=ROLE")]
    pub(crate) byzantine: Vec<String>,
    /// Let every validator write what happens into a .trace file in its folder; `trace merge` lays them side by side.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Stay in the foreground, with the validators' logs on stderr.
    #[arg(long)]
    pub(crate) foreground: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Make the keys of one node, or the folders of a whole network
    Init(InitArgs),
    /// Run one node in the foreground
    Run(RunArgs),
    /// Make the next voting key of a stopped validator, for `net rotate`
    NextKey {
        /// Its data folder.
        #[arg(long, default_value = "./data", value_name = "FOLDER")]
        data_dir: PathBuf,
        #[command(flatten)]
        token: TokenArgs,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Show a node's public keys and peer id
    Keys {
        /// Its data folder.
        #[arg(long, default_value = "./data", value_name = "FOLDER")]
        data_dir: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct InitArgs {
    /// The data folder of the node, or the folder of the network.
    #[arg(default_value = "./data")]
    pub(crate) folder: PathBuf,
    /// Encrypt the node's keys under a passphrase.
    #[arg(long, conflicts_with = "nodes")]
    pub(crate) encrypt: bool,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
    /// Lay out a network of so many validators.
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub(crate) nodes: Option<u16>,
    /// The network's name; drills need one that ends in `-dev`.
    #[arg(long, default_value = "local-dev")]
    pub(crate) network: String,
    /// The protocol that orders blocks.
    #[arg(long, default_value = "pbft", value_parser = values::protocol())]
    pub(crate) protocol: String,
    /// The validators' first peer-to-peer port; 0 for free ones.
    #[arg(long, default_value_t = 4001)]
    pub(crate) p2p_port: u16,
    /// The validators' first API port; 0 for free ones.
    #[arg(long, default_value_t = 9001)]
    pub(crate) api_port: u16,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// The configuration file: TOML, YAML or JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The node's name.
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Where its keys and its ledger are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The genesis.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    /// Where it listens for peers.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Where its API listens.
    #[arg(long)]
    pub(crate) api_port: Option<u16>,
    /// Whom to ask for the others, separated by commas.
    #[arg(long, value_name = "MULTIADDRS")]
    pub(crate) bootstrap: Option<String>,
    /// Others find this node, and it needs nobody to ask.
    #[arg(long)]
    pub(crate) bootstrap_node: bool,
    /// What the operator believes: this validator leads the first view.
    #[arg(long)]
    pub(crate) primary: bool,
    /// What the operator believes: there are so many validators.
    #[arg(long, value_name = "COUNT")]
    pub(crate) total_nodes: Option<usize>,
    /// Any other key of the configuration.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Misbehave on purpose, on a development network: `equivocate`.
    #[arg(long, value_name = "ROLE")]
    pub(crate) byzantine: Option<String>,
    /// Vote although the record of earlier votes was lost: only where no earlier vote can be about.
    #[arg(long)]
    pub(crate) trust_lost_state: bool,
    /// Stop when stdin ends.
    #[arg(long, hide = true)]
    pub(crate) stop_with_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SimCommand {
    /// Run one seed: safety under faults, then healing, then progress
    Run(SimArgs),
    /// Run many seeds, each with its own mix of faults, on all cores
    Explore(hunt::ExploreArgs),
    /// Two copies of a node share one identity: every choice of leaders and partitions, each once
    Twins(hunt::TwinsArgs),
    /// Every schedule of a small network up to a few deviations
    Check(hunt::CheckArgs),
    /// Give the cores deliberate bugs, and count how many are found
    Score(hunt::ScoreArgs),
    /// Make a failing run small, and write its trace
    Minimize(hunt::MinimizeArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Real validator processes over loopback, fed as fast as they take it
    Net(BenchNetArgs),
    /// The simulator, in messages per CPU-second
    Sim {
        /// How many times as many decisions as usual.
        #[arg(long, default_value_t = 1)]
        scale: u64,
    },
    /// The reliability engines: drawn rounds per CPU-second, exact sums in CPU milliseconds
    Lab,
    /// The ledger: transactions, signatures, blocks, proofs, and a chain of a million blocks
    Ledger {
        /// Fill stores with so many blocks instead, and walk them: the time and the peak memory at ten thousand, ten times
        /// as many, and so on.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
        blocks: Option<u64>,
        /// A new store, as `sqlite:FILE`, `validator:FOLDER` or `postgres://USER@HOST/DATABASE`; once for each [default:
        /// the first two, in a temporary folder].
        #[arg(long, requires = "blocks")]
        store: Vec<String>,
    },
    /// The network and the simulator, with what the machine is
    All {
        /// How long each network is loaded.
        #[arg(long, default_value_t = 12)]
        seconds: u64,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct BenchNetArgs {
    /// The protocol that orders blocks.
    #[arg(long, default_value = "pbft", value_parser = values::protocol())]
    pub(crate) protocol: String,
    /// How many validators.
    #[arg(short, long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: u16,
    /// How large a transaction is, as encoded.
    #[arg(long, default_value = "512", value_parser = values::bytes)]
    pub(crate) tx_size: usize,
    /// Let every validator check every client's signature.
    #[arg(long)]
    pub(crate) signed: bool,
    /// How long to measure.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) seconds: u64,
    /// Offer so many transactions per second, whether they are taken or not [default: as many as are taken].
    #[arg(long, value_parser = values::rate)]
    pub(crate) rate: Option<u64>,
    /// How long to load before measuring.
    #[arg(long, default_value = "2s", value_parser = values::duration)]
    pub(crate) warmup: Duration,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// The configuration in force, after defaults, file, environment and flags
    Show {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
    /// Check a configuration without starting anything
    Validate {
        /// The configuration file.
        config: PathBuf,
    },
}
