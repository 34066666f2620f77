"""The matrix of rules and generated mistakes: `python tests/matrix.py` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import mistakes
import mistakes_between
from mistakes import PREFIXES, Variant

GENERATORS = mistakes.GENERATORS | mistakes_between.GENERATORS


def variants(rule: str, count: int) -> Iterator[tuple[Variant, Variant]]:
    """Yield mistakes against a rule, each with a near miss; the same for the same count."""
    random = Random(rule)
    for _ in range(count):
        bad, near = GENERATORS[rule](random)
        yield Variant(PREFIXES + bad.text, bad.path), Variant(PREFIXES + near.text, None)


def main() -> None:
    """Print for each rule how many mistakes are found, and how many near misses are quiet."""
    from test_mistakes import rows  # noqa: PLC0415  which itself reads this module

    print(f"{'rule':28}{'mistakes':>10}{'found':>10}{'near misses':>14}{'quiet':>10}")  # noqa: T201
    for rule in GENERATORS:
        made = list(variants(rule, 100))
        found = sum(bool(rows(rule, bad.text)) for bad, _ in made)
        quiet = sum(not rows(rule, near.text) for _, near in made)
        print(f"{rule:28}{len(made):10}{found:10}{len(made):14}{quiet:10}")  # noqa: T201


if __name__ == "__main__":
    main()
