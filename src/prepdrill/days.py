"""The user's days: where one ends, and days of the week as a setting names them."""

from __future__ import annotations

import datetime
from typing import Final

DAY_BEGINS: Final = datetime.timedelta(hours=4)
"""After midnight: what is practised before it belongs to the evening before."""
_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()


def day_of(at: float) -> int:
    """The user's day, counted from 1970-01-01 by this machine's time zone, of an instant in seconds since the epoch."""
    return (datetime.datetime.fromtimestamp(at) - DAY_BEGINS).date().toordinal() - _EPOCH  # noqa: DTZ006 - local


def date_of(day: int) -> datetime.date:
    """The calendar date of a day counted from 1970-01-01."""
    return datetime.date.fromordinal(day + _EPOCH)


def begins(day: int) -> float:
    """When a day begins, in seconds since the epoch."""
    midnight = datetime.datetime.fromordinal(day + _EPOCH)
    return (midnight + DAY_BEGINS).timestamp()


WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def weekdays(text: str) -> frozenset[int]:
    """The days that `mon-fri`, `mon,wed,sat` or `all` means, 0 is Monday; raises ValueError for anything else."""
    if text.strip().lower() in ("all", "every day"):
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        ends = [_weekday(name) for name in (first, last if dash else first)]
        found |= {(ends[0] + step) % 7 for step in range((ends[1] - ends[0]) % 7 + 1)}
    return frozenset(found)


def _weekday(name: str) -> int:
    matches = [at for at, known in enumerate(WEEKDAYS) if len(name) >= 3 and known.startswith(name)]
    if not matches:
        raise ValueError("expected days such as mon-fri, mon,wed,sat or all")
    return matches[0]
