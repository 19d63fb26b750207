"""An hour's use, compressed: runs, lessons and restarts by keys, and what the two processes hold at the end of it.

`SOAK=2000,500,50 python -m pytest -m slow tests/faults/test_soak.py -n0 -s` is the full count, and tells the figures.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, fields
from pathlib import Path

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.courses import course_in
from tests.ui.at_rest import drawn_at_rest, seen_at_each_rest
from tests.ui.conftest import shows, until
from tui_torch.course.lesson import Example
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Event, Finished
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.screen import LessonScreen
from tui_torch.ui.screens.lessons import LessonsScreen

pytestmark = pytest.mark.xdist_group("soak")

MB = 1 << 20
SMALL = (16, 4, 4)
FULL = (2_000, 500, 50)
"""Runs, lesson switches, kernel restarts."""

ROUNDS, WARM = 8, 2
"""How often it is looked at what is held, and after how many times everything has been in use."""
GROWTH = 32
"""MB that the app may have more than after the warm-up: Textual's caches of what was drawn fill up, and stay full."""
KERNEL_GROWTH = 48
"""MB that a kernel may have more than after the warm-up: PyTorch's caches fill up, and stay full."""
SLACK, KERNEL_SLACK = 4, 8
"""Descriptors and threads that come and go: a pool's, a file that is being written. The first optimizer of a kernel's
life opens seven descriptors and three threads, once."""


@dataclass(frozen=True)
class Holding:
    """What a process holds: memory that is its own alone, in MB."""

    memory: float
    descriptors: int
    threads: int
    children: int

    @classmethod
    def of(cls, pid: int) -> Holding:
        process = psutil.Process(pid)
        children = len(process.children(recursive=True))
        return cls(_own_memory(process) / MB, process.num_fds(), process.num_threads(), children)

    def __str__(self) -> str:
        return "  ".join(f"{field.name} {getattr(self, field.name):6.0f}" for field in fields(self))


def _own_memory(process: psutil.Process) -> int:
    """Bytes that a process has written. (Of its libraries as many are its own as no other kernel has at the moment.)"""
    if sys.platform != "linux":
        return process.memory_full_info().uss
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()  # of all mappings at once: there are thousands
    return next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Private_Dirty:"))


class CountingTutor(Tutor):
    """A tutor that knows how many runs are over."""

    runs = 0

    async def run(self, code: str) -> AsyncGenerator[Event, None]:
        async for event in super().run(code):
            yield event
            self.runs += isinstance(event, Finished)

    async def record(self, code: str) -> AsyncGenerator[Event, None]:
        async for event in super().record(code):
            yield event
            self.runs += isinstance(event, Finished)


class Learner:
    """Uses the app by keys, and waits for what each key brings about."""

    def __init__(self, app: TutorApp, tutor: CountingTutor, pilot: Pilot[None]) -> None:
        self.app, self.tutor, self.pilot = app, tutor, pilot

    async def run(self, number: int) -> None:
        """One run: mostly of the code as it stands; at times replayed, at times of something else and looked at."""
        before = self.tutor.runs
        screen = self.app.lesson_screen
        if number % 10 == 3:
            screen.panes.editor.put(f"{screen.panes.editor.text}\nprint({number})\n1 / 0\n")
        await self.pilot.press("f6" if number % 10 == 7 else "f5")
        await until(self.pilot, lambda: self.tutor.runs > before and screen.run.in_progress is None)
        if number % 10 == 3:
            await self.pilot.press("r")
        if number % 10 == 7:
            await self.pilot.press("right", "right", "escape")
        if number % 5 == 1:
            await self.pilot.press("t", "down", "enter", "escape", "escape")
        assert isinstance(self.app.screen, LessonScreen)

    async def switch(self, lesson_id: str) -> None:
        """Go to a lesson by the list, and on to an example in it."""
        await self.pilot.press("escape", "l")
        await until(self.pilot, lambda: isinstance(self.app.screen, LessonsScreen))
        options = self.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index(lesson_id)
        await self.pilot.press("enter")
        await until(self.pilot, lambda: isinstance(self.app.screen, LessonScreen))
        await until(self.pilot, lambda: self.tutor.lesson.id == lesson_id)
        while not isinstance(self.tutor.step, Example):
            step = self.tutor.step
            await self.pilot.press("escape", "n")
            await until(self.pilot, lambda step=step: self.tutor.step is not step)

    async def restart(self) -> None:
        """Have a fresh kernel, and wait until it can run."""
        kernel = self.tutor.kernel
        before = kernel.pid
        await self.pilot.press("escape", "R")
        await until(self.pilot, lambda: kernel.pid not in (None, before) and kernel.state is KernelState.READY)


