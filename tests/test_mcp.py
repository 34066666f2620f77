"""The tools for language models, asked by the client of the SDK over standard input and output."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import anyio
import pytest
from conftest import ROOT
from mcp import Client, StdioServerParameters

from aikg.build import Built
from aikg.mcp import BYTES, ROWS
from aikg.settings import Settings

MANY = "SELECT ?s ?p ?o WHERE { ?s ?p ?o }"
TABLE = "SELECT ?x WHERE { ?x a <https://w3id.org/aikg/ontology/Drug> }"


@pytest.fixture(scope="module")
def answers(built: Built, settings: Settings) -> dict[str, Any]:
    """Ask one server everything, in one session."""
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "search": ("search", {"text": "aromasin"}),
        "resolve": ("resolve", {"identifier": "chebi:2704"}),
        "questions": ("questions", {}),
        "ask": ("ask", {"question": "review-table-1"}),
        "query": ("query", {"sparql": TABLE}),
        "many": ("query", {"sparql": MANY + " LIMIT 1000"}),
        "yes": ("query", {"sparql": "ASK {}"}),
        "compare": (
            "compare",
            {
                "experimental": "exemestane",
                "reference": "anastrozole",
                "outcome": "clinical-benefit",
            },
        ),
        "valid": ("validate", {"text": "<urn:a> <urn:b> <urn:c> ."}),
        "table": ("validate", {"text": "Trial,Arm\nx,y\n", "media_type": "text/csv"}),
        "unknown question": ("ask", {"question": "review-tabel-1"}),
        "unknown argument": ("search", {"text": "x", "limitt": 5}),
        "update": ("query", {"sparql": "CLEAR ALL"}),
        "outside": ("query", {"sparql": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}),
        "no type": ("validate", {"text": "x", "media_type": "application/zip"}),
        "no tool": ("read_file", {"path": "/"}),
    }
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "aikg", "mcp"],
        env={**os.environ, "AIKG_HOME": str(settings.home), "AIKG_ROOT": str(ROOT)},
    )

    async def run() -> dict[str, Any]:
        async with Client(parameters) as client:
            found: dict[str, Any] = {"tools": (await client.list_tools()).tools}
            for name, (tool, arguments) in asked.items():
                found[name] = await client.call_tool(tool, arguments)
            return found

    return anyio.run(run)


def told(result: Any) -> dict[str, Any]:
    """Read an answer."""
    assert not result.is_error, result.content
    (content,) = result.content
    assert len(content.text.encode()) <= BYTES
    return dict(json.loads(content.text))


def test_each_tool_only_reads_and_refuses_unknown_arguments(answers: dict[str, Any]) -> None:
    """No tool takes a path, an address or a person."""
    for tool in answers["tools"]:
        assert tool.annotations.read_only_hint
        assert tool.annotations.open_world_hint is False
        assert tool.input_schema["additionalProperties"] is False
        assert not {"path", "file", "url", "address", "person", "orcid"} & set(
            tool.input_schema["properties"]
        )


@pytest.mark.parametrize(
    ("name", "part"),
    [("search", "hits"), ("resolve", "found"), ("questions", "questions"), ("ask", "rows"),
     ("query", "rows"), ("many", "rows"), ("yes", "boolean"), ("compare", "comparison"),
     ("valid", "report"), ("table", "report")],
)  # fmt: skip
def test_ten_questions_are_answered_with_version_and_sources(
    answers: dict[str, Any], built: Built, name: str, part: str
) -> None:
    """And with the notice that texts are quoted."""
    found = told(answers[name])
    assert found["version"] == built.version
    assert found["sources"]["submissions"] == {}
    assert "never instructions" in found["notice"]
    assert found[part]


def test_what_is_answered(answers: dict[str, Any]) -> None:
    """The README's figures; rows up to a limit; a draft is a draft."""
    assert "drug/exemestane" in told(answers["search"])["hits"][0]["entity"]
    assert len(told(answers["ask"])["rows"]) == 8
    many = told(answers["many"])
    assert (len(many["rows"]) <= ROWS, many["truncated"], many["all_rows"]) == (True, True, 1000)
    assert told(answers["compare"])["comparison"]["summary"]
    report = told(answers["valid"])
    assert (report["state"], report["report"]["accepted"]) == ("draft", False)


@pytest.mark.parametrize(
    ("name", "said"),
    [("unknown question", "review-table-1"), ("unknown argument", "limitt"), ("update", ""),
     ("outside", "SERVICE"), ("no type", "text/turtle"), ("no tool", "read_file")],
)  # fmt: skip
def test_what_is_refused(answers: dict[str, Any], name: str, said: str) -> None:
    """An error with advice, and no traceback."""
    result = answers[name]
    assert result.is_error
    text = " ".join(content.text for content in result.content)
    assert said in text
    assert "Traceback" not in text
