"""The pages of the rules: each has both examples, and the rule treats them as the page says."""

from __future__ import annotations

import ast
import csv
import datetime
import io
import re

import pyoxigraph as ox
import pytest
from conftest import ROOT
from openpyxl import Workbook
from rdflib import RDF, SH, Graph, URIRef
from test_checks import rows
from test_shapes import CASES, all_shapes, background, expected, ontology

from aikg.build import Built
from aikg.description.rulebook import GRAPH
from aikg.files.turtle import Statement
from aikg.intake.columns import COLUMNS
from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.names import BASE, PREFIXES, plain
from aikg.rules import checks, shapes

CHECKS = [check.name for check in checks.load(ROOT / "queries" / "checks")]
#: The rules that are neither shape nor check, by their last name.
NAMED = sorted(
    str(node).removeprefix(PREFIXES["rule"])
    for node in Graph().parse(ROOT / "description" / "rules.ttl").subjects(unique=True)
)
#: Whose examples are Turtle; those of the others are cells.
OF_RDF = {
    *("own-nodes", "no-new-terms", "hidden-character", "nothing-said", "one-of-two-classes"),
    *("shared-node", "literal-form", "literal-size"),
}
#: Whose examples are RDF/XML, since Turtle cannot spell the bad one.
OF_XML = {"kept-as-sent", "unread-xml"}
#: Whose examples are CSV; those of others that are cells are put into a workbook.
OF_CSV = {"row-length"}
#: Whose examples are JSON-LD.
OF_JSON = {"unread-json", "uncounted"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: The statements about a rule: the name of a property, its values.
Page = dict[str, list[str]]


@pytest.fixture(scope="module")
def pages(built: Built) -> dict[str, Page]:
    """What the page of each rule is made of, by the rule's code."""
    found: dict[str, Page] = {}
    for quad in built.aside:
        if quad.graph_name == GRAPH:
            page = found.setdefault(quad.subject.value.removeprefix(BASE), {})
            page.setdefault(quad.predicate.value.rpartition("/")[2], []).append(quad.object.value)
    return found


def turtle(text: str, number: int = 0) -> str:
    """Return an example the prefixes that every example has, and a namespace of its own."""
    prefixes = {**PREFIXES, "ex": f"{BASE}submission/case/{number}/"}
    return "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in prefixes.items()) + text


def test_each_rule_that_a_report_can_name_has_a_page(pages: dict[str, Page]) -> None:
    """Each shape with a constraint, each check and each rule of reading, and nothing else."""
    broken = {line[2].removeprefix(BASE) for case in CASES for line in expected(case)}
    named = {f"check/{name}" for name in CHECKS} | {f"rule/{name}" for name in NAMED}
    assert {code for code, page in pages.items() if "level" in page} == broken | named
    for code in broken | named:
        page = pages[code]
        assert page["level"][0] in checks.LEVELS
        assert page["mend"][0].endswith((".", "en", "?")), code
        assert page["badExample"], code
        assert page["goodExample"], code


def test_the_code_names_the_rules_of_reading_and_no_others() -> None:
    """A rule that has no page cannot be reported, and a page of a rule that is gone is noticed."""
    constants, told = set(), set()
    source = ROOT / "src" / "aikg"
    for module in [*(source / "intake").glob("*.py"), source / "rules" / "literals.py"]:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Constant):
                constants.add(node.value)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("wrong", "_broken")
            ):
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                # After the property of the cell, before the message.
                told |= set([t for t in texts if re.fullmatch("[a-z]+(-[a-z]+)*", t)][-1:])
    assert told - {"printed"} <= set(NAMED) <= constants


def test_no_rule_of_inference_has_the_name_of_another_rule() -> None:
    """Both lie under the same address."""
    assert not {path.stem for path in (ROOT / "queries" / "rules").rglob("*.rq")} & set(NAMED)


def test_the_bad_examples_of_shapes_break_them(pages: dict[str, Page]) -> None:
    """The shape that the page is about says so, and no other."""
    examples = [(c, t) for c, page in pages.items() for t in page.get("badExample", ())]
    wanted = dict(enumerate(e for e in examples if e[0].startswith("shape/")))
    data = background() + Graph()
    for number, (_, text) in wanted.items():
        data.parse(data=turtle(text, number), format="turtle")
    found = {
        (int(result.focus.split("/")[-2]), result.shape.removeprefix(BASE))
        for result in shapes.validate(data, all_shapes(), ontology())
    }
    assert found == {(number, code) for number, (code, _) in wanted.items()}


