"""The front page: the headline comparison, the network of drugs, questions by tag, and the news."""

from __future__ import annotations

import contextlib
import datetime
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.files.queries import Query, find_query, read_queries
from aikg.names import BASE
from aikg.synthesis.plots import svg
from aikg.web.sections import Row

#: The comparison that the front page shows.
HEADLINE = {
    "experimental": "drug/exemestane",
    "reference": "drug/anastrozole",
    "outcome": "outcome/clinical-benefit",
    "population": "population/any-visceral",
}
_CHOICES = {"measure": "", "figures": "both", "nodes": "drug", "correct": "0", "curated": False}
#: The groups of questions, each with the tags that belong to it.
GROUPS = {
    "Efficacy": ("efficacy", "visceral disease", "indirect comparison", "direct comparison"),
    "Safety": ("safety", "adverse events"),
    "Trials": ("trials", "conduct", "line of therapy"),
    "Claims": ("claims", "evidence"),
    "Drugs": ("drugs", "pharmacology", "regimens", "links"),
    "Quality of the figures": ("reporting", "audit", "provenance", "definitions"),
}
_COUNTS = f"""PREFIX aikg: <{BASE}ontology/>
SELECT (COUNT(DISTINCT ?finding) AS ?findings) (COUNT(DISTINCT ?study) AS ?studies)
  (COUNT(DISTINCT ?claim) AS ?claims)
{{ {{ ?finding a aikg:Finding }} UNION {{ ?study a aikg:Study }}
  UNION {{ ?claim a aikg:Claim }} }}"""
_ENDS = ("one", "other")
_WIDTH, _HEIGHT, _ACROSS, _UP = 720.0, 400.0, 220.0, 140.0


@dataclass(frozen=True)
class Content:
    """What the front page shows of one version of the graph.

    Attributes:
        headline: The page of the headline comparison; None where there is no such evidence.
        pairs: The pairs of drugs that trials compare.
        news: The published submissions, the latest first.
        counts: How many findings, studies and claims there are.
    """

    headline: dict[str, Any] | None
    pairs: list[Row]
    news: list[Row]
    counts: Mapping[str, int]


