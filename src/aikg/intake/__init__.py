"""A file from a user: read with positions, checked by the rules, answered by a report."""
