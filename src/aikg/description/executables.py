"""Queries as data: the questions as examples that run, and the checks and rules behind the graph.

The form is that of SHACL's executables (https://www.w3.org/TR/shacl-af/#SPARQLExecutable) as
https://github.com/sib-swiss/sparql-examples uses it, which other endpoints and editors read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import pyoxigraph as ox

from aikg.files.queries import Query
from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL

#: The graph of the examples; its name is the address where editors look for them.
EXAMPLES = ox.NamedNode(BASE + ".well-known/sparql-examples")
#: The node that declares the prefixes.
ONTOLOGY = ox.NamedNode(BASE + "ontology")
ENDPOINT = ox.NamedNode(BASE + "sparql")

_SH, _SCHEMA = PREFIXES["sh"], PREFIXES["schema"]
_FORM = re.compile(r"^\s*(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", re.MULTILINE | re.IGNORECASE)
_ANY_URI = ox.NamedNode(PREFIXES["xsd"] + "anyURI")


def examples(questions: Sequence[Query]) -> Iterator[ox.Quad]:
    """Yield the questions as examples, with the prefixes of this project."""
    yield from _executables(questions, EXAMPLES.value + "/", EXAMPLES)
    for question in questions:
        node = ox.NamedNode(f"{EXAMPLES.value}/{question.name}")
        yield ox.Quad(node, ox.NamedNode(_SCHEMA + "target"), ENDPOINT, EXAMPLES)
        for tag in re.findall(r"[^\[\],]+", question.header.get("tags", "")):
            keyword = ox.Literal(tag.strip())
            yield ox.Quad(node, ox.NamedNode(_SCHEMA + "keywords"), keyword, EXAMPLES)
    yield from prefixes()


def prefixes() -> Iterator[ox.Quad]:
    """Declare the prefixes, as SHACL does."""
    for prefix, namespace in PREFIXES.items():
        node = ox.BlankNode(f"prefix-{prefix}")
        yield ox.Quad(ONTOLOGY, ox.NamedNode(_SH + "declare"), node, EXAMPLES)
        yield ox.Quad(node, ox.NamedNode(_SH + "prefix"), ox.Literal(prefix), EXAMPLES)
        value = ox.Literal(namespace, datatype=_ANY_URI)
        yield ox.Quad(node, ox.NamedNode(_SH + "namespace"), value, EXAMPLES)


def checks_and_rules(checks: Iterable[Query], rules: Iterable[Query]) -> Iterator[ox.Quad]:
    """Yield the checks and the rules, each with its text, under its address."""
    for kind, queries in {"check": checks, "rule": rules}.items():
        graph = ox.NamedNode(f"{PREFIXES['graph']}queries/{kind}s")
        yield from _executables(queries, f"{BASE}{kind}/", graph)


def _executables(queries: Iterable[Query], base: str, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    for query in queries:
        form = _FORM.search(query.text)
        kind = form[1].capitalize() if form else "Select"
        node = ox.NamedNode(base + query.name)
        values: dict[str, ox.NamedNode | ox.Literal] = {
            RDF_TYPE: ox.NamedNode(f"{_SH}SPARQL{kind}Executable"),
            PREFIXES["rdfs"] + "comment": ox.Literal(query.summary, language="en"),
            RDFS_LABEL: ox.Literal(query.name.replace("-", " "), language="en"),
            f"{_SH}{kind.lower()}": ox.Literal(query.text),
            _SH + "prefixes": ONTOLOGY,
        }
        for name, value in values.items():
            yield ox.Quad(node, ox.NamedNode(name), value, graph)
        executable = ox.NamedNode(_SH + "SPARQLExecutable")
        yield ox.Quad(node, ox.NamedNode(RDF_TYPE), executable, graph)
