"""Every setting once: its name in the environment, its default, its meaning."""

from __future__ import annotations

import ipaddress
import os
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

from aikg.errors import SettingError

#: A public address: scheme, host (a name, or an IPv6 address in brackets), port, path.
_PUBLIC = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?:/[\w.~-]+)*/?",
    re.ASCII,
)

#: The files of the graph in an installed package; a checkout has none there.
SHIPPED = Path(__file__).resolve().parent / "shipped"

#: An address to which a reader can write: by mail, or a page.
_MAIL = re.compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[\w./~%?=&+-]*)?", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """Where the files are, and the limits of queries, clients and submissions.

    Attributes:
        root: The folder with `ontology/`, `data/turtle/`, `shapes/` and `queries/`.
        home: The folder for the built graph and the ledger.
        query_bytes: The longest query, in bytes of UTF-8.
        deadline: The longest time that a query may take, in seconds.
        memory: The memory of a worker beyond the graph itself, in bytes.
        stack: The stack on which a worker reads and evaluates a query, in bytes.
        answer_bytes: The longest answer, in bytes.
        workers: How many queries are answered at once.
        share: How many of them one client may use.
        reserve: How many slots are reserved for clients without one.
        queue: How many requests may wait for a slot; one client may have half of them.
        cache: The size of the response cache, in bytes.
        submission_bytes: The largest file that is accepted, in bytes.
        quota_bytes: How much the ledger keeps of one person's submissions that are not published.
        quota_undecided: How many of one person's names may wait for a decision.
        threads: How many requests are served at once, waiting ones included.
        proxy: The address of the proxy in front, whose X-Forwarded headers are trusted.
        connections: How many connections are open at once, where descriptors suffice.
        client_connections: How many of them one client may use; the proxy may use all.
        head_seconds: How long the head of a request may take, in seconds.
        body_rate: The slowest rate of a body after that time, in bytes a second.
        bodies: How many bytes of request bodies are accepted at once; one client may use a quarter.
        url: The public address of the server, without a slash at the end; empty: each client's
            own address for the server.
        publish_own: Whether a curator may publish what they sent themselves.
        contact: The mail address, or the web address, to which readers report mistakes.
        releases: How many older releases are open at once.
        access_log: The file for a line on each request; `-`: standard error; empty: no log.
        log_clients: How the log names clients: `none`, `network` or `address`.
        slow: A request that takes longer is recorded in `slow.log` of the home, in seconds.
        slow_texts: Whether that record has the text of the query: `yes` or `no`.
        vocabularies: The folder with other providers' vocabularies; empty: one in the home.
        vocabulary_bytes: The largest vocabulary that is read, in bytes, unpacked.
        vocabulary_triples: The largest vocabulary that is loaded, in triples.
        metrics: Host and port where `/metrics` is served; empty: nowhere.
        ledger: The address of a ledger in PostgreSQL; empty: a file of the home.
        store: The address of a dataset of Apache Jena Fuseki that has the graph; empty: the graph
            is in a process of the server.
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
    contact: str = ""
    releases: int = 1
    publish_own: bool = False
    access_log: str = ""
    log_clients: str = "none"
    slow: float = 5.0
    slow_texts: str = "no"
    metrics: str = ""
    ledger: str = ""
    store: str = ""
    vocabularies: str = ""
    vocabulary_bytes: int = 2 << 30
    vocabulary_triples: int = 5_000_000

    @property
    def vocabulary_folder(self) -> Path:
        """The folder with other providers' vocabularies, as they provide them."""
        return Path(self.vocabularies) if self.vocabularies else self.home / "vocabularies"

    @property
    def graph(self) -> Path:
        """The built graph: N-Quads in canonical order, its version in the first line."""
        return self.home / "graph.nq"

    @property
    def ledger_file(self) -> Path:
        """The ledger, if it is a file: the only copy of the submissions."""
        return self.home / "ledger.db"


def from_environment() -> Settings:
    """Read the settings from `AIKG_*` variables; docs/reference/settings.md lists them.

    Raises:
        SettingError: A variable has a value that is not valid.
    """
    root, home = _root(), os.environ.get("AIKG_HOME")
    readers: dict[str, Callable[[str, Any], object]] = {
        "int": lambda name, default: int(_number(name, default)),
        "float": _number,
        "bool": lambda name, default: _yes(name),
        "str": os.environ.get,
        **_TEXTS,
    }
    others = (field for field in fields(Settings) if field.name not in {"root", "home"})
    values: dict[str, Any] = {
        one.name: readers.get(one.name, readers[str(one.type)])(
            f"AIKG_{one.name.upper()}", one.default
        )
        for one in others
    }
    return Settings(root, Path(home) if home else _home(root), **values)


