"""The numbers of the synthesis: against metafor, netmeta and scipy, and against themselves."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from evidence import EIGHT, cells, evidence, question, ratio, shuffled
from scipy import stats

from aikg.synthesis import distributions
from aikg.synthesis.answer import compare
from aikg.synthesis.combinations import Combinations, _grid
from aikg.synthesis.findings import read_all
from aikg.synthesis.inconsistency import by_design, by_edge
from aikg.synthesis.network import Block, solve
from aikg.synthesis.trials import select

#: What metafor 3.8-1 and netmeta 3.6-2 agree on: log odds ratio against A, with standard error.
COMMON = {
    "B": (0.046424476, 0.222180864),
    "C": (-0.486303729, 0.205807736),
    "D": (0.823456390, 0.241443034),
    "E": (0.602260013, 0.248071239),
}
RANDOM = {
    "B": (-0.000608619, 0.365731413),
    "C": (-0.525167692, 0.343993751),
    "D": (0.775805169, 0.406313758),
    "E": (0.566347705, 0.448832052),
}
NODES = [f"drug/{letter}" for letter in "ABCDE"]


def blocks_of(text: str) -> list[Block]:
    """Return the contrasts of made-up trials."""
    asked = question()
    readings = read_all(select(evidence(cells(text)), asked), "review", evidence(), asked)
    uses = [(reading, reading.usable) for reading in readings]
    combinations = Combinations(uses, asked)
    return [combinations.block(reading, nodes) for reading, nodes in uses]


def ask(text: str, one: str = "B", other: str = "A", **more: Any) -> dict[str, Any]:
    """Compare two treatments on made-up trials."""
    return compare(evidence(cells(text)), question(one, other, **more))


def of_path(answer: dict[str, Any], path: str, model: str = "common") -> dict[str, Any]:
    """Return the one estimate of a path and a model."""
    (found,) = (e for e in answer["estimates"] if (e["path"], e["model"]) == (path, model))
    return dict(found)


@pytest.mark.parametrize("letter", "BCDE")
@pytest.mark.parametrize(("model", "expected"), [("common", COMMON), ("random", RANDOM)])
def test_the_network_equals_metafor_and_netmeta(
    letter: str, model: str, expected: dict[str, tuple[float, float]]
) -> None:
    """Every pair against the reference, to nine digits."""
    solution = solve(blocks_of(EIGHT), NODES, random=model == "random")
    y, se = solution.pair(f"drug/{letter}", "drug/A")
    assert (y[0], se[0]) == pytest.approx(expected[letter], abs=5e-10)


def test_the_heterogeneity_equals_metafor_and_netmeta() -> None:
    """Q, its split by design, and the moment estimator."""
    blocks = blocks_of(EIGHT)
    solution = solve(blocks, NODES, random=True)
    assert (solution.q[0], solution.df) == (pytest.approx(13.674318941, abs=5e-10), 5)
    assert solution.tau2[0] == pytest.approx(0.225834158, abs=5e-10)
    split = by_design(blocks, NODES)
    assert (split.within[0], split.within_df) == (pytest.approx(6.753506070, abs=5e-10), 1)
    assert (split.between[0], split.between_df) == (pytest.approx(6.920812871, abs=5e-10), 4)


@pytest.mark.parametrize(
    ("letter", "expected"),
    [("B", (-0.794142767, 0.518301730)), ("C", (0.649726040, 0.394539454))],
)
def test_an_edge_differs_from_the_rest_by_one_further_parameter(
    letter: str, expected: tuple[float, float]
) -> None:
    """In both directions the same."""
    edge = by_edge(blocks_of(EIGHT), NODES, f"drug/{letter}", "drug/A")
    assert edge is not None
    assert (edge[0][0], edge[1][0]) == pytest.approx(expected, abs=5e-10)
    back = by_edge(blocks_of(EIGHT), NODES, "drug/A", f"drug/{letter}")
    assert back is not None
    assert back[0][0] == pytest.approx(-edge[0][0], abs=1e-12)


def test_a_trial_of_three_arms_is_consistent_with_itself() -> None:
    """An independent loop needs two studies."""
    assert by_edge(blocks_of("S5 A 18/75 C 14/76 D 24/74"), ["drug/A", "drug/C", "drug/D"],
                   "drug/C", "drug/A") is None  # fmt: skip


def test_the_prediction_interval_is_that_of_netmeta() -> None:
    """By t on the degrees of freedom of Q."""
    network = of_path(ask(EIGHT), "network", "random")
    prediction = network["prediction"]
    logs = [math.log(prediction[end]) for end in ("low", "high")]
    assert logs == pytest.approx([-1.542086958, 1.540869720], abs=5e-9)


def test_the_answer_carries_the_same_numbers() -> None:
    """What a reader gets is what was computed."""
    network = of_path(ask(EIGHT), "network")
    assert math.log(network["point"]) == pytest.approx(COMMON["B"][0], abs=5e-10)
    assert (network["q"]["low"], network["df"]) == (pytest.approx(13.674318941, abs=5e-10), 5)
    assert network["k"] == 8
    assert sum(weight["percent"] for weight in network["weights"]) == pytest.approx(100)


def _same(one: Any, other: Any) -> None:
    assert json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_the_order_of_trials_and_arms_changes_nothing() -> None:
    """The same bytes in any order."""
    expected = ask(EIGHT)
    for text in shuffled(EIGHT):
        _same(ask(text), expected)
    turned = EIGHT.replace("A 20/100 B 28/102", "B 28/102 A 20/100")
    _same(ask(turned.replace("A 18/75 C 14/76 D 24/74", "D 24/74 A 18/75 C 14/76")), expected)


@pytest.mark.parametrize("measure", ["odds-ratio", "risk-ratio", "risk-difference"])
def test_swapped_the_ratios_invert_and_the_verdicts_stay(measure: str) -> None:
    """A against B is B against A turned round."""
    text = EIGHT + "; S9 A 9/64 B 8/64"
    there, back = ask(text, measure=measure), ask(text, "A", "B", measure=measure)
    assert len(there["estimates"]) == len(back["estimates"]) > 3
    turn: Callable[[float], float] = (
        (lambda value: -value) if measure == "risk-difference" else (lambda value: 1 / value)
    )
    for one, other in zip(there["estimates"], back["estimates"], strict=True):
        for key in ("id", "verdict", "caveats", "combinations", "excludingNoDifference"):
            assert one[key] == other[key], key
        for key in ("estimate", "interval"):
            low, high = other[key]["low"], other[key]["high"]
            assert one[key]["low"] == pytest.approx(turn(high), rel=1e-9), one["id"]
            assert one[key]["high"] == pytest.approx(turn(low), rel=1e-9), one["id"]
    assert [r["codes"] for r in there["refused"]] == [r["codes"] for r in back["refused"]]


def test_a_mixed_estimate_is_the_network_of_three_trials() -> None:
    """Estimate, interval and weights."""
    text = "S1 A 20/100 B 28/102; S2 A 30/120 C 22/118; S3 B 25/90 C 12/95"
    mixed = of_path(ask(text), "mixed")
    solution = solve(blocks_of(text), NODES[:3], random=False)
    y, se = solution.pair("drug/B", "drug/A")
    assert math.log(mixed["point"]) == pytest.approx(y[0], abs=1e-12)
    half = (math.log(mixed["interval"]["high"]) - math.log(mixed["interval"]["low"])) / 2
    assert half == pytest.approx(distributions.z_of() * se[0], abs=1e-12)
    shares = solution.shares("drug/B", "drug/A")
    assert {w["study"]: w["percent"] for w in mixed["weights"]} == pytest.approx(
        {study: share[0] for study, share in shares.items()}
    )


def test_several_trials_of_one_pair_pool_as_dersimonian_and_laird_do() -> None:
    """By the formulas, written out."""
    answer = ask("S1 A 20/100 B 28/102; S2 A 25/80 B 12/79; S3 A 10/50 B 9/48")
    common, random = of_path(answer, "direct"), of_path(answer, "direct", "random")
    y, v = zip(*(_woolf(*t) for t in ((28, 102, 20, 100), (12, 79, 25, 80), (9, 48, 10, 50))),
               strict=True)  # fmt: skip
    w = [1 / each for each in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    tau2 = max(0.0, (q - 2) / (sum(w) - sum(a * a for a in w) / sum(w)))
    star = [1 / (each + tau2) for each in v]
    pooled = sum(a * b for a, b in zip(star, y, strict=True)) / sum(star)
    assert math.log(common["point"]) == pytest.approx(mean)
    assert (common["q"]["low"], random["tau2"]["low"]) == pytest.approx((q, tau2))
    assert math.log(random["point"]) == pytest.approx(pooled)
    assert random["prediction"] is not None
    assert random["knappHartung"] is not None
    assert "too-few-studies" not in random["caveats"]


def _woolf(a: int, n1: int, c: int, n2: int) -> tuple[float, float]:
    y = math.log(a / (n1 - a)) - math.log(c / (n2 - c))
    return y, 1 / a + 1 / (n1 - a) + 1 / c + 1 / (n2 - c)


def test_two_trials_have_no_prediction_interval() -> None:
    """Nor a Knapp-Hartung interval."""
    answer = ask("S1 A 20/100 B 28/102; S2 A 25/80 B 12/79")
    random = of_path(answer, "direct", "random")
    assert (random["prediction"], random["knappHartung"]) == (None, None)
    assert "too-few-studies" in random["caveats"]


def test_knapp_and_hartung_never_narrow_the_interval() -> None:
    """The trials agree almost exactly."""
    answer = ask("S1 A 20/100 B 22/100; S2 A 40/200 B 45/200; S3 A 10/50 B 11/50")
    random = of_path(answer, "direct", "random")
    wide, plain = random["knappHartung"], random["interval"]
    assert wide["low"] < plain["low"] < plain["high"] < wide["high"]


def test_indirect_is_the_difference_of_both_legs() -> None:
    """Bucher, with the variances added."""
    answer = ask("S1 A 20/100 C 28/102; S2 B 25/80 C 12/79")
    indirect = of_path(answer, "indirect")
    (y1, v1), (y2, v2) = _woolf(25, 80, 12, 79), _woolf(20, 100, 28, 102)
    assert math.log(indirect["point"]) == pytest.approx(y1 - y2)
    assert indirect["p"]["low"] == pytest.approx(
        2 * stats.norm.sf(abs(y1 - y2) / math.sqrt(v1 + v2))
    )
    assert [e["path"] for e in answer["estimates"]] == ["indirect"]


def test_a_three_arm_trial_serves_no_leg_of_its_own_pair() -> None:
    """Its contrasts are correlated."""
    answer = ask("S1 A 20/100 B 25/100 C 28/102; S2 B 25/80 C 12/79")
    assert {e["path"] for e in answer["estimates"]} == {"direct", "network"}


def test_three_printed_ratios_of_one_trial_are_one_contribution() -> None:
    """Their shared variance follows."""
    ratios = [
        ratio("S1", "B A", "0.80 (0.64-1.00)"),
        ratio("S1", "C A", "0.70 (0.56-0.88)"),
        ratio("S1", "C B", "0.87 (0.70-1.09)"),
        ratio("S2", "D C", "0.90 (0.72-1.13)"),
    ]
    asked = question("D", "A", measure="hazard-ratio")
    answer = compare(evidence(ratios=ratios), asked)
    network = of_path(answer, "network") if len(answer["estimates"]) > 1 else None
    indirect = of_path(answer, "indirect")
    assert indirect["asPrinted"]["estimate"] == pytest.approx(0.9 * 0.7)
    assert network is None or network["point"] == pytest.approx(0.63)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 10, 31])
@pytest.mark.parametrize("x", [0.01, 0.7, 3.84, 20.0, 150.0])
def test_tail_areas_are_those_of_scipy(x: float, df: int) -> None:
    """Closed sums for whole degrees of freedom."""
    assert distributions.chi2_tail(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)
    assert distributions.t_cdf(x, df) == pytest.approx(stats.t.cdf(x, df), rel=1e-12)
    assert distributions.t_cdf(-x, df) == pytest.approx(stats.t.cdf(-x, df), rel=1e-9, abs=1e-15)
    assert distributions.two_sided_p(x) == pytest.approx(2 * stats.norm.sf(x), rel=1e-12)


@pytest.mark.parametrize("df", [1, 2, 5, 30])
def test_quantiles_are_those_of_scipy(df: int) -> None:
    """By bisection."""
    assert distributions.t_quantile(0.975, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-12)


def test_the_normal_quantile_is_not_1_96() -> None:
    """Nine digits of it."""
    assert distributions.z_of() == pytest.approx(1.959963985, abs=5e-10)


def test_a_network_has_as_many_arms_as_it_likes() -> None:
    """Forty-five trials of ten drugs: ninety cells, each with one count."""
    pairs = list(itertools.combinations("ABCDEFGHIJ", 2))
    lines = (f"S{i} {a} {10 + i}/100 {b} {12 + i}/100" for i, (a, b) in enumerate(pairs))
    network = of_path(ask("; ".join(lines)), "network")
    assert (network["k"], network["df"], network["combinations"]) == (45, 36, 1)


def test_the_last_factor_varies_fastest() -> None:
    """Every combination once."""
    grid = zip(*_grid([2, 1, 3], 6), strict=True)
    assert [tuple(map(int, each)) for each in grid] == list(
        itertools.product(range(2), range(1), range(3))
    )


def test_ratios_whose_shared_variance_is_none_enter_one_pair_at_a_time() -> None:
    """Two narrow intervals and a wide one leave nothing for the shared arm."""
    wide = [
        ratio("S1", "B A", "0.80 (0.76-0.84)"),
        ratio("S1", "C A", "0.80 (0.76-0.84)"),
        ratio("S1", "C B", "1.00 (0.50-2.00)"),
        ratio("S2", "D C", "0.90 (0.72-1.13)"),
    ]
    answer = compare(evidence(ratios=wide), question("D", "B", measure="hazard-ratio"))
    assert [e["path"] for e in answer["estimates"]] == ["indirect"]
    answer = compare(evidence(ratios=wide), question("B", "A", measure="hazard-ratio"))
    assert [e["path"] for e in answer["estimates"]] == ["direct"]
