"""Export and import of a batch of 100,000 answers against one of 10,000: peak memory as a ratio, and lines a second.

python benchmarks/batches.py [--answers N] [--fewer N]

All answers are to one question; the output is made up here, in no order. Each command runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"
TARGET: Final = 1.2
BLOCK: Final = 1000
"""Lines of output that are shuffled among each other."""


def run(*arguments: str) -> None:
    """Run one command of `prepdrill judge batch` in this process, and say what it took."""
    from prepdrill.cli.batch import app

    began = time.monotonic()
    app(list(arguments), standalone_mode=False)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stderr.write(json.dumps({"seconds": seconds, "peak": peak}) + "\n")


def measured(home: Path, *arguments: str) -> dict[str, Any]:
    """Seconds and peak memory, in bytes, of one command in a process of its own."""
    environ = {**os.environ, "PREPDRILL_HOME": str(home), "PREPDRILL_JUDGE_MODEL": "made-up"}
    command = [sys.executable, __file__, "--run", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    print(f"  {done.stdout.strip()}")
    found = json.loads(done.stderr.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def write_answers(path: Path, count: int) -> None:
    """So many answers, all different."""
    from prepdrill.bank import open_bank

    bank = open_bank()
    item = bank.item(QUESTION)
    texts = [answer.text for answer in bank.calibration(item) if answer.kind != "injected"]
    with path.open("w") as file:
        for number in range(count):
            answer = f"{texts[number % len(texts)]}\nThis is answer {number}."
            file.write(json.dumps({"id": f"answer-{number}", "question": QUESTION, "answer": answer}) + "\n")


def write_output(folder: Path) -> None:
    """An engine's output to all files of requests: every other criterion met, in no order."""
    generator = random.Random(1)
    for requests in sorted(folder.glob("requests-*.jsonl")):
        output = requests.with_name(requests.name.replace("requests", "output"))
        with requests.open() as source, output.open("w") as target:
            block: list[str] = []
            for line in source:
                block.append(_output(json.loads(line)))
                if len(block) == BLOCK:
                    generator.shuffle(block)
                    target.writelines(block)
                    block.clear()
            target.writelines(block)


def _output(request: dict[str, Any]) -> str:
    schema = request["body"]["response_format"]["json_schema"]["schema"]
    ids = schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"]
    quote = request["body"]["messages"][2]["content"].split(">\n", 1)[1][:80]
    verdicts = [
        {"id": id, "quotes": [quote], "reason": "It is said.", "verdict": "met"}
        if number % 2
        else {"id": id, "quotes": [], "reason": "It is not said.", "verdict": "unmet"}
        for number, id in enumerate(ids)
    ]
    message = {"role": "assistant", "content": json.dumps({"verdicts": verdicts})}
    usage = {"prompt_tokens": 3000, "completion_tokens": 200}
    body = {"model": "made-up", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    response = {"status_code": 200, "request_id": "r", "body": body}
    return json.dumps({"id": "l", "custom_id": request["custom_id"], "response": response, "error": None}) + "\n"


def whole_way(folder: Path, count: int) -> dict[str, dict[str, Any]]:
    """Export and import so many answers, and measure both."""
    print(f"{count:,} answers")
    write_answers(folder / "answers.jsonl", count)
    home, batch = folder / "home", folder / "batch"
    exported = measured(home, "export", str(batch), "--answers", str(folder / "answers.jsonl"), "--engine", "vllm")
    write_output(batch)
    return {"export": exported, "import": measured(home, "import", str(batch))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--fewer", type=int, default=10_000)
    arguments = parser.parse_args()
    taken = {}
    for count in (arguments.fewer, arguments.answers):
        with tempfile.TemporaryDirectory() as folder:
            taken[count] = whole_way(Path(folder), count)
    passed = True
    for name in ("export", "import"):
        small, large = taken[arguments.fewer][name], taken[arguments.answers][name]
        ratio = large["peak"] / small["peak"]
        passed = passed and ratio <= TARGET
        speed = arguments.answers / large["seconds"]
        peaks = f"{large['peak'] / 1e6:.0f} MB against {small['peak'] / 1e6:.0f} MB"
        print(f"{name}: {speed:,.0f} lines a second; peak memory {peaks}, ratio {ratio:.2f} (target {TARGET:g})")
    return 0 if passed else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(*sys.argv[2:])
    else:
        sys.exit(main())
