#!/usr/bin/env bash
# fhir.resources writes a decimal with other digits than it read.
#
# Version: fhir.resources 8.3.0 with fhir-core 1.1.12; 2026-11-30.
# Expected: 0.580 again. In FHIR the precision of a decimal has a meaning, and trailing zeros are kept
#   (FHIR R5, Datatypes, decimal).
# Seen: 0.58 for 0.580, read from JSON or set as a Decimal: the number becomes a float.
# Here: the export as FHIR is written as JSON without this library, and each figure has the text that
#   its paper prints beside the number.
# Known as: https://github.com/nazrulworld/fhir.resources/issues/203, which is about whole numbers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  fhir.resources==8.3.0 fhir-core==1.1.12
cat > "$folder/program.py" <<'EOF'
from decimal import Decimal

from fhir.resources.quantity import Quantity

for number in ("0.580", "43.90"):
    by_json = Quantity.model_validate_json(f'{{"value": {number}}}')
    by_value = Quantity(value=Decimal(number))
    print(number, "->", by_json.model_dump_json(), by_value.model_dump_json())
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py" 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'EOF'
0.580 -> {"value":0.58} {"value":0.58}
43.90 -> {"value":43.9} {"value":43.9}
EOF
