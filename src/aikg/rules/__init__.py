"""Shapes, checks and inference, and the verdict from all of them."""
