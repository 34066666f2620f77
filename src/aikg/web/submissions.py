"""/submissions: evidence is sent, reviewed, published and withdrawn."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
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
from aikg.ledger.records import Submission
from aikg.ledger.steps import LICENCES, Actor, Sent
from aikg.ledger.tokens import Token
from aikg.submissions import receipts
from aikg.submissions.desk import Desk
from aikg.web import parameters, problems
from aikg.web.access import WITHIN, Access
from aikg.web.clients import Shares

_BYTES = "application/octet-stream"
_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_ADDRESS = "/submissions/<name>/<int:version>"
#: How many of the largest files are in memory at once; one sender may have half of them.
_IN_MEMORY = 4
#: The media types that are served as they were sent; any other could be a page, or a script.
_SERVED = {form.media_type for form in FORMATS}


def blueprint(desk: Desk, access: Access) -> Blueprint:
    """Make the routes of submissions, and of the session of a curator."""
    routes = Blueprint("submissions", __name__)
    _add_reading(routes, desk, access)
    _add_steps(routes, desk, access)
    _add_session(routes, access)
    return routes


def _add_reading(routes: Blueprint, desk: Desk, access: Access) -> None:
    @routes.get("/submissions")
    def listing() -> Response:
        token = access.token()
        every = token is not None and token.allows("review")
        states = records.STATES if every else (records.PUBLISHED,)
        found = [receipts.line(s) for s in records.in_states(desk.database, *states)]
        return problems.show("submissions.html", found, submissions=found, token=token)

    @routes.get(_ADDRESS)
    def submission(name: str, version: int) -> Response:
        token = access.token()
        found = receipts.receipt(desk.database, _find(desk, token, name, version))
        return problems.show("submission.html", found, answer=found, token=token)

    @routes.get(_ADDRESS + "/bytes")
    def content(name: str, version: int) -> Response:
        found = _find(desk, access.token(), name, version)
        return send_file(
            io.BytesIO(records.content(desk.database, found)),
            mimetype=found.media_type if found.media_type in _SERVED else _BYTES,
            as_attachment=True,
            download_name=visible(found.filename or found.name),
        )

    @routes.get(_ADDRESS + "/statements")
    def statements(name: str, version: int) -> Response:
        found = _find(desk, access.token(), name, version)
        stated = records.statements(desk.database, found)
        return Response(stated, mimetype="application/n-triples")

    @routes.get(_ADDRESS + "/impact")
    def impact(name: str, version: int) -> Response:
        access.require("review")
        found = records.find(desk.database, name, version)
        answer = desk.impact(found)
        return problems.show("impact.html", answer, submission=found, impact=answer)


def _add_steps(routes: Blueprint, desk: Desk, access: Access) -> None:
    most = _IN_MEMORY * (desk.engine.settings.submission_bytes + parameters.AROUND)
    in_memory = Shares(most, most // 2, "bytes of submissions")

    @routes.post("/submissions")
    def submit() -> AnyResponse:
        token = access.require("submit")
        actor = _actor(desk, token)
        with in_memory.holding(str(token.id), request.content_length or 0):
            found = desk.receive(_sent(desk), actor, any_name=token.allows("admin"))
        return _received(desk, found)

    def step(verb: str, scope: str, take: Callable[..., Submission]) -> None:
        def view(name: str, version: int) -> AnyResponse:
            token = access.require(scope)
            found = records.find(desk.database, name, version)
            why = _parameter("why") or ""
            if not why and verb != "publish":
                raise RequestMalformed(
                    f"A reason is needed to {verb} a submission.",
                    advice="Send it as the parameter `why`; it is kept with the submission.",
                )
            options = {}
            if verb == "withdraw" and _parameter("force") == "true":
                access.require("admin")
                options["force"] = True
            taken = take(found, _actor(desk, token), why, **options)
            if problems.wants_page():
                return redirect(_url(taken), 303)
            return jsonify(receipts.receipt(desk.database, taken))

        routes.add_url_rule(f"{_ADDRESS}/{verb}", verb, view, methods=["POST"])

    step("publish", "review", desk.publish)
    step("reject", "review", desk.reject)
    step("withdraw", "review", desk.withdraw)
    step("purge", "admin", desk.purge)


def _add_session(routes: Blueprint, access: Access) -> None:
    @routes.get(f"{WITHIN}/sign-in")
    def sign_in_form() -> str:
        return render_template("sign-in.html", licences=LICENCES, token=access.token())

    @routes.post(f"{WITHIN}/sign-in")
    def sign_in() -> AnyResponse:
        access.sign_in(request.form.get("token", "").strip())
        return redirect(url_for("submissions.listing"), 303)

    @routes.post(f"{WITHIN}/sign-out")
    def leave() -> AnyResponse:
        access.sign_out()
        return redirect(url_for("description.front"), 303)

    @routes.get("/sign-in")
    def old_sign_in() -> AnyResponse:
        return redirect(url_for("submissions.sign_in_form"), 301)


def _actor(desk: Desk, token: Token) -> Actor:
    return Actor(token.holder, desk.files, token.id, token.person)


def _find(desk: Desk, token: Token | None, name: str, version: int) -> Submission:
    """Find a submission that the caller may see.

    Raises:
        UnknownSubmission: There is none, or it was never public and is another person's; the
            answer does not reveal which.
        SubmissionGone: It was withdrawn or purged, or a later version was; curators and its owner
            see what was not purged.
    """
    found = records.find(desk.database, name, version)
    public = receipts.was_public(desk.database, found)
    curator = token is not None and token.allows("review")
    own = token is not None and token.person == found.person
    if not (public or curator or own):
        raise records.unknown(name, version)
    ended = receipts.ended_by(desk.database, found)
    if found.state == records.PURGED or (ended and not (curator or own)):
        raise receipts.gone(desk.database, ended or found)
    return found


def _sent(desk: Desk) -> Sent:
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
    most = desk.engine.settings.submission_bytes
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
        orcid=_orcid(_parameter("orcid")),
        filename=_parameter("filename") or filename,
    )


def _parameter(name: str) -> str | None:
    """Return a parameter of the address, or of a form."""
    return request.args.get(name) or request.form.get(name)


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


def _orcid(text: str | None) -> str | None:
    """Return an ORCID whose check digit is right (ISO 7064, mod 11-2)."""
    if not text:
        return None
    match = _ORCID.fullmatch(text)
    digits = match[1].replace("-", "") if match else ""
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    if not match or "0123456789X"[(12 - total % 11) % 11] != digits[-1]:
        raise RequestMalformed(
            f"{text!r} is not a valid ORCID.",
            advice="Write it as 0000-0002-1825-0097, or omit it.",
        )
    return match[1]


def _received(desk: Desk, found: Submission) -> AnyResponse:
    """Answer the sender: 201 if the submission is valid, 422 with the report if not."""
    answer = receipts.receipt(desk.database, found)
    if problems.wants_page():
        return redirect(_url(found), 303)
    if found.state == records.INVALID:
        invalid = SubmissionInvalid(
            f"{found.address} breaks a rule; it was kept as invalid.",
            advice="Fix the errors of the report, and send it again under the same name.",
            report=answer["report"],
        )
        return problems.respond(problems.problem(invalid) | {"submission": _url(found)})
    response = jsonify(answer)
    response.status_code = 201
    public = desk.engine.settings.url
    response.headers["Location"] = _url(found, _external=bool(public))
    return response


def _url(submission: Submission, **how: Any) -> str:
    name, version = submission.name, submission.version
    return url_for("submissions.submission", name=name, version=version, **how)
