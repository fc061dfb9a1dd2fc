use std::io::Write;

use super::*;

fn file(extension: &str, text: &str) -> (tempfile::TempDir, Layers) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("node.{extension}"));
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    (folder, Layers { file: Some(path), ..Layers::default() })
}

/// The file of the older ticket network, as it was.
const SEED: &str = r#"
node:
  id: "validator-1"
  data_dir: "./data/validator-1"
network:
  listen_port: 4001
  bootstrap_mode: false
  bootstrap_peers:
    - "/ip4/127.0.0.1/tcp/4000/p2p/12D3KooWLtBkKrip2jyaRzhUphqYyVXGUPMMbmpBWHZMYXaueb9C"
api:
  address: "0.0.0.0"
  port: 8080
  enable_cors: true
consensus:
  is_primary: false
  total_nodes: 7
  view_timeout: 5s
  checkpoint_interval: 100
gossip:
  fanout: 3
  ttl: 10
  cache_size: 10000
  anti_entropy_interval: 5s
storage:
  type: "boltdb"
  path: "./data/validator-1/db"
  timeout: 10s
metrics:
  enabled: true
  address: "0.0.0.0"
  port: 9090
logging:
  level: "info"
  format: "json"
  output: "stdout"
"#;

#[test]
fn every_key_of_the_older_file_is_honoured() {
    let (_folder, layers) = file("yaml", SEED);
    let settings = layers.settings().unwrap();
    assert_eq!(settings.node.id, "validator-1");
    assert_eq!(settings.node.data_dir, PathBuf::from("./data/validator-1"));
    assert_eq!((settings.network.listen_port, settings.network.bootstrap_mode), (4001, false));
    assert_eq!(settings.network.bootstrap_peers.len(), 1);
    assert_eq!((settings.api.address.as_str(), settings.api.port), ("0.0.0.0", 8080));
    assert!(settings.api.enable_cors);
    let consensus = &settings.consensus;
    assert_eq!((consensus.is_primary, consensus.total_nodes), (Some(false), Some(7)));
    assert_eq!(consensus.view_timeout, Duration::from_secs(5));
    assert_eq!(consensus.checkpoint_interval, 100);
    let gossip = &settings.gossip;
    assert_eq!((gossip.fanout, gossip.ttl, gossip.cache_size), (3, 10, 10_000));
    assert_eq!(gossip.anti_entropy_interval, Duration::from_secs(5));
    assert_eq!(settings.storage.path, PathBuf::from("./data/validator-1/db"));
    assert_eq!(settings.storage.timeout, Duration::from_secs(10));
    let metrics = &settings.metrics;
    assert_eq!((metrics.enabled, metrics.address.as_str(), metrics.port), (true, "0.0.0.0", 9090));
    assert!(settings.logging.is_json && settings.logging.output == LogOutput::Stdout);
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);
}

