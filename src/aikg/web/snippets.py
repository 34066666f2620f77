"""A request as code: for a shell, for Python and for R. A query may have any text."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from urllib.parse import urlencode

#: A longer query does not stand in an address; R is then left out.
LONGEST = 6000
_R_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Parameters = Sequence[tuple[str, str]]


def snippets(address: str, parameters: Parameters, *, rows: bool) -> dict[str, str]:
    """Return a request as code, by the name of the language.

    Args:
        address: The address of the endpoint.
        parameters: Those of the request, the format of the answer among them.
        rows: Whether the answer is a table in CSV; another one has code for a shell only.
    """
    found = {"curl": curl(address, parameters)}
    if rows:
        found["Python"] = python(address, parameters)
        if sum(len(value) for _, value in parameters) <= LONGEST:
            found["R"] = r(address, parameters)
    return found


def curl(address: str, parameters: Parameters) -> str:
    """Return a command for a shell.

    A text with a hidden character is percent-encoded: a terminal could obey it when it is pasted.
    """
    if not all(_is_seen(value) for _, value in parameters):
        return f"curl {shlex.quote(address)} --data {shlex.quote(urlencode(parameters))}"
    fields = (f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in parameters)
    return " \\\n  ".join([f"curl {shlex.quote(address)}", *fields])


def python(address: str, parameters: Parameters) -> str:
    """Return a program in Python that reads the answer as a data frame."""
    lines = "\n".join(f"    ({name!r}, {_python_text(value)})," for name, value in parameters)
    return (
        "import urllib.parse, urllib.request\n"
        "import pandas\n\n"
        f"parameters = [\n{lines}\n]\n"
        "data = urllib.parse.urlencode(parameters).encode()\n"
        f"table = pandas.read_csv(urllib.request.urlopen({address!r}, data))"
    )


def r(address: str, parameters: Parameters) -> str:
    """Return a program in R that reads the answer as a data frame."""
    fields = ",\n".join(
        f'  "{"&" if number else ""}{name}=", URLencode({_r_text(value)}, reserved = TRUE)'
        for number, (name, value) in enumerate(parameters)
    )
    return f"address <- paste0({_r_text(address + '?')},\n{fields})\ntable <- read.csv(address)"


def _python_text(text: str) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return ascii(text)
    return "(\n" + "\n".join(f"        {line!a}" for line in lines) + "\n    )"


def _r_text(text: str) -> str:
    return '"' + "".join(map(_r_character, text)) + '"'


def _r_character(character: str) -> str:
    if character in _R_ESCAPES:
        return _R_ESCAPES[character]
    return character if " " <= character <= "~" else f"\\U{{{ord(character):x}}}"


def _is_seen(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)
