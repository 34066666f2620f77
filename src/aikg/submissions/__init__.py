"""The life of a submission: received, waiting, published, superseded, withdrawn, purged."""
