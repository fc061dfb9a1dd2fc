//! Let stake choose proposers and attest checkpoints, with finality and slashing (Casper FFG, Buterin and Griffith 2017).
