"""A PostgreSQL of the tests' own: Debian's, started as an ordinary user, on loopback."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: The user and the group as whom the database runs if the tests run as root, which it refuses.
NOBODY = 65534
#: The password of every role: no output of aikg may contain it.
PASSWORD = "a-password-that-nobody-prints"
OWNER, SERVICE = "aikg_owner", "aikg_service"


def programs() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL here; None if there is none."""
    found = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [*debian, *([Path(found).resolve().parent] if found else [])]
    needed = ("initdb", "postgres", "pg_isready", "pg_basebackup", "pg_ctl", "psql")
    return next((one for one in folders if all((one / name).exists() for name in needed)), None)


def reason_to_skip() -> str:
    """Return why no database can be started here; empty if one can."""
    if programs() is None:
        return "PostgreSQL is not installed"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "root cannot start PostgreSQL without setpriv"
    try:
        import psycopg  # noqa: F401, PLC0415  the driver is optional
    except ImportError:
        return "the driver of PostgreSQL is not installed"
    return ""


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _as_ordinary_user(*command: str | Path) -> list[str]:
    if os.geteuid():
        return [*map(str, command)]
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*user, *map(str, command)]


@dataclass
class Cluster:
    """A database server.

    Attributes:
        folder: Its files.
        port: Where it listens.
        options: Its settings, each as `name=value`.
        process: It, while it runs.
    """

    folder: Path
    port: int
    options: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None

    def address(self, role: str = SERVICE, database: str = "aikg") -> str:
        """Return the address of a database for a role, without its password."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    @property
    def passfile(self) -> Path:
        """The file with the passwords."""
        return self.folder.parent / "passwords"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        where = ["-D", self.folder, "-p", str(self.port), "-k", self.folder.parent]
        settings = [part for option in self.options for part in ("-c", option)]
        command = _as_ordinary_user(_program("postgres"), *where, *settings)
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        end = time.monotonic() + 60
        asked = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(asked, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder.parent / "log").read_text())
            time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it; SIGKILL ends the server at once, and its processes notice."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """Kill all its processes, as a machine that fails does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(60)
            self.process = None

    def run(self, statement: str, role: str = "admin", database: str = "postgres") -> str:
        """Run a statement with psql, and return what it prints."""
        command = [_program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1"]
        command += [self.address(role, database), "-c", statement]
        environment = os.environ | {"PGPASSFILE": str(self.passfile)}
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()


@dataclass
class Pair:
    """A primary, and perhaps a synchronous standby that can take its place.

    Attributes:
        primary: The database that is written to.
        standby: The other one, or None.
    """

    primary: Cluster
    standby: Cluster | None = None

    @property
    def passfile(self) -> Path:
        """The file with the passwords."""
        return self.primary.passfile

    def address(self, role: str = SERVICE) -> str:
        """Return the address of whichever database is the primary."""
        ports = [one.port for one in (self.primary, self.standby) if one]
        hosts = ",".join(f"127.0.0.1:{port}" for port in sorted(ports))
        return f"postgresql://{role}@{hosts}/aikg?target_session_attrs=read-write"

    def fail(self, chosen: random.Random) -> str:
        """Kill the primary; start it again, or promote the standby. Return what was done."""
        self.primary.kill()
        if self.standby is None or chosen.random() < 0.5:
            self.primary.start()
            return "primary"
        old, new = self.primary, self.standby
        _run("pg_ctl", "promote", "-w", "-D", new.folder)
        shutil.rmtree(old.folder)
        self.primary = new
        self.standby = _copied(new, old.folder, old.port)
        return "primary, standby promoted"


def _run(program: str, *arguments: object, **environment: str) -> None:
    command = _as_ordinary_user(_program(program), *map(str, arguments))
    subprocess.run(command, check=True, capture_output=True, cwd="/", env=os.environ | environment)


def _copied(primary: Cluster, folder: Path, port: int) -> Cluster:
    """Make a standby of a primary, and start it."""
    secret = f"host=127.0.0.1 port={primary.port} user=admin password={PASSWORD}"
    _run("pg_basebackup", "-D", folder, "-R", "-X", "stream", "-c", "fast", "-d", secret)
    standby = Cluster(folder, port, primary.options)
    standby.start()
    return standby


@contextmanager
def pair() -> Iterator[Pair]:
    """Make a primary with a synchronous standby; end both afterwards."""
    options = ("synchronous_standby_names=*", "max_connections=80", "wal_keep_size=256MB")
    with cluster("max_connections=80", "wal_keep_size=256MB") as one:
        standby = _copied(one, one.folder.parent / "other", free_port())
        both = Pair(one, standby)
        try:
            one.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
            one.run("SELECT pg_reload_conf()")
            one.options = standby.options = options
            yield both
        finally:
            for each in (both.standby, both.primary):
                if each is not None and each is not one:
                    each.kill()


def _program(name: str) -> Path:
    folder = programs()
    assert folder is not None
    return folder / name


@contextmanager
def cluster(*options: str) -> Iterator[Cluster]:
    """Make a database server with a role for the tables and one for servers; end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="aikg-postgres-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        (folder / "passwords").write_text(f"*:*:*:*:{PASSWORD}\n")
        (folder / "passwords").chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY, NOBODY)
            shutil.chown(secret, NOBODY, NOBODY)
        command = [_program("initdb"), "-D", folder / "data", "-U", "admin", "-E", "UTF8"]
        command += ["--no-sync", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={secret}"]
        subprocess.run(_as_ordinary_user(*command), check=True, capture_output=True, cwd="/")
        one = Cluster(folder / "data", free_port(), options)
        try:
            one.start()
            for role in (OWNER, SERVICE):
                one.run(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
            one.run(f"CREATE DATABASE aikg OWNER {OWNER}")
            one.run(f"ALTER SCHEMA public OWNER TO {OWNER}", database="aikg")
            yield one
        finally:
            one.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A database server that the tests of a process share, with an empty ledger."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    from aikg.ledger.owner import migrate  # noqa: PLC0415  the driver is optional

    with cluster("fsync=off", "max_connections=60") as one, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSFILE", str(one.passfile))
        migrate(one.address(OWNER), SERVICE)
        yield one


def emptied(one: Cluster) -> Cluster:
    """Empty the ledger of a database, as if it had just been made."""
    import psycopg  # noqa: PLC0415  the driver is optional

    with psycopg.connect(one.address(OWNER), autocommit=True) as connection:
        names = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
        names += "WHERE schemaname = 'public' AND tablename <> 'fact'"
        (tables,) = connection.execute(names).fetchone() or ("",)
        for _ in range(10):
            # Servers may read meanwhile.
            with contextlib.suppress(psycopg.errors.DeadlockDetected):
                connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
                break
        connection.execute("DELETE FROM fact WHERE name <> 'form of the ledger'")
    return one
