"""A check of query files: no text is made of a number by STR, whose answer depends on the engine.

STR returns the characters of a literal: 24 in one engine, 24.0 in another. `xsd:string` makes the
text of the value, as XPath defines it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rdflib import RDF, SH, XSD, Graph, Literal, URIRef, Variable
from rdflib.paths import AlternativePath, MulPath, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from aikg.files.queries import Query, read_queries

ROOT = Path(__file__).resolve().parents[1]

_NUMBERS = {XSD.integer, XSD.decimal, XSD.double, XSD.float}
_EXISTS = re.compile(r"\bFILTER\s+(?:NOT\s+)?EXISTS\s*\{", re.IGNORECASE)
_ARITHMETIC = {"AdditiveExpression", "MultiplicativeExpression", "UnaryMinus", "UnaryPlus"}
_FUNCTIONS = {"ABS", "ROUND", "CEIL", "FLOOR", "STRLEN", "YEAR", "MONTH", "DAY"}
_ARITHMETIC |= {f"Builtin_{name}" for name in _FUNCTIONS}
_ARITHMETIC |= {f"Aggregate_{name}" for name in ("Count", "Sum", "Avg")}
#: Aggregates that return one of their arguments.
_CHOICES = {f"Aggregate_{name}" for name in ("Min", "Max", "Sample")}


def numeric_properties(shapes: Path) -> set[URIRef]:
    """Return the properties whose values are numbers, by the shapes; and the size of a group."""
    graph = Graph()
    for path in sorted(shapes.rglob("*.ttl")):
        graph.parse(path, format="turtle")
    found = {
        path
        for shape, datatype in graph.subject_objects(SH.datatype)
        if datatype in _NUMBERS
        for path in graph.objects(shape, SH.path)
        if isinstance(path, URIRef)
    }
    return found | {URIRef("https://w3id.org/aikg/ontology/size")}


def lint_numbers(query: Query, properties: set[URIRef]) -> Iterator[tuple[int, str]]:
    """Yield line and message of each STR of a number.

    Args:
        query: The query.
        properties: Those whose values are numbers.
    """
    if not _may_be_number(query.text, properties):
        return
    # rdflib leaves the filters within EXISTS out of the algebra, and has them within OPTIONAL.
    algebra = translateQuery(parseQuery(_EXISTS.sub("OPTIONAL {", query.text))).algebra
    parts = list(_parts(algebra))
    numeric = _numeric_variables(parts, properties)
    own = query.path.read_text(encoding="utf-8")
    for part in parts:
        if part.name == "Builtin_STR" and _is_number(part.arg, numeric):
            named = str(part.arg) if isinstance(part.arg, Variable) else ""
            place = re.search(rf"\bSTR\(\?{named}\b" if named else r"\bSTR\((?!\?)", own)
            line = own.count("\n", 0, place.start()) + 1 if place else 1
            yield (
                line,
                f"STR({f'?{named}' if named else 'a number'}) is text that depends on the engine: "
                "24 in one, 24.0 in another. Write xsd:string in place of STR.",
            )


def _may_be_number(text: str, properties: set[URIRef]) -> bool:
    """Say whether STR has an argument that may be a number: only then is the query parsed."""
    names = "|".join(re.escape(re.split("[/#]", iri)[-1]) for iri in sorted(properties))
    for argument in set(re.findall(r"\bSTR\(\s*(\?\w+|)", text)):
        variable = re.escape(argument) + r"\b"
        from_number = rf"(?:{names})[)*+?]*\s+{variable}|\bAS\s+{variable}|,\s*{variable}"
        if not argument or re.search(rf"{from_number}|VALUES\b[^{{]*{variable}", text):
            return True
    return False


def _parts(part: Any) -> Iterator[CompValue]:
    if isinstance(part, CompValue):
        yield part
        for value in part.values():
            yield from _parts(value)
    elif isinstance(part, list | tuple | set | frozenset):
        for value in part:
            yield from _parts(value)


def _numeric_variables(parts: list[CompValue], properties: set[URIRef]) -> set[Variable]:
    found = {
        o
        for part in parts
        for path, o in _patterns(part)
        if isinstance(o, Variable) and _last(path) & properties
    }
    for part in parts:
        for row in part.res if part.name == "values" else ():
            found |= {variable for variable, term in row.items() if _is_number(term, found)}
    before = -1
    while len(found) > before:
        before = len(found)
        for part in parts:
            if part.name in {"Extend", "Bind"} and _is_number(part.expr, found):
                found.add(part.var)
            elif part.name.startswith("Aggregate_") and _is_number(part, found):
                found.add(part.res)
    return found


def _patterns(part: CompValue) -> Iterator[tuple[Any, Any]]:
    """Yield predicate and object of each triple pattern; within EXISTS they are flat lists."""
    if part.name in {"BGP", "TriplesBlock"}:
        for terms in part.triples:
            yield from zip(terms[1::3], terms[2::3], strict=True)


def _last(path: Any) -> set[URIRef]:
    """Return the properties with which a path may end."""
    match path:
        case URIRef():
            return {path} - {RDF.type}
        case SequencePath():
            return _last(path.args[-1])
        case AlternativePath():
            return set().union(*map(_last, path.args))
        case MulPath():
            return _last(path.path)
        case _:
            return set()


def _is_number(expression: Any, numeric: set[Variable]) -> bool:
    match expression:
        case Variable():
            return expression in numeric
        case Literal():
            return expression.datatype in _NUMBERS
        case CompValue():
            return (
                expression.name in _ARITHMETIC
                or (expression.name == "Function" and expression.iri in _NUMBERS)
                or any(_is_number(choice, numeric) for choice in _choices(expression))
            )
        case _:
            return False


def _choices(expression: CompValue) -> list[Any]:
    """Return the arguments of which an expression returns one."""
    if expression.name == "Builtin_IF":
        return [expression.arg2, expression.arg3]
    if expression.name == "Builtin_COALESCE":
        return list(expression.arg)
    return [expression.vars] if expression.name in _CHOICES else []


def faults(root: Path) -> Iterator[str]:
    """Yield the faults of all queries, as `file:line: message`."""
    numeric = numeric_properties(root / "shapes")
    for query in read_queries(root / "queries", required=()):
        if query.path.parent.name != "fragments":
            for line, message in lint_numbers(query, numeric):
                yield f"{query.path.relative_to(root)}:{line}: {message}"


if __name__ == "__main__":
    lines = list(faults(ROOT))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.exit(bool(lines))
