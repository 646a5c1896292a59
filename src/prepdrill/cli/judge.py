"""`prepdrill judge`: whether there is a language model that can grade, and how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from prepdrill.cli import batch, calibrate
from prepdrill.cli.environment import Environment
from prepdrill.cli.options import BaseUrl, Json, Model
from prepdrill.errors import JudgeError, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.chat import Abilities, Reply
    from prepdrill.judging import Terms

app = typer.Typer(
    help="Grade with a language model, on any OpenAI-compatible server.", rich_markup_mode=None, no_args_is_help=True
)
app.command()(calibrate.calibrate)
app.add_typer(batch.app, name="batch")

USUAL: Final[Mapping[str, int]] = {"llama.cpp": 8080, "vLLM": 8000, "Ollama": 11434, "LM Studio": 1234}
"""Programs that serve models on this machine, and the port on which each listens unless it is told otherwise."""
PATIENCE: Final = 2.0
"""Seconds that a server on this machine has to list its models."""


@dataclass(slots=True)
class Local:
    """A server on this machine that lists models."""

    name: str
    base_url: str
    models: list[str]


@dataclass(slots=True)
class Trial:
    """What one real grading of a plain question showed. `seconds` is how long the last reply took."""

    listed: bool | None = None
    """Whether the server lists the model; None if it lists none at all."""
    abilities: Abilities | None = None
    replies: list[Reply] = field(default_factory=list)
    right: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    """What the model said to the criteria that it got wrong."""
    cost: float | None = None
    failure: str = ""


@app.command()
def check(model: Model = None, base_url: BaseUrl = None, json: Json = False) -> None:
    """Find servers on this machine, and try the judge with one real call.

    Says how firmly the server holds a reply to its form (json_schema, json_object, or text alone), which parameters it
    refuses, how long a reply takes, and how many tokens. What it learned is used from then on.
    """
    import asyncio

    environment = Environment()
    _ = environment.settings  # a broken file is said to be broken
    found = asyncio.run(local(USUAL))
    terms, reason = _terms(environment, found, model, base_url)
    trial = None if terms is None else asyncio.run(_tried(environment, terms))
    if json:
        environment.print_json(_shape(found, terms, trial))
    else:
        environment.print(
            "\n".join((*_local_lines(found), "", *_judge_lines(environment, found, terms, trial, reason)))
        )
    if trial is None:
        raise JudgeError("There is no judge to try.")
    if trial.failure:
        raise JudgeError(trial.failure)


@app.command()
def show(
    attempt: Annotated[int, typer.Argument(help="Number of an attempt that the judge graded.")], json: Json = False
) -> None:
    """Show what the model replied, word by word, for the judge's newest grade of an attempt."""
    environment = Environment()
    with environment.past() as history:
        graded = [stored for stored in history.attempt(attempt).grades if stored.grade.grader.name == "judge"]
        if not graded:
            raise PrepdrillError(
                f"No judge has graded attempt {attempt}; `prepdrill grade {attempt} --grader judge` asks one."
            )
        found = (history.replies().of_grade(stored.id) for stored in reversed(graded))
        replies = next((replies for replies in found if replies), [])
    from prepdrill.screen.text import visible

    if json:
        environment.print_json([_reply_shape(reply) for reply in replies])
        return
    for number, reply in enumerate(replies, start=1):
        tokens = "tokens not told" if reply.prompt_tokens is None else _tokens([reply])
        environment.print(f"Reply {number} of {len(replies)}: {reply.model}, {reply.seconds:.1f} s, {tokens}")
        environment.print(f"Sent with {reply.parameters}; digest {reply.digest}")
        for text in (reply.text, reply.refusal, reply.reasoning):
            if text.strip():
                environment.print(f"\n{visible(text.strip())}")
        environment.print()


def _reply_shape(reply: Reply) -> dict[str, Any]:
    import json

    return {
        "digest": reply.digest,
        "model": reply.model,
        "parameters": json.loads(reply.parameters),
        "text": reply.text,
        "finish": reply.finish,
        "refusal": reply.refusal,
        "reasoning": reply.reasoning,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "seconds": round(reply.seconds, 3),
    }


