"""What the questions and the claims say with none, one and all of the later trials published.

PYTHONPATH=. python tests/later.py prints the tables of docs/measurements/later-evidence.md.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import orders
from bare import root
from shelf import Shelf

from aikg import build
from aikg.engine import publishing
from aikg.engine.publishing import Knowledge
from aikg.names import BASE
from aikg.settings import from_environment
from aikg.sparql.evaluation import Request, evaluate

#: The later trials; the additions are not among them.
TRIALS = [name for name in orders.SHEETS if name not in orders.ADDITIONS]
#: The trial that is published alone, and whose impact is shown.
ONE = "falcon"


def ask(shelf: Shelf, known: Knowledge, name: str) -> list[dict[str, str]]:
    """Answer a registered question; an empty cell is ""."""
    (question,) = (q for q in known.questions if q.name == name)
    answer = io.BytesIO()
    evaluate(shelf.store, Request(question.text, format="json"), answer, begin=lambda _: None)
    found = json.loads(answer.getvalue())
    names = found["head"]["vars"]
    return [
        {name: row.get(name, {}).get("value", "") for name in names}
        for row in found["results"]["bindings"]
    ]


def statuses(shelf: Shelf, known: Knowledge) -> Counter[str]:
    """Count the claims by their status under no margin."""
    rows = ask(shelf, known, "claim-status")
    return Counter(row["status"] for row in rows if not row["margin"])


def stages(shelf: Shelf) -> Iterable[str]:
    """Publish nothing, then one trial, then all; yield the name of each stage."""
    yield "none"
    orders.publish(shelf, [ONE])
    yield "one"
    orders.publish(shelf, [name for name in TRIALS if name != ONE])
    yield "all"


def main() -> int:
    """Print the tables."""
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        built = build.build(replace(from_environment(), root=root(), home=Path(folder)))
    known, rows = Knowledge.load(root()), dict[str, list[int]]()
    sent = {
        **{"name": ONE, "graph": f"{BASE}graph/submission/{ONE}/1", "media_type": orders.CSV},
        **{"filename": "f", "replaced": None, "later": [], "namespaces": []},
    }
    told = publishing.impact_of_publishing(
        Shelf(built, known).store, known, sent, orders.SHEETS[ONE]
    )
    shelf, counts = Shelf(built, known), []
    for _ in stages(shelf):
        counts.append(statuses(shelf, known))
        for question in known.questions:
            rows.setdefault(question.name, []).append(len(ask(shelf, known, question.name)))
    say("| question | rows, none | one | all |\n| --- | --- | --- | --- |\n")
    for name, numbers in rows.items():
        say(f"| `{name}` | {' | '.join(map(str, numbers))} |\n")
    say("\n| status of claims | none | one | all |\n| --- | --- | --- | --- |\n")
    for status in sorted({status for count in counts for status in count}):
        say(f"| {status} | {' | '.join(str(count[status]) for count in counts)} |\n")
    say(f"\n{json.dumps(told, indent=1, ensure_ascii=False)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
