"""Every code of a refusal: a case that meets it, and a near miss that does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from conftest import ROOT
from evidence import (
    AFTER_T,
    NARROWER,
    RESPONSE,
    cell,
    cells,
    evidence,
    figure_of,
    question,
    ratio,
)

from aikg.errors import ComparisonMalformed
from aikg.synthesis import output, settings
from aikg.synthesis.answer import compare
from aikg.synthesis.asking import Asker, Words
from aikg.synthesis.evidence import Cell, Evidence, Margin, Population, Question, Study
from aikg.synthesis.verdicts import CAVEAT, CODES, NOTE, REFUSAL

FIRST = Population("population/first", lines=frozenset({"ontology/FirstLine"}))
SILENT = Population("population/silent")
AFTER_X = Population("population/x", prior=frozenset({"drug/x"}))
AFTER_CLASS = Population("population/class", prior=frozenset({"drug-class/t"}))
VISCERAL = Population(
    "population/visceral", prior=frozenset({"drug/t"}), sites=frozenset({"ontology/AnyVisceral"})
)
PAIR = "S1 A 20/100 B 28/102"


def with_cell(text: str, changed: Cell, **more: Any) -> Evidence:
    """Return evidence in which one cell is another."""
    kept = [each for each in cells(text) if each.id != changed.id]
    return evidence([*kept, changed], **more)


def two(one: Population, other: Population, **more: Any) -> Evidence:
    """Return A against C in one population, and B against C in another."""
    found = cells("S1 A 20/100 C 28/102", one) + cells("S2 B 25/80 C 12/79", other)
    return evidence(found, populations=(one, other), **more)


def trials(text: str, **more: Any) -> Evidence:
    """Return the evidence of made-up trials."""
    return evidence(cells(text), **more)


def ratios(*texts: str, study: str = "S1", **more: Any) -> Evidence:
    """Return printed ratios of one study: "B A: 0.80 (0.64-1.00)"."""
    pairs = (text.split(": ") for text in texts)
    return evidence(ratios=[ratio(study, pair, text, **more) for pair, text in pairs])


HAZARD = question(measure="hazard-ratio")
ODDS = question()
DIFFERENCE = question(measure="risk-difference")
CLASSES = {"drug/t": frozenset({"drug-class/t"})}
NO_INTERVAL = {"low": None, "high": None, "level": None}
MANY = "; ".join(f"S{i} A 20/100 B 28/102" for i in range(8))

pooled = cells("S1 A 20/100 C 28/102; P B 25/80 C 12/79")
POOL = {"study/P": Study("study/P", pools=frozenset({"study/S1", "study/S9"}), pooled=True)}

#: Of each code the evidence that meets it, the near miss, and the question.
REFUSALS: dict[str, tuple[Evidence, Evidence, Question]] = {
    "not-reported": (trials("S1 A NR/100 B 28/102"), trials(PAIR), ODDS),
    "no-denominator": (trials("S1 A 15% B 28/102"), trials("S1 A 15%/100 B 28/102"), ODDS),
    "different-setting": (two(AFTER_T, AFTER_X), two(AFTER_T, AFTER_CLASS, classes=CLASSES), ODDS),
    "setting-unstated": (two(AFTER_T, SILENT), two(SILENT, SILENT), ODDS),
    "single-arm": (
        evidence([cell("S1", "B", "20/100", group={"against": frozenset()})]),
        trials(PAIR),
        ODDS,
    ),
    "not-randomised": (
        evidence([replace(c, group=replace(c.group, against=frozenset())) for c in cells(PAIR)]),
        trials(PAIR),
        ODDS,
    ),
    "no-effect-measure": (
        evidence([replace(each, measure="Median") for each in cells(PAIR)]),
        ratios("B A: 0.80 (0.64-1.00)"),
        HAZARD,
    ),
    "different-outcome": (
        evidence([replace(each, outcome=NARROWER.id) for each in cells(PAIR)]),
        trials(PAIR),
        ODDS,
    ),
    "different-measure": (
        ratios("B A: 0.80 (0.64-1.00)"),
        ratios("B A: 0.80 (0.64-1.00)", measure="odds-ratio"),
        ODDS,
    ),
    "no-data": (trials("S1 A 20/100 C 28/102"), trials(PAIR), ODDS),
    "figure-not-exact": (
        with_cell(PAIR, cell("S1", "A", "20/100", figures={
            "review": figure_of("20%", 100, exact=False)})),
        trials("S1 A 20%/100 B 28/102"),
        ODDS,
    ),
    "impossible-percentage": (
        trials("S1 A 15.9%/64 B 28/102"),
        trials("S1 A 15.6%/64 B 28/102"),
        ODDS,
    ),
    "zero-cell": (trials("S1 A 0/100 B 28/102"), trials("S1 A 1/100 B 28/102"), ODDS),
    "both-arms-zero": (trials("S1 A 0/100 B 0/102"), trials("S1 A 1/100 B 2/102"), ODDS),
    "interval-unusable": (
        ratios("B A: 0.80 (0.00-1.00)"), ratios("B A: 0.80 (0.64-1.00)"), HAZARD),
    "interval-not-symmetric": (
        ratios("B A: 0.80 (0.75-1.00)"), ratios("B A: 0.80 (0.64-1.00)"), HAZARD),
    "double-counting": (
        evidence(pooled, studies=POOL),
        evidence(pooled, studies={"study/P": Study("study/P", pooled=True)}),
        ODDS,
    ),
    "other-subset": (
        evidence(cells(PAIR), populations=(AFTER_T, VISCERAL)),
        evidence(cells(PAIR, VISCERAL), populations=(AFTER_T, VISCERAL)),
        question(population=VISCERAL.id),
    ),
    "multi-arm-covariance-unknown": (
        ratios("C A: 0.80 (0.64-1.00)", "C B: 0.90 (0.72-1.13)"),
        ratios("C A: 0.80 (0.64-1.00)", "C B: 0.90 (0.72-1.13)", "B A: 0.89 (0.71-1.11)"),
        HAZARD,
    ),
    "multi-arm-inconsistent": (
        ratios("C A: 0.80 (0.64-1.00)", "C B: 0.90 (0.72-1.13)", "B A: 1.20 (0.96-1.50)"),
        ratios("C A: 0.80 (0.64-1.00)", "C B: 0.90 (0.72-1.13)", "B A: 0.89 (0.71-1.11)"),
        HAZARD,
    ),
    "not-connected": (
        trials("S1 A 20/100 C 28/102; S2 B 25/80 D 12/79"),
        trials("S1 A 20/100 C 28/102; S2 B 25/80 D 12/79; S3 C 20/90 D 21/91"),
        ODDS,
    ),
    "too-many-combinations": (
        trials(MANY.replace("20/100", "20%/1000").replace("28/102", "28%/1002")),
        trials(MANY),
        ODDS,
    ),
    "retracted": (
        trials(PAIR, studies={"study/S1": Study("study/S1", retracted=True)}), trials(PAIR), ODDS),
}  # fmt: skip

MARGIN = Margin("margin/m", RESPONSE.id, "odds-ratio", 1.5)
OF_ONE_DRUG = trials(PAIR, classes={"drug/B": frozenset({"drug-class/x"})})


class _Asker(Asker):
    """Answers on made-up evidence, whose identifiers are its names."""

    def __init__(self) -> None:
        super().__init__(lambda query: [], lambda: None, {}, "")  # type: ignore[arg-type,return-value]

    def resolve(self, text: str, kinds: tuple[str, ...], role: str) -> str:
        """Return the text itself."""
        return text

    def evidence(self, words: Words) -> tuple[Evidence, Question]:
        """Return a trial of a drug that is alone in its class."""
        return OF_ONE_DRUG, question()


def both(code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answer that a code refuses, and the answer of its near miss.

    A class is asked for by name, and equivalence is said of the whole answer.
    """
    if code == "class-of-one-drug":
        asker = _Asker()
        met, near = (
            asker.compare(Words(RESPONSE.id, one, "drug/A")) for one in ("drug-class/x", "drug/B")
        )
        return met, near
    if code == "no-margin":
        return compare(trials(PAIR), ODDS), compare(trials(PAIR, margins=(MARGIN,)), ODDS)
    met_by, missed_by, asked = REFUSALS[code]
    return compare(met_by, asked), compare(missed_by, asked)


