"""Which questions a command is about: the selection options as one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prepdrill.errors import PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank, Entry


@dataclass(frozen=True, slots=True)
class Selection:
    """What the options ask for; empty is everything."""

    sections: Sequence[str] = ()
    topics: Sequence[str] = ()
    tier: int | None = None
    kind: str | None = None
    level: str | None = None

    def of(self, bank: Bank, entries: Sequence[Entry]) -> list[Entry]:
        """Those of the bank's entries that fit, broken ones left out.

        Raises PrepdrillError if an option names nothing that there is.
        """
        sections = {bank.section(name).slug for name in self.sections}
        topics = {_topic(bank, name) for name in self.topics}
        if self.kind is not None or self.level is not None:
            _known_words(self.kind, self.level)
        if self.tier is not None:
            tiers = {section.slug for section in bank.syllabus.sections if section.tier == self.tier}
            if not tiers:
                known_tiers = ", ".join(str(tier.number) for tier in bank.syllabus.tiers)
                raise UsageError(f"There is no tier {self.tier}; there are {known_tiers}.")
            sections = sections & tiers if sections else tiers
        return [
            entry
            for entry in entries
            if not entry.broken
            and (not (sections or self.tier is not None) or entry.section in sections)
            and (not topics or topics & set(entry.topics))
            and self.kind in (None, entry.kind)
            and self.level in (None, entry.level)
        ]


def _known_words(kind: str | None, level: str | None) -> None:
    from prepdrill.model import LEVELS, QUESTION_KINDS

    for value, known, option in ((kind, QUESTION_KINDS, "--kind"), (level, LEVELS, "--level")):
        if value is not None and value not in known:
            raise UsageError(f"{option} is {value!r}; there are {', '.join(known)}.")


def _topic(bank: Bank, name: str) -> str:
    known = [topic.id for section in bank.syllabus.sections for topic in section.topics]
    matches = [id for id in known if id == name] or [id for id in known if id.split("/")[1] == name]
    matches = matches or [id for id in known if id.split("/")[1].startswith(name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise PrepdrillError(f"There is more than one topic {name!r}: {', '.join(matches)}.")
    import difflib

    slugs = {id.split("/")[1]: id for id in known}
    near = [slugs[slug] for slug in difflib.get_close_matches(name.rsplit("/", maxsplit=1)[-1], slugs, n=3, cutoff=0.4)]
    hint = f" The nearest: {', '.join(near)}." if near else " `prepdrill bank coverage` shows all."
    raise PrepdrillError(f"There is no topic {name!r}.{hint}")
