"""The files for operators: each names what exists, and is what its program reads."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT

from aikg.cli import main
from aikg.settings import Settings

DEPLOY = ROOT / "deploy"
KNOWN = {f"AIKG_{field.name.upper()}" for field in fields(Settings)}
#: A variable of the compose file itself.
OWN = {"AIKG_DOMAIN"}


def instructions() -> list[tuple[str, str]]:
    """Read the container file: each instruction with its arguments."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def unit() -> configparser.SectionProxy:
    """Read the service of the unit."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "aikg.service")
    return parser["Service"]


def test_every_setting_that_they_name_exists() -> None:
    """A misspelt variable would do nothing."""
    page = ROOT / "docs" / "how-to" / "deploy.md"
    for path in (*DEPLOY.iterdir(), page):
        assert set(re.findall(r"AIKG_\w+", path.read_text())) <= KNOWN | OWN, path


@pytest.mark.parametrize(
    "words",
    [
        shlex.split(unit()["ExecStart"])[1:],
        re.findall(r'"([^"]+)"', dict(instructions())["CMD"]),
    ],
    ids=["systemd", "container"],
)
def test_the_command_that_they_start_exists(words: list[str]) -> None:
    """With these options."""
    done = CliRunner().invoke(main, [*words, "--help"])
    assert done.exit_code == 0, done.output


def test_the_container_is_made_of_what_is_there() -> None:
    """It needs no build tool and no root, and writes to its home only."""
    found = instructions()
    assert [name for name, _ in found].count("FROM") == 2
    (installs,) = [what for name, what in found if name == "RUN" and "pip" in what]
    assert (ROOT / "requirements.txt").exists()
    assert installs.index("--require-hashes") < installs.index("pip uninstall")
    build = re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    removed = shlex.split(installs.partition("uninstall -y ")[2])
    assert set(removed) <= {*build, "pip"}
    assert ("USER", "10001") in found
    assert dict(found)["VOLUME"] in dict(found)["ENV"]
    health = re.findall(r"8080(/[\w/]+)", dict(found)["HEALTHCHECK"])
    assert health == ["/health/ready"]


def test_the_services_trust_each_other_and_nobody_else() -> None:
    """The proxy has the address that aikg believes; aikg has no port to the outside."""
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    aikg, proxy = composed["services"]["aikg"], composed["services"]["proxy"]
    assert aikg["environment"]["AIKG_PROXY"] == proxy["networks"]["inside"]["ipv4_address"]
    assert "ports" not in aikg
    assert (aikg["read_only"], aikg["cap_drop"]) == (True, ["ALL"])
    assert (DEPLOY / aikg["build"]["context"] / aikg["build"]["dockerfile"]).exists()
    mounted = [volume.split(":")[0] for volume in (*aikg["volumes"], *proxy["volumes"])]
    files = [DEPLOY / name for name in mounted if name.startswith(".")]
    assert all(file.exists() for file in files)
    assert {name for name in mounted if not name.startswith(".")} == composed["volumes"].keys()
    assert "reverse_proxy aikg:8080" in (DEPLOY / "Caddyfile").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """It knows each line; the program of this environment stands for the installed one."""
    text = (DEPLOY / "aikg.service").read_text()
    program = Path(sys.executable).with_name("aikg")
    copy = tmp_path / "aikg.service"
    copy.write_text(text.replace("/opt/aikg/bin/aikg", str(program)).replace("User=aikg", ""))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
