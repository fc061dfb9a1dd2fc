//! Run one whole validator as a pure machine: mempool, dissemination, consensus, execution, ledger, catch-up.
