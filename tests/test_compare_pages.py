"""/compare, /network and /evidence-map: formats, mistakes, the cache, and who loads numpy."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from serving import Reply, Server, start

from aikg.build import Built
from aikg.cli import main
from aikg.engine import jobs, kinds, knowing
from aikg.engine.client import Engine
from aikg.errors import DeadlineExceeded
from aikg.settings import Settings

PAIR = {"experimental": "exemestane", "reference": "anastrozole"}
ABOUT = {"outcome": "clinical-benefit", "population": "visceral"}
ASKED = {"/compare": PAIR | ABOUT, "/network": ABOUT, "/evidence-map": ABOUT}
COMMANDS = {
    "/compare": ("compare", *PAIR.values()),
    "/network": ("network",),
    "/evidence-map": ("map",),
}


def ask(server: Server, path: str, accept: str = "application/json", **more: str) -> Reply:
    """Ask one of the three; an empty parameter is left out."""
    given = {name: value for name, value in (ASKED[path] | more).items() if value}
    return server.send("GET", f"{path}?{urlencode(given)}", {"Accept": accept})


@pytest.mark.parametrize("path", ASKED)
def test_the_server_answers_as_the_command_does(
    site: Server, built: Built, settings: Settings, path: str
) -> None:
    """In the same bytes, as JSON and as CSV."""
    for form in ("json", "csv"):
        words = [*COMMANDS[path], "--outcome", "clinical-benefit", "--population", "visceral"]
        env = {"AIKG_HOME": str(settings.home)}
        printed = CliRunner().invoke(main, [*words, "--format", form], env=env)
        assert printed.exit_code == 0, printed.output
        assert ask(site, path, format=form).body.decode() == printed.stdout


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("image/svg+xml", "image/svg+xml"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
    ],
)
def test_the_client_chooses_the_format(
    site: Server, path: str, accept: str, media_type: str
) -> None:
    """By Accept; the same answer is 304 to the client that has it."""
    found = ask(site, path, accept)
    assert (found.status, found.media_type) == (200, media_type)
    tag = found.headers["ETag"]
    given = urlencode(ASKED[path])
    headers = {"Accept": accept, "If-None-Match": tag}
    assert site.send("GET", f"{path}?{given}", headers).status == 304


def test_exports_of_several_files_are_one_archive(site: Server) -> None:
    """With the names that the command writes; the same bytes each time."""
    found = ask(site, "/compare", format="metafor")
    assert found.media_type == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(found.body)).namelist()
    assert {"direct-review.csv", "refused.csv"} <= set(names)
    assert ask(site, "/compare", format="metafor", figures="both").body == found.body
    assert ask(site, "/compare", format="fhir").media_type == "application/fhir+json"
    assert ask(site, "/network", format="league").body.startswith(b"<svg")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"experimental": ""}, 400, "missing-parameter"),
        ({"outcome": ""}, 400, "missing-parameter"),
        ({"line": "first"}, 400, "unknown-parameter"),
        ({"figures": "mine"}, 400, "unknown-value"),
        ({"curated": "yes"}, 400, "unknown-value"),
        ({"measure": "mean"}, 400, "unknown-measure"),
        ({"outcome": "overall-survival", "measure": "odds-ratio"}, 400, "measure-does-not-fit"),
        ({"reference": "exemestane"}, 400, "same-treatment"),
        ({"outcome": "number-of-patients"}, 400, "outcome-without-measure"),
        ({"experimental": "aromatase-inhibitors"}, 400, "class-of-several-drugs"),
        ({"experimental": "exemestan"}, 404, "unknown-name"),
        ({"experimental": "> } DROP"}, 404, "unknown-name"),
        ({"population": "Mars"}, 404, "unknown-name"),
    ],
)
def test_a_mistake_is_a_problem_with_a_code(
    site: Server, changed: dict[str, str], status: int, code: str
) -> None:
    """For programs as JSON; for readers above the form, which keeps what they chose."""
    found = ask(site, "/compare", **changed)
    assert (found.status, found.media_type) == (status, "application/problem+json")
    problem = json.loads(found.body)
    assert problem["code"] == code
    assert problem["advice"]
    page = ask(site, "/compare", "text/html", **changed)
    assert (page.status, page.media_type) == (status, "text/html")
    assert b'<div class="problem" role="alert">' in page.body
    assert b'<select id="outcome"' in page.body
    if "outcome" not in changed:
        assert b'<option value="outcome/clinical-benefit" selected>clinical benefit' in page.body


def test_a_parameter_twice_and_an_unknown_format_are_mistakes(site: Server) -> None:
    """Neither is guessed."""
    twice = f"/compare?{urlencode(ASKED['/compare'])}&outcome=objective-response"
    found = site.send("GET", twice, {"Accept": "application/json"})
    assert (found.status, json.loads(found.body)["code"]) == (400, "repeated-parameter")
    assert ask(site, "/compare", format="spss").status == 406
    assert ask(site, "/evidence-map", format="metafor").status == 406


@pytest.mark.parametrize("path", ASKED)
def test_the_form_comes_without_a_question(site: Server, path: str) -> None:
    """It lists what has figures; what happens to no person is not an outcome to compare."""
    page = site.send("GET", path, {"Accept": "text/html"}).body.decode()
    assert '<option value="outcome/objective-response">' in page
    assert "number-of-patients" not in page
    assert ('<option value="drug/exemestane">' in page) == (path == "/compare")
    assert "no systematic search was made" in page


def test_the_first_screen_says_whose_evidence_it_is(site: Server) -> None:
    """Before the first number."""
    page = ask(site, "/compare", "text/html").body.decode()
    head = page.partition("odds ratio")[0]
    assert "No systematic search was made" in head
    assert "Whose evidence:" in head
    assert "the curators' (" in head.replace("&#39;", "'")


def test_a_page_sets_direct_against_indirect_evidence(site: Server) -> None:
    """Each test says what it is about, of a pair and of a whole network."""
    pair = ask(site, "/compare", "text/html", outcome="objective-response").body.decode()
    assert "By loop, through megestrol acetate, figures of the review: p " in pair
    network = ask(site, "/network", "text/html", outcome="objective-response").body.decode()
    assert re.search(r"By design, [^,]*after [^,]*, figures of the review: p ", network)
    assert re.search(r"By edge, \w[\w ]+ against \w[\w ]+, ", network)


def test_each_drawing_has_its_own_ids(site: Server) -> None:
    """Two drawings on one page share none."""
    page = ask(site, "/network", "text/html").body.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert {"network-title", "league-title"} <= set(ids)
    assert len(ids) == len(set(ids))


NASTY = "<b>ex</b>&\"'</script>{{ 7*7 }}=1+1"


@pytest.fixture(scope="module")
def nasty(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server on the graph in which a drug has a nasty label."""
    home = tmp_path_factory.mktemp("nasty")
    label = json.dumps(f"\u202e{NASTY}")
    quads = settings.graph.read_text(encoding="utf-8")
    (home / "graph.nq").write_text(
        quads.replace('"exemestane"@en', f"{label}@en"), encoding="utf-8"
    )
    with start(replace(settings, deadline=60), home=home) as running:
        yield running


