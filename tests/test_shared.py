"""Shared nodes: the same content in any spelling is one node, and no other content is."""

from __future__ import annotations

import functools
import json
import unicodedata
from decimal import Decimal
from random import Random

import pyoxigraph as ox
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from aikg.links.identifiers import read_prefixes
from aikg.names import BASE, PREFIXES, RDFS_LABEL
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY, Node
from aikg.shared.house import House, duration, read_house
from aikg.shared.keys import Key
from aikg.shared.mint import Mint, Refusal, repeat
from aikg.shared.numbers import Number, Numbers, components
from aikg.shared.schedules import dosing
from aikg.shared.spelling import NotShared, fold_name, plain_number

DRUG = PREFIXES["drug"]
PREFIXES_OF_OTHERS = read_prefixes(ROOT)
NUMBERS = Numbers(PREFIXES_OF_OTHERS)


@functools.cache
def house() -> House:
    """The index of the shipped files."""
    return read_house(ROOT, PREFIXES_OF_OTHERS)


def stated(mint: Mint) -> dict[str, list[ox.Triple]]:
    """What a submission states that describes all that was made."""
    return {node.iri: list(node.triples) for node in mint.made.values()}


# Names and numbers

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=30)


def folded(name: str) -> str | None:
    """The folded name, or None where there is none."""
    try:
        return fold_name(name)
    except NotShared:
        return None


@given(NAMES)
def test_a_folded_name_stays_as_it_is(name: str) -> None:
    """So that a key that was read is the key that was written."""
    once = folded(name)
    assert once is None or fold_name(once) == once == unicodedata.normalize("NFC", once)


@given(NAMES, st.randoms(use_true_random=False))
def test_capitals_blanks_dashes_and_quotes_do_not_count(name: str, random: Random) -> None:
    """Spoilt several times over, a name is still the same; another letter makes another name."""
    once = folded(name)
    if once is None or len(once) > 100:
        return
    spoilt = "".join(
        random.choice([char, "\u201c" + char, unicodedata.normalize("NFD", char)])
        if char not in " -"
        else random.choice(["  ", "\u00a0", " "])
        if char == " "
        else random.choice("-\u2013\u2212")
        for char in once
    )
    assert fold_name(f"  {spoilt} .") == once
    assert fold_name(once + "x") != once


@pytest.mark.parametrize(
    "name", ["", " . ", "a\u200bb", "a\nb" + "\x00", "a\u202eb", "a" * 121, "\u00ad"]
)
def test_a_name_that_nobody_can_read_is_refused(name: str) -> None:
    """Hidden characters, an empty name, a text."""
    assert folded(name) is None


@given(
    st.decimals(min_value="0.001", max_value="99999", places=3), st.randoms(use_true_random=False)
)
def test_a_number_has_one_form(value: Decimal, random: Random) -> None:
    """`2.50`, `2,5` and `02.5` are 2.5; what may part thousands is refused."""
    plain = plain_number(format(value, "f"))
    assert Decimal(plain) == value
    assert "E" not in plain
    assert not plain.endswith(("0", ".")) or "." not in plain
    more = plain + ("" if "." in plain else ".") + "0" * random.randint(1, 3)
    assert plain_number("0" * random.randint(0, 2) + more) == plain
    whole, point, rest = plain.partition(".")
    if point and (len(rest) != 3 or whole == "0"):
        assert plain_number(f"{whole},{rest}") == plain


