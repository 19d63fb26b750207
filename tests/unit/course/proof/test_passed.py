"""Which lessons passed is remembered by content, and a fault in what is remembered means that a lesson is run again."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof import passed
from tui_torch.course.proof.passed import PassedLessons

KEY = "a1" * 32
OTHER = "b2" * 32


@pytest.fixture
def kept(tmp_path: Path) -> PassedLessons:
    return PassedLessons(tmp_path / "cache" / "passed")


@pytest.fixture
def key_of(tmp_path: Path, kept: PassedLessons) -> Callable[[str], str]:
    """The key of a lesson of some text; empty if it cannot be read as one."""

    def key(text: str) -> str:
        path = tmp_path / "valid.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return kept.key(path, load_lesson(path), of_course=False)
        except LessonErrors:
            return ""

    return key


def test_a_lesson_that_passed_is_remembered_and_no_other(kept: PassedLessons) -> None:
    assert not kept.has(KEY)
    kept.add(KEY)
    assert kept.has(KEY)
    assert not kept.has(OTHER)


def test_the_same_lesson_has_the_same_key_wherever_its_file_is(kept: PassedLessons, tmp_path: Path, valid: str) -> None:
    keys: set[str] = set()
    for folder in ("one", "two"):
        path = tmp_path / folder / "valid.yaml"
        path.parent.mkdir()
        path.write_text(valid, "utf-8")
        keys.add(kept.key(path, load_lesson(path), of_course=False))
    assert len(keys) == 1


def test_a_lesson_of_the_course_has_to_pass_as_one(kept: PassedLessons, tmp_path: Path, valid: str) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid, "utf-8")
    lesson = load_lesson(path)
    assert kept.key(path, lesson, of_course=True) != kept.key(path, lesson, of_course=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(data=st.data())
def test_any_edit_of_a_lesson_changes_its_key(data: st.DataObject, key_of: Callable[[str], str], valid: str) -> None:
    place = data.draw(st.integers(0, len(valid) - 1))
    character = data.draw(st.sampled_from("aZ 1#\n"))
    edited = valid[:place] + character + valid[place + data.draw(st.integers(0, 1)) :]
    assert (key_of(edited) == key_of(valid)) == (edited == valid)


def test_a_lesson_that_was_saved_after_it_was_read_is_not_taken_for_what_was_read(
    kept: PassedLessons, tmp_path: Path, valid: str
) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(valid, "utf-8")
    read = load_lesson(path)
    path.write_text(valid.replace("y = w * 3", "y = w * 4"), "utf-8")
    between = kept.key(path, read, of_course=False)
    assert between != kept.key(path, load_lesson(path), of_course=False)


def naming(valid: str, name: object) -> str:
    return valid.replace("print(w)", f"print(w, open('{name}'))")


@pytest.mark.parametrize("size", [3, passed.LARGE])
def test_a_file_that_the_lesson_names_is_part_of_it(
    key_of: Callable[[str], str], tmp_path: Path, valid: str, size: int
) -> None:
    file = tmp_path / "points.csv"
    text = naming(valid, file)
    absent = key_of(text)
    file.write_bytes(b"1" * size)
    there = key_of(text)
    file.write_bytes(b"2" * (size - 1))
    edited = key_of(text)
    assert len({absent, there, edited}) == 3


def test_a_file_is_named_as_the_code_finds_it(
    key_of: Callable[[str], str], tmp_path: Path, valid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = naming(valid, "points.csv")
    absent = key_of(text)
    (tmp_path / "points.csv").write_text("1")
    assert key_of(text) != absent


def test_a_file_that_is_added_to_a_folder_that_the_lesson_names_is_seen(
    key_of: Callable[[str], str], tmp_path: Path, valid: str
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    text = naming(valid, folder)
    empty = key_of(text)
    (folder / "one.png").touch()
    assert key_of(text) != empty


def test_a_file_that_cannot_be_read_is_no_fault_of_the_check(
    key_of: Callable[[str], str], tmp_path: Path, valid: str
) -> None:
    (tmp_path / "circle").symlink_to("circle")
    assert key_of(naming(valid, tmp_path / "circle"))
    assert key_of(naming(valid, "\\0"))
    assert key_of(naming(valid, "x" * 255))


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def of_another_program(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95\xff" * 100)


def of_another_lesson(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(KEY.encode(), OTHER.encode()))


@pytest.mark.parametrize("damage", [cut_short, empty, of_another_program, of_another_lesson])
def test_a_damaged_file_is_ignored_and_made_anew(
    kept: PassedLessons, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    kept.add(KEY)
    damage(tmp_path / "cache" / "passed" / KEY)
    assert not kept.has(KEY)
    kept.add(KEY)
    assert kept.has(KEY)


def test_a_folder_that_cannot_be_made_remembers_nothing_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", "utf-8")
    kept = PassedLessons(tmp_path / "cache" / "passed")
    kept.add(KEY)
    assert not kept.has(KEY)


def test_something_else_in_a_files_place_is_left_alone(kept: PassedLessons, tmp_path: Path) -> None:
    (tmp_path / "cache" / "passed" / KEY / "mine").mkdir(parents=True)
    kept.add(KEY)
    assert not kept.has(KEY)
    assert [file.name for file in (tmp_path / "cache" / "passed").iterdir()] == [KEY]


def test_those_that_were_asked_for_longest_ago_are_forgotten(
    kept: PassedLessons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passed, "MOST", 3)
    keys = [f"{number:064x}" for number in range(4)]
    for age, key in enumerate(keys[:3]):
        kept.add(key)
        os.utime(tmp_path / "cache" / "passed" / key, (age, age))
    assert kept.has(keys[0])
    kept.add(keys[3])
    assert [kept.has(key) for key in keys] == [True, False, True, True]


def add_and_ask(folder: Path) -> bool:
    kept = PassedLessons(folder)
    for _ in range(50):
        kept.add(KEY)
        if not kept.has(KEY):
            return False
    return True


def test_checks_that_run_at_the_same_time_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "passed"
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as several:
        assert all(several.map(add_and_ask, [folder] * 4))
    assert [file.name for file in folder.iterdir()] == [KEY]
