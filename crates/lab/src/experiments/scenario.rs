//! A question as a TOML file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::error::{Error, unknown};
use super::{METRICS, model};

/// Most values of one axis.
const VALUES_MAX: usize = 10_000;
/// Most runs of the same parameters.
const REPEATS_MAX: u32 = 100_000;

const KEYS: &[&str] = &[
    "name", "question", "seed", "repeats", "base", "grid", "zip", "exclude", "presets", "figures",
];

/// An experiment: what is asked, which parameters are fixed and which vary, how often, and what is drawn of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, which is also that of its folder.
    pub name: String,
    /// What it is to answer.
    pub question: String,
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many runs of each combination, each with a seed of its own.
    pub repeats: u32,
    /// Parameters that are the same everywhere.
    pub base: BTreeMap<String, String>,
    /// Parameters that vary, every value with every other.
    pub grid: BTreeMap<String, Vec<String>>,
    /// Parameters that vary together: the first value of each, then the second.
    pub zip: Vec<BTreeMap<String, Vec<String>>>,
    /// Combinations that are left out: those that have one of the values for each of the parameters.
    pub exclude: Vec<BTreeMap<String, Vec<String>>>,
    /// What is drawn.
    pub figures: Vec<FigureSpec>,
}

/// One figure of a scenario.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// Its name, which is also that of its files.
    pub name: String,
    /// `series`, `cdf`, `box`, `violin` or `heat`.
    pub kind: String,
    /// What it shows.
    pub title: String,
    /// The parameter along the horizontal axis, for series and heat maps.
    #[serde(default)]
    pub x: String,
    /// The metric; for heat maps the parameter along the vertical axis.
    #[serde(default)]
    pub y: String,
    /// The metric of a heat map.
    #[serde(default)]
    pub value: String,
    /// The parameter that tells lines or groups apart.
    #[serde(default)]
    pub by: String,
    /// Only cells with these parameters.
    #[serde(default, rename = "where")]
    pub only: BTreeMap<String, String>,
    /// Whether the horizontal axis is logarithmic.
    #[serde(default)]
    pub log_x: bool,
    /// Whether the vertical axis is logarithmic.
    #[serde(default)]
    pub log_y: bool,
}

/// Parameters that change nothing in a run: a name for a combination of others; how many requests pass before measuring
/// begins, while leaders are elected; and how many at the end are not measured, when nobody asks for more and the last
/// ones wait for timers.
pub(crate) const OWN: [&str; 3] = ["case", WARMUP, COOLDOWN];
pub(crate) const WARMUP: &str = "warmup";
pub(crate) const COOLDOWN: &str = "cooldown";

pub(crate) const FIGURE_KINDS: &[&str] = &["series", "cdf", "box", "violin", "heat"];

/// The parameters that a cell may have: the simulator's flags but for the seed, those of the parametric model, and its
/// own.
pub(crate) fn parameters() -> Vec<&'static str> {
    let flags = sim::FLAGS.iter().map(|flag| flag.name).filter(|name| *name != "seed");
    flags.chain(model::PARAMETERS.iter().copied()).chain(OWN).collect()
}

impl Scenario {
    /// Reads a scenario, takes a preset where one is named, and then `KEY=VALUE` settings in their order.
    ///
    /// # Errors
    /// Where the text is no TOML, a key or a name is unknown, or a value is none.
    pub fn read(text: &str, preset: Option<&str>, set: &[String]) -> Result<Self, Error> {
        let mut table: Table = toml::from_str(text).map_err(|error| {
            Error::usage("this is no scenario")
                .why(error.to_string().trim_end())
                .next("`unisono lab new NAME` writes one to begin with")
        })?;
        let presets = table.remove("presets");
        let mut this = Self::from_table(&table)?;
        if let Some(name) = preset {
            this.take_preset(presets.as_ref(), name)?;
        }
        for setting in set {
            let (key, value) = setting.split_once('=').ok_or_else(|| {
                Error::usage(format!("`{setting}` sets nothing"))
                    .next("write KEY=VALUE or KEY=[VALUE,VALUE]")
            })?;
            this.set(key.trim(), &read_value(value.trim()))?;
        }
        this.check()?;
        Ok(this)
    }

