//! `unisono tour`: the federated ledger by example. A network of four is started in a temporary folder, and this very
//! program is asked one thing after another; what it is asked and what it answers is the tour.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::json;

use crate::failure::{Explain, Failure, Result};
use crate::local::{self, Folder};
use crate::output::{Report, note};

/// A line of the tour.
enum Step {
    /// Shown with its answer.
    Ask(&'static str),
    /// Shown with its answer, and refused: the exit code is not zero.
    Refused(&'static str),
    /// Work that makes so many blocks; said in a comment.
    Blocks(usize),
    /// A comment.
    Say(&'static str),
}

use Step::{Ask, Blocks, Refused, Say};

/// The examples of the federated ledger's guide: its bootstrap, its message routing, and its vote of 20,000 to 5,000.
const STEPS: &[Step] = &[
    Say(
        "A federation is founded: three hubs, and the stake behind them. Each key is made when it is first named.",
    ),
    Ask("registry show --key us.key"),
    Ask("registry show --key eu.key"),
    Ask("registry show --key asia.key"),
    Ask(
        "registry found --hub hub_us_east=us.key:10000 --hub hub_eu_west=eu.key:10000 --hub hub_asia=asia.key:5000",
    ),
    Ask("registry list"),
    Say("Alice's letter goes by two hubs to Bob."),
    Ask("queue open inbox --key bob.key"),
    Ask("queue route us-eu us.key eu.key --key us.key"),
    Ask(
        "queue put inbox \"Hello, fabric!\" --to bob.key --guarantee exactly-once --route us-eu --key alice.key",
    ),
    Ask("queue forward inbox 0 --key us.key"),
    Ask("queue forward inbox 0 --key eu.key"),
    Ask("queue get inbox --key bob.key"),
    Ask("queue ack inbox 0 --key bob.key"),
    Ask("queue list inbox"),
    Say(
        "A hub tells what became of its state; whoever was away asks for what is missing, and it is proved to be all.",
    ),
    Ask("updates tell storage.moved \"shelf 7\" --key us.key"),
    Ask("updates missing --since 3"),
    Say(
        "Two of three keys act together for one account. Then Bob's account goes over to a new key.",
    ),
    Ask("joint open 2/us.key,eu.key,asia.key"),
    Ask("joint propose 2/us.key,eu.key,asia.key rule 2/us.key,eu.key --key us.key"),
    Refused("joint approve 2/us.key,eu.key,asia.key 0 --key bob.key"),
    Ask("joint approve 2/us.key,eu.key,asia.key 0 --key asia.key"),
    Ask("joint show 2/us.key,eu.key,asia.key 0"),
    Ask("keys new bob-next.key"),
    Ask("account hand-over bob-next.key --overlap 3 --key bob.key"),
    Ask("account show bob-next.key"),
    Say("20,000 for and 5,000 against are 80 %; 67 % are needed."),
    Ask("gov propose \"a fee of 50\" --set fee.min=50 --blocks 12 --key us.key"),
    Ask("gov vote 0 approve --key us.key"),
    Ask("gov vote 0 approve --key eu.key"),
    Ask("gov vote 0 reject --key asia.key"),
    Ask("gov tally 0"),
    Refused("gov apply 0"),
    Blocks(10),
    Ask("gov apply 0"),
    Refused("registry bond 1 --fee 49 --key us.key"),
    Say(
        "Whoever has the genesis checks what happened, without any network; that Bob is no hub is proved as well.",
    ),
    Ask("ledger proof message:inbox#0 --file letter.proof"),
    Ask("ledger proof proposal:0 --file vote.proof"),
    Ask("ledger proof hub:bob.key --file no-hub.proof"),
    Ask("ledger proof 3 --file block.proof"),
    Ask(
        "ledger verify --genesis unisono-net/genesis.toml letter.proof vote.proof no-hub.proof block.proof",
    ),
    Ask("ledger fork"),
];

/// Runs the tour.
pub(crate) fn run() -> Result<Report> {
    let program = local::program()?;
    let folder = Folder::new(None)?;
    let tour = Tour { program: &program, folder: folder.path() };
    note("starting four validators in a temporary folder");
    tour.must("net up --port 0 --p2p-port 0 --api-port 0")?;
    let told = tour.walk();
    tour.ask("net down --purge")?;
    let told = told?;
    let steps =
        told.iter().map(|(command, answer)| json!({ "command": command, "answer": answer }));
    let steps: Vec<_> = steps.collect();
    let text = told.iter().map(|(command, answer)| match answer.as_str() {
        "" => format!("{command}\n"),
        answer => format!("{command}\n{answer}\n"),
    });
    let text = text.collect::<Vec<_>>().join("\n");
    Ok(Report::new(json!({ "items": steps }), text))
}

struct Tour<'a> {
    program: &'a Path,
    folder: &'a Path,
}

impl Tour<'_> {
    /// All steps, each as it is shown.
    fn walk(&self) -> Result<Vec<(String, String)>> {
        let mut told = Vec::with_capacity(STEPS.len());
        for step in STEPS {
            told.push(match step {
                Say(text) => (format!("# {text}"), String::new()),
                Ask(line) => (format!("$ unisono {line}"), self.must(line)?),
                Refused(line) => (format!("$ unisono {line}"), self.refused(line)?),
                Blocks(count) => {
                    for number in 0..*count {
                        self.must(&format!("ticket issue work-{number}"))?;
                    }
                    let text = format!("# Blocks come with work: {count} tickets are issued.");
                    (text, String::new())
                }
            });
        }
        Ok(told)
    }

    fn must(&self, line: &str) -> Result<String> {
        let output = self.ask(line)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::failed(format!("`unisono {line}` failed")).why(said))
    }

    fn refused(&self, line: &str) -> Result<String> {
        let output = self.ask(line)?;
        if !output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stderr).trim_end().to_owned());
        }
        Err(Failure::failed(format!("`unisono {line}` was not refused")))
    }

    fn ask(&self, line: &str) -> Result<Output> {
        let mut command = Command::new(self.program);
        command.args(words(line)).current_dir(self.folder);
        command.env_remove("UNISONO_SERVER").env_remove("UNISONO_DIR");
        command.output().explain(|| format!("`unisono {line}` does not start"))
    }
}

/// The words of a line; double quotes hold one together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[cfg(test)]
mod tests;