@pytest.mark.parametrize("path", ASKED)
def test_a_nasty_label_is_only_text(nasty: Server, path: str) -> None:
    """On the page, in the drawings, in CSV and in each export; hidden characters are seen."""
    forms = ["json", "csv", "svg"]
    forms += ["metafor", "netmeta", "revman", "stata", "fhir"] if path == "/compare" else []
    answers = {"page": ask(nasty, path, "text/html").body}
    for form in forms:
        found = ask(nasty, path, format=form)
        assert found.status == 200
        answers[form] = found.body
        if found.media_type == "application/zip":
            archive = zipfile.ZipFile(io.BytesIO(found.body))
            answers[form] = b"".join(map(archive.read, archive.namelist()))
    for form, body in answers.items():
        text = body.decode()
        assert "\u202e" not in text, form
        if form in {"page", "svg"}:
            assert "<b>ex" not in text, form
            assert "</script>{" not in text, form
            assert "49" not in re.findall(r"</b>.{0,40}", text), form
    assert "&lt;b&gt;ex" in answers["page"].decode()
    assert NASTY in json.loads(answers["json"])["labels"]["drug/exemestane"]


@pytest.mark.parametrize(
    "path",
    ["/", "/drug", "/drug/exemestane", "/drug/anastrozole", "/search?q=aromasin"],
)
def test_a_nasty_label_is_only_text_on_pages(nasty: Server, path: str) -> None:
    """In sentence, heading, citation, network and tables; hidden characters are seen."""
    text = nasty.send("GET", path, {"Accept": "text/html"}).body.decode()
    assert "&lt;b&gt;ex" in text
    assert "\u202e" not in text
    assert "<b>ex" not in text
    assert "</script>{" not in text


