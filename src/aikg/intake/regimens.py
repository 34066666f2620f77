"""What an arm is given, as a trialist writes it: letrozole 2.5 mg (once daily) + new: x."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.names import PREFIXES

_PART = re.compile(
    r"(?P<new>new: *)?(?P<drug>[^(]+?)"
    r"(?: +(?P<dose>\d+(?:\.\d+)?) *(?P<unit>[a-zA-Zµ]+(?:/[a-zA-Z0-9]+)*))?"
    r"(?: *\((?P<schedule>[^)]*)\))?",
    re.IGNORECASE,
)

#: What stands in the brackets of a dose that others follow.
_LOADING = re.compile(
    r"(?:^|,) *loading dose (?P<dose>\d+(?:\.\d+)?)"
    r" *(?P<unit>[a-zA-Zµ]+(?:/[a-zA-Z0-9]+)*)? *(?=,|$)",
    re.IGNORECASE,
)

#: Per day, as people write it, is no part of a unit of a dose.
_UNITS = {"mg/d": "mg", "mg/day": "mg", "µg": "ug", "mcg": "ug"}


@dataclass(frozen=True, slots=True)
class Component:
    """One drug of a regimen.

    Attributes:
        drug: The drug as it is written.
        known: The drug or the drug class of the graph that is called so, or None.
        is_class: Whether it is a class.
        new: Whether it is said to be new.
        dose: How much, in digits.
        loading: How much at first, in the same unit, where that is more.
        unit: Of both.
        schedule: How often and by which way.
    """

    drug: str
    known: ox.NamedNode | None
    is_class: bool
    new: bool
    dose: str | None
    loading: str | None
    unit: str | None
    schedule: str | None


class Regimens:
    """Reads regimens with the drugs of a graph."""

    def __init__(self, store: ox.Store) -> None:
        self.drugs = suggestions.named(store, [PREFIXES["aikg"] + "Drug"])
        self.classes = suggestions.named(store, [PREFIXES["aikg"] + "DrugClass"])

    def read(self, text: str) -> list[Component] | None:
        """Read a regimen; None where it is none that is understood."""
        components = []
        for part in re.split(r"\s\+\s|\s*;\s*|\s+plus\s+", text):
            match = _PART.fullmatch(part.strip())
            if match is None:
                return None
            drug = match["drug"].strip()
            known, kind = self.drugs.get(drug.casefold()), self.classes.get(drug.casefold())
            iri = known or kind
            unit = _unit(match["unit"])
            loading, schedule = _loading(match["schedule"], unit)
            components.append(
                Component(
                    drug,
                    ox.NamedNode(iri) if iri else None,
                    is_class=known is None and kind is not None,
                    new=bool(match["new"]),
                    dose=match["dose"],
                    loading=loading,
                    unit=unit,
                    schedule=schedule,
                )
            )
        return components

    def near(self, drug: str) -> str | None:
        """Give the name of a drug that was probably meant."""
        return suggestions.near_label(drug, [*self.drugs, *self.classes])


def _unit(text: str | None) -> str | None:
    return _UNITS.get((text or "").lower(), text)


def _loading(schedule: str | None, unit: str | None) -> tuple[str | None, str | None]:
    """Part the loading dose from a schedule; in another unit than the dose it stays there."""
    found = _LOADING.search(schedule or "")
    if found is None or schedule is None or (found["unit"] and _unit(found["unit"]) != unit):
        return None, schedule
    rest = schedule[: found.start()] + schedule[found.end() :]
    return found["dose"], rest.strip(" ,") or None
