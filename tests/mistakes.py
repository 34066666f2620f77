"""Mistakes in the figures of a trial, each beside a near miss, in any number of variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

PREFIXES = """@prefix aikg: <https://w3id.org/aikg/ontology/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <https://w3id.org/aikg/submission/case/> .
@prefix outcome: <https://w3id.org/aikg/outcome/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
PLACE = "\nex:place a aikg:Passage ;\n    aikg:inDocument ex:paper .\n"


@dataclass(frozen=True)
class Variant:
    """One mistake, or one near miss.

    Attributes:
        text: Turtle; the wrong node is `ex:caught`.
        path: The wrong property, or None for a near miss.
    """

    text: str
    path: str | None


def node(name: str, kind: str, **properties: object) -> str:
    """Write a node; `_` in the name of a property stands for a colon."""
    lines = [f"\nex:{name} a aikg:{kind}"]
    for key, value in properties.items():
        prefix, _, local = key.rpartition("__")
        lines.append(f"    {prefix or 'aikg'}:{local} {value}")
    return " ;\n".join(lines) + " .\n"


def result(name: str, measure: str, value: object, **more: object) -> str:
    """Write a figure of the group, unless `more` says of which."""
    given = {"ofGroup": "ex:group", "ofOutcome": "outcome:fatigue", "measure": f"aikg:{measure}"}
    given |= {"status": "aikg:Reported", "value": value, "statedAt": "ex:place"} | more
    return node(name, "GroupResult", **{k: v for k, v in given.items() if v is not None})


def ratio(name: str, measure: str, value: object, **more: object) -> str:
    """Write a comparison of two groups."""
    given = {"experimental": "ex:one", "reference": "ex:other", "ofOutcome": "outcome:fatigue"}
    given |= {"measure": f"aikg:{measure}", "status": "aikg:Reported", "value": value}
    return node(name, "Contrast", **given | {"statedAt": "ex:place"} | more)


def size(value: object, group: str = "group", **more: object) -> str:
    """Write the number of people of a group."""
    given = {"ofGroup": f"ex:{group}", "ofOutcome": "outcome:number-of-patients"}
    return result(f"n-{group}", "Count", f"{value}.0", unit='"{person}"', **given | more)


def limits(low: object, high: object, level: object = "95.0") -> dict[str, object]:
    """Return the properties of an interval."""
    return {"ciLow": low, "ciHigh": high, "ciLevel": level}


def number(value: float, digits: int = 2) -> str:
    """Write a decimal."""
    return f"{value:.{digits}f}"


def interval(random: Random, effect: float | None = None) -> tuple[float, float, float]:
    """Make a ratio with an interval that is symmetric on the logarithmic scale."""
    effect = effect or random.choice((0.45, 0.58, 0.72, 0.85, 1.2, 1.6, 2.3))
    width = random.choice((1.2, 1.3, 1.45))
    return effect, effect / width, effect * width


RATIOS = ("HazardRatio", "OddsRatio", "RiskRatio")


def outside_interval(random: Random) -> tuple[Variant, Variant]:
    """The value is beyond a limit; it may stand on the limit."""
    measure = random.choice((*RATIOS, "RiskDifference", "Median"))
    value, low, high = (number(n) for n in interval(random))
    bad = random.choice((float(low) - 0.01, float(high) + 0.01, float(high) * 10))
    edge = random.choice((low, high, value))
    return (
        Variant(ratio("caught", measure, number(bad), **limits(low, high)), "value"),
        Variant(ratio("near", measure, edge, **limits(low, high)), None),
    )


def printed_differs(random: Random) -> tuple[Variant, Variant]:
    """Two digits are exchanged, a point is lost, or a limit is another one; the form is free."""
    value, low, high = (number(n) for n in interval(random, random.choice((0.58, 0.72, 1.24))))
    dash = random.choice(("-", "\u2013", " to ", ", "))
    printed = random.choice(
        (f'"{value} ({low}{dash}{high})"', f'"{value} (95% CI {low}{dash}{high})"')
    )
    wrong = {
        "value": random.choice((value[:-2] + value[:-3:-1], number(float(value) * 10, 1))),
        "ciLow": number(float(low) - 0.1),
        "ciHigh": number(float(high) + 0.2),
    }
    path = random.choice(sorted(wrong))
    given = {"value": value, **limits(low, high)} | {path: wrong[path]}
    bad = ratio("caught", "HazardRatio", given.pop("value"), printed=printed, **given)
    forms = (
        ("0.5", '"0.50"'), ("0.58", '"·58"'), ("1234.0", '"1,234"'), ("38.0", '"38%"'),
        ("19.4", '"43 (19.4%)"'), ("-0.6", '"\u22120.6 (\u22121.2-0.1)"'), ("0.58", '"0,58"'),
        (value, printed),
    )  # fmt: skip
    right, form = random.choice(forms)
    return Variant(bad, path), Variant(ratio("near", "HazardRatio", right, printed=form), None)


