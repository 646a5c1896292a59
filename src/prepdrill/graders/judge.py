"""An LLM as grader, without a line that talks to one: calls come out, replies go in.

A judging is a generator. It yields the calls that it needs, any number at once, takes a reply or a failure for
each, and returns a judgement. Whoever drives it decides where replies come from: a server, the history, or the
files of a batch.

The answer is judged first, alone. If the interviewer asked more, the replies to that are then judged by what the
answer did not meet: so it is known what was said only when prompted, and the first half can be done while the
candidate still types. Numbers are left to arithmetic. What the model calls met must be shown in the candidate's own
words.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from prepdrill.chat import Call, Failure, Message, Reply
from prepdrill.graders import gates, prompt
from prepdrill.graders.offline import Offline, question_text
from prepdrill.graders.orders import speaks_to_grader
from prepdrill.graders.quotes import Said
from prepdrill.graders.replies import Entry, read
from prepdrill.model import Criterion, Evidence, GraderId, Outcome, Question, Rubric, Transcript, Verdict

NAME: Final = "judge"
TOKENS_EACH: Final = 220
"""Tokens of a reply for one criterion: quotes, a reason, the verdict."""
TOKENS_BESIDE: Final = 4000
"""Tokens of a reply besides, so that a model that thinks first can."""
WARM: Final = 0.7
"""Temperature where several samples are wanted; a single one is taken at 0."""

T = TypeVar("T")
Calls: TypeAlias = tuple[Call, ...]
Replies: TypeAlias = tuple[Reply | Failure, ...]
Steps: TypeAlias = Generator[Calls, Replies, T]


@dataclass(frozen=True, slots=True)
class Mode:
    """How a model is asked.

    `samples` is 1, or 3: two, and a third only on what these differ in. `per_criterion` asks for one verdict a call.
    """

    samples: int = 1
    per_criterion: bool = False

    def __str__(self) -> str:
        words = ["one call per criterion"] if self.per_criterion else []
        words += [f"best of {self.samples}"] if self.samples > 1 else []
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdicts in the rubric's order, and the replies that they rest on."""

    verdicts: tuple[Verdict, ...]
    replies: tuple[Reply, ...]
    failures: tuple[Failure, ...]
    """What went wrong on the way, each once; verdicts that it left out are `ungraded`."""
    asked: frozenset[str] = frozenset()
    """Criteria that the model was asked about; the others were decided without it."""
    basis: str = ""
    """Digest of what was judged, for the verdicts that need no request."""

    @property
    def fingerprint(self) -> str:
        """Digest of what was judged and of all requests that were answered: 16 hexadecimal digits."""
        digests = [self.basis, *(reply.digest for reply in self.replies)]
        return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]

    @property
    def empty(self) -> bool:
        """Whether the model gave no verdict at all, though it was asked."""
        given = [verdict for verdict in self.verdicts if verdict.criterion in self.asked]
        return bool(self.failures) and all(verdict.outcome is Outcome.UNGRADED for verdict in given)


