"""Each statement that a text in JSON-LD spells, and each part that no reader makes one of.

https://www.w3.org/TR/json-ld11/. A processor of JSON-LD leaves out what it cannot use: a key
without a term, an IRI with a blank, a bad language tag. So the text is read again here, with the
contexts of rdflib, and what is left out is reported at its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pyoxigraph as ox
from rdflib.plugins.shared.jsonld.context import UNDEF, Context, Term
from rdflib.plugins.shared.jsonld.errors import JSONLDException

from aikg.intake.json_text import Value, number, plain
from aikg.intake.places import Lost, Mention, Place
from aikg.names import OTHER_PREFIXES, RDF_TYPE

_FIRST = OTHER_PREFIXES["rdf"] + "first"
#: Keywords that have no statement of their own.
_SILENT = {"@context", "@id", "@index", "@language", "@direction", "@value"}
_KEYWORDS = _SILENT | {"@type", "@graph", "@included", "@list", "@set", "@nest", "@reverse"}
_LIKE_KEYWORD = re.compile(r"@[A-Za-z]+")
#: The name of a node whose own name cannot be read: no statement has it.
_LOST = "\0"


@dataclass
class Reading:
    """What a text spells.

    Attributes:
        mentions: Its statements, without those that only link the items of lists.
        statements: How many statements there are, with those.
        lost: The parts of the text that are in no statement.
        unsure: Why the statements could not be counted, or nothing.
    """

    mentions: list[Mention] = field(default_factory=list)
    statements: int = 0
    lost: list[Lost] = field(default_factory=list)
    unsure: str = ""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a node: the node, the IRI, the term, and where the two stand."""

    node: str | None
    name: str
    term: Any
    at: Place
    place: Place


class _Context(Context):
    def _fetch_context(self, *_: Any) -> NoReturn:
        raise ValueError("no context is fetched")


def read(value: Value, base: str) -> Reading:
    """Read a text that the parser has accepted.

    Args:
        value: The text as JSON.
        base: The IRI against which relative ones resolve.
    """
    reader = _Reader()
    try:
        reader.floating(value, _Context(base=base))
    except (JSONLDException, ValueError, KeyError, TypeError, AttributeError) as error:
        reader.found.unsure = f"a context cannot be followed: {error}"
    return reader.found


