"""A question to fill in: question, rubric and calibration file, commented, as `bank new` writes them."""

from __future__ import annotations

from typing import Final

QUESTION: Final = """\
# The scenario. Keys and their meaning: `prepdrill bank schema question`, docs/writing-questions.md.
title: TODO what is seen, never the cause          # at most 80 characters
topics: [{topic}]                                  # of the section in the folder's name; others as section/topic
kind: diagnose                                     # diagnose | decide | design | explain | critique | estimate
level: core                                        # warm-up | core | stretch
minutes: 8
# family: some-name                                # variants that test the same skill on another surface share one
scenario: |
  TODO Model size, data, hardware, what was changed, and what somebody now claims or wants.
exhibits:
  - title: Trainer log
    log: |
      step   loss  grad_norm
       100  1.912       0.84
       200  1.874       0.91
  # - title: Held-out win rate
  #   table: {{columns: [step, win rate], rows: [[0, 50.0], [900, 51.5]]}}
  # - title: Loss
  #   chart: {{x: step, y: loss, series: {{run A: [[0, 2.1], [100, 1.9]]}}}}
  # - title: Shown only to who asks for it
  #   on_request: [another way to ask for it]
  #   log: |
  #     step  unclipped_norm
ask: TODO What is happening, which check would decide it, and what is the smallest thing you would do next?
follow_ups:
  - ask: TODO A question for everybody.
  # - when_missed: what-it-shows
  #   ask: A question for those who missed that criterion.
hints: [TODO Helps without answering.]
model_answer: |
  TODO A strong answer in the words that a candidate could say in the time given.
debrief: |
  TODO Why the tempting answer is wrong, and what separates the rival causes.
sources:
  - {{title: TODO, url: "https://example.org/"}}
"""

RUBRIC: Final = """\
# 4 to 9 criteria, each met or not by a sentence that can be quoted; 1 to 3 red flags; points sum to 8 to 14.
criteria:
  - id: what-it-shows
    dimension: evidence                            # one of rubrics/dimensions.yaml
    points: 3
    essential: true                                # an answer without it cannot pass
    asks: Says that TODO, a relation and not a word.
    accept:                                        # three or more ways of saying it, unlike each other
      - TODO
      - TODO
      - TODO
    reject:                                        # two or more near misses
      - TODO
      - TODO
    look_for:                                      # all lines within one sentence or two neighbouring ones
      - TODO one way | another way | $falls        # $name: a family of rubrics/lexicon.yaml
  # - id: how-many
  #   dimension: rigour
  #   points: 2
  #   asks: Puts the half-life at about 693 steps.
  #   number: {{value: 693, tolerance: 5%, unit: steps}}
  #   accept: [TODO, TODO, TODO]
  #   reject: [TODO, TODO]
red_flags:
  - id: the-tempting-error
    dimension: judgement
    points: -2
    asks: Concludes TODO, the mistake that strong people make.
    accept: [TODO, TODO, TODO]
    reject: [TODO a warning against it, TODO a denial of it]
    look_for:
      - TODO
"""

CALIBRATION: Final = """\
# Answers with known verdicts, written by somebody who does not look at accept and look_for, and read twice, apart.
answers:
  - id: strong
    kind: strong                                   # strong | partial | wrong | paraphrase | stuffed | copied |
    text: |                                        # negated | injected | rambling
      TODO
    met: [what-it-shows]                           # criteria and red flags that the answer meets
    second_reader: [what-it-shows]                 # the same, decided apart
"""
