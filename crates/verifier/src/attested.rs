//! What receipts and entry proofs share: a header, a certificate of it, and who was in office.

use ledger::{
    Attestation, Attesters, BlockCertificate, CertificateError, Genesis, Header, Lineage,
    ReceiptError,
};
use types::NodeId;

use crate::step::{Code, Plan, Said, Step, Topic, lay_out, said};
use crate::verdict::Signatory;

/// A header with what attests it.
pub(crate) struct Attested<'a> {
    pub(crate) genesis: &'a Genesis,
    pub(crate) header: &'a Header,
    pub(crate) certificate: &'a BlockCertificate,
    pub(crate) lineage: &'a Lineage,
}

impl Attested<'_> {
    /// Words the rules' answer, step by step; `included` and `excluded` say what the path did.
    pub(crate) fn steps(
        &self,
        answer: Result<(), ReceiptError>,
        [included, excluded]: [Said; 2],
    ) -> Vec<Step> {
        let chain = self.header.chain.0.to_string();
        let wanted = self.genesis.chain_id().0.to_string();
        let plan: Vec<Plan> = vec![
            (
                Topic::Chain,
                said(Code::SameChain, []),
                said(Code::WrongChain, [("chain", chain), ("wanted", wanted)]),
            ),
            (Topic::Inclusion, included, excluded),
            (Topic::Block, self.same_block(), self.other_block()),
            (Topic::Validators, self.in_office(), self.not_in_office(answer)),
            (Topic::Certificate, self.signed(), self.unsigned(answer)),
        ];
        lay_out(plan, answer.err().map(topic_of))
    }

    fn height(&self) -> String {
        self.header.height.get().to_string()
    }
    fn same_block(&self) -> Said {
        let block = self.certificate.block.to_string();
        said(Code::SameBlock, [("block", block), ("height", self.height())])
    }
    fn other_block(&self) -> Said {
        let (block, header) = (self.certificate.block.to_string(), self.header.hash().to_string());
        said(Code::OtherBlock, [("block", block), ("header", header)])
    }

    fn in_office(&self) -> Said {
        let (count, changes) = (self.names().len(), self.lineage.handovers.len());
        let (count, height) = (("count", count.to_string()), ("height", self.height()));
        if changes == 0 {
            return said(Code::GenesisInOffice, [count, height]);
        }
        said(Code::LaterInOffice, [count, height, ("changes", changes.to_string())])
    }
    fn not_in_office(&self, answer: Result<(), ReceiptError>) -> Said {
        let why = match answer {
            Err(ReceiptError::Lineage(why)) => why.to_string(),
            Ok(())
            | Err(
                ReceiptError::WrongChain | ReceiptError::NotIncluded | ReceiptError::Certificate(_),
            ) => String::new(),
        };
        said(Code::NotInOffice, [("height", self.height()), ("why", why)])
    }

    /// The names of the set in office, by place.
    fn names(&self) -> Vec<&str> {
        match self.lineage.epochs.last() {
            Some(epoch) => epoch.members.iter().map(|one| one.validator.name.as_str()).collect(),
            None => self.genesis.validators.iter().map(|one| one.name.as_str()).collect(),
        }
    }
    /// Who signed, whether or not it holds.
    pub(crate) fn signatories(&self) -> Vec<Signatory> {
        let names = self.names();
        let name = |place: NodeId| names.get(place.index()).copied();
        let signers = self.certificate.signatures.keys();
        signers
            .map(|&place| Signatory {
                place: place.get(),
                name: name(place)
                    .map_or_else(|| format!("stranger {}", place.get()), str::to_owned),
            })
            .collect()
    }

    fn attesters(&self) -> Option<Attesters> {
        self.lineage.attesters(self.genesis, self.header.height).ok()
    }
    /// How much signed, of how much, by whom, and how much must; and whether the validators weigh differently.
    fn count(&self) -> ([(&'static str, String); 4], bool) {
        let names: Vec<String> = self.signatories().into_iter().map(|one| one.name).collect();
        let (have, total, need, members) = self.attesters().map_or((0, 0, 0, 0), |set| {
            let have = set.weigh(self.certificate.signatures.keys().copied());
            (have, set.quorum().n(), set.quorum().size(), set.len())
        });
        let values = [
            ("have", have.to_string()),
            ("total", total.to_string()),
            ("names", list(&names)),
            ("need", need.to_string()),
        ];
        (values, total != members)
    }
    fn signed(&self) -> Said {
        let (values, weighs) = self.count();
        said(if weighs { Code::SignedByWeight } else { Code::Signed }, values)
    }
    fn unsigned(&self, answer: Result<(), ReceiptError>) -> Said {
        let (values, weighs) = self.count();
        let Err(ReceiptError::Certificate(error)) = answer else {
            return said(Code::TooFew, values);
        };
        match error {
            CertificateError::TooFew { .. } | CertificateError::OtherBlock => {
                said(if weighs { Code::TooLight } else { Code::TooFew }, values)
            }
            CertificateError::TooMany => {
                let have = self.certificate.signatures.len().to_string();
                let total = self.names().len().to_string();
                said(Code::TooManySigners, [("have", have), ("total", total)])
            }
            CertificateError::BadSignature => {
                said(Code::BadSignature, [("names", list(&self.false_ones()))])
            }
        }
    }

    /// Whose signatures do not hold.
    fn false_ones(&self) -> Vec<String> {
        let Some(set) = self.attesters() else { return Vec::new() };
        let statement =
            Attestation { height: self.certificate.height, block: self.certificate.block };
        let holds = |signer: NodeId| {
            let signature = self.certificate.signatures.get(&signer);
            let signed =
                signature.map(|&signature| crypto::Signed { statement, signer, signature });
            signed.is_some_and(|signed| set.verifier().holds_one(&signed))
        };
        let bad = self.signatories().into_iter().filter(|one| !holds(NodeId::new(one.place)));
        bad.map(|one| one.name).collect()
    }
}

/// The step at which the rules stopped.
const fn topic_of(error: ReceiptError) -> Topic {
    match error {
        ReceiptError::WrongChain => Topic::Chain,
        ReceiptError::NotIncluded => Topic::Inclusion,
        ReceiptError::Certificate(CertificateError::OtherBlock) => Topic::Block,
        ReceiptError::Lineage(_) => Topic::Validators,
        ReceiptError::Certificate(
            CertificateError::TooFew { .. }
            | CertificateError::TooMany
            | CertificateError::BadSignature,
        ) => Topic::Certificate,
    }
}

/// Names for people.
pub(crate) fn list(names: &[String]) -> String {
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}
