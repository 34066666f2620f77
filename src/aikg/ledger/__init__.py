"""The ledger: one SQLite file with all submissions and all decisions on them."""