def _terms(
    environment: Environment, found: list[Local], model: str | None, base_url: str | None
) -> tuple[Terms | None, str]:
    """Whom to try: as named or set, with the only server on this machine where none is; and why nobody, if nobody."""
    settings = environment.settings
    chosen = model or settings["judge.model"]
    alone = found[0] if len(found) == 1 else None
    if base_url is None and settings.origins["judge.base_url"] == "default" and alone is not None:
        key = environment.environ.get(settings["judge.key_variable"] or "")
        if not (chosen and key):  # else OpenAI is meant
            base_url = alone.base_url
            model = chosen or next(iter(alone.models), None)
    try:
        return environment.terms(model=model, base_url=base_url), ""
    except UsageError as error:
        return None, str(error)


async def local(ports: Mapping[str, int]) -> list[Local]:
    """The servers that listen on these ports of this machine and list models."""
    import asyncio

    found = await asyncio.gather(*(_listed(name, f"http://127.0.0.1:{port}/v1") for name, port in ports.items()))
    return [server for server in found if server is not None]


async def _listed(name: str, base_url: str) -> Local | None:
    """What a server lists, None if none answers. Nothing heavy is loaded for a port that nobody listens on."""
    import asyncio

    from prepdrill.endpoint import Endpoint, Server

    host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), PATIENCE)
        writer.close()
        async with Endpoint(Server(base_url, "", None, PATIENCE), pause=0.05) as endpoint:
            return Local(name, base_url, await asyncio.wait_for(endpoint.models(), 2 * PATIENCE))
    except (OSError, TimeoutError, JudgeError):
        return None


async def _tried(environment: Environment, terms: Terms) -> Trial:
    """One real grading with nothing taken for granted: what was known of the server is learned anew."""
    from prepdrill import judging
    from prepdrill.endpoint import Endpoint
    from prepdrill.graders import trial as plain

    bank, purse, result = environment.bank(), terms.purse, Trial()
    with environment.history() as history:
        replies = history.replies()
        async with Endpoint(terms.server, concurrency=terms.concurrency) as endpoint:
            try:
                names = await endpoint.models()
                result.listed = terms.server.model in names if names else None
            except JudgeError:
                result.listed = None  # not every server lists its models; the call will say what is wrong
            judge = terms.judge(bank.lexicon)
            desk = judging.Judging(judge, endpoint, judging.Fresh(), purse, lambda: environment.now().wall)
            try:
                judgement = await desk.judged(plain.ITEM, plain.ANSWER)
            except JudgeError as error:
                result.failure = str(error)
                return result
            replies.learn(terms.server.address, terms.server.model, endpoint.abilities)
            result.abilities = endpoint.abilities
    result.replies = list(judgement.replies)
    result.cost = purse.cost
    result.asked = len(judgement.verdicts)
    result.right = sum(verdict.outcome is plain.RIGHT[verdict.criterion] for verdict in judgement.verdicts)
    result.wrong = [
        f"{verdict.criterion}: {verdict.outcome} instead of {plain.RIGHT[verdict.criterion]} ({verdict.reason})"
        for verdict in judgement.verdicts
        if verdict.outcome is not plain.RIGHT[verdict.criterion]
    ]
    if judgement.empty:
        result.failure = f"The model replies, but not with verdicts: {judgement.failures[-1].reason.rstrip('.')}."
    return result


# --- what is said of it


def _local_lines(found: list[Local]) -> Iterator[str]:
    yield "Servers on this machine"
    for server in found:
        models = ", ".join(server.models[:4]) + (", …" if len(server.models) > 4 else "") or "no model loaded"
        yield f"  {server.base_url}  ({server.name}'s port)  {models}"
    if not found:
        yield f"  none on the usual ports ({', '.join(f'{name} {port}' for name, port in USUAL.items())})"


