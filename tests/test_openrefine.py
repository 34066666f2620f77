"""OpenRefine itself reconciles a column; tests/test_reconcile.py has the short form.

It is run without a screen, through its own commands, where Debian's package is installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from conftest import CASES
from postgres import free_port
from serving import Server

pytestmark = [
    pytest.mark.endurance,
    pytest.mark.skipif(not shutil.which("openrefine"), reason="OpenRefine is not installed"),
]
ROWS = {"facets": [], "mode": "row-based"}


class Refine:
    """A running OpenRefine, by its commands."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, command: str, **fields: str) -> Any:
        """Ask a command that changes nothing."""
        address = f"http://127.0.0.1:{self.port}/command/core/{command}?{urlencode(fields)}"
        with urllib.request.urlopen(address, timeout=30) as reply:
            return json.load(reply)

    def post(self, command: str, project: str, **fields: Any) -> Any:
        """Send a command about a project."""
        address = f"http://127.0.0.1:{self.port}/command/core/{command}?{self._address(project)}"
        form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in fields.items()}
        with urllib.request.urlopen(address, urlencode(form).encode(), timeout=60) as reply:
            return json.load(reply)

    def _address(self, project: str) -> str:
        return urlencode({"project": project, "csrf_token": self.get("get-csrf-token")["token"]})

    def load(self, cells: list[str]) -> str:
        """Make a project with one column, and return its number."""
        options = {"separator": "\t", "headerLines": 1, "processQuotes": False}
        asked = {
            "csrf_token": self.get("get-csrf-token")["token"],
            "format": "text/line-based/*sv",
            "options": json.dumps(options),
        }
        part = 'Content-Disposition: form-data; name="project-{}"'
        body = "".join((
            f"--x\r\n{part.format('name')}\r\n\r\nnames\r\n",
            f'--x\r\n{part.format("file")}; filename="names.tsv"\r\n\r\n',
            "\n".join(["name", *cells]),
            "\r\n--x--\r\n",
        ))  # fmt: skip
        target = "/command/core/create-project-from-upload?" + urlencode(asked)
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", target, body.encode(), headers)
            location = connection.getresponse().getheader("Location") or ""
        return location.partition("project=")[2]

    def wait(self, project: str) -> None:
        """Wait until nothing is under way."""
        while self.get("get-processes", project=project)["processes"]:
            time.sleep(0.2)


@pytest.fixture(scope="module")
def refine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refine]:
    """OpenRefine, without a screen, with a folder of its own."""
    port, home = free_port(), tmp_path_factory.mktemp("refine")
    command = ["openrefine", "-i", "127.0.0.1", "-p", str(port), "-d", str(home)]
    command += ["-x", "refine.headless=true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as shell:
        running = Refine(port)
        for _ in range(600):
            try:
                running.get("get-version")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield running
        children = Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text().split()
        for pid in children:  # the script starts Java
            subprocess.run(["kill", pid], check=True)


def test_a_column_is_reconciled_as_the_list_says(refine: Refine, site: Server) -> None:
    """Each cell that OpenRefine matches by itself is right, and values can be added."""
    lines = (CASES / "links" / "names-3.tsv").read_text(encoding="utf-8").splitlines()[1:]
    expected = {name: wanted for name, wanted, _ in (line.split("\t") for line in lines)}
    project = refine.load(list(expected))
    service = site.url.removesuffix("/sparql") + "/reconcile"
    manifest = json.loads(site.send("GET", "/reconcile", {}).body)
    spaces = {name: manifest[name] for name in ("identifierSpace", "schemaSpace")}
    guessed = refine.post("guess-types-of-column", project, columnName="name", service=service)
    assert guessed["types"][0]["id"] == "Drug"
    chosen = {"mode": "standard-service", "service": service, "type": None, "autoMatch": True}
    chosen |= spaces | {"columnDetails": [], "limit": 0}
    refine.post("reconcile", project, columnName="name", config=chosen, engine=ROWS)
    refine.wait(project)
    found = refine.post("get-rows", project, start="0", limit="500", engine=ROWS)
    decided = {one["id"]: one for one in found["pool"]["recons"].values()}
    cells = [row["cells"][0] for row in found["rows"]]
    assert [cell["v"] for cell in cells] == list(expected)
    matched = {
        cell["v"]: decided[int(cell["r"])]["m"]["id"].replace("/", ":", 1)
        for cell in cells
        if decided[int(cell["r"])]["j"] == "matched"
    }
    assert len(matched) > 50
    assert matched == {name: expected[name] for name in matched}
    extension = {"properties": [{"id": "atc", "name": "atc"}]}
    refine.post(
        "extend-data", project, baseColumnName="name", endpoint=service, extension=extension,
        columnInsertIndex="1", engine=ROWS, **spaces,
    )  # fmt: skip
    refine.wait(project)
    rows = refine.post("get-rows", project, start="0", limit="500", engine=ROWS)["rows"]
    values = {row["cells"][0]["v"]: row["cells"][1] for row in rows if len(row["cells"]) > 1}
    assert values["femara"]["v"] == "L02BG04"
