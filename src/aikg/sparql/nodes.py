"""All that the graphs say about one node: as RDF for a program, as rows for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, cast

import pyoxigraph as ox

from aikg.errors import UnknownNode
from aikg.names import PREFIXES
from aikg.sparql.exact import ExactOutput
from aikg.sparql.formats import DATASETS, TRIPLES, choose

_THIS = ox.Variable("this")


def write_node(  # noqa: PLR0913, PLR0917  a request, and where it is answered
    store: ox.Store,
    iri: str,
    format: str | None,
    accept: str | None,
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Write a node's description: its statements, and those of the blank nodes they lead to.

    A format that has named graphs gets each statement in the graph of its source.

    Args:
        store: The graphs.
        iri: The node, an absolute IRI.
        format: The name of a format, which goes before `accept`.
        accept: An Accept header.
        output: Where it is written, in pieces.
        begin: Called with the media type before the first piece.

    Raises:
        UnknownNode: No graph speaks of the node.
        NotAcceptable: It cannot be written as asked.
    """
    node = ox.NamedNode(iri)
    _find(store, node)
    media_type = choose(format, accept, TRIPLES).media_type
    syntax = ox.RdfFormat.from_media_type(media_type)
    quads = list(_description(store, node))
    if media_type in {f.media_type for f in DATASETS}:
        begin(media_type)
        ox.serialize(quads, output, syntax, prefixes=PREFIXES)
        return
    exact = ExactOutput(media_type, output, begin)
    triples = exact.writable(dict.fromkeys(quad.triple for quad in quads))
    ox.serialize(triples, cast(IO[bytes], exact), syntax, prefixes=PREFIXES)
    exact.end()


def write_rows(
    store: ox.Store,
    iri: str,
    queries: Sequence[str],
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Answer several SELECT queries in which `?this` stands for a node, as a list of JSON results.

    Args:
        store: The graphs.
        iri: The node, an absolute IRI.
        queries: Queries of our own.
        output: Where the list is written.
        begin: Called with the media type before it is.

    Raises:
        UnknownNode: No graph speaks of the node.
    """
    node = ox.NamedNode(iri)
    _find(store, node)
    answers = []
    for query in queries:
        rows = cast(ox.QuerySolutions, store.query(query, substitutions={_THIS: node}))
        answers.append(rows.serialize(format=ox.QueryResultsFormat.JSON) or b"")
    begin("application/json")
    output.write(b"[" + b",".join(answers) + b"]")


def _find(store: ox.Store, node: ox.NamedNode) -> None:
    spoken_of = (
        any(store.quads_for_pattern(node, None, None, None))
        or any(store.quads_for_pattern(None, None, node, None))
        or store.contains_named_graph(node)
    )
    if not spoken_of:
        raise UnknownNode(
            f"Nothing is known of <{node.value}>.",
            advice="Check the spelling; /sparql finds things by their label.",
        )


def _description(store: ox.Store, node: ox.NamedNode) -> Iterator[ox.Quad]:
    """Give the concise bounded description: blank nodes belong to what leads to them."""
    waiting: list[ox.NamedNode | ox.BlankNode] = [node]
    seen = set(waiting)
    while waiting:
        for quad in store.quads_for_pattern(waiting.pop(), None, None, None):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                continue  # each of its statements stands in a named graph as well
            yield quad
            if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                waiting.append(quad.object)
