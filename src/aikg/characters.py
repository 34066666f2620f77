"""Characters that nobody sees, and that change how the text around them is shown.

Escape sequences steer a terminal, overrides of direction turn a line round, a newline in a name
begins a line that looks like one of our lines.
"""

from __future__ import annotations

import json
import re

#: Controls (C0, DEL, C1), marks and overrides of direction, separators of lines, fillers without a
#: width, annotations, tags, surrogates. Joiners (U+200C, U+200D) are letters of Persian and emoji.
_CONTROLS = "\x00-\x1f\x7f-\x9f"
_UNSEEN = (
    "\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f"
)
_HIDDEN = re.compile(f"[{_CONTROLS}{_UNSEEN}]")
#: The same, but for the ends of lines and tabs, which a text of several lines has.
_HIDDEN_IN_LINES = re.compile(f"(?![\\n\\t])[{_CONTROLS}{_UNSEEN}]")


def visible(text: str) -> str:
    r"""Return a text with what is hidden in it written out: `\x1b`, `\n`, `\u202e`."""
    return _HIDDEN.sub(_written, text)


def visible_lines(text: str) -> str:
    """Return a text of several lines likewise; its tabs and the ends of its lines stay."""
    return _HIDDEN_IN_LINES.sub(_written, text)


def escaped_json(text: str) -> str:
    """Return JSON of the same meaning, with hidden characters as escapes."""
    return _HIDDEN_IN_LINES.sub(lambda match: json.dumps(match[0])[1:-1], text)


def escaped_rdf(text: str) -> str:
    """Return Turtle or N-Triples of the same meaning, with hidden characters as escapes."""
    return _HIDDEN_IN_LINES.sub(lambda match: f"\\U{ord(match[0]):08X}", text)


def hidden(text: str) -> str | None:
    """Return the first hidden character of a text, as `U+001B`; None where there is none."""
    found = _HIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _written(match: re.Match[str]) -> str:
    return ascii(match[0])[1:-1]
