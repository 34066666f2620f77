"""The endpoint over HTTP: the protocols and the pages; it evaluates nothing itself."""

from __future__ import annotations

import atexit
import contextlib
import signal
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request

from aikg.characters import visible, visible_lines
from aikg.engine.client import Engine
from aikg.engine.slots import Caller, caller
from aikg.files.queries import Query, read_queries
from aikg.ledger import namespaces
from aikg.ledger.records import Submission
from aikg.names import LONGEST_NAME, SUBMISSION_NAME
from aikg.releases.shelf import Shelf
from aikg.settings import Settings
from aikg.submissions import receipts
from aikg.submissions.home import Home
from aikg.submissions.opening import open_home
from aikg.web import (
    compare,
    description,
    frame,
    front,
    handbook,
    lists,
    logs,
    lookup,
    metrics,
    nodes,
    parameters,
    problems,
    reconcile,
    releases,
    sending,
    server,
    sparql,
    submissions,
    tables,
    validation,
)
from aikg.web.access import Access
from aikg.web.cache import Cache, Compression
from aikg.web.clients import client_name
from aikg.web.metrics import Watch
from aikg.web.plain import Plain
from aikg.web.prompt import PROMPT, Prompt
from aikg.web.tasks import CLIENT, HANG_UP, ROUTE
from aikg.web.versions import ERROR, Versions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(
    engine: Engine,
    registered: Sequence[Query],
    home: Home | None = None,
    sections: Sequence[Query] = (),
) -> Flask:
    """Make the application that asks an engine.

    Args:
        engine: The graph.
        registered: The questions that the pages show.
        home: Receives submissions; without it the application is for reading only.
        sections: The queries for the page of a node, in this order.
    """
    app = Flask(__name__)
    app.config["SECTIONS"] = sections
    app.jinja_env.finalize = _seen
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    problems.register(app)
    frame.register(app, engine, home.changed if home else lambda: None)
    app.register_blueprint(sparql.blueprint(engine, registered))
    app.register_blueprint(lookup.blueprint(engine))
    app.register_blueprint(reconcile.blueprint(engine))
    app.register_blueprint(compare.blueprint(engine))
    archive = releases.Archive(engine, Shelf(engine.settings))
    app.register_blueprint(releases.blueprint(archive, registered))
    app.extensions["aikg-releases"] = archive
    app.register_blueprint(lists.blueprint(engine))
    app.register_blueprint(tables.blueprint(engine, sections))
    app.register_blueprint(handbook.blueprint(engine))
    app.jinja_env.globals.update(
        takes_submissions=home is not None, name_form=SUBMISSION_NAME, longest_name=LONGEST_NAME
    )
    access = Access(app, home.database) if home else None
    app.register_blueprint(validation.blueprint(engine, partial(_namespaces, home, access)))
    if home and access:
        shares = submissions.in_memory(engine.settings)
        app.register_blueprint(submissions.blueprint(home, access, shares))
        app.register_blueprint(sending.blueprint(home, access, shares))
    withheld, ledger = (home.withheld, home.ledger_state) if home else (dict, lambda: None)
    current = front.Current(engine)
    app.register_blueprint(front.blueprint(engine, current))
    app.register_blueprint(description.blueprint(engine, registered, current, withheld, ledger))
    refuse_gone = partial(receipts.refuse_gone, home.database) if home else None
    app.register_blueprint(nodes.blueprint(engine, refuse_gone))

    _attend(app, engine)
    _put_in_front(app, engine, registered, home)
    return app


def _put_in_front(
    app: Flask, engine: Engine, registered: Sequence[Query], home: Home | None
) -> None:
    """Put what answers without Flask in front of it: cache, versions, plain queries."""
    cache = Cache(
        Compression(app.wsgi_app),
        lambda: str(engine.describe()["version"]),
        engine.settings.cache,
        engine.settings.query_bytes,
        engine.version_now,
    )
    app.extensions["aikg"] = metrics.State(engine, home, cache)
    following = home.following if home else None
    bare, follow = cache.app, following.follow if following else lambda: None
    versions = Versions(cache, bare, lambda: engine.version, follow)
    app.wsgi_app, adapt = versions, None  # type: ignore[method-assign]
    if engine.settings.url:
        public = _Public(versions, engine.settings.url)
        app.wsgi_app, adapt = public, public.adapt  # type: ignore[method-assign]
    app.extensions[PROMPT] = Prompt(adapt, versions, cache, Plain(engine, registered))


