"""After the end of a tutor, whichever it was, nothing of it is left: no process, no socket."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tui_torch.kernel.session import KernelSession

WITHIN = 5.0
"""Seconds that what is left over may take to go, as promised."""
PATIENCE = 60.0
"""Seconds that a program may take to start on a machine under load."""

TUTOR = """\
import asyncio, sys
from tui_torch.kernel.events import Output
from tui_torch.kernel.orders import Run
from tui_torch.kernel.session import KernelSession

async def main():
    session = KernelSession()
    await session.start()
    await session.ready()
    async for event in session.run(Run(sys.argv[1])):
        if isinstance(event, Output):
            print(session.pid, session.folder, event.text.strip(), flush=True)

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
    kernel: int
    child: int
    folder: Path


@pytest.fixture
def begin() -> Iterator[Callable[[str], Left]]:
    """Start a tutor whose kernel has started a process and then does something."""
    tutors: list[subprocess.Popen[str]] = []

    def started(code: str) -> Left:
        code = f"import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid, flush=True)\n{code}"
        tutor = subprocess.Popen([sys.executable, "-c", TUTOR, code], stdout=subprocess.PIPE, text=True)
        tutors.append(tutor)
        assert tutor.stdout is not None
        kernel, folder, child = tutor.stdout.readline().split()
        return Left(tutor, int(kernel), int(child), Path(folder))

    yield started
    for tutor in tutors:
        tutor.kill()
        tutor.wait()


@pytest.mark.parametrize("what", BUSY)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_nothing_is_left_of_a_tutor_that_was_killed(
    begin: Callable[[str], Left], what: str, end: signal.Signals
) -> None:
    left = begin(BUSY[what])
    assert left.folder.is_dir() and _runs(left.kernel) and _runs(left.child)
    left.tutor.send_signal(end)
    left.tutor.wait(PATIENCE)
    deadline = time.monotonic() + WITHIN
    while _runs(left.kernel) or _runs(left.child) or left.folder.exists():
        assert time.monotonic() < deadline, "something is left of it"
        time.sleep(0.02)


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


def _runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _line(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return " ".join(process.cmdline())
    return ""
