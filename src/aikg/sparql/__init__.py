"""Queries on one store: the check of the text, the evaluation, the format of the answer."""
