"""Mistakes that figures of several rows show together, each beside a near miss."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from random import Random

from mistakes import (
    PLACE,
    RATIOS,
    Variant,
    interval,
    limits,
    node,
    number,
    ratio,
    result,
    size,
)


def people(**arms: str) -> str:
    """Write a trial with arms; a value is the arm's group, in the same people and analysis set."""
    text = PLACE
    for group, arm in arms.items():
        of = {"ofStudy": "ex:trial"} if arm == "all" else {"ofArm": f"ex:{arm}"}
        shared = {"inPopulation": "ex:people", "analysisSet": "aikg:IntentionToTreat"}
        text += node(group, "Group", **of, **shared)
        if arm != "all":
            text += node(arm, "Arm", ofStudy="ex:trial")
    return text


def component(name: str, drug: str, dose: object, unit: str = "mg") -> str:
    """Write a component of a regimen."""
    return node(name, "RegimenComponent", gives=f"ex:{drug}", dose=dose, doseUnit=f'"{unit}"')


def dose_far_from_usual(random: Random) -> tuple[Variant, Variant]:
    """The point or the unit is wrong; half a dose, five doses and another drug are not far."""
    dose = random.choice((1.0, 2.5, 25.0, 250.0))
    others = component("a-one", "drug", dose) + component("a-two", "drug", dose * 2)
    bad = random.choice(
        ((dose * 20, "mg"), (dose * 100, "mg"), (dose / 10, "mg"), (dose, "g"), (dose / 25, "mg"))
    )
    near = random.choice(
        (
            component("near", "drug", dose * 5), component("near", "drug", dose / 5),
            component("near", "other", dose * 100), component("near", "drug", dose * 100, "mg/d"),
            component("near", "drug", dose / 1000, "g"),
        )
    )  # fmt: skip
    return Variant(others + component("caught", "drug", *bad), "dose"), Variant(others + near, None)


def median(name: str, value: object, group: str, **more: object) -> str:
    """Write a median of a group, in months."""
    measure = str(more.pop("measure", "aikg:Median")).removeprefix("aikg:")
    return result(name, measure, value, **{"ofGroup": f"ex:{group}", "unit": '"mo"'} | more)


def another_time_unit(random: Random) -> tuple[Variant, Variant]:
    """One row is in weeks; another outcome or another paper may be."""
    wrong = random.choice(('"wk"', '"a"', '"d"'))
    value = number(random.uniform(3, 30), 1)
    both = people(one="arm-1", two="arm-2") + median("a-first", "14.5", "one")
    more = median("b-second", "24.8", "one", ofOutcome="outcome:fatigue")
    near = random.choice(
        (
            median("near", value, "two"),
            median("near", value, "two", unit=wrong, ofOutcome="outcome:nausea"),
            node("far", "Passage", inDocument="ex:paper-2")
            + median("near", value, "two", unit=wrong, statedAt="ex:far"),
        )
    )
    return (
        Variant(both + more + median("caught", value, "two", unit=wrong), "unit"),
        Variant(both + more + near, None),
    )


def same_number_other_unit(random: Random) -> tuple[Variant, Variant]:
    """A second paper has the number of the first, in weeks; converted, it is another number."""
    wrong, factor = random.choice((('"wk"', 4.35), ('"a"', 1 / 12), ('"d"', 30.4)))
    value = number(random.uniform(3, 30), 1)
    far = node("far", "Passage", inDocument="ex:paper-2")
    first = people(one="arm-1", two="arm-2") + far + median("a-first", value, "one")
    later = {"unit": wrong, "statedAt": "ex:far"}
    near = random.choice(
        (
            median("near", number(float(value) * factor, 2), "one", **later),
            median("near", value, "two", **later),
            median("near", value, "one", statedAt="ex:far"),
        )
    )
    bad = median("caught", value, "one", **later)
    return Variant(first + bad, "unit"), Variant(first + near, None)


def three_counts(all_: int, one: int, two: int, name: str, **more: object) -> str:
    """Write the count of a trial and those of its two arms."""
    what = {"unit": '"{person}"'}
    text = people(whole="all", one="arm-1", two="arm-2")
    text += result("of-one", "Count", f"{one}.0", ofGroup="ex:one", **what)
    text += result("of-two", "Count", f"{two}.0", ofGroup="ex:two", **what)
    return text + result(name, "Count", f"{all_}.0", **{"ofGroup": "ex:whole"} | what | more)