def lacking(kind: str, cases: Mapping[str, object]) -> set[str]:
    """Return the codes of a kind in `codes.tsv` that have no case, and cases that are not codes."""
    return {code.name for code in CODES.values() if code.kind == kind} ^ set(cases)


def codes(answer: dict[str, Any]) -> set[str]:
    """Return all codes of the refusals of an answer."""
    return {code for item in answer["refused"] for code in item["codes"]}


#: The codes that `both` asks in another way.
OTHERWISE = {"class-of-one-drug": None, "no-margin": None}


def test_each_refusal_has_its_case() -> None:
    """A code that nothing meets is not a rule."""
    assert lacking(REFUSAL, REFUSALS | OTHERWISE) == set()


def test_a_code_without_a_case_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new row of `codes.tsv` fails here until it has both."""
    monkeypatch.setitem(CODES, "new", replace(CODES["no-data"], name="new"))
    assert lacking(REFUSAL, REFUSALS | OTHERWISE) == {"new"}
    with pytest.raises(KeyError):
        both("new")


@pytest.mark.parametrize("code", [c.name for c in CODES.values() if c.kind == REFUSAL])
def test_a_refusal_has_its_code_and_no_number(code: str) -> None:
    """The case is refused in words; the near miss is computed, or refused for another reason."""
    refused, near = both(code)
    if code == "no-margin":
        assert [a["equivalence"]["codes"] for a in (refused, near)] == [["no-margin"], []]
        assert near["equivalence"]["margins"]
        assert "margins" not in refused["equivalence"]
        return
    assert code in codes(refused)
    assert all(item["words"] for item in refused["refused"])
    assert not any("…" in item["words"] for item in refused["refused"]), refused["refused"]
    keys = {key for item in refused["refused"] for key in item}
    assert keys == {"path", "through", "studies", "figures", "codes", "words", "blockedBy"}
    assert code not in codes(near)
    assert near["estimates"]
    for answer in (refused, near):
        json.dumps(answer, allow_nan=False)


REFUSED_WHOLE = sorted(set(REFUSALS) - {"too-many-combinations"})


@pytest.mark.parametrize("code", REFUSED_WHOLE)
def test_a_refused_pair_has_no_estimate(code: str) -> None:
    """No other path leads to a number that may not be drawn."""
    met, _, asked = REFUSALS[code]
    answer = compare(met, asked)
    assert answer["estimates"] == []
    assert answer["verdict"] == "refused"


def caveats(answer: dict[str, Any]) -> set[str]:
    """Return all caveats of an answer's estimates."""
    return {code for each in answer["estimates"] for code in each["caveats"]}


