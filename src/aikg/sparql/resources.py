"""A graph or a node, whole: what the Graph Store Protocol and the address of a node return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, cast

import pyoxigraph as ox

from aikg.errors import NotPassedOn, UnknownGraph, UnknownNode
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE
from aikg.sparql.exact import NARROW, write_triples
from aikg.sparql.formats import DATASETS, TRIPLES, choose

_THIS = ox.Variable("this")
_TYPE, _DEFAULT = ox.NamedNode(RDF_TYPE), ox.DefaultGraph()
#: What the graph with the descriptions of vocabularies states of those that are not passed on.
_VOCABULARIES = ox.NamedNode(PREFIXES["graph"] + "description/vocabularies")
_RIGHTS = ox.NamedNode(OTHER_PREFIXES["dcterms"] + "accessRights")
#: The answer of a query that is not asked.
_NOTHING = b'{"head":{"vars":[]},"results":{"bindings":[]}}'


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
        name: The name of a graph, an absolute IRI; "" for the default graph; None for all graphs,
            in a format that has named graphs.
        format: The name of a format, which goes before `accept`.
        accept: An Accept header.
        output: Receives the answer, in pieces.
        begin: Called with the media type before the first piece.

    Raises:
        UnknownGraph: There is no graph of that name.
        NotPassedOn: The graph is a vocabulary that may not be passed on.
        NotAcceptable: The answer cannot be written as asked.
    """
    graph = ox.NamedNode(name) if name else ox.DefaultGraph()
    if name and not store.contains_named_graph(graph):
        raise UnknownGraph(
            f"There is no graph <{name}>.",
            advice="Ask /sparql for a list of all graphs: "
            "SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }",
            reference="https://www.w3.org/TR/sparql11-http-rdf-update/#http-get",
        )
    kept = {quad.subject for quad in store.quads_for_pattern(None, _RIGHTS, None, _VOCABULARIES)}
    if graph in kept:
        raise NotPassedOn(
            f"The graph <{name}> may not be passed on as a whole, by its licence.",
            advice="Ask /sparql for what you need of it, or get it from its provider.",
        )
    media_type = choose(format, accept, DATASETS if name is None else TRIPLES).media_type
    if media_type in NARROW and name is not None:
        triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))
        write_triples(triples, media_type, output, begin)
    else:
        begin(media_type)
        syntax = ox.RdfFormat.from_media_type(media_type)
        if name is None and kept:
            quads = (quad for quad in store if quad.graph_name not in kept)
            ox.serialize(quads, output, syntax, prefixes=PREFIXES)
            return
        store.dump(output, syntax, from_graph=None if name is None else graph, prefixes=PREFIXES)


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
        format: See `write_graph`.
        accept: See `write_graph`.
        output: See `write_graph`.
        begin: See `write_graph`.

    Raises:
        UnknownNode: No graph has a statement about the node.
        NotAcceptable: The answer cannot be written as asked.
    """
    node = ox.NamedNode(iri)
    _find(store, node)
    media_type = choose(format, accept, TRIPLES).media_type
    quads = list(_description(store, node))
    if media_type in {f.media_type for f in DATASETS}:
        begin(media_type)
        ox.serialize(quads, output, ox.RdfFormat.from_media_type(media_type), prefixes=PREFIXES)
    else:
        write_triples(dict.fromkeys(quad.triple for quad in quads), media_type, output, begin)


def write_rows(
    store: ox.Store,
    iri: str,
    queries: Sequence[tuple[str, str, str]],
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Answer several SELECT queries in which `?this` stands for a node, as a list of JSON results.

    To plan a long query takes more time than to answer it: it is not asked about other nodes.

    Args:
        store: The graphs.
        iri: The node, an absolute IRI.
        queries: The project's own queries, each after the IRI of the class of its nodes, or "",
            and the IRIs of the classes whose nodes it is not about, with blanks between them.
        output: Receives the list.
        begin: Called with the media type before.

    Raises:
        UnknownNode: No graph has a statement about the node.
    """
    node = ox.NamedNode(iri)
    _find(store, node)
    answers = []
    kinds = {quad.object.value for quad in store.quads_for_pattern(node, _TYPE, None, _DEFAULT)
             if isinstance(quad.object, ox.NamedNode)}  # fmt: skip
    for kind, apart, query in queries:
        if (kind and kind not in kinds) or not kinds.isdisjoint(apart.split()):
            answers.append(_NOTHING)
            continue
        rows = cast(ox.QuerySolutions, store.query(query, substitutions={_THIS: node}))
        answers.append(rows.serialize(format=ox.QueryResultsFormat.JSON) or b"")
    begin("application/json")
    output.write(b"[" + b",".join(answers) + b"]")


def _find(store: ox.Store, node: ox.NamedNode) -> None:
    if not (
        any(store.quads_for_pattern(node, None, None, None))
        or any(store.quads_for_pattern(None, None, node, None))
        or store.contains_named_graph(node)
    ):
        raise UnknownNode(
            f"Nothing is known of <{node.value}>.",
            advice="Check the spelling; /sparql finds things by their label.",
        )


def _description(store: ox.Store, node: ox.NamedNode) -> Iterator[ox.Quad]:
    """Yield the concise bounded description: blank nodes belong to the node that leads to them."""
    waiting: list[ox.NamedNode | ox.BlankNode] = [node]
    seen = set(waiting)
    while waiting:
        for quad in store.quads_for_pattern(waiting.pop(), None, None, None):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                continue  # each of its statements is in a named graph as well
            yield quad
            if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                waiting.append(quad.object)
