"""Identifiers as people paste them: each form leads to the right entity, or to none."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import quote

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from aikg.errors import IdentifierMalformed, IdentifierUnknown
from aikg.links import records
from aikg.links.asked import Box
from aikg.links.forms import Form, read_forms, separate, tidy
from aikg.links.identifiers import Identifier, read_prefixes
from aikg.links.index import Index
from aikg.links.search import Names
from aikg.links.tables import sightings
from aikg.names import PREFIXES, shorten
from aikg.shared.numbers import Numbers

PARSED = read_prefixes(ROOT)
FORMS = read_forms(ROOT).forms
MAPPINGS = records.read_mappings(ROOT, PARSED)
#: Old DOIs, as https://github.com/seek4science/seek/issues/125,
#: https://github.com/WDscholia/scholia/issues/2633 and
#: https://github.com/fabian-beck/pure-suggest/issues/351 have them.
OLD = (
    "10.1002/(SICI)1096-987X(199703)18:4<449::AID-JCC1>3.0.CO;2-T",
    "10.1002/(sici)1096-9861(19971020)387:2<167::aid-cne1>3.0.co;2-z",
    "10.1002/(SICI)1099-1727(199821)14:1<3::AID-SDR140>3.0.CO;2-K",
)


def put(form: Form, identifier: Identifier) -> str:
    """Return an identifier in a form."""
    local = identifier.local
    whole = form.form.replace("{}", quote(local, safe="():/") if "/{}" in form.form else local)
    return f"https://{whole}" if re.match(r"[\w.-]+\.\w+/", form.form) else whole


def around(text: str) -> list[str]:
    """Return a text as it is pasted: with what stands around it on a page or in a cell."""
    found = [f"  {text}\n", f"<{text}>", f"({text})", f"{text}.", f"“{text}”", f'"{text}",']
    if text.startswith("https://"):
        bare = text.removeprefix("https://")
        more = "&" if "?" in text else "?"
        found += [bare, f"http://{bare}", f"https://www.{bare}", f"{text}{more}rank=1&tab=results"]
        found += [f"{text}#top", quote(text, safe="")]
        if "?" not in text and "doi.org" not in text:
            found += [f"{text}/", f"{text}/entry"]
    return found


@pytest.fixture(scope="module")
def index() -> Index:
    """The index of the rows of the tables, and of two numbers that the evidence states."""
    entities = {row.subject: row.subject_label for row in MAPPINGS}
    kind = PREFIXES["aikg"] + "Drug"
    names = [
        {"entity": iri, "kind": kind, "how": "label", "name": name}
        for iri, name in entities.items()
    ]
    links = [
        {
            "entity": row.subject,
            "predicate": PREFIXES["skos"] + row.predicate.removeprefix("skos:"),
            "term": row.object.iri,
            "label": row.object_label,
        }
        for row in MAPPINGS
    ]
    stated = [
        {"entity": PREFIXES["study"] + "face", "number": "NCT00000000"},
        {"entity": PREFIXES["publication"] + "campos-2009", "number": OLD[0]},
        {"entity": PREFIXES["study"] + "face", "number": "D6997C00002"},
    ]
    return Index(names, links, [], [], PARSED, numbers=stated)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.prefix} {form.form}")
def test_a_form_was_seen_and_its_example_is_of_it(form: Form) -> None:
    """A row names its place, and its example is one of our links."""
    assert form.form.endswith("{}")
    assert sightings(form.seen_in)
    assert PARSED.parse(form.example) in {row.object for row in MAPPINGS}
    assert PARSED.parse(form.example).prefix == form.prefix


def test_every_linked_identifier_resolves_in_every_form(index: Index) -> None:
    """However it is pasted, it leads where its CURIE leads: no form to another entity."""
    tried = 0
    for form in FORMS:
        for identifier in {row.object for row in MAPPINGS if row.object.prefix == form.prefix}:
            wanted = index.resolve(identifier.curie)
            for text in around(put(form, identifier)):
                assert index.resolve(text) == wanted, text
                tried += 1
    assert tried > 1000


DIGITS = re.compile(r"\d(?=\D*$)")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMS), st.randoms(use_true_random=False))
def test_another_number_leads_to_no_entity_of_ours(form: Form, random) -> None:
    """A digit too many, too few or another: unknown or malformed, and never what it was."""
    rows = sorted({row.object for row in MAPPINGS if row.object.prefix == form.prefix})
    linked, identifier = {row.curie for row in rows}, random.choice(rows)
    digit = random.choice("0123456789")
    changed = DIGITS.sub(random.choice([digit, digit * 2, ""]), identifier.local)
    text = put(form, Identifier(form.prefix, changed, ""))
    try:
        found = PARSED.parse(text)
    except IdentifierMalformed:
        return
    assert found.local.casefold() == changed.casefold()
    assert found.curie not in linked - {f"{form.prefix}:{changed}"}


@pytest.mark.parametrize("doi", OLD)
def test_an_old_doi_stays_whole(index: Index, doi: str) -> None:
    """Parentheses, angle brackets and semicolons are part of it, also in an address or a list."""
    escaped = doi.replace("<", "&lt;").replace(">", "&gt;")
    for text in (doi, f"doi: {doi}", f"<{doi}>", f"https://doi.org/{quote(doi)}", escaped):
        assert PARSED.parse(text).local == doi
        assert Numbers().read(text).text == doi.lower()
    assert separate(f"{doi}; {doi};10.1200/jco.2007.14.4659") == [
        doi,
        doi,
        "10.1200/jco.2007.14.4659",
    ]
    if doi == OLD[0]:
        (found,) = index.resolve(doi)
        assert shorten(found.entity) == "publication:campos-2009"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("NCT00066573, ISRCTN18233230", ["NCT00066573", "ISRCTN18233230"]),
        ("PMID: 19299239, doi: 10.4137/CMRO.S1564", ["PMID: 19299239", "doi: 10.4137/CMRO.S1564"]),
        ("NCT00066573;NCT00248170", ["NCT00066573", "NCT00248170"]),
        ("NCT00066573 | NCT00248170", ["NCT00066573", "NCT00248170"]),
        ("2005-002868-28, NCT00274469", ["2005-002868-28", "NCT00274469"]),
        ("10.1000/a,b", ["10.1000/a,b"]),
        ("exemestane, 25 mg", ["exemestane, 25 mg"]),
        ("1,2-dichloroethane", ["1,2-dichloroethane"]),
        ("NCT00066573", ["NCT00066573"]),
    ],
)
def test_a_list_is_parted_where_an_identifier_begins(text: str, parts: list[str]) -> None:
    """A comma in a name or in a DOI separates nothing."""
    assert separate(text) == parts


def test_several_identifiers_of_one_entity_resolve_and_of_two_do_not(index: Index) -> None:
    """The search shows what each leads to; a list of names chooses none of two."""
    same, two = "NCT00849030, ISRCTN18233230", "NCT00849030, NCT00066573"
    assert {shorten(found.entity) for found in index.resolve(same)} == {"study:atac"}
    with pytest.raises(IdentifierMalformed, match="several identifiers, of different things"):
        index.resolve(two)
    names = Names(index)
    assert names.link(same).entity == PREFIXES["study"] + "atac"
    assert (names.link(two).entity, names.link(two).how) == (None, "ambiguous")
    hits = Box(index, names, []).find(two)
    assert {shorten(hit.entity) for hit in hits} == {"study:atac", "study:ma-27"}


def test_a_number_of_the_evidence_leads_to_its_entity(index: Index) -> None:
    """A trial that no table has is found by the number that its sheet states."""
    (found,) = index.resolve("https://clinicaltrials.gov/study/NCT00000000?tab=table")
    assert (shorten(found.entity), found.predicate) == ("study:face", "skos:exactMatch")
    with pytest.raises(IdentifierUnknown):
        index.resolve("NCT00000001")


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/NCT00066573",
        "https://clinicaltrials.gov/search?term=NCT00066573",
        "https://clinicaltrials.gov/study/NCT000665731",
        "NCT0006657",
        "10512/x",
        "exemestane (NCT00066573)",
        "C1607",
        "2187",
    ],
)
def test_a_text_that_only_contains_an_identifier_is_refused(text: str) -> None:
    """Nothing is searched for inside another text, and no code is guessed without its prefix."""
    with pytest.raises(IdentifierMalformed):
        PARSED.parse(text)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text raises another error; a text that is tidy stays as it is."""
    assert tidy(tidy(text)) == tidy(text)
    for part in separate(text):
        with suppress(IdentifierMalformed):
            assert PARSED.parse(part).local


def test_the_page_lists_each_form() -> None:
    """The table in the reference has the rows of the file."""
    page = (ROOT / "docs" / "reference" / "links.md").read_text(encoding="utf-8")
    rows = [f"| `{f.prefix}` | `{f.form}` | `{f.example}` |" for f in FORMS]
    assert re.findall(r"^\| `[^`]+` \| `[^`]*\{\}` \| .*$", page, re.MULTILINE) == rows
