"""The text of a query, before it is evaluated: what is refused, and where a mistake is."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import Any

import pyoxigraph as ox

from aikg.errors import QueryMalformed, QueryRefused
from aikg.names import BASE, PREFIXES

#: Everything in which a keyword would be none, and then the words that are left.
TOKEN = re.compile(
    r"""  \#[^\n\r]*                                    # a comment
        | '''(?:[^'\\]|\\.|'(?!''))*''' | \"""(?:[^"\\]|\\.|"(?!""))*\"""
        | '(?:[^'\\\n\r]|\\.)*' | "(?:[^"\\\n\r]|\\.)*"
        | <[^\x00-\x20<>"{}|^`\\]*>                     # an IRI
        | [?$]\w+ | @[\w-]+                             # a variable; a language
        | [\w.-]{0,200}:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*      # a prefixed name, a blank node
        | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL,
)
_PROLOGUE = {"PREFIX", "BASE", "VERSION"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}
#: Functions whose value is another each time.
_CHANGING = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}
_NOTED = (*_UPDATES, *_CHANGING, "SERVICE")
_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_EMPTY = ox.Store()
_PLACE = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_KEYWORDS = re.compile(r"[A-Z_0-9]+(?:, [A-Z_0-9]+)*")
#: The words that people mistype; a word that is similar to one of them is probably a typo.
_WORDS = (
    *("SELECT", "CONSTRUCT", "DESCRIBE", "DISTINCT", "REDUCED", "WHERE", "FILTER", "OPTIONAL"),
    *("UNION", "MINUS", "GRAPH", "VALUES", "BIND", "EXISTS", "ORDER", "GROUP", "HAVING", "LIMIT"),
    *("OFFSET", "PREFIX", "COUNT", "SAMPLE", "GROUP_CONCAT", "REGEX", "CONTAINS", "COALESCE"),
    *("STRSTARTS", "STRENDS", "REPLACE", "CONCAT", "BOUND", "LANG", "DATATYPE", "LCASE", "UCASE"),
)
#: A sentence among the tokens that the parser expected: "IRI parsing failed".
_REASON = re.compile(r"\b[A-Z]\w* [A-Za-z ]*[a-z]\b")


def refuse_outward(query: str) -> None:
    """Refuse what would leave this graph (SERVICE), and an update, which is not a query.

    Raises:
        QueryRefused: The query would ask another endpoint.
        QueryMalformed: It is an update; the advice says how evidence is sent.
    """
    words = _words(query)
    operation = next((word for word in words if word not in _PROLOGUE), None)
    if operation in _UPDATES:
        raise QueryMalformed(
            f"{operation} is an update, not a query, and this endpoint is for reading.",
            advice="Ask with SELECT, ASK, CONSTRUCT or DESCRIBE. New evidence is sent as a "
            "submission, by POST to /submissions.",
            reference="https://www.w3.org/TR/sparql11-query/#QueryForms",
        )
    if "SERVICE" in words:
        raise QueryRefused(
            "SERVICE is refused: this endpoint makes no connection to others.",
            advice="Federate from outside: run the query on an engine of your own, with this "
            "endpoint in its SERVICE clause.",
            reference="https://www.w3.org/TR/sparql11-federated-query/",
        )


def is_repeatable(query: str) -> bool:
    """Return whether the query has the same answer each time, on the same graph."""
    return _CHANGING.isdisjoint(_words(query))


@lru_cache(1)  # of one query, one function after the other asks for them
def _words(query: str) -> list[str]:
    """Return the words of a query if one of those that matter may be among them; mostly none is."""
    if not any(map(query.upper().__contains__, _NOTED)):
        return []
    return [match["word"].upper() for match in TOKEN.finditer(query) if match["word"]]


def parse_without_service(query: str) -> None:
    """Parse the query with another word for each `service`, which fails where it is a keyword.

    `refuse_outward` follows the grammar. This follows the parser, which alone decides what it runs.
    """
    if "SERVICE" in query.upper() and _SERVICE.search(query):
        _EMPTY.query(_SERVICE.sub("xervice", query), base_iri=BASE)


def malformed(query: str, error: SyntaxError) -> QueryMalformed:
    """Make an error of the parser's: the place and the reason, not all that it expected there."""
    offset = _find(query, error.msg)
    reason = _REASON.search(error.msg)
    explanation = reason[0] if reason else "this is not expected here"
    name = re.search(r"([\w.-]*):\S*$", query[:offset])
    if "Prefix not found" in error.msg and name:
        offset = name.start()
        explanation = f"the prefix {name[1]}: is not declared"
        fix = _of_prefix(name[1])
    else:
        fix = _of_word(query[offset:])
    line, column = query.count("\n", 0, offset) + 1, offset - query.rfind("\n", 0, offset)
    rest = query[offset:].partition("\n")[0].strip()
    found = repr(rest[:40]) if rest else "the end"
    return QueryMalformed(
        f"The query is not SPARQL 1.1: line {line}, column {column}, at {found}: {explanation}.",
        reference="https://www.w3.org/TR/sparql11-query/#grammar",
        line=line,
        column=column,
        **fix,
    )


def _of_prefix(prefix: str) -> dict[str, Any]:
    """Return the advice for a prefix that is not declared, and the parts of the fix."""
    if prefix in PREFIXES:
        line = f"PREFIX {prefix}: <{PREFIXES[prefix]}>"
        return {"advice": f"Write `{line}` before the query.", "declare": line}
    advice = f"Write `PREFIX {prefix}: <...>` before the query."
    near = difflib.get_close_matches(prefix, PREFIXES, n=1, cutoff=0.75)
    if not near:
        return {"advice": advice}
    also = f"{advice[:-1]}; or write `{near[0]}:` in place of `{prefix}:`."
    return {"advice": also, "found": f"{prefix}:", "instead": f"{near[0]}:"}


def _of_word(rest: str) -> dict[str, Any]:
    """Return the advice for a text that begins with a mistake, and the parts of the fix."""
    word = re.match(r"\w{3,20}", rest, re.ASCII)
    near = difflib.get_close_matches(word[0].upper(), _WORDS, n=1, cutoff=0.75) if word else []
    if not word or not near or word[0].upper() == near[0]:
        return {"advice": "Fix the query at that place, or just before it."}
    advice = f"Write `{near[0]}` in place of `{word[0]}`."
    return {"advice": advice, "found": word[0], "instead": near[0]}


def _find(query: str, message: str) -> int:
    """Find the place of a mistake in the query; the end, where the message has none."""
    place = _PLACE.match(message)
    if not place:
        return len(query)
    lines = query.split("\n")[: int(place[1]) - 1]
    offset = sum(len(line) + 1 for line in lines) + int(place[2]) - 1
    if _KEYWORDS.fullmatch(place[3]):
        # Where only keywords would do, the parser reports the place after the one it looked for.
        offset -= min(map(len, place[3].split(", ")))
    return max(offset, 0)
