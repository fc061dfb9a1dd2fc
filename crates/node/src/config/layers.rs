//! The layers of a configuration, put on top of each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use config::FileFormat;
use serde_json::Value;

use super::Settings;
use super::table::{KEYS, Key, find, nearest};
use crate::failure::Failure;

const ENVIRONMENT: &str = "UNISONO__";

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Nobody said anything else.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

/// A key's value in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The key.
    pub key: &'static str,
    /// Its items: one for a plain value, any number for a list.
    pub items: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Resolved {
    /// The value for people; secrets are not shown.
    #[must_use]
    pub fn shown(&self) -> String {
        if find(self.key).is_some_and(|key| key.is_secret) && !self.items.is_empty() {
            return format!("({} not shown)", self.items.len());
        }
        self.items.join(", ")
    }
}

/// What a configuration is made from.
#[derive(Clone, Default, Debug)]
pub struct Layers {
    /// The file: TOML, YAML or JSON by its extension.
    pub file: Option<PathBuf>,
    /// Environment variables, as (name, value).
    pub environment: Vec<(String, String)>,
    /// Flags, as (the flag, the key, the value).
    pub flags: Vec<(String, String, String)>,
}

impl Layers {
    /// A file, this process's environment, and flags.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(String, String, String)>) -> Self {
        Self { file, environment: std::env::vars().collect(), flags }
    }

    /// Every key's value in force and its origin, in the order of the table.
    ///
    /// # Errors
    /// Where the file cannot be read, or a key is unknown.
    pub fn resolve(&self) -> Result<Vec<Resolved>, Failure> {
        let mut values: BTreeMap<&'static str, (Vec<String>, Origin)> = BTreeMap::new();
        if let Some(path) = &self.file {
            for (name, items) in read_file(path)? {
                let key = known(&name, &format!("the file {}", path.display()))?;
                values.insert(key.name, (items, Origin::File(path.clone())));
            }
        }
        for (variable, value) in &self.environment {
            let Some(name) = variable.strip_prefix(ENVIRONMENT) else { continue };
            let name = name.to_lowercase().replace("__", ".");
            let key = known(&name, &format!("the environment variable {variable}"))?;
            values.insert(key.name, (split(value), Origin::Environment(variable.clone())));
        }
        for (flag, name, value) in &self.flags {
            let key = known(name, &format!("the flag {flag}"))?;
            values.insert(key.name, (split(value), Origin::Flag(flag.clone())));
        }
        let resolved = KEYS.iter().map(|key| {
            let (items, origin) =
                values.remove(key.name).unwrap_or_else(|| (split(key.default), Origin::Default));
            Resolved { key: key.name, items, origin }
        });
        Ok(resolved.collect())
    }

    /// The configuration in force, read and checked.
    ///
    /// # Errors
    /// As [`Self::resolve`], and where a value means nothing.
    pub fn settings(&self) -> Result<Settings, Failure> {
        super::parse::settings(&self.resolve()?)
    }
}

/// Lists are written with commas outside files.
fn split(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn known(name: &str, place: &str) -> Result<&'static Key, Failure> {
    find(name).ok_or_else(|| {
        Failure::usage(
            format!("unknown key `{name}`"),
            format!("{place} sets it, and no such key exists"),
            format!("did you mean `{}`? `unisono config show` lists all keys", nearest(name)),
        )
    })
}

fn read_file(path: &Path) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let malformed = |why: String| {
        Failure::usage(
            format!("cannot use the configuration {}", path.display()),
            why,
            "correct the file; `unisono config validate FILE` checks it without starting anything",
        )
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
    let format = match extension {
        "toml" => FileFormat::Toml,
        "yaml" | "yml" => FileFormat::Yaml,
        "json" => FileFormat::Json,
        _ => return Err(malformed("its name must end in .toml, .yaml or .json".to_owned())),
    };
    let text = std::fs::read_to_string(path).map_err(|error| malformed(error.to_string()))?;
    let source = config::File::from_str(&text, format);
    let built = config::Config::builder().add_source(source).build();
    let built = built.map_err(|error| malformed(error.to_string()))?;
    let value: Value = built.try_deserialize().map_err(|error| malformed(error.to_string()))?;
    let mut found = Vec::new();
    flatten("", &value, &mut found).map_err(malformed)?;
    Ok(found)
}

fn flatten(
    prefix: &str,
    value: &Value,
    found: &mut Vec<(String, Vec<String>)>,
) -> Result<(), String> {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                let name =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, found)?;
            }
            Ok(())
        }
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(scalar).collect();
            let items = items
                .ok_or_else(|| format!("`{prefix}` is a list of something else than values"))?;
            found.push((prefix.to_owned(), items));
            Ok(())
        }
        Value::Null => Ok(()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.push((
                prefix.to_owned(),
                scalar(value).into_iter().filter(|text| !text.is_empty()).collect(),
            ));
            Ok(())
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}
