"""Processes that the learner's code starts find its classes, functions and values, however they are started.

Python 3.14 starts them by a server of its own on Linux, and macOS and Windows spawn them. Neither has what is defined
in a kernel, which has no file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.kernel.runs import only, printed, run
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol.events import Event, Failed, Finished, PutBack
from tui_torch.protocol.orders import Portion

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

METHODS = ("fork", "spawn", "forkserver")
QUICK = ("fork", pytest.param("spawn", marks=pytest.mark.slow), "forkserver")
"""Without a process that imports PyTorch, but for what each of them can find."""

SETUP = Portion(
    "setup",
    """
import math
from collections import namedtuple

import torch
from torch.utils.data import DataLoader, Dataset

OFFSET = torch.tensor([10.0])
Sample = namedtuple("Sample", "number square")


def squared(number):
    return OFFSET + math.floor(number) ** 2


class Numbers(Dataset):
    def __init__(self, count, change=None):
        self.count = count
        self.change = change

    def __len__(self):
        return self.count
""",
)
DATASET = """
class Squares(Numbers):
    def __getitem__(self, at):
        return Sample(at, self.change(squared(at)) if self.change else squared(at))

def together(samples):
    return [sample.square.item() for sample in samples]
"""


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(zygote: Zygote) -> AsyncIterator[KernelSession]:
    """A kernel that has run nothing."""
    session = KernelSession(zygote=zygote)
    await session.start()
    yield session
    await session.close()


def ended(events: list[Event]) -> Finished:
    return only(events, Finished)


async def program(kernel: KernelSession, method: str, code: str, **order: Any) -> list[Event]:
    order.setdefault("standing", (SETUP, Portion("dataset", DATASET)))
    return await run(kernel, f"METHOD = {method!r}\n{code}", **order)


@pytest.mark.parametrize("method", METHODS)
async def test_a_loaders_workers_find_a_class_of_the_learners_and_all_that_it_uses(
    kernel: KernelSession, method: str
) -> None:
    code = """
def doubled(x):
    return 2 * x

several = 1 if METHOD == "spawn" else 2  # one that is spawned imports PyTorch
loader = DataLoader(Squares(4, doubled), 2, num_workers=several, collate_fn=together, multiprocessing_context=METHOD)
print([batch for batch in loader])
"""
    events = await program(kernel, method, code)
    assert printed(events) == "[[20.0, 22.0], [28.0, 38.0]]\n"
    assert ended(events).outcome == "ok"


@pytest.mark.parametrize("method", ["fork", "forkserver"])
async def test_the_default_start_method_may_be_any(kernel: KernelSession, method: str) -> None:
    code = """
import torch.multiprocessing as mp
mp.set_start_method(METHOD, force=True)
print([batch.number.tolist() for batch in DataLoader(Squares(4), 2, num_workers=1)])
"""
    events = await program(kernel, method, code)
    assert printed(events) == "[[0, 1], [2, 3]]\n"
    assert ended(events).outcome == "ok"


@pytest.mark.parametrize("method", ["fork", "forkserver"])
async def test_workers_run_the_class_as_it_is_now(kernel: KernelSession, method: str) -> None:
    found = []
    for factor in (1, 100):
        code = f"""
class Squares(Numbers):
    def __getitem__(self, at):
        return squared(at) * {factor}

print([batch.tolist() for batch in DataLoader(Squares(2), num_workers=1, multiprocessing_context=METHOD)])
"""
        found.append(printed(await program(kernel, method, code)))
    assert found == ["[[[10.0]], [[11.0]]]\n", "[[[1000.0]], [[1100.0]]]\n"]


@pytest.mark.parametrize("method", QUICK)
async def test_code_that_trains_is_not_run_again_by_its_workers(kernel: KernelSession, method: str) -> None:
    code = """
from pathlib import Path
import tempfile

folder = Path(tempfile.mkdtemp())
(folder / "run").write_text("")
with (folder / "run").open("a") as file:
    file.write("once ")
for batch in DataLoader(Squares(2), num_workers=1, collate_fn=together, multiprocessing_context=METHOD):
    print(batch)
print((folder / "run").read_text())
"""
    assert printed(await program(kernel, method, code)) == "[10.0]\n[11.0]\nonce \n"


@pytest.mark.parametrize("method", QUICK)
async def test_an_error_in_a_worker_comes_with_the_line_of_the_learners(kernel: KernelSession, method: str) -> None:
    code = """
class Broken(Numbers):
    def __getitem__(self, at):
        return at / (at - at)

list(DataLoader(Broken(2), num_workers=1, multiprocessing_context=METHOD))
"""
    failed = only(await program(kernel, method, code), Failed)
    assert failed.error == "ZeroDivisionError"
    assert failed.frames[-1].code == "return at / (at - at)"
    assert "worker process" in failed.message and "Traceback" not in failed.message


@pytest.mark.parametrize("method", QUICK[1:])
async def test_a_process_and_a_pool_find_a_function_of_the_learners(kernel: KernelSession, method: str) -> None:
    code = """
import multiprocessing

def value(number):
    return squared(number).item()

def put(queue):
    queue.put(value(3))

context = multiprocessing.get_context(METHOD)
queue = context.Queue()
process = context.Process(target=put, args=(queue,))
process.start()
print(queue.get())
process.join()
with context.Pool(1) as pool:
    print(pool.map(value, [1, 2]))
"""
    events = await program(kernel, method, code)
    assert printed(events) == "19.0\n[11.0, 14.0]\n"


async def test_a_fork_of_a_kernel_whose_server_runs_has_workers_too(fresh: KernelSession) -> None:
    code = "print(list(DataLoader(Squares(2), num_workers=1, collate_fn=together, multiprocessing_context=METHOD)))"
    standing = (SETUP, Portion("dataset", f"{DATASET}\nsum(range(3_000_000))"))
    found = [
        printed(await program(fresh, "forkserver", f"{code}\nimport os\nprint(os.getpid())", **order))
        for order in (
            {"standing": standing},
            {"standing": standing, "apart": True},
        )
    ]
    lines = [one.splitlines() for one in found]
    assert [result for result, _ in lines] == ["[[10.0], [11.0]]"] * 2
    assert int(lines[0][1]) == fresh.pid != int(lines[1][1])


async def test_workers_whose_method_nobody_has_set_change_nothing_that_is_put_back(fresh: KernelSession) -> None:
    await program(fresh, "", "list(DataLoader(Squares(2), num_workers=1, collate_fn=together))")
    events = await program(fresh, "", "1")
    assert ended(events).outcome == "ok"
    assert not [event for event in events if isinstance(event, PutBack)]
