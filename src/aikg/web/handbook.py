"""The documentation: the files of `docs/`, rendered by markdown-it without HTML of their own."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, make_response, render_template, url_for
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from aikg.engine.client import Engine

#: The index of the documentation.
_INDEX = "README"
#: The length of a page, in characters of HTML, from which on its sections are folded.
_LONG = 15_000


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the documentation."""
    routes = Blueprint("handbook", __name__)
    folder = engine.settings.root / "docs"

    @routes.get("/docs/")
    @routes.get("/docs")
    def index() -> Response:
        return _show(folder, _INDEX)

    @routes.get("/docs/<path:name>")
    def page(name: str) -> Response:
        return _show(folder, name.removesuffix(".md"))

    return routes


def _show(folder: Path, name: str) -> Response:
    known = {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.md")}
    if name not in known:
        raise NotFound(f"The documentation has no page {name!r}.")
    text = (folder / f"{name}.md").read_text(encoding="utf-8")
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    title = found[1] if found else name
    html = _folded(_markdown().render(text, {"page": name, "known": known}))
    return make_response(render_template("document.html", heading=title, html=Markup(html)))  # noqa: S704


def _folded(html: str) -> str:
    """Fold the sections of a long page; a link into one of them opens it."""
    if len(html) < _LONG:
        return html
    first, *sections = re.split(r"(?=<h2 )", html)
    for section in sections:
        heading, end, body = section.partition("</h2>")
        first += f"<details><summary>{heading}{end}</summary>{body}</details>\n"
    return first


@cache
def _markdown() -> MarkdownIt:
    """Return the renderer: CommonMark and tables; HTML in a text is shown as text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for rule in (_heading_open, _link_open, _table_open, _table_close, _fence):
        markdown.add_render_rule(rule.__name__.removeprefix("_"), rule)
    return markdown


def _heading_open(
    self: RendererHTML, tokens: list[Token], at: int, options: object, env: dict[str, object]
) -> str:
    """Write a heading with the id that a forge would give it."""
    plain = re.sub(r"[^\w -]", "", tokens[at + 1].content.lower()).replace(" ", "-")
    return f'<{tokens[at].tag} id="{escape(plain)}">'


def _link_open(
    self: RendererHTML, tokens: list[Token], at: int, options: object, env: dict[str, object]
) -> str:
    """Lead from one page of the documentation to the other, where the link names its file."""
    target, sharp, part = str(tokens[at].attrs.get("href", "")).partition("#")
    if target and "://" not in target and not target.startswith("mailto:"):
        steps: list[str] = []
        for step in (PurePosixPath(str(env["page"])).parent / target).parts:
            steps = steps[:-1] if step == ".." and steps else [*steps, step]
        name = "/".join(steps).removesuffix(".md")
        known = env["known"]
        if not isinstance(known, set) or name not in known:
            return "<a>"  # a file of the source, which is not on the site
        target = url_for("handbook.page", name=name)
    return f'<a href="{escape(target + sharp + part)}">'


def _table_open(*_: object) -> str:
    return '<div class="table" tabindex="0" role="region" aria-label="table">\n<table>\n'


def _table_close(*_: object) -> str:
    return "</table>\n</div>\n"


def _fence(
    self: RendererHTML, tokens: list[Token], at: int, options: object, env: dict[str, object]
) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'
