//! The browser test: real Chromium against a real network of four nodes.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::house::House;
use crate::process::{command, first_line, run};
use crate::test::Outcome;
use crate::web;

/// What Chromium is called on various systems.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Runs the test that stands in `web/`, with the binary and the browser named in its environment.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    let Some(browser) = find().map_or_else(install, |found| Ok(Some(found)))? else {
        return Ok(Outcome::Skipped(
            "no Chromium here, and only root on Debian can install it: put `chromium` on the PATH"
                .into(),
        ));
    };
    web::require_node()?;
    let mut npm = command(&house.web(), "npm", &["run", "--silent", "test:browser"]);
    run(npm.env("CHROMIUM", &browser).env("UNISONO", house.binary(false)))?;
    Ok(Outcome::Passed(browser))
}

fn find() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok().filter(|path| Path::new(path).is_file());
    let on_path = || NAMES.iter().find(|name| first_line(name, &["--version"]).is_some());
    let on_mac = || Path::new(MAC).is_file().then(|| MAC.to_owned());
    named.or_else(|| on_path().map(|name| resolve(name))).or_else(on_mac)
}

/// The whole path, because the test starts the browser without a shell.
fn resolve(name: &str) -> String {
    first_line("which", &[name]).unwrap_or_else(|| name.to_owned())
}

/// Installs Debian's Chromium where this is root on Debian.
fn install() -> Result<Option<String>> {
    let debian = Path::new("/etc/debian_version").is_file();
    let root = first_line("id", &["-u"]).is_some_and(|id| id == "0");
    if !debian || !root {
        return Ok(None);
    }
    let mut apt = Command::new("apt-get");
    run(apt.args(["update", "--quiet"]))?;
    let mut apt = Command::new("apt-get");
    let args = ["install", "--yes", "--quiet", "--no-install-recommends", "chromium"];
    run(apt.args(args).env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(find())
}
