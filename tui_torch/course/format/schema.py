"""The format of lessons and courses: the structure of their YAML files, and the rules that they keep.

A field here is also one of the plain class in `course/lesson.py` that the part `makes`, and `lesson_cache.py` reads its
type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, JsonValue

from tui_torch.course.format.drawn import DrawnCheckPart, MeasureSchema, reference_rules
from tui_torch.course.format.fields import Bounds, ClassName, Code, Expression, Id, Limits, Line, Text, Url
from tui_torch.course.format.part import Part, plain_of
from tui_torch.course.format.plot import StepPlotSchema
from tui_torch.course.lesson import (
    SETUP,
    Check,
    Choice,
    Contents,
    Example,
    Exercise,
    Expect,
    Lesson,
    Link,
    Mistake,
    Quiz,
    Track,
    VersionExpect,
)
from tui_torch.course.naming import MOST_GUESSES, did_you_mean, in_backticks
from tui_torch.course.problem import Problem
from tui_torch.course.snippet import SnippetError, readable_code
from tui_torch.protocol.grading.asked import AnswerRules, Measure, rule_names

ON_DEVICE = "Tensors that you make are on the device of the inputs, so that it runs on a GPU, too."
"""Ends the text of an exercise with a check of `keeps_device`, if the text has no word on devices."""

_UNPARSABLE = {"SyntaxError", "IndentationError", "TabError"}


ExpectedOutput = Annotated[
    str | None,
    Field(description="The text the code prints. `...` matches anything, as in doctest; trailing spaces do not count."),
]
ExpectedValues = Annotated[
    dict[Expression, JsonValue],
    Field(
        default_factory=dict[str, JsonValue],
        description="The values of Python expressions after the run: tensors as nested lists, numbers to 4 digits.",
    ),
]
ExpectedRanges = Annotated[
    dict[Expression, Limits],
    Field(
        default_factory=dict[str, tuple[float, float]],
        description="The limits within which the numbers of Python expressions lie after the run, such as "
        "`accuracy: [0.94, 1]`: for what differs from machine to machine.",
    ),
]
ExpectedError = Annotated[
    ClassName | None, Field(description="The class of the exception that the code raises, such as `TypeError`.")
]


class LinkSchema(Part):
    """A web page."""

    makes = Link

    title: Line = Field(description="The page's title.")
    url: Url = Field(description="The page's address, http or https.")


class VersionExpectSchema(Part):
    """What a step's code does in some releases of PyTorch, where it does something else in the others."""

    makes = VersionExpect

    torch: Bounds = Field(description="The releases, such as `>=2.15` or `>=2.14,<2.15`.")
    output: ExpectedOutput = None
    values: ExpectedValues
    within: ExpectedRanges
    raises: ExpectedError = None


class ExpectSchema(Part):
    """What a step's code is claimed to do, which `tui-torch check` proves."""

    makes = Expect

    output: ExpectedOutput = None
    values: ExpectedValues
    within: ExpectedRanges
    raises: ExpectedError = None
    versions: tuple[VersionExpectSchema, ...] = Field(
        default=(),
        strict=False,
        description="What holds instead in some releases of PyTorch; of several that fit, the first.",
    )


class ExampleSchema(Part):
    """A step that shows something."""

    makes = Example

    id: Id = Field(description="The step's name, unique in the lesson; progress is keyed by it.")
    kind: Literal["example"] = Field(description="The kind of the step: `example`.")
    title: Line = Field(description="The step's heading.")
    text: Text = Field(description="The explanation, in Markdown.")
    code: str = Field(description="The Python that the learner runs.")
    pin: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The expressions that the inspector shows first, such as `w.grad`."
    )
    expect: ExpectSchema | None = Field(default=None, description="What the code is claimed to do.")
    plot: StepPlotSchema | None = Field(default=None, description="What to draw while the step runs, and after it.")

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from _code_rules(written)


class ChoiceSchema(Part):
    """One answer to choose in a quiz."""

    makes = Choice

    text: Text = Field(description="The answer, in Markdown.")
    correct: bool = Field(default=False, description="Whether this is the right answer; exactly one is.")
    because: Text = Field(description="Why it is right or wrong, in Markdown; shown after the answer.")


