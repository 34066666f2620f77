"""The evaluation of a query on a store, and the writing of its answer."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, TypeAlias, TypeVar, cast

import pyoxigraph as ox

from aikg.errors import QueryMalformed, RequestMalformed
from aikg.names import BASE, shorten
from aikg.sparql import grammar, rewriting
from aikg.sparql.exact import NARROW, ExactOutput, write_triples
from aikg.sparql.formats import SOLUTIONS, TRIPLES, choose

T = TypeVar("T")
Results: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

#: The stack for a query, in bytes: parsing is recursive. The longest query that is read needs less,
#: as the tests show in proportion.
STACK = 1 << 30


@dataclass(frozen=True)
class Request:
    """A query, and the form of its answer.

    Attributes:
        query: The text, in SPARQL 1.1.
        accept: An Accept header, or None for the default format.
        format: The name of a format, which goes before `accept`.
        default_graphs: The graphs that make the default graph; empty: the store's own.
        named_graphs: The graphs that GRAPH can name; empty: all of them, or none of them if there
            are `default_graphs` (SPARQL 1.1 Protocol, section 2.1.4).
    """

    query: str
    accept: str | None = None
    format: str | None = None
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()


def deep(function: Callable[[], T], stack: int = STACK) -> T:
    """Call a function on a large stack, which no query of the permitted size overflows.

    Args:
        function: The function.
        stack: The size of the stack, in bytes.
    """

    def call() -> T:
        try:
            return function()
        except BaseException as error:
            # The frames have results that only the thread that made them may drop.
            traceback.clear_frames(error.__traceback__)
            raise

    usual = threading.stack_size(stack)
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(call).result()
    finally:
        threading.stack_size(usual)


def evaluate(
    store: ox.Store, request: Request, output: IO[bytes], begin: Callable[[str], None]
) -> None:
    """Answer a request, in the thread that calls; untrusted queries need `deep`.

    Args:
        store: The graph.
        request: The query.
        output: Receives the answer, in pieces, as it is found.
        begin: Called with the answer's media type before the first piece.

    Raises:
        QueryRefused: The query would leave the graph, or change it.
        QueryMalformed: The text is not a query.
        NotAcceptable: The answer has none of the accepted formats, or the format cannot
            express it.
    """
    results = _ask_as_rows(store, request) or ask(store, request)
    if not isinstance(results, ox.QuerySolutions | ox.QueryBoolean):
        media_type = choose(request.format, request.accept, TRIPLES).media_type
        write_triples(results, media_type, output, begin)
        return
    media_type = choose(request.format, request.accept, SOLUTIONS).media_type
    write_solutions(results, media_type, output, begin)


def write_solutions(
    results: ox.QuerySolutions | ox.QueryBoolean,
    media_type: str,
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Write the answer of a SELECT or an ASK.

    Args:
        results: The answer.
        media_type: One of the types of `formats.SOLUTIONS`.
        output: Receives the answer, in pieces.
        begin: Called with the media type before the first piece.

    Raises:
        NotAcceptable: The format cannot express the answer.
    """
    syntax = ox.QueryResultsFormat.from_media_type(media_type)
    if media_type in NARROW:
        exact = ExactOutput(media_type, output, begin)
        results.serialize(cast(IO[bytes], exact), syntax)
        exact.end()
    else:
        begin(media_type)
        results.serialize(output, syntax)


def select(store: ox.Store, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Answer a query as columns and rows of terms; an unbound variable is None.

    A triple is a row of three; ASK has one row with its literal.

    Raises:
        QueryRefused: The query would leave the graph, or change it.
        QueryMalformed: The text is not a query.
    """

    def rows() -> tuple[list[str], list[tuple[Any, ...]]]:
        results = ask(store, Request(query))
        if isinstance(results, ox.QueryBoolean):
            return ["answer"], [(ox.Literal(bool(results)),)]
        if isinstance(results, ox.QueryTriples):
            return ["subject", "predicate", "object"], [tuple(triple) for triple in results]
        columns = [variable.value for variable in results.variables]
        return columns, [tuple(solution) for solution in results]

    return deep(rows)


def as_text(term: Any) -> str:
    """Return a term as text to read: an IRI as a prefixed name, an unbound variable as nothing."""
    if term is None:
        return ""
    return (
        shorten(term.value) if isinstance(term, ox.NamedNode) else str(getattr(term, "value", term))
    )


def ask(store: ox.Store, request: Request) -> Results:
    """Begin to evaluate; the results belong to the calling thread.

    Raises:
        QueryRefused: The query would leave the graph, or change it.
        QueryMalformed: The text is not a query.
        RequestMalformed: A graph is not named by an IRI.
    """
    grammar.refuse_outward(request.query)
    graphs: dict[str, Any] = {}
    if request.default_graphs or request.named_graphs:
        graphs["default_graph"] = list(_nodes(request.default_graphs))
        graphs["named_graphs"] = list(_nodes(request.named_graphs))
    try:
        grammar.parse_without_service(request.query)
        return _ask_rewritten(store, request.query, graphs)
    except SyntaxError as error:
        raise grammar.malformed(request.query, error) from error


def _ask_as_rows(store: ox.Store, request: Request) -> Iterator[ox.Triple] | None:
    """Ask for the triples of a CONSTRUCT as rows, where that finds the same ones."""
    found = rewriting.as_rows(request.query)
    if found is None or request.default_graphs or request.named_graphs:
        return None
    query, columns = found
    try:
        rows = ask(store, Request(query))
    except QueryMalformed:
        return None  # the message is to be about the query as it was sent
    return (ox.Triple(*(row[column] for column in columns)) for row in rows)  # type: ignore[union-attr]


def _ask_rewritten(store: ox.Store, query: str, graphs: dict[str, Any]) -> Results:
    """Ask a query in its other words, and in its own if these are not a query."""
    other = rewriting.rewrite(query)
    if other != query:
        try:
            return store.query(other, base_iri=BASE, **graphs)
        except SyntaxError:
            pass  # the message is to be about the query as it was sent
    return store.query(query, base_iri=BASE, **graphs)


def _nodes(iris: Sequence[str]) -> Iterator[ox.NamedNode]:
    for iri in iris:
        try:
            yield ox.NamedNode(iri)
        except ValueError as error:
            raise RequestMalformed(
                f"{iri!r} does not name a graph: {error}.",
                advice="Name each graph by an absolute IRI.",
                reference="https://www.w3.org/TR/sparql11-protocol/#dataset",
            ) from error
