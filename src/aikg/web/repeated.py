"""Heads that differ from an earlier one only in their first line: the other lines are read once.

A client that keeps its connection sends the same header lines with each request. Their checks
(`heads`) and their reading (waitress) depend on nothing else, so the result is kept for the most
recent of them. A request with a body, or with a mistake, is always read anew, by the same code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented

from aikg.errors import AikgError
from aikg.web import heads

#: How many lists of header lines are kept, and the longest that is, in bytes.
_KEPT, _LONGEST = 256, 2048
#: Headers that no memory should keep.
_SECRET = ("AUTHORIZATION", "COOKIE")
#: A request line whose address is a path of this server, in ASCII and without a fragment. The
#: first two letters of a path are not both a slash.
_LINE = re.compile(
    rb"(?P<method>[A-Z]+) (?P<uri>(?P<path>/(?:[!-\"$-.0->@-~][!-\"$->@-~]*)?)"
    rb"(?:\?(?P<query>[!-\"$-~]*))?) HTTP/1\.1\r\n"
)


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """The header lines of a request without a body.

    Attributes:
        headers: Their values, by their names in waitress's form.
        closes: Whether the connection ends after the answer.
    """

    headers: dict[str, str]
    closes: bool


class Head(NamedTuple):
    """A head of HTTP/1.1 without a body, as waitress's parser reads it."""

    method: str
    uri: str
    path: str
    query: str
    lines: Lines


class Known:
    """The header lines that were read of late.

    Args:
        adjustments: Waitress's settings.
    """

    def __init__(self, adjustments: Any) -> None:
        self._adjustments = adjustments
        self._kept: dict[bytes, Lines] = {}

    def read(self, head: bytes) -> Head | None:
        """Read a head; None if it has to be read in the usual way.

        Args:
            head: The whole head, to the empty line.

        Raises:
            RequestMalformed: The address is not UTF-8.
        """
        first = _LINE.match(head)
        if first is None or len(head) > heads.MOST:
            return None
        block = head[first.end() :]
        lines = self._kept.get(block) or self._read(block)
        if lines is None:
            return None
        method, uri, path, query = first.group("method", "uri", "path", "query")
        heads.judge_address(uri)
        path = unquote_to_bytes(path) if b"%" in path else path
        query = "" if query is None else query.decode()
        return Head(method.decode(), uri.decode(), path.decode("latin-1"), query, lines)

    def _read(self, block: bytes) -> Lines | None:
        """Check and read header lines; None where a body follows, or where there is a mistake."""
        parser = HTTPRequestParser(self._adjustments)
        try:
            heads.judge_lines(block, is_current=True)
            parser.parse_header(b"GET / HTTP/1.1\r\n" + block)
        except (AikgError, ParsingError, TransferEncodingNotImplemented):
            return None  # it is met again when the head is read in the usual way
        if parser.body_rcv is not None or parser.expect_continue:
            return None
        lines = Lines(parser.headers, parser.connection_close)
        if len(block) <= _LONGEST and not any(name in lines.headers for name in _SECRET):
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[block] = lines
        return lines
