"""One answer of the server: its environment, its id, and what is noted of it."""

from __future__ import annotations

import io
import re
import time
from functools import lru_cache
from typing import Any, NamedTuple

from waitress.channel import ClientDisconnected
from waitress.proxy_headers import PROXY_HEADERS, clear_untrusted_headers
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from aikg.web.clients import is_same
from aikg.web.logs import Exchange, request_id

#: Keys of the environment: the name of the client; the pattern of the route, which the application
#: sets; the text of the query, which the endpoint sets.
CLIENT, ROUTE, QUERY = "aikg.client", "aikg.route", "aikg.query"
#: The key of the environment for what closes the connection, from any thread.
HANG_UP = "aikg.hang-up"
#: The key of the environment for the answer that the engine has begun.
BEGUN = "aikg.begun"
NOT_MODIFIED = "304 Not Modified"
#: The status that is noted if the client hung up before the answer began.
_GONE = 499
#: A path that a proxy may add in front of the path here.
_PREFIX = re.compile(r"(?:/[A-Za-z]+){1,8}", re.ASCII)
_LONGEST_PREFIX = 100


class Made(NamedTuple):
    """An answer that waits for nothing."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def head(self) -> str:
        """Return its status line and headers, as waitress writes them.

        Raises:
            ValueError: A header is more than one line.
        """
        head = "\r\n".join([f"HTTP/1.1 {self.status}", *map(": ".join, self.headers), ""])
        if not head.count("\n") == head.count("\r") == len(self.headers) + 1:
            raise ValueError("a header of the answer is more than one line")
        if "\r\nContent-Length: " not in head and self.status != NOT_MODIFIED:
            return f"{head}Content-Length: {len(self.body)}\r\n"
        return head


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
            path=raw if raw.isascii() else _as_utf8(raw),
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
    """An answer of the application; its environment has the client's name.

    Attributes:
        made: The answer, if the loop has made it.
    """

    made: Made | None = None

    def release(self) -> None:
        """End what the engine has begun, unless it has ended already."""
        if begun := (self.environ or {}).get(BEGUN):
            begun.close()

    def execute(self) -> None:
        """Send the answer that was made, or else make it, and wait for the client."""
        if self.made is None:
            super().execute()
            return
        made, self.complete = self.made, True
        self.status, self.content_length = made.status, len(made.body)  # type: ignore[assignment]
        self.response_headers.extend(made.headers)
        self.write(made.body)

    def goes_on(self) -> bool:
        """Return whether the connection does, without a header that says so."""
        return self.version == "1.1" and not self.request.connection_close

    def begin(self, made: Made, head: str) -> bytes:
        """Begin the answer that was made; return its whole head."""
        self.status = made.status
        self.wrote_header, self._is_whole, self._sent = True, True, len(made.body)
        date = _date(int(time.time()))
        return f"{head}X-Request-ID: {self.id}\r\nDate: {date}\r\n\r\n".encode("latin-1")

    def note_sent(self) -> None:
        """Note the answer that was made."""
        self._note(self._began)

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment.

        A connection's request with the same header lines as the one before has the same one, but
        for what its first line says.
        """
        if self.environ is not None:
            return self.environ
        request, (lines, like) = self.request, self.channel.like
        if like is not None and lines is request.lines:
            path = request.path
            self.environ = {
                **like,
                "REQUEST_METHOD": request.command,
                "PATH_INFO": "/" + path.lstrip("/") if path[:2] == "//" else path,
                "REQUEST_URI": request.request_uri,
                "QUERY_STRING": request.query,
                "wsgi.input": io.BytesIO(),
            }
            return self.environ
        environ = self._build_environment()
        if request.lines is not None:
            self.channel.like = request.lines, environ.copy()
        return environ

    def _build_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[CLIENT], environ[HANG_UP] = self.request.client, self.channel.hang_up
        prefix = environ.pop("HTTP_X_FORWARDED_PREFIX", "").rstrip("/")
        proxy = self.channel.server.bounds.settings.proxy
        if is_same(environ["REMOTE_ADDR"], proxy):
            environ["REMOTE_ADDR"] = proxy  # waitress compares texts
            if len(prefix) <= _LONGEST_PREFIX and _PREFIX.fullmatch(prefix):
                environ["SCRIPT_NAME"] = prefix
        elif not proxy:
            clear_untrusted_headers(environ, PROXY_HEADERS)
        return environ


def _as_utf8(path: str) -> str:
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


@lru_cache(2)
def _date(seconds: int) -> str:
    return str(build_http_date(seconds))


class Refused(_Noted, ErrorTask):
    """An answer of the server itself, to a request that no application sees."""