def changed(text: str, **more: Any) -> Evidence:
    """Return made-up trials whose groups differ."""
    return evidence([replace(c, group=replace(c.group, **more)) for c in cells(text)])


def of_study(**more: Any) -> Evidence:
    """Return one trial whose study differs."""
    return trials(PAIR, studies={"study/S1": Study("study/S1", **more)})


def papers(paper: str, review: str = "28%", **more: Any) -> Evidence:
    """Return a trial of which both the review and the paper print a figure of one arm."""
    both = {"review": figure_of(review, 64), "paper": figure_of(paper, 64, **more)}
    other = {"review": figure_of("20", 64), "paper": figure_of("20", 64)}
    return evidence(
        [cell("S1", "A", "28%/64", figures=both), cell("S1", "B", "20/64", figures=other)]
    )


INDIRECT = "S1 A 20/100 C 28/102; S2 B 25/80 C 12/79"
TABLE = "28%/64"

CAVEATS: dict[str, tuple[Evidence, Evidence, Question]] = {
    "trials-pooled-crudely": (of_study(pooled=True), of_study(), ODDS),
    "counts-not-unique": (trials("S1 A 20%/300 B 28/102"), trials("S1 A 20%/50 B 28/102"), ODDS),
    "rounding-mixed": (of_study(rounding_mixed=True), of_study(), ODDS),
    "paper-fits-no-count": (papers("28.4%"), papers("28.1%"), ODDS),
    "source-hedged": (papers("28.1%", exact=False), papers("28.1%"), ODDS),
    "figures-differ": (papers("31.3%"), papers("28.1%"), ODDS),
    "outcome-differs": (
        evidence([replace(each, others=(NARROWER.id,)) for each in cells(PAIR)]),
        trials(PAIR), ODDS),
    "setting-near": (
        two(AFTER_T, AFTER_CLASS, classes=CLASSES),
        two(AFTER_T, replace(AFTER_T, id="population/u")), ODDS),
    "dose-not-separated": (changed(PAIR, dose_unclear=True), trials(PAIR), ODDS),
    "paper-inferred": (
        papers("28.1%", inferred=True), papers("28.1%"), question(figures="paper")),
    "stopped-early": (of_study(stopped_early=True), of_study(), ODDS),
    "no-test-planned": (of_study(untested=True), of_study(), ODDS),
    "crossover": (of_study(crossover=True), of_study(), ODDS),
    "heterogeneous": (
        trials("S1 A 20/100 B 28/102; S2 A 25/80 B 5/79"), trials(f"{PAIR}; S2 A 21/100 B 28/102"),
        ODDS),
    "too-few-studies": (
        trials(f"{PAIR}; S2 A 21/100 B 28/102"),
        trials(f"{PAIR}; S2 A 21/100 B 28/102; S3 A 22/100 B 28/102"), ODDS),
    "one-trial-per-edge": (trials(INDIRECT), trials(f"{INDIRECT}; S3 A 21/90 C 22/95"), ODDS),
    "indirect-only": (trials(INDIRECT), trials(PAIR), ODDS),
    "untestable": (trials(INDIRECT), trials(PAIR), ODDS),
    "direction-not-stable": (
        trials("S1 A 20%/400 B 20%/410"), trials("S1 A 20%/400 B 30%/410"), ODDS),
    "conclusion-not-stable": (
        trials("S1 A 20%/400 B 26%/410"), trials("S1 A 20%/400 B 40%/410"), ODDS),
    "rounding-not-followed": (
        evidence(ratios=[ratio(f"S{i}", "B A", "0.80 (0.64-1.00)") for i in range(8)]),
        evidence(ratios=[ratio(f"S{i}", "B A", "0.80 (0.64-1.00)") for i in range(7)]), HAZARD),
    "assessor-differs": (
        evidence([replace(c, assessor=f"ontology/{c.group.study[-1]}") for c in cells(INDIRECT)]),
        trials(INDIRECT), ODDS),
    "adjustment-unstated": (
        ratios("B A: 0.80 (0.64-1.00)"), ratios("B A: 0.80 (0.64-1.00)", adjusted=True), HAZARD),
    "adjustment-mixed": (
        evidence(ratios=[ratio("S1", "B A", "0.80 (0.64-1.00)", adjusted=True),
                         ratio("S2", "B A", "0.80 (0.64-1.00)", adjusted=False)]),
        evidence(ratios=[ratio(s, "B A", "0.80 (0.64-1.00)", adjusted=True) for s in ("S1", "S2")]),
        HAZARD),
    "se-from-p": (
        ratios("B A: 0.80", printed={**NO_INTERVAL, "p": Decimal("0.04")}),
        ratios("B A: 0.80 (0.64-1.00)"), HAZARD),
    "precision-unstated": (
        ratios("B A: 0.80 (0.64-1.00)", printed={"precision_unstated": True}),
        ratios("B A: 0.80 (0.64-1.00)"), HAZARD),
    "corrected": (
        trials("S1 A 0/100 B 28/102"), trials(PAIR), question(correct=Fraction(1, 2))),
    "definition-unstated": (
        trials(INDIRECT), trials(PAIR), ODDS),
}  # fmt: skip


