"""Who holds a home: one program at a time changes the graph that lies in it."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

from aikg.errors import HomeHeld


@contextlib.contextmanager
def hold(home: Path) -> Iterator[Callable[[str], None]]:
    """Hold a home until the end of the block, or of the process, however it ends.

    Yields:
        What tells the others who holds it: call it with an address, or the name of a command.

    Raises:
        HomeHeld: Another program holds it; the message has what it told.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "holder").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another program"
            raise HomeHeld(
                f"{home} is held by {holder}.",
                advice="Send the command there with `--server` and a token, or end it first.",
            ) from error

        def tell(name: str) -> None:
            file.truncate(0)
            file.write(name)
            file.flush()

        tell("another program")
        yield tell
        file.truncate(0)
