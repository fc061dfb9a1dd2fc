CREATE TABLE transactions (
    height INTEGER NOT NULL,
    place INTEGER NOT NULL,
    id BLOB NOT NULL,
    sender BLOB NOT NULL,
    -- Empty where a transaction is addressed to its application.
    receiver BLOB NOT NULL,
    -- Application and verb, two bytes each.
    operation BLOB NOT NULL,
    PRIMARY KEY (height, place)
) WITHOUT ROWID;
-- What is looked for by its key, up to the height that `meta` names under `indexed`.
CREATE TABLE keys (
    -- 0 the hash of a block, 1 the id of a transaction, 2 its sender, 3 its receiver, 4 its operation.
    kind INTEGER NOT NULL,
    value BLOB NOT NULL,
    height INTEGER NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (kind, value, height, place)
) WITHOUT ROWID;
