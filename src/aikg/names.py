"""Every namespace and prefix, and the rule for the name of a submission."""

from __future__ import annotations

import re
from collections.abc import Callable

from aikg.errors import NameMalformed

#: Every IRI of this project begins with this address; each IRI is a page.
BASE = "https://w3id.org/aikg/"

#: One prefix a kind of thing, so that names need no escapes: `drug:exemestane`.
OWN_PREFIXES = {"aikg": BASE + "ontology/"} | {
    kind: f"{BASE}{kind}/"
    for kind in (
        *("arm", "check", "claim", "component", "derivation", "drug", "drug-class", "finding"),
        *("graph", "group", "issue", "mapping", "outcome", "passage", "population"),
        *("publication", "regimen", "rule", "shape", "study", "target"),
    )
}

OTHER_PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
    "void": "http://rdfs.org/ns/void#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

PREFIXES = dict(sorted((OWN_PREFIXES | OTHER_PREFIXES).items()))

#: A submission describes only nodes below this address and its own name. So no submission can
#: change a node of the graph, or of another submission.
SUBMISSIONS = BASE + "submission/"
#: The form of a submission's name, which is part of the addresses of its nodes (a regular
#: expression for Python and for browsers), and its greatest length.
SUBMISSION_NAME, LONGEST_NAME = "[a-z0-9]+(-[a-z0-9]+)*", 60
#: The name of a text or a file whose own name has no letter or digit.
UNNAMED = "my-trial"

_NAMED = re.compile(
    r"(?:\b(?P<article>[Aa])n? )?"
    r"(?:<(?P<iri>https?://[^<>\s]+)>|\b(?P<prefix>" + "|".join(PREFIXES) + r"):(?P<local>[\w-]+))"
)
#: The characters beyond ASCII that an IRI may have: `ucschar` of RFC 3987.
_BEYOND = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U000e1000-\U000efffd" + "".join(
    f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 14)
)
_CHARACTER = rf"(?:[A-Za-z0-9_.~!$&'()*+,;={_BEYOND}-]|%[0-9A-Fa-f]{{2}})"
_HOST = rf"(?:(?:{_CHARACTER}|:)*@)?(?:\[[0-9A-Fa-f:.]+\]|{_CHARACTER}*)(?::[0-9]*)?(?=[/?#]|$)"
_PART = rf"(?:{_CHARACTER}|[:@/])"
_PRIVATE = "[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
#: https://www.rfc-editor.org/rfc/rfc3987#section-2.2; at least one character follows the scheme.
_ABSOLUTE = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?=.)(?://{_HOST}|(?!//)){_PART}*"
    rf"(?:\?(?:{_PART}|\?|{_PRIVATE})*)?(?:#(?:{_PART}|\?)*)?"
)

RDF_TYPE = OTHER_PREFIXES["rdf"] + "type"
RDFS_LABEL = OTHER_PREFIXES["rdfs"] + "label"

#: The beginnings of the names of graphs that are not evidence, and not in the default graph.
_KINDS = (
    *("description/", "mappings/", "numbers", "ontology/obo", "queries/", "shapes/"),
    "vocabulary/",
)
ASIDE = (BASE + ".well-known/", *(PREFIXES["graph"] + kind for kind in _KINDS))


def stands_aside(graph: object) -> bool:
    """Return whether the graph with this name is not evidence."""
    return str(getattr(graph, "value", graph)).startswith(ASIDE)


def shorten(iri: str) -> str:
    """Return the prefixed name of an IRI, or the IRI in angle brackets if it has no prefix."""
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and local and "/" not in local and "#" not in local:
            return f"{prefix}:{local}"
    return f"<{iri}>"


def plain(text: str, name: Callable[[str], str]) -> str:
    """Replace our IRIs and prefixed names in a text by names in quotation marks."""

    def named(match: re.Match[str]) -> str:
        iri = match["iri"] or PREFIXES[match["prefix"]] + match["local"]
        if not match["iri"] and match["prefix"] not in OWN_PREFIXES:
            return match[0]
        called = name(iri)
        consonant = called[:1].lower() not in "aeiou"
        article = f"{match['article']}{'' if consonant else 'n'} " if match["article"] else ""
        return f"{article}“{called}”"

    return _NAMED.sub(named, text).replace("`“", "“").replace("”`", "”")


def submission_namespace(name: str) -> str:
    """Return the address under which a submission names its nodes.

    Raises:
        NameMalformed: The name cannot be part of an address.
    """
    if not re.fullmatch(SUBMISSION_NAME, name) or len(name) > LONGEST_NAME:
        raise NameMalformed(
            f"{name!r} is not a valid name for a submission.",
            advice="Use lower-case letters, digits and single hyphens, at most "
            f"{LONGEST_NAME} characters, as in `paloma-2`.",
        )
    return f"{SUBMISSIONS}{name}/"


def name_after(file: str) -> str:
    """Return the name of a submission that is called after its file."""
    stem = file.replace("\\", "/").rpartition("/")[2].partition(".")[0]
    words = re.sub("[^a-z0-9]+", "-", stem.lower()).strip("-")
    return words[:LONGEST_NAME].strip("-") or UNNAMED


def graph_of(path: str) -> str:
    """Return the name of the graph of a file, from its path below the root."""
    return PREFIXES["graph"] + path.removesuffix(".ttl")


def is_absolute(iri: str) -> bool:
    """Return whether a text is an absolute IRI, which every parser takes between `<` and `>`."""
    return bool(_ABSOLUTE.fullmatch(iri))
