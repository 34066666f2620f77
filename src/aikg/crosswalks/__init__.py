"""What the graph knows of a drug, a trial, an outcome or a paper, in the words of other schemas."""
