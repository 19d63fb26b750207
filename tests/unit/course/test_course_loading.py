from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import AT_HAND, Course, load_course, load_lesson, open_course
from tui_torch.course.naming import closest


def errors(folder: Path) -> list[str]:
    """What loading the course reports, with paths inside the folder."""
    with pytest.raises(LessonErrors) as raised:
        load_course(folder)
    return [str(error).removeprefix(f"{folder}/") for error in raised.value.errors]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def course(course_folder: Path) -> Course:
    return load_course(course_folder)


def test_lessons_come_in_the_order_of_the_course(course: Course) -> None:
    assert [lesson.id for lesson in course.lessons] == ["one", "two", "three"]


def test_a_lesson_and_its_track_and_file_are_found_by_id(course: Course, course_folder: Path) -> None:
    assert course.lesson("three").id == "three"
    assert course.track_of("three").title == "Second"
    assert course.path_of("three") == course_folder / "second" / "three.yaml"


def test_the_lesson_that_follows_may_be_in_the_next_track(course: Course) -> None:
    assert course.following("two") == "three"


def test_nothing_follows_the_last_lesson(course: Course) -> None:
    assert course.following("three") is None


@pytest.mark.parametrize("ask", [Course.lesson, Course.track_of, Course.path_of, Course.following])
def test_a_lesson_that_is_not_there_is_a_key_error(course: Course, ask: object) -> None:
    assert callable(ask)
    with pytest.raises(KeyError):
        ask(course, "four")


def test_a_lesson_without_a_file_is_reported_where_the_course_lists_it(course_folder: Path) -> None:
    (course_folder / "first" / "two.yaml").unlink()
    assert errors(course_folder) == [
        "course.yaml:6:20: there is no file `first/two.yaml`, expected the lesson `two` in it"
    ]


def test_a_file_that_the_course_does_not_list_is_reported(course_folder: Path) -> None:
    for name in ("four.yaml", "five.yml", "notes.txt", ".six.yaml"):
        (course_folder / "first" / name).write_text("", encoding="utf-8")
    assert errors(course_folder) == [
        "course.yaml:6:14: the track does not list `first/five.yml`, expected every lesson of its folder",
        "course.yaml:6:14: the track does not list `first/four.yaml`, expected every lesson of its folder",
    ]


def test_a_lesson_listed_twice_is_reported(course_folder: Path) -> None:
    replace(course_folder / "course.yaml", "[three]", "[three, one]")
    assert errors(course_folder) == ["course.yaml:7:50: lesson `one` is in the course already, expected it once"]


def test_a_track_listed_twice_is_reported(course_folder: Path) -> None:
    replace(course_folder / "course.yaml", "id: second", "id: first")
    assert "course.yaml:7:10: `id` is `first`, as in an earlier track of the course, expected one of its own" in errors(
        course_folder
    )


def test_requiring_no_lesson_of_the_course_is_reported_with_the_one_that_was_meant(course_folder: Path) -> None:
    replace(course_folder / "second" / "three.yaml", "requires: [one]", "requires: [onne]")
    assert errors(course_folder) == [
        "second/three.yaml:6:12: `requires` names `onne`, which is not a lesson of the course; did you mean `one`?"
    ]


@pytest.mark.parametrize("later", ["three", "one"])
def test_requiring_itself_or_a_later_lesson_is_reported(course_folder: Path, later: str) -> None:
    replace(course_folder / "first" / "one.yaml", "requires: []", f"requires: [{later}]")
    assert errors(course_folder) == [
        f"first/one.yaml:6:12: `requires` names `{later}`, which does not come before this one, "
        "expected an earlier lesson"
    ]


def test_the_mistakes_of_all_files_are_reported_at_once(course_folder: Path) -> None:
    replace(course_folder / "course.yaml", "title: A course", "titel: A course")
    replace(course_folder / "first" / "one.yaml", "minutes: 10", "minutes: ten")
    replace(course_folder / "second" / "three.yaml", "requires: [one]", "requires: [zzz]")
    replace(course_folder / "second" / "three.yaml", "minutes: 10", "minutes: ten")
    places = [error.split(": ")[0] for error in errors(course_folder)]
    assert places == ["course.yaml:2:1", "first/one.yaml:5:10", "second/three.yaml:5:10", "second/three.yaml:6:12"]


@pytest.mark.parametrize("name", ["../one", "..", "/etc/passwd", "one/../two"])
def test_a_lesson_id_never_leads_out_of_the_folder(course_folder: Path, name: str) -> None:
    replace(course_folder / "course.yaml", "[three]", f"[three, {name}]")
    assert errors(course_folder) == [
        f"course.yaml:7:50: an entry of `lessons` is `{name}`, expected lower-case letters, digits and hyphens"
    ]


def test_a_track_id_never_leads_out_of_the_folder(course_folder: Path) -> None:
    replace(course_folder / "course.yaml", "id: second", "id: ..")
    assert "course.yaml:7:10: `id` is `..`, expected lower-case letters, digits and hyphens" in errors(course_folder)


def test_a_link_out_of_the_folder_is_reported_where_the_course_lists_it(course_folder: Path) -> None:
    lesson = course_folder / "second" / "three.yaml"
    lesson.rename(course_folder.parent / "three.yaml")
    lesson.symlink_to(course_folder.parent / "three.yaml")
    assert errors(course_folder) == [
        "course.yaml:7:43: `second/three.yaml` is a link to outside the course's folder, expected a file in it"
    ]


def test_a_track_that_is_a_link_out_of_the_folder_is_reported(course_folder: Path) -> None:
    (course_folder / "second").rename(course_folder.parent / "second")
    (course_folder / "second").symlink_to(course_folder.parent / "second")
    assert errors(course_folder) == [
        "course.yaml:7:43: `second/three.yaml` is a link to outside the course's folder, expected a file in it"
    ]


