"""The graph's own files, judged as a whole, and reported one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aikg.errors import GraphInvalid
from aikg.files.turtle import Statement
from aikg.intake import report, roundtrip
from aikg.intake.places import Mention, Place, Places
from aikg.intake.submission import Limits, ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.intake.texts import Examined
from aikg.intake.verdict import Progress, Rules, Verdict, judge_whole


@dataclass(frozen=True)
class Curated:
    """The verdict on all files together.

    Attributes:
        statements: All statements, with their places.
        rules: The rules.
        verdict: The verdict on all of them.
    """

    statements: Sequence[Statement]
    rules: Rules
    verdict: Verdict

    @classmethod
    def judge(
        cls, statements: Sequence[Statement], root: Path, progress: Progress = lambda stage: None
    ) -> Curated:
        """Judge statements as the whole graph.

        Args:
            statements: The ontology and the evidence.
            root: The folder with the rules.
            progress: Called with the name of each stage.
        """
        rules = Rules.load(root)
        whole = _submission(statements, statements, "The graph")
        return cls(statements, rules, judge_whole(whole, rules, progress))

    def of(self, paths: Collection[str]) -> Verdict:
        """Return the verdict on some of the files; on all of them if none is named."""
        if not paths:
            return self.verdict
        own = [statement for statement in self.statements if statement.path in paths]
        return self.verdict.part(_submission(own, self.statements, ", ".join(sorted(paths))))

    def examined(self, path: str) -> Examined:
        """Return the verdict on one file, with its report."""
        verdict = self.of([path])
        return Examined(verdict, report.write(verdict, self.rules))

    def refuse(self, paths: Collection[str] = (), checks: bool = True) -> None:
        """Refuse files that are not valid.

        Args:
            paths: The files of interest; without any, all.
            checks: Whether problems that checks find count too.

        Raises:
            GraphInvalid: Some files are not valid. The message is the report.
        """
        verdict = self.of(paths)
        stopping = [p for p in verdict.problems if p.stops and (checks or p.kind != "check")]
        if stopping:
            found = replace(verdict, problems=stopping)
            raise GraphInvalid(
                Examined(found, report.write(found, self.rules)).written("text").rstrip(),
                advice="Fix each finding, then run `aikg validate` on the file.",
            )


def _submission(
    own: Sequence[Statement], statements: Iterable[Statement], file: str
) -> ParsedSubmission:
    """Present the statements of some files as a submission, with the places of all statements.

    A literal that is not valid is a problem of its own and reaches no engine, as with any sender.
    """
    triples = list(dict.fromkeys(statement.triple for statement in own))
    paths = {statement.path for statement in own}
    locate = partial(_places, statements, paths if len(paths) == 1 else set())
    read = ParsedSubmission("", file, "Turtle", triples, _locate=locate)
    return roundtrip.checked(read, Limits().statement)


def _places(statements: Iterable[Statement], first: Collection[str]) -> Places:
    """Find the places, first in the files that the report is about."""
    places = Places()
    for statement in sorted(statements, key=lambda s: s.path not in first):
        triple = statement.triple
        node, value = node_of(triple), value_of(triple)
        place = Place(statement.line, file=None if statement.path in first else statement.path)
        mention = Mention(node, triple.predicate.value, value, place, place, place)
        places.add(node, triple.predicate.value, value, mention)
    return places
