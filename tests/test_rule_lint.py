"""The lint of query files and shapes names each fault with its line, and no near miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from aikg.files.queries import Query, read_queries
from aikg.names import PREFIXES
from tools import rule_lint

RULE = """#+ summary: A rule.
PREFIX aikg: <https://w3id.org/aikg/ontology/>
CONSTRUCT { ?line aikg:reason aikg:NoTest }
WHERE {
  ?line aikg:onClaim ?claim .
%s
}
"""

CHECK = """#+ summary: A check.
%s
PREFIX aikg: <https://w3id.org/aikg/ontology/>
SELECT ?node ?message WHERE {
  ?node aikg:ofGroup ?group .
%s
}
"""

KNOWN = {PREFIXES["aikg"] + name for name in ("ofGroup", "ofOutcome", "statedAt")}

SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:shape>
    sh:message %s .
"""


def test_the_files_have_no_fault() -> None:
    """`make check` runs the same."""
    assert list(rule_lint.faults(ROOT)) == []


@pytest.mark.parametrize(
    ("pattern", "line", "words"),
    [
        ("  { ?line a ?one } UNION { ?line a ?two }", 6, "no UNION"),
        ("\n  MINUS { ?line a ?one }", 7, "no MINUS"),
        ("  filter exists { ?line a ?one . ?claim a ?two }", 6, "EXISTS has 2 patterns"),
        ("  FILTER NOT EXISTS {\n    ?line a ?one .\n    ?claim a ?two .\n  }", 8, "2 patterns"),
        (
            "  FILTER EXISTS { ?line a ?one .\n FILTER EXISTS { ?one a ?b . ?b a ?c . ?c a ?d } }",
            7,
            "3 patterns",
        ),
        ("  FILTER(EXISTS { ?line a ?one . ?one a ?two } || ?claim = 1.5)", 6, "2 patterns"),
    ],
)
def test_what_the_dialect_has_not_is_named(pattern: str, line: int, words: str) -> None:
    """The message has the line of the second pattern, and says why the rule exists."""
    ((at, message),) = rule_lint.lint_claim_rule(RULE % pattern)
    assert at == line
    assert words in message
    assert "the engine" in message


@pytest.mark.parametrize(
    "pattern",
    [
        "  # a UNION b MINUS c",
        '  BIND("no UNION. EXISTS { ?a a ?b . ?c a ?d }" AS ?text)',
        "  FILTER NOT EXISTS { ?line aikg:ofOutcome ?one ; aikg:onClaim ?claim }",
        "  FILTER EXISTS { ?line a ?one . FILTER(?one != 1.5) FILTER EXISTS { ?one a ?two } }",
        "  FILTER EXISTS { ?line aikg:a/aikg:b|^aikg:c ?one . }",
        "  # small: there are few.\n  FILTER EXISTS { ?line a ?one . ?claim a ?two }",
        "  # small: few.\n  FILTER EXISTS { ?a a ?b . FILTER(EXISTS { ?b a ?c . ?c a ?d }) }",
        "  ?line aikg:unionOf ?minus . OPTIONAL { ?line a ?one . ?claim a ?two }",
    ],
)
def test_near_misses_pass(pattern: str) -> None:
    """Comments, texts, nested groups, and what is said to be small."""
    assert list(rule_lint.lint_claim_rule(RULE % pattern)) == []


@pytest.mark.parametrize(
    ("header", "pattern", "line", "words"),
    [
        ("", "  ?other aikg:ofGroup ?group .", 6, "?other"),
        ("#+ joins: aikg:statedAt", "  ?other aikg:ofGroup ?group .", 2, "reads too much"),
        ("#+ joins: aikg:ofGrup/^aikg:ofGrup", "", 2, "no property"),
        ("#+ joins: ofGroup", "", 2, "not a prefixed name"),
        ("#+ joins: aikg:ofGroup", "  ?other aikg:ofGroup ?group .", 6, "?other"),
        ("", "  ?far aikg:ofOutcome/^aikg:ofOutcome ?node .", 6, "?far"),
    ],
)
def test_a_wrong_header_is_named(header: str, pattern: str, line: int, words: str) -> None:
    """A missing path, a needless one, a typo."""
    found = list(rule_lint.lint_joins(check_of(header, pattern), KNOWN))
    assert (line, True) in [(at, words in message) for at, message in found]


@pytest.mark.parametrize(
    ("header", "pattern"),
    [
        ("", "  ?group aikg:ofOutcome ?outcome ; aikg:statedAt/aikg:ofOutcome ?other ."),
        ("#+ joins: aikg:ofGroup/^aikg:ofGroup", "  ?other aikg:ofGroup ?group ."),
        ("#+ joins: aikg:ofGroup/^aikg:ofGroup", "  ?group ^aikg:ofGroup ?other ."),
        ("", "  FILTER NOT EXISTS { ?other aikg:ofGroup ?group }"),
    ],
)
def test_a_right_header_passes(header: str, pattern: str) -> None:
    """A property that is read forward needs no header."""
    assert list(rule_lint.lint_joins(check_of(header, pattern), KNOWN)) == []


def test_most_checks_without_their_header_are_named() -> None:
    """The lint sees a missing header where no node leads to all others without it."""
    checks = [c for c in read_queries(ROOT / "queries" / "checks") if "joins" in c.header]
    seen = {c.name for c in checks if list(rule_lint.lint_joins(without_header(c), ALL))}
    assert len(seen) >= len(checks) / 2


class _All(set[str]):
    def __contains__(self, item: object) -> bool:
        return True


ALL = _All()


def without_header(check: Query) -> Query:
    """A check as it would be if its author had forgotten the line."""
    lines = [line for line in check.text.splitlines() if not line.startswith("#+ joins")]
    header = {key: value for key, value in check.header.items() if key != "joins"}
    return replace(check, text="\n".join(lines), header=header)


def check_of(header: str, pattern: str) -> Query:
    """A check with a header line, and a pattern more."""
    fields = {"joins": header.partition(": ")[2]} if header else {}
    return Query("one", fields, CHECK % (header, pattern), Path("one.rq"))


@pytest.mark.parametrize(
    ("message", "faulty"),
    [
        ('"A dose has one unit: add aikg:doseUnit."@en', False),
        ('"A dose has one unit."@en', False),
        ('"The sign is \\"<\\" or \\">\\", as in aikg:sign."@en', False),
        ('"A dose: one unit: add it."@en', True),
        ('"Note: a dose has one unit."@en', True),
        ('"A dose has one unit: add it"@en', True),
    ],
)
def test_a_message_parts_into_rule_and_remedy(tmp_path: Path, message: str, faulty: bool) -> None:
    """At its first and only colon."""
    path = tmp_path / "one.ttl"
    path.write_text(SHAPE % message)
    assert [line for line, _ in rule_lint.lint_messages(path)] == [4] * faulty
