"""Plain queries: those that ask /sparql for data, and whose answer needs no page and no label."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Request

from aikg.engine.answer import Answer
from aikg.engine.client import Engine, Question
from aikg.engine.slots import Caller
from aikg.errors import AikgError
from aikg.files.queries import Query, find_query
from aikg.sparql.formats import SOLUTIONS, TRIPLES
from aikg.sparql.tables import WORKBOOK
from aikg.web import parameters
from aikg.web.cache import ASKED, VERSION, compress
from aikg.web.problems import HEADERS, prefers_page
from aikg.web.tasks import CLIENT, HANG_UP, QUERY, ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: The key of the environment for what the engine is asked.
QUESTION = "aikg.question"
#: Asks the engine without waiting; None if no slot or no worker is free.
Begin = Callable[[], Answer | None]
_PATHS = {"/sparql", "/sparql/"}
#: A longer query, or one with a shorter deadline, is not begun early: in bytes, in seconds.
_LONGEST, _SHORTEST = 1 << 14, 0.2
_FORMS = (*SOLUTIONS, *TRIPLES, WORKBOOK)


class Plain:
    """Reads plain queries, and answers them once their rows have come.

    Args:
        engine: The graph.
        registered: The questions that a request can name.
    """

    def __init__(self, engine: Engine, registered: Sequence[Query]) -> None:
        self._engine, self._registered = engine, registered
        self._by_text = {question.text.strip(): question for question in registered}

    def make(self, environ: WSGIEnvironment, answer: Answer) -> tuple[list[tuple[str, str]], bytes]:
        """Return headers and body of the answer to a query.

        Args:
            environ: The request, as `prepare` has seen it.
            answer: The rows, which have come whole.
        """
        if answer.repeatable:
            environ[VERSION] = answer.version
        question: Question = environ[QUESTION]
        headers = headers_of(answer, question.format, self._find(question.text), question.text)
        return compress(environ, [*headers, *HEADERS], answer.whole or b"")

    def prepare(self, environ: WSGIEnvironment) -> Begin | None:
        """Read a plain query; return what begins it, or None where the request is another one.

        Args:
            environ: The request, its body in memory.
        """
        if environ["PATH_INFO"] not in _PATHS or not environ.get(ASKED):
            return None
        accept, is_get = environ.get("HTTP_ACCEPT"), environ["REQUEST_METHOD"] == "GET"
        try:
            if is_get:
                given = parameters.of_address(environ["QUERY_STRING"].encode("latin-1"))
            else:
                given = parameters.read(Request(environ, populate_request=False))
            if not _is_plain(given.to_dict(), accept):
                return None
            text = only_query(given, self._registered)
            question = question_of(given, text, accept)
        except AikgError:
            return None  # the application meets the same error, and reports it
        finally:
            if not is_get:
                environ["wsgi.input"].seek(0)
        if len(question.body) > _LONGEST or (question.timeout or _SHORTEST) < _SHORTEST:
            return None
        environ[QUESTION], environ[QUERY], environ[ROUTE] = question, text, environ["PATH_INFO"]
        who = Caller(environ[CLIENT], environ["waitress.client_disconnected"], environ[HANG_UP])
        return partial(self._engine.begin, question, who)

    def _find(self, text: str) -> Query | None:
        return self._by_text.get(as_typed(text).strip())


def _is_plain(given: dict[str, str], accept: str | None) -> bool:
    name = given.get("format")
    is_table = name in WORKBOOK.names or given.get("labels") == "1"
    return bool(given) and not is_table and not prefers_page(accept, named=name)


def only_query(given: MultiDict[str, str], registered: Sequence[Query]) -> str:
    """Return the query of a request: its text, or that of the question that it names.

    Raises:
        RequestMalformed: It has none, or several.
        UnknownQuestion: No question has that name.
    """
    texts = given.getlist("query")
    texts += [find_query(registered, name).text for name in given.getlist("question")]
    if len(texts) != 1:
        raise parameters.malformed(
            f"The request has {len(texts) or 'no'} queries instead of one",
            "Send one parameter `query`, or open the address in a browser for a form.",
        )
    return texts[0]


def question_of(given: MultiDict[str, str], text: str, accept: str | None) -> Question:
    """Return what the engine is asked.

    Args:
        given: The parameters of the request.
        text: The query.
        accept: The Accept header, which counts where no format is named.

    Raises:
        RequestMalformed: The timeout is not a time.
    """
    first = given.to_dict()
    return Question(
        text,
        accept,
        first.get("format") or None,
        parameters.timeout(first.get("timeout")),
        given.getlist("default-graph-uri"),
        given.getlist("named-graph-uri"),
    )


def headers_of(
    answer: Answer, format: str | None, question: Query | None, text: str
) -> list[tuple[str, str]]:
    """Return the type of an answer, and how a browser keeps it.

    Args:
        answer: The answer.
        format: The name of the format, if the request has one, as links to files do.
        question: The question of the pages that was asked, if it is one of them.
        text: The query.
    """
    stem = question.name if question else f"query-{_digest(text)}"
    name, how = _file_name(stem, answer.version), "attachment" if format else "inline"
    content_type, ending = _described(answer.media_type)
    return [
        ("Content-Type", content_type),
        ("Content-Disposition", f"{how}; filename={name}.{ending}"),
    ]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _file_name(stem: str, version: str) -> str:
    """Return the name of the file of an answer, without its ending, as a token of HTTP."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{stem}-{version}")


@lru_cache(32)
def _described(media_type: str) -> tuple[str, str]:
    """Return the header of a type, and the ending of its files."""
    found = (form for form in _FORMS if form.media_type == media_type)
    ending = next((form.ending or form.names[0] for form in found), "txt")
    return get_content_type(media_type, "utf-8"), ending


def as_typed(text: str) -> str:
    """Return a text with the ends of lines that it was typed with; a form sends others."""
    return text.replace("\r\n", "\n")
