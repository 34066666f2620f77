"""The entry point, as a WSGI server imports it and as a person runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

from conftest import ROOT

from aikg.build import Built
from aikg.settings import Settings


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
