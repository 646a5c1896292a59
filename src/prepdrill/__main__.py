"""The command `prepdrill`; `python -m prepdrill` is the same."""

from __future__ import annotations

import gc
from typing import Final

COLLECT_AFTER: Final = 100_000
"""Objects made before the collector looks: hardly anything that is made while modules load is garbage."""


def start() -> None:
    """Run the command line."""
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    from prepdrill.cli import main

    main()


if __name__ == "__main__":
    start()
