//! Networks on this machine: their folders, keys and ports.

use std::path::{Path, PathBuf};

use ledger::Genesis;
use node::config::Layers;
use node::{NetworkPlan, NodeIdentity, NodePlan};
use server::{NodeName, NodeSpec};

use crate::failure::{Exit, Explain, Failure, Result};

/// Validators of a local network where nobody says otherwise.
const NODES_USUAL: u16 = 4;
/// The genesis of a local network, in its folder.
const GENESIS: &str = "genesis.toml";

/// What a local network is to be.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Where it lives.
    pub(crate) folder: PathBuf,
    /// How many validators, where the folder does not hold some already.
    pub(crate) nodes: Option<u16>,
    /// The protocol, where the folder does not hold a network already.
    pub(crate) protocol: Option<String>,
    /// What the chain is for, where the folder does not hold a network already.
    pub(crate) purpose: Option<app::Purpose>,
    /// Whether every validator checks every client's signature.
    pub(crate) client_signatures: bool,
    /// The first peer-to-peer port; 0 for free ones.
    pub(crate) p2p_port: u16,
    /// The first API port; 0 for free ones.
    pub(crate) api_port: u16,
    /// Who misbehaves, and how.
    pub(crate) byzantine: Vec<(usize, String)>,
    /// Whether every validator writes a trace.
    pub(crate) trace: bool,
}

impl Setup {
    /// Four honest validators on free ports.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            nodes: None,
            protocol: None,
            purpose: None,
            client_signatures: true,
            p2p_port: 0,
            api_port: 0,
            byzantine: Vec::new(),
            trace: false,
        }
    }
}

/// A local network that can be started.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) genesis: Genesis,
    pub(crate) genesis_file: PathBuf,
    pub(crate) specs: Vec<NodeSpec>,
}

/// A folder for a network: kept where the user names one, removed at the end where not.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// Takes or makes a folder.
    pub(crate) fn new(keep: Option<PathBuf>) -> Result<Self> {
        let is_kept = keep.is_some();
        let path = keep.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("unisono-{}", std::process::id()))
        });
        if path.join(GENESIS).exists() {
            return Err(Failure::usage(format!("a network lives in {} already", path.display()))
                .next("name another folder, or remove that one"));
        }
        std::fs::create_dir_all(&path).explain(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path, is_kept })
    }
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// This very program, for validators and for checks in a process of their own.
pub(crate) fn program() -> Result<PathBuf> {
    std::env::current_exe().explain(|| "this program cannot find itself".into())
}

/// Reads `n3=equivocate`.
pub(crate) fn roles(texts: &[String]) -> Result<Vec<(usize, String)>> {
    let wrong = |text: &str| {
        Failure::usage(format!("`{text}` is no misbehaviour"))
            .next("write NODE=ROLE, as in n3=equivocate")
    };
    let roles = texts.iter().map(|text| {
        let (node, role) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let index = node
            .strip_prefix('n')
            .and_then(|index| index.parse().ok())
            .ok_or_else(|| wrong(text))?;
        Ok((index, role.to_owned()))
    });
    roles.collect()
}

/// Ends with the first sign to stop: Ctrl-C or SIGTERM.
pub(crate) async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Lays out a network, or takes the one that the folder holds.
pub(crate) fn prepare(setup: &Setup) -> Result<Local> {
    let genesis_file = setup.folder.join(GENESIS);
    let plans = if genesis_file.exists() { existing(setup)? } else { lay_out(setup)? };
    let genesis = node::read_genesis(&genesis_file)?;
    let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    if let Some((index, role)) = setup.byzantine.iter().find(|(index, _)| *index >= plans.len()) {
        return Err(Failure::usage(format!("n{index} cannot {role}"))
            .why(format!("there are {}", names.join(", "))));
    }
    let specs = plans.iter().enumerate().map(|(index, plan)| spec(setup, index, plan));
    let specs = specs.collect::<Result<Vec<NodeSpec>>>()?;
    Ok(Local { program: program()?, folder: setup.folder.clone(), genesis, genesis_file, specs })
}