def _root() -> Path:
    """Return the files of the graph: those named, those of the package, or of the checkout."""
    if named := os.environ.get("AIKG_ROOT"):
        return Path(named)
    return SHIPPED if SHIPPED.is_dir() else Path(__file__).resolve().parents[2]


def _home(root: Path) -> Path:
    """Return `var/` of a checkout; for the files of the package, the user's folder for data."""
    return platformdirs.user_data_path("aikg", False) if root == SHIPPED else root / "var"


def _address(name: str, default: str) -> str:
    text = os.environ.get(name, "")
    try:
        return text and str(ipaddress.ip_address(text))
    except ValueError:
        raise SettingError(
            f"{name} is {text!r}, which is not an IP address.",
            advice=f"Set {name} to an address such as 127.0.0.1, or leave it out.",
        ) from None


def _url(name: str, default: str) -> str:
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


def _contact(name: str, default: str) -> str:
    text = os.environ.get(name, "").strip()
    if text and not (_MAIL.fullmatch(text) or _WEB.fullmatch(text)):
        raise SettingError(
            f"{name} is {text!r}, which is neither a mail address nor a web address.",
            advice=f"Set {name} to an address such as curators@example.org or "
            "https://example.org/report, or leave it out.",
        )
    return text


def _one_of(*words: str) -> Callable[[str, str], str]:
    def read(name: str, default: str) -> str:
        text = os.environ.get(name) or default
        if text not in words:
            raise SettingError(
                f"{name} is {text!r}, which is not one of: {', '.join(words)}.",
                advice=f"Set {name} to one of them, or leave it out for {default}.",
            )
        return text

    return read


def _listening(name: str, default: str) -> str:
    """Read a port, or a host with a port; a port alone is one of this machine only."""
    text = os.environ.get(name, default)
    if text.isdecimal():
        text = f"127.0.0.1:{text}"
    host, colon, port = text.rpartition(":")
    if text and not (host and colon and port.isdecimal() and int(port) <= 65535):
        raise SettingError(
            f"{name} is {text!r}, which is not a port, and not a host with a port.",
            advice=f"Set {name} to a port such as 9464, or to a host and a port: 127.0.0.1:9464.",
        )
    return text


def _database(name: str, default: str) -> str:
    """Read the address of a database; one with a password is refused, and never shown."""
    text = os.environ.get(name, default)
    parts = urllib.parse.urlsplit(text) if text else None
    if not parts:
        return ""
    options = {part.partition("=")[0].lower() for part in parts.query.split("&")}
    if parts.scheme not in ("postgresql", "postgres") or parts.fragment:
        raise SettingError(
            f"{name} is not the address of a database of PostgreSQL.",
            advice=f"Set {name} to an address such as postgresql://aikg@db.example.org/aikg, or "
            "leave it out: then the ledger is a file of AIKG_HOME.",
        )
    if ":" in parts.netloc.rpartition("@")[0] or options & {"password", "sslpassword"}:
        raise SettingError(
            f"{name} contains a password, which others could read in a list of processes.",
            advice="Write the password to a file of mode 0600 that PGPASSFILE names, or use a "
            "service: see docs/how-to/many-servers.md.",
        )
    return text


def _dataset(name: str, default: str) -> str:
    """Read the address of a dataset of a SPARQL store; one with a password is refused."""
    text = os.environ.get(name, default)
    if text and not _PUBLIC.fullmatch(text):
        raise SettingError(
            f"{name} is not the address of a dataset of a SPARQL store.",
            advice=f"Set {name} to an address such as http://127.0.0.1:3030/aikg, without user, "
            "password and query, or leave it out.",
        )
    return text.rstrip("/")


#: The readers of the settings that are texts.
_TEXTS: dict[str, Callable[[str, str], str]] = {
    "proxy": _address,
    "url": _url,
    "contact": _contact,
    "log_clients": _one_of("none", "network", "address"),
    "slow_texts": _one_of("yes", "no"),
    "metrics": _listening,
    "ledger": _database,
    "store": _dataset,
}


def _yes(name: str) -> bool:
    text = os.environ.get(name, "no").strip().lower()
    if text not in {"yes", "no"}:
        raise SettingError(
            f"{name} is {text!r}, which is neither yes nor no.",
            advice=f"Set {name} to yes or no, or leave it out for no.",
        )
    return text == "yes"


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
            f"{name} is {text!r}, which is not a positive number.",
            advice=f"Set {name} to a number above 0, or leave it out for {default:g}.",
        )
    return number
