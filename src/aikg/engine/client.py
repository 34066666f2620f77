"""The client of the process with the graph: it starts, asks and restarts that process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any, Self

from aikg.engine.answer import CAUSES, Answer, NotAsked
from aikg.engine.frames import encode
from aikg.engine.kinds import kind_of
from aikg.engine.pool import Pool, Worker
from aikg.engine.process import Change, Process
from aikg.engine.slots import Caller, Slot, Slots
from aikg.errors import EngineUnavailable, QueryTooLarge, WorkerLost
from aikg.settings import Settings

#: What goes with a job: bytes, or a function that opens them as a file.
Body = bytes | Callable[[], IO[bytes]]
#: Answers a query of a job with SPARQL JSON.
Replies = Callable[[dict[str, Any]], bytes]
#: Returns the changes since the build, in their order; asked for at each start of the process.
Replay = Callable[[], Iterable[Change]]


@dataclass(frozen=True)
class Question:
    """A query, and the form of its answer; see `Engine.query`."""

    text: str
    accept: str | None = None
    format: str | None = None
    timeout: float | None = None
    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the worker's job."""
        return _arguments(self.accept, self.format, self.default_graphs, self.named_graphs)

    @property
    def body(self) -> bytes:
        """The query's bytes."""
        return self.text.encode()

    def within(self, deadline: float) -> float:
        """Return how long the query may take, in seconds, at most until a deadline."""
        return min(self.timeout or deadline, deadline)


def _arguments(
    accept: str | None, format: str | None, default: Sequence[str], named: Sequence[str]
) -> dict[str, Any]:
    graphs = {"default_graphs": list(default), "named_graphs": list(named)}
    return {"accept": accept, "format": format, **graphs}


@lru_cache(256)  # a client sends the same header again and again
def _head_of_query(
    accept: str | None,
    format: str | None,
    default: tuple[str, ...],
    named: tuple[str, ...],
    timeout: float,
) -> bytes:
    """Encode what goes with a query."""
    arguments = _arguments(accept, format, default, named)
    return encode({"job": "query", "arguments": arguments, "timeout": timeout})


@dataclass(frozen=True)
class Load:
    """The use of an engine at a moment.

    Attributes:
        waiting: How many requests wait for a slot.
        busy: How many jobs run.
        idle: How many workers wait for a job.
        slots: How many jobs may run at once.
        stopped: How many jobs were ended, by the cause.
        starts: How often the process with the graph was started.
        processes: The numbers of the processes: of the server, of the graph, of the workers.
    """

    waiting: int
    busy: int
    idle: int
    slots: int
    stopped: dict[str, int]
    starts: int
    processes: dict[str, list[int]]