def test_each_caveat_has_its_case() -> None:
    """A code that nothing meets is not a rule."""
    assert lacking(CAVEAT, CAVEATS) == set()


def prepared(code: str, found: Evidence, asked: Question) -> dict[str, Any]:
    """Compare, with what a table of strings cannot say."""
    if code == "definition-unstated":
        narrower = replace(NARROWER, duration=">= 6 mo")
        found = replace(found, outcomes={RESPONSE.id: RESPONSE, NARROWER.id: narrower})
    return compare(found, asked)


@pytest.mark.parametrize("code", CAVEATS)
def test_a_caveat_stands_beside_its_number(code: str) -> None:
    """The case has the caveat, and is not simply permissible; the near miss lacks it."""
    met, missed, asked = CAVEATS[code]
    answer = prepared(code, met, asked)
    assert code in caveats(answer)
    assert answer["verdict"] == "permissible-with-caveats"
    near = prepared(code, missed, asked)
    assert code not in caveats(near)
    assert near["estimates"]
    json.dumps(answer, allow_nan=False)


def noted(answer: dict[str, Any]) -> set[str]:
    """Return the notes of an answer and of its estimates."""
    return caveats(answer) | set(answer["caveats"])


WITH_ALL = [replace(c, follow_up=True, assessor="ontology/IndependentReview") for c in cells(PAIR)]
SEEN = {"visceral_means": frozenset({"liver or lung"})}
NOTES: dict[str, tuple[Evidence, Evidence, Question]] = {
    "subgroup": (changed(PAIR, subgroup=True), trials(PAIR), ODDS),
    "analysis-set-unstated": (
        changed(PAIR, analysis_set="ontology/UnstatedSet"), trials(PAIR), ODDS),
    "visceral-undefined": (
        evidence(cells(PAIR, VISCERAL), populations=(VISCERAL,)),
        evidence(cells(PAIR, replace(VISCERAL, **SEEN)), populations=(replace(VISCERAL, **SEEN),)),
        ODDS),
    "follow-up-unstated": (trials(PAIR), evidence(WITH_ALL), ODDS),
    "assessor-unstated": (trials(PAIR), evidence(WITH_ALL), ODDS),
    "risk-of-bias-unrated": (trials(PAIR), of_study(bias_rated=True), ODDS),
}  # fmt: skip


