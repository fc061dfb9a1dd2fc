//! Which validator a node is, and whether its configuration fits the genesis.

use ledger::Genesis;
use types::NodeId;

use crate::config::Settings;
use crate::failure::Failure;
use crate::node_keys::NodeKeys;

/// The validator whose keys these are; `None` for an observer.
pub(crate) fn who_am_i(
    settings: &Settings,
    genesis: &Genesis,
    keys: &NodeKeys,
) -> Result<Option<NodeId>, Failure> {
    let id = settings.node.id.as_str();
    let (signing, network) = (keys.signing.public(), keys.network.public());
    let by_key = genesis.validators.iter().position(|validator| validator.key == signing);
    let by_name = genesis.validators.iter().position(|validator| validator.name == id);
    let wrong = |why: String| {
        Failure::usage(
            format!(
                "node.id `{id}` and the keys in {} do not go together",
                settings.node.data_dir.display()
            ),
            why,
            "give the validator its own keys, or correct node.id or the genesis",
        )
    };
    let Some(index) = by_key else {
        return match by_name {
            Some(_) => Err(wrong(format!("the genesis has another key for `{id}`"))),
            None => Ok(None),
        };
    };
    let validator = &genesis.validators[index];
    if !id.is_empty() && id != validator.name {
        return Err(wrong(format!("these are the keys of `{}`", validator.name)));
    }
    if validator.network_key != network {
        return Err(wrong("network.key is not the one in the genesis".to_owned()));
    }
    Ok(u16::try_from(index).ok().map(NodeId::new))
}

/// Refuses what contradicts the genesis, and a node that would find nobody.
pub(crate) fn check_against_genesis(
    settings: &Settings,
    genesis: &Genesis,
    me: Option<NodeId>,
) -> Result<(), Failure> {
    let count = genesis.validators.len();
    let correct = "correct it, or leave it out: the genesis decides";
    if let Some(total) = settings.consensus.total_nodes.filter(|&total| total != count) {
        let why = format!("the genesis has {count}");
        return Err(Failure::usage(format!("consensus.total_nodes is {total}"), why, correct));
    }
    let leads = me == Some(NodeId::new(0));
    if let Some(claims) = settings.consensus.is_primary.filter(|&claims| claims != leads) {
        let leader = genesis.validators.first().map_or("", |validator| validator.name.as_str());
        let why = format!("view 0 is led by the first validator of the genesis, `{leader}`");
        return Err(Failure::usage(format!("consensus.is_primary is {claims}"), why, correct));
    }
    let network = &settings.network;
    let is_alone = count == 1 && me.is_some();
    if network.bootstrap_peers.is_empty() && !network.bootstrap_mode && !is_alone {
        return Err(Failure::usage(
            "this node knows nobody",
            "network.bootstrap_peers is empty, and network.bootstrap_mode is false",
            "name at least one peer, or set network.bootstrap_mode to true where the others dial this node",
        ));
    }
    Ok(())
}
