//! Run whole replicas in virtual time under faults and liars, the same for the same seed.
