"""The graph in this process, for the command line and for notebooks: no server is needed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyoxigraph as ox

from aikg import settings
from aikg.errors import AikgError, MissingFolder
from aikg.files.queries import Query, find_query, read_queries, read_text
from aikg.files.turtle import load_nquads
from aikg.files.version import built_version, stamp, stamp_of
from aikg.ledger.opening import has_ledger
from aikg.names import OTHER_PREFIXES
from aikg.publication import replay
from aikg.settings import Settings
from aikg.sparql.evaluation import Request, as_text, deep, evaluate, select
from aikg.vocabularies import prepared
from aikg.vocabularies.shelf import Shelf

if TYPE_CHECKING:
    import pandas as pd

#: Called with the name of each stage of the build.
Progress = Callable[[str], object]

_XSD = OTHER_PREFIXES["xsd"]
_NUMBERS = {
    _XSD + "integer": int,
    _XSD + "decimal": float,
    _XSD + "double": float,
    _XSD + "float": float,
}


@dataclass(frozen=True)
class Graph:
    """The graph in memory.

    Attributes:
        store: The triples: those of all sources in the default graph, each source's in its own.
        version: The version of the data.
    """

    store: ox.Store
    version: str

    def table(self, query: str) -> tuple[list[str], list[list[str]]]:
        """Answer a query as text to read: column names, and rows with prefixed names."""
        names, rows = select(self.store, query)
        return names, [[as_text(term) for term in row] for row in rows]

    def write(self, query: str, form: str, output: IO[bytes]) -> None:
        """Answer a query in a format that `aikg.sparql.formats` names.

        Raises:
            QueryMalformed: The text is not a query.
            QueryRefused: The query would leave the graph, or change it.
            NotAcceptable: The format cannot carry the answer.
        """
        request = Request(query, format=form)
        deep(lambda: evaluate(self.store, request, output, begin=lambda media_type: None))

    def frame(self, query: str) -> pd.DataFrame:
        """Answer a query as a data frame: numbers as numbers, IRIs as text, unbound as None.

        Raises:
            AikgError: pandas is not installed.
        """
        names, rows = select(self.store, query)
        return data_frame([[_value(term) for term in row] for row in rows], names)


def data_frame(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a data frame.

    Raises:
        AikgError: pandas is not installed.
    """
    try:
        pandas = importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise AikgError(
            "pandas is not installed.", advice='Install it: pip install "aikg[pandas]".'
        ) from error
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=list(columns))
    return frame


def ensure_built(configured: Settings, progress: Progress = lambda stage: None) -> Path:
    """Build the graph, unless the one on disk is of the files and the program as they are.

    The vocabularies of the home are made ready to load too.

    Raises:
        VocabularyUnreadable: A file in the folder of vocabularies cannot be read.
    """
    path = configured.graph
    if stamp(path) != stamp_of(configured.root):
        # The build needs the libraries of shapes and links; an open graph does not.
        from aikg import build  # noqa: PLC0415

        build.build(configured, progress)
    Shelf(configured).prepare(progress)
    return path


def open_graph(
    configured: Settings | None = None,
    vocabularies: Sequence[Path] = (),
    progress: Progress = lambda stage: None,
    with_vocabularies: bool = True,
) -> Graph:
    """Load the graph with the published evidence; build it first if files have changed.

    Args:
        configured: The folders; None: from the environment.
        vocabularies: Files of more vocabularies, each read into a named graph of its own,
            `graph:vocabulary/<name>`.
        progress: Called with the name of each stage of the build.
        with_vocabularies: Whether the vocabularies of the home are loaded too.

    Raises:
        VocabularyUnreadable: One of them cannot be read.
    """
    configured = configured or settings.from_environment()
    path = ensure_built(configured, progress)
    store = ox.Store()
    load_nquads(store, path)
    version = built_version(path) or ""
    if has_ledger(configured):
        version = replay.onto(store, configured, version)
    heads = prepared.heads(configured.home)
    version = prepared.version_with(version, heads)
    if with_vocabularies:
        prepared.load(store, configured.home, heads, version)
    for file in vocabularies:
        from aikg.vocabularies.once import load_file  # noqa: PLC0415  its readers load slowly

        load_file(store, file, configured, progress)
    return Graph(store, version)


def registered(configured: Settings | None = None) -> list[Query]:
    """Return the registered questions."""
    configured = configured or settings.from_environment()
    return read_queries(configured.root / "queries" / "competency")


def find_text(question: str) -> str:
    """Return the text of a query that is named by a file or by the name of a question.

    Raises:
        MissingFolder: It looks like a file, and does not exist.
        UnknownQuestion: No question has that name.
    """
    path = Path(question)
    if path.is_file():
        return read_text(path)
    if path.suffix or len(path.parts) > 1:
        raise MissingFolder(
            f"There is no file {question}.",
            advice="Check the name; `aikg query` alone lists the registered questions.",
        )
    return find_query(registered(), question).text


def ask(question: str) -> pd.DataFrame:
    """Answer a registered question, or a query in a file, as a data frame."""
    return open_graph().frame(find_text(question))


def _value(term: Any) -> Any:
    if term is None:
        return None
    if not isinstance(term, ox.Literal):
        return str(getattr(term, "value", term))
    datatype = term.datatype.value
    if datatype == _XSD + "boolean":
        return term.value == "true"
    return _NUMBERS.get(datatype, str)(term.value)
