//! Networks on this machine: their folders, keys and ports.

use std::path::{Path, PathBuf};

use ledger::Genesis;
use server::NodeSpec;

use crate::failure::{Explain, Failure, Result};

/// What a local network is to be.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Where it lives.
    pub(crate) folder: PathBuf,
    /// How many validators.
    pub(crate) nodes: u16,
    /// Whether every validator checks every client's signature.
    pub(crate) client_signatures: bool,
    /// The first peer-to-peer port; 0 for free ones.
    pub(crate) p2p_port: u16,
    /// The first API port; 0 for free ones.
    pub(crate) api_port: u16,
    /// Who misbehaves, and how.
    pub(crate) byzantine: Vec<(usize, String)>,
}

impl Setup {
    /// Four honest validators on free ports.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            nodes: 4,
            client_signatures: true,
            p2p_port: 0,
            api_port: 0,
            byzantine: Vec::new(),
        }
    }
}

/// A local network that can be started.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) genesis: Genesis,
    pub(crate) genesis_file: PathBuf,
    pub(crate) specs: Vec<NodeSpec>,
}

/// A folder for a network: kept where the user names one, removed at the end where not.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// Takes or makes a folder.
    pub(crate) fn new(keep: Option<PathBuf>) -> Result<Self> {
        let is_kept = keep.is_some();
        let path = keep.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("unisono-{}", std::process::id()))
        });
        if path.join("genesis.toml").exists() {
            return Err(Failure::usage(format!("a network lives in {} already", path.display()))
                .next("name another folder, or remove that one"));
        }
        std::fs::create_dir_all(&path).explain(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path, is_kept })
    }
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// This very program, for validators and for checks in a process of their own.
pub(crate) fn program() -> Result<PathBuf> {
    std::env::current_exe().explain(|| "this program cannot find itself".into())
}

/// Reads `n3=equivocate`.
pub(crate) fn roles(texts: &[String]) -> Result<Vec<(usize, String)>> {
    let wrong = |text: &str| {
        Failure::usage(format!("`{text}` is no misbehaviour"))
            .next("write NODE=ROLE, as in n3=equivocate")
    };
    let roles = texts.iter().map(|text| {
        let (node, role) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let index = node
            .strip_prefix('n')
            .and_then(|index| index.parse().ok())
            .ok_or_else(|| wrong(text))?;
        Ok((index, role.to_owned()))
    });
    roles.collect()
}

/// Ends with the first sign to stop: Ctrl-C or SIGTERM.
pub(crate) async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

pub(crate) fn parse_genesis(_: &str) -> std::result::Result<Genesis, String> {
    unimplemented!()
}
pub(crate) fn prepare(_: &Setup) -> Result<Local> {
    unimplemented!()
}