def fraction_for_percent(random: Random) -> tuple[Variant, Variant]:
    """A fraction has no sign of percent and more digits than a small percentage."""
    measure = random.choice(("CrudeProportion", "KaplanMeierEstimate"))
    value = random.choice(("0.664", "0.66", "0.08", "0.125", "0.3333"))
    small = random.choice(
        (("0.5", '"0.5"'), ("0.66", '"0.66%"'), ("1.0", '"1"'), ("66.4", '"66.4"'))
    )
    return (
        Variant(result("caught", measure, value, unit='"%"', printed=f'"{value}"'), "value"),
        Variant(result("near", measure, small[0], unit='"%"', printed=small[1]), None),
    )


def level_as_fraction(random: Random) -> tuple[Variant, Variant]:
    """The level of an interval is in percent."""
    value, low, high = (number(n) for n in interval(random))
    bad, good = random.choice(
        (("0.95", "95.0"), ("0.9", "90.0"), ("0.99", "99.0"), ("0.975", "97.5"))
    )
    return (
        Variant(ratio("caught", "HazardRatio", value, **limits(low, high, bad)), "ciLevel"),
        Variant(ratio("near", "HazardRatio", value, **limits(low, high, good)), None),
    )


def unlikely_ratio(random: Random) -> tuple[Variant, Variant]:
    """A point is lost in a ratio."""
    measure = random.choice(RATIOS)
    bad = random.choice(("58.0", "72.0", "123.0", "0.0058", "0.012"))
    good = random.choice(("0.03", "12.5", "0.58", "49.0", "1.0"))
    return Variant(ratio("caught", measure, bad), "value"), Variant(
        ratio("near", measure, good), None
    )


def impossible_ratio(random: Random) -> tuple[Variant, Variant]:
    """A ratio is above 0; its lower limit may be 0, and a difference may be below 0."""
    measure = random.choice(RATIOS)
    path, bad = random.choice(
        (
            ("value", "0.0"),
            ("value", "-0.58"),
            ("ciLow", "-0.2"),
            ("ciHigh", "0.0"),
            ("ciHigh", "-1.0"),
        )
    )
    good = random.choice(
        (
            ratio("near", measure, "0.1", **limits("0.0", "0.7")),
            ratio("near", "RiskDifference", "-8.0", **limits("-12.0", "0.0")),
            ratio("near", measure, "0.01"),
        )
    )
    more = {} if path == "value" else {path: bad}
    value = bad if path == "value" else "0.5"
    return Variant(ratio("caught", measure, value, **more), path), Variant(good, None)


def after_its_paper(random: Random) -> tuple[Variant, Variant]:
    """Data are closed in the year of the paper or before."""
    year = random.randrange(2005, 2020)

    def dated(name: str, day: str, paper: int | None) -> str:
        figure = ratio("figure", "HazardRatio", "0.6", ofAnalysis=f"ex:{name}")
        document = node("paper", "Publication", year=paper) if paper else ""
        return PLACE + figure + document + node(name, "Analysis", dataCutOff=f'"{day}"^^xsd:date')

    bad = random.choice(
        (
            dated("caught", f"{year + 1}-01-01", year),
            dated("caught", f"{year + 10}-06-30", year),
            dated("caught", "2999-02-26", None),
        )
    )
    good = random.choice(
        (dated("near", f"{year}-12-31", year), dated("near", f"{year - 3}-05-01", year))
    )
    return Variant(bad, "dataCutOff"), Variant(good, None)


