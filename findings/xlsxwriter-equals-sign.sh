#!/usr/bin/env bash
# XlsxWriter makes an empty formula of the text "=", and openpyxl a text.
#
# Version: XlsxWriter 3.3.1, openpyxl 3.1.5; 2026-11-29.
# Expected: a cell with the text "=". XlsxWriter's manual says that write() makes a formula of a string
#   that starts with "=" (worksheet.write()); a formula needs an expression after the sign.
# Seen: the cell has an empty formula and the stored value 0. So a sheet whose column has <, > and =, as
#   that of p values, changes when pandas writes it with this engine.
# Here: an empty formula is read as the text "=". Any other formula is an error.
# Known as: https://github.com/jmcnamara/XlsxWriter/issues/461 and
#   https://github.com/jmcnamara/XlsxWriter/issues/663: texts with = at their beginning are formulas, as
#   documented. The single sign was not found in the tracker on 2026-11-29.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check XlsxWriter==3.3.1 openpyxl==3.1.5
cat > "$folder/program.py" <<'EOF'
import io

import openpyxl
import xlsxwriter


def by_xlsxwriter(file):
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write(0, 0, "=")


def by_openpyxl(file):
    book = openpyxl.Workbook()
    book.active["A1"] = "="
    book.save(file)


for write in (by_xlsxwriter, by_openpyxl):
    file = io.BytesIO()
    write(file)
    kinds = [openpyxl.load_workbook(file, data_only=d).active["A1"] for d in (False, True)]
    print(write.__name__, *(repr(cell.value) for cell in kinds))
EOF
seen=$("$folder/venv/bin/python" "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
by_xlsxwriter '=' 0
by_openpyxl '=' '='
EOF
