"""/names: a list of names in, our terms out; /reconcile: the Reconciliation Service API.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/, versions 0.1 and
0.2. A worker looks the names up, within its deadline and the share of the client.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from aikg.engine.client import Engine
from aikg.errors import AikgError, BodyTooLarge, RequestMalformed, UnsupportedMediaType
from aikg.names import BASE, PREFIXES
from aikg.sparql.formats import Format, choose
from aikg.web import parameters, problems

#: The most names of a list.
NAMES = 5_000
#: The most queries or identifiers of a batch, and its greatest length in bytes.
BATCH, BATCH_BYTES = 50, 64_000
#: The formats of a list of names; the first is the default.
_LISTS = (
    Format("text/tab-separated-values", ("tsv",)),
    Format("application/json", ("json",)),
)
_TEXTS = ("text/plain", "text/tab-separated-values")
_SPECIFICATION = "https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/"
#: What can be completed, by the end of its address.
_SUGGESTED = ("entity", "property", "type")
#: The types that are offered before any query.
_TYPES = ("Drug", "Study", "Outcome", "Publication")


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of lists of names."""
    routes = Blueprint("reconcile", __name__)

    @routes.post("/names")
    def names() -> Response:
        listed = _listed()
        form = choose(request.args.get("format"), request.headers.get("Accept"), _LISTS)
        answer = engine.run("names", {"format": form.names[0]}, json.dumps(listed).encode())
        return Response(answer.read(), mimetype=form.media_type)

    @routes.route("/reconcile/", methods=["GET", "POST"])
    @routes.route("/reconcile", methods=["GET", "POST"])
    def service() -> Response:
        given = parameters.read() if request.method == "POST" else request.args
        for kind in ("queries", "extend"):
            if kind in given:
                return _ask(engine, kind, _batch(kind, given[kind]))
        return jsonify(manifest())

    @routes.get(f"/reconcile/suggest/<any({', '.join(_SUGGESTED)}):kind>")
    def suggest(kind: str) -> Response:
        return _ask(engine, kind, {"prefix": request.args.get("prefix", "")[:200]})

    @routes.get("/reconcile/properties")
    def properties() -> Response:
        return _ask(engine, "properties", {"type": request.args.get("type", "")[:200]})

    @routes.get("/reconcile/flyout")
    def flyout() -> Response:
        shown = _shown(engine)
        return jsonify({"id": shown["id"], "html": render_template("flyout.html", **shown)})

    @routes.get(problems.PREVIEW)
    def preview() -> str:
        return render_template("preview.html", **_shown(engine))

    return routes


def manifest() -> dict[str, Any]:
    """Describe the service, under the address that the client has for it."""
    root = url_for("description.front", _external=True).rstrip("/")
    suggested = {
        kind: {"service_url": root, "service_path": f"/reconcile/suggest/{kind}"}
        for kind in _SUGGESTED
    }
    suggested["entity"] |= {
        "flyout_service_url": root,
        "flyout_service_path": "/reconcile/flyout?id=${id}",
    }
    return {
        "versions": ["0.1", "0.2"],
        "name": "aikg: evidence on aromatase inhibitors",
        "identifierSpace": BASE,
        "schemaSpace": PREFIXES["aikg"],
        "documentation": f"{root}/docs/reference/http-api",
        "defaultTypes": [{"id": name, "name": name} for name in _TYPES],
        "view": {"url": f"{root}/{{{{id}}}}"},
        "preview": {"url": f"{root}{problems.PREVIEW}?id={{{{id}}}}", "width": 400, "height": 250},
        "suggest": suggested,
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/reconcile/properties"},
            "property_settings": [],
        },
        "batchSize": BATCH,
    }


def _ask(engine: Engine, kind: str, asked: dict[str, Any]) -> Response:
    answer = engine.run("reconcile", {"kind": kind}, json.dumps(asked).encode())
    return Response(answer.read(), mimetype="application/json")


def _shown(engine: Engine) -> dict[str, Any]:
    local = request.args.get("id", "")[:500]
    shown: dict[str, Any] = json.loads(_ask(engine, "show", {"id": local}).get_data())
    if not shown:
        raise NotFound
    return shown


def _listed() -> list[str]:
    """Read the names of the body: one a line, the first cell of each; empty lines do not count.

    Raises:
        RequestMalformed: The body is not in UTF-8, or a form has no field `names`.
        UnsupportedMediaType: The type of the body is not accepted.
        BodyTooLarge: There are too many names.
    """
    if request.mimetype in _TEXTS:
        try:
            text = request.get_data().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise parameters.malformed("The list is not in UTF-8", "Send it in UTF-8.") from error
    elif request.mimetype in {parameters.FORM, "multipart/form-data"}:
        if "names" not in request.form:
            raise RequestMalformed(
                "The form has no field `names`.",
                advice="Send the field, or the list itself with `Content-Type: text/plain`.",
            )
        text = request.form["names"]
    else:
        raise UnsupportedMediaType(
            f"A list of type {request.mimetype or 'unknown'} is not accepted.",
            advice=f"Send {' or '.join(_TEXTS)}, one name a line.",
        )
    names = [name for line in text.splitlines() if (name := line.split("\t")[0].strip())]
    if len(names) > NAMES:
        raise _too_many(f"The list has {len(names):,} names, and at most {NAMES:,} are accepted")
    return names


def _batch(kind: str, text: str) -> dict[str, Any]:
    """Read a batch, and refuse one that is too large before a worker has it.

    Raises:
        BodyTooLarge: It has too many queries or identifiers, or too many bytes.
        RequestMalformed: It is not an object of JSON.
    """
    if len(text.encode()) > BATCH_BYTES:
        raise _too_many(f"A batch has at most {BATCH_BYTES:,} bytes")
    try:
        batch = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        batch = None
    if not isinstance(batch, dict):
        raise RequestMalformed(
            f"`{kind}` is not an object of JSON.",
            advice='Send an object, such as {"q0": {"query": "aromasin"}}.',
            reference=_SPECIFICATION,
        )
    counted = batch if kind == "queries" else batch.get("ids")
    if isinstance(counted, dict | list) and len(counted) > BATCH:
        raise _too_many(f"A batch has at most {BATCH} queries or identifiers")
    return batch


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ValueError(name)


def _too_many(what: str) -> AikgError:
    return BodyTooLarge(f"{what}.", advice="Send it in parts.", reference=_SPECIFICATION)
