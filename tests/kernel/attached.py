"""A kernel that `jupyter console` has started, as somebody would look into it: by another client, and by us."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from tests.processes import command_of
from tests.terminal import Terminal
from tui_torch.kernel.joining.connection_files import ConnectionFile, read_connection_file
from tui_torch.kernel.joining.joined_kernel import JoinedKernel
from tui_torch.kernel.jupyter import client_of
from tui_torch.protocol.attachment import CellEnded
from tui_torch.protocol.events import Inspected
from tui_torch.protocol.inspection_updates import is_complete

PATIENCE = 60.0
"""Seconds until what is waited for is given up, however much else is told meanwhile."""

CONSOLE = (sys.executable, "-m", "jupyter_console", "--simple-prompt")

STATE = """
import asyncio, builtins, gc, json, os, sys, threading, warnings
import socket
shell = get_ipython()
def described(fd):
    # None for what comes and goes: connections of clients, and IPython's history, which a thread of its writes.
    try:
        link = os.readlink(f"/proc/self/fd/{fd}")
        if not link.startswith("socket:"):
            return None if "history.sqlite" in link else link
        with socket.socket(fileno=os.dup(int(fd))) as copy:
            return None if copy.family in (socket.AF_INET, socket.AF_INET6) else link
    except OSError:
        return None
state = {
    "names": sorted(shell.user_ns),
    "path": list(sys.path),
    "finders": [repr(finder) for finder in sys.meta_path],
    "threads": sorted(thread.name for thread in threading.enumerate()),
    "callbacks": {name: [repr(one) for one in all] for name, all in shell.events.callbacks.items()},
    "comms": sorted(shell.kernel.comm_manager.targets),
    "descriptors": sorted(filter(None, map(described, os.listdir("/proc/self/fd")))),
    "handlers": sorted(shell.kernel.io_loop.handlers),
    "modules": sorted(sys.modules),
    "filters": len(warnings.filters),
    "collector": (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()),
    "tracing": (repr(sys.gettrace()), repr(sys.getprofile()), repr(threading.gettrace())),
    "streams": (id(sys.stdout), id(sys.stderr), id(builtins.input), id(builtins.print)),
}
if "torch" in sys.modules:
    import torch, torch.optim.lr_scheduler
    places = [torch, torch.Tensor, torch.autograd, torch.autograd.graph, torch.func, torch.nn.Module,
              torch.nn.functional,
              torch.nn.modules.module, torch.optim.Optimizer, sys.modules["torch.optim.optimizer"], torch.optim.SGD,
              torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler, torch.utils.data.DataLoader,
              torch.amp.GradScaler, torch.amp, torch.nn.utils, torch.random, torch.serialization]
    state["torch"] = {
        f"{place.__name__}.{name}": len(value) if isinstance(value, (dict, list, set)) else id(value)
        for place in places for name, value in vars(place).items()
    }
    state["random"] = hash(torch.get_rng_state().numpy().tobytes())
    state["modes"] = (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype(),
                      torch.get_num_threads())
