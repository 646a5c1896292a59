"""The default grader: no network, no model, the same verdicts every time.

A criterion is met by one sentence of the answer or by two neighbouring ones, or not at all. `look_for` decides where it
matches; where it does not, likeness to `accept` and `reject` decides the clear cases, and the rest is `unsure`.
`docs/offline-grading.md` explains the method and what it was measured to do.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill import model
from prepdrill.graders import gates, orders
from prepdrill.graders.constants import Company, Constants
from prepdrill.graders.fitted import FITTED
from prepdrill.graders.likeness import Bag, Families, Likeness
from prepdrill.graders.numbers import Quantity, agrees, quantities
from prepdrill.graders.patterns import (
    Found,
    Match,
    Patterns,
    Span,
    TextIndex,
    complete_matches,
    match_in,
    windows,
)
from prepdrill.graders.text import Sentence, sentences
from prepdrill.model import (
    Chart,
    Criterion,
    Evidence,
    Exhibit,
    GraderId,
    Lexicon,
    Outcome,
    Question,
    Rubric,
    Samples,
    Table,
    Transcript,
    Verdict,
)

ID: Final = GraderId("offline", "2")


class Offline:
    """Grades against one lexicon. Calling it is pure: same question, rubric and transcript, same verdicts."""

    id = ID

    def __init__(self, lexicon: Lexicon, constants: Constants = FITTED) -> None:
        self._constants = constants
        self._patterns = Patterns(lexicon)
        self._families = Families(lexicon)
        self._wording_of = functools.lru_cache(maxsize=8)(self._wording)

    def __call__(self, question: Question, rubric: Rubric, transcript: Transcript) -> list[Verdict]:
        said = gates.QuestionText(question_text(question))
        patterns, families = self._wording_of(rubric.families)
        likeness = Likeness(rubric, said.stems, families)
        parts = [Part(text, said) for text in (transcript.answer, *(part.answer for part in transcript.exchanges))]
        readings = [Reading(criterion, patterns, likeness, self._constants) for criterion in rubric.everything]
        later = frozenset(criterion.id for criterion in rubric.twist)  # what only the answer to the twist can say
        company = [reading for reading in readings if reading.criterion.id not in later]
        return [self._verdict(reading, company, parts, transcript) for reading in readings]

    def _verdict(
        self, reading: Reading, company: Sequence[Reading], parts: Sequence[Part], transcript: Transcript
    ) -> Verdict:
        findings = []
        for at, part in enumerate(parts):
            found = company_of(reading, company, parts[: at + 1]) if reading in company else None
            findings.append(reading.finding(part, found or self._constants.usual))
        return _chosen(reading.criterion, findings, transcript)

    def _wording(self, families: model.Families) -> tuple[Patterns, Families]:
        """Lexicon and families of one rubric."""
        if not families:
            return self._patterns, self._families
        own = dict(families)
        return Patterns(own, self._patterns), Families(own, self._families)

    def numbers(self, question: Question, rubric: Rubric, transcript: Transcript) -> dict[str, Verdict]:
        """Verdicts that are arithmetic: on numbers that were given, and on those that only a number can meet."""
        wanted = [criterion for criterion in rubric.everything if criterion.number is not None]
        if not wanted:
            return {}
        texts = (transcript.answer, *(part.answer for part in transcript.exchanges))
        given = [list(quantities(text)) for text in texts]
        parts: list[Part] | None = None  # made only where a number agrees, which has to be looked at in its sentence
        verdicts = {}
        for criterion in wanted:
            target = criterion.number
            if target is not None and any(agrees(quantity, target) for found in given for quantity in found):
                if parts is None:
                    said = gates.QuestionText(question_text(question))
                    parts = [Part(text, said) for text in texts]
                findings = [number_in(criterion, part) for part in parts]
            else:
                findings = [_no_number(bool(found)) for found in given]
            verdict = _chosen(criterion, findings, transcript)
            if verdict.outcome is Outcome.MET or (verdict.outcome is Outcome.UNMET and not criterion.look_for):
                verdicts[criterion.id] = verdict
        return verdicts


def company_of(reading: Reading, readings: Sequence[Reading], parts: Sequence[Part]) -> Company | None:
    """How the other criteria fare in these parts; None where there are none, and for a red flag, which stands alone."""
    others = [other for other in readings if other is not reading and not other.criterion.red_flag]
    if not others or reading.criterion.red_flag:
        return None
    found = [any(other.found(part) for part in parts) for other in others]
    denied = [
        not there and any(other.denied(part) for part in parts) for other, there in zip(others, found, strict=True)
    ]
    return Company(sum(found) / len(others), sum(denied) / len(others))


def _chosen(criterion: Criterion, findings: Sequence[_Finding], transcript: Transcript) -> Verdict:
    """The verdict that the best part of the transcript gives, the first answer if none says anything."""
    chosen = max(range(len(findings)), key=lambda at: (_RANK[findings[at].outcome], -at))
    finding = findings[chosen]
    if finding.outcome is Outcome.UNMET:
        chosen, finding = 0, findings[0]
    return Verdict(
        criterion.id,
        finding.outcome,
        finding.evidence(transcript, chosen),
        finding.reason,
        round(finding.confidence, 3),
        prompted=chosen > 0 and not criterion.red_flag,
        by=ID.name,
    )


_RANK: Final = {Outcome.MET: 2, Outcome.UNSURE: 1, Outcome.UNMET: 0, Outcome.UNGRADED: 0}


def question_text(question: Question) -> str:
    """What every candidate reads before answering: what an answer takes over from it is not the candidate's."""
    parts = [question.title, question.scenario, question.ask, *question.hints]
    for exhibit in question.shown_exhibits:
        parts += [exhibit.title, _exhibit_text(exhibit)]
    return "\n\n".join(parts)


