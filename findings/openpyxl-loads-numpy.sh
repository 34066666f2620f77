#!/usr/bin/env bash
# openpyxl imports numpy wherever numpy is installed, though it works without.
#
# Version: openpyxl 3.1.5 with numpy 2.3.5; 2026-11-29.
# Expected: numpy is not among openpyxl's requirements, and to read a workbook loads what reading needs.
#   So a process that never computes stays without numpy, and a process that will fork has one thread.
# Seen: `import openpyxl` imports numpy if it is there. On two cores or more, numpy's library for
#   linear algebra starts threads at once, which os.fork() does not copy (Python 3.12 warns of it).
# Here: the process that forks workers read workbooks, and so had a second thread since numpy came for
#   comparisons. It starts without numpy now (src/aikg/engine/__main__.py), and a test looks at it.
#   Run it on two cores or more.
# Known as: no issue was found on 2026-11-29. openpyxl's manual calls numpy an optional package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip() { "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
cat > "$folder/program.py" <<'EOF'
import os
import sys

import openpyxl

loaded = "numpy" in sys.modules
print("a workbook can be made:", openpyxl.Workbook().active is not None)
print("numpy is loaded:", loaded)
print("threads:", "one" if len(os.listdir("/proc/self/task")) == 1 else "more")
EOF
pip openpyxl==3.1.5
seen=$(echo "without numpy"; "$folder/venv/bin/python" "$folder/program.py")
pip numpy==2.3.5
seen+=$(echo; echo "with numpy"; "$folder/venv/bin/python" "$folder/program.py")
echo "$seen"
diff <(echo "$seen") - <<'EOF'
without numpy
a workbook can be made: True
numpy is loaded: False
threads: one
with numpy
a workbook can be made: True
numpy is loaded: True
threads: more
EOF
