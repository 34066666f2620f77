"""Vocabularies of other providers: their files, and the named graphs that are made of them."""
