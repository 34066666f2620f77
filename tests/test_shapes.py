"""The shapes: each constraint has a case that breaks it, and none can be taken away unseen."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS
from pyshacl.errors import ConstraintLoadError
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node
from sampling import some

from aikg.errors import MissingFolder
from aikg.names import PREFIXES
from aikg.rules import shapes

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "cases" / "shapes"
#: The namespace of what is under test, as the case files write it.
SHARED = "https://w3id.org/aikg/submission/case/"
BACKGROUND = FOLDER / "background.ttl"
CASES = sorted(FOLDER.glob("*/*.ttl"))
FILES = sorted((ROOT / "shapes").glob("*.ttl"))

#: The parameters of SHACL core that give a result of their own, and their name in the result:
#: sh:minCount, sh:MinCountConstraintComponent (https://www.w3.org/TR/shacl/#core-components).
CORE_NAMES = """
    class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive
    minLength maxLength pattern languageIn uniqueLang equals disjoint lessThan lessThanOrEquals
    not and or xone node property qualifiedMinCount qualifiedMaxCount closed hasValue in
"""
CORE = {
    SH[name]: SH[name[0].upper() + name[1:] + "ConstraintComponent"] for name in CORE_NAMES.split()
}

#: What else the shapes may use of SHACL: how a shape is written, not what it asks.
NOTATION_NAMES = """
    NodeShape PropertyShape targetClass path alternativePath name message severity Warning IRI
    BlankNode qualifiedValueShape
"""
NOTATION = {SH[name] for name in NOTATION_NAMES.split()}

#: A result as a case states it: focus node, path, shape, component, severity.
Line = tuple[str, str, str, str, str]
Triple = tuple[Node, Node, Node]


@cache
def all_shapes() -> Graph:
    """Read the shapes, once."""
    return shapes.load(ROOT / "shapes")


@cache
def ontology() -> Graph:
    """Read the ontology, once."""
    return shapes.load(ROOT / "ontology")


@cache
def background() -> Graph:
    """Read what the cases point at."""
    return Graph().parse(BACKGROUND)


@cache
def read(case: Path) -> Graph:
    """Read a case into a namespace of its own, so that cases can be validated together."""
    return Graph().parse(data=case.read_text().replace(SHARED, namespace(case)), format="turtle")


def namespace(case: Path) -> str:
    """Name the namespace of a case."""
    return f"{SHARED}{case.parent.name}/{case.stem}/"


def together(cases: Iterable[Path]) -> Graph:
    """Join cases with what they point at."""
    graph = Graph()
    for part in (background(), *map(read, cases)):
        graph += part
    return graph


@cache
def expected(case: Path) -> list[Line]:
    """Read the results that a case expects; a result that names no severity is a violation."""
    graph = read(case)
    lines = []
    for node in graph.objects(None, SH.result):
        path = graph.value(node, SH.resultPath)
        severity = graph.value(node, SH.resultSeverity, default=SH.Violation)
        lines.append(
            (
                str(graph.value(node, SH.focusNode)),
                "" if path is None else str(path),
                str(graph.value(node, SH.sourceShape)),
                str(graph.value(node, SH.sourceConstraintComponent)),
                severity.removeprefix(str(SH)),
            )
        )
    return lines


def found(data: Graph, asked: Graph) -> list[Line]:
    """Validate, and give what a case can expect of each result."""
    return sorted(
        (r.focus, r.path or "", r.shape, r.component, r.severity)
        for r in shapes.validate(data, asked, ontology())
    )


@cache
def report() -> list[Line]:
    """Validate all cases in one run: a shape looks at one node, so they cannot disturb another."""
    return found(together(CASES), all_shapes())


@cache
def every_shape() -> set[Node]:
    """Return each shape, nested ones too."""
    kinds = (SH.NodeShape, SH.PropertyShape)
    return {shape for kind in kinds for shape in all_shapes().subjects(RDF.type, kind)}


@cache
def reach(shape: Node) -> frozenset[Node]:
    """Return a shape, the shapes that it uses, and the lists and paths in between."""
    known, waiting = set(), [shape]
    while waiting:
        node = waiting.pop()
        if node not in known:
            known.add(node)
            objects = all_shapes().objects(node)
            waiting += [o for o in objects if isinstance(o, BNode) or o in every_shape()]
    return frozenset(known)


@cache
def targeted() -> set[Node]:
    """Return the shapes that look for their nodes themselves."""
    return set(all_shapes().subjects(SH.targetClass))


@cache
def reported() -> set[Node]:
    """Return the shapes that can stand in a report: those inside sh:or, sh:not and so on cannot."""
    return targeted() | {p for t in targeted() for p in all_shapes().objects(t, SH.property)}


def test_parameters_are_looked_up_in_a_set_and_are_those_of_pyshacl() -> None:
    """Another version of pyshacl may keep them elsewhere: then the line in shapes.py is useless."""
    source = inspect.getsource(pyshacl.shape)
    assert "getattr(module, 'CONSTRAINT_PARAMS'" in source
    parameters, _ = pyshacl.shape.CONSTRAINT_PARAMS
    assert list(parameters) == ALL_CONSTRAINT_PARAMETERS
    assert all(one in parameters for one in ALL_CONSTRAINT_PARAMETERS)
    assert SH.path not in parameters
    assert type(parameters.copy()) is list, "pyshacl appends to copies"


def test_the_background_conforms() -> None:
    """What the cases point at breaks no shape, so that a case's report is about the case."""
    assert found(background(), all_shapes()) == []


