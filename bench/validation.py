"""How long a verdict takes, in graphs of several sizes, and how fast a table becomes triples.

All of it is done in this process, which waits for nothing: so its own processor time is measured,
which is the time that passes where no other program wants the core.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import cast

import pyoxigraph as ox

from aikg.intake import examination, verdict
from aikg.intake.columns import COLUMNS, HEADINGS
from aikg.intake.examination import examine
from aikg.intake.submission import ParsedSubmission
from aikg.intake.verdict import Rules
from aikg.rules import shapes
from bench import generate
from bench.report import Goal, Section, median, milliseconds, percentile, times
from bench.setting import SEED, Setting
from bench.shipped import Shipped
from bench.trials import trial

#: A submission of about so many triples is judged.
TRIPLES = 95
#: The sizes of the graphs; the smallest is the shipped one, which is somewhat larger.
SIZES = (10_000, 100_000, 1_000_000)
#: How many rows the table has.
ROWS = 10_000
#: Rows of a table whose validation is timed: that of all of them takes minutes.
JUDGED = 200


def verdicts(setting: Setting, sizes: Sequence[int], count: int) -> Section:
    """Judge new papers in graphs of several sizes, in turn."""
    known, rules = generate.built(setting.shipped), Rules.load(setting.shipped.root)
    stores = {size: _store(known, size) for size in (max(size, known.triples) for size in sizes)}
    taken: dict[int, list[float]] = {size: [] for size in stores}
    for number in range(count):
        paper = trial(f"new-{number}", known, SEED, TRIPLES)
        for size, store in stores.items():
            taken[size].append(_judge(store, generate.turtle(paper), f"new-{number}", rules))
    smallest, largest = min(taken), max(taken)
    ratios = {
        size: median([one / first for one, first in zip(each, taken[smallest], strict=True)])
        for size, each in taken.items()
    }
    most = max(median(each) for each in taken.values())
    whole = _whole(stores[smallest], setting, rules)
    return Section(
        title="A verdict on a new paper",
        method=f"{count} papers of about {TRIPLES} triples in Turtle, each read, judged and "
        "reported in every graph in turn, in processor time; the ratio is that to the smallest "
        "graph, of one paper, the median over papers. The control: the shapes alone, asked about "
        f"all of the smallest graph, take {whole:.1f} s.",
        header=("triples in the graph", "median, ms", "95th percentile, ms", "ratio"),
        rows=[
            (
                f"{size:,}",
                milliseconds(median(each)),
                milliseconds(percentile(each, 95)),
                times(ratios[size]),
            )
            for size, each in taken.items()
        ],
        goals=[
            Goal("a verdict on 95 triples: under 200 ms", f"{1000 * most:.0f} ms", most < 0.2),
            Goal(
                f"a verdict: within 1.5 times from {smallest:,} to {largest:,} triples",
                times(ratios[largest]),
                ratios[largest] <= 1.5,
            ),
        ],
    )


def _judge(store: ox.Store, body: bytes, name: str, rules: Rules) -> float:
    """Time a verdict with its report.

    Raises:
        RuntimeError: The paper is rejected: it is none of those that were to be timed.
    """
    began = time.process_time()
    examined = examine(
        store, body, media_type="text/turtle", file="new.ttl", name=name, rules=rules
    )
    taken = time.process_time() - began
    if not examined.verdict.accepted:
        raise RuntimeError(f"A generated paper is rejected: {name}.")
    return taken


def _store(known: Shipped, size: int) -> ox.Store:
    store = ox.Store()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".nq") as file:
        file.writelines(generate.graph(known, size, SEED))
        file.flush()
        store.bulk_load(path=file.name, format=ox.RdfFormat.N_QUADS)
    return store


def _whole(store: ox.Store, setting: Setting, rules: Rules) -> float:
    """Time the shapes on a whole graph, with a focus on every node."""
    default = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    data = shapes.to_graph(quad.triple for quad in default)
    every = shapes.load(setting.shipped.root / "shapes")
    began = time.process_time()
    shapes.validate(data, every, rules.vocabulary)
    return time.process_time() - began


def tables(setting: Setting, count: int) -> Section:
    """Turn a table into triples, beside the parser of the same triples."""
    known, rules = generate.built(setting.shipped), Rules.load(setting.shipped.root)
    store, body = _store(known, 0), _sheet(ROWS)
    ours, theirs = [], []
    for _ in range(count):
        began = time.process_time()
        triples = _read(body, store, rules).triples
        ours.append(len(triples) / (time.process_time() - began))
        theirs.append(_parsed(triples))
    ratio = median([one / other for one, other in zip(ours, theirs, strict=True)])
    few = _read(_sheet(JUDGED), store, rules)
    began = time.process_time()
    verdict.judge(store, few, rules)
    row = (time.process_time() - began) / JUDGED
    return Section(
        title="A table",
        method=f"A CSV of {ROWS:,} rows, {len(body) / 1e6:.0f} MB, becomes {len(triples):,} "
        "triples, each with its cell, and progress is reported at each thousandth row; the control "
        f"parses the same triples as Turtle; {count} times, in turn, in processor time. The "
        f"verdict on {JUDGED} rows takes {1000 * row:.0f} ms a row, and grows with the rows: "
        f"{row * ROWS / 60:.0f} minutes for all.",
        header=("what", "1,000 triples a second"),
        rows=[
            ("aikg: CSV", f"{median(ours) / 1000:.0f}"),
            ("pyoxigraph: Turtle", f"{median(theirs) / 1000:.0f}"),
        ],
        goals=[
            Goal("a table becomes triples at a tenth of Turtle's rate", times(ratio), ratio >= 0.1)
        ],
    )


def _parsed(triples: Sequence[ox.Triple]) -> float:
    """Return how many triples a second the parser reads of them, written as Turtle."""
    text = cast(bytes, ox.serialize(triples, format=ox.RdfFormat.TURTLE))
    began = time.process_time()
    count = sum(1 for _ in ox.parse(text, format=ox.RdfFormat.TURTLE))
    return count / (time.process_time() - began)


def _read(body: bytes, store: ox.Store, rules: Rules) -> ParsedSubmission:
    return examination.read(
        body, "text/csv", "t.csv", "table", store=store, cells=rules.cells, house=rules.house
    )


def _sheet(rows: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADINGS, restval="")
    writer.writeheader()
    writer.writerows(_rows(rows))
    return text.getvalue().encode()


def _rows(count: int) -> Iterator[dict[str, str]]:
    """Return the example row again and again: fifty subgroups of a trial, then another trial."""
    example = {c.heading: c.example for c in COLUMNS if c.example}
    for number in range(count):
        trial_number, row = divmod(number, 50)
        name = f"TRIAL-{trial_number}"
        yield {h: v.replace("EXAMPLE-1", name) for h, v in example.items()} | {
            "Figure": f"F{number}",
            "Row": str(row + 1),
            "Subgroup": f"stratum {row} ({name})",
            "Registry numbers": f"NCT{trial_number:08}",
            "Publication identifiers": f"doi:10.0000/{name.lower()}",
        }
