"""Counts behind percentages, printed ratios, settings: what one figure may stand for."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from evidence import AFTER_T, cells, evidence, question, ratio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from aikg.synthesis import settings as setting
from aikg.synthesis.answer import compare
from aikg.synthesis.counts import COMBINATIONS, candidates, common_rules, decimals_of
from aikg.synthesis.distributions import z_of
from aikg.synthesis.effects import Printed, corners, fault
from aikg.synthesis.evidence import Population
from aikg.synthesis.proportions import newcombe


def counts(printed: str, size: int) -> dict[int, tuple[str, ...]]:
    """Return the candidates of a percentage."""
    value = Decimal(printed.rstrip("%"))
    decimals = decimals_of(printed, value)
    assert decimals is not None
    return {each.count: each.by for each in candidates(Fraction(value), decimals, size)}


@pytest.mark.parametrize(
    ("printed", "size", "expected"),
    [
        ("15%", 64, {10: ("truncated",)}),
        ("32%", 64, {21: ("truncated",)}),
        ("38%", 64, {24: ("rounded",)}),
        ("16%", 107, {17: ("rounded",), 18: ("truncated",)}),
        ("13.5%", 207, {28: ("rounded", "truncated")}),
        ("10.5%", 239, {25: ("rounded",)}),
        ("15.9%", 64, {}),
        ("12%", 8, {1: ("rounded", "truncated")}),
        ("13%", 8, {1: ("rounded",)}),
        ("0%", 300, {0: ("rounded", "truncated"), 1: ("rounded", "truncated"), 2: ("truncated",)}),
        ("100%", 3, {3: ("rounded", "truncated")}),
    ],
)
def test_candidates_are_exact(
    printed: str, size: int, expected: dict[int, tuple[str, ...]]
) -> None:
    """A tie, 12.5%, may be rounded either way; decimals come from the printed text."""
    assert counts(printed, size) == expected


@given(st.integers(1, 3000), st.data())
@settings(deadline=None)
def test_the_true_count_is_always_among_them(size: int, data: st.DataObject) -> None:
    """However the percentage was made from it."""
    count = data.draw(st.integers(0, size))
    decimals = data.draw(st.integers(0, 3))
    exact = Fraction(100 * count, size) * 10**decimals
    for whole, rule in (
        (math.floor(exact), "truncated"),
        (math.floor(exact + Fraction(1, 2)), "rounded"),
    ):
        found = candidates(Fraction(whole, 10**decimals), decimals, size)
        assert rule in {each.count: each.by for each in found}[count]


def test_more_counts_than_are_enumerated_end_early() -> None:
    """A group of any size costs no more."""
    assert len(candidates(Fraction(20), 0, 10**12)) == COMBINATIONS + 1


@pytest.mark.parametrize(
    ("printed", "value", "expected"),
    [
        ("13.50%", "13.5", 2),
        ("0.70 (0.5-1.05)", "0.7", 2),
        ("0\u00b770", "0.7", 2),
        ("15%", "15.0", 0),
        ("none", "0", None),
    ],
)
def test_decimals_come_from_the_printed_text(
    printed: str, value: str, expected: int | None
) -> None:
    """The store drops trailing zeros."""
    assert decimals_of(printed, Decimal(value)) == expected


def test_one_rule_makes_a_table_or_none_does() -> None:
    """Of 64 people 15% was cut off, and 38% rounded."""
    of_64 = [candidates(Fraction(value), 0, 64) for value in (15, 38)]
    assert common_rules(of_64[:1]) == {"truncated"}
    assert common_rules(of_64) == set()


def test_the_envelope_covers_every_combination() -> None:
    """The hull is not that of the extreme estimates alone."""
    answer = compare(evidence(cells("S1 A 15%/190 B 13%/191; S2 A 20%/210 B 17%/190")), question())
    (common,) = (e for e in answer["estimates"] if e["model"] == "common")
    every = [
        compare(evidence(cells(f"S1 A {a}/190 B {b}/191; S2 A {c}/210 B {d}/190")), question())
        for a in counts("15%", 190)
        for b in counts("13%", 191)
        for c in counts("20%", 210)
        for d in counts("17%", 190)
    ]
    singles = [e for each in every for e in each["estimates"] if e["model"] == "common"]
    assert common["combinations"] == len(every)
    assert common["point"] is None
    points = [e["point"] for e in singles]
    assert common["estimate"] == pytest.approx({"low": min(points), "high": max(points)})
    assert common["interval"]["low"] == pytest.approx(min(e["interval"]["low"] for e in singles))
    assert common["interval"]["high"] == pytest.approx(max(e["interval"]["high"] for e in singles))
    assert common["excludingNoDifference"] == sum(e["excludingNoDifference"] for e in singles)


def test_a_cell_has_one_count_wherever_it_enters() -> None:
    """The shared arm of both contrasts of a three-arm trial is enumerated once."""
    answer = compare(evidence(cells("S1 A 15%/190 B 30/191 C 25/180")), question())
    network = [e for e in answer["estimates"] if e["path"] == "network"]
    assert all(
        e["combinations"] == len(counts("15%", 190)) for e in [*network, *answer["estimates"]]
    )


def printed(value: str, low: str, high: str, level: int = 95) -> Printed:
    """Make a printed ratio; all decimals as in the texts."""
    half = [Decimal(1).scaleb(Decimal(each).as_tuple().exponent) / 2 for each in (value, low)]
    return Printed(Decimal(value), Decimal(low), Decimal(high), Decimal(level), half[0], half[1])


def test_a_ratio_as_printed_and_at_its_corners() -> None:
    """The level decides z, and it is not 1.96."""
    (y, se), *others = corners(printed("0.80", "0.70", "0.92"), "hazard-ratio")
    assert y == pytest.approx(math.log(0.8))
    assert se == pytest.approx((math.log(0.92) - math.log(0.70)) / (2 * z_of()))
    assert len(others) == 4
    errors = sorted({each for _, each in others})
    assert errors[0] < se < errors[1]
    assert (errors[1] / errors[0]) ** 2 == pytest.approx(1.20, abs=0.01)
    (_, wider), *_ = corners(printed("0.80", "0.70", "0.92", 90), "hazard-ratio")
    assert wider > se


def test_the_corners_hold_the_truth_of_made_up_trials() -> None:
    """Whatever is printed to two decimals."""
    draw = random.Random(20)
    for _ in range(2000):
        y, se = draw.gauss(0, 0.4), draw.uniform(0.06, 0.5)
        texts = [f"{math.exp(y + k * z_of() * se):.2f}" for k in (0, -1, 1)]
        ratio_ = printed(*texts)
        if fault(ratio_, "hazard-ratio") is None:
            _, *box = corners(ratio_, "hazard-ratio")
            assert min(v for v, _ in box) - 1e-9 <= y <= max(v for v, _ in box) + 1e-9
            assert min(s for _, s in box) - 1e-9 <= se <= max(s for _, s in box) + 1e-9


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("0.80", "0.70", "0.92"), None),
        (("0.85", "0.70", "0.92"), "interval-not-symmetric"),
        (("0.80", "0.00", "0.92"), "interval-unusable"),
        (("0.80", "0.80", "0.80"), "interval-unusable"),
        (("0.00", "0.10", "0.92"), "interval-unusable"),
        (("1.3", "0.8", "2.1"), None),
    ],
)
def test_an_interval_belongs_to_its_ratio(texts: tuple[str, str, str], code: str | None) -> None:
    """Within the rounding of all three numbers."""
    assert fault(printed(*texts), "hazard-ratio") == code


@pytest.mark.parametrize("missing", ["low", "high", "level"])
def test_an_open_interval_is_unusable(missing: str) -> None:
    """A limit that was not reached is not a number."""
    answer = compare(
        evidence(ratios=[ratio("S1", "B A", "0.80 (0.64-1.00)", printed={missing: None})]),
        question(measure="hazard-ratio"),
    )
    assert [item["codes"] for item in answer["refused"]] == [["interval-unusable"]]


@pytest.mark.parametrize("figures", [(56, 70, 48, 80), (0, 10, 7, 30), (9, 10, 30, 30)])
def test_newcombe_is_made_of_two_intervals_of_wilson(figures: tuple[int, int, int, int]) -> None:
    """Those of scipy, for arrays and for plain numbers, which pages have."""
    a, n1, c, n2 = figures
    one, other = (
        stats.binomtest(k, n).proportion_ci(method="wilson") for k, n in ((a, n1), (c, n2))
    )
    p1, p2 = a / n1, c / n2
    low, high = newcombe(*(np.array([float(x)]) for x in figures))
    assert low[0] == pytest.approx(p1 - p2 - math.hypot(p1 - one.low, other.high - p2))
    assert high[0] == pytest.approx(p1 - p2 + math.hypot(one.high - p1, p2 - other.low))
    assert newcombe(*figures) == pytest.approx((low[0], high[0]))


def people(**more: frozenset[str]) -> Population:
    """Make a population."""
    return Population("population/" + "-".join(sorted(map(str, more))), **more)


T = {"prior": frozenset({"drug/t"})}
LINE = {name: frozenset({f"ontology/{name}"}) for name in ("FirstLine", "SecondLine")}
STAGE = {name: frozenset({f"ontology/{name}"}) for name in ("EarlyStage", "MetastaticStage")}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({**T}, "same"),
        ({**T, "lines": LINE["SecondLine"]}, "same"),
        ({**T, "has_issue": True}, "near"),
        ({"prior": frozenset({"drug-class/t"})}, "near"),
        ({"prior": frozenset({"drug/x"})}, "different"),
        ({"prior": frozenset({"drug/t", "drug/x"})}, "different"),
        ({"lines": LINE["FirstLine"]}, "different"),
        ({**T, "stages": STAGE["EarlyStage"]}, "different"),
        ({}, "unstated"),
    ],
)
def test_settings_are_compared_by_what_is_stated(other: dict[str, object], expected: str) -> None:
    """In both directions alike; never by a test of heterogeneity."""
    one = Population("population/one", prior=T["prior"], stages=STAGE["MetastaticStage"])
    two = Population("population/two", **other)  # type: ignore[arg-type]
    classes = {"drug/t": frozenset({"drug-class/t"})}
    assert setting.relate(one, two, classes) == expected
    assert setting.relate(two, one, classes) == expected
    assert setting.relate(two, two, classes) == "same"


def test_two_first_lines_are_the_same_whatever_came_before() -> None:
    """The line says that nothing was given for metastatic disease."""
    one = Population("population/one", lines=LINE["FirstLine"])
    two = Population("population/two", lines=LINE["FirstLine"], prior=T["prior"])
    assert setting.relate(one, two, {}) == "same"
    second = Population("population/second", lines=LINE["SecondLine"], prior=T["prior"])
    assert setting.relate(two, second, {}) == "different"


def test_a_population_of_sites_alone_stands_for_all_with_these_sites() -> None:
    """And one with more to it stands for those that lie within it."""
    sites = frozenset({"ontology/AnyVisceral"})
    asked = Population("population/any", sites=sites)
    member = Population("population/member", sites=sites | {"ontology/VisceralOnly"})
    known = evidence(populations=(AFTER_T, asked, member))
    assert setting.contains(asked.id, member, known)
    assert not setting.contains(asked.id, AFTER_T, known)
    assert not setting.contains(member.id, asked, known)
    assert setting.contains(None, AFTER_T, known)
