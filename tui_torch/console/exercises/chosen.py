"""Which exercises are meant, and the file of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.course.loader import Course, LoadedFile
from tui_torch.course.naming import did_you_mean, in_backticks
from tui_torch.refused import USAGE, RefusedError
from tui_torch.tutor.exercise_files.exercise import ChosenExercise

ARENA = "arena"
"""What names all problems, and the name of their folder."""


def exercises_of(course: Course, what: str, folder: Path) -> tuple[ChosenExercise, ...]:
    """The exercises of a lesson, a track or the arena, by its name. Raises RefusedError, LessonErrors."""
    from tui_torch.console.chosen_lesson import NoSuchLessonError, choose, is_file

    if what == ARENA:
        return tuple(_of_problems(course, course.arena.ids, folder))
    track = next((track for track in course.tracks if track.id == what), None)
    if track is not None:
        return tuple(one for name in track.lessons for one in _of_lesson(course, name, folder))
    if what in course.ids:
        return tuple(_of_lesson(course, what, folder))
    if what in course.arena.ids:
        return tuple(_of_problems(course, (what,), folder))
    if not is_file(what):
        hint = did_you_mean(what, [*course.ids, *(track.id for track in course.tracks), ARENA, *course.arena.ids])
        raise RefusedError(f"there is no lesson, no track and no problem {in_backticks(what)}{hint}", USAGE)
    try:
        chosen = choose(course, what)
    except NoSuchLessonError as error:
        raise RefusedError(str(error), USAGE) from None
    if chosen.loaded is None:  # the file of a lesson of the course
        return exercises_of(course, chosen.lesson.id, folder)
    found = _in_lesson(chosen.lesson, folder, chosen.lesson.id, chosen.path, chosen.loaded)
    return tuple(found)


def exercises_in(course: Course, folder: Path) -> tuple[ChosenExercise, ...]:
    """The exercises of the lessons and of the arena that have files in a folder."""
    names = [found[1] for path in _listed(folder) if (found := re.fullmatch(r"\d+-(.+)", path.name))]
    found = [one for name in course.ids if name in names for one in _of_lesson(course, name, folder)]
    problems = _of_problems(course, course.arena.ids, folder) if (folder / ARENA).is_dir() else ()
    return tuple(one for one in (*found, *problems) if one.file.exists())


def _of_lesson(course: Course, name: str, folder: Path) -> Iterator[ChosenExercise]:
    number = course.ids.index(name) + 1
    return _in_lesson(course.lesson(name), folder, _numbered(folder, number, name, digits=2))


def _in_lesson(
    lesson: Lesson, folder: Path, inner: str, path: Path | None = None, loaded: LoadedFile | None = None
) -> Iterator[ChosenExercise]:
    exercises = [step for step in lesson.steps if isinstance(step, Exercise)]
    for number, step in enumerate(exercises, start=1):
        name = _numbered(folder / inner, number, step.id, digits=2, suffix=".py")
        yield ChosenExercise(lesson, step, folder / inner / name, f"{inner}/{name}", path, loaded)


def _of_problems(course: Course, ids: Sequence[str], folder: Path) -> Iterator[ChosenExercise]:
    for number, problem in enumerate(course.arena.problems(), start=1):
        step = problem.steps[0]
        if problem.id in ids and isinstance(step, Exercise):
            name = _numbered(folder / ARENA, number, problem.id, digits=3, suffix=".py")
            yield ChosenExercise(problem, step, folder / ARENA / name, f"{ARENA}/{name}", is_of_arena=True)


def _numbered(folder: Path, number: int, name: str, *, digits: int, suffix: str = "") -> str:
    """The name of a file with its number in front.

    One that is there keeps its number: what comes before it may have been inserted since.
    """
    pattern = re.compile(rf"\d+-{re.escape(name + suffix)}")
    there = next((path.name for path in _listed(folder) if pattern.fullmatch(path.name)), None)
    return there or f"{number:0{digits}}-{name}{suffix}"


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
