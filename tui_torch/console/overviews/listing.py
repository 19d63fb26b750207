"""The tables and the JSON of `tui-torch list` and `tui-torch progress`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.course.counts import counts_of, total
from tui_torch.course.lesson import Exercise, Lesson, Quiz
from tui_torch.course.loader import Course
from tui_torch.drawing.text import numbers
from tui_torch.tutor.arena.solved import solved_problems
from tui_torch.tutor.progress.progress import Progress


def course_json(course: Course, progress: Progress) -> dict[str, Any]:
    """The tracks and their lessons, the steps done, and the counts of each lesson, of all and of the arena."""
    done = progress.all_done()
    problems = course.arena.problems()
    return {
        "title": course.title,
        "arena": {"problems": len(problems)} | asdict(total(map(counts_of, problems))),
        "counts": {"lessons": len(course.lessons)} | asdict(total(counts_of(lesson) for lesson in course.lessons)),
        "tracks": [
            {
                "id": track.id,
                "title": track.title,
                "lessons": [
                    _lesson_json(course.lesson(id), done.get(course.key_of(id), frozenset())) for id in track.lessons
                ],
            }
            for track in course.tracks
        ],
    }


def _lesson_json(lesson: Lesson, done: frozenset[str]) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "title": lesson.title,
        "summary": lesson.summary,
        "minutes": lesson.minutes,
        "requires": list(lesson.requires),
        "steps": len(lesson.steps),
        "done": len(_done(lesson, done)),
        "counts": asdict(counts_of(lesson)),
    }


def _done(lesson: Lesson, done: frozenset[str]) -> list[str]:
    return [step.id for step in lesson.steps if step.id in done]


def show_course(console: Console, course: Course, progress: Progress) -> None:
    """Print the tracks of the tutor's own course, and how to open a lesson."""
    show_tracks(console, course, progress)
    console.print(
        "`tui-torch launch LESSON` opens one; `tui-torch run LESSON` plays it here.", style="dim", markup=False
    )


def show_tracks(console: Console, course: Course, progress: Progress) -> None:
    """Print a table for each track: each lesson's id, title, minutes and number of done steps."""
    done = progress.all_done()
    for track in course.tracks:
        table = Table(
            title=track.title, title_justify="left", title_style="bold", box=None, pad_edge=False, expand=False
        )
        table.add_column("lesson", no_wrap=True)
        table.add_column("about")
        table.add_column("minutes", justify="right")
        table.add_column("done", justify="right", no_wrap=True)
        for id in track.lessons:
            lesson = course.lesson(id)
            count = len(_done(lesson, done.get(course.key_of(id), frozenset())))
            table.add_row(id, lesson.title, str(lesson.minutes), _share(count, len(lesson.steps)))
        console.print(table)
        console.print()


def _share(done: int, steps: int) -> Text:
    text = f"{done} of {steps}"
    return Text(text, "green") if done == steps else Text(text, "" if done else "dim")


def progress_json(courses: Iterable[Course], progress: Progress) -> dict[str, Any]:
    """Each step of each lesson of the courses: whether it is done, and how often it was tried."""
    return {
        "place": dict(zip(("lesson", "step"), place, strict=True)) if (place := progress.place()) else None,
        "lessons": [
            {
                "id": course.key_of(lesson.id),
                "title": lesson.title,
                "steps": [_step_json(lesson, course.key_of(lesson.id), step.id, progress) for step in lesson.steps],
            }
            for course in courses
            for lesson in course.lessons
        ],
    }


def _step_json(lesson: Lesson, key: str, step_id: str, progress: Progress) -> dict[str, Any]:
    step = lesson.step(step_id)
    fields: dict[str, Any] = {
        "id": step.id,
        "kind": step.kind,
        "done": step.id in progress.done(key),
        "runs": sum(attempt.outcome != "set aside" for attempt in progress.attempts(key, step.id)),
    }
    match step:
        case Quiz():
            fields["answers"] = len(progress.answers(key, step.id))
        case Exercise():
            fields["hints"] = progress.hints_shown(key, step.id)
            fields["solution_seen"] = progress.solution_seen(key, step.id)
        case _:
            pass
    return fields


def show_progress(console: Console, courses: Sequence[Course], progress: Progress, course: str | None = None) -> None:
    """Print each lesson that was begun, how many problems are solved, and where the learner left off.

    `course`: what the one course was chosen by on the command line; None where nothing was said.
    """
    kept = progress_json(courses, progress)
    table = Table(box=None, pad_edge=False)
    for heading in ("lesson", "done", "runs", "hints", "to do next"):
        table.add_column(
            heading, justify="right" if heading in ("runs", "hints") else "left", no_wrap=heading == "lesson"
        )
    for lesson in kept["lessons"]:
        steps = lesson["steps"]
        done = sum(step["done"] for step in steps)
        runs = sum(step["runs"] for step in steps)
        if not (done or runs):
            continue
        next_step = next((step["id"] for step in steps if not step["done"]), "")
        hints = sum(step.get("hints", 0) for step in steps)
        table.add_row(lesson["id"], _share(done, len(steps)), str(runs), str(hints), next_step)
    solved = tuple(_solved(courses, progress))
    if table.row_count:
        console.print(table)
    elif not solved:
        console.print(_nothing(course), markup=False)
        return
    for sentence in solved:
        console.print(sentence, markup=False)
    place = progress.place() if course is None else progress.place_in(courses[0].name)
    # In another course one also goes to our arena and to the playground, which are nothing of it.
    if place is not None and (course is None or place[0] in {lesson["id"] for lesson in kept["lessons"]}):
        console.print(f"\nYou left off at {place[0]}, step {place[1]}.", style="dim", markup=False)


def _nothing(course: str | None) -> str:
    if course is None:
        return "Nothing is done yet: `tui-torch launch` opens the first lesson."
    launch = f"tui-torch launch --course {shlex.quote(course)}"
    return f"Nothing is done of the course {course} yet: `{launch}` opens its first lesson."


def _solved(courses: Iterable[Course], progress: Progress) -> Iterator[str]:
    """A sentence for each of their own arenas that has a solved problem."""
    for course in courses:
        arena = course.arena
        if arena.course == course.name and (count := sum(1 for _ in solved_problems(arena, progress))):
            whose = f"the arena of {course.name}" if course.name else "the arena"
            every = numbers.counted(len(arena.ids), "problem")
            yield f"{count} of {every} of {whose} {'is' if count == 1 else 'are'} solved."
