//! A key as the text that other programs read: PKCS#8 (RFC 5958, RFC 8410) in PEM (RFC 7468), plain, or encrypted by
//! PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC.

use std::path::Path;

use crypto::SecretKey;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::der::{Decode, SecretDocument};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{self, Kdf, Salt, ScryptParams};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use crate::{KeyError, Passphrase};

/// `id-Ed25519`, RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// `OCTET STRING` of 32 bytes: what stands before the seed in `CurvePrivateKey`, RFC 8410 section 7.
const SEED_PREFIX: [u8; 2] = [0x04, 0x20];

/// The text's label where the key is plain.
pub(crate) const PLAIN: &str = "PRIVATE KEY";
/// The text's label where it is encrypted.
pub(crate) const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// scrypt's N, r and p: 16 MiB and five passes, one of the settings that OWASP names as equally strong, and the largest
/// memory that OpenSSL reads without being told to.
const SCRYPT_COST: u64 = 1 << 14;
const SCRYPT_BLOCK: u16 = 8;
const SCRYPT_PASSES: u16 = 5;

/// Most bytes of memory that a file may ask scrypt for.
const SCRYPT_BYTES_MAX: u64 = 256 << 20;
/// Most passes over that memory.
const SCRYPT_PASSES_MAX: u64 = 64;
/// Most rounds that a file may ask PBKDF2 for.
const PBKDF2_ROUNDS_MAX: u64 = 10_000_000;

/// The key as text.
pub(crate) fn write(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyError> {
    let cannot = |why: String| KeyError::Encrypt { path: path.to_owned(), why };
    let seed = Zeroizing::new(key.to_seed());
    let wrapped = Zeroizing::new([SEED_PREFIX.as_slice(), seed.as_slice()].concat());
    let octets = OctetStringRef::new(&wrapped).map_err(|error| cannot(error.to_string()))?;
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    let info = PrivateKeyInfoRef::new(algorithm, octets);
    let (label, document) = match passphrase {
        None => (PLAIN, SecretDocument::try_from(&info)),
        Some(passphrase) => (ENCRYPTED, info.encrypt_with_params(fresh()?, passphrase.as_bytes())),
    };
    let document = document.map_err(|error| cannot(error.to_string()))?;
    document.to_pem(label, LineEnding::LF).map_err(|error| cannot(error.to_string()))
}

/// How a key is encrypted now: with a salt and an initialisation vector that were never used before.
fn fresh() -> Result<pbes2::Parameters, KeyError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt).map_err(KeyError::NoRandomness)?;
    getrandom::fill(&mut iv).map_err(KeyError::NoRandomness)?;
    let salt = Salt::new(salt).unwrap_or_else(|_| unreachable!("a salt may have 16 bytes"));
    let scrypt = ScryptParams {
        salt,
        cost_parameter: SCRYPT_COST,
        block_size: SCRYPT_BLOCK,
        parallelization: SCRYPT_PASSES,
        key_length: None,
    };
    Ok(pbes2::Parameters {
        kdf: Kdf::Scrypt(scrypt),
        encryption: pbes2::EncryptionScheme::Aes256Cbc { iv },
    })
}

/// Reads a plain key.
pub(crate) fn read_plain(path: &Path, text: &str) -> Result<SecretKey, KeyError> {
    let (_, document) =
        SecretDocument::from_pem(text).map_err(|error| malformed(path, error.to_string()))?;
    key_of(path, document.as_bytes())
}

/// Reads an encrypted key.
pub(crate) fn read_encrypted(
    path: &Path,
    text: &str,
    passphrase: &Passphrase,
) -> Result<SecretKey, KeyError> {
    let (_, document) =
        SecretDocument::from_pem(text).map_err(|error| malformed(path, error.to_string()))?;
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| malformed(path, error.to_string()))?;
    check_cost(path, &info.encryption_algorithm)?;
    // What a wrong passphrase decrypts is noise, which only by chance has the form of a key.
    let opened = info.decrypt(passphrase.as_bytes());
    let opened = opened.map_err(|_| KeyError::WrongPassphrase { path: path.to_owned() })?;
    key_of(path, opened.as_bytes())
}

/// Refuses what would take memory or time without end: the file says how costly it is to open.
fn check_cost(path: &Path, scheme: &EncryptionScheme) -> Result<(), KeyError> {
    let Some(parameters) = scheme.pbes2() else {
        return Err(malformed(path, "it is encrypted by PBES1, which is broken".to_owned()));
    };
    let (asked, max, unit) = match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => {
            (u64::from(pbkdf2.iteration_count), PBKDF2_ROUNDS_MAX, "rounds of PBKDF2")
        }
        Kdf::Scrypt(scrypt) => {
            if scrypt.cost_parameter < 2 || !scrypt.cost_parameter.is_power_of_two() {
                let why = format!("scrypt's cost is {}, no power of two", scrypt.cost_parameter);
                return Err(malformed(path, why));
            }
            let passes = u64::from(scrypt.parallelization);
            if passes > SCRYPT_PASSES_MAX {
                return Err(too_costly(path, passes, "passes of scrypt", SCRYPT_PASSES_MAX));
            }
            let bytes = scrypt.cost_parameter.saturating_mul(128 * u64::from(scrypt.block_size));
            (bytes, SCRYPT_BYTES_MAX, "bytes of memory")
        }
        _ => return Err(malformed(path, "its key derivation is not known".to_owned())),
    };
    if asked > max { Err(too_costly(path, asked, unit, max)) } else { Ok(()) }
}

fn too_costly(path: &Path, asked: u64, unit: &str, max: u64) -> KeyError {
    KeyError::TooCostly { path: path.to_owned(), what: format!("{asked} {unit}"), max }
}

fn malformed(path: &Path, why: String) -> KeyError {
    KeyError::Malformed { path: path.to_owned(), why }
}

/// The key of a `OneAsymmetricKey`. Where it brings its public half, both must fit.
fn key_of(path: &Path, der: &[u8]) -> Result<SecretKey, KeyError> {
    let info =
        PrivateKeyInfoRef::from_der(der).map_err(|error| malformed(path, error.to_string()))?;
    if info.algorithm.oid != ED25519 {
        let why = format!("its algorithm is {}, not Ed25519 ({ED25519})", info.algorithm.oid);
        return Err(malformed(path, why));
    }
    let seed = info.private_key.as_bytes().strip_prefix(&SEED_PREFIX);
    let seed = seed.and_then(|seed| <[u8; 32]>::try_from(seed).ok()).map(Zeroizing::new);
    let seed = seed.ok_or_else(|| malformed(path, "its seed has not 32 bytes".to_owned()))?;
    let key = SecretKey::from_seed(*seed);
    match info.public_key.map(|public| public.raw_bytes().to_vec()) {
        Some(public) if public != key.public().to_bytes() => {
            Err(malformed(path, "its public half belongs to another key".to_owned()))
        }
        Some(_) | None => Ok(key),
    }
}
