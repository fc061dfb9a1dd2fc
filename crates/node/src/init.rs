//! Lays out the folders of nodes and whole networks: keys, genesis, configurations.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crypto::PublicKey;
use keys::{Passphrase, Source};
use ledger::{AppId, Genesis, Validator};

use crate::failure::Failure;
use crate::net::peer_id_of;
use crate::node_keys::{NewToken, NodeKeys};

/// A network to be laid out on one machine.
#[derive(Clone, Debug)]
pub struct NetworkPlan {
    /// Its name; drills need one that is `dev` or ends in `-dev`.
    pub network: String,
    /// The protocol.
    pub protocol: String,
    /// How many validators, `n0` and up.
    pub nodes: u16,
    /// Whether validators check clients' signatures.
    pub client_signatures: bool,
    /// The applications of its chain, ascending; all where there are none.
    pub apps: Vec<AppId>,
    /// The first peer-to-peer port; 0 for free ones.
    pub p2p_port: u16,
    /// The first API port; 0 for free ones.
    pub api_port: u16,
    /// Further settings for every node, as (key, value).
    pub settings: Vec<(String, String)>,
}

impl Default for NetworkPlan {
    fn default() -> Self {
        Self {
            network: "local-dev".to_owned(),
            protocol: "pbft".to_owned(),
            nodes: 4,
            client_signatures: true,
            apps: Vec::new(),
            p2p_port: 0,
            api_port: 0,
            settings: Vec::new(),
        }
    }
}

/// One node of a network that was laid out.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Its name.
    pub name: String,
    /// Its configuration file.
    pub config: PathBuf,
    /// Its data folder.
    pub data_dir: PathBuf,
    /// Its peer-to-peer port.
    pub p2p_port: u16,
    /// Its API port.
    pub api_port: u16,
    /// Its libp2p peer id.
    pub peer_id: String,
}

/// What others must know of a node: a line of the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeIdentity {
    /// The key that signs its votes.
    pub key: PublicKey,
    /// The key of its network identity.
    pub network_key: PublicKey,
    /// The peer id of that key.
    pub peer_id: String,
}

/// Makes the keys of one node in its data folder; encrypted where there is a passphrase, the voting key in a token where
/// one is named.
///
/// # Errors
/// Where it has keys already, or the folder cannot be written, or the token makes no key.
pub fn init_node(
    data_dir: &Path,
    passphrase: Option<&Passphrase>,
    token: Option<NewToken<'_>>,
) -> Result<NodeIdentity, Failure> {
    identity(&NodeKeys::generate(&NodeKeys::folder(data_dir), passphrase, token)?)
}

fn identity(keys: &NodeKeys) -> Result<NodeIdentity, Failure> {
    let (key, network_key) = (keys.signing.public(), keys.network.public());
    Ok(NodeIdentity { key, network_key, peer_id: peer_id_of(network_key)?.to_base58() })
}

impl NodeIdentity {
    /// The identity of a node that has its keys.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn load(data_dir: &Path, passphrase: Source) -> Result<Self, Failure> {
        identity(&NodeKeys::load(&NodeKeys::folder(data_dir), passphrase)?)
    }
}

/// Lays out a network in `folder`: `genesis.toml`, and for each validator a folder with keys and `node.toml`.
///
/// # Errors
/// Where there is one already, or the folder cannot be written.
pub fn init_network(folder: &Path, plan: &NetworkPlan) -> Result<Vec<NodePlan>, Failure> {
    // Relative paths would mean something else to whoever runs the nodes from elsewhere.
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
    let folder = folder.canonicalize().map_err(|error| cannot_write(folder, error))?;
    let names: Vec<String> = (0..plan.nodes).map(|index| format!("n{index}")).collect();
    let identities: Result<Vec<NodeIdentity>, Failure> =
        names.iter().map(|name| init_node(&folder.join(name), None, None)).collect();
    let identities = identities?;
    let validator = |(name, identity): (&String, &NodeIdentity)| Validator {
        name: name.clone(),
        key: identity.key,
        network_key: identity.network_key,
    };
    let genesis = Genesis {
        network: plan.network.clone(),
        protocol: plan.protocol.clone(),
        fault_model: protocols::fault_model(&plan.protocol),
        validators: names.iter().zip(&identities).map(validator).collect(),
        client_signatures: plan.client_signatures,
        apps: plan.apps.clone(),
    };
    genesis.validate().map_err(|error| {
        Failure::usage("cannot lay out the network", error, "choose at least one validator")
    })?;
    let text = crate::genesis::write_genesis(&genesis);
    let text = text.map_err(|why| Failure::new("cannot write the genesis", why, "report this"))?;
    write(&folder.join("genesis.toml"), &text)?;
    let ports = Ports::choose(plan)?;
    let nodes: Vec<NodePlan> = names
        .into_iter()
        .zip(identities)
        .enumerate()
        .map(|(index, (name, identity))| NodePlan {
            config: folder.join(&name).join("node.toml"),
            data_dir: folder.join(&name),
            p2p_port: ports.p2p[index],
            api_port: ports.api[index],
            peer_id: identity.peer_id,
            name,
        })
        .collect();
    for node in &nodes {
        write(&node.config, &node_config(&folder, node, &nodes, plan)?)?;
    }
    Ok(nodes)
}