    fn from_table(table: &Table) -> Result<Self, Error> {
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(unknown("key of a scenario", key, KEYS));
        }
        let text = |key: &str| match table.get(key) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(wrong(key, "a text", other)),
            None => Ok(String::new()),
        };
        let mut this = Self {
            name: text("name")?,
            question: text("question")?,
            seed: 42,
            repeats: 1,
            base: BTreeMap::new(),
            grid: BTreeMap::new(),
            zip: Vec::new(),
            exclude: Vec::new(),
            figures: Vec::new(),
        };
        for key in ["seed", "repeats"] {
            if let Some(value) = table.get(key) {
                this.set(key, value)?;
            }
        }
        for (key, value) in section(table, "base")? {
            check_parameter(&key)?;
            this.base.insert(key.clone(), scalar(&key, &value)?);
        }
        for (key, value) in section(table, "grid")? {
            check_parameter(&key)?;
            this.grid.insert(key.clone(), list(&key, &value)?);
        }
        this.zip = lists(table, "zip")?;
        this.exclude = lists(table, "exclude")?;
        if let Some(figures) = table.get("figures") {
            this.figures = figures.clone().try_into().map_err(|error: toml::de::Error| {
                Error::usage("a figure of this scenario cannot be read").why(error.message())
            })?;
        }
        Ok(this)
    }

    fn take_preset(&mut self, presets: Option<&Value>, name: &str) -> Result<(), Error> {
        let presets = presets.and_then(Value::as_table).cloned().unwrap_or_default();
        let known: Vec<&str> = presets.keys().map(String::as_str).collect();
        let preset = presets
            .get(name)
            .and_then(Value::as_table)
            .ok_or_else(|| unknown("preset", name, &known))?;
        preset.iter().try_for_each(|(key, value)| self.set(key, value))
    }

    /// Sets the seed, the repeats or a parameter; a list of values makes the parameter an axis.
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Error> {
        match key {
            "seed" => {
                self.seed = integer(value).ok_or_else(|| wrong(key, "a whole number", value))?;
            }
            "repeats" => {
                let repeats = integer(value).and_then(|count| u32::try_from(count).ok());
                let repeats = repeats.filter(|count| (1..=REPEATS_MAX).contains(count));
                let range = format!("a number from 1 to {REPEATS_MAX}");
                self.repeats = repeats.ok_or_else(|| wrong(key, &range, value))?;
            }
            _ => {
                check_parameter(key)?;
                self.base.remove(key);
                self.grid.remove(key);
                self.zip.iter_mut().for_each(|axes| drop(axes.remove(key)));
                if matches!(value, Value::Array(_)) {
                    self.grid.insert(key.to_owned(), list(key, value)?);
                } else {
                    self.base.insert(key.to_owned(), scalar(key, value)?);
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return Err(Error::usage(format!("`{}` is no name of a scenario", self.name))
                .why("it names a folder: 1 to 64 letters, digits, `-` and `_`"));
        }
        for axes in &self.zip {
            let mut lengths = axes.values().map(Vec::len);
            if let Some(first) = lengths.next()
                && lengths.any(|length| length != first)
            {
                let each: Vec<String> = axes
                    .iter()
                    .map(|(key, values)| format!("{key} has {}", values.len()))
                    .collect();
                return Err(
                    Error::usage("lists in `zip` are not equally long").why(each.join(", "))
                );
            }
        }
        self.figures.iter().try_for_each(|figure| self.check_figure(figure))
    }

    fn check_figure(&self, figure: &FigureSpec) -> Result<(), Error> {
        let FigureSpec { kind, x, y, value, by, only, .. } = figure;
        if !FIGURE_KINDS.contains(&kind.as_str()) {
            return Err(unknown("kind of figure", kind, FIGURE_KINDS));
        }
        let metrics: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        let metric = |name: &str| match metrics.contains(&name) {
            true => Ok(()),
            false => Err(unknown("metric", name, &metrics)),
        };
        let (axes, metric_name): (&[&String], &String) =
            if kind == "heat" { (&[x, y], value) } else { (&[x, by], y) };
        metric(metric_name)?;
        let axes = axes.iter().filter(|name| !name.is_empty());
        axes.copied().chain(only.keys()).try_for_each(|name| check_parameter(name))
    }
}

fn check_parameter(name: &str) -> Result<(), Error> {
    if name == "seed" {
        return Err(Error::usage("a cell's seed is not yours to set")
            .why("every cell draws its own from the scenario's")
            .next("set `seed` beside `name`, and `repeats` for more of them"));
    }
    let known = parameters();
    if known.contains(&name) { Ok(()) } else { Err(unknown("parameter", name, &known)) }
}

fn wrong(key: &str, what: &str, value: &Value) -> Error {
    Error::usage(format!("`{key}` cannot be `{value}`")).why(format!("it is {what}"))
}

fn integer(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|number| u64::try_from(number).ok())
}

fn section(table: &Table, key: &str) -> Result<Table, Error> {
    match table.get(key) {
        None => Ok(Table::new()),
        Some(Value::Table(section)) => Ok(section.clone()),
        Some(other) => Err(wrong(key, "a table", other)),
    }
}

/// A list of tables of lists; a single value stands for a list of one.
fn lists(table: &Table, key: &str) -> Result<Vec<BTreeMap<String, Vec<String>>>, Error> {
    let Some(value) = table.get(key) else { return Ok(Vec::new()) };
    let tables = value.as_array().ok_or_else(|| wrong(key, "a list of tables", value))?;
    let read = |value: &Value| {
        let table = value.as_table().ok_or_else(|| wrong(key, "a list of tables", value))?;
        let entry = |(name, value): (&String, &Value)| {
            check_parameter(name)?;
            let values =
                if value.is_array() { list(name, value)? } else { vec![scalar(name, value)?] };
            Ok((name.clone(), values))
        };
        table.iter().map(entry).collect()
    };
    tables.iter().map(read).collect()
}

fn list(key: &str, value: &Value) -> Result<Vec<String>, Error> {
    let values = value.as_array().ok_or_else(|| wrong(key, "a list of values", value))?;
    if values.is_empty() || values.len() > VALUES_MAX {
        return Err(wrong(key, &format!("a list of 1 to {VALUES_MAX} values"), value));
    }
    values.iter().map(|value| scalar(key, value)).collect()
}

/// A value as the simulator's flags read it. A fraction is a share, which they count in parts per million.
fn scalar(key: &str, value: &Value) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(flag) => Ok(flag.to_string()),
        Value::Float(share) if (0.0..=1.0).contains(share) => {
            Ok(format!("{}ppm", (share * 1e6).round()))
        }
        Value::Float(_) => Err(wrong(key, "a whole number, or a share from 0.0 to 1.0", value)),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            Err(wrong(key, "a single value", value))
        }
    }
}

/// The right side of a setting: TOML where it is, and otherwise a text, so that `latency=aws` needs no quotes.
fn read_value(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}"));
    if let Some(value) = parsed.ok().and_then(|mut table| table.remove("value")) {
        return value;
    }
    match text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => Value::Array(inner.split(',').map(|part| read_value(part.trim())).collect()),
        None => Value::String(text.to_owned()),
    }
}