class QuizSchema(Part):
    """A step that asks for a prediction."""

    makes = Quiz

    id: Id = Field(description="The step's name, unique in the lesson; progress is keyed by it.")
    kind: Literal["quiz"] = Field(description="The kind of the step: `quiz`.")
    title: Line | None = Field(default=None, description="The step's heading.")
    text: Text | None = Field(default=None, description="What comes before the question, in Markdown.")
    question: Text = Field(description="The question, in Markdown.")
    choices: tuple[ChoiceSchema, ...] = Field(
        strict=False, min_length=2, description="The answers on offer, of which exactly one is correct."
    )
    code: str | None = Field(default=None, description="The Python that runs after the answer, and settles it.")
    pin: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The expressions that the inspector shows first, such as `w.grad`."
    )
    expect: ExpectSchema | None = Field(default=None, description="What the code is claimed to do.")

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from _code_rules(written)
        choices = _entries(written, "choices")
        correct = [index for index, choice in enumerate(choices) if _field(choice, "correct") is True]
        if choices and not correct:
            yield Problem(("choices",), "none of the `choices` is correct, expected `correct: true` in exactly one")
        for index in correct[1:]:
            yield Problem(("choices", index, "correct"), "a second choice is correct, expected exactly one")
        if written.get("expect") is not None and written.get("code") is None:
            yield Problem(("expect",), "`expect` has no `code` to be about, expected both or neither")


class CheckSchema(DrawnCheckPart):
    """One condition that an answer to an exercise must meet."""

    makes = Check

    name: Line = Field(description="What is checked, in a few words that the learner sees.")
    code: Code | None = Field(
        default=None, description="The Python that raises (an assert will do) when the answer is not right."
    )
    hint: Text | None = Field(default=None, description="What to think about when this check fails, in Markdown.")
    hidden: bool = Field(default=False, description="Whether the check is named only when it fails.")
    seconds: float | None = Field(default=None, gt=0, strict=False, description="How long the check may take.")

    def plain(self) -> Any:
        """The check, with what it draws."""
        return Check(
            name=self.name,
            code=self.code or "",
            hint=self.hint,
            hidden=self.hidden,
            seconds=self.seconds,
            drawn=self.drawn(),
        )

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from cls.drawn_rules(written)


class MistakeSchema(Part):
    """A wrong answer that people really give; `tui-torch check` proves that the named check or error catches it."""

    makes = Mistake

    code: Code = Field(description="The mistaken answer.")
    fails: Line | None = Field(default=None, description="The name of the check that catches it.")
    raises: ClassName | None = Field(
        default=None, description="In place of `fails`: the class of the exception that it raises, before any check."
    )
    says: Text = Field(description="What the learner reads about it, in Markdown.")

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        named = [name for name in ("fails", "raises") if written.get(name) is not None]
        if not named:
            yield Problem((), "the mistake has no `fails`, expected the check that catches it, or what it `raises`")
        elif len(named) > 1:
            sentence = "the mistake has both `fails` and `raises`, expected one: no check runs after an error"
            yield Problem(("raises",), sentence)


