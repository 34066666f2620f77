"""The inferences from one generated trial, written down without running the rules.

The rules of `queries/rules/` take minutes for millions of triples. A trial that `bench.trials`
writes uses few of them, so they are spelled out here; `tests/test_bench.py` holds the result
against the rules, both ways.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations

from bench.paper import Triple, shipped
from bench.shipped import TYPE, Shipped, term

_SIZE_IS = shipped("outcome", "number-of-patients")


def follow(stated: Iterable[Triple], known: Shipped) -> list[Triple]:
    """Return what follows from the triples of a trial and is not among them."""
    by: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value in stated:
        by[predicate][subject].append(value)
    found: dict[Triple, None] = {}
    for node, kinds in by[TYPE].items():
        for kind in kinds:
            found.update({(node, TYPE, wider): None for wider in known.superclasses.get(kind, ())})
    _populations(by, known, found)
    _drugs(by, known, found)
    _sizes(by, found)
    _subgroups(by, found)
    _arms(by, found)
    for triple in stated:
        found.pop(triple, None)
    return list(found)


#: Property, then subject, then the values.
_Facts = dict[str, dict[str, list[str]]]


def _populations(by: _Facts, known: Shipped, found: dict[Triple, None]) -> None:
    """A population takes over what holds of the wider ones (prp-trp, prp-spo2, cls-hv2)."""
    passed_on = dict(known.populations)
    within = term("within")
    for node, wider in by[within].items():  # a wider population is described first
        gained = [fact for each in wider for fact in passed_on[each]]
        found.update({(node, *fact): None for fact in gained})
        passed_on[node] = gained + [(within, each) for each in wider]


def _drugs(by: _Facts, known: Shipped, found: dict[Triple, None]) -> None:
    """Arm and group receive the drugs of the regimen, and their classes (prp-spo2)."""
    received: dict[str, list[tuple[str, str]]] = {}
    for arm, regimens in by[term("assignedRegimen")].items():
        components = [
            component
            for regimen in regimens
            for component in by[term("hasComponent")].get(regimen, [])
        ]
        drugs = [drug for component in components for drug in by[term("gives")][component]]
        drugs += [drug for regimen in regimens for drug in known.regimens.get(regimen, [])]
        received[arm] = [fact for drug in drugs for fact in known.drugs[drug]]
        found.update({(arm, *fact): None for fact in received[arm]})
    for group, arms in by[term("ofArm")].items():
        found.update({(group, *fact): None for arm in arms for fact in received[arm]})


def _sizes(by: _Facts, found: dict[Triple, None]) -> None:
    """A group has the one size that a finding reports (stated-size, group-size)."""
    for finding, outcomes in by[term("ofOutcome")].items():
        if outcomes == [_SIZE_IS]:
            (group,), values = by[term("ofGroup")][finding], by[term("value")][finding]
            for name in ("statedSize", "size"):
                found.update({(group, term(name), value): None for value in values})


def _subgroups(by: _Facts, found: dict[Triple, None]) -> None:
    """A group whose population lies within the enrolled one is a subgroup (subgroup)."""
    enrolled = {node for nodes in by[term("enrols")].values() for node in nodes}
    for group, populations in by[term("inPopulation")].items():
        for population in populations:
            if enrolled.intersection(by[term("within")][population]):
                found[group, TYPE, term("Subgroup")] = None
                found[group, TYPE, term("Group")] = None


def _arms(by: _Facts, found: dict[Triple, None]) -> None:
    """Chance chose between the arms of the trial (randomized-against)."""
    arms = list(by[term("assignedRegimen")])
    found.update(
        {(arm, term("randomizedAgainst"), other): None for arm, other in permutations(arms, 2)}
    )
