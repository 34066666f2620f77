"""The results that are kept from run to run, and the page that shows them."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aikg.files.version import version_of
from aikg.settings import Settings
from bench.report import Goal, Section, table

BEGIN, END = "<!-- written by `make bench` -->", "<!-- end -->"


class Results:
    """Measured figures, by size and part; in a file, so that a part can be measured alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []

    def keep(self, size: int, name: str, sections: Sequence[Section], settings: Settings) -> None:
        """Put the sections of a part in the place of those from an earlier run."""
        part = {
            "size": size,
            "name": name,
            "when": conditions(settings),
            "sections": [asdict(section) for section in sections],
        }
        others = [p for p in self._parts if (p["size"], p["name"]) != (size, name)]
        self._parts = sorted([*others, part], key=lambda p: int(p["size"]))  # stable
        self._path.write_text(json.dumps(self._parts, indent=1))

    def markdown(self) -> str:
        """Write all goals, then all sections, by size."""
        parts = [part for part in self._parts if part["sections"]]
        goals = [
            (goal["text"], _size(part["size"]), goal["reached"], "yes" if goal["met"] else "**no**")
            for part in parts
            for section in part["sections"]
            for goal in section["goals"]
        ]
        texts = ["## Goals", table(("goal", "triples", "reached", "met"), goals)]
        for size in sorted({part["size"] for part in parts}):
            texts.append(f"## {_size(size)} triples" if size else "## The shipped graph")
            for part in parts:
                if part["size"] == size:
                    texts += [_section(section).markdown() for section in part["sections"]]
                    texts.append(f"*{part['when']}*")
        return "\n\n".join(texts)

    def put(self, page: Path) -> None:
        """Put the figures in their place on a page.

        Raises:
            ValueError: The page has no such place.
        """
        before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        if not found or END not in rest:
            raise ValueError(f"{page} has no place for the figures: {BEGIN} ... {END}.")
        after = rest.partition(END)[2]
        text = f"{before}{BEGIN}\n\n{self.markdown()}\n\n{END}{after}"
        page.write_text(text, encoding="utf-8")


def _section(kept: dict[str, Any]) -> Section:
    return Section(**kept | {"goals": [Goal(**goal) for goal in kept["goals"]]})


def _size(triples: int) -> str:
    return f"{triples:,}" if triples else "shipped"


def conditions(settings: Settings) -> str:
    """Say when, on what, and with which data: a figure without these is none."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*: (.+)", information.read_text())
        processor = found[1] if found else processor
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {processor}, {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}, data "
        f"{version_of(settings.root)}; processes that wanted a core, over a minute: "
        f"{os.getloadavg()[0]:.1f}"
    )