def _judge_lines(
    environment: Environment, found: list[Local], terms: Terms | None, trial: Trial | None, reason: str
) -> Iterator[str]:
    yield "Judge"
    if terms is None or trial is None:
        yield f"  {reason}"
        return
    listed = {True: "", False: " (the server does not list it: is the name right?)", None: ""}[trial.listed]
    yield f"  server    {terms.server.address}"
    yield f"  model     {terms.server.model}{listed}"
    yield f"  key       {_key(environment, sent=terms.server.key is not None)}"
    if trial.abilities is not None:
        yield f"  form      {_FORMS[trial.abilities.rung]}"
        dropped = sorted(trial.abilities.dropped)
        yield f"  left out  {', '.join(dropped) if dropped else 'nothing'}"
        if trial.abilities.shape != "separate":
            yield f"  messages  {_SHAPES[trial.abilities.shape]}"
    if trial.replies:
        last = trial.replies[-1]
        calls = f" in {len(trial.replies)} calls" if len(trial.replies) > 1 else ""
        cost = f", cost {trial.cost:.2g}" if trial.cost is not None else ""
        yield f"  reply     {last.seconds:.1f} s{calls}, {_tokens(trial.replies)}{cost}"
    if trial.asked and not trial.failure:
        verdicts = "both verdicts right" if trial.right == trial.asked else f"{trial.right} of {trial.asked} right"
        yield f"  trial     a plain question: {verdicts}"
        for line in trial.wrong:
            yield f"            {line}"
    yield ""
    if not trial.failure:
        yield from _next(environment, terms, trial)
        return
    for server in found:
        if server.base_url != terms.server.address and server.models:
            yield f"To use {server.base_url}:  prepdrill config set judge.base_url {server.base_url}"
            yield f"{'':{len(server.base_url) + 9}} prepdrill config set judge.model {server.models[0]}"


def _next(environment: Environment, terms: Terms, trial: Trial) -> Iterator[str]:
    settings = environment.settings
    if trial.right < trial.asked:
        yield "It gets a plain question wrong; a larger model will serve you better."
    if settings["judge.model"] != terms.server.model or settings["judge.base_url"].rstrip("/") != terms.server.address:
        yield f"To set it up:  prepdrill config set judge.base_url {terms.server.address}"
        yield f"               prepdrill config set judge.model {terms.server.model}"
    if settings["grader"] != "judge":
        yield "To use it:     prepdrill drill --grader judge"
        yield "Always:        prepdrill config set grader judge"
    yield "How good?      prepdrill judge calibrate"


def _key(environment: Environment, *, sent: bool) -> str:
    name = environment.settings["judge.key_variable"]
    if not name:
        return "none is sent"
    if sent:
        return f"from {name}"
    if environment.environ.get(name):
        return f"none is sent; {name} is OpenAI's, unless you set judge.key_variable"
    return f"{name} is not set, so none is sent"


def _tokens(replies: list[Reply]) -> str:
    if any(reply.prompt_tokens is None or reply.completion_tokens is None for reply in replies):
        return "tokens not told"
    sent = sum(reply.prompt_tokens or 0 for reply in replies)
    return f"{sent:,} tokens sent, {sum(reply.completion_tokens or 0 for reply in replies):,} received"


_FORMS: Final = {
    "json_schema": "json_schema: the server holds replies to their form",
    "json_object": "json_object: some JSON is certain, its form is not (no json_schema here)",
    "text": "text: nothing is certain, replies are searched for JSON (no json_schema or json_object here)",
}
_SHAPES: Final = {
    "alternating": "neighbours joined: roles must alternate here",
    "no system": "all in one: no system role here",
}


def _shape(found: list[Local], terms: Terms | None, trial: Trial | None) -> dict[str, Any]:
    return {
        "local": [{"name": server.name, "base_url": server.base_url, "models": server.models} for server in found],
        "base_url": terms.server.address if terms else None,
        "model": terms.server.model if terms else None,
        "listed": trial.listed if trial else None,
        "form": trial.abilities.rung if trial and trial.abilities else None,
        "left_out": sorted(trial.abilities.dropped) if trial and trial.abilities else None,
        "messages": trial.abilities.shape if trial and trial.abilities else None,
        "calls": len(trial.replies) if trial else 0,
        "seconds": round(trial.replies[-1].seconds, 3) if trial and trial.replies else None,
        "prompt_tokens": sum(reply.prompt_tokens or 0 for reply in trial.replies) if trial else 0,
        "completion_tokens": sum(reply.completion_tokens or 0 for reply in trial.replies) if trial else 0,
        "cost": trial.cost if trial else None,
        "verdicts": {"right": trial.right, "asked": trial.asked} if trial and trial.asked else None,
        "failure": trial.failure if trial else "no judge is set up",
    }
