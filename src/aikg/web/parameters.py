"""The parameters of a request: in its address, in a form, and in its media type."""

from __future__ import annotations

import math
import re
from binascii import a2b_qp
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_to_bytes

import flask
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request

from aikg.errors import QueryRefused, RequestMalformed, UnsupportedMediaType
from aikg.settings import Settings

PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/#query-operation"
FORM = "application/x-www-form-urlencoded"
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
#: The versions of SPARQL that a client can name; the engine treats all of them alike.
VERSIONS = ("1.0", "1.1", "1.2", "1.2-basic")

#: What a text has if not all of it is whole escapes and other characters than `=`.
_UNEVEN = re.compile(rb"=|%(?![0-9A-Fa-f]{2})")
#: The parameters that name graphs.
_GRAPHS = {"default-graph-uri", "named-graph-uri"}

#: The bytes of a form for one byte of a query, and for the other parameters.
_ESCAPED, _OTHERS = 3, 16_000
#: The longest text in a form, in bytes; a file in a form is kept on the disk.
FIELD = 1_000_000
#: The addresses that accept files, and how much the form around a file may add, in bytes.
_FILES, AROUND = {"/validate", "/submissions", "/submissions/check"}, 64_000
#: The address that accepts lists of names, and the longest list: 5,000 names of 200 bytes.
LIST, _LIST_BYTES = "/names", 1_000_000


def most_body(settings: Settings, path: str) -> int:
    """Return the longest body of a request to a path, in bytes."""
    if path in _FILES:
        return settings.submission_bytes + AROUND
    if path == LIST:
        return _LIST_BYTES
    return settings.query_bytes * _ESCAPED + _OTHERS


def read(request: Request | None = None) -> MultiDict[str, str]:
    """Read the parameters of the address and of a form; a query as body is one of them.

    Args:
        request: The request; None for the one that Flask handles now.

    Raises:
        RequestMalformed: They are not in UTF-8, or one of them is not valid.
        UnsupportedMediaType: The type of the body is not accepted.
        QueryRefused: The request is an update.
    """
    request = request or flask.request
    if request.method in {"POST", "QUERY"}:
        return _checked(request.query_string, partial(_add_body, request=request))
    return of_address(request.query_string)


def of_address(raw: bytes) -> MultiDict[str, str]:
    """Read the parameters of an address; see `read`.

    Args:
        raw: The part of the address after the question mark.
    """
    return _checked(raw, lambda _: None)


def _checked(raw: bytes, add: Callable[[MultiDict[str, str]], None]) -> MultiDict[str, str]:
    try:
        parameters = _decode(raw)
        add(parameters)
    except UnicodeDecodeError as error:
        raise malformed("The request is not in UTF-8", "Send it in UTF-8.") from error
    if "update" in parameters:
        raise no_update()
    for name in _GRAPHS.intersection(parameters):  # forms send an empty one where no graph is named
        named = [value for value in parameters.poplist(name) if value]
        parameters.update({name: named} if named else {})
    if "format" in parameters:
        parameters["format"] = _meant(parameters["format"])
    versions = parameters.getlist("version")
    if versions and (len(versions) > 1 or versions[0] not in VERSIONS):
        raise malformed(
            f"version={', '.join(versions)} is not a version of SPARQL",
            f"Leave it out, or send one of {', '.join(VERSIONS)}.",
        )
    return parameters


def _meant(name: str) -> str:
    """Return the format that a name means; "" where the header Accept is to choose.

    Virtuoso's form sends `auto`, and old clients call Turtle N3.
    """
    name = name.strip()
    return "" if name.lower() == "auto" else name


def _add_body(parameters: MultiDict[str, str], request: Request) -> None:
    if request.content_encoding not in {None, "identity"}:
        raise UnsupportedMediaType(
            f"A body with the Content-Encoding {request.content_encoding} is not accepted.",
            advice="Send the body without Content-Encoding.",
            reference="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16",
        )
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise malformed(f"The body is in {charset}", "Send it in UTF-8.")
    if request.mimetype == QUERY:
        parameters.add("query", request.get_data().decode())
        if "version" in request.mimetype_params:
            parameters.add("version", request.mimetype_params["version"])
    elif request.mimetype == FORM:
        parameters.update(_decode(request.get_data()))
    elif request.mimetype == UPDATE:
        raise no_update()
    else:
        raise UnsupportedMediaType(
            f"A body of type {request.mimetype or 'unknown'} is not accepted.",
            advice=f"Send the query as {QUERY}, or as the field `query` of {FORM}.",
            reference=PROTOCOL,
        )


def _decode(raw: bytes) -> MultiDict[str, str]:
    # Flask would replace bytes that are not UTF-8 by U+FFFD; `parse_qsl` is several times slower.
    parts = (part.partition(b"=") for part in raw.replace(b"+", b" ").split(b"&") if part)
    return MultiDict((_unquote(name), _unquote(value)) for name, _, value in parts)


def _unquote(raw: bytes) -> str:
    """Decode percent-encoded UTF-8.

    Quoted-printable has `=` in place of `%`. Its decoder is written in C, and a query has many
    escapes.
    """
    if b"%" not in raw:
        return raw.decode()
    if not _UNEVEN.search(raw):
        return a2b_qp(raw.replace(b"%", b"=")).decode()
    return unquote_to_bytes(raw).decode()


def timeout(text: str | None) -> float | None:
    """Read a time in seconds; None if there is none, or 0: the client has no limit of its own.

    Raises:
        RequestMalformed: It is not a time.
    """
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if seconds == 0:
        return None
    if not 0 < seconds < math.inf:
        raise malformed(f"timeout={text} is not a time", "Send a number of seconds, 0 or above.")
    return seconds


def malformed(what: str, advice: str, reference: str = PROTOCOL) -> RequestMalformed:
    """Return the error of a request that breaks the protocol."""
    return RequestMalformed(f"{what}.", advice=advice, reference=reference)


def no_update() -> QueryRefused:
    """Return the error that says how to add evidence: not by an update."""
    return QueryRefused(
        "This address does not accept updates; it is for reading.",
        advice="Send new evidence by POST to /submissions, and a query to /sparql.",
        reference=PROTOCOL.replace("query", "update"),
    )
