"""Whatever is wrong with the progress file: it is said in a sentence, what can be kept is kept, and learning goes on.

`python -m pytest -m slow tests/faults/test_progress_file.py` damages the file in 10,000 ways.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.ui.conftest import seen, started, until
from tests.ui.recorded import COURSE, RecordedKernel
from tui_torch.course.loader import open_course
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.lesson.status_line import StatusLine

FEW, MANY = 70, 10_000
NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """The superuser may write everywhere: be somebody else for as long."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that somebody else than the superuser can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tui-torch-home-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(folder)


def fill(path: Path) -> None:
    """A progress file as it is after some weeks."""
    with Progress.open(path) as progress:
        for lesson in ("gradients", "optimizers", "tensor-creation"):
            for number in range(20):
                step = f"step-{number}"
                progress.save_draft(lesson, step, f"x = {number}\n" * 20, known=None, kind="example")
                progress.record_attempt(lesson, step, f"x = {number}\n" * 30, "exercise", "passed")
                progress.answer(lesson, step, number % 3, number % 3 == 0)
                progress.mark_done(lesson, step)
                progress.show_hint(lesson, step)
        progress.trust("abc")
        progress.remember_place("gradients", "step-3")


def read_everything(progress: Progress) -> None:
    for lesson in ("gradients", "optimizers", "tensor-creation"):
        progress.done(lesson)
        for number in range(20):
            step = f"step-{number}"
            progress.draft(lesson, step)
            progress.attempts(lesson, step)
            progress.last_answer(lesson, step)
            progress.hints_shown(lesson, step)
            progress.solution_seen(lesson, step)
    progress.all_done()
    progress.all_attempts("exercise")
    progress.place()
    progress.trusted("abc")


def goes_on(progress: Progress) -> None:
    """What is done from now on is there when it is asked for."""
    progress.save_draft("gradients", "now", "y = 1", known=None, kind="example")
    progress.record_attempt("gradients", "now", "y = 1", "example", "ok")
    progress.mark_done("gradients", "now")
    assert progress.draft("gradients", "now") == "y = 1"
    assert progress.attempts("gradients", "now")[-1].code == "y = 1"
    assert "now" in progress.done("gradients")


def aside(path: Path) -> list[Path]:
    """The damaged files that were kept beside the new one."""
    return list(path.parent.glob(f"{path.name}.broken-*"))


# Damage, anywhere


