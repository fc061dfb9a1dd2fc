use super::*;

#[test]
fn a_genesis_comes_back_from_its_file() {
    let validator = |seed: u8| Validator {
        name: format!("n{seed}"),
        key: crypto::SecretKey::from_seed([seed; 32]).public(),
        network_key: crypto::SecretKey::from_seed([seed + 100; 32]).public(),
    };
    let genesis = Genesis {
        network: "a-dev".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: types::FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    };
    let text = write_genesis(&genesis).unwrap();
    assert_eq!(parse_genesis(&text).unwrap(), genesis);
    assert!(!text.contains("apps"), "all need no naming");
    let apps = app::Purpose::Messaging.apps();
    let sharded = Genesis { apps, ..genesis.clone() };
    let text = write_genesis(&sharded).unwrap();
    assert_eq!(parse_genesis(&text).unwrap(), sharded);
    let unknown = text.replace("\"queue\"", "\"quiz\"");
    assert!(parse_genesis(&unknown).unwrap_err().contains("no application is called `quiz`"));
    assert!(is_dev(&genesis));
    assert!(!is_dev(&Genesis { network: "developers".to_owned(), ..genesis }));
}
