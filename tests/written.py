"""Triples written in each format of RDF, in a layout of chance, with the place of each term.

The writers share nothing with the readers of `aikg.intake`: what they note is where they were when
they wrote a term. Lines and columns are counted from 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox

from aikg.intake.terms import node_of, value_of
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE

#: Line and column.
At = tuple[int, int]
#: By node; by node and property; by node, property and value.
Spots = dict[tuple[str, ...], At]

_USED = ("aikg", "dcterms", "rdf", "rdfs", "skos", "xsd")
_PREFIXES = {name: PREFIXES[name] for name in _USED}
_XSD = OTHER_PREFIXES["xsd"]


class Page:
    """A text as it grows, and the first place of whatever it says.

    Args:
        random: Where the layout comes from.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spots: Spots = {}
        self._pieces: list[str] = []
        self._newline = random.choice(("\n", "\r\n"))
        self._line, self._column = 1, 1

    @property
    def text(self) -> str:
        """The written text."""
        return "".join(self._pieces)

    @property
    def body(self) -> bytes:
        """The written text, in UTF-8, which editors begin with a mark or without."""
        return self.text.encode(self.random.choice(("utf-8", "utf-8-sig")))

    def write(self, text: str, exactly: bool = False) -> At:
        """Write, and give the place where that began; lines end as they do on some computer."""
        began = self._line, self._column
        text = text if exactly else text.replace("\n", self._newline)
        self._pieces.append(text)
        before, newline, last = text.rpartition("\n")
        self._line += before.count("\n") + len(newline)
        self._column = len(last) + 1 if newline else self._column + len(text)
        return began

    def note(self, triple: ox.Triple, node: At, path: At, value: At) -> None:
        """Keep the first place of a triple's terms."""
        one, two, three = node_of(triple), triple.predicate.value, value_of(triple)
        self.spots.setdefault((one,), node)
        self.spots.setdefault((one, two), path)
        self.spots.setdefault((one, two, three), value)

    def space(self, *others: str) -> None:
        """Leave some room."""
        self.write(self.random.choice((" ", "  ", "\n", "\n\t", *others)))


def blocks(triples: Sequence[ox.Triple], random: Random) -> Iterator[list[ox.Triple]]:
    """Part triples by subject; what is said of one may be parted once more."""
    by_node: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        by_node.setdefault(node_of(triple), []).append(triple)
    parts = []
    for about in by_node.values():
        at = random.randrange(1, len(about) + 1)
        parts += [about[:at], about[at:]]
    random.shuffle(parts)
    return (part for part in parts if part)


