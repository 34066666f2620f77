"""The ledger: one SQLite file that holds what was received and what was decided (decision 3)."""
