//! Finding a store by its name.

use std::path::{Path, PathBuf};

use history::{Archive, Source, SqlHistory};
use ledger::{Block, Genesis, History, HistoryError, Lineage, Tip};
use store::ValidatorHistory;
use types::Height;

use super::remote::Remote;
use super::trouble::explain;
use crate::args::{StoreArgs, without_password};
use crate::commands::{forensics::beside, receipt::read_genesis};
use crate::failure::{Failure, Result};

/// What a name names.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Name {
    Sqlite(PathBuf),
    Postgres(String),
    Archive(PathBuf),
    Validator(PathBuf),
    Remote(String),
}

impl Name {
    /// Reads a name; a path without a word before it is told by what is there.
    pub(super) fn of(text: &str) -> Result<Self> {
        let (word, rest) = text.split_once(':').unwrap_or(("", text));
        let path = PathBuf::from(rest);
        Ok(match word {
            "sqlite" => Self::Sqlite(path),
            "archive" => Self::Archive(path),
            "validator" => Self::Validator(path),
            "postgres" | "postgresql" => Self::Postgres(text.to_owned()),
            "http" => Self::Remote(text.to_owned()),
            "" if path.join("manifest").is_file() => Self::Archive(path),
            "" if path.is_dir() => Self::Validator(path),
            "" if path.is_file() => Self::Sqlite(path),
            _ => {
                return Err(Failure::usage(format!("`{}` names no store", without_password(text)))
                    .next(
                        "write `sqlite:FILE`, `postgres://USER@HOST/DATABASE`, `archive:FOLDER`, \
                     `validator:FOLDER` or `http://HOST:PORT`",
                    ));
            }
        })
    }
}

/// Opens a store that is there.
pub(super) fn store(args: &StoreArgs) -> Result<Box<dyn History>> {
    let given = args.genesis.as_deref().map(read_genesis).transpose()?;
    open(&args.store, given.as_ref(), None)
}

/// Opens a store to be filled, and makes it where there is none.
pub(super) fn target(args: &StoreArgs, of_source: &Genesis) -> Result<Box<dyn History>> {
    let given = args.genesis.as_deref().map(read_genesis).transpose()?;
    open(&args.store, given.as_ref(), Some(of_source))
}

/// Opens what blocks are taken from.
pub(super) fn source(text: &str, genesis: Option<&Path>) -> Result<Box<dyn Source>> {
    let given = genesis.map(read_genesis).transpose()?;
    Ok(match Name::of(text)? {
        Name::Remote(url) => Box::new(Remote::find(&url)?),
        Name::Sqlite(_) | Name::Postgres(_) | Name::Archive(_) | Name::Validator(_) => {
            Box::new(Stored(open(text, given.as_ref(), None)?))
        }
    })
}

/// A store that blocks are taken from.
struct Stored(Box<dyn History>);

impl Source for Stored {
    fn genesis(&self) -> &Genesis {
        self.0.genesis()
    }
    fn tip(&self) -> std::result::Result<Tip, HistoryError> {
        self.0.tip()
    }
    fn lineage(&self) -> std::result::Result<Lineage, HistoryError> {
        self.0.lineage()
    }
    fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> std::result::Result<Vec<Block>, HistoryError> {
        self.0.page(from, count_max, bytes_max)
    }
}

/// Opens a store by its name; makes it where there is none and it may be made.
pub(super) fn open(
    text: &str,
    given: Option<&Genesis>,
    to_make: Option<&Genesis>,
) -> Result<Box<dyn History>> {
    let told = |error: HistoryError| explain(error, &without_password(text));
    let made_of = to_make.and(given.or(to_make));
    let store: Box<dyn History> = match Name::of(text)? {
        Name::Sqlite(path) => Box::new(SqlHistory::sqlite(&path, made_of).map_err(told)?),
        Name::Postgres(url) => postgres(&url, made_of)?,
        Name::Archive(path) => Box::new(Archive::open(&path, made_of).map_err(told)?),
        Name::Validator(path) => {
            let genesis = match given {
                Some(genesis) => genesis.clone(),
                None => read_genesis(&beside(&path))?,
            };
            let inner = path.join("db");
            let path = if inner.is_dir() { inner } else { path };
            Box::new(ValidatorHistory::open(&path, &genesis).map_err(told)?)
        }
        Name::Remote(_) => {
            return Err(Failure::usage(format!("{text} is a validator and no store"))
                .next("`unisono ledger import` fills a store from it"));
        }
    };
    match given.map(Genesis::chain_id) {
        Some(wanted) if wanted != store.genesis().chain_id() => {
            let found = store.genesis().chain_id();
            Err(told(HistoryError::WrongChain { found, wanted }))
        }
        Some(_) | None => Ok(store),
    }
}

#[cfg(feature = "postgres")]
fn postgres(url: &str, genesis: Option<&Genesis>) -> Result<Box<dyn History>> {
    let opened = SqlHistory::postgres(url, genesis);
    Ok(Box::new(opened.map_err(|error| explain(error, &without_password(url)))?))
}
#[cfg(not(feature = "postgres"))]
fn postgres(_url: &str, _genesis: Option<&Genesis>) -> Result<Box<dyn History>> {
    Err(Failure::usage("this program cannot speak to PostgreSQL")
        .next("build it with `--features postgres`, or name `sqlite:FILE`"))
}
