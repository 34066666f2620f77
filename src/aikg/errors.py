"""Every error that aikg raises on purpose: what is wrong, where, and what to do next."""

from __future__ import annotations


class AikgError(Exception):
    """Base of every error that aikg raises on purpose.

    Attributes:
        advice: What the reader can do about it, in one sentence.
        reference: A page that states the rule that was broken, or None.
        status: The HTTP status that tells it to a client (docs/http-api.md has the table).
    """

    status = 500

    def __init__(self, message: str, *, advice: str, reference: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice
        self.reference = reference


class SettingError(AikgError):
    """An environment variable or an option holds what it cannot hold."""


class MissingFolder(AikgError):
    """A folder or a file that the build reads is not there."""


class TurtleSyntaxError(AikgError):
    """A file is not Turtle; the message names file, line and column."""

    status = 400


class GraphInvalid(AikgError):
    """The files break a shape or a check; the message lists each place."""

    status = 422


class Inconsistent(AikgError):
    """What the data say contradicts the ontology; the message names the lines."""

    status = 422


class UnknownQuestion(AikgError):
    """No question of that name is registered; the message lists the near ones."""

    status = 404


class RequestMalformed(AikgError):
    """An HTTP request is not one of the SPARQL 1.1 Protocol."""

    status = 400


class UnsupportedMediaType(AikgError):
    """A request's body is of a type that the endpoint does not read."""

    status = 415


class QueryMalformed(AikgError):
    """The text is not a SPARQL query; the message has the line and the column.

    Attributes:
        line: The line of the mistake, counted from 1, or None.
        column: The column of the mistake, counted from 1, or None.
    """

    status = 400

    def __init__(
        self,
        message: str,
        *,
        advice: str,
        reference: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, advice=advice, reference=reference)
        self.line = line
        self.column = column


class QueryRefused(AikgError):
    """The query would reach out of this endpoint (SERVICE, LOAD), or would write."""

    status = 403


class QueryTooLarge(AikgError):
    """The query's text is over the size that the endpoint reads."""

    status = 413


class NotAcceptable(AikgError):
    """None of the asked formats can carry the answer; the message lists those that can."""

    status = 406


class DeadlineExceeded(AikgError):
    """The query was stopped at its deadline."""

    status = 503


class WorkerLost(AikgError):
    """The worker that evaluated the query ended before its answer did."""

    status = 500


class JobFailed(AikgError):
    """A job met an error that nobody foresaw; the engine's standard error has the traceback."""


class EngineUnavailable(AikgError):
    """The engine process cannot be reached."""

    status = 503


class PortInUse(AikgError):
    """Another program listens on the port already."""