@pytest.mark.parametrize(
    "text", ["1,000", "2\u00b7500", "0", "0.0", "-1", "1e3", "", "x", "1.2.3", "\u0663"]
)
def test_what_is_not_one_number_is_refused(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(NotShared):
        plain_number(text)


# Doses and schedules

#: A dose in its one form, and spellings of it: amount, loading dose, unit, schedule.
DOSES = {
    ("2.5", "", "mg/d", ""): [
        ("2.5", "", "mg", "once daily"),
        ("2.50", "", "mg/day", ""),
        ("2,5", "", "mg a day", ""),
        ("2.5", "", "mg daily", "once daily"),
        ("02.5", "", "MG", "OD"),
        ("2.5", "", "mg", "q.d."),
        ("2.5", "", "mg", "every day"),
        ("2.5", "", "mg per day", "once a day"),
        ("2.5", "", "mg", "every 1 day"),
    ],
    ("2.5", "", "mg", "twice daily"): [("2.5", "", "mg", "b.i.d."), ("2.5", "", "mg", "2x daily")],
    ("2.5", "", "mg/d", "twice daily"): [("2.5", "", "mg/day", "bid")],
    ("2.5", "", "mg", ""): [("2.500", "", "mg", "")],
    ("2.5", "", "ug", ""): [
        ("2.5", "", "mcg", ""),
        ("2.5", "", "\u00b5g", ""),
        ("2.5", "", "\u03bcg", ""),
    ],
    ("125", "", "mg/d", "3 weeks of 4"): [
        ("125", "", "mg", "once daily, 3 weeks of 4"),
        ("125.0", "", "mg", "3 weeks on, 1 week off; once daily"),
        ("125", "", "mg/d", "3 weeks of every 4 weeks"),
        ("125", "", "mg/day", "3 wk on 1 wk off"),
    ],
    ("250", "500", "mg", "days 0, 14, 28, then every 28 days"): [
        ("250", "500", "mg", "day 0, 14 and 28, then every 28 days"),
        ("250.0", "500.0", "mg", "d0, d14, d28 then q28d"),
        ("250", "500", "mg", "days 28, 0, 14 and every 28 days thereafter"),
    ],
    ("250", "500", "mg", "days 1, 15, 29, then every 28 days"): [
        ("250", "500", "mg", "d1, d15, d29, then every 28 days")
    ],
    ("250", "", "mg", "every 28 days"): [
        ("250", "", "mg", "q28d"),
        ("250", "", "mg", "every 28 days."),
    ],
    ("250", "", "mg", "every 4 weeks"): [("250", "", "mg", "q4w")],
    ("250", "", "mg/mo", ""): [("250", "", "mg", "monthly"), ("250", "", "mg", "once a month")],
    ("250", "", "mg", "every 2 months"): [("250", "", "mg", "every 2 months")],
    ("6", "8", "mg/kg", "every 3 weeks"): [("6.0", "8", "mg / kg", "q3w")],
    ("2", "4", "mg/kg/wk", ""): [("2", "4", "mg/kg", "weekly"), ("2", "4", "mg/kg/week", "")],
    ("75", "", "mg/m2", "every 3 weeks"): [
        ("75", "", "mg/m\u00b2", "every 3 weeks"),
        ("75", "", "mg/m^2", "q3w"),
    ],
    ("", "", "", "weekly"): [("", "", "", "once a week"), ("", "", "", "every week")],
    ("", "", "", ""): [("", "", "", "  ")],
}


@pytest.mark.parametrize(("one", "spellings"), DOSES.items(), ids=map(str, DOSES))
def test_a_dose_has_one_form(one: tuple[str, ...], spellings: list[tuple[str, ...]]) -> None:
    """Each spelling is the same; and so is the form itself."""
    for spelling in (one, *spellings):
        found = dosing(*spelling)
        assert (found.dose, found.loading, found.unit, found.schedule) == one, spelling


@pytest.mark.parametrize(
    ("unit", "schedule"),
    [
        *(("mg", text) for text in ("test", "with food", "camp", "once daily with food", "oral")),
        *(("mg", text) for text in ("daily dose reduced", "od2", "days", "every days", "3 weeks")),
        *(("mg", text) for text in ("every 2 fortnights", "qq28d", "days 1-21", "once", "a")),
        *((unit, "") for unit in ("mg/x", "tablet", "mg//d", "per day", "mgs")),
    ],
)
def test_words_outside_the_grammar_are_no_part_of_a_shared_node(unit: str, schedule: str) -> None:
    """Free text never is."""
    with pytest.raises(NotShared):
        dosing("1", "", unit, schedule)


def test_a_dose_needs_its_unit() -> None:
    """And a unit its dose."""
    for parts in (("1", "", "", ""), ("", "", "mg", ""), ("", "1", "", "")):
        with pytest.raises(NotShared):
            dosing(*parts)


# Keys, addresses and triples

NAME = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12).filter(folded)
AMOUNT = st.integers(1, 999).map(str)
LOCAL = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)


