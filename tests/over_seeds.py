"""What the trained models of the course reach over several seeds: `lessons/RESULTS.md`.

`python -m tests.over_seeds [LESSON…] [--seeds 5] [--write]` plays each lesson once for each seed, and reads every
number for which a step's `expect` has a range. A range that does not hold what was reached is marked, and ends it
with 1. `--write` puts the tables of these lessons into the file; those of others stay as they are.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from statistics import median
from typing import cast

from tui_torch.course.expected import expected_here
from tui_torch.course.lesson import AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course
from tui_torch.course.proof.play import Unattended, play
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

SEEDS = 5
LIMIT = 120.0
"""Seconds that one step may take, with what it stands on."""
RESULTS = lessons_folder() / "RESULTS.md"
TITLE = """\
# What the lessons' models reach

Written by `python -m tests.over_seeds --write`: each lesson was played {seeds} times, the first time as it is, then
with every seed of its code raised by 1, 2 and so on, and one before each example, quiz and solution that sets none.
What a lesson generates, and how it divides its data by PyTorch's numbers, is drawn anew, too; scikit-learn's data sets
and its divisions are the same. Of a list, all numbers count. The range is what the step's `expect` allows: wider than
what was seen, for other machines and releases of PyTorch. Where it says **missed**, the step speaks of one picture or
one division that the lesson's own seed drew, and its range holds for that seed.
"""
HEADER = "| step | number | range | least | median | most |\n| --- | --- | --- | --- | --- | --- |"
_SEED = re.compile(r"\bmanual_seed\((\d+)\)")


@dataclass(frozen=True)
class Reached:
    """A number for which a step has a range, over the seeds."""

    step: str
    expression: str
    limits: tuple[float, float]
    values: tuple[float, ...]
    """Those of all seeds; all numbers of each, where it is a list."""

    @property
    def holds(self) -> bool:
        """Whether each of them is within the range."""
        return all(self.limits[0] <= value <= self.limits[1] for value in self.values)

    def __str__(self) -> str:
        low, high = self.limits
        seen = (min(self.values), median(self.values), max(self.values))
        told = " | ".join(f"{value:.4g}" for value in seen)
        expression = self.expression.replace("|", "\\|")
        return f"| {self.step} | `{expression}` | {low:g} to {high:g}{'' if self.holds else ' **missed**'} | {told} |"


def reseeded(lesson: Lesson, by: int) -> Lesson:
    """A lesson with other random numbers; the very same one for 0."""
    if by == 0:
        return lesson
    steps = tuple(_reseeded_step(step, by) for step in lesson.steps)
    setup = _raised(lesson.setup, by) if lesson.setup is not None else None
    return replace(lesson, setup=setup, steps=steps)


def _reseeded_step(step: AnyStep, by: int) -> AnyStep:
    match step:
        case Example() | Quiz(code=str()):
            assert step.code is not None
            return replace(step, code=_begun(step.code, by))
        case Exercise():
            return replace(step, solution=_begun(step.solution, by))
        case _:
            return step


def _raised(code: str, by: int) -> str:
    return _SEED.sub(lambda found: f"manual_seed({int(found[1]) + by})", code)


def _begun(code: str, by: int) -> str:
    return _raised(code, by) if _SEED.search(code) else f"__import__('torch').manual_seed({by})\n{code}"


def has_ranges(step: AnyStep) -> bool:
    """Whether a step's `expect` has a range."""
    return bool(expected_here(step.expect)[0].within)


async def _read(kernel: KernelSession, lesson: Lesson, by: int) -> dict[tuple[str, str], tuple[float, ...]]:
    """The numbers of a lesson with one seed, by step and expression."""
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    changed = reseeded(lesson, by)
    for step in changed.steps:
        if not has_ranges(step):
            continue
        played = await play(kernel, changed, step, inspect=False, unattended=Unattended(LIMIT), apart=True)
        for value in played.values if played is not None else ():
            if value.error is None and value.expression in expected_here(step.expect)[0].within:
                found[step.id, value.expression] = tuple(_numbers(value.value))
    return found


def _numbers(value: object) -> Iterator[float]:
    match value:
        case bool():
            pass
        case int() | float():
            yield float(value)
        case list() | tuple():
            for item in cast("Sequence[object]", value):
                yield from _numbers(item)
        case _:
            pass


async def reached(lessons: Sequence[Lesson], seeds: int) -> dict[str, list[Reached]]:
    """What the models of each lesson reach; two lessons or more run side by side."""
    zygote = Zygote.started()
    jobs = [(lesson, by) for lesson in lessons if any(map(has_ranges, lesson.steps)) for by in range(seeds)]
    waiting = iter(jobs)
    read: dict[tuple[str, int], dict[tuple[str, str], tuple[float, ...]]] = {}

    async def work() -> None:
        for lesson, by in waiting:
            kernel = KernelSession(zygote=zygote)
            try:
                await kernel.start()
                await kernel.ready()
                read[lesson.id, by] = await _read(kernel, lesson, by)
            finally:
                await kernel.close()
            print(f"{lesson.id}, seed {by}", file=sys.stderr)

    try:
        await asyncio.gather(*(work() for _ in range(os.cpu_count() or 1)))
    finally:
        zygote.close()
    return {
        lesson.id: list(_of_lesson(lesson, [read[lesson.id, by] for by in range(seeds)]))
        for lesson, by in jobs
        if by == 0
    }


def _of_lesson(lesson: Lesson, read: Sequence[dict[tuple[str, str], tuple[float, ...]]]) -> Iterator[Reached]:
    for step in lesson.steps:
        for expression, limits in expected_here(step.expect)[0].within.items():
            values = tuple(value for one in read for value in one.get((step.id, expression), ()))
            if values:
                yield Reached(step.id, expression, limits, values)


def tables(found: dict[str, list[Reached]]) -> dict[str, str]:
    """The table of each lesson that has a range."""
    return {lesson: f"{HEADER}\n" + "\n".join(map(str, rows)) for lesson, rows in found.items() if rows}


def kept_tables(text: str) -> dict[str, str]:
    """The tables that stand in RESULTS.md, by lesson."""
    sections = text.split("\n## ")[1:]
    return {section.split("\n", 1)[0]: section.split("\n", 1)[1].strip() for section in sections}


def as_text(by_lesson: dict[str, str], lessons: Sequence[str], seeds: int) -> str:
    """The content of RESULTS.md: the tables of these lessons, in their order."""
    machine = f"PyTorch {version('torch')}, Python {platform.python_version()}, {platform.machine()}, one thread."
    sections = [f"## {lesson}\n\n{by_lesson[lesson]}" for lesson in lessons if lesson in by_lesson]
    return "\n\n".join([TITLE.format(seeds=seeds).rstrip(), machine, *sections]) + "\n"


def main(arguments: list[str]) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    seeds, names, is_written = SEEDS, list[str](), False
    waiting = iter(arguments)
    for argument in waiting:
        match argument:
            case "--write":
                is_written = True
            case "--seeds":
                seeds = int(next(waiting))
            case name:
                names.append(name)
    course = load_course(lessons_folder())
    lessons = [lesson for lesson in course.lessons if not names or lesson.id in names]
    found = asyncio.run(reached(lessons, seeds))
    measured = tables(found)
    print(as_text(measured, course.ids, seeds))
    if is_written:
        kept = kept_tables(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        RESULTS.write_text(as_text(kept | measured, course.ids, seeds), encoding="utf-8")
    return int(not all(row.holds for rows in found.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
