"""Dated releases: the served graph as files, the same bytes from the same inputs."""
