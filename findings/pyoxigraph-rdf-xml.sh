#!/usr/bin/env bash
# A property of RDF/XML with an unknown rdf:parseType is left out, and an empty xml:lang is refused.
#
# Version: pyoxigraph 0.5.13, rdflib 7.6.0; 2026-11-29.
# Expected: a literal of the type rdf:XMLLiteral, since another value of rdf:parseType than Resource,
#   Literal and Collection is treated as Literal (RDF 1.1 XML Syntax, production
#   parseTypeOtherPropertyElt); and a literal without a language for xml:lang="".
# Seen: pyoxigraph returns no statement for the first, without an error, and refuses the second.
# Here: the text is read a second time, and such a property is an error with its place. xml:lang="" is
#   replaced by a tag for private use, which is taken out of the literals again.
# Known as: https://github.com/oxigraph/oxigraph/pull/1623 made the first an error, and
#   https://github.com/oxigraph/oxigraph/pull/1627 took that back. The second was not found in the
#   tracker on 2026-11-29.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rdflib==7.6.0 pyoxigraph==0.5.13
cat > "$folder/program.py" <<'EOF'
import pyoxigraph as ox
from rdflib import Graph

HEAD = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e:">'
for attribute in ('rdf:parseType="Text"', 'xml:lang=""'):
    text = f'{HEAD}<rdf:Description rdf:about="urn:s"><e:p {attribute}>x</e:p></rdf:Description></rdf:RDF>'
    by_rdflib = len(Graph().parse(data=text, format="xml"))
    try:
        by_pyoxigraph = len(list(ox.parse(text, ox.RdfFormat.RDF_XML)))
    except SyntaxError:
        by_pyoxigraph = "refused"
    print(f"{attribute}: rdflib {by_rdflib}, pyoxigraph {by_pyoxigraph}")
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py" 2>/dev/null)
echo "$seen"
diff <(echo "$seen") - <<'EOF'
rdf:parseType="Text": rdflib 1, pyoxigraph 0
xml:lang="": rdflib 1, pyoxigraph refused
EOF