@pytest.mark.parametrize("code", [c.name for c in CODES.values() if c.kind == NOTE])
def test_a_note_has_its_case_and_its_near_miss(code: str) -> None:
    """It is said, and the near miss lacks it; both are computed."""
    met, missed, asked = NOTES[code]
    answer, near = compare(met, asked), compare(missed, asked)
    assert code in noted(answer)
    assert code not in noted(near)
    assert answer["estimates"]
    assert near["estimates"]


def test_notes_alone_leave_a_verdict_permissible() -> None:
    """They hold of nearly everything."""
    answer = compare(changed(PAIR, subgroup=True, analysis_set="ontology/UnstatedSet"), ODDS)
    assert answer["verdict"] == "permissible"
    assert caveats(answer) == {
        "subgroup", "analysis-set-unstated", "follow-up-unstated", "assessor-unstated"}  # fmt: skip
    assert answer["caveats"] == ["risk-of-bias-unrated"]


def test_a_visceral_population_without_definition_is_noted() -> None:
    """As one with two definitions is; one definition is enough."""

    def is_noted(means: Sequence[str]) -> bool:
        population = replace(VISCERAL, visceral_means=frozenset(means))
        found = evidence(cells(PAIR, population), populations=(population,))
        return "visceral-undefined" in caveats(compare(found, ODDS))

    assert [is_noted([]), is_noted(["one", "two"]), is_noted(["one"])] == [True, True, False]


def test_a_difference_is_drawn_where_one_arm_has_no_event() -> None:
    """Only a ratio needs an event in each arm."""
    answer = compare(trials("S1 A 0/100 B 28/102"), DIFFERENCE)
    assert [e["interval_method"] for e in answer["estimates"]] == ["newcombe", "wald"]
    assert answer["estimates"][0]["point"] == pytest.approx(100 * 28 / 102)


def test_the_same_trial_twice_counts_once() -> None:
    """A second finding of the same contrast is listed, and changes no number."""
    once = compare(trials(PAIR), ODDS)
    again = [replace(c, id=f"{c.id}-again") for c in cells(PAIR)]
    twice = compare(evidence([*cells(PAIR), *again]), ODDS)
    assert [e["interval"] for e in twice["estimates"]] == [e["interval"] for e in once["estimates"]]


def test_a_pooled_analysis_gives_way_to_its_trials_where_all_report() -> None:
    """And stands for them where one does not."""
    text = "P A 45/180 B 40/181; S1 A 20/100 B 28/102; S2 A 25/80 B 12/79"
    pool = {"study/P": Study("study/P", pools=frozenset({"study/S1", "study/S2"}), pooled=True)}
    answer = compare(trials(text, studies=pool), ODDS)
    assert {s for e in answer["estimates"] for s in e["studies"]} == {"study/S1", "study/S2"}
    answer = compare(trials(text.rpartition(";")[0], studies=pool), ODDS)
    assert {s for e in answer["estimates"] for s in e["studies"]} == {"study/P"}
    assert {row["finding"] for row in answer["not_used"]} == {"finding/S1-A-t", "finding/S1-B-t"}


def test_a_part_of_a_combined_analysis_never_replaces_a_whole_trial() -> None:
    """A biomarker's subset of two trials says less of one of them than that trial itself."""
    part = replace(AFTER_T, id="population/part", within=frozenset({AFTER_T.id}))
    some = [replace(c, group=replace(c.group, subgroup=True)) for c in
            cells("P A 15/60 B 14/61", part)]  # fmt: skip
    pool = {"study/P": Study("study/P", pools=frozenset({"study/S1", "study/S2"}), pooled=True)}
    both_of = evidence([*some, *cells(PAIR)], populations=(AFTER_T, part), studies=pool)
    answer = compare(both_of, ODDS)
    assert {s for e in answer["estimates"] for s in e["studies"]} == {"study/S1"}
    reasons = {row["finding"]: row["reason"] for row in answer["not_used"]}
    assert "with all of its people" in reasons["finding/P-A-part"]
    asked = replace(ODDS, population=part.id)
    answer = compare(both_of, asked)
    assert {s for e in answer["estimates"] for s in e["studies"]} == {"study/P"}


