"""The command line, run as a user runs it: output, exit status, and errors that say what to do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import CASES, ROOT

from aikg import web
from aikg.build import Built
from aikg.cli import server
from aikg.settings import Settings
from tools.sheets import without_later

AIKG = [sys.executable, "-m", "aikg"]


@pytest.fixture
def run(built: Built, settings: Settings):
    """Run `aikg` with the test's home; give exit status, output and errors."""

    def command(
        *words: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "AIKG_HOME": str(settings.home), "NO_COLOR": "1", **environment}
        return subprocess.run(
            [*AIKG, *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=env,
            cwd=ROOT,
            check=False,
            timeout=120,
        )

    return command


def test_help_names_each_command(run) -> None:
    """`aikg --help` is where one starts."""
    done = run("--help")
    assert done.returncode == 0
    assert all(
        verb in done.stdout for verb in ("build", "validate", "audit", "query", "reason", "serve")
    )


@pytest.mark.parametrize("module", ["aikg.cli", "aikg.cli.server"])
def test_what_other_commands_need_is_not_waited_for(module: str) -> None:
    """Libraries are imported by the commands that use them: `aikg serve` is there at once."""
    heavy = "{'rdflib', 'pyshacl', 'curies', 'openpyxl', 'flask'}"
    look = f"import sys, {module}; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_question_by_name_as_csv(run) -> None:
    """A registered question, in a format for other tools."""
    done = run("query", "review-table-2", "--format", "csv")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [
        "adverse_event,anastrozole,exemestane,versus_tamoxifen",
        "hot flushes,35,41,lower",
    ]


def test_a_query_from_standard_input_as_json(run) -> None:
    """`-` reads the query from standard input."""
    done = run("query", "-", "--format", "json", stdin="SELECT (1 + 1 AS ?two) WHERE {}")
    assert json.loads(done.stdout)["results"]["bindings"][0]["two"]["value"] == "2"


def test_a_query_from_a_file_as_a_table(run, tmp_path: Path) -> None:
    """A file is a query too, and the table ends with the number of rows."""
    path = tmp_path / "one.rq"
    path.write_text("SELECT ?x WHERE { VALUES ?x { 1 } }")
    done = run("query", str(path))
    assert done.returncode == 0
    assert done.stdout.rstrip().endswith("1 row")


def test_without_a_question_the_questions_are_listed(run) -> None:
    """Anyone who does not know a name finds it."""
    done = run("query")
    assert done.returncode == 0
    assert "review-table-1" in done.stdout


MISTAKES = [
    pytest.param(("query", "review-tabel-1"), "", "review-table-1", id="unknown question"),
    pytest.param(("query", "none.rq"), "", "none.rq", id="unknown file"),
    pytest.param(("query", "-"), "SELECT * WHERE { ?s ?p", "line 1", id="typing mistake"),
    pytest.param(("query", "-"), "SELECT * WHERE { ?s drug:x ?o }", "PREFIX", id="no prefix"),
    pytest.param(("query", "-", "--format", "turtle"), "SELECT * {}", "csv", id="wrong format"),
    pytest.param(
        ("query", "-"),
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "SERVICE",
        id="service",
    ),
    pytest.param(("validate", "none.ttl"), "", "none.ttl", id="no such file"),
]


@pytest.mark.parametrize(("words", "stdin", "expected"), MISTAKES)
def test_a_mistake_says_what_to_do(run, words, stdin: str, expected: str) -> None:
    """Exit status 1, what is wrong, and a next step; no traceback."""
    done = run(*words, stdin=stdin)
    assert done.returncode == 1
    assert "error:" in done.stderr
    assert "do:" in done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_a_mistake_of_usage(run) -> None:
    """Exit status 2, as shells expect it."""
    assert run("frobnicate").returncode == 2


def test_a_setting_that_is_no_number_is_named(run) -> None:
    """A setting that cannot be read is named with its value."""
    done = run("query", "drug-types", AIKG_DEADLINE="soon")
    assert done.returncode == 1
    assert "AIKG_DEADLINE" in done.stderr


def test_a_missing_folder_is_named(run, tmp_path: Path) -> None:
    """Outside a checkout the command says what it looks for."""
    done = run("build", AIKG_ROOT=str(tmp_path))
    assert done.returncode == 1
    assert "ontology" in done.stderr
    assert "AIKG_ROOT" in done.stderr


def test_a_port_in_use_is_named(run) -> None:
    """A second server on one port must take another, and the message says so."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "--port" in done.stderr


@pytest.mark.slow
def test_a_file_of_the_data_is_valid(run) -> None:
    """Each file of the data is valid as it is."""
    done = run("validate", "data/turtle/drugs/exemestane.ttl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("drugs/exemestane.ttl is valid: no findings, 7 triples\n")


@pytest.mark.slow
def test_the_report_is_json_for_each_file(run, tmp_path: Path) -> None:
    """A file of the graph and a submission have a report of one form."""
    (tmp_path / "mine.ttl").write_text("<a> a <https://w3id.org/aikg/ontology/Drug> .")
    files = ("data/turtle/drugs/exemestane.ttl", str(tmp_path / "mine.ttl"))
    done = run("validate", "--format", "json", *files)
    assert done.returncode == 1
    decoder, text, reports = json.JSONDecoder(), done.stdout, []
    while text.strip():
        report, end = decoder.raw_decode(text)
        reports.append(report)
        text = text[end:].lstrip()
    assert [report["accepted"] for report in reports] == [True, False]
    assert [report["file"] for report in reports] == list(files)
    assert reports[0].keys() == reports[1].keys()


@pytest.mark.slow
def test_each_finding_of_a_build_has_lines_of_its_own(run, tmp_path: Path) -> None:
    """An error message of several lines is shown as such."""
    without_later(ROOT, tmp_path)
    drug = tmp_path / "data" / "turtle" / "drugs" / "exemestane.ttl"
    drug.write_text(drug.read_text() + "drug:exemestane aikg:scafold aikg:none , aikg:nothing .\n")
    done = run("build", AIKG_ROOT=str(tmp_path), AIKG_HOME=str(tmp_path / "var"))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert any("data/turtle/drugs/exemestane.ttl:" in line for line in lines)
    assert any(line.startswith("  Fix: ") for line in lines)
    assert any(line.startswith("do: ") for line in lines)


def test_a_file_with_a_fault_is_told_with_its_line(run, tmp_path: Path) -> None:
    """A file that is not ours is judged together with our graph, and the fault has its line."""
    path = tmp_path / "mine.ttl"
    path.write_text(
        "@prefix aikg: <https://w3id.org/aikg/ontology/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "<https://w3id.org/aikg/submission/mine/arm> a aikg:Arm ;\n"
        '    rdfs:label "an arm of no trial"@en .\n'
    )
    done = run("validate", str(path))
    assert done.returncode == 1
    assert "mine.ttl:3:1" in done.stdout
    assert "no “of study”" in done.stdout


@pytest.mark.slow
def test_reason_shows_what_follows_and_hermit_agrees(run) -> None:
    """The inferred types are shown, and HermiT proves them."""
    done = run("reason", "--hermit")
    assert done.returncode == 0, done.stderr
    assert "aikg:SteroidalAromataseInhibitor" in done.stdout
    assert "HermiT agrees" in done.stderr


def test_cases_are_where_the_tests_look() -> None:
    """A moved folder of cases would leave tests without work."""
    assert any(CASES.rglob("*.ttl"))


@pytest.mark.parametrize(
    ("user", "files", "variables", "warned"),
    [
        (0, [], {}, True),
        (1000, [], {}, False),
        (0, ["made-by-an-engine"], {}, False),
        (0, [], {"container": "podman"}, False),
        (0, [], {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, False),
    ],
)
def test_a_server_of_root_is_warned_of_outside_a_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, files: list[str], variables, warned
) -> None:
    """Inside one it is usual, and any other user is well."""
    for name in server._CONTAINER_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.setattr(server, "_CONTAINER_FILES", (tmp_path / "made-by-an-engine",))
    monkeypatch.setattr(server.os, "geteuid", lambda: user)
    monkeypatch.setattr(server, "ensure_built", lambda *_: None)
    monkeypatch.setattr(server, "start_ahead", lambda *_: None)
    monkeypatch.setattr(web, "serve", lambda *_: None)
    done = CliRunner().invoke(server.serve, ["--port", "0"])
    assert (done.exit_code, "runs as root" in done.stderr) == (0, warned)
