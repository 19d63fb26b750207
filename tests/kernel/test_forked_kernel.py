"""Kernels that a zygote forks are as those that are spawned, and outlive it. Where it cannot, they are spawned."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from tests.kernel.runs import printed, run
from tui_torch.kernel import zygote as zygotes
from tui_torch.kernel.process import KernelProcess
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote, can_fork_kernels
from tui_torch.protocol.events import Finished

pytestmark = [
    pytest.mark.skipif(not can_fork_kernels(), reason="kernels are spawned here"),
    pytest.mark.xdist_group("faults"),
]


@asynccontextmanager
async def kernel_of(zygote: Zygote | None) -> AsyncIterator[KernelSession]:
    session = KernelSession(zygote=zygote)
    try:
        await session.start()
        await session.ready()
        yield session
    finally:
        await session.close()


@pytest.fixture
def own_zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


async def value(kernel: KernelSession, code: str) -> Any:
    """What code prints as JSON."""
    return json.loads(printed(await run(kernel, f"import json, os, sys\n{code}")))


def is_forked(session: KernelSession) -> bool:
    """Whether the session's process is no child of this one."""
    assert session.pid is not None
    return psutil.Process(session.pid).ppid() != os.getpid()


async def is_usable(kernel: KernelSession) -> None:
    assert await value(kernel, "print(1)") == 1


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def lives(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


STATE = """\
import atexit, decimal, faulthandler, gc, locale, logging, multiprocessing, resource, signal, stat, tempfile
import threading, time, warnings
import numpy, torch

here = os.getpid()
def kind(number):
    found = os.fstat(number)
    return stat.S_IFMT(found.st_mode), stat.S_IMODE(found.st_mode)
def nameless(texts):
    return [text.rpartition("/tui-torch-")[0] if "kernel.json" in text else text for text in texts]
print(json.dumps({
    "leads its session": os.getsid(0) == os.getpgid(0) == here,
    "standard streams": [kind(number) for number in range(3)],
    "sys's streams": [
        (stream.encoding, stream.errors, stream.mode, stream.line_buffering, stream.write_through, stream.fileno())
        for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    ],
    "folder": os.getcwd(),
    "environment": {name: text for name, text in sorted(os.environ.items()) if name != "IPYTHONDIR"},
    "own folder": os.path.dirname(os.environ["IPYTHONDIR"]) == os.path.dirname(sys.argv[-1]),
    "arguments": nameless(sys.argv),
    "command": nameless(sys.orig_argv),
    "path": sys.path,
    "flags": repr(sys.flags),
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if "RLIMIT_" in name},
    "signals": {number: str(signal.getsignal(number)) for number in signal.valid_signals()},
    "blocked signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "threads": len(threading.enumerate()),
    "the next thread": threading.Thread().name,
    "the main thread": threading.main_thread().native_id == here,
    "warnings": sorted(map(str, warnings.filters)),
    "collector": (gc.isenabled(), gc.get_threshold()),
    "locale": locale.setlocale(locale.LC_ALL),
    "time zone": time.tzname,
    "loggers": [str(handler) for handler in logging.getLogger().handlers],
    "fault handler": faulthandler.is_enabled(),
    "temporary files": tempfile.gettempdir(),
    "decimals": str(decimal.getcontext()),
    "multiprocessing": (multiprocessing.get_start_method(), str(multiprocessing.parent_process()),
        multiprocessing.current_process().name),
    "recursion": sys.getrecursionlimit(),
    "torch": (torch.get_num_threads(), torch.get_num_interop_threads(), torch.initial_seed(), torch.is_grad_enabled(),
        str(torch.get_default_dtype()), torch.__config__.parallel_info()),
    "numpy": (numpy.get_printoptions(), numpy.geterr()),
    "IPython": (get_ipython().execution_count, len(get_ipython().history_manager.input_hist_raw)),
    "names": sorted(name for name in globals() if name not in ("json", "os", "sys")),
    "processors": sorted(os.sched_getaffinity(0)),
    "priority": os.getpriority(os.PRIO_PROCESS, 0),
}, default=str))
"""


@dataclass(frozen=True)
class Kernels:
    """A forked kernel and a spawned one, and what each was like when it was new."""

    forked: KernelSession
    spawned: KernelSession
    found: dict[str, Any]
    expected: dict[str, Any]


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[pytest.param(False, id="", marks=pytest.mark.slow), pytest.param(True, id="more")],
)
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Kernels]:
    """Kernels of either kind; with `more`, the zygote has imported what the first optimizer needs."""
    zygote, state = Zygote(), STATE
    if request.param:
        zygote.import_more()
        zygote.start()
        state = f"import torch._dynamo\n{STATE}"
    async with kernel_of(zygote) as forked, kernel_of(None) as spawned:
        yield Kernels(forked, spawned, await value(forked, state), await value(spawned, state))
    zygote.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_a_forked_kernel_has_all_that_a_spawned_one_has(both: Kernels) -> None:
    assert is_forked(both.forked) and not is_forked(both.spawned)
    assert both.found.keys() == both.expected.keys()
    for name in both.found:
        assert both.found[name] == both.expected[name], name


SECRETS = """\
import multiprocessing, tempfile, uuid
import numpy, torch
print(json.dumps([
    multiprocessing.current_process().authkey.hex(), str(uuid.uuid4()), next(tempfile._get_candidate_names()),
    numpy.random.default_rng().random(), torch.seed(), get_ipython().kernel.session.session,
]))
"""


