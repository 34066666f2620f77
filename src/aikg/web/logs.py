"""The logs of the server: one line a request, and a record of the slow ones.

No line contains a control character, a token, a query or, unless a setting says so, an address.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import json
import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler, WatchedFileHandler
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from aikg.characters import visible
from aikg.errors import SettingError
from aikg.ledger.tokens import PATTERN
from aikg.settings import Settings

#: An id of a request that a client or a proxy may choose.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_METHOD = re.compile(r"[A-Z]{1,20}", re.ASCII)
#: Characters of a path that a line of the log contains as they are.
_PLAIN = "/:@!$&'()*+,;=~._-"
#: The longest path in a line, in characters.
_PATH = 500
#: The bits of an address that name a network and no person.
_NETWORK = {4: 24, 6: 48}
#: The size of the record of slow requests, in bytes; one older part of that size is kept.
SLOW_BYTES = 2_000_000


class Exchange(NamedTuple):
    """A request and its answer.

    Attributes:
        id: The request's id.
        client: The name of the client.
        method: The method, as it was sent.
        path: The path, decoded, without the query.
        protocol: The version of HTTP, such as `1.1`.
        route: The pattern of the route; `other` if no route matched, `refused` if the request was
            refused before any.
        status: The status of the answer.
        sent: The length of the body, in bytes.
        seconds: The time from the whole request to the whole answer.
        whole: Whether the answer was sent whole.
        query: The text of the SPARQL query, if there was one.
    """

    id: str
    client: str
    method: str
    path: str
    protocol: str
    route: str
    status: int
    sent: int
    seconds: float
    whole: bool
    query: str | None = None


def request_id(given: str | None) -> str:
    """Return the id that came with a request, if it is plain and short, or else a new one."""
    return given if given and _ID.fullmatch(given) else os.urandom(16).hex()


def masked(text: str) -> str:
    """Return a text on one line, without tokens and with hidden characters written out."""
    return PATTERN.sub("aikg_...", visible(text))


class Lines(logging.Formatter):
    """Formats a record with a message on one line; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's own name
        """Return the line."""
        return masked(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802  logging's own name
        """Return the traceback."""
        return "\n".join(map(masked, super().formatException(ei).split("\n")))  # type: ignore[arg-type]


def to_standard_error() -> None:
    """Let the libraries of the server write their warnings to standard error, by `Lines`."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


class Logs:
    """The access log and the record of slow requests, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._access = _access(settings.access_log)
        self._slow: logging.Handler = RotatingFileHandler(
            settings.home / "slow.log", maxBytes=SLOW_BYTES, backupCount=1, delay=True
        )

    def note(self, exchange: Exchange) -> None:
        """Write the lines that belong to a request."""
        if self._access:
            _write(self._access, self._line(exchange))
        if exchange.seconds >= self._settings.slow:
            _write(self._slow, self._slow_line(exchange))

    def close(self) -> None:
        """Close the files."""
        for handler in (self._access, self._slow):
            if handler:
                handler.close()

    def _line(self, exchange: Exchange) -> str:
        """Return the line in the Common Log Format, with id, seconds and `whole` or `cut`."""
        at = datetime.datetime.now(datetime.UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        method = exchange.method if _METHOD.fullmatch(exchange.method) else "-"
        path = quote(PATTERN.sub("aikg_...", exchange.path), safe=_PLAIN)[:_PATH] or "-"
        client = shown_client(exchange.client, self._settings.log_clients)
        return (
            f'{client} - - [{at}] "{method} {path} HTTP/{exchange.protocol}" {exchange.status} '
            f"{exchange.sent} {exchange.id} {exchange.seconds:.3f} "
            f"{'whole' if exchange.whole else 'cut'}"
        )

    def _slow_line(self, exchange: Exchange) -> str:
        said: dict[str, object] = {
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "id": exchange.id,
            "route": exchange.route,
            "status": exchange.status,
            "seconds": round(exchange.seconds, 3),
            "whole": exchange.whole,
        }
        if exchange.query is not None:
            said["sha256"] = hashlib.sha256(exchange.query.encode()).hexdigest()
            if self._settings.slow_texts == "yes":
                said["query"] = PATTERN.sub("aikg_...", exchange.query)
        return json.dumps(said)


def shown_client(client: str, how: str) -> str:
    """Return the name of a client as a log may show it.

    Args:
        client: An address, or the network of an IPv6 address.
        how: `none`, `network` or `address`.
    """
    if how == "none":
        return "-"
    try:
        network = ipaddress.ip_network(client, strict=False)
    except ValueError:
        return "-"
    if how == "network":
        wider = network.supernet(new_prefix=min(network.prefixlen, _NETWORK[network.version]))
        return str(wider)
    return client


def _access(where: str) -> logging.Handler | None:
    if not where:
        return None
    if where == "-":
        return logging.StreamHandler(sys.stderr)
    try:
        return WatchedFileHandler(Path(where))  # logrotate may move it away at any time
    except OSError as error:
        raise SettingError(
            f"AIKG_ACCESS_LOG is {where!r}, which cannot be written: {error.strerror}.",
            advice="Set it to a file in a folder that the server may write to, or to -.",
        ) from error


def _write(handler: logging.Handler, line: str) -> None:
    handler.handle(logging.LogRecord("aikg", logging.INFO, "", 0, line, None, None))
