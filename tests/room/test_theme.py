"""Everything that is written in the room can be read, in both themes and whatever colours the terminal has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from textual.color import Color as Ground
from textual.filter import Monochrome
from textual.strip import Strip

from prepdrill.room.theme import DARK, LIGHT, fitting

from .picture import Drawn, Picture, contrast
from .tour import SIZES, tour

TOURS = ((SIZES[0], DARK.name), (SIZES[1], LIGHT.name))


def without_colours(shown: Picture) -> Picture:
    """The picture as NO_COLOR makes it: Textual sends every line through this filter."""
    grey, ground = Monochrome(), Ground(0, 0, 0)
    return Picture(tuple(Strip(grey.apply(list(strip), ground)) for strip in shown.strips))


def faint(shown: Picture, measured: Callable[[Drawn], float], demand: Callable[[Drawn], float]) -> Iterator[str]:
    for drawn in shown.drawn:
        if measured(drawn) < demand(drawn):
            ink, ground = (color.get_truecolor().hex for color in (drawn.ink, drawn.ground))
            yield f"{measured(drawn):.2f} {ink} on {ground} {drawn.text.strip()!r}"


def faint_in_full(shown: Picture) -> set[str]:
    return set(faint(shown, lambda drawn: drawn.contrast, lambda drawn: drawn.demand))


def faint_in_16(shown: Picture) -> set[str]:
    return set(faint(shown, lambda drawn: drawn.contrast_in_16_colours, lambda drawn: 3.0 if drawn.is_text else 0.0))


def test_the_formula_gives_the_values_that_wcag_gives() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)
    assert contrast((12, 34, 56), (12, 34, 56)) == 1


@pytest.mark.parametrize(("size", "theme"), TOURS)
def test_every_letter_on_every_screen_can_be_read(size: tuple[int, int], theme: str) -> None:
    for name, shown in tour(size, theme).items():
        assert (name, faint_in_full(shown)) == (name, set())


@pytest.mark.parametrize(("size", "theme"), TOURS)
def test_every_letter_can_be_read_in_sixteen_colours(size: tuple[int, int], theme: str) -> None:
    for name, shown in tour(size, theme).items():
        assert (name, faint_in_16(shown)) == (name, set())


@pytest.mark.parametrize(("size", "theme"), TOURS)
def test_every_letter_can_be_read_without_colours(size: tuple[int, int], theme: str) -> None:
    for name, coloured in tour(size, theme).items():
        shown = without_colours(coloured)
        assert (name, faint_in_full(shown) | faint_in_16(shown)) == (name, set())


@pytest.mark.parametrize(
    ("wanted", "ground", "name"),
    [
        ("dark", "0;15", DARK.name),
        ("light", "15;0", LIGHT.name),
        ("auto", "0;15", LIGHT.name),
        ("auto", "0;default;7", LIGHT.name),
        ("auto", "15;0", DARK.name),
        ("auto", "", DARK.name),
    ],
)
def test_the_theme_is_the_one_that_was_set_or_fits_the_terminal(wanted: str, ground: str, name: str) -> None:
    assert fitting(wanted, {"COLORFGBG": ground}) == name
