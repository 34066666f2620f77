"""Whether the verdict on a submission is that of validating the whole graph with it.

Thousands of invented submissions (`invented.py`) are judged in the way of submissions, which reads
a slice of the graph, and by the control (`whole.py`), which validates all of it anew. The
findings, inferences and the verdict must be the same. `make soak` runs it until each constraint was
violated twenty times; a test runs a short form.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise, repeat
from pathlib import Path
from random import Random

import click
import pyoxigraph as ox
from conftest import ROOT
from invented import (
    NAME,
    OWN,
    Inventor,
    Piece,
    Published,
    assemble,
    constraint,
    paper,
    pieces,
    publish,
    publish_shipped,
)
from rdflib import OWL, SH
from rdflib.term import Node
from test_shapes import CORE, all_shapes, reported
from whole import Whole, submission

from aikg import settings
from aikg.graph import ensure_built
from aikg.intake import roundtrip, texts
from aikg.intake.report import write
from aikg.intake.submission import Limits
from aikg.intake.verdict import Rules, judge
from aikg.names import BASE
from aikg.rules.checks import Problem
from bench import shipped
from bench.shipped import Shipped

#: How many submissions one graph receives; the control validates the graph without them once.
EACH = 8
#: How many pieces a submission is made of on the average, where it is made of pieces.
SUBMITTED = 8
#: How often each constraint must be violated.
OFTEN = 20
#: How many graphs a run invents at least.
ROUNDS = 420

#: The rule against a node of two classes that exclude each other; it is neither shape nor check.
CONTRADICTION = "one-of-two-classes"
#: What a submission may not say. Neither shape nor check is asked about it.
CONDUCT = {"own-nodes", "no-new-terms", "shared-node", "hidden-character", "two-trials"}
#: What only nodes that several sources share can violate. The invented files have none:
#: `test_checks.py`, `test_shapes.py` and `test_shared_verdict.py` test these.
SHARED = {"arm-without-regimen", "sources-differ", "two-regimens"}
SHARED_SHAPE = "shape:shared-key "
#: What the reader refuses, before any rule is asked: a literal that is not of its datatype.
LITERALS = {"literal-form", "literal-size", "kept-as-sent"}


@dataclass
class Tally:
    """The counts of a run.

    Attributes:
        submissions: How many submissions were judged.
        invalid: How many of them the control rejects.
        violated: How many violate each constraint, by the control.
        refused: How many say what no submission may say, and so is not put to the rules.
        differences: What one way found and the other did not.
    """

    submissions: int = 0
    invalid: int = 0
    violated: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another has seen."""
        self.submissions += other.submissions
        self.invalid += other.invalid
        self.violated += other.violated
        self.refused += other.refused
        self.differences += other.differences

    @property
    def rare(self) -> list[str]:
        """The constraints that were not violated often."""
        return sorted(name for name in constraints() if self.violated[name] < OFTEN)


@cache
def rules() -> Rules:
    """What a submission is held against."""
    return Rules.load(ROOT)


@cache
def constraints() -> frozenset[str]:
    """Return all that a submission can violate: constraints of shapes, checks, contradictions.

    No submission may describe terms of the ontology, so their shapes are left out.
    """
    asked = {
        constraint(str(shape), str(CORE[parameter]))
        for shape, parameter in all_shapes().subject_predicates()
        if shape in reported() and parameter in CORE and parameter != SH.property
        if not _is_about_terms(shape)
    }
    every = asked | {check.name for check in rules().checks} | {CONTRADICTION}
    return frozenset(one for one in every - SHARED if not one.startswith(SHARED_SHAPE))


def _is_about_terms(shape: Node) -> bool:
    """Say whether a shape looks at nothing but terms: at what is of a class of OWL itself."""
    looking = [shape, *all_shapes().subjects(SH.property, shape)]
    targets = {kind for one in looking for kind in all_shapes().objects(one, SH.targetClass)}
    return all(kind.startswith(str(OWL)) for kind in targets)


def violated(problem: Problem) -> str:
    """Name the constraint of a shape, the check or the rule that a problem violates."""
    if problem.component:
        return constraint(BASE + problem.code, problem.component)
    return problem.check


def run(seed: int, graph: Path) -> Tally:
    """Invent a graph and some submissions, and compare.

    Args:
        seed: See `invent`; of eight, one has the ontology's terms validated too.
        graph: The built graph, which papers build on.
    """
    published, submitted = invent(seed, graph)
    tally, whole = Tally(), Whole(published.triples, rules(), terms=seed % 8 == 0)
    store = whole.store()
    size = len(store)
    for number, triples in enumerate(submitted):
        if triples:
            _compare(whole, store, triples, f"seed {seed}, submission {number}", tally)
    if len(store) != size:
        tally.differences.append(f"seed {seed}: the graph is not as it was")
    return tally


#: The published graph, and the submissions.
_Both = tuple[Published, list[list[ox.Triple]]]


def invent(seed: int, graph: Path) -> _Both:
    """Invent a graph and some submissions, the same for the same seed.

    Args:
        seed: Another seed, other submissions; of three, one is for papers.
        graph: The built graph, which papers build on.
    """
    random = Random(seed)
    published, submitted = (_of_pieces if seed % 3 else _of_papers)(seed, graph, random)
    inventor = Inventor(published, random)
    changed = [inventor.change(one, random.choice((0, 1, 4, 8))) for one in submitted]
    return published, changed


