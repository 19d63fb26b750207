"""What is tried in a step comes out the same in a fork of the kernel, as in `check`, and in the kernel, as in the app.

CI does it with one exercise; `python -m pytest -m slow -n 0 tests/course/test_attempts_apart.py` with the whole course.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from tests.courses import course_in
from tui_torch.course.lesson import AnyStep, Exercise, Lesson
from tui_torch.course.proof.play import Played, attempt
from tui_torch.course.step_run import code_of
from tui_torch.kernel.session import KernelSession

COURSE = course_in()
SAMPLE = "optimizers", "find-the-rate"
"""The lesson and the exercise that CI takes: it stands on loops that are long enough for forks."""


def attempts(step: AnyStep) -> Iterator[str]:
    """All code that `check` tries in a step."""
    if (code := code_of(step)) is not None:
        yield code
    if isinstance(step, Exercise):
        yield step.starter
        yield from (mistake.code for mistake in step.mistakes)


def without_times(played: Played) -> Played:
    # The inspection holds addresses; rates, norms and locals are read, and losses sent, at intervals of time.
    return replace(played, seconds=0.0, inspection=None, frames=(), losses=played.losses[-1:], series={}, notes=())


def notes(played: Played) -> list[str]:
    return sorted(note.rule for note in played.notes)


async def compare(kernel: KernelSession, lesson: Lesson, steps: list[AnyStep]) -> int:
    """Hold each attempt in a fork against the same in the kernel. Returns the number of forks."""
    tried = [(step, code) for step in steps for code in attempts(step)]
    values = ("sorted(name for name in dir() if not name.startswith('_'))", "torch.rand(3)", "torch.initial_seed()")
    ordinary = [await attempt(kernel, lesson, *one, values=values) for one in tried]
    forks = 0
    for one, wanted in zip(tried, ordinary, strict=True):
        played = await attempt(kernel, lesson, *one, values=values, apart=True)
        # It lives until the next run.
        forks += any(child.status() != psutil.STATUS_ZOMBIE for child in psutil.Process(kernel.pid).children())
        assert without_times(played) == without_times(wanted)
        assert notes(played) == notes(wanted)
    return forks


@pytest.mark.asyncio(loop_scope="module")
async def test_an_exercise_comes_out_the_same_in_forks(kernel: KernelSession) -> None:
    lesson, step = SAMPLE
    assert await compare(kernel, COURSE.lesson(lesson), [COURSE.lesson(lesson).step(step)]) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.id)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_lesson_comes_out_the_same_in_forks(kernel: KernelSession, lesson: Lesson) -> None:
    await compare(kernel, lesson, list(lesson.steps))
