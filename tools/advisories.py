"""Checks pinned versions against advisories in a folder: an audit without a network.

    python tools/advisories.py FOLDER PINS...

The folder has files of the OSV format (https://ossf.github.io/osv-schema/), in JSON or in YAML, at
any depth, as in a checkout of the Python Packaging Authority's advisory database. A pin is a line
`name==version`. The exit status is 1 where a pinned version is affected, and 2 where nothing could
be checked.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Finding:
    """A pinned version that an advisory is about."""

    package: str
    version: str
    advisory: str
    fixed: str


def pins(text: str) -> set[tuple[str, str]]:
    """Return each pinned package of a requirements file, by name and version."""
    return {(canonicalize_name(name), version) for name, version in _PIN.findall(text)}


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Return each advisory below a folder that is not withdrawn."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json":
            advisory = json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix in {".yaml", ".yml"}:
            advisory = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  a SafeLoader
        else:
            continue
        if isinstance(advisory, dict) and "affected" in advisory and "withdrawn" not in advisory:
            yield advisory


#: The quick one, where PyYAML has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def audit(pinned: Iterable[tuple[str, str]], advisories: Iterable[dict[str, Any]]) -> list[Finding]:
    """Return which pinned versions are affected, in order."""
    by_name: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for advisory in advisories:
        for affected in advisory["affected"]:
            package = affected.get("package", {})
            if package.get("ecosystem") == "PyPI":
                by_name[canonicalize_name(package["name"])].append((advisory["id"], affected))
    return sorted(
        Finding(name, version, advisory, _fixed(affected))
        for name, version in pinned
        for advisory, affected in by_name[name]
        if is_affected(Version(version), affected)
    )


def is_affected(version: Version, affected: dict[str, Any]) -> bool:
    """Return whether a version is listed, or lies in a range.

    See https://ossf.github.io/osv-schema/#evaluation.
    """
    listed = {parsed for text in affected.get("versions", ()) if (parsed := _version(text))}
    ranges = [r["events"] for r in affected.get("ranges", ()) if r["type"] == "ECOSYSTEM"]
    return version in listed or any(_in_range(version, events) for events in ranges)


def _in_range(version: Version, events: list[dict[str, str]]) -> bool:
    """Follow the events, oldest first, up to the version."""
    inside = False
    for kind, text in sorted(
        (item for event in events for item in event.items()),
        key=lambda item: _version(item[1]) or Version("0"),
    ):
        at = _version(text) or Version("0")
        if kind == "introduced" and version >= at:
            inside = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            inside = False
    return inside


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _fixed(affected: dict[str, Any]) -> str:
    events = [event for r in affected.get("ranges", ()) for event in r["events"]]
    return ", ".join(event["fixed"] for event in events if "fixed" in event) or "not stated"


def main(arguments: list[str]) -> int:
    """Check and report; return the exit status."""
    folder, *files = map(Path, arguments)
    pinned: set[tuple[str, str]] = set()
    for file in files:
        pinned |= pins(file.read_text(encoding="utf-8"))
    advisories = list(read(folder))
    if not pinned or not advisories:
        sys.stderr.write(f"{len(pinned)} pins and {len(advisories)} advisories: nothing to check\n")
        return 2
    found = audit(pinned, advisories)
    for each in found:
        sys.stdout.write(f"{each.package} {each.version}: {each.advisory}, fixed in {each.fixed}\n")
    newest = max(str(advisory.get("modified", "")) for advisory in advisories)
    sys.stdout.write(
        f"{len(pinned)} pinned versions, {len(advisories)} advisories, the newest of "
        f"{newest[:10]}: {len(found)} affect a pinned version\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
