"""The rules of ownership: a submission describes its own nodes, and may point at any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from aikg.characters import hidden
from aikg.intake.numbering import Numbering
from aikg.intake.submission import ParsedSubmission
from aikg.intake.terms import node_of, text_of, value_of
from aikg.iris import normalise, resembles_ours
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, SUBMISSIONS
from aikg.rules.checks import Problem
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY
from aikg.shared.house import House
from aikg.shared.mint import Refusal, repeat
from aikg.shared.numbers import canonical, is_number

_RDFS, _OWL = OTHER_PREFIXES["rdfs"], OTHER_PREFIXES["owl"]

#: Properties by which terms are defined; a label and a comment are free to all.
_DEFINING = (_RDFS + "subClassOf", _RDFS + "subPropertyOf", _RDFS + "domain", _RDFS + "range", _OWL)

#: The names of a node on pages, in tables and in a terminal.
_NAMES = (
    RDFS_LABEL,
    *(PREFIXES["skos"] + name for name in ("prefLabel", "altLabel")),
    PREFIXES["dcterms"] + "title",
)

#: Types that make a node a term, or a shape.
_IDENTIFIER = PREFIXES["dcterms"] + "identifier"
_TERMS = (_RDFS, _OWL, OTHER_PREFIXES["rdf"] + "Property", OTHER_PREFIXES["sh"])


def split(
    submission: ParsedSubmission, house: House | None = None
) -> tuple[list[ox.Triple], list[Problem], set[str]]:
    """Separate the statements that a submission may make from the others.

    Args:
        submission: The submission.
        house: The index of the curated nodes, which shared nodes are compared with.

    Returns:
        The triples that it may state; a problem for each node with other triples; and the nodes
        that it may describe.
    """
    refused: dict[str, Problem] = {}
    allowed: list[ox.Triple] = []
    foreign = dict(_foreign(submission)) | dict(_not_shared(submission, house or House()))
    for triple in submission.triples:
        node = node_of(triple)
        problem = (
            foreign.get(node) or _defining(triple) or _hidden_in_name(triple) or _keyed(triple)
        )
        if problem is None:
            allowed.append(triple)
        else:
            refused.setdefault(node, problem)
    told = any(problem.level == "Error" for problem in submission.problems)
    if not submission.triples and not told:
        refused[""] = _nothing(submission)
    return allowed, list(refused.values()), {node_of(triple) for triple in allowed}


def doubles(store: ox.Store, triples: list[ox.Triple], house: House) -> Iterator[Problem]:
    """Find the trials and publications with a number that another node has.

    Args:
        store: The published graph.
        triples: The statements of the submission.
        house: The index of the curated nodes.
    """
    path, numbering = ox.NamedNode(_IDENTIFIER), Numbering(store, house)
    for triple in triples:
        if triple.predicate != path:
            continue
        text = canonical(value_of(triple))
        if not is_number(text) or numbering.is_decided(text):
            continue
        same = store.quads_for_pattern(None, path, ox.Literal(text), ox.DefaultGraph())
        found = {text_of(quad.subject) for quad in same} | {house.numbers.get(text, "")}
        if keys.is_shared(node_of(triple)):  # two shared nodes with one number become one
            found = {node for node in found if not keys.is_shared(node)}
        for other in sorted(found - {node_of(triple), ""}):
            what = f"The graph has the number {text} at <{other}>."
            advice = f"If it is the same, describe it there or point at it: <{other}>."
            yield _broken(
                "two-trials", node_of(triple), what, advice, _IDENTIFIER, value_of(triple)
            )


def _foreign(submission: ParsedSubmission) -> Iterator[tuple[str, Problem]]:
    """Find the nodes outside the submission's namespaces, new or known."""
    for node in submission.nodes:
        if not submission.owns(node) and not keys.is_shared(node):
            yield node, _broken("own-nodes", node, *_in_words(node, submission))


def _not_shared(submission: ParsedSubmission, house: House) -> Iterator[tuple[str, Problem]]:
    """Find the nodes that lie where shared nodes lie, and are not what their keys say."""
    stated: dict[str, list[ox.Triple]] = {}
    for triple in submission.triples:
        if keys.is_shared(node_of(triple)):
            stated.setdefault(node_of(triple), []).append(triple)
    for node, found in repeat(stated, house).items():
        if isinstance(found, Refusal):
            said = found.found, found.advice, found.path, found.value
            yield node, _broken("shared-node", node, *said)


def _keyed(triple: ox.Triple) -> Problem | None:
    node = node_of(triple)
    if triple.predicate.value != SHARED_KEY or keys.is_shared(node):
        return None
    what = "A node of the submission's own has a shared key."
    advice = f"Leave aikg:sharedKey out, or describe the shared node itself, under {keys.SHARED}."
    return _broken("shared-node", node, what, advice, SHARED_KEY, value_of(triple))


def _in_words(node: str, submission: ParsedSubmission) -> tuple[str, str]:
    """Say why a node is not the submission's, in the same words for nodes that lie together."""
    where = node[: max(node.rfind("/"), node.rfind("#"), node.find(":")) + 1]
    point = (
        f"Name your own nodes under {submission.namespace}, and point at this one from there; "
        "to contradict another source, send a finding of your own."
    )
    normal = normalise(node)
    if submission.owns(normal):
        part = normal[: max(normal.rfind("/"), normal.rfind("#")) + 1]
        return (
            f"The submission describes nodes under “{where}”, which is another spelling of {part}.",
            f"Write the address as {part}, in the same letters everywhere.",
        )
    other, slash, _ = normal.removeprefix(SUBMISSIONS).partition("/")
    if normal.startswith(SUBMISSIONS) and slash and other != submission.name:
        return (
            f"This submission is called {submission.name}, and describes nodes of the submission "
            f"{other}.",
            f"If it is that submission, send it under that name: {other}. {point}",
        )
    return _outside(node, normal, where), (
        f"{point} If a namespace is yours, ask the server's administrator to register it "
        "(`aikg namespace add`), and validate with your token."
    )


def _outside(node: str, normal: str, where: str) -> str:
    """Say where a node lies that is in no submission's namespace."""
    what = f"The submission describes nodes under “{where}”"
    if normal.startswith(BASE) and node.startswith(BASE):
        return f"{what}, which belongs to this project."
    if resembles_ours(node):
        return f"{what}, which resembles {BASE}."
    for prefix, namespace in OTHER_PREFIXES.items():
        if node.startswith(namespace):
            return f"The submission describes terms of the vocabulary {prefix} ({namespace})."
    return f"{what}, a namespace that is not registered for its sender."


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


def _nothing(submission: ParsedSubmission) -> Problem:
    what, advice = "The file contains no statement.", "Send a file with at least one."
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
