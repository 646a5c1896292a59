"""`prepdrill bank`: for those who answer and for those who write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..conftest import Command

ID = "post-training/dpo-margin-up-likelihood-down"


def test_show_keeps_back_what_would_give_it_away(prepdrill: Command) -> None:
    open_, revealed = prepdrill("bank", "show", ID), prepdrill("bank", "show", ID, "--reveal")
    for secret in ("Debrief", "A strong answer", "Criteria", "Shown on request", "Hints"):
        assert secret not in open_.out
        assert secret in revealed.out
    question = json.loads(prepdrill("bank", "show", ID, "--json").out)["question"]
    assert not {"model_answer", "debrief", "hints", "follow_ups", "topics"} & set(question)
    assert all(not exhibit["on_request"] for exhibit in question["exhibits"])


def test_the_list_narrows_down(prepdrill: Command) -> None:
    everything = json.loads(prepdrill("bank", "list", "--json").out)
    estimates = json.loads(prepdrill("bank", "list", "--kind", "estimate", "--json").out)
    assert 0 < len(estimates) < len(everything)
    assert {entry["kind"] for entry in estimates} == {"estimate"}
    tier_3 = json.loads(prepdrill("bank", "list", "--tier", "3", "--json").out)
    assert {entry["question"].split("/")[0] for entry in tier_3} == {"experiment-design", "research-reading"}


def test_sections_come_in_the_order_of_the_syllabus(prepdrill: Command) -> None:
    sections = [entry["question"].split("/")[0] for entry in json.loads(prepdrill("bank", "list", "--json").out)]
    order = list(dict.fromkeys(sections))
    assert order[0] == "post-training"
    assert order[-1] == "research-reading"


def test_the_shipped_bank_is_clean(prepdrill: Command) -> None:
    result = prepdrill("bank", "check")
    assert (result.code, result.out) == (0, "")


def test_one_question_is_checked_alone(prepdrill: Command, tmp_path: Path) -> None:
    for name in ("data/one", "data/two"):
        prepdrill("bank", "new", name, "--in", str(tmp_path))
    result = prepdrill("bank", "check", str(tmp_path), "--question", "data/two")
    assert result.code == 1
    assert "questions/data/two.yaml" in result.out
    assert "one.yaml" not in result.out
    fine = prepdrill("bank", "check", "--question", ID)
    assert (fine.code, fine.out, "Topics without" in fine.err) == (0, "", False)
    unknown = prepdrill("bank", "check", "--question", "data/three")
    assert (unknown.code, "There is no question 'data/three'" in unknown.err) == (1, True)


def test_a_folder_is_checked_alone_and_todos_hide_nothing_and_are_not_hidden(
    prepdrill: Command, tmp_path: Path
) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    prepdrill("bank", "new", "data/mine", "--in", str(mine))
    prepdrill("bank", "new", "data/other", "--in", str(other))
    found = prepdrill("bank", "check", str(mine), "--bank", str(other))
    assert found.code == 1
    assert found.out
    assert all("mine.yaml" in line and "TODO" in line for line in found.out.splitlines())
    foreign = prepdrill("bank", "check", str(mine), "--question", ID)
    assert (foreign.code, "is not in the folder or section" in foreign.err) == (2, True)


def test_a_bank_whose_folders_are_links_is_checked_all_the_same(prepdrill: Command, tmp_path: Path) -> None:
    prepdrill("bank", "new", "data/mine", "--in", str(tmp_path / "real"))
    linked = tmp_path / "linked"
    linked.mkdir()
    for folder in ("questions", "rubrics"):
        (linked / folder).symlink_to(tmp_path / "real" / folder)
    assert "TODO" in prepdrill("bank", "check", str(linked)).out


def test_a_file_that_is_no_text_is_told_of_among_the_others(prepdrill: Command, tmp_path: Path) -> None:
    prepdrill("bank", "new", "data/mine", "--in", str(tmp_path))
    prepdrill("bank", "new", "data/torn", "--in", str(tmp_path))
    (tmp_path / "questions" / "data" / "torn.yaml").write_bytes(b"title: \xff\n")
    found = prepdrill("bank", "check", str(tmp_path))
    assert found.code == 1
    assert "torn.yaml:" in found.out
    assert "mine.yaml:" in found.out


def test_a_section_that_another_bank_has_is_refused(prepdrill: Command, tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "questions" / "syllabus.yaml").write_text(
        "yardstick: Y.\ntiers: [{number: 1, title: T, weight: 1}]\nsections: [{number: 1, slug: data, title: D,"
        " tier: 1, focus: F., topics: [{slug: x, text: X, kind: must-know}]}]\n"
    )
    result = prepdrill("bank", "list", "--bank", str(tmp_path))
    assert (result.code, "another bank has a section data already" in result.err) == (1, True)


def test_a_question_of_a_bank_that_is_not_open_says_how_to_open_it(prepdrill: Command) -> None:
    assert "`--bank DIR` opens another" in prepdrill("bank", "show", "query-plans/forty-rows-expected").err


def test_a_section_of_ones_own_needs_a_syllabus_first(prepdrill: Command, tmp_path: Path) -> None:
    result = prepdrill("bank", "new", "resolution/ttl", "--in", str(tmp_path))
    assert (result.code, "questions/syllabus.yaml of your bank: write that first" in result.err) == (1, True)


def test_json_lists_all_questions(prepdrill: Command) -> None:
    total = json.loads(prepdrill("bank", "coverage", "--json").out)["total"]["questions"]
    assert len(json.loads(prepdrill("bank", "list", "--json").out)) == total > 50
    assert len(json.loads(prepdrill("bank", "list", "--json", "--limit", "7").out)) == 7


def test_a_broken_bank_is_told_line_by_line(prepdrill: Command, tmp_path: Path) -> None:
    prepdrill("bank", "new", "data/leaky", "--in", str(tmp_path))
    path = tmp_path / "questions" / "data" / "leaky.yaml"
    path.write_text(path.read_text().replace("kind: diagnose", "kind: diagnoze"))
    result = prepdrill("bank", "check", str(tmp_path))
    assert result.code == 1
    assert f"{path}:4: kind is 'diagnoze'" in result.out
    listed = prepdrill("bank", "list", "--bank", str(tmp_path))
    assert listed.code == 0
    assert "`prepdrill bank check` shows them" in listed.err
    drilled = prepdrill("drill", "--bank", str(tmp_path), "--question", "data/leaky", input="x")
    assert (drilled.code, f"{path}:4: kind is" in drilled.err) == (1, True)


def test_what_is_left_to_write_is_found(prepdrill: Command, tmp_path: Path) -> None:
    prepdrill("bank", "new", "data/leaky", "--in", str(tmp_path))
    found = prepdrill("bank", "check", str(tmp_path)).out
    assert "leaky.yaml:2: is still to be written (TODO)" in found


def test_a_setting_that_names_no_bank_is_named(prepdrill: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREPDRILL_BANK", "/nowhere")
    result = prepdrill("bank", "list")
    assert (result.code, "The setting banks (PREPDRILL_BANK) names /nowhere" in result.err) == (1, True)


def test_a_new_question_loads_as_it_is_written(prepdrill: Command, tmp_path: Path) -> None:
    made = prepdrill("bank", "new", "data/leaky", "--in", str(tmp_path))
    assert len(made.out.splitlines()) == 3
    assert prepdrill("bank", "show", "data/leaky", "--bank", str(tmp_path)).code == 0
    assert prepdrill("bank", "new", "data/leaky", "--in", str(tmp_path)).code == 1
    assert prepdrill("bank", "new", "nowhere/x", "--in", str(tmp_path)).code == 1
    assert prepdrill("bank", "new", "Data/X", "--in", str(tmp_path)).code == 2


@pytest.mark.parametrize("file", ["question", "rubric", "calibration", "syllabus", "dimensions", "lexicon"])
def test_schemas_are_json_schema(prepdrill: Command, file: str) -> None:
    schema = json.loads(prepdrill("bank", "schema", file).out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["type"] == "object"


def test_coverage_has_every_topic(prepdrill: Command) -> None:
    coverage = json.loads(prepdrill("bank", "coverage", "--json").out)
    sections, total = coverage["sections"], coverage["total"]
    assert sum(len(section["topics"]) for section in sections.values()) == 43
    assert all(section["questions"] >= 3 for section in sections.values())
    assert sum(section["questions"] for section in sections.values()) == total["questions"]
    assert sum(total["kinds"].values()) == sum(total["levels"].values()) == total["questions"]
    shown = prepdrill("bank", "coverage").out
    assert "loss-diverges-after-n" in shown  # whole, on 80 columns
    assert f"All together: {total['questions']} questions" in shown
    assert f"{total['kinds']['diagnose']} diagnose" in shown


def test_escapes_and_markup_in_a_bank_are_shown_as_text(prepdrill: Command, tmp_path: Path) -> None:
    prepdrill("bank", "new", "data/nasty", "--in", str(tmp_path))
    path = tmp_path / "questions" / "data" / "nasty.yaml"
    text = path.read_text().replace("title: TODO what is seen, never the cause", 'title: "[red]x[/] \\e]0;own\\a"')
    path.write_text(text)
    shown = prepdrill("bank", "show", "data/nasty", "--bank", str(tmp_path))
    assert "[red]x[/] ␛]0;own␇" in shown.out
    assert "\x1b" not in shown.out
    assert "control character" in prepdrill("bank", "check", str(tmp_path)).out


def test_the_demo_runs_without_a_terminal(prepdrill: Command, home: Path) -> None:
    result = prepdrill("demo")
    assert result.code == 0, result.err
    assert "Score" in result.out
    assert "Your turn: prepdrill drill" in result.out
    assert not (home / "prepdrill" / "data").exists()
