"""What publishing does to a graph: statements come and go, with what follows and where from."""
