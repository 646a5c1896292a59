"""The file formats of a bank as pydantic models, and their errors as sentences with a line.

Imported only when a file is really parsed: building the models costs more than most commands take.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic.functional_validators import BeforeValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from prepdrill.bank.source import Location, Source
from prepdrill.errors import BankError, Problem
from prepdrill.model import Level, QuestionKind, TopicKind

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


# --- a question


class TablePart(_Part):
    columns: Annotated[list[Text], Field(min_length=1)]
    rows: Annotated[
        list[
            list[
                Annotated[
                    str,
                    WithJsonSchema(
                        {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]}
                    ),
                ]
            ]
        ],
        Field(min_length=1, description="Cells are shown as they are written."),
    ]

    @model_validator(mode="after")
    def _rectangular(self) -> TablePart:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                message = f"row {number} has {len(row)} cells for {len(self.columns)} columns"
                raise PydanticCustomError("prepdrill", "{message}", {"message": message})
        return self


class ChartPart(_Part):
    x: Text
    y: Text
    series: Annotated[
        dict[str, Annotated[list[Annotated[list[Number], Field(min_length=2, max_length=2)]], Field(min_length=1)]],
        Field(min_length=1, description="Name of a curve -> its [x, y] points."),
    ]


class SamplePart(_Part):
    prompt: Text
    a: Text
    b: Text


class ExhibitPart(_Part):
    title: Text
    log: Text | None = None
    table: TablePart | None = None
    chart: ChartPart | None = None
    diff: Text | None = None
    samples: Annotated[list[SamplePart], Field(min_length=1)] | None = None
    on_request: Annotated[
        list[Text],
        Field(description="Staged evidence: hidden until the candidate asks for it by its title or one of these."),
    ] = []

    @model_validator(mode="after")
    def _one_content(self) -> ExhibitPart:
        contents = ("log", "table", "chart", "diff", "samples")
        given = [name for name in contents if getattr(self, name) is not None]
        if len(given) != 1:
            message = f"has {' and '.join(given) or 'no content'}; give exactly one of {', '.join(contents)}"
            raise PydanticCustomError("prepdrill", "{message}", {"message": message})
        return self


class FollowUpPart(_Part):
    ask: Text
    when_missed: Slug | None = None


class TwistPart(_Part):
    fact: Text
    ask: Text
    model_answer: Text


class SourcePart(_Part):
    title: Text
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]


class QuestionFile(_Part):
    """questions/<section>/<question>.yaml"""

    title: Annotated[Text, Field(max_length=80)]
    topics: Annotated[list[Text], Field(min_length=1)]
    kind: QuestionKind
    level: Level
    minutes: Annotated[Number, Field(gt=0, le=120)]
    family: Slug | None = None
    scenario: Text
    exhibits: list[ExhibitPart] = []
    ask: Text
    follow_ups: list[FollowUpPart] = []
    hints: list[Text] = []
    model_answer: Text
    debrief: Text
    sources: list[SourcePart] = []
    headline: Annotated[bool, Field(description="After the answer, ask for its conclusion in one minute.")] = False
    twist: Annotated[
        TwistPart | None, Field(description="A new fact that a mock interview brings up after the first answer.")
    ] = None


# --- a rubric


def _lists_of_lines(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return [value]
    return value


class NumberPart(_Part):
    value: Number
    tolerance: Annotated[
        float | str,
        Field(description="Absolute, or a share of the value such as '5%'."),
    ]
    unit: str = ""

    @model_validator(mode="after")
    def _tolerance(self) -> NumberPart:
        self.absolute_tolerance()
        return self

    def absolute_tolerance(self) -> float:
        """Half-width of the accepted interval, in the unit of the value."""
        try:
            if isinstance(self.tolerance, str):
                tolerance = abs(self.value) * float(self.tolerance.removesuffix("%")) / 100
            else:
                tolerance = self.tolerance
        except ValueError:
            tolerance = math.nan
        if not (math.isfinite(tolerance) and tolerance >= 0):
            message = f"tolerance is {self.tolerance!r}; write a number that is not negative, or a share such as 5%"
            raise PydanticCustomError("prepdrill", "{message}", {"message": message})
        return tolerance


class CriterionPart(_Part):
    id: Slug
    dimension: Slug
    points: Number
    essential: bool = False
    asks: Text
    accept: Annotated[list[Text], Field(min_length=3, description="Ways of saying it that count.")]
    reject: Annotated[list[Text], Field(min_length=2, description="Near misses that do not count.")]
    look_for: Annotated[
        list[Annotated[list[Text], Field(min_length=1)]],
        BeforeValidator(_lists_of_lines),
        WithJsonSchema(
            {
                "description": "Patterns, all of which must occur close together; or a list of such lists.",
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
                ],
            }
        ),
    ] = []
    number: NumberPart | None = None


class RubricFile(_Part):
    """rubrics/<section>/<question>.yaml"""

    criteria: Annotated[list[CriterionPart], Field(min_length=1)]
    red_flags: list[CriterionPart] = []
    twist: Annotated[
        list[CriterionPart], Field(description="What a reaction to the question's twist is graded by.")
    ] = []
    families: Annotated[
        dict[Slug, Text],
        Field(description="Families of wording for this rubric alone: name -> alternatives, separated by `|`."),
    ] = {}


class CalibrationPart(_Part):
    id: Slug
    kind: Literal["strong", "partial", "wrong", "paraphrase", "stuffed", "copied", "negated", "injected", "rambling"]
    text: Text
    met: list[Slug]
    second_reader: list[Slug]


class CalibrationFile(_Part):
    """rubrics/calibration/<section>/<question>.yaml"""

    answers: Annotated[list[CalibrationPart], Field(min_length=1)]


# --- what all questions share


class TierPart(_Part):
    number: int
    title: Text
    weight: Annotated[Number, Field(ge=0, le=1)]


class TopicPart(_Part):
    slug: Slug
    text: Text
    kind: TopicKind


class SectionPart(_Part):
    number: int
    slug: Slug
    title: Text
    tier: int
    focus: Text
    topics: Annotated[list[TopicPart], Field(min_length=1)]


class SyllabusFile(_Part):
    """questions/syllabus.yaml"""

    yardstick: Text
    tiers: Annotated[list[TierPart], Field(min_length=1)]
    sections: Annotated[list[SectionPart], Field(min_length=1)]
    excluded: list[Text] = []


class DimensionPart(_Part):
    title: Text
    anchors: Annotated[list[Text], Field(min_length=4, max_length=4)]


class RatingPart(_Part):
    rating: Text
    from_: Annotated[Number, Field(alias="from", ge=0, le=1)]


class ScaleFile(_Part):
    """rubrics/dimensions.yaml"""

    dimensions: Annotated[dict[Slug, DimensionPart], Field(min_length=1)]
    ratings: list[RatingPart] = []
    essential_cap: str = ""


class LexiconFile(_Part):
    """rubrics/lexicon.yaml: family -> alternatives, separated by `|`."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, str]


