//! What the replica is told: the configuration in its words, and what was kept.

use std::time::Duration;

use crypto::Signer;
use ledger::{Account, Genesis};
use protocol::Protocol;
use replica::{Config, Cores, Recovered};
use store::Loaded;

use crate::Core;
use crate::config::Settings;
use crate::epoch_log;
use crate::failure::Failure;

fn span(span: Duration) -> types::Duration {
    types::Duration::from_us(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}

pub(crate) fn replica_config(
    settings: &Settings,
    genesis: &Genesis,
    is_validator: bool,
    core_signer: &Signer,
    ledger_signer: &Signer,
) -> Result<Config<Core>, Failure> {
    let n = genesis.validators.len();
    let consensus = &settings.consensus;
    let params = protocols::Params {
        chain: genesis.chain_id().0,
        view_timeout: span(consensus.view_timeout),
        checkpoint_interval: consensus.checkpoint_interval,
        pipeline: consensus.pipeline,
        work_bits: consensus.work_bits,
        ..protocols::Params::default()
    };
    let core = protocols::config(&genesis.protocol, n, &params).map_err(|error| {
        Failure::usage(
            "cannot run the genesis' protocol",
            error,
            "use a genesis with a known protocol",
        )
    })?;
    Ok(Config {
        chain: genesis.chain_id(),
        quorum: genesis.quorum(),
        core: is_validator.then_some(core),
        cores: Cores::new(move |epoch| protocols::config(&epoch.protocol, n, &params).ok()),
        core_signer: core_signer.clone(),
        ledger_signer: ledger_signer.clone(),
        ledger_verifier: genesis.ledger_verifier(),
        apps: app::Apps::governed(rules(genesis)),
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

/// The validators of the genesis change the protocol by quorum, to one that stands the same faults: the thresholds
/// of certificates are the genesis's.
fn rules(genesis: &Genesis) -> app::epochs::Rules {
    let fit = |one: &&protocols::Properties| one.fault_model == genesis.fault_model;
    app::epochs::Rules {
        validators: genesis.validators.iter().map(|one| Account(one.key.to_bytes())).collect(),
        quorum: genesis.quorum().size(),
        protocols: protocols::PROTOCOLS.iter().filter(fit).map(|one| one.name.to_owned()).collect(),
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
