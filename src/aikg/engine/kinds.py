"""The three kinds of worker: most only ask the graph, some know the rules, some have numpy.

The rules, the vocabularies and the libraries that read files take a second to load, and more memory
than the graph. So the process that forks loads them when the first worker is asked for that needs
them. numpy takes a sixth of a second to load, and its libraries may start threads. So that process
never has it, and a worker that compares loads it after the fork.
"""

from __future__ import annotations

QUERYING, KNOWING, COMPARING = b"q", b"k", b"c"

#: The jobs that ask the graph alone; the others need the rules as well.
QUERIES = frozenset(
    {"query", "table", "labels", "graph", "node", "rows", "parse", "written", "figures"}
)
#: The jobs for which a worker needs numpy.
COMPARES = frozenset({"compare", "impact-of-publishing", "impact-of-withdrawing"})


def kind_of(job: str) -> bytes:
    """Return the kind of worker that a job needs."""
    if job in QUERIES:
        return QUERYING
    return COMPARING if job in COMPARES else KNOWING
