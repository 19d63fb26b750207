"""The folders of kernels whose tutor was killed go, and no others; and where a new one is made."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_torch.kernel.runtime_folder import LONGEST, OWNER, PREFIX, new_runtime_folder, sweep_runtime_folders

MADE_AND_LEFT = """\
import os, signal, sys
from tui_torch.kernel.runtime_folder import new_runtime_folder
print(new_runtime_folder().path, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""
"""A tutor that makes a folder, and is killed or goes on."""


@pytest.fixture(autouse=True)
def common(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that they are all in."""
    with tempfile.TemporaryDirectory(prefix="rf-", dir="/tmp") as name:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr("tempfile.tempdir", None)
        yield Path(name)


def left_by_a_killed_tutor() -> Path:
    told = subprocess.run(
        [sys.executable, "-c", MADE_AND_LEFT, "killed"], capture_output=True, text=True, check=False
    ).stdout
    return Path(told.strip())


def test_a_new_folder_is_its_owners_only_and_says_whose_it_is(common: Path) -> None:
    made = new_runtime_folder()
    assert made.path.parent == common
    assert made.notice is None
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o700
    assert made.path.name.startswith(f"{PREFIX}{os.getpid()}-")
    assert [(file.name, file.stat().st_size) for file in made.path.iterdir()] == [(OWNER, 0)]
    made.remove()
    assert not list(common.iterdir())


def test_the_folder_of_a_tutor_that_was_killed_is_removed_with_what_is_in_it() -> None:
    folder = left_by_a_killed_tutor()
    (folder / "kernel.json").touch()
    sweep_runtime_folders()
    assert not folder.exists()


def test_the_folder_of_a_tutor_that_lives_stays_though_no_process_here_has_its_number(common: Path) -> None:
    command = [sys.executable, "-c", MADE_AND_LEFT, "lives"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tutor:
        assert tutor.stdout is not None
        made = Path(tutor.stdout.readline().strip())
        # As it looks from a container, where the same process has another number or none.
        elsewhere = made.rename(common / f"{PREFIX}{2**22 - 1}-abc")
        sweep_runtime_folders()
        assert elsewhere.is_dir()
        tutor.kill()
        tutor.wait()
    sweep_runtime_folders()
    assert not elsewhere.exists()


@pytest.mark.parametrize(
    "name", ["no-number", "²-abc", "٣-abc", f"{10**19 - 1}-x", f"{10**200}-abc", "-abc", "1-abc", f"{2**22 - 1}-abc"]
)
def test_a_folder_that_only_has_such_a_name_stays_and_disturbs_nothing(common: Path, name: str) -> None:
    folder = common / f"{PREFIX}{name}"
    folder.mkdir()
    (folder / "mine").touch()
    sweep_runtime_folders()
    assert (folder / "mine").exists()


def test_a_link_of_such_a_name_stays_and_so_does_what_it_leads_to(common: Path) -> None:
    folder = left_by_a_killed_tutor()
    kept = folder.rename(common / "kept")
    link = common / folder.name
    link.symlink_to(kept)
    sweep_runtime_folders()
    assert link.is_symlink() and (kept / OWNER).exists()


def test_an_owners_file_that_is_a_link_is_not_followed(common: Path) -> None:
    folder = left_by_a_killed_tutor()
    (folder / OWNER).unlink()
    (folder / OWNER).symlink_to(common / "somewhere")
    (common / "somewhere").touch()
    sweep_runtime_folders()
    assert folder.exists()


def test_a_kernels_folder_is_made_elsewhere_where_the_path_is_too_long_for_a_socket(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = common / ("x" * 80)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    made = new_runtime_folder()
    size = len(os.fsencode(long))
    assert made.path.parent == Path("/tmp")
    assert made.notice == (
        f"The kernel's sockets are in /tmp, since {long} does not do: "
        f"its path has {size} bytes, and a socket's has room for {LONGEST}."
    )
    made.remove()
    assert not list(long.iterdir())


def test_a_kernels_folder_is_made_elsewhere_where_the_path_is_not_utf_8(
    common: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.fsencode(common) + b"/\xff"
    try:
        Path(os.fsdecode(odd)).mkdir()
    except OSError:
        pytest.skip("this disk has such names for no folder")
    monkeypatch.setenv("TMPDIR", os.fsdecode(odd))
    made = new_runtime_folder()
    assert made.path.parent == Path("/tmp")
    assert made.notice == f"The kernel's sockets are in /tmp, since {common}/\ufffd does not do: its path is not UTF-8."
    made.remove()


@pytest.mark.parametrize("missing", ["", "relative"])
def test_a_setting_that_names_no_folder_is_passed_over(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv("TMPDIR", missing)
    made = new_runtime_folder()
    assert made.path.parent.is_absolute() and made.notice is None
    made.remove()


def test_a_folder_that_is_not_there_is_passed_over_with_a_word(common: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(common / "gone"))
    made = new_runtime_folder()
    assert made.notice == (
        f"The kernel's sockets are in {made.path.parent}, since {common}/gone does not do: No such file or directory."
    )
    made.remove()


FULL = """\
import resource, signal
from tui_torch.kernel.runtime_folder import new_runtime_folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    new_runtime_folder()
except OSError as error:
    print(error)
"""
"""Every disk has 4 kB left."""


def test_where_no_folder_has_room_the_reasons_are_said_and_nothing_is_left(common: Path) -> None:
    told = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"no folder takes its sockets, of {common} (there is no room in it), /tmp (")
    assert told.endswith(f"; set TMPDIR to one that can be written, with a path of at most {LONGEST} bytes\n")
    assert not list(common.iterdir())
