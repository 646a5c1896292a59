"""Where things are kept and what the user has chosen: flags over environment over one TOML file over defaults."""

from __future__ import annotations

import datetime
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.days import weekdays
from prepdrill.errors import PrepdrillError, UsageError


@dataclass(frozen=True, slots=True)
class Folders:
    """The user's folders; with `PREPDRILL_HOME` all three are below that one."""

    data: Path
    config: Path
    cache: Path

    @property
    def history(self) -> Path:
        return self.data / "history.sqlite"

    @property
    def settings(self) -> Path:
        return self.config / "config.toml"

    @property
    def index(self) -> Path:
        return self.cache / "bank-index.sqlite"


def folders(environ: Mapping[str, str]) -> Folders:
    """The folders that this environment asks for; none of them is made."""
    if home := environ.get("PREPDRILL_HOME"):
        root = Path(home).expanduser().absolute()
        return Folders(root / "data", root / "config", root / "cache")
    import platformdirs

    directories = platformdirs.PlatformDirs("prepdrill", appauthor=False)
    return Folders(directories.user_data_path, directories.user_config_path, directories.user_cache_path)


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its dotted name in the file, its default, how text becomes its value, and what it is for."""

    name: str
    default: Any
    read: Callable[[str], Any]
    about: str

    @property
    def variable(self) -> str:
        """The environment variable that goes before the file."""
        if self.name == "banks":
            return "PREPDRILL_BANK"
        return "PREPDRILL_" + self.name.replace(".", "_").upper()


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("expected true or false")


def _grader(text: str) -> str:
    if text not in GRADERS:
        raise ValueError(f"expected one of {', '.join(GRADERS)}")
    return text


def _theme(text: str) -> str:
    if text not in LOOKS:
        raise ValueError(f"expected one of {', '.join(LOOKS)}")
    return text


def _paths(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(os.pathsep) if part)


def _address(text: str) -> str:
    text = text.strip().rstrip("/")
    if not re.match(r"https?://[^/@?#\s]+(?:/[^?#\s]*)?\Z", text):
        raise ValueError("expected http:// or https://, a host, and a path, without user, password, ? or #")
    return text


def _variable(text: str) -> str:
    text = text.strip()
    if not re.fullmatch(r"(?:[A-Z_][A-Z0-9_]{0,63})?", text):  # no key looks like this
        raise ValueError("expected the name of an environment variable in capital letters, not the key itself")
    return text


def _number(least: float, most: float = float("inf")) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("expected a number") from None
        if not least <= value <= most or value == float("inf"):
            to = f"from {least:g} to {most:g}" if most < float("inf") else f"of at least {least:g}"
            raise ValueError(f"expected a number {to}")
        return value

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d+", text.strip()) or not least <= int(text) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(text)

    return read


def _date(text: str) -> str:
    text = text.strip()
    if text:
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            raise ValueError("expected a day such as 2027-01-15") from None
    return text


def _days(text: str) -> str:
    weekdays(text)
    return text.strip().lower()


def _samples(text: str) -> int:
    if text.strip() not in ("1", "3"):
        raise ValueError("expected 1 or 3")
    return int(text)


LOOKS: Final = ("auto", "dark", "light")
GRADERS: Final = ("offline", "self", "judge")

KEYS: Final = {
    key.name: key
    for key in (
        Key("banks", (), _paths, "Folders of further question banks."),
        Key(
            "grader",
            "offline",
            _grader,
            "Who grades a drill: offline, self (you settle what offline leaves open), or judge (a language model).",
        ),
        Key("probe", False, _flag, "Let the judge ask up to two follow-ups of its own."),
        Key("plan.interview", "", _date, "The day of the interview, such as 2027-01-15; empty is none."),
        Key("plan.minutes", 40.0, _number(5, 600), "Minutes of practice on a day."),
        Key("plan.days", "mon-fri", _days, "Days of practice, such as mon-fri, mon,wed,sat or all."),
        Key("timer", True, _flag, "Run the clock in a drill."),
        Key("strict", False, _flag, "Submit the answer when the time is up."),
        Key("theme", "auto", _theme, "Look of the room: auto, dark or light."),
        Key("plain", False, _flag, "A linear session without colour or cursor movement."),
        Key(
            "judge.base_url",
            "https://api.openai.com/v1",
            _address,
            "Where the judge's model is served, as any OpenAI-compatible server is.",
        ),
        Key("judge.model", "", str.strip, "Name of the model that judges, as its server calls it; empty is no judge."),
        Key(
            "judge.key_variable",
            "OPENAI_API_KEY",
            _variable,
            "Name of the environment variable that holds the key; a local server needs none.",
        ),
        Key("judge.timeout", 120.0, _number(1), "Seconds that one reply may take."),
        Key("judge.concurrency", 4, _whole(1, 256), "Requests that are under way at the same time."),
        Key("judge.samples", 1, _samples, "Opinions on each criterion: 1, or 3 (two, and a third where these differ)."),
        Key("judge.per_criterion", False, _flag, "One call for each criterion instead of one for each answer."),
        Key("judge.input_price", 0.0, _number(0), "Price of a million tokens that are sent."),
        Key("judge.output_price", 0.0, _number(0), "Price of a million tokens that come back."),
        Key(
            "judge.limit",
            0.0,
            _number(0),
            "The most that one run may cost, in the currency of the prices; 0 is no limit.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force, and where each value came from: `default`, `file` or the variable's name."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    @property
    def banks(self) -> tuple[Path, ...]:
        return tuple(Path(path) for path in self.values["banks"])

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in force; raises PrepdrillError, naming the place, if one cannot be read."""
    values: dict[str, Any] = {name: key.default for name, key in KEYS.items()}
    origins = dict.fromkeys(KEYS, "default")
    for name, value in _file_values(path).items():
        values[name], origins[name] = value, "file"
    for name, key in KEYS.items():
        if text := environ.get(key.variable):
            try:
                values[name], origins[name] = key.read(text), key.variable
            except ValueError as error:
                shown = _shown(name, text)
                raise PrepdrillError(f"The environment variable {key.variable} is {shown}: {error}.") from None
    return Settings(values, origins)


