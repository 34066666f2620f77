"""Whether a SPARQL store qualifies: its answers, and probes of what aikg needs of it."""
