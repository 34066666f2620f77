"""Probes of terms and graphs: what is written is read, and the default graph is one of its own."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.files.canonical import canonical
from aikg.names import OTHER_PREFIXES
from aikg.store.protocol import insert_data
from aikg.store.qualify.probe import Probe, Tried, number_of, row_of

XSD = OTHER_PREFIXES["xsd"]
#: More than any text of the graph, in characters.
LONG = 300_000
#: How many quads one update of these probes has.
MANY = 2_000


def number(text: str, datatype: str = "decimal") -> ox.Literal:
    """Return a number as it is written."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def _all_arrive(tried: Tried) -> tuple[bool, str]:
    graph, value = tried.traces.name("all"), tried.traces.name("value")
    quads = [
        ox.Quad(tried.traces.name(f"all-{n}"), value, ox.Literal(n), graph) for n in range(MANY)
    ]
    quads += [ox.Quad(q.subject, q.predicate, q.object) for q in quads]
    tried.traces.write(quads)
    named = _count(tried, f"GRAPH {graph} {{ ?s {value} ?o }}")
    default = _count(tried, f"?s {value} ?o")
    found = f"{default + named} of {len(quads)} quads can be read right after the update"
    if default > MANY:
        found += ": the default graph returns those of the named graphs too"
    return (named, default) == (MANY, MANY), found


def _count(tried: Tried, pattern: str) -> int:
    query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
    return number_of(tried.store, query, tried.patience)


def _default_apart(tried: Tried) -> tuple[bool, str]:
    node, graph, value = (tried.traces.name(f"apart-{n}") for n in ("node", "graph", "value"))
    tried.traces.write(
        [
            ox.Quad(node, value, ox.Literal("named"), graph),
            ox.Quad(node, value, ox.Literal("plain")),
        ]
    )
    plain = _texts(tried, f"{node} {value} ?o")
    named = _texts(tried, f"GRAPH ?g {{ {node} {value} ?o }}")
    found = f"a plain pattern finds {_listed(plain)}, GRAPH ?g finds {_listed(named)}"
    return (plain, named) == (["plain"], ["named"]), found


def _once(tried: Tried) -> tuple[bool, str]:
    node, value = tried.traces.name("once"), tried.traces.name("once-value")
    graphs = [tried.traces.name(f"once-{n}") for n in range(2)]
    quad = ox.Quad(node, value, ox.Literal("x"))
    both = [ox.Quad(node, value, quad.object, graph) for graph in graphs]
    for _ in range(2):
        tried.traces.write([quad, *both])
    plain = len(_texts(tried, f"{node} {value} ?o"))
    _, rows = tried.store.select(f"SELECT ?g {{ GRAPH ?g {{ {node} {value} ?o }} }}")
    made = tried.store.construct(f"CONSTRUCT WHERE {{ {node} {value} ?o }}")
    found = f"written twice in three graphs: {plain} row, {len(rows)} graphs, {len(made)} triple"
    return (plain, len(rows), len(made)) == (1, 2, 1), found


def _texts(tried: Tried, pattern: str) -> list[str]:
    _, rows = tried.store.select(f"SELECT ?o {{ {pattern} }}", tried.patience)
    return sorted(str(getattr(row[0], "value", row[0])) for row in rows)


def _listed(texts: list[str]) -> str:
    return " and ".join(texts) or "nothing"


def _round_trip(tried: Tried, name: str, terms: list[ox.Literal]) -> list[object]:
    """Write terms in a graph of their own; return them in their order as the store has them."""
    graph, node = tried.traces.name(name), tried.traces.name(f"{name}-node")
    keys = [tried.traces.name(f"{name}-{n}") for n in range(len(terms))]
    tried.traces.write(ox.Quad(node, k, t, graph) for k, t in zip(keys, terms, strict=True))
    _, rows = tried.store.select(f"SELECT ?p ?o {{ GRAPH {graph} {{ ?s ?p ?o }} }}", tried.patience)
    found = {row[0]: row[1] for row in rows}
    return [found.get(key) for key in keys]


def _differing(sent: list[ox.Literal], back: list[object]) -> str:
    pairs = [
        f"{_short(one)} came back as {_short(two)}"
        for one, two in zip(sent, back, strict=True)
        if one != two
    ]
    return "; ".join(pairs)


def _short(term: object) -> str:
    text = "nothing" if term is None else str(term).replace(f"<{XSD}", "<xsd:")
    return text if len(text) < 60 else f"{text[:40]}… ({len(text):,} characters)"


