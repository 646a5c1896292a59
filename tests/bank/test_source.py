"""YAML is read strictly, and every fault has its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill.bank.source import MAX_BYTES, read
from prepdrill.errors import BankError


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("1:30", "1:30"),
        ("0123", "0123"),
        ("2024-01-01", "2024-01-01"),
        ("1e-4", 1e-4),
        ("-3", -3),
        ("1.50", 1.5),
        ("true", True),
        ("~", None),
        ("'12'", "12"),
    ],
)
def test_scalars_follow_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    found = read(written(tmp_path, f"key: {text}")).value["key"]
    assert found == value
    assert type(found) is type(value)


def test_table_cells_stay_as_written(tmp_path: Path) -> None:
    source = read(written(tmp_path, "table: {rows: [[0.610, 50.0, no, 1e3]]}"))
    assert source.value == {"table": {"rows": [["0.610", "50.0", "no", "1e3"]]}}


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    source = read(written(tmp_path, "a: 1\nb:\n  - x\n  - y: 2\n"))
    assert source.line(("b", 1, "y")) == 4
    assert source.line(("b", 1, "y", "deeper")) == 4
    assert source.line(()) == 1


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: {c", 3, "is not valid YAML"),
        ("a: 1\na: 2", 2, "'a' stands here a second time"),
        ("a: .inf", 1, "not a finite number"),
        ("a: 1e999", 1, "not a finite number"),
        ("a: !!python/object:os.system x", 1, "tag"),
        ("x: 1\na: &a\n  b: *a", 3, "alias *a"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("? [a, b]\n: 1", 1, "a key must be a word"),
        (b"a: 1\nb: \xff\xfe", 2, "not UTF-8"),
        ("[" * 200_000, 1, "40 levels"),
    ],
)
def test_faults_are_located(tmp_path: Path, text: str | bytes, line: int, message: str) -> None:
    with pytest.raises(BankError) as caught:
        read(written(tmp_path, text))
    (problem, *_) = caught.value.problems
    assert problem.line == line
    assert message in problem.message


def test_an_alias_bomb_is_counted_before_it_goes_off(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(BankError, match="50,000 values"):
        read(written(tmp_path, "\n".join(lines)))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100 * MAX_BYTES)
    with pytest.raises(BankError, match=r"100\.0 MB"):
        read(path)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abc xyz:#-'\"", max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(value=plain)
def test_what_yaml_writes_is_read_back(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    import yaml

    text = yaml.safe_dump({"top": value}, allow_unicode=True)
    assert read(written(tmp_path_factory.mktemp("yaml"), text)).value == {"top": value}
