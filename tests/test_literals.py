"""Typed literals are judged by the grammar of their datatype before any engine reads them."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pyoxigraph as ox
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aikg.names import OTHER_PREFIXES
from aikg.rules import literals

XSD = OTHER_PREFIXES["xsd"]
NUMBERS = ("decimal", "integer", "double", "float", "nonNegativeInteger", "byte", "unsignedLong")
DAYS = ("date", "dateTime", "gYear", "gMonthDay", "time", "duration")


def told(text: str, name: str) -> str | None:
    """Return the rule that a literal breaks."""
    found = literals.fault(ox.Literal(text, datatype=ox.NamedNode(XSD + name)))
    return found.rule if found else None


@pytest.mark.parametrize(
    ("name", "valid", "invalid"),
    [
        ("decimal", "43.9 +.5 5. -0 07.10", "4.39E1|4_3.9| 43.9|43.9 |٤٣|INF|NaN|1,5|||\uff14"),
        ("integer", "444 -0 +12", "3.0|1_0|1e3| 4||٤"),
        ("nonNegativeInteger", "0 -0 7", "-1|1.0"),
        ("positiveInteger", "1", "0|-1"),
        ("nonPositiveInteger", "0 -1 -99999999999999999", "1"),
        ("byte", "127 -128", "128|-129|99999999999999999999999"),
        ("unsignedByte", "255 0", "256|-1"),
        ("unsignedLong", "9223372036854775807", "18446744073709551616"),
        ("double", "1.5E3 -INF INF +INF NaN 1 .5e-3", "inf|nan|Infinity|1.5E|0x1p3"),
        ("float", "1.5E3", "1_0.0"),
        ("boolean", "true false 1 0", "True|yes|TRUE"),
        ("date", "2013-11-29 2016-02-29 2000-02-29Z -0044-03-15 12013-01-01+14:00",
         "2013-02-30|2015-02-29|1900-02-29|29.11.2013|2013-11|02013-01-01|2013-1-1|2013-11-29+14:01"),
        ("dateTime", "2013-11-29T24:00:00 2013-11-29T12:00:00.5Z",
         "2013-11-29|2013-11-29T24:00:01|2013-02-30T12:00:00|2013-11-29T25:00:00"),
        ("dateTimeStamp", "2013-11-29T12:00:00Z", "2013-11-29T12:00:00"),
        ("time", "12:00:00", "12:00"),
        ("gYear", "2013 -0044", "13|02013"),
        ("gYearMonth", "2013-11", "2013-13"),
        ("gMonthDay", "--02-29", "--02-30|--11-31|02-28"),
        ("gMonth", "--11", "11"),
        ("gDay", "---31", "---32"),
        ("duration", "P1Y2M3DT4H5M6.7S PT1S -P1D", "P|PT|P1YT|1Y|P1H"),
        ("dayTimeDuration", "P1DT2H", "P1Y"),
        ("yearMonthDuration", "P1Y2M", "P1D|P"),
        ("hexBinary", "0aFF", "0aF|xx"),
        ("base64Binary", "AAAA AA== AAA=", "A|AA=|===="),
        ("language", "en en-GB", "e_n|en-|toolongsubtag"),
    ],
)  # fmt: skip
def test_the_grammars(name: str, valid: str, invalid: str) -> None:
    """Each form is valid or not as XSD 1.1 says."""
    assert [t for t in valid.split(" ") if told(t, name)] == []
    assert [t for t in invalid.split("|") if told(t, name) != "literal-form"] == []


def test_texts_with_blanks() -> None:
    """A token has no blanks at its ends; a text may contain anything."""
    assert told(" a\n", "string") is None
    assert told("a b", "token") is told("", "token") is None
    assert told(" a", "token") == told("a  b", "token") == told("a\nb", "normalizedString")
    assert told("a", "deciaml") == "literal-form"
    assert literals.fault(ox.Literal("x", datatype=ox.NamedNode("http://e/own"))) is None


SIZES = [
    ("decimal", "0." + "1" * 18, None),
    ("decimal", "0." + "1" * 19, "literal-size"),
    ("decimal", "0.5" + "0" * 40, None),
    ("decimal", "170141183460469231731.6", None),
    ("decimal", "170141183460469231731.7", "literal-size"),
    ("decimal", "1" * 400, "literal-size"),
    ("integer", str(2**63 - 1), None),
    ("integer", str(2**63), "literal-size"),
    ("integer", str(-(2**63)), None),
    ("integer", "0" * 30 + "5", None),
    ("integer", "9" * 5000, "literal-size"),
    ("double", "1E400", "literal-size"),
    ("double", "1.2345678901234567890123E22", "literal-size"),
    ("double", "1E-400", None),
    ("float", "1E39", "literal-size"),
    ("float", "0.1", None),
]


@pytest.mark.parametrize(("name", "text", "rule"), SIZES)
def test_what_the_engine_cannot_compute_with(name: str, text: str, rule: str | None) -> None:
    """A number that is valid and too large, or has too many digits, is reported by another rule."""
    assert told(text, name) == rule


FORM = st.from_regex(
    re.compile(r"[+-]?[0-9]{0,22}\.?[0-9]{0,22}([eE][+-]?[0-9]{1,3})?"), fullmatch=True
)
NEAR = st.text(st.sampled_from("0123456789.eE+-_ INFa٤:TZP"), max_size=14)


@settings(max_examples=400, deadline=None)
@given(text=FORM | NEAR, name=st.sampled_from(NUMBERS))
@example("NaN", "decimal")
@example("1_0", "integer")
def test_a_number_that_passes_is_one_for_the_engine(text: str, name: str) -> None:
    """The engine has a number for each literal that passes, of the value that the text has."""
    if told(text, name):
        return
    row = next(iter(ox.Store().query(
        "SELECT ?x (isNumeric(?x) AS ?is) (?x + 0.0 AS ?sum) {}",
        substitutions={ox.Variable("x"): ox.Literal(text, datatype=ox.NamedNode(XSD + name))},
    )))  # fmt: skip
    assert row["is"].value == "true"
    if name in {"decimal", "integer"}:
        assert Fraction(row["sum"].value) == Fraction(Decimal(text))


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("0123456789-:.TZ+P"), max_size=22), name=st.sampled_from(DAYS))
@example("2012-02-29", "date")
@example("1900-02-29", "date")
def test_a_day_is_one_for_the_engine_too(text: str, name: str) -> None:
    """What the engine refuses as a day does not pass; years of more than four digits aside."""
    if told(text, name) or len(text) > 10:
        return
    row = next(iter(ox.Store().query(
        f"SELECT ?x (xsd:{name}(?x) AS ?is) {{}}",
        prefixes={"xsd": XSD},
        substitutions={ox.Variable("x"): ox.Literal(text)},
    )))  # fmt: skip
    assert row["is"] is not None