def flip(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 3, 30])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def cut(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def blank(content: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(content))
    size = min(rng.choice([16, 512, 4096, 20_000]), len(content) - at)
    content[at : at + size] = rng.choice([b"\0", b"\xff", b"a"]) * size


def shift(content: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(content))
    content[at:at] = rng.randbytes(rng.choice([1, 100, 4096]))


def head(content: bytearray, rng: random.Random) -> None:
    content[rng.randrange(100)] = rng.randrange(256)


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [flip, cut, blank, shift, head]


def damage_in_many_ways(folder: Path, count: int) -> None:
    whole = folder / "whole.db"
    fill(whole)
    content = whole.read_bytes()
    assert len(content) > 50_000
    for seed in range(count):
        rng = random.Random(seed)
        place = folder / str(seed)
        place.mkdir()
        path = place / "progress.db"
        damaged = bytearray(content)
        rng.choice(DAMAGES)(damaged, rng)
        path.write_bytes(damaged)
        if seed % 10 == 9:
            # A log of somebody else's beside it.
            Path(f"{path}-wal").write_bytes(rng.randbytes(5_000))
        with Progress.open(path) as progress:
            first = progress.notice
            read_everything(progress)
            goes_on(progress)
            said = progress.notice
        with Progress.open(path) as again:
            read_everything(again)
            goes_on(again)
        for notice in (first, said, again.notice):
            assert notice is None or (str(path) in notice and notice.endswith(".") and "\n" not in notice), seed
        # What was damaged is there still, unless it could be used as it is.
        assert aside(path) or said is None or "quit and start again" in said or "upgrade" in said, (seed, said)
        shutil.rmtree(place)


def test_however_the_file_is_damaged_learning_goes_on_and_nothing_is_raised(tmp_path: Path) -> None:
    damage_in_many_ways(tmp_path, FEW)


@pytest.mark.slow
def test_in_10_000_ways_of_damage_learning_goes_on_and_nothing_is_raised(tmp_path: Path) -> None:
    damage_in_many_ways(tmp_path, MANY)


# A place that takes no writes


def test_in_a_home_that_cannot_be_written_what_is_there_is_read_and_the_rest_is_kept_in_memory(home: Path) -> None:
    path = home / "progress.db"
    fill(path)
    path.chmod(0o444)
    home.chmod(0o555)
    before = path.read_bytes()
    with as_nobody(), Progress.open(path) as progress:
        assert progress.notice is not None
        assert "kept in memory until you quit" in progress.notice
        assert "make its folder writable, or set TUI_TORCH_HOME" in progress.notice
        assert progress.draft("gradients", "step-3") == "x = 3\n" * 20
        assert progress.place() == ("gradients", "step-3")
        goes_on(progress)
    assert path.read_bytes() == before
    assert [file.name for file in home.iterdir()] == ["progress.db"]


def test_in_a_home_that_cannot_be_read_either_learning_goes_on(home: Path) -> None:
    path = home / "progress.db"
    fill(path)
    home.chmod(0o000)
    with as_nobody(), Progress.open(path) as progress:
        assert progress.notice is not None
        assert "kept in memory until you quit" in progress.notice
        goes_on(progress)


def test_what_a_home_refused_is_saved_at_the_end_once_it_is_writable(home: Path) -> None:
    path = home / "data" / "progress.db"
    home.chmod(0o555)
    with as_nobody():
        progress = Progress.open(path)
        goes_on(progress)
    home.chmod(0o777)
    with as_nobody():
        progress.close()
        with Progress.open(path) as again:
            assert again.notice is None
            assert again.draft("gradients", "now") == "y = 1"


FULL = """\
import resource, signal, sys
from pathlib import Path
from tui_torch.tutor.progress.progress import Progress
path, at_once = Path(sys.argv[1]), sys.argv[2] == "at once"
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if at_once:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
with Progress.open(path) as progress:
    progress.mark_done("gradients", "before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    progress.save_draft("gradients", "now", "y = 1" * 100_000, known=None, kind="example")
    progress.mark_done("gradients", "now")
    assert progress.draft("gradients", "now") == "y = 1" * 100_000
    assert progress.done("gradients") == {"before", "now"}
    print(progress.notice)
    if sys.argv[3] == "room again":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""
"""Not a byte can be written any more: from the start, or after a while."""


@pytest.mark.skipif(sys.platform == "win32", reason="there a process cannot be kept from writing")
@pytest.mark.parametrize("when", ["at once", "after a while"])
@pytest.mark.parametrize("then", ["full to the end", "room again"])
def test_when_nothing_can_be_written_any_more_it_is_said_and_saved_later_if_it_can_be(
    tmp_path: Path, when: str, then: str
) -> None:
    path = tmp_path / "progress.db"
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(path), when, then], capture_output=True, text=True, check=True
    ).stdout
    assert f"Progress cannot be saved in {path}" in told
    assert "kept in memory until you quit, and saved then if it can be" in told
    with Progress.open(path) as progress:
        assert progress.notice is None
        done = {"before"} if when == "after a while" else set()
        assert progress.done("gradients") == ({"before", "now"} if then == "room again" else done)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB, where one may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_on_a_disk_that_fills_up_what_was_saved_stays_and_the_rest_is_kept_in_memory(small_disk: Path) -> None:
    path = small_disk / "progress.db"
    with Progress.open(path) as progress:
        assert progress.notice is None
        progress.mark_done("gradients", "before")
        progress.save_draft("gradients", "now", "y" * 500_000, known=None, kind="example")
        assert progress.notice is not None
        assert "free some space on that disk" in progress.notice
        assert progress.draft("gradients", "now") == "y" * 500_000
        goes_on(progress)
    with Progress.open(path) as again:
        assert again.done("gradients") == {"before"}
        assert again.notice is None


def test_on_a_disk_that_is_full_already_learning_goes_on(small_disk: Path) -> None:
    with (small_disk / "full").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"\0" * 4096)
    with Progress.open(small_disk / "progress.db") as progress:
        assert progress.notice is not None
        assert "free some space on that disk" in progress.notice
        goes_on(progress)


# And on the screen


def damaged(path: Path) -> None:
    fill(path)
    path.write_bytes(b"\xff" * 5_000)


def newer(path: Path) -> None:
    fill(path)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


def a_folder_of_that_name(path: Path) -> None:
    path.mkdir()


SAID = {
    damaged: "was damaged, so a new one was begun; the old one is kept as progress.db.broken-",
    newer: "was written by a newer tui-torch, so what you do now is kept in memory only",
    a_folder_of_that_name: "move the folder of that name away",
}


@pytest.mark.parametrize("spoil", SAID)
async def test_the_app_says_what_is_wrong_with_the_file_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    path = tmp_path / "progress.db"
    spoil(path)
    kernel = cast("KernelSession", RecordedKernel("three-scalars", KernelState.READY))
    with Progress.open(path) as progress:
        app = TutorApp(Tutor(open_course(COURSE), progress, kernel))
        async with started(app, (120, 40)) as pilot:
            status = app.lesson_screen.query_one(StatusLine)
            await until(pilot, lambda: SAID[spoil] in status.note)
            assert str(path) in status.note
            await pilot.press("f5")
            await until(pilot, lambda: "Ran in" in seen(app))
            assert app.tutor.done == {"three-scalars"}
    assert bool(aside(path)) == (spoil is damaged)
