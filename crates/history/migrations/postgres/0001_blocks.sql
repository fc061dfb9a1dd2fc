CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);
CREATE TABLE blocks (
    height BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL,
    -- The nodes of the tree over all hashes that this block completes, from the pair up.
    nodes BYTEA NOT NULL,
    outline BYTEA NOT NULL,
    -- Its batches; empty where they are pruned.
    body BYTEA NOT NULL
);
