//! `unisono queue`, `registry` and `gov`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;

/// An account: 64 hexadecimal digits, or the file of its key.
pub(crate) type Who = String;

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Open a topic of one's own
    Open {
        /// Its name.
        topic: String,
        /// Most unfinished messages.
        #[arg(long, default_value_t = 1_000)]
        depth_max: u32,
        /// After how many deliveries an unacknowledged message is a dead letter.
        #[arg(long, default_value_t = 3)]
        attempts_max: u16,
        /// Longest time for an acknowledgement.
        #[arg(long, default_value = "5m", value_parser = values::duration)]
        lease_max: Duration,
        /// Who may take its messages: an account or a key file, once for each [default: anybody].
        #[arg(long, value_name = "WHO")]
        consumer: Vec<Who>,
    },
    /// Close a topic of one's own, once it is empty
    Close {
        /// Its name.
        topic: String,
    },
    /// Put a message
    Put(PutArgs),
    /// Take the best ready messages, and show what one holds
    Get {
        /// The topic.
        topic: String,
        /// How many at most.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
        count: u8,
        /// How long one may take to acknowledge.
        #[arg(long, default_value = "1m", value_parser = values::duration)]
        lease: Duration,
        /// Only show what one holds already.
        #[arg(long)]
        held: bool,
    },
    /// Acknowledge a delivery: the message is done
    Ack {
        /// The topic.
        topic: String,
        /// The message.
        number: u64,
    },
    /// Give a delivery back
    Nack {
        /// The topic.
        topic: String,
        /// The message.
        number: u64,
    },
    /// Say, as the next hub on a message's way, that one has forwarded it
    Forward {
        /// The topic.
        topic: String,
        /// The message.
        number: u64,
    },
    /// Register a route between hubs, or change one's own
    Route(RouteArgs),
    /// Topics, or the messages of one
    List {
        /// The topic; all topics without one.
        topic: Option<String>,
        /// Only messages that stand there, as `ready`, `taken`, `done` or `dead`.
        #[arg(long)]
        stage: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
        /// Routes instead of topics.
        #[arg(long)]
        routes: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PutArgs {
    /// The topic.
    pub(crate) topic: String,
    /// What it says.
    pub(crate) body: String,
    /// Who alone may take it: an account or a key file.
    #[arg(long, value_name = "WHO")]
    pub(crate) to: Option<Who>,
    /// `emergency`, `high`, `normal`, `low` or `bulk`.
    #[arg(long, default_value = "normal")]
    pub(crate) priority: String,
    /// `at-most-once`, `at-least-once`, `exactly-once` or `ordered`.
    #[arg(long, default_value = "at-least-once")]
    pub(crate) guarantee: String,
    /// For how long it is of use; seven days at most.
    #[arg(long, default_value = "1h", value_parser = values::duration)]
    pub(crate) life: Duration,
    /// The sender's name for it, at most 16 bytes: put twice under one, it is refused the second time [default: random].
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The route that it takes.
    #[arg(long, value_name = "NAME")]
    pub(crate) route: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RouteArgs {
    /// Its name.
    pub(crate) name: String,
    /// The hubs that forward, in order: accounts or key files.
    #[arg(required_unless_present = "remove", value_name = "WHO")]
    pub(crate) hops: Vec<Who>,
    /// How long a message takes, in milliseconds.
    #[arg(long, default_value_t = 100)]
    pub(crate) latency_ms: u32,
    /// What a KiB costs.
    #[arg(long, default_value_t = 0)]
    pub(crate) cost_per_kib: u64,
    /// How many messages of all arrive, as in `99.5%`.
    #[arg(long, default_value = "99%", value_parser = values::ppm)]
    pub(crate) reliability: u32,
    /// `active`, `degraded`, `maintenance` or `failed`.
    #[arg(long, default_value = "active")]
    pub(crate) status: String,
    /// Take it away instead.
    #[arg(long)]
    pub(crate) remove: bool,
}

/// What a hub says of itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct CardArgs {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    #[arg(long, default_value = "hub")]
    pub(crate) role: String,
    /// Where it is reached.
    #[arg(long, default_value = "")]
    pub(crate) address: String,
    /// What it can do, separated by commas; `consensus` for a hub that wants to validate.
    #[arg(long, value_delimiter = ',', default_value = "routing,storage")]
    pub(crate) capabilities: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Found the federation, by the asked validator: its first hubs, and all stake there will ever be
    Found {
        /// A hub and its stake, as `NAME=WHO:STAKE`, where WHO is an account or a key file; once for each.
        #[arg(long, required = true, value_name = "NAME=WHO:STAKE")]
        hub: Vec<String>,
        /// Free stake for somebody who may join later, as `WHO:STAKE`; once for each.
        #[arg(long, value_name = "WHO:STAKE")]
        purse: Vec<String>,
        /// What the hubs can do, separated by commas.
        #[arg(long, value_delimiter = ',', default_value = "routing,storage,consensus")]
        capabilities: Vec<String>,
    },
    /// Join with some of one's free stake
    Join {
        #[command(flatten)]
        card: CardArgs,
        /// How much to bond.
        #[arg(long)]
        stake: u64,
    },
    /// Leave; the stake is released 1,000 blocks later
    Leave,
    /// Say something new of oneself
    Update(CardArgs),
    /// Name the keys of one's node, with which it would validate
    Register {
        /// The key of its votes, as `unisono node keys` shows it.
        #[arg(long, value_name = "HEX")]
        key_of_votes: String,
        /// The key of its network identity.
        #[arg(long, value_name = "HEX")]
        network_key: String,
    },
    /// Bond more free stake
    Bond {
        /// How much.
        stake: u64,
    },
    /// Bond less; it is released 1,000 blocks later
    Unbond {
        /// How much less.
        stake: u64,
    },
    /// Free what is due
    Withdraw,
    /// Give free stake away
    Transfer {
        /// To whom: an account or a key file.
        to: Who,
        /// How much.
        stake: u64,
    },
    /// Hubs by account
    List {
        /// Those that could validate, and whether the registry decides who does.
        #[arg(long)]
        candidates: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// What an account has
    Show {
        /// An account or a key file [default: that of the key that would sign].
        who: Option<Who>,
    },
    /// Let the validators be those that the registry names, from the next boundary on
    Seat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GovCommand {
    /// Propose to change agreed parameters
    Propose {
        /// What it is about.
        title: String,
        /// A parameter and its new value, as `fee.min=50`; once for each.
        #[arg(long, required = true, value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// Why.
        #[arg(long, default_value = "")]
        text: String,
        /// How many blocks there are to vote in, beside the one that holds the proposal.
        #[arg(long, default_value_t = 20)]
        blocks: u64,
    },
    /// Vote, or vote anew
    Vote {
        /// The proposal's number.
        proposal: u64,
        /// `approve`, `reject` or `abstain`.
        choice: String,
    },
    /// Follow somebody in the votes on proposals yet to be made
    Delegate {
        /// An account or a key file; nobody without one.
        to: Option<Who>,
    },
    /// How votes stand
    Tally {
        /// The proposal's number; all without one.
        proposal: Option<u64>,
    },
    /// Count the votes behind the deadline, and put what is approved in force
    Apply {
        /// The proposal's number.
        proposal: u64,
    },
    /// The agreed parameters
    Parameters,
}
