"""The SPARQL 1.1 Protocol over HTTP, as a client: bounded in time and in size.

A redirect is not followed, and no error contains a password.
"""

from __future__ import annotations

import contextlib
import http.client
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pyoxigraph as ox

from aikg.characters import visible
from aikg.errors import (
    AnswerTooLarge,
    DeadlineExceeded,
    SettingError,
    StoreRefused,
)
from aikg.files.canonical import canonical_quad
from aikg.store.addresses import DeadlineTimer, connected, parts_of

#: How long an answer may take, in seconds, where the caller names no deadline.
PATIENCE = 60.0
#: The longest answer, in bytes, where the caller names no bound.
MOST = 1 << 30
#: How much is read at once, in bytes.
_PIECE = 1 << 16
#: How much of a store's own message is shown.
_SHOWN = 300
#: How long after its own deadline a store may still answer that it was reached, in seconds.
GRACE = 2.0

_ROWS = "application/sparql-results+json"
#: N-Triples, or another format if a store does not have it.
_TRIPLES = "application/n-triples, text/turtle;q=0.5, application/rdf+xml;q=0.2"


@dataclass
class Answer:
    """An answer that has begun.

    Attributes:
        media_type: Its type, without parameters.
        pieces: Its bytes as they come. They raise AnswerTooLarge, DeadlineExceeded or
            StoreUnreachable if it does not end well.
    """

    media_type: str
    pieces: Iterator[bytes]

    def read(self) -> bytes:
        """Return the whole answer."""
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Store:
    """A store that answers SPARQL over HTTP.

    Attributes:
        address: Where it answers queries, without user and password.
        update_address: Where it takes updates; empty: nowhere.
        authorization: The header with which it is asked; empty: none.
        most: The longest answer that is read, in bytes.

    Raises:
        SettingError: An address is not one of HTTP, or contains a password.
    """

    address: str
    update_address: str = ""
    authorization: str = field(default="", repr=False)
    most: int = MOST

    def __post_init__(self) -> None:
        """Refuse an address that is not one."""
        for address in filter(None, (self.address, self.update_address)):
            parts_of(address)

    @contextlib.contextmanager
    def ask(
        self,
        query: str,
        accept: str,
        timeout: float = PATIENCE,
        *,
        deadline: bool = True,
        grace: float = GRACE,
    ) -> Iterator[Answer]:
        """Ask a query; the answer is read within the block, and the connection ends with it.

        Args:
            query: SPARQL 1.1.
            accept: An Accept header.
            timeout: How long the whole answer may take, in seconds.
            deadline: Whether the store is asked to keep the deadline too, as `timeout=`.
            grace: How much later the store may still say that it has kept it, in seconds.

        Raises:
            DeadlineExceeded: The answer took too long.
            StoreRefused: The store answered with an error, or with a redirect.
            StoreUnreachable: The store does not answer.
        """
        fields = {"query": query} | ({"timeout": f"{timeout:g}"} if deadline else {})
        body = urllib.parse.urlencode(fields).encode()
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        with self._send(self.address, body, headers, timeout + grace) as answer:
            yield answer

    def select(
        self, query: str, timeout: float = PATIENCE
    ) -> tuple[list[str], list[tuple[object, ...]]]:
        """Answer SELECT as columns and rows of terms as the store writes them; None is unbound.

        Raises:
            As `ask` does; StoreRefused also if the answer is not in JSON.
        """
        with self.ask(query, _ROWS, timeout) as answer:
            found = _results(answer.read())
        if isinstance(found, ox.QueryBoolean):
            raise _unreadable("a boolean in place of rows")
        try:
            return [v.value for v in found.variables], [tuple(row) for row in found]
        except (SyntaxError, ValueError) as error:
            raise _unreadable(str(error)) from error

    def holds(self, query: str, timeout: float = PATIENCE) -> bool:
        """Answer ASK; see `select`."""
        with self.ask(query, _ROWS, timeout) as answer:
            found = _results(answer.read())
        if not isinstance(found, ox.QueryBoolean):
            raise _unreadable("rows in place of a boolean")
        return bool(found)

    def construct(self, query: str, timeout: float = PATIENCE) -> list[ox.Triple]:
        """Answer CONSTRUCT or DESCRIBE as triples, in the store's order; see `select`."""
        with self.ask(query, _TRIPLES, timeout) as answer:
            content = answer.read()
        form = ox.RdfFormat.from_media_type(answer.media_type) or ox.RdfFormat.N_TRIPLES
        try:
            quads = list(ox.parse(content, format=form))
        except (SyntaxError, ValueError) as error:
            raise _unreadable(str(error)) from error
        return [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads]

    def read(self, graph: str = "", timeout: float = PATIENCE) -> list[ox.Triple]:
        """Return the triples of a named graph, or of the default graph; see `select`."""
        pattern = "?s ?p ?o"
        where = f"GRAPH {ox.NamedNode(graph)} {{ {pattern} }}" if graph else pattern
        return self.construct(f"CONSTRUCT {{ {pattern} }} WHERE {{ {where} }}", timeout)

    def update(self, text: str, timeout: float = PATIENCE) -> None:
        """Send an update: one request, which the store applies whole or not at all.

        Raises:
            As `ask` does. After DeadlineExceeded and StoreUnreachable nobody knows whether the
            store has applied it.
        """
        headers = {"Content-Type": "application/sparql-update; charset=utf-8", "Accept": "*/*"}
        if not self.update_address:
            raise SettingError(
                "No address for updates is known.", advice="Name it, as in `--update URL`."
            )
        with self._send(self.update_address, text.encode(), headers, timeout) as answer:
            answer.read()

    def replace(self, address: str, file: Path, timeout: float) -> None:
        """Replace all graphs by the quads of a file, in one request.

        Args:
            address: Where the store takes a whole dataset, by PUT.
            file: N-Quads.
            timeout: How long it may take, in seconds.

        Raises:
            As `update` does.
        """
        headers = {
            "Content-Type": "application/n-quads",
            "Content-Length": str(file.stat().st_size),
            "Accept": "*/*",
        }
        with (
            file.open("rb") as body,
            self._send(address, body, headers, timeout, "PUT") as answer,
        ):
            answer.read()

    @contextlib.contextmanager
    def _send(
        self,
        address: str,
        body: bytes | IO[bytes],
        headers: dict[str, str],
        timeout: float,
        method: str = "POST",
    ) -> Iterator[Answer]:
        parts = parts_of(address)
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        over = DeadlineTimer(timeout)
        connection = connected(parts, timeout)
        path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        if self.authorization:
            headers["Authorization"] = self.authorization
        try:
            connection.connect()
            over.watch(connection.sock)
            headers["Accept-Encoding"] = "identity"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            if not 200 <= response.status < 300:
                raise _refusal(response, over)
            media_type = response.headers.get_content_type()
            yield Answer(media_type, self._pieces(response, over, host))
        except (OSError, http.client.HTTPException) as error:
            raise over.explain(host, error) from error
        finally:
            over.cancel()
            connection.close()

    def _pieces(
        self, response: http.client.HTTPResponse, over: DeadlineTimer, host: str
    ) -> Iterator[bytes]:
        count = 0
        try:
            while piece := response.read1(_PIECE):
                count += len(piece)
                if count > self.most:
                    raise AnswerTooLarge(
                        f"The answer of the store is longer than {self.most:,} bytes.",
                        advice="Ask for less: add LIMIT, or a closer pattern.",
                    )
                yield piece
        except (OSError, http.client.HTTPException) as error:
            raise over.explain(host, error) from error
        if over.passed or response.length:
            raise over.explain(host, EOFError("the answer ends before its end"))


