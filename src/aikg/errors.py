"""Every error that aikg raises on purpose: what is wrong, where, and what to do next."""

from __future__ import annotations


class AikgError(Exception):
    """Base of every error that aikg raises on purpose.

    Attributes:
        advice: What the reader can do about it, in one sentence.
        reference: A page that states the rule that was broken, or None.
        status: The HTTP status of the response; docs/reference/http-api.md has the table.
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


class MappingInvalid(AikgError):
    """A table of links or names breaks its form; the message has a line for each mistake."""

    status = 422


class IdentifierMalformed(AikgError):
    """An identifier has a prefix that is not known, or breaks the pattern of its vocabulary."""

    status = 400


class IdentifierUnknown(AikgError):
    """An identifier is well-formed, and leads to nothing here."""

    status = 404


class IdentifierObsolete(AikgError):
    """An identifier was given up by its vocabulary; the message tells what replaces it.

    Attributes:
        replaced_by: The identifier to use instead, or None.
        entities: The addresses of ours to which that one leads.
        seen_in: Where its end was seen.
    """

    status = 410

    def __init__(
        self,
        message: str,
        *,
        advice: str,
        replaced_by: str | None,
        entities: list[str],
        seen_in: list[str],
    ) -> None:
        super().__init__(message, advice=advice)
        self.replaced_by = replaced_by
        self.entities = entities
        self.seen_in = seen_in


class VocabularyUnreadable(AikgError):
    """A file with another vocabulary is not there, or in no form that is read."""

    status = 400


class UnknownQuestion(AikgError):
    """No question of that name is registered; the message lists the near ones."""

    status = 404


class ComparisonMalformed(AikgError):
    """A comparison that cannot be asked for; the message says why.

    Attributes:
        code: What is wrong, in a word for programs: `same-treatment`.
        choices: What can be asked for instead.
    """

    status = 400

    def __init__(self, message: str, *, advice: str, code: str, choices: list[str]) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.choices = choices


class ComparisonNameUnknown(ComparisonMalformed):
    """A name in a comparison is not known, or stands for several; the message lists the choices."""

    status = 404


class UnknownGraph(AikgError):
    """No named graph has that name."""

    status = 404


class UnknownNode(AikgError):
    """No graph speaks of a node of that name."""

    status = 404


class RequestMalformed(AikgError):
    """An HTTP request is not one of the SPARQL 1.1 Protocol."""

    status = 400


class HeaderTooLarge(AikgError):
    """The head of an HTTP request is too long."""

    status = 431


class BodyTooLarge(AikgError):
    """The body of an HTTP request is longer than its address takes."""

    status = 413


class RequestTooSlow(AikgError):
    """An HTTP request did not come in time."""

    status = 408


class UnsupportedCoding(AikgError):
    """An HTTP request has a transfer coding other than `chunked`."""

    status = 501


class UnsupportedMediaType(AikgError):
    """A request's body is of a type that the endpoint does not read."""

    status = 415


class TextMalformed(AikgError):
    """A text is not of its grammar; the message has the place.

    Attributes:
        line: The line of the mistake, or the row of a table, counted from 1, or None.
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


class QueryMalformed(TextMalformed):
    """The text is not a SPARQL query."""


class SubmissionMalformed(TextMalformed):
    """What was sent is not of its format."""


class SubmissionTooLarge(AikgError):
    """What was sent is over a size that is read: bytes, triples, or rows."""

    status = 413


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


class AnswerTooLarge(AikgError):
    """The answer is over the size that one may have."""


class ShareExceeded(AikgError):
    """A client has as many requests here as one may have at once."""

    status = 429


class TooBusy(AikgError):
    """There is no place for the request, or its place was needed."""

    status = 503


class ClientGone(AikgError):
    """The client has hung up; nobody reads this."""

    status = 503


class JobFailed(AikgError):
    """A job met an error that nobody foresaw; the engine's standard error has the traceback."""


class EngineUnavailable(AikgError):
    """The engine process cannot be reached."""

    status = 503


class ChangeRefused(AikgError):
    """The graph cannot take a change; the graph and the ledger are as they were."""

    status = 422


class PortInUse(AikgError):
    """Another program listens on the port already."""


class StorageFull(AikgError):
    """The disk has no room for what should be kept; nothing of it was written."""

    status = 507


class LedgerUnreadable(AikgError):
    """The ledger's file is damaged, is no ledger, or is of a later aikg."""


class HomeHeld(AikgError):
    """Another program holds the home, and changes the graph that lies in it."""

    status = 409


class Unauthenticated(AikgError):
    """A request that needs a token has none, or one that is not in force."""

    status = 401


class NotAllowed(AikgError):
    """The token is in force, and does not allow this; the message names the scope that does."""

    status = 403


class TooManyGuesses(AikgError):
    """An address has sent too many tokens that are none.

    Attributes:
        retry_after: When it may try again, in seconds.
    """

    status = 429

    def __init__(self, message: str, *, advice: str, retry_after: int) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class QuotaExceeded(AikgError):
    """The ledger keeps as much of this person's submissions as it may; nothing was kept."""

    status = 403


class UnknownToken(AikgError):
    """No token in force has that number."""

    status = 404


class UnknownNamespace(AikgError):
    """A namespace is not registered."""

    status = 404


class NamespaceRefused(AikgError):
    """An address cannot be registered as a namespace of a person."""

    status = 400


class UnknownPerson(AikgError):
    """No person has that number."""

    status = 404


class NameMalformed(AikgError):
    """A name is not fit to be a part of an IRI."""

    status = 400


class UnknownSubmission(AikgError):
    """There is no submission of that name and version."""

    status = 404


class SubmissionGone(AikgError):
    """A submission was withdrawn or purged; the message tells when and why."""

    status = 410


class StateConflict(AikgError):
    """A submission is not in the state that a step begins from."""

    status = 409


class StillUsed(StateConflict):
    """Others point at what would go; the message lists them."""


class SubmissionInvalid(AikgError):
    """A submission breaks a rule.

    Attributes:
        report: What was found.
    """

    status = 422

    def __init__(self, message: str, *, advice: str, report: object) -> None:
        super().__init__(message, advice=advice)
        self.report = report


class ServerRefused(AikgError):
    """A server answered a command with an error of its own; the message is the server's."""
