"""What the tests of the room share: a way in."""

from __future__ import annotations

from pathlib import Path

import pytest

from .visit import Door


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """The way into a room with an empty history."""
    return Door(tmp_path / "history.sqlite")
