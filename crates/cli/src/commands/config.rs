//! `unisono config`: what a node would run with, and where each value comes from.

use std::path::{Path, PathBuf};

use node::config::{KEYS, Layers, Resolved};
use serde_json::{Value, json};

use crate::args::ConfigCommand;
use crate::failure::Result;
use crate::output::{Report, Table};

/// Does one of the commands.
pub(crate) fn run(command: ConfigCommand) -> Result<Report> {
    match command {
        ConfigCommand::Show { config, origin } => show(config, origin),
        ConfigCommand::Validate { config } => validate(&config),
    }
}

fn show(config: Option<PathBuf>, origin: bool) -> Result<Report> {
    let resolved = Layers::of_process(config, Vec::new()).resolve()?;
    let values: Vec<Value> = resolved.iter().map(|one| value_of(one, origin)).collect();
    let text = if origin {
        let mut table = Table::new(["KEY", "VALUE", "FROM", "MEANS"]);
        for one in &resolved {
            table.row([
                one.key.to_owned(),
                one.shown(),
                one.origin.to_string(),
                help(one.key).to_owned(),
            ]);
        }
        table.render()
    } else {
        let mut table = Table::new(["KEY", "VALUE"]);
        resolved.iter().for_each(|one| table.row([one.key.to_owned(), one.shown()]));
        table.render()
    };
    Ok(Report::new(Value::Array(values), text))
}

fn value_of(one: &Resolved, origin: bool) -> Value {
    let mut value = json!({ "key": one.key, "value": one.shown() });
    if origin {
        value["origin"] = json!(one.origin.to_string());
        value["means"] = json!(help(one.key));
    }
    value
}

fn help(name: &str) -> &'static str {
    KEYS.iter().find(|key| key.name == name).map_or("", |key| key.help)
}

fn validate(config: &Path) -> Result<Report> {
    let settings = Layers::of_process(Some(config.to_path_buf()), Vec::new()).settings()?;
    let mut text = format!("{} is valid", config.display());
    settings.warnings.iter().for_each(|warning| text.push_str(&format!("\nwarning: {warning}")));
    Ok(Report::new(json!({ "valid": true, "file": config, "warnings": settings.warnings }), text))
}
