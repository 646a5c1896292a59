"""Make the pictures of the README from the real program.

python docs/pictures.py

Each picture is the room as it runs, with the built-in bank, an empty history and the keys below.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from textual import events
from textual.pilot import Pilot

from prepdrill.bank import open_bank
from prepdrill.cli.demo import ANSWER, QUESTION
from prepdrill.cli.drill import setting
from prepdrill.cli.environment import Environment
from prepdrill.history import open_history
from prepdrill.model import Plan, Round
from prepdrill.programme import Programme
from prepdrill.room.app import Room

FOLDER: Final = Path(__file__).with_name("pictures")
WIDE: Final = (120, 36)
NARROW: Final = (80, 24)
PROSE: Final = " ".join(line for line in ANSWER if not line.startswith("/"))
WHY: Final = "new: never answered, nothing of its section yet"
"""What `prepdrill drill` says above it with an empty history."""
REQUEST: Final = "where did the probability mass go"


async def put_text(pilot: Pilot[str], text: str) -> None:
    """Put a text where the keyboard is; pasted, since the pilot presses ten keys a second."""
    focused = pilot.app.focused
    assert focused is not None
    focused.post_message(events.Paste(text))
    await pilot.pause(0.5)


async def question(pilot: Pilot[str]) -> None:
    await pilot.press("f2")
    await put_text(pilot, PROSE)


async def evidence(pilot: Pilot[str]) -> None:
    await put_text(pilot, PROSE)
    await pilot.press("f4")
    await put_text(pilot, REQUEST)
    await pilot.press("enter")
    await pilot.pause(0.3)


async def grade(pilot: Pilot[str]) -> None:
    await put_text(pilot, PROSE)
    for keys in (("ctrl+s", "enter"), ("ctrl+s", "enter"), ("ctrl+s", "enter"), ("3",)):
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.5)
    await pilot.press("down")
    await pilot.pause(0.3)


PICTURES: Final = (
    ("question", question, WIDE, "dark"),
    ("evidence", evidence, NARROW, "dark"),
    ("grade", grade, WIDE, "light"),
)


async def picture(keys: object, size: tuple[int, int], theme: str) -> str:
    """One SVG."""
    environment = Environment(environ={**os.environ, "PREPDRILL_THEME": theme})
    bank = open_bank()
    with tempfile.TemporaryDirectory() as folder, open_history(Path(folder) / "history.sqlite") as history:
        plan = Plan((Round(QUESTION, bank.question(QUESTION).minutes * 60, why=WHY),))
        programme = Programme.begin(history, "drill", plan, bank.ready, environment.now, grader="offline")
        room = Room(setting(environment, bank), programme)
        async with room.run_test(size=size) as pilot:
            await pilot.pause(0.5)
            await keys(pilot)  # type: ignore[operator]
            drawn = room.export_screenshot(title="prepdrill")
    return self_contained(drawn)


def self_contained(drawn: str) -> str:
    """The picture without the fonts that it would fetch from elsewhere."""
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["PREPDRILL_HOME"] = home
        for name, keys, size, theme in PICTURES:
            (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(keys, size, theme)), "utf-8")


if __name__ == "__main__":
    main()
