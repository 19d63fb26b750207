"""Courses from elsewhere: agreed to once for each content, kept apart from ours, and found again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.course_packages import written
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.packages.course_error import CourseError
from tui_torch.course.packages.folder import course_in
from tui_torch.course.packages.template import LESSON
from tui_torch.tutor.courses.known import course_left_off, find_course, known_courses
from tui_torch.tutor.courses.trusted_course import UntrustedCourseError, open_trusted
from tui_torch.tutor.practice.items import items
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Tried
from tui_torch.tutor.progress.standing import standings


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[Progress]:
    with Progress.open(tmp_path / "progress.db") as progress:
        yield progress


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path)


def asked_about(folder: Path, progress: Progress) -> UntrustedCourseError:
    with pytest.raises(UntrustedCourseError) as asked:
        open_trusted(course_in(folder), progress)
    return asked.value


def agreed(folder: Path, progress: Progress) -> None:
    open_trusted(course_in(folder), progress, agreed=asked_about(folder, progress).digest)


def test_a_course_is_asked_about_once_and_again_when_any_file_has_changed(folder: Path, progress: Progress) -> None:
    assert "is not part of tui-torch" in str(asked_about(folder, progress))
    agreed(folder, progress)
    assert open_trusted(course_in(folder), progress).title == "Waves"

    lesson = folder / "first-steps" / f"{LESSON}.yaml"
    before = lesson.read_bytes()
    lesson.write_bytes(before + b"# more\n")
    (folder / "data.csv").write_text("1,2\n")
    asked = asked_about(folder, progress)
    assert f"has changed since you agreed to it (changed: first-steps/{LESSON}.yaml; new: data.csv)" in str(asked)
    (folder / "data.csv").unlink()
    lesson.write_bytes(before)
    assert open_trusted(course_in(folder), progress).ids == (LESSON,)


def test_what_was_agreed_to_is_another_content_s_no_leave(folder: Path, progress: Progress) -> None:
    digest = asked_about(folder, progress).digest
    (folder / "more.py").write_text("")
    with pytest.raises(UntrustedCourseError):
        open_trusted(course_in(folder), progress, agreed=digest)


def test_a_lesson_that_changes_once_the_course_is_open_is_not_read(folder: Path, progress: Progress) -> None:
    agreed(folder, progress)
    course = open_trusted(course_in(folder), progress)
    with course.path_of(LESSON).open("a") as lesson:
        lesson.write("# more\n")
    with pytest.raises(LessonErrors, match="another than when you agreed to the course"):
        course.lesson(LESSON)


def test_work_on_lessons_of_one_id_in_two_courses_does_not_mix(folder: Path, progress: Progress) -> None:
    agreed(folder, progress)
    course = open_trusted(course_in(folder), progress)
    course.lesson(LESSON)
    progress.mark_done(LESSON, "cut-off")
    progress.record_review(LESSON, "both-ends", Tried(1000, right=True))
    [theirs] = standings(course.outlines, progress, course.name)
    assert theirs.done == frozenset()
    assert items(course.outlines, course.arena, progress, 2000, course.name) == []
    progress.record_review(course.key_of(LESSON), "both-ends", Tried(1000, right=True))
    [item] = items(course.outlines, course.arena, progress, 2000, course.name)
    assert item.name == (LESSON, "both-ends")
    progress.reset(course.key_of(LESSON))
    assert progress.done(LESSON) == {"cut-off"}


def test_work_on_a_lesson_that_was_opened_as_a_file_goes_on_in_its_course(folder: Path, progress: Progress) -> None:
    path = str(folder / "first-steps" / f"{LESSON}.yaml")
    progress.mark_done(path, "cut-off")
    progress.save_draft(path, "percentages", "mine", known=None, kind="exercise")
    agreed(folder, progress)
    assert progress.done(f"waves:{LESSON}") == {"cut-off"}
    assert progress.draft(f"waves:{LESSON}", "percentages") == "mine"
    assert progress.done(path) == frozenset()


def test_each_course_has_a_place_of_its_own(progress: Progress) -> None:
    progress.remember_place("gradients", "three-scalars")
    progress.remember_place("waves:within-bounds", "cut-off", "waves")
    assert progress.open_course == "waves"
    assert progress.place_in("") == ("gradients", "three-scalars")
    assert progress.place_in("waves") == progress.place() == ("waves:within-bounds", "cut-off")
    assert progress.opened_courses() == ()


def test_a_course_that_was_opened_is_known_until_it_is_forgotten(folder: Path, progress: Progress) -> None:
    agreed(folder, progress)
    progress.remember_place(f"waves:{LESSON}", "cut-off", "waves")
    assert [one.name for one in known_courses(progress)] == ["waves"]
    assert find_course("waves", progress).folder == folder
    left_off = course_left_off(progress)
    assert left_off is not None and left_off.folder == folder

    shutil.rmtree(folder)
    [gone] = known_courses(progress)
    assert (
        gone.problem
        == f"its folder {folder} is not there any more; `tui-torch list --forget waves` takes it off the list"
    )
    with pytest.raises(CourseError, match="is not there any more"):
        course_left_off(progress)
    progress.forget_course("waves")
    assert known_courses(progress) == ()


def test_another_course_of_the_same_name_is_not_opened_beside_it(
    folder: Path, progress: Progress, tmp_path: Path
) -> None:
    agreed(folder, progress)
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    with pytest.raises(CourseError) as wrong:
        find_course(str(other), progress)
    assert str(wrong.value) == (
        f"there is a course called `waves` already, from {folder}; `tui-torch list --forget waves` forgets it, "
        "or write another `name` in its course.yaml"
    )
    assert find_course(str(folder.parent), progress).folder == folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wave", "there is no course `wave`; did you mean `waves`?"),
        ("./nowhere", "nowhere, expected that of a course"),
        (".", "there is no course.yaml in "),
        ("several", "there are several courses in "),
    ],
)
def test_what_is_no_course_is_said_in_one_sentence(
    folder: Path, progress: Progress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    agreed(folder, progress)
    empty = tmp_path / "empty"
    for one in ("a", "b"):
        (empty / "several" / one).mkdir(parents=True)
        (empty / "several" / one / "course.yaml").touch()
    monkeypatch.chdir(empty)
    with pytest.raises(CourseError) as wrong:
        find_course(name, progress)
    assert said in str(wrong.value)
    assert "\n" not in str(wrong.value)
