"""What more costs: a course of 1,000 lessons, an editor of 5,000 lines, a progress file of 10,000 attempts."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from textual.events import Callback, Key

from tests.benchmarks.figure import Figure, Sample, is_linear, milliseconds
from tests.benchmarks.pseudo_terminal import PseudoTerminal
from tests.ui.recorded import RecordedKernel
from tui_torch.course.lesson import Exercise
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp

LESSONS, LINES, ROWS = (10, 1_000), (100, 5_000), (100, 10_000)
STARTS, KEYS, TIMES = 7, 60, 9

START_BUDGET = 1.15
"""Times that the first frame may take with many lessons of what it takes with few."""
KEY_BUDGET = 0.060
"""Seconds from a key to its frame, 95 times of 100."""
PROGRESS_BUDGET = 0.100
"""Seconds that anything may take that is asked of the progress file, starting with it included."""

LAUNCH = """\
import sys
from pathlib import Path
from tui_torch.course import library
library.lessons_folder = lambda: Path(sys.argv[1])
from tui_torch.cli import commands
commands.main(["launch"])
"""


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        courses = [course_of(folder / str(count), count) for count in LESSONS]
        yield _starting(courses, folder)
        yield _reading(courses)
        yield _typing(folder)
        yield from _asking(folder)


def course_of(folder: Path, count: int) -> Path:
    """A course of so many lessons, each with all that a lesson of ours has."""
    text = (lessons_folder() / "basics" / "tensor-creation.yaml").read_text("utf-8")
    ids = [f"lesson-{number}" for number in range(count)]
    (folder / "only").mkdir(parents=True)
    for name in ids:
        lesson = text.replace("id: tensor-creation\n", f"id: {name}\n", 1)
        (folder / "only" / f"{name}.yaml").write_text(lesson, "utf-8")
    track = f"[{{id: only, title: The only track, lessons: [{', '.join(ids)}]}}]"
    (folder / "course.yaml").write_text(f"schema: 1\ntitle: A course\ntracks: {track}\n", "utf-8")
    return folder


def _starting(courses: list[Path], home: Path) -> Figure:
    # In turns, so that what else the machine does falls on each; and the first time is for the disk.
    seconds = [[started(course, home) for course in courses] for _ in range(STARTS + 1)][1:]
    few, many = map(Sample.of, zip(*seconds, strict=True))
    ratio = many.median / few.median
    what = f"launch with {LESSONS[1]:,} lessons"
    against = f"with {LESSONS[0]}: {few}"
    return Figure(what, str(many), against, f"{ratio:.2f} ×", f"≤ {START_BUDGET} ×", ratio <= START_BUDGET)


def started(course: Path, home: Path) -> float:
    """Seconds to the first frame, for somebody who is new."""
    environment = {"TUI_TORCH_HOME": str(home / f"home-{time.perf_counter()}")}
    with PseudoTerminal([sys.executable, "-c", LAUNCH, str(course)], environment) as terminal:
        return terminal.seen("About") - terminal.began


def _reading(courses: list[Path]) -> Figure:
    few, many = (times(lambda c=course: open_course(c).lessons, 3) for course in courses)
    kept = is_linear(LESSONS, (few.least, many.least))
    what = f"reading {LESSONS[1]:,} lessons"
    against = f"reading {LESSONS[0]}: {few}"
    return Figure(what, str(many), against, f"{many.least / few.least:.0f} ×", f"linear ({_growth(LESSONS)} ×)", kept)


def _typing(home: Path) -> Figure:
    few, many = (Sample.of(asyncio.run(typed(home, count))) for count in LINES)
    kept = many.p95 <= KEY_BUDGET and is_linear(LINES, (few.least, many.least))
    what = f"a key in an editor of {LINES[1]:,} lines to its frame"
    against = f"of {LINES[0]}: {few}"
    return Figure(what, str(many), against, f"p95 {milliseconds(many.p95)}", f"p95 ≤ {milliseconds(KEY_BUDGET)}", kept)


def _growth(counts: tuple[int, int]) -> int:
    return counts[1] // counts[0]


async def typed(home: Path, lines: int) -> list[float]:
    with learner(home / f"typing-{lines}") as (tutor, _):
        app = TutorApp(tutor)
        async with app.run_test(size=(120, 40)) as pilot:
            gc.freeze()  # as the app does after its first frame: or else all is looked through every 20 keys
            editor = app.lesson_screen.panes.editor
            editor.put("".join(f"weight_{number} = torch.tensor({number}.) * 2  # a line\n" for number in range(lines)))
            editor.focus()
            editor.move_cursor((lines // 2, 0))
            await pilot.pause(1)
            seconds: list[float] = []
            for number in range(KEYS + 5):
                drawn = asyncio.Event()
                begun = time.perf_counter()
                app.post_message(Key("enter", "\r") if number % 20 == 10 else Key("x", "x"))
                app.post_message(Callback(partial(editor.call_later, partial(editor.call_after_refresh, drawn.set))))
                await drawn.wait()
                seconds.append(time.perf_counter() - begun)
                await pilot.pause()
            assert "xxxxx" in editor.text
            return seconds[5:]


def _asking(home: Path) -> Iterator[Figure]:
    few, many = (asked(home / f"rows-{count}", count) for count in ROWS)
    for what, seconds in many.items():
        kept = seconds.median <= PROGRESS_BUDGET and is_linear(ROWS, (few[what].least, seconds.least))
        against = f"{ROWS[0]}: {milliseconds(few[what].median)}"
        budget = f"≤ {milliseconds(PROGRESS_BUDGET)}, linear"
        told = milliseconds(seconds.median)
        yield Figure(f"with {ROWS[1]:,} attempts: {what}", told, against, told, budget, kept)


def asked(home: Path, rows: int) -> dict[str, Sample]:
    with learner(home) as (tutor, progress):
        exercises = [
            (lesson.id, step.id)
            for lesson in tutor.course.lessons
            for step in lesson.steps
            if isinstance(step, Exercise)
        ]
        code = tutor.course.lesson("tensor-creation").steps[0].code or ""
        database = progress._database
        assert database is not None
        database.execute("BEGIN")
        for number in range(rows):
            lesson, step = exercises[number % len(exercises)]
            database.execute(
                "INSERT INTO steps (lesson, step, done_at) VALUES (?, ?, 1) ON CONFLICT DO NOTHING", (lesson, step)
            )
            database.execute(
                "INSERT INTO attempts (step_id, code, kind, outcome, at) "
                "SELECT id, ?, 'exercise', 'passed', ? FROM steps WHERE lesson = ? AND step = ?",
                (f"{code}\n# {number}", number * 1_000, lesson, step),
            )
            database.execute(
                "INSERT INTO reviews (step_id, rating, correct, at) "
                "SELECT id, 3, 1, ? FROM steps WHERE lesson = ? AND step = ?",
                (number * 1_000, lesson, step),
            )
        database.execute("COMMIT")
        lesson, step = exercises[0]
        what: dict[str, Callable[[], object]] = {
            "starting with it": lambda: Progress.open(home / "progress.db").close(),
            "saving a draft": lambda: progress.save_draft(lesson, step, code, known=None, kind="example"),
            "recording an attempt": lambda: progress.record_attempt(lesson, step, code, "exercise", "passed"),
            "the attempts at a step": partial(progress.attempts, lesson, step),
            "the list of lessons": lambda: (list(tutor.standings()), tutor.due()),
        }
        return {name: times(ask) for name, ask in what.items()}


@contextmanager
def learner(home: Path) -> Iterator[tuple[Tutor, Progress]]:
    """A tutor with the real course, a progress file of its own, and no kernel behind it."""
    os.environ["TUI_TORCH_HOME"] = str(home)
    course: Course = open_course(lessons_folder())
    with Progress.open(home / "progress.db") as progress:
        kernel = cast("KernelSession", RecordedKernel("three-scalars", KernelState.READY))
        yield Tutor(course, progress, kernel), progress


def times(do: Callable[[], object], count: int = TIMES) -> Sample:
    seconds: list[float] = []
    for _ in range(count):
        begun = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - begun)
    return Sample.of(seconds)
