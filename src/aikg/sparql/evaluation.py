"""One query on one store: what is refused, how it is evaluated, how the answer is written."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, TypeAlias, TypeVar, cast

import pyoxigraph as ox

from aikg.errors import RequestMalformed
from aikg.names import BASE, PREFIXES
from aikg.sparql import grammar
from aikg.sparql.exact import NARROW, ExactOutput
from aikg.sparql.formats import SOLUTIONS, TRIPLES, choose

T = TypeVar("T")
Results: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

#: The stack for a query, in bytes: parsing is recursive. The longest query that is read needs less,
#: as the tests show in proportion.
STACK = 1 << 30


@dataclass(frozen=True)
class Request:
    """A query and how it is to be answered.

    Attributes:
        query: The text, in SPARQL 1.1.
        accept: An Accept header, or None for the default format.
        format: The name of a format, which goes before `accept`.
        default_graphs: The graphs that make the default graph; none for the store's own.
        named_graphs: The graphs that GRAPH can name; none for all, or for none of them where
            `default_graphs` are given (SPARQL 1.1 Protocol, section 2.1.4).
    """

    query: str
    accept: str | None = None
    format: str | None = None
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()


def deep(function: Callable[[], T], stack: int = STACK) -> T:
    """Call a function on a large stack, which no query of the permitted size overflows.

    Args:
        function: What is called.
        stack: The size of the stack, in bytes.
    """

    def call() -> T:
        try:
            return function()
        except BaseException as error:
            # The frames hold results that only the thread that made them may drop.
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
    """Answer a request, in the thread that calls: use `deep` for queries of strangers.

    Args:
        store: The graph.
        request: The query.
        output: Where the answer is written, in pieces, as it is found.
        begin: Called with the answer's media type before the first piece.

    Raises:
        QueryRefused: The query would leave the graph, or change it.
        QueryMalformed: The text is not a query.
        NotAcceptable: The answer has no form that was asked for, or cannot be
            written in the one that was.
    """
    results = ask(store, request)
    available = TRIPLES if isinstance(results, ox.QueryTriples) else SOLUTIONS
    media_type = choose(request.format, request.accept, available).media_type
    if media_type in NARROW:
        exact = ExactOutput(media_type, output, begin)
        written = exact.writable(results) if isinstance(results, ox.QueryTriples) else results
        _write(written, media_type, cast(IO[bytes], exact))
        exact.end()
    else:
        begin(media_type)
        _write(results, media_type, output)


def _write(results: Results | Iterator[ox.Triple], media_type: str, output: IO[bytes]) -> None:
    if isinstance(results, ox.QuerySolutions | ox.QueryBoolean):
        results.serialize(output, ox.QueryResultsFormat.from_media_type(media_type))
    elif media_type in {"text/turtle", "application/trig", "application/rdf+xml"}:
        ox.serialize(results, output, ox.RdfFormat.from_media_type(media_type), prefixes=PREFIXES)
    else:
        ox.serialize(results, output, ox.RdfFormat.from_media_type(media_type))


def select(store: ox.Store, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Answer a query as columns and rows of terms; None where a variable is unbound.

    Triples are rows of three; ASK gives one row with its literal.

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


def ask(store: ox.Store, request: Request) -> Results:
    """Begin to evaluate; what comes back belongs to the calling thread.

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
        return store.query(request.query, base_iri=BASE, **graphs)
    except SyntaxError as error:
        raise grammar.malformed(request.query, error) from error


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