#[test]
fn later_layers_win_and_say_so() {
    let (_folder, mut layers) = file("toml", "[api]\nport = 1\naddress = \"127.0.0.2\"\n");
    let triple =
        |flag: &str, key: &str, value: &str| (flag.to_owned(), key.to_owned(), value.to_owned());
    layers.environment = vec![
        ("UNISONO__API__PORT".to_owned(), "2".to_owned()),
        ("UNISONO__API__ENABLE_CORS".to_owned(), "true".to_owned()),
        ("HOME".to_owned(), "/".to_owned()),
    ];
    layers.flags = vec![triple("--api-port", "api.port", "3")];
    let resolved = layers.resolve().unwrap();
    let of = |key: &str| resolved.iter().find(|value| value.key == key).unwrap();
    assert_eq!(
        (of("api.port").shown(), of("api.port").origin.clone()),
        ("3".to_owned(), Origin::Flag("--api-port".to_owned()))
    );
    assert!(matches!(of("api.address").origin, Origin::File(_)));
    assert!(matches!(of("api.enable_cors").origin, Origin::Environment(_)));
    assert_eq!(of("gossip.ttl").origin, Origin::Default);
    let settings = layers.settings().unwrap();
    assert_eq!((settings.api.port, settings.api.enable_cors), (3, true));
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    for (extension, text) in [
        ("toml", "[gossip]\nfan_out = 3\n"),
        ("yaml", "gossip:\n  fan_out: 3\n"),
        ("json", r#"{"gossip":{"fan_out":3}}"#),
    ] {
        let (_folder, layers) = file(extension, text);
        let failure = layers.settings().unwrap_err();
        assert!(failure.next.contains("`gossip.fanout`"), "{failure}");
    }
    let environment = vec![("UNISONO__API__PROT".to_owned(), "1".to_owned())];
    let failure = Layers { environment, ..Layers::default() }.resolve().unwrap_err();
    assert!(failure.why.contains("UNISONO__API__PROT") && failure.next.contains("`api.port`"));
}

#[test]
fn duplicate_keys_and_malformed_files_are_refused() {
    for (extension, text) in [
        ("toml", "[api]\nport = 1\nport = 2\n"),
        ("yaml", "api:\n  port: 1\n  port: 2\n"),
        ("toml", "[api\n"),
        ("yaml", "api: [1, {\n"),
        ("json", "{\"api\":"),
        ("ini", "x=1"),
    ] {
        let (_folder, layers) = file(extension, text);
        assert!(layers.settings().is_err(), "{text}");
    }
    let missing = Layers { file: Some(PathBuf::from("/nowhere/node.toml")), ..Layers::default() };
    assert!(missing.settings().unwrap_err().what.contains("/nowhere/node.toml"));
}

#[test]
fn values_that_mean_nothing_are_refused_with_their_origin() {
    for (key, value) in [
        ("network.listen_port", "70000"),
        ("network.listen_port", "-1"),
        ("network.listen_address", "localhost"),
        ("network.bootstrap_mode", "maybe"),
        ("network.bootstrap_peers", "/ip4/127.0.0.1/tcp/1"),
        ("network.observers", "somebody"),
        ("network.memory_max", "lots"),
        ("api.keys", "admin:0123456789abcdef"),
        ("api.keys", "read:short"),
        ("consensus.total_nodes", "0"),
        ("consensus.total_nodes", "many"),
        ("consensus.view_timeout", "5"),
        ("consensus.view_timeout", "1ms"),
        ("consensus.checkpoint_interval", "0"),
        ("consensus.batch_bytes", "2GiB"),
        ("consensus.batch_bytes", "99999999999999999999"),
        ("gossip.fanout", "0"),
        ("storage.type", "paper"),
        ("storage.timeout", "2d"),
        ("metrics.enabled", "1"),
        ("logging.level", "shout=loud=very"),
        ("logging.format", "xml"),
    ] {
        let flags = vec![("--test".to_owned(), key.to_owned(), value.to_owned())];
        let failure = Layers { flags, ..Layers::default() }.settings().unwrap_err();
        assert!(failure.what.contains(key), "{key} {value}: {failure}");
        assert!(failure.why.contains("flag --test"), "{key} {value}: {failure}");
        assert_eq!(failure.exit_code, 2);
    }
}

#[test]
fn the_defaults_are_valid_and_every_key_is_described() {
    let settings = Layers::default().settings().unwrap();
    assert_eq!(settings.storage.path, PathBuf::from("./data/db"));
    assert!(KEYS.iter().all(|key| !key.help.is_empty()));
    let names: std::collections::BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(names.len(), KEYS.len());
}

#[test]
fn secrets_are_not_shown() {
    let flags =
        vec![("--test".to_owned(), "api.keys".to_owned(), "read:0123456789abcdef".to_owned())];
    let resolved = Layers { flags, ..Layers::default() }.resolve().unwrap();
    let keys = resolved.iter().find(|value| value.key == "api.keys").unwrap();
    assert!(!keys.shown().contains("0123"), "{}", keys.shown());
}

#[test]
fn the_example_files_are_valid_and_show_the_defaults() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    for name in ["node.toml", "validator.yaml"] {
        let layers = Layers { file: Some(folder.join(name)), ..Layers::default() };
        layers.settings().unwrap();
        if name == "node.toml" {
            let told = ["node.id", "network.bootstrap_mode"];
            let defaults = Layers::default().resolve().unwrap();
            for (value, default) in layers.resolve().unwrap().iter().zip(&defaults) {
                let is_same = value.items == default.items;
                assert!(is_same || told.contains(&value.key), "{}: {}", value.key, value.shown());
            }
        }
    }
}
