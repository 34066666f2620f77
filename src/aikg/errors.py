"""Every error that aikg raises on purpose: what is wrong, where, and what to do next.

An error may cross a process boundary: `describe` writes it as JSON, and `revive` makes it again.
HTTP and the command line publish the same members. So each attribute of an error is public, and is
of a type of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar


class AikgError(Exception):
    """Base of every error that aikg raises on purpose.

    Args:
        message: The fault, and where it is.
        advice: See Attributes.
        reference: See Attributes.
        details: The attributes that the class declares, of the types of JSON.

    Attributes:
        advice: What the reader can do about it, in one sentence.
        reference: A page that states the rule that was broken, or None.
        status: The HTTP status of the response; docs/reference/http-api.md has the table.
        kinds: Every class of error, by its name.
    """

    status: ClassVar[int] = 500
    kinds: ClassVar[dict[str, type[AikgError]]] = {}
    advice: str
    reference: str | None

    def __init_subclass__(cls, *, status: int | None = None) -> None:
        """Register the class by its name, with its status or that of its base."""
        cls.kinds[cls.__name__] = cls
        cls.status = status or cls.status

    def __init__(
        self, message: str, *, advice: str, reference: str | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        if undeclared := [name for name in details if not hasattr(type(self), name)]:
            raise TypeError(f"{type(self).__name__} does not declare {', '.join(undeclared)}")
        vars(self).update(advice=advice, reference=reference, **details)

    @property
    def members(self) -> dict[str, Any]:
        """Advice, reference and the details, as JSON; what is None is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


def code(error: AikgError) -> str:
    """Return the code of an error, as in the type of a problem document: `graph-invalid`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def describe(error: AikgError) -> dict[str, Any]:
    """Return all of an error as JSON, for `revive` in another process."""
    return {"error": type(error).__name__, "message": str(error)} | error.members


def revive(described: dict[str, Any]) -> AikgError:
    """Return the error that `describe` described."""
    members = dict(described)
    kind = AikgError.kinds.get(members.pop("error"), AikgError)
    return kind(members.pop("message"), **members)


class SettingError(AikgError):
    """An environment variable or an option has a value that is not valid."""


class MissingFolder(AikgError):
    """A folder or a file that the build reads is not there."""


class TurtleSyntaxError(AikgError, status=400):
    """A file is not Turtle; the message names file, line and column."""


class GraphInvalid(AikgError, status=422):
    """The files break a shape or a check; the message lists each place."""


class Inconsistent(AikgError, status=422):
    """What the data say contradicts the ontology; the message names the lines."""


class MappingInvalid(AikgError, status=422):
    """A table of links or names breaks its form; the message has a line for each mistake."""


class IdentifierMalformed(AikgError, status=400):
    """An identifier has a prefix that is not known, or breaks the pattern of its vocabulary."""


class IdentifierUnknown(AikgError, status=404):
    """An identifier is well-formed, and leads to nothing here."""


class IdentifierObsolete(AikgError, status=410):
    """A vocabulary has withdrawn an identifier; the message names what replaces it.

    Attributes:
        replaced_by: The identifier to use instead, or None.
        entities: Our addresses to which that one leads.
        seen_in: Where its end was seen.
    """

    replaced_by: str | None = None
    entities: Sequence[str] = ()
    seen_in: Sequence[str] = ()


class VocabularyUnreadable(AikgError, status=400):
    """A file with another vocabulary is not there, or is in no format that is read."""


class UnknownVocabulary(AikgError, status=404):
    """No vocabulary has that name; the advice lists the names."""


class NotPassedOn(AikgError, status=403):
    """A graph may be queried, and not passed on as a whole."""


class UnknownQuestion(AikgError, status=404):
    """No question of that name is registered; the message lists the near ones."""


class ComparisonMalformed(AikgError, status=400):
    """A comparison that cannot be asked for; the message says why.

    Attributes:
        code: The fault, in a word for programs: `same-treatment`.
        choices: The valid values.
    """

    code: str = ""
    choices: Sequence[str] = ()


class ComparisonNameUnknown(ComparisonMalformed, status=404):
    """A name in a comparison is not known, or stands for several; the message lists the choices."""


class UnknownGraph(AikgError, status=404):
    """No named graph has that name."""


class UnknownNode(AikgError, status=404):
    """No graph describes a node of that name."""


class RequestMalformed(AikgError, status=400):
    """An HTTP request is not one of the SPARQL 1.1 Protocol."""


class HeaderTooLarge(AikgError, status=431):
    """The head of an HTTP request is too long."""


class BodyTooLarge(AikgError, status=413):
    """The body of an HTTP request is longer than its address accepts."""


class RequestTooSlow(AikgError, status=408):
    """An HTTP request did not come in time."""


class UnsupportedCoding(AikgError, status=501):
    """An HTTP request has a transfer coding other than `chunked`."""


class UnsupportedMediaType(AikgError, status=415):
    """A request's body is of a type that the endpoint does not accept."""


class TextMalformed(AikgError, status=400):
    """A text breaks its grammar; the message has the place.

    Attributes:
        line: The line of the mistake, or the row of a table, counted from 1, or None.
        column: The column of the mistake, counted from 1, or None.
    """

    line: int | None = None
    column: int | None = None


