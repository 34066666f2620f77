"""Terms of many kinds, made rather than thought of, for the tests of what is kept and served again.

They are harmless to every program that reads them: each is small, or as long as a paragraph.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
COMMENT = "http://www.w3.org/2000/01/rdf-schema#comment"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
AIKG = "https://w3id.org/aikg/ontology/"

_XSD = [
    "string",
    "boolean",
    "decimal",
    "integer",
    "double",
    "float",
    "date",
    "time",
    "dateTime",
    "dateTimeStamp",
    "gYear",
    "gMonth",
    "gDay",
    "gYearMonth",
    "gMonthDay",
    "duration",
    "yearMonthDuration",
    "dayTimeDuration",
    "byte",
    "short",
    "int",
    "long",
    "unsignedByte",
    "unsignedShort",
    "unsignedInt",
    "unsignedLong",
    "positiveInteger",
    "nonNegativeInteger",
    "negativeInteger",
    "nonPositiveInteger",
    "hexBinary",
    "base64Binary",
    "anyURI",
    "language",
    "normalizedString",
    "token",
    "NMTOKEN",
    "Name",
    "NCName",
    "QName",
    "ENTITY",
    "ID",
    "IDREF",
    "NOTATION",
    "anyType",
    "anySimpleType",
    "none",
]
DATATYPES = [
    *(XSD + name for name in _XSD),
    *(RDF + name for name in ("HTML", "XMLLiteral", "JSON", "PlainLiteral", "langString")),
    *(RDF + name for name in ("dirLangString", "CompoundLiteral", "none")),
    "https://example.org/#own",
    "urn:of-a-test",
    "HTTPS://Example.ORG:443/%7Ea/../b",
]
LEXICAL = [
    "",
    " ",
    "1",
    "01",
    "+1.50",
    "-0",
    ".5",
    "1e400",
    "-1E-400",
    "NaN",
    "INF",
    "0.000000000000000000000000000001",
    "123456789012345678901234567890",
    "true",
    "2020-02-30",
    "2020-02-29Z",
    "24:00:00",
    "2020-12-31T24:00:00",
    "-0001-01-01T00:00:00.000000000001+14:00",
    "99999999999-01-01",
    "P1Y13M",
    "-PT0.0S",
    "--02-30",
    "a\u0085b\u2028c\u2029d",
    'a\tb\nc"d\\e',
    "\u00e9 e\u0301 \U0001f600",
    "<b>text</b>",
    "x" * 5000,
]
LANGUAGES = ["en", "EN-gb", "de-CH-1996", "zh-Hant-TW", "x-a", "i-klingon", "sl-rozaj-biske-1994"]
IRIS = [
    "https://example.org/",
    "HTTPS://Example.org:443/%7Ea",
    "https://example.org/a/../b/./c",
    "https://example.org/?q=%3Ca%3E#",
    "http://[2001:db8::1]:80/",
    "urn:isbn:0",
    "mailto:someone@example.org",
    "tag:example.org,2026:x",
    "a:",
    "https://\u00e9xample.org/\u00fc?\u4e2d#\u6587",
    "https://example.org/" + "x" * 3000,
    "paper-0",
    "./x/../paper-0",
    "/aikg/submission/../submission/%s/paper-0",
    "//example.org/network",
]


@dataclass(frozen=True)
class Term:
    """A term as a sender would say it.

    Attributes:
        value: The text, or the reference.
        datatype: The datatype of a literal, where one is named.
        language: The language of a text.
        direction: The direction of a text.
        reference: Whether it is a reference to a node.
    """

    value: str
    datatype: str | None = None
    language: str | None = None
    direction: str | None = None
    reference: bool = False

    @property
    def spoken_in_xml(self) -> bool:
        """Whether RDF/XML can say it: XML has not all characters, and no direction by itself."""
        allowed = all(c in "\t\n" or " " <= c <= "\ufffd" or c > "\uffff" for c in self.value)
        return allowed and self.direction is None

    @property
    def spoken_in_turtle(self) -> bool:
        """Whether Turtle can say it."""
        return self.datatype not in {RDF + "langString", RDF + "dirLangString"}


def every(name: str) -> Iterator[Term]:
    """Make literals of each datatype and each form, texts of each language, and references.

    Args:
        name: The name of the submission that will say them.
    """
    for datatype in DATATYPES:
        for value in LEXICAL:
            yield Term(value, datatype)
    for value in ("", "a remark", "a\u0085b\u2028c", "\ufdfd"):
        for language in LANGUAGES:
            yield Term(value, language=language)
            for direction in ("ltr", "rtl"):
                yield Term(value, language=language, direction=direction)
    for number in (*range(0x20), 0x7F, 0x80, 0x9F, 0xAD, 0x200E, 0xFEFF, 0xFFFD, 0xFFFE, 0x1FFFE):
        yield Term(f"a{chr(number)}b")
        yield Term(f"a{chr(number)}b", language="en")
    for iri in IRIS:
        yield Term(iri.replace("%s", name), reference=True)


def json_ld(terms: list[Term], name: str = "a test") -> bytes:
    """Say each of the terms of a paper, a line each."""
    lines = []
    for number, term in enumerate(terms):
        if term.reference:
            value = {"@id": term.value}
        else:
            value = {"@value": term.value}
            named = ("type", term.datatype), ("language", term.language)
            value |= {
                f"@{key}": text for key, text in (*named, ("direction", term.direction)) if text
            }
        described = _described(number, name)
        node = {"@id": f"paper-{number}", "@type": AIKG + "Publication", _property(term): value}
        node |= {AIKG + "year": 2016, LABEL: {"@value": described, "@language": "en"}}
        lines.append(json.dumps(node))
    return ("[\n" + ",\n".join(lines) + "\n]").encode()


def rdf_xml(terms: list[Term], name: str = "a test") -> bytes:
    """Say each of the terms of a paper, in RDF/XML."""
    lines = []
    for number, term in enumerate(terms):
        text = "".join(f"&#{ord(c)};" if c in "\t\n" else escape(c) for c in term.value)
        if term.reference:
            said = f'<rdfs:seeAlso rdf:resource="{text}"/>'
        else:
            language = f' xml:lang="{term.language}"' if term.language else ""
            datatype = f' rdf:datatype="{escape(term.datatype)}"' if term.datatype else ""
            said = f"<rdfs:comment{language}{datatype}>{text}</rdfs:comment>"
        lines.append(
            f'<a:Publication rdf:about="paper-{number}">{said}'
            f'<a:year rdf:datatype="{XSD}integer">2016</a:year>'
            f'<rdfs:label xml:lang="en">{_described(number, name)}</rdfs:label></a:Publication>'
        )
    head = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:a="{AIKG}" '
    head += 'xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">\n'
    return (head + "\n".join(lines) + "\n</rdf:RDF>\n").encode()


def turtle(terms: list[Term], name: str = "a test") -> bytes:
    """Say each of the terms of a paper, in Turtle."""
    lines = []
    for number, term in enumerate(terms):
        if term.reference:
            said = f"<{term.value}>"
        else:
            said = '"' + "".join(map(_escaped, term.value)) + '"'
            if term.language:
                said += f"@{term.language}" + (f"--{term.direction}" if term.direction else "")
            elif term.datatype:
                said += f"^^<{term.datatype}>"
        lines.append(
            f"<paper-{number}> a <{AIKG}Publication> ; <{AIKG}year> 2016 ; "
            f'<{LABEL}> "{_described(number, name)}"@en ; <{_property(term)}> {said} .'
        )
    return ("\n".join(lines) + "\n").encode()


def _described(number: int, name: str) -> str:
    return f"paper {number} of {name}"


def _property(term: Term) -> str:
    return "http://www.w3.org/2000/01/rdf-schema#seeAlso" if term.reference else COMMENT


def _escaped(character: str) -> str:
    if character in '"\\' or not character.isprintable():
        number = ord(character)
        return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
    return character
