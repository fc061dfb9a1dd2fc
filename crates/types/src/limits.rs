//! Every queue, cache and message has a named maximum; the ones shared by several crates stand here.

/// Most replicas in one set.
pub const NODES_MAX: usize = 1_024;
/// Largest payload that a core orders (a list of batch digests and a header), in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024;
/// Largest application payload of one transaction, in bytes.
pub const TX_PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Largest batch of transactions, in bytes of their encodings.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Most transactions in one batch.
pub const BATCH_TXS_MAX: usize = 8_192;
/// Most batches that one block orders.
pub const BLOCK_BATCHES_MAX: usize = 64;
/// Largest frame between replicas, in bytes; a longer length prefix closes the connection before any allocation.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most nonces remembered for one account; an older nonce than all of them is refused.
pub const NONCES_KEPT_MAX: usize = 1_024;
