"""What a learner's code has started or made beside its process is gone in time: sessions of its own, shared memory."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from _pytest.mark import ParameterSet

from tests.nursery import Nursery
from tests.processes import command_of
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Finished, Output
from tui_torch.protocol.orders import Run

WITHIN = 5.0
"""Seconds that it may take to go, as promised."""

pytestmark = [
    pytest.mark.xdist_group("left behind"),
    pytest.mark.skipif(sys.platform != "linux", reason="what is not in the kernel's group is found on Linux alone"),
]

STARTED = {
    "a child": "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid)",
    "a session of its own": "import subprocess\nprint(subprocess.Popen(['sleep', '1000'], start_new_session=True).pid)",
    "a session without an environment": (
        "import subprocess\n"
        "print(subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True, env={}, cwd='/').pid)"
    ),
    "a session that heeds no signal": (
        "import subprocess\n"
        "command = 'trap \"\" TERM HUP INT; echo; exec sleep 1000'\n"
        "child = subprocess.Popen(['sh', '-c', command], start_new_session=True, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid)"
    ),
    "a child that heeds no signal": (
        "import subprocess\n"
        "command = 'trap \"\" TERM HUP INT; echo; exec sleep 1000'\n"
        "child = subprocess.Popen(['sh', '-c', command], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid)"
    ),
    "a daemon": (
        "import os, time\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.write(write, str(os.getpid()).encode())\n"
        "        os.closerange(0, 1000)\n"
        "        while True: time.sleep(100)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "print(os.read(read, 20).decode())"
    ),
    "a daemon that is another program": (
        "import subprocess\n"
        "shell = subprocess.run(['sh', '-c', 'setsid sleep 1000 >/dev/null 2>&1 & echo $!'], stdout=subprocess.PIPE)\n"
        "print(int(shell.stdout))"
    ),
}
"""Code that prints the id of the process that it starts."""

MADE = {
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "memory = SharedMemory(create=True, size=8)\n"
        "print(memory.name)"
    ),
    "shared memory that is not open any more": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "memory = SharedMemory(create=True, size=8)\n"
        "memory.close()\n"
        "print(memory.name)"
    ),
    "a tensor that is shared by a name": (
        "import os, torch\n"
        "torch.multiprocessing.set_sharing_strategy('file_system')\n"
        "tensor = torch.ones(3).share_memory_()\n"
        "print(*(name for name in os.listdir('/dev/shm') if name.startswith(f'torch_{os.getpid()}_')))"
    ),
}
"""Code that prints the name of what it makes in /dev/shm."""
CODES = STARTED | MADE
FEW = ("a daemon", "a session of its own", "shared memory")
"""What a kernel that is spawned, which starts slowly, has all at once in the suite; `-m "slow or not slow"` tries each
by itself."""


def both_ways(whats: Sequence[str]) -> list[ParameterSet]:
    """Parameters of kernels that are forked or spawned."""
    spawned = [pytest.param("spawned", what, marks=pytest.mark.slow) for what in whats]
    return [pytest.param("forked", what) for what in whats] + spawned


def is_left(what: str, printed: str) -> bool:
    """Whether something of what code has started or made is there."""
    if what in MADE:
        return any((Path("/dev/shm") / name).exists() for name in printed.split())
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(int(printed)).status() != psutil.STATUS_ZOMBIE
    return False


def is_gone_in_time(what: str, printed: str) -> bool:
    return are_gone_in_time([(what, printed)]) == []


def are_gone_in_time(those: Sequence[tuple[str, str]]) -> list[str]:
    """Of what was started or made, each with what its code printed: what is left after the time that it may take."""
    deadline = time.monotonic() + WITHIN
    while (left := [what for what, printed in those if is_left(what, printed)]) and time.monotonic() <= deadline:
        time.sleep(0.02)
    return left


async def printed_by(session: KernelSession, code: str) -> str:
    events = [event async for event in session.run(Run(code))]
    assert isinstance(events[-1], Finished) and events[-1].outcome == "ok", events
    return "".join(event.text for event in events if isinstance(event, Output) and event.stream == "stdout")


@pytest.fixture
async def session(zygote: Zygote, request: pytest.FixtureRequest) -> AsyncIterator[KernelSession]:
    session = KernelSession(zygote=zygote if request.param == "forked" else None)
    await session.start()
    await session.ready()
    yield session
    await session.close()


@pytest.mark.parametrize("what", CODES)
@pytest.mark.parametrize("session", ["forked"], indirect=True)
async def test_nothing_is_left_after_a_kernel_that_was_closed(session: KernelSession, what: str) -> None:
    printed = await printed_by(session, CODES[what])
    assert is_left(what, printed)
    await session.close()
    assert await asyncio.to_thread(is_gone_in_time, what, printed)


async def printed_by_each(session: KernelSession, whats: Sequence[str]) -> list[tuple[str, str]]:
    printed = [(what, await printed_by(session, CODES[what])) for what in whats]
    assert all(is_left(*one) for one in printed)
    return printed


@pytest.mark.parametrize("session", ["spawned"], indirect=True)
async def test_nothing_is_left_after_a_kernel_that_was_spawned(session: KernelSession) -> None:
    printed = await printed_by_each(session, (*FEW, "a session without an environment"))
    await session.restart()
    assert await asyncio.to_thread(are_gone_in_time, printed) == []
    await session.ready()
    printed = await printed_by_each(session, FEW)
    events = [event async for event in session.run(Run("import os; os.kill(os.getpid(), 9)"))]
    assert isinstance(events[-1], Finished) and events[-1].outcome == "died"
    assert await asyncio.to_thread(are_gone_in_time, printed) == []


@pytest.mark.parametrize(
    ("session", "what"),
    both_ways(["a daemon", "a session of its own", "a child that heeds no signal", *MADE]),
    indirect=["session"],
)
async def test_nothing_is_left_after_a_kernel_that_ended_by_itself(session: KernelSession, what: str) -> None:
    printed = await printed_by(session, CODES[what])
    assert is_left(what, printed)
    events = [event async for event in session.run(Run("import os; os.kill(os.getpid(), 9)"))]
    assert isinstance(events[-1], Finished) and events[-1].outcome == "died"
    assert await asyncio.to_thread(is_gone_in_time, what, printed)
    await session.ready()


@pytest.mark.parametrize("session", ["forked", pytest.param("spawned", marks=pytest.mark.slow)], indirect=True)
async def test_a_kernel_that_has_started_nothing_leaves_no_guardian_for_a_moment(session: KernelSession) -> None:
    folder = str(session.folder)
    await printed_by(session, "print(1)")
    await session.close()
    assert not [one for one in psutil.Process().children() if folder in command_of(one)]


TUTOR = """\
import asyncio, sys
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Output
from tui_torch.protocol.orders import Run

async def main(how, *codes):
    session = KernelSession(zygote=Zygote() if how == "forked" else None)
    await session.start()
    await session.ready()
    for code in codes:
        events = [event async for event in session.run(Run(code))]
        # One line, in how many pieces it may come.
        pieces = [event.text for event in events if isinstance(event, Output) and event.stream == "stdout"]
        print("".join(pieces).strip(), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main(*sys.argv[1:]))
"""
KILLED = ("a daemon", "a session of its own", "a session that heeds no signal", *MADE)
"""What code of a tutor that is killed has started and made, one after the other."""


@pytest.mark.parametrize("how", ["forked", pytest.param("spawned", marks=pytest.mark.slow)])
def test_nothing_is_left_after_a_tutor_that_was_killed(nursery: Nursery, how: str) -> None:
    command = [sys.executable, "-c", TUTOR, how, *(CODES[what] for what in KILLED)]
    environment = os.environ | nursery.environment
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as tutor:
        assert tutor.stdout is not None
        printed = [(what, tutor.stdout.readline().strip()) for what in KILLED]
        assert all(is_left(*one) for one in printed)
        tutor.send_signal(signal.SIGKILL)
        tutor.wait()
    assert are_gone_in_time(printed) == []
