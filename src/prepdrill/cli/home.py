"""`prepdrill` alone: where you stand, and the next command."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from prepdrill.cli.environment import Environment
from prepdrill.errors import PrepdrillError

if TYPE_CHECKING:
    from prepdrill.history import History
    from prepdrill.position import Position


def home() -> None:
    """Last session, what is due, the weakest section so far, the next command to type."""
    environment = Environment()
    past, settings = environment.folders.history, environment.settings
    if not past.exists() and not settings["plan.interview"]:
        environment.print(_WELCOME)
        return
    environment.print(_told(environment, environment.wall()))


def keep(environment: Environment) -> None:
    """Make what will be said today and tomorrow, so that it need not be made when somebody waits for it.

    Called where a session has ended: what fails or is stopped here is only made later.
    """
    with contextlib.suppress(PrepdrillError, KeyboardInterrupt):
        for at in (environment.wall(), environment.wall() + _A_DAY):
            _told(environment, at)


_A_DAY = 86_400.0


def _told(environment: Environment, at: float) -> str:
    """What is to be said at `at`, in seconds since the epoch: from the index while nothing has changed."""
    from prepdrill.days import date_of, day_of

    past, settings = environment.folders.history, environment.settings
    told: list[str] = []

    def tell() -> str | None:
        """What is to be said; it is kept unless it hangs on who else is at work."""
        with environment.past() as history:
            lines, following = _where(environment, history, at)
            told.append("\n".join((*lines, f"Next:     {following}")) if lines else _WELCOME)
            return None if history.in_flight else told[0]

    day = day_of(at)
    kept = environment.bank().remembered(
        f"home {day % 2}",  # today's and tomorrow's
        tell,
        beside=(past, past.with_name(f"{past.name}-wal")),
        given=[
            date_of(day).isoformat(),
            time.strftime("%z", time.localtime(at)),
            *(settings[name] for name in ("grader", "plan.interview", "plan.minutes", "plan.days")),
        ],
    )
    return told[0] if told else str(kept)


def _where(environment: Environment, history: History, at: float) -> tuple[list[str], str]:
    """(what to say, the command to type next); nothing to say before the first attempt and without a plan."""
    from prepdrill.days import day_of
    from prepdrill.history import Filter
    from prepdrill.position import position
    from prepdrill.screen.text import counted, local, scored

    newest = history.page(Filter(), limit=1)
    if not newest:
        return _today(environment, history, position(environment.bank(), history, at))
    last = newest[0]
    unfinished, resumable = history.unfinished(), history.resumable()
    in_mock = resumable is not None and _is_of_a_mock(history, last.id, resumable)  # which has no grade until its end
    lines = [f"Last:     attempt {last.id}, {local(last.started)}", f"          {last.question}"]
    if last.low is not None and last.high is not None and not in_mock:
        lines[0] += f", {scored(last.low, last.high)}"
    grader = "judge" if environment.settings["grader"] == "judge" else "offline"
    where = position(environment.bank(), history, at, grader=grader)
    due, never = len(where.due), _never_answered(where)
    lines.append(f"Due:      {counted(due, 'skill')}" + (f", and {never} never answered" if never else ""))
    weak = weakest(where)
    if weak is not None:
        level = where.standing.levels[weak]
        by = " by the judge" if grader == "judge" else ""
        lines.append(f"Weakest:  {weak}, {100 * level.low:.0f} to {100 * level.high:.0f} %{by}")
    if where.from_the_future:
        early = counted(where.from_the_future, "attempt")
        lines.append(f"Clock:    {early} dated after today; is the clock of this machine right?")
    said, following = _today(environment, history, where)
    lines += said
    if unfinished is not None:
        lines.append(f"Cut off:  attempt {unfinished}; prepdrill drill --resume goes on with it")
        if unfinished == last.id and (not said or day_of(last.started) == where.today):
            following = "prepdrill drill --resume"
    elif resumable is not None:
        lines.append("Left:     between two questions of a session")
        following = "prepdrill drill --resume"
    return lines, following


def _is_of_a_mock(history: History, attempt: int, session: int) -> bool:
    from prepdrill.programme import MOCK

    return history.session(session).command == MOCK and attempt in history.attempts_of(session)


def _today(environment: Environment, history: History, where: Position) -> tuple[list[str], str]:
    """(what the plan has for today, the command for it); nothing without a day of an interview before us."""
    from prepdrill.cli.plan import ahead, interview_of

    date = interview_of(environment)
    if date is None:
        return [], "prepdrill drill"
    from prepdrill.days import date_of
    from prepdrill.plan import asked, mock_length, prepare

    left = (date - date_of(where.today)).days
    if left < 0:
        return [f"Plan:     the interview was on {date.isoformat()}; the next one: prepdrill plan --interview DATE"], (
            "prepdrill drill"
        )
    if left == 0:
        return ["Plan:     the interview is today"], "prepdrill drill --minutes 20 --order due"
    days = ahead(environment, history, where, where.today + left)
    slot = next((slot for slot in days if slot.day == where.today), None)
    told = f"Plan:     interview {'tomorrow' if left == 1 else f'in {left} days'}; today"
    if slot is None:
        return [f"{told} is free"], "prepdrill drill"
    if not slot.left:
        more = "prepdrill drill --minutes 20 --order due" if where.due else "prepdrill plan"
        return [f"{told} is done"], more
    if slot.kind == "mock":
        return [f"{told} a mock interview"], f"prepdrill mock --minutes {mock_length(slot.minutes)}"
    (planned,) = prepare(where.in_play, where.standing, [slot]).days
    light = slot.kind == "light"
    length = f"{slot.left:.0f} of {slot.minutes:g} minutes left" if slot.spent else f"{slot.minutes:g} minutes"
    lines = [f"{told} {'light, ' if light else ''}{length}"]
    if what := asked(planned):
        lines.append(f"          {what}")
    return lines, f"prepdrill drill --minutes {slot.left:.0f}{' --order due' if light else ''}"


def weakest(where: Position) -> str | None:
    """The section with answers whose level is lowest, None if nothing was graded or all are good."""
    asked = {entry.section for entry in where.in_play}
    levels = {section: level for section, level in where.standing.levels.items() if level.answers and section in asked}
    found = min(sorted(levels), key=lambda section: levels[section].mean, default=None)
    return found if found is not None and levels[found].mean < GOOD else None


def _never_answered(where: Position) -> int:
    seen = where.standing.memories
    return len({entry.family or entry.id for entry in where.in_play} - seen.keys())


GOOD = 0.8
"""Level from which no section is called weak."""

_WELCOME = """\
Drills for interviews on post-training large language models.

  prepdrill demo     watch one drill being answered and graded
  prepdrill drill    answer your first question
  prepdrill mock     sit a whole interview
  prepdrill --help   everything else"""
