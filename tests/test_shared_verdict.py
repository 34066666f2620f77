"""Shared nodes in submissions: who may state what, and what becomes of it in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from random import Random
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import ROOT
from desk import trial
from shelf import Shelf, blocking

from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.names import BASE, PREFIXES, RDFS_LABEL, stands_aside
from aikg.rules import reasoning
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY
from aikg.shared.mint import Mint, written

AIKG = PREFIXES["aikg"]
DRUG = PREFIXES["drug"]
FINDING = """
:{at} a aikg:GroupResult ; aikg:ofGroup <{group}> ; aikg:ofOutcome outcome:number-of-patients ;
  aikg:measure aikg:Count ; aikg:status aikg:Reported ; aikg:value {size} ; aikg:unit "{{person}}" ;
  aikg:printed "{size}" ; aikg:statedAt :methods .
"""


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What submissions are judged by."""
    return Knowledge.load(ROOT)


def turtle(name: str, mint: Mint, more: str = "") -> str:
    """A trial of a sender's own, the nodes that were made, and more."""
    return trial(name).decode() + "\n".join(map(written, mint.made.values())) + "\n" + more


def given(known: Knowledge, dose: str = "2.50", unit: str = "mg", often: str = "once daily") -> Any:
    """A regimen of a new drug and of letrozole, in some spelling."""
    mint = Mint(known.rules.house)
    parts = [
        mint.node(keys.component("gives", [mint.node(keys.drug("Quieten"))], "5", "", "mg", "bid")),
        mint.node(keys.component("gives", [DRUG + "letrozole"], dose, "", unit, often)),
    ]
    return mint, mint.node(keys.regimen(parts))


def arm(mint: Mint, regimen: str) -> str:
    """An arm of the sender's own that is given the regimen."""
    return (
        ':more a aikg:Arm ; rdfs:label "more"@en ; aikg:ofStudy :trial ; '
        f"aikg:assignedRegimen <{regimen}> .\n"
    )


def test_two_submissions_say_the_same_in_any_order(built: Built, known: Knowledge) -> None:
    """One regimen in three spellings: one node, and either may go."""
    bodies = {}
    for name, spelling in {
        "one": ("2.50", "mg", "once daily"),
        "two": ("2,5", "mg/day", ""),
        "three": ("2.5", "mg a day", "daily"),
    }.items():
        mint, regimen = given(known, *spelling)
        bodies[name] = turtle(name, mint, arm(mint, regimen).replace('"more"', f'"more {name}"'))
    empty = Shelf(built, known).dump()
    dumps = set()
    for order in list(permutations(bodies))[::2]:
        shelf = Shelf(built, known)
        for name in order:
            assert blocking(shelf.publish(name, bodies[name])) == []
        dumps.add(shelf.dump())
        gone, *left = Random(str(order)).sample(order, 3)
        assert shelf.withdraw(gone)["users"] == []
        again = Shelf(built, known)
        for name in left:
            again.publish(name, bodies[name])
        assert shelf.dump() == again.dump()
        for name in left:
            shelf.withdraw(name)
        assert shelf.dump() == empty
    assert len(dumps) == 1


def changed(body: str, old: str, new: str) -> str:
    """A body with another text in it."""
    assert old in body
    return body.replace(old, new)


def test_nobody_changes_a_shared_node(built: Built, known: Knowledge) -> None:
    """Neither by one triple more, nor by a name, nor under another spelling of its address."""
    mint, regimen = given(known)
    body = turtle("mine", mint, arm(mint, regimen))
    extra = ' ; <http://www.w3.org/2000/01/rdf-schema#seeAlso> "x" .'
    whole = written(mint.made[regimen])
    spoilt = {
        "a triple more": changed(body, whole, whole[:-2] + extra),
        "another label": changed(body, mint.made[regimen].label, "the best regimen"),
        "another address": body.replace("w3id.org/aikg/shared", "w3id.org/AIKG/shared"),
        "another hash": body.replace(regimen, regimen[:-1] + "2"),
        "without a part": changed(body, written(next(iter(mint.made.values()))), ""),
        "a key of one's own": body + f':own <{SHARED_KEY}> "[\\"drug/1\\",\\"x\\"]" .\n',
        "only a label": body + f'<{BASE}shared/drug/x> <{RDFS_LABEL}> "x"@en .\n',
    }
    for name, text in spoilt.items():
        told = Shelf(built, known).publish("mine", text)
        assert not told["accepted"], name
        codes = {found["code"] for found in blocking(told)}
        assert codes & {"rule/shared-node", "rule/own-nodes"}, (name, codes)
        for found in blocking(told):
            assert found["place"]["line"] > 70 or found["code"].startswith("check/"), (name, found)
    assert Shelf(built, known).publish("mine", body)["accepted"]


def numbered(known: Knowledge, **said: str) -> tuple[Mint, str, str]:
    """A numbered trial with an arm, and what is stated of the trial besides."""
    mint = Mint(known.rules.house)
    node = mint.node(keys.trial("NCT99999901"))
    mint.node(keys.population(node, []))
    more = "".join(f"<{node}> aikg:{name} {value} .\n" for name, value in said.items())
    return mint, node, more


