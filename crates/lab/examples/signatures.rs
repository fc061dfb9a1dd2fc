//! How many client signatures a second of CPU time checks: alone and in batches, by how many senders.
//!
//! `cargo run --release -p lab --example signatures`

#![expect(clippy::float_arithmetic, clippy::print_stdout, reason = "it prints measurements")]

mod meter;

use crypto::{PublicKey, SecretKey, Signature, verify_batch};

use meter::{print_environment, us_each};

/// Bytes of a small transaction.
const MESSAGE_BYTES: usize = 200;

fn main() {
    print_environment();
    println!("Ed25519 signatures checked per second of CPU time\n");
    println!(
        "{:>6} {:>8} {:>12} {:>12} {:>12} {:>12}",
        "batch", "senders", "known keys", "new keys", "alone, known", "alone, new"
    );
    for (batch, senders) in
        [(1, 1), (4, 4), (16, 16), (128, 8), (128, 128), (1_024, 8), (1_024, 1_024)]
    {
        let items = items(batch, senders);
        let found: Vec<_> = items.iter().map(|(key, _, _)| key.prepare()).collect();
        let new = || items.iter().map(|(key, message, sig)| (*key, message.as_slice(), sig));
        let known = || new().zip(&found).map(|((_, message, sig), key)| (key, message, sig));
        let measured = [
            us_each(|| assert!(verify_batch(known()))),
            us_each(|| assert!(verify_batch(new()))),
            us_each(|| assert!(known().all(|(key, text, sig)| key.verify(text, sig).is_ok()))),
            us_each(|| assert!(new().all(|(key, text, sig)| key.verify(text, sig).is_ok()))),
        ];
        let [a, b, c, d] = measured.map(|us| batch as f64 * 1e6 / us);
        println!("{batch:>6} {senders:>8} {a:>12.0} {b:>12.0} {c:>12.0} {d:>12.0}");
    }
}

fn items(batch: usize, senders: usize) -> Vec<(PublicKey, Vec<u8>, Signature)> {
    let secret = |index: usize| {
        let mut seed = [9; 32];
        seed[..8].copy_from_slice(&(index as u64).to_le_bytes());
        SecretKey::from_seed(seed)
    };
    let secrets: Vec<SecretKey> = (0..senders).map(secret).collect();
    let item = |index: usize| {
        let secret = &secrets[index % senders];
        let mut message = vec![5; MESSAGE_BYTES];
        message[..8].copy_from_slice(&(index as u64).to_le_bytes());
        (secret.public(), message.clone(), secret.sign(&message))
    };
    (0..batch).map(item).collect()
}
