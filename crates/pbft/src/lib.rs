//! Order opaque payloads among n replicas, f of them Byzantine (PBFT, Castro and Liskov, OSDI '99).
