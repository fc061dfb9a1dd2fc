//! `unisono joint`, `account` and `updates`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::federation::Who;

/// Which proposal of a joint account is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhichArgs {
    /// The joint account: its address, or its first rule as `K/WHO,WHO,...`.
    pub(crate) account: Who,
    /// The proposal's number.
    pub(crate) proposal: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JointCommand {
    /// Open a joint account: K of its members have to approve what it does
    Open {
        /// Its rule, as `2/alice.key,bob.key,carol.key`.
        #[arg(value_name = "K/WHO,WHO,...")]
        rule: String,
    },
    /// Propose what a joint account shall do; that is the first approval
    Propose {
        /// The joint account: its address, or its first rule as `K/WHO,WHO,...`.
        account: Who,
        /// How many blocks there are to approve it in.
        #[arg(long, default_value_t = 1_000)]
        blocks: u64,
        #[command(subcommand)]
        action: JointAction,
    },
    /// Approve a proposal; the last approval that is needed executes it
    Approve(WhichArgs),
    /// Take one's approval back, or clear an expired proposal away
    Withdraw(WhichArgs),
    /// A joint account with its open proposals, or one of its proposals
    Show {
        /// The joint account: its address, or its first rule as `K/WHO,WHO,...`.
        account: Who,
        /// A proposal's number.
        proposal: Option<u64>,
    },
    /// Joint accounts by address
    List {
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum JointAction {
    /// Give some of its free stake away
    Transfer {
        /// To whom.
        to: Who,
        /// How much.
        stake: u64,
    },
    /// Have other members, or another K
    Rule {
        /// The new rule.
        #[arg(value_name = "K/WHO,WHO,...")]
        rule: String,
    },
    /// Any operation of another application
    Call {
        /// The application, as `registry`.
        app: String,
        /// The operation's number.
        verb: u16,
        /// Its argument's canonical bytes, in hexadecimal digits.
        #[arg(default_value = "", value_name = "HEX")]
        argument: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Hand the signer's account over to a new key; both act for some blocks, then only the new one
    HandOver {
        /// The file of the new key, which has never acted; it signs that it takes over.
        #[arg(value_name = "FILE")]
        to: PathBuf,
        /// For how many blocks the old key acts too.
        #[arg(long, default_value_t = 100)]
        overlap: u64,
    },
    /// For which account a key acts, and how long
    Show {
        /// A key's 64 hexadecimal digits, or its file [default: the key that would sign].
        who: Option<Who>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UpdatesCommand {
    /// Tell, as a hub, what became of one's state
    Tell {
        /// What kind of news it is, as `storage.moved`.
        kind: String,
        /// The news.
        #[arg(default_value = "")]
        body: String,
        /// The hub's own count of its updates [default: the next one].
        #[arg(long)]
        sequence: Option<u64>,
    },
    /// What hubs have told since a block: checked to be all of it, by a proof under a certified block
    Missing {
        /// The last block whose updates are known.
        #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
        since: u64,
        /// The genesis that the proof is checked against [default: that of the network in `--dir`].
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
    },
}