class ExerciseSchema(Part):
    """A step in which the learner writes the code."""

    makes = Exercise

    id: Id = Field(description="The step's name, unique in the lesson; progress is keyed by it.")
    kind: Literal["exercise"] = Field(description="The kind of the step: `exercise`.")
    title: Line | None = Field(default=None, description="The step's heading.")
    text: Text = Field(description="The task, in Markdown.")
    starter: Code = Field(
        description="The Python that the learner begins with. It parses, and does not pass every check."
    )
    solution: Code = Field(description="The Python that passes every check; later steps stand on it.")
    checks: tuple[CheckSchema, ...] = Field(
        strict=False, min_length=1, description="The checks that an answer must pass."
    )
    hints: tuple[Text, ...] = Field(
        default=(), strict=False, description="The hints, in Markdown, from a nudge to nearly the line."
    )
    also: tuple[Code, ...] = Field(
        default=(),
        strict=False,
        description="Right answers in other styles; each passes every check, as `check` proves.",
    )
    mistakes: tuple[MistakeSchema, ...] = Field(
        default=(), strict=False, description="The wrong answers that people really give."
    )
    pin: tuple[Expression, ...] = Field(
        default=(), strict=False, description="The expressions that the inspector shows first, such as `w.grad`."
    )
    expect: ExpectSchema | None = Field(default=None, description="What the solution is claimed to do.")
    plot: StepPlotSchema | None = Field(default=None, description="What to draw while the step runs, and after it.")
    forbid: tuple[Line, ...] = Field(
        default=(),
        strict=False,
        description="What an answer may not use: `softmax` by whatever path, `torch.softmax` by that one, or `@`.",
    )
    require: tuple[Line, ...] = Field(default=(), strict=False, description="What an answer has to use, likewise.")
    loops: Literal["allowed", "forbidden"] = Field(
        default="allowed", description="Whether an answer may have Python loops: `for`, `while`, comprehensions, `map`."
    )
    statements: int | None = Field(
        default=None, ge=1, description="Most statements of an answer, besides imports and `def` lines."
    )
    measure: MeasureSchema | None = Field(default=None, description="What a right answer is timed on.")
    reference: Code | None = Field(
        default=None,
        description="The Python whose names `for_all`, `call`, `equals`, the `code` of checks and `measure` find, and "
        "the answer does not: helpers, and the slow way to the right value.",
    )

    def plain(self) -> Any:
        """The exercise, with its rules in one, and with a sentence on devices where a check looks at them."""
        rules = AnswerRules(self.forbid, self.require, self.loops == "allowed", self.statements)
        says_where = "device" in self.text or not any(check.keeps_device for check in self.checks)
        of_its_own = {
            "rules": rules if rules != AnswerRules() else None,
            "text": self.text if says_where else f"{self.text.rstrip()}\n\n{ON_DEVICE}\n",
        }
        return Exercise(
            **of_its_own,
            **{name: plain_of(getattr(self, name)) for name in Exercise.__slots__ if name not in of_its_own},
        )

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from repeats(written, "checks", "name", "an earlier check of the exercise")
        yield from reference_rules(written)
        if not _entries(written, "checks"):
            return
        names = [name.strip() for _, name in _named(written, "checks", "name")] + list(_rule_names(written))
        known = set(names)
        wrong = [
            (index, fails)
            for index, fails in _named(written, "mistakes", "fails")
            if fails.strip() and fails.strip() not in known
        ]
        for place, (index, fails) in enumerate(wrong):
            guess = did_you_mean(fails, names) if place < MOST_GUESSES else ""
            sentence = f"`fails` is {in_backticks(fails)}, which is not a check of this exercise{guess}"
            yield Problem(("mistakes", index, "fails"), sentence)


