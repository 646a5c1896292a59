"""Write what is made from code and bank: docs/commands.md, docs/judge-protocol.md, the coverage table of the README.

python docs/generate.py
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
README: Final = FOLDER.parent / "README.md"


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as the command line itself lists them."""
    import typer

    from prepdrill.cli import application

    def below(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, command in getattr(group, "commands", {}).items():
            yield (*path, name)
            yield from below(command, (*path, name))

    return below(typer.main.get_command(application()), ())


def commands_page() -> str:
    """`--help` of every command."""
    parts = [
        "# Commands",
        "",
        "Written by `python docs/generate.py` from `--help`; a test holds it to that.",
        "",
    ]
    for command in [(), *commands()]:
        parts += [f"## {' '.join(('prepdrill', *command))}", "", "```", shown(command), "```", ""]
    return "\n".join(parts)


def shown(command: tuple[str, ...]) -> str:
    """What `--help` of this command prints on 80 columns, two of which it leaves empty."""
    import typer

    from prepdrill.cli import application

    written = io.StringIO()
    with contextlib.redirect_stdout(written), contextlib.suppress(SystemExit):
        typer.main.get_command(application())([*command, "--help"], prog_name="prepdrill", terminal_width=78)
    return written.getvalue().strip()


def protocol_page() -> str:
    """What is sent to the judge's model and how its replies are read, with a real request as the example."""
    from prepdrill.chat import RUNGS, Abilities, Call, body
    from prepdrill.graders import probe, prompt, trial
    from prepdrill.graders.judge import TOKENS_BESIDE, TOKENS_EACH, WARM
    from prepdrill.model import Exchange, Transcript

    question, rubric = trial.ITEM.question, trial.ITEM.rubric
    posed = prompt.with_decoy(rubric.everything, trial.ANSWER)
    ids = [criterion.id for criterion in posed]
    messages = prompt.messages(question, trial.ANSWER, posed)
    asked = Transcript(trial.ANSWER.answer, (Exchange("And what would you change?", "The schedule; then I restart."),))
    later = prompt.messages(question, asked, prompt.with_decoy([rubric.criterion("mends-schedule")], asked))
    call = Call(messages, prompt.NAME, prompt.schema(ids), TOKENS_BESIDE + TOKENS_EACH * len(ids))
    request = body(call, "MODEL", Abilities()) | {"messages": ["as above"]}
    parts = [
        _INTRODUCTION.format(version=prompt.PROTOCOL),
        *(f"### {number}. {message.role}\n\n{_block(message.content)}" for number, message in enumerate(messages, 1)),
        _AFTERWARDS,
        *(_block(message.content) for message in later[2:]),
        "## The request\n\nEverything besides the messages:",
        _block(json.dumps(request, indent=2), "json"),
        _REQUEST.format(ladder=", ".join(f"`{rung}`" for rung in RUNGS), warm=f"{WARM:g}"),
        _READING,
        _block(prompt.repair("mends-schedule is missing", ids)),
        _VERDICTS,
        _block(prompt.requote(["zero-rate"], replies=False)),
        _VOTES,
        _block(probe.RULES),
        _PROBES,
    ]
    return "\n".join(parts)


def _block(text: str, language: str = "") -> str:
    return f"```{language}\n{text}\n```\n"


_INTRODUCTION: Final = """\
# The judge's protocol

Written by `python docs/generate.py` from the code; a test holds it to that. This is all that the model is told, and how
its reply is read. [docs/judges.md](judges.md) says how to set a judge up.

**Version {version}.** It stands in every grade (`judge grader {version} (model)`), and with all of the below in the
fingerprint: question, rubric and transcript, and for every request the digest of the rendered messages, the schema, the
model, the address, the parameters, this version and the number of the sample. A request with the same digest is never
sent twice; its reply is found in the history.

## The messages

Rules, then question and reference, which all answers to a question share and a server can keep; then the answer, alone,
between lines with a mark that it cannot contain; the criteria last. The model sees no points and is asked for no total.
Among the criteria is a decoy that no answer meets: a model that calls it met does what the answer tells it, or says yes
to everything, and then nothing that it says in favour of the answer counts.
The example is the plain question that `prepdrill judge check` sends.
"""
_AFTERWARDS: Final = """\
## After follow-ups

The answer is judged first, alone. If the candidate replied to follow-ups, a second request asks what the replies add,
by the criteria that the answer did not meet. Its last two messages, in an example:
"""
_REQUEST: Final = """\
- The ladder: {ladder}. A server that refuses `response_format` with a 400 gets the next rung, and the last has none.
  429 and 5xx are weather and change nothing.
- A parameter that a 400 names is left out (`temperature`, `seed`) or renamed (`max_tokens`, `max_completion_tokens`);
  what was learned is remembered for the server and the model. Where the reply does not fit beside the prompt, its
  length is halved for that request.
- Roles that must alternate: neighbours are joined. No system role: the rules join the first message.
- One sample is taken at temperature 0; of several each is taken at {warm}, with its number as the seed.
- A reply that was cut short is asked for once more with twice the tokens. Empty content: the text is looked for in
  `reasoning_content` and `reasoning`.
"""
_READING: Final = """\
## How a reply is read

Whole, then as a fenced block, then the last balanced JSON object. It must have exactly one entry for each id, no other
id, and in each entry the reason before the verdict. Otherwise the model is told once what is wrong:
"""
_VERDICTS: Final = """\
What is missing then is asked for alone, one call each; what is missing after that is `ungraded`, never `unmet`. A
refusal and a reply that was cut short twice are `ungraded` too. `cannot_assess` becomes `unsure`.

`met` needs a quote that stands in the candidate's words, letter by letter once white space, case, quotation marks and
dashes are made alike, of three words or with a number, and not in a sentence that is copied from the question, only
lists names, or gives the grader orders. Without one the model is asked once more:
"""
_VOTES: Final = """\
and then it is `unsure`. Criteria with a number are arithmetic and are not sent. Where the answer gives its grader
orders, or praise, or verdicts made up (`src/prepdrill/graders/orders.py` notices it), what favours it is `unsure`: a
person has to look. The same holds where the reply calls the decoy met.

Of three samples the third is taken only where two differ, and about these criteria alone. The confidence of a verdict
is (n + 1) / (m + 2) for n of m samples that agree, Laplace's rule of succession.

## Follow-ups of its own

With `--probe` the model may ask up to two, each aimed at one criterion that the answer does not meet. It gets the
question as the candidate has it, the answer, and what is missing:
"""
_PROBES: Final = """\
A proposal is refused, once with the reason and then for good, if it holds a word of what the criterion wants to hear
that neither the question nor the candidate has used, a new number, or anything about time or grading. Then the
question's own follow-ups are asked.
"""

START: Final = "<!-- what the bank holds: written by python docs/generate.py -->\n"
END: Final = "<!-- end of what the bank holds -->\n"


def coverage_table() -> str:
    """The built-in bank by section and kind, in Markdown, and what it is made of."""
    from prepdrill.bank import open_bank
    from prepdrill.bank.mix import Mix, mix
    from prepdrill.model import QUESTION_KINDS

    bank = open_bank()
    entries = bank.listing()

    def row(name: str, topics: int, part: Mix) -> str:
        levels = " / ".join(str(count) for count in part.levels.values())
        cells = (name, topics, part.questions, *(part.kinds[kind] or "" for kind in QUESTION_KINDS), levels)
        return f"| {' | '.join(str(cell) for cell in cells)} |"

    total = mix(entries)
    sections = bank.syllabus.sections
    head = ("section", "topics", "questions", *QUESTION_KINDS, "warm-up / core / stretch")
    rows = [
        row(f"{part.number}. {part.title}", len(part.topics), mix(e for e in entries if e.section == part.slug))
        for part in sections
    ]
    exhibits = ", ".join(f"{count} {EXHIBITS[name]}" for name, count in total.exhibits.items())
    return "\n".join(
        (
            f"| {' | '.join(head)} |",
            "| --- |" + " --- |" * (len(head) - 1),
            *rows,
            row("all", sum(len(part.topics) for part in sections), total),
            "",
            f"Exhibits: {exhibits}. {total.staged} questions keep evidence back until it is asked for.",
            f"{total.variants} belong to {total.families} families, which test one skill on several surfaces.",
            f"{total.twists} have a twist for mock interviews.",
            "",
        )
    )


EXHIBITS: Final = {"log": "logs", "table": "tables", "chart": "charts", "diff": "diffs", "samples": "sets of samples"}


def readme(text: str) -> str:
    """The README with its coverage table as it should be; raises ValueError where the marks are missing."""
    before, rest = text.split(START)
    _, behind = rest.split(END)
    return before + START + coverage_table() + END + behind


PAGES: Final[Mapping[str, Callable[[], str]]] = {"commands.md": commands_page, "judge-protocol.md": protocol_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
