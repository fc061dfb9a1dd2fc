use std::process::{Command, Stdio};

use super::*;
use crate::{Source, generate};

/// RFC 8410, section 10.3: a key without its public half, and the same with it and an attribute.
const RFC_8410: [&str; 2] = [
    "-----BEGIN PRIVATE KEY-----\n\
     MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
     -----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\n\
     MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
     oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n\
     Z9w7lshQhqowtrbLDFw4rXAxZuE=\n\
     -----END PRIVATE KEY-----\n",
];
/// The public key of both, section 10.1.
const RFC_8410_PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(path: &Path, text: &str, mode: u32) {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}
fn with(text: &str) -> Unlock {
    Unlock::new(Source::Known(passphrase(text)))
}

#[test]
fn the_keys_of_rfc_8410_are_read() {
    let folder = folder();
    for (index, text) in RFC_8410.iter().enumerate() {
        let path = folder.path().join(index.to_string());
        put(&path, text, 0o600);
        let read = read(&path, &mut with("unused")).unwrap();
        assert_eq!(read.key.public().to_string(), RFC_8410_PUBLIC);
        assert_eq!(read.form, Form::Plain);
    }
    let path = folder.path().join("again");
    let first = read(&folder.path().join("0"), &mut with("unused")).unwrap();
    create(&path, &first.key, None).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let remark = format!("Unisono-Public-Key: {RFC_8410_PUBLIC}\n");
    assert_eq!(text.strip_prefix(&remark), Some(RFC_8410[0]), "to the byte");
    let (public, form) = peek(&path).unwrap();
    assert_eq!((public.unwrap().to_string().as_str(), form), (RFC_8410_PUBLIC, Form::Plain));
}

#[test]
fn a_public_half_that_does_not_fit_is_refused() {
    let folder = folder();
    let path = folder.path().join("key");
    put(&path, &RFC_8410[1].replace("Z9w7lshQ", "Z9w7lshR"), 0o600);
    let error = read(&path, &mut with("unused")).unwrap_err();
    assert!(error.to_string().contains("another key"), "{error}");
}

#[test]
fn what_is_written_is_read_again_plain_and_encrypted() {
    let folder = folder();
    let key = generate().unwrap();
    let (plain, sealed) = (folder.path().join("plain.pem"), folder.path().join("sealed.pem"));
    create(&plain, &key, None).unwrap();
    create(&sealed, &key, Some(&passphrase("open sesame"))).unwrap();
    for path in [&plain, &sealed] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read(path, &mut with("open sesame")).unwrap().key.to_seed(), key.to_seed());
    }
    let text = std::fs::read_to_string(&sealed).unwrap();
    assert!(text.contains("\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{text}");
    assert_eq!(peek(&sealed).unwrap(), (Some(key.public()), Form::Encrypted), "without opening");
    assert!(matches!(create(&plain, &key, None), Err(KeyError::Exists { .. })));
    assert_eq!(read(&plain, &mut with("x")).unwrap().key.to_seed(), key.to_seed());
}

#[test]
fn the_same_key_is_never_encrypted_twice_alike() {
    let folder = folder();
    let (path, key) = (folder.path().join("key"), generate().unwrap());
    create(&path, &key, Some(&passphrase("one"))).unwrap();
    let first = std::fs::read_to_string(&path).unwrap();
    replace(&path, &key, Some(&passphrase("one"))).unwrap();
    assert_ne!(std::fs::read_to_string(&path).unwrap(), first);
}