def iris(kind: str) -> st.SearchStrategy[str]:
    """Addresses of a kind, of the house and shared ones."""
    return st.one_of(
        LOCAL.map(lambda name: f"{BASE}{kind}/{name}"),
        LOCAL.map(lambda name: f"{keys.SHARED}{kind}/{name}"),
    )


def several(kind: str, least: int = 1) -> st.SearchStrategy[list[str]]:
    """Several addresses, in any order."""
    return st.lists(iris(kind), min_size=least, max_size=4, unique=True)


TRIALS = st.one_of(
    LOCAL.map(lambda name: f"{BASE}study/{name}"),
    LOCAL.map(lambda name: f"{keys.SHARED}trial/{name}"),
)
CONTENT = st.one_of(
    st.builds(keys.drug, NAME),
    st.builds(
        keys.component,
        st.just("gives"),
        several("drug").map(lambda found: found[:1]),
        AMOUNT,
        st.one_of(st.just(""), AMOUNT),
        st.sampled_from(["mg", "mg/d", "mg/kg", "g"]),
        st.sampled_from(["", "twice daily", "every 28 days", "days 0, 14; 3 weeks of 4", "weekly"]),
    ),
    st.builds(
        keys.component, st.just("givesOneOf"), several("drug", 2), *map(st.just, ("", "", "", ""))
    ),
    st.builds(keys.regimen, several("component")),
    st.builds(
        keys.outcome,
        st.sampled_from(keys.OUTCOME_KINDS),
        NAME,
        AMOUNT,
        st.sampled_from([*keys.DURATION_UNITS]),
        st.sampled_from(["", "Higher", "Lower"]),
    ),
    st.builds(keys.outcome, st.sampled_from(keys.OUTCOME_KINDS), NAME),
    st.builds(keys.population, TRIALS, st.just([])),
    st.builds(keys.population, st.just(""), several("population", 2)),
    st.builds(
        keys.group,
        st.one_of(several("arm"), TRIALS),
        iris("population"),
        st.sampled_from(["IntentionToTreat", "SafetySet"]),
        st.one_of(st.just(""), iris("drug")),
    ),
    st.builds(keys.trial, st.integers(0, 99_999_999).map("NCT{:08}".format)),
    st.builds(keys.publication, st.integers(1, 99_999_999).map("PMID{}".format)),
    st.builds(keys.arm, TRIALS, NAME),
    st.builds(keys.analysis, TRIALS, NAME, st.sampled_from(["", "2016-02-26"])),
)


def test_of_generated_contents_no_two_share_an_address() -> None:
    """The address is of the content: another content, another address and other triples."""
    seen: dict[str, Key] = {}
    triples: dict[str, frozenset[tuple[str, str]]] = {}

    @settings(max_examples=600, deadline=None)
    @given(CONTENT)
    def hold(key: Key) -> None:
        iri = keys.address(key)
        assert seen.setdefault(iri, key) == key
        assert keys.read(keys.written(key)) == key
        assert iri.startswith(f"{keys.SHARED}{keys.kind_of(key)}/")
        mint = Mint(House(labels=_Everything()))
        assert mint.node(key) == iri
        said = frozenset((t.predicate.value, str(t.object)) for t in mint.made[iri].triples)
        assert triples.setdefault(iri, said) == said
        assert not any(said == other for at, other in triples.items() if at != iri)
        assert (
            len({t.predicate.value for t in mint.made[iri].triples} & {RDFS_LABEL, SHARED_KEY}) == 2
        )

    hold()
    assert len({keys.kind_of(key) for key in seen.values()}) == 10
    assert len(seen) > 200


class _Everything(dict[str, str]):
    """A label for each address."""

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        return f"label of {key}"


