"""Plain queries: those that ask /sparql for data, and whose answer needs no page and no label."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict
from werkzeug.http import dump_options_header
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
from aikg.web.tasks import BEGUN, CLIENT, QUERY, ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The key of the environment for what the engine is asked.
QUESTION = "aikg.question"
_PATHS = {"/sparql", "/sparql/"}
#: A longer query, or one with a shorter deadline, is not begun early: in bytes, in seconds.
_LONGEST, _SHORTEST = 1 << 14, 0.2
_FORMS = (*SOLUTIONS, *TRIPLES, WORKBOOK)


class Plain:
    """An application that answers a plain query itself once its answer is there.

    Args:
        app: The application for everything else.
        engine: The graph.
        registered: The questions that a request can name.
    """

    def __init__(self, app: WSGIApplication, engine: Engine, registered: Sequence[Query]) -> None:
        self._app, self._engine, self._registered = app, engine, registered
        self._by_text = {question.text.strip(): question for question in registered}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        answer: Answer | None = environ.get(BEGUN)
        if answer is None or answer.whole is None:
            return self._app(environ, start_response)
        if answer.repeatable:
            environ[VERSION] = answer.version
        question: Question = environ[QUESTION]
        headers = headers_of(answer, question.format, self._find(question.text), question.text)
        return compress(environ, start_response, [*headers, *HEADERS], answer.whole)

    def prepare(self, environ: WSGIEnvironment) -> Callable[[], Answer | None] | None:
        """Read a plain query; return what begins it, or None where the request is another one.

        Args:
            environ: The request, its body in memory.
        """
        if environ["PATH_INFO"] not in _PATHS or not environ.get(ASKED):
            return None
        request, accept = Request(environ, populate_request=False), environ.get("HTTP_ACCEPT")
        try:
            given = parameters.read(request)
            if not _is_plain(given.to_dict(), accept):
                return None
            text = only_query(given, self._registered)
            question = question_of(given, text, accept)
        except AikgError:
            return None  # the application meets the same error, and reports it
        finally:
            if request.method != "GET":
                environ["wsgi.input"].seek(0)
        if len(question.body) > _LONGEST or (question.timeout or _SHORTEST) < _SHORTEST:
            return None
        environ[QUESTION], environ[QUERY], environ[ROUTE] = question, text, environ["PATH_INFO"]
        who = Caller(environ[CLIENT], environ["waitress.client_disconnected"])
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
    name = {"filename": _file_name(answer, question, text)}
    return [
        ("Content-Type", get_content_type(answer.media_type, "utf-8")),
        ("Content-Disposition", dump_options_header("attachment" if format else "inline", name)),
    ]


def _file_name(answer: Answer, question: Query | None, text: str) -> str:
    """Return the name of the file of an answer: question, version of the data, ending."""
    digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    stem = question.name if question else f"query-{digest}"
    found = (form for form in _FORMS if form.media_type == answer.media_type)
    ending = next((form.ending or form.names[0] for form in found), "txt")
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{stem}-{answer.version}") + f".{ending}"


def as_typed(text: str) -> str:
    """Return a text with the ends of lines that it was typed with; a form sends others."""
    return text.replace("\r\n", "\n")
