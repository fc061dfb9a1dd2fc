//! Replicate a log among n replicas of which a minority may crash, and none may lie (Raft, Ongaro and Ousterhout, ATC '14).
