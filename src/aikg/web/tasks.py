"""One answer of the server: its environment, its id, and what is noted of it."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

from waitress.channel import ClientDisconnected
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from aikg.web.clients import is_same
from aikg.web.logs import Exchange, request_id

#: Keys of the environment: the name of the client; the pattern of the route, which the application
#: sets; the text of the query, which the endpoint sets.
CLIENT, ROUTE, QUERY = "aikg.client", "aikg.route", "aikg.query"
#: Keys of the environment: the answer must not wait for anything; the answer that the engine has
#: begun.
AT_ONCE, BEGUN = "aikg.at-once", "aikg.begun"
#: The status that is noted if the client hung up before the answer began.
_GONE = 499
#: A path that a proxy may add in front of the path here.
_PREFIX = re.compile(r"(?:/[A-Za-z]+){1,8}", re.ASCII)
_LONGEST_PREFIX = 100


class Postponed(Exception):
    """The answer cannot come at once: a thread must make it."""


class _Noted:
    """A task that has an id and is noted at its end."""

    request: Any
    channel: Any
    status: str
    version: str
    wrote_header: bool
    response_headers: list[tuple[str, str]]
    environ: dict[str, Any] | None = None
    _sent = 0
    _is_whole = False

    def __init__(self, channel: Any, request: Any) -> None:
        super().__init__(channel, request)  # type: ignore[call-arg]
        headers = getattr(request, "headers", None) or {}
        self.id = request_id(headers.get("X_REQUEST_ID"))
        self._began = time.monotonic()

    def service(self) -> None:
        """Answer, and note how."""
        began = self._began
        try:
            super().service()  # type: ignore[misc]
        except ClientDisconnected:
            self._note(began, _GONE)
            raise
        except Exception:
            if self.wrote_header:  # otherwise the answer is an error, which is noted
                self._note(began)
            raise
        self._note(began)

    def finish(self) -> None:
        """End the answer."""
        super().finish()  # type: ignore[misc]
        self._is_whole = True

    def write(self, data: bytes) -> None:
        """Write a part of the body."""
        super().write(data)  # type: ignore[misc]
        self._sent += len(data)

    def build_response_header(self) -> bytes:
        """Return the head of the answer, with the id of the request."""
        self.response_headers.append(("X-Request-ID", self.id))
        head: bytes = super().build_response_header()  # type: ignore[misc]
        return head

    def _note(self, began: float, otherwise: int = 0) -> None:
        request, environ = self.request, self.environ or {}
        has_begun = self.wrote_header or not otherwise
        raw = getattr(request, "path", "") or ""
        exchange = Exchange(
            id=self.id,
            client=request.client,
            method=getattr(request, "command", "") or "-",
            path=raw.encode("latin-1", "replace").decode("utf-8", "replace"),
            protocol=self.version,
            route=environ.get(ROUTE, "other") if environ else "refused",
            status=int(self.status[:3]) if has_begun else otherwise,
            sent=self._sent,
            seconds=time.monotonic() - began,
            whole=self._is_whole,
            query=environ.get(QUERY),
        )
        self.channel.server.bounds.watch.note(exchange)


class Task(_Noted, WSGITask):
    """An answer of the application; its environment has the client's name."""

    _made: tuple[str, list[tuple[str, str]], bytes] | None = None

    def attempt(self) -> bool:
        """Make the answer without waiting for anything; return whether that was possible."""
        environ = self.get_environment()
        began: list[tuple[str, list[tuple[str, str]]]] = []
        environ[AT_ONCE] = True

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            began.append((status, headers))

        try:
            pieces = self.channel.server.application(environ, begin)
            try:
                body = b"".join(pieces)
            finally:
                getattr(pieces, "close", bool)()
        except Exception:  # whatever it is, the thread meets it too, and reports it
            return False
        finally:
            del environ[AT_ONCE]
        self._made = (*began[-1], body)
        return True

    def release(self) -> None:
        """End what the engine has begun, unless it has ended already."""
        if begun := (self.environ or {}).get(BEGUN):
            begun.close()

    def execute(self) -> None:
        """Send the answer that was made at once, or else make it, and wait for the client."""
        if self._made is None:
            super().execute()
            return
        self.status, headers, body = self._made
        self.response_headers.extend(headers)
        self.complete = True
        self.content_length = len(body)  # type: ignore[assignment]
        connection = self.request.headers.get("CONNECTION", "").lower()
        if self.version == "1.1" and connection != "close":
            head = self._short_header()
        else:
            head = self.build_response_header()
        self.channel.send_at_once(head + body)
        self.wrote_header, self._sent = True, len(body)

    def _short_header(self) -> bytes:
        """Return the head of an answer whose connection is kept, as `build_response_header` does.

        Raises:
            ValueError: A header is more than one line.
        """
        lines = [f"{name}: {value}\r\n" for name, value in self.response_headers]
        if self.has_body and not any(name == "Content-Length" for name, _ in self.response_headers):
            lines.append(f"Content-Length: {self.content_length}\r\n")
        lines += [f"X-Request-ID: {self.id}\r\n", f"Date: {_date(int(self.start_time))}\r\n\r\n"]
        head = f"HTTP/1.1 {self.status}\r\n{''.join(lines)}"
        if head.count("\n") != len(lines) + 2 or head.count("\r") != len(lines) + 2:
            raise ValueError("a header of the answer is more than one line")
        return head.encode("latin-1")

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment."""
        if self.environ is not None:
            return self.environ
        environ: dict[str, Any] = super().get_environment()
        environ[CLIENT] = self.request.client
        prefix = environ.pop("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
        proxy = self.channel.server.bounds.settings.proxy
        if is_same(environ["REMOTE_ADDR"], proxy):
            environ["REMOTE_ADDR"] = proxy  # waitress compares texts
            if len(prefix) <= _LONGEST_PREFIX and _PREFIX.fullmatch(prefix):
                environ["SCRIPT_NAME"] = prefix
        return environ


@lru_cache(2)
def _date(seconds: int) -> str:
    return str(build_http_date(seconds))


class Refused(_Noted, ErrorTask):
    """An answer of the server itself, to a request that no application sees."""