def test_sources_of_one_trial_may_differ(built: Built, known: Knowledge) -> None:
    """Each keeps its statement; the second learns of the first by name; in any order."""
    bodies = {}
    for name, said in {
        "early": {"phase": "2", "acronym": '"CALM"'},
        "late": {"phase": "3", "acronym": '"CALM-1"', "stoppedEarly": "true"},
    }.items():
        mint, node, more = numbered(known, **said)
        bodies[name] = turtle(name, mint, more)
    dumps = set()
    for order in permutations(bodies):
        shelf = Shelf(built, known)
        first, second = (shelf.publish(name, bodies[name]) for name in order)
        assert first["accepted"]
        assert second["accepted"]
        assert not [f for f in first["report"]["findings"] if f["code"] == "check/sources-differ"]
        (differ,) = (f for f in second["report"]["findings"] if f["code"] == "check/sources-differ")
        assert "2" in differ["found"]
        assert "3" in differ["found"]
        assert f"{order[0]}/1" in differ["found"]
        assert shelf.values(node, "phase") == {"2", "3"}
        dumps.add(shelf.dump())
        shelf.withdraw(order[0])
        assert shelf.values(node, "phase") == ({"3"} if order[0] == "early" else {"2"})
    assert len(dumps) == 1


def test_shapes_are_asked_about_what_one_source_states(built: Built, known: Knowledge) -> None:
    """Two values of one source break the shape; each of two sources has one."""
    mint, _, more = numbered(known, stoppedEarly="true , false")
    codes = {f["code"] for f in blocking(Shelf(built, known).publish("a", turtle("a", mint, more)))}
    assert "shape/study-stopped-early" in codes


def test_one_arm_has_one_regimen(built: Built, known: Knowledge) -> None:
    """A second source with another is refused, and learns whose the first is."""
    shelf = Shelf(built, known)
    bodies = []
    for name in ("letrozole", "anastrozole"):
        mint, node, _ = numbered(known)
        one = mint.node(keys.arm(node, "A"))
        more = f"<{one}> aikg:assignedRegimen <{PREFIXES['regimen']}{name}> .\n"
        bodies.append(turtle(name, mint, more))
    alone, _, _ = numbered(known)
    one = alone.node(keys.arm(node, "A"))
    addition = shelf.publish("addition", turtle("addition", alone))
    assert addition["accepted"]
    assert "check/arm-without-regimen" in {f["code"] for f in addition["report"]["findings"]}
    assert shelf.publish("first", bodies[0])["accepted"]
    (found,) = blocking(shelf.publish("second", bodies[1]))
    assert found["code"] == "check/two-regimens"
    assert found["node"] == one
    assert "first/1" in found["found"]


def test_a_stale_size_is_not_read(built: Built, known: Knowledge) -> None:
    """Where a second size comes the group has none: no check may read the first any more."""
    mint, node, _ = numbered(known)
    people = keys.address(keys.population(node, []))
    arms = [mint.node(keys.arm(node, name)) for name in "AB"]
    whole = mint.node(keys.group(node, people, "Enrolled"))
    groups = [mint.node(keys.group([one], people, "IntentionToTreat")) for one in arms]
    given = "".join(f"<{a}> aikg:assignedRegimen regimen:letrozole .\n" for a in arms)

    def sizes(name: str, *stated: tuple[str, int]) -> str:
        more = "".join(
            FINDING.format(at=f"n{at}", group=group, size=f"{size}.0")
            for at, (group, size) in enumerate(stated)
        )
        return turtle(name, mint, given + more)

    bodies = {
        "first": sizes("first", (whole, 100), (groups[0], 50)),
        "second": sizes("second", (whole, 110), (groups[1], 60)),
        "wrong": sizes("wrong", (groups[1], 60)),
    }
    shelf = Shelf(built, known)
    assert shelf.publish("first", bodies["first"])["accepted"]
    told = shelf.publish("second", bodies["second"])
    assert blocking(told) == []  # 50 and 60 of the 100 of the first source would be an Error
    assert shelf.values(whole, "size") == set()
    shelf.withdraw("second")
    assert shelf.values(whole, "size") == {"100"}
    assert blocking(shelf.publish("wrong", bodies["wrong"]))  # here 100 is the size


def test_the_graph_is_the_one_that_is_derived_anew(built: Built, known: Knowledge) -> None:
    """With two sources of one node, as without."""
    shelf = Shelf(built, known)
    for name in ("one", "two"):
        mint, node, more = numbered(known, phase="2" if name == "one" else "3")
        one = mint.node(keys.arm(node, "A"))
        more += f"<{one}> aikg:assignedRegimen regimen:letrozole .\n"
        shelf.publish(name, turtle(name, mint, more))
    shelf.withdraw("one")
    stated = {
        quad
        for quad in shelf.store
        if isinstance(quad.graph_name, ox.NamedNode) and "inferred" not in quad.graph_name.value
    }
    anew = ox.Store()
    anew.extend(ox.Quad(q.subject, q.predicate, q.object) for q in _evidence(stated))
    inferred = reasoning.derive(anew, ROOT / "queries" / "rules")
    found = {
        quad.triple for quad in shelf.store.quads_for_pattern(None, None, None, reasoning.INFERRED)
    }
    assert found == set(inferred)


def _evidence(quads: Iterable[ox.Quad]) -> Iterable[ox.Quad]:
    return [quad for quad in quads if not stands_aside(quad.graph_name)]


def test_a_number_of_another_node_is_told(built: Built, known: Knowledge) -> None:
    """A second trial or paper with a known number is never taken in silence."""
    stated = "<http://purl.org/dc/terms/identifier>"
    shelf = Shelf(built, known)
    mint, node, more = numbered(known)
    more += f'<{node}> {stated} "NCT99999901" .\n'
    assert shelf.publish("first", turtle("first", mint, more))["accepted"]
    for text, other in {
        "nct 9999 9901": "NCT99999901",
        "NCT00065325": "EFECT",
        "PMID: 19299239": "Campos",
    }.items():
        again = Shelf(built, known)
        again.publish("first", turtle("first", mint, more))
        body = trial("second").decode() + f':trial {stated} "{text}" .\n'
        (found,) = blocking(again.publish("second", body))
        assert found["code"] == "rule/two-trials"
        assert other in found["found"].rpartition(" at ")[2]