def processes(root: int) -> dict[int, str]:
    """Return a process and all below it, with the files that each has mapped."""
    found, new = {}, [root]
    while new:
        pid = new.pop()
        try:
            found[pid] = Path(f"/proc/{pid}/maps").read_text()
            new += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system has no /proc")
def test_only_a_worker_that_compares_loads_numpy(built: Built, settings: Settings) -> None:
    """Neither the process that speaks HTTP nor the holder, which has one thread to fork."""
    with start(settings) as server:
        assert ask(server, "/compare").status == 200
        assert server.send("GET", "/search?q=exemestane", {}).status == 200
        found = processes(server.process.pid)
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        (holder,) = (
            pid
            for pid in map(int, children.read_text().split())
            if b"aikg.engine" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        with_numpy = {pid for pid, maps in found.items() if "numpy" in maps}
        assert with_numpy, "the worker that has compared waits for the next comparison"
        assert not with_numpy & {server.process.pid, holder}
        assert len(list(Path(f"/proc/{holder}/task").iterdir())) == 1
        assert len(found) > len(with_numpy) + 2, "others wait for queries"


def test_each_job_that_needs_numpy_gets_such_a_worker() -> None:
    """The process that speaks HTTP knows the names only."""
    assert set(knowing.JOBS) >= kinds.COMPARES
    assert set(jobs.JOBS) == kinds.QUERIES


@pytest.fixture
def engine(built: Built, settings: Settings) -> Iterator[Engine]:
    """An engine with two workers."""
    with Engine(replace(settings, workers=2, reserve=0, deadline=60)) as running:
        yield running


WORDS = {"outcome": "clinical-benefit", "population": "visceral"}
MAP = {"kind": "map", "words": WORDS, "format": "json"}


def test_both_kinds_of_worker_make_room_for_each_other(engine: Engine) -> None:
    """Whatever the order in which they are asked, with fewer places than would hold all."""

    def one(number: int) -> int:
        if number % 3:
            return len(engine.query("ASK { ?s ?p ?o }").read())
        return len(engine.run("compare", MAP).read())

    with ThreadPoolExecutor(4) as threads:
        sizes = list(threads.map(one, range(24)))
    assert len({size for number, size in enumerate(sizes) if number % 3 == 0}) == 1
    assert len(set(sizes)) == 2


def test_a_comparison_ends_at_its_deadline(engine: Engine) -> None:
    """With words of its own; the next one is answered."""
    engine.run("compare", MAP).read()
    with pytest.raises(DeadlineExceeded, match="The comparison was stopped") as caught:
        engine.run("compare", MAP, timeout=0.05)
    assert "population" in caught.value.advice
    assert engine.run("compare", MAP).read()
