"""The plain session: an interview line by line in the normal screen.

It is one driver of `drill.Interview`; it shows, reads lines and reports, and holds no rule of the interview. It stays
for every terminal that can do no more, and for every user who wants no more.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console, RenderableType
from rich.text import Text

from prepdrill.drill import CONFIDENCES, Stage
from prepdrill.editor import edited
from prepdrill.errors import HistoryError, Interrupted, PrepdrillError
from prepdrill.graders import Grader, self_check
from prepdrill.model import Grade, Item, Outcome, Scale, Syllabus
from prepdrill.screen import feedback, question
from prepdrill.screen.text import as_typed, console_width, day, duration
from prepdrill.sitting import LONGEST_ANSWER, Sitting, rescue

if TYPE_CHECKING:
    from prepdrill.judging import Background
    from prepdrill.second_opinion import SecondOpinion

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
_HOW_SURE: Final = "How sure are you of your whole answer? 1 a guess to 4 certain, Enter passes: "
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
    kept: bool = True
    """Say in the end where the attempt is kept."""
    feedback: bool = True
    """Show the grade after the answer; not in a mock interview, which has one scorecard at its end."""
    judge: Background | None = None
    """Reads the answers in the background, where the user has one."""
    judge_grades: bool = True
    probe: bool = False
    """Let the judge ask follow-ups of its own."""
    due: Callable[[], Mapping[str, float]] = dict
    """Question -> when it is due again, in seconds since the epoch, with the answers so far."""
    opinions: list[SecondOpinion] = field(default_factory=list)
    """What the judge was asked and nobody has waited for yet."""

    def say(self, what: RenderableType = "", style: str = "") -> None:
        if isinstance(what, str):
            what = Text(what, style=style)
        self.console.print(what, width=console_width(self.console), highlight=False, soft_wrap=False)


def hold(desk: Desk, sitting: Sitting, place: str = "", why: str = "") -> Grade | None:
    """Hold one interview from where it stands to its end; None if the question was skipped.

    Raises Interrupted if the candidate leaves, and PrepdrillError if the history fails: the text is then put into a
    file that the message names, or is in the message.
    """
    session = _Session(desk, sitting, place, why)
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


class _Session:
    def __init__(self, desk: Desk, sitting: Sitting, place: str, why: str) -> None:
        self.desk = desk
        self.sitting = sitting
        self.place, self.why = place, why
        self.said = 0.0
        """Seconds spent when the time was said last."""
        self.opinion: SecondOpinion | None = None

    def run(self) -> Grade | None:
        sitting, grade = self.sitting, None
        interview = sitting.interview
        if interview.stage in (Stage.START, Stage.ANSWER):
            self.pose()
        while interview.stage is not Stage.OVER:
            if self.opinion is not None and self.opinion.thinking:
                self.probe(self.opinion)
            match interview.stage:
                case Stage.ANSWER:
                    self.answer()
                case Stage.GRADING:
                    grade = sitting.graded(self.desk.grader, self.desk.scale)
                    self.have_read()
                case Stage.FOLLOW_UP:
                    self.follow_up()
                case Stage.CONFIDENCE:
                    self.confidence()
                case _:
                    grade = grade or sitting.last_grade()
                    self.close(grade)
        return grade

    # --- the answer

    def pose(self) -> None:
        sitting, desk = self.sitting, self.desk
        again = sitting.interview.stage is Stage.ANSWER
        minutes = sitting.interview.budget / 60 if sitting.interview.budget is not None else None
        desk.say()
        desk.say(
            question.posed(
                sitting.item.question,
                desk.syllabus,
                place=self.place,
                minutes=minutes,
                why=self.why,
                plain=desk.plain,
            )
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
        prompt = sitting.interview.step.prompt
        assert prompt is not None
        if not sitting.lines:
            sitting.asked(prompt)
        desk.say()
        desk.say(question.prompted(prompt))
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

    def confidence(self) -> None:
        while True:
            try:
                said = self.prompt(_HOW_SURE, keep=False).strip()
            except EOFError:
                said = ""
            if said in ("", *CONFIDENCES):
                self.sitting.confident(int(said) if said else None)
                return

    def have_read(self) -> None:
        """Let the judge begin with the answer while more is asked."""
        if self.desk.judge is not None and self.opinion is None:
            self.opinion = second_opinion(self.desk, self.desk.judge, self.sitting)
            self.opinion.begin()

    def probe(self, opinion: SecondOpinion) -> None:
        """Wait for the interviewer's own follow-ups; at Ctrl-C the question's are asked."""
        with contextlib.suppress(KeyboardInterrupt):
            if not opinion.think(0.0):
                reading = "The interviewer is reading your answer; Ctrl-C goes on with the prepared questions."
                self.desk.say(reading, style="dim")
            while not opinion.think(1.0):
                pass
        opinion.probe()
        if opinion.failure:
            self.desk.say(opinion.told, style="yellow")

    def judged(self) -> Grade | None:
        """The judge's grade, waited for where grades are shown; None if there is none, which is said."""
        self.have_read()
        if self.opinion is None:
            return None
        self.opinion.ask()
        self.desk.opinions.append(self.opinion)
        return waited(self.desk) if self.desk.feedback else None

    def close(self, grade: Grade | None) -> None:
        sitting, desk = self.sitting, self.desk
        interview = sitting.interview
        if grade is not None:
            grade = self.judged() or grade
        if grade is not None and desk.feedback:
            desk.say()
            desk.say(feedback.feedback(sitting.item, grade, desk.scale, asked=interview.asked))
            desk.say()
            desk.say(f"Time: {feedback.timing(interview.active, interview.budget)}", style="dim")
            if desk.settle:
                self.settle(grade)
            elif self_check.open_verdicts(grade):
                desk.say(f"Settle what is unsure: prepdrill grade {sitting.attempt} --grader self", style="dim")
        sitting.end()
        if desk.kept:
            desk.say(f"Kept as attempt {sitting.attempt}: prepdrill review show {sitting.attempt}", style="dim")
            due = desk.due().get(sitting.item.question.id) if grade is not None else None
            if due is not None:
                desk.say(f"Due again {day(due)}", style="dim")

    def settle(self, grade: Grade) -> None:
        decisions = settle(self.desk, self.sitting.item, grade)
        if decisions:
            self.desk.say(feedback.headline(self.sitting.settle(grade, decisions, self.desk.scale)))

    # --- reading

    def read(self) -> str | None:
        try:
            return self.prompt("> ")
        except EOFError:
            self.desk.say()
            return None

    def prompt(self, prompt: str, *, keep: bool = True) -> str:
        """One line; at Ctrl-C what stood on it is kept like an entered one, if it is meant to be part of an answer."""
        try:
            return _storable(self.desk.read_line(prompt))
        except KeyboardInterrupt as interrupt:
            begun = _storable(str(interrupt))
            if keep and begun.strip() and _command(begun) is None:
                self.sitting.add_line(begun)
            raise Leave from None


