"""Make `ontology/mappings/prefixes.json` from Bioregistry: `python tests/bioregistry_prefixes.py`.

Bioregistry weighs 30 MB and is for development alone; the program reads the few records that it
needs from the file, and `tests/test_links.py` holds the file against the package.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import bioregistry

FILE = Path(__file__).parents[1] / "ontology" / "mappings" / "prefixes.json"

#: The vocabularies that the mappings name, as Bioregistry calls them.
VOCABULARIES = """
atc cas chebi chembl.compound cito clinicaltrials cto doi doid drugbank eccode eco efo ensembl fabio
hgnc hp isrctn meddra mesh mondo ncbigene ncit ndfrt oae obi pubchem.compound pubmed rxnorm sepio
sio snomedct stato uberon umls unii uniprot wikidata
""".split()  # noqa: SIM905  a list of names reads better in lines

#: Where Bioregistry's own choice would not do.
ADDRESSES = {
    "doi": "https://doi.org/",  # what the DOI handbook asks for
    "meddra": "http://purl.bioontology.org/ontology/MEDDRA/",  # Bioregistry's are the French terms
    "pubmed": "https://pubmed.ncbi.nlm.nih.gov/",  # Bioregistry's are PubChem's references
    "sio": "http://semanticscience.org/resource/SIO_",  # as in the ontology itself
}


def records() -> list[dict[str, Any]]:
    """Return the records of an extended prefix map, in the order of their prefixes."""
    converter = bioregistry.get_converter(
        prefix_priority=["preferred", "default"], uri_prefix_priority=["rdf", "default"]
    )
    found = []
    for name in VOCABULARIES:
        record = converter.get_record(name, strict=True)
        address = ADDRESSES.get(name, record.uri_prefix)
        known = {record.uri_prefix, *filter(_undated, record.uri_prefix_synonyms)}
        found.append(
            {
                "prefix": record.prefix,
                "uri_prefix": address,
                "prefix_synonyms": sorted(
                    {name, *filter(_undated, record.prefix_synonyms)} - {record.prefix}
                ),
                "uri_prefix_synonyms": sorted(known - {address}),
                "pattern": record.pattern,
            }
        )
    return sorted(found, key=lambda record: record["prefix"].lower())


def _undated(name: str) -> bool:
    """Leave out the names of single releases, `SNOMEDCT_US_2016_03_01`."""
    return not re.search(r"_(19|20)\d\d_", name)


def text() -> str:
    """Return the file's content."""
    return json.dumps(records(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
