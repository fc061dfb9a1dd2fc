//! `unisono node`: one validator.

use std::path::Path;

use keys::Source;
use node::config::Layers;
use node::{Misbehaviour, NetworkPlan, NewToken, NodeIdentity, NodeKeys, NodeOptions};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::{Value, json};

use super::audit::recorded_in;
use crate::args::{InitArgs, NodeCommand, PassphraseArgs, RunArgs, TokenArgs};
use crate::failure::{Explain, Failure, Result};
use crate::output::{Report, Table, pairs};

/// Does one of the commands.
pub(crate) fn run(command: NodeCommand) -> Result<Report> {
    match command {
        NodeCommand::Init(args) => init(&args),
        NodeCommand::Run(args) => run_one(args),
        NodeCommand::Keys { data_dir, passphrase } => keys(&data_dir, passphrase),
        NodeCommand::NextKey { data_dir, token, passphrase } => {
            next_key(&data_dir, &token, passphrase)
        }
    }
}

/// Makes one node's keys, or a whole network's folders.
fn init(args: &InitArgs) -> Result<Report> {
    let Some(nodes) = args.nodes else {
        let folder = NodeKeys::folder(&args.folder);
        let source = Source::of(args.passphrase.passphrase_file.clone());
        let passphrase = if args.encrypt { Some(source.choose(&folder)?) } else { None };
        let token = args.token.token.as_deref().map(|uri| NewToken { uri, pin: source });
        std::fs::create_dir_all(&args.folder)
            .explain(|| format!("cannot make {}", args.folder.display()))?;
        let identity =
            recorded_in(&args.folder, "key.create", "signing, network, gateway", || {
                Ok(node::init_node(&args.folder, passphrase.as_ref(), token)?)
            })?;
        return Ok(identity_report(&args.folder, &identity));
    };
    let plan = NetworkPlan {
        network: args.network.clone(),
        protocol: args.protocol.clone(),
        nodes,
        p2p_port: args.p2p_port,
        api_port: args.api_port,
        ..NetworkPlan::default()
    };
    let nodes = node::init_network(&args.folder, &plan)?;
    let mut table = Table::new(["NODE", "P2P", "API", "CONFIGURATION", "PEER"]);
    let mut items: Vec<Value> = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let config = node.config.display().to_string();
        let ports = [node.p2p_port, node.api_port].map(|port| port.to_string());
        let [p2p, api] = ports;
        table.row([node.name.clone(), p2p, api, config.clone(), node.peer_id.clone()]);
        items.push(json!({
            "name": node.name, "port": node.p2p_port, "api_port": node.api_port, "config": config,
            "peer_id": node.peer_id,
        }));
    }
    let genesis = args.folder.join("genesis.toml");
    let text = format!(
        "{}\n\ngenesis {}\nstart each with `unisono node run --config FILE`",
        table.render(),
        genesis.display()
    );
    Ok(Report::new(json!({ "genesis": genesis, "items": items }), text))
}

fn keys(data_dir: &Path, passphrase: PassphraseArgs) -> Result<Report> {
    let source = Source::of(passphrase.passphrase_file);
    Ok(identity_report(data_dir, &NodeIdentity::load(data_dir, source)?))
}

/// The key is there before anybody agrees to it: the validator has both when the block comes.
fn next_key(data_dir: &Path, token: &TokenArgs, passphrase: PassphraseArgs) -> Result<Report> {
    let source = Source::of(passphrase.passphrase_file);
    let key = recorded_in(data_dir, "key.create", "signing-next", || {
        let folder = NodeKeys::folder(data_dir);
        Ok(NodeKeys::generate_next(&folder, source, token.token.as_deref())?)
    })?;
    let key = key.to_string();
    let text =
        format!("{key}\nstart the validator again, then `unisono net rotate NAME --key {key}`");
    Ok(Report::new(json!({ "folder": data_dir, "key": key }), text))
}

fn identity_report(folder: &Path, identity: &NodeIdentity) -> Report {
    let (key, network_key) = (identity.key.to_string(), identity.network_key.to_string());
    let value = json!({ "folder": folder, "key": key, "network_key": network_key, "peer_id": identity.peer_id });
    let rows = [("key", key), ("network key", network_key), ("peer id", identity.peer_id.clone())];
    Report::new(value, pairs(&rows))
}

/// Runs a node until it is told to stop.
fn run_one(args: RunArgs) -> Result<Report> {
    let byzantine = args.byzantine.as_deref().map(|role| {
        Misbehaviour::from_name(role).ok_or_else(|| {
            Failure::usage(format!("`{role}` is no misbehaviour")).next("--byzantine equivocate")
        })
    });
    let options = NodeOptions {
        byzantine: byzantine.transpose()?,
        trust_lost_state: args.trust_lost_state,
        ..NodeOptions::default()
    };
    if args.stop_with_stdin {
        std::thread::spawn(stop_with_stdin);
    }
    let settings = Layers::of_process(args.config.clone(), flags(args)?).settings()?;
    node::run(settings, options)?;
    Ok(Report::silent())
}

/// The flags as (flag, key, value), in the order in which later ones win.
fn flags(args: RunArgs) -> Result<Vec<(String, String, String)>> {
    let own = [
        ("--id", "node.id", args.id),
        ("--data-dir", "node.data_dir", args.data_dir.map(|path| path.display().to_string())),
        ("--genesis", "node.genesis", args.genesis.map(|path| path.display().to_string())),
        ("--port", "network.listen_port", args.port.map(|port| port.to_string())),
        ("--api-port", "api.port", args.api_port.map(|port| port.to_string())),
        ("--bootstrap", "network.bootstrap_peers", args.bootstrap),
        (
            "--bootstrap-node",
            "network.bootstrap_mode",
            args.bootstrap_node.then(|| "true".to_owned()),
        ),
        ("--primary", "consensus.is_primary", args.primary.then(|| "true".to_owned())),
        ("--total-nodes", "consensus.total_nodes", args.total_nodes.map(|count| count.to_string())),
    ];
    let given = own
        .into_iter()
        .filter_map(|(flag, key, value)| Some((flag.to_owned(), key.to_owned(), value?)));
    let mut flags: Vec<_> = given.collect();
    for text in args.set {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`--set {text}` sets nothing"))
                .next("write --set KEY=VALUE; `unisono config show` lists the keys")
        })?;
        flags.push(("--set".to_owned(), key.to_owned(), value.to_owned()));
    }
    Ok(flags)
}

/// Ends this node when whoever started it is gone: then nobody holds the other end of stdin any more.
fn stop_with_stdin() {
    // What comes is of no interest, only the end.
    let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    let _ = kill_process(getpid(), Signal::TERM);
}
