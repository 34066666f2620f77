#!/usr/bin/env bash
# Bioregistry reads the DOI of every paper of one publisher as a number of a trial.
#
# Version: bioregistry 0.15.6; 2026-11-30.
# Expected: the prefix `doi`, as for papers of other publishers.
# Seen: the prefix `isrctn`. One of the addresses that the registry has for ISRCTN is the common
#   beginning of that publisher's DOIs, and the longest beginning wins.
# Here: an address is a trial's only if its last part has the form of an ISRCTN number
#   (`aikg.links.forms`); else it is read as a DOI.
# Known as: not found in the tracker on 2026-11-30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check bioregistry==0.15.6
cat > "$folder/program.py" <<'EOF'
import bioregistry

for doi in ("10.1186/s12885-019-5600-9", "10.1016/S0140-6736(06)68383-3"):
    print(doi, "->", *bioregistry.parse_iri(f"https://doi.org/{doi}"))
print(bioregistry.is_valid_identifier("isrctn", "s12885-019-5600-9"))
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py" 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'EOF'
10.1186/s12885-019-5600-9 -> isrctn s12885-019-5600-9
10.1016/S0140-6736(06)68383-3 -> doi 10.1016/S0140-6736(06)68383-3
False
EOF
