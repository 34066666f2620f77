"""Publication: statements come into the graph and go, with their inferences and origin."""
