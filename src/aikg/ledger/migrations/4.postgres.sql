-- The order in which drafts came: SQLite has it in each table.
ALTER TABLE draft ADD COLUMN rowid BIGINT GENERATED ALWAYS AS IDENTITY;
-- Invalid tokens of the last minute, by a hash of their address: all servers count together.
CREATE UNLOGGED TABLE guess (client TEXT NOT NULL, at DOUBLE PRECISION NOT NULL);
CREATE INDEX guess_by_client ON guess (client);
