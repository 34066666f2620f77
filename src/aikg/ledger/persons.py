"""Persons: the owners of names, namespaces and tokens.

An administrator makes a person. Two persons may have the same label: they are two all the same,
until an administrator joins them.
"""

from __future__ import annotations

from dataclasses import dataclass

from aikg.errors import UnknownPerson
from aikg.ledger.database import Database
from aikg.ledger.records import now, refuse_hidden

#: The tables that say whose a row is.
_OWNED = ("token", "submission", "event", "namespace", "decision", "draft")


@dataclass(frozen=True, slots=True)
class Person:
    """A person, as the administrator knows them.

    Attributes:
        id: Their number.
        label: Their label.
        created: When the row was made.
    """

    id: int
    label: str
    created: str


def add(database: Database, label: str) -> int:
    """Make a person, within a transaction, and return their number.

    Raises:
        NameMalformed: The label has a hidden character.
    """
    refuse_hidden("person", label)
    database.write("INSERT INTO person (label, created) VALUES (?, ?)", (label, now()))
    return int(database.rows("SELECT max(id) AS id FROM person")[0]["id"])


def find(database: Database, number: int) -> Person:
    """Find the person of a number.

    Raises:
        UnknownPerson: There is none.
    """
    rows = database.rows("SELECT id, label, created FROM person WHERE id = ?", (number,))
    if not rows:
        raise UnknownPerson(f"No person has the number {number}.", advice="See `aikg person list`.")
    return Person(**rows[0])


def every(database: Database) -> list[Person]:
    """List all persons."""
    rows = database.rows("SELECT id, label, created FROM person ORDER BY id")
    return [Person(**row) for row in rows]


def join(database: Database, number: int, into: int) -> None:
    """Make one person of two: all that the one owns belongs to the other from then on.

    Raises:
        UnknownPerson: There is no such person, or they are one already.
    """
    with database.transaction():
        find(database, number)
        find(database, into)
        if number == into:
            raise UnknownPerson(
                f"{number} and {into} are the same number.",
                advice="Name two persons; see `aikg person list`.",
            )
        owned = [(table, "person") for table in _OWNED]
        for table, column in (*owned, ("decision", "undone_person")):
            database.write(
                f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608  from above
                (into, number),
            )
        database.write("DELETE FROM person WHERE id = ?", (number,))
