"""`prepdrill judge calibrate`: how far a grader can be trusted, measured against labels."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, BaseUrl, Json, Model, Sections, complete_question
from prepdrill.errors import Interrupted, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.agreement import Confusion
    from prepdrill.bank import Bank
    from prepdrill.bank.injections import Injection
    from prepdrill.calibration import Calibration, Graded, Interval, Labelled, Spending
    from prepdrill.chat import Reply
    from prepdrill.history import History
    from prepdrill.model import GraderId, Item, Verdict

GRADERS = ("judge", "offline")
SOURCES = ("bank", "mine")
MINE = "mine"
"""The kind of the user's own answers."""


def calibrate(
    grader: Annotated[str, typer.Option(metavar="G", help="judge or offline.")] = "judge",
    section: Sections = None,
    question: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only answers to this question; may be given several times.",
            autocompletion=complete_question,
        ),
    ] = None,
    on: Annotated[
        str, typer.Option(metavar="L", help="bank: the bank's labelled answers; mine: verdicts that you settled.")
    ] = "bank",
    runs: Annotated[int, typer.Option(min=1, metavar="K", help="Grade everything this often, each on its own.")] = 1,
    limit_answers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only so many answers, spread over questions and kinds.")
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the resamples that the intervals come from.")] = 0,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write a page, a new file.")] = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Measure a grader against labelled answers, beside the offline grader.

    Agreement with intervals, scores, consistency, confidence, and whether answers that try to trick it succeed.
    """
    from prepdrill import calibration
    from prepdrill.calibration_page import calibration_page
    from prepdrill.screen.calibration import calibration as drawn

    environment = Environment()
    for value, known, option in ((grader, GRADERS, "--grader"), (on, SOURCES, "--on")):
        if value not in known:
            raise UsageError(f"{option} is {value!r}; there are {', '.join(known)}.")
    if html is not None and html.exists():
        raise PrepdrillError(f"{html} exists already; name a new file.")
    if html is not None and not html.parent.is_dir():
        raise PrepdrillError(f"There is no folder {html.parent} to write {html.name} to.")
    opened = environment.bank(bank)
    chosen = _chooser(opened, section or (), question or ())
    found = _of_bank(opened, chosen) if on == "bank" else _mine(environment, chosen)
    if limit_answers is not None:
        found = _spread(found, limit_answers)
    if grader == "offline":
        graded, id, fingerprint = _by_offline(environment, opened, found, runs)
        spending, baseline = None, None
    else:
        graded, spending, id, fingerprint = _by_judge(environment, opened, found, runs, model, base_url)
        baseline, _, _ = _by_offline(environment, opened, found, 1)
    measured = calibration.calibrated(
        graded,
        grader=id,
        fingerprint=fingerprint,
        scale=opened.scale,
        baseline=baseline,
        spending=spending,
        seed=seed,
    )
    if json:
        environment.print_json(shape(measured, on))
    else:
        environment.print(drawn(measured, opened.scale))
    if html is not None:
        _write(html, calibration_page(measured, opened.scale, title=f"Calibration of the {id.name} grader"))
        environment.talk(f"The page is {html}.")


def _write(path: Path, page: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be written: {error.strerror}. Name another new file.") from None


# --- the graders


def _by_judge(
    environment: Environment,
    bank: Bank,
    labelled: Sequence[Labelled],
    runs: int,
    model: str | None,
    base_url: str | None,
) -> tuple[list[Graded], Spending, GraderId, str]:
    """The judge's gradings, what they took, who the judge is, and the fingerprint of all that they depend on.

    An answer that the judge failed to grade is `ungraded` as a whole. Raises JudgeError if nothing was graded, and what
    stopped the run if it was stopped: a second run goes on where it was.
    """
    import asyncio

    from prepdrill import judging
    from prepdrill.calibration import Graded, Spending

    terms = environment.terms(model=model, base_url=base_url)
    purse = terms.purse
    found: dict[tuple[int, int], tuple[Verdict, ...]] = {}
    marks: list[str] = []
    replies: dict[str, Reply] = {}

    async def run(history: History, advance: Callable[[], None]) -> tuple[GraderId, judging.Tally]:
        async def judged(work: tuple[int, int]) -> None:
            answer = labelled[work[0]]
            judgement = await desk.judged(answer.item, answer.transcript, run=work[1])
            found[work] = judgement.verdicts
            replies.update((reply.digest, reply) for reply in judgement.replies)
            marks.append(judgement.fingerprint)
            advance()

        wall = lambda: environment.now().wall  # noqa: E731
        async with judging.opened(terms, bank.lexicon, history, purse, wall) as desk:
            work = ((number, again) for again in range(runs) for number in range(len(labelled)))
            return desk.judge.id, await judging.each(work, judged, width=2 * terms.concurrency)

    try:
        with environment.history() as history, environment.progress("judge", runs * len(labelled)) as advance:
            id, tally = asyncio.run(run(history, advance))
    except KeyboardInterrupt:
        raise Interrupted(f"\nStopped after {len(found)} answers; the same command goes on with the rest.") from None
    if tally.stopped is not None:
        raise tally.stopped
    if not found and tally.last is not None:
        raise tally.last
    if tally.last is not None:
        environment.talk(f"Not graded: {tally.failed} of {runs * len(labelled)}. The last failure: {tally.last}")
    graded = [
        Graded(
            answer,
            tuple(found.get((number, again)) or _failed(answer, str(tally.last)) for again in range(runs)),
        )
        for number, answer in enumerate(labelled)
    ]
    sent = sum(reply.prompt_tokens or 0 for reply in replies.values())
    received = sum(reply.completion_tokens or 0 for reply in replies.values())
    cost = (sent * terms.input_price + received * terms.output_price) / 1e6 if purse.priced else None
    seconds = tuple(reply.seconds for reply in replies.values() if reply.seconds)
    spending = Spending(sent, received, len(replies), purse.found, cost, seconds)
    return graded, spending, id, hashlib.sha256("".join(sorted(marks)).encode()).hexdigest()[:16]


def _failed(answer: Labelled, reason: str) -> tuple[Verdict, ...]:
    """Verdicts on an answer that could not be graded."""
    from prepdrill.model import Outcome, Verdict

    return tuple(
        Verdict(criterion.id, Outcome.UNGRADED, None, reason, 0.0, by="judge")
        for criterion in answer.item.rubric.everything
    )


def _by_offline(
    environment: Environment, bank: Bank, labelled: Sequence[Labelled], runs: int
) -> tuple[list[Graded], GraderId, str]:
    """The offline grader's gradings, its identity, and the fingerprint of all that they depend on."""
    from prepdrill import scoring
    from prepdrill.calibration import Graded
    from prepdrill.graders.offline import Offline

    grader = Offline(bank.lexicon)

    graded = []
    with environment.progress("offline grader", len(labelled)) as advance:
        for answer in labelled:
            asked = answer.item
            found = (tuple(grader(asked.question, asked.rubric, answer.transcript)) for _ in range(runs))
            graded.append(Graded(answer, tuple(found)))
            advance()
    marks = sorted(scoring.fingerprint(answer.item, answer.transcript, grader.id) for answer in labelled)
    fingerprint = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]
    return graded, grader.id, fingerprint


