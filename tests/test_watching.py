"""Watching a server: metrics, logs, ids of requests, readiness, and the path that a proxy adds."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text
from serving import SLOW, Reply, Server, start
from werkzeug.test import create_environ
from werkzeug.wsgi import get_current_url

from aikg import web
from aikg.engine.answer import CAUSES
from aikg.errors import SettingError
from aikg.settings import Settings, from_environment
from aikg.web import logs
from aikg.web.cache import VERSION, Cache
from aikg.web.logs import Logs, masked, request_id, shown_client

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: The Common Log Format, then id, seconds, and whether the answer was whole.
LINE = re.compile(
    r'(?P<client>\S+) - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(?P<method>[A-Z]+|-) '
    r'(?P<path>[!-~]+) HTTP/1\.[01]" (?P<status>\d{3}) (?P<sent>\d+) (?P<id>[\w.-]{1,64}) '
    r"\d+\.\d{3} (?P<end>whole|cut)"
)
TOKEN = "aikg_" + "t" * 43


@dataclass
class Watched:
    """A server behind a proxy at 127.0.0.1, with its logs and its metrics."""

    server: Server
    log: Path
    metrics: str
    home: Path

    def lines(self, *replies: Reply) -> list[re.Match[str]]:
        """Find the lines on some requests, which are written after the answers; all have the form.

        An answer from the cache has an id of its own, too.
        """
        ids = [reply.headers["X-Request-ID"] for reply in replies]
        for _ in range(200):
            found = [LINE.fullmatch(line) for line in self.log.read_text().splitlines()]
            assert all(found)
            by_id = {line["id"]: line for line in found if line}
            if by_id.keys() >= set(ids):
                assert len(by_id) == len(found)
                return [by_id[one] for one in ids]
            time.sleep(0.05)
        raise AssertionError(f"no line on {set(ids) - by_id.keys()}")

    def scrape(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Read the metrics by the strict parser of the client library: samples by labels."""
        accept = "application/openmetrics-text; version=1.0.0"
        asked = urllib.request.Request(self.metrics, headers={"Accept": accept})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        samples = [sample for family in families for sample in family.samples]
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for sample in samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
        assert sum(map(len, found.values())) == len(samples)  # no sample twice
        return found


