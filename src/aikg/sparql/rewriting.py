"""Queries in other words, where the engine's own answer is worse than the standard allows.

Three things are rewritten, and docs/reference/sparql.md lists them. The engine compares a number
with a text by their characters, so a column with both is in no order: ORDER BY with a variable
sorts by the kind of term first. And GROUP_CONCAT over numbers or IRIs has no value: then it is
asked again over their text. Each answer that the engine has without a rewrite stays as it is.

The third is for memory: the engine remembers each triple of a CONSTRUCT, to return none twice.
Where the template is the whole pattern, and one triple, none can come twice; then it is asked as a
SELECT.
"""

from __future__ import annotations

import re

from aikg.sparql.grammar import TOKEN

#: What a query contains if there may be something to rewrite; the rest is looked at only then.
_CONCERNED = re.compile("GROUP_CONCAT|ORDER", re.IGNORECASE | re.ASCII)
_CONCAT = re.compile(r"\bGROUP_CONCAT\s*\(", re.IGNORECASE)
_DISTINCT = re.compile(r"\s*DISTINCT\b", re.IGNORECASE)
_ORDER = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)
#: One condition of ORDER BY: a variable, in a direction or not, or an expression up to its bracket.
_BY_VARIABLE = re.compile(r"\s*(?:(ASC|DESC)\s*\(\s*([?$]\w+)\s*\)|([?$]\w+))", re.IGNORECASE)
_BY_EXPRESSION = re.compile(r"\s*(?!(?:LIMIT|OFFSET|VALUES|HAVING)\b)[^\s{}]*?\(", re.IGNORECASE)
_STRING = "<http://www.w3.org/2001/XMLSchema#string>"
#: A text that sorts by the kind of a term: nodes, numbers, texts, each other datatype, triples.
#: An unbound variable has none, and so comes first, as it should.
_KIND = (
    'IF(isLiteral({0}), IF(isNumeric({0}), "1", IF(LANG({0}) != "" || DATATYPE({0}) = '
    + _STRING
    + ', "2", CONCAT("3", STR(DATATYPE({0}))))), IF(isTRIPLE({0}), "4", "0"))'
)
_TERM = r"[?$]\w+|<[^\x00-\x20<>\"{}|^`\\]*>|(?!_:)[\w.-]*:\w*|a"
_TRIPLE = rf"\{{\s*({_TERM})\s+({_TERM})\s+({_TERM})\s*\.?\s*\}}\s*"
#: Declarations, and a CONSTRUCT of one triple from one triple, or of what it finds.
_CONSTRUCT = re.compile(
    r"((?:\s*(?:PREFIX\s+[\w.-]*:|BASE)\s*<[^\x00-\x20<>\"{}|^`\\]*>)*\s*)"
    rf"CONSTRUCT(?:\s*{_TRIPLE}(?:WHERE\s*)?|\s+WHERE\s*){_TRIPLE}"
    r"((?:(?:LIMIT|OFFSET)\s+\d+\s*){0,2})",
    re.IGNORECASE | re.ASCII,
)
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def as_rows(query: str) -> tuple[str, list[int]] | None:
    """Return a SELECT that finds the triples of a CONSTRUCT, each once; None for another query.

    Returns:
        The query, and the columns of its rows that are subject, predicate and object.
    """
    if "CONSTRUCT" not in query.upper():
        return None
    bare = TOKEN.sub(lambda found: " " if found[0][0] == "#" else found[0], query)
    match = _CONSTRUCT.fullmatch(bare)
    if match is None or match.group(2, 3, 4) not in {match.group(5, 6, 7), (None, None, None)}:
        return None
    columns: dict[str, int] = {}
    constants = ""
    names = []
    for place, term in enumerate(match.group(5, 6, 7)):
        name = term if term[0] in "?$" else f"?aikg_{place}"
        if name != term:
            constants += f" BIND({_TYPE if term == 'a' else term} AS {name})"
        columns.setdefault(name, len(columns))
        names.append(name)
    pattern = " ".join(match.group(5, 6, 7))
    found = f"{match[1]}SELECT {' '.join(columns)} {{ {pattern} .{constants} }} {match[8]}"
    return found, [columns[name] for name in names]


#: A query with more places to rewrite is asked as it is: each place makes it longer.
MOST = 100


def rewrite(query: str) -> str:
    """Return the query that is asked in place of a query; mostly it is the same one."""
    upper = query.upper()  # a text without these letters is known faster than by the expression
    if "GROUP_CONCAT" not in upper and "ORDER" not in upper:
        return query
    if not 0 < len(_CONCERNED.findall(query)) <= MOST:
        return query
    changes = [*_concatenations(query), *_orders(query)]
    if len(changes) > MOST:
        return query
    for start, end, text in sorted(changes, reverse=True):
        query = query[:start] + text + query[end:]
    return query


def _masked(query: str) -> str:
    """Return a text of the same length, in which brackets and words are those of the grammar."""

    def hide(match: re.Match[str]) -> str:
        token = match[0]
        if match["word"] or token[0] in "?$":
            return token
        return (" " if token[0] == "#" else "_") * len(token)

    return TOKEN.sub(hide, query)


def _concatenations(query: str) -> list[tuple[int, int, str]]:
    """Return what replaces each GROUP_CONCAT: its start, its end, and the text."""
    found: list[tuple[int, int, str]] = []
    masked = _masked(query)
    for match in _CONCAT.finditer(masked):
        end = _closing(masked, match.end())
        if found and match.start() < found[-1][1]:
            continue  # within another one, which the grammar forbids
        within = masked[match.end() : end]
        distinct = _DISTINCT.match(within)
        first = match.end() + (distinct.end() if distinct else 0)
        last = match.end() + within.index(";") if ";" in within else end
        text = (
            f"COALESCE({query[match.start() : end]}), {query[match.start() : first]}"
            f" STR({query[first:last]}){query[last:end]}))"
        )
        found.append((match.start(), end + 1, text))
    return found


def _orders(query: str) -> list[tuple[int, int, str]]:
    """Return what replaces each variable of ORDER BY: its start, its end, and the text."""
    found: list[tuple[int, int, str]] = []
    masked = _masked(query)
    for order in _ORDER.finditer(masked):
        place = order.end()
        while len(found) <= MOST:
            if match := _BY_VARIABLE.match(masked, place):
                place = match.end()
                how, name = (match[1] or "ASC").upper(), match[2] or match[3]
                text = f" {how}({_KIND.format(name)}) {how}({name})"
                found.append((match.start(), match.end(), text))
            elif match := _BY_EXPRESSION.match(masked, place):
                place = _closing(masked, match.end()) + 1
            else:
                break
    return found


def _closing(masked: str, start: int) -> int:
    """Return the place of the bracket that closes one before `start`; the end if there is none."""
    depth = 1
    for place in range(start, len(masked)):
        depth += {"(": 1, ")": -1}.get(masked[place], 0)
        if not depth:
            return place
    return len(masked)
