#!/usr/bin/env bash
# rdflib, and pyshacl with it, take for numbers what Python takes for numbers.
#
# Version: pyshacl 0.40.1 with rdflib 7.6.0; 2026-11-29.
# Expected: sh:datatype reports a literal whose text is outside the datatype's lexical space (SHACL,
#   "sh:datatype"). An xsd:integer has a sign and the digits 0 to 9, and an xsd:decimal has no exponent
#   and no NaN (XML Schema Part 2, "integer" and "decimal").
# Seen: int() and Decimal() decide, so that digits parted by "_", an exponent and NaN conform. What
#   Python does not read either is reported.
# Here: the shapes ask for xsd:decimal by sh:datatype, so they took such a text too when this was seen.
# Known as: no issue was found in RDFLib/rdflib on 2026-11-29. Ill-typed literals in general came with
#   https://github.com/RDFLib/rdflib/pull/1773
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyshacl==0.40.1 rdflib==7.6.0
cat > "$folder/program.py" <<'EOF'
from pyshacl import validate
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, URIRef

node, path = URIRef("https://example.org/node"), URIRef("https://example.org/value")
for text, datatype in [
    ("10", XSD.integer), ("1_0", XSD.integer), ("ten", XSD.integer),
    ("1.5", XSD.decimal), ("1.5E2", XSD.decimal), ("NaN", XSD.decimal), ("1,5", XSD.decimal),
]:
    shapes, shape, inner = Graph(), URIRef("https://example.org/shape"), BNode()
    shapes.add((shape, RDF.type, SH.NodeShape))
    shapes.add((shape, SH.targetNode, node))
    shapes.add((shape, SH.property, inner))
    shapes.add((inner, SH.path, path))
    shapes.add((inner, SH.datatype, datatype))
    data = Graph()
    data.add((node, path, Literal(text, datatype=datatype, normalize=False)))
    conforms, _, _ = validate(data, shacl_graph=shapes)
    print(f"{text} as {datatype.fragment}:", "conforms" if conforms else "does not conform")
EOF
seen=$("$folder/venv/bin/python" -W ignore "$folder/program.py" 2> "$folder/log")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
10 as integer: conforms
1_0 as integer: conforms
ten as integer: does not conform
1.5 as decimal: conforms
1.5E2 as decimal: conforms
NaN as decimal: conforms
1,5 as decimal: does not conform
EOF
