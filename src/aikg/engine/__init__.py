"""The graph in a process of its own, and the workers that it forks."""
