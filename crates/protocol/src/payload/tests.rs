use codec::{Decode, DecodeError, Encode};
use types::limits::PAYLOAD_BYTES_MAX;

use super::Payload;

#[test]
fn the_bytes_of_payloads_are_pinned() {
    conformance::check("Payload", |prng| {
        let mut bytes = vec![0; usize::try_from(prng.below(100)).unwrap()];
        prng.fill(&mut bytes);
        Payload::new(&bytes)
    });
}

#[test]
fn a_payload_is_named_by_its_bytes() {
    let (one, other) = (Payload::new(b"one"), Payload::new(b"other"));
    assert_eq!(Payload::from_bytes(&one.to_bytes()).unwrap().digest(), one.digest());
    assert_ne!(one.digest(), other.digest());
    assert!(!Payload::new(b"").digest().is_zero(), "zero names the null request");
}

#[test]
fn a_payload_above_the_limit_is_refused_before_it_is_read() {
    let largest = Payload::new(&vec![7; PAYLOAD_BYTES_MAX]).to_bytes();
    assert!(Payload::from_bytes(&largest).is_ok());
    let length = PAYLOAD_BYTES_MAX + 1;
    let announced = u32::try_from(length).unwrap().to_bytes();
    let refused = DecodeError::TooLong { of: "payload bytes", length, max: PAYLOAD_BYTES_MAX };
    assert_eq!(Payload::from_bytes(&announced), Err(refused));
}
