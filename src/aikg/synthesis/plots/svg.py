"""The elements of a drawing: every text is escaped, and hidden characters are written out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aikg.characters import visible

#: The colour of lines and of text, of what is refused, and of ranges.
INK, GREY, BAND = "#1a1a1a", "#767676", "#c9d6e6"
#: How wide one letter is, about, in the size of the text.
_LETTER = 0.55


def text(x: float, y: float, words: str, *, size: float = 13, **style: str | bool) -> str:
    """Return a text; its style may have `anchor`, `fill` and `bold`."""
    weight = ' font-weight="bold"' if style.get("bold") else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" '
        f'text-anchor="{style.get("anchor", "start")}" fill="{style.get("fill", INK)}"{weight}>'
        f"{safe(words)}</text>"
    )


def safe(words: str) -> str:
    """Return a text that is safe within an element or an attribute."""
    return escape(visible(words), quote=True)


def cut(words: str, width: float, size: float = 13) -> str:
    """Return a text that is about as wide as there is room for."""
    letters = max(4, int(width / (size * _LETTER)))
    return words if len(words) <= letters else words[: letters - 1] + "\u2026"


def line(x1: float, y1: float, x2: float, y2: float, **style: str | float) -> str:
    """Return a line; its style may have `stroke`, `width` and `dashes`."""
    dashes = style.get("dashes")
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{style.get("stroke", INK)}" stroke-width="{style.get("width", 1):g}"{dashed}/>'
    )


def rectangle(x: float, y: float, width: float, height: float, **style: str) -> str:
    """Return a rectangle; its style may have `fill` and `stroke`."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
        f'fill="{style.get("fill", INK)}" stroke="{style.get("stroke", "none")}"/>'
    )


def polygon(points: Sequence[tuple[float, float]], *, fill: str = INK, opacity: float = 1) -> str:
    """Return a polygon."""
    listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{listed}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def circle(x: float, y: float, radius: float, *, fill: str = INK) -> str:
    """Return a circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}"/>'


def document(
    key: str, size: tuple[float, float], title: str, words: str, parts: Sequence[str]
) -> str:
    """Return a drawing with its title and its description; `key` makes their ids its own."""
    body, (width, height) = "\n".join(parts), size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-labelledby="{key}-title {key}-words" '
        f'font-family="sans-serif">\n<title id="{key}-title">{safe(title)}</title>\n'
        f'<desc id="{key}-words">{safe(words)}</desc>\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def name(answer: dict[str, object], identifier: str | None) -> str:
    """Return what an identifier is called."""
    labels = answer["labels"]
    if identifier is None or not isinstance(labels, dict):
        return "all populations"
    return str(labels.get(identifier) or identifier.rsplit("/", 1)[-1].replace("-", " "))
