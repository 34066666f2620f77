"""Every error as a problem document (RFC 9457), or as a page with the same content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from aikg.errors import AikgError, code
from aikg.names import BASE
from aikg.sparql.formats import SOLUTIONS, TRIPLES, Format, preferred

HTML = "text/html"
#: The preview of an entity, which programs show in a frame: it has no form, script or cookie.
PREVIEW = "/reconcile/preview"
_POLICY = "Content-Security-Policy"
_IN_FRAME = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"


def _types(formats: Iterable[Format]) -> list[str]:
    return [media_type for form in formats for media_type in (form.media_type, *form.also)]


#: The formats of data, problem documents included, and their media types.
DATA = (*SOLUTIONS, *TRIPLES, Format("application/problem+json", ()))
DATA_TYPES = _types(DATA)
#: The headers of every response.
HEADERS = [
    (
        _POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    # Any page may read an open graph from its visitor's browser.
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Headers",
        "Accept, AIKG-Version, Authorization, Content-Type, If-None-Match",
    ),
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, QUERY, OPTIONS"),
    (
        "Access-Control-Expose-Headers",
        "AIKG-Version, Allow, Content-Location, ETag, Link, Location, Retry-After, X-Request-ID",
    ),
    ("Access-Control-Max-Age", "86400"),
]
#: The addresses where tokens count: no page of another site may send one there.
_OWN = ("/submissions", "/sign-in")
#: How long a client should wait before it asks again, in seconds.
_RETRY = 5

_ADVICE = {
    404: "See / for the pages, and /sparql for the endpoint.",
    405: "Use one of the methods in the header Allow.",
    413: "Send less at once; docs/reference/http-api.md lists the limits.",
    500: "This is a bug in the server; please report it with the request.",
}


def register(app: Flask) -> None:
    """Let the application answer every error in this form."""
    app.register_error_handler(AikgError, lambda error: respond(problem(error)))
    app.register_error_handler(HTTPException, _respond_to_http)


def wants_page(
    formats: Iterable[Format] = DATA, *, named: str | None = None, by_default: bool = False
) -> bool:
    """Return whether the client of the present request prefers a page to data.

    Args:
        formats: What else the address has.
        named: See `prefers_page`.
        by_default: See `prefers_page`.
    """
    accept = request.headers.get("Accept")
    return prefers_page(accept, formats, named=named, by_default=by_default)


def prefers_page(
    accept: str | None,
    formats: Iterable[Format] = DATA,
    *,
    named: str | None = None,
    by_default: bool = False,
) -> bool:
    """Return whether a client prefers a page to data.

    Args:
        accept: Its Accept header.
        formats: What else the address has.
        named: The format that the request asks for by name; then no page is wanted.
        by_default: Whether a client without a preference gets the page.
    """
    if named:
        return named in {HTML, "html"}
    types = DATA_TYPES if formats is DATA else _types(formats)
    types = [HTML, *types] if by_default else [*types, HTML]
    return preferred(accept, types) == HTML


def show(page: str, found: Any, **context: Any) -> Response:
    """Answer with a page if the client prefers one, or else with JSON.

    Args:
        page: The template.
        found: The content of the answer in JSON.
        context: The variables of the page.
    """
    return make_response(render_template(page, **context)) if wants_page() else jsonify(found)


def problem(error: AikgError) -> dict[str, Any]:
    """Return an error as the members of a problem document, its own members included."""
    name = code(error)
    return {
        "type": f"{BASE}problem/{name}",
        "title": name.replace("-", " ").capitalize(),
        "status": error.status,
        "detail": str(error),
        **error.members,
    }


def respond(members: dict[str, Any], page: str = "problem.html", **context: Any) -> Response:
    """Answer with a problem, as a page where the client prefers one."""
    if wants_page():
        response = make_response(render_template(page, problem=members, **context))
    else:
        response = jsonify(members)
        response.mimetype = "application/problem+json"
    response.status_code = members["status"]
    response.headers.extend(headers_of(members))
    return response


def headers_for(path: str) -> list[tuple[str, str]]:
    """Return the headers of every response at a path.

    Another site may not use our tokens, and may put the preview alone into a frame.
    """
    if path == PREVIEW:
        return [(_POLICY, _IN_FRAME), *HEADERS[1:]]
    if not path.startswith(_OWN):
        return HEADERS
    return [
        (name, value.replace("Authorization, ", "") if name.endswith("Allow-Headers") else value)
        for name, value in HEADERS
    ]


def headers_of(members: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the headers that go with the status of a problem."""
    status = members["status"]
    if status == 415:
        return [("Accept-Encoding", "identity")]  # RFC 9110, section 15.5.16
    if status == 401:
        return [("WWW-Authenticate", 'Bearer realm="aikg"')]
    if status in {429, 503}:
        return [("Retry-After", str(members.get("retry_after", _RETRY)))]
    return []


def _respond_to_http(error: HTTPException) -> Response:
    status = error.code or 500
    members = {
        "type": "about:blank",
        "title": error.name,
        "status": status,
        "detail": error.description,
        "advice": _ADVICE.get(status, _ADVICE[404]),
    }
    response = respond(members)
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response
