"""What README and docs claim is true."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from pathlib import Path

import pyte
import pytest

from prepdrill.settings import KEYS

from .conftest import Command

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))


@pytest.mark.parametrize("name", ["commands.md", "judge-protocol.md"])
def test_a_page_made_from_the_code_says_what_the_code_does(name: str) -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert (ROOT / "docs" / name).read_text() == generate["PAGES"][name](), "run: python docs/generate.py"


def test_the_readme_says_what_the_bank_holds() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    written = (ROOT / "README.md").read_text("utf-8")
    assert written == generate["readme"](written), "run: python docs/generate.py"


def test_ci_runs_the_very_test_command_of_the_readme() -> None:
    found = subprocess.run(
        ["sed", "-n", "/^## Test$/,/^## /{/^python3 /p}", str(ROOT / "README.md")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert found.startswith("python3 -m venv")
    assert "tests/all.py" in found
    assert "/^## Test$/,/^## /{/^python3 /p}" in (ROOT / ".ci" / "run").read_text()


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for key in KEYS.values():
        assert f"`{key.name}`" in page
        assert f"`{key.variable}`" in page


def test_the_documented_grade_has_the_keys_of_a_real_one(prepdrill: Command) -> None:
    page = (ROOT / "docs" / "json.md").read_text()
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    grade, listed, attempt, run, calibration = examples
    question = "post-training/dpo-margin-up-likelihood-down"
    real = json.loads(prepdrill("drill", "--question", question, "--json", input="The loss sees only the gap.").out)
    assert list(grade) == list(real)
    assert list(grade["grader"]) == list(real["grader"])
    assert list(grade["verdicts"][0]) == list(real["verdicts"][0])
    (row,) = json.loads(prepdrill("review", "list", "--json").out)
    assert (list(listed), list(listed["grade"])) == (list(row), list(row["grade"]))
    assert list(attempt) == list(json.loads(prepdrill("review", "show", "1", "--json").out))
    assert list(run) == list(json.loads(prepdrill("grade", "--all", "--grader", "offline", "--json").out))
    measured = prepdrill("judge", "calibrate", "--grader", "offline", "--question", question, "--json").out
    assert list(calibration) == list(json.loads(measured))
    assert list(calibration["scores"]) == list(json.loads(measured)["scores"])
    assert list(calibration["resisted"][0]) == list(json.loads(measured)["resisted"][0])


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_file_that_the_docs_name_is_there() -> None:
    for page in PAGES:
        for name in re.findall(
            r"`(?:python )?((?:docs|benchmarks|tests|rubrics|questions)/[\w./-]+\.\w+)", page.read_text()
        ):
            assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_the_recording_can_be_played_and_shows_a_whole_drill() -> None:
    header, *events = (json.loads(line) for line in (ROOT / "docs" / "drill.cast").read_text().splitlines())
    assert header["version"] == 2
    times = [at for at, _, _ in events]
    assert times == sorted(times)
    assert {kind for _, kind, _ in events} == {"o"}
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    parts = ("logp_chosen", "Follow-up:", "How sure", "essential", "This session")
    seen: set[str] = set()
    for _, _, text in events:
        stream.feed(text)
        shown = "\n".join(screen.display)
        seen |= {part for part in parts if part in shown}
    assert seen == set(parts)


def test_the_pictures_fetch_nothing() -> None:
    for picture in (ROOT / "docs" / "pictures").glob("*.svg"):
        addresses = re.findall(r"https?://[^\s\"')]+", picture.read_text())
        assert set(addresses) == {"http://www.w3.org/2000/svg"}, "the name of the format, and nothing else"
        assert "@font-face" not in picture.read_text()
