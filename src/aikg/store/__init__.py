"""A SPARQL store outside this program: how it is asked, and whether it qualifies."""
