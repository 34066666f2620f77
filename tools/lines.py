"""Counts lines of code: without docstrings, comments and blank lines.

    python tools/lines.py [FOLDER]

Prints the lines of code of `src` (or of the folder), the number of modules, and what is above the
bounds: modules of more than 250 lines, functions of more than 50. The exit status is 1 if any is.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

MODULE, FUNCTION = 250, 50
_NOTHING = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_Documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Count:
    """What a module has.

    Attributes:
        lines: Its lines of code.
        functions: Each function and method, by its name and first line, with its lines of code.
    """

    lines: int
    functions: dict[str, int]


def count(source: str) -> Count:
    """Count the lines of code of a module; a line counts once, however many tokens it has."""
    tree = ast.parse(source)
    code = _coded(source) - _documented(tree)
    functions = {
        f"{node.name}, line {node.lineno}": len(
            code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return Count(len(code), functions)


def _coded(source: str) -> set[int]:
    """Return the lines on which a token stands, other than a comment."""
    return {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _NOTHING
        for line in range(token.start[0], token.end[0] + 1)
    }


def _documented(tree: ast.Module) -> set[int]:
    """Return the lines of docstrings."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            lines |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def main(arguments: list[str]) -> int:
    """Count and report; return the exit status."""
    folder = Path(arguments[0] if arguments else "src")
    counts = {
        path.relative_to(folder): count(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }
    if not counts:
        sys.stderr.write(f"{folder}: no Python file\n")
        return 2
    modules = [(str(path), each.lines) for path, each in counts.items() if each.lines > MODULE]
    functions = [
        (f"{path}: {name}", lines)
        for path, each in counts.items()
        for name, lines in each.functions.items()
        if lines > FUNCTION
    ]
    for name, lines in modules + functions:
        sys.stdout.write(f"{name}: {lines} lines of code\n")
    sys.stdout.write(
        f"{folder}: {sum(each.lines for each in counts.values()):,} lines of code in "
        f"{len(counts)} modules; {len(modules)} modules above {MODULE} lines, {len(functions)} "
        f"functions above {FUNCTION}\n"
    )
    return 1 if modules or functions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
