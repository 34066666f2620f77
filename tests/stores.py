"""A SPARQL store for the tests: Apache Jena Fuseki where its jar is found, and one of the test's.

The variable AIKG_FUSEKI_JAR names the jar; otherwise it is looked for beside the benchmark's peers.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aikg.sparql import grammar
from aikg.sparql.formats import SOLUTIONS, TRIPLES, choose
from bench.servers import LOG_WARNINGS

#: What an update has that the store only reads: it requires a version that no graph has.
_READ_ONLY = '<http://www.w3.org/ns/dcat#version> "" }'
#: A query with this is stopped at the deadline that the request names.
ENDLESS = "LIMIT 100000000"
#: The fields of a request that name graphs, by the option of the engine.
_GRAPHS = {"default_graph": "default-graph-uri", "named_graphs": "named-graph-uri"}


def fuseki_jar() -> Path | None:
    """Return the jar of Fuseki, or None without it or without Java."""
    found = [Path(os.environ.get("AIKG_FUSEKI_JAR", "/nowhere"))]
    found += sorted(Path(os.environ.get("AIKG_BENCH", "/nowhere")).glob("peers/*fuseki*.jar"))
    jar = next((file for file in found if file.is_file()), None)
    return jar if jar and shutil.which("java") else None


class SmallStore:
    """A store in this process, with the addresses of Fuseki: /ds/query, /ds/update, /ds/data.

    Attributes:
        store: What it has.
        updates: The texts of the updates that it was sent.
    """

    def __init__(self) -> None:
        self.store = ox.Store()
        self.updates: list[str] = []
        self._breaks: list[bool] = []
        self.lock = threading.Lock()

    def query(self, fields: dict[str, list[str]], accept: str) -> tuple[str, bytes]:
        """Answer a query in the format that a header prefers."""
        text = fields["query"][0]
        grammar.refuse_outward(text)
        graphs: dict[str, Any] = {
            name: [ox.NamedNode(iri) for iri in fields.get(field, ())]
            for name, field in _GRAPHS.items()
        }
        graphs = graphs if any(graphs.values()) else {}
        if ENDLESS in text:
            time.sleep(float(fields["timeout"][0]))
            raise TimeoutError("Query timed out")
        with self.lock:
            found = self.store.query(text, **graphs)
            if isinstance(found, ox.QueryTriples):
                media_type = choose(None, accept, TRIPLES).media_type
                return media_type, found.serialize(
                    format=ox.RdfFormat.from_media_type(media_type)
                ) or b""
            media_type = choose(None, accept, SOLUTIONS).media_type
            form = ox.QueryResultsFormat.from_media_type(media_type)
            return media_type, found.serialize(format=form) or b""

    def update(self, text: str) -> None:
        """Apply an update, whole or not at all."""
        self.updates.append(text)
        breaks = self._breaks.pop(0) if self._breaks and _READ_ONLY not in text else None
        if breaks is not False:
            with self.lock:
                self.store.update(text)
        if breaks is not None:
            raise ConnectionError("the store ends")

    def break_next(self, *, applied: bool) -> None:
        """End the connection of the next update of a step, before it is applied or after."""
        self._breaks.append(applied)

    def replace(self, body: bytes) -> None:
        """Replace all graphs."""
        quads = list(ox.parse(body, format=ox.RdfFormat.N_QUADS))
        with self.lock:
            self.store.clear()
            self.store.bulk_extend(quads)


def _handler(behind: SmallStore) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            path, _, query = self.path.partition("?")
            try:
                if path == "/ds/update":
                    behind.update(body)
                    self._answer(204, "", b"")
                else:
                    fields = urllib.parse.parse_qs(body) | urllib.parse.parse_qs(query)
                    self._answer(200, *behind.query(fields, self.headers["Accept"]))
            except (SyntaxError, ValueError) as error:
                self._answer(400, "text/plain", str(error).encode())
            except TimeoutError as error:
                self._answer(503, "text/plain", str(error).encode())
            except ConnectionError:
                self.close_connection = True

        def do_PUT(self) -> None:
            behind.replace(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(204, "", b"")

        def _answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            if media_type:
                self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    return Handler


@contextmanager
def serving(behind: SmallStore) -> Iterator[str]:
    """Serve a store on loopback; yield the address of its dataset."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(behind))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/ds"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Fuseki:
    """Apache Jena Fuseki on a folder, which can be killed and started again."""

    def __init__(self, jar: Path, folder: Path) -> None:
        self._jar, self._folder = jar, folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = int(listener.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The address of its dataset."""
        return f"http://127.0.0.1:{self._port}/ds"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        quiet = f"-Dlog4j2.configurationFile={LOG_WARNINGS}"
        options = ["--localhost", "--port", str(self._port), "--update", "--tdb2"]
        command = ["java", "-Xmx1g", quiet, "-jar", str(self._jar), *options]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--loc={self._folder / 'tdb'}", "/ds"],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        ask = f"{self.address}/query?{urllib.parse.urlencode({'query': 'ASK {}'})}"
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(ask, timeout=5):
                return
            time.sleep(0.1)
        raise RuntimeError((self._folder / "log").read_text()[-2000:])

    def kill_soon(self) -> None:
        """End it at a moment of chance within the next step."""
        threading.Timer(random.uniform(0.2, 3.0), self.kill).start()

    def kill(self) -> None:
        """End it at once."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def fuseki(jar: Path, folder: Path) -> Iterator[Fuseki]:
    """Run Fuseki until the end of the block."""
    (folder / "tdb").mkdir(parents=True)
    running = Fuseki(jar, folder)
    try:
        running.start()
        yield running
    finally:
        running.kill()
