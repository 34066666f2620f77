"""Sending a table in steps: fill, check, see, send. A draft is its person's, for a day."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.intake.formats import FORMATS
from aikg.submissions import receipts
from aikg.submissions.drafting import Drafting
from aikg.submissions.home import Home
from aikg.web import nodes, problems, sections
from aikg.web.access import Access
from aikg.web.clients import Shares
from aikg.web.submissions import address_of, sent_file

_DRAFT = "/submissions/drafts/<draft>"
#: The fields of the form, whose values a page with an error keeps.
_FIELDS = ("name", "orcid", "licence", "text")
#: The columns of the filled row that the first step shows, with its values. The trial is invented.
FILLED = {
    "Trial": "INVENTED-1",
    "Trial population": "postmenopausal women with advanced disease",
    "Publication": "primary paper of INVENTED-1",
    "Section": "Abstract",
    "Arm": "exemestane",
    "Drugs": "exemestane 25 mg (once daily)",
    "Analysis set": "intention to treat",
    "Outcome": "clinical benefit rate",
    "Measure": "crude proportion",
    "As printed": "38%",
    "Value": "38",
    "Unit": "%",
}


def blueprint(home: Home, access: Access, shares: Shares) -> Blueprint:
    """Make the routes of the steps.

    Args:
        home: The home.
        access: Finds the token of a request.
        shares: Of the memory for files that come in.
    """
    routes = Blueprint("sending", __name__)
    _add_checking(routes, home, access, shares)
    _add_drafts(routes, home, access)
    return routes


def _add_checking(routes: Blueprint, home: Home, access: Access, shares: Shares) -> None:
    @routes.get("/submissions/new")
    def new() -> str:
        return render_template("send.html", token=access.token(), **_form(home.engine))

    @routes.post("/submissions/check")
    def check() -> AnyResponse:
        token = access.require("submit")
        try:
            with shares.holding(str(token.id), request.content_length or 0):
                found = Drafting(home, token).check(sent_file(home.engine.settings))
        except AikgError as error:
            shown = {"token": token, "report": getattr(error, "report", None)}
            return problems.respond(
                problems.problem(error), "send.html", **_form(home.engine), **shown
            )
        address = url_for("sending.draft", draft=found.id)
        if problems.wants_page():
            return redirect(address, 303)
        response = jsonify(found.described)
        response.status_code = 201
        response.headers["Location"] = address
        return response


def _add_drafts(routes: Blueprint, home: Home, access: Access) -> None:
    @routes.get(_DRAFT, endpoint="draft")
    def see(draft: str) -> Response:
        token = access.require("submit")
        drafting = Drafting(home, token)
        found = drafting.find(draft)
        if not problems.wants_page():
            return jsonify(found.described)
        asked = sections.listed(current_app.config["SECTIONS"])
        page = drafting.preview(found, asked, request.args.get("node", ""))
        context = nodes.context(page["node"], page["answers"])
        shown = {"draft": found.described, "trials": page["trials"], "token": token}
        own = found.person == token.person
        return make_response(render_template("draft.html", **context, **shown, own=own))

    @routes.post(f"{_DRAFT}/send")
    def send(draft: str) -> AnyResponse:
        token = access.require("submit")
        drafting = Drafting(home, token)
        found = drafting.send(drafting.find(draft))
        receipt = receipts.receipt(home.database, found)
        if problems.wants_page():
            return redirect(address_of(receipt), 303)
        response = jsonify(receipt)
        response.status_code = 201
        response.headers["Location"] = address_of(receipt)
        return response

    @routes.post(f"{_DRAFT}/discard")
    def discard(draft: str) -> AnyResponse:
        drafting = Drafting(home, access.require("submit"))
        drafting.discard(drafting.find(draft))
        if problems.wants_page():
            return redirect(url_for("submissions.listing"), 303)
        return Response(status=204)


def _form(engine: Engine) -> dict[str, Any]:
    """Return the choices of the form, and the values that were written into it."""
    return {
        "formats": FORMATS,
        "most": engine.settings.submission_bytes,
        "filled": FILLED,
        "written": {name: request.values.get(name, "") for name in _FIELDS},
    }
