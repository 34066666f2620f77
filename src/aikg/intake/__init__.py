"""What strangers send: read with its places, held against the rules, answered in words."""
