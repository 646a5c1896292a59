"""Texts that try to talk a grader into a verdict: `rubrics/injections.yaml` of every bank, to hold a judge against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.bank.source import Location, Source, read
from prepdrill.errors import BankError, Problem

FILE: Final = Path("rubrics", "injections.yaml")
"""Where a bank keeps them; a bank without this file has none."""

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEYS: Final = ("id", "style", "text", "held_out")


@dataclass(frozen=True, slots=True)
class Injection:
    """One text that can stand before, behind or within any answer, and the trick it tries.

    `held_out` texts were written after the rules that notice such texts, so that these can be measured on them.
    """

    id: str
    style: str
    text: str
    held_out: bool = False


def injections(roots: Sequence[Path]) -> tuple[Injection, ...]:
    """The texts of all banks, the first bank's first; raises BankError with every problem, each at its line."""
    found: list[Injection] = []
    problems: list[Problem] = []
    for root in roots:
        if (root / FILE).exists():
            source = read(root / FILE)
            problems += _problems(source, {injection.id for injection in found})
            if not problems:
                found += [Injection(**{**part, "text": part["text"].rstrip()}) for part in source.value["injections"]]
    if problems:
        raise BankError(problems)
    return tuple(found)


def _problems(source: Source, taken: set[str]) -> Iterator[Problem]:
    """What is wrong with a file, if `taken` are the ids of the banks before it."""
    value = source.value
    if not isinstance(value, dict) or set(value) != {"injections"} or not isinstance(value["injections"], list):
        yield source.problem((), "must have one key, 'injections', with a list below it")
        return
    seen = set(taken)
    for index, part in enumerate(value["injections"]):
        at: Location = ("injections", index)
        if not isinstance(part, dict):
            yield source.problem(at, f"expected {', '.join(_KEYS[:3])}")
            continue
        yield from _part_problems(source, at, part)
        if part.get("id") in seen:
            yield source.problem((*at, "id"), f"the id {part['id']!r} stands here a second time")
        seen.add(str(part.get("id")))


def _part_problems(source: Source, at: Location, part: dict[str, Any]) -> Iterator[Problem]:
    for key in _KEYS[:3]:
        if key not in part:
            yield source.problem(at, f"the key {key!r} is missing")
        elif not isinstance(part[key], str) or not part[key].strip():
            yield source.problem((*at, key), f"{key}: expected text; put it in quotes")
        elif key != "text" and not _SLUG.fullmatch(part[key]):
            yield source.problem((*at, key), f"{key} is {part[key]!r}; expected something like 'lower-case-words'")
    if not isinstance(part.get("held_out", False), bool):
        yield source.problem((*at, "held_out"), "held_out: expected true or false")
    for key in part:
        if key not in _KEYS:
            yield source.problem((*at, key), f"unknown key {key!r}; there are {', '.join(_KEYS)}")
