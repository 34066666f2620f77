CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  label TEXT NOT NULL,
  created TEXT NOT NULL
);
-- Equal labels are not one person, so each token becomes a person of its own.
INSERT INTO person (id, label, created) SELECT id, label, created FROM token;
ALTER TABLE token ADD COLUMN person INTEGER REFERENCES person (id);
UPDATE token SET person = id;
-- The owner: the person who began the name, whoever sent this version for them.
ALTER TABLE submission ADD COLUMN person INTEGER REFERENCES person (id);
UPDATE submission SET person = (
  SELECT first.token FROM submission AS first
  WHERE first.name = submission.name AND first.token IS NOT NULL
  ORDER BY first.version LIMIT 1
) WHERE state <> 'purged';
-- Who took the step. Of earlier steps only the sender's is known without doubt.
ALTER TABLE event ADD COLUMN person INTEGER REFERENCES person (id);
UPDATE event SET person = (
  SELECT token FROM submission WHERE submission.id = event.submission
) WHERE state IN ('received', 'waiting', 'invalid');
-- The id of a session is a hash of what the browser keeps.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  token INTEGER NOT NULL REFERENCES token (id),
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  ended TEXT
) WITHOUT ROWID;
-- Namespaces outside ours that an administrator registered for a person.
CREATE TABLE namespace (
  iri TEXT PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  registered TEXT NOT NULL,
  by TEXT NOT NULL
) WITHOUT ROWID;
-- Sessions are signed with a secret that lies in a file of its own from now on.
DELETE FROM fact WHERE name = 'session secret';
