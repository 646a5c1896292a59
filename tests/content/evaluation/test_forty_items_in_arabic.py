"""The numbers of `evaluation/forty-items-in-arabic`, recomputed from its table."""

from __future__ import annotations

from math import comb, erfc, prod, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/forty-items-in-arabic"
TABLE = "The 3,000 questions by language"


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def rows(question: Any, columns: Any) -> dict[str, tuple[int, ...]]:
    """Of every language the questions, both right, only A, only B, neither."""
    table = columns(question, TABLE)
    names = ("questions", "both right", "only A", "only B", "neither")
    return {language: tuple(int(table[name][at]) for name in names) for at, language in enumerate(table["language"])}


def exact(won: int, lost: int) -> float:
    """McNemar's exact two-sided p."""
    return min(1.0, 2 * sum(comb(won + lost, k) for k in range(min(won, lost) + 1)) / 2.0 ** (won + lost))


def interval(won: int, lost: int, n: int) -> tuple[float, float, float, float]:
    """Difference, its standard error and the ends of the 95 % interval, in points."""
    gain = (won - lost) / n
    error = sqrt(won + lost - (won - lost) ** 2 / n) / n
    return 100 * gain, 100 * error, 100 * (gain - 1.96 * error), 100 * (gain + 1.96 * error)


def test_rows_add_up(question: Any, columns: Any, rows: dict[str, tuple[int, ...]]) -> None:
    total = rows.pop("all")
    assert tuple(map(sum, zip(*rows.values(), strict=True))) == total
    rows["all"] = total
    for (n, both, a, b, neither), shown in zip(rows.values(), columns(question, TABLE)["A minus B"], strict=True):
        assert both + a + b + neither == n
        assert shown == pytest.approx(100 * (a - b) / n, abs=0.05)


def test_overall_and_arabic(question: Any, rows: dict[str, tuple[int, ...]]) -> None:
    _, _, a, b, _ = rows["all"]
    assert round(erfc((a - b) / sqrt(2 * (a + b))), 2) == 0.01
    n, _, won, lost, _ = rows["Arabic"]
    assert exact(won, lost) == 14 / 64
    assert round(exact(won, lost), 2) == 0.22
    assert interval(won, lost, n)[1] == pytest.approx(6, abs=0.1)
    assert interval(won, lost, n)[2] == pytest.approx(-22, abs=0.5)
    assert round(100 * (a - won - b + lost) / (3000 - n), 1) == 1.4
    assert (won, lost - 2, 100 * (won - lost + 2) / n) == (1, 3, -5.0)
    says(question.scenario, "1.2 points ahead", "p = 0.01", "Ten points times 3 % is 0.3")
    says(question.model_answer, "exact p 0.22", "about 6 points", "loss of twenty points")
    says(question.debrief, "14 of 64, 0.22", "A is 1.4 ahead", "1 against 3, -5.0", "116 to 80")


def test_other_rows(question: Any, rows: dict[str, tuple[int, ...]]) -> None:
    _, _, a, b, _ = rows.pop("all")
    by_p = sorted(rows, key=lambda language: exact(*rows[language][2:4]))
    assert by_p[0] == "Indonesian"
    assert rows["Indonesian"][2:4] == (9, 1)
    assert round(exact(9, 1), 2) == 0.02
    chance = a / (a + b)

    def as_bad(n: int) -> float:
        bad = [k for k in range(n + 1) if 2 * k < n and exact(k, n - k) <= exact(1, 5) + 1e-9]
        return sum(comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in bad)

    some = 1 - prod(1 - as_bad(row[2] + row[3]) for row in rows.values())
    assert round(100 * some) == 18
    says(question.debrief, "in 18 % of all releases", "9 to 1, p = 0.02")


def test_rows_by_script(question: Any, rows: dict[str, tuple[int, ...]]) -> None:
    others = [rows[name][2:4] for name in ("Japanese", "Hindi", "Korean", "Arabic")]
    won, lost = (sum(side) for side in zip(*others, strict=True))
    assert (won, lost) == (22, 30)
    assert (rows["all"][2] - won, rows["all"][3] - lost) == (94, 50)
    says(question.debrief, "22 to 30, the Latin rows 94 to 50")


def test_replication(question: Any) -> None:
    assert 800 / 200 == 4
    assert round(100 * 2.8 * sqrt(0.13 / 800), 1) == 3.6
    says(question.model_answer, "800, four days", "13 % of them", "3.6 points")
    gain, _, low, high = interval(28, 52, 800)
    assert [round(x, 1) for x in (gain, low, high)] == [-3.0, -5.2, -0.8]
    assert round(erfc(24 / sqrt(2 * 80)), 3) == 0.007
    assert round(0.03 * 3, 1) == 0.1
    says(question.twist.fact, "28, B alone on 52", "-3.0 points", "-5.2 to -0.8, p = 0.007", "0.1 points")
