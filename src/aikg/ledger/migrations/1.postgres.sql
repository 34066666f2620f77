-- A quad may be longer than a row of a tree of PostgreSQL: a hash finds it, and keeps it single.
ALTER TABLE overlay DROP CONSTRAINT overlay_pkey;
ALTER TABLE overlay ADD CONSTRAINT overlay_of_one_quad EXCLUDE USING hash (quad WITH =);
