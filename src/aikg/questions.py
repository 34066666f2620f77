"""The registered questions: queries with a name that anyone can ask."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from aikg.errors import UnknownQuestion
from aikg.files.queries import Query, read_queries

Question: TypeAlias = Query


def load(folder: Path) -> list[Question]:
    """Read the questions of a folder, in the order of their names."""
    return read_queries(folder)


def find(questions: Sequence[Question], name: str) -> Question:
    """Find a question by its name.

    Raises:
        UnknownQuestion: None has that name; the advice lists those with nearly that name.
    """
    by_name = {question.name: question for question in questions}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3) or sorted(by_name)
    raise UnknownQuestion(
        f"No question is called {name!r}.", advice=f"Ask one of: {', '.join(near)}."
    )
