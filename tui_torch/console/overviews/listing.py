"""The tables and the JSON of `tui-torch list` and `tui-torch progress`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui_torch.course.counts import counts_of, total
from tui_torch.course.lesson import Exercise, Lesson, Quiz
from tui_torch.course.loader import Course
from tui_torch.tutor.progress.progress import Progress


def course_json(course: Course, progress: Progress) -> dict[str, Any]:
    """The tracks and their lessons, with the number of done steps and the counts of each lesson and of all."""
    done = progress.all_done()
    return {
        "title": course.title,
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


def show_progress(console: Console, courses: Iterable[Course], progress: Progress) -> None:
    """Print each lesson that was begun, what is done of it, and where the learner left off."""
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
    if not table.row_count:
        console.print("Nothing is done yet: `tui-torch launch` opens the first lesson.", markup=False)
        return
    console.print(table)
    if kept["place"]:
        console.print(f"\nYou left off at {kept['place']['lesson']}, step {kept['place']['step']}.", style="dim")