def p_against_interval(random: Random) -> tuple[Variant, Variant]:
    """The p value is that of another figure; rounding and another test move it a little."""
    measure = random.choice(RATIOS)
    far = random.choice(
        (("0.50", "0.40", "0.60"), ("1.90", "1.45", "2.49"), ("0.45", "0.34", "0.60"))
    )
    close = random.choice(
        (("0.99", "0.80", "1.22"), ("1.04", "0.85", "1.27"), ("0.95", "0.74", "1.22"))
    )
    (value, low, high), sign, p = random.choice(
        (
            (far, "=", "0.9"),
            (far, "=", "0.2"),
            (close, "<", "0.0001"),
            (close, "=", "0.001"),
            (far, ">", "0.5"),
        )
    )
    bad = ratio("caught", measure, value, **limits(low, high), pValue=p, pQualifier=f'"{sign}"')
    (value, low, high), sign, p = random.choice(
        (
            (far, "<", "0.001"), (close, "=", "0.7"), (far, "=", "0.00001"), (close, ">", "0.05"),
            (("0.80", "0.64", "1.01"), "=", "0.06"), (("0.80", "0.65", "0.99"), "=", "0.053"),
            (("0.86", "0.74", "0.99"), "<", "0.05"),
        )
    )  # fmt: skip
    good = ratio("near", measure, value, **limits(low, high), pValue=p, pQualifier=f'"{sign}"')
    return Variant(bad, "pValue"), Variant(good, None)


def p_against_significance(random: Random) -> tuple[Variant, Variant]:
    """The statement is turned round; a source may have a boundary of its own."""
    stated, sign, p = random.choice(
        (
            ("Significant", "=", "0.3"), ("Significant", "=", "0.06"), ("Significant", ">", "0.1"),
            ("NotSignificant", "=", "0.001"), ("NotSignificant", "<", "0.01"),
        )
    )  # fmt: skip
    more = {"significanceStated": f"aikg:{stated}", "pValue": p, "pQualifier": f'"{sign}"'}
    good = random.choice(
        (
            {"significanceStated": "aikg:Significant", "pValue": "0.03", "pQualifier": '"="'},
            {"significanceStated": "aikg:NotSignificant", "pValue": "0.051", "pQualifier": '"="'},
            {"significanceStated": "aikg:NotSignificant", "pValue": "0.02", "pQualifier": '"="',
             "significanceBoundary": "0.0161"},
        )
    )  # fmt: skip
    return (
        Variant(ratio("caught", "HazardRatio", "0.6", **more), "pValue"),
        Variant(ratio("near", "HazardRatio", "0.6", **good), None),
    )


def asymmetric_interval(random: Random) -> tuple[Variant, Variant]:
    """A digit of a limit is wrong; rounding leaves the ratio near the middle."""
    value, low, high = interval(random)
    bad = random.choice(((low, high * 2), (low / 2, high), (low, high + 1.5)))
    texts = [number(n) for n in (value, *bad)]
    good = [number(n) for n in (value, low, high)]

    def write(name: str, three: list[str]) -> str:
        printed = f'"{three[0]} ({three[1]}-{three[2]})"'
        return ratio(name, random.choice(RATIOS), three[0], **limits(*three[1:]), printed=printed)

    return Variant(write("caught", texts), "value"), Variant(write("near", good), None)


