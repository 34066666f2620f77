"""The entry point, as a WSGI server imports it and as a person runs it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT
from waitress import wasyncore

from aikg.build import Built
from aikg.settings import Settings
from aikg.web import server
from aikg.web.polling import Poller

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def start(settings: Settings, *command: str) -> subprocess.Popen[str]:
    """Run a command on the test's own build."""
    environment = {**os.environ, "AIKG_HOME": str(settings.home), "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )


def test_a_wsgi_server_finds_the_application(built: Built, settings: Settings) -> None:
    """`server:app` answers with the version of the data that was built."""
    code = "from server import app; print(app.test_client().get('/health').json['version'])"
    with start(settings, "-c", code) as process:
        assert process.communicate(timeout=60)[0].strip() == built.version


def test_run_as_a_program_it_serves_until_it_is_told_to_stop(
    built: Built, settings: Settings
) -> None:
    """It says its address, answers there, and ends well on SIGTERM."""
    with start(settings, "server.py", "--port", "0") as process:
        assert process.stdout
        address = re.search(r"http://[\w.:]+", process.stdout.readline())
        assert address
        with urllib.request.urlopen(f"{address[0]}/health", timeout=30) as answer:
            assert json.load(answer)["version"] == built.version
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_the_loop_sleeps_while_an_answer_is_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It turns once or twice a request; it does not wait in a circle for the thread that sends."""
    requests, turns, poll = 1000, 0, Poller.poll

    def counted(*arguments: Any) -> None:
        nonlocal turns
        turns += 1
        poll(*arguments)

    def in_two_pieces(environ: WSGIEnvironment, respond: StartResponse) -> Iterator[bytes]:
        respond("200 OK", [("Content-Length", "2000")])
        yield bytes(1000)
        yield bytes(1000)

    monkeypatch.setattr(Poller, "poll", counted)
    with server.listen("127.0.0.1", 0) as listener:
        running = server.make(in_two_pieces, listener, settings, lambda path: 1000)
        loop = threading.Thread(target=running.run)
        loop.start()
        with closing(http.client.HTTPConnection(*listener.getsockname(), timeout=60)) as connection:
            for _ in range(requests):
                connection.request("GET", "/")
                assert len(connection.getresponse().read()) == 2000
        running.stop()
        loop.join()
        wasyncore.close_all(running._map)
    assert requests / 10 < turns < 5 * requests
