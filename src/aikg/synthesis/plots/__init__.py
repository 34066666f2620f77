"""An answer as SVG: pure functions from data to text, without script, readable without colour."""
