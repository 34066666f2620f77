"""The process that holds the graph: no query harms another, and no failure looks like an answer."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from serving import LARGE, ROWS, SLOW

from aikg.description import void
from aikg.engine import holder, process
from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.engine.process import Change
from aikg.engine.slots import Caller, caller
from aikg.engine.worker import PIECE
from aikg.errors import (
    AikgError,
    AnswerTooLarge,
    ClientGone,
    DeadlineExceeded,
    EngineUnavailable,
    JobFailed,
    MissingFolder,
    NotAcceptable,
    QueryMalformed,
    QueryRefused,
    QueryTooLarge,
    WorkerLost,
)
from aikg.files.turtle import write_nquads
from aikg.settings import Settings

#: A query of some seconds of processor time.
PAIRS = "{ SELECT ?c ?f { ?a ?b ?c . ?d ?e ?f } LIMIT 1000000 }"
LONG = f"SELECT (COUNT(*) AS ?n) {{ {PAIRS} FILTER(REGEX(STR(?c), STR(?f))) }}"
DRUGS = "SELECT ?drug { ?drug a <https://w3id.org/aikg/ontology/Drug> } ORDER BY ?drug"


def assert_answers(engine: Engine) -> None:
    """The engine answers a plain question."""
    answer = engine.query(DRUGS, format="csv")
    assert answer.media_type == "text/csv"
    assert answer.read().split() == [
        b"drug",
        b"https://w3id.org/aikg/drug/anastrozole",
        b"https://w3id.org/aikg/drug/exemestane",
    ]


def test_describe_tells_the_graph(shared_engine: Engine) -> None:
    """The version is the file's, and the triples are those of the default graph."""
    assert shared_engine.describe() == {
        "version": "0123456789ab",
        "triples": 1505,
        "isolation": "full",
    }


def test_a_query_that_overflows_its_stack_is_stopped(
    small: Settings, shared_engine: Engine
) -> None:
    """Its worker is lost, and the engine goes on; on the usual stack the query is answered."""
    query = "SELECT * " + "{" * 40 + "<urn:s1> ?p ?o" + "}" * 40
    with Engine(replace(small, stack=128 << 10)) as narrow:
        with pytest.raises(WorkerLost, match="stack"):
            narrow.query(query)
        assert_answers(narrow)
    assert (
        json.loads(shared_engine.query(query).read())["results"]["bindings"][0]["o"]["value"] == "1"
    )


def test_a_long_query_ends_at_its_deadline(shared_engine: Engine) -> None:
    """The error names the deadline, and the engine goes on."""
    with pytest.raises(DeadlineExceeded, match="of 1 seconds"):
        shared_engine.query(SLOW, timeout=1)
    assert_answers(shared_engine)


def test_a_client_may_ask_for_less_time_not_for_more(small: Settings) -> None:
    """The shorter of the two deadlines counts."""
    for asked, given in [(0.25, 0.25), (3600.0, 1)]:
        with (
            Engine(replace(small, deadline=1)) as engine,
            pytest.raises(DeadlineExceeded, match=f"of {given:g} seconds"),
        ):
            engine.query(SLOW, timeout=asked)


def test_a_stream_that_breaks_off_raises(shared_engine: Engine) -> None:
    """After some pieces the error comes in place of the end."""
    pieces = []
    with (
        shared_engine.query(f"SELECT * {ROWS}", timeout=0.5) as answer,
        pytest.raises(DeadlineExceeded),
    ):
        pieces.extend(answer)
    assert pieces


def test_a_query_for_all_memory_is_stopped(shared_engine: Engine) -> None:
    """The worker is lost before its deadline, and the engine goes on."""
    with pytest.raises(WorkerLost, match="memory"):
        shared_engine.run("query", {}, LARGE.encode(), timeout=60)  # a busy machine may need longer
    assert_answers(shared_engine)


