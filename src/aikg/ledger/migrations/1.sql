CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  label TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('submit', 'review', 'admin')),
  hash TEXT NOT NULL UNIQUE,
  created TEXT NOT NULL,
  revoked TEXT
);
CREATE TABLE submission (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  token INTEGER REFERENCES token (id),
  orcid TEXT,
  licence TEXT NOT NULL,
  media_type TEXT,
  filename TEXT,
  sha256 TEXT,
  content BLOB,
  statements BLOB,
  followed BLOB,
  report TEXT,
  UNIQUE (name, version)
);
CREATE INDEX submission_by_hash ON submission (sha256);
CREATE TABLE event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  submission INTEGER NOT NULL REFERENCES submission (id),
  state TEXT NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  why TEXT NOT NULL,
  files TEXT NOT NULL
);
CREATE INDEX event_by_submission ON event (submission);
-- Where the graph differs from the one that the files alone give: 1 added, 0 removed.
CREATE TABLE overlay (quad TEXT PRIMARY KEY, added INTEGER NOT NULL) WITHOUT ROWID;