def test_a_course_file_that_is_a_link_out_of_the_folder_is_reported(course_folder: Path) -> None:
    (course_folder / "course.yaml").rename(course_folder.parent / "course.yaml")
    (course_folder / "course.yaml").symlink_to(course_folder.parent / "course.yaml")
    assert errors(course_folder) == [
        "course.yaml:1:1: the file is a link to outside the course's folder, expected a file in it"
    ]


def test_a_link_within_the_folder_is_fine(course_folder: Path) -> None:
    lesson = course_folder / "second" / "three.yaml"
    lesson.rename(course_folder / "kept.yaml")
    lesson.symlink_to("../kept.yaml")
    assert load_course(course_folder).lesson("three").id == "three"


def test_a_folder_without_a_course_is_an_error(tmp_path: Path) -> None:
    assert errors(tmp_path) == ["course.yaml:1:1: there is no such file, expected a YAML file"]


def test_the_courses_of_a_checkout_are_beside_the_package() -> None:
    assert (lessons_folder() / "course.yaml").is_file()


def test_the_closest_name_is_the_one_that_was_meant() -> None:
    assert closest("gradient", ["tensor-creation", "gradients"]) == "gradients"


@pytest.mark.parametrize("name", ["quantum", "g" * 1_000_000])
def test_no_name_is_close_to_one_that_is_far_off(name: str) -> None:
    assert closest(name, ["tensor-creation", "gradients"]) is None


# A course whose lessons are read when they are asked for.


def write_course(folder: Path, names: list[str], pattern: str) -> None:
    """A course of lessons that are one of ours, each under another name."""
    text = (lessons_folder() / "basics" / f"{pattern}.yaml").read_text("utf-8")
    text = re.sub(r"^requires: .*\n", "", text, flags=re.MULTILINE)
    (folder / "only").mkdir()
    for name in names:
        (folder / "only" / f"{name}.yaml").write_text(text.replace(f"id: {pattern}\n", f"id: {name}\n", 1), "utf-8")
    track = f"[{{id: only, title: The only track, lessons: [{', '.join(names)}]}}]"
    (folder / "course.yaml").write_text(f"schema: 1\ntitle: A course\ntracks: {track}\n", "utf-8")


def test_opening_a_course_reads_no_lesson(course_folder: Path) -> None:
    for lesson in course_folder.glob("*/*.yaml"):
        lesson.write_text("no lesson", encoding="utf-8")
    course = open_course(course_folder)
    assert (course.ids, course.at_hand, course.errors) == (("one", "two", "three"), (), ())


def test_an_opened_course_has_the_same_lessons_as_a_loaded_one(course_folder: Path) -> None:
    course = open_course(course_folder)
    assert course.lesson("three") == load_course(course_folder).lesson("three")
    assert course.at_hand == (course.lesson("three"),)
    assert course.lessons == load_course(course_folder).lessons


def test_of_many_lessons_the_outlines_are_kept_and_few_of_them_whole(tmp_path: Path) -> None:
    names = [f"lesson-{number}" for number in range(AT_HAND + 10)]
    given = load_lesson(lessons_folder() / "basics" / "gradients.yaml")
    write_course(tmp_path, names, "gradients")
    course = open_course(tmp_path)
    for _ in range(2):
        for name in names:
            lesson = course.lesson(name)
            assert (lesson.id, lesson.steps) == (name, given.steps)
            assert course.lesson(name) is lesson
        assert [lesson.id for lesson in course.at_hand] == names[-AT_HAND:]
    assert [outline.id for outline in course.outlines] == names
    exercises = [step.id for step in given.steps if step.kind == "exercise"]
    for outline in course.outlines:
        assert outline.steps == tuple(step.id for step in given.steps)
        assert outline.exercises == tuple(exercises)
        assert (outline.title, outline.summary, outline.minutes) == (given.title, given.summary, given.minutes)


def test_opening_a_course_reports_what_is_missing_and_what_is_not_listed(course_folder: Path) -> None:
    (course_folder / "first" / "two.yaml").rename(course_folder / "first" / "four.yaml")
    with pytest.raises(LessonErrors) as raised:
        open_course(course_folder)
    with pytest.raises(LessonErrors) as loaded:
        load_course(course_folder)
    assert raised.value.errors == loaded.value.errors
    assert len(raised.value.errors) == 2


def test_a_lesson_that_is_wrong_hides_no_other_and_is_read_again_once_it_is_mended(course_folder: Path) -> None:
    replace(course_folder / "first" / "two.yaml", "minutes: 10", "minutes: ten")
    course = open_course(course_folder)
    assert [lesson.id for lesson in course.lessons] == ["one", "three"]
    assert [error.path.name for error in course.errors] == ["two.yaml"]
    with pytest.raises(LessonErrors):
        course.lesson("two")
    replace(course_folder / "first" / "two.yaml", "minutes: ten", "minutes: 10")
    assert course.lesson("two").id == "two"
    assert course.errors == ()


def test_a_lesson_read_on_its_own_may_not_require_a_later_one(course_folder: Path) -> None:
    replace(course_folder / "first" / "one.yaml", "requires: []", "requires: [three]")
    with pytest.raises(LessonErrors, match="does not come before this one"):
        open_course(course_folder).lesson("one")


def test_a_lesson_read_on_its_own_may_not_be_a_link_out_of_the_folder(course_folder: Path) -> None:
    lesson = course_folder / "second" / "three.yaml"
    lesson.rename(course_folder.parent / "three.yaml")
    lesson.symlink_to(course_folder.parent / "three.yaml")
    with pytest.raises(LessonErrors, match="outside the course's folder"):
        open_course(course_folder).lesson("three")