@pytest.mark.parametrize(
    ("query", "arguments", "kind"),
    [
        ("SELECT", {}, QueryMalformed),
        ("SELECT * { SERVICE <urn:x> {} }", {}, QueryRefused),
        ("CLEAR ALL", {}, QueryMalformed),
        ("ASK {}", {"accept": "image/png"}, NotAcceptable),
        ("DESCRIBE <urn:s1>", {"format": "csv"}, NotAcceptable),
        ("#" * 64_001, {}, QueryTooLarge),
    ],
)
def test_errors_of_the_worker_arrive_whole(
    shared_engine: Engine, query: str, arguments: dict[str, str], kind: type[AikgError]
) -> None:
    """The class, the advice and, for a mistake, the place are those that the worker raised."""
    with pytest.raises(kind) as caught:
        shared_engine.query(query, **arguments)
    assert caught.value.advice
    if isinstance(caught.value, QueryMalformed):
        place = (None, None) if query == "CLEAR ALL" else (1, 7)  # an update has no place
        assert (caught.value.line, caught.value.column) == place


def worker_of(answer: Answer) -> int:
    """Return the process of the worker that answers, from its handle."""
    handle = Path(f"/proc/self/fdinfo/{answer._worker._handle}").read_text()
    return int(handle.partition("Pid:")[2].split()[0])


def ask_worker(engine: Engine) -> int:
    """Ask, and return which worker answers."""
    with engine.query("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 9000") as answer:
        worker = worker_of(answer)
        assert len(b"".join(answer)) > PIECE
    return worker


def test_a_worker_is_asked_again(shared_engine: Engine) -> None:
    """One after the other, queries need one worker."""
    assert len({ask_worker(shared_engine) for _ in range(10)}) == 1


def kill(process: int) -> None:
    """Kill a process, and wait until the last of its threads is gone."""
    handle = os.pidfd_open(process)
    os.kill(process, signal.SIGKILL)
    assert select.select([handle], [], [], 20)[0]
    os.close(handle)


@pytest.mark.parametrize(
    "end",
    [
        lambda engine: engine.apply(add=NEW, version="one"),
        lambda engine: engine.query(LARGE).read(),
        lambda engine: kill(ask_worker(engine)),
        lambda engine: kill(engine._pool.process.child.pid),
    ],
    ids=["another version", "much memory", "a kill", "a kill of the process"],
)
def test_after_that_another_worker_is_asked(
    small: Settings, end: Callable[[Engine], object]
) -> None:
    """What might differ from a new worker is not asked again; nobody notices."""
    with Engine(replace(small, deadline=60, memory=1 << 30)) as engine:
        before = ask_worker(engine)
        end(engine)
        assert_answers(engine)
        assert ask_worker(engine) != before


def priorities(process: int) -> set[int]:
    """Return how far the threads of a process give way to others."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads}


def test_a_long_query_gives_way_and_the_next_in_its_worker_does_not(small: Settings) -> None:
    """The worker has copied what queries touch of the graph; another would have to do it again."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with Engine(replace(small, deadline=60, memory=1 << 30)) as engine:
        worker = ask_worker(engine)
        long = threading.Thread(target=lambda: engine.query(LONG).read())
        long.start()
        while max(priorities(worker)) == usual:
            assert long.is_alive()
            time.sleep(0.01)
        long.join()
        assert ask_worker(engine) == worker
        assert priorities(worker) == {usual}


def count(engine: Engine, pattern: str) -> int:
    """Count the solutions of a pattern."""
    rows = engine.query(f"SELECT * {{ {pattern} }}", format="csv").read().decode()
    return len(rows.splitlines()) - 1


NEW = b'<urn:new> <urn:p> "1" .\n<urn:new> <urn:p> "1" <urn:g> .\n'


def test_a_change_is_seen_at_once_and_whole(engine: Engine) -> None:
    """It comes in one step with its version, and goes again; twice the same changes nothing."""
    for _ in range(2):
        engine.apply(add=NEW, version="one")
        assert engine.describe() == {"version": "one", "triples": 1506, "isolation": "full"}
        assert count(engine, "<urn:new> ?p ?o") == 1
    assert count(engine, "GRAPH <urn:g> { <urn:new> ?p ?o }") == 1
    engine.apply(remove=NEW, version="two")
    assert engine.describe()["triples"] == 1505
    assert count(engine, "{ <urn:new> ?p ?o } UNION { GRAPH <urn:g> { ?s ?p ?o } }") == 0


