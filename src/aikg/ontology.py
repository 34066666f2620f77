"""The ontology as one RDF/XML document, which Protégé, owlready2 and py-horned-owl read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from aikg import turtle
from aikg.names import PREFIXES


def read(root: Path) -> list[ox.Triple]:
    """Read all files of `ontology/` as one ontology.

    Raises:
        MissingFolder: The folder is not there, or holds no Turtle file.
        TurtleSyntaxError: A file is not Turtle.
    """
    return [statement.triple for statement in turtle.read_folder(root / "ontology", root)]


def rdfxml(triples: Iterable[ox.Triple]) -> bytes:
    """Write triples as RDF/XML: the same triples in the same order, the same bytes."""
    # Without the prefix `owl` the root is written as `<Ontology xmlns=...>`, which owlready2
    # takes for OWL/XML.
    return cast(bytes, ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=PREFIXES))
