"""What each page has around its content, and the files that robots and browsers look for."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, request, url_for

from aikg.characters import visible
from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.names import BASE
from aikg.web.lists import KINDS

TITLE = "aikg: an open knowledge graph of the clinical evidence on aromatase inhibitors"
AUTHOR = "The aikg maintainers"
LICENSE = "https://creativecommons.org/licenses/by/4.0/"
#: A crawler may read the pages, but not run queries.
_ROBOTS = """User-agent: *
Disallow: {root}/sparql
Disallow: {root}/compare?
Disallow: {root}/network?
Disallow: {root}/evidence-map?
Disallow: {root}/table/
Disallow: {root}/search
Disallow: {root}/submissions
Disallow: {root}/validate
Allow: {root}/

Sitemap: {sitemap}
"""
_ADDRESSES = "SELECT DISTINCT ?node {{ VALUES ?kind {{ {} }} ?node a ?kind }} ORDER BY ?node"
_ESCAPED_IN_TEX = re.compile(r"([&%$#_])")


@dataclass(frozen=True)
class Citation:
    """How a page is cited, in three forms.

    Attributes:
        text: A sentence.
        bibtex: An entry of BibTeX.
        ris: A record of RIS.
    """

    text: str
    bibtex: str
    ris: str


def cite(title: str, address: str, version: str, date: str) -> Citation:
    """Write the citation of a page.

    Args:
        title: The heading of the page; it may be the text of an unknown user.
        address: The permanent address of the page.
        version: The version of the data.
        date: Its day: `2026-11-29`.
    """
    title, year = " ".join(visible(title).split()), date[:4]
    edition = f"version {version} of {date}"
    tex = _in_tex(title)
    key = re.sub(r"[^a-z0-9]+", "-", address.removeprefix(BASE).lower()).strip("-") or "graph"
    bibtex = (
        f"@misc{{aikg-{key},\n  author = {{{{{AUTHOR}}}}},\n  title = {{{{{tex}}}}},\n"
        f"  howpublished = {{{_in_tex(TITLE)}}},\n  year = {{{year}}},\n"
        f"  note = {{{_in_tex(edition)}}},\n  url = {{{address}}}\n}}"
    )
    ris = "\n".join(
        (
            "TY  - DATA", f"AU  - {AUTHOR}", f"TI  - {title}", f"T2  - {TITLE}", f"PY  - {year}",
            f"DA  - {date.replace('-', '/')}", f"ET  - {edition}", f"UR  - {address}", "ER  - ",
        )
    )  # fmt: skip
    return Citation(f"{title}. In: {TITLE}, {edition}. {address}. CC BY 4.0.", bibtex, ris)


def _in_tex(text: str) -> str:
    plain = text.translate(str.maketrans("\\~^{}", "/- ()"))  # BibTeX counts every brace
    return _ESCAPED_IN_TEX.sub(r"\\\1", plain)


def register(app: Flask, engine: Engine, changed: Callable[[], str | None]) -> None:
    """Add what each page shows, and the routes of the files around the pages.

    Args:
        app: The application.
        engine: The graph.
        changed: Returns when the graph changed last after its build, in UTC.
    """

    def edition() -> dict[str, str]:
        with contextlib.suppress(AikgError, OSError):
            built = engine.settings.graph.stat().st_mtime
            day = datetime.datetime.fromtimestamp(built, datetime.UTC).date().isoformat()
            version = str(engine.describe()["version"])
            return {"version": version, "date": max(day, (changed() or "")[:10])}
        return {}

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            "site": {
                "edition": edition(),
                "contact": engine.settings.contact,
                "cite": cite,
                "permanent": _permanent,
                "report": _report,
                "documented": (engine.settings.root / "docs").is_dir(),
            }
        }

    app.register_blueprint(_files(engine))


def _permanent() -> str:
    """Return the permanent address of the page that is shown."""
    query = request.query_string.decode(errors="replace")
    path = quote(request.path.removeprefix("/"), safe="/:@~+,;=")
    return BASE + path + (f"?{visible(query)}" if query else "")


def _report(contact: str, version: str) -> str:
    """Return the address by which a reader reports a mistake on the page that is shown."""
    if "@" not in contact or "://" in contact:
        return contact
    subject = quote(f"aikg: a mistake at {request.path}")
    body = quote(f"Page: {_permanent()}\nVersion of the data: {version}\n\nThe mistake: ")
    return f"mailto:{contact}?subject={subject}&body={body}"


def _files(engine: Engine) -> Blueprint:
    routes = Blueprint("frame", __name__)

    @routes.get("/robots.txt")
    def robots() -> Response:
        sitemap = url_for("frame.sitemap", _external=True)
        text = _ROBOTS.format(root=request.script_root, sitemap=sitemap)
        return Response(text, mimetype="text/plain")

    @routes.get("/favicon.ico")
    def icon() -> Response:
        drawn = resources.files("aikg.web").joinpath("static", "icon.svg").read_bytes()
        return Response(drawn, mimetype="image/svg+xml")

    @routes.get("/sitemap.xml")
    def sitemap() -> Response:
        kinds = " ".join(f"<{kind.iri}>" for kind in KINDS.values() if kind.mapped)
        rows = engine.query(_ADDRESSES.format(kinds), format="csv").read().decode().split()[1:]
        here = request.url_root.rstrip("/")
        paths = ["", *KINDS, *(iri.removeprefix(BASE) for iri in rows if iri.startswith(BASE))]
        urls = "".join(
            f"<url><loc>{here}/{quote(path, safe='/:@~+,;=')}</loc></url>\n" for path in paths
        )
        return Response(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n',
            mimetype="application/xml",
        )

    return routes
