"""/releases: the dated releases, their files, and an endpoint on the graph of each, for reading."""

from __future__ import annotations

import gzip
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_file, url_for

from aikg.engine.client import Engine
from aikg.engine.slots import QUIETER
from aikg.errors import TooBusy, UnknownRelease
from aikg.files.queries import Query
from aikg.names import BASE
from aikg.releases import nanopublications
from aikg.releases.artefacts import SUMS, nquads_name
from aikg.releases.catalogue import media_type
from aikg.releases.shelf import Shelf
from aikg.web import parameters, plain, problems, sparql
from aikg.web.tasks import QUERY

#: A release that nobody asks is closed after this time, in seconds.
_IDLE = 300.0


@dataclass
class _Open:
    """A release that is open.

    Attributes:
        engine: Its graph.
        folder: The folder of its graph, which goes with it.
        sums: The checksum of its list of files; a purge changes it.
        users: How many answers come from it now.
        since: When the last one ended, on the monotonic clock.
    """

    engine: Engine
    folder: tempfile.TemporaryDirectory[str]
    sums: str
    users: int = 0
    since: float = field(default_factory=time.monotonic)

    def close(self) -> None:
        """End its process, and delete its graph."""
        self.engine.close()
        self.folder.cleanup()


class Archive:
    """The releases that are open: opened when one is asked, and closed when it is idle."""

    def __init__(self, engine: Engine, shelf: Shelf) -> None:
        self._present, self.shelf = engine, shelf
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def take(self, version: str) -> Engine:
        """Return the graph of a release, which is opened if need be; `leave` ends its use.

        Raises:
            UnknownRelease: It does not exist; then nothing is opened.
            TooBusy: As many others as may be open are in use.
        """
        data = self.shelf.about(version)["data"]
        sums = self.shelf.files(version)[SUMS]
        with self._lock:
            self._close_idle(_IDLE)
            if version in self._open and self._open[version].sums != sums:
                self._open.pop(version).close()  # a purge wins over answers that are on their way
            if version not in self._open:
                if len(self._open) >= self._present.settings.releases:
                    self._close_idle(0.0)
                if len(self._open) >= self._present.settings.releases:
                    raise TooBusy("Other releases are in use.", advice=QUIETER)
                self._open[version] = self._opened(version, data, sums)
            found = self._open[version]
            found.users += 1
            return found.engine

    def leave(self, version: str, engine: Engine) -> None:
        """End a use of a release."""
        with self._lock:
            found = self._open.get(version)
            if found and found.engine is engine:
                found.users -= 1
                found.since = time.monotonic()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for one in self._open.values():
                one.close()
            self._open = {}

    def _close_idle(self, after: float) -> None:
        now = time.monotonic()
        for version, one in list(self._open.items()):
            if not one.users and now - one.since >= after:
                del self._open[version]
                one.close()

    def _opened(self, version: str, data: str, sums: str) -> _Open:
        folder = tempfile.TemporaryDirectory(prefix="aikg-release-")
        packed = self.shelf.path(version, nquads_name(version)).read_bytes()
        home = Path(folder.name)
        (home / "graph.nq").write_bytes(f"# aikg {data}\n".encode() + gzip.decompress(packed))
        # The slots are those of the one service: an older release takes none in addition. Without
        # shapes and rules it can be queried only, and opens sooner.
        settings = replace(self._present.settings, root=home, home=home)
        return _Open(Engine(settings, slots=self._present.slots), folder, sums)


def blueprint(archive: Archive, registered: Sequence[Query]) -> Blueprint:
    """Make the routes of the releases."""
    routes = Blueprint("releases", __name__)
    shelf = archive.shelf

    @routes.get("/releases/")
    @routes.get("/releases")
    def every() -> Response:
        found = [_shown(shelf, version) for version in reversed(shelf.versions())]
        return problems.show("releases.html", {"releases": found}, releases=found)

    @routes.get("/releases/<version>/")
    @routes.get("/releases/<version>")
    def one(version: str) -> Response:
        found = _shown(shelf, version)
        sums = shelf.files(version)
        files = [
            {
                "name": name,
                "url": url_for("releases.file", version=version, name=name),
                "bytes": shelf.path(version, name).stat().st_size,
                "sha256": sums[name],
            }
            for name in sorted(sums)
        ]
        shown = {**found, "files": files}
        return problems.show("releases.html", shown, releases=[found], files=files)

    @routes.get("/releases/<version>/<path:name>")
    def file(version: str, name: str) -> Response:
        if name.startswith(f"{nanopublications.FOLDER}/"):
            return _nanopublication(shelf, version, name)
        kind = "application/gzip" if name.endswith(".gz") else media_type(name)
        path = shelf.path(version, name)
        response = send_file(path, mimetype=kind, etag=shelf.files(version)[name])
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response

    @routes.route("/releases/<version>/sparql", methods=["GET", "POST", "QUERY"])
    def query(version: str) -> Response:
        given = parameters.read()
        text = plain.only_query(given, registered)
        request.environ[QUERY] = text
        engine = archive.take(version)
        try:
            response = sparql.data(engine, registered, given, text)
        except BaseException:
            archive.leave(version, engine)
            raise
        response.call_on_close(lambda: archive.leave(version, engine))
        return response

    return routes


def _nanopublication(shelf: Shelf, version: str, name: str) -> Response:
    """Answer with one nanopublication, whose address or whose graph's address was asked for."""
    base = f"{BASE}releases/{version}/{name}"
    for part in ("Head", "assertion", "provenance", "pubinfo"):
        base = base.removesuffix(f"/{part}")
    packed = shelf.path(version, nanopublications.FILE).read_bytes()
    start = f" <{base.rstrip('/')}/".encode()
    found = [
        line
        for line in gzip.decompress(packed).splitlines(keepends=True)
        if line.rpartition(b" <")[2].rpartition(b"/")[0] == start[2:-1]
    ]
    if not found:
        raise UnknownRelease(
            f"The release {version} has no nanopublication {name!r}.",
            advice=f"{nanopublications.FILE} has all of them.",
        )
    return Response(b"".join(found), mimetype=media_type("x.nq"))


def _shown(shelf: Shelf, version: str) -> dict[str, Any]:
    about: dict[str, Any] = dict(shelf.about(version))
    return about | {
        "url": url_for("releases.one", version=version),
        "sparql": url_for("releases.query", version=version),
        "changes": "CHANGES.md" in shelf.files(version),
    }
