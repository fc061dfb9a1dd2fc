CREATE TABLE transactions (
    height BIGINT NOT NULL,
    place BIGINT NOT NULL,
    id BYTEA NOT NULL,
    sender BYTEA NOT NULL,
    -- Empty where a transaction is addressed to its application.
    receiver BYTEA NOT NULL,
    -- Application times 65536 plus verb.
    operation BIGINT NOT NULL,
    PRIMARY KEY (height, place)
);
CREATE INDEX transactions_by_id ON transactions (id, height, place);
CREATE INDEX transactions_by_sender ON transactions (sender, height, place);
CREATE INDEX transactions_by_receiver ON transactions (receiver, height, place);
CREATE INDEX transactions_by_operation ON transactions (operation, height, place);
