"""The queries that are timed: templates of `bench/queries/` with parameters from the graph.

A parameter is written `?_name`, as in grlc. A query is new to every cache when it bears a number
in a comment that no other query bears.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.names import PREFIXES, RDF_TYPE
from bench.shipped import term

FOLDER = Path(__file__).with_name("queries")
SMALL, HEAVY = "small", "heavy"

_PARAMETER = re.compile(r"\?_(\w+)")
#: How many nodes of a kind are asked about, at most.
_POOL = 500


@dataclass(frozen=True)
class Workload:
    """Templates, and the values that their parameters can have.

    Attributes:
        templates: The queries, in the order of their names.
        pools: For each parameter its values, as SPARQL writes them.
    """

    templates: Sequence[Query]
    pools: Mapping[str, Sequence[str]]

    def fill(self, template: Query, random: Random) -> str:
        """Return the text of a template, each parameter with some value."""
        return _PARAMETER.sub(lambda name: random.choice(self.pools[name[1]]), template.text)

    def of_kind(self, kind: str) -> list[Query]:
        """Return the templates of a kind, small or heavy."""
        return [template for template in self.templates if template.header["kind"] == kind]


_numbers = itertools.count(1)


def unseen(text: str) -> str:
    """Make a query one that no cache has seen."""
    return f"{text}# {next(_numbers)}\n"


def read(store: ox.Store) -> Workload:
    """Read the templates, and find values for their parameters in a graph of generated trials."""
    drugs = ("anastrozole", "exemestane", "fulvestrant", "letrozole", "tamoxifen")
    pools = {
        "trial": list(_some(store, "RandomizedTrial", "/submission/")),
        "finding": list(_some(store, "GroupResult", "/submission/")),
        "drug": [f"<{PREFIXES['drug']}{drug}>" for drug in drugs],
        "class": [term(name) for name in ("Study", "Finding", "Group", "Population")],
        "result": [term(name) for name in ("GroupResult", "Finding")],
        "digit": list("0123456789"),
    }
    return Workload(read_queries(FOLDER, ("summary", "kind")), pools)


def _some(store: ox.Store, kind: str, part: str = "") -> Iterator[str]:
    kinds = store.quads_for_pattern(
        None, ox.NamedNode(RDF_TYPE), ox.NamedNode(term(kind)[1:-1]), ox.DefaultGraph()
    )
    nodes = sorted(str(quad.subject) for quad in kinds if part in str(quad.subject))
    return iter(Random(1).sample(nodes, min(_POOL, len(nodes))))
