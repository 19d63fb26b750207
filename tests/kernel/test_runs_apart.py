"""A run in a fork of the kernel is what it would have been in the kernel, and leaves the kernel as it was."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.faults.test_code import FAULTS
from tests.kernel.runs import printed, run
from tests.spread import one_in_five
from tui_torch.kernel import memory_limit
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.probe.ipython.runs_apart import WORTH
from tui_torch.protocol.events import (
    Displayed,
    Evaluated,
    Event,
    Failed,
    Figure,
    Finished,
    Graded,
    InputRequested,
    Output,
)
from tui_torch.protocol.orders import Portion, Run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("runs apart")]

SETUP = Portion("setup", "import os, torch\nx = torch.arange(3.)")
LONG = Portion(
    "train",
    "import time\n"
    f"enough = time.thread_time() + {1.5 * WORTH}\n"
    "while time.thread_time() < enough: pass\n"
    "w = torch.rand(2, requires_grad=True)",
)
"""What takes longer to replay than a fork takes, and not much longer: it is replayed two hundred times."""
STANDING = (SETUP, LONG)
LOOP = "print('on', flush=True)\nwhile True: pass"
PID = "import os\nprint(os.getpid())"


async def run_apart(
    kernel: KernelSession, code: str, standing: tuple[Portion, ...] = STANDING, **order: object
) -> list[Event]:
    """The events of a run in a fork. The first run, whose events nobody sees, shows how long a replay takes."""
    await run(kernel, "", standing=standing, apart=True)
    return await run(kernel, code, standing=standing, apart=True, **order)


async def is_forked(kernel: KernelSession, standing: tuple[Portion, ...]) -> bool:
    return int(printed(await run_apart(kernel, PID, standing))) != kernel.pid


def shown(events: list[Event]) -> list[Event | str]:
    """What a run shows, with the pieces of the printed text put together and without times."""
    text = {
        name: "".join(event.text for event in events if isinstance(event, Output) and event.stream == name)
        for name in ("stdout", "stderr")
    }
    others = [event for event in events if isinstance(event, (Displayed, Evaluated, Failed, Figure, Graded))]
    ends = [replace(event, seconds=0.0) for event in events if isinstance(event, Finished)]
    return [text["stdout"], text["stderr"], *others, *ends]


async def test_it_has_a_process_of_its_own_for_each_run(kernel: KernelSession) -> None:
    pids = [int(printed(await run_apart(kernel, PID))) for _ in range(3)]
    assert len({*pids, kernel.pid}) == 4


async def test_nothing_of_one_run_is_left_to_the_next(kernel: KernelSession) -> None:
    code = "print(w.grad, x.tolist(), 'y' in dir(), torch.rand(1).item(), torch.get_default_dtype(), os.getcwd())"
    first = printed(await run_apart(kernel, code))
    await run_apart(
        kernel,
        "y = 1\nw.sum().backward()\nx[0] = 7\ntorch.manual_seed(9)\n"
        "torch.set_default_dtype(torch.float64)\nos.chdir('/')",
    )
    assert printed(await run_apart(kernel, code)) == first
    assert printed(await run(kernel, code, standing=STANDING)) == first


async def test_a_later_step_stands_on_what_is_there_and_more(kernel: KernelSession) -> None:
    more = (*STANDING, Portion("more", "v = w * 2\ncount = globals().get('count', 0) + 1"))
    await run_apart(kernel, "w = None")
    assert printed(await run(kernel, "print(torch.equal(v, w * 2), count)", standing=more, apart=True)) == "True 1\n"
    # An earlier step, of which the namespace holds too much.
    assert printed(await run_apart(kernel, "print('v' in dir())")) == "False\n"


CODES = {
    "values and a grade": "y = (w ** 2).sum()\ny.backward()\nprint(w.grad)\nw.grad",
    "a loop": "for step in range(50):\n    (w ** 2).sum().backward()\n    print(step, w.grad)",
    "ten thousand lines": "for number in range(10_000): print(number)",
    "both streams": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nimport warnings\nwarnings.warn('mind')",
    "an error": "w @ torch.ones(3)",
    "code that is not Python": "for",
    "an event loop": "import asyncio\nprint(asyncio.get_running_loop().is_running())\nasyncio.run(None)",
    "an await": "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
    "a model": (
        "model = torch.nn.Linear(2, 1)\noptimizer = torch.optim.Adam(model.parameters())\n"
        "for _ in range(3):\n    optimizer.zero_grad()\n    loss = model(x[:2]).square().sum()\n    loss.backward()\n"
        "    optimizer.step()\nprint(loss, list(model.parameters()))"
    ),
    "many threads": (
        "torch.set_num_threads(3)\na = torch.rand(600, 600)\nfor _ in range(3): a = (a @ a).softmax(1)\n"
        "print(a.sum(), torch.get_num_threads(), len(os.listdir('/proc/self/task')) > 1)"
    ),
    "a display": "from IPython.display import display\ndisplay(x)\nx",
    "nothing": "",
}


@pytest.mark.parametrize("name", one_in_five(list(CODES), 0))
async def test_it_shows_what_the_run_would_have_shown_in_the_kernel(kernel: KernelSession, name: str) -> None:
    checks = (("w has a gradient", "assert w.grad is not None"), ("prints", "assert len(output) > 3, output"))
    order = {"checks": checks, "values": ("w", "w.grad", "missing")}
    wanted = shown(await run(kernel, CODES[name], standing=STANDING, **order))
    assert shown(await run_apart(kernel, CODES[name], **order)) == wanted


@pytest.mark.parametrize("name", one_in_five(list(FAULTS), 0))
async def test_a_fault_ends_it_as_it_would_have_ended_the_kernels_own_run(kernel: KernelSession, name: str) -> None:
    fault = FAULTS[name]
    events = await run_apart(kernel, fault.code)
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome in fault.outcome.split(" or "), events
    said = [f"{event.error}: {event.message}" for event in events if isinstance(event, Failed)]
    if name != "closed file descriptors":  # which also ends it, in another way
        assert fault.said in " ".join([*said, events[-1].reason])
    assert printed(await run_apart(kernel, "print(x, w.grad, list((1,)))")) == "tensor([0., 1., 2.]) None [1]\n"


WHAT_A_FORK_WOULD_SHARE = {
    "a thread": "import threading\nthreading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
    "a pool of threads": "torch.set_num_threads(2)\na = torch.rand(1000, 1000)\n(a @ a + 1).sum()",
    "a process": "import subprocess\nsubprocess.run(['true'])",
    "a file that is written": "open(os.devnull, 'w').close()",
    "a file that stays open": "file = open(os.devnull)",
    "a temporary folder": "import tempfile\nfolder = tempfile.TemporaryDirectory()",
    "a file that C++ writes": "torch.save(x, os.devnull)",
}


@pytest.mark.parametrize("name", WHAT_A_FORK_WOULD_SHARE)
async def test_there_is_no_fork_of_what_it_would_share(kernel: KernelSession, name: str) -> None:
    code = WHAT_A_FORK_WOULD_SHARE[name]
    assert not await is_forked(kernel, (*STANDING, Portion("shared", code)))
    if "thread" in name:
        await kernel.restart()  # what is there stays
    assert await is_forked(kernel, STANDING)


async def test_the_streams_may_have_been_replaced_before_it(kernel: KernelSession) -> None:
    standing = (*STANDING, Portion("quiet", "import io, sys\nkept = sys.stdout\nsys.stdout = io.StringIO()"))
    code = "real = sys.stdout\nprint('seen')\nsys.stdout = kept\nprint('unseen')\nsys.stdout = real\nprint(os.getpid())"
    seen, pid = printed(await run_apart(kernel, code, standing)).split()
    assert seen == "seen"
    assert int(pid) != kernel.pid


async def test_whoever_asks_without_a_word_of_it_finds_the_end_of_the_input(kernel: KernelSession) -> None:
    code = "import builtins\nask = vars(builtins)['in' + 'put']\ntry: ask('Who? ')\nexcept EOFError: print('nobody')"
    assert printed(await run_apart(kernel, code)) == "nobody\n"


@pytest.mark.parametrize("code", ["name = input('Who? ')", "import asyncio\nawait asyncio.sleep(0)"])
async def test_there_is_no_fork_for_code_that_needs_the_kernel(kernel: KernelSession, code: str) -> None:
    ends: list[str] = []
    await run(kernel, "", standing=STANDING, apart=True)
    async for event in kernel.run(Run(f"{code}\n{PID}", standing=STANDING, apart=True)):
        if isinstance(event, InputRequested):
            kernel.answer("Ada")
        if isinstance(event, Output):
            ends.append(event.text.strip())
    assert ends == [str(kernel.pid)]


async def test_there_is_no_fork_of_what_is_replayed_quickly(kernel: KernelSession) -> None:
    assert not await is_forked(kernel, (SETUP,))


async def test_a_failing_portion_is_named_as_ever(kernel: KernelSession) -> None:
    standing = (*STANDING, Portion("wrong", "1 / 0"))
    for _ in range(3):
        events = await run(kernel, "print('never')", standing=standing, apart=True)
        failed = next(event for event in events if isinstance(event, Failed))
        assert (failed.error, failed.in_step) == ("ZeroDivisionError", "wrong")
        assert printed(events) == ""


async def test_a_temporary_folder_that_it_made_is_gone_after_it(kernel: KernelSession) -> None:
    code = f"import tempfile\nkept = tempfile.TemporaryDirectory()\n{PID}\nprint(kept.name)"
    pid, folder = printed(await run_apart(kernel, code)).split()
    fork = psutil.Process(int(pid))
    assert await asyncio.to_thread(Path(folder).exists)
    async with asyncio.timeout(60):
        while fork.is_running():  # each run waits for those that have ended
            await run(kernel, "", standing=(SETUP,))
    assert not await asyncio.to_thread(Path(folder).exists)


async def test_it_can_be_interrupted(kernel: KernelSession) -> None:
    await run_apart(kernel, "")
    ends: list[str] = []
    async with asyncio.timeout(60):
        async for event in kernel.run(Run(LOOP, standing=STANDING, apart=True)):
            if isinstance(event, Output):
                await kernel.interrupt()
            if isinstance(event, Finished):
                ends.append(event.outcome)
    assert ends == ["interrupted"]
    assert printed(await run_apart(kernel, "print(x.tolist())")) == "[0.0, 1.0, 2.0]\n"


async def test_its_memory_counts_as_the_kernels(kernel: KernelSession) -> None:
    await run_apart(kernel, "")
    assert kernel.pid is not None
    kernel.memory_limit = memory_limit.taken(kernel.pid) + 300_000_000
    try:
        events = await run_apart(kernel, "kept = []\nwhile True: kept.append(torch.ones(2_500_000))")
    finally:
        kernel.memory_limit = None
    assert isinstance(events[-1], Finished)
    assert "GB of memory, and it may take" in events[-1].reason


async def test_no_process_is_left_when_the_kernel_is_closed(zygote: Zygote) -> None:
    kernel = KernelSession(zygote=zygote)
    await kernel.start()
    await kernel.ready()
    fork = psutil.Process(int(printed(await run_apart(kernel, PID))))
    await kernel.close()
    await asyncio.to_thread(fork.wait, 10)
    assert not fork.is_running()