answer = json.dumps(state, default=str)
"""
"""What a probe could leave behind: evaluated with names of its own."""


def left_of(deadline: float) -> float:
    """The seconds until then, of which there have to be some."""
    left = deadline - time.monotonic()
    assert left > 0, f"it does not come in {PATIENCE:.0f} s"
    return left


class TheirKernel:
    """A kernel with two clients that are not ours: `jupyter console`, and one by which tests run cells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.terminal = Terminal(
            program=CONSOLE,
            environment={
                "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                "IPYTHONDIR": str(folder / "ipython"),
                "JUPYTER_CONFIG_DIR": str(folder / "config"),
                "PYTHONPATH": None,
            },
        )
        self.client: Any = None

    async def begin(self) -> None:
        """Wait until it is there."""
        await self.shows("In [1]:")
        self.client = client_of(self.file.content)
        self.client.start_channels(stdin=False, hb=False)
        await self.evaluate("'is there'")
        started = psutil.Process(self.terminal.child.pid).children(recursive=True)
        self.process = next(one for one in started if self.file.path.name in command_of(one))

    @property
    def file(self) -> ConnectionFile:
        """Its connection file."""
        return read_connection_file(next((self.folder / "runtime").glob("kernel-*.json")))

    async def shows(self, text: str) -> None:
        """Wait until the console's screen shows a text."""
        await asyncio.to_thread(self.terminal.wait_for, text)

    async def asks(self, prompt: str) -> None:
        """Wait until the console asks for a line, at the beginning of one."""
        lines = lambda: self.terminal.text.splitlines()  # noqa: E731
        asked = partial(self.terminal.wait_until, lambda: any(line.startswith(prompt) for line in lines()), prompt)
        await asyncio.to_thread(asked)

    def types(self, line: str) -> None:
        """Type a line into the console."""
        self.terminal.child.sendline(line)

    async def runs(self, code: str) -> str:
        """Run a cell by the other client; what it prints or raises."""
        request = self.client.execute(code, allow_stdin=False)
        said, until = "", time.monotonic() + PATIENCE
        while True:
            message = await self.client.get_iopub_msg(timeout=left_of(until))
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"]
            elif message["msg_type"] == "error":
                said += f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return said

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression there, without a cell."""
        request = self.client.session.msg(
            "execute_request",
            {"code": "", "silent": True, "user_expressions": {"it": expression}, "allow_stdin": False},
        )
        self.client.shell_channel.send(request)
        until = time.monotonic() + PATIENCE
        while True:
            reply = await self.client.get_shell_msg(timeout=left_of(until))
            if reply["parent_header"].get("msg_id") == request["header"]["msg_id"]:
                found = reply["content"]["user_expressions"]["it"]
                assert found["status"] == "ok", found
                return ast.literal_eval(found["data"]["text/plain"])

    async def state(self) -> dict[str, Any]:
        """What a probe could change in it."""
        expression = (
            "(lambda scope, builtins: builtins.exec(scope['code'], scope) or scope['answer'])"
            f"({{'code': {STATE!r}, 'get_ipython': get_ipython}}, __import__('builtins'))"
        )
        return json.loads(await self.evaluate(expression))

    async def state_after(self, code: str) -> dict[str, Any]:
        """What a probe could change in it, after a cell; without what each cell changes."""
        await self.runs(code)
        await self.state()  # for the first long answer, pyzmq starts a thread
        state = await self.state()
        state["names"] = [name for name in state["names"] if not re.fullmatch(r"_+|_i+|_i?\d+", name)]
        return state

    async def stops(self, running: asyncio.Task[str]) -> None:
        """Interrupt a cell, as its user does, and wait for its end."""
        self.process.send_signal(signal.SIGINT)
        await running

    def kill(self) -> None:
        """End the kernel, as a crash does."""
        self.process.kill()

    def end(self) -> None:
        """End the console and its kernel."""
        self.client.stop_channels()
        self.terminal.close()
        with suppress(psutil.NoSuchProcess):
            self.kill()


@contextmanager
def without_pytorch(file: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A kernel of that connection file, in an environment that has neither PyTorch nor NumPy nor this package."""
    installed = Path(psutil.__file__).parents[1]
    for path in installed.iterdir():
        if not path.name.lower().startswith(("torch", "numpy", "tui_torch", "__")) and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    environment = {"PYTHONPATH": str(folder), "HOME": str(folder), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-S", "-m", "ipykernel_launcher", "-f", str(file)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Follower:
    """We, joined to a kernel: what the probe has told."""

    def __init__(self, kernel: TheirKernel) -> None:
        self.joined = JoinedKernel(kernel.file)
        self.told: list[Any] = []
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._has_left = False

    async def begin(self) -> None:
        await self.joined.meet()
        if not await self.joined.load():
            await self.joined.loaded()
        self.listen()

    def listen(self) -> None:
        """Go through what is told, from now on."""
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for word in self.joined.told():
            async with self._changed:
                self.told.append(word)
                self._changed.notify_all()

    async def hears(self, is_it: Callable[[list[Any]], bool]) -> list[Any]:
        """What has been told, once it is as is waited for."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: is_it(self.told))
        return list(self.told)

    async def hears_of(self, *kinds: type) -> Any:
        """The last word of these kinds, once there is one."""
        told = await self.hears(lambda told: any(isinstance(word, kinds) for word in told))
        return next(word for word in reversed(told) if isinstance(word, kinds))

    async def hears_the_end(self) -> list[Any]:
        """What has been told until a cell is over and read."""
        return await self.hears(
            lambda told: (
                any(isinstance(word, CellEnded) for word in told)
                and is_complete(next(word for word in reversed(told) if isinstance(word, Inspected)).inspection)
            )
        )

    async def hears_nothing_more(self) -> None:
        """Wait until the probe is gone."""
        assert self._task is not None
        async with asyncio.timeout(PATIENCE):
            await self._task

    async def listen_again(self) -> None:
        """Have the probe loaded anew."""
        self.told.clear()
        if not await self.joined.load():
            await self.joined.loaded()
        self.listen()

    async def leave(self) -> bool:
        """Leave; whether nothing is there any more. Again, it does nothing."""
        if self._has_left:
            return True
        self._has_left = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            return await self.joined.leave()
        finally:
            await self.joined.close()