@given(several("component"), st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_count(components_of: list[str], random: Random) -> None:
    """A list is a set."""
    again = [*components_of, *random.sample(components_of, random.randint(0, len(components_of)))]
    random.shuffle(again)
    assert keys.regimen(again) == keys.regimen(components_of)


@pytest.mark.parametrize(
    "iri",
    [
        BASE + "submission/mine/drug/x",
        "https://lab.example/drug/x",
        BASE + "drug/x/y",
        BASE + "drug/",
        BASE + "regimen/x",
        BASE + "shared/regimen/x",
        BASE + "shared/drug/../x",
        BASE + "drug/x y",
        "drug:x",
    ],
)
def test_what_somebody_owns_is_no_part_of_a_shared_node(iri: str) -> None:
    """Its owner could change it, and with it the node."""
    with pytest.raises(NotShared):
        keys.component("gives", [iri], "", "", "", "")


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", "x", "[1]", "null", '["drug/1"]', '["drug/1","a","b"]', '["drug/2","a"]'),
        *('["drug/1",["a"]]', '["drug/1",""]', '["regimen/1","x"]', '["regimen/1",[]]', "[" * 9000),
        *('["trial/1","x"]', '["trial/1","PMID1"]', '["trial/1","NCT1"]', '["drug/1",null]'),
        *('["population/1","",[]]', '["analysis/1","' + BASE + 'study/x","",""]', '["drug/1",{}]'),
        '["analysis/1","' + BASE + 'study/x","a","2016-13-01"]',
    ],
)
def test_a_key_that_is_none_is_refused(text: str) -> None:
    """With a sentence, and with no other error."""
    with pytest.raises(NotShared) as caught:
        keys.read(text)
    assert str(caught.value).endswith(".")


# The house first


def test_each_curated_node_that_has_a_key_is_answered_with_itself() -> None:
    """No shared node is made for a drug, outcome, regimen, population or group of the house."""
    mint = Mint(house())
    kinds = {"drug": 9, "regimen": 10, "component": 12, "outcome": 100, "group": 50}
    found = dict.fromkeys(kinds, 0)
    for text in house().nodes:
        kind = json.loads(text)[0].partition("/")[0]
        found[kind] = found.get(kind, 0) + 1
        if kind not in {"outcome"}:
            assert mint.node(keys.read(text)) == house().nodes[text], text
    assert mint.made == {}
    assert all(found[kind] >= least for kind, least in kinds.items()), found


@pytest.mark.parametrize(
    ("dose", "unit", "schedule", "regimen"),
    [
        ("25", "mg", "once daily", "exemestane-25-mg-daily"),
        ("25,0", "mg a day", "", "exemestane-25-mg-daily"),
        ("", "", "", "exemestane"),
        ("25", "mg", "", None),
        ("25", "mg", "twice daily", None),
        ("50", "mg/d", "", None),
    ],
)
def test_a_regimen_of_the_house_is_found_in_any_spelling(
    dose: str, unit: str, schedule: str, regimen: str | None
) -> None:
    """And another dose or schedule is another regimen."""
    mint = Mint(house())
    component = mint.node(keys.component("gives", [DRUG + "exemestane"], dose, "", unit, schedule))
    found = mint.node(keys.regimen([component]))
    assert found == (PREFIXES["regimen"] + regimen if regimen else found)
    assert keys.is_shared(found) == (regimen is None)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Progression-free survival", "progression-free-survival"),
        ("clinical benefit (\u2265 24 weeks)", "clinical-benefit-24-weeks"),
        ("clinical benefit for at least 6 months", "clinical-benefit-6-months"),
        ("CBR >= 180 days", "clinical-benefit-180-days"),
        ("clinical benefit rate", "clinical-benefit"),
        ("clinical benefit >= 7 months", None),
        ("clinical benefit >= 24 months", None),
    ],
)
def test_an_outcome_of_the_house_keeps_its_duration(text: str, outcome: str | None) -> None:
    """Another duration is never that outcome."""
    found = Mint(house()).node(keys.outcome("EfficacyOutcome", *duration(text)))
    assert found == (PREFIXES["outcome"] + outcome if outcome else found)
    assert keys.is_shared(found) == (outcome is None)


# The judge's repetition


