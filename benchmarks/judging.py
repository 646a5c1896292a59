"""How close a regrading with the judge comes to the time that its requests alone take.

    python benchmarks/judging.py [--rounds N] [--answers N] [--concurrency N] [--latency SECONDS]

In each round the attempts of a new history are regraded, as `grade --all --grader judge` does it, against a server in
another process that answers after a fixed latency; just before, the same requests are sent to it bare, by the same
client library, as many at a time. Then the same attempts are regraded once more, which must make no request at all.
Prints medians over rounds. The library is loaded before anything is timed; what the command itself needs to start is
printed besides.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import openai
from tests.scripted import MODEL, ScriptedServer, asked, reply, verdicts

from prepdrill import chat
from prepdrill.bank import Bank, open_bank
from prepdrill.chat import Abilities
from prepdrill.endpoint import Server
from prepdrill.graders.judge import Judge, Mode
from prepdrill.history import History, open_history
from prepdrill.judging import Terms
from prepdrill.model import Event, EventKind, Item, Moment, Transcript
from prepdrill.regrading import Regrading
from start_up import PREPDRILL

TARGET: Final = 1.15
Answers = Sequence[tuple[Item, str]]


class CountingServer:
    """The scripted server in a process of its own, which tells how many chat requests it has seen."""

    def __init__(self, latency: float) -> None:
        self._child = subprocess.Popen(
            [sys.executable, __file__, "--serve", "--latency", str(latency)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.base_url = self._line()

    def __enter__(self) -> CountingServer:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()

    @property
    def seen(self) -> int:
        assert self._child.stdin is not None
        self._child.stdin.write("how many\n")
        self._child.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline().strip()


def serve(latency: float) -> None:
    """Print the base URL, then the number of chat requests for each line of standard input, until that closes."""
    with ScriptedServer(latency=latency) as server:
        server.always(lambda body: reply(verdicts(asked(body))))
        print(server.base_url, flush=True)
        for _ in sys.stdin:
            print(len(server.chats), flush=True)


def answers_of(bank: Bank, most: int) -> Answers:
    """So many labelled answers, question by question."""
    items = [bank.item(id) for id in bank.files]
    return [(item, answer.text) for item in items for answer in bank.calibration(item)][:most]


def filled(path: Path, answers: Answers) -> None:
    """A history in which each answer was handed in."""
    with open_history(path) as history:
        session = history.begin_session("drill", "offline", 1_790_000_000.0)
        for number, (item, text) in enumerate(answers):
            at = 1_790_000_000.0 + 600 * number
            attempt = history.begin_attempt(session, item, at, None)
            for kind in (EventKind.SUBMITTED, EventKind.ENDED):
                history.record(attempt, Event(kind, Moment(0.0, at), text), seconds=1.0)


def bodies(judge: Judge, answers: Answers) -> Iterator[dict[str, Any]]:
    """The first request for each answer, as it is sent."""
    for item, text in answers:
        (call,) = next(judge.judging(item.question, item.rubric, Transcript(text)))
        yield chat.body(call, MODEL, Abilities())


async def bare(base_url: str, requests: Sequence[dict[str, Any]], concurrency: int) -> float:
    """Seconds that these requests take, so many at a time, with nothing done about their replies."""
    left = iter(requests)

    async def worker(client: openai.AsyncOpenAI) -> None:
        for request in left:
            await client.chat.completions.create(**request)

    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:
        begun = time.perf_counter()
        await asyncio.gather(*(worker(client) for _ in range(concurrency)))
        return time.perf_counter() - begun


def regraded(history: History, bank: Bank, terms: Terms) -> float:
    """Seconds that a run over every attempt takes."""
    regrading = Regrading(history, bank.lexicon, bank.scale, time.time, terms)
    attempts = history.handed_in(None)
    begun = time.perf_counter()
    regrading.run(attempts)
    took = time.perf_counter() - begun
    assert regrading.done == len(attempts), regrading.failures
    return took


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of each part of a round, and how many requests the server saw in it."""

    bare: float
    first: float
    first_requests: int
    second: float
    second_requests: int


def played(server: CountingServer, bank: Bank, answers: Answers, terms: Terms, path: Path) -> Round:
    """One round with a new history at `path`."""
    filled(path, answers)
    requests = list(bodies(terms.judge(bank.lexicon), answers))
    alone = asyncio.run(bare(server.base_url, requests, terms.concurrency))
    before = server.seen
    with open_history(path) as history:
        first = regraded(history, bank, terms)
        between = server.seen
        second = regraded(history, bank, terms)
    return Round(alone, first, between - before, second, server.seen - between)


def command(server: CountingServer, home: Path, concurrency: int) -> float:
    """Seconds that `prepdrill grade --all --grader judge` takes over a history that is graded already."""
    environ = {
        **os.environ,
        "PREPDRILL_HOME": str(home),
        "PREPDRILL_JUDGE_MODEL": MODEL,
        "PREPDRILL_JUDGE_BASE_URL": server.base_url,
        "PREPDRILL_JUDGE_CONCURRENCY": str(concurrency),
    }
    begun = time.perf_counter()
    subprocess.run((*PREPDRILL, "grade", "--all", "--grader", "judge"), env=environ, check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.latency)
        return 0
    bank = open_bank()
    answers = answers_of(bank, chosen.answers)
    with CountingServer(chosen.latency) as server, tempfile.TemporaryDirectory() as folder:
        terms = Terms(Server(server.base_url, MODEL), Mode(), chosen.concurrency, 0.0, 0.0, None)
        homes = [Path(folder) / str(number) for number in range(chosen.rounds)]
        rounds = [played(server, bank, answers, terms, home / "data" / "history.sqlite") for home in homes]
        whole = statistics.median(command(server, home, chosen.concurrency) for home in homes)
    return told(rounds, len(answers), chosen.concurrency, chosen.latency, whole)


def told(rounds: Sequence[Round], answers: int, concurrency: int, latency: float, whole: float) -> int:
    """Print the medians; 1 if the target is missed or a second run made a request."""
    alone = statistics.median(each.bare for each in rounds)
    first = statistics.median(each.first for each in rounds)
    second = statistics.median(each.second for each in rounds)
    latencies = math.ceil(answers / concurrency) * latency
    ratios = sorted(each.first / each.bare for each in rounds)
    ratio = statistics.median(ratios)
    print(f"{answers} answers, {concurrency} at a time, a reply after {1000 * latency:.0f} ms; {len(rounds)} rounds")
    print(f"latencies alone          {latencies:6.2f} s")
    print(f"bare requests            {alone:6.2f} s")
    print(f"regrading                {first:6.2f} s, {max(each.first_requests for each in rounds)} requests")
    print(f"  against the latencies  {first / latencies:6.2f}")
    within = ratio <= TARGET
    print(
        f"  against bare requests  {ratio:6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}),"
        f" target {TARGET:.2f}: {'within' if within else 'MISSED'}"
    )
    again = max(each.second_requests for each in rounds)
    print(f"regrading once more      {second:6.2f} s, {again} requests")
    print(f"the command, once more   {whole:6.2f} s with its start")
    return 0 if within and not again else 1


if __name__ == "__main__":
    sys.exit(main())
