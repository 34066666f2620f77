#!/usr/bin/env bash
# The order of numbers depends on the texts between them.
#
# Version: pyoxigraph 0.5.13; 2026-11-30.
# Expected: numbers in the order of their values, wherever texts stand. "ORDER BY" sorts by the operator
#   "<", which compares two numbers by value; it does not say how a number and a text compare
#   (SPARQL 1.1 Query Language, section 15.1).
# Seen: a number and a text are compared by their characters. So 10 < "10" < "9", and 9 is sorted as
#   the texts are: the rows are in no order.
# Here: the endpoint sorts by the kind of the term first (docs/reference/sparql.md).
# Known as: not found in the tracker on 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyoxigraph==0.5.13
cat > "$folder/program.py" <<'EOF'
import pyoxigraph as ox

store = ox.Store()
for values in ("10 2.5 9", '10 "a" 2.5 "10" 9'):
    rows = store.query(f"SELECT ?v {{ VALUES ?v {{ {values} }} }} ORDER BY ?v")
    print(" ".join(f'"{v.value}"' if v.datatype.value.endswith("string") else v.value for (v,) in rows))
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
2.5 9 10
2.5 10 "10" 9 "a"
EOF
