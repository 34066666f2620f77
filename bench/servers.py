"""The servers, each a process of its own on the same triples, started and stopped alike."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.peers import Peers

#: The servers' names in the tables. The control runs twice: how far apart the two are is noise.
OURS, CONTROL, AGAIN = "aikg", "oxigraph, in memory", "the same again"
DISK, FUSEKI, RDFLIB = "oxigraph, on disk", "Fuseki", "rdflib-endpoint"

#: How long a server may take to load its graph, in seconds.
START = 900.0

LOG_WARNINGS = Path(__file__).with_name("log4j2.properties")


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes:
        name: What the table calls it.
        port: Where it listens, on loopback.
        path: The path of its endpoint.
        pid: The process that speaks HTTP.
        ready: How long it took from its start to its first answer, in seconds.
    """

    name: str
    port: int
    path: str
    pid: int
    ready: float

    @property
    def url(self) -> str:
        """The address of its endpoint."""
        return f"http://127.0.0.1:{self.port}{self.path}"


@dataclass(frozen=True)
class Data:
    """One graph in the forms that the servers load.

    Attributes:
        home: A folder with `graph.nq`, as `aikg serve` finds it: every triple twice, in the default
            graph and in that of its source.
        triples: The default graph alone, as N-Triples, for what knows no physical default graph.
    """

    home: Path
    triples: Path

    @property
    def quads(self) -> Path:
        """The whole graph as N-Quads."""
        return self.home / "graph.nq"


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def run(
    name: str,
    command: Sequence[str],
    port: int,
    path: str,
    environment: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Run a program until the end of the block; it is entered when the endpoint answers."""
    with TemporaryDirectory(prefix="bench-") as folder:
        output = Path(folder) / "output"
        began = time.monotonic()
        with output.open("wb") as sink:
            process = subprocess.Popen(
                command, env=os.environ | (environment or {}), stdout=sink, stderr=sink, cwd=folder
            )
        try:
            _await(process, port, path, output)
            ready = time.monotonic() - began
            yield Server(name, port, path, process.pid, ready)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int, path: str, output: Path) -> None:
    """Wait until an ASK is answered."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(connection),
        ):
            connection.request("GET", f"{path}?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not answer: {output.read_text()[-2000:]}")


@contextmanager
def ours(data: Data, deadline: float = 60) -> Iterator[Server]:
    """Run `aikg serve` with its defaults; only the deadline is longer."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("aikg")), "serve", "--port", str(port)]
    environment = {"AIKG_HOME": str(data.home), "AIKG_DEADLINE": str(deadline)}
    environment["AIKG_PUBLISH_OWN"] = "yes"  # one person sends the paper and publishes it
    with run(OURS, command, port, "/sparql", environment) as server:
        yield server


@contextmanager
def oxigraph_memory(peers: Peers, data: Data, name: str) -> Iterator[Server]:
    """Run `oxigraph serve` in memory, loaded over HTTP."""
    port = free_port()
    command = [str(peers.oxigraph), "serve", "--bind", f"127.0.0.1:{port}"]
    with run(name, command, port, "/query") as server:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START)
        headers = {"Content-Type": "application/n-quads"}
        with contextlib.closing(connection), data.quads.open("rb") as quads:
            connection.request("POST", "/store", quads, headers, encode_chunked=True)
            response = connection.getresponse()
            if response.status >= 300:
                raise RuntimeError(f"{name} takes no data: {response.status} {response.read()!r}")
        yield server


@contextmanager
def oxigraph_disk(peers: Peers, location: Path) -> Iterator[Server]:
    """Run `oxigraph serve-read-only` on a folder that `oxigraph load` has filled."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    command = [str(peers.oxigraph), "serve-read-only", "--location", str(location)]
    with run(DISK, [*command, "--bind", bind], port, "/query") as server:
        yield server


@contextmanager
def rdflib_endpoint(peers: Peers, data: Data) -> Iterator[Server]:
    """Run rdflib-endpoint; its default graph is the union, so it is given each triple once."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port)]
    command = [str(peers.rdflib_endpoint), "serve", *options, str(data.triples)]
    with run(RDFLIB, command, port, "/") as server:
        yield server


@contextmanager
def fuseki(jar: Path, data: Data, heap: str) -> Iterator[Server]:
    """Run Apache Jena Fuseki in memory."""
    port = free_port()
    options = ["--localhost", "--port", str(port), "--file", str(data.quads), "/ds"]
    quiet = f"-Dlog4j2.configurationFile={LOG_WARNINGS}"  # not a line for each request
    command = ["java", f"-Xmx{heap}", quiet, "-jar", str(jar), *options]
    with run(FUSEKI, command, port, "/ds/sparql") as server:
        yield server
