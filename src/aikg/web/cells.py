"""The cells of a table as HTML; a page has thousands, which a template would write slowly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import Markup, escape

from aikg.characters import visible_lines
from aikg.names import OTHER_PREFIXES
from aikg.web.sections import Row, Term, details

_BOOLEAN = OTHER_PREFIXES["xsd"] + "boolean"

_BELOW = Markup('<span class="sub">{}</span>')

#: Returns the address of an IRI, or None.
Link = Callable[[str], str | None]
#: Returns the text of an IRI without a label.
Words = Callable[[str], str]


def writer(link: Link, words: Words) -> Callable[[Row, str, Mapping[str, str]], Markup]:
    """Make the function that writes a cell.

    Args:
        link: The address of an IRI, or None where it leads nowhere.
        words: The text of a node without a label.
    """

    def cell(row: Row, column: str, labels: Mapping[str, str]) -> Markup:
        """Write the cell of a column, with what stands below a figure."""
        value = row[column]
        if value["type"] == "uri":
            own = row.get(f"{column}_label", {}).get("value") or labels.get(value["value"])
            text = own or words(value["value"])
            shown = _place(value, text, link) if column == "place" else _anchor(value, text, link)
        else:
            shown = _literal(value)
        below = details(row, column)
        return (
            shown + Markup('<span class="sub">{}</span>').format(_seen(below)) if below else shown
        )

    return cell


def _seen(text: str) -> str:
    """Write out hidden characters, as every text of a page has them."""
    return visible_lines(text)


def _anchor(value: Term, text: str, link: Link) -> Markup:
    address = link(str(value["value"]))
    if address is None:
        return escape(_seen(text))
    return Markup('<a href="{}">{}</a>').format(address, _seen(text))


def _place(value: Term, text: str, link: Link) -> Markup:
    """Write a place in a document, with the document below it."""
    at, _, document = text.partition("; ")
    below = Markup(' <span class="doc">{}</span>').format(_seen(document)) if document else ""
    return _anchor(value, at, link) + below


def _literal(value: Term) -> Markup:
    text = str(value["value"])
    if value["type"] == "bnode":
        return escape(f"_:{text}")
    if value["type"] != "literal":
        return escape(_seen(str(value["value"])))
    if value.get("datatype") == _BOOLEAN:
        return escape("yes" if text == "true" else "no")
    if "\n" in text:
        return Markup('<pre tabindex="0"><code>{}</code></pre>').format(_seen(text))
    return escape(_seen(text))