class Judge:
    """Grades with one model in one mode; `offline` does the arithmetic."""

    def __init__(self, model: str, mode: Mode, offline: Offline) -> None:
        self.mode = mode
        self._offline = offline
        self.id = GraderId(NAME, ", ".join(part for part in (f"{prompt.PROTOCOL} ({model}", str(mode)) if part) + ")")

    def judging(self, question: Question, rubric: Rubric, transcript: Transcript, *, run: int = 0) -> Steps[Judgement]:
        """Judge what was said. `run` counts independent repetitions, each with samples of its own."""
        log = _Log(run * 10)
        basis = (self._offline.id, question_text(question), rubric, transcript)
        counted = self._offline.numbers(question, rubric, transcript)
        first = Transcript(transcript.answer)
        later = {entry.id for entry in rubric.twist}
        case = _Case(question, first, _guard(rubric, first), log)
        asked = [entry for entry in rubric.everything if entry.id not in counted and entry.id not in later]
        if transcript.answer.strip():
            verdicts = yield from self._decided(case, asked)
        else:
            verdicts = {entry.id: _not_said(entry, "nothing was said") for entry in asked}
        if any(exchange.answer.strip() for exchange in transcript.exchanges):
            case = _Case(question, transcript, _guard(rubric, transcript), log)
            left = [entry for entry in rubric.everything if entry.id not in counted and _open(verdicts.get(entry.id))]
            added = yield from self._decided(case, left)
            more = {id: verdict for id, verdict in added.items() if _tells_more(verdict, verdicts.get(id))}
            verdicts |= {id: _prompted(verdict, rubric) for id, verdict in more.items()}
        complete = tuple(
            counted.get(entry.id)
            or verdicts.get(entry.id)
            or _not_said(entry, "nothing was said to what was asked later")
            for entry in rubric.everything
        )
        return Judgement(
            complete,
            tuple(log.replies),
            tuple(dict.fromkeys(log.failures)),
            frozenset(log.asked),
            hashlib.sha256(repr(basis).encode("utf-8", "surrogatepass")).hexdigest(),
        )

    # --- one part of the transcript

    def _decided(self, case: _Case, criteria: Sequence[Criterion]) -> Steps[dict[str, Verdict]]:
        """A verdict on each of these criteria, by as many samples as the mode wants."""
        if not criteria:
            return {}
        temperature = 0.0 if self.mode.samples == 1 else WARM
        wanted = min(2, self.mode.samples)
        opinions = yield from together(
            [self._opinion(case, criteria, _Sample(case.log.base + number, temperature)) for number in range(wanted)]
        )
        if self.mode.samples > 2:
            split = [entry for entry in criteria if len({opinion[entry.id].outcome for opinion in opinions}) > 1]
            if split:
                third = yield from self._opinion(case, split, _Sample(case.log.base + 2, temperature))
                opinions.append(third)
        return {entry.id: case.guard(_voted([o[entry.id] for o in opinions if entry.id in o])) for entry in criteria}

    def _opinion(self, case: _Case, criteria: Sequence[Criterion], sample: _Sample) -> Steps[dict[str, Verdict]]:
        """One sample's verdict on each of these criteria."""
        if self.mode.per_criterion:
            parts = yield from together([self._sheet(case, [entry], sample) for entry in criteria])
            readings = {id: found for part in parts for id, found in part.items()}
        else:
            readings = yield from self._sheet(case, criteria, sample)
        opinion = {entry.id: case.verdict(entry, readings[entry.id]) for entry in criteria}
        unproven = [entry for entry in criteria if _unproven(opinion[entry.id])]
        if unproven:
            ids = [entry.id for entry in unproven]
            given = _given({id: found for id, found in readings.items() if id in ids})
            again = yield from self._asked(
                case,
                unproven,
                sample,
                [given, Message("user", prompt.requote(ids, replies=bool(case.transcript.exchanges)))],
            )
            for entry in unproven:
                second = case.verdict(entry, again[entry.id])
                if second.outcome is not Outcome.UNGRADED and not _unproven(second):
                    opinion[entry.id] = second
        return {id: _settled(verdict) for id, verdict in opinion.items()}

    def _sheet(self, case: _Case, criteria: Sequence[Criterion], sample: _Sample) -> Steps[dict[str, Entry | Failure]]:
        """Entries for these criteria: asked, asked once more if the reply was no good, then one by one."""
        found = yield from self._asked(case, criteria, sample, [], mend=True)
        missing = [entry for entry in criteria if _may_be_asked_again(found[entry.id])]
        if missing and len(criteria) > 1:
            alone = yield from together([self._asked(case, [entry], sample, []) for entry in missing])
            for part in alone:
                found |= part
        return found

    def _asked(
        self,
        case: _Case,
        criteria: Sequence[Criterion],
        sample: _Sample,
        more: Sequence[Message],
        *,
        mend: bool = False,
    ) -> Steps[dict[str, Entry | Failure]]:
        """Entries for these criteria from one request, doubled once if cut short, mended once if that is wanted."""
        ids = [entry.id for entry in criteria]
        case.log.asked.update(ids)
        posed = prompt.with_decoy(criteria, case.transcript)
        all_ids = [entry.id for entry in posed]
        call = Call(
            (*prompt.messages(case.question, case.transcript, posed), *more),
            prompt.NAME,
            prompt.schema(all_ids),
            TOKENS_BESIDE + TOKENS_EACH * len(all_ids),
            sample.temperature,
            sample.number,
        )
        reply = yield from self._one(case, call)
        if isinstance(reply, Reply) and reply.finish == "length":
            call = dataclasses.replace(call, tokens=2 * call.tokens)
            reply = yield from self._one(case, call)
        if isinstance(reply, Failure):
            return dict.fromkeys(ids, reply)
        failure = _unusable(reply)
        if failure is not None:
            case.log.failures.append(failure)
        if failure is not None:  # what a reply that was cut short holds may be drafts
            return dict.fromkeys(ids, failure)
        reading = read(_said(reply), all_ids)
        entries = _weighed(reading.entries)
        fault = reading.fault
        if fault and mend:
            again = (Message("assistant", _said(reply) or "{}"), Message("user", prompt.repair(fault, all_ids)))
            mended = yield from self._one(case, dataclasses.replace(call, messages=(*call.messages, *again)))
            if isinstance(mended, Failure):
                return {id: entries.get(id, mended) for id in ids}
            failure = _unusable(mended)
            if failure is not None:
                case.log.failures.append(failure)
            reading = read(_said(mended) if failure is None else "", all_ids)
            entries |= _weighed(reading.entries)
            fault = reading.fault or fault
        if set(entries) != set(ids) and failure is None:
            failure = Failure("not parsed", f"the judge's reply cannot be read: {fault}")
            case.log.failures.append(failure)
        return {id: entries.get(id) or failure or Failure("not parsed", fault) for id in ids}

    def _one(self, case: _Case, call: Call) -> Steps[Reply | Failure]:
        (reply,) = yield (call,)
        if isinstance(reply, Reply):
            case.log.replies.append(reply)
        else:
            case.log.failures.append(reply)
        return reply


