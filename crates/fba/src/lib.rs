//! Agree through quorum slices that every replica chooses for itself (Stellar Consensus Protocol, Mazieres 2015).
