//! Chain agreed transactions into blocks and prove it to anybody offline.
