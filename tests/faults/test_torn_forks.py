"""A fork that is torn down midway leaves nothing: no process, no folder, and no fault that a learner sees."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest

from tests.processes import command_of, lives
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.session import KernelError, KernelSession
from tui_torch.kernel.zygote import Zygote, can_fork_kernels
from tui_torch.protocol.orders import Run

WITHIN = 5.0
"""Seconds that what is left over may take to go, as promised."""

pytestmark = [
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(not can_fork_kernels(), reason="kernels are spawned here"),
]


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Where the folders of these tests' kernels are made, and of nobody else's."""
    # A short path: it is part of the sockets' names.
    folder = Path(tempfile.mkdtemp(prefix="tt-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield folder
    folder.rmdir()


@pytest.fixture(autouse=True)
def _no_folder_is_left(root: Path) -> Iterator[None]:
    yield
    assert not list(root.iterdir())


@pytest.fixture(scope="module")
def zygote(root: Path) -> Iterator[Zygote]:
    """One of their own, which imports PyTorch when it is first wanted, and again when it was killed."""
    zygote = Zygote()
    yield zygote
    zygote.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def is_ready(zygote: Zygote) -> int:
    """Wait until the zygote forks at once; its process id."""
    process = KernelProcess(zygote)
    await process.be_born()
    process.end()
    assert zygote.pid is not None
    return zygote.pid


def of_this_test(before: set[int]) -> list[psutil.Process]:
    """Processes that this one has started since, and that they have, but those that are gone."""
    found = psutil.Process().children(recursive=True)
    return [process for process in found if process.pid not in before and lives(process)]


async def there_is_only(zygote: Zygote, before: set[int]) -> bool:
    pid = await is_ready(zygote)
    return {process.pid for process in of_this_test(before)} <= {pid}


@pytest.fixture
def before() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


async def is_usable(session: KernelSession) -> None:
    await session.ready()
    events = [event async for event in session.run(Run("print(1)"))]
    assert events[-1].outcome == "ok"  # type: ignore[attr-defined]


async def test_a_zygote_that_is_killed_before_it_forks_leaves_the_kernel_to_be_spawned(
    zygote: Zygote, before: set[int]
) -> None:
    pid = await is_ready(zygote)
    os.kill(pid, signal.SIGSTOP)
    session = KernelSession(zygote=zygote)
    session.spawn()
    assert session.pid is None
    os.kill(pid, signal.SIGKILL)
    await session.connect()
    await is_usable(session)
    assert session.pid is not None and psutil.Process(session.pid).ppid() == os.getpid()
    await session.close()
    assert await there_is_only(zygote, before)


@pytest.mark.parametrize("count", [4, pytest.param(8, marks=pytest.mark.slow)])
async def test_a_zygote_that_is_killed_at_any_moment_of_a_restart_is_not_seen(
    zygote: Zygote, before: set[int], count: int
) -> None:
    sessions = [KernelSession(zygote=zygote) for _ in range(count)]
    for session in sessions:
        await session.start()
    for session in sessions:
        await is_usable(session)
    pid = zygote.pid
    restarting: list[asyncio.Task[None]] = []
    for session in sessions:
        restarting.append(asyncio.create_task(session.restart()))
        await asyncio.sleep(0.12 / count)
    # The first has had 120 ms for its restart, the last has just begun.
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await asyncio.gather(*restarting)
    for session in sessions:
        await is_usable(session)
    other = await is_ready(zygote)
    assert other != pid
    for session in sessions:
        await session.close()
    await until(lambda: {process.pid for process in of_this_test(before)} <= {other})


async def test_a_kernel_that_is_not_wanted_any_more_when_it_is_forked_is_not_left(
    zygote: Zygote, before: set[int]
) -> None:
    pid = await is_ready(zygote)
    os.kill(pid, signal.SIGSTOP)
    session = KernelSession(zygote=zygote)
    session.spawn()
    folder = session.folder
    await session.close()
    assert folder is not None and not folder.exists()
    os.kill(pid, signal.SIGCONT)
    assert await there_is_only(zygote, before)
    assert zygote.pid == pid


async def test_a_connection_that_is_given_up_while_the_zygote_imports_leaves_nothing(before: set[int]) -> None:
    zygote = Zygote()
    session = KernelSession(zygote=zygote)
    session.spawn()
    connecting = asyncio.create_task(session.connect())
    await asyncio.sleep(0)
    connecting.cancel()
    with suppress(asyncio.CancelledError):
        await connecting
    await session.close()
    zygote.close()
    await until(lambda: not of_this_test(before))


async def test_a_kernel_that_is_killed_before_it_is_ready_says_so_and_a_restart_helps(
    zygote: Zygote, before: set[int]
) -> None:
    await is_ready(zygote)
    session = KernelSession(zygote=zygote)
    session.spawn()
    connecting = asyncio.create_task(session.connect())
    await until(lambda: session.pid)
    assert session.pid is not None
    os.kill(session.pid, signal.SIGKILL)
    await connecting
    with pytest.raises(KernelError, match="The kernel does not start"):
        await session.ready()
    await session.restart()
    await is_usable(session)
    await session.close()
    assert await there_is_only(zygote, before)


TUTOR = """\
import asyncio, os, sys
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.zygote import Zygote

async def main():
    zygote = Zygote()
    if sys.argv[1] != "imports":
        ready = KernelProcess(zygote)
        await ready.be_born()
        ready.end()
    if sys.argv[1] == "is asked":
        os.kill(zygote.pid, 19)
    process = KernelProcess(zygote)
    forking = zygote.pid
    if sys.argv[1] in ("has forked", "has forked and is gone"):
        await process.be_born()
    if sys.argv[1] == "has forked and is gone":
        os.kill(forking, 9)
    print(*(pid for pid in (forking, process.pid) if pid), flush=True)
    input()

asyncio.run(main())
"""
"""A tutor that is killed while its zygote is in the midst of something."""


def guardians_of(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if "guardian" in command_of(child)]


@pytest.mark.parametrize(
    "moment",
    [
        "imports",
        "is asked",
        *(pytest.param(moment, marks=pytest.mark.slow) for moment in ("has forked", "has forked and is gone")),
    ],
)
def test_nothing_is_left_of_a_tutor_that_is_killed_while_its_zygote(root: Path, moment: str) -> None:
    with subprocess.Popen([sys.executable, "-c", TUTOR, moment], stdin=PIPE, stdout=PIPE, text=True) as tutor:
        assert tutor.stdout is not None
        processes = [psutil.Process(int(pid)) for pid in tutor.stdout.readline().split()]
        zygote = processes[0]
        guardians = guardians_of(tutor.pid)
        deadline = time.monotonic() + WITHIN
        # One that has only been forked has its parent's command yet.
        while not guardians and time.monotonic() < deadline:
            guardians = guardians_of(tutor.pid)
        assert len(list(root.iterdir())) == len(guardians) == 1
        tutor.kill()
        tutor.wait()
    if moment == "is asked":
        zygote.resume()
    deadline = time.monotonic() + WITHIN
    while any(map(lives, (*processes, *guardians))) or list(root.iterdir()):
        assert time.monotonic() < deadline, "something is left of it"
        time.sleep(0.02)