class _Reader:
    """Walks over objects, each with the context that it is in."""

    def __init__(self) -> None:
        self.found = Reading()

    def _lose(self, place: Place, what: str, advice: str, level: str = "Error") -> None:
        self.found.lost.append(Lost("unread-json", place, what, advice, level))

    def _state(self, to: _Property, value: str | None, place: Place) -> None:
        if _LOST not in {to.node, value}:
            self.found.statements += 1
            mention = Mention(to.node, to.name, value, to.at, to.place, place)
            self.found.mentions.append(mention)

    def floating(self, value: Value, context: Any) -> None:
        """Read what no property leads to: the whole, and the items of a graph."""
        for one in value.each():
            if one.scalar is not None or _member(one, "@value", context):
                advice = "Make it the value of a property."
                self._lose(one.place, "No property leads to this value.", advice)
            elif _member(one, "@list", context) or _member(one, "@set", context):
                self.found.unsure = "a list or a set stands by itself"
            elif one.kind:
                self._node(one, context)

    def _node(self, value: Value, outer: Any, named: str | None = None) -> str | None:
        """Read a node; return its name. The content of a node without a name is read too."""
        context = _inner(value, outer)
        given = _member(value, "@id", context)
        node = named if given is None else self._reference(given, context)
        self._members(value, context, node, value.place)
        return node

    def _members(self, value: Value, context: Any, node: str | None, at: Place) -> None:
        seen: set[str] = set()
        for key, place, inner in value.members:
            if key in seen:
                what = f"The key “{key}” stands twice in one object, and readers differ."
                self._lose(place, what, "Write its values as one array.")
            seen.add(key)
            keyword = _keyword(key, context)
            if keyword == "@type":
                to = _Property(node, RDF_TYPE, None, at, place)
                for one in inner.each():
                    if one.scalar is not None:
                        self._state(to, self._reference(one, context, True), one.place)
            elif keyword == "@nest":
                for one in inner.each():
                    self._members(one, context, node, at)
            elif keyword == "@included" or (keyword == "@graph" and node != _LOST):
                self.floating(inner, context)
            elif keyword not in _SILENT:
                turned = keyword == "@reverse"
                read_as = self._reverse if turned else self._values
                for name, where, item in inner.members if turned else [(key, place, inner)]:
                    about = self._property(name, where, context, node, at, item)
                    if about:
                        read_as(about, item, context)

    def _property(  # noqa: PLR0913, PLR0917  a key with its value, and whose it is
        self, key: str, place: Place, context: Any, node: str | None, at: Place, inner: Value
    ) -> _Property | None:
        """Return the property that a key stands for; report a key that stands for none."""
        term = context.terms.get(key)
        name = term.id if term else context.expand(key)
        if _is_valid(ox.NamedNode, name):
            term = term or Term(name, key, UNDEF, set(), UNDEF, UNDEF, False, UNDEF, False, False)
            return _Property(node, name, term, at, place)
        if term and term.id is None:
            what = f"The context says that the key “{key}” is not read."
            self._lose(place, what, "Take the key out, or give it an IRI.", "Note")
        elif inner.kind or inner.scalar is not None:
            what = f"The key “{key}” has no term in the context, and is not read."
            self._lose(place, what, "Add it to the context, or write the IRI of the property.")
        return None

    def _reverse(self, to: _Property, inner: Value, context: Any) -> None:
        for one, named in self._contained(inner, to.term, context):
            nested = one.kind == "{"
            value = self._node(one, context, named) if nested else self._reference(one, context)
            if nested or one.scalar is not None:
                back = _Property(value, to.name, None, to.at, to.place)
                self._state(back, to.node, one.place)

    def _values(self, to: _Property, inner: Value, context: Any) -> None:
        """Read the values of a property, as its term says."""
        context = context.get_context_for_term(to.term if to.term.context else None)
        if to.term.reverse:
            self._reverse(to, inner, context)
        elif to.term.type == "@json":
            self._state(to, None, inner.place)
        elif "@list" in to.term.container:
            self._list(to, _items(inner), context)
        elif "@language" in to.term.container and inner.kind == "{":
            for tag, where, texts in inner.members:
                known = "@none" in {tag, context.expand(tag)} or self._tagged(tag, where)
                for one in texts.each():
                    if known and one.scalar is not None:
                        self._state(to, str(one.scalar), one.place)
        else:
            for one, named in self._contained(inner, to.term, context):
                listed = _member(one, "@list", context)
                if listed is None:
                    self._value(to, one, context, named)
                else:
                    self._list(to, _items(listed), context)

    def _contained(
        self, inner: Value, term: Any, context: Any
    ) -> Iterator[tuple[Value, str | None]]:
        """Return the values of a property, out of arrays, sets and the maps of a container."""
        if inner.kind != "{" or not term.container & {"@index", "@id", "@type"}:
            for one in inner.each():
                inside = _member(one, "@set", context)
                if inside is None:
                    yield one, None
                else:
                    yield from self._contained(inside, term, context)
            return
        if isinstance(term.index, str) and term.index:
            self.found.unsure = "an index is a property"
        for key, place, values in inner.members:
            for one in values.each():
                named = None
                if "@id" in term.container and key != "@none":
                    named = self._reference(Value(place, key), context)
                if "@type" in term.container and key != "@none":
                    to = _Property(None, RDF_TYPE, None, one.place, place)
                    self._state(to, str(context.expand(key)), place)
                yield one, named

    def _list(self, to: _Property, items: list[Value], context: Any) -> None:
        """Read a list: a statement that leads to it, and two for each item."""
        self._state(to, None, items[0].place if items else to.place)
        for one in items:
            first = _Property(None, _FIRST, to.term, one.place, one.place)
            inside = one if one.kind == "[" else _member(one, "@list", context)
            if inside is not None:
                self.found.statements += 1
                self._list(first, _items(inside), context)
                continue
            for part, named in self._contained(one, to.term, context):
                there = self._value(first, part, context, named)
                self.found.statements += there

    def _value(self, to: _Property, one: Value, context: Any, named: str | None) -> bool:
        """Read a value; return whether there is one."""
        literal = _member(one, "@value", _inner(one, context)) if one.kind == "{" else None
        written = _member(one, "@type", context) if literal else None
        datatype = written.scalar if written else ""
        there = literal or one
        if there.scalar is None and not (there.kind and (not literal or datatype == "@json")):
            return False
        kind, value = to.term.type, None
        if literal is not None:
            tag = _member(one, "@language", context)
            value = None if literal.kind else _lexical(literal, context.expand(datatype))
            value = value if tag is None or self._tagged(tag.scalar, tag.place) else _LOST
        elif one.kind and "@graph" in to.term.container:
            self.floating(one, context)
        elif one.kind:
            value = self._node(one, context, named)
        elif isinstance(one.scalar, str) and kind in {"@id", "@vocab"}:
            value = self._reference(one, context, kind == "@vocab")
        elif isinstance(one.scalar, str) and not kind:
            tag = context.language if to.term.language is UNDEF else to.term.language
            value = one.scalar if tag is None or self._tagged(tag, one.place) else _LOST
        else:
            value = _lexical(one, kind or "")
        self._state(to, value, one.place)
        return True

    def _tagged(self, tag: Any, place: Place) -> bool:
        """Return whether a language tag is well-formed; report it if not."""
        try:
            ox.Literal("", language=str(tag))
        except ValueError:
            what = f"“{tag}” is not a valid language tag, and the text is not read."
            self._lose(place, what, "Write a tag such as en or en-GB.")
            return False
        return True

    def _reference(self, value: Value, context: Any, vocabulary: bool = False) -> str | None:
        """Return the IRI that a value names, None for a blank node; report it if it is lost."""
        text = value.scalar
        if not isinstance(text, str):
            return None
        if _LIKE_KEYWORD.fullmatch(text):
            what = f"“{text}” looks like a keyword of JSON-LD, and is not read."
            self._lose(value.place, what, "Write the IRI that is meant.")
            self.found.unsure = f"“{text}” looks like a keyword"
            return _LOST
        name = context.expand(text, use_vocab=vocabulary) if text else context.base
        if name is None and vocabulary:
            name = context.expand(text, use_vocab=False)
        label = name[2:] if isinstance(name, str) and name.startswith("_:") else None
        if label and _is_valid(ox.BlankNode, label):
            return None
        if _is_valid(ox.NamedNode, name):
            return str(name)
        what = f"“{text}” is not a valid IRI, and no statement with it is read."
        self._lose(value.place, what, "Write an IRI without blanks and quotes; %20 is a blank.")
        return _LOST


