#!/usr/bin/env bash
# Asked about chosen nodes only, pyshacl does not follow sh:node to other nodes.
#
# Version: pyshacl 0.40.1 with rdflib 7.6.0; 2026-11-29.
# Expected: the same result for a node, whether all nodes are asked about or only this one. sh:node asks
#   whether each value node conforms to the given shape (SHACL, "sh:node").
# Seen: with `focus_nodes` the value node, which is not among them, counts as conforming.
# Here: `focus_nodes` is not used. The shapes get targets of their own, by sh:targetNode.
# Known as: no issue was found in RDFLib/pySHACL on 2026-11-29.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyshacl==0.40.1 rdflib==7.6.0
cat > "$folder/program.py" <<'EOF'
from pyshacl import validate
from rdflib import Graph, URIRef

shapes = Graph().parse(
    format="turtle",
    data="""
    PREFIX sh: <http://www.w3.org/ns/shacl#>
    PREFIX ex: <https://example.org/>
    ex:person a sh:NodeShape ; sh:targetClass ex:Person ;
      sh:property [ sh:path ex:address ; sh:node ex:address-shape ] .
    ex:address-shape a sh:NodeShape ; sh:property [ sh:path ex:city ; sh:minCount 1 ] .
    """,
)
data = Graph().parse(
    format="turtle",
    data="""
    PREFIX ex: <https://example.org/>
    ex:ann a ex:Person ; ex:address ex:home .
    ex:home ex:street "High Street" .
    """,
)
for nodes in (None, [URIRef("https://example.org/ann")]):
    conforms, _, _ = validate(data, shacl_graph=shapes, focus_nodes=nodes)
    asked = "all nodes" if nodes is None else "ex:ann alone"
    print(f"{asked}:", "conforms" if conforms else "does not conform")
EOF
seen=$("$folder/venv/bin/python" -W ignore "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
all nodes: does not conform
ex:ann alone: conforms
EOF