class QueryMalformed(TextMalformed):
    """The text is not a SPARQL query.

    Attributes:
        declare: The line that the query lacks, such as `PREFIX drug: <...>`, or None.
        found: The word at the place of the mistake that is probably a typo, or None.
        instead: The word that was probably meant, or None.
    """

    declare: str | None = None
    found: str | None = None
    instead: str | None = None


class SubmissionMalformed(TextMalformed):
    """The file does not follow its format."""


class SubmissionTooLarge(AikgError, status=413):
    """The file has more bytes, triples or rows than are read."""


class QueryRefused(AikgError, status=403):
    """The query would reach out of this endpoint (SERVICE, LOAD), or would write."""


class QueryTooLarge(AikgError, status=413):
    """The query's text is over the size that the endpoint reads."""


class NotAcceptable(AikgError, status=406):
    """None of the requested formats can carry the answer; the message lists those that can."""


class DeadlineExceeded(AikgError, status=503):
    """The query was stopped at its deadline."""


class WorkerLost(AikgError, status=500):
    """The worker that evaluated the query ended before its answer did."""


class AnswerTooLarge(AikgError, status=400):
    """The answer is over the size that one may have."""


class ShareExceeded(AikgError, status=429):
    """A client has reached the limit of its share."""


class TooBusy(AikgError, status=503):
    """There is no slot for the request, or its slot went to another client."""


class ClientGone(AikgError, status=503):
    """The client has hung up, so nobody reads this."""


class JobFailed(AikgError):
    """A job raised an unexpected error; the engine's standard error has the traceback."""


class EngineUnavailable(AikgError, status=503):
    """The engine process cannot be reached."""


class ChangeRefused(AikgError, status=422):
    """The graph cannot take a change; the graph and the ledger are as they were."""


class PortInUse(AikgError):
    """Another program listens on the port already."""


class StorageFull(AikgError, status=507):
    """The disk is full; nothing was written."""


class LedgerUnreadable(AikgError):
    """The ledger's file is damaged, is not a ledger, or was written by a later aikg."""


class LedgerUnreachable(AikgError, status=503):
    """The database with the ledger does not answer; the graph can be read."""


class StoreUnreachable(AikgError, status=503):
    """The SPARQL store outside this program does not answer."""


class StoreRefused(AikgError, status=502):
    """The SPARQL store outside this program answered with an error, or with what cannot be read.

    Attributes:
        answered: The HTTP status of its answer.
    """

    answered: int = 0


class NotOnStore(AikgError, status=501):
    """A server on a SPARQL store outside this program does not do this."""


class FilesDiffer(AikgError, status=503):
    """The ledger rests on other files than those of this server, which decides nothing."""


class VersionNotReached(AikgError, status=503):
    """This server has not yet the version of the data that the request names.

    Attributes:
        retry_after: When it may have it, in seconds.
    """

    retry_after: int = 1


class ReleaseRefused(AikgError, status=409):
    """A release cannot be made: its name, its day or the state of the ledger."""


class UnknownRelease(AikgError, status=404):
    """No release has that name, or it has no such file."""


class HomeHeld(AikgError, status=409):
    """Another program uses the home, and changes the graph in it."""


class Unauthenticated(AikgError, status=401):
    """A request that needs a token has none, or one that is not in force."""


class NotAllowed(AikgError, status=403):
    """The token is in force, and does not allow this; the message names the scope that does."""


class TooManyGuesses(AikgError, status=429):
    """An address has sent too many invalid tokens.

    Attributes:
        retry_after: When it may try again, in seconds.
    """

    retry_after: int = 60


class QuotaExceeded(AikgError, status=403):
    """A person has reached the quota of submissions; nothing was kept."""


class UnknownToken(AikgError, status=404):
    """No token in force has that number."""


class UnknownNamespace(AikgError, status=404):
    """A namespace is not registered."""


class NamespaceRefused(AikgError, status=400):
    """An address cannot be registered as a namespace of a person."""


class UnknownPerson(AikgError, status=404):
    """No person has that number."""


class NameMalformed(AikgError, status=400):
    """A name cannot be part of an IRI, or contains a hidden character."""


class UnknownSubmission(AikgError, status=404):
    """No submission has that name and version."""


class SubmissionGone(AikgError, status=410):
    """A submission was withdrawn or purged; the message says when and why."""


class UnknownDecision(AikgError, status=404):
    """No decision has that number."""


class StateConflict(AikgError, status=409):
    """A submission is not in the state that a step begins from.

    Attributes:
        present: The address of the submission that is there already, as NAME/VERSION, or None.
    """

    present: str | None = None


class StillUsed(StateConflict):
    """Others refer to what would go; the message lists them."""


class RereadingRefused(StateConflict):
    """The step would read a published submission again, which is not valid then."""


class SubmissionInvalid(AikgError, status=422):
    """A submission breaks a rule.

    Attributes:
        report: Its report.
    """

    report: object = None


class ServerRefused(AikgError):
    """A server answered a command with an error of its own; the message is the server's."""
