"""The conversation with one kernel process: messages to it, and what it says about each, until it is done with it."""

from __future__ import annotations

import asyncio
import importlib
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from types import ModuleType
from typing import Any, Literal

from tui_torch.kernel.messages import Message, is_idle, is_of_another_comm, late_text, parent_of
from tui_torch.kernel.openssl import hmac_without_openssl
from tui_torch.kernel.process import KernelProcess
from tui_torch.protocol import wire
from tui_torch.protocol.inspection_updates import InspectionReceiver
from tui_torch.protocol.orders import COMM_TARGET, PREPARE_KEY, Insist, Order, Prepare, Question, Watch

INSISTING = 4
"""Number of orders to interrupt the code that runs until it ends."""
LATE_MESSAGES = 1000
"""Number of the last messages kept of what earlier runs print while none is going on."""


class ProcessLostError(Exception):
    """The process is gone, and what was asked of it is not answered. The message is a sentence for the learner."""

    def __init__(self, outcome: Literal["interrupted", "died"], reason: str, exit_code: int | None = None) -> None:
        super().__init__(reason)
        self.outcome: Literal["interrupted", "died"] = outcome
        self.reason = reason
        self.exit_code = exit_code
        """Its exit code as shells count, 139 for SIGSEGV; None where it is not known."""


class Conversation:
    """Messages to and from one kernel process, from `begin()` to `end()`."""

    def __init__(self, process: KernelProcess) -> None:
        self._process = process
        self._manager: Any = None  # jupyter_client's methods have no types
        self._client: Any = None
        self._comm = uuid.uuid4().hex
        self._queue: asyncio.Queue[Message | ProcessLostError] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._hears = asyncio.Event()
        self._last_run = ""
        self._runs: set[str] = set()
        """The ids of the messages that had code run."""
        self._late: deque[Message] = deque(maxlen=LATE_MESSAGES)
        """What earlier runs have printed while something else was asked, for the next run to show."""
        self._asked: dict[str, asyncio.Future[Message | None]] = {}
        """What is asked by the control channel and has not been answered yet, by the ids of the messages."""
        self.inspections = InspectionReceiver()
        """What the process has said of its values so far."""

    async def begin(self) -> None:
        """Connect to the process, which may not answer for a while."""
        # In a thread: it takes a while, in which the app goes on.
        jupyter = await asyncio.to_thread(_import_jupyter)
        await self._process.be_born()
        manager = self._manager = jupyter.Manager(self._process)
        await manager.start_kernel()
        client = self._client = manager.client()
        client.start_channels(hb=False)
        self._tasks = [
            asyncio.create_task(self._receive(client.iopub_channel, self._hears.set)),
            asyncio.create_task(self._receive(client.stdin_channel, lambda: None)),
            asyncio.create_task(self._discard(client.shell_channel)),
            asyncio.create_task(self._receive_answers(client.control_channel)),
        ]

    async def replies(self, request: str, *, late: bool = False) -> AsyncGenerator[Message, None]:
        """What the kernel says about a request until it is done with it.

        Messages about other requests are dropped: one request is answered at a time. Raises ProcessLostError when the
        process is gone, and `lose()` says so.

        Args:
            request: The id of its message.
            late: Yield also what earlier runs have printed since the last one, as `late_text()`, once this one begins.
        """
        has_begun = False
        while True:
            message = await self._queue.get()
            if isinstance(message, ProcessLostError):
                raise message
            if (parent := parent_of(message)) == request:
                if is_idle(message):
                    return
                has_begun = True
                yield message
            elif parent in self._runs and (text := late_text(message)) is not None:
                self._late.append(text)
            while late and has_begun and self._late:
                yield self._late.popleft()

    async def heard(self) -> None:
        """Wait until anything has come by which it is known that what the kernel says from now on is heard.

        Returns as well when the process is gone. ipykernel says so unasked, since 7.0; otherwise ask who is there.
        """
        await self._hears.wait()

    def ask_who_is_there(self) -> None:
        """Send a message that any kernel answers. Before it is heard what it says, the answer is lost."""
        self._client.kernel_info()

    def open_comm(self) -> str:
        """Open the comm by which orders go, which the probe answers by a `Greeting`. Returns the message's id."""
        content: dict[str, Any] = {"comm_id": self._comm, "target_name": COMM_TARGET, "data": {}}
        message = self._client.session.msg("comm_open", content)
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def order(self, order: Order) -> str:
        """Give the probe an order, and return the message's id."""
        # The shell channel is not read while code runs.
        is_urgent = isinstance(order, Watch | Insist | Question)
        channel = self._client.control_channel if is_urgent else self._client.shell_channel
        content = {"comm_id": self._comm, "data": wire.encode_tagged(order)}
        message = self._client.session.msg("comm_msg", content)
        channel.send(message)
        return message["header"]["msg_id"]

    async def ask(self, order: Question) -> Message | None:
        """The answer to an order that is answered on the control channel; None when the process is gone."""
        request = self.order(order)
        answer = self._asked[request] = asyncio.get_running_loop().create_future()
        try:
            return await answer
        finally:
            del self._asked[request]

    def execute(self, code: str, prepare: Prepare) -> str:
        """Run code once what it stands on is prepared, in one message; return its id."""
        content: dict[str, Any] = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": False,
        }
        message = self._client.session.msg("execute_request", content, metadata={PREPARE_KEY: wire.encode(prepare)})
        self._last_run = message["header"]["msg_id"]
        self._runs.add(self._last_run)
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def answer(self, text: str) -> None:
        """Give the line that `input()` waits for."""
        self._client.input(text)

    async def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs; where it awaits something, asyncio.CancelledError."""
        await self._manager.interrupt_kernel()
        # ipykernel 7.4 takes note of the signal at once, but ends what is awaited only when a message comes.
        self._client.kernel_info()

    async def insist(self, seconds: float) -> None:
        """Interrupt the code that runs until it ends, or for some seconds: code may swallow an interrupt."""
        run = self._last_run
        await self.interrupt()
        for _ in range(INSISTING):
            self.order(Insist(run))
            await asyncio.sleep(seconds / INSISTING)

    def lose(self, lost: ProcessLostError) -> None:
        """Raise an exception where replies are waited for."""
        self._queue.put_nowait(lost)
        self._hears.set()
        self._answer_nothing()

    async def end(self) -> None:
        """Close the connection, however far it came, and end the process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._answer_nothing()
        if self._client is not None:
            self._client.stop_channels()
        if self._manager is not None:
            # jupyter_client looks ten times a second whether a process has ended: it finds it so at once.
            self._process.kill()
            if (child := self._process.child) is not None:
                await asyncio.to_thread(child.wait)
            with suppress(Exception):
                await self._manager.shutdown_kernel(now=True)

    async def _receive(self, channel: Any, hear: Callable[[], None]) -> None:
        while True:
            message = await channel.get_msg()
            hear()
            if not is_of_another_comm(message, self._comm):
                self._queue.put_nowait(message)

    async def _receive_answers(self, channel: Any) -> None:
        while True:
            message: Message = await channel.get_msg()
            answer = self._asked.get(parent_of(message) or "")
            if answer is not None and not answer.done():
                answer.set_result(message)

    def _answer_nothing(self) -> None:
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(None)

    async def _discard(self, channel: Any) -> None:
        # Replies on the shell channel repeat what iopub said; unread they would pile up in the socket.
        while True:
            await channel.get_msg()


def _import_jupyter() -> ModuleType:
    hmac_without_openssl()
    return importlib.import_module("tui_torch.kernel.jupyter")
