"""Messages to a kernel that others use: who it is, what runs in it, and code that nobody there sees.

It never answers `input()`, as it does not listen to such questions, never interrupts and never shuts down.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
from contextlib import suppress
from typing import Any

from tui_torch.kernel.joining.connection_files import CannotJoinError, ConnectionFile
from tui_torch.kernel.messages import Message, is_idle, parent_of
from tui_torch.kernel.openssl import hmac_without_openssl
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """What a kernel says of itself."""

    language: str
    version: str
    """Of the language."""
    implementation: str
    """`ipython` of ipykernel."""
    session: str
    """Of its process: another one after a restart."""


class RunningKernel:
    """A client of a kernel, beside those that it has."""

    def __init__(self, file: ConnectionFile) -> None:
        self._file = file
        self._client: Any = None  # jupyter_client's methods have no types
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: dict[str, asyncio.Future[Message]] = {}
        self.running: int | None = None
        """The number of the cell that is known to run; that of one which began before us is not known."""
        self._running_id = ""
        self._hears = asyncio.Event()
        self._evaluates = asyncio.Event()
        self._evaluating = ""

    async def connect(self) -> None:
        """Connect. It is not known yet whether anybody answers."""
        hmac_without_openssl()
        jupyter: Any = await asyncio.to_thread(importlib.import_module, "tui_torch.kernel.jupyter")
        client = self._client = jupyter.client_of(self._file.content)
        client.start_channels(stdin=False, hb=False)
        self._tasks = [
            asyncio.create_task(self._receive(client.control_channel)),
            asyncio.create_task(self._receive(client.shell_channel)),
            asyncio.create_task(self._follow(client.iopub_channel)),
        ]

    async def facts(self, patience: float) -> KernelFacts | None:
        """What it says of itself, also while a cell runs; None if it has said nothing after some seconds."""
        request = self._client.session.msg("kernel_info_request", {})
        reply = await self._reply(self._client.control_channel, request, patience)
        if reply is None:
            return None
        content = reply["content"]
        language = content.get("language_info", {})
        return KernelFacts(
            str(language.get("name", "")),
            str(language.get("version", "")),
            str(content.get("implementation", "")),
            str(reply["header"].get("session", "")),
        )

    async def hears(self, patience: float) -> bool:
        """Whether what the kernel tells all its clients is heard, after `patience` seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._hears.wait()
        return self._hears.is_set()

    async def evaluates(self) -> None:
        """Wait until the kernel has begun to evaluate what `evaluate()` has sent."""
        await self._evaluates.wait()

    async def evaluate(self, expression: str) -> str:
        """The text that an expression of Python gives there, without a trace in the history, as soon as no cell runs.

        Raises CannotJoinError where it raises.
        """
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"it": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        request = self._client.session.msg("execute_request", content)
        self._evaluating = request["header"]["msg_id"]
        self._evaluates.clear()
        reply = await self._reply(self._client.shell_channel, request, None)
        assert reply is not None
        found = reply["content"].get("user_expressions", {}).get("it", {})
        if found.get("status") != "ok":
            problem = f"{found.get('ename', reply['content'].get('status'))}: {found.get('evalue', '')}"
            raise CannotJoinError(f"the kernel does not load the probe ({problem.strip(': ')})")
        with suppress(ValueError, SyntaxError, KeyError, TypeError):
            text = ast.literal_eval(found["data"]["text/plain"])
            if isinstance(text, str):
                return text
        raise CannotJoinError("the kernel does not say whether it has loaded the probe")

    async def close(self) -> None:
        """Close the connection. The kernel does not notice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            self._client.stop_channels()

    async def _reply(self, channel: Any, request: Message, patience: float | None) -> Message | None:
        identity = request["header"]["msg_id"]
        answer = self._asked[identity] = asyncio.get_running_loop().create_future()
        try:
            channel.send(request)
            async with asyncio.timeout(patience):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._asked[identity]

    async def _receive(self, channel: Any) -> None:
        while True:
            message: Message = await _next(channel)
            answer = self._asked.get(parent_of(message) or "")
            if answer is not None and not answer.done():
                answer.set_result(message)

    async def _follow(self, channel: Any) -> None:
        while True:
            message: Message = await _next(channel)
            self._hears.set()
            if parent_of(message) == self._evaluating:
                self._evaluates.set()
            elif message["msg_type"] == "execute_input":
                self.running = int(message["content"].get("execution_count", 0))
                self._running_id = parent_of(message) or ""
            elif is_idle(message) and parent_of(message) == self._running_id:
                self.running = None


async def _next(channel: Any) -> Message:
    """The next message that is signed as it should be, and is one."""
    while True:
        with suppress(ValueError, KeyError, TypeError):
            message: Message = await channel.get_msg()
            if isinstance(message.get("content"), dict) and isinstance(message.get("parent_header"), dict):
                return message