def test_the_ontology_conforms() -> None:
    """Every term of the ontology is described as the shapes ask."""
    assert found(ontology(), all_shapes()) == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(case: Path) -> None:
    """The shapes give the one result that the case expects, with words that say how to fix it."""
    assert (None, SH.conforms, Literal(False)) in read(case)
    assert len(expected(case)) == 1
    assert [line for line in report() if line[0].startswith(namespace(case))] == expected(case)


def test_every_constraint_has_a_case_that_breaks_it() -> None:
    """No constraint is there untested: some case fails it."""
    declared = {
        (str(shape), str(CORE[parameter]))
        for shape, parameter in all_shapes().subject_predicates()
        if shape in reported() and parameter in CORE and parameter != SH.property
    }
    broken = {(shape, component) for case in CASES for _, _, shape, component, _ in expected(case)}
    assert declared - broken == set()


def without(triple: Triple) -> tuple[Graph, set[str]]:
    """Take a triple away from the shapes that use it, and name the shapes that are left to see.

    What else the same node must have is left out: it would take time and show nothing.
    """
    subject, parameter, value = triple
    kept, watched = Graph(), set()
    for top in targeted():
        if subject in reach(top):
            watched.add(top)
            for node in reach(top):
                kept += all_shapes().triples((node, None, None))
            for link in all_shapes().objects(top, SH.property):
                if link == value or parameter == SH.targetClass or subject in reach(link):
                    watched.add(link)
                else:
                    kept.remove((top, SH.property, link))
    kept.remove(triple)
    counts = {SH.qualifiedMinCount, SH.qualifiedMaxCount}
    if parameter in counts and counts.isdisjoint(kept.predicates(subject)):
        kept.remove((subject, SH.qualifiedValueShape, None))
    return kept, {str(shape) for shape in watched}


def is_seen(triple: Triple) -> bool:
    """Say whether some case has another report once a triple is taken away, likely cases first."""
    asked, watched = without(triple)
    near = [case for case in CASES if is_near(case, triple)]
    return any(
        found(together(cases), asked)
        != sorted(line for case in cases for line in expected(case) if line[2] in watched)
        for cases in (near, CASES)
    )