def test_the_good_examples_of_shapes_are_whole_nodes_of_their_class(
    pages: dict[str, Page],
) -> None:
    """They are nodes of the background, which breaks no shape, and have what the shape is about."""
    elsewhere = {"shape/evidence-line", "shape/drug-type"}  # nothing may be of their class
    for code, page in pages.items():
        if not code.startswith("shape/") or "goodExample" not in page:
            continue
        shape, (text,) = URIRef(BASE + code), page["goodExample"]
        data = Graph().parse(data=turtle(text), format="turtle")
        path = all_shapes().value(shape, SH.path)
        unwanted = str(all_shapes().value(shape, SH.maxCount)) == "0"
        if isinstance(path, URIRef):
            assert unwanted or (None, path, None) in data, code
        tops = {shape, *all_shapes().subjects(SH.property, shape)}
        aims = {kind for top in tops for kind in all_shapes().objects(top, SH.targetClass)}
        kinds = {
            above
            for kind in data.objects(None, RDF.type)
            for above in ontology().transitive_objects(
                kind, URIRef(PREFIXES["rdfs"] + "subClassOf")
            )
        }
        assert code in elsewhere or aims & kinds, code
        lines = {line.strip(" .;,") for line in text.splitlines()}
        whole = (ROOT / "cases" / "shapes" / "background.ttl").read_text()
        assert all(line in whole for line in lines)


@pytest.mark.parametrize("check", CHECKS)
def test_the_examples_of_checks(
    check: str, pages: dict[str, Page], ontology: list[Statement]
) -> None:
    """The check finds something in the bad example, and nothing in the good one."""

    def caught(text: str) -> bool:
        triples = ox.parse(turtle(text), ox.RdfFormat.TURTLE)
        found = rows(check, [*ontology, *(Statement(q.triple, "an example", 1) for q in triples)])
        blamed = [p for p in found if p.level != "Error" or p.stops]
        return any("/submission/case/" in problem.node for problem in blamed)

    (bad,), (good,) = (pages[f"check/{check}"][f"{kind}Example"] for kind in ("bad", "good"))
    assert caught(bad)
    assert not caught(good)


@pytest.mark.parametrize("rule", NAMED)
def test_the_examples_of_the_rules_of_reading(
    rule: str, pages: dict[str, Page], shipped: ox.Store, rules: Rules
) -> None:
    """A file with the bad example breaks the rule, and the same file with the good one does not."""
    (bad,), (good,) = (pages[f"rule/{rule}"][f"{kind}Example"] for kind in ("bad", "good"))

    def told(text: str) -> set[str]:
        if rule in OF_XML:
            body, media_type = text.encode(), "application/rdf+xml"
        elif rule in OF_CSV:
            body, media_type = filled(text, (good, bad)), "text/csv"
        elif rule in OF_JSON:
            body, media_type = text.encode(), "application/ld+json"
        elif rule in OF_RDF:
            body, media_type = turtle(text).encode(), "text/turtle"
        else:
            body, media_type = workbook(text, (good, bad)), XLSX
        examined = examine(
            shipped, body, media_type=media_type, file="example", name="example", rules=rules
        )
        return {finding.code for finding in examined.report.findings}

    assert f"rule/{rule}" in told(bad)
    assert f"rule/{rule}" not in told(good)


def lines(text: str, both: tuple[str, str]) -> list[list[str]]:
    """Put the columns of an example in place of those of the template's example row."""
    headings, *found = csv.reader(io.StringIO(text))
    replaced = {heading for example in both for heading in example.partition("\n")[0].split(",")}
    kept = {c.heading: c.example.replace("EXAMPLE-1", "TOY") for c in COLUMNS}
    kept = {heading: value for heading, value in kept.items() if heading not in replaced}
    return [[*headings, *kept], *([*line, *kept.values()] for line in found)]


def filled(text: str, both: tuple[str, str]) -> bytes:
    """Write an example as CSV."""
    written = io.StringIO()
    csv.writer(written).writerows(lines(text, both))
    return written.getvalue().encode()


def workbook(text: str, both: tuple[str, str]) -> bytes:
    """Write an example as a workbook; a cell in brackets has what a text cannot say."""
    book = Workbook()
    sheet = book.active
    for number, line in enumerate(lines(text, both), start=1):
        for at, value in enumerate(line, start=1):
            shown = re.fullmatch(r"(.*) \(format (.*)\)", value)
            found = sheet.cell(number, at, float(shown[1]) if shown else cell(value))
            if shown:
                found.number_format = shown[2]
    if "merged with the cell below" in text:
        sheet.merge_cells("A2:A3")
    if "and a second sheet" in text:
        book.copy_worksheet(sheet)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def cell(text: str) -> str | datetime.date:
    """Make of a day what a spreadsheet makes of it; a text with = is a formula by itself."""
    return datetime.date.fromisoformat(text) if text == "2016-04-03" else text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("record an aikg:DataIssue that", "record a “data issue” that"),
        ("a aikg:outcome, `aikg:restates`", "an “outcome”, “restates”"),
        ("An <https://w3id.org/aikg/x/Drug>.", "A “drug”."),
        ("a sh:NodeShape", "a sh:NodeShape"),
    ],
)
def test_names_in_plain_words_have_their_article(text: str, words: str) -> None:
    """What a rule says to a program's writer is a sentence for a clinician too."""
    labels = {"DataIssue": "data issue", "Drug": "drug"}

    def called(iri: str) -> str:
        name = iri.rpartition("/")[2]
        return labels.get(name, name)

    assert plain(text, called) == words