def test_the_summary_is_of_all_people_before_a_subgroup_and_names_them() -> None:
    """Without a population asked for, each has its own estimate; the widest is the answer."""
    sites = Population(
        "population/a-part", prior=frozenset({"drug/t"}), sites=frozenset({"ontology/AnyVisceral"}),
        within=frozenset({AFTER_T.id}),
    )  # fmt: skip
    some = [replace(c, group=replace(c.group, subgroup=True)) for c in
            cells("S1 A 5/30 B 12/31", sites)]  # fmt: skip
    answer = compare(evidence([*some, *cells(PAIR)], populations=(AFTER_T, sites)), ODDS)
    assert [e["populations"] for e in answer["estimates"]] == [[sites.id], [AFTER_T.id]]
    whole = answer["estimates"][1]["point"]
    assert f"the odds ratio is {whole:.2f} " in answer["summary"]
    assert " in t, after t" in answer["summary"]
    assert "1 more group of patients is listed apart." in answer["summary"]
    columns, rows = output.table(answer, "compare")
    assert [row[columns.index("patients")] for row in rows] == ["a-part", "t"]


def test_near_is_not_transitive() -> None:
    """Two drugs of one class are each near the class, and different from one another."""
    classes = {"drug/t": frozenset({"drug-class/t"}), "drug/x": frozenset({"drug-class/t"})}
    people = (AFTER_T, AFTER_CLASS, AFTER_X)
    found = [
        c
        for name, each in zip("123", people, strict=True)
        for c in cells(f"S{name} A 20/100 B 28/102", each)
    ]
    answer = compare(evidence(found, populations=people, classes=classes), ODDS)
    studies = {tuple(e["studies"]) for e in answer["estimates"] if e["model"] == "common"}
    assert studies == {("study/S1", "study/S2"), ("study/S2", "study/S3")}


def test_first_line_is_never_joined_with_after_a_drug() -> None:
    """Each setting has an answer of its own."""
    found = [*cells(PAIR, FIRST), *cells("S2 A 25/80 B 12/79")]
    answer = compare(evidence(found, populations=(FIRST, AFTER_T)), ODDS)
    assert [e["setting"] for e in answer["estimates"]] == ["FirstLine", "after t"]


def test_the_page_prints_every_code_as_it_is() -> None:
    """One table, in one file of the program; `docs/reference/compare.md` shows it."""
    page = (ROOT / "docs" / "reference" / "compare.md").read_text(encoding="utf-8")
    for code in CODES.values():
        star = "*" if code.kind == NOTE else ""
        assert f"| `{code.name}`{star} | {code.condition} | {code.words} |" in page


def test_a_correction_makes_no_number_of_a_trial_without_events() -> None:
    """It helps where one arm has none."""
    corrected = question(correct=Fraction(1, 2))
    answer = compare(trials("S1 A 0/100 B 0/102"), corrected)
    assert answer["estimates"] == []
    assert codes(answer) == {"both-arms-zero"}
    (direct,) = compare(trials("S1 A 0/100 B 28/102"), corrected)["estimates"]
    assert direct["point"] == pytest.approx((28.5 / 74.5) / (0.5 / 100.5))


def test_settings_that_are_too_many_are_a_mistake_with_a_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search for compatible ones is bounded."""
    monkeypatch.setattr(settings, "SETTINGS", 1)
    with pytest.raises(ComparisonMalformed) as error:
        compare(two(AFTER_T, AFTER_X), ODDS)
    assert error.value.code == "too-many-settings"


def test_the_risk_of_bias_is_unrated_unless_each_trial_is_rated() -> None:
    """Said once for each answer."""
    rated = {"study/S1": Study("study/S1", bias_rated=True)}
    assert compare(trials(PAIR, studies=rated), ODDS)["caveats"] == []
    more = trials(f"{PAIR}; S2 A 21/100 B 28/102", studies=rated)
    assert compare(more, ODDS)["caveats"] == ["risk-of-bias-unrated"]
