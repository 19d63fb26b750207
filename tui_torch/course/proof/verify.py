"""Proves a lesson by running it.

Every expectation holds, starters fail, solutions pass, and each mistake fails its named check. What the lesson shows
fits the screen, and a lesson of the course is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tui_torch.course.format.document import compose
from tui_torch.course.lesson import AnyStep, Exercise, Lesson
from tui_torch.course.lesson_error import LessonError
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.proof.complete import incomplete
from tui_torch.course.proof.fit import unfit
from tui_torch.course.proof.play import Played, Unattended, attempt, error_line, not_finished, play
from tui_torch.course.step_run import code_of
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.late_dataclass import dataclass


async def verify(
    kernel: KernelSession, lesson: Lesson, path: Path, *, of_course: bool = False, limit: float | None = None
) -> tuple[LessonError, ...]:
    """Everything that the lesson in the file at `path` claims but does not do, or lacks, ordered by line.

    Args:
        of_course: Whether it must also have what a lesson of the course must have.
        limit: Seconds that each run may take; None: as long as it takes.
    """
    trials = LessonTrials(lesson, limit)
    for index in range(len(trials)):
        await trials.run(index, kernel)
    return located(path, [*shown_problems(lesson, of_course=of_course), *trials.problems()])


def shown_problems(lesson: Lesson, *, of_course: bool) -> list[Problem]:
    """What is wrong with a lesson without running it: what does not fit the screen, and what it lacks."""
    return [*unfit(lesson), *(incomplete(lesson) if of_course else ())]


@dataclass(frozen=True, slots=True)
class Trial:
    """A piece of code that a lesson runs in a step, or expects a learner to, and that has to do something there."""

    step: int
    """The index of the step."""
    loc: Loc
    """Where it stands in the step."""
    code: str


class LessonTrials:
    """All that has to be run to prove a lesson, in any order and by several kernels, and what was found.

    Args:
        lesson: The lesson.
        limit: Seconds that each run may take; None: as long as it takes.
    """

    def __init__(self, lesson: Lesson, limit: float | None = None) -> None:
        self._lesson = lesson
        self._unattended = Unattended(limit)
        self._trials = tuple(_trials(lesson))
        self._found: dict[int, list[Problem]] = {}
        self._endless = len(lesson.steps)
        """The first step whose own code does not end, as far as is known."""

    def __len__(self) -> int:
        return len(self._trials)

    @property
    def are_over(self) -> bool:
        """Whether each has been run."""
        return len(self._found) == len(self._trials)

    def problems(self) -> list[Problem]:
        """What is wrong, as far as is known, in the order of the lesson."""
        return [problem for _, found in sorted(self._found.items()) for problem in found]

    async def run(self, index: int, kernel: KernelSession) -> None:
        """Run one of them, unless it stands on code that does not end, which is found already."""
        trial = self._trials[index]
        step = self._lesson.steps[trial.step]
        found: Sequence[Problem] = ()
        if trial.step <= self._endless:
            played = await self._played(trial, step, kernel)
            if played.limit is not None and not (played.started and trial.loc[0] in ("starter", "mistakes")):
                self._endless = min(self._endless, trial.step if played.started else trial.step - 1)
            found = _problems(played, trial, step)
        self._found[index] = [
            replace(problem, loc=("steps", trial.step, *problem.loc), sentence=f"step `{step.id}`: {problem.sentence}")
            for problem in found
        ]

    async def _played(self, trial: Trial, step: AnyStep, kernel: KernelSession) -> Played:
        if trial.loc in (("code",), ("solution",)):
            played = await play(kernel, self._lesson, step, inspect=False, unattended=self._unattended, apart=True)
            assert played is not None
            return played
        return await attempt(
            kernel, self._lesson, step, trial.code, inspect=False, unattended=self._unattended, apart=True
        )


def _trials(lesson: Lesson) -> Iterator[Trial]:
    for index, step in enumerate(lesson.steps):
        if (code := code_of(step)) is not None:
            yield Trial(index, ("solution" if isinstance(step, Exercise) else "code",), code)
        if isinstance(step, Exercise):
            yield Trial(index, ("starter",), step.starter)
            for number, mistake in enumerate(step.mistakes):
                yield Trial(index, ("mistakes", number, "code"), mistake.code)


def _problems(played: Played, trial: Trial, step: AnyStep) -> Sequence[Problem]:
    sentence = None
    match trial.loc:
        case ("starter",):
            sentence = not_finished(played, "the starter")
            if sentence is None and played.graded is not None and played.graded.passed:
                sentence = "the starter passes every check already, expected it to fail one"
        case ("mistakes", int(number), _) if isinstance(step, Exercise):
            sentence = not_finished(played, "the mistake") or _not_caught(played, step.mistakes[number].fails)
        case _:
            return played.problems
    return [Problem(trial.loc, sentence)] if sentence is not None else []


def located(path: Path, problems: Iterable[Problem]) -> tuple[LessonError, ...]:
    """The problems of the lesson in the file at `path`, each at its line, ordered by line."""
    if not (problems := list(problems)):
        return ()
    document = compose(path.read_text("utf-8"))
    faults = [fault for problem in problems if (fault := document.fault(problem)) is not None]
    errors = (LessonError(path, fault.line, fault.column, fault.message) for fault in faults)
    return tuple(sorted(errors, key=lambda error: (error.line, error.column)))


def _not_caught(played: Played, fails: str) -> str | None:
    """Why a mistake is not caught by the check named `fails`; None when it is."""
    if played.failed is not None:
        return f"the mistake raised {error_line(played.failed)} before any check, expected code that runs"
    if played.graded is None:
        return f"the mistake could not be graded: {played.reason}"
    failing = played.graded.failing
    if fails in failing:
        return None
    instead = f"only {', '.join(f'“{name}”' for name in failing)} fails" if failing else "it passes every check"
    return f"the mistake is not caught by its check “{fails}”: {instead}"
