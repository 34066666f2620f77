"""What a submission may do: describe its own nodes, and point at any other (decision 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from aikg.characters import hidden
from aikg.intake.submission import Submission
from aikg.intake.terms import node_of, value_of
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, SUBMISSIONS
from aikg.rules.checks import Problem

_RDFS, _OWL = OTHER_PREFIXES["rdfs"], OTHER_PREFIXES["owl"]

#: Properties by which terms are defined; a label and a comment are free to all.
_DEFINING = (_RDFS + "subClassOf", _RDFS + "subPropertyOf", _RDFS + "domain", _RDFS + "range", _OWL)

#: What a node is called by, on pages, in tables and in a terminal.
_NAMES = (
    RDFS_LABEL,
    *(PREFIXES["skos"] + name for name in ("prefLabel", "altLabel")),
    PREFIXES["dcterms"] + "title",
)

#: Types that make a node a term, or a shape.
_TERMS = (_RDFS, _OWL, OTHER_PREFIXES["rdf"] + "Property", OTHER_PREFIXES["sh"])


def split(
    store: ox.Store, submission: Submission
) -> tuple[list[ox.Triple], list[Problem], set[str]]:
    """Part what a submission may say from what it may not.

    Args:
        store: The published graph, in the default graph.
        submission: What was sent.

    Returns:
        The triples that it may say; what is wrong with the others, a problem a node; and the nodes
        that it may describe.
    """
    refused: dict[str, Problem] = {}
    allowed: list[ox.Triple] = []
    foreign = dict(_foreign(store, submission))
    for triple in submission.triples:
        node = node_of(triple)
        problem = foreign.get(node) or _defining(triple) or _hidden_in_name(triple)
        if problem is None:
            allowed.append(triple)
        else:
            refused.setdefault(node, problem)
    told = any(problem.level == "Error" for problem in submission.problems)
    if not submission.triples and not told:
        refused[""] = _nothing(submission)
    return allowed, list(refused.values()), {node_of(triple) for triple in allowed}


def _foreign(store: ox.Store, submission: Submission) -> Iterator[tuple[str, Problem]]:
    for node in submission.nodes:
        ours = node.startswith(BASE) and not node.startswith(submission.namespace)
        known = (ox.NamedNode(node), None, None, ox.DefaultGraph())
        if ours or next(iter(store.quads_for_pattern(*known)), None) is not None:
            yield node, _broken("own-nodes", node, *_told(node, submission))


def _told(node: str, submission: Submission) -> tuple[str, str]:
    other, slash, _ = node.removeprefix(SUBMISSIONS).partition("/")
    if node.startswith(SUBMISSIONS) and slash and other != submission.name:
        return (
            f"This is called {submission.name}, and describes what the submission {other} names.",
            f"If it is that submission, send it under that name: {other}.",
        )
    return (
        "The submission describes a node that is not its own.",
        f"Point at it from a node of yours, named under {submission.namespace} or in a namespace "
        "of your own; to contradict what another says, send a finding of your own.",
    )


def _defining(triple: ox.Triple) -> Problem | None:
    path, value = triple.predicate.value, _iri(triple.object)
    if path.startswith(_DEFINING) or (path == RDF_TYPE and value.startswith(_TERMS)):
        advice = (
            "Describe evidence in the terms of the ontology; propose a new term as a change to "
            "the files of the project."
        )
        what = "The submission defines a term."
        return _broken("no-new-terms", node_of(triple), what, advice, path, value or None)
    return None


def _hidden_in_name(triple: ox.Triple) -> Problem | None:
    path, value = triple.predicate.value, value_of(triple)
    character = hidden(value) if path in _NAMES else None
    if character is None:
        return None
    what = f"The name “{value}” contains the hidden character {character}."
    advice = "Write the name without control characters, line breaks and marks of direction."
    return _broken("hidden-character", node_of(triple), what, advice, path, value)


def _nothing(submission: Submission) -> Problem:
    what, advice = "The file says nothing.", "Send a file with at least one statement."
    return _broken("nothing-said", submission.namespace, what, advice)


def _broken(  # noqa: PLR0913, PLR0917  what a problem is made of
    rule: str,
    node: str,
    what: str,
    advice: str,
    path: str | None = None,
    value: str | None = None,
) -> Problem:
    return Problem("Error", rule, node, path, value, what, advice, kind="rule")


def _iri(term: Any) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
