"""The client of a SPARQL store: terms as they are, bounds, and errors that say what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest
from sparql_store import SparqlStore, drip, serving

from aikg.errors import (
    AnswerTooLarge,
    DeadlineExceeded,
    SettingError,
    StoreRefused,
    StoreUnreachable,
)
from aikg.store.addresses import authorization
from aikg.store.protocol import Store, insert_data

DECIMAL = ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
S, P, G = (ox.NamedNode(f"http://example.org/{name}") for name in "spg")


@pytest.fixture
def behind() -> SparqlStore:
    """Return a store whose behaviour the test may change."""
    return SparqlStore()


@pytest.fixture
def store(behind: SparqlStore) -> Iterator[Store]:
    """Serve it."""
    with serving(behind) as address:
        yield Store(address, address)


def test_what_is_written_is_read(store: Store) -> None:
    """Texts, tags of languages, numbers and graphs come back as they were sent."""
    texts = [ox.Literal('a "quoted"\nline \\ é \U0001f600'), ox.Literal("x", language="de")]
    quads = [ox.Quad(S, P, text, G) for text in texts] + [ox.Quad(S, P, ox.Literal(1))]
    store.update(insert_data(quads))
    assert {t.object for t in store.read(G.value)} == set(texts)
    assert [t.object for t in store.read()] == [ox.Literal(1)]
    names, rows = store.select("SELECT ?o ?none { GRAPH ?g { ?s ?p ?o } FILTER(lang(?o) = 'de') }")
    assert (names, rows) == (["o", "none"], [(texts[1], None)])
    assert store.holds(f"ASK {{ GRAPH {G} {{ {S} {P} ?o }} }}")
    store.update(insert_data(quads[:1], delete=True))
    assert len(store.read(G.value)) == 1


def test_triples_in_another_format(store: Store, behind: SparqlStore) -> None:
    """A store without N-Triples answers in Turtle or RDF/XML; the type of the answer says which."""
    store.update(insert_data([ox.Quad(S, P, ox.Literal("x", language="en"))]))
    wanted = store.read()
    for form in (ox.RdfFormat.TURTLE, ox.RdfFormat.RDF_XML):

        def write_answer(found: ox.QueryTriples, form: ox.RdfFormat = form) -> tuple[str, bytes]:
            return form.media_type, found.serialize(format=form) or b""

        behind.write_answer = write_answer  # type: ignore[method-assign,assignment]
        assert store.read() == wanted


def test_a_mistake_is_reported_in_the_words_of_the_store(store: Store) -> None:
    """The message has the status and the store's own words."""
    with pytest.raises(StoreRefused, match=r"answers 400: .*expected") as caught:
        store.select("SELEKT")
    assert caught.value.answered == 400
    with pytest.raises(StoreRefused, match="rows in place of a boolean"):
        store.holds("SELECT * {}")
    with pytest.raises(StoreRefused, match="a boolean in place of rows"):
        store.select("ASK {}")
    with pytest.raises(SettingError, match="No address for updates"):
        Store(store.address).update("CLEAR ALL")


def test_an_answer_is_bounded(store: Store) -> None:
    """An answer above the bound is not read to its end."""
    small = Store(store.address, most=100)
    with pytest.raises(AnswerTooLarge, match="longer than 100 bytes"):
        small.select(f"SELECT ('{'x' * 200}' AS ?x) {{}}")


def test_an_answer_that_trickles_ends_at_the_deadline(store: Store, behind: SparqlStore) -> None:
    """Each byte comes in time, and the answer does not."""
    behind.write = lambda send, body: drip(send, body, 0.05)  # type: ignore[method-assign]
    asked = "SELECT * { VALUES ?x { 1 2 3 4 5 6 7 8 9 } }"
    with (
        pytest.raises(DeadlineExceeded, match=r"did not answer within 0\.4 s"),
        store.ask(asked, "*/*", 0.4, grace=0.0) as answer,
    ):
        answer.read()


