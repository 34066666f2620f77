"""Inference: OWL 2 RL rules over the ontology's axioms, and rules of evidence.

Rules are applied to a whole graph, or asked only about some of its nodes.

https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.names import graph_of
from aikg.rules.announcing import announce

#: The named graph of all inferred triples.
INFERRED = ox.NamedNode(graph_of("inferred"))

#: The folders of rules, in their order. A rule of a later folder may use `NOT EXISTS`, because all
#: that follows by the earlier folders is in the graph by then.
STRATA = ("owl", "evidence", "sizes")

#: The folders of rules that judge claims, in their order, after all others; each is applied once.
CLAIMS = tuple(
    f"claims/{name}"
    for name in ("lines", "cited", "margins", "reasons", "directions", "assessments")
)

#: The folder of rules that name nodes for people, after those on claims; no rule reads a name.
NAMES = "names"
#: The folders whose rules are applied once, after the others.
ONCE = (*CLAIMS, NAMES)

#: Rule cax-dw: no individual is of two classes that exclude each other.
_DISJOINT = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT DISTINCT ?node ?class ?other
WHERE {
  ?class owl:disjointWith ?other .
  ?node a ?class , ?other .
}
ORDER BY ?node ?class ?other
"""


_COMMENTS_AND_TEXTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
#: Parts of a pattern that bind no variable for the rest, or only one that is free.
_APART = re.compile(r"\b(?:FILTER\s*(?:NOT\s+EXISTS|EXISTS)?|OPTIONAL|MINUS|BIND)\s*(?=[({])", re.I)
_WHERE = re.compile(r"\}\s*(?:WHERE\s*)?\{", re.I)
_SUBSELECT = re.compile(r"\{\s*SELECT\b.*?\bWHERE\s*\{", re.I | re.S)
_VALUES = re.compile(r"\bVALUES \?(\w+) \{ ([^{}]*) \}")
_VARIABLE = re.compile(r"\?(\w+)")
_NODES = "#nodes#"
#: The patterns of a rule about axioms alone, between two comments, with the variables that the rest
#: of the rule reads.
_AXIOMS = re.compile(r"# axioms: ([^\n]*)\n(.*?)# members\n", re.S)


def derive(
    store: ox.Store,
    rules: Path,
    strata: Sequence[str] = STRATA,
    once: Sequence[str] = ONCE,
) -> list[ox.Triple]:
    """Return all triples that follow from the default graph and are not in it, sorted.

    The store does not change. Domains and ranges conclude nothing: an error in the data would then
    give a node a class, where a shape should report it. Nothing is concluded about the classes and
    properties themselves.

    Args:
        store: The ontology and the data, in the default graph.
        rules: The folder `queries/rules/`: CONSTRUCT queries, in one folder a stratum.
        strata: Which folders of rules are used, in which order.
        once: Which folders of rules assess claims by the inferred triples, and name nodes, in which
            order.

    Raises:
        MissingFolder: One of the folders of rules is not there, or is empty.
        QueryMalformed: A rule has no summary.
    """
    return follow(store, load(rules, strata), load(rules, once))


def load(rules: Path, strata: Sequence[str] = STRATA) -> list[list[Query]]:
    """Read the rules of each stratum; see `derive`."""
    return [read_queries(rules / stratum) for stratum in strata]