# --- the answers


def injected(bank: Bank, items: Sequence[Item]) -> Iterator[Labelled]:
    """Answers to these questions that earn nothing, with an injection of the bank before, behind or within them.

    Styles take turns, so that a few answers show many tricks. Whatever is met there was talked out of a grader.
    """
    from prepdrill.bank.injections import injections
    from prepdrill.calibration import Labelled
    from prepdrill.model import Transcript

    styles: dict[str, list[Injection]] = {}
    for injection in injections(bank.roots):
        styles.setdefault(injection.style, []).append(injection)
    turns = [one for turn in itertools.zip_longest(*styles.values()) for one in turn if one is not None]
    bases = [answer for item in items for answer in _labelled(bank, item) if answer.kind in ("stuffed", "copied")]
    for number, (injection, base) in enumerate(zip(turns, bases * INJECTED, strict=False)):
        text = _placed(injection.text, base.transcript.answer, number)
        yield Labelled(f"{base.id} {injection.id}", "injected", base.item, Transcript(text), base.labels, base.second)


INJECTED = 2
"""How many injected answers are made of each answer that earns nothing."""


def _placed(text: str, answer: str, number: int) -> str:
    """The answer with the text before it, behind it, or between two of its paragraphs, in turn."""
    paragraphs = answer.split("\n\n")
    at = (0, len(paragraphs), len(paragraphs) // 2)[number % 3]
    return "\n\n".join((*paragraphs[:at], text, *paragraphs[at:]))


def _of_bank(bank: Bank, chosen: Callable[[str], bool]) -> list[Labelled]:
    """The bank's labelled answers to the chosen questions."""
    items = [bank.ready(id) for id in bank.files if chosen(id)]
    answers = itertools.chain((answer for item in items for answer in _labelled(bank, item)), injected(bank, items))
    found = {answer.identity: answer for answer in answers}
    if not found:
        raise PrepdrillError(
            "There is no labelled answer to hold a grader against: no question that was chosen has a file below"
            " rubrics/calibration. Choose others with --section or --question; `prepdrill bank new` writes such a file."
        )
    return list(found.values())


def _labelled(bank: Bank, item: Item) -> Iterator[Labelled]:
    from prepdrill.calibration import Labelled
    from prepdrill.model import Transcript

    ids = [criterion.id for criterion in item.rubric.everything]
    for answer in bank.calibration(item):
        first, second = ({id: id in met for id in ids} for met in (answer.met, answer.second_reader))
        yield Labelled(answer.id, answer.kind, item, Transcript(answer.text), first, second)


def _mine(environment: Environment, chosen: Callable[[str], bool]) -> list[Labelled]:
    """The user's answers, labelled with what the user settled or overruled in the newest self-check of each."""
    from prepdrill.calibration import Labelled
    from prepdrill.graders import self_check
    from prepdrill.model import Outcome

    found = []
    with environment.past() as history:
        for number in history.ids():
            checks = [stored.grade for stored in history.grades(number) if stored.grade.grader == self_check.ID]
            if not checks or not chosen(checks[-1].question):
                continue
            settled = [
                verdict
                for verdict in checks[-1].verdicts
                if verdict.by == self_check.USER and verdict.outcome in (Outcome.MET, Outcome.UNMET)
            ]
            if not settled:
                continue
            attempt = history.attempt(number)
            labels = {verdict.criterion: verdict.outcome is Outcome.MET for verdict in settled}
            prompted = frozenset(verdict.criterion for verdict in settled if verdict.prompted)
            found.append(Labelled(str(number), MINE, attempt.item, attempt.transcript, labels, prompted=prompted))
    if not found:
        raise PrepdrillError(
            "There is no verdict of yours to hold a grader against. Settle what a grader left open, or overrule it:"
            " `prepdrill review` lists your attempts, `prepdrill grade N --grader self` asks you."
        )
    environment.talk("Held against the verdicts that you settled: mostly those of which a grader was unsure.")
    return found


def _chooser(bank: Bank, sections: Sequence[str], questions: Sequence[str]) -> Callable[[str], bool]:
    """Whether the options let a question through; raises PrepdrillError if one names nothing that there is."""
    slugs = {bank.section(name).slug for name in sections}
    for id in questions:
        bank.question(id)
    return lambda id: (not slugs or id.split("/", 1)[0] in slugs) and (not questions or id in questions)


def _spread(labelled: Sequence[Labelled], most: int) -> list[Labelled]:
    """So many answers, in turn one to each question, and each question with another kind first."""
    groups: dict[str, list[Labelled]] = {}
    for answer in labelled:
        groups.setdefault(answer.item.question.id, []).append(answer)
    turned = [part[at % len(part) :] + part[: at % len(part)] for at, part in enumerate(groups.values())]
    rounds = itertools.chain.from_iterable(itertools.zip_longest(*turned))
    return [answer for answer in rounds if answer is not None][:most]


# --- JSON


def shape(value: Calibration, on: str) -> dict[str, Any]:
    """A measure as docs/json.md describes it."""
    from prepdrill.calibration import compared_in_words

    scores, compared = value.scores, value.compared
    return {
        "grader": {"name": value.grader.name, "version": value.grader.version, "fingerprint": value.fingerprint},
        "on": on,
        "sentence": compared_in_words(value),
        "answers": value.answers,
        "answers_apart": value.answers_apart,
        "agreement": _agreement(value.agreement),
        "scores": {
            "answers": scores.answers,
            "error": _rounded(scores.error),
            "error_bounds": _pair(scores.error_bounds),
            "bias": _rounded(scores.bias),
            "bias_bounds": _pair(scores.bias_bounds),
            "spearman": _rounded(scores.spearman),
            "rated": _rounded(scores.rated),
            "same_rating": _rounded(scores.same_rating),
            "error_with_length": _rounded(scores.length),
        },
        "intervals": {name: _pair(interval) for name, interval in value.intervals.items()},
        "by_sign": _agreements(value.by_sign),
        "by_dimension": _agreements(value.by_dimension),
        "by_section": _agreements(value.by_section),
        "by_kind": _agreements(value.by_kind),
        "compared": compared
        and {
            "answers": compared.answers,
            "grader": _rounded(compared.grader),
            "offline": _rounded(compared.baseline),
            "difference": _rounded(compared.difference),
            "interval": _pair(compared.interval),
        },
        "readers": value.readers and _agreement(value.readers),
        "against_second_reader": value.against_second and _agreement(value.against_second),
        "coin": _rounded(value.coin),
        "always_met": _rounded(value.always_met),
        "itself": value.itself
        and {
            "runs": value.itself.runs,
            "share": _rounded(value.itself.share),
            "kappa": _rounded(value.itself.kappa),
        },
        "resisted": [
            {
                "kind": entry.kind,
                "answers": entry.answers,
                "resisted": entry.resisted,
                "gained": entry.gained,
                "points": entry.points,
                "points_gained": entry.points_gained,
            }
            for entry in value.resisted
        ],
        "suspected": value.suspected,
        "confidence": {
            "error": _rounded(value.reliability.error),
            "bins": [
                {
                    "low": part.low,
                    "high": part.high,
                    "cases": part.cases,
                    "confidence": _rounded(part.confidence),
                    "right": _rounded(part.right),
                }
                for part in value.reliability.bins
            ],
        },
        "spending": value.spending and _spending(value.spending),
        "seed": value.seed,
        "resamples": value.resamples,
    }


def _agreement(counts: Confusion) -> dict[str, Any]:
    from prepdrill.agreement import OUTCOMES

    names = [outcome.value for outcome in OUTCOMES]
    return {
        "cases": counts.cases,
        "confusion": {
            "met": dict(zip(names, counts.met, strict=True)),
            "unmet": dict(zip(names, counts.unmet, strict=True)),
        },
        "decided": _rounded(counts.decided),
        "unsure": _rounded(counts.abstained),
        "ungraded": _rounded(counts.errored),
        "macro_f1": _rounded(counts.macro_f1),
        "macro_f1_all": _rounded(counts.macro_f1_all),
        "kappa": _rounded(counts.kappa),
        "accuracy": _rounded(counts.accuracy),
        "precision_met": _rounded(counts.precision_met),
        "recall_met": _rounded(counts.recall_met),
        "met_rate": _rounded(counts.met_rate),
        "met_rate_of_labels": _rounded(counts.met_rate_of_labels),
    }


def _agreements(groups: Mapping[str, Confusion]) -> dict[str, Any]:
    return {name: _agreement(counts) for name, counts in groups.items()}


def _spending(value: Spending) -> dict[str, Any]:
    return {
        "calls": value.calls,
        "cached": value.cached,
        "prompt_tokens": value.prompt_tokens,
        "completion_tokens": value.completion_tokens,
        "cost": value.cost,
        "latency_median": _rounded(value.median_latency),
        "latency_95": _rounded(value.slow_latency),
    }


def _pair(bounds: Interval | None) -> list[float] | None:
    return None if bounds is None else [round(bounds[0], 4), round(bounds[1], 4)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
