"""Code that would take a program down: what the learner is told, and that the next run is as if nothing had been."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tui_torch.kernel import memory_limit
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Event, Failed, Finished, Output, Started
from tui_torch.protocol.orders import Portion, Request, Run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("faults")]


@dataclass(frozen=True)
class Fault:
    code: str
    outcome: str
    said: str = ""
    """What the error, or the sentence at the end, says."""


DIED = "A fresh kernel is starting; your code is as you left it."

FAULTS = {
    "os._exit": Fault("import os; os._exit(3)", "died", f"ended the kernel process (exit code 3). {DIED}"),
    "SIGKILL": Fault("import os; os.kill(os.getpid(), 9)", "died", f"ended the kernel process (SIGKILL). {DIED}"),
    "a segmentation fault": Fault("import ctypes; ctypes.string_at(0)", "died", f"(SIGSEGV). {DIED}"),
    "os.abort": Fault("import os; os.abort()", "died", f"(SIGABRT). {DIED}"),
    "closed file descriptors": Fault(
        "import os\nfor number in range(3, 200):\n    try: os.close(number)\n    except OSError: pass", "died", DIED
    ),
    "sys.exit": Fault("import sys; sys.exit('bye')", "failed", "SystemExit: bye"),
    "raise SystemExit": Fault("raise SystemExit", "failed", "SystemExit"),
    "quit": Fault("quit()", "failed", "SystemExit"),
    "exit": Fault("exit()", "failed", "SystemExit"),
    "a recursion without end": Fault("def f(): return f()\nf()", "failed", "RecursionError"),
    "a list of 100 billion": Fault("[0] * 10**11", "failed", "MemoryError"),
    "a tensor of 4 TB": Fault("torch.empty(10**12)", "failed", "RuntimeError"),
    "a closed stdout": Fault("import sys; sys.stdout.close(); print(1)", "failed", "I/O operation on closed file"),
    "a replaced print": Fault("print = None\nimport builtins\nbuiltins.print = None", "ok"),
    **{
        f"builtins.{name} replaced": Fault(f"import builtins\nbuiltins.{name} = None", "ok")
        for name in ("getattr", "isinstance", "len", "super", "print", "Exception", "type", "compile", "open")
    },
    "a deleted __import__": Fault("import builtins\ndel builtins.__import__", "ok"),
    "broken built-ins and an error": Fault(
        "import builtins\nbuiltins.getattr = builtins.isinstance = builtins.hasattr = None\n1 / 0", "failed"
    ),
    "a replaced clock": Fault("import time\ntime.perf_counter = time.time = None", "ok"),
    "a replaced no_grad": Fault("torch.no_grad = torch.tensor = torch.nn.Linear = None", "ok"),
    "a replaced seed": Fault("import random\nrandom.seed = torch.manual_seed = 0", "ok"),
    "patched methods": Fault(
        "torch.Tensor.backward = torch.nn.Module.__call__ = torch.optim.SGD.step = torch.Tensor.__repr__ = None", "ok"
    ),
    # The numbers are given anew: it depends on who takes them whether the kernel can live with it.
    "closed standard streams": Fault("import os\nfor number in range(3): os.close(number)\nprint('hi')", "ok or died"),
    "a replaced stdout": Fault("import sys; sys.stdout = sys.stderr = None", "ok"),
    "a default dtype": Fault("torch.set_default_dtype(torch.float64)", "ok"),
    "no gradients": Fault("torch.set_grad_enabled(False)", "ok"),
    "inference mode": Fault("torch.inference_mode().__enter__()", "ok"),
    "warnings that raise": Fault("import warnings; warnings.simplefilter('error')", "ok"),
    "another folder": Fault("import os; os.chdir('/')", "ok"),
    "a deleted torch": Fault("import sys\ndel sys.modules['torch'], torch", "ok"),
    "a shadowed list": Fault("list = 3\nsum = None\ntorch = 'mine'", "ok"),
    "a fork": Fault("import os\nchild = os.fork()\nif not child: os._exit(0)\nos.waitpid(child, 0)", "ok"),
    "a fork that goes on": Fault("import os\nos.fork()", "ok"),
    "a daemon thread that never ends": Fault(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()", "ok"
    ),
    "a loader with workers": Fault(
        "data = torch.utils.data.TensorDataset(torch.arange(8))\n"
        "print(len(list(torch.utils.data.DataLoader(data, num_workers=2))))",
        "ok",
    ),
}
"""Code, how its run ends, and what is said of it."""

USUAL = """\
import os
x = torch.ones(2, requires_grad=True).sum()
print(x.dtype, x.requires_grad, x.is_inference(), list((1,)), sum([1, 2]), os.getcwd() == HERE)
import warnings
warnings.warn("no error")
"""
"""What shows that nothing is left of the run before."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(zygote: Zygote) -> AsyncIterator[KernelSession]:
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    yield session
    await session.close()


