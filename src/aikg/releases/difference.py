"""The difference between two graphs: node by node in words, and quad by quad as RDF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, shorten
from aikg.releases.content import Content

_SUBMISSION = re.compile(re.escape(BASE) + r"graph/submission/([a-z0-9-]+/\d+)$")
_PROVENANCE = ox.NamedNode(BASE + "graph/provenance")
_PROV = OTHER_PREFIXES["prov"]
_KIND = PREFIXES["aikg"]
#: The classes whose nodes are facts of their own, from the general to the special.
KINDS = (
    *("Finding", "Claim", "Study", "Arm", "Group", "Population", "Regimen", "Outcome", "Drug"),
    *("Publication", "DataIssue", "EvidenceLine"),
)
#: How many nodes of a kind are described in words, in each direction.
_MOST = 200


@dataclass
class Change:
    """The change of one node.

    Attributes:
        node: Its IRI.
        kind: Its class, of `KINDS`.
        label: Its label.
        how: `added`, `withdrawn` or `changed`.
        gone: The statements that are no more: property and value, in words.
        come: The statements that are new.
        by: The submissions that state it, each with its sender and reason where they are public.
    """

    node: str
    kind: str
    label: str
    how: str
    gone: list[str] = field(default_factory=list)
    come: list[str] = field(default_factory=list)
    by: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """The difference between an older and a newer graph.

    Attributes:
        removed: The quads that are only in the older one, as lines.
        added: The quads that are only in the newer one.
        changes: The changes by node, in the order of kinds and addresses.
    """

    removed: list[str]
    added: list[str]
    changes: list[Change]

    def rdf(self) -> bytes:
        """Return the difference as RDF Patch (https://afs.github.io/rdf-patch/): D, then A."""
        lines = ["TX .", *(f"D {line}" for line in self.removed)]
        lines += [*(f"A {line}" for line in self.added), "TC ."]
        return ("\n".join(lines) + "\n").encode()


def compare(older: Content, newer: Content) -> Difference:
    """Compare two graphs."""
    before, after = set(older.lines), set(newer.lines)
    removed, added = sorted(before - after), sorted(after - before)
    old, new = _View(older), _View(newer)
    touched = {quad.subject for quad in _parsed([*removed, *added]) if _is_fact(quad)}
    changes = [
        change
        for node in touched
        if isinstance(node, ox.NamedNode) and (change := _change(node, old, new))
    ]
    changes.sort(key=lambda change: (KINDS.index(change.kind), change.how, change.node))
    return Difference(removed, added, changes)


def words(difference: Difference, older: str, newer: str) -> list[str]:
    """Describe a difference in lines of Markdown."""
    lines = [f"# Changes from {older} to {newer}", ""]
    lines.append(f"{len(difference.added):,} quads are new, {len(difference.removed):,} are gone.")
    for kind in KINDS:
        for how in ("added", "changed", "withdrawn"):
            found = [one for one in difference.changes if (one.kind, one.how) == (kind, how)]
            if found:
                lines += ["", f"## {kind}: {len(found)} {how}", ""]
                lines += [line for one in found[:_MOST] for line in _described(one)]
            if len(found) > _MOST:
                lines.append(f"- and {len(found) - _MOST} more, which changes.json lists")
    return lines


def _described(change: Change) -> Iterator[str]:
    by = f" ({'; '.join(change.by)})" if change.by else ""
    yield f"- {_plain(change.label)} <{change.node}>{_plain(by)}"
    if change.how == "changed":
        yield from (f"  - was: {_plain(text)}" for text in change.gone)
        yield from (f"  - is: {_plain(text)}" for text in change.come)


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|!])", r"\\\1", " ".join(text.split()))


