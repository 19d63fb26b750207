"""The folders of kernels whose tutor was killed go, and no others."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tui_torch.kernel.runtime_folder import PREFIX, new_runtime_folder, sweep_runtime_folders


@pytest.fixture(autouse=True)
def common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that they are all in."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_new_folder_is_its_owners_only_and_says_whose_it_is(common: Path) -> None:
    folder = new_runtime_folder()
    assert folder.parent == common
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.name.startswith(f"{PREFIX}{os.getpid()}-")


def test_the_folder_of_a_process_that_is_gone_is_removed_with_what_is_in_it(common: Path) -> None:
    folder = common / f"{PREFIX}{ended_process()}-abc"
    folder.mkdir()
    (folder / "kernel.json").touch()
    sweep_runtime_folders()
    assert not folder.exists()


def test_folders_of_running_processes_stay() -> None:
    own, other = new_runtime_folder(), new_runtime_folder().parent / f"{PREFIX}1-abc"
    other.mkdir()
    sweep_runtime_folders()
    assert own.exists()
    assert other.exists()


@pytest.mark.parametrize("name", ["no-number", "²-abc", f"{10**30}-abc", "-abc"])
def test_folders_with_another_name_stay_and_disturb_nothing(common: Path, name: str) -> None:
    folder = common / f"{PREFIX}{name}"
    folder.mkdir()
    sweep_runtime_folders()
    assert folder.exists()
