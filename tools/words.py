"""A check of the words in texts that people read; CONTRIBUTING.md has the list and the reasons.

It reads documentation, messages, docstrings, comments, page templates, definitions of terms, labels
in the data, messages of shapes, headers of queries, and the rules in `description/`. It names file
and line of each fault, and what to write instead. With paths (`python tools/words.py src/aikg/web`)
it reads only those.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

#: The files that are read, as patterns below the root.
COVERED = (
    "*.md",
    "docs/**/*.md",
    "findings/*.md",
    "tools/*.py",
    "bench/*.py",
    "ontology/**/*.ttl",
    "data/turtle/**/*.ttl",
    "description/*.ttl",
    "shapes/*.ttl",
    "queries/**/*.rq",
    "src/aikg/**/*.py",
    "src/aikg/**/*.html",
    "src/aikg/**/*.tsv",
    "cases/**/*.ttl",
    "tests/*.py",
    "tests/cases/**/*.ttl",
)

#: A word that is right where it stands: pattern of the path, and the words around it.
ALLOWED = (
    ("CONTRIBUTING.md", r"^\|[^|]*\|[^|]*\|$|may begin with"),
    ("docs/*", r"typo of\s+ours"),
    ("src/aikg/cli/lookup.py", r"ambiguous, obsolete, stranger"),
    ("tools/words.py", r".*"),
    ("tests/test_words.py", r".*"),  # its cases are faults
)


class Word(NamedTuple):
    """A word of the list: how to find it, and what to write instead."""

    pattern: str
    instead: str


WORDS = (
    Word(r"\b(?:[Tt]ell(?:s|ing)?|[Tt]old)\b", "report or say; as a noun: message, description"),
    Word(r"\b[Mm]end(?:s|ed|ing)?\b", "fix"),
    Word(r"\b(?:do|does|did)\s+not\s+fit\b", "is not valid, does not match"),
    Word(r"\b[Ff]its\b", "is valid, matches"),
    Word(
        r"(?<![Tt]here\s)(?<![Ww]here\s)\b(?:is|are|was|were)\s+no\s+"
        r"(?!longer\b|more\b|fewer\b|less\b|other\b)\w+",
        "is not a valid ..., is not a ...",
    ),
    Word(r"\bof\s+(?:ours|theirs)\b", "our, external"),
    Word(r"\b[Ww]hoever\b", "anyone who"),
    Word(r"\b[Ss]trangers?\b", "unknown user, untrusted input"),
    Word(r"\bslips?\s+of\s+the\s+pen\b", "typo"),
    Word(r"\b[Dd]esks?\b", "curation"),
    Word(
        r"\b(?:[Cc]ells?|[Ff]iles?|[Cc]olumns?|[Ss]heets?|[Ff]olders?|[Tt]ables?|[Ll]edger|[Hh]ome)"
        r"\s+holds?\b",
        "contains",
    ),
    Word(
        r"\bWhat\s+(?:is|are|was|were|follows|stands|comes|came)\b(?![^.?!|]*\?)",
        "the thing's own name as the subject",
    ),
)
#: A docstring says what a function returns.
_GIVE = Word(r"\AGives?\b", "return")


class Fault(NamedTuple):
    """A word that is on the list."""

    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        """The fault as a line of the report."""
        return f"{self.path}:{self.line}: “{self.word}”; write: {self.instead}"


def _blank(text: str) -> str:
    """As many lines, and nothing on them."""
    return "\n" * text.count("\n")


def _without(pattern: str, text: str, flags: int = 0) -> str:
    """The text with each match blank, so that lines keep their numbers."""
    return re.sub(pattern, lambda match: _blank(match[0]) or " ", text, flags=flags)


def _code(text: str) -> str:
    """The text without what stands between backticks: names of codes, files and commands."""
    return _without(r"``?[^`\n]+``?", text)


def _markdown(text: str) -> str:
    """The prose of a page: no code, no output of a command, no address."""
    text = _without(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)
    return _without(r"\]\([^)]*\)|<!--.*?-->", _code(text))


def _template(text: str) -> str:
    """The text of a template, without tags, scripts and expressions."""
    text = _without(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<script.*?</script>", text, re.DOTALL)
    return _without(r"<style.*?</style>|<[^>]*>", text, re.DOTALL)


def _turtle(text: str) -> str:
    """The literals and the comments of a Turtle file."""
    kept, at = [], 0
    for match in re.finditer(r'<[^<>\s]*>|"""(.*?)"""|"((?:[^"\\\n]|\\.)*)"|#([^\n]*)', text, re.S):
        kept.append(_blank(text[at : match.start()]))
        kept.append(next((f" {group}. " for group in match.groups() if group), ""))
        at = match.end()
    return _code("".join(kept))


def _query(text: str) -> str:
    """The header and the comments of a query."""
    lines = (line.lstrip() for line in text.split("\n"))
    text = "\n".join(re.sub(r"^#\+? ?", "", s) if s.startswith("#") else "" for s in lines)
    return _without(r"\b[\w-]+:[\w/-]+", _code(text))


#: Since Python 3.12 an f-string is several tokens.
_TEXTS = (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def _python(text: str) -> str:
    """The comments and the texts of a module: docstrings, and strings of more than one word."""
    kept, row = [], 1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _TEXTS:
            continue
        kept.append("\n" * (token.start[0] - row))
        row = token.end[0]
        if token.type == tokenize.COMMENT:
            kept.append(token.string.lstrip("#:") + " ")
        elif " " in token.string:
            kept.append(re.sub(r"^[a-zA-Z]*(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$", "", token.string))
        else:
            kept.append(_blank(token.string))
    text = _without(r"\{[^{}\n]*\}", "".join(kept))  # what an f-string puts in
    return _code(_without(r"^ +\w+:(?= )", text, re.MULTILINE))  # the name of an attribute


def _docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring of a function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield node.body[0].lineno, docstring


_READERS: dict[str, Callable[[str], str]] = {
    ".md": _markdown,
    ".html": _template,
    ".ttl": _turtle,
    ".rq": _query,
    ".py": _python,
    ".tsv": lambda text: _without(r"\b[a-z]+(?:-[a-z]+)+\b", _code(text)),
}


def check(path: str, text: str) -> Iterator[Fault]:
    """Yield each word of the list in a file.

    Args:
        path: The file's path below the root; its ending says how to read it.
        text: The file's text.

    Yields:
        The faults, by word and then by line.
    """
    prose = _READERS[Path(path).suffix](text)
    lines = prose.split("\n")
    for word in WORDS:
        for match in re.finditer(word.pattern, prose):
            line = prose.count("\n", 0, match.start()) + 1
            if not _allowed(path, lines[line - 1]):
                yield Fault(path, line, " ".join(match[0].split()), word.instead)
    if path.endswith(".py"):
        for line, docstring in _docstrings(text):
            if found := re.match(_GIVE.pattern, docstring):
                yield Fault(path, line, found[0], _GIVE.instead)


def _allowed(path: str, line: str) -> bool:
    """Whether a line may have a word of the list."""
    return any(fnmatch(path, where) and re.search(words, line) for where, words in ALLOWED)


def files(below: tuple[str, ...] = (), root: Path = ROOT) -> list[str]:
    """Return the paths of the files that are read, below the root.

    Args:
        below: Files and folders to read; without them, all.
        root: The folder that the patterns of `COVERED` begin at.
    """
    found = {path.relative_to(root).as_posix() for each in COVERED for path in root.glob(each)}
    if below:
        return sorted(p for p in found if any(Path(p).is_relative_to(folder) for folder in below))
    return sorted(found)


def main() -> None:
    """Check the files; exit with 1 if a word of the list is in one."""
    paths = files(tuple(sys.argv[1:]))
    faults = [f for path in paths for f in check(path, (ROOT / path).read_text("utf-8"))]
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if faults:
        sys.exit(f"{len(faults)} faults. CONTRIBUTING.md has the list of words.")


if __name__ == "__main__":
    main()
