"""A program that is open loses nothing that was typed, whoever else writes to its file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tui_torch.kernel.session import KernelSession
from tui_torch.programs.calls import call_of
from tui_torch.programs.program import ProgramError
from tui_torch.programs.reading import read_program
from tui_torch.programs.saving import ChangedElsewhereError
from tui_torch.tutor.own_program.opened import ChangedBothWaysError, OpenedProgram
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import UntrustedError, content_hash
from tui_torch.tutor.user_files import progress_file

SCRIPT = "# %% A\nx = 1\n\n# %% B\ny = 2\n\n# %% C\nz = 3\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path / "home"))
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, "utf-8")
    return path


@pytest.fixture
def progress(path: Path) -> Iterator[Progress]:
    with Progress.open(progress_file()) as progress:
        yield progress


def opened(path: Path, progress: Progress, *, agreed: bool = True) -> OpenedProgram:
    # None of this runs code.
    kernel = cast("KernelSession", None)
    return OpenedProgram(read_program(path), call_of(path, (), None), progress, kernel, agreed=agreed)


def codes(program: OpenedProgram) -> list[str]:
    return [program.code_of(cell) for cell in program.cells]


def set_aside(path: Path) -> dict[str, str]:
    return {file.name: file.read_text("utf-8") for file in (path.parent / "home" / "set-aside").iterdir()}


def test_what_is_typed_is_there_when_the_program_is_opened_again(path: Path, progress: Progress) -> None:
    first = opened(path, progress)
    first.go(1)
    first.type("y = 22")
    assert codes(opened(path, progress)) == ["x = 1", "y = 22", "z = 3"]
    assert path.read_text("utf-8") == SCRIPT


def test_what_is_typed_back_is_no_draft(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    assert program.is_edited
    program.type("x = 1")
    assert not program.is_edited
    assert not opened(path, progress).is_edited


def test_a_draft_finds_its_cell_in_a_file_that_was_changed_meanwhile(path: Path, progress: Progress) -> None:
    first = opened(path, progress)
    first.go(2)
    first.type("z = 33")
    path.write_text("# %% New\nw = 0\n\n" + SCRIPT, "utf-8")
    again = opened(path, progress)
    assert codes(again) == ["w = 0", "x = 1", "y = 2", "z = 33"]
    assert again.notice is None


def test_a_draft_whose_cell_is_gone_is_in_a_file_that_is_named(path: Path, progress: Progress) -> None:
    first = opened(path, progress)
    first.go(2)
    first.type("z = 33")
    path.write_text("# %% A\nx = 1\n", "utf-8")
    again = opened(path, progress)
    assert codes(again) == ["x = 1"]
    assert set_aside(path) == {"train-1.py": "z = 33"}
    assert again.notice is not None
    assert str(path.parent / "home" / "set-aside" / "train-1.py") in again.notice
    assert opened(path, progress).notice is None, "it is said once"


def test_lines_have_the_numbers_that_they_have_in_the_file_with_what_is_typed(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    assert [program.line_of(cell) for cell in program.cells] == [2, 5, 8]
    program.type("x = 1\nx += 1\nx += 2")
    assert [program.line_of(cell) for cell in program.cells] == [2, 7, 10]
    assert [program.place_of_line(line) for line in (1, 4, 7, 9, 10, 99)] == [0, 0, 1, 1, 2, 2]


def test_saving_writes_what_was_typed_and_leaves_no_draft(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    assert program.save() == f"saved to {path}: the code of 1 cell"
    assert path.read_text("utf-8") == SCRIPT.replace("x = 1", "x = 11")
    assert not program.is_edited
    assert not opened(path, progress).is_edited
    assert progress.trusted(content_hash(path.read_bytes()))


def test_nothing_is_saved_over_what_somebody_else_wrote(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    path.write_text(SCRIPT + "theirs = 1\n", "utf-8")
    with pytest.raises(ChangedElsewhereError):
        program.save()
    assert path.read_text("utf-8") == SCRIPT + "theirs = 1\n"
    assert program.code == "x = 11"
    program.save(over_changes=True)
    assert path.read_text("utf-8") == SCRIPT.replace("x = 1", "x = 11")


def test_a_change_elsewhere_than_at_a_draft_is_taken_over(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.go(2)
    program.type("z = 33")
    path.write_text(SCRIPT.replace("# %% A\n", "# %% New\nw = 0\n\n# %% A\n"), "utf-8")
    assert program.read_again()
    assert codes(program) == ["w = 0", "x = 1", "y = 2", "z = 33"]
    assert program.at == 3, "the current cell stays the current one"
    assert not program.read_again(), "it is as it was read"


@pytest.mark.parametrize("theirs", [SCRIPT.replace("x = 1", "x = 5"), "# %% B\ny = 2\n"])
def test_a_change_where_a_draft_is_waits_for_an_answer(path: Path, progress: Progress, theirs: str) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    path.write_text(theirs, "utf-8")
    with pytest.raises(ChangedBothWaysError):
        program.read_again()
    assert codes(program) == ["x = 11", "y = 2", "z = 3"]
    where = program.take_theirs()
    assert codes(program) == codes(opened(path, progress)) == [cell.code for cell in read_program(path).cells]
    assert set_aside(path) == {"train-1.py": SCRIPT.replace("x = 1", "x = 11")}
    assert where == path.parent / "home" / "set-aside" / "train-1.py"
    assert program.take_theirs() is None


def test_the_difference_is_that_of_the_code_in_the_file_and_in_the_drafts(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    assert program.difference() == ()
    program.type("x = 11")
    path.write_text(SCRIPT.replace("x = 1", "x = 5\nw = 1"), "utf-8")
    first, second, third, *lines = program.difference()
    assert (first.strip(), second.strip(), third[:2]) == ("--- theirs", "+++ yours", "@@")
    assert lines == [" # %% A", "-x = 5", "-w = 1", "+x = 11", " # %% B", " y = 2"]
    path.unlink()
    assert program.difference() == ()


def test_whoever_leaves_with_drafts_is_told(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    assert program.draft_notice is None
    program.type("x = 11")
    assert program.draft_notice is not None
    assert program.draft_notice.startswith(f"{path}: what you typed is kept as a draft, and not in the file")
    program.save()
    assert program.draft_notice is None


def test_a_change_that_is_the_draft_itself_is_no_conflict(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    path.write_text(SCRIPT.replace("x = 1", "x = 11"), "utf-8")
    assert program.read_again()
    assert not program.is_edited


def test_what_others_write_runs_only_when_that_was_agreed_to(path: Path, progress: Progress) -> None:
    progress.trust(content_hash(path.read_bytes()))
    program = opened(path, progress, agreed=False)
    path.write_text("import os\n", "utf-8")
    with pytest.raises(UntrustedError) as refused:
        program.read_again()
    assert codes(program) == ["x = 1", "y = 2", "z = 3"]
    assert program.read_again(agreed=refused.value.content_hash)
    path.write_text("import sys\n", "utf-8")
    assert program.read_again(), "that covers what is saved to it later"


@pytest.mark.parametrize("theirs", [b"\x00\x01", None])
def test_what_is_no_program_any_more_leaves_what_is_shown(path: Path, progress: Progress, theirs: bytes | None) -> None:
    program = opened(path, progress)
    program.type("x = 11")
    path.unlink()
    if theirs is not None:
        path.write_bytes(theirs)
    with pytest.raises(ProgramError):
        program.read_again()
    assert codes(program) == ["x = 11", "y = 2", "z = 3"]


def test_a_cell_goes_back_to_the_files_and_to_ones_own(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    assert program.swap_with_file("x = 1") is None
    assert program.swap_with_file("x = 11") == "x = 1"
    assert program.swap_with_file("x = 1") == "x = 11"


def test_the_end_of_a_notebook_that_is_text_takes_no_code(tmp_path: Path, progress: Progress) -> None:
    path = tmp_path / "notes.ipynb"
    cells = [
        {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": "x = 1"},
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "The end."},
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    program = opened(path, progress)
    program.go(1)
    program.type("y = 2")
    assert (program.cell.takes_code, program.is_edited) == (False, False)


def test_a_notebook_without_cells_is_one_text(tmp_path: Path, progress: Progress) -> None:
    path = tmp_path / "empty.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "utf-8")
    program = opened(path, progress)
    assert [cell.text for cell in program.cells] == ["This notebook has no cells."]
    program.type("x = 1")
    assert not program.is_edited


def test_drafts_of_a_later_version_are_left_alone(path: Path, progress: Progress) -> None:
    first = opened(path, progress)
    first.type("x = 11")
    key = first._drafts.key  # pyright: ignore[reportPrivateUsage]
    progress.save_draft(key, "drafts", '{"version": 2}', known=None, kind="program")
    assert codes(opened(path, progress)) == ["x = 1", "y = 2", "z = 3"]
    assert progress.draft(key, "drafts") == '{"version": 2}'


def test_a_cell_stands_on_what_the_cells_above_it_make(path: Path, progress: Progress) -> None:
    program = opened(path, progress)
    program.go(2)
    program.type("z = 33")
    assert program.stood_on() == ["x = 1", "y = 2"]
    path.write_text("x = 1\n", "utf-8")
    whole = opened(path, progress)
    assert whole.stood_on() == []
