"""Pages in chromium: length, names, sideways scroll, security policy, a clinician's task."""

from __future__ import annotations

import pytest
from serving import Server
from test_node_clients import installed, node, server  # noqa: F401  fixtures

pytestmark = pytest.mark.slow

#: One page of each kind that readers open; `make soak` opens all of them (tests/crawl.py).
KINDS = [
    *("/", "/drug", "/study", "/outcome", "/claim", "/finding", "/docs", "/docs/reference/model"),
    *("/drug/anastrozole", "/study/campos", "/outcome/objective-response"),
    *("/population/any-visceral", "/publication/review-2010", "/drug-class/aromatase-inhibitors"),
    *("/claim/review-2010-conclusions-no-efficacy-difference", "/group/campos-anastrozole"),
    *("/passage/review-2010-table-1-row-7-column-5", "/search?q=campos", "/search?q=xyzzy"),
    *("/finding/falcon-row-2", "/store?default"),
    "/compare?experimental=exemestane&reference=anastrozole&outcome=clinical-benefit",
]


@pytest.mark.parametrize("script", ["on", "off"])
def test_pages_are_short_and_named(server: Server, script: str) -> None:
    """At 1280 px none is longer than 6,000 px, at 390 px none scrolls sideways; names stand."""
    base = server.url.removesuffix("/sparql")
    found = node("browser.js", "shape", script, *(base + path for path in KINDS))
    assert {page: seen["height"] for page, seen in found.items() if seen["height"] > 6000} == {}
    assert [page for page, seen in found.items() if seen["sideways"]] == []
    assert {page: seen["raw"] for page, seen in found.items() if seen["raw"]} == {}
    assert {page: seen["refused"] for page, seen in found.items() if seen["refused"]} == {}
    assert all(seen["heading"] for seen in found.values())


def test_a_clinician_has_the_answer_in_one_step(server: Server) -> None:
    """By one search or by one click, within the first 700 px of a window of 1280 x 900."""
    text = "is exemestane as good as anastrozole in visceral disease, and how sure is that?"
    seen = node("browser.js", "ask", server.url.removesuffix("/sparql") + "/", text)
    for way in ("search", "click"):
        assert seen[way]["foot"] < 700, way
        assert "Can be compared, with caveats" in seen[way]["text"]
        assert "No difference was shown; that does not show that there is none" in seen[way]["text"]
