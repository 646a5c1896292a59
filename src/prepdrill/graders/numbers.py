"""Numbers that an answer gives, read the way engineers write them: `1.2k`, `about 700`, `3e-4`, `47 %`, `650-750`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from prepdrill.graders.text import normal, stem
from prepdrill.model import NumberTarget

RANGE_WIDTH: Final = 4.0
"""A range counts as its middle if it is at most this many tolerances wide."""

_NUMBER: Final = re.compile(
    r"(?<![^\W_])(?<![\d.,])(?P<sign>[-+−])?"
    r"(?P<digits>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:\s?[x×·*]\s?10\s?(?:\^|\*\*)\s?(?P<power>[-+−]?\d+)|[eE](?P<exponent>[-+]?\d+))?"
    r"(?P<scale>\s?(?:k|K|M|B|G|bn|thousand|million|billion)(?![^\W\d_]))?"
)
_UNIT: Final = re.compile(r"[\s\-~]{0,2}(?P<unit>%|per\s?cent\b|pct\b|pp\b|[^\W\d_]+(?:/[^\W\d_]+)?)?")
_FRACTION: Final = re.compile(r"(?<![\d.])(\d{1,3})\s?/\s?(\d{1,4})(?![\d.]|\s?/)")
_BETWEEN: Final = re.compile(r"\s*(?:-|–|to|and)\s*\Z")
_SCALES: Final = {
    "k": 1e3, "K": 1e3, "thousand": 1e3, "M": 1e6, "million": 1e6, "B": 1e9, "G": 1e9, "bn": 1e9, "billion": 1e9,
}  # fmt: skip
_PERCENT: Final = frozenset({"%", "percent", "per cent", "pct", "pp", "point", "points"})
_ALIKE: Final = (
    frozenset({"step", "update", "iteration", "iter", "batch"}),
    frozenset({"param", "parameter", "weight"}),
    frozenset({"item", "question", "problem", "prompt", "exampl", "task", "sampl"}),
    frozenset({"epoch", "pass", "repeat", "repetition", "time", "fold", "x"}),
    frozenset({"gb", "gib", "gigabyt"}),
    frozenset({"ms", "millisecond"}),
    frozenset({"h", "hour", "hr"}),
)
"""Stems of unit words that mean the same."""
_OTHER_UNITS: Final = frozenset(
    stem(word)
    for word in """
    percent % steps tokens gb mb tb ms s seconds minutes hours days epochs points nats bits gpus nodes runs
    items passages questions prompts pairs samples billion million params parameters layers words batches
    examples
    """.split()
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of an answer with its unit word (normal form, empty if none) and where it stands."""

    value: float
    unit: str
    start: int
    end: int
    width: float = 0.0
    """Of a range, whose middle is the value."""


_WORDS: Final = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty""".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORD: Final = re.compile(rf"\b(?:{'|'.join(list(_WORDS)[2:])})\b", re.IGNORECASE)
"""Numbers written out; not `one`, which is a pronoun more often than a number."""


def quantities(text: str) -> Iterator[Quantity]:
    """Every number of the text: as written, written out, and for fractions such as 7/8 their value."""
    previous: Quantity | None = None
    for match in _NUMBER.finditer(text):
        quantity = _quantity(text, match)
        yield quantity
        if previous is not None and _BETWEEN.match(text[previous.end : match.start()]):
            width = abs(quantity.value - previous.value)
            middle = (previous.value + quantity.value) / 2
            yield Quantity(middle, quantity.unit, previous.start, quantity.end, width)
        previous = Quantity(quantity.value, quantity.unit, match.start(), match.end())
    for match in _WORD.finditer(text):
        follow = _UNIT.match(text, match.end())
        unit = normal(follow["unit"]) if follow and follow["unit"] else ""
        yield Quantity(float(_WORDS[match.group().lower()]), unit, match.start(), match.end())
    for match in _FRACTION.finditer(text):
        if int(match[2]):
            yield Quantity(int(match[1]) / int(match[2]), "", match.start(), match.end())


def agrees(quantity: Quantity, target: NumberTarget) -> bool:
    """Whether the quantity is the target: its value within the tolerance, its unit the same or unsaid.

    Per cent and fraction of one are the same number: 47 % agrees with 0.47, and 0.47 with 47 %.
    """
    if quantity.width > RANGE_WIDTH * target.tolerance:
        return False
    asked, given = _unit(target.unit), _unit(quantity.unit)
    if asked == "%":
        if given == "%":
            return target.holds(quantity.value)
        if _foreign(given, asked):
            return False
        return target.holds(quantity.value) or (quantity.value <= 1 and target.holds(100 * quantity.value))
    if given == "%" and not asked:
        return target.holds(quantity.value / 100) or (target.value > 1 and target.holds(quantity.value))
    if _foreign(given, asked):
        return False
    return target.holds(quantity.value)


def _quantity(text: str, match: re.Match[str]) -> Quantity:
    value = float(match["digits"].replace(",", ""))
    power = match["power"] or match["exponent"]
    if power:
        value *= 10.0 ** int(power.replace("−", "-"))
    scale = (match["scale"] or "").strip()
    value *= _SCALES.get(scale, 1.0)
    before = text[: match.start()].rstrip(" ~≈")[-1:]
    if match["sign"] in ("-", "−") and not before.isalnum() and before != ")":
        value = -value
    follow = _UNIT.match(text, match.end())
    unit = normal(follow["unit"]) if follow and follow["unit"] else ""
    return Quantity(value, unit, match.start(), follow.end() if follow and follow["unit"] else match.end())


def _unit(word: str) -> str:
    plain = " ".join(normal(word).split())
    return "%" if plain in _PERCENT else stem(plain)


def _foreign(given: str, asked: str) -> bool:
    """Whether the word after a number is the name of another unit."""
    if not given or given == asked or any(given in group and asked in group for group in _ALIKE):
        return False
    return given == "%" or given in _OTHER_UNITS
