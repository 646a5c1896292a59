"""What can go wrong, as one family.

PrepdrillError            exit 1: the data or the world is wrong, said in one sentence
├── UsageError            exit 2: the command was asked for something that cannot be meant
├── BankError             exit 1: a bank's files are wrong; carries every problem as path:line
├── HistoryError          exit 1: the database cannot be used; says where the user's text went
├── JudgeError            exit 3: the judge could not be reached or could not grade
└── Interrupted           exit 130: the user left; carries the command that resumes
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class ExitCode(enum.IntEnum):
    """Exit status of the `prepdrill` command."""

    DONE = 0
    WRONG = 1
    USAGE = 2
    JUDGE = 3
    INTERRUPTED = 130


class PrepdrillError(Exception):
    """An error whose text is a sentence for the user that says what to do."""

    exit_code = ExitCode.WRONG


class UsageError(PrepdrillError):
    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file of a bank: where, what, and what was expected."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class BankError(PrepdrillError):
    """A bank that cannot be loaded; `problems` holds every one of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class HistoryError(PrepdrillError):
    pass


class JudgeError(PrepdrillError):
    """No reply from the judge. `final` says that no other request would fare better."""

    exit_code = ExitCode.JUDGE

    def __init__(self, sentence: str, *, final: bool = False) -> None:
        self.final = final
        super().__init__(sentence)


class Interrupted(PrepdrillError):
    exit_code = ExitCode.INTERRUPTED