def _attend(app: Flask, engine: Engine) -> None:
    """Bound the body of each request, name its client, and add the headers of each answer."""

    @app.before_request
    def bound_body() -> None:
        most = parameters.most_body(engine.settings, request.path)
        request.max_content_length, request.max_form_memory_size = most, parameters.FIELD

    @app.before_request
    def refuse_version() -> None:
        if ERROR in request.environ:
            raise request.environ[ERROR]

    @app.before_request
    def name_caller() -> None:
        gone = request.environ.get("waitress.client_disconnected", bool)
        name = request.environ.get(CLIENT) or client_name(request.remote_addr or "")
        caller.set(Caller(name, gone, request.environ.get(HANG_UP, bool)))
        if request.url_rule:
            request.environ[ROUTE] = request.url_rule.rule

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(problems.headers_for(request.path))
        response.vary.add("Accept")
        return response


def _namespaces(home: Home | None, access: Access | None) -> list[str]:
    """Return the namespaces that are registered for the person whose token the request bears."""
    token = access.header_token() if access else None
    return namespaces.of(home.database, token.person) if home and token else []


def _seen(value: object) -> object:
    """Write out the hidden characters of a text in a page; markup stays as it is."""
    return visible_lines(value) if type(value) is str else value


class _Public:
    """An application that every client reaches at one public address.

    Its absolute addresses begin with that one, whatever Host a client sends.
    """

    def __init__(self, app: WSGIApplication, url: str) -> None:
        self._app, self._url = app, urlsplit(url)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        self.adapt(environ)
        return self._app(environ, start_response)

    def adapt(self, environ: WSGIEnvironment) -> None:
        """Put the public address into an environment."""
        environ["wsgi.url_scheme"] = self._url.scheme
        environ["HTTP_HOST"] = self._url.netloc
        environ["SCRIPT_NAME"] = self._url.path


def open_app(settings: Settings, holder: str = "a WSGI server") -> Flask:
    """Open a home on the built graph, and make the application for a WSGI server.

    No other process can use the home until this one ends.
    """
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    home = stack.enter_context(open_home(settings, holder, _report_failing))
    for address, why in home.withheld().items():
        sys.stderr.write(f"submission {address} is withheld: {why}\n")
    queries = settings.root / "queries"
    registered, sections = read_queries(queries / "competency"), nodes.load(queries / "pages")
    app = create_app(home.engine, registered, home, sections)
    stack.callback(app.extensions["aikg-releases"].close)
    return app


def _report_failing(submission: Submission, found: list[str]) -> None:
    """Report a published submission that breaks a rule since the files have changed."""
    for line in found or ["It breaks a rule."]:
        sys.stderr.write(
            f"submission {submission.address} is published and fails: {visible(line)}\n"
        )


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the built graph until SIGINT or SIGTERM; port 0 takes one that is free.

    Raises:
        PortInUse: Another program listens there.
        SettingError: The host is not an address of this machine, or descriptors are too few.
        EngineUnavailable: The graph cannot be loaded.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with server.listen(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}"
        public = f", public at {settings.url}" if settings.url else ""
        logs.to_standard_error()
        app, watch = open_app(settings, f"the server at {address}{public}"), Watch(settings)
        said = f"SPARQL at {address}/sparql, pages at {address}/{public}; Ctrl-C ends it\n"
        with contextlib.ExitStack() as stack:
            if settings.metrics:
                shown = watch.shown(settings.metrics, metrics.parts(app))
                said += f"metrics at {stack.enter_context(shown)}\n"
            sys.stdout.write(said)
            sys.stdout.flush()
            server.run(app, listener, settings, partial(parameters.most_body, settings), watch)
