"""Proves a lesson by running it.

Every expectation holds, starters fail, solutions and right answers in other styles pass, and each mistake fails its
named check or raises its named error. What the lesson shows fits the screen, and a lesson of the course is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tui_torch.course.format.document import compose
from tui_torch.course.lesson import SETUP, AnyStep, Exercise, Lesson, Mistake
from tui_torch.course.lesson_error import LessonError
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.proof.complete import incomplete
from tui_torch.course.proof.fit import unfit
from tui_torch.course.proof.formulas import unreadable_formulas
from tui_torch.course.proof.play import Played, Unattended, attempt, error_line, failed_checks, not_finished, play
from tui_torch.course.step_run import code_of
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.late_dataclass import dataclass

_STOOD_ON_BY_NONE = ("starter", "also", "mistakes")
"""The parts of an exercise that no later step stands on."""


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
    """What is wrong with a lesson without running it: what does not fit or cannot be read, and what it lacks."""
    return [*unfit(lesson), *unreadable_formulas(lesson), *(incomplete(lesson) if of_course else ())]


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
        self._is_blamed = False
        """Whether that code was found itself, and not only what stands on it."""
        self._unreached: dict[int, list[Problem]] = {}
        """What is said of code that did not begin in time, by its index: nothing, where it is known what took it."""

    def __len__(self) -> int:
        return len(self._trials)

    @property
    def are_over(self) -> bool:
        """Whether each has been run."""
        return len(self._found) == len(self._trials)

    def problems(self) -> list[Problem]:
        """What is wrong, as far as is known, in the order of the lesson."""
        found = [
            problem
            for index, problems in sorted(self._found.items())
            if self._trials[index].step <= self._endless
            for problem in problems
        ]
        if self._unreached and not self._is_blamed:
            found += self._unreached[min(self._unreached)]
        return list(dict.fromkeys(found))

    async def run(self, index: int, kernel: KernelSession) -> None:
        """Run one of them, unless it stands on code that does not end, which is found already."""
        trial = self._trials[index]
        step = self._lesson.steps[trial.step]
        found: Sequence[Problem] = ()
        if trial.step <= self._endless:
            played = await self._played(trial, step, kernel)
            if played.limit is not None and not played.started and self._stands_on_setup_alone(step):
                self._endless, self._is_blamed = 0, True
                self._found[index] = [Problem(("setup",), not_finished(played, "the setup", begun=True) or "")]
                return
            found = _problems(played, trial, step)
            if played.limit is not None and not played.started:
                self._endless = min(self._endless, trial.step - 1)
                self._unreached[index] = _placed(found, trial, step)
                found = ()
            elif played.limit is not None and trial.loc[0] not in _STOOD_ON_BY_NONE:
                self._endless, self._is_blamed = min(self._endless, trial.step), True
        self._found[index] = _placed(found, trial, step)

    def _stands_on_setup_alone(self, step: AnyStep) -> bool:
        return [portion.step for portion in self._lesson.stands_on(step.id)] == [SETUP]

    async def _played(self, trial: Trial, step: AnyStep, kernel: KernelSession) -> Played:
        if trial.loc in (("code",), ("solution",)):
            played = await play(kernel, self._lesson, step, inspect=False, unattended=self._unattended, apart=True)
            assert played is not None
            return played
        return await attempt(
            kernel,
            self._lesson,
            step,
            trial.code,
            inspect=False,
            unattended=self._unattended,
            apart=True,
            plot=False,
            smallest=trial.loc[0] == "also",  # what is to fail is not shown to anybody
        )


def _placed(problems: Iterable[Problem], trial: Trial, step: AnyStep) -> list[Problem]:
    return [
        replace(problem, loc=("steps", trial.step, *problem.loc), sentence=f"step `{step.id}`: {problem.sentence}")
        for problem in problems
    ]


def _trials(lesson: Lesson) -> Iterator[Trial]:
    for index, step in enumerate(lesson.steps):
        if (code := code_of(step)) is not None:
            yield Trial(index, ("solution" if isinstance(step, Exercise) else "code",), code)
        if isinstance(step, Exercise):
            yield Trial(index, ("starter",), step.starter)
            for number, code in enumerate(step.also):
                yield Trial(index, ("also", number), code)
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
            sentence = not_finished(played, "the mistake") or _not_caught(played, step.mistakes[number])
        case ("also", int()):
            sentence = not_finished(played, "this right answer") or _not_right(played)
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


def _not_right(played: Played) -> str | None:
    """Why an answer is not right, though the lesson says that it is; None when it passes every check."""
    if played.failed is not None:
        return f"this right answer raised {error_line(played.failed)}"
    if played.graded is None:
        return f"this right answer could not be graded: {played.reason}"
    return next((f"this right answer fails {said}" for said in failed_checks(played)), None)


def _not_caught(played: Played, mistake: Mistake) -> str | None:
    """Why a mistake is not caught by the check that it names, or does not raise what it says; None when it does."""
    failed, fails = played.failed, mistake.fails
    if fails is None:
        if failed is None:
            return f"the mistake ran without an error, expected {mistake.raises}"
        if not mistake.is_raised_as(failed.error):
            return f"the mistake raised {error_line(failed)}, expected {mistake.raises}"
        return None
    if failed is not None:
        return (
            f"the mistake raised {error_line(failed)} before any check, expected code that runs, "
            f"or `raises: {failed.error}` in place of `fails`"
        )
    if played.graded is None:
        return f"the mistake could not be graded: {played.reason}"
    failing = played.graded.failing
    if fails in failing:
        return None
    instead = f"only {', '.join(f'“{name}”' for name in failing)} fails" if failing else "it passes every check"
    return f"the mistake is not caught by its check “{fails}”: {instead}"
