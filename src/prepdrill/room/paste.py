"""What a terminal sends when something is pasted: one text, whatever it looks like."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message

from prepdrill.room.draft import SEQUENCE

_BEGIN: Final = "\x1b[200~"
_END: Final = "\x1b[201~"


class PasteParser(XTermParser):
    """Textual's parser, with no escape left inside a bracketed paste.

    Textual 8.2 takes such an escape for the beginning of a key, and everything after it for keys: they arrive before
    the text that was pasted, and a coloured log with the right bytes in it would hand the answer in.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = False
        self._pasted = ""
        self._before = ""
        """The end of what came last, in which the beginning of a paste may have begun."""

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end of all input
            yield from super().feed(data)
            return
        for part in self._parts(data):
            yield from super().feed(part)

    def _parts(self, data: str) -> Iterator[str]:
        """What can be parsed now: what comes between pastes at once, a paste when its end is there."""
        while data:
            if self._pasting:
                self._pasted += data
                text, ended, data = self._pasted.partition(_END)
                if not ended:
                    return
                self._pasting, self._pasted = False, ""
                yield SEQUENCE.sub("", text).replace("\x1b", "") + _END
            else:
                seen = self._before + data
                at = seen.find(_BEGIN)
                if at < 0:
                    self._before = seen[1 - len(_BEGIN) :]
                    yield data
                    return
                begun = at + len(_BEGIN) - len(self._before)
                self._pasting, self._before = True, ""
                yield data[:begun]
                data = data[begun:]


def take_whole(driver: type[Driver]) -> None:
    """Have this driver parse its input so that a paste stays one text; nothing to do where none parses."""
    module = vars(sys.modules[driver.__module__])
    if "XTermParser" in module:
        module["XTermParser"] = PasteParser