def turtle(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write Turtle: prefixes, relative IRIs, semicolons and commas, numbers without quotes."""
    for name, iri in _PREFIXES.items():
        page.write(f"@prefix {name}: <{iri}> .")
        page.space("\n# a comment; with <marks> .\n")
    _statements(triples, base, page)


def trig(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write TriG: Turtle in a graph."""
    for name, iri in _PREFIXES.items():
        page.write(f"PREFIX {name}: <{iri}>\n")
    page.write("GRAPH <the-graph>")
    page.space()
    page.write("{")
    page.space()
    _statements(triples, base, page)
    page.write("}")


def _statements(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    for about in blocks(triples, page.random):
        node = page.write(_spelt(about[0].subject, base, page.random))
        path, last = node, None
        for triple in about:
            if triple.predicate == last and page.random.random() < 0.8:
                page.write(",")
            else:
                page.write(";" if last else "")
                page.space("\n  # another comment\n")
                path = page.write(_property(triple.predicate, base, page.random))
            page.space()
            value = page.write(_spelt(triple.object, base, page.random), exactly=True)
            page.space()
            page.note(triple, node, path, value)
            last = triple.predicate
        page.write(".")
        page.space()


def _property(predicate: ox.NamedNode, base: str, random: Random) -> str:
    short = predicate.value == RDF_TYPE and random.random() < 0.7
    return "a" if short else _spelt(predicate, base, random)


def _spelt(term: Any, base: str, random: Random) -> str:
    if isinstance(term, ox.Literal):
        return _literal(term, base, random)
    iri = term.value
    for name, namespace in _PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and re.fullmatch(r"[A-Za-z]\w*", local) and random.random() < 0.8:
            return f"{name}:{local}"
    return f"<{iri.removeprefix(base)}>" if iri != base and random.random() < 0.5 else f"<{iri}>"


def _literal(term: ox.Literal, base: str, random: Random) -> str:
    kind, text = term.datatype.value, term.value
    if kind == f"{_XSD}decimal" and re.fullmatch(r"-?\d+\.\d+", text) and random.random() < 0.8:
        return text
    if kind == f"{_XSD}integer" and re.fullmatch(r"-?\d+", text) and random.random() < 0.8:
        return text
    if '"' not in text and "\\" not in text and random.random() < 0.3:
        quoted = f'"""{text}"""'
    else:
        quoted = json.dumps(text, ensure_ascii=random.random() < 0.5)
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if kind == f"{_XSD}string" else f"{quoted}^^{_spelt(term.datatype, base, random)}"


def ntriples(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write N-Triples: one a line, with comments in between."""
    _lines(triples, page, "")


def nquads(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write N-Quads."""
    _lines(triples, page, f"<{base}the-graph>")


def _lines(triples: Sequence[ox.Triple], page: Page, graph: str) -> None:
    for triple in triples:
        if page.random.random() < 0.2:
            page.write("# a comment\n")
        node = page.write(str(triple.subject))
        page.write(page.random.choice((" ", "  ", "\t")))
        path = page.write(str(triple.predicate))
        page.write(page.random.choice((" ", "\t\t")))
        value = page.write(str(triple.object))
        page.write(f" {graph} .\n")
        page.note(triple, node, path, value)


def xml(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write RDF/XML: the place of a value is that of its element."""
    page.write('<?xml version="1.0" encoding="utf-8"?>\n<rdf:RDF')
    for name, iri in _PREFIXES.items():
        page.space()
        page.write(f'xmlns:{name}="{iri}"')
    page.write(">")
    waiting = list(blocks(triples, page.random))
    while waiting:
        page.space("<!-- a comment -->")
        _description(waiting.pop(0), waiting, base, page)
    page.write("\n</rdf:RDF>\n")


def _description(
    about: list[ox.Triple], waiting: list[list[ox.Triple]], base: str, page: Page
) -> None:
    """Write a node; a node that it points at may stand within it."""
    typed = about[0].predicate.value == RDF_TYPE and page.random.random() < 0.6
    name = _qualified(about[0].object.value) if typed else None
    local = node_of(about[0]).removeprefix(base) if page.random.random() < 0.5 else None
    node = page.write(f"<{name or 'rdf:Description'}")
    page.space()
    page.write(f"rdf:about={quoteattr(local or node_of(about[0]))}>")
    if name:
        page.note(about[0], node, node, node)
    for triple in about[1 if name else 0 :]:
        page.space()
        _element(triple, node, waiting, base, page)
    page.space()
    page.write(f"</{name or 'rdf:Description'}>")


def _element(
    triple: ox.Triple, node: At, waiting: list[list[ox.Triple]], base: str, page: Page
) -> None:
    name = _qualified(triple.predicate.value)
    assert name
    at = page.write(f"<{name}")
    page.note(triple, node, at, at)
    value = triple.object
    if isinstance(value, ox.Literal):
        plain = value.language or value.datatype.value == f"{_XSD}string"
        if value.language:
            page.write(f' xml:lang="{value.language}"')
        elif not plain:
            page.write(f" rdf:datatype={quoteattr(value.datatype.value)}")
        page.write(f">{escape(value.value)}</{name}>", exactly=True)
        return
    inside = [part for part in waiting if node_of(part[0]) == value.value]
    if inside and page.random.random() < 0.5:
        waiting.remove(inside[0])
        page.write(">")
        page.space()
        _description(inside[0], waiting, base, page)
        page.space()
        page.write(f"</{name}>")
    else:
        page.space()
        page.write(f"rdf:resource={quoteattr(value.value)}/>")


def _qualified(iri: str) -> str | None:
    for name, namespace in _PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and re.fullmatch(r"[A-Za-z]\w*", local):
            return f"{name}:{local}"
    return None


def jsonld(triples: Sequence[ox.Triple], base: str, page: Page) -> None:
    """Write JSON-LD: a context, nodes that may stand within others, values alone or in a list."""
    terms = {t.predicate.value for t in triples if page.random.random() < 0.5}
    short = {iri: iri.removeprefix(PREFIXES["aikg"]) for iri in terms if PREFIXES["aikg"] in iri}
    context = _PREFIXES | {name: iri for iri, name in short.items()}
    page.write(f'{{"@context": {json.dumps(context)},')
    page.space()
    page.write('"@graph": [')
    waiting = list(blocks(triples, page.random))
    while waiting:
        page.space()
        _object(waiting.pop(0), waiting, short, page)
        page.write("," if waiting else "")
    page.write("]}")


def _object(
    about: list[ox.Triple], waiting: list[list[ox.Triple]], short: dict[str, str], page: Page
) -> None:
    node = page.write("{")
    page.space()
    page.write(f'"@id": {json.dumps(node_of(about[0]))}')
    for iri in dict.fromkeys(t.predicate.value for t in about):
        page.write(",")
        page.space()
        key = "@type" if iri == RDF_TYPE else short.get(iri) or _compact(iri, page.random)
        path = page.write(json.dumps(key))
        page.write(":")
        page.space()
        values = [t for t in about if t.predicate.value == iri]
        listed = len(values) > 1 or page.random.random() < 0.3
        page.write("[" if listed else "")
        for number, triple in enumerate(values):
            page.write("," if number else "")
            page.space()
            page.note(triple, node, path, page.write(""))
            _json_value(triple, key, waiting, short, page)
        page.write("]" if listed else "")
    page.space()
    page.write("}")


def _json_value(
    triple: ox.Triple,
    key: str,
    waiting: list[list[ox.Triple]],
    short: dict[str, str],
    page: Page,
) -> None:
    value = triple.object
    if isinstance(value, ox.Literal):
        kind = value.datatype.value
        if kind == f"{_XSD}integer" and re.fullmatch(r"0|-?[1-9]\d*", value.value):
            page.write(value.value)
        elif kind == f"{_XSD}string":
            page.write(json.dumps(value.value))
        elif value.language:
            page.write(json.dumps({"@value": value.value, "@language": value.language}))
        else:
            page.write(json.dumps({"@type": kind, "@value": value.value}, indent=1))
    elif key == "@type":
        page.write(json.dumps(_compact(value.value, page.random)))
    else:
        inside = [part for part in waiting if node_of(part[0]) == value.value]
        if inside and page.random.random() < 0.5:
            waiting.remove(inside[0])
            _object(inside[0], waiting, short, page)
        else:
            page.write(json.dumps({"@id": value.value}))


def _compact(iri: str, random: Random) -> str:
    name = _qualified(iri)
    return name if name and random.random() < 0.5 else iri


#: The writers, by the ending of their files.
WRITERS: dict[str, Callable[[Sequence[ox.Triple], str, Page], None]] = {
    "ttl": turtle,
    "trig": trig,
    "nt": ntriples,
    "nq": nquads,
    "rdf": xml,
    "jsonld": jsonld,
}