def _rule_names(written: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the checks that the rules of an exercise are."""
    measure = written.get("measure")
    rules = AnswerRules(
        ("",) if written.get("forbid") else (),
        ("",) if written.get("require") else (),
        written.get("loops") != "forbidden",
        1 if written.get("statements") else None,
    )
    limits = Measure((), "", "", *(1.0 if _field(measure, name) else None for name in ("most_time", "most_memory")))
    return rule_names(rules, limits)


AnyStepSchema = ExampleSchema | QuizSchema | ExerciseSchema


class LessonSchema(Part):
    """A lesson of the course."""

    makes = Lesson

    version: Literal[1] = Field(alias="schema", description="The version of the lesson format: 1.")
    id: Id = Field(description="The lesson's name, which is its file's name without `.yaml`.")
    title: Line = Field(description="The lesson's heading.")
    summary: Line = Field(description="What the lesson teaches, in a sentence.")
    minutes: int = Field(ge=1, description="How many minutes the lesson takes.")
    requires: tuple[Id, ...] = Field(
        default=(), strict=False, description="The ids of earlier lessons that this one builds on."
    )
    sources: tuple[LinkSchema, ...] = Field(default=(), strict=False, description="The pages that the lesson rests on.")
    further: tuple[LinkSchema, ...] = Field(default=(), strict=False, description="The pages to read afterwards.")
    setup: Code | None = Field(default=None, description="The Python that runs before the first step.")
    steps: tuple[Annotated[AnyStepSchema, Field(discriminator="kind")], ...] = Field(
        strict=False, min_length=1, description="The steps, in order."
    )
    difficulty: Literal["easy", "medium", "hard"] | None = Field(
        default=None, description="How hard a problem of the arena is, whose one step is an exercise: not in a lesson."
    )
    tags: tuple[Id, ...] = Field(
        default=(), strict=False, description="What a problem of the arena is about, such as `attention`."
    )

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from repeats(written, "steps", "id", "an earlier step of the lesson")
        steps = _entries(written, "steps")
        if written.get("difficulty") is not None and [_field(step, "kind") for step in steps] != ["exercise"]:
            sentence = "`difficulty` is of a problem, expected one step, an exercise"
            yield Problem(("difficulty",), sentence)
        if written.get("tags") and written.get("difficulty") is None:
            yield Problem(("tags",), "`tags` are of a problem, expected its `difficulty` beside them")
        for index, name in _named(written, "steps", "id"):
            if name == SETUP:
                yield Problem(
                    ("steps", index, "id"), "`id` is `setup`, which names the lesson's own setup, expected another"
                )


class TrackSchema(Part):
    """A sequence of lessons that belong together."""

    makes = Track

    id: Id = Field(description="The track's name, which is its folder's name.")
    title: Line = Field(description="The track's heading.")
    lessons: tuple[Id, ...] = Field(strict=False, min_length=1, description="The ids of its lessons, in order.")


class CourseSchema(Part):
    """The content of `course.yaml`."""

    makes = Contents

    version: Literal[1] = Field(alias="schema", description="The version of the course format: 1.")
    title: Line = Field(description="The course's heading.")
    name: Id | None = Field(
        default=None, description="What the course is called where one of several is named: by default, as its folder."
    )
    tracks: tuple[TrackSchema, ...] = Field(strict=False, min_length=1, description="The tracks, in order.")

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from repeats(written, "tracks", "id", "an earlier track of the course")
        earlier: set[str] = set()
        for index, track in enumerate(_entries(written, "tracks")):
            lessons = cast("list[object]", value) if isinstance(value := _field(track, "lessons"), list | tuple) else []
            for place, lesson in enumerate(lessons):
                if isinstance(lesson, str) and lesson in earlier:
                    sentence = f"lesson {in_backticks(lesson)} is in the course already, expected it once"
                    yield Problem(("tracks", index, "lessons", place), sentence)
                elif isinstance(lesson, str):
                    earlier.add(lesson)


def _field(part: object, name: str) -> object:
    """A field of a part, which may be data as written, a model, or something else; None if it has none."""
    if isinstance(part, dict):
        return cast("dict[str, object]", part).get(name)
    return getattr(part, name, None) if isinstance(part, BaseModel) else None


def _entries(written: Mapping[str, object], name: str) -> list[object]:
    entries = written.get(name)
    return list(cast("list[object]", entries)) if isinstance(entries, list | tuple) else []


def _named(written: Mapping[str, object], entries: str, name: str) -> list[tuple[int, str]]:
    """(index, text) of the entries whose field `name` is text."""
    found = [(index, _field(entry, name)) for index, entry in enumerate(_entries(written, entries))]
    return [(index, text) for index, text in found if isinstance(text, str)]


def repeats(written: Mapping[str, object], entries: str, name: str, earlier: str) -> Iterator[Problem]:
    """A problem for each of the entries whose field `name` is that of an earlier one, which `earlier` names."""
    seen: set[str] = set()
    for index, text in _named(written, entries, name):
        if text.strip() in seen:
            sentence = f"`{name}` is {in_backticks(text)}, as in {earlier}, expected one of its own"
            yield Problem((entries, index, name), sentence)
        seen.add(text.strip())


def _code_rules(written: Mapping[str, object]) -> Iterator[Problem]:
    """Check that the code parses, unless the step expects a SyntaxError."""
    code, raises = written.get("code"), _field(written.get("expect"), "raises")
    if not isinstance(code, str):
        return
    if not code.strip():
        yield Problem(("code",), "`code` is empty, expected Python")
    if isinstance(raises, str) and raises in _UNPARSABLE:
        return
    try:
        readable_code(code)
    except SnippetError as error:
        yield Problem(("code",), f"`code` {error}", line=error.line, column=error.column)