class Engine:
    """The graph in another process; threads may share it.

    Args:
        settings: The limits, and where the built graph lies.
        replay: Returns the changes since the build, at each start of the process. Without it, they
            are lost when the process is restarted.
        slots: The slots of another engine, which both share; None: slots of its own.

    Attributes:
        outside: Whether the graph is on a store outside this program.

    Raises:
        EngineUnavailable: The process did not start; the message has its reason.
    """

    outside = False

    def __init__(
        self, settings: Settings, replay: Replay = tuple, slots: Slots | None = None
    ) -> None:
        self.settings = settings
        self._replay = replay
        self._lock = threading.Lock()
        self.slots = slots or Slots(settings)
        self._stopped, self._starts = Counter(dict.fromkeys(CAUSES, 0)), 0
        self._pool = self._start()

    def _start(self) -> Pool:
        self._starts += 1
        return Pool(Process(self.settings, self._replay()), self.settings.workers)

    def query(  # noqa: PLR0913  the parameters of the protocol
        self,
        text: str,
        *,
        accept: str | None = None,
        format: str | None = None,
        timeout: float | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Ask one query, and wait until its answer begins.

        Args:
            text: The query.
            accept: An Accept header; None for the default format.
            format: The name of a format, which goes before `accept`.
            timeout: A shorter deadline than that of the settings, in seconds.
            default_graphs: See `evaluation.Request`.
            named_graphs: See `evaluation.Request`.

        Raises:
            AikgError: Any of those that a query can meet; the class says which.
        """
        return self.ask(Question(text, accept, format, timeout, default_graphs, named_graphs))

    def ask(self, question: Question, begun: Answer | None = None) -> Answer:
        """Ask a query; see `query`.

        Args:
            question: The query.
            begun: What `begin` returned for the same question.

        Raises:
            AikgError: Any of those that a query can meet; the class says which.
        """
        self.refuse_long(question.text)
        seconds = question.within(self.settings.deadline)
        return self.run("query", question.arguments, question.body, timeout=seconds, begun=begun)

    def begin(self, question: Question, who: Caller) -> Answer | None:
        """Ask a query, and wait for nothing; None where it would have to wait for slot or worker.

        Args:
            question: The query, at most as long as a query may be.
            who: The client.
        """
        pool, seconds = self._pool, question.within(self.settings.deadline)
        if pool.process.seems_ended():
            return None  # its workers go on, but it must be started again
        slot = self.slots.take_free(seconds, who)
        worker = pool.take_idle() if slot else None
        if slot is None or worker is None:
            if slot:
                self.slots.leave(slot)
            return None
        answer = self._answer(pool, worker, slot, "query")
        graphs = tuple(question.default_graphs), tuple(question.named_graphs)
        head = _head_of_query(question.accept, question.format, *graphs, seconds)
        return answer if answer.send_at_once(head, question.body) else None

    def refuse_long(self, text: str) -> None:
        """Refuse a query that is longer than the settings allow.

        Raises:
            QueryTooLarge: It is.
        """
        if len(text.encode()) > self.settings.query_bytes:
            raise QueryTooLarge(
                f"The query has more than {self.settings.query_bytes} bytes.",
                advice="Split it, or move long lists of values into several queries.",
            )

    def run(  # noqa: PLR0913  a job, its limits, and what it may ask
        self,
        job: str,
        arguments: dict[str, Any],
        body: Body = b"",
        *,
        timeout: float | None = None,
        begun: Answer | None = None,
        replies: Replies | None = None,
    ) -> Answer:
        """Do a job of `jobs.JOBS` in a worker, and wait until its answer begins.

        Args:
            job: The name in the table.
            arguments: Its arguments, of the types of JSON.
            body: Untrusted bytes, which only the worker interprets; or a function that opens them
                as a file, at its beginning each time, so that they need no memory.
            timeout: The deadline in seconds, shorter or longer than that of the settings.
            begun: The answer of the same job, if a worker was asked already.
            replies: Answers the queries that a job on a part of a store asks of the store.

        Raises:
            AikgError: Any of those that the job raises, or a limit that it met.
        """
        request = {"job": job, "arguments": arguments}
        timeout = timeout or self.settings.deadline
        # Workers that were killed while they waited, and a process that was: at worst all of them.
        for _ in range(self.settings.workers + 1):
            pool = self._running()
            try:
                asked, begun = begun or self._ask(pool, request, body, timeout), None
                asked.replies = replies
                return asked.wait()
            except NotAsked:
                continue
            except (OSError, WorkerLost):
                if not pool.process.ended(within=0.2):
                    raise
        raise EngineUnavailable("The engine ended repeatedly.", advice="Try again.")

    def _ask(self, pool: Pool, request: dict[str, Any], body: Body, timeout: float) -> Answer:
        """Send a job to a worker, once there is one; closing the answer returns worker and slot."""
        slot = self.slots.take(timeout)
        try:
            worker = pool.take(slot, kind_of(request["job"]))
        except BaseException:
            self.slots.leave(slot)
            raise
        answer = self._answer(pool, worker, slot, request["job"])
        answer.send(request, body() if callable(body) else body)
        return answer

    def _answer(self, pool: Pool, worker: Worker, slot: Slot, job: str) -> Answer:
        def finish(reusable: bool, cause: str) -> None:
            self.slots.leave(slot)
            if cause:
                with self._lock:
                    self._stopped[cause] += 1
            if reusable and not slot.lost:
                pool.give_back(worker)
            else:
                pool.drop(worker)

        return Answer(worker, slot, job, self.settings.answer_bytes, finish)

    def reach(self, version: str) -> None:
        """Require that the graph has a version; the one in a process here has it."""

    def rehearse(
        self, *, add: bytes = b"", remove: bytes = b"", version: str, before: str = ""
    ) -> None:
        """Try a change on a copy of the graph; no query sees it.

        Args:
            add: See `apply`.
            remove: See `apply`.
            version: See `apply`.
            before: The version of the data until then; only a store outside is asked for it.

        Raises:
            ChangeRefused: The graph cannot take it; the message says why.
            EngineUnavailable: The process does not answer.
        """
        change = Change(add, remove, version)
        self._twice(lambda pool: pool.process.rehearse(change))

    def apply(self, *, add: bytes = b"", remove: bytes = b"", version: str) -> None:
        """Change the graph in one step; every later query sees it.

        Args:
            add: The quads to add, as N-Quads of our own writing.
            remove: The quads to remove, likewise.
            version: The version of the data from then on.

        Raises:
            EngineUnavailable: The process does not answer; `restart` brings the graph back to what
                is recorded.
        """
        change = Change(add, remove, version)
        self._twice(lambda pool: pool.process.apply(change)).prepare()

    def restart(self) -> None:
        """Start the process again, with the changes that are recorded.

        Raises:
            EngineUnavailable: It did not start.
        """
        with self._lock:
            self._pool.retire()
            self._pool = self._start()

    def _twice(self, ask: Callable[[Pool], None]) -> Pool:
        """Ask the process for something, and once more where it has ended; return its pool."""
        pool = self._running()
        try:
            ask(pool)
        except EngineUnavailable:
            if not pool.process.ended(within=0.2):
                raise
            pool = self._running()
            ask(pool)
        return pool

    def _running(self) -> Pool:
        """Return the pool; a process that has ended is started again."""
        with self._lock:
            if self._pool.process.ended():
                self._pool.retire()
                self._pool = self._start()
            return self._pool

    def describe(self) -> dict[str, Any]:
        """Return the graph's version, its size in triples, and how well queries are isolated."""
        return dict(self._running().process.description)

    @property
    def version(self) -> str:
        """The version of the graph, as last known: the process is not asked whether it runs."""
        return str(self._pool.process.description["version"])

    def version_now(self) -> str | None:
        """Return the version of the graph; None if its process has ended. Never wait."""
        return None if self._pool.process.seems_ended() else self.version

    def load(self) -> Load:
        """Measure the use of the engine."""
        with self._lock:
            pool, stopped, starts = self._pool, dict(self._stopped), self._starts
        idle = pool.idle()
        waiting, busy = self.slots.counts()
        return Load(
            waiting, busy, idle, self.settings.workers, stopped, starts, pool.process.pids()
        )

    def close(self) -> None:
        """Stop the process and its workers."""
        self._pool.close()

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()