fn lay_out(setup: &Setup) -> Result<Vec<NodePlan>> {
    let nodes = setup.nodes.unwrap_or(NODES_USUAL);
    let usual = NetworkPlan::default();
    let plan = NetworkPlan {
        network: match setup.purpose {
            Some(purpose) => format!("{}-dev", purpose.label()),
            None => usual.network.clone(),
        },
        apps: setup.purpose.map(app::Purpose::apps).unwrap_or_default(),
        nodes,
        protocol: setup.protocol.clone().unwrap_or(usual.protocol.clone()),
        client_signatures: setup.client_signatures,
        p2p_port: setup.p2p_port,
        api_port: setup.api_port,
        ..usual
    };
    // Found out before keys are made, so that nothing is left behind.
    for first in [setup.p2p_port, setup.api_port].into_iter().filter(|&first| first > 0) {
        server::free_ports(first, nodes).map_err(port_taken)?;
    }
    Ok(node::init_network(&setup.folder, &plan)?)
}

fn port_taken(error: std::io::Error) -> Failure {
    Failure::new(Exit::Failed, "PORT_TAKEN", "cannot use the validators' ports")
        .why(error)
        .next("choose others with --p2p-port and --api-port, or free ones with 0")
}

/// The validators of a network that was laid out before, with the ports that their configurations name.
fn existing(setup: &Setup) -> Result<Vec<NodePlan>> {
    let genesis = node::read_genesis(&setup.folder.join(GENESIS))?;
    let count = genesis.validators.len();
    if setup.nodes.is_some_and(|wanted| usize::from(wanted) != count) {
        return Err(Failure::usage(format!(
            "the network in {} has {count} validators",
            setup.folder.display()
        ))
        .why("its genesis names them, and receipts are checked against that")
        .next("leave out --nodes, or name another folder with --dir"));
    }
    if setup.protocol.as_ref().is_some_and(|wanted| *wanted != genesis.protocol) {
        return Err(Failure::usage(format!(
            "the network in {} runs {}",
            setup.folder.display(),
            genesis.protocol
        ))
        .why("its genesis names the protocol, and receipts are checked against that")
        .next("leave out --protocol, or name another folder with --dir"));
    }
    if setup.purpose.is_some_and(|wanted| wanted.apps() != genesis.apps) {
        let folder = setup.folder.display();
        return Err(Failure::usage(format!("the network in {folder} is for something else"))
            .why("its genesis names the applications, and receipts are checked against that")
            .next("leave out --purpose, or name another folder with --dir"));
    }
    let plans = genesis.validators.iter().map(|validator| {
        let data_dir = setup.folder.join(&validator.name);
        let config = data_dir.join("node.toml");
        let layers = Layers { file: Some(config.clone()), ..Layers::default() };
        let settings = layers.settings()?;
        let identity = NodeIdentity::load(&data_dir, keys::Source::Usual)?;
        Ok(NodePlan {
            name: validator.name.clone(),
            config,
            data_dir,
            p2p_port: settings.network.listen_port,
            api_port: settings.api.port,
            peer_id: identity.peer_id,
        })
    });
    let plans = plans.collect::<Result<Vec<NodePlan>>>()?;
    for port in plans.iter().flat_map(|plan| [plan.p2p_port, plan.api_port]) {
        server::free_ports(port, 1).map_err(port_taken)?;
    }
    Ok(plans)
}

fn spec(setup: &Setup, index: usize, plan: &NodePlan) -> Result<NodeSpec> {
    let name = NodeName::new(&plan.name).map_err(|error| Failure::failed(error.to_string()))?;
    let mut args = ["node", "run", "--stop-with-stdin", "--config"].map(str::to_owned).to_vec();
    args.push(plan.config.display().to_string());
    for (_, role) in setup.byzantine.iter().filter(|(who, _)| *who == index) {
        args.extend(["--byzantine".to_owned(), role.clone()]);
    }
    if setup.trace {
        args.extend(["--set", "node.trace=true"].map(str::to_owned));
    }
    Ok(NodeSpec {
        name,
        args,
        p2p_port: plan.p2p_port,
        api_port: plan.api_port,
        peer_id: plan.peer_id.clone(),
        is_bootstrap: index == 0,
        config: plan.config.clone(),
    })
}
