"""A check of query files: the dialect of claim rules, `#+ joins:`, and the messages of shapes.

It names file and line of each fault, and says why the rule exists. CONTRIBUTING.md has the rules.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from rdflib import OWL, RDF, RDFS, SH, Graph, URIRef, Variable
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from aikg.errors import QueryMalformed
from aikg.files.queries import Query, read_queries
from aikg.names import PREFIXES
from aikg.rules import neighbourhood, shapes

ROOT = Path(__file__).resolve().parents[1]

#: How the nodes inside a path are named.
_INNER = "inner_"
_PROPERTIES = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)

#: Comments, texts and IRIs, in which nothing is a keyword.
_OPAQUE = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
_WORD = re.compile(r"(?<![?$:\w-])(?:UNION|MINUS)\b(?!:)", re.IGNORECASE)
_EXISTS = re.compile(r"\bEXISTS\s*\{", re.IGNORECASE)
_FILTER = re.compile(r"\bFILTER\s*(?:NOT\s+)?(?:EXISTS\s*)?(?=[({])|\bBIND\s*(?=\()", re.IGNORECASE)
#: Properties of one subject, with `;` between them, are one pattern.
_PATTERN = re.compile(r"[^\s.][^.]*")

_WHY_WORD = (
    "the engine works out both sides for the whole graph before it looks at a line; "
    "write two rules, or FILTER NOT EXISTS"
)
_WHY_EXISTS = (
    "the engine joins all patterns inside EXISTS before it looks at the row; "
    "put each further pattern into an EXISTS within"
)


def lint_claim_rule(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and message of each part of a claim rule that its dialect does not have.

    A comment `# small: ...` on the line above excuses a part, and says why it reads few nodes.
    """
    plain = _OPAQUE.sub(lambda match: " " * len(match[0]), text)
    small = {n + 1 for n, line in _numbered(text) if line.strip().startswith("# small: ")}
    for match in _WORD.finditer(plain):
        line = _line(plain, match.start())
        if line not in small:
            yield line, f"a claim rule has no {match[0].upper()}: {_WHY_WORD}."
    excused = 0
    for match in _EXISTS.finditer(plain):
        end = _closing(plain, match.end() - 1)
        if _line(plain, match.start()) in small:
            excused = end
        patterns = _patterns(plain[match.end() : end - 1])
        if match.start() < excused:
            continue
        if len(patterns) > 1:
            line = _line(plain, match.end() + patterns[1])
            yield line, f"EXISTS has {len(patterns)} patterns, and may have 1: {_WHY_EXISTS}."


def _patterns(body: str) -> list[int]:
    """Return where the triple patterns of a group begin, without those of its filters."""
    while inner := _FILTER.search(body):
        end = _closing(body, inner.end())
        body = body[: inner.start()] + re.sub(r"[^\n]", " ", body[inner.start() : end]) + body[end:]
    body = re.sub(r"\([^()]*\)|\d\.\d", lambda match: "x" * len(match[0]), body)
    return [match.start() for match in _PATTERN.finditer(body)]


