#!/usr/bin/env bash
# Jena's TDB2 returns one triple twice, and keeps it when it is deleted as it is printed.
#
# Version: org.apache.jena:jena-fuseki-server 5.6.0, which contains TDB2; Java 17; 2026-11-30.
# Expected: "64"^^xsd:decimal and "64.0"^^xsd:decimal are two terms, which print as they were written; or
#   one, of which a graph has one triple.
# Seen: both are stored, and both are printed as 64.0. A graph, which is a set, has the same row twice, and
#   COUNT(*) is 2 where COUNT(DISTINCT) is 1. DELETE DATA of what is printed removes one of the two.
# Here: all files of the graph have decimals in the form that TDB2 prints (`aikg.files.canonical`), and
#   `aikg store check` notes it.
# Known as: https://github.com/apache/jena/issues/3404
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mvn --quiet dependency:copy -Dartifact=org.apache.jena:jena-fuseki-server:5.6.0 "-DoutputDirectory=$folder"
tdb2() { java -cp "$folder/jena-fuseki-server-5.6.0.jar" "tdb2.$1" --loc "$folder/store" "${@:2}"; }
ask() { tdb2 tdbquery --results=csv "$1" | tr -d '\r'; }
decimals='PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>'
cat > "$folder/insert.ru" <<EOF
$decimals
INSERT DATA { <urn:a> <urn:p> "64"^^xsd:decimal , "64.0"^^xsd:decimal }
EOF
echo "$decimals DELETE DATA { <urn:a> <urn:p> \"64.0\"^^xsd:decimal }" > "$folder/delete.ru"
tdb2 tdbupdate --update "$folder/insert.ru"
seen=$(
  ask 'SELECT ?o { <urn:a> <urn:p> ?o }'
  ask 'SELECT (COUNT(*) AS ?rows) (COUNT(DISTINCT ?o) AS ?terms) { <urn:a> <urn:p> ?o }'
  tdb2 tdbupdate --update "$folder/delete.ru"
  ask 'SELECT ?o { <urn:a> <urn:p> ?o }'
)
echo "$seen"
diff <(echo "$seen") - <<'EOF'
o
64.0
64.0
rows,terms
2,1
o
64.0
EOF
