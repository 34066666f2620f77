"""The two kinds of worker: most have no numpy, and those that compare treatments load it.

numpy takes a sixth of a second to load, and its libraries may start threads. So the process that
forks has none, and neither has a worker that never compares.
"""

from __future__ import annotations

QUERYING, COMPARING = b"q", b"c"

#: The jobs for which a worker needs numpy.
COMPARES = frozenset({"compare", "impact-of-publishing", "impact-of-withdrawing"})


def kind_of(job: str) -> bytes:
    """Return the kind of worker that a job needs."""
    return COMPARING if job in COMPARES else QUERYING
