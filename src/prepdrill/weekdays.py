"""Days of the week, as a setting names them."""

from __future__ import annotations

from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def weekdays(text: str) -> frozenset[int]:
    """The days that `mon-fri`, `mon,wed,sat` or `all` means, 0 is Monday; raises ValueError for anything else."""
    if text.strip().lower() in ("all", "every day"):
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        ends = [_weekday(name) for name in (first, last or first)]
        found |= {(ends[0] + step) % 7 for step in range((ends[1] - ends[0]) % 7 + 1)}
    return frozenset(found)


def _weekday(name: str) -> int:
    matches = [at for at, known in enumerate(WEEKDAYS) if len(name) >= 3 and known.startswith(name)]
    if not matches:
        raise ValueError("expected days such as mon-fri, mon,wed,sat or all")
    return matches[0]
