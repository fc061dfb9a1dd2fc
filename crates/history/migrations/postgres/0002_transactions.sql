CREATE TABLE transactions (
    height BIGINT NOT NULL,
    place BIGINT NOT NULL,
    id BYTEA NOT NULL,
    sender BYTEA NOT NULL,
    -- Empty where a transaction is addressed to its application.
    receiver BYTEA NOT NULL,
    -- Application and verb, two bytes each.
    operation BYTEA NOT NULL,
    PRIMARY KEY (height, place)
);
-- What is looked for by its key, up to the height that `meta` names under `indexed`.
CREATE TABLE keys (
    -- 0 the hash of a block, 1 the id of a transaction, 2 its sender, 3 its receiver, 4 its operation.
    kind BIGINT NOT NULL,
    value BYTEA NOT NULL,
    height BIGINT NOT NULL,
    place BIGINT NOT NULL,
    PRIMARY KEY (kind, value, height, place)
);
