//! What the replica is told: the configuration in its words, and what was kept.

use std::sync::Arc;
use std::time::Duration;

use app::epochs::{Fit, Rules};
use ledger::{Epoch, Genesis};
use protocol::Protocol;
use replica::{Config, Recovered, Terms};
use store::Loaded;
use types::NodeId;

use crate::Core;
use crate::config::Settings;
use crate::epoch_log;
use crate::failure::Failure;
use crate::roster::Papers;

fn span(span: Duration) -> types::Duration {
    types::Duration::from_us(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}

/// What cores are told alike, from the configuration.
pub(crate) fn params(settings: &Settings, genesis: &Genesis) -> protocols::Params {
    let consensus = &settings.consensus;
    protocols::Params {
        chain: genesis.chain_id().0,
        view_timeout: span(consensus.view_timeout),
        checkpoint_interval: consensus.checkpoint_interval,
        pipeline: consensus.pipeline,
        work_bits: consensus.work_bits,
        ..protocols::Params::default()
    }
}

pub(crate) fn replica_config(settings: &Settings, papers: Papers) -> Result<Config<Core>, Failure> {
    let consensus = &settings.consensus;
    let genesis = Arc::clone(&papers.genesis);
    let n = genesis.validators.len();
    protocols::config(&genesis.protocol, n, &papers.params).map_err(|error| {
        Failure::usage(
            "cannot run the genesis' protocol",
            error,
            "use a genesis with a known protocol",
        )
    })?;
    let apps = app::Apps::chosen(&genesis.apps, rules(&genesis)).map_err(|unknown| {
        Failure::usage(
            "cannot run the genesis' applications",
            format!("this program has no application {}", unknown.0),
            "use the program that the network was made with",
        )
    })?;
    Ok(Config {
        chain: genesis.chain_id(),
        genesis: Epoch::first_of(&genesis),
        terms: Terms::new(move |epoch| papers.term(epoch)),
        // No validator has the last number: it stands for whoever has no seat.
        me: NodeId::new(u16::MAX),
        apps,
        mempool: replica::mempool::Limits {
            txs_max: settings.mempool.transactions_max,
            bytes_max: settings.mempool.bytes_max,
            per_sender_max: settings.mempool.per_sender_max,
        },
        batch_bytes: consensus.batch_bytes,
        batch_delay: span(consensus.batch_delay),
        block_interval: span(consensus.block_interval),
        batches_in_flight_max: consensus.batches_in_flight,
        anti_entropy_interval: span(settings.gossip.anti_entropy_interval),
        fetch_timeout: span(consensus.fetch_timeout),
        clock_drift_max: span(consensus.clock_drift_max),
    })
}

/// The validators change the chain by quorum, the protocol to one that stands the same faults as the genesis's.
fn rules(genesis: &Genesis) -> Rules {
    let fit = |one: &&protocols::Properties| one.fault_model == genesis.fault_model;
    let protocols = protocols::PROTOCOLS.iter().filter(fit);
    Rules {
        genesis: Epoch::first_of(genesis),
        faults: genesis.fault_model,
        protocols: protocols
            .map(|one| Fit { name: one.name.to_owned(), weighs: protocols::weighs(one.name) })
            .collect(),
    }
}

/// What was kept, as the replica takes it.
pub(crate) fn recovered(loaded: Loaded) -> Result<Recovered<Core>, Failure> {
    let read = epoch_log::read::<<Core as Protocol>::Record>(&loaded.core_log);
    let (epoch, core_log) = read.map_err(|error| {
        Failure::new(
            "cannot read the core's log",
            error,
            "use the version of the program that wrote it, or start over without a vote on an empty store",
        )
    })?;
    Ok(Recovered {
        core_log,
        epoch,
        entries: loaded.entries,
        last_blocks: loaded.last_blocks,
        batches: loaded.batches,
        certificate: loaded.certificate,
        attested: loaded.attested,
        next_batch_number: loaded.generation << 32,
        may_vote: loaded.vote_loss.is_none(),
    })
}
