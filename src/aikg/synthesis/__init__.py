"""Evidence synthesis: how two treatments compare, on which evidence, and what forbids a number."""
