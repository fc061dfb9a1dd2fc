use types::Digest;

use super::*;

fn key(number: u8) -> crypto::SecretKey {
    crypto::SecretKey::from_seed([number; 32])
}
fn chain(number: u8) -> ChainId {
    ChainId(Digest::new([number; 32]))
}
fn statement() -> Statement {
    Statement {
        chain: chain(1),
        name: "observer-1".to_owned(),
        key: key(9).public(),
        purpose: Purpose::Network,
        from: Height::new(10),
        until: Height::new(20),
    }
}
fn trust(issuers: &[PublicKey], at: u64) -> Trust<'_> {
    Trust { chain: chain(1), issuers, at: Height::new(at) }
}

#[test]
fn an_attestation_holds_for_its_chain_its_issuer_and_its_heights() {
    let attestation = statement().sign(&key(1)).unwrap();
    let known = [key(2).public(), key(1).public()];
    for at in [10, 19] {
        assert_eq!(attestation.verify(trust(&known, at)).unwrap(), &statement());
    }
    let why = |trust: Trust<'_>| attestation.verify(trust).unwrap_err();
    assert!(matches!(why(trust(&known, 9)), AttestationError::NotYet { .. }));
    assert!(matches!(why(trust(&known, 20)), AttestationError::Over { .. }));
    assert!(matches!(why(trust(&known[..1], 10)), AttestationError::UnknownIssuer(_)));
    let elsewhere = Trust { chain: chain(2), ..trust(&known, 10) };
    assert!(matches!(why(elsewhere), AttestationError::WrongChain(_)));
}

#[test]
fn no_field_can_be_changed() {
    let issuers = [key(1).public(), key(2).public()];
    let signed = statement().sign(&key(1)).unwrap();
    let changed = |change: &dyn Fn(&mut Attestation)| {
        let mut other = signed.clone();
        change(&mut other);
        other.verify(trust(&issuers, 15)).unwrap_err()
    };
    let cases: [&dyn Fn(&mut Attestation); 6] = [
        &|other| other.statement.name.push('0'),
        &|other| other.statement.key = key(8).public(),
        &|other| other.statement.purpose = Purpose::Voting,
        &|other| other.statement.from = Height::new(1),
        &|other| other.statement.until = Height::new(99),
        &|other| other.issuer = key(2).public(),
    ];
    for case in cases {
        assert!(matches!(changed(case), AttestationError::BadSignature(_)));
    }
}

#[test]
fn senseless_statements_are_not_signed_and_not_believed() {
    let bad = [
        Statement { name: String::new(), ..statement() },
        Statement { name: "x".repeat(65), ..statement() },
        Statement { name: "a\nb".to_owned(), ..statement() },
        Statement { until: Height::new(10), ..statement() },
    ];
    for statement in bad {
        let issuer = key(1).public();
        let signature = key(1).sign(&statement.signing_bytes(issuer));
        let forced = Attestation { statement: statement.clone(), issuer, signature };
        assert!(matches!(statement.sign(&key(1)), Err(AttestationError::Senseless(_))));
        let issuers = [issuer];
        let refused = forced.verify(trust(&issuers, 15));
        assert!(matches!(refused, Err(AttestationError::Senseless(_))));
    }
}

#[test]
fn the_text_is_read_again_and_no_other() {
    let attestation = statement().sign(&key(1)).unwrap();
    let text = attestation.to_text();
    assert_eq!(Attestation::from_text(&text).unwrap(), attestation);
    let other = text.replace("ATTESTATION", "CERTIFICATE");
    let cut = &text[..text.len() / 2];
    let long = format!("{text}{}", " ".repeat(5_000));
    for bad in ["", "hello", cut, &other, &long] {
        let error = Attestation::from_text(bad).unwrap_err();
        assert!(matches!(error, AttestationError::Malformed(_)), "{bad:?}");
    }
}