FILES: Final[dict[str, type[BaseModel]]] = {
    "question": QuestionFile,
    "rubric": RubricFile,
    "calibration": CalibrationFile,
    "syllabus": SyllabusFile,
    "dimensions": ScaleFile,
    "lexicon": LexiconFile,
}

FileT = TypeVar("FileT", bound=BaseModel)


def parse(source: Source, schema: type[FileT]) -> FileT:
    """The file as its model. Raises BankError with every violation, each at its line."""
    if source.value is None:
        raise BankError([Problem(str(source.path), 1, "is empty")])
    try:
        return schema.model_validate(source.value)
    except ValidationError as error:
        raise BankError([_problem(source, schema, detail) for detail in error.errors()]) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known word is close, else the empty string."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


_EXPECTED: Final = {
    "string_type": "expected text; put it in quotes",
    "float_type": "expected a number",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "list_type": "expected a list",
    "dict_type": "expected keys with values",
    "model_type": "expected keys with values",
    "model_attributes_type": "expected keys with values",
    "finite_number": "expected a finite number",
    "string_too_short": "is empty",
}


def _problem(source: Source, schema: type[BaseModel], detail: ErrorDetails) -> Problem:
    location: Location = tuple(detail["loc"])
    name = _spoken(location)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(location[-1])
        where = f" in {_spoken(location[:-1])}" if location[:-1] else ""
        message = f"unknown key {key!r}{where}{nearest(key, _keys(schema, location[:-1]))}"
    elif kind == "missing":
        where = f" in {_spoken(location[:-1])}" if location[:-1] else ""
        message = f"the key {str(location[-1])!r} is missing{where}"
        location = location[:-1]
    elif kind == "literal_error":
        given = str(detail["input"])
        message = f"{name} is {given!r}, expected {context['expected']}{nearest(given, _literals(context))}"
    elif kind == "string_pattern_mismatch":
        message = f"{name} is {detail['input']!r}, expected a form like {_example(str(context['pattern']))}"
    elif kind == "prepdrill":
        message = f"{name}: {detail['msg']}" if name else detail["msg"]
    elif kind in _EXPECTED:
        message = f"{name or 'the file'}: {_EXPECTED[kind]}"
    else:
        message = f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return source.problem(location, message)


def _spoken(location: Location) -> str:
    """`criteria[2].accept` for ("criteria", 1, "accept"): list positions count from 1."""
    spoken = ""
    for part in location:
        spoken += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if spoken else part
    return spoken


def _keys(schema: type[BaseModel], location: Location) -> list[str]:
    """Keys that are allowed at a location of a file."""
    found: list[str] = []
    for part in FILE_PARTS[schema]:
        fields = part.model_fields
        last = next((key for key in reversed(location) if isinstance(key, str)), None)
        if last is None or part in _PARTS_UNDER.get(last, ()):
            found.extend(field.alias or name for name, field in fields.items())
        if last is None:
            break
    return found


_PARTS_UNDER: Final[dict[str, tuple[type[BaseModel], ...]]] = {
    "exhibits": (ExhibitPart,),
    "table": (TablePart,),
    "chart": (ChartPart,),
    "samples": (SamplePart,),
    "follow_ups": (FollowUpPart,),
    "twist": (TwistPart, CriterionPart),
    "sources": (SourcePart,),
    "criteria": (CriterionPart,),
    "red_flags": (CriterionPart,),
    "number": (NumberPart,),
    "answers": (CalibrationPart,),
    "tiers": (TierPart,),
    "sections": (SectionPart,),
    "topics": (TopicPart,),
    "ratings": (RatingPart,),
}
_ALL_PARTS: Final = tuple(part for parts in _PARTS_UNDER.values() for part in parts)
FILE_PARTS: Final[dict[type[BaseModel], tuple[type[BaseModel], ...]]] = {
    schema: (schema, *_ALL_PARTS) for schema in FILES.values()
}


def _literals(context: dict[str, Any]) -> list[str]:
    return [word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")]


def _example(pattern: str) -> str:
    return "https://arxiv.org/abs/2410.08847" if pattern.startswith("^http") else "'lower-case-words'"
