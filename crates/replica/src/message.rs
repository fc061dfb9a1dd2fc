use std::num::NonZeroU64;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{InEpoch, Signed};
use ledger::{Attestation, Batch, BlockCertificate, CertifiedBlock};
use protocol::Protocol;
use types::limits::{BATCH_BYTES_MAX, BLOCK_BATCHES_MAX};
use types::{Digest, Height};

/// What validators send each other. Cloning is cheap where the content is large.
#[derive(Debug)]
pub enum Message<P: Protocol> {
    /// A core's message.
    Core(Arc<InEpoch<P::Message>>),
    /// A batch of client transactions.
    Batch(Arc<Batch>),
    /// Please send these batches.
    BatchRequest(Vec<Digest>),
    /// "This is the block at this height."
    Attestation {
        /// The epoch in which its set took office.
        since: u64,
        /// The attestation, by the member's place in that set.
        signed: Signed<Attestation>,
    },
    /// Please send certified blocks from here on.
    BlockRequest(Height),
    /// Certified blocks, ascending.
    Blocks(Arc<Vec<CertifiedBlock>>),
    /// My last certified block.
    Tip(Arc<BlockCertificate>),
}

impl<P: Protocol> Clone for Message<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Core(message) => Self::Core(Arc::clone(message)),
            Self::Batch(batch) => Self::Batch(Arc::clone(batch)),
            Self::BatchRequest(digests) => Self::BatchRequest(digests.clone()),
            Self::Attestation { since, signed } => {
                Self::Attestation { since: *since, signed: signed.clone() }
            }
            Self::BlockRequest(height) => Self::BlockRequest(*height),
            Self::Blocks(blocks) => Self::Blocks(Arc::clone(blocks)),
            Self::Tip(certificate) => Self::Tip(Arc::clone(certificate)),
        }
    }
}

/// A message's kind, for counting and for choosing a stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MessageKind {
    /// See [`Message::Core`].
    Core,
    /// See [`Message::Batch`].
    Batch,
    /// See [`Message::BatchRequest`].
    BatchRequest,
    /// See [`Message::Attestation`].
    Attestation,
    /// See [`Message::BlockRequest`].
    BlockRequest,
    /// See [`Message::Blocks`].
    Blocks,
    /// See [`Message::Tip`].
    Tip,
}

impl MessageKind {
    /// The kind as a metric's label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Batch => "batch",
            Self::BatchRequest => "batch_request",
            Self::Attestation => "attestation",
            Self::BlockRequest => "block_request",
            Self::Blocks => "blocks",
            Self::Tip => "tip",
        }
    }
}

impl<P: Protocol> Message<P> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Core(_) => MessageKind::Core,
            Self::Batch(_) => MessageKind::Batch,
            Self::BatchRequest(_) => MessageKind::BatchRequest,
            Self::Attestation { .. } => MessageKind::Attestation,
            Self::BlockRequest(_) => MessageKind::BlockRequest,
            Self::Blocks(_) => MessageKind::Blocks,
            Self::Tip(_) => MessageKind::Tip,
        }
    }
}

/// Most certified blocks in one answer.
pub(crate) const BLOCKS_PER_ANSWER_MAX: usize = 256;
const _: () = assert!(BATCH_BYTES_MAX < types::limits::FRAME_BYTES_MAX);

impl<P: Protocol> Encode for Message<P> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Core(said) => {
                // The first epoch goes without saying.
                if said.epoch == 0 {
                    out.push(0);
                } else {
                    out.push(7);
                    said.epoch.encode(out);
                }
                said.message.encode(out);
            }
            Self::Batch(batch) => {
                out.push(1);
                batch.encode(out);
            }
            Self::BatchRequest(digests) => {
                out.push(2);
                digests.encode(out);
            }
            Self::Attestation { since, signed } => {
                // So does the first set.
                if *since == 0 {
                    out.push(3);
                } else {
                    out.push(8);
                    since.encode(out);
                }
                signed.encode(out);
            }
            Self::BlockRequest(from) => {
                out.push(4);
                from.encode(out);
            }
            Self::Blocks(blocks) => {
                out.push(5);
                blocks.encode(out);
            }
            Self::Tip(certificate) => {
                out.push(6);
                certificate.encode(out);
            }
        }
    }
}

impl<P: Protocol> Decode for Message<P> {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            0 => Self::Core(Arc::new(InEpoch { epoch: 0, message: Arc::decode(reader)? })),
            1 => Self::Batch(Arc::decode(reader)?),
            2 => Self::BatchRequest(reader.list("batch digests", BLOCK_BATCHES_MAX)?),
            3 => Self::Attestation { since: 0, signed: Signed::decode(reader)? },
            4 => Self::BlockRequest(Height::decode(reader)?),
            5 => Self::Blocks(Arc::new(reader.list("blocks", BLOCKS_PER_ANSWER_MAX)?)),
            6 => Self::Tip(Arc::decode(reader)?),
            7 => {
                let epoch = later(reader)?;
                Self::Core(Arc::new(InEpoch { epoch, message: Arc::decode(reader)? }))
            }
            8 => Self::Attestation { since: later(reader)?, signed: Signed::decode(reader)? },
            tag => return Err(DecodeError::UnknownTag { of: "Message", tag }),
        })
    }
}

/// The number of an epoch behind the first.
fn later(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let epoch = NonZeroU64::new(u64::decode(reader)?);
    let what = "the first epoch, said aloud";
    epoch.map(NonZeroU64::get).ok_or(DecodeError::NotCanonical { what })
}