def _of_pieces(seed: int, _: Path, random: Random) -> _Both:
    foreign = pieces()[1]
    chosen = in_turn(seed - seed // 3 - 1)
    published = publish(chosen, foreign, random)
    cuts = [0, *sorted(random.sample(range(1, len(chosen)), EACH - 1)), len(chosen)]
    parts = [chosen[start:end] for start, end in pairwise(cuts)]
    return published, [assemble(part, published, random) for part in parts]


def _of_papers(_: int, graph: Path, random: Random) -> _Both:
    known = _shipped(graph)
    invented = [paper(NAME, known, random) for _ in range(EACH)]
    return publish_shipped(invented, known, random), invented


@cache
def _shipped(graph: Path) -> Shipped:
    return shipped.read(graph)


def in_turn(turn: int) -> list[Piece]:
    """Choose the pieces of one graph: each constraint is broken in turn, shuffled each round.

    So a constraint that many cases break is broken as often as one that a single case breaks.

    Args:
        turn: Which of the graphs that are made of pieces it is.
    """
    count, needed = len(_cases()), SUBMITTED * EACH
    return [_round(at // count)[at % count] for at in range(turn * needed, (turn + 1) * needed)]


@cache
def _round(number: int) -> list[Piece]:
    """Take one of the cases of each constraint, in an order of chance."""
    chosen = [cases[number % len(cases)] for _, cases in sorted(_cases().items())]
    return Random(number).sample(chosen, len(chosen))


@cache
def _cases() -> dict[str, list[Piece]]:
    """Return the cases by what they break; those of terms, which are refused, share one turn."""
    cases: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces()[0]:
        of_terms = piece.breaks and piece.breaks not in constraints()
        cases["terms" if of_terms else piece.breaks or piece.name].append(piece)
    return cases


def _compare(
    whole: Whole, store: ox.Store, triples: list[ox.Triple], name: str, tally: Tally
) -> None:
    try:
        sent = roundtrip.checked(submission(triples, NAME, OWN[1:]), Limits().statement)
        verdict = judge(store, sent, rules())
        report = write(verdict, rules(), store)
        _ = texts.as_text(report), texts.as_json(report), texts.as_rdf(verdict, "turtle")
    except Exception as error:
        tally.submissions += 1
        tally.differences.append(f"{name}: there is no verdict, or no report: {error!r}")
        return
    new, follows = whole.changes(verdict.triples)
    found = {one for one in verdict.problems if one.check not in CONDUCT | LITERALS}
    tally.submissions += 1
    tally.refused += len(verdict.triples) < len(triples)
    tally.invalid += any(one.stops for one in new)
    tally.violated.update({violated(wrong) for wrong in new})
    tally.differences += [f"{name}: not found: {wrong}" for wrong in new - found]
    tally.differences += [f"{name}: found by the slice alone: {wrong}" for wrong in found - new]
    for triple in follows ^ set(verdict.inferred):
        tally.differences.append(f"{name}: follows by one way only: {triple}")
    ours = any(one.stops for one in verdict.problems if one.check in CONDUCT | LITERALS)
    asked = len(verdict.triples) == len(triples) and not ours
    if asked and verdict.accepted == any(one.stops for one in new):
        tally.differences.append(f"{name}: the verdicts differ")


def soak(graph: Path, rounds: int, processes: int, first: int = 0) -> Iterator[Tally]:
    """Compare, until there were enough rounds and each constraint was violated often enough.

    Args:
        graph: The built graph.
        rounds: How many graphs are invented at least, each with `EACH` submissions.
        processes: How many processes share the work.
        first: The first seed.
    """
    total, done = Tally(), 0
    with ProcessPoolExecutor(processes) as pool:
        while done < rounds or (total.rare and done < 2 * rounds):
            seeds = range(first + done, first + done + 4 * processes)
            for tally in pool.map(run, seeds, repeat(graph)):
                total.add(tally)
            done += len(seeds)
            yield total


@click.command()
@click.option(
    "--rounds", default=ROUNDS, show_default=True, help=f"Graphs, {EACH} submissions each."
)
@click.option("--processes", default=2, show_default=True)
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--counts", is_flag=True, help="Print how often each constraint was violated.")
def main(rounds: int, processes: int, first: int, counts: bool) -> None:
    """Compare the two ways, and print where they differ."""
    graph = ensure_built(settings.from_environment())
    total = Tally()
    for total in soak(graph, rounds, processes, first):
        sys.stdout.write(
            f"{total.submissions} submissions, {total.invalid} invalid, {total.refused} with "
            f"statements that are refused, {len(total.violated)} constraints violated, "
            f"{len(total.rare)} fewer than {OFTEN} times, {len(total.differences)} differences\n"
        )
        sys.stdout.flush()
    if counts:
        for name in sorted(constraints() | set(total.violated)):
            click.echo(f"{total.violated[name]:6} {name}")
    for line in (*total.differences, *(f"rarely violated: {name}" for name in total.rare)):
        click.echo(line)
    raise SystemExit(bool(total.differences or total.rare))


if __name__ == "__main__":
    main()
