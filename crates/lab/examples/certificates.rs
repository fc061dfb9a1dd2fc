//! What a quorum's certificate costs to check: one signature after the other, as a batch, folded, and known already.
//!
//! `cargo run --release -p lab --example certificates`

#![expect(clippy::float_arithmetic, clippy::print_stdout, reason = "it prints measurements")]

mod meter;

use codec::Encode;
use crypto::{
    Certificate, Domain, KeyRing, Scheme, Signatures, Signed, Signer, Statement, Verifier,
};
use types::{ChainId, Digest, NodeId, Quorum, View};

use meter::{print_environment, us_each};

#[derive(Clone, Copy)]
struct Vote(View, Digest);

impl Encode for Vote {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}
impl Statement for Vote {
    const KIND: u8 = 1;
}

fn main() {
    print_environment();
    println!(
        "microseconds for a quorum of n; in brackets: times as fast as one by one under Ed25519\n"
    );
    println!(
        "{:>5} {:>6} {:>15} {:>18} {:>15} {:>18} {:>18} {:>12} {:>18}",
        "n",
        "quorum",
        "ed25519 1 by 1",
        "ed25519 list",
        "bls 1 by 1",
        "bls list",
        "bls aggregate",
        "(to fold)",
        "known already"
    );
    for n in [4, 16, 64, 100, 1_000] {
        let quorum = Quorum::of(n).size();
        let ed25519 = Set::new(Scheme::Ed25519, n);
        let bls = Set::new(Scheme::Bls, n);
        let one_by_one = us_each(|| ed25519.check_one_by_one());
        let list = us_each(|| ed25519.check(&ed25519.list()));
        let bls_one_by_one = us_each(|| bls.check_one_by_one());
        let bls_list = us_each(|| bls.check(&bls.list()));
        let folded = bls.signers[0].certify(bls.votes.clone());
        assert!(matches!(folded, Certificate::Aggregate(_)), "BLS votes fold");
        let aggregate = us_each(|| bls.check(&folded));
        let fold = us_each(|| {
            let _ = bls.signers[0].certify(bls.votes.clone());
        });
        let verifier = bls.verifier();
        let known = us_each(|| assert_eq!(verifier.certifies(&bls.vote, &folded), Ok(())));
        let ratio = |us: f64| format!("{us:.0} ({:.1})", one_by_one / us);
        println!(
            "{n:>5} {quorum:>6} {one_by_one:>15.0} {:>18} {bls_one_by_one:>15.0} {:>18} {:>18} {fold:>12.0} {:>18}",
            ratio(list),
            ratio(bls_list),
            ratio(aggregate),
            format!("{known:.1} ({:.0})", one_by_one / known)
        );
    }
}

/// A replica set, and a quorum's votes for one statement.
struct Set {
    domain: Domain,
    ring: KeyRing,
    signers: Vec<Signer>,
    vote: Vote,
    votes: Signatures,
}

impl Set {
    fn new(scheme: Scheme, n: usize) -> Self {
        let domain = Domain::new(ChainId(Digest::ZERO), Digest::ZERO, "measured");
        let (ring, keys) = KeyRing::simulated(scheme, n, 1);
        let signers = NodeId::all(n).zip(keys);
        let signers: Vec<Signer> =
            signers.map(|(me, key)| Signer::simulated(me, domain, key)).collect();
        let vote = Vote(View::new(7), Digest::new([7; 32]));
        let voters = &signers[..Quorum::of(n).size()];
        let signed = voters.iter().map(|signer| signer.sign(vote));
        let votes = signed.map(|signed| (signed.signer, signed.signature)).collect();
        Self { domain, ring, signers, vote, votes }
    }
    fn list(&self) -> Certificate {
        Certificate::List(self.votes.clone())
    }
    /// One that knows no certificates yet.
    fn verifier(&self) -> Verifier {
        Verifier::new(self.domain, self.ring.clone())
    }
    fn check(&self, certificate: &Certificate) {
        assert_eq!(self.verifier().certifies(&self.vote, certificate), Ok(()));
    }
    fn check_one_by_one(&self) {
        let verifier = self.verifier();
        for (&signer, &signature) in &self.votes {
            assert!(verifier.holds_one(&Signed { statement: self.vote, signer, signature }));
        }
    }
}