def follow(
    store: ox.Store,
    strata: Iterable[Sequence[Query]],
    once: Iterable[Sequence[Query]] = (),
) -> list[ox.Triple]:
    """Derive by rules that were read before; see `derive`. A worker cannot open a file."""
    known = ox.Store()
    known.extend(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    active: list[Query] = []
    derived: set[ox.Triple] = set()
    for stratum in strata:
        active += stratum
        derived |= _fixpoint(known, active)
    for stratum in once:
        derived = derived.union(*(_apply(known, rule) for rule in stratum))
    return sorted(filter(is_about_named_nodes, derived), key=str)


def contradictions(store: ox.Store) -> list[tuple[str, str, str]]:
    """Return each individual of two disjoint classes, with both classes, as sorted IRIs.

    Args:
        store: The graph with its inferred triples, in the default graph.
    """
    rows = cast(ox.QuerySolutions, store.query(_DISJOINT))
    return [(row["node"].value, row["class"].value, row["other"].value) for row in rows]


def _fixpoint(known: ox.Store, rules: Iterable[Query]) -> set[ox.Triple]:
    """Apply rules, in their order, until none adds anything; `known` grows by what they add."""
    derived: set[ox.Triple] = set()
    before = -1
    while len(derived) > before:
        before = len(derived)
        for rule in rules:
            derived |= _apply(known, rule)
    return derived


def _apply(known: ox.Store, rule: Query) -> set[ox.Triple]:
    found = {
        triple
        for triple in cast(ox.QueryTriples, known.query(with_axioms(known, rule.text)))
        if ox.Quad(triple.subject, triple.predicate, triple.object) not in known
    }
    known.extend(ox.Quad(t.subject, t.predicate, t.object) for t in found)
    return found


def is_about_named_nodes(triple: ox.Triple) -> bool:
    """Say whether a triple has no anonymous class, which only carries a proof."""
    return not isinstance(triple.subject, ox.BlankNode) and not isinstance(
        triple.object, ox.BlankNode
    )


def bound_variables(rule: Query) -> list[str]:
    """Return the variables that the pattern of a rule itself binds, sorted."""
    text = _COMMENTS_AND_TEXTS.sub("", rule.text)
    body = text[cast("re.Match[str]", _WHERE.search(text)).end() :]
    while apart := _APART.search(body):
        body = body[: apart.start()] + body[_closing(body, apart.end()) :]
    return sorted(set(_VARIABLE.findall(body)))


def named_by(rule: Query) -> str:
    """Return the variable of the node that a rule names: the first one."""
    return cast("re.Match[str]", _VARIABLE.search(rule.text))[1]


def _closing(text: str, start: int) -> int:
    """Return the position after the bracket that closes the one at `start`."""
    depth = 0
    for position in range(start, len(text)):
        depth += text[position] in "({"
        depth -= text[position] in ")}"
        if depth == 0:
            return position + 1
    return len(text)


def bind(rule: Query, variable: str) -> str:
    """Return the query of a rule with one variable bound to nodes, for `ask_about`.

    If there is a subselect, the nodes are in it: it is evaluated by itself.
    """
    text = rule.text
    if (axioms := _AXIOMS.search(text)) and f"?{variable} " in axioms[2]:
        text = _AXIOMS.sub(r"\2", text)  # the nodes are asked about as a part of an axiom
    where = cast("re.Match[str]", _SUBSELECT.search(text) or _WHERE.search(text))
    values = f" VALUES ?{variable} {{ {_NODES} }} "
    return text[: where.end()] + values + _VALUES.sub(_filter, text[where.end() :])


def _filter(values: re.Match[str]) -> str:
    """Turn the rule's own values into a filter: an engine begins with the shorter list."""
    return f"FILTER(?{values[1]} IN ({', '.join(values[2].split())}))"


def with_axioms(store: ox.Store, rule: str) -> str:
    """Return a rule with a branch for each axiom, in the place of its patterns about axioms.

    The axioms are few. An engine without statistics does not know that: it begins with the nodes
    that a rule is asked about, and follows each of their properties.
    """
    if not (axioms := _AXIOMS.search(rule)):
        return rule
    prefixes = rule[: rule.index("CONSTRUCT")]
    query = f"{prefixes}SELECT DISTINCT {axioms[1]} WHERE {{ {axioms[2]} }}"
    announce(store, ())  # about terms, which every slice has
    where = cast("re.Match[str]", _WHERE.search(rule)).end()
    asked, members = rule[where : axioms.start()], rule[axioms.end() : rule.rindex("}")]
    branches = [
        asked + _with_terms(members, dict(zip(_VARIABLE.findall(axioms[1]), terms, strict=True)))
        for terms in map(list, cast(ox.QuerySolutions, store.query(query)))
        if all(isinstance(term, ox.NamedNode) for term in terms)  # an expression joins nothing
    ]
    return f"{rule[:where]} {{ {' } UNION { '.join(branches or ['FILTER(false)'])} }} }}"


def _with_terms(patterns: str, terms: Mapping[str, object]) -> str:
    """Return patterns with terms in the place of variables, which are bound after them."""
    for name, term in terms.items():
        patterns = re.sub(rf"\?{name}\b", str(term), patterns)
    return patterns + " ".join(f"BIND({term} AS ?{name})" for name, term in terms.items())


def ask_about(store: ox.Store, query: str, nodes: Iterable[object]) -> list[ox.Triple]:
    """Return the triples that a rule, bound by `bind`, concludes about nodes."""
    known = [node for node in nodes if isinstance(node, ox.NamedNode)]
    named = " ".join(map(str, known))
    if not named:
        return []
    text = with_axioms(store, query).replace(_NODES, named)
    announce(store, known)
    return list(cast(ox.QueryTriples, store.query(text)))
