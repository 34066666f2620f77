"""Names that are nearly the name of another node: two spellings, or two things.

A name that makes a new node is compared with the other names of the sheet, and with the labels of
the graph. Names with other numbers, or with another word of up to four letters, are never near:
HER2 and HER3, arm A and arm B, visit 2 and visit 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.known import Known, is_shared
from aikg.intake.rows import Reader, Row
from aikg.intake.statements import AIKG
from aikg.shared.spelling import NotShared, fold_name

#: The columns with names, and the class of the nodes that they name; arms and subgroups belong to
#: a trial, and their names in other trials do not count.
_COMPARED = {
    **{"Trial": "Trial", "Outcome": "Outcome"},
    **{"Subgroup": "Population", "Trial population": "Population"},
}
_OF_A_TRIAL = {"Arm", "Compared with", "Subgroup"}
_NEW = re.compile(
    r"new (?:[a-z]+ )*?(?:outcome|event): *(.*?)(?: *\((?:higher|lower) is better\))?"
)
#: A word of so many letters may have one letter wrong.
_LONG = 5


def near(one: str, other: str) -> bool:
    """Say whether two names are nearly the same: capitals, hyphens, plural, or one letter."""
    if one == other:
        return False
    mine, theirs = _words(one), _words(other)
    if mine is None or theirs is None:
        return False
    if "".join(mine) == "".join(theirs):
        return True
    if len(mine) != len(theirs):
        return False
    differ = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    return len(differ) == 1 and _near_words(*differ[0])


def _words(name: str) -> list[str] | None:
    """Return the words of a folded name; None if it cannot be folded."""
    try:
        return re.findall(r"\w+", fold_name(name))
    except NotShared:
        return None


def _keys(name: str) -> Iterator[tuple[str, ...]]:
    """Yield keys of a name: two near names have one in common."""
    words = _words(name)
    if words is None:
        return
    yield ("".join(words),)
    for at, word in enumerate(words):
        if len(word) >= _LONG and word.isalpha():
            for cut in (word, *(word[:n] + word[n + 1 :] for n in range(len(word)))):
                yield (*words[:at], cut, *words[at + 1 :], str(at))


def _shapes(name: str) -> Iterator[tuple[str, ...]]:
    """Yield fewer and coarser keys of a name: the letters, and the name without a long word."""
    words = _words(name)
    if words is None:
        return
    yield ("".join(words),)
    for at, word in enumerate(words):
        if len(word) >= _LONG - 1 and word.isalpha():
            yield (*words[:at], "", *words[at + 1 :], str(at))


def _near_words(one: str, other: str) -> bool:
    """Say whether two words differ in one letter, or in two neighbours that are exchanged."""
    short, long = sorted((one, other), key=len)
    if len(short) < _LONG or not (short + long).isalpha() or len(long) - len(short) > 1:
        return False
    at = next(
        (n for n, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), -1
    )
    if at < 0:
        return True
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    exchanged = short[:at] + short[at : at + 2][::-1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or exchanged == long


class NearNames:
    """Compares the names of a sheet.

    Args:
        store: The published graph.
        reader: Reports what is wrong with a cell.
    """

    def __init__(self, store: ox.Store, reader: Reader) -> None:
        self._store = store
        self._reader = reader
        #: The node of each label of a class, and the shapes of the label.
        self._labels: dict[str, dict[str, tuple[str, frozenset[tuple[str, ...]]]]] = {}

    def report(self, rows: Iterable[Row]) -> None:
        """Report each name that is nearly another one, at its first cell."""
        objects = {
            (triple.subject, triple.predicate.value): triple.object
            for triple in self._reader.statements
            if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode)
        }
        named: dict[tuple[str, str], dict[str, tuple[ox.NamedNode, Row, str]]] = {}
        times: dict[ox.NamedNode, int] = {}
        for row in rows:
            for heading, name, node in _names(row, objects):
                times[node] = times.get(node, 0) + 1
                scope = (heading, row.trial.value if heading in _OF_A_TRIAL else "")
                scope = ("Arm", scope[1]) if heading == "Compared with" else scope
                named.setdefault(scope, {}).setdefault(name, (node, row, heading))
        for (heading, _), names in named.items():
            reported = set(self._within(names, times))
            if heading in _COMPARED:
                new = {n: found for n, found in names.items() if n not in reported}
                self._against_graph(_COMPARED[heading], new)

    def _within(
        self,
        names: dict[str, tuple[ox.NamedNode, Row, str]],
        times: dict[ox.NamedNode, int],
    ) -> Iterator[str]:
        """Report the rarer of two near names of one column; yield it."""
        kept: dict[tuple[str, ...], list[str]] = {}
        for one in names:
            keys = set(_keys(one))
            for other in dict.fromkeys(name for key in keys for name in kept.get(key, ())):
                node, usual = names[one][0], names[other][0]
                if node == usual or not near(one, other):
                    continue
                rare, common = (other, one) if times[node] > times[usual] else (one, other)
                _, row, heading = names[rare]
                _, first, its = names[common]
                where = f"row {first.number}, column {its}"
                self._ask(row, heading, f"“{rare}” is nearly “{common}” ({where}).")
                yield rare
            for key in keys:
                kept.setdefault(key, []).append(one)

    def _against_graph(self, kind: str, names: dict[str, tuple[ox.NamedNode, Row, str]]) -> None:
        """Report names of new nodes that are nearly a label of the graph."""
        new = {name: found for name, found in names.items() if self._is_new(found[0])}
        if not new:
            return
        graph = Known(self._store)
        known = self._known(kind)
        asked: dict[tuple[str, ...], list[str]] = {}
        shapes = {shape for name in new for shape in _shapes(name)}
        for name in new:
            for key in _keys(name):
                asked.setdefault(key, []).append(name)
        found: dict[str, str] = {}
        for label, (_, its) in known.items():
            # The graph has many labels and the sheet few: most are left aside by their shape.
            if shapes.isdisjoint(its):
                continue
            for name in dict.fromkeys(name for key in _keys(label) for name in asked.get(key, ())):
                if name not in found and near(name, label):
                    found[name] = label
        for name, (_, row, heading) in new.items():
            meant_by = found.get(name)
            if meant_by and not self._own(known[meant_by][0]) and not graph.find(kind, name):
                meant = graph.label(ox.NamedNode(known[meant_by][0])) or meant_by
                self._ask(row, heading, f"“{name}” is nearly “{meant}”, which the graph has.")

    def _known(self, kind: str) -> dict[str, tuple[str, frozenset[tuple[str, ...]]]]:
        if kind not in self._labels:
            named = suggestions.named(self._store, [AIKG + kind])
            self._labels[kind] = {
                label: (node, frozenset(_shapes(label))) for label, node in named.items()
            }
        return self._labels[kind]

    def _is_new(self, node: ox.NamedNode) -> bool:
        if not is_shared(node) and not self._reader.statements.owns(node):
            return False
        return not any(self._store.quads_for_pattern(node, None, None, None))

    def _own(self, node: str) -> bool:
        return node.startswith(self._reader.statements.base)

    def _ask(self, row: Row, heading: str, what: str) -> None:
        advice = "If they are one, write the name in one way; otherwise leave both."
        self._reader.wrong(row, heading, "nearly-known", what, advice, level="Check")


def _names(
    row: Row, objects: dict[tuple[ox.NamedNode, str], ox.NamedNode]
) -> Iterator[tuple[str, str, ox.NamedNode]]:
    """Yield the names of a row: heading, name without the words for new, and node."""
    outcome = _NEW.fullmatch(row.text("Outcome"))
    found: list[tuple[str, str, ox.NamedNode | None]] = [
        ("Trial", row.text("Trial"), row.trial),
        ("Publication", row.text("Publication"), row.paper),
        (
            "Trial population",
            row.text("Trial population"),
            objects.get((row.trial, f"{AIKG}enrols")),
        ),
        ("Arm", row.text("Arm"), objects.get((row.group, f"{AIKG}ofArm"))),
        ("Subgroup", row.text("Subgroup"), objects.get((row.group, f"{AIKG}inPopulation"))),
        (
            "Outcome",
            outcome[1] if outcome else row.text("Outcome"),
            objects.get((row.node, f"{AIKG}ofOutcome")),
        ),
    ]
    if row.other is not None:
        other = objects.get((row.other, f"{AIKG}ofArm"))
        found.append(("Compared with", row.text("Compared with"), other))
    yield from ((heading, name, node) for heading, name, node in found if name and node)
