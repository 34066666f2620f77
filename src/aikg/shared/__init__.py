"""Nodes that nobody owns: a value has an address made from its content, by one rule for all."""
