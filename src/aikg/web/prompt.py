"""What an application answers without waiting: kept answers, and plain queries.

It has the parts that the application has for threads: the cache, the versions, the reading of a
query. So an answer is the same, from the loop or from a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aikg.engine.answer import Answer
from aikg.web.cache import Cache
from aikg.web.plain import Begin, Plain
from aikg.web.tasks import Made
from aikg.web.versions import Versions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: The extension of an application that is of the type `Prompt`.
PROMPT = "aikg-prompt"


class Prompt:
    """The parts of an application that wait for nothing.

    Args:
        adapt: Changes an environment as the application does first of all.
        versions: Names the version of an answer.
        cache: Keeps answers.
        plain: Reads plain queries.
    """

    def __init__(
        self,
        adapt: Callable[[WSGIEnvironment], None] | None,
        versions: Versions,
        cache: Cache,
        plain: Plain,
    ) -> None:
        self._adapt, self._versions, self._cache, self._plain = adapt, versions, cache, plain

    def kept(self, environ: WSGIEnvironment) -> Made | None:
        """Return the kept answer to a request; None if there is none.

        Raises:
            AikgError: The request names a version that is not one; a thread reports it.
        """
        if self._adapt:
            self._adapt(environ)
        if not self._versions.are_there(environ):
            return None
        made = self._cache.find(environ)
        return made and self._versions.named(made)

    def prepare(self, environ: WSGIEnvironment) -> Begin | None:
        """Read a plain query that was not answered before; return what begins it.

        Args:
            environ: What `kept` has seen, its body in memory.

        Returns:
            None if the request needs a thread.
        """
        return self._plain.prepare(environ)

    def make(self, environ: WSGIEnvironment, answer: Answer) -> Made:
        """Make the answer to a plain query, all of whose rows have come.

        Args:
            environ: What `prepare` has seen.
            answer: The rows.
        """
        headers, body = self._plain.make(environ, answer)
        return self._versions.named(self._cache.keep(environ, headers, body), answer.version)
