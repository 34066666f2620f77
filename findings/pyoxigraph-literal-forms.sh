#!/usr/bin/env bash
# The store returns a literal in another lexical form than the one that was added.
#
# Version: pyoxigraph 0.5.13; 2026-11-29.
# Expected: the literal that was added. Two literals with different lexical forms are different terms
#   (RDF 1.1 Concepts and Abstract Syntax, "Literals").
# Seen: numbers, times and booleans come back in a canonical form of the same value, in a Store alone;
#   the parser and the terms themselves keep what was written.
# Here: the printed form of a figure is a text of its own, aikg:printed. The tests compare values, and
#   the verdict on a file is reached on the terms as they were parsed.
# Known as: https://github.com/oxigraph/oxigraph/issues/526
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyoxigraph==0.5.13
cat > "$folder/program.py" <<'EOF'
import pyoxigraph as ox

XSD = "http://www.w3.org/2001/XMLSchema#"
for form, datatype in [
    ("38.0", "decimal"),
    ("+1", "integer"),
    ("1.50E0", "double"),
    ("2016-04-03T00:00:00+00:00", "dateTime"),
    ("1", "boolean"),
]:
    text = f'<urn:s> <urn:p> "{form}"^^<{XSD}{datatype}> .'
    (parsed,) = ox.parse(text, ox.RdfFormat.N_QUADS)
    store = ox.Store()
    store.add(parsed)
    (kept,) = store
    print(f"{datatype}: parsed {parsed.object.value}, kept {kept.object.value}")
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
decimal: parsed 38.0, kept 38
integer: parsed +1, kept 1
double: parsed 1.50E0, kept 1.5
dateTime: parsed 2016-04-03T00:00:00+00:00, kept 2016-04-03T00:00:00Z
boolean: parsed 1, kept true
EOF
