"""An engine and a server on a small graph, for the tests that load this as a plugin."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import pytest

from aikg.build import Built
from aikg.engine.client import Engine
from aikg.settings import Settings

#: How long a query may take here, in seconds: long for what ends, on a machine that is busy too.
DEADLINE = 20.0

#: A hundred million rows of the small graph. They take half a minute to count, in little memory,
#: and the tests set shorter deadlines.
ROWS = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 100000000"
SLOW = f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT * {ROWS} }} }}"

#: A count that needs half a gigabyte, which is more than the settings below allow.
LARGE = """SELECT (COUNT(DISTINCT ?x) AS ?n) {
  ?a ?b ?c . ?d ?e ?f BIND(CONCAT(STR(?a), STR(?d)) AS ?x) }"""

BASE = "https://w3id.org/aikg/"
QUESTION = f"""#+ summary: What are the drugs called?
SELECT ?drug ?label {{
  ?drug a <{BASE}ontology/Drug> ; <http://www.w3.org/2000/01/rdf-schema#label> ?label
}} ORDER BY ?drug
"""
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
GRAPH = f"""# aikg 0123456789ab
<{BASE}drug/anastrozole> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{BASE}ontology/Drug> .
<{BASE}drug/anastrozole> <{LABEL}> "anastrozole"@en .
<{BASE}drug/exemestane> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{BASE}ontology/Drug> .
<{BASE}drug/exemestane> <{LABEL}> "exemestane <i>\\u00E9</i>"@en .
<{BASE}drug/exemestane> <{BASE}ontology/value> "13.5"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<{BASE}drug/exemestane> <{BASE}ontology/value> "apart" <{BASE}graph/apart> .
"""


@dataclass(frozen=True)
class Reply:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get_content_type()


@dataclass(frozen=True)
class Server:
    """A server that runs in a process of its own."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """The address of the endpoint."""
        return f"http://127.0.0.1:{self.port}/sparql"

    def send(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None = None
    ) -> Reply:
        """Send one request and read the whole reply."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for a small graph, its memory narrow."""
    root = tmp_path_factory.mktemp("small")
    (root / "queries" / "competency").mkdir(parents=True)
    (root / "queries" / "competency" / "drugs.rq").write_text(QUESTION)
    for folder in ("pages", "fragments", "lists"):  # a section of a page may include a fragment
        shutil.copytree(Path(__file__).parents[1] / "queries" / folder, root / "queries" / folder)
    settings = Settings(root, home=root, deadline=DEADLINE, memory=200 << 20, workers=4)
    filler = (f'<urn:s{i}> <urn:p> "{i}" .\n' for i in range(1500))
    settings.graph.write_text(GRAPH + "".join(filler))
    return settings


@pytest.fixture
def engine(small: Settings) -> Iterator[Engine]:
    """An engine on the small graph, of the test's own."""
    with Engine(small) as running:
        yield running


@pytest.fixture(scope="session")
def shared_engine(small: Settings) -> Iterator[Engine]:
    """An engine on the small graph, for tests that neither change the graph nor end its process."""
    with Engine(small) as running:
        yield running


@contextmanager
def start(
    settings: Settings,
    port: int = 0,
    home: Path | None = None,
    said: Path | None = None,
    host: str = "127.0.0.1",
    files: int | None = None,
) -> Iterator[Server]:
    """Run a server in a process of its own, as `aikg serve` does, and end it by SIGTERM.

    Args:
        settings: Its settings.
        port: Its port; 0 for one that is free.
        home: Its home; None for one of its own with the graph of the settings.
        said: A file for what it writes to standard error.
        host: Where it listens.
        files: How many descriptors it may have; None for as many as the test has.
    """
    with tempfile.TemporaryDirectory() as folder:
        if home is None:
            shutil.copy(settings.graph, folder)
        with (
            (said or Path(os.devnull)).open("w") as errors,
            _run(replace(settings, home=home or Path(folder)), host, port, errors, files) as server,
        ):
            yield server


@contextmanager
def _run(
    settings: Settings, host: str, port: int, errors: TextIO, files: int | None
) -> Iterator[Server]:
    environment = {
        "AIKG_ROOT": str(settings.root),
        "AIKG_HOME": str(settings.home),
        "AIKG_DEADLINE": str(settings.deadline),
        "AIKG_MEMORY": str(settings.memory),
        "AIKG_STACK": str(settings.stack),
        "AIKG_QUERY_BYTES": str(settings.query_bytes),
        "AIKG_WORKERS": str(settings.workers),
        "AIKG_SUBMISSION_BYTES": str(settings.submission_bytes),
        "AIKG_QUOTA_BYTES": str(settings.quota_bytes),
        "AIKG_QUOTA_UNDECIDED": str(settings.quota_undecided),
        "AIKG_PROXY": settings.proxy,
        "AIKG_SHARE": str(settings.share),
        "AIKG_QUEUE": str(settings.queue),
        "AIKG_THREADS": str(settings.threads),
        "AIKG_CONNECTIONS": str(settings.connections),
        "AIKG_CLIENT_CONNECTIONS": str(settings.client_connections),
        "AIKG_HEAD_SECONDS": str(settings.head_seconds),
        "AIKG_BODY_RATE": str(settings.body_rate),
        "AIKG_BODIES": str(settings.bodies),
        "AIKG_URL": settings.url,
        "AIKG_CONTACT": settings.contact,
        "AIKG_RELEASES": str(settings.releases),
        "AIKG_PUBLISH_OWN": "yes" if settings.publish_own else "no",
        "AIKG_ACCESS_LOG": settings.access_log,
        "AIKG_LOG_CLIENTS": settings.log_clients,
        "AIKG_SLOW": str(settings.slow),
        "AIKG_SLOW_TEXTS": settings.slow_texts,
        "AIKG_METRICS": settings.metrics,
        "AIKG_LEDGER": settings.ledger,
        "AIKG_STORE": settings.store,
        "AIKG_VOCABULARIES": settings.vocabularies,
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
    }
    # A test run in the background of a shell ignores SIGINT, and so would what it starts.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    if files:
        program += f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({files}, {files})); "
    program += "from aikg import settings, web; "
    program += f"web.serve(settings.from_environment(), {host!r}, {port})"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    ) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            yield Server(int(said.partition("/sparql")[0].rpartition(":")[2]), process)
        finally:
            process.terminate()
            process.wait(60)  # what has begun is answered


@pytest.fixture(scope="session")
def server(small: Settings) -> Iterator[Server]:
    """A server on the small graph."""
    with start(small) as running:
        yield running


@pytest.fixture(scope="session")
def site(built: Built, settings: Settings) -> Iterator[Server]:
    """A server on the whole graph, which the modules share: no test changes or ends it."""
    with start(replace(settings, deadline=60)) as running:
        yield running
