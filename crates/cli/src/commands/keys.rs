//! `unisono keys`: secret keys in files, and statements about whose they are.

use std::path::{Path, PathBuf};

use crypto::PublicKey;
use keys::{Attestation, Form, KeyFile, Purpose, Source, Statement, Trust, Unlock};
use serde_json::{Value, json};
use types::{Digest, Height};

use super::audit::recorded;
use super::receipt::read_genesis;
use crate::args::{AttestArgs, KeysCommand};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table, pairs};

/// Does one of the commands.
pub(crate) fn run(command: KeysCommand) -> Result<Report> {
    match command {
        KeysCommand::New { file, encrypt, token, passphrase } => {
            let source = Source::of(passphrase.passphrase_file);
            match token.token {
                Some(uri) => new_in_token(&file, &uri, source),
                None => new(&file, encrypt, &source),
            }
        }
        KeysCommand::Show { files, passphrase } => show(&files, passphrase.passphrase_file),
        KeysCommand::Encrypt { files, passphrase } => {
            let new = Source::of(passphrase.passphrase_file);
            rewrite("key.encrypt", &files, Source::Usual, Some(&new))
        }
        KeysCommand::Decrypt { files, passphrase } => {
            rewrite("key.decrypt", &files, Source::of(passphrase.passphrase_file), None)
        }
        KeysCommand::ChangePassphrase { files, passphrase, new_passphrase_file } => {
            let old = Source::of(passphrase.passphrase_file);
            let new = new_passphrase_file.map_or(Source::Terminal, Source::File);
            rewrite("key.change_passphrase", &files, old, Some(&new))
        }
        KeysCommand::Attest(args) => attest(args),
        KeysCommand::Verify { genesis, issuer, at, files } => {
            verify(&genesis, &issuer, Height::new(at), &files)
        }
    }
}

fn new(file: &Path, encrypt: bool, passphrase: &Source) -> Result<Report> {
    let passphrase = if encrypt { Some(passphrase.choose(file)?) } else { None };
    let key = keys::generate()?;
    recorded("key.create", file, || Ok(keys::create(file, &key, passphrase.as_ref())?))?;
    let form = if encrypt { Form::Encrypted } else { Form::Plain };
    Ok(made(file, key.public(), form))
}

fn new_in_token(file: &Path, uri: &str, pin: Source) -> Result<Report> {
    let key = recorded("key.create", file, || {
        Ok(keys::create_in_token(file, uri, &mut Unlock::new(pin))?)
    })?;
    Ok(made(file, key.public(), Form::Token))
}

fn made(file: &Path, public: PublicKey, form: Form) -> Report {
    let public = public.to_string();
    let rows = [
        ("key", public.clone()),
        ("file", file.display().to_string()),
        ("form", form.label().to_owned()),
    ];
    let value = json!({ "key": public, "file": file, "form": form.label() });
    Report::new(value, pairs(&rows))
}

/// Opens what can be opened without asking anybody; of an encrypted file, what it says of itself is shown otherwise.
fn show(files: &[PathBuf], passphrase_file: Option<PathBuf>) -> Result<Report> {
    let can_open =
        passphrase_file.is_some() || std::env::var_os(keys::PASSPHRASE_VARIABLE).is_some();
    let mut unlock = Unlock::new(Source::of(passphrase_file));
    let mut rows = Vec::with_capacity(files.len());
    for file in files {
        let (claimed, form) = keys::peek(file)?;
        let is_closed = matches!(form, Form::Encrypted | Form::Token);
        rows.push(if is_closed && !can_open {
            (file, claimed, form, false)
        } else {
            (file, Some(keys::open(file, &mut unlock)?.public()), form, true)
        });
    }
    let mut table = Table::new(["FILE", "KEY", "FORM", "OPENED"]);
    let mut items: Vec<Value> = Vec::with_capacity(rows.len());
    for (file, key, form, opened) in rows {
        let key = key.map(|key| key.to_string());
        items.push(json!({ "file": file, "key": key, "form": form.label(), "opened": opened }));
        let shown = key.unwrap_or_else(|| "not named".to_owned());
        let opened = if opened { "yes" } else { "no" };
        table.row([file.display().to_string(), shown, form.label().to_owned(), opened.to_owned()]);
    }
    Ok(Report::new(json!({ "items": items }), table.render()))
}

/// Writes keys anew: all are read before the first is written, so that a wrong passphrase changes nothing.
fn rewrite(
    act: &'static str,
    files: &[PathBuf],
    old: Source,
    new: Option<&Source>,
) -> Result<Report> {
    for file in files {
        if act == "key.encrypt" && keys::peek(file)?.1 == Form::Encrypted {
            return Err(Failure::usage(format!("{} is encrypted already", file.display()))
                .next("`unisono keys change-passphrase` encrypts it under another passphrase"));
        }
    }
    let mut unlock = Unlock::new(old);
    let read = files.iter().map(|file| Ok((file, keys::read(file, &mut unlock)?)));
    let read = read.collect::<Result<Vec<(&PathBuf, KeyFile)>>>()?;
    let first = files.first().map_or(Path::new(""), PathBuf::as_path);
    let passphrase = new.map(|new| new.choose(first)).transpose()?;
    for (file, KeyFile { key, .. }) in &read {
        recorded(act, file, || Ok(keys::replace(file, key, passphrase.as_ref())?))?;
    }
    let form = if passphrase.is_some() { Form::Encrypted } else { Form::Plain };
    let item = |(file, it): &(&PathBuf, KeyFile)| json!({ "file": file, "key": it.key.public().to_string(), "form": form.label() });
    let items: Vec<Value> = read.iter().map(item).collect();
    let text = read.iter().map(|(file, _)| format!("{}  {}", file.display(), form.label()));
    Ok(Report::new(json!({ "items": items }), text.collect::<Vec<_>>().join("\n")))
}

