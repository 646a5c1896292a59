"""The plain session: an interview line by line in the normal screen.

It is one driver of `drill.Interview`; it shows, reads lines and reports, and holds no rule of the interview. It stays
for every terminal that can do no more, and for every user who wants no more.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.text import Text

from prepdrill import scoring
from prepdrill.drill import Stage
from prepdrill.errors import HistoryError, Interrupted, PrepdrillError
from prepdrill.graders import Grader, self_check
from prepdrill.model import Grade, Item, Outcome, Scale, Syllabus
from prepdrill.screen import feedback, question
from prepdrill.screen.text import as_typed, console_width, duration
from prepdrill.sitting import Sitting

LONGEST_ANSWER: Final = 100_000
"""Characters; what is longer was pasted by mistake."""

COMMANDS: Final[Mapping[str, str]] = {
    "/ask WHAT": "ask the interviewer for evidence, in your words",
    "/hint": "take a hint",
    "/time": "how much time is left",
    "/show": "the question and what you have been shown, again",
    "/draft": "your answer so far",
    "/undo": "take the last line back",
    "/edit": "open your answer in $VISUAL or $EDITOR",
    "/pause": "stop the clock until you press Enter",
    "/skip": "leave this question unanswered",
    "/quit": "stop here; `prepdrill drill --resume` goes on",
    "/help": "this list",
}
_LIKE_A_COMMAND: Final = re.compile(r"/[A-Za-z]*(?:\s|$)")
_START: Final = "Type your answer. A line with a single . ends it; /help lists what else you can do."


class Leave(Exception):
    """The candidate leaves; everything typed is on disk."""


@dataclass(slots=True)
class Desk:
    """What the session is held with: where it is shown, where lines come from, who grades."""

    console: Console
    read_line: Callable[[str], str]
    """Reads one line after a prompt; raises EOFError at the end of input and KeyboardInterrupt at Ctrl-C."""
    environ: Mapping[str, str]
    syllabus: Syllabus
    scale: Scale
    grader: Grader
    plain: bool = False
    settle: bool = False
    """Go through what the grader left open with the candidate."""

    def say(self, what: RenderableType = "", style: str = "") -> None:
        if isinstance(what, str):
            what = Text(what, style=style)
        self.console.print(what, width=console_width(self.console), highlight=False, soft_wrap=False)


def hold(desk: Desk, sitting: Sitting, place: str = "") -> Grade | None:
    """Hold one interview from where it stands to its end; None if the question was skipped.

    Raises Interrupted if the candidate leaves, and PrepdrillError if the history fails: the text is then put into a
    file that the message names, or is in the message.
    """
    session = _Session(desk, sitting, place)
    try:
        try:
            return session.run()
        except Leave:
            sitting.leave()
            raise Interrupted(
                f"\nStopped. Your answer is kept: `prepdrill drill --resume` goes on with attempt {sitting.attempt}."
            ) from None
    except HistoryError as error:
        raise PrepdrillError(f"{error}\n{rescue(sitting, desk.environ)}") from error


def rescue(sitting: Sitting, environ: Mapping[str, str]) -> str:
    """Put what was typed where the user can find it, and say where."""
    writing = sitting.interview.stage in (Stage.START, Stage.ANSWER, Stage.PAUSE)
    handed_in = "" if writing else sitting.interview.draft
    text = "\n\n".join(part for part in dict.fromkeys((handed_in, sitting.draft)) if part.strip())
    if not text:
        return "Nothing had been typed."
    name = f"prepdrill-answer-{sitting.item.question.id.replace('/', '-')}.txt"
    for folder in (Path(environ.get("HOME") or "."), Path.cwd(), Path(tempfile.gettempdir())):
        path = folder / name
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size == 0:
                    path.unlink()
            continue
        return f"Your answer is in {path}."
    return f"Your answer, to copy:\n\n{text}"


class _Session:
    def __init__(self, desk: Desk, sitting: Sitting, place: str) -> None:
        self.desk = desk
        self.sitting = sitting
        self.place = place
        self.said = 0.0
        """Seconds spent when the time was said last."""

    def run(self) -> Grade | None:
        interview, grade = self.sitting.interview, None
        if interview.stage is Stage.PAUSE:
            self.sitting.go_on()
        if interview.stage in (Stage.START, Stage.ANSWER):
            self.pose()
        while interview.stage is not Stage.OVER:
            match interview.stage:
                case Stage.ANSWER:
                    self.answer()
                case Stage.GRADING:
                    grade = self.sitting.graded(self.desk.grader, self.desk.scale)
                case Stage.FOLLOW_UP:
                    self.follow_up()
                case _:
                    grade = grade or self.last_grade()
                    self.close(grade)
        return grade

    # --- the answer

    def pose(self) -> None:
        sitting, desk = self.sitting, self.desk
        again = sitting.interview.stage is Stage.ANSWER
        minutes = sitting.interview.budget / 60 if sitting.interview.budget is not None else None
        desk.say()
        desk.say(
            question.posed(sitting.item.question, desk.syllabus, place=self.place, minutes=minutes, plain=desk.plain)
        )
        for shown in sitting.interview.revealed:
            desk.say()
            desk.say(question.evidence(shown, sitting.item.question, sitting.interview.revealed, plain=desk.plain))
        desk.say()
        desk.say(_START, style="dim")
        if not again:
            sitting.shown()
        if sitting.lines:
            desk.say()
            desk.say("Your answer so far:", style="dim")
            desk.say(as_typed(sitting.draft))
        if sitting.interview.budget is not None:
            desk.say(self.time_left(), style="dim")
        self.said = sitting.interview.elapsed(sitting.now())

    def answer(self) -> None:
        line = self.read()
        if line is None or line.strip() == ".":
            self.submit(at_end=line is None)
        elif (command := _command(line)) is not None:
            self.command(*command)
        else:
            self.keep(line)
        if self.sitting.interview.stage is Stage.ANSWER:
            self.mind_the_clock()

    def keep(self, line: str) -> None:
        self.sitting.add_line(line[1:] if line.startswith("//") else line)
        if _LIKE_A_COMMAND.match(line):
            self.desk.say(
                f"{line.split(maxsplit=1)[0]} is no command, so the line is part of your answer; /undo takes it back."
            )

    def submit(self, *, at_end: bool) -> None:
        draft = self.sitting.draft
        if not draft.strip():
            if at_end:
                raise Leave
            self.desk.say("There is nothing to hand in yet: type an answer, or /skip.", style="yellow")
        elif len(draft) > LONGEST_ANSWER:
            self.desk.say(
                f"The answer has {len(draft):,} characters; {LONGEST_ANSWER:,} at most. Shorten it with /edit.",
                style="yellow",
            )
            if at_end:
                raise Leave
        else:
            self.sitting.submit()

    def mind_the_clock(self) -> None:
        interview, now = self.sitting.interview, self.sitting.now()
        if interview.expired(now) and self.sitting.draft.strip():
            self.desk.say("The time is up; your answer is handed in as it stands.", style="bold yellow")
            self.sitting.submit()
            return
        mark = interview.passed_mark(self.said, now)
        self.said = interview.elapsed(now)
        if mark is not None:
            self.desk.say(self.time_left(mark), style="yellow")

    def time_left(self, mark: str | None = None) -> str:
        left = self.sitting.interview.left(self.sitting.now())
        if left is None:
            return f"No clock. You have spent {duration(self.sitting.interview.elapsed(self.sitting.now()))}."
        if left <= 0:
            return f"The time is up: {duration(left)} over. Take what you need; it is recorded."
        share = {"half": "Half the time is left: ", "a fifth": "A fifth of the time is left: "}.get(mark or "", "")
        return f"{share}{duration(left)}{' left' if not share else ''}."

    # --- commands

    def command(self, name: str, rest: str) -> None:
        desk, sitting = self.desk, self.sitting
        match name:
            case "ask":
                self.ask(rest)
            case "hint":
                desk.say(sitting.hint() or "There is no other hint.", style="cyan")
            case "time":
                desk.say(self.time_left(), style="cyan")
            case "show":
                self.pose()
            case "draft":
                desk.say(as_typed(sitting.draft) if sitting.draft else Text("Nothing yet.", style="dim"))
            case "undo":
                self.undo()
            case "edit":
                self.edit()
            case "pause":
                self.pause()
            case "skip":
                sitting.skip()
                desk.say("Skipped.", style="dim")
            case "quit":
                raise Leave
            case _:
                self.help()

    def ask(self, request: str) -> None:
        if not request:
            self.desk.say("Say what you want to see, for example: /ask the gradient norm of each layer", style="yellow")
            return
        shown = self.sitting.ask(request)
        self.desk.say(
            question.evidence(shown, self.sitting.item.question, self.sitting.interview.revealed, plain=self.desk.plain)
        )

    def undo(self) -> None:
        if not self.sitting.lines:
            self.desk.say("There is no line to take back.", style="yellow")
            return
        *kept, last = self.sitting.lines
        self.sitting.replace_draft("\n".join(kept))
        self.desk.say(Text("Taken back: ", style="dim") + as_typed(last))

    def edit(self) -> None:
        try:
            text = edited(self.sitting.draft, self.desk.environ)
        except PrepdrillError as error:
            self.desk.say(str(error), style="yellow")
            return
        self.sitting.replace_draft(text)
        self.desk.say("Your answer now:", style="dim")
        self.desk.say(as_typed(text) if text else Text("Nothing yet.", style="dim"))

    def pause(self) -> None:
        self.sitting.pause()
        spent = duration(self.sitting.interview.active)
        with contextlib.suppress(EOFError):
            self.prompt(f"Paused after {spent}; press Enter to go on. ")
        self.sitting.go_on()

    def help(self) -> None:
        width = max(map(len, COMMANDS)) + 2
        text = Text()
        for command, about in COMMANDS.items():
            text.append(f"  {command:<{width}}", style="bold")
            text.append(about + "\n")
        text.append("  A line with a single . ends the answer, and so does Ctrl-D. // begins a line with a slash.")
        self.desk.say(text)

    # --- afterwards

    def follow_up(self) -> None:
        sitting, desk = self.sitting, self.desk
        follow_up = sitting.interview.step.follow_up
        assert follow_up is not None
        if not sitting.lines:
            sitting.follow_up_asked(follow_up.ask)
        desk.say()
        desk.say(Text("Follow-up: ", style="bold") + Text(follow_up.ask))
        desk.say("A line with a single . ends it; with nothing before, it passes.", style="dim")
        if sitting.lines:
            desk.say(as_typed(sitting.draft))
        while (line := self.read()) is not None and line.strip() != ".":
            command = _command(line)
            if command is None:
                self.keep(line)
            elif command[0] in ("edit", "undo", "draft", "show", "quit"):
                self.command(*command)
            else:
                desk.say("Here you can use /edit, /undo, /draft, /show and /quit.", style="yellow")
        sitting.answer_follow_up()

    def close(self, grade: Grade | None) -> None:
        sitting, desk = self.sitting, self.desk
        interview = sitting.interview
        if grade is not None:
            desk.say()
            desk.say(feedback.feedback(sitting.item, grade, desk.scale, asked=interview.asked))
            desk.say()
            desk.say(f"Time: {feedback.timing(interview.active, interview.budget)}", style="dim")
            if desk.settle:
                self.settle(grade)
            elif self_check.open_verdicts(grade):
                desk.say(f"Settle what is unsure: prepdrill grade {sitting.attempt} --grader self", style="dim")
        sitting.end()
        desk.say(f"Kept as attempt {sitting.attempt}: prepdrill review show {sitting.attempt}", style="dim")

    def settle(self, grade: Grade) -> None:
        decided = settle(self.desk, self.sitting.item, grade)
        if decided is not None:
            self.sitting.history.add_grade(self.sitting.attempt, decided, self.sitting.now().wall)
            self.desk.say(feedback.headline(decided))

    def last_grade(self) -> Grade | None:
        stored = list(self.sitting.history.grades(self.sitting.attempt))
        return stored[-1].grade if stored else None

    # --- reading

    def read(self) -> str | None:
        try:
            return self.prompt("> ")
        except EOFError:
            self.desk.say()
            return None

    def prompt(self, prompt: str) -> str:
        """One line; at Ctrl-C what stood on it is kept like an entered one."""
        try:
            return _storable(self.desk.read_line(prompt))
        except KeyboardInterrupt as interrupt:
            begun = _storable(str(interrupt))
            if begun.strip() and _command(begun) is None:
                self.sitting.add_line(begun)
            raise Leave from None


def settle(desk: Desk, item: Item, grade: Grade) -> Grade | None:
    """Go through what is open with the candidate, one key each; None if nothing was decided."""
    decisions: dict[str, Outcome] = {}
    for verdict in self_check.open_verdicts(grade):
        criterion = item.rubric.criterion(verdict.criterion)
        desk.say()
        desk.say(feedback.verdict_line(criterion, verdict))
        words = feedback.quote(verdict)
        if words is not None:
            desk.say(words)
        outcome = _decision(desk, red_flag=criterion.red_flag)
        if outcome is None:
            continue
        decisions[verdict.criterion] = outcome
    if not decisions:
        return None
    return scoring.grade(item, desk.scale, self_check.ID, grade.fingerprint, self_check.settled(grade, decisions))


def _decision(desk: Desk, *, red_flag: bool) -> Outcome | None:
    asked = (
        "Did you make this error? y/n, Enter leaves it open: "
        if red_flag
        else "Did you say it? y/n, Enter leaves it open: "
    )
    while True:
        try:
            key = desk.read_line(asked).strip().lower()
        except EOFError:
            return None
        if key in ("y", "yes"):
            return Outcome.MET
        if key in ("n", "no"):
            return Outcome.UNMET
        if not key:
            return None


def edited(text: str, environ: Mapping[str, str]) -> str:
    """The text as the user's editor leaves it. Raises PrepdrillError if there is none, or it fails: the text stays."""
    command = environ.get("VISUAL") or environ.get("EDITOR")
    if not command:
        raise PrepdrillError("Set VISUAL or EDITOR to your editor's command, for example: export EDITOR=nano")
    with tempfile.TemporaryDirectory(prefix="prepdrill-") as folder:
        path = Path(folder) / "answer.md"
        path.write_text(text + "\n" if text else "", "utf-8")
        try:
            status = subprocess.run([*shlex.split(command), str(path)], check=False).returncode
            after = path.read_text("utf-8", "replace").rstrip("\n")
        except (OSError, ValueError) as error:
            raise PrepdrillError(
                f"The editor {command!r} could not be run ({error}); your answer is as it was."
            ) from None
        if status != 0 and after == text:
            raise PrepdrillError(f"The editor {command!r} ended with status {status}; your answer is as it was.")
        return after


def _command(line: str) -> tuple[str, str] | None:
    """(name, rest) of a command line; None for text, which includes what only looks like a command."""
    if not line.startswith("/") or line.startswith("//"):
        return None
    name, _, rest = line[1:].partition(" ")
    known = [command[1:].split()[0] for command in COMMANDS]
    return (name.lower(), rest.strip()) if name.lower() in known else None


def _storable(line: str) -> str:
    """A line without what no text can hold: bytes that were not UTF-8."""
    return line.encode("utf-8", "replace").decode("utf-8")


def places(count: int) -> Sequence[str]:
    """`Question 1 of 3` for each of several questions, nothing for one."""
    return [f"Question {number} of {count}" if count > 1 else "" for number in range(1, count + 1)]