def everything() -> Mint:
    """A node of each kind, each made from others."""
    mint = Mint(house())
    drug = mint.node(keys.drug("palbociclib"))
    parts = [
        mint.node(keys.component("gives", [drug], "125", "", "mg", "once daily, 3 weeks of 4")),
        mint.node(keys.component("gives", [DRUG + "letrozole"], "2.5", "", "mg", "once daily")),
    ]
    mint.node(keys.regimen(parts))
    mint.node(keys.outcome("EfficacyOutcome", "tumour calm", "8", "wk", "Higher"))
    trial = mint.node(keys.trial("NCT99999901"))
    people = mint.node(keys.population(trial, []))
    liver = mint.node(keys.population("", [people, PREFIXES["population"] + "liver-metastases"]))
    arm = mint.node(keys.arm(trial, "palbociclib + letrozole"))
    mint.node(keys.group([arm], liver, "IntentionToTreat", drug))
    mint.node(keys.analysis(trial, "final", "2016-02-26"))
    mint.node(keys.publication("PMID99999901"))
    return mint


def test_what_was_made_is_accepted() -> None:
    """Each kind, and each node is repeated as it was made."""
    mint = everything()
    assert {node.kind for node in mint.made.values()} == {
        key.partition("/")[0] for key in keys._MAKERS
    }
    found = repeat(stated(mint), house())
    assert found == mint.made


OPEN = {
    "trial": "acronym",
    "publication": "journal",
    "arm": "crossoverStated",
    "analysis": "maturity",
}


def test_exactly_the_set_is_accepted() -> None:
    """A triple less, a triple more, another value: each is refused, and only at its own node."""
    mint = everything()
    tried = 0
    for node in mint.made.values():
        extra = ox.Triple(
            ox.NamedNode(node.iri), ox.NamedNode(RDFS_LABEL), ox.Literal("x", language="fr")
        )
        foreign = ox.Triple(extra.subject, ox.NamedNode(BASE + "ontology/sites"), ox.Literal("x"))
        wrong = [
            list(node.triples[:at] + node.triples[at + 1 :]) for at in range(len(node.triples))
        ]
        wrong += [[*node.triples, extra]]
        wrong += [[*node.triples, foreign]] if node.kind != "population" or node.closed else []
        wrong += [
            [
                *node.triples[:at],
                ox.Triple(t.subject, t.predicate, ox.Literal("other")),
                *node.triples[at + 1 :],
            ]
            for at, t in enumerate(node.triples)
        ]
        for said in wrong:
            found = repeat({**stated(mint), node.iri: said}, house())
            assert isinstance(found[node.iri], Refusal), (node.iri, said)
            tried += 1
            if said and any(t.predicate.value == SHARED_KEY for t in said):
                advice = found[node.iri].advice
                assert node.iri in advice or "key" in advice or "namespace" in advice
    assert tried > 60


def test_of_an_open_node_each_source_states_what_it_knows() -> None:
    """The properties on the list, and no others."""
    mint = everything()
    for node in mint.made.values():
        if node.kind in OPEN:
            more = ox.NamedNode(BASE + "ontology/" + OPEN[node.kind])
            said = [*node.triples, ox.Triple(ox.NamedNode(node.iri), more, ox.Literal("x"))]
            assert isinstance(repeat({**stated(mint), node.iri: said}, house())[node.iri], Node)


def test_a_part_that_is_not_described_is_named() -> None:
    """Each source describes all that its nodes are made from, so that it can stand alone."""
    mint = everything()
    for gone in mint.made:
        said = stated(mint)
        said.pop(gone)
        for iri, found in repeat(said, house()).items():
            uses = any(gone in str(part) for part in mint.made[iri].key)
            assert not uses or isinstance(found, Refusal), (gone, iri)


def test_decimals_may_be_written_with_more_zeros() -> None:
    """A store keeps 125.0 and 125.00 alike."""
    mint = everything()
    said = {
        iri: [
            ox.Triple(
                t.subject, t.predicate, ox.Literal(t.object.value + "0", datatype=t.object.datatype)
            )
            if isinstance(t.object, ox.Literal) and t.object.datatype.value.endswith("decimal")
            else t
            for t in of
        ]
        for iri, of in stated(mint).items()
    }
    assert said != stated(mint)
    assert repeat(said, house()) == mint.made


