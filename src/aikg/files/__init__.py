"""Readers of files: Turtle with the place of each statement, and queries with their headers."""
