"""What a teacher sees of a class: who has done what, where many fail, what they answer, and which steps take long."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui_torch.console.classroom.handed_in import HandedIn, StepWork

PAUSE = 600
"""Seconds between two tries after which the learner is thought to have been away."""

Place = tuple[str, str]
"""The ids of a lesson and of a step in it."""


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """What one learner has done."""

    learner: str
    steps: int
    """Number of steps that are done."""
    exercises: int
    """Number of exercises that are done."""
    runs: float | None
    """Mean number of graded runs until an exercise passed; None without any."""
    hints: int
    solutions: int
    """Number of exercises whose solution was shown."""
    minutes: int
    last: int
    """When something was tried last, in unix seconds; 0 for never."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """How a class fares with a step."""

    lesson: str
    step: str
    kind: str
    learners: int
    """Number of learners who tried it."""
    wrong_first: int
    """Number of them whose first try was wrong."""
    open: int
    """Number of them who have not done it."""
    minutes: float
    """Median minutes that they spent there."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer that several learners give."""

    lesson: str
    step: str
    answer: str
    """The check that fails, the exception that is raised, or the choice."""
    learners: int
    times: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a class has done; the hardest, the most frequent and the longest come first."""

    learners: tuple[LearnerRow, ...]
    steps: tuple[StepRow, ...]
    wrong_answers: tuple[WrongAnswer, ...]


def overview_of(handed_in: Sequence[HandedIn]) -> Overview:
    """The overview of a class."""
    spent = [_minutes(one) for one in handed_in]
    learners = tuple(_learner(one, sum(minutes.values())) for one, minutes in zip(handed_in, spent, strict=True))
    steps: dict[Place, list[tuple[StepWork, float]]] = defaultdict(list)
    wrong: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for one, minutes in zip(handed_in, spent, strict=True):
        for step in one.steps:
            if step.times:
                steps[step.lesson, step.step].append((step, minutes[step.lesson, step.step]))
            for answer in _wrong_answers(step):
                wrong[step.lesson, step.step, answer].append(one.learner)
    rows = [_step(tried) for tried in steps.values()]
    rows.sort(key=lambda row: (-(row.wrong_first + row.open) / row.learners, -row.learners, row.lesson, row.step))
    answers = [WrongAnswer(*place, len(set(by)), len(by)) for place, by in wrong.items()]
    answers.sort(key=lambda one: (-one.learners, -one.times, one.lesson, one.step, one.answer))
    return Overview(learners, tuple(rows), tuple(answers))


def _minutes(one: HandedIn) -> dict[Place, float]:
    """Minutes spent at each step: the time since the try before, wherever that was, unless there was a pause."""
    spent: dict[Place, float] = defaultdict(float)
    before: int | None = None
    for at, place in sorted((at, (step.lesson, step.step)) for step in one.steps for at in step.times):
        if before is not None and at - before <= PAUSE:
            spent[place] += (at - before) / 60
        else:
            spent[place] += 0.0
        before = at
    return spent


def _learner(one: HandedIn, minutes: float) -> LearnerRow:
    exercises = [step for step in one.steps if step.kind == "exercise"]
    passed = [step for step in exercises if step.done]
    tries = [_tries(step) for step in passed if step.runs]
    return LearnerRow(
        one.learner,
        sum(step.done for step in one.steps),
        len(passed),
        statistics.fmean(tries) if tries else None,
        sum(step.hints for step in exercises),
        sum(step.solution_seen for step in exercises),
        round(minutes),
        max((at for step in one.steps for at in step.times), default=0),
    )


def _tries(step: StepWork) -> int:
    outcomes = [run.outcome for run in step.runs]
    return outcomes.index("passed") + 1 if "passed" in outcomes else len(outcomes)


def _step(tried: Sequence[tuple[StepWork, float]]) -> StepRow:
    first = tried[0][0]
    steps = [step for step, _ in tried]
    return StepRow(
        first.lesson,
        first.step,
        first.kind,
        len(steps),
        sum(_is_wrong_at_first(step) for step in steps),
        sum(not step.done for step in steps),
        statistics.median(minutes for _, minutes in tried),
    )


def _is_wrong_at_first(step: StepWork) -> bool:
    if step.replies:
        return not step.replies[0].correct
    return step.kind == "exercise" and bool(step.runs) and step.runs[0].outcome != "passed"


def _wrong_answers(step: StepWork) -> Iterator[str]:
    for run in step.runs:
        if step.kind == "exercise" and run.failed is not None:
            yield run.failed
    for reply in step.replies:
        if not reply.correct:
            yield reply.choice