def is_near(case: Path, triple: Triple) -> bool:
    """Say whether a case expects a result of the shape that a triple is part of, or links to."""
    shape = URIRef(expected(case)[0][2])
    return shape == triple[2] or triple[0] in reach(shape)


@pytest.mark.slow
@pytest.mark.parametrize("file", some(FILES, 3), ids=lambda path: path.stem)
def test_no_constraint_can_be_taken_away_unseen(file: Path) -> None:
    """Without any one constraint, link or target, some case would have another report."""
    triples = [
        triple
        for subject in set(Graph().parse(file).subjects())
        for triple in all_shapes().triples((subject, None, None))
        if triple[1] in CORE or triple[1] == SH.targetClass
    ]
    unseen = [triple for triple in triples if not is_seen(triple)]
    assert unseen == []


def test_every_shape_has_a_name_and_says_what_to_do() -> None:
    """A report names the shape and speaks to anyone who must fix the data, in English."""
    for shape in every_shape():
        assert isinstance(shape, URIRef)
        assert shape.startswith(PREFIXES["shape"])
        assert len(list(all_shapes().objects(shape, SH.name))) == 1
        (message,) = all_shapes().objects(shape, SH.message)
        assert isinstance(message, Literal)
        assert message.language == "en"
        assert message.endswith(".")


def test_every_part_of_a_shape_is_used() -> None:
    """A shape that no target leads to would ask nothing."""
    assert every_shape() <= {node for top in targeted() for node in reach(top)}


def test_every_term_of_the_ontology_in_use_exists() -> None:
    """A misspelt term would make a rule that nothing breaks."""
    used = {term for triple in all_shapes() for term in triple if isinstance(term, URIRef)}
    ours = {term for term in used if term.startswith(PREFIXES["aikg"])}
    assert ours - set(ontology().subjects()) == set()


def test_only_terms_that_the_engine_obeys_are_used() -> None:
    """An engine passes over what it does not know: SHACL core only, and only forward paths."""
    used = {term for triple in all_shapes() for term in triple if term.startswith(str(SH))}
    assert used <= CORE.keys() | NOTATION
    assert used & CORE.keys() <= set(ALL_CONSTRAINT_PARAMETERS)


def test_a_shape_that_is_not_shacl_gives_no_verdict() -> None:
    """Where the engine fails, nothing conforms: the failure is raised."""
    broken = all_shapes() + Graph()
    broken.set((URIRef(PREFIXES["shape"] + "drug-scaffold"), SH.maxCount, Literal("one")))
    with pytest.raises(ConstraintLoadError):
        shapes.validate(background(), broken, ontology())


@pytest.mark.parametrize(
    "limit", [Literal("NE", datatype=XSD.decimal), BNode()], ids=["NE", "blank"]
)
@pytest.mark.parametrize("name", ["rangeLow", "rangeHigh"])
def test_a_limit_that_is_no_number_is_reported(name: str, limit: Node) -> None:
    """What cannot be compared is a fault of the data, and no failure of the engine."""
    data, term = background() + Graph(), URIRef(PREFIXES["aikg"] + name)
    finding = URIRef(PREFIXES["finding"] + "example-range")
    data.set((finding, term, limit))
    wrong = (str(finding), str(term), str(SH.DatatypeConstraintComponent))
    assert wrong in {(line[0], line[1], line[3]) for line in found(data, all_shapes())}


def test_results_come_in_the_same_order() -> None:
    """Two runs over the same mistakes give the same list, message by message."""
    data = together(CASES[::20])
    first = shapes.validate(data, all_shapes(), ontology())
    assert len(first) == len(CASES[::20])
    assert shapes.validate(data, all_shapes(), ontology()) == first


def test_a_folder_without_turtle_is_named(tmp_path: Path) -> None:
    """A wrong folder is reported, and never read as shapes that everything conforms to."""
    with pytest.raises(MissingFolder, match="no Turtle file"):
        shapes.load(tmp_path)
