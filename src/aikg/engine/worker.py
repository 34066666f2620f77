"""A worker: a fork of the process that holds the graph, which does one job after another.

A job may overflow, run for ever or ask for all memory: the kernel ends the worker, and nobody else
notices.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import traceback
from pathlib import Path
from typing import IO, NoReturn, cast

import pyoxigraph as ox

from aikg.engine.frames import END, HEAD, Broken, Frames
from aikg.engine.jobs import JOBS
from aikg.errors import AikgError, JobFailed
from aikg.sparql.evaluation import STACK, deep

#: Where Linux tells a process's size in pages.
SIZE = Path("/proc/self/statm")


def work(store: ox.Store, connection: socket.socket, memory: int) -> NoReturn:
    """Do what the connection asks for and end; only the kernel's clock stands above it."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        _close_all_but(connection.fileno())
        limit(memory)
        deep(lambda: _serve(store, Frames(connection)))
        status = 0
    except (Broken, BrokenPipeError, ConnectionResetError):
        status = 0  # the client has read enough
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _serve(store: ox.Store, frames: Frames) -> None:
    """Read one request and answer it."""
    request = frames.receive_head()
    body = frames.receive_body()
    signal.setitimer(signal.ITIMER_REAL, request["timeout"])
    _answer(store, request, body, frames)


def _answer(store: ox.Store, request: dict[str, object], body: bytes, answer: Frames) -> None:
    begun = False

    def begin(media_type: str) -> None:
        nonlocal begun
        begun = True
        answer.send(HEAD, json.dumps({"media_type": media_type}).encode())

    try:
        job = JOBS[str(request["job"])]
        arguments = cast("dict[str, object]", request["arguments"])
        job(store, arguments, body, cast(IO[bytes], answer), begin)
    except (MemoryError, BrokenPipeError):
        raise
    except Exception as error:
        if begun:  # an answer that has begun can only break off
            raise
        told = error if isinstance(error, AikgError) else _failed(error)
        told_as = {"error": type(told).__name__, "message": str(told)} | vars(told)
        answer.send(HEAD, json.dumps(told_as).encode())
    answer.send(END)
    answer.flush()


def _failed(error: Exception) -> JobFailed:
    traceback.print_exception(error)
    return JobFailed(
        f"The engine failed: {type(error).__name__}.",
        advice="This is a mistake of the server's; please report it with the request.",
    )


def _close_all_but(kept: int) -> None:
    """Close what came with the fork: a listener kept open would let clients wait for nobody."""
    os.closerange(0, 2)
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)


def limit(memory: int) -> None:
    """Give up the right to open files and sockets, to leave a core, and to more than `memory`."""
    if SIZE.exists():
        present = int(SIZE.read_text().split()[0]) * resource.getpagesize()
        most = present + STACK + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
