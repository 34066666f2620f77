"""The programs of tools/ that have no file of tests of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import lines

SOURCE = '''"""A docstring
of two lines."""

# A comment.
import io  # not counted as a comment: there is code


class Kept:
    """Not counted."""

    text = """a text
that is
code"""

    def method(self) -> int:
        """Not counted.

        Neither is this.
        """
        # Neither is this.
        return (
            1

            + 2
        )


def documented_only() -> None:
    """Not counted."""
    "a text that is not a docstring"
'''


def test_only_code_is_counted() -> None:
    """Docstrings, comments and blank lines are not; a text of several lines is."""
    counted = lines.count(SOURCE)
    assert counted.functions == {"method, line 15": 5, "documented_only, line 28": 2}
    assert counted.lines == 1 + 1 + 3 + 5 + 2


def test_what_is_above_the_bounds_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function of 50 lines is within them, one of 51 is not; so with modules of 250."""
    for name, size in (("within", lines.FUNCTION), ("above", lines.FUNCTION + 1)):
        body = "".join(f"    x = {n}\n" for n in range(size - 1))
        (tmp_path / f"{name}.py").write_text(f"def {name}():\n{body}")
    assert lines.main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "above.py: above, line 1: 51 lines" in said
    assert "within.py" not in said
    assert "101 lines of code in 2 modules; 0 modules above 250 lines, 1 functions" in said
    (tmp_path / "above.py").write_text("x = 1\n" * lines.MODULE)
    assert lines.main([str(tmp_path)]) == 0
    (tmp_path / "above.py").write_text("x = 1\n" * (lines.MODULE + 1))
    assert lines.main([str(tmp_path)]) == 1
    assert "above.py: 251 lines" in capsys.readouterr().out
    assert lines.main([str(tmp_path / "none")]) == 2
