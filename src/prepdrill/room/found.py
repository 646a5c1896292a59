"""The attempts that a filter finds, read from the history page by page."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from prepdrill.errors import PrepdrillError
from prepdrill.history import Filter, History, Summary
from prepdrill.model import Scale
from prepdrill.screen.text import visible

PAGE: Final = 200
"""How many attempts are read at a time."""
MOST_FILTERS: Final = 24
"""Lists that are merged into one; a filter that fits more questions than this waits for another letter."""


def filters(typed: str, questions: Sequence[str], scale: Scale) -> tuple[Filter, ...]:
    """What was typed, as filters that together let through what is meant; none of them if nothing can fit.

    `section:`, `question:` and `rating:` narrow by the beginning of a section or a rating (`strong-yes`) and by a part
    of a question's identity; every other word is looked for in the answers and the title. `questions` are those that
    were ever attempted.
    """
    words: list[str] = []
    wanted: dict[str, list[str]] = {"section": [], "question": [], "rating": []}
    for word in visible(typed).split():
        key, colon, value = word.partition(":")
        if not colon or key.casefold() not in wanted:
            words.append(word)
        elif value:
            wanted[key.casefold()].append(value.casefold())
    ratings = {name.casefold().replace(" ", "-"): name for name, _ in scale.ratings}
    possible = product(
        _fitting({_section(id): _section(id) for id in questions}, wanted["section"], str.startswith),
        _fitting({id: id for id in questions}, wanted["question"], str.__contains__),
        _fitting(ratings, wanted["rating"], str.startswith),
    )
    text = " ".join(words) or None
    return tuple(
        Filter(section=section, question=question, rating=rating, text=text)
        for section, question, rating in possible
        if section is None or question is None or section == _section(question)
    )


def _section(question: str) -> str:
    return question.split("/", 1)[0]


def _fitting(
    known: Mapping[str, str], wanted: Sequence[str], fits: Callable[[str, str], bool]
) -> Sequence[str] | tuple[None]:
    """The known values that fit every wanted one, a whole name before a part of one; only None if all will do."""
    if not wanted:
        return (None,)
    fitting = [{value} if value in known else {name for name in known if fits(name, value)} for value in wanted]
    return [known[name] for name in sorted(set.intersection(*fitting))]


class Found:
    """The attempts that some filters let through, the newest first, read a page at a time."""

    def __init__(self, history: History, wanted: Sequence[Filter]) -> None:
        self.rows: list[Summary] = []
        self.complete = False
        self._known: set[int] = set()
        self._rest = heapq.merge(
            *(_pages(history, filter, max(20, PAGE // len(wanted))) for filter in wanted),
            key=lambda row: (-row.started, -row.id),
        )

    def more(self) -> list[Summary]:
        """Read the next page; raises HistoryError."""
        page = list(islice(self._rest, PAGE))
        self.complete = len(page) < PAGE
        # An attempt that another terminal begins meanwhile moves all others by one place.
        new = [row for row in page if row.id not in self._known]
        self._known.update(row.id for row in new)
        self.rows += new
        return new

    def reach(self, place: int) -> bool:
        """Read on until there is a row at this place; whether there is one. Raises HistoryError."""
        while place >= len(self.rows) and not self.complete:
            self.more()
        return 0 <= place < len(self.rows)


def _pages(history: History, filter: Filter, size: int) -> Iterator[Summary]:
    offset = 0
    while page := history.page(filter, limit=size, offset=offset):
        yield from page
        offset += len(page)


def partner(history: History, row: Summary) -> Summary:
    """The attempt to compare this one with: the one before it at the same question, else the newest other one.

    Raises PrepdrillError if there is none.
    """
    earlier = history.page(Filter(question=row.question, until=row.started), limit=1)
    for other in earlier or history.page(Filter(question=row.question), limit=2):
        if other.id != row.id:
            return other
    raise PrepdrillError(
        f"This is the only attempt at its question; `prepdrill drill --question {visible(row.question)}` asks it again."
    )
