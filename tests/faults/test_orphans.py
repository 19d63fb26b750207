"""After the end of a tutor, whichever it was, nothing of it is left: no process, no socket."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from types import MappingProxyType

import psutil
import pytest

from tests.nursery import Nursery
from tests.processes import command_of
from tui_torch.kernel.runtime_folder import OWNER, new_runtime_folder
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import can_fork_kernels

WITHIN = 5.0
"""Seconds that what is left over may take to go, as promised."""
PATIENCE = 60.0
"""Seconds that a program may take to start on a machine under load."""

TUTOR = """\
import asyncio, json, sys
from tui_torch.protocol.events import Output
from tui_torch.protocol.orders import Run
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

async def run(number, session, code, zygote):
    async for event in session.run(Run(code)):
        if isinstance(event, Output):
            pids = [session.pid, int(event.text), *([zygote.pid] if zygote else [])]
            print(json.dumps([number, str(session.folder), pids]), flush=True)

async def main(codes):
    zygote = Zygote() if sys.argv[1] == "forked" else None
    sessions = [KernelSession(zygote=zygote) for _ in codes]
    for session in sessions:
        await session.start()
    for session in sessions:
        await session.ready()
    await asyncio.gather(*(run(*each, zygote) for each in zip(range(len(codes)), sessions, codes)))

asyncio.run(main(sys.argv[2:]))
"""
"""A tutor without a screen: it runs codes, each in a kernel of its own, and says what there is once one has printed."""

BUSY = {
    "waits": "import time\ntime.sleep(1000)",
    "computes": "while True: pass",
    # In one C call, which lets no other thread of the process run.
    "holds on to everything": "import re, time\ntime.sleep(1)\nre.match(r'(a+)+$', 'a' * 80 + 'b')",
}


HARDEST = "holds on to everything"
"""The one that the suite tries with a kernel that is spawned, too, which starts slowly."""


@dataclass(frozen=True)
class Left:
    """What a kernel of a tutor's has beside itself."""

    processes: tuple[int, ...]
    """The kernel, what its code has started, and the zygote if there is one."""
    folder: Path

    @property
    def is_there(self) -> bool:
        return any(map(_runs, self.processes)) or self.folder.exists()


@contextmanager
def tutor(
    how: str, *codes: str, environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[subprocess.Popen[str], list[Left]]]:
    """A tutor whose kernels have each started a process and then do something."""
    starts = "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid, flush=True)"
    command = [sys.executable, "-c", TUTOR, how, *(f"{starts}\n{code}" for code in codes)]
    with subprocess.Popen(command, stdout=PIPE, text=True, env=os.environ | environment) as process:
        try:
            assert process.stdout is not None
            said = sorted(json.loads(process.stdout.readline()) for _ in codes)
            yield process, [Left(tuple(pids), Path(folder)) for _, folder, pids in said]
        finally:
            process.kill()


class Killed:
    """Of tutors that were killed, each with a kernel for each thing to be busy with: what is left in time.

    Args:
        nursery: Forks the zygotes of those that are ended by a signal that they could hear.
    """

    def __init__(self, nursery: Nursery) -> None:
        self._environment = nursery.environment
        self._left: dict[signal.Signals, list[bool]] = {}

    def leaves(self, end: signal.Signals, what: str) -> bool:
        """Whether anything is left of the kernel that does this."""
        if end not in self._left:
            environment = self._environment if end is not signal.SIGKILL else {}
            self._left[end] = left_after(end, "forked", *BUSY.values(), environment=environment)
        return self._left[end][list(BUSY).index(what)]


def left_after(
    end: signal.Signals, how: str, *codes: str, environment: Mapping[str, str] = MappingProxyType({})
) -> list[bool]:
    """Whether anything is left in time of each kernel of a tutor that ends so."""
    with tutor(how, *codes, environment=environment) as (process, kernels):
        assert all(kernel.folder.is_dir() and all(map(_runs, kernel.processes)) for kernel in kernels)
        process.send_signal(end)
        process.wait(PATIENCE)
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline and any(kernel.is_there for kernel in kernels):
            time.sleep(0.02)
    return [kernel.is_there for kernel in kernels]


@pytest.fixture(scope="module")
def killed(nursery: Nursery) -> Killed:
    return Killed(nursery)


@pytest.mark.parametrize("what", BUSY)
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(end, marks=pytest.mark.xdist_group(f"killed by {end.name}"))
        for end in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)
    ],
)
def test_nothing_is_left_of_a_tutor_that_was_killed(killed: Killed, what: str, end: signal.Signals) -> None:
    assert not killed.leaves(end, what)


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=() if what == HARDEST else pytest.mark.slow) for what in BUSY]
)
def test_nothing_is_left_of_a_tutor_that_was_killed_with_a_kernel_that_was_spawned(what: str) -> None:
    assert left_after(signal.SIGKILL, "spawned", BUSY[what]) == [False]


@pytest.mark.skipif(not can_fork_kernels(), reason="kernels are spawned here")
def test_nothing_is_left_of_a_tutor_that_was_killed_together_with_its_zygote_and_its_guardian() -> None:
    with tutor("forked", BUSY["waits"]) as (process, [left]):
        kernel, started, zygote = left.processes
        guardians = [child for child in psutil.Process(process.pid).children() if "guardian" in command_of(child)]
        assert len(guardians) == 1
        for killed in (*guardians, psutil.Process(zygote), psutil.Process(process.pid)):
            killed.kill()
        process.wait(PATIENCE)
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
        process
        for process in psutil.Process().children()
        if process.pid in before and "guardian" in command_of(process)
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
    assert not [process for process in psutil.Process().children() if str(folder) in command_of(process)]


def test_a_kernel_that_no_one_connects_to_ends_without_its_guardian_too() -> None:
    made = new_runtime_folder()
    arguments = ["-P", "-m", "tui_torch.probe", "-f", str(made.path / "kernel.json")]
    with subprocess.Popen([sys.executable, *arguments], stdin=PIPE) as kernel:
        assert kernel.stdin is not None
        kernel.stdin.close()
        assert kernel.wait(PATIENCE) == 0
    assert [file.name for file in made.path.iterdir()] == [OWNER]  # it has left nothing in it
    made.remove()


def _runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
