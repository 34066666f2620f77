"""A change brings the graph to where deriving it anew would, whatever is taken away or put back."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest
from conftest import CASES, ROOT

from aikg.build import Built
from aikg.files import turtle
from aikg.files.queries import Query
from aikg.names import PREFIXES, stands_aside
from aikg.rules import incremental, reasoning
from aikg.rules.reasoning import INFERRED

RULES = ROOT / "queries" / "rules"
ASKED = incremental.read_rules(RULES)
AIKG = PREFIXES["aikg"]


@pytest.fixture(scope="module")
def store(built: Built) -> ox.Store:
    """The graph without what stands aside of it; each test leaves it as it was."""
    store = ox.Store()
    aside = {quad.graph_name for quad in built.aside}
    store.extend(quad for quad in built.quads() if quad.graph_name not in aside)
    return store


@pytest.fixture(scope="module")
def evidence(store: ox.Store) -> list[ox.Quad]:
    """What the files of the data state, as the store writes it."""
    found = [q for q in store if "/graph/data/" in getattr(q.graph_name, "value", "")]
    return sorted(found, key=str)


def derived_anew(store: ox.Store) -> set[ox.Quad]:
    """Return the graph of the statements that are left, as the build makes it."""
    named = [q for q in store if q.graph_name not in (ox.DefaultGraph(), INFERRED)]
    fresh = ox.Store()
    fresh.extend(named)
    fresh.extend(ox.Quad(*q.triple) for q in named if not stands_aside(q.graph_name))
    inferred = reasoning.derive(fresh, RULES)
    fresh.extend(ox.Quad(*triple) for triple in inferred)
    fresh.extend(ox.Quad(*triple, INFERRED) for triple in inferred)
    return set(fresh)


def case(name: str) -> list[ox.Quad]:
    """A file of `tests/cases/claims/`, in a graph of its own."""
    graph = ox.NamedNode(f"https://w3id.org/aikg/graph/submission/{name}/1")
    statements = turtle.read(CASES / "claims" / f"{name}.ttl", ROOT)
    return [ox.Quad(*statement.triple, graph) for statement in statements]


def check_change(store: ox.Store, taken: list[ox.Quad]) -> None:
    """Take statements out and put them back; hold both against deriving anew."""
    before = set(store)
    less = incremental.change(store, ASKED, removed=taken)
    assert set(store) == derived_anew(store)
    assert (before - less.removed) | less.added == set(store)
    more = incremental.change(store, ASKED, added=taken)
    assert set(store) == before
    assert (more.added, more.removed) == (less.removed, less.added)


@pytest.mark.parametrize(
    "source",
    [
        "studies/jonat-buzdar-pooled",  # its groups share patients with those of others
        "publications/campos-2009",  # its findings give sizes to groups of others
        "drugs/exemestane",  # arms, groups and their drugs rest on it
    ],
)
def test_without_a_file_and_with_it_again(store, evidence, source: str) -> None:
    """A file is what a submission is: one graph that comes or goes whole."""
    graph = ox.NamedNode(f"https://w3id.org/aikg/graph/data/turtle/{source}")
    taken = [quad for quad in evidence if quad.graph_name == graph]
    assert taken
    check_change(store, taken)


@pytest.mark.parametrize(
    "seed", [35, *(pytest.param(seed, marks=pytest.mark.endurance) for seed in range(4))]
)
def test_without_some_statements_and_with_them_again(store, evidence, seed: int) -> None:
    """Statements in the middle of what a rule joins are missed where they are gone."""
    check_change(store, random.Random(seed).sample(evidence, 5))


def test_a_size_goes_when_a_source_states_another_and_comes_again(store) -> None:
    """Both sizes stand while both are stated; the one that is left is the size again."""
    before = set(store)
    size, stated = (ox.NamedNode(AIKG + name) for name in ("size", "statedSize"))
    sized = sorted((q for q in store.quads_for_pattern(None, size, None, INFERRED)), key=str)[0]
    group, number = sized.subject, sized.object
    node = "https://w3id.org/aikg/submission/x/size"
    text = f"""@prefix aikg: <{AIKG}> . @prefix outcome: <{PREFIXES["outcome"]}> .
    <{node}> a aikg:GroupResult ; aikg:ofGroup {group} ; aikg:status aikg:Reported ;
      aikg:ofOutcome outcome:number-of-patients ; aikg:measure aikg:Count ; aikg:value 9999.0 ."""
    graph = ox.NamedNode("https://w3id.org/aikg/graph/submission/x/1")
    triples = [quad.triple for quad in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)]
    added = [ox.Quad(*triple, graph) for triple in triples]
    incremental.change(store, ASKED, added=added)
    assert set(store) == derived_anew(store)
    assert not list(store.quads_for_pattern(group, size, None, None))
    both = {quad.object.value for quad in store.quads_for_pattern(group, stated, None, INFERRED)}
    assert both == {number.value, "9999"}
    incremental.change(store, ASKED, removed=added)
    assert set(store) == before


def test_evidence_on_claims_comes_in_any_order(store) -> None:
    """A trial before the margin or after it; the lines of both are those of deriving anew."""
    before = set(store)
    given = {name: case(name) for name in ("margins", "decisive-trial", "toy-trial")}
    for name in ("decisive-trial", "margins", "toy-trial"):
        incremental.change(store, ASKED, added=given[name])
    assert set(store) == derived_anew(store)
    for name in ("decisive-trial", "margins"):
        incremental.change(store, ASKED, removed=given[name])
    assert set(store) == derived_anew(store)
    incremental.change(store, ASKED, removed=given["toy-trial"])
    assert set(store) == before


@pytest.mark.parametrize("kind", ["Contrast", "GroupResult", "Claim"])
def test_what_bears_on_a_claim_is_missed(store, evidence, kind: str) -> None:
    """Without a contrast two figures stand side by side; each may be another's counterpart."""
    nodes = {quad.subject for quad in evidence if quad.object == ox.NamedNode(AIKG + kind)}
    chosen = random.Random(1).sample(sorted(nodes, key=str), 12)
    check_change(store, [quad for quad in evidence if quad.subject in chosen])


