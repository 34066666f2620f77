"""What a decision of a curator states in the graph."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import pyoxigraph as ox

from aikg.errors import RequestMalformed, UnknownNode
from aikg.intake import numbering
from aikg.intake.numbering import Called, Numbering
from aikg.ledger.records import refuse_hidden
from aikg.names import (
    BASE,
    OTHER_PREFIXES,
    PREFIXES,
    RDF_TYPE,
    RDFS_LABEL,
    graph_of,
    is_absolute,
    shorten,
)
from aikg.publication import adoption
from aikg.shared.house import House
from aikg.shared.numbers import Number, Numbers
from aikg.shared.spelling import NotShared

#: The parts of each kind of decision.
PARTS = {
    "strike": ("number",),
    "move": ("number", "to"),
    "notice": ("publication", "notice", "by", "on", "stated_in"),
    "adopt": ("outcome",),
}
#: The parts that a decision may have besides.
MORE = {"adopt": ("label", "definition", "same_as")}
#: The named graph of the notices on publications.
NOTICES = ox.NamedNode(graph_of("notices"))
_DECISIONS = BASE + "decision/"
_NOTICE_ON, _PUBLICATION = (
    ox.NamedNode(PREFIXES["aikg"] + name) for name in ("noticeOn", "Publication")
)
#: The notices, by what a curator writes.
_NOTICES = {
    "retraction": "Retraction",
    "correction": "Correction",
    "concern": "ExpressionOfConcern",
}


_OF_NUMBERS = ("strike", "move")


def node_of(decision: dict[str, Any]) -> str:
    """Return the address of a decision."""
    return f"{_DECISIONS}{decision['id']}"


def checked(kind: str, said: dict[str, str]) -> dict[str, str]:
    """Return the content of a decision in its one form.

    Args:
        kind: The kind, one of `PARTS`.
        said: Its parts as someone wrote them.

    Raises:
        RequestMalformed: There is no such kind, a part is missing, or it is not valid.
    """
    if kind not in PARTS:
        raise RequestMalformed(
            f"There is no decision {kind!r}.", advice=f"Use one of {', '.join(PARTS)}."
        )
    missing = [part for part in PARTS[kind] if not said.get(part)]
    if missing:
        raise RequestMalformed(
            f"The decision {kind} needs {' and '.join(missing)}.",
            advice=f"Send {', '.join(PARTS[kind])}.",
        )
    parts = (*PARTS[kind], *MORE.get(kind, ()))
    return _CHECKED[kind]({part: said[part] for part in parts if said.get(part)})


def excludes(kind: str, said: dict[str, str], other: str, of_other: dict[str, str]) -> bool:
    """Return whether two decisions cannot be in force together: they are about the same.

    Args:
        kind: The kind of the one.
        said: Its content.
        other: The kind of the other.
        of_other: Its content.
    """
    if kind == other == "adopt":
        return said["outcome"] == of_other["outcome"] or (
            "label" in said and adoption.node_of(said) == adoption.node_of(of_other)
        )
    one, two = ({said.get("number"), said.get("to")}, {of_other.get("number"), of_other.get("to")})
    same = kind in _OF_NUMBERS and other in _OF_NUMBERS
    return same and (said["number"] in two or of_other["number"] in one)


def quads(decision: dict[str, Any], store: ox.Store, house: House) -> list[ox.Quad]:
    """Return what a decision states.

    Args:
        decision: Its number, kind and content: `id`, `kind`, `said`.
        store: The graph, with what it says of numbers.
        house: The index of the curated nodes.

    Raises:
        UnknownNode: It is about a publication that the graph does not have.
    """
    node, said = node_of(decision), decision["said"]
    if decision["kind"] == "notice":
        return _notice_of(node, said, store, house)
    if decision["kind"] == "adopt":
        return adoption.quads(said, store, house)
    return numbering.decision(node, said["number"], said.get("to", ""))


def taken_back(decision: dict[str, Any], store: ox.Store) -> list[ox.Quad]:
    """Return the quads of a graph that a decision states."""
    node = ox.NamedNode(node_of(decision))
    found = list(store.quads_for_pattern(node, None, None, NOTICES))
    found += store.quads_for_pattern(node, None, None, numbering.GRAPH)
    if decision["kind"] == "adopt":
        found += adoption.stated(decision["said"], store)
    return found + Numbering(store, House()).quads_of(node.value)


def moved(store: ox.Store, house: House, nodes: Iterable[str]) -> tuple[list[ox.Quad], ...]:
    """Return what notices state whose publication has another address now: added, removed.

    Args:
        store: The graph, with what it says of numbers.
        house: The index of the curated nodes.
        nodes: The addresses of decisions.
    """
    found, added, removed = Numbering(store, house), list[ox.Quad](), list[ox.Quad]()
    for node in filter(is_decision, nodes):
        (called,) = found.of_graph(node)
        notice, new = ox.NamedNode(node), ox.NamedNode(found.node(called))
        removed += store.quads_for_pattern(notice, _NOTICE_ON, None, NOTICES)
        added.append(ox.Quad(notice, _NOTICE_ON, new, NOTICES))
    return added, removed


def is_decision(iri: str) -> bool:
    """Return whether an address is that of a decision."""
    return iri.startswith(_DECISIONS)


def _numbers(said: dict[str, str]) -> dict[str, str]:
    found = {part: _number(text) for part, text in said.items()}
    if len({number.about for number in found.values()}) > 1:
        raise RequestMalformed(
            "One is the number of a trial, the other of a publication.",
            advice="Write two numbers of trials, or two of publications.",
        )
    if "to" in found and found["to"] == found["number"]:
        raise RequestMalformed(
            "The two numbers are equal.", advice="Write a number of the other trial or paper."
        )
    return {part: number.text for part, number in found.items()}


def _number(text: str) -> Number:
    try:
        number = Numbers().read(text)
    except NotShared as error:
        raise RequestMalformed(str(error), advice="Correct the number.") from error
    if number is None:
        raise RequestMalformed(
            f"“{text}” is not a number of a registry or of a paper.",
            advice="Write it as in NCT00065325 or PMID 20855825.",
        )
    return number


def _notice(said: dict[str, str]) -> dict[str, str]:
    for part, text in said.items():
        refuse_hidden(part, text)
    if said["notice"] not in _NOTICES:
        raise RequestMalformed(
            f"“{said['notice']}” is not a kind of notice.",
            advice=f"Use one of {', '.join(_NOTICES)}.",
        )
    try:
        day = datetime.date.fromisoformat(said["on"])
    except ValueError as error:
        raise RequestMalformed(
            f"“{said['on']}” is not a day.", advice="Write it as in 2012-05-01."
        ) from error
    return said | {"on": day.isoformat(), "publication": _publication(said["publication"])}


def _publication(text: str) -> str:
    """Return the address of a publication, or its number in the canonical spelling."""
    if text.startswith(BASE) and is_absolute(text):
        return text
    number = _number(text)
    if number.about != "publication":
        raise RequestMalformed(
            f"{number.text} is the number of a trial.", advice="Write that of the publication."
        )
    return number.text


def _notice_of(node: str, said: dict[str, str], store: ox.Store, house: House) -> list[ox.Quad]:
    """State a notice; a publication with a number keeps it when its address changes."""
    publication, called = said["publication"], list[Called]()
    if not publication.startswith(BASE):
        called = [Called("publication", publication, (publication,))]
        publication = Numbering(store, house).node(called[0])
    publication_is_there = ox.Quad(
        ox.NamedNode(publication), ox.NamedNode(RDF_TYPE), _PUBLICATION, ox.DefaultGraph()
    )
    if publication_is_there not in store:
        raise UnknownNode(
            f"The graph has no publication {said['publication']}.",
            advice="Write its number, or its address as on its page.",
        )
    return [*_stated(node, said, publication), *numbering.quads(node, called)]


def _stated(node: str, said: dict[str, str], publication: str) -> list[ox.Quad]:
    kind, day = _NOTICES[said["notice"]], ox.NamedNode(OTHER_PREFIXES["xsd"] + "date")
    aikg = PREFIXES["aikg"]
    on = shorten(publication) if said["publication"] == publication else said["publication"]
    label = f"{said['notice']} of {on}, {said['on']}"
    values: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF_TYPE, ox.NamedNode(aikg + "PublicationNotice")),
        (RDFS_LABEL, ox.Literal(label, language="en")),
        (_NOTICE_ON.value, ox.NamedNode(publication)),
        (aikg + "noticeKind", ox.NamedNode(aikg + kind)),
        (aikg + "noticeBy", ox.Literal(said["by"])),
        (aikg + "noticeDate", ox.Literal(said["on"], datatype=day)),
        (aikg + "statedIn", ox.Literal(said["stated_in"])),
    ]
    return [
        ox.Quad(ox.NamedNode(node), ox.NamedNode(path), value, NOTICES) for path, value in values
    ]


_CHECKED: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "strike": _numbers,
    "move": _numbers,
    "notice": _notice,
    "adopt": adoption.checked,
}
