"""Errors cross processes and are published: each keeps all of its members."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import pytest

from aikg import errors
from aikg.engine.answer import NotAsked
from aikg.errors import AikgError, code, describe, revive

KINDS = sorted(AikgError.kinds)
#: A value for each type that a detail may have.
VALUES: dict[Any, Any] = {
    "str | None": "chebi:1",
    "Sequence[str]": ["one", "two"],
    "int | None": 7,
    "int": 9,
    "str": "same-treatment",
    "object": {"findings": [1]},
}


def make(name: str) -> AikgError:
    """Make an error with a value for each detail that its class declares."""
    kind = AikgError.kinds[name]
    declared = {
        detail: VALUES[annotation]
        for base in kind.__mro__
        if base is not AikgError and issubclass(base, AikgError)
        for detail, annotation in vars(base).get("__annotations__", {}).items()
    }
    return kind("It is wrong.", advice="Do this.", reference="https://example.org/", **declared)


@pytest.mark.parametrize("name", KINDS)
def test_an_error_is_the_same_in_another_process(name: str) -> None:
    """An error written as JSON and read again is the same class with the same members."""
    error = make(name)
    again = revive(json.loads(json.dumps(describe(error))))
    assert type(again) is type(error)
    assert (str(again), again.members, again.status) == (str(error), error.members, error.status)


@pytest.mark.parametrize("name", KINDS)
def test_every_member_can_be_published(name: str) -> None:
    """A problem document has them as they are: no name collides with one of RFC 9457."""
    error = make(name)
    assert not {"type", "title", "status", "detail", "instance"} & error.members.keys()
    assert error.members["advice"] == "Do this."
    assert set(json.loads(json.dumps(error.members))) == set(error.members)


def test_every_class_is_known_and_has_a_code() -> None:
    """A code belongs to one class; statuses are those of HTTP errors."""
    declared = {
        kind.__name__
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AikgError) and kind is not AikgError
    }
    assert declared <= set(KINDS)
    assert NotAsked.__name__ in KINDS
    codes = {code(make(name)) for name in KINDS}
    assert len(codes) == len(KINDS)
    assert all(400 <= AikgError.kinds[name].status < 600 for name in KINDS)


def test_a_detail_that_the_class_does_not_declare() -> None:
    """A typo in the name of a detail is a mistake in the program."""
    with pytest.raises(TypeError, match="retry_later"):
        errors.TooManyGuesses("Wait.", advice="Wait.", retry_later=1)
    assert get_type_hints(errors.TooManyGuesses)["retry_after"] is int
