"""What must hold, and what follows: shapes, checks, reasoning, and the verdict over all."""
