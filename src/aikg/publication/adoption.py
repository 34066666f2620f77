"""A proposed outcome becomes a part of the vocabulary of the house, in a curator's words."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.errors import RequestMalformed, UnknownNode
from aikg.intake.known import Known, present
from aikg.ledger.records import refuse_hidden
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDFS_LABEL, graph_of
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY, describe
from aikg.shared.house import House
from aikg.shared.spelling import slug

#: The named graph of the outcomes that curators adopted.
GRAPH = ox.NamedNode(graph_of("adopted"))

_OUTCOMES, _NEW = f"{keys.SHARED}outcome/", f"{BASE}adopted/outcome/"
_SKOS = OTHER_PREFIXES["skos"]
_REPLACES = ox.NamedNode(OTHER_PREFIXES["dcterms"] + "replaces")
_DEFAULT = ox.DefaultGraph()
#: The longest label and definition.
_LONGEST = 400


def node_of(said: dict[str, str]) -> str:
    """Return the address of the outcome that takes the place of a proposed one."""
    return said.get("same_as") or f"{_NEW}{slug(said['label'])}"


def checked(said: dict[str, str]) -> dict[str, str]:
    """Return the content of an adoption in its one form.

    Raises:
        RequestMalformed: It is not valid.
        NameMalformed: A text has a hidden character.
    """
    for part, text in said.items():
        refuse_hidden(part, text)
        if len(text) > _LONGEST:
            raise RequestMalformed(
                f"The {part} has more than {_LONGEST} characters.", advice="Shorten it."
            )
    said = said | {"outcome": _whole(said["outcome"])}
    if not said["outcome"].startswith(_OUTCOMES):
        raise RequestMalformed(
            f"<{said['outcome']}> is not a proposed outcome.",
            advice=f"Write an address that begins with {_OUTCOMES}, as on its page.",
        )
    if "same_as" in said:
        return {"outcome": said["outcome"], "same_as": _whole(said["same_as"])}
    if not {"label", "definition"} <= said.keys() or not slug(said["label"]):
        raise RequestMalformed(
            "An outcome is adopted under a label with a definition, or as one that the graph has.",
            advice="Send label and definition, or same_as with the address of the other outcome.",
        )
    return said


def _whole(iri: str) -> str:
    return iri if iri.startswith(BASE) else BASE + iri.lstrip("/")


def quads(said: dict[str, str], store: ox.Store, house: House) -> list[ox.Quad]:
    """Return what an adoption states; the key of the proposed outcome joins its content.

    Raises:
        UnknownNode: No submission proposes the outcome, or the graph does not have the other one.
        RequestMalformed: The graph has an outcome with that label.
    """
    old, new = said["outcome"], ox.NamedNode(node_of(said))
    if "key" not in said:
        said["key"] = _key(old, store)
        _refuse(said, store)
    if present(store, house, new.value) != new.value:
        return []  # the files have it by now
    replaces = [ox.Quad(new, _REPLACES, ox.NamedNode(old), GRAPH)]
    if "same_as" in said:
        return replaces
    made = describe(keys.read(said["key"]), lambda iri: None)
    own = {RDFS_LABEL, SHARED_KEY}
    kept = [(t.predicate.value, t.object) for t in made.triples if t.predicate.value not in own]
    worded: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDFS_LABEL, ox.Literal(said["label"], language="en")),
        (_SKOS + "definition", ox.Literal(said["definition"], language="en")),
    ]
    if made.label != said["label"]:
        worded.append((_SKOS + "altLabel", ox.Literal(made.label, language="en")))
    found = [ox.Quad(new, ox.NamedNode(path), value, GRAPH) for path, value in worded]
    found += [ox.Quad(new, ox.NamedNode(path), value, GRAPH) for path, value in kept]
    return found + replaces


def stated(said: dict[str, str], store: ox.Store) -> list[ox.Quad]:
    """Return the quads of a graph that an adoption states."""
    new, old = ox.NamedNode(node_of(said)), ox.NamedNode(said["outcome"])
    if "same_as" in said:
        return list(store.quads_for_pattern(new, _REPLACES, old, GRAPH))
    return list(store.quads_for_pattern(new, None, None, GRAPH))


def users(said: dict[str, str], store: ox.Store, *, undone: bool) -> list[str]:
    """Return the named graphs of the submissions that use a proposed outcome.

    Args:
        said: The content of the adoption.
        store: The graph.
        undone: Whether it is undone: then those that use the adopted outcome.
    """
    path = ox.NamedNode(PREFIXES["aikg"] + "ofOutcome")
    node = ox.NamedNode(node_of(said) if undone else said["outcome"])
    found = [*store.quads_for_pattern(None, path, node, None)]
    found += [] if undone else store.quads_for_pattern(node, None, None, None)
    start = graph_of("submission/")
    names = {getattr(quad.graph_name, "value", "") for quad in found}
    return sorted(name for name in names if name.startswith(start))


def _key(old: str, store: ox.Store) -> str:
    path = ox.NamedNode(SHARED_KEY)
    for quad in store.quads_for_pattern(ox.NamedNode(old), path, None, _DEFAULT):
        if isinstance(quad.object, ox.Literal):
            return quad.object.value
    raise UnknownNode(
        f"No published submission proposes the outcome <{old}>.",
        advice="Write the address as on its page.",
    )


def _refuse(said: dict[str, str], store: ox.Store) -> None:
    known = Known(store)
    if "same_as" in said:
        if known.is_a(ox.NamedNode(said["same_as"]), "Outcome"):
            return
        raise UnknownNode(
            f"The graph has no outcome <{said['same_as']}>.", advice="Write an address of its page."
        )
    same = [n for n in known.every("Outcome", said["label"]) if n.value != said["outcome"]]
    if same:
        raise RequestMalformed(
            f"The graph has an outcome “{said['label']}”: <{same[0].value}>.",
            advice=f"Adopt it as that one (same_as={same[0].value}), or choose another label.",
        )
