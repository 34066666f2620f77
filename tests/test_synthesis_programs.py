"""Exports for network meta-analysis, read back by its programs: pimeta in Python, netmeta in R.

Neither is a dependency. A test whose program is absent is skipped, and says so.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from evidence import cells, evidence, question, ratio
from test_synthesis_outputs import EIGHT, rows

from aikg.synthesis import output
from aikg.synthesis.answer import compare
from aikg.synthesis.effects import HAZARD_RATIO
from aikg.synthesis.leagues import league

#: A triangle of one trial whose ratios close, and a trial that is printed the other way round.
TRIANGLE = [
    ratio("S1", "B A", "0.80 (0.64-1.00)"), ratio("S1", "C A", "0.70 (0.56-0.88)"),
    ratio("S1", "C B", "0.87 (0.70-1.09)"), ratio("S2", "A B", "1.10 (0.88-1.38)"),
]  # fmt: skip
#: The estimates of a league: model, one treatment, the other.
League = dict[tuple[str, str, str], float]


def of_counts() -> tuple[str, League]:
    """Return the arms of eight trials as exported, and our league table."""
    made = evidence(cells(EIGHT))
    text = output.write(compare(made, question()), "compare", "netmeta")
    (stratum,) = league(made, question())["strata"]
    return text["network-review.arms.csv"], ours(stratum)


def of_ratios() -> tuple[str, League]:
    """Return the contrasts of the printed ratios, and our estimate of them."""
    made, asked = evidence(ratios=TRIANGLE), question(measure=HAZARD_RATIO)
    answer = compare(made, asked)
    files = output.write(answer, "compare", "netmeta")
    (name,) = (name for name in files if name.startswith("network") or name.startswith("direct"))
    direct = {
        (each["model"], "B", "A"): math.log(each["asPrinted"]["estimate"])
        for each in answer["estimates"]
        if each["path"] == "direct"
    }
    return files[name], direct


def ours(stratum: dict[str, Any]) -> League:
    """Return our league table on the logarithmic scale."""
    return {
        (each["model"], pair["experimental"][5:], pair["reference"][5:]): math.log(each["point"])
        for pair in stratum["pairs"]
        for each in pair["estimates"]
    }


def test_pimeta_reads_the_arms_and_comes_to_the_same_league() -> None:
    """Its `pairwise` and `netmeta` compute what the R package does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nma = pytest.importorskip("pimeta.nma", reason="pimeta is not installed")
        import pimeta  # noqa: PLC0415

        text, expected = of_counts()
        table = rows(text)
        made = nma.pairwise(
            treat=[row["treat"] for row in table],
            event=[int(row["event"]) for row in table],
            n=[int(row["n"]) for row in table],
            studlab=[row["studlab"] for row in table],
            sm="OR",
        )
        net = pimeta.netmeta(made.TE, made.seTE, made.treat1, made.treat2, made.studlab, sm="OR")
    names = list(net.trts)
    for (model, one, other), value in expected.items():
        found = {"common": net.TE_common, "random": net.TE_random}[model]
        assert value == pytest.approx(found[names.index(one)][names.index(other)], abs=1e-9)
    assert len(expected) == 40


def test_pimeta_reads_the_contrasts_of_printed_ratios() -> None:
    """Those of one trial close, and the one that is printed the other way round is turned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pimeta = pytest.importorskip("pimeta", reason="pimeta is not installed")
        text, expected = of_ratios()
        table = [row for row in rows(text) if {row["treat1"], row["treat2"]} == {"A", "B"}]
        assert len(table) == 2
        numbers = ([float(row[name]) for row in table] for name in ("TE", "seTE"))
        names = ([row[name] for row in table] for name in ("treat1", "treat2", "studlab"))
        net = pimeta.netmeta(*numbers, *names, sm="HR")
    at = list(net.trts)
    found = net.TE_common[at.index("B")][at.index("A")]
    assert expected["common", "B", "A"] == pytest.approx(found, abs=1e-9)


def _has_netmeta() -> bool:
    if not shutil.which("Rscript"):
        return False
    asked = ["Rscript", "-e", 'quit(status = !requireNamespace("netmeta", quietly = TRUE))']
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.oracle
def test_netmeta_reads_the_arms_and_comes_to_the_same_league(tmp_path: Path) -> None:
    """The R package itself, where it is installed."""
    if not _has_netmeta():
        pytest.skip("R's netmeta is not installed, and Debian has no package of it")
    text, expected = of_counts()
    (tmp_path / "arms.csv").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["Rscript", str(ROOT / "tools" / "netmeta_oracle.R"), str(tmp_path / "arms.csv")],
        capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "MEASURE": "OR"},
    )  # fmt: skip
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    found = {(what, *pair.split()): float(value) for _, what, pair, value in lines}
    assert found == pytest.approx(expected, abs=1e-8)