def second_opinion(desk: Desk, judge: Background, sitting: Sitting) -> SecondOpinion:
    """The judge's part in a sitting. What it takes is loaded here, and only where there is a judge."""
    from prepdrill.second_opinion import SecondOpinion

    return SecondOpinion(judge, sitting, desk.scale, grades=desk.judge_grades, probes=desk.probe)


def waited(desk: Desk) -> Grade | None:
    """Wait for all that the judge was asked, and return the last grade; at Ctrl-C nothing more is waited for."""
    opinions, grade = list(desk.opinions), None
    desk.opinions.clear()
    try:
        if any(opinion.waiting and not opinion.wait(0.0) for opinion in opinions):
            many = f"{len(opinions)} answers" if len(opinions) > 1 else "your answer"
            desk.say(f"The judge is reading {many}; Ctrl-C goes on without.", style="dim")
        for opinion in opinions:
            while opinion.waiting and not opinion.wait(1.0):
                pass
    except KeyboardInterrupt:
        desk.say()
    for opinion in opinions:
        grade = opinion.take()
        if opinion.waiting:
            desk.say(f"Not waited for. Later: prepdrill grade {opinion.sitting.attempt} --grader judge", style="yellow")
        elif opinion.failure:
            desk.say(opinion.told, style="yellow")
    return grade


def dismiss_judge(desk: Desk) -> None:
    """Take what the judge has said and nobody waited for, give up the rest, and say what is missing."""
    if desk.judge is None:
        return
    for opinion in desk.opinions:
        opinion.take()
        attempt = opinion.sitting.attempt
        if opinion.waiting:
            desk.say(
                f"Not read yet: attempt {attempt}. Later: prepdrill grade {attempt} --grader judge", style="yellow"
            )
        elif opinion.failure:
            desk.say(opinion.told, style="yellow")
    desk.opinions.clear()
    desk.judge.close()


def settle(desk: Desk, item: Item, grade: Grade) -> dict[str, Outcome]:
    """Go through what is open with the candidate, one key each, and return what they decided."""
    decisions: dict[str, Outcome] = {}
    for verdict in self_check.open_verdicts(grade):
        criterion = item.rubric.criterion(verdict.criterion)
        desk.say()
        desk.say(feedback.verdict_line(item.rubric, verdict))
        words = feedback.quote(verdict)
        if words is not None:
            desk.say(words)
        outcome = _decision(desk, red_flag=criterion.red_flag)
        if outcome is None:
            continue
        decisions[verdict.criterion] = outcome
    return decisions


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