Source: TypeAlias = Callable[[Calls], Replies]
"""Where replies come from."""


def driven(steps: Steps[T], source: Source) -> T:
    """Run a judging to its end with replies from `source`."""
    try:
        calls = next(steps)
        while True:
            calls = steps.send(source(calls))
    except StopIteration as done:
        result: T = done.value
        return result


def together(parts: Iterable[Steps[T]]) -> Steps[list[T]]:
    """Run several at once: what all of them ask for is asked in one go."""
    running = list(parts)
    results: dict[int, T] = {}
    waiting: dict[int, Calls] = {}

    def step(number: int, replies: Replies | None) -> None:
        try:
            part = running[number]
            waiting[number] = next(part) if replies is None else part.send(replies)
        except StopIteration as done:
            waiting.pop(number, None)
            results[number] = done.value

    for number in range(len(running)):
        step(number, None)
    while waiting:
        order = sorted(waiting)
        replies = yield tuple(call for number in order for call in waiting[number])
        at = 0
        for number in order:
            count = len(waiting[number])
            step(number, replies[at : at + count])
            at += count
    return [results[number] for number in range(len(running))]


@dataclass(slots=True)
class _Log:
    base: int
    """Number of the run's first sample."""
    replies: list[Reply] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Sample:
    number: int
    temperature: float


class _Case:
    """What is judged, and against which words quotes are held."""

    def __init__(
        self, question: Question, transcript: Transcript, guard: Callable[[Verdict], Verdict], log: _Log
    ) -> None:
        self.question = question
        self.transcript = transcript
        self.guard = guard
        self.log = log

    @functools.cached_property
    def _said(self) -> Said:
        """Where quotes are looked for: in the answer, or in the replies that followed it."""
        since = 1 if self.transcript.exchanges else 0
        return Said(self.transcript, gates.QuestionText(question_text(self.question)), since)

    def verdict(self, criterion: Criterion, found: Entry | Failure) -> Verdict:
        """What an entry comes to; met without words of the candidate has no evidence yet."""
        if isinstance(found, Failure):
            return _verdict(criterion, Outcome.UNGRADED, None, f"{found.kind}: {found.reason}", 0.0)
        if found.verdict == "cannot_assess":
            return _verdict(criterion, Outcome.UNSURE, None, f"the judge cannot tell: {found.reason}", 0.5)
        outcome = Outcome.MET if found.verdict == "met" else Outcome.UNMET
        if not found.sound and _favours(criterion, outcome):
            reason = f"the judge also calls met what this answer does not say, so this is left to you: {found.reason}"
            return _verdict(criterion, Outcome.UNSURE, None, reason, 0.5)
        evidence = self._said.evidence(found.quotes) if found.quotes else None
        return _verdict(criterion, outcome, evidence, found.reason, _share(1, 1))


def _guard(rubric: Rubric, transcript: Transcript) -> Callable[[Verdict], Verdict]:
    """What holds verdicts back that favour an answer which gives its grader orders: a person has to look at those."""
    said = (transcript.answer, *(exchange.answer for exchange in transcript.exchanges))

    def guarded(verdict: Verdict) -> Verdict:
        favours = _favours(rubric.criterion(verdict.criterion), verdict.outcome)
        if not favours or not any(speaks_to_grader(part) for part in said):
            return verdict
        reason = f"the answer gives its grader orders, so this is left to you: {verdict.reason}"
        return dataclasses.replace(verdict, outcome=Outcome.UNSURE, reason=reason, confidence=0.5)

    return guarded


