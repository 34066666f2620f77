"""The servers that ours is measured against: fetched once, into a folder of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
#: The last one that runs on Java 17.
FUSEKI = "5.6.0"


@dataclass(frozen=True)
class Peers:
    """Where the programs of the peers are.

    Attributes:
        oxigraph: The command of Oxigraph.
        rdflib_endpoint: The command of rdflib-endpoint.
        fuseki: The jar of Apache Jena Fuseki; None without Java or Maven.
    """

    oxigraph: Path
    rdflib_endpoint: Path
    fuseki: Path | None


def fetch(folder: Path) -> Peers:
    """Install the peers below a folder, unless they are there."""
    programs = folder / "venv" / "bin"
    done = folder / REQUIREMENTS.name
    if not done.exists() or done.read_text() != REQUIREMENTS.read_text():
        click.echo("Installing the peers, once ...")
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        pip = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
        shutil.copy(REQUIREMENTS, done)
    return Peers(programs / "oxigraph", programs / "rdflib-endpoint", _fuseki(folder))


def _fuseki(folder: Path) -> Path | None:
    jar = folder / f"jena-fuseki-server-{FUSEKI}.jar"
    if shutil.which("java") is None:
        return None
    if not jar.exists():
        maven = shutil.which("mvn")
        if maven is None:
            return None
        artifact = f"-Dartifact=org.apache.jena:jena-fuseki-server:{FUSEKI}"
        command = [maven, "--quiet", "dependency:copy", artifact, f"-DoutputDirectory={folder}"]
        subprocess.run(command, check=True)
    return jar
