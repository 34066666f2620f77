"""A rule that is asked about some nodes only, instead of the whole graph."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import pyoxigraph as ox

from aikg.files.queries import Query

_COMMENTS_AND_TEXTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
#: What binds no variable for the pattern around it, or binds it only where it is free.
_APART = re.compile(r"\b(?:FILTER\s*(?:NOT\s+EXISTS|EXISTS)?|OPTIONAL|MINUS|BIND)\s*(?=[({])", re.I)
_WHERE = re.compile(r"\}\s*(?:WHERE\s*)?\{", re.I)
_SUBSELECT = re.compile(r"\{\s*SELECT\b.*?\bWHERE\s*\{", re.I | re.S)
_VALUES = re.compile(r"\bVALUES \?(\w+) \{ ([^{}]*) \}")
_VARIABLE = re.compile(r"\?(\w+)")
_PLACE = "#nodes#"


def bound(rule: Query) -> list[str]:
    """Give the variables that the pattern of a rule itself binds, sorted."""
    text = _COMMENTS_AND_TEXTS.sub("", rule.text)
    body = text[cast("re.Match[str]", _WHERE.search(text)).end() :]
    while apart := _APART.search(body):
        body = body[: apart.start()] + body[_closing(body, apart.end()) :]
    return sorted(set(_VARIABLE.findall(body)))


def _closing(text: str, start: int) -> int:
    """Give the place behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += text[place] in "({"
        depth -= text[place] in ")}"
        if depth == 0:
            return place + 1
    return len(text)


def by(rule: Query, variable: str) -> str:
    """Make the query of a rule that binds one variable to nodes, which `ask` fills in.

    They stand in the subselect, where there is one: it is counted by itself.
    """
    where = cast("re.Match[str]", _SUBSELECT.search(rule.text) or _WHERE.search(rule.text))
    values = f" VALUES ?{variable} {{ {_PLACE} }} "
    return rule.text[: where.end()] + values + _VALUES.sub(_filter, rule.text[where.end() :])


def _filter(values: re.Match[str]) -> str:
    """Make a filter of values that a rule has itself: an engine begins with the shorter list."""
    return f"FILTER(?{values[1]} IN ({', '.join(values[2].split())}))"


def ask(store: ox.Store, query: str, nodes: Iterable[object]) -> list[ox.Triple]:
    """Give what a rule concludes about nodes; `query` is what `by` makes."""
    named = " ".join(str(node) for node in nodes if isinstance(node, ox.NamedNode))
    if not named:
        return []
    return list(cast(ox.QueryTriples, store.query(query.replace(_PLACE, named))))