class _View:
    """A graph, asked about single nodes."""

    def __init__(self, content: Content) -> None:
        self.store = content.store()
        self._default = ox.DefaultGraph()

    def statements(self, node: ox.NamedNode) -> set[tuple[ox.NamedNode, Any]]:
        found = self.store.quads_for_pattern(node, None, None, self._default)
        return {(quad.predicate, quad.object) for quad in found}

    def kind(self, node: ox.NamedNode) -> str | None:
        types = {
            quad.object.value.removeprefix(_KIND)
            for quad in self.store.quads_for_pattern(
                node, ox.NamedNode(RDF_TYPE), None, self._default
            )
            if isinstance(quad.object, ox.NamedNode)
        }
        return next((kind for kind in KINDS if kind in types), None)

    def label(self, node: Any) -> str:
        if isinstance(node, ox.Literal):
            return node.value
        if not isinstance(node, ox.NamedNode):
            return str(node)
        found = self.store.quads_for_pattern(node, ox.NamedNode(RDFS_LABEL), None, self._default)
        labels = sorted(quad.object.value for quad in found if isinstance(quad.object, ox.Literal))
        return labels[0] if labels else shorten(node.value)

    def sources(self, node: ox.NamedNode) -> list[str]:
        """Return the published submissions that state a node, with sender and reason."""
        graphs = {quad.graph_name for quad in self.store.quads_for_pattern(node, None, None, None)}
        names = sorted(
            graph.value
            for graph in graphs
            if isinstance(graph, ox.NamedNode) and _SUBMISSION.match(graph.value)
        )
        return [self.origin(ox.NamedNode(name)) for name in names]

    def origin(self, graph: ox.NamedNode) -> str:
        """Return the name of a submission, with its sender and its last step."""
        match = _SUBMISSION.match(graph.value)
        said = f"submission {match[1] if match else graph.value}"
        sender = self._one(graph, "wasAttributedTo")
        said += f" of {self._text(sender, RDFS_LABEL)}" if sender else ""
        for relation, verb in (("wasInvalidatedBy", "withdrawn"), ("wasGeneratedBy", "published")):
            if step := self._one(graph, relation):
                by = self._text(self._one(step, "wasAssociatedWith"), RDFS_LABEL)
                why = self._text(step, OTHER_PREFIXES["rdfs"] + "comment")
                return f"{said}, {verb} by {by or 'someone'}" + (f": {why}" if why else "")
        return said

    def _one(self, node: ox.NamedNode, name: str) -> ox.NamedNode | None:
        found = self.store.quads_for_pattern(node, ox.NamedNode(_PROV + name), None, _PROVENANCE)
        values = sorted((q.object for q in found if isinstance(q.object, ox.NamedNode)), key=str)
        return values[-1] if values else None

    def _text(self, node: ox.NamedNode | None, predicate: str) -> str:
        if node is None:
            return ""
        found = self.store.quads_for_pattern(node, ox.NamedNode(predicate), None, _PROVENANCE)
        return min((q.object.value for q in found if isinstance(q.object, ox.Literal)), default="")


def _change(node: ox.NamedNode, old: _View, new: _View) -> Change | None:
    was, is_now = old.kind(node), new.kind(node)
    kind = is_now or was
    if kind is None:
        return None
    before, after = old.statements(node), new.statements(node)
    how = "changed" if was and is_now else "added" if is_now else "withdrawn"
    if how != "changed":
        view = new if is_now else old
        by = view.sources(node)
        if how == "withdrawn":  # the newer graph knows who withdrew it, and why
            graphs = {one.partition(",")[0].split(" of ")[0].split()[1] for one in by}
            names = [ox.NamedNode(f"{BASE}graph/submission/{name}") for name in sorted(graphs)]
            by = [new.origin(name) for name in names]
        return Change(node.value, kind, view.label(node), how, by=by)
    gone, come = before - after, after - before
    if not gone and not come:
        return None
    return Change(
        node.value, kind, new.label(node), how, _in_words(gone, old), _in_words(come, new),
        new.sources(node),
    )  # fmt: skip


def _in_words(statements: set[tuple[ox.NamedNode, Any]], view: _View) -> list[str]:
    return sorted(f"{shorten(p.value)} {view.label(value)}" for p, value in statements)


def _is_fact(quad: ox.Quad) -> bool:
    return quad.graph_name == ox.DefaultGraph()


def _parsed(lines: Sequence[str]) -> Iterator[ox.Quad]:
    yield from ox.parse("\n".join(lines).encode(), format=ox.RdfFormat.N_QUADS)
