#!/usr/bin/env bash
# A number in JSON-LD under a coercion to xsd:decimal becomes one of two literals, by the reader.
#
# Version: rdflib 7.6.0, pyoxigraph 0.5.13; 2026-11-29.
# Expected: "5.8E-1"^^xsd:decimal. A number with a fraction is written in the canonical form of
#   xsd:double, and gets the coerced datatype afterwards (JSON-LD 1.1 Processing Algorithms and API,
#   "Object to RDF Conversion").
#   That form is not a valid xsd:decimal, so a text, "0.58", is what the author should write.
# Seen: pyoxigraph follows the algorithm. rdflib writes "0.58", which is valid, and which the standard
#   does not give. A whole number that is coerced to xsd:double differs in the same way.
# Here: files are read by pyoxigraph.
# Known as: https://github.com/RDFLib/pySHACL/issues/287 has rdflib's side. For a change of the standard
#   see https://github.com/w3c/dxwg/issues/1536.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rdflib==7.6.0 pyoxigraph==0.5.13
cat > "$folder/program.py" <<'EOF'
import json

import pyoxigraph as ox
from rdflib import Graph

for number, datatype in [(0.58, "decimal"), (5, "double"), ("0.58", "decimal")]:
    coercion = {"@id": "urn:p", "@type": f"http://www.w3.org/2001/XMLSchema#{datatype}"}
    text = json.dumps({"@context": {"p": coercion}, "@id": "urn:s", "p": number})
    by_rdflib = next(Graph().parse(data=text, format="json-ld").objects())
    (quad,) = ox.parse(text, ox.RdfFormat.JSON_LD)
    print(f"{json.dumps(number)} as {datatype}: rdflib {by_rdflib}, pyoxigraph {quad.object.value}")
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
0.58 as decimal: rdflib 0.58, pyoxigraph 5.8E-1
5 as double: rdflib 5, pyoxigraph 5.0E0
"0.58" as decimal: rdflib 0.58, pyoxigraph 0.58
EOF
