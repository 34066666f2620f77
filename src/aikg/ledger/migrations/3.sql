-- Decisions of curators that concern no single submission: on numbers, papers and outcomes.
CREATE TABLE decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  said TEXT NOT NULL,
  why TEXT NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  person INTEGER REFERENCES person (id),
  undone_at TEXT,
  undone_by TEXT,
  undone_person INTEGER REFERENCES person (id),
  undone_why TEXT
);
