"""The desk of a server, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from aikg.errors import EngineUnavailable, RequestMalformed, ServerRefused, SubmissionInvalid
from aikg.ledger.steps import Sent

#: How long an answer is waited for, in seconds: an impact is asked of everything.
_PATIENCE = 600


class RemoteDesk:
    """What `LocalDesk` does, done by a server.

    Args:
        server: The address of its front page.
        token: A token of a scope that is wide enough.
    """

    def __init__(self, server: str, token: str) -> None:
        if urllib.parse.urlsplit(server).scheme not in ("http", "https"):
            raise RequestMalformed(
                f"{server!r} is no address of a server.",
                advice="Give it as in `--server http://127.0.0.1:8080`.",
            )
        self._server = server.rstrip("/")
        self._token = token

    def submit(self, sent: Sent) -> dict[str, Any]:
        """Send something in, and tell what became of it."""
        parameters = {
            "licence": sent.licence,
            "name": sent.name,
            "orcid": sent.orcid,
            "filename": sent.filename,
        }
        given = {name: value for name, value in parameters.items() if value}
        path = f"/submissions?{urllib.parse.urlencode(given)}"
        return dict(self._json(path, sent.content, sent.media_type))

    def listing(self) -> list[dict[str, Any]]:
        """List the submissions that the token may see."""
        return list(self._json("/submissions"))

    def show(self, name: str, version: int) -> dict[str, Any]:
        """Tell all of a submission."""
        return dict(self._json(f"/submissions/{name}/{version}"))

    def impact(self, name: str, version: int) -> dict[str, Any]:
        """Tell what would change if it were published, or withdrawn."""
        return dict(self._json(f"/submissions/{name}/{version}/impact"))

    def step(
        self, verb: str, name: str, version: int, why: str, *, force: bool = False
    ) -> dict[str, Any]:
        """Publish, reject, withdraw or purge it."""
        fields = {"why": why} | ({"force": "true"} if force else {})
        body = urllib.parse.urlencode(fields).encode()
        form = "application/x-www-form-urlencoded"
        return dict(self._json(f"/submissions/{name}/{version}/{verb}", body, form))

    def statements(self, name: str, version: int) -> bytes:
        """Give what it states, as N-Triples."""
        return self._send(f"/submissions/{name}/{version}/statements")

    def _json(self, path: str, body: bytes | None = None, media_type: str = "") -> Any:
        return json.loads(self._send(path, body, media_type))

    def _send(self, path: str, body: bytes | None = None, media_type: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = media_type
        request = urllib.request.Request(self._server + path, body, headers)  # noqa: S310  checked
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except OSError as error:
            raise EngineUnavailable(
                f"{self._server} does not answer: {error}.",
                advice="Look whether the server runs, and at the address.",
            ) from error


def _refusal(error: urllib.error.HTTPError) -> ServerRefused | SubmissionInvalid:
    """Make an error of the problem document that a server answers."""
    text = error.read()
    try:
        problem = json.loads(text)
        detail, advice = str(problem["detail"]), str(problem["advice"])
    except (ValueError, KeyError, TypeError):
        return ServerRefused(
            f"The server answered {error.code} {error.reason}.",
            advice="Look whether the address is that of aikg itself.",
        )
    if problem.get("report"):
        return SubmissionInvalid(detail, advice=advice, report=problem["report"])
    return ServerRefused(detail, advice=advice)
