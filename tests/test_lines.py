"""Line and column of every case in every format of RDF, and row and column of every mistake."""

from __future__ import annotations

import io
from random import Random

import pyoxigraph as ox
import pytest
from conftest import EXAMPLES
from invented import CASE, pieces
from openpyxl import Workbook
from test_extraction import MISTAKES, ROW, XLSX, as_csv
from test_shapes import expected, namespace
from written import WRITERS, At, Page, Spots

from aikg.intake.columns import HEADINGS
from aikg.intake.examination import examine, read
from aikg.intake.verdict import Rules
from aikg.names import BASE
from aikg.rules import reasoning

#: A case is put to the shapes in one format; so many of them in a short run.
EVERY = 9

#: These are about terms and about what is shipped, which no submission may describe.
NOBODYS = (
    "shapes/ontology-term/",
    "shapes/drug/type-1-class",
    "shapes/drug/type-2-class",
    "shapes/shared/",  # the ownership rules refuse a key on a sender's own node
)


@pytest.fixture(scope="module")
def store(rules: Rules) -> ox.Store:
    """What the cases point at, published."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in [*rules.ontology, *pieces()[1]])
    store.extend(ox.Quad(*triple) for triple in reasoning.follow(store, rules.strata))
    return store


@pytest.mark.parametrize("ending", WRITERS)
def test_each_term_of_each_case_is_found_where_it_was_written(ending: str) -> None:
    """Node, property and value, whatever the layout."""
    wrong = []
    for piece in pieces()[0]:
        page = Page(Random(piece.name))
        WRITERS[ending](piece.triples, CASE, page)
        submission = read(page.body, None, f"case.{ending}", "case")
        assert set(submission.triples) == set(piece.triples), page.text
        for key, at in page.spots.items():
            place = submission.place(*key)
            if (place.line, place.column) != at:
                wrong.append((piece.name, key, at, place))
    assert wrong == []


def told_at(spots: Spots, focus: str, path: str) -> set[At]:
    """Return where a fault may stand: at the property or one of its values, or else at the node.

    A fault of the node as a whole may stand at the one of its statements that is wrong.
    """
    near = {
        at
        for key, at in spots.items()
        if key[: 2 if path else 1] == (focus, path)[: 2 if path else 1]
    }
    return near or {spots[focus,]}


#: A third of the other cases is run by `make test`, and all by `make soak`.
SELDOM = (pytest.mark.slow, pytest.mark.endurance)


def case_names() -> list[object]:
    """Name the cases of shapes that a submission can be; most of them are marked."""
    names = sorted(str(file.relative_to(EXAMPLES)) for file in EXAMPLES.glob("shapes/*/*.ttl"))
    names = [name for name in names if not name.startswith(NOBODYS)]
    return [
        name if at % EVERY == 0 else pytest.param(name, marks=SELDOM[at % 3 > 0])
        for at, name in enumerate(names)
    ]


@pytest.mark.parametrize("name", case_names())
def test_the_fault_of_a_case_is_told_at_its_place(name: str, store: ox.Store, rules: Rules) -> None:
    """In a format of chance, the report has the fault of the case at its line and column."""
    (piece,) = (piece for piece in pieces()[0] if piece.name == name)
    page = Page(Random(name))
    ending = page.random.choice(sorted(WRITERS))
    WRITERS[ending](piece.triples, CASE, page)
    body = page.body
    examined = examine(store, body, media_type=None, file=f"f.{ending}", name="case", rules=rules)
    ((focus, path, shape, *_),) = expected(EXAMPLES / name)
    focus = focus.replace(namespace(EXAMPLES / name), CASE)
    places = {
        (place.line, place.column)
        for finding in examined.report.findings
        if shape.removeprefix(BASE) in finding.codes
        for place in (finding.place, *finding.also_at)
    }
    assert places & told_at(page.spots, focus, path), page.text


def as_workbook(*rows: dict[str, str], headings: list[str]) -> bytes:
    """Write rows as a workbook, its columns in a given order."""
    book = Workbook()
    book.active.append(headings)
    for row in rows:
        book.active.append([row.get(heading) for heading in headings])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


#: A figure of another trial; a cell of two lines does not make two rows of it.
OTHER = {heading: text.replace("TOY", "TAY") for heading, text in ROW.items()}
OTHER |= {
    "Figure": "F88",
    "Section": "Re\nsults",
    "Registry numbers": "NCT00000001",
    "Publication identifiers": "doi:10.0000/other",
}


@pytest.mark.parametrize("media_type", ["text/csv", XLSX], ids=["CSV", "XLSX"])
@pytest.mark.parametrize(("change", "code", "heading"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_table_is_told_at_its_row_and_column(
    change, code: str, heading: str | None, media_type: str, shipped: ox.Store, rules: Rules
) -> None:
    """Wherever the row stands, in whatever order the columns do, rows counted as in a sheet."""
    random = Random(f"{code} {media_type}")
    headings = random.sample(HEADINGS, len(HEADINGS))
    rows = [*[OTHER] * random.randint(0, 1), {**ROW, **change}]
    body = (as_csv if media_type == "text/csv" else as_workbook)(*rows, headings=headings)
    examined = examine(shipped, body, media_type=media_type, file="f", name="toy", rules=rules)
    places = [f.place for f in examined.report.findings if code in f.codes]
    assert {place.line for place in places} == {len(rows) + 1}
    if heading:
        told = {(place.heading, place.column) for place in places}
        assert (heading, headings.index(heading) + 1) in told
