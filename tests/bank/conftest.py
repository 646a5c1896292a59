"""A small bank to break in every way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

QUESTION = """\
title: The loss is flat
topics: [lr-schedules]
kind: diagnose
level: core
minutes: 5
scenario: |
  A run of an 8B model.
exhibits:
  - title: Log
    log: |
      step loss
      1    2.0
  - title: Scores
    table: {columns: [step, score], rows: [[1, 0.610], [2, no]]}
ask: Why?
model_answer: |
  Because the learning rate is zero after the schedule ended.
debrief: |
  It is not the data.
sources:
  - {title: A paper, url: "https://arxiv.org/abs/2410.08847"}
"""
RUBRIC = """\
criteria:
  - id: zero-rate
    dimension: mechanism
    points: 3
    essential: true
    asks: Says that the learning rate is zero.
    accept: [The learning rate is zero., It decayed to nothing., The schedule has ended at zero.]
    reject: [The learning rate is too high., The data is bad.]
    look_for:
      - $learning-rate | schedule | decayed
      - zero | nothing
"""
SmallBank: TypeAlias = Callable[..., Path]


@pytest.fixture
def small_bank(tmp_path: Path) -> SmallBank:
    """`small_bank(question=..., rubric=...)` writes a bank with one question and returns its folder."""

    def write(question: str = QUESTION, rubric: str | None = RUBRIC, name: str = "training-dynamics/flat") -> Path:
        root = tmp_path / "bank"
        for folder, text in (("questions", question), ("rubrics", rubric)):
            path = root / folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_text(text, "utf-8")
        return root

    return write
