"""Who asks: tokens in a header, or the session of a browser; guesses are counted."""

from __future__ import annotations

from typing import Any

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from aikg.engine.places import caller
from aikg.errors import NotAllowed, TooManyGuesses, Unauthenticated
from aikg.ledger import sessions, tokens
from aikg.ledger.tokens import Token
from aikg.submissions.desk import Desk

#: As many tokens that are none an address may send in a minute.
GUESSES = 10
#: How long a browser stays signed in, in seconds.
_SESSION = 12 * 3600
_MINUTE = 60


class _Cookies(SecureCookieSessionInterface):
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
            PERMANENT_SESSION_LIFETIME=_SESSION,
            SESSION_COOKIE_NAME="aikg",
            SESSION_COOKIE_SAMESITE="Strict",
            WTF_CSRF_CHECK_DEFAULT=False,
            WTF_CSRF_TIME_LIMIT=_SESSION,
        )
        self._csrf.init_app(app)

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
                advice="Send the header `Authorization: Bearer TOKEN`, or sign in at /sign-in.",
            )
        if not token.allows(scope):
            raise NotAllowed(
                f"This needs a token of scope {scope}; yours has the scope {token.scope}.",
                advice="Ask whoever runs the server for such a token.",
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
        session.clear()
        session.permanent = True
        session["id"] = sessions.begin(self._desk.database, found.id)

    def _require_own_form(self) -> None:
        try:
            self._csrf.protect()
        except CSRFError as error:
            raise NotAllowed(
                "The form is not one that this server gave to this browser.",
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
                f"More than {GUESSES} tokens that are none came from this address in a minute.",
                advice="Wait, and look at the token; a new one is made by `aikg token create`.",
                retry_after=_MINUTE,
            ) from error


def sign_out() -> None:
    """End the session of a browser."""
    session.clear()


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
