"""Question banks: folders with `questions/` and `rubrics/`, read into values of the model.

`open_bank` is cheap; YAML is imported when a file is first parsed.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prepdrill.bank.index import Entry, document, entries
from prepdrill.errors import BankError, PrepdrillError, Problem

if TYPE_CHECKING:
    from prepdrill.model import CalibrationAnswer, Item, Lexicon, Question, Scale, Section, Syllabus

__all__ = ["Bank", "Entry", "built_in_root", "is_bank", "open_bank"]


def built_in_root() -> Path:
    """The folder of the bank that ships with prepdrill: package data, or the checkout it runs from."""
    packaged = Path(__file__).parent.parent / "data"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


def is_bank(path: Path) -> bool:
    """Whether a folder can be a bank at all."""
    return (path.expanduser() / "questions").is_dir()


def open_bank(others: Sequence[Path] = (), *, cache: Path | None = None) -> Bank:
    """The built-in bank together with the banks at `others`.

    `cache` is the file of the index; without one, every listing parses. Raises PrepdrillError if a folder is no bank.
    """
    roots = [built_in_root()]
    for path in others:
        root = path.expanduser().resolve()
        if not is_bank(root):
            raise PrepdrillError(f"{path} is not a bank: it has no folder 'questions'.")
        if root not in roots:
            roots.append(root)
    return Bank(tuple(roots), cache)


class Bank:
    """Questions and rubrics below one or more roots; the first root is the built-in bank."""

    def __init__(self, roots: tuple[Path, ...], cache: Path | None = None) -> None:
        self.roots = roots
        self._cache = cache

    # --- what all questions share

    @functools.cached_property
    def syllabus(self) -> Syllabus:
        """The syllabuses of all roots; sections of later ones are numbered on."""
        from prepdrill.model import decode_syllabus

        found = [decode_syllabus(encoded) for encoded in self._syllabuses]
        if not found:
            raise PrepdrillError(f"{self.roots[0]} has no questions/syllabus.yaml.")
        seen: set[str] = set()
        for path, syllabus in zip(self._shared("questions/syllabus.yaml"), found, strict=True):
            slugs = {section.slug for section in syllabus.sections}
            if slugs & seen:
                both = ", ".join(sorted(slugs & seen))
                raise PrepdrillError(f"{path}: another bank has a section {both} already; give yours another slug.")
            seen |= slugs
        return functools.reduce(_joined, found)

    @property
    def numbers(self) -> Mapping[str, int]:
        """Section -> its number, without building the syllabus where there is only one."""
        documents = self._syllabuses
        sections = documents[0]["sections"] if len(documents) == 1 else ()
        if sections:
            return {section["slug"]: section["number"] for section in sections}
        return {section.slug: section.number for section in self.syllabus.sections}

    @functools.cached_property
    def _syllabuses(self) -> list[dict[str, Any]]:
        """The JSON form of every syllabus file, from the index where it is unchanged."""
        return [
            document(self._cache, str(path), [path], functools.partial(_syllabus_document, path))
            for path in self._shared("questions/syllabus.yaml")
        ]

    def sections_of(self, root: Path) -> frozenset[str]:
        """Slugs of the sections that the syllabus of one bank brings, or, without one, that it has questions of."""
        paths = self._shared("questions/syllabus.yaml")
        for path, encoded in zip(paths, self._syllabuses, strict=True):
            if path.parents[1] == root.resolve():
                return frozenset(section["slug"] for section in encoded["sections"])
        return frozenset(
            id.split("/", 1)[0] for id, name in self.files.items() if Path(name).parents[2] == root.resolve()
        )

    @functools.cached_property
    def scale(self) -> Scale:
        """Dimensions and ratings: those of the built-in bank, and dimensions that others add."""
        from prepdrill.bank import loading

        paths = self._shared("rubrics/dimensions.yaml")
        found = [loading.load_scale(path, whole=path == paths[0]) for path in paths]
        dimensions = {entry.slug: entry for scale in reversed(found) for entry in scale.dimensions}
        return dataclasses.replace(found[0], dimensions=tuple(dimensions.values()))

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The least share of the points of each rating, the best first; from the index where it is unchanged."""
        path = self._shared("rubrics/dimensions.yaml")[0]

        def read() -> list[float]:
            return [least for _, least in self.scale.ratings]

        return tuple(document(self._cache, f"ratings of {path}", [path], read))

    @functools.cached_property
    def lexicon(self) -> Lexicon:
        """Families of wording; a bank's own family goes before the built-in one of the same name."""
        from prepdrill.bank import loading

        lexicon: dict[str, tuple[str, ...]] = {}
        for path in self._shared("rubrics/lexicon.yaml"):
            lexicon.update(loading.load_lexicon(path, lexicon))
        return lexicon

    def _shared(self, name: str) -> list[Path]:
        return [root / name for root in self.roots if (root / name).exists()]

    # --- questions

    @functools.cached_property
    def files(self) -> Mapping[str, str]:
        """Identity -> path of every question; raises BankError if two banks use one identity."""
        files: dict[str, str] = {}
        problems = []
        for root in self.roots:
            for id, path in _question_files(root):
                if id in files:
                    problems.append(Problem(path, 1, f"the question {id!r} stands in {files[id]} too; rename one"))
                files.setdefault(id, path)
        if problems:
            raise BankError(problems)
        return files

    def listing(self) -> list[Entry]:
        """What is known of every question, from the index; broken files are entries too, and say why."""
        return entries(self._cache, self.files, self._entry)

    def item(self, id: str) -> Item:
        """The question with its rubric.

        Raises PrepdrillError, naming the nearest identities, if it is not there; BankError if its files are wrong.
        """
        from prepdrill.bank import loading

        return loading.load_item(self._root(id), id, self.syllabus, self.scale, self.lexicon)

    def ready(self, id: str) -> Item:
        """As `item`, from the index while none of the files that it comes from has changed."""
        from prepdrill.model import Item, decode_question, decode_rubric, encode

        path = self.path(id)
        shared = [
            root / name
            for root in self.roots
            for name in ("questions/syllabus.yaml", "rubrics/dimensions.yaml", "rubrics/lexicon.yaml")
        ]

        def read() -> list[Any]:
            item = self.item(id)
            return [encode(item.question), encode(item.rubric), item.revision]

        files = (path, self._root(id) / "rubrics" / f"{id}.yaml", *shared)
        question, rubric, revision = document(self._cache, f"{path}#item", files, read)
        return Item(decode_question(question), decode_rubric(rubric), revision)

    def remembered(self, name: str, read: Callable[[], Any], *, beside: Iterable[Path], given: Any) -> Any:
        """What `read` makes of all questions and of the files `beside`, from the index while nothing has changed.

        A JSON value, kept under `name` for as long as `given`, another one, is the same; None is not kept.
        """
        shared = [root / kind for root in self.roots for kind in ("questions/syllabus.yaml", "rubrics/dimensions.yaml")]
        return document(self._cache, name, (*self.files.values(), *shared, *beside), read, given)

    def question(self, id: str) -> Question:
        """The question without its rubric; raises as `item` does."""
        from prepdrill.bank import loading

        return loading.load_question(self.path(id), id, self.syllabus)

    def calibration(self, item: Item) -> tuple[CalibrationAnswer, ...]:
        """Answers with known verdicts for `item`, none if there is no such file. A grader never reads them."""
        from prepdrill.bank import loading

        path = self._root(item.question.id) / "rubrics" / "calibration" / f"{item.question.id}.yaml"
        return loading.load_calibration(path, item.rubric) if path.exists() else ()

    def section(self, name: str) -> Section:
        """A section by number, slug or unique beginning of its slug; raises PrepdrillError naming what there is."""
        sections = self.syllabus.sections
        if name.isdigit():
            matches = [section for section in sections if section.number == int(name)]
        else:
            matches = [section for section in sections if section.slug == name.lower()] or [
                section for section in sections if section.slug.startswith(name.lower())
            ]
        if len(matches) == 1:
            return matches[0]
        known = ", ".join(f"{section.number} {section.slug}" for section in matches or sections)
        raise PrepdrillError(f"There is {'no' if not matches else 'more than one'} section {name!r}: {known}.")

    def _entry(self, id: str) -> Entry:
        try:
            return _entry_of(self.question(id))
        except BankError as error:
            return Entry(id, broken=tuple(str(problem) for problem in error.problems))

    def path(self, id: str) -> Path:
        """The file of the question `id`; raises PrepdrillError with the nearest ones if there is none."""
        try:
            return Path(self.files[id])
        except KeyError:
            import difflib

            near = difflib.get_close_matches(id, self.files, n=3, cutoff=0.4)
            near = near or [known for known in self.files if id in known][:3]
            hint = f" The nearest: {', '.join(near)}." if near else " `prepdrill bank list` shows all."
            family = [] if "/" in id else [entry.id for entry in self.listing() if entry.family == id]
            if family:
                raise PrepdrillError(f"{id!r} is a family; its questions are {', '.join(family)}.") from None
            if id.split("/", 1)[0] not in self.numbers:
                hint = " No bank that is open has that section; `--bank DIR` opens another."
            raise PrepdrillError(f"There is no question {id!r}.{hint}") from None

    def _root(self, id: str) -> Path:
        return self.path(id).parents[2]