def _texts_kept(tried: Tried) -> tuple[bool, str]:
    texts = [
        "",
        " a  b ",
        'quotes " and \\',
        "line\nand\r\nline\ttab",
        "é e\u0301 ü 中 \U0001f600",
        "\ufeffx",
    ]
    sent = [ox.Literal(text) for text in texts]
    differing = _differing(sent, _round_trip(tried, "texts", sent))
    return not differing, differing or f"{len(sent)} texts came back as they were sent"


def _long_kept(tried: Tried) -> tuple[bool, str]:
    sent = [ox.Literal("aikg " * (size // 5)) for size in (10_000, 50_000, LONG)]
    differing = _differing(sent, _round_trip(tried, "long", sent))
    return not differing, differing or f"texts of up to {LONG:,} characters came back whole"


def _tags_kept(tried: Tried) -> tuple[bool, str]:
    sent = [ox.Literal("x", language=tag) for tag in ("en", "de", "en-gb")] + [ox.Literal("x")]
    back = [_lower_tag(term) for term in _round_trip(tried, "tags", sent)]
    differing = _differing(sent, back)
    graph = tried.traces.name("tags")
    german = _count(tried, f"GRAPH {graph} {{ ?s ?p ?o }} FILTER(LANG(?o) = 'de')")
    plain = _count(tried, f"GRAPH {graph} {{ ?s ?p 'x' }}")
    if not differing and (german, plain) != (1, 1):
        differing = (
            f"a filter on the tag finds {german} texts, and the text without a tag finds {plain}"
        )
    return not differing, differing or "four texts that differ in their tags stay four"


def _lower_tag(term: object) -> object:
    if isinstance(term, ox.Literal) and term.language:
        return ox.Literal(term.value, language=term.language.lower())
    return term


def _values_kept(tried: Tried) -> tuple[bool, str]:
    sent = [
        number("64.0"),
        number("0.58"),
        number("-1.25"),
        number("123456789.123456"),
        number("7", "integer"),
        number("9.0E-1", "double"),
    ]
    back = [canonical(term) for term in _round_trip(tried, "values", sent)]
    differing = _differing(sent, back)
    return not differing, differing or "each number came back with its value and its datatype"


def _written_kept(tried: Tried) -> tuple[bool, str]:
    sent = [number("64.0"), number("64.00"), number("64"), number("07", "integer")]
    graph, node = tried.traces.name("forms"), tried.traces.name("forms-node")
    text = " . ".join(f"{node} {tried.traces.name(f'forms-{n}')} {t}" for n, t in enumerate(sent))
    tried.store.update(f"INSERT DATA {{ GRAPH {graph} {{ {text} }} }}")
    _, rows = tried.store.select(f"SELECT ?p ?o {{ GRAPH {graph} {{ ?s ?p ?o }} }} ORDER BY ?p")
    differing = _differing(sent, [row[1] for row in rows] if len(rows) == len(sent) else [None] * 4)
    return not differing, differing or "numbers come back as they were written"


def _joined_by_value(tried: Tried) -> tuple[bool, str]:
    graph, node = tried.traces.name("join"), tried.traces.name("join-node")
    one, two = tried.traces.name("join-1"), tried.traces.name("join-2")
    tried.store.update(
        f"INSERT DATA {{ GRAPH {graph} {{"
        f" {node} {one} {number('64.0')} ; {two} {number('64')} }} }}"
    )
    joined = _count(tried, f"GRAPH {graph} {{ {node} {one} ?v ; {two} ?v }}")
    return joined == 1, f"64.0 and 64 {'join' if joined else 'do not join'}"


def _alike_joined(tried: Tried) -> tuple[bool, str]:
    graph, node = tried.traces.name("alike"), tried.traces.name("alike-node")
    one, two = tried.traces.name("alike-1"), tried.traces.name("alike-2")
    tried.traces.write([ox.Quad(node, p, number("0.5"), graph) for p in (one, two)])
    joined = _count(tried, f"GRAPH {graph} {{ {node} {one} ?v ; {two} ?v }}")
    constant = _count(tried, f"GRAPH {graph} {{ {node} {one} {number('0.5')} }}")
    worked = _count(tried, f"GRAPH {graph} {{ {node} {one} ?v }} BIND(?v * 2 AS ?w) FILTER(?w = 1)")
    found = (
        f"two equal numbers join: {joined}; a constant finds one: {constant}; arithmetic: {worked}"
    )
    return (joined, constant, worked) == (1, 1, 1), found


def _removed_again(tried: Tried) -> tuple[bool, str]:
    graph, node, value = (tried.traces.name(f"removed-{n}") for n in ("graph", "node", "value"))
    texts = [number("64.0"), number("0.58"), ox.Literal("x", language="en"), ox.Literal("y")]
    quads = [ox.Quad(node, value, term, g) for term in texts for g in (graph, ox.DefaultGraph())]
    tried.traces.write(quads)
    tried.store.update(insert_data(quads, delete=True))
    rest = _count(
        tried, f"{{ {node} {value} ?o }} UNION {{ GRAPH {graph} {{ {node} {value} ?o }} }}"
    )
    return not rest, f"{rest} of {len(quads)} quads are still there after their removal"


def _text_of_number(tried: Tried) -> tuple[bool, str]:
    query = f"""PREFIX xsd: <{XSD}>
      SELECT (xsd:string(48/2) AS ?a) (xsd:string(64.0) AS ?b) (xsd:string(0.50) AS ?c)
        (xsd:string(ROUND(1000 * 2 / 7.0) / 10) AS ?d) {{}}"""
    row = row_of(tried.store, query, tried.patience)
    found = [str(getattr(term, "value", "nothing")) for term in row]
    return found == [
        "24",
        "64",
        "0.5",
        "28.6",
    ], f"48/2, 64.0, 0.50 and 28.6 are: {', '.join(found)}"


def _division(tried: Tried) -> tuple[bool, str]:
    _, rows = tried.store.select("SELECT (1/?n AS ?x) ?n { VALUES ?n { 0 1 } }", tried.patience)
    found = {str(getattr(row[1], "value", row[1])): row[0] for row in rows}
    good = len(found) == 2 and found.get("0", "") is None and found.get("1") is not None
    return good, "the value is unbound, the other rows are whole" if good else f"{len(rows)} rows"


def _blank_nodes(tried: Tried) -> tuple[bool, str]:
    graph, value = tried.traces.name("blank"), tried.traces.name("blank-value")
    a, b = ox.BlankNode("one"), ox.BlankNode("two")
    node = tried.traces.name("blank-node")
    tried.traces.write(
        [
            ox.Quad(node, value, a, graph),
            ox.Quad(a, value, b, graph),
            ox.Quad(b, value, ox.Literal("end"), graph),
        ]
    )
    chain = _count(tried, f"GRAPH {graph} {{ {node} {value}/{value}/{value} 'end' }}")
    _, rows = tried.store.select(
        f"SELECT ?o {{ GRAPH {graph} {{ ?s ?p ?o FILTER(isBlank(?o)) }} }}"
    )
    kept = all(isinstance(row[0], ox.BlankNode) for row in rows)
    found = f"a chain over two blank nodes is found {chain} time, {len(rows)} objects are blank"
    return (chain, len(rows), kept) == (1, 2, True), found


PROBES = [
    Probe("every quad arrives", "A published submission would lack statements.", _all_arrive),
    Probe(
        "default graph apart from named graphs",
        "Each figure would be counted in the default graph and in the graph of its source.",
        _default_apart,
    ),
    Probe("no duplicates", "Counts of findings would be too high.", _once),
    Probe("texts are kept", "Printed figures and labels would change.", _texts_kept),
    Probe("long texts are kept", "Queries and notes in the graph would be cut off.", _long_kept),
    Probe("language tags are kept", "Labels would be lost, or shown twice.", _tags_kept),
    Probe("blank nodes are kept", "Axioms and VoID figures would be torn apart.", _blank_nodes),
    Probe("numbers keep their value", "Figures would be wrong.", _values_kept),
    Probe("equal numbers join", "Checks would overlook findings.", _alike_joined),
    Probe(
        "numbers are removed again",
        "A withdrawn or purged figure would stay in the store.",
        _removed_again,
    ),
    Probe(
        "numbers in another form join by value",
        "None, for aikg writes equal numbers alike; what others load may differ.",
        _joined_by_value,
        needed=False,
    ),
    Probe(
        "numbers are kept as written",
        "None, for aikg reads numbers by value; the printed form is a text of its own.",
        _written_kept,
        needed=False,
    ),
    Probe(
        "the text of a number",
        "Messages of checks and columns of questions would show other numbers.",
        _text_of_number,
        writes=False,
    ),
    Probe(
        "division by zero leaves a value open",
        "One odd figure would end a whole check.",
        _division,
        writes=False,
    ),
]
