//! Two networks of processes side by side, for different purposes: data crosses from one chain to the other, carried by a
//! relayer over HTTP, and what comes too late is returned.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::process::Command;

use serde_json::Value;

struct Networks(tempfile::TempDir);

impl Networks {
    fn up(purposes: &[(&str, &str)]) -> Self {
        let networks = Self(tempfile::tempdir().unwrap());
        for (purpose, nodes) in purposes {
            let ports = ["--port", "0", "--p2p-port", "0", "--api-port", "0"];
            let up = ["net", "up", "--purpose", purpose, "--nodes", nodes];
            networks.ok(purpose, &[&up[..], &ports[..]].concat());
        }
        networks
    }
    fn run(&self, folder: &str, args: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(["--dir", folder, "-o", "json"]).args(args).current_dir(self.0.path());
        let output = command.env_remove("UNISONO_SERVER").env_remove("UNISONO_DIR").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{args:?}: {said} {}", String::from_utf8_lossy(&output.stdout))
        });
        (output.status.code().unwrap(), value)
    }
    #[track_caller]
    fn ok(&self, folder: &str, args: &[&str]) -> Value {
        let (code, value) = self.run(folder, args);
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    }
    #[track_caller]
    fn refused(&self, folder: &str, args: &[&str], code: &str) {
        let (exit, value) = self.run(folder, args);
        assert!(exit != 0 && value["code"] == code, "{args:?}: {value}");
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for folder in ["registry", "messaging"] {
            self.run(folder, &["net", "down", "--purge"]);
        }
    }
}

#[test]
fn data_crosses_between_two_networks() {
    let networks = Networks::up(&[("registry", "4"), ("messaging", "1")]);
    let apps = networks.ok("messaging", &["ledger", "chains"]);
    let apps = apps["items"][0]["applications"].to_string();
    assert!(apps.contains("queue") && !apps.contains("registry"), "{apps}");
    let send = ["crossing", "send", "messaging", "from the registry"];
    networks.refused("registry", &send, "COUNTERPART_UNKNOWN");
    networks.ok("registry", &["crossing", "connect", "messaging"]);

    networks.ok("registry", &send);
    networks.ok("messaging", &["crossing", "send", "registry", "back"]);
    let relay = ["crossing", "relay", "messaging", "--exit", "--every", "100ms"];
    let done = networks.ok("registry", &relay);
    assert_eq!(done["applied"], 4, "{done}");
    let list = networks.ok("registry", &["crossing", "list", "messaging"]);
    assert_eq!(list["sent"][0]["fate"], "delivered", "{list}");
    assert_eq!(list["arrived"][0]["data"], "back", "{list}");
    let list = networks.ok("messaging", &["crossing", "list", "registry"]);
    assert_eq!(list["arrived"][0]["data"], "from the registry", "{list}");

    // Its deadline is over before anybody carries it.
    networks.ok("registry", &[&send[..], &["--life", "1s"]].concat());
    std::thread::sleep(std::time::Duration::from_secs(1));
    networks.ok("registry", &relay);
    let list = networks.ok("registry", &["crossing", "list", "messaging"]);
    assert_eq!(list["sent"][1]["fate"], "returned", "{list}");
    assert_eq!(networks.ok("messaging", &["crossing", "list", "registry"])["arrivals"], 1);
}
