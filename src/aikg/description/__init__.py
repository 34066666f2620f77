"""The description of the graph in named graphs of its own: figures, rules, and queries."""