@dataclass(frozen=True)
class Round:
    """What was held at the end of a round, each time in the same place of the same lesson, after a run there."""

    app: Holding
    kernel: Holding
    fresh: bool
    """Whether the kernel is another than in the round before."""


async def soak(zygote: Zygote, tmp_path: Path, runs: int, switches: int, restarts: int) -> list[Round]:
    """Use the app for so long, in rounds: half of them with one and the same kernel, then with ever fresh ones."""
    course = course_in()
    kernel = KernelSession(zygote=zygote)
    await kernel.start()
    await kernel.ready()
    rounds: list[Round] = []
    done = switched = restarted = 0
    with Progress.open(tmp_path / "progress.db") as progress:
        tutor = CountingTutor(course, progress, kernel)
        app = TutorApp(tutor)
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, tutor.lesson.title[:20])
            learner = Learner(app, tutor, pilot)
            for number in range(1, ROUNDS + 1):
                process = kernel.pid
                while done < runs * number // ROUNDS:
                    if switched * runs <= switches * done:
                        await learner.switch(course.lessons[switched % len(course.lessons)].id)
                        switched += 1
                    if restarted * runs < restarts * (2 * done - runs):
                        await learner.restart()
                        restarted += 1
                    await learner.run(done)
                    done += 1
                await learner.switch("tensor-creation")
                await learner.run(0)
                gc.collect()
                assert kernel.pid is not None
                held = Round(Holding.of(os.getpid()), Holding.of(kernel.pid), kernel.pid != process)
                rounds.append(held)
                counts = f"{done:5} runs {switched:4} switches {restarted:3} restarts"
                sys.stdout.write(f"\n{counts}  app: {held.app}\n{'':{len(counts)}}  kernel: {held.kernel}")
    await kernel.close()
    return rounds


async def holds_no_more_than_it_did(zygote: Zygote, tmp_path: Path, runs: int, switches: int, restarts: int) -> None:
    rounds = await soak(zygote, tmp_path, runs, switches, restarts)
    assert [held.fresh for held in rounds] == [False] * (ROUNDS // 2) + [True] * (ROUNDS // 2)
    # After the first round each lesson was drawn, and each module was needed.
    warm = rounds[WARM - 1]
    for held in rounds[WARM:]:
        assert held.app.memory - warm.app.memory <= GROWTH, f"the app grew: {warm.app} then {held.app}"
        assert held.kernel.memory - warm.kernel.memory <= KERNEL_GROWTH, f"it grew: {warm.kernel} then {held.kernel}"
        for before, after, slack in ((warm.app, held.app, SLACK), (warm.kernel, held.kernel, KERNEL_SLACK)):
            assert after.descriptors - before.descriptors <= slack, f"descriptors leak: {before} then {after}"
            assert after.threads - before.threads <= slack, f"threads leak: {before} then {after}"
            assert after.children <= before.children, f"processes leak: {before} then {after}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    return tmp_path


async def test_after_a_while_of_use_both_processes_hold_what_they_held_before(zygote: Zygote, home: Path) -> None:
    with drawn_at_rest(), seen_at_each_rest():
        await holds_no_more_than_it_did(zygote, home, *SMALL)


@pytest.mark.slow
async def test_after_an_hour_of_use_both_processes_hold_what_they_held_before(zygote: Zygote, home: Path) -> None:
    count = tuple(map(int, os.environ["SOAK"].split(","))) if "SOAK" in os.environ else FULL
    runs, switches, restarts = count
    await holds_no_more_than_it_did(zygote, home, runs, switches, restarts)
