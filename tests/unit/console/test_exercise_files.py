"""Exercises as files: which, where, and what stands in them."""

from __future__ import annotations

from pathlib import Path

from tui_torch.console.exercises.chosen import exercises_in, exercises_of
from tui_torch.console.exercises.text import text_of, write_missing
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course
from tui_torch.tutor.exercise_files.exercise import is_begun
from tui_torch.tutor.progress.own_code import code_in, own_code
from tui_torch.tutor.progress.progress import Progress

COURSE = open_course(lessons_folder())
WHAT = "matrix-multiplication"


def test_a_file_is_the_task_as_a_comment_the_starter_and_what_has_run_before(tmp_path: Path) -> None:
    one = exercises_of(COURSE, WHAT, tmp_path)[0]
    text = text_of(one.lesson, one.step)
    compile(text, "file", "exec")
    assert text.startswith("# Matrix multiplication: What the shops pay\n#\n# `orders`: 3 shops")
    assert "# import torch\n" in text.partition("what has run before")[2]
    assert code_in(text) == one.step.starter
    assert not is_begun(text, one.step)


def test_what_is_written_anywhere_in_a_file_is_the_learners_code(tmp_path: Path) -> None:
    one = exercises_of(COURSE, WHAT, tmp_path)[0]
    text = text_of(one.lesson, one.step)
    assert code_in(text + "parts = 1\n").endswith("parts = 1\n")
    assert code_in(one.step.solution) == one.step.solution
    assert is_begun(text + "parts = 1\n", one.step)


def test_a_file_that_is_there_stays_as_it_is_under_the_number_that_it_has(tmp_path: Path) -> None:
    found = exercises_of(COURSE, WHAT, tmp_path)
    assert write_missing(found, lambda _: None) == len(found) == 3
    mine = found[0].file.with_name(f"07-{found[0].step.id}.py")
    found[0].file.rename(mine)
    mine.write_text("mine = 1\n", "utf-8")

    again = exercises_of(COURSE, WHAT, tmp_path)
    assert again[0].file == mine
    assert write_missing(again, lambda _: None) == 0
    assert mine.read_text("utf-8") == "mine = 1\n"
    assert exercises_in(COURSE, tmp_path) == again


def test_a_new_file_begins_with_what_the_learner_has_in_the_app(tmp_path: Path) -> None:
    one, other, third = exercises_of(COURSE, WHAT, tmp_path)
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.record_attempt(WHAT, one.step.id, "solved = 1\n", "exercise", "passed")
        progress.record_attempt(WHAT, one.step.id, "later = 1\n", "exercise", "failed")
        progress.save_draft(WHAT, other.step.id, "draft = 1\n", known=None, kind="exercise")
        write_missing((one, other, third), lambda each: own_code(progress, WHAT, each.step.id))
    assert [code_in(each.read()) for each in (one, other)] == ["solved = 1\n", "draft = 1\n"]
    assert code_in(third.read()) == third.step.starter


def test_a_track_has_the_exercises_of_its_lessons_in_their_order_and_the_arena_its_problems(tmp_path: Path) -> None:
    of_track = exercises_of(COURSE, "opening", tmp_path)
    assert [one.lesson.id for one in of_track] == sorted(one.lesson.id for one in of_track)
    of_arena = exercises_of(COURSE, "arena", tmp_path)
    assert [one.file.name[:4] for one in of_arena] == [f"{number:03}-" for number in range(1, len(of_arena) + 1)]
    (problem,) = exercises_of(COURSE, of_arena[0].lesson.id, tmp_path)
    assert problem.file == of_arena[0].file
