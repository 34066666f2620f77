"""Authentication: tokens in a header, or the session of a browser; invalid tokens are counted.

A session exists under `/submissions` alone. No other page reads, receives or renews its cookie, so
that the answers of other pages are the same for everyone, and can be cached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Request, Response, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect

from aikg.engine.slots import caller
from aikg.errors import NotAllowed, TooManyGuesses, Unauthenticated
from aikg.ledger import guesses, sessions, tokens
from aikg.ledger.database import Database
from aikg.ledger.tokens import Token

#: How many invalid tokens an address may send in a minute.
GUESSES = 10
#: The path of sessions: they are read and written there and below.
WITHIN = "/submissions"
_MINUTE = 60


def _within(path: str) -> bool:
    return path == WITHIN or path.startswith(f"{WITHIN}/")


class _Cookies(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie below `WITHIN`; elsewhere there is no session."""
        return super().open_session(app, request) if _within(request.path) else None

    def get_cookie_path(self, app: Flask) -> str:
        """Let browsers send the cookie to the pages below `WITHIN` only."""
        return request.script_root + WITHIN

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie is for HTTPS only: if this request came over it."""
        return request.is_secure


class Access:
    """Finds the token of a request, and refuses a request without the right one."""

    def __init__(self, app: Flask, database: Database) -> None:
        self._database = database
        self._csrf: Any = CSRFProtect()
        self._counting = threading.Lock()
        self._hit: Callable[[str], bool] | None = None
        app.secret_key = database.secret()
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
        """Return the token in the request's header, without its session.

        Raises:
            Unauthenticated: See `token`.
            TooManyGuesses: See `token`.
        """
        sent = _sent()
        return None if sent is None else self._find(sent)

    def token(self) -> Token | None:
        """Return the token in the request's header, or that of its session.

        Raises:
            Unauthenticated: The token is not in force.
            TooManyGuesses: The address has sent too many invalid tokens.
        """
        sent = _sent()
        if sent is not None:
            return self._find(sent)
        secret = session.get("id")
        return tokens.of_session(self._database, secret) if secret is not None else None

    def require(self, scope: str) -> Token:
        """Return the token, which must allow a scope.

        Raises:
            Unauthenticated: There is none, or it is not in force.
            NotAllowed: It does not allow the scope; or another site made the browser send this.
            TooManyGuesses: See `token`.
        """
        token = self.token()
        if token is None:
            raise Unauthenticated(
                f"This needs a token of scope {scope}.",
                advice="Send the header `Authorization: Bearer TOKEN`, or sign in at "
                f"{url_for('submissions.sign_in_form')}.",
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
        session["id"] = sessions.begin(self._database, found.id)

    def sign_out(self) -> None:
        """End the session of a browser, if it has one.

        Raises:
            NotAllowed: Another site made the browser send this.
        """
        self._require_own_form()
        self._end_session()

    def _end_session(self) -> None:
        if "id" in session:
            sessions.end(self._database, session["id"])
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
        """Find a token; only invalid tokens count, so that nobody locks a neighbour out."""
        try:
            return tokens.find(self._database, secret)
        except Unauthenticated as error:
            if self._counted(caller.get().name):
                raise
            raise TooManyGuesses(
                f"This address sent more than {GUESSES} invalid tokens within a minute.",
                advice="Wait a minute and check the token; `aikg token create` makes a new one.",
                retry_after=_MINUTE,
            ) from error

    def _counted(self, client: str) -> bool:
        """Count an invalid token; return False if the client has sent too many."""
        if self._database.shared:
            return guesses.hit(self._database, client, GUESSES)
        with self._counting:
            self._hit = self._hit or _limiter()
        return self._hit(client)


def _limiter() -> Callable[[str], bool]:
    """Return what counts an invalid token; its library takes long to load, so most never do."""
    from limits import RateLimitItemPerMinute  # noqa: PLC0415
    from limits.storage import MemoryStorage  # noqa: PLC0415
    from limits.strategies import MovingWindowRateLimiter  # noqa: PLC0415

    return partial(MovingWindowRateLimiter(MemoryStorage()).hit, RateLimitItemPerMinute(GUESSES))


def _keep_nowhere(response: Response) -> Response:
    """Forbid caches to keep an answer that may depend on who asks."""
    if _within(request.path) or request.authorization is not None:
        response.headers["Cache-Control"] = "no-store"
    return response


def _sent() -> str | None:
    """Return the token of the header: Bearer, or either part of Basic."""
    sent: Any = request.authorization
    if sent is None:
        return None
    if sent.type == "bearer":
        return sent.token or ""
    if sent.type == "basic":
        return sent.password or sent.username or ""
    return ""
