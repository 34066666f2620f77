"""The list of each kind of node: `/drug`, `/study`, `/claim` and the like.

The queries of `queries/lists/` are its tables; a kind without one has that of `any.rq`. In each,
`?this` is the class.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from aikg.engine.client import Engine
from aikg.files.queries import Query, read_queries
from aikg.names import PREFIXES
from aikg.web import problems, sections
from aikg.web.cache import VERSION


@dataclass(frozen=True)
class Kind:
    """A kind of node.

    Attributes:
        title: What several of it are called.
        name: Its class in the ontology.
        about: What such a node is, in a sentence.
        mapped: Whether the sitemap lists each of them.
    """

    title: str
    name: str
    about: str
    mapped: bool = False

    @property
    def iri(self) -> str:
        """The IRI of its class."""
        return PREFIXES["aikg"] + self.name


#: The kinds by the beginning of the addresses of their nodes.
KINDS = {
    "drug": Kind(
        "Drugs", "Drug", "Each drug with its classes, and how often it was compared.", True
    ),
    "study": Kind(
        "Trials", "Study", "Each trial with its treatments and the patients it enrolled.", True
    ),
    "outcome": Kind("Outcomes", "Outcome", "Each outcome that a source reports.", True),
    "claim": Kind(
        "Claims", "Claim", "Each claim of a source, and what the figures say of it.", True
    ),
    "publication": Kind("Publications", "Publication", "Each paper, review and guideline.", True),
    "population": Kind("Populations", "Population", "Each description of patients.", True),
    "issue": Kind("Known problems", "DataIssue", "Each known problem of a source.", True),
    "drug-class": Kind("Drug classes", "DrugClass", "Each class of drugs.", True),
    "target": Kind("Targets", "Target", "Each target of a drug.", True),
    "regimen": Kind("Regimens", "Regimen", "Each treatment with dose and schedule."),
    "component": Kind("Parts of regimens", "RegimenComponent", "Each drug with its dose."),
    "arm": Kind("Arms", "Arm", "Each arm of a trial."),
    "group": Kind("Groups of patients", "Group", "Each group of patients with a figure."),
    "finding": Kind("Figures", "Finding", "Each figure, with its place in a document."),
    "passage": Kind("Passages", "Passage", "Each place in a document that a figure stands at."),
    "derivation": Kind("Derivations", "Derivation", "Each rule by which a figure is computed."),
}


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the lists."""
    routes = Blueprint("lists", __name__)

    @routes.get(f"/<any({', '.join(repr(name) for name in KINDS)}):kind>")
    def listing(kind: str) -> Response:
        query, asked = _query(engine, kind), KINDS[kind]
        answer = sections.ask(engine, asked.iri, [query])
        (found,) = json.loads(answer.read())
        if answer.repeatable:
            request.environ[VERSION] = answer.version
        if not problems.wants_page():
            rows = found["results"]["bindings"]
            return jsonify(
                [
                    {name: term["value"] for name, term in row.items() if name != "this"}
                    for row in rows
                ]
            )
        table = sections.section(query, found)
        return make_response(render_template("list.html", kind=kind, asked=asked, table=table))

    return routes


def _query(engine: Engine, kind: str) -> Query:
    """Return the query of a kind's list."""
    queries = {q.name: q for q in read_queries(engine.settings.root / "queries" / "lists")}
    return queries.get(kind, queries["any"])
