"""Links to the vocabularies of others: what of ours means what of theirs."""
