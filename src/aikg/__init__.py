"""An open knowledge graph of the clinical evidence on aromatase inhibitors.

In a notebook, with `aikg[pandas]` installed:

    import aikg

    aikg.ask("review-table-1")  # a registered question, as a data frame
    graph = aikg.open_graph()
    graph.frame("SELECT ?drug WHERE { ?drug a <https://w3id.org/aikg/ontology/Drug> }")
    aikg.compare("exemestane", "anastrozole", outcome="objective-response").estimates
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aikg.comparison import compare
    from aikg.graph import ask, open_graph

__all__ = ["ask", "compare", "open_graph"]


def __getattr__(name: str) -> Any:
    """Import what a notebook needs when it is asked for: a worker of the endpoint needs none."""
    if name == "compare":
        from aikg.comparison import compare  # noqa: PLC0415

        return compare
    if name in __all__:
        from aikg import graph  # noqa: PLC0415

        return getattr(graph, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
