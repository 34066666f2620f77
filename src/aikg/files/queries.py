"""Query files: SPARQL with a header of `#+ key: value` lines (the convention of grlc).

A line `# include: NAME` stands for the lines of `fragments/NAME.rq`, beside the query's folder:
what several queries ask in the same words has one home.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aikg.errors import MissingFolder, QueryMalformed, UnknownQuestion

_HEADER = re.compile(r"#\+ (\w+): (.+)")
_INCLUDE = re.compile(r"^ *# include: (\S+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """A query in a file.

    Attributes:
        name: The file's name without its ending.
        header: The `#+ key: value` lines at the top of the file.
        text: The whole file, header included, with the fragments that it includes.
        path: The file.
    """

    name: str
    header: dict[str, str]
    text: str
    path: Path

    @property
    def summary(self) -> str:
        """The question, as a sentence."""
        return self.header["summary"]


def read_queries(folder: Path, required: Sequence[str] = ("summary",)) -> list[Query]:
    """Read every query below a folder, in the order of their paths.

    Raises:
        MissingFolder: There is no such folder, or no query in it.
        QueryMalformed: A file lacks a header line that is required.
    """
    paths = sorted(folder.rglob("*.rq"))
    if not paths:
        raise MissingFolder(
            f"{folder} contains no query.",
            advice="Run the command in a checkout of aikg, or set AIKG_ROOT to one.",
        )
    return [_read_query(path, required) for path in paths]


def find_query(queries: Sequence[Query], name: str) -> Query:
    """Find a registered question by its name.

    Raises:
        UnknownQuestion: None has that name; the advice lists those with a similar name.
    """
    by_name = {query.name: query for query in queries}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3) or sorted(by_name)
    raise UnknownQuestion(
        f"No question is called {name!r}.", advice=f"Ask one of: {', '.join(near)}."
    )


def read_text(path: Path) -> str:
    """Read a query file, with the fragments that it includes.

    Raises:
        QueryMalformed: There is no fragment of that name.
    """

    def fragment(match: re.Match[str]) -> str:
        file = path.parent.parent / "fragments" / f"{match[1]}.rq"
        if not file.is_file():
            raise QueryMalformed(
                f"{path}: there is no fragment {match[1]!r}.",
                advice=f"The fragments are in {file.parent}; correct the line, or add the file.",
            )
        return file.read_text(encoding="utf-8")

    text = _INCLUDE.sub(fragment, path.read_text(encoding="utf-8"))
    return _INCLUDE.sub(fragment, text)  # a fragment may include one that includes none


def _read_query(path: Path, required: Sequence[str]) -> Query:
    text = read_text(path)
    header = dict(_HEADER.findall(text))
    for key in required:
        if key not in header:
            raise QueryMalformed(
                f"{path}: the header has no line `#+ {key}: ...`.",
                advice="Add the line at the top of the file; a query beside it shows how.",
            )
    return Query(path.stem, header, text, path)
