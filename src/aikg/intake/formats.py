"""The formats in which evidence can be sent, and how a file shows which one it is."""

from __future__ import annotations

import codecs
import zlib
from dataclasses import dataclass, replace
from typing import Any, cast

import pyoxigraph as ox

from aikg.errors import SubmissionMalformed, SubmissionTooLarge, UnsupportedMediaType
from aikg.sparql.formats import TRIPLES
from aikg.sparql.formats import Format as _ReportFormat

_GZIP = b"\x1f\x8b"
#: So much is unpacked at a time, in bytes; what follows a member is copied, a piece at most.
_PIECE = 65_536
#: As many members may a file have: `bgzip` makes one of each 64 kB.
_MEMBERS = 10_000


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: What people call it.
        media_type: Its registered type.
        endings: The endings of its files.
        rdf: The parser's name for it; None for a table.
        also: Types that clients send for it.
    """

    name: str
    media_type: str
    endings: tuple[str, ...]
    rdf: ox.RdfFormat | None = None
    also: tuple[str, ...] = ()


XLSX = Format(
    "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx", "xlsm")
)
CSV = Format("CSV", "text/csv", ("csv", "tsv"), also=("text/tab-separated-values",))
ODS = Format("ODS", "application/vnd.oasis.opendocument.spreadsheet", ("ods",))

FORMATS = (
    Format("Turtle", "text/turtle", ("ttl",), ox.RdfFormat.TURTLE, ("application/x-turtle",)),
    Format("TriG", "application/trig", ("trig",), ox.RdfFormat.TRIG),
    Format("N-Triples", "application/n-triples", ("nt",), ox.RdfFormat.N_TRIPLES),
    Format("N-Quads", "application/n-quads", ("nq",), ox.RdfFormat.N_QUADS),
    Format(
        "JSON-LD",
        "application/ld+json",
        ("jsonld", "json"),
        ox.RdfFormat.JSON_LD,
        ("application/json",),
    ),
    Format(
        "RDF/XML",
        "application/rdf+xml",
        ("rdf", "xml", "owl"),
        ox.RdfFormat.RDF_XML,
        ("application/xml", "text/xml"),
    ),
    CSV,
    XLSX,
    ODS,
)

#: The forms of a report; the first is the default.
REPORTS = (
    _ReportFormat("application/json", ("json",)),
    _ReportFormat("text/plain", ("text", "txt")),
    # JSON alone means the report in JSON, not that in JSON-LD.
    *(replace(f, also=()) for f in TRIPLES if f.names[0] not in {"nquads", "trig"}),
)

#: Types that say nothing: browsers and curl send them for what they do not know.
_UNSPOKEN = {"", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded"}


def recognise(media_type: str | None, file: str) -> Format:
    """Recognise the format from the media type; where that says nothing, from the file's ending.

    Raises:
        UnsupportedMediaType: Neither of them names a format that is read.
    """
    media_type = (media_type or "").partition(";")[0].strip().lower()
    for candidate in FORMATS:
        if media_type in (candidate.media_type, *candidate.also):
            return candidate
    ending = file.lower().removesuffix(".gz").rpartition(".")[2]
    for candidate in FORMATS:
        if media_type in _UNSPOKEN and ending in candidate.endings:
            return candidate
    known = ", ".join(f"{f.name} ({f.media_type}, .{f.endings[0]})" for f in FORMATS)
    raise UnsupportedMediaType(
        f"{file or 'What was sent'} is of no format that is read here"
        f"{f': {media_type}' if media_type else ''}.",
        advice=f"Send one of these, with its media type or its ending: {known}.",
    )


def unpack(data: bytes, most: int) -> bytes:
    """Return what is sent, unpacked if it is packed by gzip: all members of the file.

    Raises:
        SubmissionTooLarge: It is larger than `most` bytes, or would be.
        SubmissionMalformed: It begins as gzip does, and is not whole or has something behind it.
    """
    if data.startswith(_GZIP):
        data = _unpacked(data, most)
    if len(data) > most:
        raise SubmissionTooLarge(
            f"The file is larger than {most:,} bytes, unpacked.",
            advice="Send its studies as several submissions (see docs/reference/validation.md).",
        )
    return data


def _unpacked(data: bytes, most: int) -> bytes:
    """Unpack one member after the other, at most one byte more than may be read."""
    found, members = bytearray(), 0
    unpacker = zlib.decompressobj(wbits=31)
    for at in range(0, len(data), _PIECE):
        piece = data[at : at + _PIECE]
        while piece:
            if unpacker.eof:  # another member begins, even where this one ends with a piece
                members += 1
                unpacker = zlib.decompressobj(wbits=31)
            found += _inflated(unpacker, piece, most + 1 - len(found), members)
            if len(found) > most:
                return bytes(found)
            piece = unpacker.unused_data if unpacker.eof else b""
            if members >= _MEMBERS:
                raise SubmissionMalformed(
                    f"The file is packed by gzip in more than {_MEMBERS:,} members.",
                    advice="Unpack it, and pack it as one.",
                )
    if not unpacker.eof:
        raise SubmissionMalformed(
            "The file is packed by gzip and ends too early.",
            advice="Send it again; the transfer may have broken off.",
        )
    return bytes(found)


def _inflated(unpacker: Any, piece: bytes, room: int, members: int) -> bytes:
    """Unpack a piece.

    Raises:
        SubmissionMalformed: It is not of gzip; where a member ended before, it is something else.
    """
    try:
        return cast(bytes, unpacker.decompress(piece, room))
    except zlib.error as error:
        if members:
            raise SubmissionMalformed(
                "The file is packed by gzip, and after the packed part "
                f"(member {members}) come bytes that are not gzip: {error}.",
                advice="Pack the whole file again, or send it as it is: nothing is left out.",
            ) from error
        raise SubmissionMalformed(
            f"The file begins as one of gzip and cannot be unpacked: {error}.",
            advice="Pack it again, or send it as it is.",
        ) from error


def decoded(data: bytes) -> bytes:
    """Return a text that begins with the mark of UTF-16, as spreadsheets write it, in UTF-8.

    Raises:
        SubmissionMalformed: It has the mark, and is not in UTF-16.
    """
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    try:
        return data.decode("utf-16").encode()
    except UnicodeError as error:
        raise SubmissionMalformed(
            f"The file begins as a text in UTF-16, and is not one: {error}.",
            advice="Save the file in UTF-8.",
        ) from error


def as_text(data: bytes) -> str:
    """Return the text that bytes are in UTF-8.

    Raises:
        SubmissionMalformed: They are not; the message has the place of the first that is not.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise SubmissionMalformed(
            f"Line {line}, column {column}: the byte 0x{data[error.start]:02x} "
            "is not part of a text in UTF-8.",
            advice="Save the file in UTF-8: most editors and spreadsheets offer it under Save as.",
            line=line,
            column=column,
        ) from error
