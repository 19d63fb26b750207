"""A program is saved whole, never over what somebody else wrote, and it is said what happened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tui_torch.programs import saving
from tui_torch.programs.program import OwnProgram, ProgramError
from tui_torch.programs.reading import read_program
from tui_torch.programs.saving import ChangedElsewhereError, save


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_bytes(b"# %% A\nx = 1\n\n# %% B\ny = 2\n")
    return path


@pytest.fixture
def program(path: Path) -> OwnProgram:
    return read_program(path)


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_change_is_written_and_said(path: Path, program: OwnProgram) -> None:
    saved = save(program, {"cell-2": "y = 3"})
    assert path.read_bytes() == b"# %% A\nx = 1\n\n# %% B\ny = 3\n"
    assert saved.wrote
    assert saved.sentence == f"saved to {path}: the code of 1 cell"
    assert saved.program == read_program(path)
    assert names_in(path.parent) == ["train.py"]


def test_of_a_script_that_is_one_piece_no_cell_is_told(path: Path) -> None:
    path.write_text("x = 1\n", "utf-8")
    assert save(read_program(path), {"cell-1": "x = 2"}).sentence == f"saved to {path}: what you typed"


def test_saving_again_goes_on_from_what_was_saved(path: Path, program: OwnProgram) -> None:
    saved = save(program, {"cell-2": "y = 3"}).program
    save(saved, {"cell-1": "x = 3"})
    assert path.read_bytes() == b"# %% A\nx = 3\n\n# %% B\ny = 3\n"


def test_what_is_unchanged_is_not_written(path: Path, program: OwnProgram) -> None:
    before = path.stat()
    saved = save(program, {"cell-1": "x = 1"})
    assert (saved.wrote, saved.sentence) == (False, f"{path} has all of it already")
    assert path.stat() == before


def test_new_marks_in_a_cell_make_new_cells(program: OwnProgram) -> None:
    saved = save(program, {"cell-1": "x = 1\n# %% New\nz = 1"})
    assert [cell.title for cell in saved.program.cells] == ["A", "New", "B"]


def test_a_change_of_somebody_else_is_never_written_over(path: Path, program: OwnProgram) -> None:
    path.write_bytes(b"theirs\n")
    with pytest.raises(ChangedElsewhereError, match=r"train.py was changed by somebody else since it was read"):
        save(program, {"cell-1": "x = 2"})
    assert path.read_bytes() == b"theirs\n"
    assert save(program, {"cell-1": "x = 2"}, over_changes=True).wrote
    assert path.read_bytes() == b"# %% A\nx = 2\n\n# %% B\ny = 2\n"
    assert names_in(path.parent) == ["train.py"]


def test_a_change_of_the_same_size_and_time_is_noticed(path: Path, program: OwnProgram) -> None:
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"1", b"7"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(ChangedElsewhereError):
        save(program, {"cell-1": "x = 2"})


def test_a_change_that_comes_while_the_file_is_written_is_noticed(
    path: Path, program: OwnProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def then_somebody_else_writes(descriptor: int) -> None:
        flush(descriptor)
        path.write_bytes(b"theirs\n")

    monkeypatch.setattr(saving.os, "fsync", then_somebody_else_writes)
    with pytest.raises(ChangedElsewhereError):
        save(program, {"cell-1": "x = 2"})
    assert path.read_bytes() == b"theirs\n"
    assert names_in(path.parent) == ["train.py"]


def test_the_same_change_by_somebody_else_is_no_conflict(path: Path, program: OwnProgram) -> None:
    path.write_bytes(b"# %% A\nx = 2\n\n# %% B\ny = 2\n")
    saved = save(program, {"cell-1": "x = 2"})
    assert not saved.wrote
    assert saved.program.content == path.read_bytes()


def test_a_file_that_is_gone_is_written_only_when_asked(path: Path, program: OwnProgram) -> None:
    path.unlink()
    with pytest.raises(ChangedElsewhereError, match="is no longer there, or cannot be read; nothing was saved"):
        save(program, {"cell-1": "x = 2"})
    assert not path.exists()
    umask = os.umask(0o027)
    try:
        save(program, {"cell-1": "x = 2"}, over_changes=True)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o664])
def test_permissions_stay(path: Path, program: OwnProgram, mode: int) -> None:
    path.chmod(mode)
    save(program, {"cell-1": "x = 2"})
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_link_stays_a_link_to_what_is_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "link.py"
    link.symlink_to("../train.py")
    save(read_program(link), {"cell-1": "x = 2"})
    assert link.is_symlink()
    assert path.read_bytes().startswith(b"# %% A\nx = 2\n")
    assert names_in(link.parent) == ["link.py"]


def test_a_file_that_is_read_only_is_not_replaced(path: Path, program: OwnProgram) -> None:
    path.chmod(0o444)
    with pytest.raises(ProgramError, match="cannot be written: it is read-only; nothing was saved"):
        save(program, {"cell-1": "x = 2"})
    assert path.read_bytes() == program.content


def test_a_full_disk_leaves_the_file_as_it_was(
    path: Path, program: OwnProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saving.os, "fsync", full)
    with pytest.raises(ProgramError, match="cannot be written: No space left on device; nothing was saved"):
        save(program, {"cell-1": "x = 2"})
    assert path.read_bytes() == program.content
    assert names_in(path.parent) == ["train.py"]


def test_a_program_that_would_be_too_large_to_open_is_not_saved(path: Path, program: OwnProgram) -> None:
    with pytest.raises(ProgramError, match="would have more than 1 MB; nothing was saved"):
        save(program, {"cell-1": f"x = {'2' * 1_000_000!r}"})
    assert path.read_bytes() == program.content


def test_what_is_no_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "large.py").write_bytes(b"#" * 1_000_001)
    for name, sentence in {
        "pipe.py": "{} is no regular file, expected one with a program",
        "folder.py": "{} is a folder, expected a file with a program",
        "none.py": "there is no {}",
        "large.py/none.py": "{} cannot be read: Not a directory",
        "large.py": "{} has more than 1 MB, too much to show",
    }.items():
        with pytest.raises(ProgramError) as error:
            read_program(tmp_path / name)
        assert str(error.value) == sentence.format(tmp_path / name)