def _question_files(root: Path) -> Iterator[tuple[str, str]]:
    """Identity and path of every question below a root, by name; strings, since there may be thousands."""
    questions = os.path.join(root, "questions")
    for section in _names(questions, os.DirEntry.is_dir):
        for name in _names(os.path.join(questions, section), os.DirEntry.is_file):
            stem, ending = os.path.splitext(name)
            if ending == ".yaml":
                yield f"{section}/{stem}", os.path.join(questions, section, name)


def _names(folder: str, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(entry.name for entry in found if wanted(entry) and not entry.name.startswith("."))


def _syllabus_document(path: Path) -> dict[str, Any]:
    from prepdrill.bank import loading
    from prepdrill.model import encode

    return encode(loading.load_syllabus(path))


def _entry_of(question: Question) -> Entry:
    return Entry(
        question.id,
        question.title,
        question.topics,
        question.kind,
        question.level,
        question.minutes,
        question.family,
        bool(question.staged_exhibits),
        tuple(type(exhibit.content).__name__.lower() for exhibit in question.exhibits),
        question.twist is not None,
    )


def _joined(first: Syllabus, second: Syllabus) -> Syllabus:
    from prepdrill.model import Syllabus

    last = max(section.number for section in first.sections)
    tiers = {tier.number: tier for tier in (*second.tiers, *first.tiers)}
    return Syllabus(
        first.yardstick,
        tuple(tiers[number] for number in sorted(tiers)),
        first.sections
        + tuple(
            dataclasses.replace(section, number=last + position)
            for position, section in enumerate(second.sections, start=1)
        ),
        first.excluded + tuple(text for text in second.excluded if text not in first.excluded),
    )
