"""The lesson that an author starts from, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.complete import incomplete
from tui_torch.course.template import CannotWriteError, lesson_file, template, write_lesson


@pytest.mark.parametrize("lesson_id", ["relu", "a-very-long-name-for-a-lesson-on-one-thing", "7", "on", "null", "-"])
def test_any_id_gives_a_lesson_that_loads(tmp_path: Path, lesson_id: str) -> None:
    path = tmp_path / f"{lesson_id}.yaml"
    write_lesson(path)
    assert load_lesson(path).id == lesson_id


@pytest.mark.parametrize(
    ("name", "file"), [("relu", "relu.yaml"), ("drafts/relu", "drafts/relu.yaml"), ("drafts/relu.yaml",) * 2]
)
def test_a_lesson_is_named_by_its_id_or_by_its_path(name: str, file: str) -> None:
    assert lesson_file(name) == Path(file)


@pytest.mark.parametrize("name", ["", ".yaml", "My Lesson", "a_b", "drafts/", "relu.yml", "../.."])
def test_what_cannot_be_an_id_names_no_file(name: str) -> None:
    with pytest.raises(CannotWriteError, match="expected lower-case letters"):
        lesson_file(name)


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    link = tmp_path / "relu.yaml"
    link.symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(CannotWriteError, match="already"):
        write_lesson(link)
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_a_problem_to_start_from_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "clip-it.yaml"
    write_lesson(path, is_problem=True)
    problem = load_lesson(path)
    assert (problem.id, problem.difficulty, list(incomplete(problem))) == ("clip-it", "easy", [])


def test_its_comments_say_where_to_fill_in() -> None:
    text = template("relu")
    for number, word in enumerate(("Shown", "Predicted", "Changed", "Practised", "Summed up"), start=1):
        assert f"  # {number}. {word}" in text
    assert max(map(len, text.splitlines())) <= 120
