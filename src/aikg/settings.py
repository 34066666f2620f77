"""Every setting once: its name in the environment, its default, its meaning."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path

from aikg.errors import SettingError

#: The public address: scheme, host (a name, or an IPv6 address in brackets), port, path.
_PUBLIC = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?:/[\w.~-]+)*/?",
    re.ASCII,
)


@dataclass(frozen=True)
class Settings:
    """Where the files are and how much a query may take.

    Attributes:
        root: The folder that holds `ontology/`, `data/turtle/`, `shapes/` and `queries/`.
        home: The folder for what the build makes, and for the ledger.
        query_bytes: The longest query that is read, in bytes of UTF-8.
        deadline: The longest time that a query may take, in seconds.
        memory: What a worker may use beyond the graph itself, in bytes.
        stack: The stack on which a worker reads and evaluates a query, in bytes.
        answer_bytes: The longest answer, in bytes.
        workers: How many queries are answered at once.
        share: How many of them may be one client's.
        reserve: How many places long queries and those with a query already leave to others.
        queue: How many requests may wait for a place; half as many of one client's.
        cache: How much of the answers is kept for those who ask the same again, in bytes.
        submission_bytes: The largest file that is taken in, in bytes.
        quota_bytes: How much the ledger keeps of one person's submissions that are not published.
        quota_undecided: How many of one person's names may wait for a decision.
        threads: How many requests are served at once, those that wait among them.
        proxy: The address of the proxy in front, whose X-Forwarded headers are believed.
        connections: How many connections are open at once, where descriptors suffice.
        client_connections: How many of them may be one client's; the proxy may have all.
        head_seconds: How long the head of a request may take, in seconds.
        body_rate: How fast a body must come after that time, in bytes a second.
        bodies: How many bytes of bodies wait or are worked on at once; a quarter of one client's.
        url: The public address of the server, without a slash at the end; empty where each client's
            own address for the server is used.
    """

    root: Path
    home: Path
    query_bytes: int = 64_000
    deadline: float = 30.0
    memory: int = 2 << 30
    stack: int = 1 << 30
    answer_bytes: int = 1 << 30
    workers: int = 8
    share: int = 4
    reserve: int = 2
    queue: int = 64
    cache: int = 64 << 20
    submission_bytes: int = 20_000_000
    quota_bytes: int = 200_000_000
    quota_undecided: int = 100
    threads: int = 96
    proxy: str = ""
    connections: int = 1000
    client_connections: int = 100
    head_seconds: float = 15.0
    body_rate: float = 1000.0
    bodies: int = 512 << 20
    url: str = ""

    @property
    def graph(self) -> Path:
        """The built graph: N-Quads in canonical order, its version in the first line."""
        return self.home / "graph.nq"

    @property
    def ledger(self) -> Path:
        """The ledger, which is the only copy of what was submitted."""
        return self.home / "ledger.db"


def from_environment() -> Settings:
    """Read the settings from `AIKG_*` variables; docs/reference/settings.md lists them.

    Raises:
        SettingError: A variable that should hold a number does not.
    """
    root = Path(os.environ.get("AIKG_ROOT", Path(__file__).resolve().parents[2]))
    return Settings(
        root=root,
        home=Path(os.environ.get("AIKG_HOME", root / "var")),
        query_bytes=int(_number("AIKG_QUERY_BYTES", Settings.query_bytes)),
        deadline=_number("AIKG_DEADLINE", Settings.deadline),
        memory=int(_number("AIKG_MEMORY", Settings.memory)),
        stack=int(_number("AIKG_STACK", Settings.stack)),
        answer_bytes=int(_number("AIKG_ANSWER_BYTES", Settings.answer_bytes)),
        workers=int(_number("AIKG_WORKERS", Settings.workers)),
        share=int(_number("AIKG_SHARE", Settings.share)),
        reserve=int(_number("AIKG_RESERVE", Settings.reserve)),
        queue=int(_number("AIKG_QUEUE", Settings.queue)),
        cache=int(_number("AIKG_CACHE", Settings.cache)),
        submission_bytes=int(_number("AIKG_SUBMISSION_BYTES", Settings.submission_bytes)),
        quota_bytes=int(_number("AIKG_QUOTA_BYTES", Settings.quota_bytes)),
        quota_undecided=int(_number("AIKG_QUOTA_UNDECIDED", Settings.quota_undecided)),
        threads=int(_number("AIKG_THREADS", Settings.threads)),
        proxy=_address("AIKG_PROXY"),
        connections=int(_number("AIKG_CONNECTIONS", Settings.connections)),
        client_connections=int(_number("AIKG_CLIENT_CONNECTIONS", Settings.client_connections)),
        head_seconds=_number("AIKG_HEAD_SECONDS", Settings.head_seconds),
        body_rate=_number("AIKG_BODY_RATE", Settings.body_rate),
        bodies=int(_number("AIKG_BODIES", Settings.bodies)),
        url=_url("AIKG_URL"),
    )


def _address(name: str) -> str:
    text = os.environ.get(name, "")
    try:
        return text and str(ipaddress.ip_address(text))
    except ValueError:
        raise SettingError(
            f"{name} is {text!r}, which is not an IP address.",
            advice=f"Set {name} to an address such as 127.0.0.1, or leave it out.",
        ) from None


def _url(name: str) -> str:
    text = os.environ.get(name, "")
    if not text:
        return ""
    if not _PUBLIC.fullmatch(text):
        raise SettingError(
            f"{name} is {text!r}, which is not the public address of a server.",
            advice=f"Set {name} to an address such as https://kg.example.org, with a path where "
            "the proxy adds one, and without user, query and fragment.",
        )
    return text.rstrip("/")


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise SettingError(
            f"{name} holds {text!r}, which is not a positive number.",
            advice=f"Set {name} to a number above 0, or leave it out for {default:g}.",
        )
    return number
