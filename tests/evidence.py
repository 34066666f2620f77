"""Made-up evidence for the tests of the synthesis: trials in a line of text, as cells."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from aikg.synthesis.counts import Candidate, candidates, decimals_of
from aikg.synthesis.effects import Printed
from aikg.synthesis.evidence import (
    Cell,
    Evidence,
    Figure,
    Group,
    Outcome,
    Population,
    Question,
    Ratio,
    Study,
)

#: The fixture of the design: eight trials, one of three arms.
EIGHT = (
    "S1 A 20/100 B 28/102; S2 A 25/80 B 12/79; S3 A 30/120 C 22/118; S4 B 25/90 C 12/95; "
    "S5 A 18/75 C 14/76 D 24/74; S6 C 12/60 D 33/62; S7 D 33/110 E 21/108; S8 A 26/98 E 48/101"
)

RESPONSE = Outcome("outcome/response")
NARROWER = Outcome("outcome/response-at-sites", broader=frozenset({"outcome/response"}))
AFTER_T = Population("population/t", prior=frozenset({"drug/t"}))


def cell(study: str, drug: str, figure: str, population: Population = AFTER_T, **more: Any) -> Cell:
    """Make a cell from "20/100" (a count), "15% of 64", or "NR of 64"."""
    name = f"{study}-{drug}-{population.id.rsplit('/', 1)[-1]}"
    arm = f"arm/{study}-{drug}"
    text, _, of = figure.replace("/", " of ").partition(" of ")
    size = int(of) if of else None
    group = Group(
        id=f"group/{name}",
        study=f"study/{study}",
        arms=frozenset({arm}),
        treatment=f"drug/{drug}",
        against=frozenset({f"arm/{study}-{other}" for other in "ABCDEFGHIJ"} - {arm}),
        population=population.id,
        analysis_set="ontology/IntentionToTreat",
        size=size,
    )
    group = replace(group, **more.pop("group", {}))
    reported = text != "NR"
    made = figure_of(text, size, name)
    values: dict[str, Any] = {
        "id": f"finding/{name}",
        "group": group,
        "outcome": RESPONSE.id,
        "status": "Reported" if reported else "NotReported",
        "place": f"passage/{name}",
        "figures": {"review": made} if reported else {},
    }
    return Cell(**{**values, **more})


def figure_of(text: str, size: int | None, name: str = "x", **more: Any) -> Figure:
    """Make a figure from a count or a percentage of `size` people."""
    found: tuple[Candidate, ...] = ()
    if text.endswith("%") and size:
        value = Decimal(text[:-1])
        decimals = decimals_of(text, value)
        assert decimals is not None
        found = candidates(Fraction(value), decimals, size)
    elif text.isdigit() and size and int(text) <= size:
        found = (Candidate(int(text), ("counted",)),)
    return Figure(
        finding=f"finding/{name}",
        outcome=RESPONSE.id,
        printed=text,
        place=f"passage/{name}",
        candidates=found,
        **more,
    )


def cells(text: str, population: Population = AFTER_T) -> list[Cell]:
    """Make the cells of trials in one line each, parted by semicolons: "S1 A 20/100 B 28/102"."""
    found = []
    for line in filter(None, map(str.strip, text.split(";"))):
        study, *words = line.split()
        found += [
            cell(study, drug, figure, population)
            for drug, figure in zip(words[::2], words[1::2], strict=True)
        ]
    return found


def ratio(study: str, pair: str, text: str, **more: Any) -> Ratio:
    """Make a hazard ratio from "0.80 (0.68-0.94)" of a pair: "A B" is A against B."""
    one, other = pair.split()
    value, _, rest = text.partition(" (")
    low, _, high = rest.rstrip(")").partition("-")
    decimals = len(value.partition(".")[2])
    limits = len(low.partition(".")[2])
    printed = Printed(
        value=Decimal(value),
        low=Decimal(low) if low else None,
        high=Decimal(high) if high else None,
        level=Decimal(95) if low else None,
        half_value=Decimal(1).scaleb(-decimals) / 2,
        half_limits=Decimal(1).scaleb(-limits) / 2,
    )
    printed = replace(printed, **more.pop("printed", {}))
    population = more.pop("population", AFTER_T)
    groups = {drug: cell(study, drug, "NR of 100", population).group for drug in (one, other)}
    values: dict[str, Any] = {
        "id": f"finding/{study}-{one}-{other}",
        "experimental": groups[one],
        "reference": groups[other],
        "outcome": RESPONSE.id,
        "measure": "hazard-ratio",
        "text": text,
        "printed": printed,
        "place": f"passage/{study}",
    }
    return Ratio(**{**values, **more})


def evidence(
    found: Iterable[Cell] = (),
    ratios: Iterable[Ratio] = (),
    populations: Iterable[Population] = (AFTER_T,),
    studies: Mapping[str, Study] | None = None,
    **more: Any,
) -> Evidence:
    """Put cells and ratios together, with the studies that they need."""
    found, ratios = tuple(found), tuple(ratios)
    names = {c.group.study for c in found} | {r.experimental.study for r in ratios}
    known = {name: Study(name) for name in names} | dict(studies or {})
    labels = {name: f"trial {name.rsplit('/', 1)[-1]}" for name in known}
    return Evidence(
        cells=found,
        ratios=ratios,
        studies=known,
        populations={population.id: population for population in populations},
        outcomes={RESPONSE.id: RESPONSE, NARROWER.id: NARROWER},
        labels=labels,
        **more,
    )


def question(one: str = "B", other: str = "A", **more: Any) -> Question:
    """Make a question on the response."""
    return Question(f"drug/{one}", f"drug/{other}", RESPONSE.id, **more)


def shuffled(text: str) -> Iterable[str]:
    """Return the trials of a line in some other orders."""
    lines = [line.strip() for line in text.split(";")]
    for order in itertools.islice(itertools.permutations(lines), 0, 5000, 1000):
        yield "; ".join(order)
