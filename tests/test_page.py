"""The scorecard as a page: complete in itself, readable in light and dark, and no text in it is markup."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from prepdrill.bank import Bank
from prepdrill.html_page import DARK, LIGHT
from prepdrill.model import Source
from prepdrill.page import scorecard_page
from prepdrill.scorecard import Performance, Scorecard

from .test_mock import FULL, carded, performance

HOSTILE = '</style><script>alert(1)</script><img src=x onerror="a">&amp; \x1b[31m \u202e"\'><!--'
VOID = {"meta", "br", "rect", "line", "path", "circle"}


class Reader(HTMLParser):
    """Elements as they are nested; what is closed and was not open is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data


def hostile() -> Performance:
    return performance(FULL | {"a": "unmet", "flag": "met"}, said=HOSTILE, answer=HOSTILE, role=HOSTILE)


def read(card: Scorecard, title: str = "Mock interview 3") -> Reader:
    return Reader(scorecard_page(card, title=title))


def card() -> Scorecard:
    first = performance(FULL | {"a": "unsure", "b": "unmet"}, said="so we ship", seconds=390)
    return carded(first, performance(FULL, role="A log to diagnose", confidence=4), planned=3)


def test_it_is_well_formed_and_holds_the_rounds() -> None:
    page = read(card())
    assert page.open == []
    assert [tag for tag, _ in page.elements].count("h1") == 1
    words = " ".join(page.words.split())
    for part in (
        "Mock interview 3",
        "no rating until 1 verdict is settled",
        "unfinished: 2 of 3 rounds",
        "1. A decision: An example",
        "A run of an 8B model.",
        "Why?",
        "An answer.",
        "And then?",
        "? unsure (+3, essential) Says a.",
        "“so we ship”",
        "prepdrill drill --section evaluation --kind diagnose",
        "The learning rate is zero.",
    ):
        assert part in words


@pytest.mark.parametrize("title", ["Mock interview 3", HOSTILE])
def test_no_text_is_markup(title: str) -> None:
    page = read(carded(hostile(), performance(FULL)), title)
    assert page.open == []
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.elements}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "<script>alert(1)</script>" in page.words
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", page.words)


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = scorecard_page(card(), title="T")
    assert "http" not in text
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#open", "#bad"}
    assert not any({"src", "href"} & set(attributes) for _, attributes in read(card()).elements)


def test_only_a_source_of_a_question_is_a_link_and_only_to_the_web(built_in: Bank) -> None:
    item = built_in.item("post-training/dpo-margin-up-likelihood-down")
    for url, linked in (("https://arxiv.org/abs/2410.08847", True), ("javascript:alert(1)", False)):
        asked = dataclasses.replace(item.question, sources=(Source("A paper", url),))
        value = dataclasses.replace(performance(None), item=dataclasses.replace(item, question=asked))
        page = read(carded(value))
        assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == ([url] if linked else [])
        assert page.open == []


def test_every_chart_says_in_words_what_it_shows() -> None:
    charts = [
        attributes for tag, attributes in read(card()).elements if tag == "svg" and "aria-hidden" not in attributes
    ]
    labels = [attributes["aria-label"] or "" for attributes in charts]
    assert all(attributes["role"] == "img" for attributes in charts)
    assert "Explains the mechanism: 65 % (50 to 80 %)" in labels
    assert "1. A decision: 6:30, 1:30 over the 5:00 given" in labels
    assert labels[-1].startswith("round 1 (A decision): confidence 3 of 4, ")


def test_the_bars_have_the_lengths_of_their_figures() -> None:
    text = scorecard_page(card(), title="T")
    start = text.index('aria-label="Explains the mechanism')
    chart = text[start : text.index("</svg>", start)]
    assert 'width="50.00%" height="16" fill="var(--good)"' in chart
    assert 'x="50.00%" width="30.00%"' in chart


def test_without_a_clock_or_confidence_there_is_nothing_to_hold_against() -> None:
    page = read(carded(performance(FULL, budget=None, confidence=None)))
    assert "5:00, without a clock" in page.words
    assert "Confidence against score" not in page.words


def test_an_interview_without_an_answer_has_a_page() -> None:
    page = read(carded(planned=4))
    assert page.open == []
    assert "no rating: no round was handed in" in page.words


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_can_be_read(colours: Mapping[str, str]) -> None:
    grounds = ("paper", "panel")
    for name, ground in itertools.product(set(colours) - set(grounds), grounds):
        least = 3.0 if name == "line" else 4.5
        assert contrast(colours[name], colours[ground]) >= least, f"{name} on {ground}"


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two colours."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
