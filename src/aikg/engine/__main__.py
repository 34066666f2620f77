"""Start the process with the graph, as `python -m aikg.engine`: without numpy.

openpyxl imports numpy where it is installed, and does without it otherwise. An empty entry among
the loaded modules makes every import of numpy fail here; a worker that compares removes it.
"""

from __future__ import annotations

import sys

sys.modules["numpy"] = None  # type: ignore[assignment]  # no import brings it in

from aikg.engine import holder  # noqa: E402  the entry must be there before

if __name__ == "__main__":
    holder.main()
