"""How many files and sockets the process may open, and how many connections that allows."""

from __future__ import annotations

import contextlib
import resource
import sys

from aikg.errors import SettingError
from aikg.settings import Settings

#: A connection may need one descriptor for itself, and one for each body that lies on the disk.
_EACH = 3
#: Descriptors for the libraries, files and sockets of the program itself; for a worker (two, and
#: its place while it is replaced); for a thread (an upload, the ledger).
_OWN, _WORKER, _THREAD = 64, 4, 2


def raise_descriptors() -> int:
    """Raise the process's limit of descriptors as far as possible; return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def affordable(settings: Settings, descriptors: int) -> int:
    """Return the number of connections that leaves enough descriptors for everything else.

    Args:
        settings: The number of workers and threads.
        descriptors: How many descriptors the process may have.

    Raises:
        SettingError: Too few descriptors are left for any service.
    """
    own = _OWN + _WORKER * settings.workers + _THREAD * settings.threads
    if descriptors < own + _EACH:
        raise SettingError(
            f"This process may open {descriptors} files, and needs at least {own + _EACH}.",
            advice="Raise the limit (`ulimit -n`), or lower AIKG_THREADS and AIKG_WORKERS.",
        )
    return (descriptors - own) // _EACH
