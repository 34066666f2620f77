"""The header `AIKG-Version`: an answer names a version of the data; a request may ask for one.

A client that has published on one server of several sends the version of that answer to the others.
It never gets an older answer: the server waits for its graph, or answers 503.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aikg.errors import AikgError, LedgerUnreachable, RequestMalformed, VersionNotReached
from aikg.web.tasks import BEGUN, Made

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "AIKG-Version"
#: Where a request carries the error that its application raises.
ERROR = "aikg.error"
#: How long a request waits for the version that it names, and how often it looks, in seconds.
_PATIENCE, _AGAIN = 1.0, 0.02
#: A version: that of the files; then the last event of the ledger, the number of decisions, and the
#: version of the vocabularies.
_FORM = re.compile(
    r"(?P<files>[\w.]{1,64})(?:-(?P<event>\d{1,18})(?:\.(?P<decisions>\d{1,18}))?)?"
    r"(?:\+(?P<vocabularies>\w{1,64}))?",
    re.A,
)
_SAFE = {"GET", "HEAD", "OPTIONS", "QUERY"}


def includes(present: str, asked: str) -> bool:
    """Return whether a version has all steps of another, on the same files and vocabularies.

    Raises:
        RequestMalformed: The other is not a version.
    """
    own, other = _read(present), _read(asked)
    return own[0] == other[0] and own[1] >= other[1] and own[2] >= other[2]


def _read(version: str) -> tuple[tuple[str, str | None], int, int]:
    """Return the files and vocabularies of a version, its last event and its decisions.

    Raises:
        RequestMalformed: It is not a version.
    """
    match = _FORM.fullmatch(version)
    if not match:
        raise RequestMalformed(
            f"The header {HEADER} is not a version of the data.",
            advice=f"Send the value of {HEADER} in an answer of this service, or no such header.",
        )
    on = match["files"], match["vocabularies"]
    return on, int(match["event"] or 0), int(match["decisions"] or 0)


class Versions:
    """An application whose answers name their version.

    Args:
        app: The application.
        bare: The same without its cache: it answers with an error.
        version: Returns the version of the graph.
        follow: Brings the graph to the last step of the ledger.
    """

    def __init__(
        self,
        app: WSGIApplication,
        bare: WSGIApplication,
        version: Callable[[], str],
        follow: Callable[[], object],
    ) -> None:
        self._app, self._bare, self._version, self._follow = app, bare, version, follow

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, when the graph has the version that it names."""
        app = self._app
        try:
            if asked := environ.get("HTTP_AIKG_VERSION"):
                self._reach(asked)
        except AikgError as error:
            environ[ERROR], app = error, self._bare
        begun = environ.get(BEGUN)  # a query that was asked earlier, of an earlier version perhaps
        before = begun.version if begun else ""
        if not before and environ["REQUEST_METHOD"] in _SAFE:
            before = self._present()

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            # A reader's answer has this version or a later one; a step's answer has its own.
            version = before or self._present()
            named = [(HEADER, version)] if version else []
            return start_response(status, [*headers, *named], *error)

        return app(environ, begin)

    def _present(self) -> str:
        try:
            return self._version()
        except AikgError:
            return ""

    def are_there(self, environ: WSGIEnvironment) -> bool:
        """Return whether the graph has the version that a request names, if it names one.

        Raises:
            RequestMalformed: It is not a version.
        """
        asked = environ.get("HTTP_AIKG_VERSION")
        return not asked or includes(self._version(), asked)

    def named(self, made: Made, version: str = "") -> Made:
        """Return an answer with its version, or else with the present one."""
        status, headers, body = made
        if version := version or self._present():
            headers = [*headers, (HEADER, version)]
        return Made(status, headers, body)

    def _reach(self, asked: str) -> None:
        """Wait until the graph has a version.

        Raises:
            VersionNotReached: It has not, after a second.
            RequestMalformed: It is not a version.
        """
        if includes(self._version(), asked):
            return
        # Once: a step that was answered is in the ledger, and each look at it costs a transaction.
        with suppress(LedgerUnreachable):
            self._follow()
        end = time.monotonic() + _PATIENCE
        while not includes(self._version(), asked):
            if time.monotonic() > end or _read(self._version())[0] != _read(asked)[0]:
                raise VersionNotReached(
                    f"This server has version {self._version()} of the data, and not yet {asked}.",
                    advice="Send it again in a second, or to another server.",
                    retry_after=1,
                )
            time.sleep(_AGAIN)
