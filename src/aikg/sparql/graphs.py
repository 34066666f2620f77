"""The graphs of a store, each whole: what the Graph Store Protocol reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, cast

import pyoxigraph as ox

from aikg.errors import UnknownGraph
from aikg.names import PREFIXES
from aikg.sparql.exact import NARROW, ExactOutput
from aikg.sparql.formats import DATASETS, TRIPLES, choose


def write_graph(  # noqa: PLR0913, PLR0917  a request, and where it is answered
    store: ox.Store,
    name: str | None,
    format: str | None,
    accept: str | None,
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Write one graph, or all of them.

    Args:
        store: The graphs.
        name: The name of one, an absolute IRI; "" for the default graph; None for all, in a format
            that has named graphs.
        format: The name of a format, which goes before `accept`.
        accept: An Accept header.
        output: Where it is written, in pieces.
        begin: Called with the media type before the first piece.

    Raises:
        UnknownGraph: There is no graph of that name.
        NotAcceptable: It cannot be written as asked.
    """
    graph = ox.NamedNode(name) if name else ox.DefaultGraph()
    if name and not store.contains_named_graph(graph):
        raise UnknownGraph(
            f"There is no graph <{name}>.",
            advice="Ask /sparql for those that there are: "
            "SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }",
            reference="https://www.w3.org/TR/sparql11-http-rdf-update/#http-get",
        )
    media_type = choose(format, accept, DATASETS if name is None else TRIPLES).media_type
    syntax = ox.RdfFormat.from_media_type(media_type)
    if media_type in NARROW and name is not None:
        exact = ExactOutput(media_type, output, begin)
        triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))
        ox.serialize(exact.writable(triples), cast(IO[bytes], exact), syntax, prefixes=PREFIXES)
        exact.end()
    else:
        begin(media_type)
        store.dump(output, syntax, from_graph=None if name is None else graph, prefixes=PREFIXES)
