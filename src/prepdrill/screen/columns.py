"""How every list looks: no frame, one line a row, the long column cut rather than wrapped."""

from __future__ import annotations

from rich import box
from rich.table import Column, Table


def listing(*columns: Column, expand: bool = True) -> Table:
    """An empty list with these columns."""
    return Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=expand)


def right(name: str) -> Column:
    """A column of numbers."""
    return Column(name, justify="right", no_wrap=True)


def short(name: str) -> Column:
    """A column that always fits."""
    return Column(name, no_wrap=True)


def cut(name: str) -> Column:
    """The column that takes the room that is left, and is cut where that is too little."""
    return Column(name, no_wrap=True, overflow="ellipsis", ratio=1)
