"""Time and memory to add vocabularies, and times of questions over their hierarchy, over HTTP.

.venv/bin/python bench/vocabularies.py HOME hp.obo oae.owl atc.csv

HOME is a new folder for the graph. Each file is added in a process of its own. A server starts
without them, then with all of them, and answers each question of `QUESTIONS`.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

#: How often each question is asked; each time its text differs, so no cache answers.
ROUNDS = 7
_HEAD = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX obo: <http://purl.obolibrary.org/obo/>
PREFIX mappings: <https://w3id.org/aikg/graph/mappings/>
PREFIX vocabulary: <https://w3id.org/aikg/graph/vocabulary/>
"""
_EVENTS = """GRAPH mappings:adverse-events {
  ?outcome skos:exactMatch|skos:closeMatch|skos:narrowMatch ?term }
?outcome rdfs:label ?event ."""
QUESTIONS = {
    "events below cardiovascular disorder (MONDO)": f"""SELECT DISTINCT ?event ?term {{ {_EVENTS}
      GRAPH vocabulary:mondo {{ ?term skos:broader+ obo:MONDO_0004995 }} }}""",
    "events below constitutional symptom (HP)": f"""SELECT DISTINCT ?event ?term {{ {_EVENTS}
      GRAPH vocabulary:hp {{ ?term rdfs:subClassOf+ obo:HP_0025142 }} }}""",
    "terms below phenotypic abnormality (HP)": """SELECT ?term {
      GRAPH vocabulary:hp { ?term rdfs:subClassOf+ obo:HP_0000118 } }""",
    "events with all that is above them (OAE)": f"""SELECT DISTINCT ?event ?above {{ {_EVENTS}
      GRAPH vocabulary:oae {{ ?term rdfs:subClassOf+ ?above }} }}""",
    "drugs in L02B (ATC)": """SELECT ?entity ?code {
      GRAPH mappings:drugs { ?entity skos:exactMatch ?term }
      GRAPH vocabulary:atc { ?term skos:notation ?code ;
        skos:broader+ <http://www.whocc.no/atc_ddd_index/?code=L02B> } }""",
    "codes in L (ATC)": """SELECT ?term { GRAPH vocabulary:atc {
      ?term skos:broader+ <http://www.whocc.no/atc_ddd_index/?code=L> } }""",
    "what other terms are the same (SSSOM)": f"""SELECT DISTINCT ?event ?other {{ {_EVENTS}
      GRAPH vocabulary:biomappings {{ ?term skos:exactMatch|^skos:exactMatch ?other }} }}""",
}
REGISTERED = ("adverse-event-branches", "drugs-by-atc-group")


def run(home: str, *words: str) -> tuple[float, float, int]:
    """Run a command; return its time and processor time in seconds, and its peak memory in MB."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "aikg", *words],
        env=os.environ | {"AIKG_HOME": home},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def ask(address: str) -> tuple[float, int]:
    """Ask a server; return the time in seconds, and the number of rows."""
    began = time.monotonic()
    with urllib.request.urlopen(address) as answer:  # noqa: S310  a server of our own
        rows = answer.read().count(b"\n") - 1
    return time.monotonic() - began, rows


@contextlib.contextmanager
def served(home: str) -> Iterator[str]:
    """Start a server; yield its address, and print its start and the memory of its graph."""
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "aikg", "serve", "--port", "0"],
        env=os.environ | {"AIKG_HOME": home},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout  # noqa: S101  it is a pipe
            address = server.stdout.readline().split()[2].rstrip(",")
            children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
            status = Path(f"/proc/{children[0]}/status").read_text()
            memory = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
            ready = time.monotonic() - began
            print(f"a server: ready after {ready:.1f} s, graph {memory // 1024} MB")  # noqa: T201
            yield address
        finally:
            server.terminate()


def main() -> None:
    """Add, serve, ask, and print each figure."""
    home, *files = sys.argv[1:]
    run(home, "build")
    with served(home):
        pass
    for file in map(Path, files):
        seconds, work, memory = run(home, "vocabulary", "add", str(file))
        size = f"{file.name}: {file.stat().st_size:,} bytes"
        print(f"{size}, {seconds:.1f} s ({work:.1f} of a processor), {memory} MB")  # noqa: T201
    with served(home) as base:
        texts = {name: f"query={urllib.parse.quote(_HEAD + q)}" for name, q in QUESTIONS.items()}
        texts |= {name: f"question={name}" for name in REGISTERED}
        for name, asked in texts.items():
            found = [ask(f"{base}?{asked}&format=csv&timeout={29 - n}") for n in range(ROUNDS)]
            times = [seconds * 1000 for seconds, _ in found]
            print(f"{name}: {found[0][1]} rows, {statistics.median(times):.0f} ms, "  # noqa: T201
                  f"first {times[0]:.0f}")  # fmt: skip


if __name__ == "__main__":
    main()