class Current:
    """The content of the engine's current version; it is read again when that changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._read: tuple[str, Content] | None = None

    def get(self) -> Content:
        """Return the content; parts that the graph or its files do not have are empty."""
        version = str(self._engine.describe()["version"])
        with self._lock:
            if self._read is None or self._read[0] != version:
                self._read = version, self._ask()
            return self._read[1]

    def _ask(self) -> Content:
        headline = None
        pairs: list[Row] = []
        news: list[Row] = []
        with contextlib.suppress(AikgError):
            queries = read_queries(self._engine.settings.root / "queries" / "synthesis")
            pairs, news = (self._rows(find_query(queries, name).text) for name in ("pairs", "news"))
            arguments = {"kind": "compare", "words": HEADLINE | _CHOICES, "format": "page"}
            headline = json.loads(self._engine.run("compare", arguments).read())
        counts = {name: int(term["value"]) for name, term in self._rows(_COUNTS)[0].items()}
        return Content(headline, pairs, [row for row in news if "graph" in row], counts)

    def _rows(self, query: str) -> list[Row]:
        answer = self._engine.query(query, format="json").read()
        rows: list[Row] = json.loads(answer)["results"]["bindings"]
        return rows


def render(content: Content, registered: Sequence[Query], **context: Any) -> str:
    """Write the front page."""
    grouped = {title: [q for q in registered if _group(q) == title] for title in (*GROUPS, "More")}
    return render_template(
        "front.html", content=content, network=network(content.pairs, request.script_root),
        groups={title: found for title, found in grouped.items() if found},
        headline=f"{url_for('compare.compare')}?{urlencode(HEADLINE)}", **context,
    )  # fmt: skip


def _group(question: Query) -> str:
    """Return the group of the first tag of a question that has one."""
    for tag in question.header.get("tags", "").strip("[]").split(","):
        for title, tags in GROUPS.items():
            if tag.strip() in tags:
                return title
    return "More"


def network(pairs: Sequence[Row], root: str) -> str | None:
    """Draw the drugs that trials compare: each line leads to the comparison of its ends."""
    names = {row[end]["value"]: row[f"{end}_label"]["value"] for row in pairs for end in _ENDS}
    if len(names) < 2:
        return None
    ordered = sorted(names, key=lambda iri: names[iri])
    at = {iri: _place(i, len(ordered)) for i, iri in enumerate(ordered)}
    parts = []
    for row in pairs:
        one, other = (row[end]["value"] for end in _ENDS)
        trials = int(row["trials"]["value"])
        (x1, y1), (x2, y2) = at[one], at[other]
        asked = {"experimental": one.removeprefix(BASE), "reference": other.removeprefix(BASE)}
        label = f"{names[one]} against {names[other]}, {trials} trial{'' if trials == 1 else 's'}"
        parts.append(
            f'<a href="{svg.safe(root)}/compare?{svg.safe(urlencode(asked))}">'
            f"<title>{svg.safe(label)}</title>"
            + svg.line(x1, y1, x2, y2, stroke="transparent", width=16)
            + svg.line(x1, y1, x2, y2, stroke="#5b8f98", width=1.5 + 1.5 * min(trials, 6))
            + svg.text((x1 + x2) / 2, (y1 + y2) / 2 - 5, str(trials), anchor="middle", size=12)
            + "</a>"
        )
    for iri in ordered:
        x, y = at[iri]
        anchor = "middle" if abs(x - _WIDTH / 2) < 40 else "start" if x > _WIDTH / 2 else "end"
        outward = {"middle": 0, "start": 14, "end": -14}[anchor]
        down = 5 if outward else (26 if y > _HEIGHT / 2 else -16)
        path = f"{root}/{iri.removeprefix(BASE)}"
        parts.append(
            f'<a href="{svg.safe(path)}">{svg.circle(x, y, 9, fill="#175e6b")}'
            + svg.text(x + outward, y + down, names[iri], anchor=anchor, size=15)
            + "</a>"
        )
    words = "Each line is a pair of drugs in different arms of a trial; the number counts trials."
    drawn = svg.document("drugs", (_WIDTH, _HEIGHT), "Drugs that trials compare", words, parts)
    return drawn.replace('role="img"', 'role="group"', 1)  # an image may have no links


def _place(index: int, count: int) -> tuple[float, float]:
    angle = -math.pi / 2 + 2 * math.pi * index / count
    return _WIDTH / 2 + _ACROSS * math.cos(angle), _HEIGHT / 2 + _UP * math.sin(angle)


def blueprint(engine: Engine, current: Current) -> Blueprint:
    """Make the routes of the feeds."""
    routes = Blueprint("feeds", __name__)

    @routes.get("/feed.json")
    def feed_json() -> Response:
        site = url_for("description.front", _external=True)
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "aikg: what is new",
            "home_page_url": site,
            "feed_url": url_for("feeds.feed_json", _external=True),
            "items": _items(engine, current.get()),
        }
        response = jsonify(document)
        response.mimetype = "application/feed+json"
        return response

    @routes.get("/feed.atom")
    def feed_atom() -> Response:
        items = _items(engine, current.get())
        text = render_template("feed.xml", items=items)
        return Response(text, mimetype="application/atom+xml")

    return routes


def _items(engine: Engine, content: Content) -> list[dict[str, str]]:
    """Return the items of a feed: the version with its facts, then what was published."""
    version = str(engine.describe()["version"])
    facts = ", ".join(f"{number:,} {name}" for name, number in content.counts.items())
    site = url_for("description.front", _external=True)
    latest = content.news[0]["when"]["value"] if content.news else _built(engine)
    items = [
        {
            "id": f"{BASE}.well-known/void#{version}",
            "url": site,
            "title": f"Version {version}",
            "content_text": f"The graph has {facts}.",
            "date_published": latest,
        }
    ]
    for row in content.news:
        path = row["graph"]["value"].removeprefix(BASE)
        items.append(
            {
                "id": row["graph"]["value"],
                "url": f"{site}{path}",
                "title": f"Published: {row['label']['value']}",
                "content_text": f"It has {row['findings']['value']} findings.",
                "date_published": row["when"]["value"],
            }
        )
    return items


def _built(engine: Engine) -> str:
    built = engine.settings.graph.stat().st_mtime
    return datetime.datetime.fromtimestamp(built, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
