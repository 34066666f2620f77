"""Refuses each statement whose value is not what every reader takes it for.

A typed literal must be of the form that its datatype has, before any engine reads it.

What the ledger writes must be read again, term for term.
The ledger keeps the graph as N-Quads. A term that the writer of N-Quads spells in a way that the
parser refuses, or reads as another term, would make a home that cannot be opened. Other formats can
name such terms: RDF/XML and JSON-LD, for instance, let a literal name `rdf:langString` as its
datatype. The store may write a number in another form of equal value; that is not a fault.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

import pyoxigraph as ox

from aikg.intake.submission import ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.names import OTHER_PREFIXES
from aikg.rules import literals
from aikg.rules.checks import Problem

_RDF = OTHER_PREFIXES["rdf"]
#: Where the parser stands in the one line that it reads: the sender never sees that line.
_PLACE = re.compile(r"^.*?line \d+ (?:column \d+|between columns \d+ and \d+): | \(line \d+\)$")

_ADVICE = {
    _RDF + "langString": "Leave the datatype out and state the language: in RDF/XML by `xml:lang`, "
    'in JSON-LD by `@language`, in Turtle as in `"text"@en`.',
    _RDF + "dirLangString": "Leave the datatype out and state language and direction: in JSON-LD "
    'by `@language` and `@direction`, in Turtle as in `"text"@en--ltr`.',
}
#: So many statements are written and read together; only where one of them fails, one by one.
_AT_ONCE = 1000
_OTHERWISE = "Write the value in a form that N-Quads can express: https://www.w3.org/TR/n-quads/."


def checked(submission: ParsedSubmission, longest: int) -> ParsedSubmission:
    """Return a submission without the statements that are not read again as they were written.

    Args:
        submission: The submission as it was read.
        longest: How long a statement may be when it is written as N-Quads, in bytes.

    Returns:
        The submission; its problems name each statement that was taken out.
    """
    kept: list[ox.Triple] = []
    problems: list[Problem] = []
    triples = submission.triples
    many = (triples[at : at + _AT_ONCE] for at in range(0, len(triples), _AT_ONCE))
    refusals = (found for some in many for found in _refusals(some, longest))
    for triple, found in zip(triples, refusals, strict=True):
        if found is None:
            kept.append(triple)
        else:
            problems.append(_problem(triple, found))
    if not problems:
        return submission
    return replace(submission, triples=kept, problems=[*submission.problems, *problems])


def _refusals(triples: list[ox.Triple], longest: int) -> list[literals.Fault | None]:
    """Return why each of some statements cannot be kept, and what to do; None for one that can."""
    wrong = [
        literals.fault(t.object) if isinstance(t.object, ox.Literal) else None for t in triples
    ]
    if not _all_kept([t for t, fault in zip(triples, wrong, strict=True) if not fault], longest):
        pairs = zip(triples, wrong, strict=True)
        return [fault or _refusal(triple, longest) for triple, fault in pairs]
    return wrong


def _all_kept(triples: list[ox.Triple], longest: int) -> bool:
    """Whether statements that are written together are read again as they were."""
    quads = [ox.Quad(t.subject, t.predicate, t.object) for t in triples]
    written = cast(bytes, ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    if max(map(len, written.split(b"\n"))) >= longest:
        return False
    try:
        return list(ox.parse(written, format=ox.RdfFormat.N_QUADS)) == quads
    except (SyntaxError, ValueError, MemoryError):
        return False


def _refusal(triple: ox.Triple, longest: int) -> literals.Fault | None:
    """Return why a statement with a valid literal cannot be kept; None for one that can."""
    quad = ox.Quad(triple.subject, triple.predicate, triple.object)
    written = cast(bytes, ox.serialize([quad], format=ox.RdfFormat.N_QUADS))
    if len(written) > longest:
        return _not_kept(
            f"it takes {len(written):,} bytes as N-Quads, and at most {longest:,} are kept",
            "Shorten the text; a reader needs much less of it.",
        )
    try:
        again = list(ox.parse(written, format=ox.RdfFormat.N_QUADS))
    except (SyntaxError, ValueError, MemoryError) as error:
        datatype = getattr(getattr(triple.object, "datatype", None), "value", "")
        reason = _PLACE.sub("", str(error)).rstrip(".")
        return _not_kept(reason, _ADVICE.get(datatype, _OTHERWISE))
    if again != [quad]:
        return _not_kept("it is another statement when it is read again", _OTHERWISE)
    return None


def _not_kept(reason: str, advice: str) -> literals.Fault:
    message = f"The value cannot be stored and read again: {reason}."
    return literals.Fault("kept-as-sent", message, advice)


def _problem(triple: ox.Triple, found: literals.Fault) -> Problem:
    return Problem(
        "Error",
        found.rule,
        node_of(triple),
        triple.predicate.value,
        value_of(triple),
        found.message,
        found.advice,
        kind="rule",
    )
