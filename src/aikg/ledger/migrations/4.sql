-- Files that a person has checked and not sent yet. They go after a day, and are nobody else's.
CREATE TABLE draft (
  id TEXT PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  name TEXT NOT NULL,
  licence TEXT NOT NULL,
  orcid TEXT,
  media_type TEXT,
  filename TEXT,
  content BLOB NOT NULL,
  report TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL
);
CREATE INDEX draft_by_person ON draft (person);
-- What a curator remarks on places of a file that goes back to its sender.
CREATE TABLE remark (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  submission INTEGER NOT NULL REFERENCES submission (id),
  place TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX remark_by_submission ON remark (submission);
