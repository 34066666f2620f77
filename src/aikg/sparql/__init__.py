"""One query on one store: what is refused, how it is evaluated, how its answer is written."""
