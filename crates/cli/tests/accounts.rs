//! Whose keys sign, against a real network of four processes: keys under a passphrase and in a token, several together
//! and one after the other; and what hubs tell.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

struct Network {
    folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Network {
    fn up(env: &[(&'static str, &str)]) -> Self {
        let env = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let network = Self { folder: tempfile::tempdir().unwrap(), env };
        network.ok(&["net", "up", "--port", "0", "--p2p-port", "0", "--api-port", "0"]);
        network
    }
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(args).args(["-o", "json"]).current_dir(self.folder.path());
        for name in ["UNISONO_SERVER", "UNISONO_DIR", "UNISONO_PASSPHRASE"] {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.command(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{args:?}: {said} {}", String::from_utf8_lossy(&output.stdout))
        });
        (output.status.code().unwrap(), value)
    }
    /// A command that succeeds.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> Value {
        let (code, value) = self.json(args);
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    }
    /// A command that fails with this code.
    #[track_caller]
    fn refused(&self, args: &[&str], code: &str) -> Value {
        let (exit, value) = self.json(args);
        assert_eq!(value["code"], code, "{args:?}: {value}");
        assert!(exit != 0 && !value["error"].as_str().unwrap().is_empty());
        value
    }
    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }
    fn until_healthy(&self) {
        let start = Instant::now();
        loop {
            let status = self.json(&["net", "status"]).1;
            if status["network"]["verdict"]["level"] == "healthy" {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{status}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    /// Lets the chain grow behind a height; blocks come with work.
    fn grow_past(&self, height: u64) {
        let now = || self.ok(&["ledger", "chains"])["items"][0]["height"].as_u64().unwrap();
        while now() <= height {
            self.json(&["ticket", "issue", &format!("work-{}", now())]);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.json(&["net", "down", "--purge"]);
    }
}

/// Clients and validators sign with keys that lie encrypted on the disk.
#[test]
fn encrypted_keys_sign_for_clients_and_for_validators() {
    let mut network = Network::up(&[]);
    network.write("pass", "open sesame\n");
    network.write("wrong", "open barley\n");
    network.ok(&["keys", "new", "us.key", "--encrypt", "--passphrase-file", "pass"]);
    // Whose key it is can be said without opening it; signing needs the passphrase.
    network.ok(&["registry", "found", "--hub", "hub=us.key:10", "--purse", "us.key:90"]);
    let bond = ["registry", "bond", "5", "--key", "us.key"];
    let closed = network.refused(&bond, "USAGE");
    assert!(closed["error"].as_str().unwrap().contains("no passphrase was given"), "{closed}");
    let wrong = network.refused(&[&bond[..], &["--passphrase-file", "wrong"]].concat(), "USAGE");
    assert!(wrong["error"].as_str().unwrap().contains("does not open"), "{wrong}");
    network.ok(&[&bond[..], &["--passphrase-file", "pass"]].concat());
    network.env = vec![("UNISONO_PASSPHRASE", "open sesame".to_owned())];
    network.ok(&bond);
    assert_eq!(network.ok(&["registry", "show", "us.key"])["bonded"], 20);

    // All four validators go on from keys under a passphrase; without it none starts.
    network.ok(&["net", "down"]);
    let nodes = ["n0", "n1", "n2", "n3"];
    let keys: Vec<String> = nodes
        .iter()
        .flat_map(|node| {
            ["signing", "network", "gateway"]
                .map(|key| format!("unisono-net/{node}/keys/{key}.key"))
        })
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    network.ok(&[&["keys", "encrypt"], &keys[..]].concat());
    network.env.clear();
    network.refused(&["net", "up", "--port", "0"], "NOT_STARTED");
    network.env = vec![("UNISONO_PASSPHRASE", "open sesame".to_owned())];
    network.ok(&["net", "up", "--port", "0"]);
    network.until_healthy();
    network.ok(&bond);
    assert_eq!(network.ok(&["registry", "show", "us.key"])["bonded"], 25);
}

/// Two of three keys act for one account; its keys change, with an overlap, and a retired one is refused at the door.
#[test]
fn keys_act_together_and_one_after_the_other() {
    let network = Network::up(&[]);
    for name in ["us", "eu", "asia", "bob", "new"] {
        network.ok(&["keys", "new", &format!("{name}.key")]);
    }
    let joint = "2/us.key,eu.key,asia.key";
    let found = ["registry", "found", "--hub", "hub=us.key:10", "--purse"];
    network.ok(&[&found[..], &[&format!("{joint}:100")]].concat());
    network.refused(&["joint", "show", joint], "JOINT_UNKNOWN");
    network.refused(&["joint", "open", "4/us.key,eu.key"], "USAGE");
    network.refused(&["joint", "open", "1/us.key,us.key"], "USAGE");
    let opened = network.ok(&["joint", "open", joint, "--key", "bob.key"]);
    let address = opened["account"].as_str().unwrap();
    network.refused(&["joint", "open", joint], "JOINT_EXISTS");

    let propose = ["joint", "propose", joint, "transfer", "bob.key", "30", "--key"];
    network.refused(&[&propose[..], &["bob.key"]].concat(), "NOT_JOINT_MEMBER");
    let made = network.ok(&[&propose[..], &["us.key"]].concat());
    assert_eq!((&made["proposal"], &made["status"]), (&0.into(), &"OPEN".into()));
    let free = |who: &str| network.ok(&["registry", "show", who])["free"].as_u64().unwrap();
    assert_eq!((free(joint), free("bob.key")), (100, 0));
    network.refused(&["joint", "approve", joint, "0", "--key", "us.key"], "ALREADY_APPROVED");
    network.refused(&["joint", "approve", joint, "7", "--key", "eu.key"], "JOINT_PROPOSAL_UNKNOWN");
    let done = network.ok(&["joint", "approve", address, "0", "--key", "eu.key"]);
    assert_eq!(done["status"], "APPLIED");
    assert_eq!((free(joint), free("bob.key")), (70, 30));
    network
        .refused(&["joint", "approve", joint, "0", "--key", "asia.key"], "JOINT_PROPOSAL_CLOSED");

    // Any operation by its number; what is refused there is approved all the same.
    let call = ["joint", "propose", address, "call", "registry", "2", "--key", "us.key"];
    assert_eq!(network.ok(&call)["status"], "OPEN");
    let withdrawn = network.ok(&["joint", "withdraw", address, "1", "--key", "us.key"]);
    assert_eq!(withdrawn["status"], "WITHDRAWN");
    assert_eq!(network.ok(&call)["proposal"], 2);
    let refused = network.ok(&["joint", "approve", address, "2", "--key", "asia.key"]);
    assert_eq!(refused["status"], "HUB_UNKNOWN");
    let rule = ["joint", "propose", address, "rule", "1/us.key,bob.key", "--key", "us.key"];
    assert_eq!(network.ok(&rule)["status"], "OPEN");
    let open = network.ok(&["joint", "show", address]);
    assert_eq!(open["proposals"][0]["rule"]["threshold"], 1);
    network.ok(&["joint", "approve", address, "3", "--key", "asia.key"]);
    assert_eq!(network.ok(&["joint", "show", address, "3"])["status"], "APPLIED");
    network.refused(
        &["joint", "propose", address, "transfer", "eu.key", "1", "--key", "eu.key"],
        "NOT_JOINT_MEMBER",
    );
    let alone = ["joint", "propose", address, "transfer", "eu.key", "1", "--key", "bob.key"];
    assert_eq!(network.ok(&alone)["status"], "APPLIED");
    assert_eq!(network.ok(&["joint", "list"])["items"][0]["rule"]["members"], {
        network.ok(&["joint", "show", address])["rule"]["members"].clone()
    });

    hand_over(&network);
    let genesis = "unisono-net/genesis.toml";
    for (subject, file) in [
        (format!("joint:{address}"), "joint.proof"),
        (format!("joint:{address}#0"), "proposal.proof"),
    ] {
        assert_eq!(network.ok(&["ledger", "proof", &subject, "--file", file])["present"], true);
        network.ok(&["ledger", "verify", "--genesis", genesis, file]);
    }
}

/// Bob's account goes over to another key.
fn hand_over(network: &Network) {
    network.refused(&["account", "hand-over", "none.key", "--key", "bob.key"], "USAGE");
    let over = ["account", "hand-over", "new.key", "--overlap", "4", "--key", "bob.key"];
    let until = network.ok(&over)["until"].as_u64().unwrap();
    network.refused(&over, "HANDOVER_RUNNING");
    let bob = network.ok(&["account", "show", "bob.key"]);
    let new = network.ok(&["account", "show", "new.key"]);
    assert_eq!((&new["account"], &new["acts"]), (&bob["key"], &true.into()));
    assert_eq!((&bob["until"], &bob["newest"]), (&until.into(), &new["key"]));
    // Both keys act for what is Bob's, until the overlap is over.
    let run = |key: &str| network.json(&["registry", "transfer", "us.key", "1", "--key", key]);
    assert_eq!(run("new.key").0, 0);
    network.grow_past(until);
    let (code, retired) = run("bob.key");
    assert_eq!((code, &retired["code"]), (1, &"KEY_RETIRED".into()), "{retired}");
    assert_eq!(run("new.key").0, 0);
    assert_eq!(network.ok(&["account", "show", "bob.key"])["acts"], false);
}

/// Hubs tell, and whoever was away learns all of it, proved; a changed or shortened answer would not lead to the proof.
#[test]
fn updates_since_a_block_are_all_there() {
    let network = Network::up(&[]);
    network.ok(&["keys", "new", "us.key"]);
    network.ok(&["ticket", "issue", "first"]);
    let missing = |since: u64| network.ok(&["updates", "missing", "--since", &since.to_string()]);
    assert_eq!(missing(0)["items"], Value::Array(Vec::new()));
    network.refused(&["updates", "tell", "storage.moved", "--key", "us.key"], "HUB_UNKNOWN");
    network.ok(&["registry", "found", "--hub", "hub=us.key:10"]);
    for number in 1..=3_u64 {
        let body = format!("shelf {number}");
        let told = network.ok(&["updates", "tell", "storage.moved", &body, "--key", "us.key"]);
        assert_eq!(told["sequence"], number);
    }
    let skipped = ["updates", "tell", "storage.moved", "--sequence", "9", "--key", "us.key"];
    network.refused(&skipped, "UPDATE_OUT_OF_ORDER");
    let all = missing(0);
    assert_eq!((all["items"].as_array().unwrap().len(), &all["count"]), (3, &3.into()));
    let second = all["items"][1]["height"].as_u64().unwrap();
    let rest = missing(second);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "{rest}");
    assert_eq!((&rest["items"][0]["sequence"], &rest["digest"]), (&3.into(), &all["digest"]));
    assert_eq!(missing(1_000_000)["items"], Value::Array(Vec::new()));
}

#[cfg(feature = "hsm")]
mod token {
    use super::*;

    const MODULES: [&str; 2] =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

    /// A validator takes its next key in a token, by agreement, and votes with it; a client signs with another one.
    #[test]
    fn a_validator_and_a_client_sign_with_a_token() {
        let Some(module) = MODULES.into_iter().find(|module| Path::new(module).exists()) else {
            eprintln!("skipped: SoftHSM is not installed; the tests of `keys` install it");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("softhsm2.conf");
        std::fs::create_dir(folder.path().join("tokens")).unwrap();
        let tokens = folder.path().join("tokens");
        std::fs::write(&config, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
        let label = ["--init-token", "--free", "--label", "unisono"];
        let made = Command::new("softhsm2-util")
            .args(label)
            .args(["--so-pin", "1234", "--pin", "5678"])
            .env("SOFTHSM2_CONF", &config)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let env = [("SOFTHSM2_CONF", config.to_str().unwrap()), ("UNISONO_PASSPHRASE", "5678")];
        let network = Network::up(&env);
        let uri = |key: &str| format!("pkcs11:token=unisono;object={key}?module-path={module}");

        let made = network.ok(&["keys", "new", "us.key", "--token", &uri("us")]);
        assert_eq!(made["form"], "token");
        assert_eq!(network.ok(&["keys", "show", "us.key"])["items"][0]["key"], made["key"]);
        network.refused(&["keys", "encrypt", "us.key"], "USAGE");
        network.ok(&["registry", "found", "--hub", "hub=us.key:10", "--purse", "us.key:90"]);
        network.ok(&["registry", "bond", "5", "--key", "us.key"]);

        let next = ["node", "next-key", "--data-dir", "unisono-net/n3", "--token", &uri("n3")];
        let key = network.ok(&next)["key"].as_str().unwrap().to_owned();
        network.ok(&["net", "kill", "n3"]);
        network.ok(&["net", "restart", "n3"]);
        network.until_healthy();
        let agreed = network.ok(&["net", "rotate", "n3", "--key", &key]);
        network.grow_past(agreed["first"].as_u64().unwrap() + 1);
        // Three of four are a quorum only if the token's vote counts.
        network.ok(&["net", "kill", "n0"]);
        network.ok(&["ticket", "issue", "by-token"]);
        let signed = network.ok(&["receipt", "get", "by-token", "--file", "a.receipt"]);
        assert!(signed["signers"].as_array().unwrap().contains(&"n3".into()), "{signed}");
        let genesis = "unisono-net/genesis.toml";
        network.ok(&["receipt", "verify", "--genesis", genesis, "a.receipt"]);
    }
}
