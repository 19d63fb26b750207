"""What a lesson and a course are, once their files are read: plain data that is known to be right.

The format of the files, and every rule that a file must keep, is in `schema.py`, which alone makes these from a file.
The app draws its first frame without that module, since to import it takes a quarter of the time to that frame.
"""

from __future__ import annotations

import builtins
from dataclasses import field
from typing import Literal

from tui_torch.protocol.grading.asked import AnswerRules, DrawnCheck, Measure, rule_names
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import Plot, Portion

SETUP = "setup"
"""The name, among the portions that a step stands on, of the lesson's own setup."""

JsonValue = object
"""None, bool, int, float, text, or lists and mappings of them."""

Limits = tuple[float, float]
"""The smallest and the largest value allowed; either may be infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A web page."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionExpect:
    """What a step's code does in some releases of PyTorch, where it does something else in the others."""

    torch: str
    """The releases: `>=2.15`, `<2.14`, or `>=2.14,<2.15`."""
    output: str | None = None
    """What it prints there; `...` matches anything."""
    values: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """The values of expressions after the run."""
    within: dict[str, Limits] = field(default_factory=dict[str, Limits])
    """Where the values of expressions lie after the run, all of whose numbers are meant."""
    raises: str | None = None
    """The class of the exception that it raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a step's code is claimed to do, which `tui-torch check` proves."""

    output: str | None = None
    """What it prints; `...` matches anything."""
    values: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """The values of expressions after the run."""
    within: dict[str, Limits] = field(default_factory=dict[str, Limits])
    """Where the values of expressions lie after the run, all of whose numbers are meant."""
    raises: str | None = None
    """The class of the exception that it raises."""
    versions: tuple[VersionExpect, ...] = ()
    """What it does instead in some releases of PyTorch; the first that fits counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A step that shows something."""

    id: str
    kind: Literal["example"] = "example"
    title: str
    text: str
    code: str
    pin: tuple[str, ...] = ()
    expect: Expect | None = None
    plot: Plot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer to choose in a quiz."""

    text: str
    correct: bool = False
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """A step that asks for a prediction."""

    id: str
    kind: Literal["quiz"] = "quiz"
    title: str | None = None
    text: str | None = None
    question: str
    choices: tuple[Choice, ...]
    """Of which exactly one is correct."""
    code: str | None = None
    """What runs after the answer, and settles it."""
    pin: tuple[str, ...] = ()
    expect: Expect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition that an answer to an exercise must meet."""

    name: str
    code: str = ""
    """Raises when the answer is not right; empty for a check that compares drawn inputs."""
    hint: str | None = None
    hidden: bool = False
    """Whether it is named only when it fails."""
    seconds: float | None = None
    """How long it may take; None: as long as others may."""
    drawn: DrawnCheck | None = None
    """What it does with drawn inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A wrong answer that people really give."""

    code: str
    fails: str | None = None
    """The name of the check that catches it; None where it raises."""
    raises: str | None = None
    """The class of the exception that it raises, before any check; None where it runs."""
    says: str

    def is_raised_as(self, error: str) -> bool:
        """Whether an exception of that class is what it raises: also one of Python's that is a kind of it.

        Of `mean()` of whole numbers PyTorch makes a RuntimeError, and as of 2.15 a NotImplementedError, which is one.
        """
        if error == self.raises or self.raises is None:
            return error == self.raises
        raised, expected = vars(builtins).get(error), vars(builtins).get(self.raises)
        return isinstance(raised, type) and isinstance(expected, type) and issubclass(raised, expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A step in which the learner writes the code."""

    id: str
    kind: Literal["exercise"] = "exercise"
    title: str | None = None
    text: str
    starter: str
    solution: str
    checks: tuple[Check, ...]
    hints: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Right answers in other styles than the solution's, which pass every check too."""
    mistakes: tuple[Mistake, ...] = ()
    pin: tuple[str, ...] = ()
    expect: Expect | None = None
    plot: Plot | None = None
    rules: AnswerRules | None = None
    """Rules about the code of an answer."""
    measure: Measure | None = None
    """On what a right answer is timed."""
    reference: str | None = None
    """Code whose names the checks find, and the answer does not."""

    @property
    def named_checks(self) -> tuple[str, ...]:
        """The names of the checks that a learner is told beforehand: not the hidden ones, but those of rules too."""
        written = tuple(check.name for check in self.checks if not check.hidden)
        return written + rule_names(self.rules, self.measure)


AnyStep = Example | Quiz | Exercise

Difficulty = Literal["easy", "medium", "hard"]
"""Of a problem: a few lines, some thought, an evening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson of the course, or one from elsewhere."""

    id: str
    title: str
    summary: str
    minutes: int
    requires: tuple[str, ...] = ()
    """The ids of earlier lessons that this one builds on."""
    sources: tuple[Link, ...] = ()
    further: tuple[Link, ...] = ()
    setup: str | None = None
    steps: tuple[AnyStep, ...]
    """At least one."""
    difficulty: Difficulty | None = None
    """Of a problem of the arena, which is one exercise; None for a lesson."""
    tags: tuple[str, ...] = ()
    """What a problem is about."""

    def step(self, step_id: str) -> AnyStep:
        """The step with that id. Raises KeyError when there is none."""
        return self.steps[self.index(step_id)]

    def index(self, step_id: str) -> int:
        """The index of the step in the lesson, from 0. Raises KeyError when there is no step with that id."""
        for index, step in enumerate(self.steps):
            if step.id == step_id:
                return index
        raise KeyError(step_id)

    def stands_on(self, step_id: str) -> tuple[Portion, ...]:
        """What runs before a step, in order: the setup, earlier examples, solutions of earlier exercises.

        Quizzes define nothing. Raises KeyError when the lesson has no such step.
        """
        portions = [Portion(SETUP, self.setup)] if self.setup else []
        for step in self.steps[: self.index(step_id)]:
            match step:
                case Example():
                    portions.append(Portion(step.id, step.code, may_raise=may_raise(step.expect)))
                case Exercise():
                    portions.append(Portion(step.id, step.solution))
                case Quiz():
                    pass
        return tuple(portions)


def may_raise(expect: Expect | None) -> bool:
    """Whether code raises an exception in any release of PyTorch."""
    return expect is not None and any(one.raises is not None for one in (expect, *expect.versions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A sequence of lessons that belong together."""

    id: str
    title: str
    lessons: tuple[str, ...]
    """The ids of its lessons, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a course is called, and its tracks in order: the content of `course.yaml`."""

    title: str
    name: str | None = None
    """What the course is called where one of several is named; None where it does not say."""
    tracks: tuple[Track, ...]