def test_an_answer_is_of_one_version(engine: Engine) -> None:
    """What began before a change ends as if there had been none."""
    with engine.query("SELECT ?a { ?a ?b ?c . ?d ?e ?f } LIMIT 300000", format="csv") as answer:
        engine.apply(add=NEW, version="one")
        assert b"urn:new" not in b"".join(answer)


def test_a_change_that_is_no_nquads_changes_nothing(engine: Engine) -> None:
    """The error says where; the version stays."""
    with pytest.raises(EngineUnavailable, match="SyntaxError"):
        engine.apply(add=NEW + b"no quad", version="one")
    assert engine.describe()["version"] == "0123456789ab"
    assert count(engine, "<urn:new> ?p ?o") == 0


def test_changes_are_made_again_at_each_start(small: Settings) -> None:
    """A process that was killed comes back with all that its replay gives."""
    published = [Change(NEW, b"", "one")]
    with Engine(small, lambda: published) as engine:
        assert engine.describe()["version"] == "one"
        published.append(Change(b"", b'<urn:s1> <urn:p> "1" .', "two"))
        os.kill(engine._pool.process.child.pid, signal.SIGKILL)
        # A worker that was idle may still answer, until it sees that its parent is gone.
        last = time.monotonic() + 20
        while count(engine, "VALUES ?s { <urn:new> <urn:s1> } ?s ?p ?o") != 1:
            assert time.monotonic() < last
        assert engine.describe()["version"] == "two"


def test_an_answer_that_is_too_long_breaks_off(small: Settings) -> None:
    """The error names the limit, and the worker is ended."""
    with Engine(replace(small, answer_bytes=200_000)) as engine:
        with pytest.raises(AnswerTooLarge, match="200000 bytes"):
            engine.query(f"SELECT * {ROWS}").read()
        assert_answers(engine)


def test_a_query_whose_client_has_gone_is_ended(shared_engine: Engine) -> None:
    """At once, whether it has begun to answer or not."""
    began = time.monotonic()
    caller.set(Caller("here", lambda: time.monotonic() > began + 0.2))
    try:
        with pytest.raises(ClientGone):
            shared_engine.query(SLOW)
    finally:
        caller.set(Caller())
    assert_answers(shared_engine)


def test_a_job_that_fails_is_told_from_one_that_is_too_large(shared_engine: Engine) -> None:
    """Our mistake is not the client's."""
    with pytest.raises(JobFailed, match="KeyError"):
        shared_engine.run("no such job", {}, b"body" * 1_000_000)
    assert_answers(shared_engine)


def test_an_answer_given_up_frees_its_worker(small: Settings) -> None:
    """With one place only, the next query waits for no deadline."""
    with Engine(replace(small, workers=1, reserve=0, deadline=60)) as engine:
        engine.query(f"SELECT * {ROWS}").close()
        assert_answers(engine)


def test_queries_wait_for_their_turn(small: Settings) -> None:
    """More clients than workers are all answered."""
    with Engine(replace(small, workers=2, reserve=0, deadline=30)) as engine:
        threads = [threading.Thread(target=assert_answers, args=[engine]) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert_answers(engine)


def test_an_engine_that_was_killed_starts_again(engine: Engine) -> None:
    """The query after the kill is answered, by another process."""
    killed = engine._pool.process.child.pid
    kill(killed)
    assert_answers(engine)
    assert engine._pool.process.child.pid != killed


def test_a_process_that_was_started_ahead_is_used(small: Settings) -> None:
    """Once; the next engine has a process of its own, and none is left."""
    process.start_ahead(small)
    (_, _, child) = process._AHEAD[small]
    with Engine(small) as first, Engine(small) as second:
        assert first.load().processes["graph"] == [child.pid]
        assert second.load().processes["graph"] != [child.pid]
        assert first.query("ASK {}", format="csv").read() == b"true"
    assert child.poll() is not None


def test_the_process_ends_with_its_parent(small: Settings) -> None:
    """A parent that dies at once, without a word, leaves nobody behind."""
    program = (
        "import os; from pathlib import Path\n"
        "from aikg.engine.client import Engine; from aikg.settings import Settings\n"
        f"root = Path({str(small.root)!r}); engine = Engine(Settings(root, home=root))\n"
        "print(engine._pool.process.path, flush=True); os._exit(1)"
    )
    path = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    ).stdout.strip()
    assert path
    for _ in range(100):
        if not Path(path).parent.exists():
            break
        time.sleep(0.1)
    else:
        pytest.fail("the process still listens")