def test_an_answer_that_breaks_off_is_an_error(store: Store, behind: SparqlStore) -> None:
    """Half an answer is never taken for a whole one."""
    behind.write = lambda send, body: send(body[:10])  # type: ignore[method-assign]
    with pytest.raises(StoreUnreachable, match="ends before its end"):
        store.select("SELECT * {}")


def test_a_store_that_stops_a_query(store: Store, behind: SparqlStore) -> None:
    """The store's own deadline is reported as one."""

    def late(text: str) -> tuple[str, bytes]:
        raise TimeoutError

    behind.query = late  # type: ignore[method-assign]
    with pytest.raises(DeadlineExceeded, match="stopped the query"):
        store.select("SELECT * {}")


def test_the_deadline_is_sent_too(store: Store, behind: SparqlStore) -> None:
    """A store that reads `timeout=` can stop the query itself; nothing is compressed."""
    fields = []
    plain = behind.query
    behind.query = lambda text: fields.append(text) or plain(text)  # type: ignore
    store.select("SELECT * {}", timeout=7)
    (_, headers) = behind.seen[0]
    assert headers["Accept-Encoding"] == "identity"
    assert int(headers["Content-Length"]) == len("query=SELECT+%2A+%7B%7D&timeout=7")


def answering(status: int, **headers: str) -> type[BaseHTTPRequestHandler]:
    """Return a server that answers each request so, and counts them."""

    class Handler(BaseHTTPRequestHandler):
        count = 0

        def do_POST(self) -> None:
            Handler.count += 1
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    return Handler


@pytest.fixture
def served() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Return a function that serves a handler until the end of the test."""
    running: list[HTTPServer] = []

    def serve(handler: type[BaseHTTPRequestHandler]) -> str:
        server = HTTPServer(("127.0.0.1", 0), handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/q"

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_redirect_is_not_followed(
    served: Callable[[type[BaseHTTPRequestHandler]], str],
) -> None:
    """Else a store could send the request, and the password, to another host."""
    target = answering(200)
    handler = answering(307, Location=served(target))
    with pytest.raises(StoreRefused, match="redirect, which is not followed"):
        Store(served(handler), authorization="Basic c2VjcmV0").select("SELECT * {}")
    assert target.count == 0  # type: ignore[attr-defined]


def test_no_server_is_an_error_with_advice() -> None:
    """The message names host and port."""
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:1 does not answer") as caught:
        Store("http://127.0.0.1:1/q").select("SELECT * {}")
    assert "address" in caught.value.advice


@pytest.mark.parametrize(
    "address",
    [
        "ftp://h/q",
        "h",
        "http://",
        "http://h:99999/",
        "http://h/a b",
        "http://h/\u202eq",
        "http://[",
    ],
)
def test_what_is_no_address(address: str) -> None:
    """The message does not repeat it."""
    with pytest.raises(SettingError, match="not one of HTTP"):
        Store(address)


def test_a_password_stays_out_of_every_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in an address, an error, or what a traceback shows of the store."""
    with pytest.raises(SettingError) as caught:
        Store("http://user:sesame@127.0.0.1:1/q")
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login user password sesame\n")
    monkeypatch.setenv("NETRC", str(file))
    file.chmod(0o644)
    with pytest.raises(SettingError, match="Others can read") as readable:
        authorization("http://127.0.0.1:1/q")
    file.chmod(0o600)
    header = authorization("http://127.0.0.1:1/q")
    assert header == "Basic dXNlcjpzZXNhbWU="
    assert authorization("http://other.example/q") == ""
    store = Store("http://127.0.0.1:1/q", authorization=header)
    with pytest.raises(StoreUnreachable) as gone:
        store.select("SELECT * {}")
    file.write_text("machine 127.0.0.1 sesame\n")
    with pytest.raises(SettingError, match="not a netrc file") as malformed:
        authorization("http://127.0.0.1:1/q")
    said = [str(e.value) + e.value.advice for e in (caught, readable, gone, malformed)]
    assert not [text for text in [*said, repr(store)] if "sesame" in text or "dXNl" in text]
