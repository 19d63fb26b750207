"""A lesson does the same on a kernel that was forked as on one that was spawned, event by event but for the times."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.courses import course_in
from tui_torch.course.lesson import Lesson
from tui_torch.course.proof.play import Played, play
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote, can_fork_kernels
from tui_torch.protocol.events import Summary

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("kernel"),
    pytest.mark.skipif(not can_fork_kernels(), reason="kernels are spawned here"),
]

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
LESSONS = course_in().lessons
SAMPLE = [lesson for lesson in LESSONS if lesson.id in ("tensor-creation", "nn-linear", "autograd-deeper")]
"""Lessons of some tensors and some steps; where thousands are trained, what is read of them depends on the time."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernels(zygote: Zygote) -> AsyncIterator[tuple[KernelSession, KernelSession]]:
    """One that was forked, and one that was spawned."""
    zygote.import_more()
    sessions = KernelSession(zygote=zygote), KernelSession()
    for session in sessions:
        await session.start()
        await session.ready()
    yield sessions
    for session in sessions:
        await session.close()


def timeless(played: Played) -> Played:
    """What does not depend on how long something took: a summary leaves out what there was no time to read.

    Rates and gradient norms are read at each event, and how many events a run has depends on the time; local variables
    are read at some of them.
    """
    series = {name: points for name, points in played.series.items() if not name.endswith(("lr", "gradient norm"))}
    inspection = played.inspection
    if inspection is not None:
        pinned, variables = (tuple(map(unread, summaries)) for summaries in (inspection.pinned, inspection.variables))
        inspection = replace(inspection, pinned=pinned, variables=variables)
    frames = tuple(
        replace(one, step=0, variables=tuple(sorted(map(named, one.variables), key=lambda one: one.name)))
        for one in played.frames
    )
    values = tuple(replace(one, value=ADDRESS.sub("", str(one.value))) for one in played.values)
    return replace(played, seconds=0.0, inspection=inspection, series=series, frames=frames, values=values)


def named(summary: Summary) -> Summary:
    return replace(unread(summary), read_at="", shares=())


def alike_in_length(one: Played, other: Played) -> tuple[Played, Played]:
    """Both, or their first and last losses alone: of thousands of steps some are left out, by how fast they come."""
    if len(one.losses) == len(other.losses):
        return one, other
    first, second = (
        replace(
            played,
            losses=(played.losses[0], played.losses[-1]),
            series={name: (points[0], points[-1]) for name, points in played.series.items()},
        )
        for played in (one, other)
    )
    return first, second


def unread(summary: Summary) -> Summary:
    gradient = unread(summary.gradient) if summary.gradient is not None else None
    parameters = tuple(replace(one, norm=None, gradient_norm=None) for one in summary.parameters)
    return replace(
        summary, statistics=None, values=None, note=None, change="same", gradient=gradient, parameters=parameters
    )


async def does_the_same(kernels: tuple[KernelSession, KernelSession], lesson: Lesson) -> None:
    for step in lesson.steps:
        forked, spawned = [await play(kernel, lesson, step) for kernel in kernels]
        assert (forked is None) == (spawned is None)
        if forked is not None and spawned is not None:
            one, other = alike_in_length(timeless(forked), timeless(spawned))
            assert one == other, step.id


@pytest.mark.parametrize("lesson", SAMPLE, ids=lambda lesson: lesson.id)
async def test_a_lesson_does_the_same_on_both(kernels: tuple[KernelSession, KernelSession], lesson: Lesson) -> None:
    await does_the_same(kernels, lesson)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
async def test_each_lesson_does_the_same_on_both(kernels: tuple[KernelSession, KernelSession], lesson: Lesson) -> None:
    await does_the_same(kernels, lesson)
