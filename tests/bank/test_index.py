"""What the index keeps is what the files say, and no longer than they say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prepdrill.bank import Bank, open_bank
from prepdrill.errors import BankError

from .conftest import QUESTION, SmallBank

ID = "training-dynamics/flat"


def opened(root: Path, cache: Path) -> Bank:
    return open_bank([root], cache=cache)


def test_a_question_from_the_index_is_the_one_of_the_files(tmp_path: Path) -> None:
    cache = tmp_path / "index.sqlite"
    for id in open_bank().files:
        parsed = open_bank().item(id)
        assert open_bank(cache=cache).ready(id) == parsed
        assert open_bank(cache=cache).ready(id) == parsed, "the second time it is not parsed"


def test_a_change_of_the_question_is_seen_at_once(small_bank: SmallBank, tmp_path: Path) -> None:
    root, cache = small_bank(), tmp_path / "index.sqlite"
    before = opened(root, cache).ready(ID)
    assert opened(root, cache).ready(ID) == before
    title = before.question.title
    small_bank(QUESTION.replace(title, "Another title"))
    after = opened(root, cache).ready(ID)
    assert after.question.title == "Another title"
    assert after.revision != before.revision


def test_a_broken_file_is_not_hidden_by_the_index(small_bank: SmallBank, tmp_path: Path) -> None:
    root, cache = small_bank(), tmp_path / "index.sqlite"
    opened(root, cache).ready(ID)
    small_bank(QUESTION.replace("kind:", "knid:"))
    with pytest.raises(BankError, match="knid"):
        opened(root, cache).ready(ID)


def test_a_damaged_index_is_done_without(tmp_path: Path) -> None:
    cache = tmp_path / "index.sqlite"
    id = next(iter(open_bank().files))
    parsed = open_bank(cache=cache).ready(id)
    cache.write_bytes(b"no database" * 500)
    assert open_bank(cache=cache).ready(id) == parsed
