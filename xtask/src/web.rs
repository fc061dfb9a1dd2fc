//! The web app: types from the API, packages, bundle. Nothing is done twice for the same inputs.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::house::{House, files};
use crate::process::{command, first_line, run};
use crate::wasm;

/// The oldest Node that the build tools run on: major and minor.
const NODE_MIN: (u32, u32) = (20, 19);
/// What a program is built for that reads its standard input and writes its standard output, wherever it runs.
const WASI: &str = "wasm32-wasip1";
/// Folders and files of `web/` that are not inputs of the bundle.
const NOT_INPUTS: &[&str] = &["node_modules", "dist", "test-results", "schema.d.ts", "test"];

/// Brings `web/dist` up to date.
pub(crate) fn build(house: &House) -> Result<()> {
    let web = house.web();
    require_node()?;
    write_openapi(&web)?;
    build_verifier(house)?;
    install(&web)?;
    let inputs = digest(&files(&web, NOT_INPUTS)?)?;
    let stamp = stamp(&web, "build");
    if web.join("dist/index.html").is_file() && is_stamped(&stamp, inputs) {
        eprintln!("web/dist is up to date");
        return Ok(());
    }
    npm(&web, "generate")?;
    npm(&web, "build")?;
    write_stamp(&stamp, inputs)
}

/// Runs one of the scripts of `web/package.json`.
pub(crate) fn npm(web: &Path, script: &str) -> Result<()> {
    run(&mut command(web, "npm", &["run", "--silent", script]))
}

/// Says what is missing, why it is needed and what to do, where Node does not do.
pub(crate) fn require_node() -> Result<()> {
    let needs =
        format!("the web app is built by Node {}.{} or later and npm", NODE_MIN.0, NODE_MIN.1);
    let next = "install it from https://nodejs.org or your system's packages, then run this again";
    let Some(version) = first_line("node", &["--version"]) else {
        bail!("node is not installed\n  why: {needs}\n  next: {next}");
    };
    if node_version(&version).is_none_or(|version| version < NODE_MIN) {
        bail!("node is {version}\n  why: {needs}\n  next: {next}");
    }
    if first_line("npm", &["--version"]).is_none() {
        bail!("npm is not installed\n  why: {needs}\n  next: {next}");
    }
    Ok(())
}

fn node_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// The TypeScript types are made from this file; it is written only where it changed.
fn write_openapi(web: &Path) -> Result<()> {
    replace(&web.join("openapi.json"), api::openapi_json().as_bytes())
}

/// Builds the verifier that the page runs, as a program for WASI: what reads its input and writes its output needs no
/// exported functions, and so no tool that makes glue for them. Where it cannot be built the page says so itself.
fn build_verifier(house: &House) -> Result<()> {
    let program = house.web().join("src/verifier/verifier.wasm");
    if !wasm::has(WASI) {
        eprintln!(
            "the target {WASI} is not installed and rustup cannot add it: this web app verifies nothing by itself"
        );
        return replace(&program, &[]);
    }
    let args = ["build", "--package", "verifier", "--bin", "verifier", "--profile", "web"];
    let mut cargo = command(&house.root, "cargo", &args);
    run(cargo.args(["--target", WASI]).env("CARGO_TARGET_DIR", &house.target))?;
    let built = house.target.join(WASI).join("web/verifier.wasm");
    let bytes =
        std::fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
    replace(&program, &bytes)
}

/// Writes a file only where it changes.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Installs the packages that the lock file names. The stamp lies in the folder that `npm ci` empties, so a
/// broken installation never looks complete.
fn install(web: &Path) -> Result<()> {
    let lock = digest(&[web.join("package-lock.json")])?;
    let stamp = stamp(web, "lock");
    if is_stamped(&stamp, lock) {
        return Ok(());
    }
    run(&mut command(web, "npm", &["ci", "--no-audit", "--no-fund"]))?;
    write_stamp(&stamp, lock)
}

fn stamp(web: &Path, name: &str) -> PathBuf {
    web.join("node_modules/.unisono").join(name)
}

fn is_stamped(stamp: &Path, digest: u64) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|old| old == digest.to_string())
}

fn write_stamp(stamp: &Path, digest: u64) -> Result<()> {
    if let Some(folder) = stamp.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(stamp, digest.to_string())
        .with_context(|| format!("cannot write {}", stamp.display()))
}

/// Tells one state of the files from another; not for security.
fn digest(paths: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        path.hash(&mut hasher);
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        bytes.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests;
