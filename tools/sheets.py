"""Writes the extraction sheets of data/sheets/ as Turtle: `make sheets`.

All sheets are read as submissions beside each other, in the graph of the other files. So trials,
papers, drugs and outcomes are joined as those of any sender. What a sheet states then goes to a
file of data/turtle/later/, with addresses as the other files have them. Where each file comes from
goes to description/later.ttl.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aikg import build
from aikg.files.version import SOURCES
from aikg.intake.examination import read
from aikg.intake.numbering import quads
from aikg.intake.submission import ParsedSubmission
from aikg.intake.verdict import Rules
from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL, graph_of, submission_namespace
from aikg.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
SHEETS, LATER = Path("data/sheets"), Path("data/turtle/later")
DESCRIPTION = Path("description/later.ttl")
#: Written by hand, about nodes in the files above.
BESIDE = "data/turtle/later-*.ttl"

_PREFIX = re.compile(r"@prefix ([\w-]+): <[^>]*> \.\n")
#: The start of one of our addresses within the name of a node.
_INNER = "https-w3id-org-aikg-"
_PROV, _DCTERMS = PREFIXES["prov"], PREFIXES["dcterms"]
_LICENCE = ox.NamedNode("https://creativecommons.org/licenses/by/4.0/")
_IN_DOCUMENT = ox.NamedNode(PREFIXES["aikg"] + "inDocument")


def without_later(root: Path, copy: Path) -> Path:
    """Copy the files that a build reads, without those on the sheets."""
    for source in SOURCES:
        shutil.copytree(root / source, copy / source)
    shutil.rmtree(copy / LATER, ignore_errors=True)
    for file in (copy / DESCRIPTION, *copy.glob(BESIDE)):
        file.unlink(missing_ok=True)
    return copy


def texts(store: ox.Store, rules: Rules, root: Path) -> dict[Path, str]:
    """Return the files, by their path below the root.

    Args:
        store: The graph of the other files. The sheets are added to it.
        rules: The rules of the other files.
        root: The folder with the sheets.

    Raises:
        ValueError: A cell of a sheet is not valid, or two nodes would have one address.
    """
    sheets = {path.stem: path.read_bytes() for path in sorted((root / SHEETS).glob("*.csv"))}
    taken = {quad.subject.value for quad in store if isinstance(quad.subject, ox.NamedNode)}
    found, origins = {}, list[ox.Triple]()
    for name, stated in _read(store, rules, sheets).items():
        renamed = _renamed(name, stated, taken)
        found[LATER / f"{name}.ttl"] = _turtle(renamed, f"Made from {SHEETS / name}.csv.")
        origins += _origin(name, renamed)
    found[DESCRIPTION] = _turtle(origins, "Where the figures of later trials come from.")
    return _formatted(found)


def _read(store: ox.Store, rules: Rules, sheets: Mapping[str, bytes]) -> dict[str, list[ox.Triple]]:
    """Read the sheets among each other, once for their numbers, and once for what they state."""

    def submission(name: str) -> ParsedSubmission:
        return read(
            *(sheets[name], None, f"{name}.csv", name),
            store=store,
            cells=rules.cells,
            house=rules.house,
        )

    for name in sheets:
        store.extend(quads(graph_of(f"submission/{name}/1"), submission(name).called))
    found = {}
    for name in sheets:
        submitted = submission(name)
        wrong = [str(p) for p in submitted.problems if p.level == "Error"]
        if wrong:
            raise ValueError(f"{SHEETS / name}.csv: {wrong[0]}")
        found[name] = list(submitted.triples)
        # Without what follows: a sheet finds what another one states by names and numbers.
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in found[name])
    return found


def _renamed(name: str, stated: Iterable[ox.Triple], taken: set[str]) -> list[ox.Triple]:
    """Return statements with addresses as curated files have them: `finding/falcon-row-2`."""
    base, names = submission_namespace(name), dict[str, str]()

    def new(term: Any) -> Any:
        if not isinstance(term, ox.NamedNode) or not term.value.startswith(base):
            return term
        if term.value not in names:
            kind, _, slug = term.value.removeprefix(base).partition("/")
            slug = slug.replace(_INNER, "").replace(f"submission-{name}-", "")
            local = slug if f"{slug}-".startswith(f"{name}-") else f"{name}-{slug}"
            iri = f"{BASE}{kind}/{local}"
            if iri in taken:
                raise ValueError(f"{SHEETS / name}.csv: <{iri}> would be two things")
            taken.add(iri)
            names[term.value] = iri
        return ox.NamedNode(names[term.value])

    return [ox.Triple(new(t.subject), t.predicate, new(t.object)) for t in stated]


def _turtle(triples: Iterable[ox.Triple], title: str) -> str:
    """Write triples with each node in one block, in the order in which the rows name them."""
    nodes: dict[object, dict[str, list[ox.Triple]]] = {}
    for triple in triples:
        said = nodes.setdefault(triple.subject, {})
        said.setdefault(triple.predicate.value, []).append(triple)
    ordered = [t for said in nodes.values() for path in said.values() for t in path]
    written = ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)
    text = (written or b"").decode()
    body = _PREFIX.sub("", text)
    used = {name for name in PREFIXES if re.search(rf"(?<![\w-]){name}:", body)}
    kept = "".join(match[0] for match in _PREFIX.finditer(text) if match[1] in used)
    return f"{kept}\n# {title}\n\n{body}"


def _origin(name: str, stated: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Describe the named graph of a file: its sheet, who extracted it, and the documents."""
    graph, sheet = ox.NamedNode(graph_of(f"{LATER}/{name}")), ox.NamedNode(f"{BASE}sheet/{name}")
    documents = {t.object for t in stated if t.predicate == _IN_DOCUMENT}
    said: list[tuple[ox.NamedNode, str, Any]] = [
        (graph, RDF_TYPE, ox.NamedNode(_PROV + "Entity")),
        (graph, RDFS_LABEL, ox.Literal(f"figures of the sheet {name}", language="en")),
        (graph, _DCTERMS + "license", _LICENCE),
        (graph, _PROV + "wasAttributedTo", ox.NamedNode(f"{BASE}maintainers")),
        (graph, _PROV + "wasDerivedFrom", sheet),
        *((graph, _DCTERMS + "source", one) for one in sorted(documents, key=str)),
        (sheet, RDF_TYPE, ox.NamedNode(_PROV + "Entity")),
        (sheet, RDFS_LABEL, ox.Literal(f"extraction sheet {SHEETS / name}.csv", language="en")),
    ]
    return [ox.Triple(node, ox.NamedNode(path), value) for node, path, value in said]


def _formatted(found: Mapping[Path, str]) -> dict[Path, str]:
    """Put the files into the one form of the repository."""
    with tempfile.TemporaryDirectory() as folder:
        places = {path: Path(folder) / path.name for path in found}
        for path, text in found.items():
            places[path].write_text(text, encoding="utf-8")
        program = Path(sys.executable).with_name("turtlefmt")
        subprocess.run([program, *places.values()], check=True)
        return {path: place.read_text(encoding="utf-8") for path, place in places.items()}


def main(arguments: Sequence[str]) -> int:
    """Write the files anew; with `--without FOLDER`, copy the other files of a build there."""
    match arguments:
        case ["--without", folder]:
            without_later(ROOT, Path(folder))
            return 0
    with tempfile.TemporaryDirectory() as folder:
        copy = without_later(ROOT, Path(folder))
        built = build.compile_graph(Settings(root=copy, home=copy / "var"))
        store = ox.Store()
        store.extend(built.quads())
        found = texts(store, Rules.load(copy), ROOT)
    shutil.rmtree(ROOT / LATER, ignore_errors=True)
    for path, text in found.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