def _exhibit_text(exhibit: Exhibit) -> str:
    content = exhibit.content
    if isinstance(content, Table):
        return "\n".join(" ".join(row) for row in (content.columns, *content.rows))
    if isinstance(content, Chart):
        return " ".join((content.x, content.y, *(name for name, _ in content.series)))
    if isinstance(content, Samples):
        return "\n".join(f"{pair.prompt}\n{pair.a}\n{pair.b}" for pair in content.pairs)
    return content.text


class Part:
    """The answer, or the answer to one follow-up, prepared for look-ups; orders to the grader are left out."""

    def __init__(self, text: str, said: gates.QuestionText) -> None:
        self.text = text
        kept = [sentence for sentence in sentences(text) if not orders.is_order(sentence, text)]
        self.index = TextIndex(kept)
        self.copied = [said.copied(sentence) for sentence in kept]
        self._evident: dict[tuple[int, ...], bool] = {}
        self._bags: dict[tuple[int, ...], Bag] = {}
        self._dismissals: dict[int, bool] = {}
        self._reports: dict[int, bool] = {}

    def sentence(self, at: int) -> Sentence:
        return self.index.sentences[at].sentence

    def bag(self, window: tuple[int, ...], likeness: Likeness) -> Bag:
        """The words of a window, ready to be compared; made once for all criteria of a rubric."""
        if window not in self._bags:
            self._bags[window] = likeness.bag(token for at in window for token in self.sentence(at).tokens)
        return self._bags[window]

    @functools.cached_property
    def windows(self) -> list[tuple[int, ...]]:
        """The windows that can be evidence at all."""
        return [window for window in windows(len(self.index.sentences)) if self.evident(window)]

    def evident(self, window: tuple[int, ...]) -> bool:
        """Whether a window can be evidence at all: neither taken from the question nor a list of names."""
        if window not in self._evident:
            listed = any(gates.is_list(self.sentence(at), self.text) for at in window)
            if len(window) > 1 and not listed:
                first, last = self.sentence(window[0]), self.sentence(window[-1])
                listed = gates.is_list(Sentence(first.tokens + last.tokens, first.start, last.end), self.text)
            self._evident[window] = not listed and not any(self.copied[at] for at in window)
        return self._evident[window]

    def dismisses(self, at: int) -> bool:
        """Whether a sentence turns down what it talks about."""
        if at not in self._dismissals:
            self._dismissals[at] = gates.is_dismissal(self.sentence(at), self.text)
        return self._dismissals[at]

    def reports(self, at: int) -> bool:
        """Whether a sentence says what others say."""
        if at not in self._reports:
            self._reports[at] = gates.is_reported(self.sentence(at), self.text)
        return self._reports[at]

    def holding(self, quantity: Quantity) -> int | None:
        """The sentence that holds the quantity, None if it was left out."""
        for at, index in enumerate(self.index.sentences):
            if index.sentence.start <= quantity.start < index.sentence.end:
                return at
        return None


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one part of the transcript says to one criterion."""

    outcome: Outcome
    reason: str
    confidence: float
    start: int = 0
    end: int = 0

    def evidence(self, transcript: Transcript, part: int) -> Evidence | None:
        if self.end <= self.start:
            return None
        start, end = (transcript.starts[part] + at for at in (self.start, self.end))
        return Evidence(transcript.text[start:end], start, end)


class Reading:
    """One criterion, ready to be looked for."""

    def __init__(
        self, criterion: Criterion, patterns: Patterns, likeness: Likeness, constants: Constants = FITTED
    ) -> None:
        self.criterion = criterion
        self._constants = constants
        self._likeness = likeness
        self._lists = [[patterns.line(line) for line in lines] for lines in criterion.look_for]
        self._found: dict[int, list[Found]] = {}
        self._there: dict[int, bool] = {}
        self._judged: dict[int, tuple[list[Match], list[tuple[tuple[int, ...], str]]]] = {}

    def found(self, part: Part) -> bool:
        """Whether the criterion seems met by what is said here alone: by a number, or by a pattern that stands."""
        if id(part) not in self._there:
            by_number = self.criterion.number is not None and number_in(self.criterion, part).outcome is Outcome.MET
            self._there[id(part)] = by_number or bool(self.standing(part))
        return self._there[id(part)]

    def denied(self, part: Part) -> bool:
        """Whether its words are here, but doubted wherever they are."""
        standing, doubted = self._weighed(part)
        return bool(doubted) and not standing

    def finding(self, part: Part, company: Company) -> _Finding:
        if self.criterion.number is not None:
            by_number = number_in(self.criterion, part)
            if by_number.outcome is not Outcome.UNMET or not self._lists:
                return by_number
        standing, doubted = self._weighed(part)
        if standing:
            return self._complete(part, standing, company)
        doubt = next((_at(part, window, Outcome.UNSURE, why, 0.5) for window, why in doubted), None)
        if doubt is not None and not self.criterion.red_flag:
            return doubt
        likely = self._likely(part, company)
        if doubt is not None and likely.outcome is Outcome.MET:
            return doubt
        return likely

    def complete(self, part: Part) -> bool:
        """Whether any list of patterns is complete somewhere in the part."""
        return any(True for found in self._in(part) for _ in complete_matches(found))

    # --- patterns

    def _complete(self, part: Part, matches: Sequence[Match], company: Company) -> _Finding:
        """The verdict where patterns are complete: met, unless the words around them are unlike all that count."""
        match = matches[0]
        likely = probability(self.match_features(part, matches) | company.features, self._constants.complete)
        words = ", ".join(f"“{words}”" for words in self._words(part, match))
        if likely < self._constants.complete_from:
            return _at(part, match.window, Outcome.UNSURE, f"says {words}, but little else that fits", likely)
        return _at(part, match.window, Outcome.MET, f"says {words}", likely)

    def match_features(self, part: Part, matches: Sequence[Match]) -> dict[str, float]:
        """Of complete matches: how many there are (1 - 1/n), and the likeness of the first one's window, 0 to 1."""
        bag = part.bag(matches[0].window, self._likeness)
        return {
            "matches": 1 - 1 / len(matches),
            "accept": self._likeness.best(bag, self.criterion.accept),
            "reject": self._likeness.best(bag, self.criterion.reject),
        }

    def standing(self, part: Part) -> list[Match]:
        """Complete matches that nothing speaks against."""
        return self._weighed(part)[0]

    def _weighed(self, part: Part) -> tuple[list[Match], list[tuple[tuple[int, ...], str]]]:
        """(complete matches that stand, windows of those that are doubted, with the reason)."""
        if id(part) not in self._judged:
            self._judged[id(part)] = self._weigh(part)
        return self._judged[id(part)]

    def _weigh(self, part: Part) -> tuple[list[Match], list[tuple[tuple[int, ...], str]]]:
        standing, doubted = [], []
        for number, found in enumerate(self._in(part)):
            for match in complete_matches(found):
                objection = self._objection(part, number, match)
                if objection is None:
                    standing.append(match)
                elif objection:
                    doubted.append((match.window, objection))
        return standing, doubted

    def _objection(self, part: Part, number: int, match: Match) -> str | None:
        """Why a complete match is no proof; empty if it is no evidence at all, None if nothing speaks against it."""
        if not part.evident(match.window):
            return ""
        spans: dict[int, list[Span]] = {}
        for found in match.spans:
            assert found is not None
            spans.setdefault(found[0], []).append(found[1])
        for line, found in enumerate(match.spans):
            assert found is not None
            at, span = found
            sentence, far = part.sentence(at), self.criterion.red_flag
            if gates.denied(sentence, part.text, spans[at], span, far=far) and (
                (number, line) not in self._denials_allowed
            ):
                return "the words are there, but they read as a denial"
        if any(gates.undone(part.sentence(at), found) for at, found in spans.items()) and not self._negative_accept:
            return "the words are there, but they read as a denial"
        if any(part.dismisses(at) for at in match.window) and not self._dismissals_allowed:
            return "the words are there, but they read as a dismissal"
        if any(part.reports(at) for at in match.window):
            return "the words are there, but as what others might say"
        if self.criterion.red_flag and any(gates.is_hypothetical(part.sentence(at), part.text) for at in match.window):
            return "names the error, perhaps to warn against it"
        if self.criterion.red_flag and any(
            gates.is_quoted(part.sentence(at), part.text, span) for at, found in spans.items() for span in found
        ):
            return "quotes the error"
        return "close to a near miss that does not count" if self._near_miss(part, match.window) else None

    def _near_miss(self, part: Part, window: tuple[int, ...]) -> bool:
        """Whether the window is like a near miss, and far less like anything that counts."""
        bag = part.bag(window, self._likeness)
        whole = [text for text in self.criterion.reject if self._likeness.says_much(text)]
        missed, counts = (self._likeness.best(bag, texts) for texts in (whole, self.criterion.accept))
        return missed >= self._constants.near_miss and missed > counts + self._constants.near_miss_margin

    @functools.cached_property
    def _negative_accept(self) -> bool:
        """Whether a sentence that counts denies something itself."""
        return any(gates.is_negative(sentence, text) for text in self.criterion.accept for sentence in sentences(text))

    @functools.cached_property
    def _dismissals_allowed(self) -> bool:
        """Whether a sentence that counts turns something down itself."""
        return any(gates.is_dismissal(sentence, text) for text in self.criterion.accept for sentence in sentences(text))

    @functools.cached_property
    def _denials_allowed(self) -> frozenset[tuple[int, int]]:
        """(list, line) pairs that stand under a negator in a sentence that counts, and so may in an answer."""
        allowed = set()
        for text in self.criterion.accept:
            index = TextIndex(sentences(text))
            for number, lines in enumerate(self._lists):
                for match in complete_matches(index.find(lines)):
                    for line, found in enumerate(match.spans):
                        assert found is not None
                        at, span = found
                        spans = [other[1] for other in match.spans if other is not None and other[0] == at]
                        sentence = index.sentences[at].sentence
                        if gates.denied(sentence, text, spans, span, far=self.criterion.red_flag):
                            allowed.add((number, line))
        return frozenset(allowed)

    # --- likeness

    def _likely(self, part: Part, company: Company) -> _Finding:
        """The verdict without a complete pattern: how likely the best window is to meet the criterion."""
        found = [
            (probability(features | company.features, self._constants.weights), window, features["share"])
            for window, features in self.features(part)
        ]
        if not found:
            return _Finding(Outcome.UNMET, self._missing(part), 0.95)
        likely, window, share = max(found, key=lambda entry: entry[0])
        if self.criterion.red_flag:
            return self._flag(part, window, likely)
        evident = share >= self._constants.half_said and not self._denies(part, window)
        if likely >= self._constants.met_from and evident and not self._near_miss(part, window):
            return _at(part, window, Outcome.MET, "said in other words", likely)
        if likely <= self._constants.unmet_up_to:
            return _Finding(Outcome.UNMET, self._missing(part), 1 - likely)
        return _at(part, window, Outcome.UNSURE, f"close, but {self._missing(part)}", max(likely, 1 - likely))

    def _denies(self, part: Part, window: tuple[int, ...]) -> bool:
        """Whether the window denies or turns down something, which no sentence that counts does, or reports it."""
        return any(part.reports(at) for at in window) or (
            any(gates.is_negative(part.sentence(at), part.text) for at in window) and not self._negative_accept
        )

    def _flag(self, part: Part, window: tuple[int, ...], likely: float) -> _Finding:
        """A red flag without a complete pattern is never met, but unsure where the words come close to the error."""
        bag = part.bag(window, self._likeness)
        error, warning = (self._likeness.best(bag, texts) for texts in (self.criterion.accept, self.criterion.reject))
        if error >= self._constants.flag and error >= warning + self._constants.flag_margin:
            return _at(part, window, Outcome.UNSURE, "comes close to this error", 0.5)
        return _Finding(Outcome.UNMET, "not said", max(0.5, 1 - likely))

    def features(self, part: Part) -> Iterator[tuple[tuple[int, ...], dict[str, float]]]:
        """Every window that can be evidence with its features, each from 0 to 1.

        share: best share of a list's lines found in the window; spread: the same in the whole part; accept, reject:
        best coverage of a sentence that counts, and of one that does not.
        """
        found = [lines for lines in self._in(part) if any(map(any, lines))]
        everywhere = tuple(range(len(part.index.sentences)))
        spread = max((match_in(lines, everywhere).share for lines in found if everywhere), default=0.0)
        for window in part.windows:
            bag = part.bag(window, self._likeness)
            yield (
                window,
                {
                    "share": max((match_in(lines, window).share for lines in found), default=0.0),
                    "spread": spread,
                    "accept": self._likeness.best(bag, self.criterion.accept),
                    "reject": self._likeness.best(bag, self.criterion.reject),
                },
            )

    def _in(self, part: Part) -> list[Found]:
        """For each list of patterns, where its lines stand in the part."""
        if id(part) not in self._found:
            self._found[id(part)] = [part.index.find(lines) for lines in self._lists]
        return self._found[id(part)]

    def _missing(self, part: Part) -> str:
        """What there is of the closest list of patterns, and what is not."""
        matches = [
            (match_in(found, window), number)
            for number, found in enumerate(self._in(part))
            for window in windows(len(part.index.sentences))
        ]
        match, number = max(matches, key=lambda pair: pair[0].share, default=(Match((), ()), 0))
        if not match.share:
            return "nothing of it was said"
        said = " and ".join(f"“{words}”" for words in self._words(part, match))
        if match.complete:
            return f"{said} are not said of the same thing"
        lines = zip(self.criterion.look_for[number], match.spans, strict=True)
        wanted = [words for line, span in lines if span is None and (words := _readable(line))]
        return f"only {said}" + (f", nothing like “{wanted[0]}”" if wanted else ", not the whole")

    def _words(self, part: Part, match: Match) -> list[str]:
        """The words of the answer that a match rests on, each once."""
        words = []
        for found in match.spans:
            if found is not None:
                at, span = found
                tokens = part.sentence(at).tokens
                words.append(part.text[tokens[span.first].start : tokens[span.last].end])
        return list(dict.fromkeys(" ".join(phrase.split()) for phrase in words))


