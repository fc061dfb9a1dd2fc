CREATE TABLE transactions (
    height INTEGER NOT NULL,
    place INTEGER NOT NULL,
    id BLOB NOT NULL,
    sender BLOB NOT NULL,
    -- Empty where a transaction is addressed to its application.
    receiver BLOB NOT NULL,
    -- Application times 65536 plus verb.
    operation INTEGER NOT NULL,
    PRIMARY KEY (height, place)
) WITHOUT ROWID;
CREATE INDEX transactions_by_id ON transactions (id, height, place);
CREATE INDEX transactions_by_sender ON transactions (sender, height, place);
CREATE INDEX transactions_by_receiver ON transactions (receiver, height, place);
CREATE INDEX transactions_by_operation ON transactions (operation, height, place);
