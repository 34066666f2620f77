"""The description of a release for catalogues: DCAT, RO-Crate and a citation file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import yaml

from aikg.names import BASE, OTHER_PREFIXES

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE = "aikg: clinical evidence on aromatase inhibitors"
TEXT = (
    "The figures of trials and reviews of aromatase inhibitors in breast cancer, each with its "
    "group of patients, its outcome, its place in a document and its source."
)
MAKERS = "The aikg maintainers"
#: The media type of each ending of a file's name.
_TYPES = {
    "nq": "application/n-quads",
    "ttl": "text/turtle",
    "owl": "application/rdf+xml",
    "tsv": "text/tab-separated-values",
    "csv": "text/csv",
    "json": "application/json",
    "md": "text/markdown",
    "cff": "application/yaml",
}
_DCAT, _DCT = OTHER_PREFIXES["dcat"], OTHER_PREFIXES["dcterms"]
_XSD, _RDF = OTHER_PREFIXES["xsd"], OTHER_PREFIXES["rdf"]
_SPDX = "http://spdx.org/rdf/terms#"
_MEDIA = "https://www.iana.org/assignments/media-types/"


def media_type(name: str) -> str:
    """Return the media type of a file, of its content if it is compressed."""
    return _TYPES.get(name.removesuffix(".gz").rpartition(".")[2], "text/plain")


def citation(root: Path, version: str, date: str, data: str) -> bytes:
    """Return the citation file: that of the root, for this release."""
    stated: dict[str, Any] = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    stated |= {
        "message": "If you use this release of the data, cite it.",
        "type": "dataset",
        "version": version,
        "date-released": date,
        "license": "CC-BY-4.0",
        "identifiers": [
            {"type": "url", "value": f"{BASE}releases/{version}", "description": f"data {data}"}
        ],
    }
    return yaml.safe_dump(stated, sort_keys=True, allow_unicode=True).encode()


def describe(
    address: str, version: str, date: str, data: str, files: Mapping[str, bytes]
) -> Iterator[ox.Triple]:
    """Describe a release and its files in DCAT 3, with sizes and checksums."""
    release = ox.NamedNode(address)
    day = ox.Literal(date, datatype=ox.NamedNode(_XSD + "date"))
    for predicate, value in (
        (_RDF + "type", ox.NamedNode(_DCAT + "Dataset")),
        (_DCT + "title", ox.Literal(f"{TITLE}, release {version}", language="en")),
        (_DCT + "description", ox.Literal(TEXT, language="en")),
        (_DCT + "issued", day),
        (_DCT + "isVersionOf", ox.NamedNode(BASE)),
        (_DCT + "license", ox.NamedNode(LICENCE)),
        (_DCT + "publisher", ox.NamedNode(BASE + "maintainers")),
        (_DCT + "identifier", ox.Literal(data)),
        (_DCAT + "version", ox.Literal(version)),
    ):
        yield ox.Triple(release, ox.NamedNode(predicate), value)
    for name, content in files.items():
        file = ox.NamedNode(f"{address}/{name}")
        sum_ = ox.NamedNode(f"{address}/{name}#checksum")
        yield ox.Triple(release, ox.NamedNode(_DCAT + "distribution"), file)
        size = ox.NamedNode(_XSD + "nonNegativeInteger")
        said: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            (_RDF + "type", ox.NamedNode(_DCAT + "Distribution")),
            (_DCAT + "downloadURL", file),
            (_DCAT + "mediaType", ox.NamedNode(_MEDIA + media_type(name))),
            (_DCAT + "byteSize", ox.Literal(str(len(content)), datatype=size)),
            (_DCT + "issued", day),
            (_DCT + "license", ox.NamedNode(LICENCE)),
            (_SPDX + "checksum", sum_),
        ]
        if name.endswith(".gz"):
            said.append((_DCAT + "compressFormat", ox.NamedNode(_MEDIA + "application/gzip")))
        for predicate, value in said:
            yield ox.Triple(file, ox.NamedNode(predicate), value)
        digest = hashlib.sha256(content).hexdigest()
        hexadecimal = ox.NamedNode(_XSD + "hexBinary")
        algorithm = ox.NamedNode(_SPDX + "checksumAlgorithm_sha256")
        yield ox.Triple(sum_, ox.NamedNode(_RDF + "type"), ox.NamedNode(_SPDX + "Checksum"))
        yield ox.Triple(sum_, ox.NamedNode(_SPDX + "algorithm"), algorithm)
        value_ = ox.Literal(digest, datatype=hexadecimal)
        yield ox.Triple(sum_, ox.NamedNode(_SPDX + "checksumValue"), value_)


def crate(version: str, date: str, files: Mapping[str, bytes]) -> bytes:
    """Return the metadata of an RO-Crate (https://w3id.org/ro/crate/1.1)."""
    makers = BASE + "maintainers"
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"{TITLE}, release {version}",
            "description": TEXT,
            "datePublished": date,
            "version": version,
            "identifier": f"{BASE}releases/{version}",
            "license": {"@id": LICENCE},
            "author": {"@id": makers},
            "publisher": {"@id": makers},
            "hasPart": [{"@id": name} for name in sorted(files)],
        },
        {
            "@id": LICENCE,
            "@type": "CreativeWork",
            "name": "CC BY 4.0",
            "description": "Creative Commons Attribution 4.0 International",
        },
        {"@id": makers, "@type": "Organization", "name": MAKERS, "url": BASE},
    ]
    for name in sorted(files):
        kind = "application/gzip" if name.endswith(".gz") else media_type(name)
        graph.append(
            {
                "@id": name,
                "@type": "File",
                "name": name,
                "encodingFormat": kind,
                "contentSize": str(len(files[name])),
            }
        )
    document = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return (json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
