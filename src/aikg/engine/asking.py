"""What a store is asked for pages and for the Graph Store Protocol, as queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyoxigraph as ox

from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, graph_of
from aikg.sparql.grammar import TOKEN

#: The beginning of a SELECT and the bracket that opens its pattern.
_SELECT = re.compile(r"\bSELECT\b([^{}]*?)(?:\bWHERE\s*)?\{", re.IGNORECASE)
_THIS = re.compile(r"\?this\b|\*")
_VOCABULARIES = f"<{graph_of('description/vocabularies')}>"
_RIGHTS = f"<{OTHER_PREFIXES['dcterms']}accessRights>"


def on_base(query: str) -> str:
    """Return a query with the base of this graph, which its own declarations may replace."""
    return f"BASE <{BASE}> {query}"


def about(query: str, node: ox.NamedNode) -> str:
    """Return one of our own queries in which `?this` is a node, wherever it is projected."""
    bare = TOKEN.sub(lambda m: m[0] if m["word"] or m[0][0] in "?$" else "~" * len(m[0]), query)
    parts, last = [], 0
    for select in _SELECT.finditer(bare):
        if _THIS.search(select[1]):
            parts += [query[last : select.end()], f" VALUES ?this {{ {node} }} "]
            last = select.end()
    return "".join([*parts, query[last:]])


def is_known(node: ox.NamedNode) -> str:
    """Return a query: whether any graph has a statement about a node, or its name."""
    patterns = (f"{node} ?p ?o", f"?s ?p {node}")
    return "ASK { " + " UNION ".join(
        [f"{{ {one} }} UNION {{ GRAPH ?g {{ {one} }} }}" for one in patterns]
        + [f"{{ GRAPH {node} {{ ?s ?p ?o }} }}"]
    ) + " }"  # fmt: skip


def kinds_of(node: ox.NamedNode) -> str:
    """Return a query for the classes of a node."""
    return f"SELECT ?kind WHERE {{ {node} <{RDF_TYPE}> ?kind }}"


def labels_of(nodes: Sequence[str]) -> str:
    """Return a query for the labels of nodes."""
    named = " ".join(str(ox.NamedNode(iri)) for iri in nodes)
    return f"SELECT ?node ?label WHERE {{ VALUES ?node {{ {named} }} ?node <{RDFS_LABEL}> ?label }}"


def graph(name: str) -> str:
    """Return a query for a graph; "" is the default graph."""
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in PREFIXES.items())
    pattern = "?s ?p ?o"
    where = f"GRAPH {ox.NamedNode(name)} {{ {pattern} }}" if name else pattern
    return f"{prefixes}CONSTRUCT {{ {pattern} }} WHERE {{ {where} }}"


def graph_exists(name: str) -> str:
    """Return a query: whether there is a graph."""
    return f"ASK {{ GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }} }}"


def is_kept_back(name: str) -> str:
    """Return a query: whether a graph may not be passed on as a whole."""
    return f"ASK {{ GRAPH {_VOCABULARIES} {{ {ox.NamedNode(name)} {_RIGHTS} ?rights }} }}"


def best_labels(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, list[ox.Literal]]]:
    """Yield each node with its labels."""
    found: dict[str, list[ox.Literal]] = {}
    for node, label in rows:
        if isinstance(label, ox.Literal):
            found.setdefault(node.value, []).append(label)
    yield from found.items()
