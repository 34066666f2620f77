"""An operator's story: nginx with TLS and a path in front, an old home, a backup, a move."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import old_homes
import pytest
from conftest import ROOT
from desk import TURTLE, trial
from serving import Reply, start

from aikg.build import Built
from aikg.ledger import tokens
from aikg.ledger.sqlite import SQLite, copy_of_backup, saved_before
from aikg.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl"
    ),
]

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?f a <https://w3id.org/aikg/ontology/Finding> }"
#: The part of the page that an operator copies.
(LOCATION,) = re.findall(
    r"```nginx\n(.*?)```", (ROOT / "docs" / "how-to" / "deploy.md").read_text(), re.DOTALL
)


#: Sends a request to a proxy: method, path, body, headers.
Send = Callable[..., Reply]


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def proxy(folder: Path, server: int) -> Iterator[Send]:
    """Run nginx with the page's own lines and a certificate of its own; yield what asks it."""
    folder.mkdir()
    key, certificate, port = folder / "key.pem", folder / "certificate.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}} http {{ access_log off; {paths} server {{\n"
        f"listen 127.0.0.1:{port} ssl;\n"
        f"ssl_certificate {certificate}; ssl_certificate_key {key};\n"
        + LOCATION.replace("127.0.0.1:8080", f"127.0.0.1:{server}")
        + "}}\n"
    )
    folder.chmod(0o755)
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            trusted = ssl.create_default_context(cafile=str(certificate))
            yield partial(send, trusted, port)
        finally:
            process.terminate()
            process.wait(30)


def send(
    trusted: ssl.SSLContext,
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    **headers: str,
) -> Reply:
    """Send a request over TLS."""
    connection = http.client.HTTPSConnection("localhost", port, timeout=120, context=trusted)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def test_from_an_old_home_to_a_new_machine(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Upgrade, serve below a path with TLS, take evidence, back up, restore: the same answers."""
    home, other = tmp_path / "home", tmp_path / "other"
    old_homes.make("home-0.1.0", home, settings.graph)
    behind = replace(settings, proxy="127.0.0.1", access_log=str(tmp_path / "access.log"))
    question = "/kg/sparql?" + urllib.parse.urlencode({"query": COUNT, "format": "csv"})
    with start(behind, home=home) as server, proxy(tmp_path / "one", server.port) as ask:
        assert saved_before(home / "ledger.db", 1).exists()
        page = ask("GET", "/kg/", Accept="text/html").body.decode()
        assert 'href="/kg/sparql"' in page
        assert not re.search(r'(?:href|src|action)="/(?!kg/)', page)
        signed = ask("GET", "/kg/submissions/sign-in", Accept="text/html")
        assert "Path=/kg/submissions" in signed.headers["Set-Cookie"]
        assert "Secure" in signed.headers["Set-Cookie"]
        described = ask("GET", "/kg/.well-known/api-catalog").body.decode()
        assert "https://localhost/kg/sparql" in described
        before = ask("GET", question).body
        database = SQLite(home / "ledger.db")
        made = [tokens.create(database, who, "review") for who in ("Sender", "Curator")]
        database.close()
        sender, curator = ({"Authorization": f"Bearer {token}"} for token in made)
        target = "/kg/submissions?licence=CC-BY-4.0&name=operators"
        sent = ask("POST", target, trial("operators"), Content_Type=TURTLE, **sender)
        assert sent.status == 201, sent.body
        assert sent.headers["Location"].endswith("/kg/submissions/operators/1")
        published = ask("POST", "/kg/submissions/operators/1/publish", b"", **curator)
        assert published.status == 200, published.body
        answers = {path: ask("GET", path).body for path in (question, "/kg/health")}
        assert answers[question] != before
        database = SQLite(home / "ledger.db")
        database.copy(tmp_path / "backup.db")  # as `aikg backup` does, while the server runs
        database.close()
    assert not any(token in (tmp_path / "access.log").read_text() for token in made)
    other.mkdir()
    copy_of_backup(tmp_path / "backup.db", other / "ledger.db")
    shutil.copy(settings.graph, other)
    with start(behind, home=other) as server, proxy(tmp_path / "two", server.port) as ask:
        assert {path: ask("GET", path).body for path in answers} == answers
        assert json.loads(answers["/kg/health"])["withheld"] == []
