"""The build hook of the wheel: an installed aikg has the files of the graph in its package."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: What the program reads at run time, below the root of a checkout.
SHIPPED = (
    *("ontology", "data", "shapes", "queries", "cases", "description", "docs"),
    *("LICENSE-DATA", "CITATION.cff"),
)


class Hook(BuildHookInterface[Any]):
    """Copies the files of the graph to `aikg/shipped/`, which `aikg.settings` looks for."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to a wheel; an editable installation reads those of its checkout."""
        if version != "editable":
            build_data["force_include"].update({name: f"aikg/shipped/{name}" for name in SHIPPED})
