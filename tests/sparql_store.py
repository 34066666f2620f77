"""A small SPARQL store over HTTP, in this process, whose behaviour a test can change.

It has the default graph and the deadline that aikg needs. A fault replaces one step of it.
"""

from __future__ import annotations

import re
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyoxigraph as ox

from aikg.errors import AikgError
from aikg.sparql import grammar

_OUTWARD = re.compile(r"\b(?:LOAD|SERVICE)\b\s*(?:SILENT\s*)?<")
ROWS, TRIPLES = "application/sparql-results+json", "application/n-triples"


class SparqlStore:
    """A store of its own; a test replaces its methods to break one behaviour at a time."""

    def __init__(self) -> None:
        self.store = ox.Store()
        self.seen: list[tuple[str, dict[str, str]]] = []

    def answer(self, text: str, timeout: float | None) -> tuple[str, bytes]:
        """Answer a query within its deadline; what it began goes on in a thread."""
        if timeout is None:
            return self.query(text)
        done: Future[tuple[str, bytes]] = Future()

        def work() -> None:
            try:
                done.set_result(self.query(text))
            except Exception as error:
                done.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return done.result(timeout)

    def query(self, text: str) -> tuple[str, bytes]:
        """Answer a query: media type and body."""
        grammar.refuse_outward(text)
        return self.write_answer(self.store.query(text))

    def write_answer(self, found: Any) -> tuple[str, bytes]:
        """Write an answer: media type and body."""
        if isinstance(found, ox.QueryTriples):
            return TRIPLES, found.serialize(format=ox.RdfFormat.N_TRIPLES) or b""
        return ROWS, found.serialize(format=ox.QueryResultsFormat.JSON) or b""

    def update(self, text: str) -> None:
        """Apply an update, whole or not at all."""
        if _OUTWARD.search(text):
            raise ValueError("LOAD and SERVICE are refused.")
        self.store.update(text)

    def write(self, send: Callable[[bytes], object], body: bytes) -> None:
        """Send the body of an answer."""
        send(body)


def _handler(behind: SparqlStore) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            behind.seen.append((self.path, dict(self.headers)))
            try:
                if "sparql-update" in self.headers["Content-Type"]:
                    behind.update(text)
                    self._answer(204, "", b"")
                else:
                    fields = urllib.parse.parse_qs(text)
                    timeout = float(fields["timeout"][0]) if "timeout" in fields else None
                    self._answer(200, *behind.answer(fields["query"][0], timeout))
            except (AikgError, SyntaxError, ValueError, RuntimeError) as error:
                self._answer(400, "text/plain", str(error).encode())
            except TimeoutError:
                self._answer(503, "text/plain", b"Query timed out")

        def _answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            if media_type:
                self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                behind.write(self.wfile.write, body)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    return Handler


@contextmanager
def serving(behind: SparqlStore) -> Iterator[str]:
    """Serve a store on loopback; yield its address for queries and updates."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(behind))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/sparql"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def drip(send: Callable[[bytes], object], body: bytes, pause: float) -> None:
    """Send a body byte by byte."""
    for byte in body:
        send(bytes([byte]))
        time.sleep(pause)