async def test_two_forked_kernels_draw_none_of_the_same_secrets(zygote: Zygote) -> None:
    async with kernel_of(zygote) as one, kernel_of(zygote) as other:
        assert is_forked(one) and is_forked(other)
        secrets = [*await value(one, SECRETS), *await value(other, SECRETS)]
        assert len(set(secrets)) == len(secrets)


async def test_a_forked_kernel_is_in_the_folder_and_has_the_settings_of_this_moment(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zygote.start()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUI_TORCH_HOME", "elsewhere")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    umask = os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[0] - 1, files[1]))
    try:
        session = KernelSession(zygote=zygote)
        session.spawn()
    finally:
        os.umask(umask)
        resource.setrlimit(resource.RLIMIT_NOFILE, files)
    await session.connect()
    try:
        code = """
import resource
files = resource.getrlimit(resource.RLIMIT_NOFILE)
print(json.dumps([os.getcwd(), os.environ["TUI_TORCH_HOME"], files, os.umask(0)]))
"""
        assert await value(session, code) == [str(tmp_path), "elsewhere", [files[0] - 1, files[1]], 0o027]
        assert is_forked(session)
    finally:
        await session.close()


async def test_a_kernel_is_spawned_where_modules_would_find_another_environment(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    zygote.start()
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    async with kernel_of(zygote) as session:
        assert not is_forked(session)
        assert await value(session, "print(os.environ['OMP_NUM_THREADS'])") == 3


COMPUTES = """\
import torch
from torch.utils.data import DataLoader

class Doubled(torch.utils.data.Dataset):
    def __len__(self): return 8
    def __getitem__(self, index): return torch.full((3,), 2.0 * index) @ torch.eye(3)

model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(1))
inputs, targets = torch.randn(64, 1, 16, 16), torch.randn(64, 1)
model(inputs)
optimizer = torch.optim.Adam(model.parameters())
losses = []
for _ in range(5):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
product = torch.randn(300, 300) @ torch.randn(300, 300)
import numpy
print(json.dumps([
    losses, product.sum().item(), torch.linalg.svdvals(product)[0].item(),
    [batch[:, 0].tolist() for batch in DataLoader(Doubled(), batch_size=4, num_workers=2)],
    (numpy.arange(90000.0).reshape(300, 300) @ numpy.eye(300)).sum(),
]))
"""


@pytest.mark.asyncio(loop_scope="module")
async def test_a_forked_kernel_computes_and_trains_as_a_spawned_one(both: Kernels) -> None:
    assert is_forked(both.forked)
    assert await value(both.forked, COMPUTES) == await value(both.spawned, COMPUTES)


async def test_a_kernel_that_is_ended_twice_takes_no_descriptor_from_others(zygote: Zygote) -> None:
    await until(lambda: zygote.pid is not None)
    process = KernelProcess(zygote)
    await process.be_born()
    process.end()
    reused = [os.pipe() for _ in range(4)]
    process.end()
    for read, write in reused:
        os.write(write, b"still open")
        assert os.read(read, 20) == b"still open"
        os.close(read)
        os.close(write)


async def test_each_kernel_after_a_restart_is_forked(zygote: Zygote) -> None:
    async with kernel_of(zygote) as session:
        for _ in range(3):
            before = session.pid
            await session.restart()
            await session.ready()
            assert is_forked(session) and session.pid != before
            assert before is not None and not psutil.pid_exists(before)


async def test_a_kernel_outlives_its_zygote_and_the_next_one_is_forked_by_another_unless_it_was_closed(
    own_zygote: Zygote,
) -> None:
    async with kernel_of(own_zygote) as session:
        kernel, first = session.pid, own_zygote.pid
        assert kernel is not None and first is not None
        os.kill(first, signal.SIGKILL)
        await is_usable(session)
        await until(lambda: own_zygote.pid not in (None, first))
        assert session.pid == kernel

        # Nobody can ask how it ended.
        events = await run(session, "import os; os._exit(3)")
        assert isinstance(events[-1], Finished) and events[-1].reason.startswith("The kernel process is gone.")
        await is_usable(session)
        assert is_forked(session) and session.pid != kernel

        kernel = session.pid
        own_zygote.close()
        assert own_zygote.pid is None
        await is_usable(session)
        assert session.pid == kernel
        await session.restart()
        assert not is_forked(session) and own_zygote.pid is None


async def test_a_zygote_that_ends_again_and_again_is_left_alone(
    own_zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("import os\nos.getppid() == int(os.environ['APP']) and os._exit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("APP", str(os.getpid()))
    for _ in range(zygotes.DEATHS + 1):
        own_zygote.start()
        await until(lambda: own_zygote.pid is None)
    own_zygote.start()
    assert own_zygote.pid is None


async def test_a_kernel_whose_torch_is_broken_says_so_with_a_zygote_too(
    own_zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no such library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    session = KernelSession(zygote=own_zygote)
    await session.start()
    try:
        events = await run(session, "1")
    finally:
        await session.close()
    assert isinstance(events[-1], Finished)
    assert "PyTorch cannot be imported (ImportError: no such library)" in events[-1].reason


async def test_kernels_are_spawned_where_none_may_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygotes, "can_fork_kernels", lambda: False)
    session = KernelSession(zygote=(zygote := Zygote()))
    await session.start()
    assert zygote.pid is None and not is_forked(session)
    await session.close()


async def test_what_a_kernel_has_started_ends_with_it(zygote: Zygote) -> None:
    async with kernel_of(zygote) as session:
        started = await value(session, "import subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid)")
        assert psutil.pid_exists(started)
        await session.restart()
        await until(lambda: not lives(started))