def _verdict(
    criterion: Criterion, outcome: Outcome, evidence: Evidence | None, reason: str, confidence: float
) -> Verdict:
    return Verdict(criterion.id, outcome, evidence, " ".join(reason.split()), confidence, by=NAME)


def _favours(criterion: Criterion, outcome: Outcome) -> bool:
    return outcome is (Outcome.UNMET if criterion.red_flag else Outcome.MET)


def _weighed(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries without the decoy's; whether they can be trusted is seen by it."""
    decoy = entries.get(prompt.DECOY)
    sound = decoy is None or decoy.verdict != "met"
    return {id: dataclasses.replace(entry, sound=sound) for id, entry in entries.items() if id != prompt.DECOY}


def _voted(opinions: Sequence[Verdict]) -> Verdict:
    """The outcome that most samples have; without a majority it is unsure."""
    graded = [verdict for verdict in opinions if verdict.outcome is not Outcome.UNGRADED]
    if not graded:
        return opinions[0]
    (outcome, count), *_ = Counter(verdict.outcome for verdict in graded).most_common()
    chosen = next(verdict for verdict in graded if verdict.outcome is outcome)
    if 2 * count <= len(graded) and len(graded) > 1:
        reasons = "; ".join(f"{verdict.outcome}: {verdict.reason}" for verdict in graded)
        return dataclasses.replace(chosen, outcome=Outcome.UNSURE, reason=f"samples differ: {reasons}", confidence=0.5)
    return dataclasses.replace(
        chosen, confidence=chosen.confidence if outcome is Outcome.UNSURE else _share(count, len(graded))
    )


def _share(agreed: int, samples: int) -> float:
    """How likely the next sample says the same: (agreed + 1) / (samples + 2), Laplace's rule of succession."""
    return round((agreed + 1) / (samples + 2), 3)


def _open(verdict: Verdict | None) -> bool:
    """Whether what was said later can still change this verdict on the answer; one that failed stays as it is."""
    return verdict is None or verdict.outcome in (Outcome.UNMET, Outcome.UNSURE)


def _tells_more(verdict: Verdict, before: Verdict | None) -> bool:
    """Whether a verdict on the replies goes before that on the answer; where none came, nobody knows what they add."""
    if before is None or verdict.outcome is Outcome.MET:
        return True
    return before.outcome is Outcome.UNMET and verdict.outcome in (Outcome.UNSURE, Outcome.UNGRADED)


def _prompted(verdict: Verdict, rubric: Rubric) -> Verdict:
    return dataclasses.replace(verdict, prompted=not rubric.criterion(verdict.criterion).red_flag)


def _not_said(criterion: Criterion, reason: str) -> Verdict:
    """What cannot have been said, for nothing was."""
    return _verdict(criterion, Outcome.UNMET, None, reason, 0.97)


def _unproven(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.MET and verdict.evidence is None


def _settled(verdict: Verdict) -> Verdict:
    """Met without words of the candidate is not met, and not unmet either."""
    if not _unproven(verdict):
        return verdict
    reason = f"the judge calls it met, but shows no words of yours: {verdict.reason}"
    return dataclasses.replace(verdict, outcome=Outcome.UNSURE, reason=reason, confidence=0.5)


def _may_be_asked_again(found: Entry | Failure) -> bool:
    return isinstance(found, Failure) and found.kind == "not parsed"


def _unusable(reply: Reply) -> Failure | None:
    if reply.refusal or reply.finish == "content_filter":
        return Failure("refused", f"the judge refuses to grade this: {reply.refusal or 'its filter stopped the reply'}")
    if reply.finish == "length":
        return Failure("truncated", "the judge's reply was cut short twice, at twice the length too")
    return None


def _said(reply: Reply) -> str:
    """The reply's text; servers that split off reasoning may have put the whole of it there.

    Reasoning that was cut short is not read: what stands in it is a draft.
    """
    return reply.text if reply.text.strip() or reply.finish == "length" else reply.reasoning


def _given(readings: Mapping[str, Entry | Failure]) -> Message:
    """The model's own verdicts, put before it again."""
    entries = [
        {"id": id, "quotes": list(found.quotes), "reason": found.reason, "verdict": found.verdict}
        for id, found in readings.items()
        if isinstance(found, Entry)
    ]
    return Message("assistant", json.dumps({"verdicts": entries}, ensure_ascii=False))
