"""The app around a recorded kernel, the tests' own course and a real progress file; and ways to see what it shows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.courses import course_in
from tests.examples import IN_SUITE
from tests.terminal import home_of_old as home_of_old
from tests.terminal import open_terminal as open_terminal
from tests.ui.at_rest import drawn_at_rest, seen_at_each_rest, wait_for_change
from tests.ui.recorded import COURSE, RECORDED, RecordedKernel
from tests.ui.sooner_done import sooner_done
from tests.ui.styles_once import styled_once
from tui_torch.course.lesson import Exercise
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor import tutor as tutor_module
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.tutor.user_files import progress_file
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson import drafts
from tui_torch.ui.lesson.editor import CodeEditor

PATIENCE = 60.0
"""Seconds until something that should happen is given up; far more than it takes, for machines under load."""


@pytest.fixture(scope="session", autouse=True)
def _apps_have_the_styles_of_those_before_them() -> Iterator[None]:
    with styled_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def _apps_are_sooner_done() -> Iterator[None]:
    with sooner_done():
        yield


@pytest.fixture(scope="session", autouse=True)
def _apps_are_drawn_at_rest(request: pytest.FixtureRequest) -> Iterator[None]:
    in_suite = request.config.option.markexpr == IN_SUITE
    with drawn_at_rest(), nullcontext() if in_suite else seen_at_each_rest():
        yield


@pytest.fixture
def seen_always() -> Iterator[None]:
    """For tests of what crashes nothing: all that the app shows meanwhile is drawn."""
    with seen_at_each_rest():
        yield


@pytest.fixture(autouse=True)
def _terminals_show_every_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the terminal shows that the tests are run in."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


class Build(Protocol):
    """Makes an app whose every run is the recording's, at the recording's step, with its code in the editor."""

    def __call__(
        self,
        recording: str = "three-scalars",
        *,
        at: str | None = None,
        resume: bool = False,
        state: KernelState = KernelState.READY,
        **options: Any,
    ) -> TutorApp: ...


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Apps of one test share a home. `at`: another step than the recording's; `resume`: where the learner left off."""
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    # So that what is typed is saved before a test ends.
    monkeypatch.setattr(drafts, "SAVE_AFTER", 0.01)
    # So that no test's app looks through all of its objects for those of a closed screen; the test of that has it back.
    monkeypatch.setattr("tui_torch.ui.lesson.keys.run_screen.TIDY_AFTER", 3600.0)
    # So that a key chooses the same in every run, whoever the learner is; what shuffling does is tested by itself.
    monkeypatch.setattr(tutor_module, "choice_order", lambda *quiz: tuple(range(len(quiz[-1]))))
    opened: list[Progress] = []

    def app_of(
        recording: str = "three-scalars",
        *,
        at: str | None = None,
        resume: bool = False,
        state: KernelState = KernelState.READY,
        **options: Any,
    ) -> TutorApp:
        course = course_in(COURSE)
        progress = Progress.open(progress_file())
        opened.append(progress)
        tutor = Tutor(course, progress, cast("KernelSession", RecordedKernel(recording, state)))
        if resume:
            tutor.resume()
            return TutorApp(tutor, **options)
        lesson_id, step_id, code = RECORDED[recording]
        tutor.open(course.lesson(lesson_id), at or step_id)
        if code is not None and at is None:
            tutor.save(tutor.step.solution if isinstance(tutor.step, Exercise) else code)
        return TutorApp(tutor, **options)

    yield app_of
    for progress in opened:
        progress.close()


@asynccontextmanager
async def started(app: TutorApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    """Run an app in a terminal of that size; it has drawn its first step before the first key comes."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def kernel_of(app: TutorApp) -> RecordedKernel:
    kernel: object = app.tutor.kernel
    assert isinstance(kernel, RecordedKernel)
    return kernel


def alter_step(app: TutorApp, **fields: Any) -> None:
    """Give the step that the app is at other fields, as if its lesson had them."""
    lesson, step = app.tutor.lesson, app.tutor.step
    steps = tuple(replace(other, **fields) if other.id == step.id else other for other in lesson.steps)
    app.tutor.open(replace(lesson, steps=steps), step.id)


def editor_of(app: TutorApp) -> CodeEditor:
    return app.lesson_screen.query_one(CodeEditor)


def lines(app: App[Any]) -> list[str]:
    """What a person reads on the screen in front, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def seen(app: App[Any]) -> str:
    return "\n".join(lines(app))


async def until(pilot: Pilot[Any], holds: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until something holds; fail, with what the screen shows, when it does not within so many seconds."""
    await pilot.pause()
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"it does not come about; the screen shows\n{seen(pilot.app)}"
        await wait_for_change()


async def shows(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until each of the texts is on the screen."""

    def shown() -> bool:
        now = seen(pilot.app)
        return all(text in now for text in texts)

    await until(pilot, shown)
