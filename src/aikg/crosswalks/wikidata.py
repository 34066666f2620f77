"""A table for Wikidata: which property of which item has which identifier.

The first three columns are a statement of QuickStatements (version 1), so a curator of Wikidata can
paste the rows whose statements are missing there.
"""

from __future__ import annotations

from aikg.characters import visible
from aikg.crosswalks.facts import Node
from aikg.links.identifiers import Identifier

COLUMNS = ("item", "property", "value", "vocabulary", "label", "source")
#: The property of each vocabulary, by Bioregistry, and how Wikidata writes an identifier.
PROPERTIES = {
    "atc": ("P267", "{}"),
    "cas": ("P231", "{}"),
    "CHEBI": ("P683", "{}"),
    "chembl.compound": ("P592", "{}"),
    "clinicaltrials": ("P3098", "{}"),
    "doi": ("P356", "{}"),
    "DOID": ("P699", "DOID:{}"),
    "drugbank": ("P715", "{}"),
    "EFO": ("P11956", "{}"),
    "HP": ("P3841", "HP:{}"),
    "mesh": ("P486", "{}"),
    "MONDO": ("P5270", "MONDO_{}"),
    "NCIT": ("P1748", "{}"),
    "pubchem.compound": ("P662", "{}"),
    "pubmed": ("P698", "{}"),
    "rxnorm": ("P3345", "{}"),
    "snomedct": ("P5806", "{}"),
    "umls": ("P2892", "{}"),
    "unii": ("P652", "{}"),
    "uniprot": ("P352", "{}"),
}
_ITEMS = "wikidata"


def write(node: Node) -> str:
    """Write the table of a node: a row for each exact match that Wikidata has a property for.

    The item is empty if no item of Wikidata is known for the node.
    """
    item = next((one.local for one, _ in node.links if one.prefix == _ITEMS), "")
    rows = [COLUMNS]
    for identifier, label in node.links:
        if identifier.prefix in PROPERTIES:
            name, value = statement(identifier)
            called = visible(label or node.name)
            rows.append((item, name, f'"{value}"', identifier.prefix, called, node.iri))
    return "".join("\t".join(row) + "\n" for row in rows)


def statement(identifier: Identifier) -> tuple[str, str]:
    """Return the property of an identifier, and its value as Wikidata writes it."""
    name, form = PROPERTIES[identifier.prefix]
    local = identifier.local.upper() if identifier.prefix == "doi" else identifier.local
    return name, form.format(local)
