"""Flags over environment over file over defaults, and every key has a meaning."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from prepdrill.errors import PrepdrillError, UsageError
from prepdrill.settings import KEYS, folders, load, store


def test_defaults_hold_without_a_file(tmp_path: Path) -> None:
    settings = load(tmp_path / "config.toml", {})
    assert {name: settings[name] for name in KEYS} == {name: key.default for name, key in KEYS.items()}
    assert set(settings.origins.values()) == {"default"}


def test_the_file_goes_over_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('grader = "self"\ntimer = false\nbanks = ["/somewhere"]\n')
    settings = load(path, {"PREPDRILL_TIMER": "yes", "PREPDRILL_BANK": "/a:/b"})
    assert settings["grader"] == "self"
    assert settings["timer"] is True
    assert settings.banks == (Path("/a"), Path("/b"))
    told = {"banks": "PREPDRILL_BANK", "grader": "file", "timer": "PREPDRILL_TIMER"}
    assert settings.origins == {name: told.get(name, "default") for name in KEYS}


def test_the_judge_has_a_table_of_its_own_in_the_file_and_variables_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[judge]\nbase_url = "http://127.0.0.1:8080/v1/"\ntimeout = 30\nsamples = 3\n')
    settings = load(path, {"PREPDRILL_JUDGE_MODEL": "small", "PREPDRILL_JUDGE_CONCURRENCY": "16"})
    assert settings["judge.base_url"] == "http://127.0.0.1:8080/v1"
    assert settings["judge.timeout"] == 30.0
    assert (settings["judge.model"], settings["judge.concurrency"], settings["judge.samples"]) == ("small", 16, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("judge.base_url", "127.0.0.1:8080"),
        ("judge.base_url", "https://me:secret@example.org/v1"),
        ("judge.timeout", "0"),
        ("judge.timeout", "nan"),
        ("judge.concurrency", "0"),
        ("judge.concurrency", "2.5"),
        ("judge.samples", "2"),
        ("judge.limit", "-1"),
    ],
)
def test_what_no_judge_can_be_asked_with_is_refused(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(UsageError, match=re.escape(name)):
        store(path, name, value)
    assert not path.exists()


def test_a_key_in_the_place_of_its_variables_name_is_neither_stored_nor_repeated(tmp_path: Path) -> None:
    path, key = tmp_path / "config.toml", "sk-proj-4f1c9a"
    with pytest.raises(UsageError) as refused:
        store(path, "judge.key_variable", key)
    assert key not in str(refused.value)
    assert not path.exists()
    path.write_text(f'[judge]\nkey_variable = "{key}"\n')
    with pytest.raises(PrepdrillError) as found:
        load(path, {})
    assert key not in str(found.value)
    with pytest.raises(PrepdrillError) as given:
        load(tmp_path / "none.toml", {"PREPDRILL_JUDGE_KEY_VARIABLE": key})
    assert key not in str(given.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grader = 'judje'", "expected one of offline, self"),
        ("timer = 'on'", "timer is 'on'"),
        ("banks = 'one'", "must be a list"),
        ("colour = true", "there is no setting 'colour'"),
        ("timer = ", "cannot be read"),
    ],
)
def test_a_wrong_file_is_said_to_be_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(PrepdrillError, match=message) as caught:
        load(path, {})
    assert str(path) in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(PrepdrillError, match="PREPDRILL_STRICT is 'maybe'"):
        load(tmp_path / "config.toml", {"PREPDRILL_STRICT": "maybe"})


def test_storing_keeps_what_else_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.toml"
    path.parent.mkdir()
    banks = [tmp_path / name for name in "ab"]
    for bank in banks:
        (bank / "questions").mkdir(parents=True)
    path.write_text("# mine\ntimer = false  # no stress\n")
    store(path, "grader", "self")
    store(path, "banks", os.pathsep.join(map(str, banks)))
    assert path.read_text().startswith("# mine\ntimer = false  # no stress\n")
    settings = load(path, {})
    assert (settings["timer"], settings["grader"], settings.banks) == (False, "self", tuple(banks))


@pytest.mark.parametrize(
    ("name", "value"), [("colour", "red"), ("grader", "nobody"), ("timer", "perhaps"), ("banks", "/no")]
)
def test_nonsense_is_not_stored(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(UsageError):
        store(tmp_path / "config.toml", name, value)
    assert not (tmp_path / "config.toml").exists()


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    found = folders({"PREPDRILL_HOME": str(tmp_path)})
    assert all(tmp_path in path.parents for path in (found.history, found.settings, found.index))
