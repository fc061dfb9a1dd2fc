use std::os::unix::fs::OpenOptionsExt;

use node::{NetworkPlan, init_network};

use super::*;
use crate::args::{PassphraseArgs, TokenArgs};

fn secret(path: &Path, text: &str) {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
fn by(file: &Path) -> PassphraseArgs {
    PassphraseArgs { passphrase_file: Some(file.to_owned()) }
}
fn form(file: &Path) -> Form {
    keys::peek(file).unwrap().1
}

#[test]
fn a_key_is_made_encrypted_opened_and_given_another_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (key, one, two) = (at("key.pem"), at("one"), at("two"));
    secret(&one, "first\n");
    secret(&two, "second\n");
    let made = run(KeysCommand::New {
        file: key.clone(),
        encrypt: true,
        token: TokenArgs::default(),
        passphrase: by(&one),
    });
    let public = made.unwrap().value()["key"].clone();
    assert_eq!(form(&key), Form::Encrypted);
    let changed = run(KeysCommand::ChangePassphrase {
        files: vec![key.clone()],
        passphrase: by(&one),
        new_passphrase_file: Some(two.clone()),
    });
    changed.unwrap();
    let show = |passphrase| run(KeysCommand::Show { files: vec![key.clone()], passphrase });
    assert_eq!(show(by(&one)).unwrap_err().exit, Exit::Usage, "the old one opens it no more");
    assert_eq!(show(by(&two)).unwrap().value()["items"][0]["key"], public);
    let closed = show(PassphraseArgs { passphrase_file: None }).unwrap();
    let item = &closed.value()["items"][0];
    assert_eq!((&item["key"], &item["opened"]), (&public, &json!(false)));
    let decrypted = run(KeysCommand::Decrypt { files: vec![key.clone()], passphrase: by(&two) });
    assert_eq!(decrypted.unwrap().value()["items"][0]["key"], public);
    assert_eq!(form(&key), Form::Plain);
    run(KeysCommand::Encrypt { files: vec![key.clone()], passphrase: by(&one) }).unwrap();
    let again = run(KeysCommand::Encrypt { files: vec![key.clone()], passphrase: by(&one) });
    assert!(again.unwrap_err().what.contains("encrypted already"));
}

#[test]
fn a_validator_attests_a_key_and_the_genesis_is_enough_to_check_it() {
    let folder = tempfile::tempdir().unwrap();
    let nodes = init_network(folder.path(), &NetworkPlan::default()).unwrap();
    let genesis = folder.path().join("genesis.toml");
    let (key, file) = (folder.path().join("key.pem"), folder.path().join("key.attestation"));
    let none = PassphraseArgs { passphrase_file: None };
    run(KeysCommand::New {
        file: key.clone(),
        encrypt: false,
        token: TokenArgs::default(),
        passphrase: none.clone(),
    })
    .unwrap();
    let args = AttestArgs {
        file: file.clone(),
        issuer: nodes[1].data_dir.join("keys/signing.key"),
        genesis: genesis.clone(),
        key: key.display().to_string(),
        name: "observer-1".to_owned(),
        purpose: "network".to_owned(),
        from: 5,
        until: 50,
        passphrase: none,
    };
    run(KeysCommand::Attest(args.clone())).unwrap();
    let check = |at| {
        let (genesis, files) = (genesis.clone(), vec![file.clone()]);
        run(KeysCommand::Verify { genesis, issuer: Vec::new(), at, files }).unwrap()
    };
    assert_eq!(check(5).value()["attestations"][0]["name"], "observer-1");
    assert_eq!((check(49).exit_code(), check(50).exit_code()), (Exit::Ok, Exit::Violated));
    // A stranger's word counts only where the reader believes him.
    run(KeysCommand::Attest(AttestArgs { issuer: key.clone(), ..args })).unwrap();
    assert_eq!(check(5).exit_code(), Exit::Violated);
    let believed = run(KeysCommand::Verify {
        genesis: genesis.clone(),
        issuer: vec![key.display().to_string()],
        at: 5,
        files: vec![file.clone()],
    });
    assert_eq!(believed.unwrap().exit_code(), Exit::Ok);
    // The node whose key signed has it in its record.
    let record = audit::Log::of(&nodes[1].data_dir);
    let mut acts = Vec::new();
    audit::verify(record.path(), None, |entry| acts.push(entry.act.clone())).unwrap();
    assert_eq!(acts, ["key.attest", "key.attest"]);
}