@pytest.fixture(scope="module")
def watched(small: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One server for the module."""
    home = tmp_path_factory.mktemp("watched")
    (home / "graph.nq").write_bytes(small.graph.read_bytes())
    log = home / "access.log"
    settings = replace(
        small, access_log=str(log), metrics="127.0.0.1:0", proxy="127.0.0.1", slow=0.5
    )
    with start(settings, home=home) as server:
        assert server.process.stdout
        yield Watched(server, log, server.process.stdout.readline().split()[-1], home)


def test_a_request_has_a_line_an_id_and_a_count(watched: Watched) -> None:
    """An id from outside is kept only if it is plain; the answer returns it."""
    for sent, is_kept in (("from-the-proxy.7", True), ('a" 200 "b', False), ("x" * 65, False)):
        reply = watched.server.send("GET", "/health", {"X-Request-ID": sent})
        (line,) = watched.lines(reply)
        assert (reply.headers["X-Request-ID"] == sent) == is_kept
        assert line["id"] == reply.headers["X-Request-ID"]
        assert (line["method"], line["path"], line["status"]) == ("GET", "/health", "200")
        assert int(line["sent"]) == len(reply.body)
        assert line["client"] == "-"


def test_no_line_contains_a_query_a_token_or_a_control_character(watched: Watched) -> None:
    """Whatever a client puts into the address, and also if the request is refused."""
    paths = [
        f"/nowhere/{TOKEN}", f"/nowhere/%61ikg_{TOKEN[5:]}", "/a%0d%0ab%1b%5b31m%22", "/%e2%80%ae",
        f"/search?q=private&token={TOKEN}", "/%ff",
    ]  # fmt: skip
    headers = {"Authorization": f"Bearer {TOKEN}"}
    lines = watched.lines(*[watched.server.send("GET", path, headers) for path in paths])
    text = watched.log.read_text()
    assert TOKEN not in text
    assert "private" not in text
    assert [line["status"] for line in lines][-1] == "400"
    assert masked(f"a\x1b[31m\n{TOKEN}") == "a" + masked("\x1b[31m\n") + "aikg_..."
    assert masked("\x1b\n").isprintable()


def test_the_labels_of_the_metrics_come_from_closed_lists(watched: Watched) -> None:
    """Unknown paths, methods and parameters are `other`; the text form is parsed too."""
    for number in range(30):
        watched.server.send("GET", f"/unknown-{number}/x?q={number}", {})
    watched.server.send("GET", "/drug/exemestane", {})
    found = watched.scrape()
    routes = {route for route, _ in found["aikg_requests_total"]}
    assert "/<path:name>" in routes
    assert routes <= {"other", "refused", *known_routes()}
    assert set(found["aikg_jobs_stopped_total"]) == {(cause,) for cause in CAUSES}
    assert found["aikg_triples"][()] > 1500
    assert found["aikg_ready"][()] == 1
    assert found["aikg_slots"][()] == 4
    assert found["aikg_memory_bytes"]["graph",] > 1 << 20
    assert found["aikg_submissions"]["waiting",] == 0
    with urllib.request.urlopen(watched.metrics, timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert {family.name for family in parse_text(answer.read().decode())} >= {"aikg_queue"}
    assert watched.server.send("GET", "/metrics", {}).status == 404


def known_routes() -> set[str]:
    """List the patterns of the routes that an application has."""

    class Described:
        settings = Settings(Path(), Path())

        def describe(self) -> dict[str, str]:
            return {"version": "x"}

        def version_now(self) -> str:
            return "x"

    app = web.create_app(Described(), [])  # type: ignore[arg-type]
    of_home = {"/submissions", "/sign-in"}
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    return rules | of_home


def test_many_requests_at_once_have_each_one_line_and_one_count(watched: Watched) -> None:
    """Hits of the cache have the route of the answer that they repeat."""
    before = watched.scrape()

    def ask(number: int) -> Reply:
        query = f"/sparql?query=ASK%7B%7D&n={number % 3}&format=csv"
        return watched.server.send("GET", query, {})

    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(ask, range(120)))
    assert [line["status"] for line in watched.lines(*replies)] == ["200"] * 120
    after = watched.scrape()
    key = ("/sparql", "200")
    counted = after["aikg_requests_total"][key] - before["aikg_requests_total"].get(key, 0)
    assert counted == 120
    results = after["aikg_cache_requests_total"], before["aikg_cache_requests_total"]
    hits, misses = (results[0][name,] - results[1][name,] for name in ("hit", "miss"))
    assert hits > misses >= 3


def test_a_query_that_is_stopped_is_counted_and_recorded_without_its_text(
    watched: Watched, small: Settings
) -> None:
    """The record of slow requests has a hash that is the same for the same text."""
    sent = "/sparql?" + urllib.parse.urlencode({"query": SLOW, "timeout": 1})
    stopped = watched.scrape()["aikg_jobs_stopped_total"]["deadline",]
    replies = [watched.server.send("GET", sent, {}) for _ in range(2)]
    assert {reply.status for reply in replies} == {503}
    assert [line["status"] for line in watched.lines(*replies)] == ["503", "503"]
    assert watched.scrape()["aikg_jobs_stopped_total"]["deadline",] == stopped + 2
    text = (watched.home / "slow.log").read_text()
    slow = [json.loads(line) for line in text.splitlines()][-2:]
    assert [one["id"] for one in slow] == [reply.headers["X-Request-ID"] for reply in replies]
    assert {one["route"] for one in slow} == {"/sparql"}
    assert slow[0]["sha256"] == slow[1]["sha256"]
    assert "SELECT" not in text


def test_alive_and_ready_are_two_questions(watched: Watched) -> None:
    """Both are answered 200 by a server in order."""
    for path in ("/health/live", "/health/ready"):
        reply = watched.server.send("GET", path, {})
        assert (reply.status, json.loads(reply.body)) == (200, {"status": "ok"})
        assert "ETag" not in reply.headers


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/kg", "/kg"), ("/kg/Drugs/", "/kg/Drugs"), ("", ""), ("kg", ""), ("//host", ""),
        ("/kg%2f", ""), ("/kg?x", ""), ('/"><b', ""), ("/../x", ""), ("/a" * 60, ""),
    ],
)  # fmt: skip
def test_the_proxy_says_which_path_it_adds(watched: Watched, sent: str, seen: str) -> None:
    """Letters and slashes only; the cache keeps an answer apart for each path."""
    headers = {"Accept": "text/html", "X-Forwarded-Prefix": sent}
    for _ in range(2):
        page = watched.server.send("GET", "/", headers).body.decode()
        assert f'href="{seen}/sparql"' in page
    signed = watched.server.send("GET", "/submissions/sign-in", headers)
    assert f"Path={seen}/submissions" in signed.headers["Set-Cookie"]


def test_scheme_host_and_path_are_parts_of_the_key_of_the_cache() -> None:
    """An address in an answer is one that the client of this request can use."""

    def app(environ: WSGIEnvironment, respond: StartResponse) -> list[bytes]:
        environ[VERSION] = "1"
        respond("200 OK", [("Content-Type", "text/plain")])
        return [get_current_url(environ).encode()]

    cache = Cache(app, lambda: "1", 1 << 20, 1000)
    bases = ["http://a.example/", "https://a.example/", "http://b.example/", "http://a.example/x/"]
    for base in [*bases, *bases]:
        pieces = cache(create_environ("/drug", base), lambda *_: bool)
        assert b"".join(pieces).decode() == f"{base}drug"
    assert cache.measure()["hits"] == len(bases)


def test_only_the_proxy_is_believed_and_the_public_address_wins(
    small: Settings, server: Server
) -> None:
    """A server without a proxy ignores the header; one with `AIKG_URL` has that path."""
    headers = {"Accept": "text/html", "X-Forwarded-Prefix": "/kg"}
    assert 'href="/sparql"' in server.send("GET", "/", headers).body.decode()
    public = replace(small, proxy="127.0.0.1", url="https://kg.example.org/data")
    with start(public) as running:
        assert 'href="/data/sparql"' in running.send("GET", "/", headers).body.decode()


def test_a_log_names_clients_as_the_setting_says() -> None:
    """Nothing by default; networks name no person."""
    assert shown_client("192.0.2.77", "none") == "-"
    assert shown_client("192.0.2.77", "network") == "192.0.2.0/24"
    assert shown_client("2001:db8:1:2::/64", "network") == "2001:db8:1::/48"
    assert shown_client("192.0.2.77", "address") == "192.0.2.77"
    assert shown_client("a\nname", "address") == "-"
    assert request_id("a b") != request_id("a b")


def test_the_record_of_slow_requests_is_bounded(
    small: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """It keeps one older part; with the setting it has the texts, without tokens."""
    monkeypatch.setattr(logs, "SLOW_BYTES", 2000)
    told = Logs(replace(small, home=tmp_path, slow=0.0, slow_texts="yes"))
    request.addfinalizer(told.close)
    for number in range(50):
        told.note(
            logs.Exchange(
                str(number), "-", "GET", "/", "1.1", "/sparql", 200, 0, 1.0, True, f"ASK # {TOKEN}"
            )
        )
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["slow.log", "slow.log.1"]
    assert all(path.stat().st_size <= 2000 for path in tmp_path.iterdir())
    assert json.loads((tmp_path / "slow.log").read_text().splitlines()[-1])["query"] == (
        "ASK # aikg_..."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("METRICS", "somewhere"), ("METRICS", "127.0.0.1:99999"), ("LOG_CLIENTS", "all"),
     ("SLOW_TEXTS", "maybe"), ("SLOW", "0")],
)  # fmt: skip
def test_a_setting_that_is_not_valid_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it may be."""
    monkeypatch.setenv(f"AIKG_{name}", value)
    with pytest.raises(SettingError, match=f"AIKG_{name}") as caught:
        from_environment()
    assert caught.value.advice


def test_a_log_that_cannot_be_written_is_named(small: Settings, tmp_path: Path) -> None:
    """Before the server listens."""
    with pytest.raises(SettingError, match="AIKG_ACCESS_LOG"):
        Logs(replace(small, access_log=str(tmp_path / "none" / "access.log")))


def test_a_port_alone_is_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The metrics are not for everyone unless an operator says so."""
    monkeypatch.setenv("AIKG_METRICS", "9464")
    assert from_environment().metrics == "127.0.0.1:9464"
