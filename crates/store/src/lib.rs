//! Keep what a validator must not forget: a write-ahead log, blocks and state in fjall.
