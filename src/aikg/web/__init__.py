"""The endpoint over HTTP: speaks the protocol and shows pages; it evaluates nothing itself."""

from __future__ import annotations

import atexit
import contextlib
import ipaddress
import signal
import sys
from collections.abc import Sequence
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import RequestHeaderFieldsTooLarge

from aikg.characters import visible, visible_lines
from aikg.engine.client import Engine
from aikg.engine.places import Caller, caller
from aikg.files.queries import Query, read_queries
from aikg.ledger import namespaces
from aikg.ledger.records import Submission
from aikg.settings import Settings
from aikg.submissions import receipts
from aikg.submissions.desk import Desk
from aikg.submissions.opening import open_desk
from aikg.web import (
    description,
    lookup,
    nodes,
    pages,
    problems,
    server,
    sparql,
    store,
    submissions,
    validation,
)
from aikg.web.access import Access
from aikg.web.cache import Cache
from aikg.web.compression import Compression

#: A byte of a query takes three in a form; the rest is for the other parameters.
_ESCAPED, _OTHERS = 3, 16_000
#: The longest header that a client may send, in characters.
_HEADER = 16_000
#: How much of an IPv6 address is one client's: what a provider gives a household.
_HOUSEHOLD = 64

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Any page may read an open graph from its visitor's browser.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, QUERY, OPTIONS",
    "Access-Control-Expose-Headers": "Allow, Content-Location, ETag, Link, Location, Retry-After",
    "Access-Control-Max-Age": "86400",
}


def create_app(
    engine: Engine,
    registered: Sequence[Query],
    desk: Desk | None = None,
    sections: Sequence[Query] = (),
) -> Flask:
    """Make the application that asks an engine.

    Args:
        engine: The graph.
        registered: The questions that the pages show.
        desk: Takes submissions in; without it the application is for reading only.
        sections: What the page of a node asks, in this order.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = engine.settings.query_bytes * _ESCAPED + _OTHERS
    app.config["SECTIONS"] = sections
    app.jinja_env.finalize = _seen
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    problems.register(app)
    withheld = desk.withheld if desk else dict
    app.register_blueprint(pages.blueprint(engine, registered, withheld))
    app.register_blueprint(sparql.blueprint(engine, registered))
    app.register_blueprint(store.blueprint(engine))
    app.register_blueprint(lookup.blueprint(engine))
    app.jinja_env.globals["takes_submissions"] = desk is not None
    access = Access(app, desk) if desk else None
    app.register_blueprint(validation.blueprint(engine, partial(_namespaces, desk, access)))
    if desk and access:
        app.register_blueprint(submissions.blueprint(desk, access))
    app.register_blueprint(description.blueprint(engine))
    refuse_gone = partial(receipts.refuse_gone, desk.database) if desk else None
    app.register_blueprint(nodes.blueprint(engine, refuse_gone))

    @app.before_request
    def refuse_large_header() -> None:
        if any(len(value) > _HEADER for _, value in request.headers):
            raise RequestHeaderFieldsTooLarge(f"A header has more than {_HEADER:,} characters.")

    @app.before_request
    def name_caller() -> None:
        gone = request.environ.get("waitress.client_disconnected", bool)
        caller.set(Caller(_client(request.remote_addr or ""), gone))

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(_HEADERS)
        response.vary.add("Accept")
        return response

    app.wsgi_app = Cache(  # type: ignore[method-assign]
        Compression(app.wsgi_app),
        lambda: str(engine.describe()["version"]),
        engine.settings.cache,
        engine.settings.query_bytes,
    )
    return app


def _namespaces(desk: Desk | None, access: Access | None) -> list[str]:
    """Return the namespaces that are registered for the person whose token the request bears."""
    token = access.header_token() if access else None
    return namespaces.of(desk.database, token.person) if desk and token else []


def _seen(value: object) -> object:
    """Write out what is hidden in a text of a page; what is markup already stays as it is."""
    return visible_lines(value) if type(value) is str else value


def _client(address: str) -> str:
    """Name who shares one share: an address, or for IPv6 the network that it is in."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, _HOUSEHOLD), strict=False))


def open_app(settings: Settings, holder: str = "a WSGI server") -> Flask:
    """Open a desk on the built graph, and make the application for a WSGI server.

    The home is held until the process ends: one process serves it.
    """
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    desk = stack.enter_context(open_desk(settings, holder, _tell_failing))
    for address, why in desk.withheld().items():
        sys.stderr.write(f"submission {address} is withheld: {why}\n")
    queries = settings.root / "queries"
    registered, sections = read_queries(queries / "competency"), nodes.load(queries / "pages")
    return create_app(desk.engine, registered, desk, sections)


def _tell_failing(submission: Submission, found: list[str]) -> None:
    """Tell whoever runs the server of a publication that breaks a rule since the files changed."""
    for line in found or ["It breaks a rule."]:
        sys.stderr.write(
            f"submission {submission.address} is published and fails: {visible(line)}\n"
        )


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the built graph until SIGINT or SIGTERM; port 0 takes one that is free.

    Raises:
        PortInUse: Another program listens there.
        EngineUnavailable: The graph cannot be loaded.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with server.listen(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        app = open_app(settings, f"the server at {address}")
        sys.stdout.write(f"SPARQL at {address}/sparql, pages at {address}/; Ctrl-C ends it\n")
        sys.stdout.flush()
        # To what is larger than Flask reads, Flask answers: 413, with a problem document.
        server.run(app, listener, settings, 4 * settings.submission_bytes)
