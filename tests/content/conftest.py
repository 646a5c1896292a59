"""What the arithmetic tests share: questions from the drill's own loader, and exhibits as columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from prepdrill.bank import Bank, open_bank
from prepdrill.model import Chart, Item, Log, NumberTarget, Question, Table


@pytest.fixture(scope="session")
def bank() -> Bank:
    return open_bank()


@pytest.fixture(scope="session")
def bank_item(bank: Bank) -> Callable[[str], Item]:
    return bank.item


@pytest.fixture(scope="session")
def bank_question(bank: Bank) -> Callable[[str], Question]:
    return lambda id: bank.item(id).question


@pytest.fixture(scope="session")
def number_target(bank: Bank) -> Callable[[str, str], NumberTarget]:
    def target(id: str, criterion: str) -> NumberTarget:
        found = bank.item(id).rubric.criterion(criterion).number
        assert found is not None, f"{id} {criterion} has no number"
        return found

    return target


@pytest.fixture(scope="session")
def columns() -> Callable[[Question, str], dict[str, list[Any]]]:
    """Columns of an exhibit by its title: of a log or table by the names in its head, of a chart by series."""

    def columns(question: Question, title: str) -> dict[str, list[Any]]:
        content = next(exhibit.content for exhibit in question.exhibits if exhibit.title == title)
        if isinstance(content, Chart):
            return {name: list(points) for name, points in content.series}
        if isinstance(content, Table):
            return {name: [_cell(row[at]) for row in content.rows] for at, name in enumerate(content.columns)}
        assert isinstance(content, Log)
        rows = list(_rows(content.text))
        return {name: [_cell(row[at]) for row in rows[1:]] for at, name in enumerate(rows[0])}

    return columns


def _rows(text: str) -> Iterator[list[str]]:
    width = 0
    for line in text.splitlines():
        cells = line.split()
        width = width or len(cells)
        if len(cells) == width:
            yield cells


def _cell(text: str) -> float | str:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text).rstrip("%")
    try:
        return float(plain)
    except ValueError:
        return text