def _refusal(
    response: http.client.HTTPResponse, over: DeadlineTimer
) -> StoreRefused | DeadlineExceeded:
    status = response.status
    if 300 <= status < 400:
        return StoreRefused(
            f"The store answers {status}, a redirect, which is not followed.",
            advice="Name the address at which it answers itself.",
            answered=status,
        )
    with contextlib.suppress(OSError, http.client.HTTPException):
        said = visible(response.read(_SHOWN * 4).decode("utf-8", "replace"))[:_SHOWN].strip()
        if status in (408, 503, 504) and ("time" in said.lower() or not said):
            return DeadlineExceeded(
                f"The store stopped the query: it answers {status}.",
                advice="Ask for less, or wait longer.",
            )
        return StoreRefused(
            f"The store answers {status}: {said or response.reason}",
            advice="Read its message; its log may contain more.",
            answered=status,
        )
    return StoreRefused(
        f"The store answers {status}.", advice="Its log may contain more.", answered=status
    )


def _results(content: bytes) -> ox.QuerySolutions | ox.QueryBoolean:
    try:
        return ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
    except (SyntaxError, ValueError) as error:
        raise _unreadable(str(error)) from error


def _unreadable(why: str) -> StoreRefused:
    return StoreRefused(
        f"The answer of the store cannot be read: {visible(why)}.",
        advice="Check that the address is that of a SPARQL endpoint.",
        answered=200,
    )


def insert_data(quads: Iterable[ox.Quad], delete: bool = False) -> str:
    """Return one operation of an update that adds quads, or removes them.

    Numbers are in their one form, so that those to remove are found.

    Args:
        quads: The quads; those to remove have no blank nodes, which SPARQL does not permit there.
        delete: Whether they are removed.
    """
    by_graph: dict[str, list[str]] = {}
    for quad in map(canonical_quad, quads):
        name = "" if isinstance(quad.graph_name, ox.DefaultGraph) else str(quad.graph_name)
        line = f"{quad.subject} {quad.predicate} {quad.object} ."
        by_graph.setdefault(name, []).append(line)
    blocks = [
        f"GRAPH {name} {{\n{body}\n}}" if name else body
        for name, body in ((name, "\n".join(lines)) for name, lines in by_graph.items())
    ]
    return f"{'DELETE' if delete else 'INSERT'} DATA {{\n" + "\n".join(blocks) + "\n}"
