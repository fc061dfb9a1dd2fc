//! Order payloads by chained certificates and a pacemaker, n replicas, f of them Byzantine (HotStuff, PODC '19; Jolteon, FC '22).
