#!/usr/bin/env bash
# Owlready2 writes a decimal back with an exponent, which no xsd:decimal may have.
#
# Version: owlready2 0.51; 2026-11-30.
# Expected: "0.00001"^^xsd:decimal again, or another valid form of the number. The lexical space of
#   xsd:decimal has digits, a sign and a point, and no exponent (XSD 1.1 Part 2, 3.3.3.1).
# Seen: "1e-05"^^xsd:decimal, which other programs read as no number. Digits beyond those of a float
#   are lost, and so are final zeros.
# Here: owlready2 gets the statements between nodes only, and nothing that it writes is kept.
# Known as: not found in a search of public trackers on 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check owlready2==0.51
cat > "$folder/program.py" <<'EOF'
import sys
from pathlib import Path

from owlready2 import World

OWL, RDF = "http://www.w3.org/2002/07/owl#", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"
folder = Path(sys.argv[1])
for number in ("0.10", "0.00001", "12345678901234567.5"):
    sent, back = folder / "sent.nt", folder / "back.nt"
    sent.write_text(
        f"<urn:x:a> <{RDF}type> <{OWL}NamedIndividual> .\n"
        f"<urn:x:p> <{RDF}type> <{OWL}DatatypeProperty> .\n"
        f'<urn:x:a> <urn:x:p> "{number}"^^<{DECIMAL}> .\n'
    )
    World().get_ontology(sent.as_uri()).load().save(str(back), format="ntriples")
    (line,) = [line for line in back.read_text().splitlines() if DECIMAL in line]
    print(number, "->", line.split('"')[1])
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py" "$folder" 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'EOF'
0.10 -> 0.1
0.00001 -> 1e-05
12345678901234567.5 -> 1.2345678901234568e+16
EOF