#[test]
fn a_file_is_replaced_whole() {
    let folder = folder();
    let (path, key) = (folder.path().join("signing.key"), generate().unwrap());
    create(&path, &key, None).unwrap();
    put(&folder.path().join("signing.new"), "left by a crash", 0o600);
    replace(&path, &key, Some(&passphrase("new"))).unwrap();
    assert_eq!(read(&path, &mut with("new")).unwrap().form, Form::Encrypted);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_wrong_passphrase_and_none_are_told_apart() {
    let folder = folder();
    let path = folder.path().join("key");
    create(&path, &generate().unwrap(), Some(&passphrase("right"))).unwrap();
    let wrong = read(&path, &mut with("wrong")).unwrap_err();
    assert!(matches!(wrong, KeyError::WrongPassphrase { .. }), "{wrong}");
    let file = folder.path().join("passphrase");
    put(&file, "right\n", 0o600);
    let mut unlock = Unlock::new(Source::File(file.clone()));
    read(&path, &mut unlock).unwrap();
    assert_eq!(unlock.known(), Some(&passphrase("right")));
    put(&file, "right\n", 0o644);
    let open = read(&path, &mut Unlock::new(Source::File(file))).unwrap_err();
    assert!(matches!(open, KeyError::NotSecret { mode: 0o644, .. }), "{open}");
}

#[test]
fn a_key_of_64_digits_is_still_read() {
    let folder = folder();
    let (path, key) = (folder.path().join("key"), generate().unwrap());
    put(&path, &format!("{}\n", Digest::new(key.to_seed())), 0o600);
    let read = read(&path, &mut with("unused")).unwrap();
    assert_eq!((read.key.to_seed(), read.form), (key.to_seed(), Form::Hex));
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = folder();
    let path = folder.path().join("key");
    for mode in [0o640, 0o604, 0o620, 0o666] {
        put(&path, RFC_8410[0], mode);
        let error = read(&path, &mut with("unused")).unwrap_err();
        assert!(matches!(error, KeyError::NotSecret { .. }), "{mode:o}: {error}");
        assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
    }
}

#[test]
fn what_is_no_key_is_refused_with_a_reason() {
    let folder = folder();
    let path = folder.path().join("key");
    let p256 = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
        OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n\
        1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n\
        -----END PRIVATE KEY-----\n";
    let cases = [
        ("", "neither"),
        ("hello", "neither"),
        ("-----BEGIN PRIVATE KEY-----\n", ""),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", ""),
        (&RFC_8410[0][..60], ""),
        (&"0".repeat(63), "neither"),
        (p256, "not Ed25519"),
        (&"x".repeat(20_000), "16 KiB"),
    ];
    for (text, why) in cases {
        put(&path, text, 0o600);
        let error = read(&path, &mut with("unused")).unwrap_err();
        assert!(matches!(error, KeyError::Malformed { .. }), "{text:?}: {error}");
        assert!(error.to_string().contains(why), "{text:?}: {error}");
    }
    let folder_error = read(folder.path(), &mut with("unused")).unwrap_err();
    assert!(matches!(folder_error, KeyError::Read { .. }), "{folder_error}");
}

#[test]
fn a_damaged_file_never_holds_another_key() {
    let folder = folder();
    let (path, key) = (folder.path().join("key"), generate().unwrap());
    for (passphrase, step) in [(None, 1), (Some(passphrase("right")), 41)] {
        replace(&path, &key, passphrase.as_ref()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for at in (0..text.len()).step_by(step) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'A' } else { b'B' };
            put(&path, &String::from_utf8(bytes).unwrap(), 0o600);
            if let Ok(read) = read(&path, &mut with("right")) {
                assert_eq!(read.key.to_seed(), key.to_seed(), "another key at {at}");
            }
        }
    }
}

/// Runs openssl on a folder; `None` where there is none.
fn openssl(folder: &Path, args: &[&str]) -> Option<std::process::Output> {
    let run = Command::new("openssl").args(args).current_dir(folder).stdin(Stdio::null()).output();
    match run {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: openssl cannot be run ({error})");
            None
        }
    }
}

#[test]
fn openssl_reads_what_we_write() {
    let folder = folder();
    let key = generate().unwrap();
    create(&folder.path().join("plain.pem"), &key, None).unwrap();
    create(&folder.path().join("sealed.pem"), &key, Some(&passphrase("open sesame"))).unwrap();
    for name in ["plain.pem", "sealed.pem"] {
        let args =
            ["pkey", "-in", name, "-passin", "pass:open sesame", "-pubout", "-outform", "DER"];
        let Some(output) = openssl(folder.path(), &args) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.ends_with(&key.public().to_bytes()), "{name}");
    }
}

#[test]
fn we_read_what_openssl_writes() {
    let folder = folder();
    let new = ["genpkey", "-algorithm", "ed25519", "-out", "plain.pem"];
    let Some(output) = openssl(folder.path(), &new) else { return };
    if !output.status.success() {
        eprintln!("skipped: this openssl has no Ed25519");
        return;
    }
    let seal = ["pkcs8", "-topk8", "-in", "plain.pem", "-passout", "pass:open sesame"];
    let pbkdf2 = [&seal[..], &["-v2", "aes-256-cbc", "-out", "pbkdf2.pem"]].concat();
    let scrypt = [&seal[..], &["-scrypt", "-out", "scrypt.pem"]].concat();
    for args in [pbkdf2, scrypt] {
        assert!(openssl(folder.path(), &args).unwrap().status.success());
    }
    let open = |name: &str| {
        let path = folder.path().join(name);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        read(&path, &mut with("open sesame")).unwrap().key.to_seed()
    };
    assert_eq!(open("pbkdf2.pem"), open("plain.pem"));
    assert_eq!(open("scrypt.pem"), open("plain.pem"));
}

#[test]
fn a_passphrase_may_come_through_a_pipe() {
    let folder = folder();
    let path = folder.path().join("key");
    let key = generate().unwrap();
    create(&path, &key, Some(&passphrase("piped"))).unwrap();
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"piped\n").unwrap();
    drop(writer);
    let fd = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let source = Source::File(format!("/dev/fd/{fd}").into());
    let opened = crate::open(&path, &mut Unlock::new(source)).unwrap();
    assert_eq!(opened.public(), key.public());
}

#[test]
fn a_file_may_name_a_key_in_a_token_and_then_holds_none() {
    let folder = folder();
    let path = folder.path().join("key");
    let public = generate().unwrap().public();
    let uri = "pkcs11:token=t;object=k?module-path=/nowhere.so";
    put(&path, &format!("Unisono-Public-Key: {public}\n{uri}\n"), 0o600);
    assert_eq!(peek(&path).unwrap(), (Some(public), Form::Token));
    let error = read(&path, &mut with("unused")).unwrap_err();
    assert!(matches!(error, KeyError::InToken { .. }), "{error}");
    let error = crate::open(&path, &mut with("unused")).unwrap_err();
    let expected =
        if cfg!(feature = "hsm") { "token: the token refuses" } else { "without tokens" };
    assert!(error.to_string().contains(expected), "{error}");
}