def test_a_node_of_the_house_is_not_stated_again() -> None:
    """The refusal names the house's node."""
    drug = keys.drug("Letrozole")
    made = Mint(House())
    iri = made.node(drug)
    found = repeat(stated(made), house())[iri]
    assert isinstance(found, Refusal)
    assert DRUG + "letrozole" in found.advice


def test_the_numbers_of_a_trial_decide_its_address() -> None:
    """The first number makes the address; numbers have one spelling; known ones are the house's."""
    mint = Mint(house())
    iri = mint.node(keys.trial("ISRCTN99999901"))
    path = ox.NamedNode("http://purl.org/dc/terms/identifier")

    def with_number(text: str) -> object:
        triple = ox.Triple(ox.NamedNode(iri), path, ox.Literal(text))
        return repeat({iri: [*mint.made[iri].triples, triple]}, house())[iri]

    assert isinstance(with_number("EUDRACT2004-000727-15"), Node)
    assert isinstance(with_number("sponsor 12"), Node)
    earlier = with_number("NCT99999901")
    assert isinstance(earlier, Refusal)
    assert keys.address(keys.trial("NCT99999901")) in earlier.advice
    spelt = with_number("EudraCT 2004-000727-15")
    assert isinstance(spelt, Refusal)
    assert "EUDRACT2004-000727-15" in spelt.advice
    known = with_number("ISRCTN18233230")
    assert isinstance(known, Refusal)
    assert PREFIXES["study"] + "atac" in known.advice


# Numbers of trials and papers

SPELLINGS = {
    "NCT00099437": [
        *(
            "NCT00099437",
            "nct00099437",
            "NCT 00099437",
            "NCT-00099437",
            "NCT 0009 9437",
            "NCT: 00099437",
        ),
        *("ClinicalTrials.gov NCT00099437", "clinicaltrials.gov identifier: NCT00099437"),
        *(
            "https://clinicaltrials.gov/ct2/show/NCT00099437",
            "clinicaltrials.gov/study/nct00099437",
        ),
        *(
            "https://www.clinicaltrials.gov/study/NCT00099437?tab=results",
            "NCT00099437.",
            "(NCT00099437)",
        ),
        "\uff2e\uff23\uff3400099437",
    ],
    "ISRCTN44195747": [
        *(
            "ISRCTN44195747",
            "ISRCTN 44195747",
            "isrctn44195747",
            "https://www.isrctn.com/ISRCTN44195747",
        ),
        *("https://doi.org/10.1186/ISRCTN44195747", "10.1186/ISRCTN44195747"),
    ],
    "EUDRACT2004-000727-15": [
        *(
            "EudraCT 2004-000727-15",
            "2004-000727-15",
            "EUDRACT2004-000727-15",
            "EudraCT: 2004-000727-15-GB",
        ),
        *(
            "EudraCT number 2004-000727-15",
            "2004\u2013000727\u201315",
            "EUCTR2004-000727-15-GB",
            "2004 - 000727 - 15",
        ),
        "https://www.clinicaltrialsregister.eu/ctr-search/trial/2004-000727-15/GB",
    ],
    "CTIS2022-500001-12": [
        *(
            "2022-500001-12-00",
            "CTIS 2022-500001-12-00",
            "EU CT 2022-500001-12-01",
            "EUCT 2022-500001-12",
            "CTIS2022-500001-12",
        ),
        "https://euclinicaltrials.eu/ctis-public/view/2022-500001-12-00",
    ],
    "UMIN000001026": ["UMIN000001026", "UMIN 000001026", "umin000001026"],
    "JRCTS031180001": ["jRCTs031180001", "jRCT s031180001"],
    "CHICTRTRC08000001": ["ChiCTR-TRC-08000001", "chictr-trc-08000001"],
    "10.1007/s12325-013-0060-1": [
        *(
            "10.1007/s12325-013-0060-1",
            "doi:10.1007/S12325-013-0060-1",
            "DOI 10.1007/s12325-013-0060-1",
        ),
        *(
            "https://doi.org/10.1007/s12325-013-0060-1",
            "http://dx.doi.org/10.1007/s12325-013-0060-1.",
        ),
        "https://doi.org/10.1007%2Fs12325-013-0060-1",
    ],
    "PMID20855825": [
        *(
            "PMID20855825",
            "PMID: 20855825",
            "pmid 20855825",
            "PubMed 20855825",
            "PubMed ID 20855825",
        ),
        *(
            "https://pubmed.ncbi.nlm.nih.gov/20855825/",
            "https://www.ncbi.nlm.nih.gov/pubmed/20855825",
            "pubmed:20855825",
        ),
    ],
    "PMC3906991": [
        *(
            "PMC3906991",
            "PMCID: PMC3906991",
            "pmc 3906991",
            "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3906991/",
        ),
        "PMCID 3906991",
    ],
}


