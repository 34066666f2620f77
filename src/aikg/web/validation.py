"""/validate: is a file valid; without an account or with a token. The engine reads the file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from typing import IO

from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import MultiDict

from aikg.engine.client import Body, Engine
from aikg.errors import AikgError, RequestMalformed
from aikg.intake.formats import FORMATS, REPORTS
from aikg.ledger import records
from aikg.names import UNNAMED, name_after, submission_namespace
from aikg.sparql.formats import choose
from aikg.web import problems


def blueprint(engine: Engine, namespaces: Callable[[], list[str]]) -> Blueprint:
    """Make the routes of validation.

    Args:
        engine: The graph.
        namespaces: Returns those that are registered for the sender; it may refuse a bad token.
    """
    routes = Blueprint("validation", __name__)

    @routes.get("/validate")
    def form() -> str:
        return render_template("validate.html", **_form_values(engine, request.args))

    @routes.post("/validate")
    def validate() -> Response | str:
        body, media_type, file, fields = _read()
        page = problems.wants_page(REPORTS)
        try:
            name = fields.get("name") or name_after(file)
            submission_namespace(name)
            records.refuse_hidden("file", file)
            accept = request.headers.get("Accept")
            form = REPORTS[0] if page else choose(fields.get("format"), accept, REPORTS)
            report = engine.run(
                "check",
                {
                    "media_type": media_type,
                    "file": file,
                    "name": name,
                    "form": form.names[0],
                    "bytes": engine.settings.submission_bytes,
                    "namespaces": namespaces(),
                },
                body,
            ).read()
        except AikgError as error:
            shown = _form_values(engine, fields)
            return problems.respond(problems.problem(error), "validate.html", **shown)
        if page:
            shown = _form_values(engine, fields)
            return render_template("validate.html", report=json.loads(report), **shown)
        return Response(report, mimetype=form.media_type)

    @routes.get("/template.<any(csv, xlsx):form>")
    def template(form: str) -> Response:
        asked = request.args.get("form", "short")
        if asked not in {"short", "long"}:
            raise RequestMalformed(
                f"The template has no form {asked!r}.", advice="Ask for form=short or form=long."
            )
        sheet = engine.run("template", {"form": form, "long": asked == "long"}).read()
        media_type = next(f.media_type for f in FORMATS if form in f.endings)
        response = Response(sheet, mimetype=media_type)
        response.headers.set("Content-Disposition", "attachment", filename=f"aikg-template.{form}")
        return response

    return routes


def _read() -> tuple[Body, str | None, str, MultiDict[str, str]]:
    """Find a file, or a text that was pasted into the form, or a body as it is.

    A file or a body lies on the disk where it is large: it is read once the engine has a slot.
    """
    fields = MultiDict(request.args)
    if request.mimetype != "multipart/form-data":
        file = fields.get("file") or fields.get("name") or UNNAMED
        return _open_body, request.mimetype, file, fields
    fields.update(request.form)
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return partial(_open, sent.stream), None, sent.filename, fields
    file = fields.get("name") or UNNAMED
    return fields.get("text", "").encode(), fields.get("type") or "text/turtle", file, fields


def _open_body() -> IO[bytes]:
    """Open the request's body; the server has judged its length, and may have it on the disk."""
    stream: IO[bytes] = request.environ["wsgi.input"]
    is_file = hasattr(stream, "seekable") and stream.seekable()
    return _open(stream) if is_file else io.BytesIO(request.get_data())


def _open(stream: IO[bytes]) -> IO[bytes]:
    stream.seek(0)
    return stream


def _form_values(engine: Engine, fields: MultiDict[str, str]) -> dict[str, object]:
    """Return the choices of the form, and the values that were written into it."""
    return {
        "formats": FORMATS,
        "texts": [f for f in FORMATS if f.name not in {"XLSX", "ODS"}],
        "most": engine.settings.submission_bytes,
        "written": {name: fields.get(name, "") for name in ("text", "type", "name")},
    }
