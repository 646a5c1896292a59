"""`prepdrill` alone: where you stand, and the next command."""

from __future__ import annotations

from prepdrill.cli.environment import Environment


def home() -> None:
    """Last session, weakest section so far, the next command to type."""
    environment = Environment()
    grader = "judge" if environment.settings["grader"] == "judge" else "offline"
    if not environment.folders.history.exists():
        environment.print(_WELCOME)
        return
    from prepdrill.history import Filter
    from prepdrill.programme import MOCK
    from prepdrill.screen import reports

    with environment.past() as history:
        last = history.page(Filter(), limit=1)
        unfinished = history.unfinished()
        resumable = history.resumable()
        weakest = reports.weakest(history.section_scores(grader))
        in_mock = (  # which has no grade until its end
            resumable is not None
            and history.session(resumable).command == MOCK
            and last[0].id in history.attempts_of(resumable)
        )
    if not last:
        environment.print(_WELCOME)
        return
    latest = last[0]
    lines = [f"Last:     attempt {latest.id}, {reports.local(latest.started)}", f"          {latest.question}"]
    if latest.low is not None and latest.high is not None and not in_mock:
        from prepdrill.screen.feedback import score

        lines[0] += f", {score(latest.low, latest.high)}"
    following = "prepdrill drill"
    if weakest is not None:
        section, mean, count = weakest
        answers = f"{count} answer{'' if count == 1 else 's'}"
        by = " by the judge" if grader == "judge" else ""
        lines.append(f"Weakest:  {section}, {100 * mean:.0f} % over {answers}{by}")
        following = f"prepdrill drill --section {section}" if mean < GOOD else "prepdrill drill"
    if unfinished == latest.id:
        lines.append(f"Cut off:  attempt {unfinished}")
        following = "prepdrill drill --resume"
    elif resumable is not None and unfinished is None:
        lines.append("Left:     between two questions of a session")
        following = "prepdrill drill --resume"
    environment.print("\n".join((*lines, f"Next:     {following}")))


GOOD = 0.8
"""Mean score from which the weakest section needs no drill of its own."""

_WELCOME = """\
Drills for interviews on post-training large language models.

  prepdrill demo     watch one drill being answered and graded
  prepdrill drill    answer your first question
  prepdrill mock     sit a whole interview
  prepdrill --help   everything else"""