@pytest.mark.parametrize("content", [None, "# aikg x\nno quad\n"])
def test_a_graph_that_cannot_be_loaded_is_told(
    small: Settings, tmp_path: Path, content: str | None
) -> None:
    """The error has what the process said."""
    if content:
        (tmp_path / "graph.nq").write_text(content)
    with pytest.raises(EngineUnavailable, match=r"FileNotFoundError|SyntaxError") as caught:
        Engine(replace(small, home=tmp_path))
    assert "aikg build" in caught.value.advice


def test_the_kernel_lets_no_connection_out() -> None:
    """Past every refusal, a worker cannot open a socket; without its limits it could."""
    for limited in (True, False):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
            program = (
                "import threading, pyoxigraph as ox; from aikg.engine import holder, worker\n"
                f"if {limited}: worker.limit(worker.Bounds(1 << 30))\n"
                f"ox.Store().query('ASK {{ SERVICE <{address}> {{ ?s ?p ?o }} }}')"
            )
            with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as child:
                try:
                    if limited:
                        assert b"OSError" in child.communicate()[1]
                        listener.settimeout(0.1)  # anyone who called before it ended waits here
                        with pytest.raises(TimeoutError):
                            listener.accept()
                    else:
                        listener.settimeout(60)
                        listener.accept()[0].close()
                finally:
                    child.kill()  # it may call again, and nobody would answer


def test_a_process_with_threads_does_not_fork() -> None:
    """A lock held by another thread would stay locked in the worker."""
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="one thread"):
            holder._fork(None, None, 0)  # type: ignore[arg-type]
    finally:
        ended.set()
        thread.join()


def test_only_the_owner_can_reach_the_process(shared_engine: Engine) -> None:
    """The socket lies in a folder that nobody else may enter."""
    assert Path(shared_engine._pool.process.path).parent.stat().st_mode & 0o777 == 0o700


def test_a_change_counts_each_figure_once(tmp_path: Path) -> None:
    """Partitions of the served description keep their names, so a change finds them again."""
    subject, prop = ox.NamedNode("https://w3id.org/aikg/drug/x"), ox.NamedNode("urn:p")
    quads = [ox.Quad(subject, prop, ox.Literal(str(number))) for number in range(3)]
    store = ox.Store()
    store.extend(quads)
    settings = Settings(tmp_path, home=tmp_path)
    described = write_nquads([*quads, *void.describe(store, "0123456789ab")])
    settings.graph.write_bytes(b"# aikg 0123456789ab x\n" + described)
    counts = """PREFIX void: <http://rdfs.org/ns/void#>
      SELECT ?n { GRAPH ?figures { ?one void:property <urn:p> ; void:triples ?n } }"""
    with Engine(settings) as engine:
        engine.apply(add=f'{subject} {prop} "one more" .\n'.encode(), version="2")
        assert engine.query(counts, format="csv").read().split() == [b"n", b"4"]


def test_what_some_jobs_need_is_loaded_with_the_first_of_them(
    small: Settings, tmp_path: Path
) -> None:
    """From the files as they were at the start; a query needs none of it."""
    file = tmp_path / "ontology" / "one.ttl"
    file.parent.mkdir()
    file.write_text("# one\n")
    settings = replace(small, root=tmp_path)
    arguments = {"form": "text/csv", "long": False}
    with Engine(settings) as engine, pytest.raises(MissingFolder):
        engine.run("template", arguments)
    with Engine(settings) as engine:
        file.write_text("# another\n")
        assert engine.query("ASK {}").read()
        with pytest.raises(EngineUnavailable, match="have changed since the server began"):
            engine.run("template", arguments)
        assert engine.query("ASK {}").read()