def number_in(criterion: Criterion, part: Part) -> _Finding:
    """What a part of the transcript says to the number that a criterion asks for."""
    target = criterion.number
    assert target is not None
    given = [(quantity, at) for quantity in quantities(part.text) if (at := part.holding(quantity)) is not None]
    for quantity, at in given:
        if agrees(quantity, target) and not part.copied[at]:
            written = part.text[quantity.start : quantity.end].strip()
            sentence = part.sentence(at)
            first = next(n for n, token in enumerate(sentence.tokens) if token.end > quantity.start)
            if gates.number_denied(sentence, part.text, first):
                return _at(part, (at,), Outcome.UNSURE, f"gives {written}, but seems to deny it", 0.5)
            return _at(part, (at,), Outcome.MET, f"gives {written}", 0.95)
    return _no_number(bool(given))


def _no_number(given: bool) -> _Finding:
    if not given:
        return _Finding(Outcome.UNMET, "gives no number", 0.97)
    return _Finding(Outcome.UNMET, "none of the numbers given is it", 0.92)


def _at(part: Part, window: tuple[int, ...], outcome: Outcome, reason: str, confidence: float) -> _Finding:
    start, end = part.sentence(window[0]).start, part.sentence(window[-1]).end
    return _Finding(outcome, reason, confidence, start, end)


def probability(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """How likely a criterion with these features is met, by a fitted regression, 0 to 1."""
    odds = weights["bias"] + sum(weights[name] * value for name, value in features.items())
    return 1 / (1 + math.exp(-odds))


def _readable(line: str) -> str:
    """The first alternative of a pattern line that is plain words, nothing if there is none."""
    alternatives = (alternative.strip() for alternative in line.split("|"))
    return next((words for words in alternatives if len(words) > 3 and words.replace(" ", "").isalpha()), "")