def _closing(text: str, start: int) -> int:
    """Return the position after the bracket that closes the one at `start`."""
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] in "({") - (text[position] in ")}")
        if depth == 0:
            return position + 1
    return len(text)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def lint_joins(check: Query, known: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and message of what is wrong with the `#+ joins:` of a check.

    Args:
        check: The check.
        known: The IRIs of the properties of the ontology.
    """
    header = next((n for n, text in _numbered(check.text) if text.startswith("#+ joins:")), 1)
    try:
        paths = neighbourhood.joins([check])
    except QueryMalformed as error:
        yield header, f"{str(error).partition(': ')[2]} {error.advice}"
        return
    edges = set(_edges(check.text))
    named = {str(p) for _, p, _ in edges} | {str(c) for c in _constants(check.text)}
    for step in (step for path in paths for step in path):
        iri = step.property.value
        if iri not in known and not iri.startswith(str(RDFS)):
            yield header, f"the ontology has no property <{iri}>, so nothing is read along it."
        elif iri not in named:
            yield header, f"the check does not read <{iri}>, so this path reads too much."
    subjects = {s for s, _, _ in edges if isinstance(s, Variable)}
    starts = sorted(subjects, key=lambda s: (str(s) != "node", str(s)))
    left = min((subjects - _reached(s, edges, paths) for s in starts), key=len, default=set())
    if left:
        named_left = sorted(str(v) for v in left if not str(v).startswith(_INNER)) or ["?"]
        at = next((n for n, text in _numbered(check.text) if f"?{named_left[0]}" in text), 1)
        yield (
            at,
            f"a change of no node leads to ?{named_left[0]}: a property is read against its "
            "direction. Name it in `#+ joins:`, as in `aikg:ofGroup/^aikg:ofGroup`: a submission "
            "is judged by what it leads to, and by what the header joins.",
        )


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), 1)


def _constants(text: str) -> Iterator[URIRef]:
    """Yield each prefixed name of a query as an IRI, such as those of VALUES."""
    for prefix, local in re.findall(r"\b([\w-]+):([\w-]+)", _OPAQUE.sub(" ", text)):
        if prefix in PREFIXES:
            yield URIRef(PREFIXES[prefix] + local)


def _edges(text: str) -> Iterator[tuple[Node, Node, Node]]:
    """Yield the triple patterns outside EXISTS, each path in its single steps."""
    fresh = (Variable(f"{_INNER}{number}") for number in count())
    for s, path, o in _triples(translateQuery(parseQuery(text)).algebra):
        yield from _steps(s, path, o, fresh)


def _triples(part: Any) -> Iterator[tuple[Node, Any, Node]]:
    if isinstance(part, CompValue):
        if not part.name.endswith("EXISTS"):
            yield from part.triples if part.name == "BGP" else ()
            for value in part.values():
                yield from _triples(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _triples(value)


def _steps(
    s: Node, path: Any, o: Node, fresh: Iterator[Variable]
) -> Iterator[tuple[Node, Node, Node]]:
    match path:
        case InvPath():
            yield from _steps(o, path.arg, s, fresh)
        case AlternativePath():
            for way in path.args:
                yield from _steps(s, way, o, fresh)
        case MulPath():
            yield from _steps(s, path.path, o, fresh)
        case SequencePath():
            nodes = [s, *islice(fresh, len(path.args) - 1), o]
            for before, step, after in zip(nodes, path.args, nodes[1:], strict=False):
                yield from _steps(before, step, after, fresh)
        case _:
            yield s, path, o


def _reached(
    start: Node, edges: set[tuple[Node, Node, Node]], paths: Iterable[neighbourhood.Path]
) -> set[Node]:
    """Return the nodes of a query that a slice has when `start` is new: see `around`."""
    found = {start}
    for path in paths:
        nodes = {start}
        for step in path:
            nodes = _follow(nodes, edges, step)
        found |= nodes
    new = found
    while new:
        new = {o for s, p, o in edges if s in new and p != RDF.type} - found
        found |= new
    return found


def _follow(
    nodes: set[Node], edges: set[tuple[Node, Node, Node]], step: neighbourhood.Step
) -> set[Node]:
    found: set[Node] = set()
    new = nodes
    while new:
        along = [
            (s, o) for s, p, o in edges if isinstance(p, Variable) or str(p) == step.property.value
        ]
        reached = {o for s, o in along if step.forward and s in new}
        reached |= {s for s, o in along if step.backward and o in new}
        new = reached - found if step.repeated else set()
        found |= reached
    return found


def lint_messages(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and message of each shape's message that does not part into rule and remedy."""
    text = path.read_text(encoding="utf-8")
    for message in sorted(
        map(str, Graph().parse(data=text, format="turtle").objects(None, SH.message))
    ):
        rule, _ = shapes.in_words(message)
        if message.count(": ") > 1 or len(rule.split()) < 3 or not message.endswith("."):
            written = message.replace('"', '\\"')
            yield (
                _line(text, max(text.find(written), 0)),
                f"the message {message!r} must be a sentence with at most one colon, as in `The "
                "rule: the remedy.` Pages and reports show the part before the first colon as the "
                "rule, and the rest as the remedy.",
            )


def faults(root: Path) -> Iterator[str]:
    """Yield the faults of all query files and shapes, as `file:line: message`."""
    ontology = Graph()
    for path in sorted((root / "ontology").rglob("*.ttl")):
        ontology.parse(path, format="turtle")
    known = {str(p) for kind in _PROPERTIES for p in ontology.subjects(RDF.type, kind)}
    for rule in read_queries(root / "queries" / "rules" / "claims"):
        yield from _placed(rule.path.relative_to(root), lint_claim_rule(rule.text))
    for check in read_queries(root / "queries" / "checks"):
        yield from _placed(check.path.relative_to(root), lint_joins(check, known))
    for path in sorted((root / "shapes").rglob("*.ttl")):
        yield from _placed(path.relative_to(root), lint_messages(path))


def _placed(path: Path, found: Iterable[tuple[int, str]]) -> Iterator[str]:
    return (f"{path}:{line}: {message}" for line, message in found)


if __name__ == "__main__":
    lines = list(faults(ROOT))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.exit(bool(lines))
