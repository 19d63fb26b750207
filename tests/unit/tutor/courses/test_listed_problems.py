"""A problem that a course from elsewhere lists in a track: a lesson of that course, and none of our arena's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.course_packages import written
from tui_torch.course.course_folder import COURSE_FILE
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import Course, open_course
from tui_torch.course.packages.template import LESSON
from tui_torch.course.template import write_lesson
from tui_torch.kernel.session import KernelSession
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Tried
from tui_torch.tutor.tutor import Tutor

OURS = "stable-softmax"
"""The id of a problem of our arena, and of the one that the course lists."""
KEY, STEP = f"waves:{OURS}", "solve"


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[Progress]:
    with Progress.open(tmp_path / "progress.db") as progress:
        yield progress


@pytest.fixture
def course(tmp_path: Path) -> Course:
    folder = written(tmp_path)
    write_lesson(folder / "first-steps" / f"{OURS}.yaml", is_problem=True)
    contents = folder / COURSE_FILE
    text = contents.read_text("utf-8")
    contents.write_text(text.replace(f"- {LESSON}", f"- {OURS}\n      - {LESSON}"), "utf-8")
    return open_course(folder, name="waves")


def taught(course: Course, progress: Progress) -> Tutor:
    return Tutor(course, progress, cast("KernelSession", None))


def test_what_is_done_of_it_counts_in_its_course_and_leaves_our_problem_of_that_id_alone(
    course: Course, progress: Progress
) -> None:
    ours = taught(open_course(lessons_folder()), progress)
    ours.open_problem(ours.course.arena.problem(OURS))
    ours.save("ours = 1\n")
    assert (ours.kind, ours.key, ours.in_course) == ("problem", f"arena:{OURS}", False)

    tutor = taught(course, progress)
    tutor.change_course(course)
    tutor.open(course.lesson(OURS))
    assert (tutor.kind, tutor.key, tutor.path) == ("lesson", KEY, course.path_of(OURS))
    assert tutor.code == tutor.original
    tutor.save("theirs = 1\n")
    progress.mark_done(tutor.key, tutor.step.id)
    assert [len(one.done) for one in tutor.standings() if one.lesson.id == OURS] == [1]
    following = tutor.following()
    assert following is not None and following.id == LESSON

    assert (progress.draft(f"arena:{OURS}", STEP), progress.done(f"arena:{OURS}")) == ("ours = 1\n", frozenset())
    again = taught(course, progress)
    again.resume()
    assert (again.kind, again.key, again.code) == ("lesson", KEY, "theirs = 1\n")
    ours = taught(open_course(lessons_folder()), progress)
    ours.change_course(ours.course)
    assert (ours.kind, ours.key, ours.code) == ("problem", f"arena:{OURS}", "ours = 1\n")


def test_a_round_asks_for_it_as_for_an_exercise_of_its_course(course: Course, progress: Progress) -> None:
    for key in (KEY, f"arena:{OURS}"):
        progress.mark_done(key, STEP)
        progress.record_review(key, STEP, Tried(1000, right=True))
    tutor = taught(course, progress)
    assert [(item.lesson, item.kind) for item in tutor.practised(1000)] == [
        (OURS, "exercise"),
        (f"arena:{OURS}", "problem"),
    ]
    for first, key, is_of_arena in (((OURS, STEP), KEY, False), ((f"arena:{OURS}", STEP), f"arena:{OURS}", True)):
        tutor.begin_practice(1000, minutes=1, first=first)
        assert (tutor.key, tutor.card.is_of_arena) == (f"practice:{key}", is_of_arena)
        assert tutor.lesson == (tutor.course.arena.problem(OURS) if is_of_arena else course.lesson(OURS))
