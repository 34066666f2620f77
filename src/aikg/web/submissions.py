"""/submissions: evidence is sent, reviewed, published and withdrawn."""

from __future__ import annotations

import io
import itertools
from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from aikg.characters import visible
from aikg.errors import RequestMalformed, SubmissionInvalid, SubmissionTooLarge
from aikg.intake.formats import FORMATS
from aikg.ledger import records
from aikg.ledger.steps import LICENCES, Sent
from aikg.publication import decided
from aikg.settings import Settings
from aikg.submissions.curation import Curation
from aikg.submissions.drafting import Drafting
from aikg.submissions.home import Home
from aikg.web import parameters, problems
from aikg.web.access import WITHIN, Access
from aikg.web.clients import Shares

_BYTES = "application/octet-stream"
_ADDRESS = "/submissions/<name>/<int:version>"
#: The options of a withdrawal.
_WITHDRAWING = ("force", "with_dependents")
#: How many of the largest files are in memory at once; one sender may have half of them.
_IN_MEMORY = 4
#: The media types that are served as they were sent; any other could be a page, or a script.
_SERVED = {form.media_type for form in FORMATS}


def in_memory(settings: Settings) -> Shares:
    """Return the shares of the memory for files that come in."""
    most = _IN_MEMORY * (settings.submission_bytes + parameters.AROUND)
    return Shares(most, most // 2, "bytes of submissions")


def blueprint(home: Home, access: Access, shares: Shares) -> Blueprint:
    """Make the routes of submissions, and of the session of a person.

    Args:
        home: The home.
        access: Finds the token of a request.
        shares: Of the memory for files that come in.
    """
    routes = Blueprint("submissions", __name__)
    _add_reading(routes, home, access)
    _add_steps(routes, home, access, shares)
    _add_decisions(routes, home, access)
    _add_session(routes, access)
    return routes


def _add_reading(routes: Blueprint, home: Home, access: Access) -> None:
    @routes.get("/submissions")
    def listing() -> Response:
        token = access.token()
        curation = Curation(home, token)
        own = curation.mine() if token else []
        found = own if request.args.get("mine") == "true" else curation.listing()
        kept = Drafting(home, token).listing() if token else []
        shown = {"submissions": curation.listing(), "own": own, "drafts": kept, "token": token}
        return problems.show("submissions.html", found, **shown)

    @routes.get(_ADDRESS)
    def submission(name: str, version: int) -> Response:
        token = access.token()
        found = Curation(home, token).show(name, version)
        shown = Curation(home, token).word(name, version)
        return problems.show("submission.html", found, answer=found, token=token, **shown)

    @routes.get(_ADDRESS + "/bytes")
    def content(name: str, version: int) -> Response:
        curation = Curation(home, access.token())
        found = curation.find(name, version)
        return send_file(
            io.BytesIO(curation.content(name, version)),
            mimetype=found.media_type if found.media_type in _SERVED else _BYTES,
            as_attachment=True,
            download_name=visible(found.filename or found.name),
        )

    @routes.get(_ADDRESS + "/statements")
    def statements(name: str, version: int) -> Response:
        stated = Curation(home, access.token()).statements(name, version)
        return Response(stated, mimetype="application/n-triples")

    @routes.get(_ADDRESS + "/impact")
    def impact(name: str, version: int) -> Response:
        curation = Curation(home, access.require("review"))
        answer, found = curation.impact(name, version), curation.show(name, version)
        return problems.show("impact.html", answer, submission=found, impact=answer)


def _add_steps(routes: Blueprint, home: Home, access: Access, shares: Shares) -> None:
    @routes.post("/submissions")
    def submit() -> AnyResponse:
        token = access.require("submit")
        with shares.holding(str(token.id), request.content_length or 0):
            found = Curation(home, token).submit(sent_file(home.engine.settings))
        return _received(found, absolute=bool(home.engine.settings.url))

    def step(verb: str, scope: str) -> None:
        def view(name: str, version: int) -> AnyResponse:
            curation = Curation(home, access.require(scope))
            why = _parameter("why") or ""
            if not why and verb != "publish":
                raise _needs_reason(f"to {verb} a submission")
            possible = _WITHDRAWING if verb == "withdraw" else ()
            options = [option for option in possible if _parameter(option) == "true"]
            if "force" in options:
                access.require("admin")
            remarks = _remarks() if verb == "return" else ()
            found = curation.step(verb, name, version, why, options, remarks)
            if problems.wants_page():
                return redirect(address_of(found), 303)
            answer = jsonify(found)
            answer.status_code = 200 if found.get("erased", True) else 202
            return answer

        routes.add_url_rule(f"{_ADDRESS}/{verb}", verb, view, methods=["POST"])

    for verb in ("publish", "return", "reject", "withdraw"):
        step(verb, "review")
    step("purge", "admin")


def _add_decisions(routes: Blueprint, home: Home, access: Access) -> None:
    @routes.get("/submissions/decisions")
    def decisions() -> Response:
        token = access.token()
        found = Curation(home, token).decisions()
        return problems.show("decisions.html", found, decisions=found, token=token)

    @routes.post("/submissions/decisions")
    def decide() -> AnyResponse:
        curation = Curation(home, access.require("review"))
        kind, why = _parameter("kind") or "", _parameter("why") or ""
        if not why:
            raise _needs_reason("for a decision")
        named = (*decided.PARTS.get(kind, ()), *decided.MORE.get(kind, ()))
        parts = {part: _parameter(part) or "" for part in named}
        found = jsonify(curation.decide(kind, parts, why))
        found.status_code = 201
        return _decisions() if problems.wants_page() else found

    @routes.post("/submissions/decisions/<int:number>/undo")
    def undo(number: int) -> AnyResponse:
        curation = Curation(home, access.require("review"))
        why = _parameter("why") or ""
        if not why:
            raise _needs_reason("to undo a decision")
        found = curation.undo(number, why)
        return _decisions() if problems.wants_page() else jsonify(found)


def _remarks() -> list[tuple[str, str]]:
    """Return the remarks of a form: each `place` goes with the `remark` of the same rank."""
    places, texts = request.values.getlist("place"), request.values.getlist("remark")
    pairs = itertools.zip_longest(places, texts, fillvalue="")
    return [(place.strip(), text.strip()) for place, text in pairs if text.strip()]


def _decisions() -> AnyResponse:
    return redirect(url_for("submissions.decisions"), 303)


def _needs_reason(what: str) -> RequestMalformed:
    return RequestMalformed(
        f"A reason is needed {what}.",
        advice="Send it as the parameter `why`; it is kept in the record.",
    )


def _add_session(routes: Blueprint, access: Access) -> None:
    @routes.get(f"{WITHIN}/sign-in")
    def sign_in_form() -> str:
        return render_template(
            "sign-in.html",
            licences=LICENCES,
            token=access.token(),
            then=request.args.get("then", ""),
        )

    @routes.post(f"{WITHIN}/sign-in")
    def sign_in() -> AnyResponse:
        access.sign_in(request.form.get("token", "").strip())
        then = request.form.get("then", "")
        inside = then == WITHIN or then.startswith(f"{WITHIN}/")
        return redirect(request.script_root + (then if inside else WITHIN), 303)

    @routes.post(f"{WITHIN}/sign-out")
    def leave() -> AnyResponse:
        access.sign_out()
        return redirect(url_for("description.front"), 303)

    @routes.get("/sign-in")
    def old_sign_in() -> AnyResponse:
        return redirect(url_for("submissions.sign_in_form"), 301)


def sent_file(settings: Settings) -> Sent:
    """Read the file: the body itself, or the file or the text of a form.

    Raises:
        RequestMalformed: There is no file, or a parameter is missing or not valid.
    """
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        content, media_type, filename = upload.read(), upload.mimetype, upload.filename
    elif request.form.get("text"):
        content, media_type, filename = request.form["text"].encode(), "text/turtle", None
    else:
        content, media_type, filename = request.get_data(), request.mimetype, None
    most = settings.submission_bytes
    if len(content) > most:
        raise SubmissionTooLarge(
            f"The file has {len(content):,} bytes; at most {most:,} are accepted.",
            advice="Split it, and send the parts as several submissions.",
        )
    if not content:
        raise RequestMalformed("Nothing was sent.", advice="Send a file as the body.")
    return Sent(
        content,
        media_type,
        licence=_licence(_parameter("licence")),
        name=_parameter("name") or None,
        orcid=_parameter("orcid"),
        filename=_parameter("filename") or filename,
    )


def _parameter(name: str) -> str | None:
    """Return a parameter of the address, or of a form."""
    text = request.args.get(name) or request.form.get(name)
    # As it was typed: a form sends other ends of lines.
    return text and text.replace("\r\n", "\n")


def _licence(name: str | None) -> str:
    if name in LICENCES.values():
        return str(name)
    if name not in LICENCES:
        raise RequestMalformed(
            f"The licence is {name or 'missing'}; evidence is accepted under {_either()}.",
            advice="If you may and want to publish it under one of those, send the parameter "
            "`licence=CC-BY-4.0`.",
        )
    return LICENCES[name]


def _either() -> str:
    return " or ".join(LICENCES)


def _received(found: dict[str, Any], *, absolute: bool) -> AnyResponse:
    """Answer the sender: 201 if the submission is valid, 422 with the report if not."""
    if problems.wants_page():
        return redirect(address_of(found), 303)
    if found["state"] == records.INVALID:
        invalid = SubmissionInvalid(
            f"{found['submission']} breaks a rule; it was kept as invalid.",
            advice="Fix the errors of the report, and send it again under the same name.",
            report=found["report"],
        )
        return problems.respond(problems.problem(invalid) | {"submission": address_of(found)})
    response = jsonify(found)
    response.status_code = 201
    response.headers["Location"] = address_of(found, _external=absolute)
    return response


def address_of(receipt: dict[str, Any], **how: Any) -> str:
    """Return the address of a submission; `how` is that of `url_for`."""
    address = {part: receipt[part] for part in ("name", "version")}
    return url_for("submissions.submission", **address, **how)