def grade_above_any(random: Random) -> tuple[Variant, Variant]:
    """A grade is more frequent than all grades, or than a wider range."""
    narrow, wide = random.choice(
        (("3", None), ("3-4", None), ("4", "3-4"), ("3-4", "1-5"), ("5", "3-5"))
    )
    measure, unit = random.choice((("CrudeProportion", '"%"'), ("Count", '"{person}"')))
    all_ = random.randrange(10, 40)

    def both(name: str, value: float, **more: object) -> str:
        grade = {} if wide is None else {"grade": f'"{wide}"'}
        return (
            PLACE
            + result("all", measure, f"{all_}.0", unit=unit, **grade)
            + result(name, measure, f"{value}", unit=unit, grade=f'"{narrow}"', **more)
        )

    bad = both("caught", all_ + random.choice((0.5, 3.0, 20.0)))
    good = random.choice(
        (both("near", float(all_)), both("near", all_ / 2),
         both("near", all_ + 5.0, causality="aikg:TreatmentRelated"))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(good, None)


def count_share_size(random: Random) -> tuple[Variant, Variant]:
    """Count or percentage are those of another arm; rounding and cutting off are right."""
    people = random.randrange(120, 600)
    count = random.randrange(20, people // 2)
    share = 100 * count / people

    def all_three(name: str, value: str, **more: object) -> str:
        counted = result("counted", "Count", f"{count}.0", unit='"{person}"')
        printed = f'"{count} ({value}%)"'
        return (
            PLACE
            + size(people)
            + counted
            + result(name, "CrudeProportion", value, unit='"%"', printed=printed, **more)
        )

    bad = all_three("caught", number(share * random.choice((1.3, 2, 0.5, 1.05)) + 0.3, 1))
    cut = int(share * 10) / 10
    good = random.choice(
        (all_three("near", number(share, 1)), all_three("near", number(cut, 1)),
         all_three("near", number(share + 9, 1), grade='"3"'))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(good, None)


def count_above_size(random: Random) -> tuple[Variant, Variant]:
    """More people have the event than there are; events may be more."""
    people = random.randrange(40, 400)

    def both(name: str, value: int, unit: str) -> str:
        return PLACE + size(people) + result(name, "Count", f"{value}.0", unit=unit)

    bad = both("caught", people + random.choice((1, 40, people)), '"{person}"')
    good = random.choice(
        (both("near", people, '"{person}"'), both("near", people * 2, '"{event}"'),
         both("near", people - 3, '"{person}"'))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(good, None)


def subgroup_above_whole(random: Random) -> tuple[Variant, Variant]:
    """A part has more people than the whole, in one arm or in the trial."""
    of, who = random.choice((("ofArm", "ex:arm"), ("ofStudy", "ex:trial")))
    whole = random.randrange(80, 400)

    def both(name: str, value: int, analysis: str = "IntentionToTreat", arm: str = who) -> str:
        shared = {"inPopulation": "ex:people", "analysisSet": "aikg:IntentionToTreat"}
        part = {"inPopulation": "ex:part", "analysisSet": f"aikg:{analysis}"}
        return (
            PLACE
            + node("part", "Population", within="ex:people")
            + node("all", "Group", **{of: who}, **shared)
            + node("some", "Group", **{of: arm}, **part)
            + size(whole, "all")
            + size(value, "some").replace("ex:n-some", f"ex:{name}")
        )

    bad = both("caught", whole + random.choice((1, 30, whole)))
    good = random.choice(
        (both("near", whole), both("near", whole // 3), both("near", whole + 9, "SafetySet"),
         both("near", whole + 9, arm="ex:arm , ex:other" if of == "ofArm" else "ex:trial-2"))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(good, None)


def ratio_against_groups(random: Random) -> tuple[Variant, Variant]:
    """The ratio is turned round, or the groups are exchanged."""
    measure, figure, unit, sign = random.choice(
        (
            ("OddsRatio", "CrudeProportion", '"%"', 1), ("RiskRatio", "CrudeProportion", '"%"', 1),
            ("HazardRatio", "Median", '"mo"', -1),
        )
    )  # fmt: skip
    one, other = random.choice((("48.2", "29.4"), ("24.8", "14.5"), ("12.0", "19.0")))
    above = (float(one) > float(other)) == (sign == 1)
    right = random.choice(("1.72", "2.2", "1.3") if above else ("0.58", "0.44", "0.8"))
    wrong = number(1 / float(right))

    def three(name: str, value: str, **more: object) -> str:
        figures = [
            result(f"of-{group}", figure, its, unit=unit, ofGroup=f"ex:{group}")
            for group, its in (("one", one), ("other", other))
        ]
        return PLACE + "".join(figures) + ratio(name, measure, value, **more)

    good = random.choice(
        (three("near", right), three("near", "1.02" if not above else "0.98"),
         three("near", wrong, ofAnalysis="ex:another"))
    )  # fmt: skip
    return Variant(three("caught", wrong), "value"), Variant(good, None)


def identifier_form(random: Random) -> tuple[Variant, Variant]:
    """A digit is lost or is a letter."""
    bad = random.choice(
        (
            "NCT0191358", "NCTO1913583", "NCT019135830", "ISRCTN1234567", "doi 10.1056",
            "doi:11.1056/x",
            "PMID 27717303abc", "PMC", "EudraCT 2004-00727-15", "ORCID 0000-0002-1825-009",
        )
    )  # fmt: skip
    good = random.choice(
        (
            "NCT00000000", "nct 00000000", "ISRCTN00000000", "doi:10.1056/NEJMoa1",
            "PMID: 00000000",
            "https://doi.org/10.1056/x", "PMC1234567", "EudraCT 2004-000727-15",
            "10.1056/x", "S0226",
        )
    )  # fmt: skip
    return (
        Variant(node("caught", "Trial", dcterms__identifier=f'"{bad}"'), "identifier"),
        Variant(node("near", "Trial", dcterms__identifier=f'"{good}"'), None),
    )


GENERATORS: dict[str, Callable[[Random], tuple[Variant, Variant]]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        outside_interval, printed_differs, fraction_for_percent, level_as_fraction, unlikely_ratio,
        impossible_ratio, after_its_paper, p_against_interval, p_against_significance,
        asymmetric_interval, grade_above_any, count_share_size, count_above_size,
        subgroup_above_whole, ratio_against_groups, identifier_form,
    )
}  # fmt: skip
