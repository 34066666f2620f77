"""Whether servers give the same answers, by value: each writes numbers in its own way."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random

import pyoxigraph as ox

from aikg.files.queries import Query
from bench.client import Client
from bench.servers import Server
from bench.workload import Workload

#: How many parameters each query is compared with.
SAMPLES = 3

_NUMERIC = ("decimal", "double", "float", "integer")


def summary(body: bytes, exact: bool) -> str:
    """Return what an answer says; not exactly: how much, where the query leaves open which rows."""
    if body.lstrip()[:1] != b"{":
        triples = sorted(
            " ".join(_value(term) for term in (quad.subject, quad.predicate, quad.object))
            for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
        )
        return "\n".join(triples)
    answer = json.loads(body)
    if "boolean" in answer:
        return str(answer["boolean"])
    rows = answer["results"]["bindings"]
    if not exact:
        return f"{len(rows)} rows"
    return "\n".join(sorted(json.dumps(_row(row), sort_keys=True) for row in rows))


def _row(row: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: _number(term["value"], term.get("datatype", "")) for name, term in row.items()}


def _value(term: object) -> str:
    if isinstance(term, ox.Literal):
        return _number(term.value, term.datatype.value)
    return str(getattr(term, "value", term))


def _number(text: str, datatype: str) -> str:
    return f"{float(text):.8g}" if datatype.endswith(_NUMERIC) else text


def disagreements(servers: Sequence[Server], workload: Workload, seed: int = 1) -> list[str]:
    """Ask all servers alike; give a line for each query that one answers not as the first."""
    random = Random(seed)
    found = []
    for template in workload.templates:
        queries = [workload.fill(template, random) for _ in range(SAMPLES)]
        first, *others = [_answers(server, template, queries) for server in servers]
        for server, answers in zip(servers[1:], others, strict=True):
            if answers != first:
                found.append(f"{server.name}: {template.name}: {_difference(first, answers)}")
    return found


def _answers(server: Server, template: Query, queries: Sequence[str]) -> list[str]:
    exact = template.header.get("compare") != "count"
    with Client(server.url) as client:
        answers = [client.ask(query) for query in queries]
    return [summary(a.body, exact) if a.good else f"status {a.status}" for a in answers]


def _difference(first: Sequence[str], other: Sequence[str]) -> str:
    mine, theirs = next(pair for pair in zip(first, other, strict=True) if pair[0] != pair[1])
    if theirs.startswith("status"):
        return f"no answer ({theirs})"
    return f"{theirs[:200]!r} instead of {mine[:200]!r}"
