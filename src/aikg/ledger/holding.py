"""Who holds a home: one program at a time changes the graph in it."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from aikg.errors import HomeHeld
from aikg.ledger import private


@contextlib.contextmanager
def hold(home: Path, holder: str) -> Iterator[None]:
    """Hold a home until the end of the block, or of the process, however it ends.

    Args:
        home: The folder; it is made where there is none.
        holder: Who holds it, for the message to others: an address, or the name of a command.

    Raises:
        HomeHeld: Another program holds it; the message names the holder.
    """
    private.folder(home)
    with (home / "holder").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            other = file.read().strip() or "another program"
            raise HomeHeld(
                f"{home} is held by {other}.",
                advice="Send the command there with `--server` and a token, or end it first.",
            ) from error
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield
        file.truncate(0)
