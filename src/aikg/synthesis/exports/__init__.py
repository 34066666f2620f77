"""An answer in the formats of other programs, a module each; functions from data to text."""
