"""Curation on a server, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from typing import Any

from aikg.errors import EngineUnavailable, RequestMalformed, ServerRefused, SubmissionInvalid
from aikg.ledger.steps import Remarks, Sent

#: How long an answer may take, in seconds: an impact asks every question.
_PATIENCE = 600


class RemoteCuration:
    """The methods of `Curation`, done by a server.

    Args:
        server: The address of its front page.
        token: A token of a scope that is wide enough.
    """

    def __init__(self, server: str, token: str) -> None:
        if urllib.parse.urlsplit(server).scheme not in ("http", "https"):
            raise RequestMalformed(
                f"{server!r} is not the address of a server.",
                advice="Write it as in `--server http://127.0.0.1:8080`.",
            )
        self._server = server.rstrip("/")
        self._token = token

    def submit(self, sent: Sent) -> dict[str, Any]:
        """See `Curation.submit`."""
        parameters = {
            "licence": sent.licence,
            "name": sent.name,
            "orcid": sent.orcid,
            "filename": sent.filename,
        }
        stated = {name: value for name, value in parameters.items() if value}
        path = f"/submissions?{urllib.parse.urlencode(stated)}"
        return dict(self._json(path, sent.content, sent.media_type))

    def listing(self) -> list[dict[str, Any]]:
        """See `Curation.listing`."""
        return list(self._json("/submissions"))

    def show(self, name: str, version: int) -> dict[str, Any]:
        """See `Curation.show`."""
        return dict(self._json(f"/submissions/{name}/{version}"))

    def impact(self, name: str, version: int) -> dict[str, Any]:
        """See `Curation.impact`."""
        return dict(self._json(f"/submissions/{name}/{version}/impact"))

    def step(  # noqa: PLR0913, PLR0917  all that a step has
        self,
        verb: str,
        name: str,
        version: int,
        why: str,
        options: Collection[str] = (),
        remarks: Remarks = (),
    ) -> dict[str, Any]:
        """See `Curation.step`."""
        fields = [("why", why), *((option, "true") for option in options)]
        for place, text in remarks:
            fields += [("place", place), ("remark", text)]
        return dict(self._form(f"/submissions/{name}/{version}/{verb}", fields))

    def decisions(self) -> list[dict[str, Any]]:
        """See `Curation.decisions`."""
        return list(self._json("/submissions/decisions"))

    def decide(self, kind: str, said: dict[str, str], why: str) -> dict[str, Any]:
        """See `Curation.decide`."""
        return dict(self._form("/submissions/decisions", {"kind": kind, "why": why, **said}))

    def undo(self, number: int, why: str) -> dict[str, Any]:
        """See `Curation.undo`."""
        return dict(self._form(f"/submissions/decisions/{number}/undo", {"why": why}))

    def statements(self, name: str, version: int) -> bytes:
        """See `Curation.statements`."""
        return self._send(f"/submissions/{name}/{version}/statements")

    def _form(self, path: str, fields: dict[str, str] | list[tuple[str, str]]) -> Any:
        body = urllib.parse.urlencode(fields).encode()
        return self._json(path, body, "application/x-www-form-urlencoded")

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
                advice="Check that the server runs, and the address.",
            ) from error


def _refusal(error: urllib.error.HTTPError) -> ServerRefused | SubmissionInvalid:
    """Return the error of a problem document that a server answered."""
    text = error.read()
    try:
        problem = json.loads(text)
        detail, advice = str(problem["detail"]), str(problem["advice"])
    except (ValueError, KeyError, TypeError):
        return ServerRefused(
            f"The server answered {error.code} {error.reason}.",
            advice="Check that the address is that of aikg itself.",
        )
    if problem.get("report"):
        return SubmissionInvalid(detail, advice=advice, report=problem["report"])
    return ServerRefused(detail, advice=advice)
