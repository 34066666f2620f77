"""Who asks: tokens in a header, or the session of a browser; guesses are counted.

A session exists under `/submissions` alone. No other page reads its cookie, receives it or renews
it, so that an answer from there is the same for everyone, and may be kept.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from aikg.engine.slots import caller
from aikg.errors import NotAllowed, TooManyGuesses, Unauthenticated
from aikg.ledger import sessions, tokens
from aikg.ledger.tokens import Token
from aikg.submissions.desk import Desk

#: As many tokens that are none an address may send in a minute.
GUESSES = 10
#: Where sessions are read and written: this path, and all below it.
WITHIN = "/submissions"
_MINUTE = 60


def _within(path: str) -> bool:
    return path == WITHIN or path.startswith(f"{WITHIN}/")


class _Cookies(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie where sessions are; elsewhere there is no session at all."""
        return super().open_session(app, request) if _within(request.path) else None

    def get_cookie_path(self, app: Flask) -> str:
        """Let browsers send the cookie to the pages below `WITHIN` alone."""
        return request.script_root + WITHIN

    def get_cookie_secure(self, app: Flask) -> bool:
        """Send the cookie over HTTPS only, where the browser came by it."""
        return request.is_secure


class Access:
    """Tells who asks, and refuses who may not."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self._desk = desk
        self._csrf: Any = CSRFProtect()
        self._guesses = MovingWindowRateLimiter(MemoryStorage())
        self._limit: RateLimitItem = RateLimitItemPerMinute(GUESSES)
        app.secret_key = desk.secret
        app.session_interface = _Cookies()
        app.config.update(
            PERMANENT_SESSION_LIFETIME=sessions.LENGTH,
            SESSION_REFRESH_EACH_REQUEST=False,
            # Another name than 0.1.0 had: a browser may still send that one, for all paths.
            SESSION_COOKIE_NAME="aikg-session",
            SESSION_COOKIE_SAMESITE="Strict",
            WTF_CSRF_CHECK_DEFAULT=False,
            WTF_CSRF_TIME_LIMIT=int(sessions.LENGTH.total_seconds()),
        )
        self._csrf.init_app(app)
        app.after_request(_keep_nowhere)

    def header_token(self) -> Token | None:
        """Return the token that the request's header bears; no session is looked at.

        Raises:
            Unauthenticated: See `token`.
            TooManyGuesses: See `token`.
        """
        sent = _sent()
        return None if sent is None else self._find(sent)

    def token(self) -> Token | None:
        """Give the token that the request bears, or that its browser signed in with.

        Raises:
            Unauthenticated: It bears one that is not in force.
            TooManyGuesses: Its address has sent too many of those.
        """
        sent = _sent()
        if sent is not None:
            return self._find(sent)
        secret = session.get("id")
        return tokens.of_session(self._desk.database, secret) if secret is not None else None

    def require(self, scope: str) -> Token:
        """Give the token, which must allow a scope.

        Raises:
            Unauthenticated: There is none, or it is not in force.
            NotAllowed: It does not; or another site made the browser send this.
            TooManyGuesses: See `token`.
        """
        token = self.token()
        if token is None:
            raise Unauthenticated(
                f"This needs a token of scope {scope}.",
                advice="Send the header `Authorization: Bearer TOKEN`, or sign in at "
                f"{WITHIN}/sign-in.",
            )
        if not token.allows(scope):
            raise NotAllowed(
                f"This needs a token of scope {scope}; yours has the scope {token.scope}.",
                advice="Ask the server's administrator for such a token.",
            )
        if request.method not in ("GET", "HEAD") and _sent() is None:
            self._require_own_form()
        return token

    def sign_in(self, secret: str) -> None:
        """Begin the session of a browser.

        Raises:
            Unauthenticated: The token is not in force.
            NotAllowed: Another site made the browser send this.
            TooManyGuesses: See `token`.
        """
        self._require_own_form()
        found = self._find(secret)
        self._end_session()
        session.permanent = True
        session["id"] = sessions.begin(self._desk.database, found.id)

    def sign_out(self) -> None:
        """End the session of a browser, if it has one.

        Raises:
            NotAllowed: Another site made the browser send this.
        """
        self._require_own_form()
        self._end_session()

    def _end_session(self) -> None:
        if "id" in session:
            sessions.end(self._desk.database, session["id"])
        session.clear()

    def _require_own_form(self) -> None:
        try:
            self._csrf.protect()
        except CSRFError as error:
            raise NotAllowed(
                "This form did not come from this server, or its session has ended.",
                advice="Open the page again, and send its form.",
            ) from error

    def _find(self, secret: str) -> Token:
        """Find a token; only what is none counts, so that nobody locks a neighbour out."""
        try:
            return tokens.find(self._desk.database, secret)
        except Unauthenticated as error:
            if self._guesses.hit(self._limit, caller.get().name):
                raise
            raise TooManyGuesses(
                f"This address sent more than {GUESSES} invalid tokens within a minute.",
                advice="Wait, and look at the token; a new one is made by `aikg token create`.",
                retry_after=_MINUTE,
            ) from error


def _keep_nowhere(response: Response) -> Response:
    """Forbid that an answer which may depend on who asks is kept, by anyone."""
    if _within(request.path) or request.authorization is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


def _sent() -> str | None:
    """Give the token of the header: Bearer, or either part of Basic."""
    sent: Any = request.authorization
    if sent is None:
        return None
    if sent.type == "bearer":
        return sent.token or ""
    if sent.type == "basic":
        return sent.password or sent.username or ""
    return ""
