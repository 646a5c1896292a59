"""What was missed, as cards to learn: one for each criterion, its case on the front, what it asks on the back.

A card is an Anki note. Its identity is made of question and criterion alone, so that whatever is written again updates
it; so is a deck's of its section, and the note type's and its fields' never change.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from prepdrill.html_page import exhibit, link, listed, paragraphs, safe
from prepdrill.model import Criterion, Item, Practice, Syllabus

NOTE_TYPE: Final = 1_732_690_417
"""Identity of the note type in Anki; fields may be added at the end, and never moved."""
FIELDS: Final = ("Point", "Case", "Cue", "Answer", "Debrief", "Sources")
FRONT: Final = "{{Case}}\n<p class=cue>{{Cue}}</p>"
BACK: Final = "{{FrontSide}}\n<hr id=answer>\n{{Answer}}\n<h3>Debrief</h3>\n{{Debrief}}\n{{Sources}}"
STYLE: Final = """
.card{font:1rem/1.5 system-ui,sans-serif;text-align:left;max-width:48rem;margin:0 auto}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
pre,table{font-size:.8rem}
pre{overflow-x:auto;text-align:left}
.scroll{overflow-x:auto}
td,th{padding:.1rem .75rem .1rem 0;text-align:left}
blockquote{white-space:pre-wrap;margin:.25rem 0;padding-left:.75rem;border-left:3px solid gray}
.quiet{opacity:.75}
.cue{font-style:italic}
""".strip()


@dataclass(frozen=True, slots=True)
class Card:
    """One missed criterion. All texts but `point`, `section` and `tags` are markup."""

    point: str
    """question/criterion, which is what the card is, whatever its texts say."""
    section: str
    case: str
    cue: str
    answer: str
    debrief: str
    sources: str
    tags: tuple[str, ...]


def last_missed(practices: Iterable[Practice]) -> list[Practice]:
    """Each question's last answer, of questions where it missed anything; what was most often missed first.

    `practices` are in the order of their times.
    """
    last: dict[str, Practice] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for practice in practices:
        last[practice.question] = practice
        counts.update((practice.question, criterion) for criterion in practice.missed)
    found = [practice for practice in last.values() if practice.missed]
    return sorted(found, key=lambda entry: (-max(counts[entry.question, id] for id in entry.missed), entry.question))


def cards(item: Item, missed: Iterable[str], title: Callable[[str], str]) -> Iterator[Card]:
    """The cards of one question; `missed` are ids of its rubric, `title` gives a dimension's title by its slug."""
    question, wanted = item.question, set(missed)
    found = [criterion for criterion in item.rubric.everything if criterion.id in wanted]
    alike = Counter(_kind(criterion, title) for criterion in found)
    seen: Counter[str] = Counter()
    for criterion in found:
        kind = _kind(criterion, title)
        seen[kind] += 1
        which = f" This is {seen[kind]} of {alike[kind]} such." if alike[kind] > 1 else ""
        links = [link(source.title, source.url) for source in question.sources]
        yield Card(
            point=f"{question.id}/{criterion.id}",
            section=question.section,
            case="\n".join(_case(item, criterion)),
            cue=safe(kind + which),
            answer="\n".join(_answer(item, criterion)),
            debrief="\n".join(paragraphs(question.debrief)),
            sources=listed(links) if links else "",
            tags=tuple(_tags(item, criterion)),
        )


def package(found: Iterable[Card], syllabus: Syllabus) -> Any:
    """A `genanki.Package` of the cards, a deck below `prepdrill` for each section; ImportError without genanki."""
    import genanki

    model = genanki.Model(
        NOTE_TYPE,
        "prepdrill",
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Missed", "qfmt": FRONT, "afmt": BACK}],
        css=STYLE,
    )
    titles = {section.slug: section.title for section in syllabus.sections}
    decks: dict[str, Any] = {}
    for number, card in enumerate(found):
        if card.section not in decks:
            title = titles.get(card.section, card.section).replace("::", ":")
            decks[card.section] = genanki.Deck(_identity(card.section), f"prepdrill::{title}")
        fields = [card.point, card.case, card.cue, card.answer, card.debrief, card.sources]
        note = genanki.Note(model, fields, tags=list(card.tags), guid=genanki.guid_for(card.point), due=number)
        decks[card.section].add_note(note)
    return genanki.Package(list(decks.values()))


def packed(found: Iterable[Card], syllabus: Syllabus, at: float) -> bytes:
    """The file of an Anki package of the cards, as of `at`, in seconds since the epoch; ImportError without genanki."""
    file = io.BytesIO()
    package(found, syllabus).write_to_file(file, timestamp=at)
    return file.getvalue()


def _kind(criterion: Criterion, title: Callable[[str], str]) -> str:
    if criterion.red_flag:
        return "Your answer made a mistake that strong people make. Which one tempts here, and why is it wrong?"
    weight = "An essential point" if criterion.essential else "A point"
    return f"{weight} was missing from your answer, under “{title(criterion.dimension)}”. What is it?"


def _case(item: Item, criterion: Criterion) -> Iterator[str]:
    question = item.question
    yield f"<h3>{safe(question.title)}</h3>"
    yield from paragraphs(question.scenario)
    for shown in question.shown_exhibits:
        yield from exhibit(shown)
    yield f"<p><strong>{safe(question.ask)}</strong></p>"
    if question.twist is not None and criterion in item.rubric.twist:
        yield "<h3>Then</h3>"
        yield from paragraphs(question.twist.fact)
        yield f"<p><strong>{safe(question.twist.ask)}</strong></p>"


def _answer(item: Item, criterion: Criterion) -> Iterator[str]:
    yield f"<p><strong>{safe(criterion.asks)}</strong></p>"
    said = "It would sound like this:" if criterion.red_flag else "For example:"
    if criterion.accept:
        yield f'<p class="quiet">{said} “{safe(criterion.accept[0])}”</p>'
    if criterion.reject:
        less = "This would have been none:" if criterion.red_flag else "This does not count:"
        yield f'<p class="quiet">{less} “{safe(criterion.reject[0])}”</p>'
    for staged in item.question.staged_exhibits:  # in front it would be seen before it was asked for
        yield from exhibit(staged)


def _tags(item: Item, criterion: Criterion) -> Iterator[str]:
    """Tags as Anki nests them, without the spaces that part them there."""
    yield f"prepdrill::{item.question.id.replace('/', '::')}"
    yield from (f"topic::{topic.replace('/', '::')}" for topic in item.question.topics)
    yield "mistake" if criterion.red_flag else f"dimension::{criterion.dimension}"
    if criterion.essential:
        yield "essential"


def _identity(section: str) -> int:
    """A deck's number, the same for ever: Anki knows decks by it."""
    return 2**30 + int.from_bytes(hashlib.sha256(f"prepdrill/{section}".encode()).digest()[:4]) % 2**30