fn attest(args: AttestArgs) -> Result<Report> {
    let genesis = read_genesis(&args.genesis)?;
    let key = key_of(&args.key)?;
    let purpose = Purpose::from_label(&args.purpose)
        .ok_or_else(|| Failure::usage(format!("`{}` is no purpose", args.purpose)))?;
    let mut unlock = Unlock::new(Source::of(args.passphrase.passphrase_file));
    let issuer = keys::open(&args.issuer, &mut unlock)?.into_signer(crate::signer::lost);
    let statement = Statement {
        chain: genesis.chain_id(),
        name: args.name,
        key,
        purpose,
        from: Height::new(args.from),
        until: Height::new(args.until),
    };
    let cannot = || format!("cannot attest {key}");
    let attestation = recorded("key.attest", &args.issuer, || {
        let attestation = statement.clone().sign(&*issuer).explain(cannot)?;
        let written = std::fs::write(&args.file, attestation.to_text());
        written.explain(|| format!("cannot write {}", args.file.display()))?;
        Ok(attestation)
    })?;
    let rows = [
        ("key", key.to_string()),
        ("of", statement.name.clone()),
        ("for", purpose.to_string()),
        ("blocks", format!("{} until {}", statement.from, statement.until)),
        ("issuer", attestation.issuer.to_string()),
        ("file", args.file.display().to_string()),
    ];
    Ok(Report::new(shown(&attestation, &args.file), pairs(&rows)))
}

/// A public key by its digits, or that of a key file.
fn key_of(text: &str) -> Result<PublicKey> {
    let Some(bytes) = Digest::from_hex(text) else {
        let file = Path::new(text);
        let (public, _) = keys::peek(file)?;
        return match public {
            Some(public) => Ok(public),
            None => Ok(keys::open(file, &mut Unlock::new(Source::Usual))?.public()),
        };
    };
    PublicKey::new(*bytes.as_bytes()).explain(|| format!("{text} is no Ed25519 key"))
}

fn shown(attestation: &Attestation, file: &Path) -> Value {
    let Statement { chain, name, key, purpose, from, until } = &attestation.statement;
    json!({
        "file": file, "chain": chain.0.to_string(), "name": name, "key": key.to_string(),
        "purpose": purpose.label(), "from": from.get(), "until": until.get(),
        "issuer": attestation.issuer.to_string(),
    })
}

fn verify(genesis: &Path, issuers: &[String], at: Height, files: &[PathBuf]) -> Result<Report> {
    let genesis = read_genesis(genesis)?;
    let mut believed: Vec<PublicKey> =
        genesis.validators.iter().map(|validator| validator.key).collect();
    for issuer in issuers {
        believed.push(key_of(issuer)?);
    }
    let trust = Trust { chain: genesis.chain_id(), issuers: &believed, at };
    let mut table = Table::new(["FILE", "VERDICT", "KEY", "OF", "FOR"]);
    let mut results: Vec<Value> = Vec::with_capacity(files.len());
    let mut failed = 0;
    for file in files {
        let name = file.display().to_string();
        match check(file, trust) {
            Ok(attestation) => {
                let Statement { key, name: of, purpose, .. } = &attestation.statement;
                table.row([name, "holds".into(), key.to_string(), of.clone(), purpose.to_string()]);
                let mut value = shown(&attestation, file);
                value["valid"] = json!(true);
                results.push(value);
            }
            Err(why) => {
                failed += 1;
                let verdict = format!("DOES NOT HOLD: {why}");
                table.row([name, verdict, String::new(), String::new(), String::new()]);
                results.push(json!({ "file": file, "valid": false, "why": why }));
            }
        }
    }
    let value = json!({ "at": at.get(), "failed": failed, "attestations": results });
    Ok(Report::new(value, table.render()).exit(if failed == 0 { Exit::Ok } else { Exit::Violated }))
}

fn check(file: &Path, trust: Trust<'_>) -> std::result::Result<Attestation, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let attestation = Attestation::from_text(&text).map_err(|error| error.to_string())?;
    attestation.verify(trust).map_err(|error| error.to_string())?;
    Ok(attestation)
}

/// What was wrong with a key file or a passphrase.
impl From<keys::KeyError> for Failure {
    fn from(error: keys::KeyError) -> Self {
        let (what, next) = (error.to_string(), error.next());
        let failure = if error.is_usage() { Self::usage(what) } else { Self::failed(what) };
        failure.next(next)
    }
}

#[cfg(test)]
mod tests;
