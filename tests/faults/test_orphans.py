"""After the end of a tutor, whichever it was, nothing of it is left: no process, no socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest

from tui_torch.kernel.runtime_folder import new_runtime_folder
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import can_fork_kernels

WITHIN = 5.0
"""Seconds that what is left over may take to go, as promised."""
PATIENCE = 60.0
"""Seconds that a program may take to start on a machine under load."""

TUTOR = """\
import asyncio, sys
from tui_torch.protocol.events import Output
from tui_torch.protocol.orders import Run
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

async def main():
    zygote = Zygote() if sys.argv[2] == "forked" else None
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    async for event in session.run(Run(sys.argv[1])):
        if isinstance(event, Output):
            print(zygote.pid if zygote else 0, session.pid, session.folder, event.text.strip(), flush=True)

asyncio.run(main())
"""
"""A tutor without a screen: it runs some code, and says what there is once the code has printed."""

BUSY = {
    "waits": "import time\ntime.sleep(1000)",
    "computes": "while True: pass",
    # In one C call, which lets no other thread of the process run.
    "holds on to everything": "import re, time\ntime.sleep(1)\nre.match(r'(a+)+$', 'a' * 80 + 'b')",
}


@dataclass(frozen=True)
class Left:
    """What a tutor has beside itself."""

    tutor: subprocess.Popen[str]
    processes: tuple[int, ...]
    """The kernel, what its code has started, and the zygote if there is one."""
    folder: Path

    @property
    def is_there(self) -> bool:
        return any(map(_runs, self.processes)) or self.folder.exists()

    def is_gone_in_time(self) -> None:
        deadline = time.monotonic() + WITHIN
        while self.is_there:
            assert time.monotonic() < deadline, "something is left of it"
            time.sleep(0.02)


@pytest.fixture
def begin() -> Iterator[Callable[[str, str], Left]]:
    """Start a tutor whose kernel has started a process and then does something."""
    tutors: list[subprocess.Popen[str]] = []

    def started(code: str, how: str) -> Left:
        code = f"import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid, flush=True)\n{code}"
        tutor = subprocess.Popen([sys.executable, "-c", TUTOR, code, how], stdout=PIPE, text=True)
        tutors.append(tutor)
        assert tutor.stdout is not None
        zygote, kernel, folder, child = tutor.stdout.readline().split()
        return Left(tutor, tuple(int(pid) for pid in (kernel, child, zygote) if pid != "0"), Path(folder))

    yield started
    for tutor in tutors:
        tutor.kill()
        tutor.wait()


@pytest.mark.parametrize("what", BUSY)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_nothing_is_left_of_a_tutor_that_was_killed(
    begin: Callable[[str, str], Left], what: str, end: signal.Signals
) -> None:
    left = begin(BUSY[what], "forked")
    assert left.folder.is_dir() and all(map(_runs, left.processes))
    left.tutor.send_signal(end)
    left.tutor.wait(PATIENCE)
    left.is_gone_in_time()


@pytest.mark.parametrize("what", BUSY)
def test_nothing_is_left_of_a_tutor_that_was_killed_with_a_kernel_that_was_spawned(
    begin: Callable[[str, str], Left], what: str
) -> None:
    left = begin(BUSY[what], "spawned")
    assert left.folder.is_dir() and all(map(_runs, left.processes))
    left.tutor.kill()
    left.tutor.wait(PATIENCE)
    left.is_gone_in_time()


@pytest.mark.skipif(not can_fork_kernels(), reason="kernels are spawned here")
def test_nothing_is_left_of_a_tutor_that_was_killed_together_with_its_zygote_and_its_guardian(
    begin: Callable[[str, str], Left],
) -> None:
    left = begin(BUSY["waits"], "forked")
    kernel, started, zygote = left.processes
    guardians = [child for child in psutil.Process(left.tutor.pid).children() if "guardian" in _line(child)]
    assert len(guardians) == 1
    for process in (*guardians, psutil.Process(zygote), psutil.Process(left.tutor.pid)):
        process.kill()
    left.tutor.wait(PATIENCE)
    deadline = time.monotonic() + WITHIN
    while _runs(kernel):
        assert time.monotonic() < deadline, "the kernel is left"
        time.sleep(0.02)
    # What only they would have cleaned up.
    psutil.Process(started).kill()
    shutil.rmtree(left.folder)


async def test_a_tutor_that_ends_leaves_no_process_of_its_code_and_no_guardian() -> None:
    session = KernelSession()
    await session.start()
    await session.ready()
    assert session.pid is not None
    before = {process.pid for process in psutil.Process().children()}
    await session.close()
    assert session.pid not in before or not _runs(session.pid)
    assert not [
        process for process in psutil.Process().children() if process.pid in before and "guardian" in _line(process)
    ]


SPAWNED = """\
from tui_torch.kernel.session import KernelSession

session = KernelSession()
session.spawn()
print(session.pid, session.folder, flush=True)
input()
"""
"""A tutor whose kernel is there, and not connected to: what an app is until its first frame."""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_is_left_of_a_tutor_that_was_killed_before_it_connected(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SPAWNED], stdin=PIPE, stdout=PIPE, text=True) as tutor:
        assert tutor.stdout is not None
        pid, name = tutor.stdout.readline().split()
        kernel, folder = int(pid), Path(name)
        assert folder.is_dir() and _runs(kernel)
        tutor.send_signal(end)
        tutor.wait(PATIENCE)
        deadline = time.monotonic() + WITHIN
        while _runs(kernel) or folder.exists():
            assert time.monotonic() < deadline, "something is left of it"
            time.sleep(0.02)


async def test_a_tutor_that_ends_before_it_connected_leaves_nothing() -> None:
    session = KernelSession()
    session.spawn()
    kernel, folder = session.pid, session.folder
    assert kernel is not None and folder is not None and folder.is_dir()
    await session.close()
    assert not _runs(kernel) and not folder.exists()
    assert not [process for process in psutil.Process().children() if str(folder) in _line(process)]


def test_a_kernel_that_no_one_connects_to_ends_without_its_guardian_too() -> None:
    folder = new_runtime_folder()
    arguments = ["-P", "-m", "tui_torch.probe", "-f", str(folder / "kernel.json")]
    with subprocess.Popen([sys.executable, *arguments], stdin=PIPE) as kernel:
        assert kernel.stdin is not None
        kernel.stdin.close()
        assert kernel.wait(PATIENCE) == 0
    folder.rmdir()  # it has left nothing in it


def _runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _line(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return " ".join(process.cmdline())
    return ""