def store(path: Path, name: str, text: str) -> Any:
    """Set one key in the file, keeping everything else in it, comments too, and return the value stored."""
    import tomlkit

    if name not in KEYS:
        raise UsageError(f"There is no setting {name!r}; there are {', '.join(KEYS)}.")
    try:
        value = KEYS[name].read(text)
    except ValueError as error:
        raise UsageError(f"{name} cannot be {_shown(name, text)}: {error}.") from None
    if name == "banks" and (missing := [folder for folder in value if not (Path(folder) / "questions").is_dir()]):
        raise UsageError(f"{missing[0]!r} is not a bank: it has no folder 'questions'. '' clears the setting.")
    _file_values(path)  # a broken file is reported, not overwritten
    document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
    table: Any = document
    *parents, last = name.split(".")
    for parent in parents:
        table = table.setdefault(parent, tomlkit.table())
    table[last] = list(value) if isinstance(value, tuple) else value
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tomlkit.dumps(document), "utf-8")
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be written: {error.strerror}.") from None
    return value


def _file_values(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PrepdrillError(f"{path} cannot be read: {error}.") from None
    values = {}
    for name, value in _dotted(table):
        if name not in KEYS:
            raise PrepdrillError(f"{path}: there is no setting {name!r}; there are {', '.join(KEYS)}.")
        values[name] = _checked(path, KEYS[name], value)
    return values


def _dotted(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in table.items():
        found += _dotted(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return found


def _checked(path: Path, key: Key, value: Any) -> Any:
    if isinstance(key.default, tuple):
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return tuple(value)
        raise PrepdrillError(f"{path}: {key.name} must be a list of texts.")
    if type(value) is int and type(key.default) is float:
        value = float(value)
    if type(value) is not type(key.default):
        raise PrepdrillError(f"{path}: {key.name} is {value!r}; {key.about}")
    try:
        return key.read(str(value))
    except ValueError as error:
        raise PrepdrillError(f"{path}: {key.name} is {_shown(key.name, value)}: {error}.") from None


def _shown(name: str, value: Any) -> str:
    """The value for an error; what may be a key or hold one is not repeated."""
    return "what was given" if name in ("judge.key_variable", "judge.base_url") else repr(value)