async def run(kernel: KernelSession, code: str, before: str = "import torch") -> list[Event]:
    async with asyncio.timeout(120):
        return [event async for event in kernel.run(Run(code, standing=(Portion("setup", before),)))]


def told(events: list[Event]) -> str:
    """The error and the sentence at the end of a run."""
    words = [f"{event.error}: {event.message}" for event in events if isinstance(event, Failed)]
    return " ".join([*words, *(event.reason for event in events if isinstance(event, Finished))])


def outcome(events: list[Event]) -> str:
    assert isinstance(events[-1], Finished)
    return events[-1].outcome


async def is_as_ever(kernel: KernelSession) -> None:
    events = await run(kernel, USUAL, f"import torch\nHERE = {str(Path.cwd())!r}")
    printed = "".join(event.text for event in events if isinstance(event, Output) and event.stream == "stdout")
    assert (outcome(events), printed) == ("ok", "torch.float32 True False [1] 3 True\n"), events


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_named_and_leaves_nothing_behind(kernel: KernelSession, name: str) -> None:
    fault = FAULTS[name]
    events = await run(kernel, fault.code)
    assert outcome(events) in fault.outcome.split(" or "), events
    assert fault.said in told(events)
    await is_as_ever(kernel)


LOOPS = {
    "pure Python": "while True: pass",
    "a C call that holds on": "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    "a regular expression": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
    "input that nobody answers": "input('? ')",
    "an interrupt that is swallowed": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "an interrupt that is ignored": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "a kernel that prints for ever": "while True: print('more')",
}


@pytest.mark.parametrize("name", LOOPS)
async def test_a_loop_without_end_is_ended_by_the_learner(kernel: KernelSession, name: str) -> None:
    events: list[Event] = []

    async def follow() -> None:
        async for event in kernel.run(Run(LOOPS[name])):
            events.append(event)
            if isinstance(event, Started):
                # Long enough for the code to be where it does not end.
                asyncio.get_running_loop().call_later(0.3, lambda: stopping.append(asyncio.ensure_future(stop())))

    async def stop() -> None:
        await kernel.interrupt()

    stopping: list[asyncio.Future[None]] = []
    async with asyncio.timeout(120):
        await follow()
    assert outcome(events) == "interrupted"
    assert any(words in told(events) for words in ("is still there", "did not stop in 3 s"))
    await is_as_ever(kernel)


async def test_code_that_takes_too_much_memory_is_stopped_before_the_machine_suffers(kernel: KernelSession) -> None:
    await run(kernel, "")
    assert kernel.pid is not None
    kernel.memory_limit = memory_limit.taken(kernel.pid) + 300_000_000
    try:
        events = await run(kernel, "kept = []\nwhile True: kept.append(torch.ones(2_500_000))")
    finally:
        kernel.memory_limit = None
    assert outcome(events) == "died"
    assert "GB of memory, and it may take" in told(events) and DIED in told(events)
    await is_as_ever(kernel)


async def test_what_a_thread_or_a_process_prints_after_the_run_stops_nothing(kernel: KernelSession) -> None:
    code = (
        "import subprocess, threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()\n"
        "subprocess.Popen(['sh', '-c', 'sleep 0.2; echo later'])"
    )
    assert outcome(await run(kernel, code)) == "ok"
    assert outcome(await run(kernel, "import time; time.sleep(0.5)")) == "ok"
    await is_as_ever(kernel)


DEADLY = """\
class Layer:
    @property
    def weight(self):
        import os, signal
        os.kill(os.getpid(), signal.SIGBUS)

layer = Layer()
"""
"""What is read of it ends the process, as a file does that is mapped into memory and was cut."""


async def test_a_kernel_that_ends_when_a_value_is_looked_at_after_a_run_says_that_looking_ended_it(
    kernel: KernelSession,
) -> None:
    events = [event async for event in kernel.run(Run(DEADLY, pins=("layer.weight",)))]
    assert outcome(events) == "died"
    assert told(events) == f"Looking at `layer.weight`, and not your code, ended the kernel process (SIGBUS). {DIED}"
    await is_as_ever(kernel)


async def test_a_kernel_that_ends_when_a_page_of_the_inspector_looks_at_a_value_says_so_too(
    kernel: KernelSession,
) -> None:
    await run(kernel, DEADLY)
    assert kernel.end_reason is None
    assert await kernel.look(Request("graph", "layer.weight")) is None
    assert kernel.end_reason == (
        f"Looking at `layer.weight`, and not your code, ended the kernel process (SIGBUS). {DIED}"
    )
    await is_as_ever(kernel)
    assert kernel.end_reason is None


async def test_code_that_ends_its_kernel_is_not_taken_for_looking(kernel: KernelSession) -> None:
    events = await run(kernel, "x = torch.ones(3)\nimport os; os._exit(3)")
    assert told(events) == f"The code ended the kernel process (exit code 3). {DIED}"
