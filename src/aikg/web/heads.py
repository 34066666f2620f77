"""The head of a request, checked before anything parses it: its lengths, its framing, its text.

RFC 9112: https://www.rfc-editor.org/rfc/rfc9112. This module knows bytes only, so that any server
can use it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from urllib.parse import unquote_to_bytes

from aikg.errors import AikgError, BodyTooLarge, HeaderTooLarge, RequestMalformed

#: The longest head, header line and list of headers: in bytes, in bytes, and in lines.
MOST, _LINE, _LINES = 1 << 18, 16_000, 100
#: The length of a body has no more digits.
_DIGITS = 15
_RFC = "https://www.rfc-editor.org/rfc/rfc9112"
_FRAMING, _HOST_RULE = f"{_RFC}#section-6.3", f"{_RFC}#section-3.2"
#: What an address contains if it may be something else than UTF-8.
_ESCAPED = re.compile(rb"%[89A-Fa-f]|[\x80-\xff]")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?", re.ASCII)


def judge(head: bytes) -> None:
    """Refuse a head that is too long, or that two programs could read differently.

    Args:
        head: The request line and the header lines, to the empty line.

    Raises:
        HeaderTooLarge: A line is too long, or there are too many.
        BodyTooLarge: The announced length has too many digits for any body.
        RequestMalformed: The framing or the Host is ambiguous, or some text is not UTF-8.
    """
    if len(head) > MOST:
        raise too_long(f"The head of the request has more than {MOST:,} bytes.")
    first, _, lines = head.strip(b"\r\n").partition(b"\r\n")
    judge_lines(lines, is_current=first.endswith(b"HTTP/1.1"))
    judge_address(first)


def judge_address(first: bytes) -> None:
    """Refuse an address that is not UTF-8.

    Args:
        first: The request line, or the address in it.

    Raises:
        RequestMalformed: It is not.
    """
    if _ESCAPED.search(first) and not _is_text(unquote_to_bytes(first)):
        raise _bad("The address of the request is not UTF-8", "Percent-encode UTF-8 in addresses.")


def judge_lines(block: bytes, *, is_current: bool) -> None:
    """Refuse the lines of a head after its first; see `judge`.

    Args:
        block: The header lines, to the empty line.
        is_current: Whether the request is of HTTP/1.1.
    """
    lines = stripped.split(b"\r\n") if (stripped := block.rstrip(b"\r\n")) else []
    if len(lines) > _LINES:
        raise too_long(f"The request has more than {_LINES} headers.")
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for line in lines:
        if len(line) > _LINE:
            raise too_long(f"A header has more than {_LINE:,} characters.")
        if line[:1] in {b" ", b"\t"}:
            raise _bad("A header continues on a second line", "Write each header on one line.")
        name, _, value = line.partition(b":")
        if not (line.isascii() or _is_text(value)):
            raise _bad("A header is not in UTF-8", "Send headers in ASCII or UTF-8.")
        found[name.lower()].append(value.strip(b" \t"))
    _judge_framing(found, is_current)
    _judge_host(found[b"host"], required=is_current)


def _judge_framing(found: dict[bytes, list[bytes]], is_current: bool) -> None:
    lengths, codings = found[b"content-length"], found[b"transfer-encoding"]
    if lengths and codings:
        raise _bad(
            "The request has Content-Length and Transfer-Encoding",
            "Send one of the two.",
            _FRAMING,
        )
    if codings and not is_current:
        raise _bad("Transfer-Encoding needs HTTP/1.1", "Send Content-Length instead.", _FRAMING)
    if len(codings) > 1 or any(value.lower().count(b"chunked") > 1 for value in codings):
        raise _bad("The request has its Transfer-Encoding twice", "Send `chunked` once.", _FRAMING)
    if b"" in codings:
        raise _bad("The Transfer-Encoding is empty", "Send `chunked`, or leave it out.", _FRAMING)
    if len(lengths) > 1:
        raise _bad("The request has several Content-Length headers", "Send one.", _FRAMING)
    if lengths and not lengths[0].isdigit():
        raise _bad("Content-Length is not a number", "Send the number of bytes.", _FRAMING)
    if lengths and len(lengths[0].lstrip(b"0")) > _DIGITS:
        raise BodyTooLarge(
            "Content-Length is longer than any accepted body.",
            advice="Send less at once; docs/reference/http-api.md lists the limits.",
        )


def _judge_host(hosts: list[bytes], *, required: bool) -> None:
    if len(hosts) > 1:
        raise _bad("The request has several Host headers", "Send one.", _HOST_RULE)
    if required and not hosts:
        raise _bad("The request has no Host header", "Send the host of the address.", _HOST_RULE)
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise _bad("The Host header is not a host", "Send the host of the address.", _HOST_RULE)


def too_long(what: str) -> AikgError:
    """Return the error of a head that is too long."""
    return HeaderTooLarge(what, advice="Send shorter headers; send a long query by POST.")


def _bad(what: str, advice: str, reference: str = _RFC) -> RequestMalformed:
    return RequestMalformed(f"{what}.", advice=advice, reference=reference)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
