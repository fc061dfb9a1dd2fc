use crypto::SecretKey;
use keys::Statement;
use ledger::Validator;
use types::{ChainId, FaultModel};

use super::*;

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}
fn genesis() -> Genesis {
    let validator = |number: u8| Validator {
        name: format!("n{number}"),
        key: key(number).public(),
        network_key: key(number + 100).public(),
    };
    Genesis {
        network: "test-dev".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: (1..=4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}
fn statement(chain: ChainId, purpose: Purpose) -> Statement {
    Statement {
        chain,
        name: "watcher".to_owned(),
        key: key(50).public(),
        purpose,
        from: Height::new(10),
        until: Height::new(20),
    }
}
fn admit(statement: Statement, issuer: u8, roots: &[PublicKey]) -> Result<Certified, String> {
    let genesis = genesis();
    let validators = genesis.validators.iter().map(|validator| validator.key);
    let issuers: Vec<PublicKey> = validators.chain(roots.iter().copied()).collect();
    certified(&statement.sign(&key(issuer)).unwrap().to_text(), &genesis, &issuers)
}

#[test]
fn a_validators_and_a_roots_word_admit_a_key_between_two_blocks() {
    let chain = genesis().chain_id();
    let network = statement(chain, Purpose::Network);
    let admitted = admit(network.clone(), 2, &[]).unwrap();
    assert_eq!(admitted.peer, peer_id_of(key(50).public()).unwrap());
    let at = |height| admitted.holds_at(Height::new(height));
    assert_eq!([9, 10, 19, 20].map(at), [false, true, true, false]);
    assert!(admit(network.clone(), 9, &[key(9).public()]).is_ok());
    assert!(admit(network, 9, &[]).unwrap_err().contains("nobody who is trusted"));
}

#[test]
fn other_purposes_and_chains_admit_nobody() {
    let chain = genesis().chain_id();
    assert!(admit(statement(chain, Purpose::Voting), 2, &[]).unwrap_err().contains("`voting`"));
    let elsewhere = statement(ChainId::default(), Purpose::Network);
    assert!(admit(elsewhere, 2, &[]).unwrap_err().contains("chain"));
}
