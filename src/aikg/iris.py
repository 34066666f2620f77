"""IRIs compared: which two are the same address, and which lie under a namespace.

https://www.rfc-editor.org/rfc/rfc3986#section-6.2: case of scheme and host, percent-encoding, dot
segments, default ports; characters beyond ASCII count as their percent-encoding (RFC 3987).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from aikg.names import BASE

#: Scheme, authority, path, query and fragment; the appendix of RFC 3986 has it.
_PARTS = re.compile(r"(?s)([^:/?#]+):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?")
_AUTHORITY = re.compile(r"(?s)(.*@)?(.*?)(?::(\d*))?")
_PORTS = {"http": "80", "https": "443"}
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def normalise(iri: str) -> str:
    """Return the one form of all IRIs that RFC 3986 calls equivalent to this one."""
    match = _PARTS.fullmatch(iri)
    if match is None:
        return iri
    scheme, authority, path, query, fragment = (_encoded(part or "") for part in match.groups())
    scheme = scheme.lower()
    if match[2] is not None:
        path = _without_dots(path) or "/"
        authority = f"//{_authority(authority, scheme)}"
    elif path.startswith("/"):
        path = _without_dots(path)
    return f"{scheme}:{authority}{path}{query}{fragment}"


def lies_under(iri: str, namespace: str) -> bool:
    """Say whether an IRI is written under a namespace, and is there when it is normalised too."""
    return iri.startswith(namespace) and normalise(iri).startswith(normalise(namespace))


def overlap(one: str, other: str) -> bool:
    """Say whether one of two namespaces lies under the other, whatever their scheme."""
    one, other = (normalise(iri).partition(":")[2] for iri in (one, other))
    return one.startswith(other) or other.startswith(one)


def resembles_ours(iri: str) -> bool:
    """Say whether people, or a program that is not strict, would read an IRI as our address."""
    match = _PARTS.fullmatch(normalise(unicodedata.normalize("NFKC", unquote(iri))))
    if match is None or match[2] is None:
        return False
    host = _AUTHORITY.fullmatch(match[2])
    name = unquote(host[2] if host else "").rstrip(".").removeprefix("www.")
    path = re.sub("/+", "/", unquote(match[3])).casefold()
    ours = _PARTS.fullmatch(BASE)
    return bool(ours and name == ours[2] and f"{path}/".startswith(ours[3]))


def _encoded(part: str) -> str:
    """Write what needs no escape without one, and each other escape in upper case."""
    ascii_ = "".join(
        char if char.isascii() else "".join(f"%{b:02X}" for b in char.encode("utf-8", "replace"))
        for char in part
    )
    return _ESCAPE.sub(_needed, ascii_)


def _needed(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if _UNRESERVED.fullmatch(char) else match[0].upper()


def _authority(authority: str, scheme: str) -> str:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return authority
    # Of a host, an escape is not lowered: %3A must not become %3a.
    host = _ESCAPE.sub(lambda escape: escape[0].upper(), match[2].lower())
    port = match[3] or ""
    return f"{match[1] or ''}{host}{f':{port}' if port not in ('', _PORTS.get(scheme)) else ''}"


def _without_dots(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for at, segment in enumerate(segments):
        last = at == len(segments) - 1
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/".join(kept)