def test_a_node_in_the_middle_of_a_path_counts(store, evidence) -> None:
    """Which population a study enrols decides of its groups whether they are subgroups."""
    enrols = "https://w3id.org/aikg/ontology/enrols"
    taken = [q for q in evidence if q.predicate.value == enrols and "pooled" in q.subject.value]
    check_change(store, taken)


def test_a_statement_that_followed_before_stays_when_it_is_stated(store, evidence) -> None:
    """A source may state what followed; what follows is then without it, and comes back."""
    fact = next(iter(store.quads_for_pattern(None, None, None, INFERRED)))
    graph = ox.NamedNode("https://w3id.org/aikg/graph/submission/x/1")
    stated = [ox.Quad(*fact.triple, graph)]
    before = set(store)
    incremental.change(store, ASKED, added=stated)
    assert set(store) == derived_anew(store)
    assert ox.Quad(*fact.triple) in store
    incremental.change(store, ASKED, removed=stated)
    assert set(store) == before


WITH_AXIOMS = [
    rule for rules in reasoning.load(RULES) for rule in rules if "# axioms: " in rule.text
]


@pytest.mark.parametrize("rule", WITH_AXIOMS, ids=lambda rule: rule.name)
def test_axioms_in_the_place_of_their_patterns_change_no_answer(
    store: ox.Store, rule: Query
) -> None:
    """A rule concludes the same with the axioms written into it, asked about any variable."""
    graph = ox.Store()
    # So that each has several: one whose list has an expression in it joins nothing.
    turtle_text = """PREFIX : <http://example.org/> PREFIX owl: <http://www.w3.org/2002/07/owl#>
    :over owl:propertyChainAxiom ( :p :q ) , ( :p :q :r ) , ( [ owl:inverseOf :p ] :q ) .
    :p a owl:TransitiveProperty . :q a owl:TransitiveProperty .
    :a :p :b , :c . :b :p :c ; :q :d , :e . :c :q :d . :d :q :e ; :r :f . :e :r :f , :a ."""
    graph.load(turtle_text.encode(), ox.RdfFormat.TURTLE)
    plain = set(graph.query(rule.text))  # type: ignore[call-overload]
    assert len(plain) > 2
    assert set(graph.query(reasoning.with_axioms(graph, rule.text))) == plain
    nodes = {term for quad in graph for term in (quad.subject, quad.predicate, quad.object)}
    named = [node for node in nodes if isinstance(node, ox.NamedNode)]
    for variable in reasoning.bound_variables(rule):
        query = reasoning.bind(rule, variable)
        for some in (named, *([node] for node in named)):
            text = reasoning.bind(
                Query(rule.name, {}, rule.text.replace("# axioms: ", "# "), ROOT), variable
            )
            expected = reasoning.ask_about(graph, text, some)
            assert set(reasoning.ask_about(graph, query, some)) == set(expected), variable


def test_only_what_the_pattern_itself_binds_is_bound() -> None:
    """A variable of a filter or an option would be free: to bind it would change the meaning."""
    text = """#+ summary: Text with "quotes" and ?none.
    CONSTRUCT { ?a <p> ?new } WHERE {
      ?a <http://example.org/?not> ?b . OPTIONAL { ?b <q> ?c FILTER (?c > "}") }
      { ?b <r> ?d } UNION { ?b <s> ?d }
      FILTER NOT EXISTS { ?b <t> ?e FILTER (?e < 3) } FILTER (?d < 4 && (?d > 2))
      MINUS { ?a <u> ?f } BIND (IRI(CONCAT(STR(?a), "x")) AS ?new)
    }"""
    rule = Query("rule", {}, text, ROOT)
    assert reasoning.bound_variables(rule) == ["a", "b", "d"]