/// A node's configuration file; the plan's further settings win over what is written for every node.
fn node_config(
    folder: &Path,
    node: &NodePlan,
    all: &[NodePlan],
    plan: &NetworkPlan,
) -> Result<String, Failure> {
    let others = all.iter().filter(|other| other.name != node.name);
    let address =
        |other: &NodePlan| format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", other.p2p_port, other.peer_id);
    let peers: Vec<toml::Value> = others.map(|other| address(other).into()).collect();
    let number = |number: u16| toml::Value::Integer(number.into());
    let path = |path: &Path| toml::Value::String(path.display().to_string());
    let mut sections = toml::Table::new();
    let mut set = |key: &str, value: toml::Value| {
        let Some((section, name)) = key.split_once('.') else { return };
        let section = sections.entry(section).or_insert_with(|| toml::Table::new().into());
        if let Some(table) = section.as_table_mut() {
            table.insert(name.to_owned(), value);
        }
    };
    set("node.id", node.name.clone().into());
    set("node.data_dir", path(&node.data_dir));
    set("node.genesis", path(&folder.join("genesis.toml")));
    set("network.listen_address", "127.0.0.1".into());
    set("network.listen_port", number(node.p2p_port));
    set("network.bootstrap_mode", (all.len() == 1).into());
    set("network.bootstrap_peers", peers.into());
    set("api.address", "127.0.0.1".into());
    set("api.port", number(node.api_port));
    set("consensus.total_nodes", number(plan.nodes));
    for (key, value) in &plan.settings {
        set(key, value.clone().into());
    }
    toml::to_string(&sections).map_err(|error| {
        Failure::new("cannot write a configuration", error, "this is a bug: please report it")
    })
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(
        format!("cannot write {}", path.display()),
        error,
        "choose a folder that this user may write to",
    )
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| cannot_write(path, error))
}

/// The ports of all nodes.
struct Ports {
    p2p: Vec<u16>,
    api: Vec<u16>,
}

impl Ports {
    /// Counts up from the plan's ports, or finds free ones.
    fn choose(plan: &NetworkPlan) -> Result<Self, Failure> {
        // Held until all are chosen, so that none is found twice.
        let mut held = Vec::new();
        let mut choose = |first: u16| -> Result<Vec<u16>, Failure> {
            (0..plan.nodes)
                .map(|index| match first {
                    0 => free_port(&mut held),
                    _ => first.checked_add(index).ok_or_else(|| {
                        Failure::usage(
                            "cannot lay out the network",
                            format!("{} ports from {first} on are too many", plan.nodes),
                            "choose a lower first port",
                        )
                    }),
                })
                .collect()
        };
        Ok(Self { p2p: choose(plan.p2p_port)?, api: choose(plan.api_port)? })
    }
}

/// Where free ports are looked for: below those that the system gives to outgoing connections.
const FREE_PORTS: std::ops::Range<u16> = 10_000..32_000;
/// How many ports are tried before giving up.
const FREE_TRIES: usize = 200;

fn free_port(held: &mut Vec<TcpListener>) -> Result<u16, Failure> {
    let cannot =
        |why: String| Failure::new("cannot find a free port", why, "give the ports yourself");
    for _ in 0..FREE_TRIES {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|error| cannot(error.to_string()))?;
        let port =
            FREE_PORTS.start + u16::from_le_bytes(random) % (FREE_PORTS.end - FREE_PORTS.start);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            held.push(listener);
            return Ok(port);
        }
    }
    Err(cannot(format!("{FREE_TRIES} ports were tried, and all are taken")))
}
