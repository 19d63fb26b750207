"""What a verdict depends on besides the lesson: a change of any of it is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tui_torch.course.proof.surroundings import PACKAGE, surroundings


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the course's own modules, to edit."""
    return Path(shutil.copytree(PACKAGE / "course", tmp_path / "tui_torch"))


def test_they_are_the_same_from_one_moment_to_the_next_and_in_another_process() -> None:
    code = "from tui_torch.course.proof.surroundings import surroundings; print(surroundings())"
    # -P: the folder of a script, which `python -m pytest` has not, comes first otherwise.
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert surroundings() == surroundings() == done.stdout.strip()


def append_a_comment(package: Path) -> None:
    with (package / "naming.py").open("a", encoding="utf-8") as file:
        file.write("# more\n")


def add_a_module(package: Path) -> None:
    (package / "proof" / "more.py").touch()


def rename_a_module(package: Path) -> None:
    (package / "naming.py").rename(package / "names.py")


def move_a_module(package: Path) -> None:
    (package / "naming.py").rename(package / "proof" / "naming.py")


def remove_a_module(package: Path) -> None:
    (package / "naming.py").unlink()


@pytest.mark.parametrize("edit", [append_a_comment, add_a_module, rename_a_module, move_a_module, remove_a_module])
def test_an_edit_of_our_own_code_is_seen(checkout: Path, edit: Callable[[Path], None]) -> None:
    before = surroundings(checkout)
    edit(checkout)
    assert surroundings(checkout) != before


def test_an_edit_that_keeps_a_modules_size_and_time_is_seen(checkout: Path) -> None:
    before = surroundings(checkout)
    path = checkout / "naming.py"
    state = path.stat()
    path.write_bytes(path.read_bytes().swapcase())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert surroundings(checkout) != before


def test_what_python_compiled_of_our_code_does_not_count(checkout: Path) -> None:
    before = surroundings(checkout)
    (checkout / "__pycache__").mkdir(exist_ok=True)
    (checkout / "__pycache__" / "naming.cpython-311.pyc").write_bytes(b"compiled")
    assert surroundings(checkout) == before


def test_another_version_of_any_package_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "torch-2.13.0.dist-info"
    installed.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    before = surroundings()
    os.utime(installed, ns=(0, 0))
    again = surroundings()
    installed.rename(tmp_path / "torch-2.14.0.dist-info")
    assert len({before, again, surroundings()}) == 3


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "PYTHONHASHSEED", "CUDA_VISIBLE_DEVICES", "TORCH_LOGS"])
def test_a_variable_that_code_heeds_is_seen(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    before = surroundings()
    monkeypatch.setenv(variable, "7")
    assert surroundings() != before


def test_other_variables_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = surroundings()
    monkeypatch.setenv("EDITOR", "another")
    assert surroundings() == before