@pytest.mark.parametrize(("number", "spellings"), SPELLINGS.items(), ids=SPELLINGS)
def test_a_number_has_one_spelling(number: str, spellings: list[str]) -> None:
    """In a cell, in an address, in capitals or not."""
    for text in (number, *spellings):
        found = NUMBERS.read(text)
        assert found is not None, text
        assert found.text == number, text


@pytest.mark.parametrize(
    "text",
    [
        *("NCT0009943", "NCT000994371", "NCT0009943O", "NCT 1", "ISRCTN1234567", "ISRCTN123456789"),
        *("EudraCT 2004-727-15", "EudraCT 2004-000727", "EUCTR2004", "CTIS 2022-5000-12-00"),
        *("doi:11.1000/x", "doi:10.1/x", "10.1007/", "https://doi.org/", "doi: none"),
        *("PMID 20855825x", "PMID 12-ab", "PMC39069x1", "UMIN0000x1026"),
    ],
)
def test_a_number_that_breaks_its_pattern_is_refused(text: str) -> None:
    """With the registry and how its numbers look."""
    with pytest.raises(NotShared, match="is not a number of"):
        NUMBERS.read(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "CFEM345D2301",
            "IBCSG 18-98",
            "20050244",
            "BIG 1-98",
            "A5481008",
            "",
            "NCT",
            "NCTN S1234",
        ),
        *("MONARCH 3", "https://example.org/NCT", "1008-0013", "PMID", "trial 7", "EORTC 10951"),
    ],
)
def test_other_numbers_identify_nothing(text: str) -> None:
    """A sponsor's, a group's."""
    assert NUMBERS.read(text) is None


@given(st.sampled_from([*SPELLINGS]), st.integers(0, 10**8 - 1), st.randoms(use_true_random=False))
def test_another_digit_is_another_number(one: str, serial: int, random: Random) -> None:
    """Never the same number for different digits."""
    digits = [at for at, char in enumerate(one) if char.isdigit()]
    at = random.choice(digits[-2:])
    other = one[:at] + str((int(one[at]) + 1 + serial % 9) % 10) + one[at + 1 :]
    found = NUMBERS.read(other)
    assert found is None or other == one or found.text != one


@given(
    st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3), max_size=8),
    st.randoms(use_true_random=False),
)
def test_numbers_are_joined_in_any_order(sets: list[list[int]], random: Random) -> None:
    """As sets that share a number are, whatever comes first."""
    numbers = [[Number(0, f"NCT{n:08}") for n in one] for one in sets]
    shuffled = random.sample(numbers, len(numbers))
    joined = components(numbers)
    assert joined == components(shuffled)
    for one in numbers:
        assert all(joined[n] == joined[one[0]] for n in one)
    for together in joined.values():  # no two that share nothing are joined
        rest = [set(one) for one in numbers if set(one) <= together]
        grown = rest.pop()
        while near := [one for one in rest if one & grown]:
            grown |= near[0]
            rest.remove(near[0])
        assert grown == together


def test_the_first_number_does_not_depend_on_the_order_of_the_cell() -> None:
    """The order of the registries decides, then the text."""
    texts = ("PMC3906991", "UMIN000001026", "NCT00000002", "ISRCTN44195747", "NCT00000001")
    numbers = [NUMBERS.read(text) for text in texts]
    assert min(n for n in numbers if n) == Number(0, "NCT00000001")
