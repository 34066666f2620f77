"""External namespaces: an administrator registers the person who describes their nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aikg.errors import NamespaceRefused, UnknownNamespace
from aikg.iris import normalise, overlap, resembles_ours
from aikg.ledger import persons
from aikg.ledger.database import Database
from aikg.ledger.records import now
from aikg.names import BASE, OTHER_PREFIXES, is_absolute

#: A host with a dot in its name, perhaps a port, a path; at the end a slash or a number sign.
_FORM = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?/([^?#@]*/)?([^?#@/]+#)?")


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace that is registered.

    Attributes:
        iri: The beginning of the IRIs of its nodes.
        person: The number of the person whose nodes they are.
        holder: The label of that person.
        registered: When it was registered.
        by: Who registered it.
    """

    iri: str
    person: int
    holder: str
    registered: str
    by: str


def add(
    database: Database, iri: str, person: int, by: str, vocabularies: Iterable[str]
) -> Namespace:
    """Register a namespace for a person.

    Args:
        database: The ledger.
        iri: The namespace.
        person: The number of the person.
        by: Who registers it.
        vocabularies: The namespaces of the vocabularies that the graph is mapped to.

    Raises:
        NamespaceRefused: It is not an https address that ends in a path, or another has it.
        UnknownPerson: There is no such person.
    """
    _refuse_form(iri)
    if resembles_ours(iri) or overlap(iri, BASE):
        raise _refused(iri, "this project's own addresses")
    for vocabulary in (*OTHER_PREFIXES.values(), *vocabularies):
        _refuse_overlap(iri, vocabulary, f"the vocabulary at {vocabulary}")
    with database.transaction():
        persons.find(database, person)
        for other in every(database):
            if other.person != person or other.iri == iri:
                _refuse_overlap(iri, other.iri, f"{other.iri}, which is registered already")
        database.write("INSERT INTO namespace VALUES (?, ?, ?, ?)", (iri, person, now(), by))
        return next(one for one in every(database) if one.iri == iri)


def remove(database: Database, iri: str) -> None:
    """End a registration; what was published under it stays, and can be withdrawn.

    Raises:
        UnknownNamespace: It is not registered.
    """
    with database.transaction():
        changed = database.write("DELETE FROM namespace WHERE iri = ?", (iri,))
    if not changed:
        raise UnknownNamespace(
            f"The namespace {iri} is not registered.", advice="See `aikg namespace list`."
        )


def every(database: Database) -> list[Namespace]:
    """List all that are registered."""
    rows = database.rows(
        "SELECT iri, person, label AS holder, registered, by FROM namespace "
        "JOIN person ON person.id = namespace.person ORDER BY iri"
    )
    return [Namespace(**row) for row in rows]


def of(database: Database, person: int | None) -> list[str]:
    """Return the namespaces of a person; None, for the command line, has none."""
    rows = database.rows("SELECT iri FROM namespace WHERE person = ? ORDER BY iri", (person,))
    return [row["iri"] for row in rows]


def _refuse_form(iri: str) -> None:
    if not (_FORM.fullmatch(iri) and is_absolute(iri) and normalise(iri) == iri):
        raise NamespaceRefused(
            f"{iri!r} is not an https address that ends in a path.",
            advice="Write it in its plain form and let it end with / or #, as in "
            "https://lab.example/kg/ or https://lab.example/kg#.",
        )


def _refuse_overlap(iri: str, other: str, what: str) -> None:
    if overlap(iri, other):
        raise _refused(iri, what)


def _refused(iri: str, what: str) -> NamespaceRefused:
    return NamespaceRefused(
        f"The namespace {iri} overlaps {what}.",
        advice="Register an address below which nobody else names anything.",
    )
