"""What lies in files: Turtle with the place of each statement, and queries with their headers."""
