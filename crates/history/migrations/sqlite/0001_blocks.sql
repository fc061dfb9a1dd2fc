CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    -- The nodes of the tree over all hashes that this block completes, from the pair up.
    nodes BLOB NOT NULL,
    outline BLOB NOT NULL,
    -- Its batches; empty where they are pruned.
    body BLOB NOT NULL
);
