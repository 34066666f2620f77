"""What the graph says about itself, in named graphs of its own: figures, and queries that run."""