def _inner(value: Value, context: Any) -> Any:
    """Return the context within an object: its own, then that of its type."""
    own = value.get("@context")
    if own is not None:
        source = plain(own)
        empty = source is None
        context = _Context(base=context.doc_base) if empty else context.subcontext(source)
    return context.get_context_for_type(plain(value))


def _keyword(key: str, context: Any) -> str:
    """Return the keyword that a key stands for, or an empty text."""
    term = context.terms.get(key)
    name = term.id if term else key
    if name == RDF_TYPE and term and term.type == "@vocab":
        return "@type"
    return name if isinstance(name, str) and name in _KEYWORDS else ""


def _member(value: Value, keyword: str, context: Any) -> Value | None:
    for key, _, inner in value.members:
        if _keyword(key, context) == keyword:
            return inner
    return None


def _items(value: Value) -> list[Value]:
    return value.items if value.kind == "[" else [value]


def _is_valid(term: Callable[[Any], object], name: Any) -> bool:
    """Return whether a name is an absolute IRI, or the label of a blank node."""
    try:
        term(name)
    except (ValueError, TypeError):
        return False
    return True


def _lexical(value: Value, datatype: Any) -> str:
    """Return the text that a scalar becomes."""
    if isinstance(value.scalar, bool):
        return "true" if value.scalar else "false"
    return value.scalar if isinstance(value.scalar, str) else number(value.scalar, str(datatype))
