//! Against SoftHSM, in a folder of its own: the test runs itself again, with a configuration that names the folder.

use std::path::PathBuf;
use std::process::Command;

use super::*;

const MODULES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"];

/// The module; installed where that can be done, and otherwise a line says why nothing is tested.
fn module() -> Option<PathBuf> {
    let find = || MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    if let Some(found) = find() {
        return Some(found);
    }
    let is_root = rustix::process::getuid().is_root();
    if !is_root || !Path::new("/etc/debian_version").exists() {
        eprintln!("skipped: SoftHSM is not installed, and only root on Debian may install it");
        return None;
    }
    let installed = Command::new("apt-get").args(["install", "-y", "-q", "softhsm2"]).output();
    let found = find();
    if found.is_none() {
        eprintln!(
            "skipped: SoftHSM is not installed, and apt-get does not bring it ({installed:?})"
        );
    }
    found
}

#[test]
fn a_token_signs_as_everybody_checks() {
    let Some(module) = module() else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(&config, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "unisono", "--so-pin", "1234", "--pin", "5678"])
        .env("SOFTHSM2_CONF", &config)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "token::tests::with_a_token_of_its_own", "--ignored", "--nocapture"])
        .env("SOFTHSM2_CONF", &config)
        .env("UNISONO_TEST_MODULE", &module)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}{}", String::from_utf8_lossy(&run.stderr));
    assert!(told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by the test above, with a configuration of its own"]
fn with_a_token_of_its_own() {
    let module = PathBuf::from(std::env::var("UNISONO_TEST_MODULE").unwrap());
    let pin = Passphrase::new("5678").unwrap();
    let open = |token: &str, key: &str| Token::open(&module, token, key, &pin);
    assert!(matches!(open("nobody", "k"), Err(TokenError::NoToken(_))));
    let wrong = Token::open(&module, "unisono", "k", &Passphrase::new("0000").unwrap());
    assert!(matches!(wrong, Err(TokenError::Refused(_))), "{wrong:?}");
    assert!(matches!(open("unisono", "k"), Err(TokenError::NotOne { count: 0, .. })));
    let made = Token::generate(&module, "unisono", "k", &pin).unwrap();
    let again = Token::generate(&module, "unisono", "k", &pin);
    assert!(matches!(again, Err(TokenError::NotOne { count: 2, .. })));
    let opened = open("unisono", "k").unwrap();
    assert_eq!(opened.public(), made.public());
    for message in [b"".as_slice(), b"one", &[7; 10_000]] {
        let signature = opened.sign(message).unwrap();
        opened.public().verify(message, &signature).unwrap();
        assert_eq!(made.sign(message).unwrap(), signature, "Ed25519 is deterministic");
        assert!(opened.public().verify(b"another", &signature).is_err());
    }
    by_a_file_that_names_it(&module, &pin);
    let missing = Path::new("/nowhere/module.so");
    assert!(Token::open(missing, "unisono", "k", &pin).is_err());
}

/// A file may name the key instead of holding it: it signs, and is nowhere taken for a key.
fn by_a_file_that_names_it(module: &Path, pin: &Passphrase) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.key");
    let uri =
        |key: &str| format!("pkcs11:token=unisono;object={key}?module-path={}", module.display());
    let with = |text: &str| Unlock::new(Source::Known(Passphrase::new(text).unwrap()));
    let made = crate::create_in_token(&path, &uri("named"), &mut with("5678")).unwrap();
    let again = crate::create_in_token(&path, &uri("other"), &mut with("5678"));
    assert!(matches!(again, Err(KeyError::Exists { .. })));
    assert!(Token::open(module, "unisono", "other", pin).is_err(), "and no key was made");
    let (public, form) = crate::peek(&path).unwrap();
    assert_eq!((public, form), (Some(made.public()), crate::Form::Token));
    let opened = crate::open(&path, &mut with("5678")).unwrap().into_signer(|_| unreachable!());
    opened.public().verify(b"vote", &opened.sign(b"vote")).unwrap();
    assert_eq!(opened.public(), made.public());
    let read = crate::read(&path, &mut with("5678"));
    assert!(matches!(read, Err(KeyError::InToken { .. })), "{read:?}");
    // The URI may say where the PIN is, and a file that names another key than it says is refused.
    let own = folder.path().join("own.key");
    let secret = folder.path().join("pin");
    crate::file::create_reference(&secret, made.public(), "").unwrap();
    std::fs::write(&secret, "5678\n").unwrap();
    let full = format!("{}&pin-source=file:{}", uri("named"), secret.display());
    crate::file::create_reference(&own, made.public(), &full).unwrap();
    assert_eq!(crate::open(&own, &mut with("0000")).unwrap().public(), made.public());
    let false_name = folder.path().join("false.key");
    crate::file::create_reference(&false_name, made.public(), &uri("k")).unwrap();
    let read = crate::open(&false_name, &mut with("5678"));
    assert!(matches!(read, Err(KeyError::Malformed { .. })), "{read:?}");
}