def arms_above_whole(random: Random) -> tuple[Variant, Variant]:
    """A digit of the whole or of an arm is wrong; about, and another analysis, may differ."""
    one, two = random.randrange(40, 400), random.randrange(40, 400)
    less = random.choice((1, 9, one // 2, min(one, two)))
    near = random.choice(
        (
            three_counts(one + two, one, two, "near"),
            three_counts(one + two - 1, one, two, "near", ofAnalysis="ex:final"),
            three_counts(one + two - 9, one, two, "near", hedge='"about"'),
        )
    )
    return Variant(three_counts(one + two - less, one, two, "caught"), "value"), Variant(near, None)


def arms_below_whole(random: Random) -> tuple[Variant, Variant]:
    """A digit of the whole or of an arm is wrong; a third arm may have the rest."""
    one, two = random.randrange(40, 400), random.randrange(40, 400)
    more = random.choice((1, 9, one, 900))
    third = node("arm-3", "Arm", ofStudy="ex:trial")
    near = random.choice(
        (
            three_counts(one + two, one, two, "near"),
            three_counts(one + two + more, one, two, "near") + third,
            three_counts(one + two + more, one, two, "near", grade='"3"'),
        )
    )
    return Variant(three_counts(one + two + more, one, two, "caught"), "value"), Variant(near, None)


#: Two subgroups that exclude each other: properties of both.
EXCLUSIVE = (
    ({"sites": "aikg:AnyVisceral"}, {"sites": "aikg:NoVisceral"}),
    ({"sites": "aikg:BoneOnly"}, {"sites": "aikg:AnyVisceral"}),
    ({"priorTherapy": "ex:drug"}, {"excludesPriorTherapy": "ex:drug"}),
    ({"rdfs__label": '"HER2 positive"@en'}, {"rdfs__label": '"HER2 negative"@en'}),
    ({"rdfs__label": '"ESR1 mutated (X)"@en'}, {"rdfs__label": '"ESR1 wild type (X)"@en'}),
    ({"rdfs__label": '"no visceral disease"@en'}, {"rdfs__label": '"Visceral disease"@en'}),
    ({"rdfs__label": '"Prior surgery"@en'}, {"rdfs__label": '"no prior surgery"@en'}),
)
OVERLAPPING = (
    ({"sites": "aikg:AnyVisceral"}, {"sites": "aikg:VisceralOnly"}),
    ({"rdfs__label": '"HER2 positive"@en'}, {"rdfs__label": '"ER positive"@en'}),
    ({"priorTherapy": "ex:drug"}, {"excludesPriorTherapy": "ex:other"}),
)


def parts_above_whole(random: Random) -> tuple[Variant, Variant]:
    """A size of a part is wrong; parts may overlap, and parts of other arms are other people."""
    of = random.choice(("ofArm", "ofStudy"))
    whole = random.randrange(100, 500)
    large = random.randrange(whole // 2 + 1, whole)

    def three(kinds: tuple[dict[str, str], dict[str, str]], sizes: tuple[int, int], name: str):
        text = PLACE
        for group, kind, count in zip(("part", "rest"), kinds, sizes, strict=True):
            text += node(f"p-{group}", "Population", within="ex:people", **kind)
            given = {of: "ex:who", "inPopulation": f"ex:p-{group}"}
            text += node(group, "Group", analysisSet="aikg:IntentionToTreat", **given)
            text += size(count, group)
        given = {of: "ex:who", "inPopulation": "ex:people"}
        text += node("all", "Group", analysisSet="aikg:IntentionToTreat", **given)
        return (text + size(whole, "all")).replace("ex:n-part", f"ex:{name}")

    extra = random.choice((1, 7, whole - large))
    bad = three(random.choice(EXCLUSIVE), (large, whole - large + extra), "caught")
    if large < whole - large + extra or (large == whole - large + extra):
        bad = three(random.choice(EXCLUSIVE), (large, large - 1), "caught")
    near = random.choice(
        (
            three(random.choice(EXCLUSIVE), (large, whole - large), "near"),
            three(random.choice(OVERLAPPING), (large, large - 1), "near"),
            three(random.choice(EXCLUSIVE), (large, 1), "near"),
        )
    )
    return Variant(bad, "value"), Variant(near, None)


def year_in_the_future(random: Random) -> tuple[Variant, Variant]:
    """Two digits are exchanged; a paper may be of next year, as journals print ahead."""
    now = datetime.datetime.now(tz=datetime.UTC).year
    bad = random.choice((2061, 2091, 2108, 2999, now + 2, now + 10))
    near = random.choice((now, now + 1, now - 10, 1987))
    return (
        Variant(node("caught", "Publication", year=bad), "year"),
        Variant(node("near", "Publication", year=near), None),
    )


def same_figures_in_two_groups(random: Random) -> tuple[Variant, Variant]:
    """A row is copied, and only the arm or the subgroup is changed."""
    value, low, high = (number(n) for n in (random.uniform(5, 9), 4.5, random.uniform(9, 12)))
    if random.random() < 0.5:
        measure, write, key, more = "Median", result, "ofGroup", {"unit": '"mo"'}
    else:
        measure, write, key, more = random.choice(RATIOS), ratio, "experimental", {}

    def both(name: str, of: str, figure: str, **further: object) -> str:
        three = limits(low, high) | more
        return PLACE + "".join(
            (
                write("a-first", measure, value, **three | {key: "ex:one"}),
                write(name, measure, figure, **three | {key: of} | further),
            )
        )

    near = random.choice(
        (
            both("near", "ex:two", number(float(value) + 0.1)),
            both("near", "ex:one", value),
            both("near", "ex:two", value, restates="ex:a-first"),
        )
    )
    return Variant(both("caught", "ex:two", value), "value"), Variant(near, None)


def ratio_far_from_groups(random: Random) -> tuple[Variant, Variant]:
    """A point is lost in the ratio or in a figure; adjusted and early ratios differ by less."""
    measure, figure, unit = random.choice(
        (
            ("OddsRatio", "CrudeProportion", '"%"'),
            ("RiskRatio", "CrudeProportion", '"%"'),
            ("HazardRatio", "Median", '"mo"'),
        )
    )
    one, other = random.uniform(25, 45), random.uniform(25, 45)
    if measure == "HazardRatio":
        effect = other / one
    elif measure == "RiskRatio":
        effect = one / other
    else:
        effect = one * (100 - other) / (other * (100 - one))

    def three(name: str, value: float, mine: float, **more: object) -> str:
        figures = [
            result(f"of-{group}", figure, number(its, 1), unit=unit, ofGroup=f"ex:{group}")
            for group, its in (("one", mine), ("other", other))
        ]
        return PLACE + "".join(figures) + ratio(name, measure, number(value, 3), **more)

    away = 3.5 if effect > 1 else 1 / 3.5  # not the ratio turned round: that is another mistake
    bad = random.choice(
        (three("caught", effect * 10, one), three("caught", effect / 10, one),
         three("caught", effect, one / 10), three("caught", effect * away, one))
    )  # fmt: skip
    near = random.choice(
        (three("near", effect, one), three("near", effect * 1.9, one),
         three("near", effect / 2, one), three("near", effect * 10, one, ofAnalysis="ex:later"))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(near, None)


def arms_far_apart(random: Random) -> tuple[Variant, Variant]:
    """The point of one median is wrong; a strong effect is not."""
    value = random.uniform(3, 20)

    def both(name: str, factor: float, **more: object) -> str:
        text = people(one="arm-1", two="arm-2") + median("less", number(value, 1), "one")
        return text + median(name, number(value * factor, 1), "two", **more)

    bad = both("caught", random.choice((6.6, 10, 13, 20, 0.5 * 30)))
    near = random.choice(
        (both("near", 1.7), both("near", 4.5), both("near", 0.3),
         both("near", 10, ofOutcome="outcome:nausea"), both("near", 10, unit='"d"'))
    )  # fmt: skip
    return Variant(bad, "value"), Variant(near, None)


def printed_unit_differs(random: Random) -> tuple[Variant, Variant]:
    """Unit or sign are not those of the printed form; a printed form may have none."""
    bad = random.choice(
        (
            ("66.4", '"mo"', '"66.4%"', "unit"), ("24.8", '"wk"', '"24.8 months"', "unit"),
            ("16.6", '"mo"', '"16.6 weeks (12-20)"', "unit"), ("5.0", '"mo"', '"5 years"', "unit"),
            ("12.0", '"%"', '"12 mo"', "unit"), ("0.6", '"%"', '"\u22120.6"', "value"),
            ("-3.2", '"%"', '"3.2 (1.0-5.4)"', "value"), ("8.0", '"{person}"', '"8 %"', "unit"),
        )
    )  # fmt: skip
    near = random.choice(
        (
            ("66.4", '"%"', '"66.4%"'), ("24.8", '"mo"', '"24.8 months"'),
            ("7.5", '"%"', '"27 (7.5%)"'), ("27.0", '"{person}"', '"27 (7.5%)"'),
            ("-0.6", '"%"', '"\u22120.6 (\u22121.2-0.1)"'), ("24.8", '"mo"', '"24.8 (22.1-NE)"'),
            ("84.9", '"%"', '"84.9 at 5 years"'), ("12.0", '"mo"', '"12"'),
        )
    )  # fmt: skip
    return (
        Variant(result("caught", "Median", bad[0], unit=bad[1], printed=bad[2]), bad[3]),
        Variant(result("near", "Median", near[0], unit=near[1], printed=near[2]), None),
    )


def arms_described_differently(random: Random) -> tuple[Variant, Variant]:
    """One of two rows has a wrong item of a list; a figure may be of one arm only."""
    path, usual, wrong = random.choice(
        (
            ("measure", "aikg:Median", "aikg:Mean"), ("unit", '"mo"', '"wk"'),
            ("grade", '"3-4"', '"3"'), ("grade", '"3-4"', None),
            ("counts", "aikg:Persons", "aikg:Events"),
        )
    )  # fmt: skip
    both = people(one="arm-1", two="arm-2")
    more = {path: usual}
    other = {path: wrong} if wrong else {path: None}
    first = median("a-first", "14.5", "one", **more)
    bad = both + first + median("caught", "24.8", "two", **other)
    near = random.choice(
        (
            median("near", "24.8", "two", **more),
            median("near", "24.8", "two", **more) + median("near-too", "9.9", "two", **other),
            median("near", "24.8", "one", **other),
            median("near", None, "two", unit=None, status="aikg:NotReached"),
            median("near", "24.8", "two", **other | {"ofOutcome": "outcome:nausea"}),
        )
    )
    return Variant(bad, path), Variant(both + first + near, None)


def count_not_whole(random: Random) -> tuple[Variant, Variant]:
    """A percentage is in the row of a count, or a point is wrong; a mean may have a point."""
    value = number(random.choice((32.2, 6.9, 0.6, 8.7, 95.9, 45.6)), 1)
    unit = random.choice(('"{person}"', '"{event}"'))
    near = random.choice(
        (
            result("near", "Count", "32.0", unit=unit),
            result("near", "Mean", value, unit=unit),
            result("near", "Count", value, unit='"{study}"'),
        )
    )
    return Variant(result("caught", "Count", value, unit=unit), "value"), Variant(near, None)


def lopsided_interval(random: Random) -> tuple[Variant, Variant]:
    """The point of the upper limit is lost; the limits of small groups are wide on both sides."""
    middle = random.uniform(4, 20)
    low, high = middle * random.uniform(0.6, 0.9), middle * random.uniform(1.2, 1.8)
    value, least, most = (number(n, 1) for n in (middle, low, high))
    near = random.choice(
        (
            limits(least, most), limits(number(middle / 5, 1), number(middle * 8, 1)),
            limits(least, number(middle * 4, 1)), {"ciLow": least},
        )
    )  # fmt: skip
    bad = limits(least, number(high * 10, 1))
    return (
        Variant(median("caught", value, "group", **bad), "ciHigh"),
        Variant(median("near", value, "group", **near), None),
    )


def arm_sizes_far_apart(random: Random) -> tuple[Variant, Variant]:
    """A digit is lost or doubled; small groups, and other analysis sets, may differ."""
    people_ = random.randrange(60, 400)

    def both(name: str, large: int, small: int, text: str = "") -> str:
        text = text or people(one="arm-1", two="arm-2")
        sizes = size(small, "one") + size(large, "two")
        return text + sizes.replace("ex:n-two", f"ex:{name}")

    bad = random.choice(
        (both("caught", people_ * 10, people_), both("caught", people_, people_ // 10),
         both("caught", people_ * 5, people_))
    )  # fmt: skip
    apart = people(one="arm-1") + node(
        "two", "Group", ofArm="ex:arm-2", inPopulation="ex:people", analysisSet="aikg:SafetySet"
    )
    near = random.choice(
        (
            both("near", people_, people_ - 20), both("near", people_ * 3, people_),
            both("near", 39, 3), both("near", people_ * 10, people_, apart),
            people(one="arm-1", two="all") + size(people_, "one") + size(people_ * 9, "two"),
        )
    )  # fmt: skip
    return Variant(bad, "value"), Variant(near, None)


def unusual_level(random: Random) -> tuple[Variant, Variant]:
    """A spreadsheet fills a series; sources use some other levels."""
    value, low, high = (number(n) for n in interval(random))
    bad, good = (
        random.choice(("96.0", "97.0", "94.0", "91.0", "93.0")),
        random.choice(("95.0", "90.0", "99.0", "97.5", "95.02", "98.0", "80.0")),
    )
    return (
        Variant(ratio("caught", "HazardRatio", value, **limits(low, high, bad)), "ciLevel"),
        Variant(ratio("near", "HazardRatio", value, **limits(low, high, good)), None),
    )


def another_level(random: Random) -> tuple[Variant, Variant]:
    """One interval has another level; two may have another level."""
    usual, other = random.choice((("95.0", "90.0"), ("95.0", "99.0"), ("90.0", "95.0")))
    many = random.randrange(3, 6)

    def figure(name: str, level: str, **more: object) -> str:
        value, low, high = (number(n) for n in interval(random))
        return ratio(name, "HazardRatio", value, **limits(low, high, level), **more)

    text = PLACE + "".join(figure(f"a-{n}", usual) for n in range(many))
    far = node("far", "Passage", inDocument="ex:paper-2")
    near = random.choice(
        (
            figure("near", usual), figure("near", other) + figure("near-too", other),
            figure("near", "97.5"), far + figure("near", other, statedAt="ex:far"),
        )
    )  # fmt: skip
    return Variant(text + figure("caught", other), "ciLevel"), Variant(text + near, None)


def follow_up_unlikely(random: Random) -> tuple[Variant, Variant]:
    """Months are written as weeks or years; a median may be above the median follow-up."""
    months = random.randrange(22, 60)

    def of(name: str, follow: object, unit: str, its: float) -> str:
        figure = median("figure", number(its, 1), "group", ofAnalysis=f"ex:{name}")
        return figure + node(name, "Analysis", followUp=follow, followUpUnit=f'"{unit}"')

    bad = random.choice(
        (of("caught", months, "a", months * 0.8), of("caught", months, "wk", months * 0.9),
         of("caught", months, "d", months * 0.5))
    )  # fmt: skip
    near = random.choice(
        (of("near", months, "mo", months * 1.3), of("near", months / 12, "a", months * 0.8),
         of("near", 20, "a", 90), of("near", months * 4, "wk", months * 1.2))
    )  # fmt: skip
    return Variant(bad, "followUp"), Variant(near, None)


GENERATORS: dict[str, Callable[[Random], tuple[Variant, Variant]]] = {
    made.__name__.replace("_", "-"): made
    for made in (
        dose_far_from_usual, another_time_unit, same_number_other_unit, arms_above_whole,
        arms_below_whole, parts_above_whole, same_figures_in_two_groups, ratio_far_from_groups,
        arms_far_apart, year_in_the_future, count_not_whole, lopsided_interval, arm_sizes_far_apart,
        unusual_level, another_level, follow_up_unlikely, printed_unit_differs,
        arms_described_differently,
    )
}  # fmt: skip
