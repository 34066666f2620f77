"""Links between our terms and those of other vocabularies."""
